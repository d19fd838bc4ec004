"""What a worker is, and how it speaks: derived statements that refer and never quote.

A derived statement's id is made from its natural key and the time of what it arises from: the
same key gives the same id on every machine, so that a consumer whose database was lost, while
what it said was still on its way, says it again under an id that is known.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol, TypeVar

import msgspec
from sqlalchemy import Connection, RowMapping

from consumers import aside
from consumers.store import Wanted
from contracts.context import Urgency, Use
from contracts.draft import Draft, draft
from contracts.event.control import Act, Agency, Founding, Rules
from contracts.event.work import DutyOverdue
from contracts.fault import InvariantBroken
from contracts.form import Section
from contracts.opened import Notice, View
from contracts.section import Cause, Practitioner, Provenance
from contracts.statement import Statement

SPEAKS = "candour consumer of "
"""What a consumer calls itself on the log, before its source."""
CAUSES_MAX = 8

_Said = TypeVar("_Said", bound=Section)


class Partners(Protocol):
    """What an agency knows of its partnership from its own control views; deploy hands it in."""

    @property
    def founding(self) -> Founding | None:
        """Entry 0, once it was read."""

    @property
    def agencies(self) -> Mapping[str, Agency]:
        """Every admitted agency by id."""

    @property
    def keys(self) -> Mapping[str, bytes]:
        """Every public key by kid."""

    @property
    def rules(self) -> Rules | None:
        """The ruleset in force."""

    @property
    def suspect(self) -> Mapping[str, int]:
        """Keys that were compromised, each with the ledger time from which on, in milliseconds."""

    @property
    def acts(self) -> Mapping[str, Act]:
        """Every act that was proposed, by its digest."""

    def take(self, view: View) -> None:
        """Take the next public control view in."""

    def take_anew(self, views: Iterable[View]) -> None:
        """Begin anew with these: what was taken in beside them is not known yet."""

    def acting(self, agency: str) -> str:
        """Give who acts in an agency's place now."""

    def households_of(self, agency: str, practitioner: str) -> frozenset[str]:
        """List the household tokens of a practitioner, by the credentials in force."""

    def holds(self, agency: str, practitioner: str, qualification: str, at_ms: int) -> bool:
        """Say whether a practitioner holds training or vetting, by a credential in force."""


