"""M02: a partner's report does not say who holds it, for whom, how they know or where to ring."""

from consumers.safeguarding.rules import is_automated
from consumers.safeguarding.rules.reading import whom
from consumers.safeguarding.rules.seen import Alarm, History, Seen
from contracts.event.control import RuleTerm
from contracts.section import Provenance

WHY = (
    "The report reached you before its source was complete: it does not say {}. Ring whoever "
    "sent it."
)
LIFE = "THREAT TO LIFE: act on it first, then ask. "


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
    who = seen.statement.sections.get("provenance")
    known = who if isinstance(who, Provenance) else Provenance("anonymous")
    told = {
        "who holds it": known.practitioner and known.practitioner.name, "their role": known.role,
        "their employer": known.employer, "how they know": known.how_known,
        "where to ring them": known.contact,
    }  # fmt: skip
    lacks = ", ".join(words for words, given in told.items() if not given)
    is_life = seen.statement.context.urgency == "threat_to_life"
    why = WHY.format(lacks or "all of who says so")
    return [Alarm(
        act="provenance", why=f"{LIFE if is_life else ''}{why}", statements=[seen.id],
        subjects=whom(seen.statement), louder=is_life,
    )]  # fmt: skip
