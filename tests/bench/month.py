"""A month of ordinary statements: how often somebody is interrupted in a shift, and by what.

An interrupt breaks into somebody's work; every one of them is explained by its rule and by what it
rests on. Shifts are 00-08, 08-16 and 16-24, UTC.
"""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tests.support.month import month
from tests.support.working import Working, facts_of, files_in

COUNT = int(os.environ.get("BENCH_MONTH", "10000"))
ACTING = ("thames-valley", "mk-mash", "nps-thames-valley", "mkucs", "grove-surgery", "mkc-housing")
SHIFT_HOURS = 8


def measure(folder: Path) -> dict[str, float]:
    """Play the month; count alerts by attention, and interrupts by agency and shift."""
    return dict(counted(folder, COUNT, days=30))


def counted(folder: Path, count: int, *, days: int) -> Iterator[tuple[str, float]]:
    """Give figures of a month, or of some days of one.

    Args:
        folder: an empty one.
        count: how many statements.
        days: over how many days.
    """
    town = worked(folder, count, days=days)
    raised = [(by, draft) for by, draft in town.said_by if draft.event == "alert_raised"]
    facts = [(by, facts_of(draft)) for by, draft in raised]
    attention = Counter(event["attention"] for _, event in facts)
    for name in ("interrupt", "duty", "note"):
        yield f"month_{name}s", attention[name]
    yield "month_statements_per_alert", count / max(1, len(facts))
    loud = [(by, e, d) for (by, e), (_, d) in zip(facts, raised, strict=True)
            if e["attention"] == "interrupt"]  # fmt: skip
    shifts = Counter((by, _shift(town.said_at[draft.id])) for by, _, draft in loud)
    for agency in ACTING:
        found = [n for (by, _), n in shifts.items() if by == agency]
        yield f"interrupts_{agency}_a_shift_mean", sum(found) / (days * 24 / SHIFT_HOURS)
        yield f"interrupts_{agency}_a_shift_max", max(found, default=0)
    for rule, n in Counter(event["rule"] for _, event, _ in loud).items():
        yield f"interrupts_by_{rule}", n
    for rule, n in Counter(event["rule"] for _, event in facts).items():
        yield f"alerts_by_{rule}", n
    town.close()


def worked(folder: Path, count: int, *, days: int) -> Working:
    """Let a partnership work through some days."""
    town = Working("month", store=files_in(folder), acting=ACTING)
    hour = 0
    for one in month(31, count, begins="2027-01-01", days=days):
        if one.at // 3_600_000 != hour:
            town.settle()
            town.move(one.at)
            hour = one.at // 3_600_000
        town.say(one.source, one.event, one.sections, urgency=one.urgency)
    town.settle()
    return town


def _shift(at: int) -> tuple[str, int]:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%d}", moment.hour // SHIFT_HOURS
