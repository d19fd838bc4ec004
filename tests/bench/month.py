"""A month of ordinary statements: how often somebody is interrupted in a shift, by what, and why.

An interrupt breaks into somebody's work; every one of them is explained by its rule and by what it
rests on. So does whatever a role is told to look at NOW: an interrupt at each of its steps, a
threat to life that came, what nobody did of one, a silence; each is explained by its rule, or by
what waits. In a generated month nobody takes anything, so these are the most there can be. Duties
wait for somebody on the shift: more than a team can work are as good as none. Shifts are 00-08,
08-16 and 16-24, UTC.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from consumers.figures import counting, rows
from consumers.figures.table import Fact
from consumers.safeguarding.rules.terms import FOUND
from tests.support.month import month
from tests.support.working import Working, facts_of, files_in

COUNT = int(os.environ.get("BENCH_MONTH", "10000"))
ACTING = ("thames-valley", "mk-mash", "nps-thames-valley", "mkucs", "grove-surgery", "mkc-housing")
SHIFT_HOURS, DAYS = 8, 30
DUTIES_MAX = 48
"""What a team works in a shift: three people, half an hour for each. An assumption to judge by."""
UNWORKED = "M01"
"""Nobody works in a generated month, so this says of each report that nobody looked anything up:
counted by its rule, and not among what a team that does its work still meets in a shift."""
SHOWN = 40
"""How many interrupts are explained one by one; the rest are counted by what explains them."""
Shift = tuple[str, int]


class Alert(NamedTuple):
    """One alert: whose, in which shift, and what it says."""

    agency: str
    shift: Shift
    facts: Any


def measure(folder: Path) -> dict[str, float]:
    """Play the month; count alerts by attention, explain interrupts by agency and shift."""
    return dict(counted(folder, COUNT, days=DAYS))


def counted(folder: Path, count: int, *, days: int) -> Iterator[tuple[str, float]]:
    """Give figures of a month, or of some days of one; print what explains them.

    Args:
        folder: an empty one.
        count: how many statements.
        days: over how many days.
    """
    began = time.process_time()
    town = worked(folder, count, days=days)
    yield "month_cpu_ms_a_statement", (time.process_time() - began) * 1000 / count
    alerts = [
        Alert(by, _shift(town.said_at[draft.id]), facts_of(draft))
        for by, draft in town.said_by
        if draft.event == "alert_raised"
    ]
    told = {agency: _told_now(town, agency) for agency in ACTING}
    town.close()
    attention = Counter(one.facts["attention"] for one in alerts)
    for name in ("interrupt", "duty", "note"):
        yield f"month_{name}s", attention[name]
    yield "month_statements_per_alert", count / max(1, len(alerts))
    yield from _by_shift(alerts, days)
    yield from _now_by_shift(told, days)
    for rule, n in Counter(one.facts["rule"] for one in alerts).most_common():
        yield f"alerts_by_{rule}", n
    _explain([one for one in alerts if one.facts["attention"] == "interrupt"])


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


def _by_shift(alerts: Sequence[Alert], days: int) -> Iterator[tuple[str, float]]:
    """Count interrupts and duties by agency and shift, `UNWORKED` apart; say where too many."""
    for attention in ("interrupt", "duty"):
        shifts = Counter(
            (one.agency, one.shift)
            for one in alerts
            if one.facts["attention"] == attention and one.facts["rule"] != UNWORKED
        )
        for agency in ACTING:
            found = [n for (by, _), n in shifts.items() if by == agency]
            yield f"{attention}s_{agency}_a_shift_mean", sum(found) / (days * 24 / SHIFT_HOURS)
            yield f"{attention}s_{agency}_a_shift_max", max(found, default=0)
            over = sum(n > DUTIES_MAX for n in found)
            if attention == "duty" and over:
                print(
                    f"{agency}: in {over} shifts more than the {DUTIES_MAX} duties that a team of "
                    f"three can work, at most {max(found)}."
                )


def _told_now(town: Working, agency: str) -> list[Fact]:
    """List what an agency's roles were told to look at NOW: when, and by which rule or of what."""
    with town.consumers[agency].store.read() as db:
        return [one for one in rows.facts(db, frozenset()) if one.figure == counting.NOW]


def _now_by_shift(told: Mapping[str, Sequence[Fact]], days: int) -> Iterator[tuple[str, float]]:
    """Count what was told NOW by agency and shift; say by which rules, or of what."""
    for agency, found in told.items():
        shifts = Counter(_shift(one.at) for one in found)
        yield f"now_{agency}_a_shift_mean", len(found) / (days * 24 / SHIFT_HOURS)
        yield f"now_{agency}_a_shift_max", max(shifts.values(), default=0)
        for group, n in Counter(one.group for one in found).most_common():
            print(f"{n:>6}  {agency} told to look NOW: {FOUND.get(group, group)} [{group}]")
    yield "month_told_now", sum(map(len, told.values()))


def _explain(loud: Sequence[Alert]) -> None:
    """Say of each interrupt which rule raised it and why, in words."""
    for by, (day, number), event in loud[:SHOWN]:
        hours = f"{number * SHIFT_HOURS:02}-{(number + 1) * SHIFT_HOURS:02}"
        print(f"{day} {hours} {by}: {_words(event)}")
    if len(loud) > SHOWN:
        print(f"... and {len(loud) - SHOWN} more. All of them, by what explains them:")
    for words, n in Counter(_words(event) for _, _, event in loud).most_common():
        print(f"{n:>6}  {words}")


def _words(event: Any) -> str:
    found, why = FOUND.get(event["rule"], "a rule fired"), event.get("why")
    return f"{found}{f': {why}' if why else ''} [{event['rule']}]"


def _shift(at: int) -> Shift:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%Y-%m-%d}", moment.hour // SHIFT_HOURS
