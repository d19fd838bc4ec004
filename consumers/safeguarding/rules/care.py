"""Whether somebody may need care and support and be at risk of abuse: M21.

Source: Care Act 2014 s42; domain.md 1.10, 2 (F22), 4 (M21); review 1.6.2, 3.2.20, 3.2.25.
"""

from datetime import date

from consumers.safeguarding.rules.escalation import EVENTS, incident
from consumers.safeguarding.rules.reading import (
    adults,
    among,
    back,
    factors,
    principal,
    told,
)
from consumers.safeguarding.rules.same_origin import sources
from consumers.safeguarding.rules.seen import Alarm, History, Seen
from contracts.event.action import ReferralConsidered
from contracts.event.control import RuleTerm
from contracts.event.report import ReferralMade, Report, ReturnMade
from contracts.section import Provenance

WHY = (
    "More than one thing suggests that somebody here may need care and support, and abuse is "
    "reported of them. A named social worker decides whether the duty to enquire arises (Care Act "
    "s42): what a supervised person says of a partner is an opinion, and never enough alone. Ask "
    "the person themselves, alone."
)


def screen(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a care screen: indicators of need, and a concern of abuse (M21).

    Indicators are whatever age: a record of social care (its own return of what it destroyed: what
    another says of it is hearsay, and another's own record is none of care), and a report in which
    somebody other than whom it is about, or who alone is named, has care needs. At least one must
    not be what was told by the subject of a report about another. A decision on a s42 referral
    within the window silences it, and so does an alert of it that is open and not overdue.

    Args:
        seen: what is an indicator, or an incident.
        history: the others, and decisions.
        term: `threshold` indicators; `window_days` in which a concern, or a decision, is recent.

    Returns:
        One for each person who may have such needs, about that person alone.

    Source:
        review 1.6.2, 3.2.20, 3.2.25, 4.5 (ii); domain.md 4 (M21: E03, E36, E41).
    """
    raised = []
    for who in adults(seen.statement):
        if not _is_indicator(seen, who, history) and incident(seen) is None:
            continue
        shown = [
            one for one in [*history.of(who, *SHOWN), seen] if _is_indicator(one, who, history)
        ]  # fmt: skip
        first = sources({one.id: one.day or date.max for one in shown}, history)
        counted = list({first[one.id]: one for one in shown}.values())
        alone = all(_is_opinion(one) for one in shown)
        if len(counted) < (term.threshold or 1) or alone:
            continue
        concern = _concern(seen, who, history, term)
        if concern is None or _is_decided(seen, who, history, term):
            continue
        if history.is_pending("M21", [who], seen.at):
            continue
        statements = dict.fromkeys([seen.id, concern.id, *(one.id for one in counted)])
        raised.append(Alarm(
            act="care_screen", why=WHY, statements=list(statements), subjects=[who],
            once="" if len(adults(seen.statement)) == 1 else str(_place(seen, who)),
        ))  # fmt: skip
    return raised


SHOWN = ("return_made", "concern_reported", "contact_recorded", "risk_assessed",
         "attendance_recorded", "household_changed")  # fmt: skip
"""Events in which care needs are shown."""


def _is_indicator(one: Seen, who: str, history: History) -> bool:
    """Say whether a statement shows that somebody may have care needs."""
    event = told(one, ReturnMade)
    if event is not None:
        provenance = one.statement.sections.get("provenance")
        relayed = isinstance(provenance, Provenance) and bool(provenance.relay)
        is_holders = history.kind_of(one.agency) == "social_care" and not relayed
        return event.returned == "destroyed" and is_holders
    if told(one, Report) is None or "care_needs" not in factors(one.statement):
        return False
    first, named = principal(one.statement), adults(one.statement)
    is_first = first is not None and among(history, who, [first])
    return len(named) == 1 if is_first else among(history, who, named)


def _is_opinion(one: Seen) -> bool:
    """Say whether it is what one person told of another, or may be: who knows how is not said."""
    if told(one, ReturnMade) is not None:
        return False
    provenance = one.statement.sections.get("provenance")
    known = provenance.how_known if isinstance(provenance, Provenance) else None
    return known not in {"observed", "record"}


def _concern(seen: Seen, who: str, history: History, term: RuleTerm) -> Seen | None:
    """Give the newest incident about somebody: this one, or one within the window."""
    if incident(seen) is not None:
        return seen
    if seen.day is None:
        return None
    since = back(seen.day, term.window_days or 0)
    found = [
        one for one in history.of(who, *EVENTS, since=since) if incident(one) is not None
    ]  # fmt: skip
    return found[-1] if found else None


def _is_decided(seen: Seen, who: str, history: History, term: RuleTerm) -> bool:
    """Say whether a s42 referral was made, or considered, within the window."""
    since = None if seen.day is None else back(seen.day, term.window_days or 0)
    made = any(
        (event := told(one, ReferralMade)) is not None and event.referral == "care_act_s42"
        for one in history.of(who, "referral_made", since=since)
    )
    return made or any(
        (thought := told(one, ReferralConsidered)) is not None
        and thought.referral == "care_act_s42"
        for report in [*history.of(who, *SHOWN, since=since)]
        for one in history.about(report.id, "referral_considered")
    )


def _place(seen: Seen, who: str) -> int:
    return adults(seen.statement).index(who) + 1
