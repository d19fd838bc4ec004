"""What is closed while somebody may still be at risk: M14, M16 and M18. Nothing is refused here.

Source: domain.md 4 (M14, M16, M18), 7 (Machine or person); review 1.6.4, 5.5.2, 5.6.3 (iv), 5.7.3.
"""

from collections.abc import Sequence

from consumers.safeguarding.rules import is_automated
from consumers.safeguarding.rules.escalation import EVENTS, encounter, incident
from consumers.safeguarding.rules.reading import (
    adults,
    ahead,
    among,
    anew,
    back,
    pairs,
    principal,
    told,
)
from consumers.safeguarding.rules.record import against
from consumers.safeguarding.rules.seen import Alarm, History, Seen
from contracts.event import Audience
from contracts.event.control import RuleTerm
from contracts.event.report import (
    ClosureNotified,
    ConcernReported,
    IntelligenceLogged,
    ReferralMade,
)
from contracts.event.work import NoFurtherAction, ResponseGiven
from contracts.section import Provenance
from contracts.statement import Statement

WHY_CLOSED = (
    "A report that came from outside any service was closed, and {reason}. Somebody who did not "
    "close it looks again: each person is looked up, and somebody decides who asks. That it was "
    "told informally is no reason; nothing found is not safe."
)
UNSEARCHED = "not everybody in it was looked up"
ANECDOTAL = "the reason given is how it was told"
NOT_ALONE = "it is not the only thing held about these people"
WHY_HANDOVER = (
    "Somebody's supervision or case ends, {reason}, and no agency has accepted a handover. Refer "
    "what stays of the risk to a named agency, and keep it until they have accepted it. The end of "
    "a licence ends no risk."
)
RECOGNISED = "whoever closes it knows of a risk that stays"
OPEN = "a concern was reported within the ruleset's window"
WHY_AGREEMENT = (
    "A statement of ours was closed and reached nobody. Its receipt says why: where no agreement "
    "carries it, ring the contact that the receipt names. If life is at risk, send it as a threat "
    "to life: that needs no agreement."
)


