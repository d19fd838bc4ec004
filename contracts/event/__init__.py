"""The closed catalogue of event types: `uk.candour.<event>.v<n>` and what `event` then holds.

`report` has what agencies say to each other, `work` and `action` what is done about it, `case` and
`control` what governs. `CATALOGUE` is the one place that names a type.
"""

from dataclasses import dataclass
from enum import StrEnum, unique

from contracts.event import action, case, control, report, work
from contracts.form import Section


@unique
class Audience(StrEnum):
    """Who a type is for, before any agreement is read."""

    SHARED = "shared"
    """Needs a leg of an agreement in force to reach anyone but its publisher."""

    OWN = "own"
    """Recorded for its publisher; a leg may share it, none is needed."""

    PUBLIC_CONTROL = "public_control"
    """Governs the partnership: goes whole to every admitted agency, names no subject."""


@dataclass(frozen=True, slots=True)
class EventType:
    """One row of the catalogue.

    Attributes:
        name: the event, past tense.
        version: of its shape, from 1.
        shape: the struct its `event` section holds.
        audience: who it is for before any agreement.
        refers: whether it must name a cause (a `cause.<n>` section).
        persons: whether it must name at least one person (`person.<n>.identity`).
    """

    name: str
    version: int
    shape: type[Section]
    audience: Audience
    refers: bool = False
    persons: bool = False

    @property
    def type(self) -> str:
        """The CloudEvents `type`."""
        return f"uk.candour.{self.name}.v{self.version}"


_SHARED, _OWN, _PUBLIC = Audience.SHARED, Audience.OWN, Audience.PUBLIC_CONTROL

