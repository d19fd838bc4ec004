"""What each leg of the agreements in force lets its recipient have of one statement.

A recipient gets what the first leg that passes allows. Exclusions beat every leg, in silence.

Source: domain.md 1.7, 1.8, 7 (Default matrix); design.md, Examine and decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from broker.core.index import Known
from broker.core.state import State
from contracts.agreement import LEVELS, Agreement, ConsentRule, Leg, allowed_by, legs_for
from contracts.entry import Delivery, Duty, ReasonGiven
from contracts.finding import Findings
from contracts.identifier import agency_of
from contracts.reason import Reason
from contracts.section import NEVER_DELIVERED, Contact, number_of

HOUR_MS = 3_600_000

ADDRESSED = frozenset({"information_requested", "information_supplied", "response_given"})
"""Types that a full leg carries only to the one agency they are put to, or answer."""


@dataclass(slots=True)
class Passed:
    """What passed the legs, and why nothing did where nothing did."""

    deliveries: list[Delivery] = field(default_factory=list)
    reasons: list[ReasonGiven] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    contact: str | None = None


def try_legs(
    findings: Findings,
    state: State,
    causes: dict[int, Known | None],
    *,
    at: int,
    as_named: bool = True,
) -> Passed:
    """Try every leg in force; `reasons` are those of the first failing stage, if none passed.

    Args:
        findings: of the statement.
        state: the fold before it.
        causes: what is known of each statement it names, by number.
        at: ledger time, in milliseconds.
        as_named: try the legs as if nothing were missing of the provenance: the caller judges it.
    """
    sender = agency_of(findings.source) or ""
    agreements = [
        a for a in state.in_force(at) if a.contact_of(sender) and findings.agreement in {None, a.id}
    ]
    if not agreements:
        reason = ReasonGiven(Reason.AGREEMENT_NONE)
        return Passed(reasons=[reason], contact=_ring(state))
    passed = Passed()
    failed: list[Reason] = []
    served: set[str] = set()
    for agreement in agreements:
        legs = legs_for(agreement, sender=sender, event=findings.event, purpose=findings.purpose)
        for to, leg in legs:
            if to in served or not _is_addressed(findings, leg, to, causes):
                continue
            refused = _refusal(findings, leg, to, as_named=as_named)
            if refused is not None:
                failed.append(refused)
                continue
            served.add(to)
            passed.deliveries.append(_delivery(findings, state, agreement, leg, to, causes, at))
    if not passed.deliveries:
        codes = failed or [Reason.AGREEMENT_NO_LEG]
        first = min(code.stage for code in codes)
        passed.reasons = [ReasonGiven(code) for code in dict.fromkeys(codes) if code.stage == first]
        passed.contact = _ring(state)
    return passed


def own_delivery(findings: Findings) -> Delivery:
    """Give the publisher its own statement back: an agency's views include what it said."""
    return Delivery(
        statement=findings.statement,
        to=agency_of(findings.source) or "",
        leg="own",
        sections=[name for name in findings.sections if name not in NEVER_DELIVERED],
        handling=findings.classification,
        withheld_from=findings.withheld_from,
    )


def carried(delivery: Delivery, names: Sequence[str], state: State) -> list[str]:
    """Give those of a statement's sections that another delivery's authority carries too.

    Args:
        delivery: under a leg of an agreement in force, or of an emergency, which carries all.
        names: none of them a person's.
        state: the fold that it was decided on.
    """
    agreement, _, leg_id = delivery.leg.partition("/")
    held = state.agreements.get(agreement.partition("@")[0])
    leg = next((one for one in held.legs if one.id == leg_id), None) if held else None
    return list(names if leg is None else allowed_by(tuple(leg.sections), tuple(names), ()))


def provenance_owed(findings: Findings, state: State, at: int) -> Duty:
    """Say what the publisher owes whose statement named nobody: the rest, by a clock."""
    agency = agency_of(findings.source) or ""
    rules = state.founding.rules if state.founding else None
    hours = 0
    if rules is not None:
        urgent = findings.urgency != "routine"
        hours = rules.provenance_hours_urgent if urgent else rules.provenance_hours
    due_at = at + hours * HOUR_MS
    return Duty("provenance_supplied", findings.statement, agency, role_of(state, agency), due_at)


