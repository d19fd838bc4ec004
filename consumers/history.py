"""What an agency was sent before, by person: what rules look back on, by indexed queries alone.

A row of `appearances` says that a statement names somebody: in its own persons, in its facts, or,
where it has neither, through what it arises from. What is retracted or erased is not there, nor
what nobody could verify; what is corrected is read as its originator says it now. What a machine
said is there only for who asks for that event by name. What was signed under a compromised key
stays: it is marked, and nobody knows that it is untrue.

Source: domain.md 4, 7 (Four times); FORMAT.md, Case control.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    Text,
    bindparam,
    delete,
    exists,
    select,
)

from consumers import store as stored
from consumers.arising import arising
from consumers.inserting import upsert
from consumers.safeguarding import life, links, rows
from consumers.safeguarding.rules import happened_by, is_automated
from consumers.safeguarding.rules.seen import Seen
from consumers.standing import corrected, standing
from consumers.store import metadata
from contracts.entry import Delivery, ViewPart
from contracts.event.control import RuleTerm
from contracts.identifier import agency_of
from contracts.opened import View
from contracts.section import PLACES, Identity, PersonPart
from contracts.statement import Statement

appearances = Table(
    "appearances",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("statement", Text, primary_key=True, index=True),
    Column("event", Text, nullable=False),
    Column("day", Text),
    Column("entry", BigInteger, nullable=False),
    Column("automated", Boolean, nullable=False),
)
"""Whom each statement names, by token; `day` of what it tells of, `entry` where it stands."""

ABOUT = frozenset({
    "information_requested", "information_supplied", "response_given", "research_completed",
    "no_further_action_decided", "intelligence_graded", "product_released",
    "victim_information_requested", "housing_notice_given", "referral_considered",
    "disclosure_staged", "record_sought",
})  # fmt: skip
"""Events that are about the people of what they arise from, where they name none themselves."""
_IS_MARKED = select(exists().where(standing.c.statement == bindparam("its")))
_VERIFIED = (
    select(stored.views)
    .where(stored.views.c.id == bindparam("its"), stored.views.c.verified)
    .order_by(stored.views.c.place)
)
_MARKS = select(standing.c.mark).where(standing.c.statement == bindparam("its"))
_NAMED = select(appearances.c.statement, appearances.c.subject).where(
    appearances.c.statement.in_(bindparam("some", expanding=True))
)
_KNOWN = appearances.c
_OF_PERSON = (
    select(_KNOWN.statement, _KNOWN.event, _KNOWN.day, _KNOWN.entry, _KNOWN.automated)
    .where(
        _KNOWN.subject.in_(bindparam("person", expanding=True)),
        _KNOWN.statement != bindparam("at_hand"),
        ~exists().where(standing.c.statement == _KNOWN.statement, standing.c.mark == "retracted"),
    )
    .distinct()
)
_BEFORE = _OF_PERSON.where(_KNOWN.entry < bindparam("before"))


def people_of(statement: Statement) -> list[str]:
    """List the tokens of whom a statement names in sections of their own, in their order."""
    named = statement.sections.values()
    shapes = (Identity, PersonPart, *PLACES)
    return list(dict.fromkeys(one.subject for one in named if isinstance(one, shapes)))


def _named(db: Connection, statement: Statement) -> list[str]:
    """List whom a statement is about: its people, its subject, or its causes' people."""
    if statement.kind.persons:
        return people_of(statement)
    if statement.kind.name not in ABOUT:
        return []
    subject: str | None = getattr(statement.sections.get("event"), "subject", None)
    if subject is not None:
        return [subject]
    through = appearances.c.statement.in_(statement.causes)
    query = select(appearances.c.subject).where(through).distinct()
    return list(db.execute(query.order_by(appearances.c.subject)).scalars())


def remember(db: Connection, view: View) -> None:
    """Note whom a verified view names; the same again adds what is new, and stands there by now.

    What came before it, and is about whom it names, names them too: of what is delivered again no
    earlier record is left to whoever reads all anew.
    """
    waiting, done = [(view.statement, view.head.index)], set[str]()
    while waiting:
        statement, entry = waiting.pop()
        done.add(said := statement.context.id)
        if _note(db, statement, entry):
            about = [
                one.id for one in arising(db, said)
                if one.verified and one.event in ABOUT and one.id not in done
            ]  # fmt: skip
            found = stored.rows_of(db, about).values() if about else ()
            waiting += [(stored.reread(row["record"]), row["entry"]) for row in found]


