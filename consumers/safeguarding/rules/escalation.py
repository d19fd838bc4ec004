"""What counts as an incident between two people, and the rules that count: M10, M20, M22.

A count is never a level and never an account: it asks a person to look. Two reports that may be
one source count once until a named person says that they are two (M03).

Source: domain.md 1.2 (MARAC), 4 (M10, M20, M22), 7 (Truth about the review).
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from consumers.safeguarding.rules import is_automated
from consumers.safeguarding.rules.reading import (
    adults,
    ahead,
    back,
    factors,
    is_account,
    pairs,
    risk_of,
    told,
)
from consumers.safeguarding.rules.same_origin import sources
from consumers.safeguarding.rules.seen import Alarm, History, Seen
from contracts.event.control import RuleTerm
from contracts.event.report import (
    AttendanceRecorded,
    ConcernReported,
    ContactRecorded,
    EnquiryMade,
    IntelligenceLogged,
    PoliceRecordNoted,
    ReferralMade,
    Report,
)
from contracts.instrument.marac import last_day, repeated
from contracts.section import Factor
from contracts.statement import Statement

BETWEEN_PARTNERS: frozenset[Factor] = frozenset({
    "separation", "jealousy", "belittling", "isolation", "threats_to_kill", "revenge",
    "unexplained_injury", "grooming_family",
})  # fmt: skip
"""Factors that make a police log line one about a couple: intelligence has no topic of its own."""

HEATED: frozenset[Factor] = frozenset({"alcohol", "drugs", "anger", "jealousy", "threats_to_kill"})
"""What turns talk of a relationship into a row: without any of it, talk is no incident (E36)."""


def _is_concern(statement: Statement) -> bool:
    event = statement.sections.get("event")
    return isinstance(event, ConcernReported) and event.concern != "separation"


def _is_separation(statement: Statement) -> bool:
    event = statement.sections.get("event")
    return isinstance(event, ConcernReported) and event.concern == "separation"


def _is_log(statement: Statement) -> bool:
    event = statement.sections.get("event")
    return isinstance(event, IntelligenceLogged) and bool(factors(statement) & BETWEEN_PARTNERS)


def _is_claim(statement: Statement) -> bool:
    event = statement.sections.get("event")
    said = set(event.disclosed or []) if isinstance(event, ContactRecorded) else set()
    return bool(said & {"threat", "counter_allegation"})


def _is_row(statement: Statement) -> bool:
    event = statement.sections.get("event")
    said = event.disclosed or [] if isinstance(event, ContactRecorded) else []
    return "relationship" in said and bool(factors(statement) & HEATED)


def _is_injury(statement: Statement) -> bool:
    event = statement.sections.get("event")
    if isinstance(event, AttendanceRecorded):
        return event.unexplained or event.enquiry == "disclosed"
    return isinstance(event, ContactRecorded) and "unexplained_injury" in factors(statement)


def _is_disclosed(statement: Statement) -> bool:
    event = statement.sections.get("event")
    return isinstance(event, EnquiryMade) and event.enquiry == "disclosed"


def _is_recorded(statement: Statement) -> bool:
    event = statement.sections.get("event")
    return isinstance(event, PoliceRecordNoted) and event.domestic == "yes"


class Incident(NamedTuple):
    """One kind of incident: its name in the ruleset, what is one, and why it counts."""

    name: str
    is_one: Callable[[Statement], bool]
    because: str


INCIDENTS = (
    Incident("concern", _is_concern, "somebody reported that somebody may be at risk"),
    Incident("separation", _is_separation, "danger grows at parting, parting is no abuse"),
    Incident("log", _is_log, "ungraded hearsay of a couple: a report, and no finding"),
    Incident("claim", _is_claim, "a threat, or one said to be abused, whoever of the two"),
    Incident("row", _is_row, "a quarrel with drink, drugs, anger, jealousy or a threat"),
    Incident("injury", _is_injury, "an injury that nobody explained, or abuse disclosed"),
    Incident("disclosure", _is_disclosed, "abuse disclosed when asked in private"),
    Incident("record", _is_recorded, "police recorded it as domestic, however it ended"),
)
"""Every kind of incident. What is not here is none: talk of a partner (E36), a new relationship or
household, a joint meeting, a release, an assessment, a benefit, a letter. Which of them M10 counts,
and which are abuse by themselves for M22, is in the terms of these rules."""

EVENTS = (
    "concern_reported", "intelligence_logged", "contact_recorded", "attendance_recorded",
    "enquiry_made", "police_record_noted",
)  # fmt: skip

WHY_REVIEW = (
    "Reports of separate incidents between these two, from whatever agency, reach the number that "
    "the ruleset sets for its window. A named person decides whether MARAC should hear of it. This "
    "is a review and no referral, and the count is no level of risk; two reports that may be one "
    "source were counted once."
)
WHY_AGAIN = (
    "Abuse between these two is reported within the repeat period after they were last referred to "
    "MARAC. Refer again: criminal or not, no score is needed. Their wishes are asked where it is "
    "safe to ask."
)
WHY_WARNING = (
    "Somebody warns of jealousy or of a threat between these two. Somebody asks the person at "
    "risk, alone and safely, and makes a risk assessment on their own account. Whoever warned is "
    "named to nobody."
)
WHY_POLICE = (
    "A threat is reported. If it may be a threat to life, ring the police now, then give this "
    "reference; anybody else who is threatened is warned by a police decision. A threat that is "
    "called a joke is still a threat until a named officer decides otherwise."
)


def incident(seen: Seen) -> Incident | None:
    """Give what kind of incident a person tells of; None for none, and for what a machine says."""
    if seen.event not in EVENTS or is_automated(seen.statement):
        return None
    return next((one for one in INCIDENTS if one.is_one(seen.statement)), None)


def _counts(seen: Seen, term: RuleTerm) -> bool:
    """Say whether a person tells of an incident of a kind that a rule's term names."""
    kind = incident(seen)
    return kind is not None and kind.name in (term.words or {}).get("incidents", ())


