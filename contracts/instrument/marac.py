"""When somebody is to be referred to MARAC: any one of four criteria, in a named version.

A threshold alone would not have escalated the review's case: records gave three to eight yes
answers and never fourteen. So judgement, repeated incidents and a repeat each stand by themselves.

Source: domain.md 1.1 (replay warning), 1.2; review 5.6.3.
"""

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from contracts.form import Section, Whole
from contracts.section import Answer

Months = Annotated[int, Meta(ge=1, le=120)]
Criterion = Literal["judgement", "visible_high_risk", "escalation", "repeat"]


class MaracCriteria(Section, frozen=True, kw_only=True):
    """One version of the criteria.

    `yes_min` counts the victim's own yes answers; `incidents_min` of them within
    `incidents_months`; a repeat is within `repeat_months` of the last referral, calendar months
    both. `repeat_of` is what counts as one.
    """

    version: str
    source: str
    yes_min: Whole
    incidents_min: Whole
    incidents_months: Months
    repeat_months: Months
    repeat_of: Literal["any_abuse", "criminal_type"]


class MaracVersions(Section, frozen=True, kw_only=True):
    """The criteria in every version, the one that stands last."""

    versions: Annotated[list[MaracCriteria], Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Incident:
    """Abuse of one pair on one day, reported to whomever; a copy of a report is none (M03).

    `criminal` is whether it would be a crime: unknown is never no.
    """

    day: date
    criminal: Answer = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one pair when somebody asks whether to refer.

    Attributes:
        judged: whether a named person judges that MARAC is needed.
        yes: the victim's own yes answers; None where nobody asked, or records alone were counted.
        incidents: of the pair.
        referrals: days on which the pair was referred before.
    """

    judged: bool = False
    yes: int | None = None
    incidents: Collection[Incident] = ()
    referrals: Collection[date] = ()


def last_day(since: date, months: int) -> date:
    """Give the last day of a period of calendar months that begins on a day, that day inclusive.

    Args:
        since: the day of the referral, or of the first incident.
        months: how many.

    Returns:
        The corresponding day; where its month is too short, that month's last: 12 months from
        29 February end on 28 February.

    Source:
        Dodds v Walker [1981] 1 WLR 1027 (corresponding date); domain.md 1.2 (d).
    """
    year, month = divmod(since.year * 12 + since.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(since.day, monthrange(year, month + 1)[1]))


def repeated(day: date, referrals: Collection[date], *, months: int) -> date | None:
    """Give the day of the referral that abuse on a day repeats; None where it repeats none.

    Args:
        day: of the abuse.
        referrals: days on which the pair was referred; those after it do not count.
        months: calendar months from the last referral, its own day included.

    Source:
        domain.md 1.2 (d), 4 (M22): from the last referral, not from the last meeting.
    """
    last = max((one for one in referrals if one <= day), default=None)
    return last if last is not None and day <= last_day(last, months) else None


def is_repeat(incident: Incident, referrals: Collection[date], *, criteria: MaracCriteria) -> bool:
    """Say whether abuse is a repeat: within the months since the pair was last referred.

    Args:
        incident: as it is known.
        referrals: days on which the pair was referred; those after the incident do not count.
        criteria: of the version that stands.

    Source:
        domain.md 1.2 (d): any abuse, criminal or not, in the newer version.
    """
    if criteria.repeat_of == "criminal_type" and incident.criminal == "no":
        return False
    return repeated(incident.day, referrals, months=criteria.repeat_months) is not None


def met(known: Known, *, criteria: MaracCriteria) -> list[Criterion]:
    """List the criteria that are met, in their order; empty where none is.

    Args:
        known: what is known of one pair.
        criteria: of the version that stands.

    Source:
        domain.md 1.2 (a) to (d).
    """
    days = sorted(one.day for one in known.incidents)
    newest = days[-1] if days else None
    near = [one for one in days if newest and newest <= last_day(one, criteria.incidents_months)]
    repeats = (is_repeat(one, known.referrals, criteria=criteria) for one in known.incidents)
    holds: dict[Criterion, bool] = {
        "judgement": known.judged,
        "visible_high_risk": known.yes is not None and known.yes >= criteria.yes_min,
        "escalation": len(near) >= criteria.incidents_min,
        "repeat": any(repeats),
    }
    return [name for name, is_met in holds.items() if is_met]