def response_owed(findings: Findings, state: State, to: str, at: int) -> Duty:
    """Say what an acting recipient owes the publisher: an answer, by a clock."""
    rules = state.founding.rules if state.founding else None
    hours = 0
    if rules is not None:
        urgent = findings.urgency != "routine"
        hours = rules.response_hours_urgent if urgent else rules.response_hours
    due_at = at + hours * HOUR_MS
    return Duty("response_given", findings.statement, to, role_of(state, to), due_at)


def role_of(state: State, agency: str) -> str:
    """Give the role that owns a duty in an agency, from the founding's rules."""
    roles = state.founding.rules.roles if state.founding else {}
    return roles.get(state.kind_of(agency), roles.get("other", "duty_manager"))


def visible(to: str, names: list[str], causes: dict[int, Known | None]) -> list[str]:
    """Drop the causes that a recipient does not hold itself."""
    if not causes:
        return names
    return [
        name
        for name in names
        if not name.startswith("cause.") or _has(to, causes.get(number_of(name)))
    ]


def _has(to: str, known: Known | None) -> bool:
    return known is not None and (to == known.agency or to in known.recipients)


def _is_addressed(findings: Findings, leg: Leg, to: str, causes: dict[int, Known | None]) -> bool:
    if findings.event not in ADDRESSED or leg.level == "minimal":
        return True
    answered = causes.get(1)
    addressee = findings.addressee or (answered.agency if answered else None)
    return to == addressee


def _refusal(findings: Findings, leg: Leg, to: str, *, as_named: bool) -> Reason | None:
    """Give the first stage at which a leg does not carry a statement to a recipient."""
    waived = as_named and findings.missing
    if not waived and LEVELS.index(findings.level) < LEVELS.index(leg.provenance):
        return Reason.PROVENANCE_BELOW_LEG
    if findings.basis is None or (
        (findings.basis.regime, findings.basis.article, findings.basis.gateway)
        != (leg.basis.regime, leg.basis.article, leg.basis.gateway)
    ):
        return Reason.BASIS_UNFIT
    if leg.consent is not None and not _has_consent(findings, leg.consent):
        return Reason.CONSENT_ABSENT
    return Reason.EXCLUDED if to in findings.excluded else None


def _has_consent(findings: Findings, rule: ConsentRule) -> bool:
    if findings.override is not None and findings.override in (rule.overrides or []):
        return True
    states = [view.state for view in findings.consent]
    return bool(states) and all(state == "given" for state in states)


def _delivery(  # noqa: PLR0913 - a delivery joins this many things
    findings: Findings,
    state: State,
    agreement: Agreement,
    leg: Leg,
    to: str,
    causes: dict[int, Known | None],
    at: int,
) -> Delivery:
    allowed = allowed_by(
        tuple(leg.sections), tuple(findings.sections), tuple(findings.parts.items())
    )
    duties = [response_owed(findings, state, to, at)] if leg.owes_response else []
    return Delivery(
        statement=findings.statement,
        to=to,
        leg=f"{agreement.id}@{agreement.version}/{leg.id}",
        sections=visible(to, list(allowed), causes),
        handling=leg.handling or findings.classification,
        basis=leg.recipient_basis.article,
        gateway=leg.basis.gateway,
        marks=leg.marks or [],
        duties=duties,
        withheld_from=findings.withheld_from,
        onward=leg.onward,
        retention_days=leg.retention_days,
    )


def _ring(state: State) -> str | None:
    """Say whom to ring about an agreement: the governance agency, as it was founded."""
    governance = state.agencies.get(state.founding.governance) if state.founding else None
    return f"{governance.title}: {reached(governance.contact)}" if governance else None


def reached(contact: Contact) -> str:
    """Write a contact in one line, night number last."""
    night = f"out of hours {contact.out_of_hours}" if contact.out_of_hours else None
    return ", ".join(way for way in (contact.telephone, contact.mailbox, night) if way)
