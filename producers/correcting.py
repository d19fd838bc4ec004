"""What a report said rightly says otherwise: the sections of a correction.

Source: design.md, Control statements; issue 4 (correction); domain.md 5 (trap 4).
"""

from collections.abc import Mapping

from contracts.fault import Misuse
from contracts.form import Section
from contracts.section import Health, Identity, Narrative, Refuge, Whereabouts, kind_of, number_of
from contracts.statement import Statement

CORRECTABLE = frozenset({
    "use_limits", "narrative", "risk", "health", "person.identity", "person.whereabouts",
    "person.refuge",
    "person.part",
})  # fmt: skip
APART = frozenset({"intake", "provenance", "cause"})
"""What a correction says of itself: another person may say it."""
ELSEWHERE = {
    "event": "take the report back (candour retract) and report anew",
    "consent": "candour consent record",
    "exclusions": "candour exclusion record",
}
"""What is not corrected so, and what is done instead."""


def corrected(original: Statement, anew: Mapping[str, Section]) -> dict[str, Section]:
    """List the sections that stand in place of those of a report, named alike.

    Args:
        original: the report, whole, as it was said here.
        anew: every section of the same report as it should have been said.

    Returns:
        Those that differ; a person's identity with whatever else of theirs does, since that says
        whom a number means; empty in place of what is left out.

    Raises:
        Misuse: nothing differs, or what differs cannot be corrected so.
    """
    old = original.sections
    names = sorted(name for name in {*old, *anew} if kind_of(name) not in APART)
    differing = [name for name in names if old.get(name) != anew.get(name)]
    for name in differing:
        if kind_of(name) not in CORRECTABLE:
            raise Misuse(
                f"`{name}` differs, and a correction does not change that.",
                remedy=f"Leave it as it was said; for it: "
                f"{ELSEWHERE.get(name, ELSEWHERE['event'])}.",
            )
    numbers = {number_of(name) for name in differing} - {0}
    for number in numbers:
        _check_same(old, anew, f"person.{number}.identity")
    if not differing:
        raise Misuse(
            "Nothing in this file differs from what was said.",
            remedy="Write the report as it should have been said, then give it again.",
        )
    persons = {f"person.{number}.identity": anew[f"person.{number}.identity"] for number in numbers}
    said = {name: anew.get(name) or _emptied(name, old[name]) for name in differing}
    return persons | said


def _check_same(old: Mapping[str, Section], anew: Mapping[str, Section], name: str) -> None:
    was, now = old.get(name), anew.get(name)
    if not isinstance(was, Identity) or not isinstance(now, Identity) or was.subject != now.subject:
        raise Misuse(
            "The people of this file are not those of the report, in the same order.",
            remedy="Keep everybody's `reference` and place; whoever is left out or new, say in a "
            "new report.",
        )


def _emptied(name: str, was: Section) -> Section:
    """Write a section that says nothing in place of one that should not have been said."""
    match was:
        case Narrative():
            return Narrative("", was.form)
        case Health():
            return Health("", was.standing)
        case Whereabouts():
            return Whereabouts(was.subject)
        case Refuge():
            return Refuge(was.subject)
    raise Misuse(f"`{name}` cannot be left out.", remedy="Write it as it should have been said.")
