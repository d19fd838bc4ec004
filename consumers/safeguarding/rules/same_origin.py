"""M03: two reports of one pair, days apart, that may be one source heard twice.

A proposal and no more: a named person decides, and until then corroboration stays at one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, permutations, product

from consumers.safeguarding.rules import day_of, is_automated
from consumers.safeguarding.rules.seen import History
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


def sources(reports: Mapping[str, date], history: History) -> dict[str, str]:
    """Give, for each report, the first of these that it may only repeat: itself, where of none.

    Reports of which each may be one source with the next are a chain, and a chain counts once: a
    log line that may repeat either of two would else count beside whichever it was not put to
    (E19: E17 or E18). But no further from its first report than M03 looks back: two agencies that
    hear of a couple every few days would else be one report for ever, and nobody asked to look. The
    report after that begins a source of its own. What a named person said is one is one.

    Args:
        reports: what is counted, by id, with the day of each.
        history: which of them may be one source, and how far M03 looks back.

    Source:
        domain.md 4 (M03: "within 7 days"; M10: copies count once); 7, Truth about the review.
    """
    order = sorted(reports, key=lambda one: (reports[one], one))
    chain = {one: frozenset({one}) for one in order}
    said = dict(chain)
    for one in order:
        for other, is_said in history.copies(one).items():
            if other in reports:
                _join(chain, one, other)
                if is_said:
                    _join(said, one, other)
    term = history.term(ID)
    days = (term.window_days if term is not None else None) or 0
    first: dict[str, str] = {}
    newest: dict[frozenset[str], str] = {}
    for one in order:
        if one in first:
            continue
        begun = newest.get(chain[one], one)
        if (reports[one] - reports[begun]).days > days:
            begun = one
        newest[chain[one]] = begun
        first.update(dict.fromkeys(said[one], begun))
    return first


def _join(groups: dict[str, frozenset[str]], one: str, other: str) -> None:
    whole = groups[one] | groups[other]
    groups.update(dict.fromkeys(whole, whole))


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
