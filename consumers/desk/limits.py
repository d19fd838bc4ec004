"""What may be put to whom, as every page shows it before anything else.

Source: domain.md 7 (use_limits); review 5.6.2.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from consumers.desk import shown
from contracts.section import Identity
from contracts.sharing import UseLimits
from contracts.statement import Statement


@dataclass(frozen=True)
class Limits:
    """What may be put to whom.

    Attributes:
        people: name, may they be told, may they be told who said so.
        ring: whom to ring first; `note` in words.
        said: False where nobody said what may be put to whom: then nothing may.
    """

    people: list[tuple[str, str, str]]
    ring: str | None = None
    note: str | None = None
    said: bool = True


NOBODY_SAID = Limits([], said=False)


def limits_of(report: Statement | None, *, tokens: Collection[str] | None = None) -> Limits:
    """Give a report's limits; those of some people alone where they are named.

    Args:
        report: as delivered here; None where it is not held.
        tokens: of whom the page is about; None for everybody in the report.
    """
    limits = report.sections.get("use_limits") if report is not None else None
    if report is None or not isinstance(limits, UseLimits):
        return NOBODY_SAID
    named = names_of(report)
    told = shown.TOLD
    people = [
        (named.get(one.subject, "Somebody"), told[one.may_be_told], told[one.origin_may_be_told])
        for one in limits.limits
        if tokens is None or one.subject in tokens
    ]
    return Limits(people, limits.ring, limits.note)


def joined(reports: Iterable[Statement], *, tokens: Collection[str] | None) -> Limits:
    """Join what several reports say of some people, each line once; of everybody where None."""
    found = [one for one in (limits_of(r, tokens=tokens) for r in reports) if one.said]
    if not found:
        return NOBODY_SAID
    people = list(dict.fromkeys(person for one in found for person in one.people))
    ring = "; ".join(dict.fromkeys(one.ring for one in found if one.ring))
    note = " ".join(dict.fromkeys(one.note for one in found if one.note))
    return Limits(people, ring or None, note or None)


def limits_on(asked: Statement | None, report: Statement | None) -> Limits:
    """Give the limits on a question: those of its report, else those that it carries itself."""
    has = report is not None and "use_limits" in report.sections
    return limits_of(report if has else asked)


def names_of(report: Statement) -> dict[str, str]:
    """Give the first name that each person of a report is known by, by token."""
    people = [one for one in report.sections.values() if isinstance(one, Identity)]
    return {one.subject: next(iter(shown.names_of(one)), shown.NAMELESS) for one in people}
