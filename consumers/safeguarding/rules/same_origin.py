"""M03: two reports of one pair, days apart, that may be one source heard twice.

A proposal and no more: a named person decides, and until then corroboration stays at one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, permutations, product

from consumers.safeguarding.rules import day_of, is_automated
from contracts.identifier import agency_of
from contracts.section import Identity, Name
from contracts.statement import Statement

ID = "M03"
EVENTS = frozenset({
    "concern_reported", "contact_recorded", "relationship_noted", "intelligence_logged",
})  # fmt: skip
PAIR = 2


@dataclass(frozen=True, slots=True)
class Account:
    """One report as this rule sees it.

    Attributes:
        statement: its id.
        agency: who published it.
        day: when what it tells of happened, or when its agency came to know.
        people: the identities in it.
    """

    statement: str
    agency: str
    day: date
    people: tuple[Identity, ...]


def account_of(statement: Statement) -> Account | None:
    """Read a report as this rule sees it; None for one it does not compare."""
    people = tuple(v for v in statement.sections.values() if isinstance(v, Identity))
    if statement.kind.name not in EVENTS or len(people) < PAIR or is_automated(statement):
        return None
    day = day_of(statement)
    if day is None:
        return None
    return Account(statement.context.id, agency_of(statement.context.source) or "", day, people)


def pairs_of(
    account: Account, tokens: Callable[[str], Iterable[str]] = lambda token: (token,)
) -> frozenset[str]:
    """Spell every pair of persons in a report in each way in which another may name it.

    A person is known by a token or by a given name, so that two reports that `same_origin` takes
    for one pair share a spelling; most that share one it then parts.

    Args:
        account: the report.
        tokens: gives the tokens that are the same person as one.
    """
    known = [
        {*tokens(one.subject), *filter(None, (_folded(name.given) for name in one.names))}
        for one in account.people
    ]
    return frozenset(
        "\n".join(sorted(pair))
        for two, other in combinations(known, PAIR)
        for pair in product(two, other)
    )


def same_origin(
    newer: Account, older: Account, *, days_max: int, links: Sequence[frozenset[str]]
) -> int | None:
    """Say whether two reports may be one source heard twice.

    Args:
        newer: one report.
        older: the other; the order does not matter.
        days_max: inclusive, the window of the rule's term.
        links: token sets that a named matcher said are one person each.

    Returns:
        The days between them; None where they are not of one pair, too far apart, or one
        agency's: an agency that reports twice is no echo of itself.

    Source:
        domain.md 4, M03 (E18 and E19 are one); 7, Truth about the review.
    """
    days = abs((newer.day - older.day).days)
    if newer.agency == older.agency or days > days_max:
        return None
    return days if _are_one_pair(newer.people, older.people, links) else None


def _are_one_pair(
    ours: Sequence[Identity], theirs: Sequence[Identity], links: Sequence[frozenset[str]]
) -> bool:
    return any(
        all(_may_be_one(a, b, links) for a, b in zip(two, other, strict=True))
        for two in permutations(ours, PAIR)
        for other in permutations(theirs, PAIR)
    )


def _may_be_one(a: Identity, b: Identity, links: Sequence[frozenset[str]]) -> bool:
    """Say whether two identities may be one person: recall, for a person to judge."""
    if a.subject == b.subject or any({a.subject, b.subject} <= link for link in links):
        return True
    if _born(a) and _born(b) and _born(a) != _born(b):
        return False
    return any(_alike(one, other) for one in a.names for other in b.names)


def _born(one: Identity) -> str | None:
    """Give the date of birth where it is known to the day."""
    return one.born.value if one.born and one.born.precision == "day" else None


def _alike(one: Name, other: Name) -> bool:
    """Compare names; a family name that one side does not know does not part them."""
    given = _folded(one.given), _folded(other.given)
    family = _folded(one.family), _folded(other.family)
    if not given[0] or given[0] != given[1]:
        return False
    return not family[0] or not family[1] or family[0] == family[1]


def _folded(text: str | None) -> str:
    return " ".join((text or "").split()).casefold()