_ROWS = (
    EventType("concern_reported", 1, report.ConcernReported, _SHARED, persons=True),
    EventType("contact_recorded", 1, report.ContactRecorded, _SHARED, persons=True),
    EventType("relationship_noted", 1, report.RelationshipNoted, _SHARED, persons=True),
    EventType("risk_assessed", 1, report.RiskAssessed, _SHARED, persons=True),
    EventType("release_notified", 1, report.ReleaseNotified, _SHARED, persons=True),
    EventType("household_changed", 1, report.HouseholdChanged, _SHARED, persons=True),
    EventType("health_noted", 1, report.HealthNoted, _SHARED, persons=True),
    EventType("attendance_recorded", 1, report.AttendanceRecorded, _SHARED, persons=True),
    EventType("treatment_recorded", 1, report.TreatmentRecorded, _SHARED, persons=True),
    EventType("referral_made", 1, report.ReferralMade, _SHARED, persons=True),
    EventType("closure_notified", 1, report.ClosureNotified, _SHARED, persons=True),
    EventType("enquiry_made", 1, report.EnquiryMade, _OWN, persons=True),
    EventType("police_record_noted", 1, report.PoliceRecordNoted, _OWN, persons=True),
    EventType("return_made", 1, report.ReturnMade, _OWN, persons=True),
    EventType("disclosure_applied", 1, action.DisclosureApplied, _OWN, persons=True),
    EventType("intelligence_logged", 1, report.IntelligenceLogged, _OWN, persons=True),
    EventType("information_requested", 1, work.InformationRequested, _SHARED, refers=True),
    EventType("information_supplied", 1, work.InformationSupplied, _SHARED, refers=True),
    EventType("response_given", 1, work.ResponseGiven, _SHARED, refers=True),
    EventType("research_requested", 1, work.ResearchRequested, _OWN, refers=True),
    EventType("research_completed", 1, work.ResearchCompleted, _OWN, refers=True),
    EventType("no_further_action_decided", 1, work.NoFurtherAction, _OWN, refers=True),
    EventType("alert_raised", 1, work.AlertRaised, _OWN, refers=True),
    EventType("alert_acknowledged", 1, work.AlertAcknowledged, _OWN, refers=True),
    EventType("possible_same_origin", 1, work.PossibleSameOrigin, _OWN, refers=True),
    EventType("same_origin_decided", 1, work.SameOriginDecided, _OWN, refers=True),
    EventType("provenance_supplied", 1, work.ProvenanceSupplied, _OWN, refers=True),
    EventType("findings_disputed", 1, work.FindingsDisputed, _OWN),
    EventType("duty_overdue", 1, work.DutyOverdue, _OWN),
    EventType("alert_escalated", 1, action.AlertEscalated, _OWN, refers=True),
    EventType("alert_snoozed", 1, action.AlertSnoozed, _OWN, refers=True),
    EventType("alert_handed_over", 1, action.AlertHandedOver, _OWN, refers=True),
    EventType("alert_closed", 1, action.AlertClosed, _OWN, refers=True),
    EventType("intelligence_graded", 1, action.IntelligenceGraded, _OWN, refers=True),
    EventType("product_released", 1, action.ProductReleased, _SHARED, refers=True),
    EventType(
        "victim_information_requested", 1, action.VictimInformationRequested, _SHARED, refers=True
    ),
    EventType("housing_notice_given", 1, action.HousingNoticeGiven, _SHARED, refers=True),
    EventType("referral_considered", 1, action.ReferralConsidered, _OWN, refers=True),
    EventType("disclosure_staged", 1, action.DisclosureStaged, _OWN, refers=True),
    EventType("record_sought", 1, action.RecordSought, _OWN, refers=True),
    EventType("silence_noticed", 1, action.SilenceNoticed, _OWN),
    EventType("stream_opened", 1, control.StreamOpened, _OWN),
    EventType("persons_linked", 1, case.PersonsLinked, _OWN, refers=True),
    EventType("persons_unlinked", 1, case.PersonsUnlinked, _OWN),
    EventType("consent_recorded", 1, case.ConsentRecorded, _OWN, refers=True),
    EventType("exclusion_recorded", 1, case.ExclusionRecorded, _OWN, refers=True),
    EventType("exclusion_lifted", 1, case.ExclusionLifted, _OWN),
    EventType("release_decided", 1, case.ReleaseDecided, _OWN),
    EventType("statement_retracted", 1, case.StatementRetracted, _OWN, refers=True),
    EventType("statement_corrected", 1, case.StatementCorrected, _OWN, refers=True),
    EventType("correction_acknowledged", 1, case.CorrectionAcknowledged, _OWN, refers=True),
    EventType("recall_acknowledged", 1, case.RecallAcknowledged, _OWN),
    EventType("emergency_reviewed", 1, case.EmergencyReviewed, _OWN),
    EventType("erasure_proposed", 1, case.ErasureProposed, _OWN),
    EventType("erasure_endorsed", 1, case.ErasureEndorsed, _OWN),
    EventType("erasure_confirmed", 1, case.ErasureConfirmed, _OWN),
    EventType("legal_hold_set", 1, case.LegalHoldSet, _OWN, refers=True),
    EventType("legal_hold_lifted", 1, case.LegalHoldLifted, _OWN),
    EventType("looks_recorded", 1, case.LooksRecorded, _OWN),
    EventType("credential_issued", 1, control.CredentialIssued, _PUBLIC),
    EventType("credential_revoked", 1, control.CredentialRevoked, _PUBLIC),
    EventType("exercise_time_set", 1, control.ExerciseTimeSet, _PUBLIC),
    EventType("partnership_founded", 1, control.PartnershipFounded, _PUBLIC),
    EventType("act_proposed", 1, control.ActProposed, _PUBLIC),
    EventType("act_endorsed", 1, control.ActEndorsed, _PUBLIC),
)

CATALOGUE: dict[str, EventType] = {row.type: row for row in _ROWS}
"""Every known event type, by its CloudEvents `type`."""

BY_NAME: dict[str, EventType] = {row.name: row for row in _ROWS}
"""The newest version of every event, by its name."""


def name_of(event_type: str) -> str:
    """Give the event's name for a known CloudEvents `type`, else the text itself."""
    row = CATALOGUE.get(event_type)
    return row.name if row else event_type
