"""What people decide and do about a report: alerts handled, intelligence graded, people told.

Each is said by a named person or, of a clock that ran out, by the system. Like all that is
derived it refers to others by id; what it adds in words is its author's own.

Source: domain.md 1.3-1.5, 1.10, 4, 7 (Machine or person, Attention, Research results).
"""

from typing import Literal

from contracts.event.report import Referral, Report
from contracts.event.work import Work
from contracts.form import Millis, Section, Slug, StatementId, Token, Whole
from contracts.section import Answer


class AlertEscalated(Work, frozen=True, kw_only=True):
    """An alert goes to the next role: nobody had it, it ran out, or a person said so."""

    alert: StatementId
    to_role: str
    step: Whole
    reason: Literal["unacknowledged", "overdue", "by_person"]
    by: str | None = None


class AlertSnoozed(Work, frozen=True, kw_only=True):
    """A named person puts an alert off until a ledger time, and says why."""

    alert: StatementId
    until: Millis
    reason: str
    by: str
    role: str


class AlertHandedOver(Work, frozen=True, kw_only=True):
    """Whoever has an alert gives it to another role, which has yet to take it."""

    alert: StatementId
    to_role: str
    by: str
    role: str


class AlertClosed(Work, frozen=True, kw_only=True):
    """An alert is done with, and whether it was worth somebody's while; `expired` by the system."""

    alert: StatementId
    outcome: Literal["done", "not_needed", "duplicate", "expired"]
    useful: Literal["useful", "not_useful", "not_said"] = "not_said"
    reason: str | None = None
    by: str | None = None
    role: str | None = None


class IntelligenceGraded(Work, frozen=True, kw_only=True):
    """Police grade one item, later than it was logged; each grading stands beside the last.

    3x5x2: `source` 1 to 3, `assessment` A to E, `handling` P or C. 5x5x5: `source` A to E,
    `assessment` and `handling` 1 to 5. Neither is ever converted into the other. Code C carries
    `instructions`, one action code and one sanitisation code; P carries none (domain.md 1.4).
    """

    statement: StatementId
    scheme: Literal["3x5x2", "5x5x5"]
    source: Literal["1", "2", "3", "A", "B", "C", "D", "E"]
    assessment: Literal["1", "2", "3", "4", "5", "A", "B", "C", "D", "E"]
    handling: Literal["P", "C", "1", "2", "3", "4", "5"]
    action: Literal["A1", "A2", "A3"] | None = None
    sanitisation: Literal["S1", "S2"] | None = None
    instructions: str | None = None
    by: str
    role: str

    def __post_init__(self) -> None:
        """Refuse a grade that its scheme has not, or a handling without its conditions."""
        conditions = (self.action, self.sanitisation, self.instructions)
        if self.scheme == "5x5x5":
            fits = self.source.isalpha() and self.assessment.isdigit() and self.handling.isdigit()
            fits = fits and not any(conditions)
        else:
            fits = self.source.isdigit() and self.assessment.isalpha() and self.handling.isalpha()
            fits = fits and (all(conditions) if self.handling == "C" else not any(conditions))
        if not fits:
            raise ValueError("a grade is of its scheme, and code C carries its conditions")


class ProductReleased(Work, frozen=True, kw_only=True):
    """What of intelligence or research may leave the force: an object of its own, in new words.

    Somebody sanitised it and somebody else, by name, authorised it; the original is not quoted.
    """

    statement: StatementId
    of: list[StatementId]
    subject: Token
    product: str
    sanitised_by: str
    authorised_by: str
    handling: Literal["P", "C"]
    action: Literal["A1", "A2", "A3"] | None = None
    sanitisation: Literal["S1", "S2"] | None = None
    instructions: str | None = None

    def __post_init__(self) -> None:
        """Refuse a product that its own author let go, or a handling without its conditions."""
        conditions = (self.action, self.sanitisation, self.instructions)
        fits = all(conditions) if self.handling == "C" else not any(conditions)
        alone = self.sanitised_by.casefold() == self.authorised_by.casefold()
        if not fits or alone or not self.product.strip():
            raise ValueError("a product has two hands, and code C carries its conditions")


Excepted = Literal["cannot_be_found", "risk_of_harm", "would_interfere", "lacks_capacity"]


