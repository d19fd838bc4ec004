"""A low level that leaves out what is held, before it was given or since: M06.

A level that somebody gave is never lowered and never refused here: a named manager looks again.

Source: domain.md 1.1 (bands), 4 (M06); review 5.7.1.
"""

from collections.abc import Sequence
from datetime import date

from consumers.safeguarding.rules.assessment import _couples, whose
from consumers.safeguarding.rules.reading import (
    TOGETHER,
    adults,
    among,
    anew,
    back,
    factors,
    is_account,
    principal,
    told,
)
from consumers.safeguarding.rules.record import EVIDENCE, against, is_history
from consumers.safeguarding.rules.seen import Alarm, History, Seen
from contracts.event.control import RuleTerm
from contracts.event.report import Report, RiskAssessed
from contracts.event.work import ResearchCompleted
from contracts.section import Factor

LOW = frozenset({"standard", "low"})
"""Levels that are not to be given without a look at what is known (M06)."""

RECENT: frozenset[Factor] = frozenset({"separation", "alcohol", "drugs"})
"""Factors that bear on a level for some time (M06): breakdown and dependence."""

WHY_REVIEW = (
    "HISTORY_NOT_CONSIDERED: a low level was given, and what it rests on leaves out what this "
    "agency holds: {missing}. A named manager looks again, and records why the level stands or "
    "raises it. Nothing lowers it."
)
MISSING = {
    "history": "something on record, with whatever victim",
    "alcohol": "recent drinking",
    "drugs": "recent drug use",
    "breakdown": "a relationship that recently broke down",
}


