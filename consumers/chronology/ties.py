"""Who is connected with whom, as one statement says it; and what several say, side by side.

Pure. A relationship is told of the two people of age whom a statement names; where it names more,
it does not say between whom, and they are named together and no more. That a child is named
beside somebody says nothing of whose it is.

Source: domain.md 5 (traps 4, 8), 6 (keep both, with provenance), 7 (Others).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, permutations
from typing import NamedTuple

from contracts.event.report import (
    AttendanceRecorded,
    ConcernReported,
    HouseholdChanged,
    RelationshipNoted,
)
from contracts.form import Section
from contracts.section import PersonPart

NOBODY = ""
"""Stands for whoever a statement speaks of and does not name."""
CHILD, NAMED = "child", "named"
WORDS = {
    "partners": "partners", "former_partners": "former partners", "on_off": "on and off",
    "spouses": "married", "former_spouses": "formerly married", "family": "family",
    "household": "one household", CHILD: "a child, named beside them",
    NAMED: "named together; how they are connected is not said",
}  # fmt: skip
STATES = {
    "started": "began", "continuing": "goes on", "on_off": "on and off", "ending": "is ending",
    "ended": "ended", "joined": "moved in", "left": "moved out",
    "moved_in_together": "moved in together", "address_approved": "an address was approved",
    "address_found": "found at an address", "tenancy_changed": "a tenancy changed",
}  # fmt: skip
"""How each stands, in words; what is not here says no more than that they are connected."""
_IN, _OUT = frozenset({"joined", "moved_in_together"}), "left"
FORMER = frozenset({"former_partners", "former_spouses"})
_COUPLE = FORMER | {"partners", "on_off", "spouses"}


class Tie(NamedTuple):
    """What one statement says of one person and another.

    Attributes:
        token: of the one.
        other: of the other; `NOBODY` where it names none.
        relation: a key of `WORDS`.
        state: a key of `STATES`, or empty.
    """

    token: str
    other: str
    relation: str
    state: str


def ties_of(event: Section | None, people: Sequence[str], parts: Iterable[PersonPart]) -> list[Tie]:
    """List what a statement says of those whom it names, each two from either side.

    Args:
        event: its facts; None where they were not delivered.
        people: whom it names, by token.
        parts: those that they play in it.
    """
    children = {one.subject for one in parts if one.part == "child"}
    grown = [one for one in people if one not in children]
    relation, state = _said(event)
    found = [Tie(a, b, NAMED, "") for a, b in permutations(grown, 2)]
    if relation and len(grown) == 2:  # noqa: PLR2004 - a couple
        found = [Tie(a, b, relation, state) for a, b in permutations(grown, 2)]
    elif relation and len(grown) == 1:
        found = [Tie(grown[0], NOBODY, relation, state)]
    return found + [
        Tie(a, b, CHILD, "") for child in sorted(children & set(people)) for one in people
        if one != child for a, b in ((one, child), (child, one))
    ]  # fmt: skip


def _said(event: Section | None) -> tuple[str, str]:
    """Give the relationship that facts state, and how it stood; empty for none."""
    match event:
        case RelationshipNoted(relationship=relation, state=state):
            return _or_none(relation), state if state in STATES else ""
        case HouseholdChanged(relationship=relation, change=change):
            lives = "household" if change in _IN | {_OUT} else ""
            return _or_none(relation) or lives, change
        case ConcernReported(relationship=relation):
            return _or_none(relation), ""
        case AttendanceRecorded(companion=str(relation)):
            return _or_none(relation), ""
    return "", ""


def _or_none(relation: str) -> str:
    return "" if relation == "not_known" else relation


class Word(NamedTuple):
    """One agency's word on two people, by one statement.

    Attributes:
        agency: whose word.
        relation: a key of `WORDS`; `state` one of `STATES`, or empty.
        begins: when what it tells of was, as far as it is known; `precision` how well.
        statement: its id.
        marks: in words: what speaks against it.
        counts: whether it stands: what was taken back is shown, and counts for nothing.
    """

    agency: str
    relation: str
    state: str
    begins: str
    precision: str
    statement: str
    marks: list[str]
    counts: bool

    @property
    def text(self) -> str:
        """What it says."""
        stands = STATES.get(self.state)
        return f"{WORDS[self.relation]}: {stands}" if stands else WORDS[self.relation]

    @property
    def is_beginning(self) -> bool:
        """Whether it says that this began; who moves in with a partner was one before."""
        return self.state == "started" or (self.relation == "household" and self.state in _IN)

    @property
    def is_over(self) -> bool:
        """Whether it says that this ended; that a partner moved out does not say so."""
        moved_out = self.relation == "household" and self.state == _OUT
        return moved_out or self.state == "ended" or self.relation in FORMER


class Says(NamedTuple):
    """All that one agency says of two people, the oldest first."""

    agency: str
    words: list[Word]

    @property
    def counted(self) -> list[Word]:
        """Those that stand, and say how the two are connected."""
        return [one for one in self.words if one.counts and one.relation not in {CHILD, NAMED}]

    @property
    def began(self) -> Word | None:
        """The first that says when it began."""
        return next((one for one in self.counted if one.is_beginning), None)

    @property
    def is_over(self) -> bool:
        """Whether its last word is that this ended."""
        return bool(self.counted) and self.counted[-1].is_over


def by_agency(words: Iterable[Word]) -> list[Says]:
    """Put what is said of two people together by who says it, in the order of their first word."""
    found: dict[str, list[Word]] = {}
    for one in words:
        found.setdefault(one.agency, []).append(one)
    return [Says(agency, said) for agency, said in found.items()]


def disputes(sayers: Sequence[Says]) -> Iterator[str]:
    """Say what of it cannot all be so; none of it is left out for that."""
    held = [one for one in sayers if one.counted]
    begun = [one.began.begins[:10] for one in held if one.began is not None]
    if any(not _is_one(a, b) for a, b in combinations(begun, 2)):
        yield "They do not say alike when it began."
    if len({one.is_over for one in held}) > 1:
        yield "They do not say alike whether it has ended."
    kinds = [{word.relation in _COUPLE for word in one.counted} for one in held]
    if any(a.isdisjoint(b) for a, b in combinations(kinds, 2)):
        yield "They do not say alike what it is."


def _is_one(day: str, other: str) -> bool:
    """Say whether two days may be one: a month holds each of its days."""
    return day.startswith(other) or other.startswith(day)