class VictimInformationRequested(Work, frozen=True, kw_only=True):
    """Police ask for information about a victim for a line of enquiry: never a research request.

    The victim has written notice on or before it, or one exception is named. Counselling records
    are presumed disproportionate: `counselling` says why they are not.

    Source: Police, Crime, Sentencing and Courts Act 2022 ss44A-44E; domain.md 1.5.
    """

    addressee: Slug
    statement: StatementId
    subject: Token
    line_of_enquiry: str
    period: str
    why: str
    less_intrusive: str
    authorised_by: str
    notice: Literal["given", "excepted"]
    exception: Excepted | None = None
    counselling: str | None = None
    due_at: Millis

    def __post_init__(self) -> None:
        """Refuse a request without notice that names no exception, or with both."""
        if (self.notice == "excepted") != (self.exception is not None):
            raise ValueError("a victim has notice of a request, or an exception is named")


class HousingNoticeGiven(Work, frozen=True, kw_only=True):
    """Housing is told to ring before anybody visits, and nothing else: no conviction, no mark.

    Source: review rec. 18; domain.md 4 (M12).
    """

    addressee: Slug
    statement: StatementId
    act: Literal["ring_police_contact", "ring_safeguarding_hub"]
    ring: str


class ReferralConsidered(Work, frozen=True, kw_only=True):
    """A named person decided whether to refer; a decision not to is recorded like one to.

    `referred` is the id of the `referral_made` where one was.
    """

    statement: StatementId
    referral: Referral
    decision: Literal["made", "not_made"]
    reason: str
    by: str
    role: str
    referred: StatementId | None = None

    def __post_init__(self) -> None:
        """Refuse a referral that was made and is not named, or named and not made."""
        if (self.decision == "made") != (self.referred is not None):
            raise ValueError("a referral that was made is named")


class DisclosureApplied(Report, frozen=True, kw_only=True):
    """Somebody asks to know (a right to ask), or police think somebody should (a right to know).

    The applicant stands in `source_identity`, which no leg and no view of another holds: the
    subject must not learn that there is one.

    Source: domain.md 1.3, 5 (trap 7).
    """

    right: Literal["to_ask", "to_know"]
    applicant: Literal["person_at_risk", "third_party", "agency", "police"]
    statement: StatementId | None = None


class DisclosureStaged(Work, frozen=True, kw_only=True):
    """One stage of a disclosure to somebody at risk, decided by a named officer.

    `power` is `common_law_only` before the scheme was there (March 2014). Nothing to disclose is
    not safe. `told` is whom a disclosure was made to: who can best protect, in person, with
    nothing written handed over.

    Source: DVDS guidance, April 2023; Domestic Abuse Act 2021 s77; domain.md 1.3.
    """

    application: StatementId
    stage: Literal["initial_checks", "met", "assessed", "decided", "disclosed"]
    power: Literal["dvds", "common_law_only"]
    decision: Literal["disclose", "nothing_to_disclose", "refuse"] | None = None
    told: Literal["person_at_risk", "third_party"] | None = None
    identity_proved: Answer = "not_asked"
    safety_plan: Answer = "not_asked"
    agencies: list[Slug] | None = None
    reason: str
    by: str
    role: str

    def __post_init__(self) -> None:
        """Refuse a decision that decides nothing, and a disclosure to nobody."""
        decides = (self.stage == "decided") == (self.decision is not None)
        if not decides or (self.stage == "disclosed") != (self.told is not None):
            raise ValueError("a decision decides, and a disclosure was made to somebody")


class RecordSought(Work, frozen=True, kw_only=True):
    """A record was sought outside the partnership: of therapy in prison, of a court (M19).

    Source: review 5.7.1 (ii), (vi); domain.md 4 (M19), 5 (trap 3).
    """

    statement: StatementId
    subject: Token
    holder: str
    record: Literal["therapeutic", "custody", "court", "health", "other"]
    outcome: Literal["awaited", "received", "nil", "refused", "destroyed"]
    by: str


class SilenceNoticed(Section, frozen=True, kw_only=True):
    """An agency has said nothing for long, or what reads for one stands still."""

    agency: Slug
    silence: Literal["not_publishing", "consumer_stalled"]
    since: Millis
    owner_role: str
    due_at: Millis
    key: str | None = None
