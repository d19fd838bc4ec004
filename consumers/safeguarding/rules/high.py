"""High: whoever is at risk said so themselves, and nobody has referred to MARAC yet."""

from consumers.safeguarding.rules.assessment import whose
from consumers.safeguarding.rules.reading import adults, is_account, told
from consumers.safeguarding.rules.seen import Alarm, History, Seen
from contracts.event.action import ReferralConsidered
from contracts.event.control import RuleTerm
from contracts.event.report import ReferralMade, RiskAssessed

HIGH = frozenset({"high", "very_high"})
"""Levels at which serious harm is possible at any time."""

WHY = (
    "Somebody at risk was assessed at High on their own account: serious harm is possible at any "
    "time. Whoever has this takes it over, and refers to MARAC: no further score is needed, and no "
    "agreement of theirs where an override is decided. It rests on what they said: keep it from "
    "the other."
)


def high(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a MARAC referral: a High level on somebody's own account, and nobody referred.

    Silent where a referral to MARAC, or a decision on one, names the assessment, or was made about
    the same person since that day. What records say is not their account and has no band.

    Args:
        seen: an assessment on the account of whoever is at risk.
        history: referrals to MARAC, and decisions not to make one.
        term: has no threshold: the level is the instrument's, or the assessor's by name.

    Returns:
        One at most, about those whom it names.

    Source:
        review 5.6.2 (iii); domain.md 1.1 (bands: the unit assumes ownership), 1.2 (a), (b).
    """
    del term
    event, who = told(seen, RiskAssessed), whose(seen.statement)
    if event is None or who is None or event.level not in HIGH or not is_account(seen):
        return []
    since = [] if seen.day is None else history.of(who, "referral_made", since=seen.day)
    decided = history.about(seen.id, "referral_made", "referral_considered")
    if any(_is_to_marac(one) for one in (*since, *decided)):
        return []
    return [Alarm(
        act="marac_referral", why=WHY, statements=[seen.id],
        subjects=adults(seen.statement) or [who],
        louder=seen.statement.context.urgency != "routine",
    )]  # fmt: skip


def _is_to_marac(one: Seen) -> bool:
    event = one.statement.sections.get("event")
    return isinstance(event, ReferralMade | ReferralConsidered) and event.referral == "marac"
