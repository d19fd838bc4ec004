"""What is known of a person, for whoever looks them up: names, birth, identifiers, whereabouts.

Gathered from every report that names the person by a token of theirs (consumers.people): the
report's own, and those that a named matcher linked to it. Nothing is merged: an unlink takes it out
again, and a correction stands in place. What is kept from who looks is no part of it; what a
connector looks up is kept from nobody who sees the report.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from sqlalchemy import Connection

from consumers import standing
from consumers import store as stored
from consumers.people import rows as people
from consumers.people.facts import Mention
from consumers.people.facts import standing as as_corrected
from consumers.people.page import Wall
from consumers.research import plan
from consumers.whereabouts import may_tell
from contracts.section import Born, Identifier, Name, Whereabouts

_Kind = TypeVar("_Kind")


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
        here: those of `places` that the report itself tells of.
        parts: played in any of these reports.
        sources: ids of what this rests on, the report first.
        shown: those of `places` that a task shows by itself: of nobody who is sheltered, and none
            that is somebody else's too.
    """

    subject: str
    names: list[Name]
    births: list[Born]
    sexes: list[str]
    identifiers: list[Identifier]
    places: list[Whereabouts]
    here: list[Whereabouts]
    parts: frozenset[str]
    sources: list[str]
    shown: Sequence[Whereabouts] = ()

    @classmethod
    def of(cls, subject: str, ours: Sequence[Mention], rest: Iterable[Mention]) -> Self:
        """Gather what a report says of somebody, and then the rest, in the order given."""
        held = [*ours, *rest]
        return cls(
            subject,
            _once(name for one in held for name in one.identity.names),
            _once(one.identity.born for one in held),
            _once(one.identity.sex for one in held if one.identity.sex != "not_known"),
            _once(number for one in held for number in one.identity.identifiers or []),
            _once(one.whereabouts for one in held),
            _once(one.whereabouts for one in ours),
            frozenset(one.part for one in held),
            _once(one.statement for one in held),
        )

    @property
    def is_bare(self) -> bool:
        """Say whether no name has a family name and no identifier was given."""
        return not self.identifiers and not any(name.family for name in self.names)

    @property
    def is_sheltered(self) -> bool:
        """Say whether where this person is must not be shown: a victim, a child, or not known."""
        return not may_tell(self.parts)


def known(
    db: Connection, report: str, subject: str, viewer: Collection[str] | None
) -> Known | None:
    """Give what is known of a person in a report.

    Args:
        db: an open transaction.
        report: its id.
        subject: the person's token in it.
        viewer: as `consumers.standing.hidden_from`.

    Returns:
        None where the report is no longer held, is kept from who looks, or has no such person.
    """
    if stored.row_of(db, report) is None:
        return None
    tokens = people.persons(db, viewer, [subject])[subject]
    mentions = people.mentions_of(db, viewer, tokens, sound=False)
    sound = {one.statement for one in people.mentions_of(db, viewer, tokens, sound=True)}
    held = as_corrected(
        one for one in mentions if one.statement == report or one.statement in sound
    )
    ours = [one for one in held if report in {one.statement, one.corrects}]
    rest = sorted((one for one in held if one not in ours), key=lambda m: (m.day, m.statement))
    one = Known.of(subject, ours, rest)
    if not any(mention.identity.subject == subject for mention in ours):
        parts = _nameless(db, report, subject, viewer)
        if not parts:
            return None
        one = replace(one, parts=one.parts | parts, sources=[report, *one.sources])
    return one if one.is_sheltered else replace(one, shown=_shown(db, viewer, tokens, ours, rest))


def _nameless(
    db: Connection, report: str, subject: str, viewer: Collection[str] | None
) -> frozenset[str]:
    """Give the part of somebody whom a report does not name; none where it is kept or names them.

    Without an identity nobody is found by a token: who it is, somebody has to be asked.
    """
    was = stored.held(db, report)
    if was is None or report in standing.hidden_from(db, viewer):
        return frozenset()
    its = (one for one in plan.persons(was) if one.subject == subject)
    return frozenset(one.part for one in its if one.identity is None)


def _shown(
    db: Connection, viewer: Collection[str] | None, tokens: Collection[str],
    ours: Sequence[Mention], rest: Sequence[Mention],
) -> list[Whereabouts]:  # fmt: skip
    """List the places that are nobody else's, nor told of beside anybody the report does not name.

    The report's own persons are inside: whoever has the task reads of both. Where she is, nobody
    may put to him, so that an address of hers is not shown as his either (domain.md 5, trap 4).
    """
    named = {other.subject for one in ours for other in one.beside}
    both = frozenset().union(tokens, *people.persons(db, viewer, named).values())
    theirs, around = Wall(db, viewer, tokens), Wall(db, viewer, both)
    held = [one for one in (*ours, *rest) if around.holds(one) and theirs.is_nobody_elses(one)]
    return _once(one.whereabouts for one in held)


def _once(given: Iterable[_Kind | None]) -> list[_Kind]:
    """Keep the first of what is alike, in order."""
    found: list[_Kind] = []
    for one in given:
        if one is not None and one not in found:
            found.append(one)
    return found
