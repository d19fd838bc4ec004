"""What a rule is shown and what it answers: a statement as delivered, a history, an alarm.

A rule is a pure function: it reads what its agency was lawfully sent and nothing else. It never
refuses a statement. History windows look back by when things happened (`occurred`); duties run in
ledger time, which the worker adds.

Source: domain.md 4, 7 (Four times, Attention).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from contracts.event.control import RuleTerm
from contracts.event.work import Act
from contracts.statement import Statement


@dataclass(frozen=True, slots=True)
class Seen:
    """One statement as an agency was delivered it.

    Attributes:
        statement: verified; sections that were withheld are not there.
        at: the ledger time of its delivery, in milliseconds.
        day: by which what it tells of had happened (`happened_by`); None for what is no report.
        agency: who published it.
        marks: of the delivery (`provisional`, ...).
        is_ours: whether the agency that looks published it itself.
    """

    statement: Statement
    at: int
    day: date | None
    agency: str
    marks: frozenset[str] = frozenset()
    is_ours: bool = False

    @property
    def id(self) -> str:
        """The statement's id."""
        return self.statement.context.id

    @property
    def event(self) -> str:
        """The event's name."""
        return self.statement.kind.name


class History(Protocol):
    """What an agency was sent before, by person: a view of its store, in one transaction.

    What is retracted, erased or unverified is never in it, nor the statement at hand.
    """

    def of(
        self, subject: str, *events: str, since: date | None = None, until: date | None = None
    ) -> Sequence[Seen]:
        """List what names a person, by any token that a named matcher linked to this one.

        A person is named by a section of their own, or as the `subject` of the event.

        Args:
            subject: a token.
            events: by name; none for all that no machine said.
            since: inclusive, by `Seen.day`; what is undated is left out where this is given.
            until: inclusive, likewise.

        Returns:
            The oldest first, by day and then by ledger order.
        """

    def of_all(
        self, subjects: Collection[str], *events: str, since: date | None = None,
        until: date | None = None,
    ) -> Sequence[Seen]:  # fmt: skip
        """List what names every one of these persons, as `of`."""

    def one(self, statement: str) -> Seen | None:
        """Give one statement by its id; None where it is not in this history."""

    def are_one(self, subject: str, other: str) -> bool:
        """Say whether two tokens are one person, by a link that stands."""

    def copies(self, statement: str) -> Mapping[str, bool]:
        """Give the reports that may be one source with one (M03), by id.

        Returns:
            Whether a named person said that they are; what they said is two is not there.
        """

    def about(self, statement: str, *events: str) -> Sequence[Seen]:
        """List what arises from a statement (names it as a cause), in ledger order."""

    def besides(self, statement: str) -> "History":
        """Give what was known beside an earlier statement by now: the one at hand is in it."""

    def alerts(self, rule: str, subjects: Collection[str]) -> Sequence[str]:
        """List the ids of this agency's alerts of a rule about these very persons, oldest first."""

    def is_pending(self, rule: str, subjects: Collection[str], at: int) -> bool:
        """Say whether an alert of a rule about these very persons is open, and not overdue by then.

        What nobody does in its time must not keep silent whatever comes after it.

        Args:
            rule: by its id.
            subjects: tokens.
            at: ledger time in milliseconds.
        """

    def term(self, rule: str) -> RuleTerm | None:
        """Give the term by which another rule runs here; None where it does not."""

    def kind_of(self, agency: str) -> str:
        """Say of what kind an agency is; `other` for one that nobody admitted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What a rule asks for: the worker makes an alert of it, by the rule's term.

    Attributes:
        act: what is asked, in a word.
        why: in plain words that name nobody and quote nothing.
        statements: what it rests on, the one it is about first.
        subjects: tokens of whom it is about; a pair is both.
        once: what it is raised once for, beside the rule and the first statement; empty where that
            is enough.
        louder: it interrupts somebody, whatever the term says.
        role: whose duty it is in place of the term's owner.
    """

    act: Act
    why: str
    statements: Sequence[str]
    subjects: Sequence[str]
    once: str = ""
    louder: bool = False
    role: str | None = None


Rule = Callable[[Seen, History, RuleTerm], Sequence[Alarm]]
"""One rule over one statement; empty where it has nothing to say."""