def low(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask a named manager to look again: a low level that leaves out what is held (M06).

    An assessment on the account of whoever is at risk is low because of what they did not know or
    say: what stands against the other of their couple is then looked for, each couple apart.

    What becomes known later, of before it, is asked about as it comes: a look that the level should
    have waited for comes after it. Then the newest level of each is looked at, for it is that which
    holds; an alert about it that is open is enough, and of one that was closed it is more.

    Args:
        seen: an assessment at standard or low; or what bears on one that was made before.
        history: what stands against whom it is about, or against the other; recent dependence and
            breakdown.
        term: `window_days` is how recent dependence or breakdown is; History has no window. A
            couple is one that was told of within it, or is named. `words` are, by topic, the
            entries of `considered` that say that it was: whole ones, in lower case with spaces.
            Nothing is searched for inside an entry: a sentence that mentions drink has not
            weighed it.

    Returns:
        One about whom the assessment is of; one for each couple of somebody at risk.

    Source:
        review 3.2.3, 3.2.6, 3.2.7, 5.7.1 (i) to (iii); domain.md 4 (M06: E21).
    """
    return _left_out(seen, history, term) + [
        alarm for one in _levels(seen, history, term)
        for alarm in _left_out(one, history.besides(one.id), term, news=seen)
    ]  # fmt: skip


def _left_out(
    seen: Seen, history: History, term: RuleTerm, news: Seen | None = None
) -> list[Alarm]:
    """Ask about an assessment, as `low`; where there is news, about that alone."""
    event, subject = told(seen, RiskAssessed), principal(seen.statement)
    if event is None or subject is None or event.level not in LOW:
        return []
    said, counting = {_folded(word) for word in event.considered}, term.words or {}
    whom: list[tuple[str, ...]] = [(subject,)]
    if is_account(seen):
        subject = whose(seen.statement) or subject
        couples = [couple.pair for couple in _couples(seen, history, term)]
        whom = [pair for pair in couples if among(history, subject, pair)]
    raised = []
    for number, subjects in enumerate(whom, 1):
        held = _held(seen, subjects, subject, history, term, news)
        missing = {
            topic: one for topic, one in held.items() if said.isdisjoint(counting.get(topic, ()))
        }
        since = "" if news is None else _more(seen, subjects, history, news)
        if not missing or since is None:
            continue
        words = "; ".join(MISSING[topic] for topic in MISSING if topic in missing)
        statements = dict.fromkeys([seen.id, *(one.id for one in missing.values())])
        raised.append(Alarm(
            act="risk_review", why=WHY_REVIEW.format(missing=words), subjects=subjects,
            statements=list(statements),
            once="/".join(filter(None, ("" if len(whom) == 1 else str(number), since))),
        ))  # fmt: skip
    return raised


def _levels(seen: Seen, history: History, term: RuleTerm) -> list[Seen]:
    """List the assessments that hold and that what comes after them may bear on.

    The newest of whom it is about, and the newest on the account of each: what stands against
    somebody bears on the level of whoever is with them.
    """
    event = seen.statement.sections.get("event")
    named = [event.subject] if isinstance(event, ResearchCompleted) else adults(seen.statement)
    stands = [one for one in named if seen.event in EVIDENCE and is_history(seen, one, history)]
    recent = told(seen, Report) is not None and bool(factors(seen.statement) & RECENT)
    if not stands and (not recent or seen.day is None):
        return []
    # Talk of drink, or of a parting, bears on no level of before it; a record on whichever.
    since = None if stands else seen.day
    couples = since and back(since, term.window_days)
    found: dict[str, Seen] = {}
    for who in stands or named:
        together = history.of(who, *TOGETHER, since=couples)
        others = dict.fromkeys(other for one in together for other in adults(one.statement))
        for whose_ in dict.fromkeys([who, *named, *others]):
            of_them = history.of(whose_, "risk_assessed", since=since)
            theirs = [one for one in of_them if among(history, whose_, [_subject(one)])]
            for is_own in (True, False):
                last = [one for one in theirs if is_account(one) is is_own][-1:]
                found.update((one.id, one) for one in last)
    return list(found.values())


def _more(assessment: Seen, whom: Sequence[str], history: History, news: Seen) -> str | None:
    """Tell the question that news asks of an assessment apart from those before it.

    Returns:
        As `anew`; None too where a look finds again what was known when somebody was done with it.
    """
    since = anew("M06", assessment, whom, history, news)
    if not since:
        return since
    known = (
        _record(one) for who in whom for one in history.of(who, "research_completed")
        if one.at <= int(since)
    )  # fmt: skip
    return None if _record(news) in {*known} - {None} else since


def _record(look: Seen) -> tuple[str, ...] | None:
    """Give what a look found, as far as it says which record that is; None for no look."""
    event = look.statement.sections.get("event")
    if not isinstance(event, ResearchCompleted) or event.outcome != "match":
        return None
    return event.system, *([event.reference] if event.reference else sorted(event.kinds or []))


def _subject(one: Seen) -> str:
    """Give whose level an assessment is; nobody's where that was withheld."""
    its = whose(one.statement) if is_account(one) else principal(one.statement)
    return its or ""


def _held(  # noqa: PLR0913 - what bears on a level has this many independent parts
    seen: Seen, whom: Sequence[str], subject: str, history: History, term: RuleTerm,
    news: Seen | None,
) -> dict[str, Seen]:  # fmt: skip
    """Give what is held that bears on a level, by topic: of somebody, or of the other of a couple.

    Args:
        seen: the assessment.
        whom: whom it is about: one person, or a couple, of which the other's is looked for and
            nothing that names anybody else: a former partner has a wall of her own.
        subject: whose assessment it is.
        history: what was told.
        term: how recent dependence or breakdown is.
        news: what alone is looked at, where it came after the assessment.
    """
    found: dict[str, Seen] = {}
    who = next((one for one in whom if not among(history, subject, [one])), subject)
    if held := [one for one in against(history, who) if news is None or _is_left(one, seen, news)]:
        found["history"] = held[-1]
    if seen.day is not None:
        since = back(seen.day, term.window_days or 0)
        for one in history.of(who, since=since, until=seen.day):
            named = adults(one.statement)
            of_them = len(whom) == 1 or all(among(history, other, whom) for other in named)
            is_asked = news is None or one.id == news.id
            if of_them and is_asked and told(one, Report) is not None:
                found.update(dict.fromkeys(_recent(one, who, history), one))
    return found


def _is_left(one: Seen, assessment: Seen, news: Seen) -> bool:
    """Say whether it is the news, and an assessment before it could have rested on it.

    What a look finds was there, as far as anybody knows; what happened after it was not.
    """
    event = one.statement.sections.get("event")
    at = event.occurred.at if isinstance(event, Report) else None
    after = at is not None and assessment.day is not None and (
        date.fromisoformat(f"{at}-01-01"[:10]) > assessment.day
    )  # fmt: skip
    return one.id == news.id and not after


def _recent(one: Seen, subject: str, history: History) -> list[str]:
    """List what a report says of somebody's dependence or relationship."""
    said = factors(one.statement)
    topics = ["breakdown"] if "separation" in said else []
    first = principal(one.statement)
    if first is not None and among(history, subject, [first]):
        topics += [topic for topic in ("alcohol", "drugs") if topic in said]
    return topics


def _folded(word: str) -> str:
    return " ".join(word.replace("_", " ").replace("-", " ").split()).casefold()