def escalation(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a MARAC review: several distinct incidents between two people (M10).

    Counted by when they happened, whatever order they arrive in; what nobody can date, by when its
    agency came to know: the criterion is of incidents *reported*, and it is no less of one (E58).
    A year is a date: what is told today of 2009 is no incident of today. An abuse that M22 refers
    again is M22's alone; what that one does not count, a parting or a log, is counted here after a
    referral too. E36 is no incident, so that on 26 September 2016 there are two (E37, E38) and this
    is silent; a third makes it speak. While a review is open and not overdue the next incident
    joins it; what comes after that asks anew, once for each clock.

    Args:
        seen: any event; only an incident that names both is one here.
        history: what was reported of the two before, and by which months M22 runs here.
        term: `threshold` distinct incidents within `window_days`, both ends included; `incidents`
            of its `words` are the kinds that count.

    Returns:
        One for each couple that reaches the threshold.

    Source:
        review 3.2.20 to 3.2.23; SafeLives MARAC criteria; domain.md 1.2 (c), 4 (M10), 7.
    """
    if not _counts(seen, term) or seen.day is None:
        return []
    days, again = term.window_days or 0, history.term("M22")
    raised = []
    for pair in pairs(seen.statement):
        if history.is_pending("M10", pair, seen.at):
            continue
        if again is not None and _last_referral(seen, pair, history, again) is not None:
            continue
        since, until = back(seen.day, days), ahead(seen.day, days)
        told_of = history.of_all(pair, *EVENTS, since=since, until=until)
        every = [seen, *(one for one in told_of if _counts(one, term))]
        counted = max((_within(every, seen, one, days, history) for one in every), key=len)
        if len(counted) >= (term.threshold or 1):
            others = [one for one in counted if one != seen.id]
            raised.append(Alarm(
                act="marac_review", why=WHY_REVIEW, statements=[seen.id, *others], subjects=pair,
            ))  # fmt: skip
    return raised


def _within(
    every: Sequence[Seen], seen: Seen, last: Seen, days: int, history: History
) -> list[str]:
    """List distinct incidents of the window that ends with one of them, by their source.

    Returns:
        Empty where the statement at hand is not in that window.
    """

    def is_in(one: Seen) -> bool:
        if one.day is None or last.day is None:
            return False
        return 0 <= (last.day - one.day).days <= days

    if not is_in(seen):
        return []
    near = [one for one in every if is_in(one)]
    days_of: dict[str, date] = {}
    for one in near:
        day = one.day or date.max
        days_of[encounter(one)] = min(day, days_of.get(encounter(one), day))
    first = sources(days_of, history)
    counted: dict[str, str] = {}
    for one in near:
        counted.setdefault(first[encounter(one)], one.id)
    return list(counted.values())


def encounter(one: Seen) -> str:
    """Give what an incident is counted under: itself, or the attendance it was asked in."""
    causes = one.statement.causes
    return causes[0] if one.event == "enquiry_made" and causes else one.id


def repeat(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask to refer again: any abuse within some calendar months of the last referral (M22).

    After that it is a new referral, which this rule has nothing to say of. A referral that is told
    of after abuse that repeats it asks then, of the newest: of a later day than its own, for what
    happened on that day may be what it is of. An alert that is open and not overdue is enough.

    Args:
        seen: any event; only abuse that names both is any here, or their referral.
        history: the referrals of the two.
        term: `threshold` calendar months from the day of the last referral, that day included;
            `incidents` of its `words` are the kinds that are abuse by themselves.

    Returns:
        One for each couple.

    Source:
        SafeLives definition of a repeat; domain.md 1.2 (d), 4 (M22).
    """
    raised = []
    for pair in pairs(seen.statement):
        if _is_marac(seen):
            two = [_repeating(seen, pair, history, term), seen]
        else:
            two = [seen, _last_referral(seen, pair, history, term)]
        statements = [one.id for one in two if one is not None]
        if len(statements) == len(two) and not history.is_pending("M22", pair, seen.at):
            raised.append(Alarm(
                act="marac_referral", why=WHY_AGAIN, statements=statements, subjects=pair,
            ))  # fmt: skip
    return raised


def _repeating(
    referral: Seen, pair: tuple[str, str], history: History, again: RuleTerm
) -> Seen | None:
    """Give the newest abuse of a pair since a referral told of late, where none followed it."""
    if referral.day is None:
        return None
    until = last_day(referral.day, again.threshold or 0)
    after = ahead(referral.day, 1)
    for one in reversed(history.of_all(pair, *EVENTS, since=after, until=until)):
        if _counts(one, again):
            beside = history.besides(one.id)
            last = _last_referral(one, pair, beside, again)
            since = beside.of_all(pair, "referral_made", since=one.day)
            is_last = last is not None and last.id == referral.id
            return one if is_last and not any(_is_marac(other) for other in since) else None
    return None


def _is_marac(seen: Seen) -> bool:
    event = told(seen, ReferralMade)
    return event is not None and event.referral == "marac"


def _last_referral(
    seen: Seen, pair: tuple[str, str], history: History, again: RuleTerm
) -> Seen | None:
    """Give the last MARAC referral of a pair that an incident repeats by M22; None for none."""
    if not _counts(seen, again) or seen.day is None:
        return None
    every = history.of_all(pair, "referral_made", until=seen.day)
    known = [one for one in every if _is_marac(one)]
    days = [one.day for one in known if one.day is not None]
    if repeated(seen.day, days, months=again.threshold or 0) is None:
        return None
    told_of = {encounter(seen), *history.copies(encounter(seen))}
    return None if told_of.intersection(known[-1].statement.causes) else known[-1]


def warning(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a risk assessment after a warning of jealousy or threat; of a threat, ring now (M20).

    Whoever warns, family, colleague or neighbour: a provenance that was withheld makes nobody
    less at risk. Every warning is raised; none waits for another.

    Args:
        seen: any report that says so, or a contact in which a threat was made.
        history: not needed: nothing that was said before makes a threat less of one.
        term: has no threshold.

    Returns:
        Two for a threat, one for another warning.

    Source:
        review 1.6.3, 2; domain.md 4 (M20: E59, E60), 5 (Blocking would be dangerous).
    """
    del history, term
    threat = is_threat(seen)
    if not threat and not is_warning(seen):
        return []
    who = adults(seen.statement)
    raised = [Alarm(act="dash", why=WHY_WARNING, statements=[seen.id], subjects=who, once="dash")]
    if threat:
        raised.insert(0, Alarm(
            act="police_now", why=WHY_POLICE, statements=[seen.id], subjects=who, once="police",
            louder=True,
        ))  # fmt: skip
    return raised


def is_warning(seen: Seen) -> bool:
    """Say whether somebody reports jealousy, or threats to kill at any time (M20).

    A record of police is what was and reports nothing; an assessment on the account of whoever is
    at risk is what a warning asks for.
    """
    event = told(seen, Report)
    if event is None or isinstance(event, PoliceRecordNoted) or is_account(seen):
        return False
    return bool(factors(seen.statement) & {"jealousy", "threats_to_kill"})


def is_threat(seen: Seen) -> bool:
    """Say whether a threat is reported that may be meant now.

    A factor alone may be years old: it is taken for a present threat where the report is not
    routine, or somebody is in danger now.
    """
    concern, contact = told(seen, ConcernReported), told(seen, ContactRecorded)
    if contact is not None and "threat" in (contact.disclosed or []):
        return True
    if concern is not None and concern.concern == "threat":
        return True
    risk = risk_of(seen.statement)
    present = seen.statement.context.urgency != "routine" or (
        risk is not None and risk.danger_now == "yes"
    )
    return present and is_warning(seen) and "threats_to_kill" in factors(seen.statement)
