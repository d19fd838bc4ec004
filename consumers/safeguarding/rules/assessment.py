"""What makes an assessment due, and what one after custody is to ask for: M09 and M19.

A level that somebody gave is never lowered and never refused here: a named person looks again.

Source: domain.md 1.1 (bands, triggers), 2 (F05 to F11), 4 (M09, M19); review 5.7.1.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from consumers.safeguarding.rules.escalation import is_threat, is_warning
from consumers.safeguarding.rules.reading import (
    TOGETHER,
    adults,
    ahead,
    among,
    are_together,
    back,
    factors,
    is_account,
    may_be_partners,
    pairs,
    people,
    principal,
    told,
)
from consumers.safeguarding.rules.record import against
from consumers.safeguarding.rules.seen import Alarm, History, Seen
from contracts.event.action import RecordSought
from contracts.event.control import RuleTerm
from contracts.event.report import ConcernReported, ReleaseNotified, Report, RiskAssessed
from contracts.section import Factor
from contracts.statement import Statement

CHANGES: frozenset[Factor] = frozenset({"separation", "alcohol", "revenge", "anger", "jealousy"})
"""Factors that make an assessment due anew for a couple: F05, F06, F09, F10, F11."""

WHY_DASH = (
    "Something new bears on danger in this couple, and no assessment on the account of whoever "
    "may be at risk of the two has been made since. Ask that person, alone and safely. What "
    "records say is not their account."
)
WHY_MEDIUM = (
    " The level now is Medium, which held only unless circumstances changed: this is one of those "
    "changes, so assess again."
)
WHY_THERAPY = (
    "Somebody was assessed after custody, and nobody asked for the records of any therapy there. "
    "Ask for them, and record what came: received, nil, refused or destroyed. What somebody says "
    "of a diagnosis is a claim until a record is seen."
)


class _Couple(NamedTuple):
    """Two people and the statement that says that they are a couple."""

    pair: tuple[str, str]
    by: str


def change(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a risk assessment: something new bears on danger in a couple (M09).

    New is what nobody said of this couple within the window: what was said of one of them before
    the other was known to be there, or with somebody else, was not said of it. The couple is named
    in the statement, or was within the window; each couple is asked about apart. Warnings and
    threats are M20's where that runs, and that somebody means to part is the separation alert's;
    that they parted (E68) is a factor.

    Args:
        seen: any report with a factor of `CHANGES`.
        history: what was said of them before, and assessments on the victim's own account.
        term: `window_days` is how long a factor is not new, and a couple one.

    Returns:
        One for each couple, which names no other.

    Source:
        review 1.6.2, 3.2.19, 3.2.21, 3.2.28, 5.5.4 (vi); domain.md 1.1 (bands), 3 (E68), 4 (M09).
    """
    subject, found = principal(seen.statement), factors(seen.statement) & CHANGES
    concern = told(seen, ConcernReported)
    if concern is not None and concern.concern == "separation":
        found -= {"separation"}
    if told(seen, Report) is None or subject is None or not found or seen.day is None:
        return []
    asked = history.term("M20") is not None and (is_warning(seen) or is_threat(seen))
    if asked or is_account(seen):
        return []
    since = back(seen.day, term.window_days or 0)
    raised = []
    couples = _couples(seen, history, term)
    for number, couple in enumerate(couples, 1):
        new = found - _said_before(subject, couple.pair, history, term, since)
        if not new or _is_assessed(seen, couple.pair, history):
            continue
        level = _level(seen, subject, history)
        why = WHY_DASH + (WHY_MEDIUM if level is not None and _is_medium(level) else "")
        statements = [seen.id, couple.by, *([level.id] if level else [])]
        raised.append(Alarm(
            act="dash", why=why, statements=list(dict.fromkeys(statements)), subjects=couple.pair,
            once="" if len(couples) == 1 else str(number),
        ))  # fmt: skip
    return raised


