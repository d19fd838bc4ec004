"""Separation: somebody intends to end a relationship, and the danger is highest then."""

from consumers.safeguarding.rules import HOUR_MS, is_automated
from contracts.event.control import Rules
from contracts.event.report import ConcernReported
from contracts.event.work import AlertRaised
from contracts.statement import Statement

ID, VERSION = "separation", "1"

GOOD = (
    "A named person has the alert; police have the report and are researching both; somebody "
    "has decided who asks her, alone and safely, what she wants; the use limits are kept; DASH, "
    "disclosure and referral were each considered, and a reason stands where one was not made."
)


def separation(statement: Statement, *, rules: Rules, owner: str, at: int) -> AlertRaised | None:
    """Alert the hub's role to a reported separation.

    Args:
        statement: as delivered to the hub.
        rules: the founding's, for the hours.
        owner: the role that owns the duty.
        at: the ledger time of its delivery.

    Returns:
        None for anything but a concern of separation that a person reported.

    Source:
        review 3.2.4, 5.6.4; domain.md 3, E18 (ideal: alert, research, private enquiry).
    """
    event = statement.sections.get("event")
    if not isinstance(event, ConcernReported) or event.concern != "separation":
        return None
    if is_automated(statement):
        return None
    return AlertRaised(
        rule=ID, rule_version=VERSION, statements=[statement.context.id],
        attention="duty" if statement.context.urgency == "routine" else "interrupt",
        owner_role=owner, fallback_role=rules.roles.get("other", "duty_manager"),
        due_at=at + rules.alert_hours * HOUR_MS, good=GOOD,
    )  # fmt: skip
