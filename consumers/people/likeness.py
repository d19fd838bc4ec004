"""Whether two records may be one person: what speaks for it and against, in words and in bits.

Pure, and the same whichever record comes first. It finds evidence and decides nothing: nobody is
one person before a named matcher says so.

Source: domain.md 1.11, 5 (suppressing a possible match is dangerous), 7 (Machine or person).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from consumers.people.facts import Facts, Span
from consumers.people.naming import Naming
from consumers.people.weighing import Weighing

NATIONAL = frozenset({"nhs", "pnc", "cro"})
"""Registers that give one person one number."""
YEAR_DAYS = 365.25

_NAMED = frozenset({
    "identifier_same", "given_same", "given_alike", "family_same", "family_alike",
    "names_exchanged",
})  # fmt: skip
"""Without one of these nobody is offered: many share a birthday, an address or a companion."""

Apart = Literal["born_on_different_days", "named_side_by_side"]
"""What no weight outbids."""

WORDS: dict[str, str] = {
    "identifier_same": "the same number",
    "identifier_differs": "different numbers of one register",
    "given_same": "the same given name",
    "given_alike": "given names that sound or are spelt alike, or a short form",
    "given_differs": "different given names",
    "family_same": "the same family name",
    "family_alike": "family names that sound or are spelt alike, or share a part",
    "family_differs": "different family names",
    "names_exchanged": "given and family name are exchanged",
    "born_same_day": "born on the same day",
    "born_day_exchanged": "born on one day, if day and month of one record are exchanged",
    "born_same_month": "born in the same month",
    "born_same_year": "may be born in the same year",
    "ages_agree": "ages agree",
    "born_near": "years of birth or ages nearly agree",
    "born_apart": "years of birth or ages do not agree",
    "address_same_time": "one address at the same time",
    "address_other_time": "one address, at different times",
    "named_with_alike": "each is named with somebody who may be the same companion",
    "sex_differs": "recorded as of different sex",
    "born_on_different_days": "born on different days",
    "named_side_by_side": "one report names them as two people",
}
"""Each finding as whoever judges reads it; none of them names anybody."""


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """One finding.

    Attributes:
        kind: as `WORDS`, or `Weights`.
        bits: what it counts; negative against.
        detail: which register, or how far ages are apart; empty where that says it all.
    """

    kind: str
    bits: float
    detail: str = ""

    @property
    def words(self) -> str:
        """Say it in words."""
        return f"{WORDS[self.kind]} ({self.detail})" if self.detail else WORDS[self.kind]


@dataclass(frozen=True, slots=True)
class Likeness:
    """What is found of two records.

    Attributes:
        evidence: for and against, the weightiest first.
        apart: what no weight outbids; such a pair is never offered.
        bits: the sum.
        is_offered: whether a person is shown it.
    """

    evidence: tuple[Evidence, ...]
    apart: tuple[Apart, ...]
    bits: float
    is_offered: bool

    @property
    def words(self) -> list[str]:
        """Say what was found: what parts them first, then each finding, for or against."""
        parted = [f"NEVER ONE WHILE {WORDS[one]}" for one in self.apart]
        return parted + [f"{'AGAINST: ' * (e.bits < 0)}{e.words}" for e in self.evidence]


class Comparing:
    """Compares records under one agency's settings."""

    def __init__(self, weighing: Weighing) -> None:
        """Compare by these settings."""
        self.weighing = weighing
        self.naming = Naming(weighing)

    def compare(self, one: Facts, other: Facts) -> Likeness:
        """Say what speaks for two records being one person, and what against."""
        born, apart = self._born(one.births, other.births)
        found = [
            *self._numbers(one, other), *self._names(one.names, other.names),
            *born, *self._stays(one, other), *self._companions(one, other),
        ]  # fmt: skip
        if one.sexes and other.sexes and one.sexes.isdisjoint(other.sexes):
            found.append(self._found("sex_differs"))
        if one.with_tokens & other.tokens or other.with_tokens & one.tokens:
            apart.append("named_side_by_side")
        bits = round(_sum(found), 3)
        ordered = tuple(sorted(found, key=lambda each: (-abs(each.bits), each)))
        named = any(each.bits > 0 and each.kind in _NAMED for each in found)
        offered = named and not apart and bits >= self.weighing.offer_from
        return Likeness(ordered, tuple(apart), bits, offered)

    def _found(self, kind: str, detail: str = "") -> Evidence:
        return Evidence(kind, getattr(self.weighing.weights, kind), detail)

    def _numbers(self, one: Facts, other: Facts) -> list[Evidence]:
        same = {n.scheme for n in one.numbers & other.numbers}
        ours, theirs = ({n.scheme for n in each.numbers} for each in (one, other))
        differ = (ours & theirs & NATIONAL) - same
        shared = ", ".join(sorted(scheme.upper() for scheme in same))
        found = [self._found("identifier_same", shared)] if same else []
        listed = [self._found("identifier_differs", scheme.upper()) for scheme in sorted(differ)]
        return [*found, *listed]

    def _names(
        self, ours: Iterable[tuple[str, str]], theirs: Iterable[tuple[str, str]]
    ) -> list[Evidence]:
        """Compare every name that either goes by; the likest pair of names counts."""
        pairs = [self._name(a, b) for a in ours for b in theirs]
        return max(pairs, key=lambda found: (_sum(found), sorted(found)), default=[])

    def _name(self, one: tuple[str, str], other: tuple[str, str]) -> list[Evidence]:
        if all(one) and one != other and one == other[::-1]:
            return [self._found("names_exchanged")]
        found = []
        for part, a, b in zip(("given", "family"), one, other, strict=True):
            like = self.naming.likeness(a, b) if a and b else "faint"
            if like != "faint":
                found.append(self._found(f"{part}_{like}"))
        return found

    def _born(
        self, ours: frozenset[Span], theirs: frozenset[Span]
    ) -> tuple[list[Evidence], list[Apart]]:
        """Compare births; where both are known to the day, the days decide."""
        exact = [(a.first, b.first) for a in ours for b in theirs if a[2] == b[2] == "day"]
        if any(a == b for a, b in exact):
            return [self._found("born_same_day")], []
        if any(_is_exchanged(a, b) for a, b in exact):
            return [self._found("born_day_exchanged")], []
        if exact:
            return [], ["born_on_different_days"]
        near = [self._near(a, b) for a in ours for b in theirs]
        return ([max(near, key=lambda each: (each.bits, each))] if near else []), []

    def _near(self, one: Span, other: Span) -> Evidence:
        gap = max(one.first, other.first) - min(one.last, other.last)
        years = max(gap.days, 0) / YEAR_DAYS
        precise = {one.precision, other.precision}
        if years == 0:
            if precise <= {"day", "month"}:
                return self._found("born_same_month")
            return self._found("ages_agree" if precise == {"age"} else "born_same_year")
        exact = precise <= {"day", "month"}
        near = years <= self.weighing.age_gap_years and not exact
        return self._found("born_near" if near else "born_apart", f"by about {_spelt(years)}")

    def _stays(self, one: Facts, other: Facts) -> list[Evidence]:
        days = [
            abs((a.day - b.day).days)
            for a in one.stays for b in other.stays if a.place == b.place
        ]  # fmt: skip
        if not days:
            return []
        together = min(days) <= self.weighing.address_days
        return [self._found("address_same_time" if together else "address_other_time")]

    def _companions(self, one: Facts, other: Facts) -> list[Evidence]:
        """Compare whom each is named with: the other of the two is nobody's companion here."""
        alike = not one.with_tokens.isdisjoint(other.with_tokens) or any(
            self.naming.likeness(a, b) in {"same", "alike"}
            for a in one.companions for b in other.companions
        )  # fmt: skip
        return [self._found("named_with_alike")] if alike else []


def _sum(found: Iterable[Evidence]) -> float:
    return sum(each.bits for each in found)


def _is_exchanged(a: date, b: date) -> bool:
    return (a.year, a.month, a.day) == (b.year, b.day, b.month)


def _spelt(years: float) -> str:
    """Spell a gap in whole years, so that it says no more of a birth than it must."""
    whole = round(years)
    return "a year" if whole <= 1 else f"{whole} years"
