"""M02: a partner's report does not say who holds it, for whom, how they know or where to ring."""

from consumers.safeguarding.rules import HOUR_MS, is_automated
from contracts.entry import Delivery
from contracts.event.control import Rules
from contracts.event.work import AlertRaised
from contracts.statement import Statement

ID, VERSION = "M02", "1"

GOOD = (
    "The publisher has named who holds this, their role, how they know and where to ring. Until "
    "then act on the danger, research it, and put none of it to anybody as fact."
)


def nameless(
    statement: Statement, delivery: Delivery, *, rules: Rules, owner: str, at: int
) -> AlertRaised | None:
    """Alert police that a report reached them before its provenance was complete.

    Args:
        statement: as delivered.
        delivery: the log marks it `provisional` where provenance is missing.
        rules: the founding's, for the hours.
        owner: the role that owns the duty.
        at: the ledger time of its delivery.

    Returns:
        None for a report that names its source: the log quarantines what is neither urgent nor
        complete, and police are not sent it.

    Source:
        review 5.6.4 (vi), rec. 16; domain.md 4, M02.
    """
    if "provisional" not in delivery.marks or delivery.leg == "own" or is_automated(statement):
        return None
    return AlertRaised(
        rule=ID, rule_version=VERSION, statements=[statement.context.id],
        attention="interrupt" if statement.context.urgency == "threat_to_life" else "duty",
        owner_role=owner, fallback_role=rules.roles.get("other", "duty_manager"),
        due_at=at + rules.provenance_hours_urgent * HOUR_MS, good=GOOD,
    )  # fmt: skip
