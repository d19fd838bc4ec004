"""What rules read in a statement: who is in it, in which part, who said it, what bears on danger.

Sections that were withheld are not there, and a rule is then silent. What a machine said is read
by no rule but one that names it. `unassessed` is everybody whose part nobody gave.

Source: domain.md 2 (F01 to F24), 5 (trap 9), 7 (Four times, Others).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import NamedTuple, TypeVar

from consumers.safeguarding.rules import is_automated
from consumers.safeguarding.rules.seen import History, Seen
from contracts.event.report import (
    ConcernReported,
    ContactRecorded,
    HealthNoted,
    HouseholdChanged,
    RelationshipNoted,
)
from contracts.form import Section
from contracts.instrument.marac import last_day
from contracts.section import Factor, Identity, Part, PersonPart, Risk, number_of
from contracts.statement import Statement

NOT_PARTNERS = frozenset({"family", "household"})
"""Relationships that are said and are no partnership; `not_known` may be one."""

TOGETHER = ("relationship_noted", "household_changed", "concern_reported", "contact_recorded")
"""Events that say of two people that they belong together, or did."""

_Shape = TypeVar("_Shape", bound=Section)
_SAID: dict[str, Factor] = {"alcohol": "alcohol", "drugs": "drugs"}
_APART = frozenset({"on_off", "ending", "ended"})


class Person(NamedTuple):
    """One person in a statement, as far as it was delivered."""

    subject: str
    part: Part


def told(seen: Seen, shape: type[_Shape]) -> _Shape | None:
    """Give a statement's event where it is of a shape and a person said it.

    Returns:
        None for another event, one that was withheld, and what a machine said.
    """
    event = seen.statement.sections.get("event")
    return event if isinstance(event, shape) and not is_automated(seen.statement) else None


def risk_of(statement: Statement) -> Risk | None:
    """Give what bears on danger, None where it was not said or is withheld."""
    risk = statement.sections.get("risk")
    return risk if isinstance(risk, Risk) else None


def people(statement: Statement) -> list[Person]:
    """List the persons in a statement by their number in it, each once."""
    parts: dict[str, Part] = {}
    numbered: dict[int, str] = {}
    for name, value in statement.sections.items():
        if isinstance(value, (Identity, PersonPart)):
            numbered[number_of(name)] = value.subject
        if isinstance(value, PersonPart):
            parts[value.subject] = value.part
    return [Person(one, parts.get(one, "unassessed")) for _, one in sorted(numbered.items())]


def adults(statement: Statement) -> list[str]:
    """List the tokens of those who may be one of a pair: no child, no associate."""
    return [one.subject for one in people(statement) if one.part not in {"child", "associate"}]


def whom(statement: Statement) -> list[str]:
    """List of whom an alarm about a statement is: all that it names, where it names no adult."""
    return adults(statement) or [one.subject for one in people(statement)]


def pairs(statement: Statement) -> list[tuple[str, str]]:
    """List every two people who may be a pair; empty where fewer than two are named."""
    return list(combinations(adults(statement), 2))


def principal(statement: Statement) -> str | None:
    """Give whom a report is about: the first person in it, None where nobody is named."""
    return next((one.subject for one in people(statement)), None)


def accused(statement: Statement) -> list[str]:
    """List against whom a record or allegation stands, never its victim.

    Returns:
        The alleged perpetrators; where no part says so, the first person, unless a victim.
    """
    named = people(statement)
    alleged = [one.subject for one in named if one.part == "alleged_perpetrator"]
    return alleged or [one.subject for one in named[:1] if one.part == "unassessed"]


def may_be_partners(seen: Seen) -> bool:
    """Say whether nothing in a statement rules out that those it names together are partners."""
    event = seen.statement.sections.get("event")
    if isinstance(event, (ConcernReported, RelationshipNoted, HouseholdChanged)):
        return event.relationship not in NOT_PARTNERS
    return True


def are_together(seen: Seen) -> bool:
    """Say whether a statement says of those it names that they belong together, or did.

    A contact in which somebody spoke of another does not: E16 is about a former wife.
    """
    event = told(seen, ContactRecorded)
    if event is None:
        return seen.event in TOGETHER and may_be_partners(seen)
    said = set(event.disclosed or [])
    return event.contact == "joint_attendance" or bool(
        said & {"relationship", "counter_allegation"}
    )


def factors(statement: Statement) -> frozenset[Factor]:
    """Give what bears on danger here: the factors named, and what the event itself says.

    Source:
        domain.md 2, F01 to F24 (F05 separation, F06 alcohol, F07 drugs).
    """
    risk, event = risk_of(statement), statement.sections.get("event")
    found: set[Factor] = set(risk.factors or []) if risk else set()
    if isinstance(event, ContactRecorded):
        found.update(_SAID[one] for one in event.disclosed or [] if one in _SAID)
    elif isinstance(event, HealthNoted) and event.topic in _SAID:
        found.add(_SAID[event.topic])
    elif isinstance(event, RelationshipNoted):
        found.update(["separation"] if event.state in _APART else [])
    elif isinstance(event, ConcernReported) and event.concern == "separation":
        found.add("separation")
    return frozenset(found)


def is_account(one: Seen) -> bool:
    """Say whether it is an assessment on the account of whoever is at risk, as DASH is."""
    risk = risk_of(one.statement)
    return one.event == "risk_assessed" and risk is not None and risk.account == "victim"


def among(history: History, subject: str, others: Sequence[str]) -> bool:
    """Say whether a person is one of others, by token or by a link that stands."""
    return any(one == subject or history.are_one(subject, one) for one in others)


def anew(
    rule: str, about: Seen, whom: Sequence[str], history: History, news: Seen
) -> str | None:  # fmt: skip
    """Tell the question that news asks of an earlier statement apart from those before it.

    Args:
        rule: by its id.
        about: what an alert of it is raised for.
        whom: whom the alert is about.
        history: alerts, and when they were closed.
        news: what came after it.

    Returns:
        Empty where nothing was asked yet; when the last that was asked was closed, where that was
        before the news; None where one is open, or was closed since.
    """
    of_it = {one.id for one in history.about(about.id, "alert_raised")}
    asked = [alert for alert in history.alerts(rule, whom) if alert in of_it]
    closed = [max((one.at for one in history.about(alert, "alert_closed")), default=None)
              for alert in asked]  # fmt: skip
    ended = [one for one in closed if one is not None]
    if not asked:
        return ""
    return str(max(ended)) if len(ended) == len(asked) and max(ended) < news.at else None


def back(day: date, days: int | None) -> date:
    """Go back some days; None, and beyond the calendar, is its beginning."""
    try:
        return day - timedelta(days=days) if days is not None else date.min
    except OverflowError:
        return date.min


def ahead(day: date, days: int | None) -> date:
    """Go on some days; None, and beyond the calendar, is its end."""
    try:
        return day + timedelta(days=days) if days is not None else date.max
    except OverflowError:
        return date.max


def may_be_aged(identity: Identity | None, years: int, day: date | None) -> bool:
    """Say whether somebody may be that old on a day: whose birth is not known, may."""
    born = identity.born if identity else None
    if born is None:
        return True
    if born.precision == "age":
        return int(born.value) >= years
    if day is None:
        return True
    earliest = date.fromisoformat((born.value + "-01-01")[:10])
    return last_day(earliest, 12 * years) <= day
