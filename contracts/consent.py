"""Whose consent stands, and what may be shared against it.

Consent is rarely the basis between these agencies, and never symmetrical: a capacitous adult's
refusal about her own records stands where only she is at risk; an alleged perpetrator's does not
stand against protecting somebody else (domain.md 1.7; GMC; design.md, stage consent).
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from contracts.sharing import Ground

FOR_OTHERS: frozenset[Ground] = frozenset({"serious_harm_to_others", "serious_crime", "child"})
"""Grounds that protect somebody: an override must say whom, and it may not be the same person."""


def stands(states: Iterable[str]) -> bool:
    """Say whether consent stands, from the newest word of each agency that asked.

    Args:
        states: `given`, `refused`, `withdrawn`, `unsafe_to_ask`, `not_sought`, one an agency.

    Returns:
        True where somebody says that it was given and nobody that it is not: a refusal told to
        one agency is not undone by a consent told to another before.
    """
    found = set(states)
    return "given" in found and not found & {"refused", "withdrawn", "unsafe_to_ask"}


def overrides(  # noqa: PLR0913 - what an override is weighed by
    ground: str,
    *,
    of: Sequence[str],
    at_risk: Sequence[str],
    subject: str,
    same: Mapping[str, AbstractSet[str]],
    known: AbstractSet[str],
    feared: AbstractSet[str] = frozenset(),
) -> bool:
    """Say whether an override reaches one subject's refusal or silence.

    Args:
        ground: as named; whether the leg takes it is the leg's.
        of: subjects whose refusal it overrides.
        at_risk: subjects whom it protects.
        subject: the one asked about.
        same: by subject, all tokens that a named matcher says are the same person.
        known: tokens of everybody in the statement, or in one that its publisher holds and names.
        feared: tokens of whoever is alleged to be the perpetrator in the statement.

    Returns:
        False where it does not name the subject, or protects nobody known but the subject and who
        is feared: harm to herself alone is hers to weigh, unless she is coerced or has no capacity.
    """
    person = same.get(subject, {subject})
    if not person & set(of):
        return False
    return ground not in FOR_OTHERS or bool((set(at_risk) & known) - person - feared)
