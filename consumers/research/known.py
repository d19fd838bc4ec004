"""What is known of a person, for whoever looks them up: names, birth, identifiers, whereabouts.

Gathered from every report that names the person by a token of theirs: the report's own, and those
that a named matcher linked to it. Nothing is merged: an unlink takes it out again. What is kept
from who looks is no part of it; what a connector looks up is kept from nobody who sees the report.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self, TypeVar

from sqlalchemy import Column, Connection, Table, Text, delete, select

from consumers import standing
from consumers import store as stored
from consumers.safeguarding.rows import standing_links
from consumers.store import metadata, upsert
from contracts.section import Born, Identifier, Identity, Name, PersonPart, Whereabouts
from contracts.statement import Statement

_Kind = TypeVar("_Kind")

research_named = Table(
    "research_named",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("statement", Text, primary_key=True, index=True),
)
"""Which statements name a person, by token."""

UNTOLD = frozenset({"victim", "child"})
"""Whose whereabouts no list and no task shows by itself (domain.md 5, trap 4)."""
TOLD = frozenset({"alleged_perpetrator", "associate"})


@dataclass(frozen=True, slots=True)
class Known:
    """One person, as everything that may be used here tells of them.

    Attributes:
        subject: the token in the report.
        names: every name and alias, the report's own first.
        births: each as precise as somebody gave it.
        sexes: as given; more than one where reports differ.
        identifiers: numbers of registers.
        places: where they are or were, and how to reach them.
        parts: played in any of these reports.
        sources: ids of what this rests on, the report first.
    """

    subject: str
    names: list[Name]
    births: list[Born]
    sexes: list[str]
    identifiers: list[Identifier]
    places: list[Whereabouts]
    parts: frozenset[str]
    sources: list[str]

    @classmethod
    def of(cls, subject: str, tokens: Collection[str], statements: Iterable[Statement]) -> Self:
        """Gather what statements say of somebody known by these tokens."""
        held = list(statements)
        sections = [value for one in held for value in one.sections.values()]
        people = [v for v in sections if isinstance(v, Identity) and v.subject in tokens]
        places = [v for v in sections if isinstance(v, Whereabouts) and v.subject in tokens]
        parts = [v.part for v in sections if isinstance(v, PersonPart) and v.subject in tokens]
        return cls(
            subject,
            _once(name for one in people for name in one.names),
            _once(one.born for one in people if one.born is not None),
            _once(one.sex for one in people if one.sex not in {None, "not_known"}),
            _once(number for one in people for number in one.identifiers or []),
            places,
            frozenset(parts),
            [one.context.id for one in held],
        )

    @property
    def is_bare(self) -> bool:
        """Say whether no name has a family name and no identifier was given."""
        return not self.identifiers and not any(name.family for name in self.names)

    @property
    def is_sheltered(self) -> bool:
        """Say whether where this person is must not be shown: a victim, a child, or not known.

        Where nobody has assessed the parts, either of two may be the victim.
        """
        return bool(self.parts & UNTOLD) or not self.parts & TOLD


def name(db: Connection, statement: Statement) -> None:
    """Remember whom a statement names; the same again changes nothing."""
    for value in statement.sections.values():
        if isinstance(value, (Identity, Whereabouts)):
            row = upsert(db, research_named).values(
                subject=value.subject, statement=statement.context.id
            )
            db.execute(row.on_conflict_do_nothing())


def forget(db: Connection, statement: str) -> None:
    """Drop whom an erased statement named."""
    db.execute(delete(research_named).where(research_named.c.statement == statement))


def known(db: Connection, report: str, subject: str, hidden: Collection[str]) -> Known | None:
    """Give what is known of a person in a report.

    Args:
        db: an open transaction.
        report: its id.
        subject: the person's token in it.
        hidden: ids of statements and links that may not be used: kept from who looks.

    Returns:
        None where the report is no longer held, may not be used, or names no such person.
    """
    held = None if report in hidden else stored.held(db, report)
    if held is None:
        return None
    tokens = _tokens(db, subject, hidden)
    naming = select(research_named.c.statement).where(research_named.c.subject.in_(sorted(tokens)))
    order = naming.distinct().order_by(research_named.c.statement)
    others = [
        one
        for one in db.execute(order).scalars()
        if one not in hidden and one != report and not standing.is_undone(db, one)
    ]
    found = [one for one in (stored.held(db, other) for other in others) if one is not None]
    gathered = Known.of(subject, tokens, [held, *found])
    return gathered if gathered.names or gathered.identifiers else None


def _tokens(db: Connection, subject: str, hidden: Collection[str]) -> frozenset[str]:
    """List the tokens that are one person with this one, by the links that stand."""
    joined = {subject}
    links = [one["subjects"].split() for one in standing_links(db) if one["id"] not in hidden]
    while True:
        reached = {token for link in links if joined & set(link) for token in link}
        if reached <= joined:
            return frozenset(joined)
        joined |= reached


def _once(given: Iterable[_Kind | None]) -> list[_Kind]:
    """Keep the first of what is alike, in order."""
    found: list[_Kind] = []
    for one in given:
        if one is not None and one not in found:
            found.append(one)
    return found
