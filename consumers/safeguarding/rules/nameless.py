"""M02: a partner's report does not say who holds it, for whom, how they know or where to ring."""

from consumers.safeguarding.rules import is_automated
from consumers.safeguarding.rules.reading import whom
from consumers.safeguarding.rules.seen import Alarm, History, Seen
from contracts.event.control import RuleTerm

WHY = (
    "The report reached you before its source was complete: who holds it, their role, how they "
    "know or where to ring is missing. Ring whoever sent it."
)


def nameless(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for the provenance of a report that reached police before it was complete.

    Args:
        seen: as delivered; the log marks it `provisional` where provenance is missing.
        history: not looked at.
        term: has no threshold.

    Returns:
        Nothing for a report that names its source: the log quarantines what is neither urgent nor
        complete, and police are not sent it.

    Source:
        review 5.6.4 (vi), rec. 16; domain.md 4, M02.
    """
    del history, term
    if "provisional" not in seen.marks or seen.is_ours or is_automated(seen.statement):
        return []
    return [Alarm(
        act="provenance", why=WHY, statements=[seen.id], subjects=whom(seen.statement),
        louder=seen.statement.context.urgency == "threat_to_life",
    )]  # fmt: skip
