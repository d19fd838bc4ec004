"""M01: a report came and the research on it was not done in its time.

The rule's first halves are the research worker (a task per person and system) and the desk's
refusal of no further action; this is the third: silence becomes an alert.
"""

from consumers.safeguarding.rules import HOUR_MS
from contracts.event.control import Rules
from contracts.event.work import AlertRaised

ID, VERSION = "M01", "1"

GOOD = (
    "Every person in the report is looked up in every system, or a named person says why not; "
    "then a supervisor who did not research it decides, and the publisher is told."
)


def unresearched(statement: str, *, rules: Rules, owner: str, at: int) -> AlertRaised:
    """Alert the role that owns research: a task on this report is open past its time.

    Args:
        statement: the report's id.
        rules: the founding's, for the hours.
        owner: the role that owns the duty.
        at: the ledger time at which it ran out.

    Source:
        review 5.6.4 (iii)-(v), rec. 15; domain.md 4, M01.
    """
    return AlertRaised(
        rule=ID, rule_version=VERSION, statements=[statement], attention="duty", owner_role=owner,
        fallback_role=rules.roles.get("other", "duty_manager"),
        due_at=at + rules.alert_hours * HOUR_MS, good=GOOD,
    )  # fmt: skip
