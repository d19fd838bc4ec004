"""What stands against somebody ("History"), and the two rules that ask what it means: M04, M12.

History is any conviction, caution, warning, complaint that went no further or third-party
allegation, with any victim, that this agency was sent. An arrest or a charge is none. A record and
a look may be said by a machine: a register is no hearsay. What somebody told is said by a person.

Source: domain.md 4 (M04, M12), 5 (traps 7 to 9); review 4.3, 5.6.4 (v), 5.7.3, rec. 18.
"""

from collections.abc import Callable, Sequence
from datetime import date

from consumers.safeguarding.rules.reading import (
    accused,
    adults,
    among,
    back,
    may_be_partners,
    pairs,
    told,
)
from consumers.safeguarding.rules.seen import Alarm, History, Seen
from contracts.event.action import DisclosureStaged
from contracts.event.control import RuleTerm
from contracts.event.report import (
    ConcernReported,
    ContactRecorded,
    HouseholdChanged,
    PoliceRecordNoted,
    RelationshipNoted,
    Report,
)
from contracts.event.work import ResearchCompleted

RECORDS = frozenset({"conviction", "caution", "warning", "nfa_allegation"})
"""What police records are History; an arrest and a charge say that somebody looked, no more."""

FOUND = frozenset({"conviction", "warning", "nfa_allegation"})
"""What kinds of record a look may have found that are History; intelligence is not one."""

VICTIMLESS = frozenset({"drugs", "property"})
"""Offences that are no History by themselves: nobody was harmed. Noted as domestic, they are."""

EVIDENCE = ("police_record_noted", "contact_recorded", "research_completed")
OCCASIONS = ("concern_reported", "relationship_noted", "household_changed")
JOINED = frozenset({"joined", "moved_in_together"})

WHY_DISCLOSE = (
    "Something stands on record against somebody in this couple: a conviction, a warning, or an "
    "allegation, with whatever victim. A named officer decides whether the other should be told, "
    "in person and with nothing written handed over, and records it. Nothing to disclose would "
    "not mean safe."
)
BEFORE_SCHEME = (
    "COMMON_LAW_ONLY: on that day the disclosure scheme was not there yet; telling somebody under "
    "common law would have been asked about."
)
WHY_NOTICE = (
    "Somebody joins a household, and something stands on record against one of its adults. Tell "
    "housing to ring the police contact before anybody visits, and nothing else: no conviction, "
    "no reason, no mark on the tenancy."
)


def is_history(one: Seen, subject: str, history: History) -> bool:
    """Say whether a statement is something that stands against a person.

    Args:
        one: as delivered; without its event it is nothing.
        subject: the person, by token; its victim has no history by it.
        history: for who is who.
    """
    event = one.statement.sections.get("event")
    if isinstance(event, ResearchCompleted):
        found = event.outcome == "match" and FOUND.intersection(event.kinds or [])
        return bool(found) and among(history, subject, [event.subject])
    if isinstance(event, PoliceRecordNoted):
        harmed = event.offence not in VICTIMLESS or event.domestic == "yes"
        holds = event.record in RECORDS and harmed
    else:
        contact = told(one, ContactRecorded)
        holds = contact is not None and "allegation_by_other" in (contact.disclosed or [])
    return holds and among(history, subject, accused(one.statement))


def against(history: History, subject: str) -> list[Seen]:
    """List what stands against a person, with any victim, however long ago; the oldest first."""
    found = history.of(subject, *EVIDENCE)
    return [one for one in found if is_history(one, subject, history)]