def therapy(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a record of therapy: assessed after custody, and nobody sought it (M19).

    Raised once for each release, by the first assessment after it, or by the release where that is
    told of later. A record that was sought, even in vain, ends it.

    Args:
        seen: an assessment of somebody released within the window, or the release.
        history: releases, and records sought.
        term: `window_days` from the release within which an assessment is one after custody.

    Returns:
        One at most.

    Source:
        review 3.2.2, 5.7.1 (ii), (vi), 6.7; domain.md 4 (M19), 5 (trap 3).
    """
    subject = principal(seen.statement)
    if subject is None or seen.day is None:
        return []
    if told(seen, ReleaseNotified) is not None:
        until = ahead(seen.day, term.window_days or 0)
        after = (
            one for one in history.of(subject, "risk_assessed", since=seen.day, until=until)
            if not is_account(one) and among(history, subject, [principal(one.statement) or ""])
        )  # fmt: skip
        its = next(after, None)
        again = therapy(its, history.besides(its.id), term) if its is not None else []
        return [alarm for alarm in again if seen.id in alarm.statements]
    if told(seen, RiskAssessed) is None or is_account(seen):
        return []
    since = back(seen.day, term.window_days or 0)
    released = [
        one for one in history.of(subject, "release_notified", since=since, until=seen.day)
        if told(one, ReleaseNotified) is not None
    ]  # fmt: skip
    if not released:
        return []
    last = released[-1]
    # What was sought after an earlier custody says nothing of this one; a release may be told late.
    begins = min(last.at, _begins(last.day or seen.day))
    sought = any(
        (event := told(one, RecordSought)) is not None
        and event.record == "therapeutic" and among(history, subject, [event.subject])
        for one in history.of(subject, "record_sought") if one.at >= begins
    )  # fmt: skip
    if sought:
        return []
    before = history.of(subject, "risk_assessed", since=last.day, until=seen.day)
    first = next((one.id for one in before if not is_account(one)), seen.id)
    return [Alarm(
        act="therapy_record", why=WHY_THERAPY, subjects=[subject],
        statements=list(dict.fromkeys([first, seen.id, last.id])),
    )]  # fmt: skip


def _begins(day: date) -> int:
    """Give when a day begins, in ledger milliseconds."""
    return round(datetime.combine(day, time.min, tzinfo=UTC).timestamp()) * 1000


def whose(statement: Statement) -> str | None:
    """Give whose own account an assessment is: the victim named in it, else the first person."""
    victims = [one.subject for one in people(statement) if one.part == "victim"]
    return victims[0] if victims else principal(statement)


def _said(statements: Sequence[Seen]) -> frozenset[Factor]:
    reports = (one for one in statements if told(one, Report) is not None)
    return frozenset(factor for one in reports for factor in factors(one.statement))


def _said_before(
    subject: str, pair: tuple[str, str], history: History, term: RuleTerm, since: date
) -> frozenset[Factor]:
    """Give what was said of a couple: of both, or of one alone once they were known to be one.

    What names one alone was asked about then: his drinking, told each week, is new to them once.
    Of the other that is their own account and nothing else: her drinking is not his.
    """
    together = [
        one for one in history.of_all(pair, *TOGETHER)
        if one.day is not None and told(one, Report) is not None and are_together(one)
    ]  # fmt: skip

    def is_theirs(said: Seen, who: str) -> bool:
        if not all(among(history, other, [who]) for other in adults(said.statement)):
            return False
        reach = back(said.day, term.window_days or 0) if said.day is not None else date.max
        return any(one.at <= said.at and (one.day or date.min) >= reach for one in together)

    alone = [one for one in history.of(subject, since=since) if is_theirs(one, subject)]
    accounts = [
        one for who in pair for one in history.of(who, "risk_assessed", since=since)
        if _is_account_of(one, who, pair, history) and is_theirs(one, who)
    ]  # fmt: skip
    said = _said([*history.of_all(pair, since=since), *accounts])
    return said | (_said(alone) - {"separation"})


def _couples(seen: Seen, history: History, term: RuleTerm) -> list[_Couple]:
    """List the couples that a report is about: named in it, or known of within the window."""
    named = pairs(seen.statement)
    if named:
        return [_Couple(pair, seen.id) for pair in named] if may_be_partners(seen) else []
    alone = adults(seen.statement)
    if len(alone) != 1 or seen.day is None:
        return []
    subject = alone[0]
    found: list[_Couple] = []
    since = back(seen.day, term.window_days or 0)
    for one in history.of(subject, *TOGETHER, since=since):
        if told(one, Report) is None or not are_together(one):
            continue
        for pair in pairs(one.statement):
            other = [who for who in pair if not among(history, subject, [who])]
            known = [couple.pair[1] for couple in found]
            if len(other) == 1 and not among(history, other[0], known):
                found.append(_Couple((subject, other[0]), one.id))
    return found


def _is_assessed(seen: Seen, pair: tuple[str, str], history: History) -> bool:
    """Say whether everybody of the two who may be at risk was assessed on that day or after it.

    On their own account, of this couple: one that names another with them is of another.
    """
    return all(
        any(
            _is_account_of(one, who, pair, history)
            for one in history.of(who, "risk_assessed", since=seen.day)
        )
        for who in _at_risk(seen, pair, history)
    )


def _is_account_of(one: Seen, who: str, pair: tuple[str, str], history: History) -> bool:
    """Say whether it is one person's own account of a couple."""
    if told(one, RiskAssessed) is None or not is_account(one):
        return False
    is_theirs = among(history, who, [whose(one.statement) or ""])
    return is_theirs and all(among(history, other, pair) for other in adults(one.statement))


def _at_risk(seen: Seen, pair: tuple[str, str], history: History) -> list[str]:
    """List who of two may be at risk: nobody's own assessment is one of the other.

    Whoever a person called a victim of these two, and whoever is with somebody against whom
    something stands. Where neither is said, the other of who is said to harm; else whoever is not
    whom the report is about. What one of them claims takes neither off the list (M15).
    """
    told_of = [one for one in history.of_all(pair) if told(one, Report) is not None]
    given = {
        (who, one.part)
        for report in [seen, *told_of] for one in people(report.statement)
        for who in pair if among(history, who, [one.subject])
    }  # fmt: skip
    other = dict(zip(pair, reversed(pair), strict=True))
    found = [who for who in pair if (who, "victim") in given or against(history, other[who])]
    found = found or [who for who in pair if (other[who], "alleged_perpetrator") in given]
    first = principal(seen.statement) or ""
    return found or [who for who in pair if not among(history, who, [first])]


def _level(seen: Seen, subject: str, history: History) -> Seen | None:
    """Give the assessment that holds now: this one, or the last before it."""
    if seen.event == "risk_assessed":
        return seen
    known = history.of(subject, "risk_assessed", until=seen.day)
    return known[-1] if known else None


def _is_medium(one: Seen) -> bool:
    event = told(one, RiskAssessed)
    return event is not None and event.level == "medium"
