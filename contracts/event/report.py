"""What agencies tell each other: concerns, contacts, relationships, risk, releases, intelligence.

Every report says four things about time apart: when it `occurred` (and how exactly that is
known), when the agency came to know (`known_to_agency`), when it was `recorded`, and, from the
ledger, when it was shared (domain.md 7, Four times). Dates are ISO 8601; a date without a time
is a whole local day.
"""

from typing import Literal

from contracts.form import Day, DayOrMoment, PartialDate, Section, Slug, is_real
from contracts.section import RiskLevel

_AT_LENGTHS = {"day": (10,), "month": (7,), "year": (4,), "about": (4, 7, 10), "undated": ()}


_DAYS = ("known_to_agency", "recorded", "released_on", "call_back_by")


class Occurred(Section, frozen=True):
    """When something happened, as well as it is known.

    `at` is a date-time with its offset for `instant`, YYYY-MM-DD for `day`, YYYY-MM for `month`,
    YYYY for `year`, any of the three for `about`, absent for `undated`. `until` closes a period.
    """

    precision: Literal["instant", "day", "month", "year", "about", "undated"]
    at: PartialDate | None = None
    until: PartialDate | None = None

    def __post_init__(self) -> None:
        """Refuse a time that is not as precise as it says, or that the calendar has not."""
        at = self.at
        if self.precision == "instant":
            fits = at is not None and "T" in at
        else:
            lengths = _AT_LENGTHS[self.precision]
            fits = at is None if not lengths else at is not None and len(at) in lengths
        if not fits or not all(is_real(text) for text in (at, self.until) if text is not None):
            raise ValueError("a time is given to the precision it names")


class Report(Section, frozen=True, kw_only=True):
    """What every report has in common. `key` is a natural key where the report is derived.

    `standing` marks what a replay may count: `held_then` was written down by the agency at the
    time, `told_informally` was said, `learned_at_review` came out later, `invented` is ours.
    """

    occurred: Occurred
    known_to_agency: DayOrMoment
    recorded: DayOrMoment
    key: str | None = None
    standing: Literal["held_then", "told_informally", "learned_at_review", "invented"] | None = None

    def __post_init__(self) -> None:
        """Refuse days that the calendar has not."""
        days = [getattr(self, name, None) for name in _DAYS]
        if not all(is_real(day) for day in days if day is not None):
            raise ValueError("the calendar has no such day")


Asked = Literal["research", "visit", "call_back", "advice", "nothing"]
Relationship = Literal[
    "partners", "former_partners", "on_off", "spouses", "former_spouses", "family", "household",
    "not_known",
]  # fmt: skip


class ConcernReported(Report, frozen=True, kw_only=True):
    """Somebody may be at risk; `concern` says of what, the narrative in what words."""

    concern: Literal[
        "separation", "threat", "violence", "controlling_behaviour", "stalking", "neighbour_report",
        "injury", "other",
    ]  # fmt: skip
    relationship: Relationship = "not_known"
    done: str | None = None
    asked: list[Asked] | None = None
    call_back_by: DayOrMoment | None = None


class ContactRecorded(Report, frozen=True, kw_only=True):
    """A contact with somebody under supervision or care, and what was disclosed in it."""

    contact: Literal[
        "supervision", "visit", "call", "joint_attendance", "attendance", "address_change", "other"
    ]
    disclosed: (
        list[
            Literal[
                "allegation_by_other", "own_denial", "health", "relationship", "alcohol", "drugs",
                "threat", "counter_allegation", "child", "other",
            ]
        ]
        | None
    ) = None  # fmt: skip


class RelationshipNoted(Report, frozen=True, kw_only=True):
    """Two people are, were or are no longer together, as far as the agency knows."""

    relationship: Relationship
    state: Literal["started", "continuing", "on_off", "ending", "ended", "not_known"]
    disclosed_by: Literal["subject", "other", "observed", "not_known"] = "not_known"


class RiskAssessed(Report, frozen=True, kw_only=True):
    """A level somebody named gave, with what was considered and what was not."""

    instrument: str
    version: str
    level: RiskLevel
    considered: list[str]
    not_considered: list[str] | None = None


class ReleaseNotified(Report, frozen=True, kw_only=True):
    """Somebody left custody or will, on what terms."""

    release: Literal["home_detention_curfew", "licence", "post_sentence", "end_of_sentence"]
    released_on: Day
    conditions: list[str] | None = None
    accommodation: Literal["bail_support", "approved", "own", "with_partner", "none", "not_known"]


class HouseholdChanged(Report, frozen=True, kw_only=True):
    """Who lives somewhere changed, or where somebody lives (review 5.7.3, rec. 18)."""

    change: Literal[
        "joined",
        "left",
        "moved_in_together",
        "address_approved",
        "address_found",
        "tenancy_changed",
    ]
    relationship: Relationship = "not_known"


class HealthNoted(Report, frozen=True, kw_only=True):
    """Somebody under supervision or care spoke of their health; the `health` section holds it."""

    topic: Literal["alcohol", "drugs", "mental_health", "physical_health", "other"]


class AttendanceRecorded(Report, frozen=True, kw_only=True):
    """Somebody attended for treatment; what was asked in private stands in `enquiry`.

    Source: review 5.4.2, 5.5.3, 7.1; domain.md 4 (M05, M13).
    """

    attendance: Literal["injury", "illness", "review", "other"]
    accompanied: Literal["alone", "partner", "family", "other", "declined", "not_recorded"]
    enquiry: Literal["asked_none", "disclosed", "unsafe", "declined", "not_asked"]
    unexplained: bool = False


class TreatmentRecorded(Report, frozen=True, kw_only=True):
    """How a course of treatment stands: status only, to whoever referred (review 4.6)."""

    status: Literal["referred", "assessed", "attending", "not_attending", "discharged"]
    service: Literal["substance", "mental_health", "primary_care", "other"]


class ReferralMade(Report, frozen=True, kw_only=True):
    """Somebody is referred to a service, to the one agency named (domain.md 1.10)."""

    addressee: Slug
    referral: Literal[
        "marac", "idva", "daiu", "mash", "care_act_s42", "children", "perpetrator_programme",
        "substance", "talking_therapy", "housing", "safety_planner",
    ]  # fmt: skip
    criterion: str


class IntelligenceLogged(Report, frozen=True, kw_only=True):
    """A police log of intelligence, graded under a named scheme or not at all.

    Police grade, partners do not (domain.md 1.4). `scheme` is mandatory because the two schemes
    read letter and digit the other way round; a grade is never converted.
    """

    scheme: Literal["3x5x2", "5x5x5", "ungraded"]
    grade: str | None = None
    source: Literal["anonymous", "partner_agency", "officer", "public", "not_recorded"]
    action: Literal["none", "researched", "tasked", "visited", "not_recorded"]
