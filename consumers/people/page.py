"""What is held of one person, who says so and when, side by side; and of a couple, inside its wall.

A new partner has a case wall of her own: nobody's page names anybody else, and an address that
is somebody else's too, or stands where somebody else is named, is on no page but of those people.

Source: domain.md 5 (traps 4 and 8), 7 (Others).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from consumers.people import rows
from consumers.people.facts import (
    NEVER_KEYS,
    Facts,
    Mention,
    numbers_of,
    span_of,
    standing,
    stay_of,
)
from consumers.people.likeness import NATIONAL
from consumers.whereabouts import may_tell
from contracts.section import Born


class Told(NamedTuple):
    """That a statement says so: who published it, of which day, its id."""

    agency: str
    day: str
    statement: str


class Line(NamedTuple):
    """One thing that is held, and everybody who says so, the oldest first."""

    text: str
    told: list[Told]


@dataclass(frozen=True, slots=True)
class Page:
    """What is held of one person, as far as who looks may see.

    Attributes:
        tokens: that they are known by.
        names: each as it is spelt.
        births: each as precise as it was given.
        sexes: as given.
        numbers: of registers; one that fails its check says so.
        addresses: with the day on which each was so.
        parts: played, and where.
        unshown: how many addresses are held and not shown here; `unshown_by` who says so.
        contradictions: what cannot all be true, each with both sides.
        replaced: ids of what was corrected since.
        told: every statement that names them, the oldest first.
    """

    tokens: list[str]
    names: list[Line]
    births: list[Line]
    sexes: list[Line]
    numbers: list[Line]
    addresses: list[Line]
    parts: list[Line]
    unshown: int
    unshown_by: list[str]
    contradictions: list[tuple[str, list[Line]]]
    replaced: list[str]
    told: list[Told]


class Wall:
    """Who is inside: what names anybody else of age is outside."""

    def __init__(
        self, db: Connection, viewer: Collection[str] | None, inside: Collection[str]
    ) -> None:
        """Put up a wall around some people, by all their tokens, for who looks."""
        self._db, self._viewer, self._inside = db, viewer, frozenset(inside)
        self._at: dict[str, frozenset[str]] = {}
        self._children: dict[frozenset[str], bool] = {}

    def holds(self, mention: Mention) -> bool:
        """Say whether a statement names nobody outside, children apart."""
        others = frozenset(one.subject for one in mention.beside) - self._inside
        return not others or self._are_children(others)

    def holds_place(self, mention: Mention) -> bool:
        """Say whether an address is nobody's outside, as far as who looks may see."""
        return self.holds(mention) and self.is_nobody_elses(mention)

    def is_nobody_elses(self, mention: Mention) -> bool:
        """Say whether nobody else of age is or was at an address, whoever is named beside it."""
        stay = stay_of(mention)
        others = frozenset[str]() if stay is None else self._others_at(stay.place)
        return not others or self._are_children(others)

    def _others_at(self, place: str) -> frozenset[str]:
        if place not in self._at:
            found = rows.others_at(self._db, self._viewer, place, self._inside)
            self._at[place] = frozenset(found)
        return self._at[place]

    def _are_children(self, tokens: frozenset[str]) -> bool:
        if tokens not in self._children:
            held = rows.mentions_of(self._db, self._viewer, tokens, sound=False)
            grown = {one.identity.subject for one in held if one.part != "child"}
            known = {one.identity.subject for one in held}
            self._children[tokens] = known >= tokens and not grown
        return self._children[tokens]


def by_agency(told: Iterable[Told]) -> dict[str, list[Told]]:
    """Give who says so, each agency once, with all that it said; the oldest first."""
    found: dict[str, list[Told]] = {}
    for one in told:
        found.setdefault(one.agency, []).append(one)
    return found


def told_by(mentions: Iterable[Mention]) -> list[Told]:
    """List that statements name somebody, in their order."""
    return [Told(one.agency, one.day, one.statement) for one in mentions]


