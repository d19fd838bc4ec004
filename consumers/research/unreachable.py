"""What is done when a system could not be asked: it is asked again, and somebody knows meanwhile.

Whoever found it down: a connector, or the person who looks in an index that no connector reaches.

Source: domain.md 5 (unreachable: `unavailable`, retry, interim alert; trap 13).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from consumers import store as stored
from consumers.research import plan, rows
from consumers.safeguarding.rules import terms, unresearched
from consumers.store import Wanted
from consumers.worker import Voice
from contracts.duration import HOUR_MS, MINUTE_MS
from contracts.event.work import AlertRaised, ResearchCompleted
from contracts.section import Identity

BY_HAND = "somebody is to look again: nothing does so by itself"
BY_ITSELF = "it is asked by itself"

GOOD = (
    "Somebody has asked the system's holder by telephone, or looked by hand and completed the "
    "task; until then nobody takes what was not looked up for nothing found."
)


@dataclass(frozen=True, slots=True)
class Retry:
    """When a system that was down is asked again: ever later, up to a limit; in minutes."""

    first_minutes: int = 5
    most_minutes: int = 240

    def after(self, attempt: int) -> int:
        """Give the wait after an attempt, counted from 1, in milliseconds."""
        doubled = self.first_minutes << min(attempt - 1, 30)
        return min(doubled, self.most_minutes) * MINUTE_MS


def interim(
    db: Connection, voice: Voice, down: ResearchCompleted, *, at: int, again: str
) -> Wanted | None:
    """Alert the owner of research that part of a report's could not be done: once per system.

    It says how much is known without that system, and never what was found: that stands at the
    task, for whoever may see it.

    Args:
        db: an open transaction, the look already in its task's row.
        voice: of the force.
        down: the look that could not be made, with `retry_at`.
        at: when, in ledger milliseconds.
        again: who asks again then: `BY_HAND` or `BY_ITSELF`.

    Returns:
        None where the report is no longer held.
    """
    report, rules = stored.held(db, down.statement), voice.rules
    if report is None:
        return None
    term = next((one for one in terms.in_force(rules) if one.id == unresearched.ID), None)
    people = [v.subject for v in report.sections.values() if isinstance(v, Identity)]
    hours = term.hours if term else rules.alert_hours
    owner = terms.named(term, voice.kind) if term else None
    looks = [one for one in rows.tasks_of(db, down.statement) if one["system"] != down.system]
    made = sum(one["outcome"] in plan.LOOKED for one in looks)
    alert = AlertRaised(
        rule=unresearched.ID, rule_version=term.version if term else "1", act="research",
        attention="duty", statements=[down.statement], subjects=people,
        owner_role=owner or voice.role_of(voice.agency),
        fallback_role=term.fallback if term else rules.roles.get("other", "duty_manager"),
        due_at=at + hours * HOUR_MS, good=GOOD,
        why=f"Part of this report's research could not be done: {down.system} did not answer. "
        f"In other systems {made} of the {len(looks)} looks are made; none of them says what it "
        f"would have said. From {_spelled(voice, down.retry_at or at)} on, {again}.",
    )  # fmt: skip
    return voice.derived(
        f"alert_raised/{alert.rule}/{down.statement}/{down.system}", "alert_raised", alert,
        causes=[down.statement], rule=f"{alert.rule}/{alert.rule_version}",
    )  # fmt: skip


def _spelled(voice: Voice, at: int) -> str:
    founding = voice.partners.founding
    zone = ZoneInfo(founding.time_zone) if founding else UTC
    # It goes on the log: whoever reads it there, or by a command, reads no local time by itself.
    return f"{datetime.fromtimestamp(at / 1000, zone):%-d %B %Y, %H:%M} ({zone})"
