"""Which duties a view lays on its recipient, and which statement of its own discharges one.

Pure. Source: domain.md 7, What comes back; design.md, What is done about it.
"""

from dataclasses import dataclass
from typing import Literal

from contracts.event.work import InformationRequested, InformationSupplied, ResponseGiven
from contracts.opened import View

Kind = Literal["response_given", "information_supplied"]


@dataclass(frozen=True, slots=True)
class Owed:
    """One duty.

    Attributes:
        kind: the event that discharges it.
        about: the id of the report, or of the request, that it answers.
        statement: the report's id.
        role: who owns it, None where the agency's own role does.
        due_at: ledger milliseconds.
    """

    kind: Kind
    about: str
    statement: str
    role: str | None
    due_at: int

    @property
    def key(self) -> str:
        """What the duty is known by."""
        return f"{self.kind}/{self.about}"


def laid_on(view: View, agency: str) -> list[Owed]:
    """List what a view makes its recipient owe.

    Args:
        view: verified; from another agency or its own.
        agency: the recipient.
    """
    said = view.statement.context.id
    found = [
        Owed("response_given", said, said, duty.role, duty.due_at)
        for duty in view.delivery.duties
        if duty.kind == "response_given" and duty.agency == agency
    ]
    event = view.statement.sections.get("event")
    if isinstance(event, InformationRequested) and event.addressee == agency:
        found.append(Owed("information_supplied", said, event.statement, None, event.due_at))
    return found


def discharged_by(view: View) -> str | None:
    """Give the key of the duty that one of our own statements discharges, None for any other."""
    event = view.statement.sections.get("event")
    if isinstance(event, ResponseGiven):
        return f"response_given/{event.statement}"
    if isinstance(event, InformationSupplied):
        return f"information_supplied/{event.request}"
    return None
