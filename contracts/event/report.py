"""What agencies tell each other: concerns, contacts, relationships, risk, releases, intelligence.

Every report says four things about time apart: when it `occurred` (and how exactly that is
known), when the agency came to know (`known_to_agency`), when it was `recorded`, and, from the
ledger, when it was shared (domain.md 7, Four times). Dates are ISO 8601; a date without a time
is a whole local day.
"""

from typing import Literal

from contracts.form import Day, DayOrMoment, PartialDate, Section, Slug, StatementId, Token, is_real
from contracts.section import Answer, RiskLevel

_AT_LENGTHS = {"day": (10,), "month": (7,), "year": (4,), "about": (4, 7, 10), "undated": ()}


_DAYS = (
    "known_to_agency", "recorded", "released_on", "call_back_by", "ends_on", "disposed_on",
    "destroyed_on",
)  # fmt: skip


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
        "supervision", "visit", "call", "joint_attendance", "attendance", "address_change",
        "tenancy", "benefits", "letter", "call_failed", "other",
    ]  # fmt: skip
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
    raised_from: RiskLevel | None = None
    raised_by: str | None = None
    reassesses: StatementId | None = None

    def __post_init__(self) -> None:
        """Refuse a level that judgement raised and nobody stands behind; judgement only raises."""
        super().__post_init__()
        if (self.raised_from is None) != (self.raised_by is None):
            raise ValueError("a level that was raised names who raised it")
        if self.raised_from is not None and RISE[self.raised_from] >= RISE[self.level]:
            raise ValueError("judgement raises a level; nothing lowers it")


RISE = {"standard": 0, "low": 0, "medium": 1, "high": 2, "very_high": 3}
"""How high each level stands: the review's table calls its lowest band low, its text standard."""


class ReleaseNotified(Report, frozen=True, kw_only=True):
    """Somebody left custody or will, on what terms; `ends_on` is the known end of supervision."""

    release: Literal["home_detention_curfew", "licence", "post_sentence", "end_of_sentence"]
    released_on: Day
    conditions: list[str] | None = None
    accommodation: Literal["bail_support", "approved", "own", "with_partner", "none", "not_known"]
    ends_on: Day | None = None


class ClosureNotified(Report, frozen=True, kw_only=True):
    """Supervision, a licence or a case ends, or its level steps down (M18).

    `ends_on` is the day on which it ends by law or plan; `risk_recognised` whether whoever closes
    it knows of a risk that stays; `handover` whom the referral that hands it over was put to.

    Source: review 3.2.12, 3.2.26, 3.2.32; domain.md 4 (M18), 7 (Machine or person).
    """

    closure: Literal["licence", "supervision", "post_sentence", "iom", "step_down", "case"]
    ends_on: Day
    risk_recognised: Answer
    handover: Slug | None = None


class SuitabilityCheck(Section, frozen=True):
    """One look before an address was approved: about whom, in which system, when, by whom."""

    subject: Token
    system: str
    checked_on: Day
    operator: str


class HouseholdChanged(Report, frozen=True, kw_only=True):
    """Who lives somewhere changed, or where somebody lives (review 5.7.3, rec. 18).

    Of an address that was approved, `checks` are the looks it rests on and `occupier_alone` whether
    who lives there was spoken to in private (review 5.5.4 vi; M07).
    """

    change: Literal[
        "joined",
        "left",
        "moved_in_together",
        "address_approved",
        "address_found",
        "tenancy_changed",
    ]
    relationship: Relationship = "not_known"
    checks: list[SuitabilityCheck] | None = None
    occupier_alone: Answer = "not_asked"


class HealthNoted(Report, frozen=True, kw_only=True):
    """Somebody under supervision or care spoke of their health; the `health` section holds it."""

    topic: Literal["alcohol", "drugs", "mental_health", "physical_health", "other"]


Enquiry = Literal["asked_none", "disclosed", "unsafe", "declined", "not_asked"]


class AttendanceRecorded(Report, frozen=True, kw_only=True):
    """Somebody attended for treatment; what was asked in private stands in `enquiry`.

    Source: review 5.4.2, 5.5.3, 7.1; domain.md 4 (M05, M13).
    """

    attendance: Literal["injury", "illness", "review", "other"]
    accompanied: Literal["alone", "partner", "family", "other", "declined", "not_recorded"]
    enquiry: Enquiry
    unexplained: bool = False
    companion: Relationship | None = None


class EnquiryMade(Report, frozen=True, kw_only=True):
    """Somebody was asked in private, and what came of it; not asked says why not.

    Source: review 5.4.2, 5.5.3, rec. 17; domain.md 4 (M05, M08, M15).
    """

    enquiry: Enquiry
    setting: Literal["attendance", "visit", "supervision", "joint_meeting", "telephone", "other"]
    why_not: str | None = None


class TreatmentRecorded(Report, frozen=True, kw_only=True):
    """How a course of treatment stands: status only, to whoever referred (review 4.6)."""

    status: Literal["referred", "assessed", "attending", "not_attending", "discharged"]
    service: Literal["substance", "mental_health", "primary_care", "other"]


Referral = Literal[
    "marac", "idva", "daiu", "mash", "care_act_s42", "children", "perpetrator_programme",
    "substance", "talking_therapy", "housing", "safety_planner", "handover",
]  # fmt: skip


class ReferralMade(Report, frozen=True, kw_only=True):
    """Somebody is referred to a service, to the one agency named (domain.md 1.10).

    A `handover` gives over what stays of a risk when supervision ends on `ends_on`; the answer to
    it is its acknowledgement.
    """

    addressee: Slug
    referral: Referral
    criterion: str
    ends_on: Day | None = None


class PoliceRecordNoted(Report, frozen=True, kw_only=True):
    """What police hold on somebody, each thing for what it is: an arrest is no conviction.

    `disposal` is the exact one, in the record's words (domain.md 5, trap 9).
    """

    record: Literal["conviction", "caution", "warning", "nfa_allegation", "arrest", "charge"]
    offence: Literal[
        "homicide", "violence", "threats", "harassment", "sexual", "damage", "drugs", "property",
        "other",
    ]  # fmt: skip
    domestic: Answer
    disposal: str | None = None
    disposed_on: Day | None = None
    index: list[Literal["pnc", "pnd", "leds", "niche", "local"]] | None = None


class ReturnMade(Report, frozen=True, kw_only=True):
    """An agency says that it had no contact in a period, or had and has destroyed the record.

    Nil is not destroyed, and neither is safe. `authority` is the retention rule or decision.

    Source: review 1.5.7, 4.5; domain.md 1.6, 2 (P14), 5 (trap 13).
    """

    returned: Literal["nil_contact", "destroyed"]
    destroyed_on: Day | None = None
    authority: str | None = None


class IntelligenceLogged(Report, frozen=True, kw_only=True):
    """A police log of intelligence, graded under a named scheme or not at all.

    Police grade, partners do not (domain.md 1.4). `scheme` is mandatory because the two schemes
    read letter and digit the other way round; a grade is never converted.
    """

    scheme: Literal["3x5x2", "5x5x5", "ungraded"]
    grade: str | None = None
    source: Literal["anonymous", "partner_agency", "officer", "public", "not_recorded"]
    action: Literal["none", "researched", "tasked", "visited", "not_recorded"]
