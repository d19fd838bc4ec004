"""Which duties a view or notice lays on its recipient, and which statement discharges one.

Pure. Source: domain.md 7, What comes back; design.md, What is done about it; Control statements.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contracts.context import Urgency
from contracts.duration import HOUR_MS
from contracts.entry import Duty
from contracts.event import action, case, control, work
from contracts.form import Section
from contracts.opened import Notice, View


@dataclass(frozen=True, slots=True)
class Owed:
    """One duty.

    Attributes:
        kind: as the log names it; `information_supplied` for an answer to a request.
        about: what discharges it names this: the id of a statement; of a held one its digest; of
            a compromised key its kid.
        statement: the id of the statement it is about; empty where this agency was not told.
        role: who owns it, None where the agency's own role does.
        due_at: ledger milliseconds.
        reopens: it is a second look at a refusal, which either word of a second hand ends.
    """

    kind: str
    about: str
    statement: str
    role: str | None
    due_at: int
    reopens: bool = False

    @property
    def key(self) -> str:
        """What the duty is known by."""
        return f"{self.kind}/{self.about}{_REOPENS if self.reopens else ''}"


_REOPENS = "/refuse"


def second_looks(digest: str) -> list[str]:
    """Give the keys of a second look at what one alone released, and at what one alone refused."""
    return [f"second_release/{digest}", f"second_release/{digest}{_REOPENS}"]


REQUESTS = (work.InformationRequested, action.VictimInformationRequested)
"""What an answer (`information_supplied`) is owed to."""

ANSWERS = frozenset({"match", "possible_match", "nil", "refused", "destroyed"})
"""The outcomes that end a question: nobody looked, or nothing could be asked, is no answer."""

BY_DIGEST = frozenset({"quarantine_decision", "second_release"})
"""Duties about a statement that may be known by its digest alone."""


def laid_on(
    opened: View | Notice,
    agency: str,
    acts: Mapping[str, control.Act],
    acting: Callable[[str], str],
) -> list[Owed]:
    """List what a view or notice makes its recipient owe.

    Args:
        opened: verified; from another agency or its own.
        agency: the recipient.
        acts: every proposed act by digest.
        acting: gives who acts in an agency's place now.
    """
    context = opened.statement.context if isinstance(opened, View) else opened.context
    said = context.id if context is not None else ""
    event = opened.statement.sections.get("event") if isinstance(opened, View) else None
    found = {
        owed.key: owed
        for duty in opened.delivery.duties
        if duty.agency == agency
        for owed in [Owed(duty.kind, _about(duty, opened, said, event, acts), said, duty.role,
                          duty.due_at, _reopens(duty, event))]
    }  # fmt: skip
    if isinstance(event, REQUESTS) and acting(event.addressee) == agency:
        asked = Owed("information_supplied", said, event.statement, None, event.due_at)
        found[asked.key] = asked
    return list(found.values())


def discharged_by(event: Section | None) -> list[str]:
    """List the keys of the duties that a statement of our own discharges."""
    match event:
        case work.ResponseGiven():
            return [f"response_given/{event.statement}", f"call_back/{event.statement}"]
        case work.InformationSupplied():
            return [f"information_supplied/{event.request}"] * (event.outcome in ANSWERS)
        case work.ProvenanceSupplied():
            return [f"provenance_supplied/{event.statement}"]
        case case.EmergencyReviewed():
            kinds = ("emergency_review", "agreement_review")
            return [f"{kind}/{event.statement}" for kind in kinds]
        case case.CorrectionAcknowledged():
            return [f"correction_acknowledged/{event.correction}"]
        case case.RecallAcknowledged():
            return [f"recall_acknowledged/{event.kid}"]
        case case.ErasureConfirmed():
            return [f"erasure_confirmed/{event.erasure}"]
        case case.ReleaseDecided():
            released, refused = second_looks(event.statement)
            # A dissent takes nothing back that went out: somebody has yet to agree, or act.
            return [] if event.alone else [refused, *[released] * (event.decision == "release")]
    return []


def due_again(kind: str, urgency: Urgency, at: int, *, rules: control.Rules) -> int:
    """Give by when a duty falls due that is owed again from a ledger time on, in milliseconds.

    Args:
        kind: of duty.
        urgency: of the statement that it is about.
        at: when it is owed again.
        rules: the ruleset in force.
    """
    routine = urgency == "routine"
    match kind:
        case "provenance_supplied":
            hours = rules.provenance_hours if routine else rules.provenance_hours_urgent
        case "call_back" | "emergency_review" | "agreement_review":
            hours = rules.emergency_hours
        case "quarantine_decision":
            hours = rules.quarantine_hours
        case "second_release":
            hours = rules.second_release_hours
        case "correction_acknowledged" | "recall_acknowledged":
            hours = rules.acknowledgement_hours
        case "erasure_confirmed":
            hours = rules.erasure_hours
        case _:
            hours = rules.response_hours if routine else rules.response_hours_urgent
    return at + hours * HOUR_MS


def _reopens(duty: Duty, event: Section | None) -> bool:
    refused = isinstance(event, case.ReleaseDecided) and event.decision == "refuse"
    return refused and duty.kind == "second_release"


def _about(
    duty: Duty,
    opened: View | Notice,
    said: str,
    event: Section | None,
    acts: Mapping[str, control.Act],
) -> str:
    if duty.kind in BY_DIGEST:
        return duty.statement
    if duty.kind == "recall_acknowledged":
        return recalled_by(event, acts) or opened.delivery.statement
    return said


def recalled_by(event: Section | None, acts: Mapping[str, control.Act]) -> str | None:
    """Give the thumbprint of the key that a control statement ends; None where it ends none.

    Args:
        event: of a statement that proposes or endorses an act.
        acts: every proposed act by digest.
    """
    endorsed = acts.get(event.digest) if isinstance(event, control.ActEndorsed) else None
    act = event.proposal if isinstance(event, control.ActProposed) else endorsed
    return act.kid if isinstance(act, control.KeyRevoked) else None