def _note(db: Connection, statement: Statement, entry: int) -> bool:
    """Note whom a statement names; False for nobody."""
    named, day = _named(db, statement), happened_by(statement)
    for subject in named:
        row = upsert(db, appearances).values(
            subject=subject, statement=statement.context.id, event=statement.kind.name,
            day=day.isoformat() if day else None, entry=entry, automated=is_automated(statement),
        )  # fmt: skip
        anew = {"entry": entry} | ({"day": day.isoformat()} if day is not None else {})
        its = ["subject", "statement"]
        db.execute(row.on_conflict_do_update(index_elements=its, set_=anew))
    return bool(named)


def forget(db: Connection, statement: str) -> None:
    """Drop whom an erased statement names."""
    db.execute(delete(appearances).where(appearances.c.statement == statement))


def named_in(db: Connection, statements: Collection[str]) -> dict[str, set[str]]:
    """Give whom statements name, by the statement's id."""
    found: dict[str, set[str]] = {}
    for statement, subject in db.execute(_NAMED, {"some": list(statements)}):
        found.setdefault(statement, set()).add(subject)
    return found


class _Row(NamedTuple):
    """One statement that names somebody."""

    statement: str
    event: str
    day: date | None
    entry: int
    automated: bool


class Past:
    """What an agency was sent before a statement: `rules.seen.History`, in one transaction.

    It reads what it is asked for once, and is thrown away with the statement.
    """

    def __init__(  # noqa: PLR0913 - a history has this many independent parts
        self, db: Connection, agency: str, *, of: str, before: int | None = None,
        terms: Iterable[RuleTerm] = (), kind_of: Callable[[str], str] = lambda _: "other",
    ) -> None:  # fmt: skip
        """Look back from a statement.

        Args:
            db: an open transaction.
            agency: whose store it is.
            of: the id of the statement at hand, which is never in it.
            before: the entry it looks back from, where it was delivered earlier.
            terms: by which rules run here.
            kind_of: says of what kind an agency is.
        """
        self._db, self._agency, self._at_hand, self._before = db, agency, of, before
        self._terms, self._kind_of = {one.id: one for one in terms}, kind_of
        self._copies: dict[str, Mapping[str, bool]] = {}
        self._persons: dict[str, frozenset[str]] = {}
        self._rows: dict[frozenset[str], list[_Row]] = {}
        self._seen: dict[str, Seen | None] = {}

    def of(
        self, subject: str, *events: str, since: date | None = None, until: date | None = None
    ) -> Sequence[Seen]:
        """List what names a person, as `History.of`."""
        return self._told(self._named(subject), events, since, until)

    def of_all(
        self, subjects: Collection[str], *events: str, since: date | None = None,
        until: date | None = None,
    ) -> Sequence[Seen]:  # fmt: skip
        """List what names every one of some persons, as `History.of_all`."""
        each = [{row.statement for row in self._named(one)} for one in subjects]
        every = set.intersection(*each) if each else set()
        found = self._named(next(iter(subjects))) if every else []
        return self._told([row for row in found if row.statement in every], events, since, until)

    def one(self, statement: str) -> Seen | None:
        """Give one statement by its id; None where it is not in this history."""
        found = None if statement == self._at_hand else self.seen(statement)
        if found is None or self._before is None:
            return found
        query = select(stored.views.c.entry).where(stored.views.c.id == statement)
        is_before = stored.views.c.entry < self._before
        return found if self._db.execute(query.where(is_before)).first() else None

    def besides(self, statement: str) -> "Past":
        """Give what was known beside an earlier statement by now, as `History.besides`."""
        by_now = None if self._before is None else self._before + 1
        return Past(
            self._db, self._agency, of=statement, before=by_now, terms=self._terms.values(),
            kind_of=self._kind_of,
        )  # fmt: skip

    def are_one(self, subject: str, other: str) -> bool:
        """Say whether two tokens are one person, by a link that stands."""
        return other in self.person(subject)

    def copies(self, statement: str) -> Mapping[str, bool]:
        """Give the reports that may be one source with one, as `History.copies`."""
        if statement not in self._copies:
            self._copies[statement] = rows.copies(self._db, statement)
        return self._copies[statement]

    def term(self, rule: str) -> RuleTerm | None:
        """Give the term by which another rule runs here; None where it does not."""
        return self._terms.get(rule)

    def kind_of(self, agency: str) -> str:
        """Say of what kind an agency is."""
        return self._kind_of(agency)

    def about(self, statement: str, *events: str) -> Sequence[Seen]:
        """List what arises from a statement, in ledger order."""
        found = (
            self.seen(one.id)
            for one in arising(self._db, statement)
            if one.verified and one.id != self._at_hand and (not events or one.event in events)
        )
        return [one for one in found if one is not None]

    def alerts(self, rule: str, subjects: Collection[str]) -> Sequence[str]:
        """List the ids of this agency's alerts of a rule about these very persons."""
        return self._alerts(rule, subjects)

    def is_pending(self, rule: str, subjects: Collection[str], at: int) -> bool:
        """Say whether an alert of a rule about these very persons is open, and not overdue.

        As the log has it: whoever reads all anew raises no more than was raised.
        """
        stand = (
            life.stands(self._db, one, settled=True)
            for one in self._alerts(rule, subjects, rows.alerts.c.due_now >= at)
        )
        return any(one is not None and one.closed is None and one.due_at >= at for one in stand)

    def person(self, token: str) -> frozenset[str]:
        """Give every token that is the same person as one, by links that stand."""
        if token not in self._persons:
            known = links.persons(self._db, [token])[token]
            self._persons |= dict.fromkeys(known, known)
        return self._persons[token]

    def naming(self, tokens: Collection[str]) -> set[tuple[int, str]]:
        """Give what a person said that names any of some persons: (entry, statement id) of each."""
        return {
            (row.entry, row.statement)
            for one in tokens
            for row in self._named(one)
            if not row.automated
        }

    def _alerts(
        self, rule: str, subjects: Collection[str], *which: ColumnElement[bool]
    ) -> list[str]:
        persons = {self.person(one) for one in subjects}
        tokens = sorted({token for person in persons for token in person})
        query = (
            select(rows.alerts.c.id)
            .join(rows.alert_subjects, rows.alert_subjects.c.alert == rows.alerts.c.id)
            .where(rows.alert_subjects.c.subject.in_(tokens), rows.alerts.c.rule == rule)
            .where(rows.alerts.c.raised_by == self._agency, *which)
            .distinct()
            .order_by(rows.alerts.c.raised_at, rows.alerts.c.id)
            .add_columns(rows.alerts.c.raised_at)
        )
        found = [row.id for row in self._db.execute(query)]
        return [
            one
            for one in found
            if {self.person(token) for token in rows.subjects_of(self._db, one)} == persons
        ]

    def seen(self, statement: str) -> Seen | None:
        """Give one statement as it stands now; None where it does not, or is not held."""
        if statement not in self._seen:
            self._seen[statement] = self._read(statement)
        return self._seen[statement]

    def as_it_stands(self, view: View) -> Seen | None:
        """Give a view that just came as it stands: most were neither corrected nor taken back."""
        statement = view.statement
        if self._db.execute(_IS_MARKED, {"its": statement.context.id}).scalar():
            return self.seen(statement.context.id)
        agency = agency_of(statement.context.source) or ""
        return Seen(
            statement, view.head.ledger_time, happened_by(statement), agency,
            frozenset(view.delivery.marks), is_ours=agency == self._agency,
        )  # fmt: skip

    def _named(self, subject: str) -> list[_Row]:
        person = self.person(subject)
        if person not in self._rows:
            self._rows[person] = list(self._rows_of(person))
        return self._rows[person]

    def _rows_of(self, person: frozenset[str]) -> Iterator[_Row]:
        query = _OF_PERSON if self._before is None else _BEFORE
        given = {"person": sorted(person), "at_hand": self._at_hand, "before": self._before}
        for row in self._db.execute(query, given):
            day = date.fromisoformat(row.day) if row.day else None
            yield _Row(row.statement, row.event, day, row.entry, row.automated)

    def _told(
        self, found: Sequence[_Row], events: tuple[str, ...], since: date | None, until: date | None
    ) -> list[Seen]:
        kept = [
            row
            for row in found
            if (row.event in events if events else not row.automated)
            and (since is None or (row.day is not None and row.day >= since))
            and (until is None or (row.day is not None and row.day <= until))
        ]
        kept.sort(key=lambda row: (row.day or date.min, row.entry))
        told = (self.seen(row.statement) for row in kept)
        return [one for one in told if one is not None]

    def _read(self, statement: str) -> Seen | None:
        row = self._db.execute(_VERIFIED, {"its": statement}).mappings().first()
        if row is None:
            return None
        marked = set(self._db.execute(_MARKS, {"its": statement}).scalars())
        if "retracted" in marked:
            return None
        found = stored.reread(row["record"])
        if "corrected" in marked:
            (found,) = corrected(self._db, [found], but={self._at_hand})
        return _seen(row, found, self._agency)


def _seen(row: RowMapping, statement: Statement, agency: str) -> Seen:
    part = msgspec.json.decode(row["record"].split(b"\n", 2)[1], type=ViewPart)
    delivery = msgspec.json.decode(part.delivery, type=Delivery)
    return Seen(
        statement, row["ledger_time"], happened_by(statement), row["agency"],
        frozenset(delivery.marks), is_ours=row["agency"] == agency,
    )  # fmt: skip
