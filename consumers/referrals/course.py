"""How a referral stands, and when its decision falls due.

Pure. Source: domain.md 1.10, 7 (What comes back); review 5.6.3 (iii).
"""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from broker.core.legs import reached
from consumers.standing import is_unsaid
from contracts.context import Urgency
from contracts.duration import HOUR_MS
from contracts.event.control import Agency, Rules
from contracts.event.report import ReferralMade
from contracts.statement import Statement

DUTY = "referral_decision"
"""The duty that runs out where nobody decides."""

Direction = Literal["made", "received"]

WORDS: dict[str, str] = {
    "accepted": "accepted",
    "refused": "REFUSED: the risk is still with whoever referred; look for another way",
    "redirected": "redirected: refer to whom they named; nobody has it yet",
}
"""Each decision as a reader must take it."""

Held = Literal["quarantined", "provisional", "closed", "recalled", "elsewhere"]

CLOSED = frozenset({"closed", "recalled"})
"""How a referral is held that nobody will be sent any more."""

HELD: dict[str, str] = {
    "quarantined": "HELD: it reached nobody yet",
    "provisional": "HELD for all but the police: it did not reach whoever is to decide it yet",
    "closed": "NOT SENT: it was taken back, or refused by whoever decides on what is held",
    "recalled": "CLOSED: it was taken back, or refused by whoever decides on what is held; "
    "the police may have had it before, marked provisional",
    "elsewhere": "It went to who acts on emergencies, and perhaps NOT to whoever is to decide it",
}
"""Why a referral that this agency made is with nobody who could decide it."""

TITLES: dict[str, str] = {
    "marac": "MARAC", "idva": "an adviser (IDVA)", "daiu": "the domestic abuse investigation unit",
    "mash": "the multi-agency hub (MASH)", "care_act_s42": "adult care (Care Act s42)",
    "children": "children's social care", "perpetrator_programme": "a perpetrator programme",
    "substance": "a substance service", "talking_therapy": "talking therapy",
    "housing": "housing", "safety_planner": "a safety planner",
    "handover": "who takes over when supervision ends",
}  # fmt: skip
"""Each kind of referral as a person on duty reads it."""


def due_at(urgency: Urgency, at: int, *, rules: Rules) -> int:
    """Give the ledger time by which a referral is decided, in milliseconds.

    Args:
        urgency: the referral's.
        at: the ledger time of the referral.
        rules: the founding's; the hours are those of a response.
    """
    hours = rules.response_hours if urgency == "routine" else rules.response_hours_urgent
    return at + hours * HOUR_MS


def direction_of(
    referral: Statement, *, publisher: str, addressee: str, ours: str
) -> Direction | None:
    """Say whether an agency made a referral, or received it to decide; None where it only heard.

    Args:
        referral: a `referral_made`.
        publisher: its agency, or who acts in its place.
        addressee: whom it is put to, or who acts in their place.
        ours: the agency that looks.
    """
    if not isinstance(referral.sections.get("event"), ReferralMade):
        return None
    if publisher == ours:
        return "made"
    return "received" if addressee == ours else None


def held_by(
    marks: Collection[str], urgency: Urgency, *, addressee_kind: str, is_called: bool
) -> Held | None:
    """Say how a referral of ours is held, by what its delivery to ourselves is marked with.

    Args:
        marks: the delivery's.
        urgency: the referral's.
        addressee_kind: of agency; the police are sent what is provisional.
        is_called: whether the addressee acts on emergencies; to others one goes by agreement alone.
    """
    if not is_unsaid(marks, urgency):
        return "elsewhere" if "provisional" in marks and not is_called else None
    if "closed" in marks:
        return "recalled" if addressee_kind == "police" and urgency == "urgent" else "closed"
    if "quarantined" in marks:
        return "quarantined"
    return "provisional" if addressee_kind != "police" else None


def is_put(row: Mapping[Any, Any]) -> bool:
    """Say whether a referral is put to somebody still: nobody decided yet, or it was accepted."""
    return row["decision"] in {None, "accepted"}


def unreached(row: Mapping[Any, Any], agencies: Mapping[str, Agency]) -> str | None:
    """Say of a referral that is held that nobody has it, and whom to ring; None of any other.

    What is closed is told to nobody by telephone either. What was decided did reach somebody.

    Args:
        row: the referral's.
        agencies: of the partnership, by id.
    """
    if row["held"] is None or row["decision"] is not None:
        return None
    if row["held"] in CLOSED:  # nobody is rung with what others refused to share
        return (
            f"{HELD[row['held']]}. Unless you took it back yourself, ask whoever decided why; do "
            "not pass it on meanwhile"
        )
    to = agencies.get(row["addressee"])
    whom = f"{to.title}: {reached(to.contact)}" if to else row["addressee"]
    return f"{HELD[row['held']]}. Do not wait for a decision: ring {whom}"
