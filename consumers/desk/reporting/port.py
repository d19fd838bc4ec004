"""What the page asks of the agency's outbox; deploy hands it in, so that no producer is imported.

A report crosses here as the fields of a report's file (producers/report.yaml): text, lists and
mappings, nothing derived. Basis, purpose, agreement and stream are found on the other side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

from contracts.event.work import InformationRequested, ResponseGiven
from contracts.form import Section
from contracts.statement import Statement

Where = tuple[str | int, ...]
Fields = Mapping[str, Any]
"""A report's fields, or a part of them."""


class Unfit(Exception):
    """A report that cannot be sent yet.

    Attributes:
        fields: (field, instruction) for each defect; never what was written.
    """

    def __init__(self, fields: Sequence[tuple[Where, str]]) -> None:
        super().__init__("the report cannot be sent yet")
        self.fields = fields


@dataclass(frozen=True)
class Lack:
    """One reason why something was not simply accepted: its code, and what to do, in words."""

    code: str
    remedy: str


@dataclass(frozen=True)
class Answered:
    """What another agency said about a report.

    Attributes:
        agency: by its title.
        name: who says so, where a person does.
        event: what is said.
        at_ms: ledger time.
        suspect: signed while its key was compromised.
        about: whom it is about, as whoever reported knows them: by case number, or place.
    """

    agency: str
    name: str | None
    event: ResponseGiven | InformationRequested | Section
    at_ms: int
    suspect: bool
    about: str | None = None


@dataclass(frozen=True)
class Became:
    """What became of a report.

    Attributes:
        statement: its id, which is its reference.
        event: what it is; `urgency` as it was sent.
        said_ms: when it was said; in an exercise by the ledger's time.
        state: `stored` here, `sent` to Kafka, or `decided`.
        late: it is urgent, and nobody took it in time or nothing goes out from here.
        ring: whom to telephone where it is late, in words.
        outcome: of the decision; `entry` on the log.
        told: titles of the agencies that were sent it.
        lacks: why it was not simply accepted.
        missing: fields of who says so that would complete it.
        contact: whom to ring about it.
        vouched: how far who says so is vouched for.
        clocks: kind and time of each duty that it waits on, in milliseconds.
        emptied: an erasure took what it said away here.
        answers: what came back, oldest first.
        stuck: why nothing goes out from here at the moment.
    """

    statement: str
    event: str
    urgency: str
    said_ms: int
    state: Literal["stored", "sent", "decided"]
    late: bool = False
    ring: str = ""
    outcome: str | None = None
    entry: int | None = None
    told: Sequence[str] = ()
    lacks: Sequence[Lack] = ()
    missing: Sequence[str] = ()
    contact: str | None = None
    vouched: str | None = None
    clocks: Sequence[tuple[str, int]] = ()
    emptied: bool = False
    answers: Sequence[Answered] = ()
    stuck: str | None = None


@dataclass(frozen=True)
class Ways:
    """How a report may go from here; one each is the rule, several are put to whoever reports.

    Attributes:
        purposes: what it may be shared for.
        bases: citation and title of each lawful basis, of the purpose that is chosen.
        to: titles of the agencies that it may go to.
    """

    purposes: Sequence[str] = ()
    bases: Sequence[tuple[str, str]] = ()
    to: Sequence[str] = ()


@dataclass(frozen=True)
class Own:
    """What the agency has of who reports from here (`reporter` in agency.yaml): by field."""

    fields: Mapping[str, str] = field(default_factory=dict)


class Reporting(Protocol):
    """The agency's outbox, as the page needs it. Every call but `today` may wait for a disk."""

    def own(self) -> Own:
        """Give what is known here of who reports, to prefill."""

    def today(self) -> date:
        """Give the day that it is here; in an exercise the ledger's."""

    def new_statement(self) -> str:
        """Draw a report's reference."""

    def ways(self, purpose: str | None) -> Ways:
        """List how a concern may be sent from here, for a purpose where one was chosen."""

    def wrong(self, report: Fields) -> Sequence[tuple[Where, str]]:
        """List what cannot be used of a report so far, by field."""

    def store(self, report: Fields, statement: str) -> None:
        """Sign and store a report under its reference, for the sender; the same again is nothing.

        Raises:
            Unfit: it is no report yet.
            CandourError: it could not be stored.
        """

    def became(self, statement: str, *, viewer: frozenset[str]) -> Became | None:
        """Say what became of a report; None where there is none, or none for who looks."""

    def said(self, statement: str) -> Statement | None:
        """Give what was said from here, as long as it is held whole."""

    def is_by(self, statement: str, token: str) -> bool:
        """Say whether a practitioner of this agency said something from here."""

    def held(self, *, viewer: frozenset[str]) -> Sequence[Became]:
        """List reports from here that are held for want of who says so, newest first; at most 20.

        Nothing of what they say is told.
        """

    def pulse(self, statements: Sequence[str]) -> str:
        """Give a mark that changes when something becomes of one of these, or anything came."""
