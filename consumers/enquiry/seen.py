"""Whom a contact shows to have been seen, alone or only together with the other.

Pure. What is not known of a contact never counts as seen alone.

Source: review 5.7.1 (iv), rec. 17; domain.md 4 (M08), 5 (trap 5).
"""

from typing import Literal

from contracts.event.report import (
    AttendanceRecorded,
    ConcernReported,
    ContactRecorded,
    EnquiryMade,
    RiskAssessed,
)
from contracts.section import Identity, PersonPart, Risk
from contracts.statement import Statement

How = Literal["jointly", "alone"]
ASKED = frozenset({"asked_none", "disclosed", "declined"})
"""Outcomes of an enquiry that was made."""
_SHOWS = (ContactRecorded, EnquiryMade, AttendanceRecorded, RiskAssessed, ConcernReported)
_NOT_ASKED = frozenset({"alleged_perpetrator", "child"})


def seen_in(statement: Statement) -> list[tuple[str, How]]:
    """List the persons that a statement shows to have been seen, each with how.

    Args:
        statement: as delivered; where its risk is withheld, nobody is known to be seen alone.

    Returns:
        Everybody but the one to fear and children, of a joint meeting; the one person that
        `seen_alone` can only mean, else nobody: of two, it does not say which.
    """
    event, risk = statement.sections.get("event"), statement.sections.get("risk")
    if not isinstance(event, _SHOWS):
        return []
    people = [v.subject for v in statement.sections.values() if isinstance(v, Identity)]
    parts = {v.subject: v.part for v in statement.sections.values() if isinstance(v, PersonPart)}
    asked = [one for one in people if parts.get(one) not in _NOT_ASKED]
    if isinstance(risk, Risk) and risk.seen_alone == "yes" and _was_asked(event):
        victims = [one for one in asked if parts.get(one) == "victim"] or asked
        return [(victims[0], "alone")] if len(victims) == 1 else []
    if isinstance(event, ContactRecorded) and event.contact == "joint_attendance":
        return [(one, "jointly") for one in asked]
    return []


def _was_asked(event: object) -> bool:
    """Say whether an enquiry, where it was one, was made, and not in a joint meeting."""
    if not isinstance(event, EnquiryMade):
        return True
    return event.enquiry in ASKED and event.setting != "joint_meeting"