def disclosure(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a disclosure decision: somebody in a couple has History (M04).

    It fires on what says of two people that they are a couple, and again where History comes in
    after it, however late: a look may take weeks, and the couple is one all the while; then about
    the newest that was told of them. What happened long after a couple was told of is no news of
    that report. What was said of one pair within the window is one occasion: it is raised once, for
    the first. A decision that was made, or an alert about the occasion that was closed, silences it
    until more comes in, and then it is raised once more. A new partner is a pair of her own: the
    alarm is about the two of them and no other.

    Args:
        seen: a concern, relationship or household event; or what may be History itself.
        history: what stands against either, and what was decided of this pair.
        term: `window_days` is how long one occasion lasts, and how long after one History may
            happen that still asks about it; `since` the day from which on the scheme was there.

    Returns:
        One for each couple in the occasion that nothing silences.

    Source:
        review 3.2.4, 3.2.10, 5.6.4 (v), 5.7.3 (iii); domain.md 1.3, 4 (M04: E17, E24, E33).
    """

    def ask(occasion: Seen, news: Sequence[Seen]) -> list[Alarm]:
        raised = []
        for pair in pairs(occasion.statement):
            held = _held(pair, news, history)
            first = _first(occasion, pair, history, term)
            ended = [*_decided(pair, history), *_closed("M04", first, pair, history)]
            more = _more(held, since=max(ended, default=None))
            if more is None:
                continue
            early = occasion.day is not None and term.since is not None and (
                occasion.day < date.fromisoformat(term.since)
            )  # fmt: skip
            raised.append(Alarm(
                act="disclosure", subjects=pair,
                why=f"{BEFORE_SCHEME} {WHY_DISCLOSE}" if early else WHY_DISCLOSE,
                statements=_ids([first, occasion, *held]),
                once="/".join(filter(None, (_which(occasion, pair), more))),
            ))  # fmt: skip
        return raised

    return _on(seen, history, term, ask, is_couple)


def joiner(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a housing notice: somebody with History joins a household (M12).

    A notice that was given says all that one may. An alert that was closed without any silences it
    until more comes in, as for M04.

    Args:
        seen: a household event; or what may be History itself.
        history: what stands against its adults, and whether a notice was given.
        term: `window_days` is how long one occasion lasts, as for M04.

    Returns:
        One at most: about every adult of the household.

    Source:
        review 4.4 (i), 5.7.3, rec. 18; domain.md 4 (M12: E33), 7 (Default matrix, household).
    """

    def ask(occasion: Seen, news: Sequence[Seen]) -> list[Alarm]:
        named = adults(occasion.statement)
        held = _held(named, news, history)
        first = _first(occasion, named, history, term, is_joining)
        if any(history.about(one.id, "housing_notice_given") for one in (occasion, first)):
            return []
        ended = _closed("M12", first, named, history)
        more = _more(held, since=max(ended, default=None))
        if more is None:
            return []
        return [Alarm(
            act="housing_notice", why=WHY_NOTICE, subjects=named,
            statements=_ids([first, occasion, *held]), once=more,
        )]  # fmt: skip

    return _on(seen, history, term, ask, is_joining)


def is_couple(seen: Seen) -> bool:
    """Say whether a person reports a concern, relationship or household of who may be partners."""
    shapes = (ConcernReported, RelationshipNoted, HouseholdChanged)
    return any(told(seen, shape) is not None for shape in shapes) and may_be_partners(seen)


def is_joining(seen: Seen) -> bool:
    """Say whether somebody joins a household (M12)."""
    event = told(seen, HouseholdChanged)
    return event is not None and event.change in JOINED


def _on(
    seen: Seen, history: History, term: RuleTerm,
    ask: Callable[[Seen, Sequence[Seen]], list[Alarm]], is_occasion: Callable[[Seen], bool],
) -> list[Alarm]:  # fmt: skip
    """Ask about an occasion as it comes, and about those of History when it comes after them."""
    if is_occasion(seen):
        return ask(seen, [])
    if seen.event not in EVIDENCE:
        return []
    event = seen.statement.sections.get("event")
    whom = [event.subject] if isinstance(event, ResearchCompleted) else accused(seen.statement)
    day = _happened(seen, history)
    since = None if day is None else back(day, term.window_days or 0)
    return [
        alarm
        for subject in whom
        if is_history(seen, subject, history)
        for one in _newest(history.of(subject, *OCCASIONS, since=since), history, is_occasion)
        for alarm in ask(one, [seen])
    ]


def _newest(
    told: Sequence[Seen], history: History, is_occasion: Callable[[Seen], bool]
) -> list[Seen]:
    """List the newest occasion of each couple or household: what comes late asks once of each."""
    found: list[Seen] = []
    for one in reversed(told):
        named = [adults(other.statement) for other in found]
        is_known = any(all(among(history, who, its) for who in adults(one.statement))
                       for its in named)  # fmt: skip
        if is_occasion(one) and not is_known:
            found.append(one)
    return found


def _happened(seen: Seen, history: History) -> date | None:
    """Give when History happened, at the earliest; None for at any time before it came in.

    Of a month or a year that is its first day: whoever was a couple at any time of it is asked
    about. What a look found happened before the report that it was made for. When an agency came
    to know is no matter here: a conviction of 1987 that is noted today stood all the while.
    """
    event = seen.statement.sections.get("event")
    if isinstance(event, ResearchCompleted):
        report = history.one(event.statement)
        return None if report is None else report.day
    at = event.occurred.at if isinstance(event, Report) else None
    return None if at is None else date.fromisoformat(f"{at}-01-01"[:10])


def _held(people: Sequence[str], news: Sequence[Seen], history: History) -> list[Seen]:
    """List what stands against any of these, newest arrivals first, each once."""
    found = [one for subject in people for one in against(history, subject)]
    found += [one for one in news if any(is_history(one, subject, history) for subject in people)]
    return sorted({one.id: one for one in found}.values(), key=lambda one: (-one.at, one.id))


def _decided(pair: tuple[str, str], history: History) -> list[int]:
    """List when a named officer decided about this pair, in ledger milliseconds."""
    return [
        stage.at
        for application in history.of_all(pair, "disclosure_applied")
        for stage in history.about(application.id, "disclosure_staged")
        if isinstance(event := stage.statement.sections.get("event"), DisclosureStaged)
        and event.stage == "decided"
    ]


def _closed(rule: str, first: Seen, people: Sequence[str], history: History) -> list[int]:
    """List when alerts of a rule about one occasion of these people were closed."""
    of_it = {one.id for one in history.about(first.id, "alert_raised")}
    return [
        closure.at
        for alert in history.alerts(rule, people) if alert in of_it
        for closure in history.about(alert, "alert_closed")
    ]  # fmt: skip


def _more(held: Sequence[Seen], *, since: int | None) -> str | None:
    """Tell a question apart by when somebody was last done with it, where more came in after that.

    Args:
        held: what stands against them.
        since: when somebody was, in ledger milliseconds; None for never.

    Returns:
        Empty where nobody was done with anything yet; None where nothing is to be asked.
    """
    if not any(since is None or one.at > since for one in held):
        return None
    return "" if since is None else str(since)


def _first(
    occasion: Seen, people: Sequence[str], history: History, term: RuleTerm,
    is_occasion: Callable[[Seen], bool] = is_couple,
) -> Seen:  # fmt: skip
    """Give the first occasion about these people in the window: what is raised once, is of it."""
    if occasion.day is None:
        return occasion
    since = back(occasion.day, term.window_days or 0)
    before = history.of_all(people, *OCCASIONS, since=since, until=occasion.day)
    return next((one for one in before if is_occasion(one)), occasion)


def _which(occasion: Seen, pair: tuple[str, str]) -> str:
    """Tell pairs in one statement apart, without a token."""
    every = pairs(occasion.statement)
    return "" if len(every) == 1 else str(every.index(pair) + 1)


def _ids(statements: Sequence[Seen]) -> list[str]:
    return list(dict.fromkeys(one.id for one in statements))