@dataclass(frozen=True)
class Voice:
    """Who speaks here.

    Attributes:
        agency: its id.
        source: the CloudEvents source of what is said.
        accountable: the role that answers for what the system says by itself.
        partners: what the agency knows of its partnership.
        credential: gives a practitioner's credential by their token, None for one who has none.
        by_name: gives the tokens by which somebody of a name is known here besides their own.
    """

    agency: str
    source: str
    accountable: str
    partners: Partners
    credential: Callable[[str], str | None] = lambda _: None
    by_name: Callable[[str], frozenset[str]] = lambda _: frozenset()

    @property
    def rules(self) -> Rules:
        """The ruleset in force.

        Raises:
            InvariantBroken: something arrived before the founding did.
        """
        rules = self.partners.rules
        if rules is None:
            raise InvariantBroken(
                "A statement came before the partnership's founding.",
                remedy="Run: candour consumer rebuild --home DIR",
            )
        return rules

    @property
    def kind(self) -> str:
        """What kind of agency this is, `other` before its own control views were read."""
        return self.kind_of(self.agency)

    @property
    def exercise(self) -> bool:
        """Whether the partnership is one in which nothing is real."""
        founding = self.partners.founding
        return founding is not None and founding.exercise

    def kind_of(self, agency: str) -> str:
        """Give the kind of an admitted agency, `other` for an unknown one."""
        admitted = self.partners.agencies.get(agency)
        return admitted.kind if admitted else "other"

    def acts_on_emergencies(self, agency: str) -> bool:
        """Say whether an agency is told of every threat to life, or acts for one that is."""
        founding, acting = self.partners.founding, self.partners.acting
        told = founding.emergency_recipients if founding is not None else ()
        return acting(agency) in map(acting, told)

    def role_of(self, agency: str) -> str:
        """Give the role that owns a duty in an agency, from the founding's rules."""
        roles = self.rules.roles
        return roles.get(self.kind_of(agency), roles.get("other", "duty_manager"))

    def viewer(self, person: Practitioner) -> frozenset[str]:
        """List the tokens by which something may be kept from a person at work here.

        By their own token and by their name: whoever excluded them may have known either.
        """
        token, named = person.token or "", self.by_name(person.name or "")
        return frozenset({token}) | named | self.partners.households_of(self.agency, token)

    def derived(  # noqa: PLR0913 - a derived statement has this many independent parts
        self,
        key: str,
        event: str,
        value: _Said,
        *,
        causes: Iterable[str],
        rule: str,
        at: int = 0,
        urgency: Urgency = "routine",
        sections: Mapping[str, Section] | None = None,
    ) -> Wanted:
        """Draft what the system says by itself, under its natural key.

        Args:
            key: the natural key; no personal data in it.
            event: the event's name.
            value: its facts; the key is put in where its type has one.
            causes: ids of the statements it arises from, the one that it is about first.
            rule: which rule or worker says it, and in which version.
            at: the time of its id in milliseconds, where it arises from nothing.
            urgency: never a threat to life: only people say that.
            sections: more of them, where the event needs any.
        """
        listed = list(dict.fromkeys(causes))[:CAUSES_MAX]
        provenance = Provenance(
            "system", system=f"{SPEAKS}{self.source}", rule=rule,
            accountable=self.accountable,
        )  # fmt: skip
        given = {"provenance": provenance, **(sections or {})}
        said_id = derived_id(self.agency, stamp_of(listed[0]) if listed else at, key)
        return Wanted(key, _drafted(said_id, event, value, key, listed, given, urgency))

    def overdue(  # noqa: PLR0913 - a duty that ran out has this many independent parts
        self, duty: str, statement: str, owner: str, *, due_at: int, rule: str, apart: str = ""
    ) -> Wanted:
        """Draft that an agency did not do in time what it owed on a statement.

        Args:
            duty: what it owed.
            statement: on which, by id.
            owner: the agency.
            due_at: when it fell due.
            rule: as `derived`.
            apart: ends the natural key, where several owe the same, or it is owed anew.
        """
        event = DutyOverdue(
            duty=duty, statement=statement, owner_agency=owner, owner_role=self.role_of(owner),
            due_at=due_at,
        )  # fmt: skip
        return self.derived(
            f"duty_overdue/{duty}/{statement}{apart}", "duty_overdue", event, causes=[statement],
            rule=rule, urgency="urgent",
        )  # fmt: skip

    def signed_by(self, practitioner: Practitioner, *, role: str) -> Provenance:
        """Name the person at this agency who says something, complete as M02 wants it."""
        ours = self.partners.agencies.get(self.agency)
        return Provenance(
            "practitioner",
            practitioner=practitioner,
            role=role,
            employer=ours.title if ours else self.agency,
            contact=ours.contact if ours else None,
            how_known="record",
            said="summary",
            credential=self.credential(practitioner.token or ""),
        )


def personal(  # noqa: PLR0913 - what a person says has this many independent parts
    said_id: str,
    key: str,
    event: str,
    value: _Said,
    *,
    causes: Iterable[str],
    provenance: Provenance,
    urgency: Urgency = "routine",
    sections: Mapping[str, Section] | None = None,
    purpose: Use | None = None,
) -> Wanted:
    """Draft what a named person says or decides.

    Args:
        said_id: a new UUIDv7.
        key: the natural key.
        event: the event's name.
        value: its facts; the key is put in where its type has one.
        causes: ids of the statements it arises from.
        provenance: who says so (`Voice.signed_by`).
        urgency: as the statement will carry it.
        sections: more of them.
        purpose: what it is shared for, where the agreements in force leave more than one.
    """
    given = {"provenance": provenance, **(sections or {})}
    wanted = Wanted(key, _drafted(said_id, event, value, key, list(causes), given, urgency))
    return wanted._replace(draft=msgspec.structs.replace(wanted.draft, purpose=purpose))


def hand(name: str | None) -> str:
    """Write a name at work so that spaces and case make no second hand of one person."""
    return " ".join((name or "").split()).casefold()


def practitioner_of(said: Statement | None) -> Practitioner | None:
    """Give who said something; None where no person did, or it is not held."""
    who = said.sections.get("provenance") if said is not None else None
    return who.practitioner if isinstance(who, Provenance) else None


def is_same_hand(one: Practitioner, other: Practitioner) -> bool:
    """Say whether two are one person: by token, or by name however it is written."""
    return one.token == other.token or hand(one.name) == hand(other.name)


