"""What is held of one person, from whatever names them by one of their tokens: facts to compare.

Pure. Nothing is merged: facts are gathered anew whenever somebody asks, from what stands then and
from what they may see.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from consumers.people.naming import folded, place_key
from contracts import identifier
from contracts.form import Section, Token
from contracts.section import Born, Identity, Whereabouts

NEVER_KEYS = frozenset({"uprn"})
"""Registers whose numbers name a place and not a person (domain.md 1.11)."""
LIFE_YEARS_MAX = 130


class Companion(Section, frozen=True):
    """Somebody named beside this person in one report: a token, and given names as spelt."""

    subject: Token
    given: list[str]


class Mention(Section, frozen=True, kw_only=True):
    """One person as one statement names them.

    Attributes:
        statement: its id.
        digest: of its signed part; what evidence is digested by.
        agency: who published it.
        day: when what it tells of happened, or its agency came to know: YYYY-MM-DD.
        identity: as delivered.
        part: played in what it tells of; empty in a correction that says nothing of it.
        whereabouts: as delivered.
        beside: who else it names.
        corrects: the statement whose naming of this person it stands in place of.
    """

    statement: str
    digest: str
    agency: str
    day: str
    identity: Identity
    part: str = "unassessed"
    whereabouts: Whereabouts | None = None
    beside: list[Companion] = []
    corrects: str | None = None


class Span(NamedTuple):
    """From the first to the last day on which somebody may have been born."""

    first: date
    last: date
    precision: str


class Number(NamedTuple):
    """A register's number, canonical, within the agency that it is known in; none if national."""

    scheme: str
    value: str
    within: str


class Stay(NamedTuple):
    """An address by its key, and the day on which somebody was said to be there."""

    place: str
    day: date


@dataclass(frozen=True, slots=True)
class Facts:
    """What is held of one person.

    Attributes:
        tokens: that they are known by.
        names: given and family name, folded; either may be empty.
        births: as closely as each was given.
        sexes: as given, `not_known` left out.
        numbers: those that pass their check.
        stays: at addresses.
        companions: folded given names of who was named beside them.
        with_tokens: their tokens.
        mentions: what all this is taken from.
    """

    tokens: frozenset[str]
    names: frozenset[tuple[str, str]]
    births: frozenset[Span]
    sexes: frozenset[str]
    numbers: frozenset[Number]
    stays: frozenset[Stay]
    companions: frozenset[str]
    with_tokens: frozenset[str]
    mentions: tuple[Mention, ...]

    @classmethod
    def of(cls, tokens: Iterable[str], mentions: Iterable[Mention], *, pivot: int) -> "Facts":
        """Gather what mentions say of one person; what was corrected since is left out.

        Args:
            tokens: that they are known by.
            mentions: those of these tokens, in any order.
            pivot: of short PNC identifiers (`contracts.identifier.pnc_id`).
        """
        every = sorted(mentions, key=lambda one: (one.day, one.statement, one.identity.subject))
        held = standing(every)
        pairs = [(one, name) for one in held for name in one.identity.names]
        names = {(folded(n.given), folded(n.family)) for _, n in pairs} - {("", "")}
        numbers = (number for one in held for number in numbers_of(one, pivot=pivot))
        return cls(
            frozenset(tokens),
            frozenset(names),
            frozenset(span_of(m.identity.born, m.day) for m in held if m.identity.born),
            frozenset(m.identity.sex for m in held if m.identity.sex not in {None, "not_known"}),
            frozenset(number for number in numbers if number is not None),
            frozenset(stay for one in held for stay in [stay_of(one)] if stay is not None),
            frozenset(folded(name) for m in held for c in m.beside for name in c.given) - {""},
            frozenset(c.subject for m in held for c in m.beside),
            tuple(every),
        )


def standing(mentions: Iterable[Mention]) -> list[Mention]:
    """Put corrections in the place of what they correct; what they leave out stays as it was.

    Of several corrections of one statement the newest stands, on what the others said; one that
    corrects a correction stands in the same place.
    """
    held = list(mentions)
    corrected = {one.statement: one.corrects for one in held}
    named = {(one.statement, one.identity.subject): one for one in held}
    anew: dict[tuple[str, str], Mention] = {}
    for one in sorted(held, key=lambda mention: mention.statement):
        if (root := one.corrects) is not None:
            while (before := corrected.get(root)) is not None:
                root = before
            place = root, one.identity.subject
            stands = _in_place(one, anew.get(place, named.get(place, one)))
            anew[place] = msgspec.structs.replace(stands, corrects=root)
    newest = {(one.statement, one.identity.subject): one for one in anew.values()}
    each = (((one.statement, one.identity.subject), one) for one in held)
    return [
        newest.get(at, one)  # a token that a statement gave to two people names both
        for at, one in each
        if at not in anew and (one.corrects is None or at in newest)
    ]


def _in_place(correction: Mention, was: Mention) -> Mention:
    return msgspec.structs.replace(
        correction, day=was.day, beside=was.beside,
        part=correction.part or was.part or "unassessed",
        whereabouts=correction.whereabouts or was.whereabouts,
    )  # fmt: skip


def span_of(born: Born, day: str) -> Span:
    """Give the days on which somebody may have been born.

    Args:
        born: as given; an age is of `day`.
        day: YYYY-MM-DD.
    """
    if born.precision == "day":
        exact = date.fromisoformat(born.value)
        return Span(exact, exact, "day")
    if born.precision == "month":
        first = date.fromisoformat(f"{born.value}-01")
        return Span(first, first.replace(day=monthrange(first.year, first.month)[1]), "month")
    if born.precision == "year":
        year = int(born.value)
        return Span(date(year, 1, 1), date(year, 12, 31), "year")
    then = date.fromisoformat(day)
    age = min(int(born.value), LIFE_YEARS_MAX, then.year - 2)
    return Span(_years_before(then, age + 1) + timedelta(days=1), _years_before(then, age), "age")


def numbers_of(mention: Mention, *, pivot: int) -> list[Number | None]:
    """Read the register numbers of a mention, in order; None for one that fails its check.

    A number of a force or a system is a number of that force alone, and says nothing elsewhere.
    """
    found: list[Number | None] = []
    for one in mention.identity.identifiers or []:
        scheme = one.scheme.strip().casefold()
        if scheme in NEVER_KEYS:
            continue
        value: str | None = " ".join(one.value.split())
        within = ""
        match scheme:
            case "nhs":
                value = identifier.nhs_number(one.value)
            case "pnc":
                value = identifier.pnc_id(one.value, pivot=pivot)
            case "cro":
                value = identifier.cro_number(one.value)
            case _:
                within = mention.agency
        found.append(Number(scheme, value, within) if value else None)
    return found


def stay_of(mention: Mention) -> Stay | None:
    """Read where somebody was said to be, and when; None where nothing says so."""
    where = mention.whereabouts
    place = place_key(where.address) if where is not None and where.address else ""
    if where is None or not place:
        return None
    return Stay(place, date.fromisoformat((where.known_at or mention.day)[:10]))


def _years_before(day: date, years: int) -> date:
    """Move a day back by years; the 29th of February falls on the 28th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