def held_of(facts: Facts) -> list[str]:
    """Say what is held of somebody to judge by; an address is on nobody's list."""
    held = standing(facts.mentions)
    names = {name for one in held for name in names_of(one)}
    births = {birth_of(one.identity.born) for one in held if one.identity.born}
    numbers = {number.scheme.upper() for number in facts.numbers}
    places = len(facts.stays)
    return [
        " or ".join(sorted(names)) or "no name",
        "born " + (" or ".join(sorted(births)) or "not known"),
        *sorted(facts.sexes),
        *([f"has {', '.join(sorted(numbers))}"] if numbers else []),
        *([f"{places} address{'' if places == 1 else 'es'}"] if places else []),
    ]


def page_of(mentions: Iterable[Mention], *, wall: Wall, pivot: int) -> Page:
    """Lay out what is held of one person.

    Args:
        mentions: of all their tokens.
        wall: around those whose page it is.
        pivot: of short PNC identifiers.
    """
    every = sorted(mentions, key=lambda one: (one.day, one.statement))
    held = standing(every)
    births = _lines(held, lambda m: [birth_of(m.identity.born)] if m.identity.born else [])
    sexes = _lines(held, lambda m: [m.identity.sex] if m.identity.sex else [])
    numbers = _lines(held, lambda m: _numbers(m, pivot))
    told = may_tell({one.part for one in every})
    placed = [one for one in held if one.whereabouts is not None and one.whereabouts.address]
    shown = [one for one in placed if told and wall.holds_place(one)]
    unshown = [one for one in placed if one not in shown]
    kept = {one.statement for one in held}
    return Page(
        tokens=sorted({one.identity.subject for one in every}),
        names=_lines(held, names_of),
        births=births,
        sexes=sexes,
        numbers=numbers,
        addresses=_lines(shown, _address),
        parts=_lines(held, lambda m: [m.part]),
        unshown=len(unshown),
        unshown_by=sorted({one.agency for one in unshown}),
        contradictions=_contradictions(held, births, sexes, numbers),
        replaced=sorted({one.statement for one in every} - kept),
        told=list(dict.fromkeys(told_by(every))),
    )


def _lines(held: Iterable[Mention], texts: Callable[[Mention], Sequence[str]]) -> list[Line]:
    found: dict[str, list[Told]] = {}
    for one in held:
        for text in texts(one):
            found.setdefault(text, []).append(Told(one.agency, one.day, one.statement))
    return [Line(text, told) for text, told in found.items()]


def names_of(mention: Mention) -> list[str]:
    """Spell the names that a statement gives somebody."""
    spelt = (" ".join(p for p in (n.given, n.family) if p) for n in mention.identity.names)
    return list(dict.fromkeys(one for one in spelt if one))


def birth_of(born: Born) -> str:
    """Spell a birth, as precise as it was given."""
    return f"aged {born.value}" if born.precision == "age" else f"{born.value} ({born.precision})"


def _numbers(mention: Mention, pivot: int) -> list[str]:
    listed = [
        one for one in mention.identity.identifiers or []
        if one.scheme.strip().casefold() not in NEVER_KEYS
    ]  # fmt: skip
    return [
        f"{given.scheme.upper()} {given.value}: FAILS ITS CHECK, and is compared with nothing"
        if number is None
        else f"{number.scheme.upper()} {number.value}"
        + (f" (of {number.within} alone)" if number.within else "")
        for given, number in zip(listed, numbers_of(mention, pivot=pivot), strict=True)
    ]


def _address(mention: Mention) -> list[str]:
    where = mention.whereabouts
    if where is None or not where.address:
        return []
    return [f"{where.address}, as of {(where.known_at or mention.day)[:10]}"]


def _contradictions(
    held: Sequence[Mention], births: list[Line], sexes: list[Line], numbers: list[Line]
) -> list[tuple[str, list[Line]]]:
    """Find what cannot all be true; neither side is left out for it."""
    found = []
    spans = [span_of(one.identity.born, one.day) for one in held if one.identity.born]
    if spans and max(one.first for one in spans) > min(one.last for one in spans):
        found.append(("births that cannot all be theirs", births))
    stated = [one for one in sexes if one.text != "not_known"]
    if len(stated) > 1:
        found.append(("recorded as of different sex", stated))
    for scheme in sorted(NATIONAL):
        its = [one for one in numbers if one.text.startswith(f"{scheme.upper()} ")]
        sound = [one for one in its if "FAILS" not in one.text]
        if len(sound) > 1:
            found.append((f"different {scheme.upper()} numbers", sound))
    return found
