"""What a record is found by: keys that a pair of records worth comparing has in common.

Pure. A key alone is no evidence. Each is narrow enough to bring few people: what many share (a
family name, a hostel's address, a birthday) is only ever a part of one.

Source: domain.md 1.11; blocking rules of record linkage.
"""

from collections.abc import Iterable
from itertools import product

from consumers.people.facts import Mention, numbers_of, span_of, stay_of
from consumers.people.naming import Naming, folded
from consumers.people.weighing import Weighing

COMPANIONS_MAX = 8
"""How many companions make keys: of a crowd, who else was there says little."""
YEARS_MAX = 2
"""A birth known to more years than these makes no key of its years."""


class Keying:
    """Gives keys under one agency's settings."""

    def __init__(self, weighing: Weighing) -> None:
        """Give keys by these settings."""
        self._pivot = weighing.pnc_pivot
        self._naming = Naming(weighing)

    def keys_of(self, mention: Mention) -> set[str]:
        """List the keys of one person as one statement names them."""
        names = [(folded(n.given), folded(n.family)) for n in mention.identity.names]
        either = self._heard(name for pair in names for name in pair)
        found = set[str]()
        for one in names:
            found |= self._full(*one)
        numbers = numbers_of(mention, pivot=self._pivot)
        found |= {f"i/{n.scheme}/{n.within}/{n.value}" for n in numbers if n is not None}
        years, born = _births(mention)
        found |= {f"{key}/{year}" for key in found if key[:2] == "n/" for year in years}
        stay = stay_of(mention)
        shared = [f"b/{born}"] * bool(born) + ([f"a/{stay.place}"] if stay is not None else [])
        found |= {f"{key}/{heard}" for key, heard in product(shared, either)}
        for companion in mention.beside[:COMPANIONS_MAX]:
            others = self._heard(folded(name) for name in companion.given)
            found |= {f"w/{ours}/{theirs}" for ours, theirs in product(either, others)}
            found |= {f"w/{ours}/{companion.subject}" for ours in either}
        return found

    def _full(self, given: str, family: str) -> set[str]:
        """Key a whole name: in either order, since records exchange them; an initial is one."""
        if not given or not family:
            return set()
        ours, theirs = self._heard([given]), self._heard([family])
        pairs = {(a, b) for a, b in product(ours, theirs) if a[0] == b[0] or "~" in {a[0], b[0]}}
        pairs |= {(f".{given[0]}", b) for b in theirs if b[0] != "s"}
        return {f"n/{'/'.join(sorted(pair))}" for pair in pairs}

    def _heard(self, names: Iterable[str]) -> set[str]:
        """List what names are heard as, each part of a double name too."""
        every = [part for name in names for part in {name, *name.split()} if part]
        return {code for part in every for code in self._naming.sounds(part)}


def _births(mention: Mention) -> tuple[list[int], str]:
    """Give the years that somebody may be born in, and a key of the day in either order."""
    born = mention.identity.born
    if born is None:
        return [], ""
    first, last, precision = span_of(born, mention.day)
    years = list(range(first.year, last.year + 1))
    if precision != "day":
        return years if len(years) <= YEARS_MAX else [], ""
    low, high = sorted((first.month, first.day))
    return years, f"{first.year}.{low}.{high}"