def dismissed(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask to look again: an informal report was closed as if it were none (M14).

    Silent where everybody was looked up, the reason is one, and nothing else is held.

    Args:
        seen: no further action, an answer without any, or a police log that was left at that.
        history: the report that was closed, and what else is held of those in it.
        term: `window_days` in which other reports of the same two are looked for. Of its `words`,
            `informal` are roles, or words of one, that pass on what they heard, and `dismissed`
            call a report informal and give no reason why nobody need look.

    Returns:
        One at most, about those whom the closed report names.

    Source:
        review 1.6.4, 5.5.2 (Domestic Abuse Champions), 5.7.3 (ii); domain.md 4 (M14: E58, E69).
    """
    report, why = _closed(seen, history, _words(term, "dismissed"))
    if report is None or not is_informal(report.statement, _words(term, "informal")):
        return []
    reasons = [why] if why else []
    others = _others(report, history, term)
    if others:
        reasons.append(NOT_ALONE)
    if not reasons:
        return []
    statements = dict.fromkeys([seen.id, report.id, *others])
    return [Alarm(
        act="reconsider", why=WHY_CLOSED.format(reason=", and ".join(reasons)),
        statements=list(statements), subjects=adults(report.statement),
    )]  # fmt: skip


def gap(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Say that a report of ours reached nobody (M16).

    What no agreement carries is refused before it is a view: there the receipt says so, at once,
    whom to ring and that a threat to life flows all the same (`agreement.none_in_force`,
    `agreement.no_leg`). What was held and then closed comes back as our own, marked `closed`, and
    is seen here; what we took back ourselves is not meant.

    Args:
        seen: any report of ours.
        history: whether we took it back.
        term: has no threshold.

    Returns:
        One at most.

    Source:
        review 5.6.3 (iv), rec. 14; domain.md 4 (M16), 1.8.
    """
    del term
    shared = seen.statement.kind.audience is Audience.SHARED
    if not seen.is_ours or "closed" not in seen.marks or not shared:
        return []
    if is_automated(seen.statement) or history.about(seen.id, "statement_retracted"):
        return []
    subjects = adults(seen.statement)
    return [Alarm(
        act="agreement", why=WHY_AGREEMENT, statements=[seen.id], subjects=subjects, once="closed"
    )]  # fmt: skip


def ending(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a handover that is accepted: an end, with a risk that stays (M18).

    A concern of before an end that is told of after it is asked about then, of each agency's last.

    Args:
        seen: a closure or a step down; or an incident.
        history: concerns about whom it is about, handovers, and the answers to them.
        term: `window_days` before the notice, within which a concern is open.

    Returns:
        One for each closure, about those whom it names.

    Source:
        review 3.2.12, 3.2.26, 3.2.32; domain.md 4 (M18: E26, E42, E50), 7 (Machine or person).
    """
    if incident(seen) is None:
        return _ends(seen, history, term)
    return [
        alarm for one in _ended(seen, history, term)
        for alarm in _ends(one, history.besides(one.id), term, news=seen)
    ]  # fmt: skip


def _ends(
    seen: Seen, history: History, term: RuleTerm, news: Seen | None = None
) -> list[Alarm]:  # fmt: skip
    """Ask about an end, as `ending`; where there is news, for that."""
    event, subject = told(seen, ClosureNotified), principal(seen.statement)
    if event is None or subject is None:
        return []
    since = None if seen.day is None else back(seen.day, term.window_days or 0)
    concerns = [
        one for one in history.of(subject, *EVENTS, since=since) if incident(one) is not None
    ]  # fmt: skip
    known = event.risk_recognised == "yes"
    if not (known or concerns) or _is_accepted(subject, history, term, seen):
        return []
    subjects = adults(seen.statement) or [subject]
    once = "" if news is None else anew("M18", seen, subjects, history, news)
    if once is None:
        return []
    shown = concerns[-1:] if news is None else [news]
    return [Alarm(
        act="handover", why=WHY_HANDOVER.format(reason=RECOGNISED if known else OPEN),
        statements=list(dict.fromkeys([seen.id, *(one.id for one in shown)])),
        subjects=subjects, once=once,
    )]  # fmt: skip


def _ended(seen: Seen, history: History, term: RuleTerm) -> list[Seen]:
    """List each agency's last end of somebody whom an incident of before it names."""
    if seen.day is None:
        return []
    last: dict[tuple[str, str], Seen] = {}
    for who in adults(seen.statement):
        until = ahead(seen.day, term.window_days or 0)
        for one in history.of(who, "closure_notified", since=seen.day, until=until):
            if among(history, who, [principal(one.statement) or ""]):
                last[who, one.agency] = one
    return list({one.id: one for one in last.values()}.values())


def is_informal(statement: Statement, words: Sequence[str]) -> bool:
    """Say whether a report came from outside any service, as far as its provenance was given.

    Args:
        statement: the report.
        words: of roles, in lower case.
    """
    event, provenance = statement.sections.get("event"), statement.sections.get("provenance")
    if isinstance(event, ConcernReported) and event.concern == "neighbour_report":
        return True
    if isinstance(event, IntelligenceLogged) and event.source == "public":
        return True
    if not isinstance(provenance, Provenance):
        return False
    if provenance.source == "public_anonymous" or provenance.how_known == "public_source":
        return True
    roles = [provenance.role or "", *(link.role for link in provenance.relay or [])]
    return any(word in role.casefold() for role in roles for word in words)


def _words(term: RuleTerm, name: str) -> Sequence[str]:
    return (term.words or {}).get(name, ())


def _closed(seen: Seen, history: History, dismissed: Sequence[str]) -> tuple[Seen | None, str]:
    """Give the report that is closed here, and what is wrong with how, where anything is."""
    done = told(seen, NoFurtherAction)
    if done is not None:
        if any(word in done.reason.casefold() for word in dismissed):
            return history.one(done.statement), ANECDOTAL
        return history.one(done.statement), "" if done.researched_by else UNSEARCHED
    answer = told(seen, ResponseGiven)
    if answer is not None and answer.actions == ["no_action"]:
        reason = (answer.no_action_reason or "").casefold()
        if any(word in reason for word in dismissed):
            return history.one(answer.statement), ANECDOTAL
        return history.one(answer.statement), "" if answer.researched == "yes" else UNSEARCHED
    log = told(seen, IntelligenceLogged)
    if log is not None and log.action == "none":
        return seen, UNSEARCHED
    return None, ""


def _others(report: Seen, history: History, term: RuleTerm) -> list[str]:
    """List what else is held about whom a report names: History, and other incidents of theirs."""
    held = [one.id for who in adults(report.statement) for one in against(history, who)]
    since = None if report.day is None else back(report.day, term.window_days or 0)
    told_of = (one for pair in pairs(report.statement) for one in history.of_all(
        pair, *EVENTS, since=since
    ))  # fmt: skip
    same = {encounter(report), *history.copies(encounter(report))}
    held += [one.id for one in told_of if incident(one) is not None and encounter(one) not in same]
    return [one for one in held if one != report.id]


def _is_accepted(subject: str, history: History, term: RuleTerm, seen: Seen) -> bool:
    """Say whether a handover of this person was accepted, of this end and not of an earlier one."""
    since = None if seen.day is None else back(seen.day, term.window_days or 0)
    earlier = [
        one.day for one in history.of(subject, "closure_notified", until=seen.day) if one.day
    ]
    since = max([*earlier, since]) if earlier and since is not None else since
    handovers = [
        one for one in history.of(subject, "referral_made", since=since)
        if (made := told(one, ReferralMade)) is not None and made.referral == "handover"
    ]  # fmt: skip
    return any(
        (answer := told(one, ResponseGiven)) is not None and answer.referral == "accepted"
        for handover in handovers
        for one in history.about(handover.id, "response_given")
    )
