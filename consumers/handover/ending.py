"""A known end, when its handover falls due, and which handover covers it.

Pure. An end by law comes whether or not anybody took over: it is never refused, and who heads
both agencies hears that nobody did.

Source: review 3.2.12, 3.2.26, 3.2.32; domain.md 4 (M18), 7 (Machine or person).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from contracts.duration import HOUR_MS
from contracts.event.control import Rules
from contracts.event.report import ClosureNotified, ReferralMade, ReleaseNotified
from contracts.section import Identity
from contracts.statement import Statement

DUE = "handover"
"""The duty to put a handover to somebody, before the end."""
OUTSTANDING = "HANDOVER_OUTSTANDING"
"""What both heads are told where the end passed and nobody had accepted it."""


@dataclass(frozen=True, slots=True)
class End:
    """One known end.

    Attributes:
        ends_on: the last day.
        due_at: by when a handover is put to somebody, in ledger milliseconds.
        ends_at: when the day is over; what is already past has an alert's hours.
        people: the publisher's tokens.
    """

    ends_on: date
    due_at: int
    ends_at: int
    people: frozenset[str]


def end_of(statement: Statement, at: int, *, rules: Rules) -> End | None:
    """Read a known end out of a closure or a release, or out of the handover itself.

    Args:
        statement: as its publisher said it, or its addressee was sent it.
        at: the ledger time of its delivery.
        rules: the founding's, for the days and hours.

    Returns:
        None where no end is known, or its author says that no risk stays: `unknown` is not no.
    """
    event = statement.sections.get("event")
    if isinstance(event, ClosureNotified) and event.risk_recognised == "no":
        return None
    if isinstance(event, ReferralMade) and event.referral != "handover":
        return None
    if not isinstance(event, ClosureNotified | ReleaseNotified | ReferralMade):
        return None
    if event.ends_on is None:
        return None
    ends_on = date.fromisoformat(event.ends_on)
    grace = at + rules.alert_hours * HOUR_MS
    due_at = max(_begin(ends_on, -rules.handover_days), grace)
    return End(ends_on, due_at, max(_begin(ends_on, 1), grace), people_of(statement))


def people_of(statement: Statement) -> frozenset[str]:
    """List the tokens of the people that a statement names."""
    return frozenset(v.subject for v in statement.sections.values() if isinstance(v, Identity))


def is_near(ends_on: date, other: date, *, rules: Rules) -> bool:
    """Say whether two days may be the same end: licences are moved, and files disagree.

    Args:
        ends_on: one.
        other: the other.
        rules: the founding's: as many days apart as a handover falls due before the end.
    """
    return abs((ends_on - other).days) <= rules.handover_days


def covers(
    handed: Collection[str], handed_on: date, people: Collection[str], ends_on: date,
    *, rules: Rules,
) -> bool:  # fmt: skip
    """Say whether a handover is of this end: of somebody in it, and of about its day."""
    shared = not set(handed).isdisjoint(people)
    return shared and is_near(handed_on, ends_on, rules=rules)


def moved(day: date, days: int) -> date:
    """Move a day; beyond the calendar stands its end: some files write 9999-12-31 for unknown."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


def _begin(day: date, days: int) -> int:
    """Give the beginning of the day so many days on, in UTC milliseconds; never before 1970."""
    at = moved(day, days)
    begun = datetime(at.year, at.month, at.day, tzinfo=UTC)
    return max(0, round(begun.timestamp()) * 1000)