def derived_id(agency: str, stamp: int, key: str) -> str:
    """Make the UUIDv7 of a derived statement: its cause's time, and a digest of its key.

    Args:
        agency: who says it, from whichever of its sources: the same from two is one.
        stamp: the time of its cause's id, in milliseconds.
        key: its natural key.

    Source:
        RFC 9562 sections 5.7 (48 bits of time) and 5.8 (the rest fixed by content).
    """
    hashed = sha256(f"candour-derived\n{agency}\n{key}".encode()).digest()
    rest = int.from_bytes(hashed[:10])
    bits = stamp << 80 | 7 << 76 | (rest & 0xFFF) << 64 | 0b10 << 62 | rest >> 12 & ((1 << 62) - 1)
    text = f"{bits:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def stamp_of(statement: str) -> int:
    """Give the time of a statement's id, in milliseconds."""
    return int(statement.replace("-", "")[:12], 16)


def _drafted(  # noqa: PLR0913 - as its callers
    said_id: str,
    event: str,
    value: _Said,
    key: str,
    causes: list[str],
    sections: Mapping[str, Section],
    urgency: Urgency,
) -> Draft:
    caused = {f"cause.{n}": Cause(cause) for n, cause in enumerate(causes, 1)}
    keyed = msgspec.structs.replace(value, key=key) if hasattr(value, "key") else value
    return draft(
        id=said_id, event=event, sections={"event": keyed, **caused, **sections}, urgency=urgency
    )


class Worker:
    """One part of what is done about a report; its rows live in the consumer's database.

    Attributes:
        kinds: the kinds of agency that it works for; empty for all.
    """

    kinds: frozenset[str] = frozenset()

    def __init__(self, voice: Voice) -> None:
        """Work for one agency."""
        self._voice = voice

    def take(self, _db: Connection, _view: View, /) -> list[Wanted]:
        """Take the next verified view in, in log order; redelivery never comes here.

        Nor does what only moves an exercise's time on: `pass_time` is called for it.
        """
        return []

    def notice(self, _db: Connection, _notice: Notice, /) -> list[Wanted]:
        """Take in what is told of a statement without a section of it."""
        return []

    def unverified(self, _db: Connection, _view: View, /) -> None:
        """Take in what nobody could verify: it triggers no rule, and somebody must call back."""

    def receive(
        self, db: Connection, opened: View | Notice, known: Collection[str]
    ) -> list[Wanted]:
        """Take in what came, whatever it is; see anew what stood with it before it came."""
        wanted = list[Wanted]()
        if isinstance(opened, Notice):
            wanted = self.notice(db, opened)
        elif opened.verified:
            wanted = self.take(db, opened)
        else:
            self.unverified(db, opened)
        if known:
            self.see_anew(db, known)
        return wanted

    def pass_time(self, _db: Connection, _at: int, /) -> list[Wanted]:
        """Say what ran out by a ledger time, in milliseconds."""
        return []

    def _each(
        self, db: Connection, found: Iterable[RowMapping],
        work: Callable[[Connection, RowMapping], list[Wanted]], *,
        name: str = "id", statement: str | None = "id",
    ) -> list[Wanted]:  # fmt: skip
        """Work on each thing that ran out by itself: where one fails the others go on.

        It is undone and set aside by name, and tried again when time passes again; once it works,
        nobody need see to it.

        Args:
            db: an open transaction.
            found: the rows of what ran out.
            work: what is done with one; it gives what is to be said.
            name: the column that names one.
            statement: the column that has the id of its statement, None for none.
        """
        wanted, worker = list[Wanted](), type(self).__name__
        for row in found:
            about = (row[name], row[statement] or None if statement else None)
            with aside.contained(db, *about, worker=worker):
                wanted += work(db, row)
                aside.worked(db, row[name], worker=worker)
        return wanted

    def wanted(self, _db: Connection, _drafts: Sequence[Draft], /) -> None:
        """Hear what this agency is about to say for the first time, in the same transaction."""

    def reopen(self, _db: Connection, _statement: str, /) -> None:
        """Let a person look again: what a statement said is corrected, retracted or suspect."""

    def forget(self, _db: Connection, _statement: str, /) -> None:
        """Drop every row that is, or rests on, an erased statement."""

    def see_anew(self, _db: Connection, _statements: Collection[str], /) -> None:
        """See anew how statements stand, by all that is held: what is said of them is otherwise.

        It is erased, or came before them, or what they arise from is corrected. What is as it
        should be stays so.
        """

    def refused(self, _db: Connection, _statement: str, /) -> None:
        """Take back what a person did here and the log did not accept."""
