"""A threat to life: delivered at once to those who can act; what is missing becomes a duty.

No agreement, consent, provenance or classification stops it. Exclusions hold: an excluded force
is replaced by the alternate that entry 0 names. Sealed sections stay sealed.

Source: design.md, Examine and decide; domain.md 5 (Blocking would be dangerous).
"""

from collections.abc import Sequence

import msgspec

from broker.core.index import Known
from broker.core.legs import (
    HOUR_MS,
    Passed,
    own_delivery,
    provenance_owed,
    response_owed,
    role_of,
    try_legs,
    visible,
)
from broker.core.state import State
from contracts.entry import Delivery, Duty, ReasonGiven
from contracts.event import BY_NAME, Audience
from contracts.finding import Findings
from contracts.identifier import agency_of
from contracts.reason import Reason, Stage
from contracts.section import SEALED


def is_one(findings: Findings) -> bool:
    """Say whether nothing may stop a statement: a threat to life, in any report or request."""
    return findings.urgency == "threat_to_life" and is_about_people(findings.event)


def is_about_people(event: str) -> bool:
    """Say whether an event tells or asks something of people, by its name."""
    row = BY_NAME[event]
    return row.persons or row.audience is Audience.SHARED


def decide(findings: Findings, state: State, causes: dict[int, Known | None], at: int) -> Passed:
    """Deliver to every emergency recipient and every leg; name what is missing as duties."""
    tried = try_legs(findings, state, causes, at=at)
    missing = [ReasonGiven(code) for code in findings.missing]
    direct = [
        _delivery(findings, state, to, causes, at, ["emergency"])
        for to in _recipients(findings, state)
    ]
    served = {delivery.to for delivery in direct}
    marks = ["provisional"] if missing else []
    others = [
        msgspec.structs.replace(d, marks=[*d.marks, *marks])
        for d in tried.deliveries
        if d.to not in served
    ]
    reasons = sorted([*missing, *tried.reasons], key=lambda given: Reason.of(given.code).stage)
    duties = [provenance_owed(findings, state, at)] if missing else []
    if any(Reason.of(given.code).stage > Stage.PROVENANCE for given in tried.reasons):
        duties.append(_governance_owes("agreement_review", findings, state, at))
    duties.append(_governance_owes("emergency_review", findings, state, at))
    own = own_delivery(findings)
    deliveries = [own, *direct, *(d for d in others if d.to != own.to)]
    return Passed(deliveries, reasons, duties, tried.contact)


def unverified(
    findings: Findings, state: State, at: int, *, reasons: Sequence[ReasonGiven]
) -> Passed:
    """Deliver to the police duty role alone, marked, with a duty to call back.

    It changes no state and triggers no rule: nobody can be sure who wrote it. Its causes are
    withheld: what they refer to was not checked either.

    Args:
        findings: as it can be read.
        state: the fold before it.
        at: ledger time, in milliseconds.
        reasons: why it is not to be relied on.
    """
    unchecked = dict.fromkeys(range(1, len(findings.refers) + 1))
    police = [to for to in _recipients(findings, state) if state.kind_of(to) == "police"]
    due_at = at + _hours(state) * HOUR_MS
    deliveries = [
        msgspec.structs.replace(
            _delivery(findings, state, to, unchecked, at, ["emergency", "unverified"]),
            duties=[Duty("call_back", findings.statement, to, role_of(state, to), due_at)],
        )
        for to in police
    ]
    return Passed(deliveries, [*reasons, ReasonGiven(Reason.SIGNATURE_UNVERIFIED)])


def _recipients(findings: Findings, state: State) -> list[str]:
    """List who is told, an excluded one replaced by its alternate, the publisher apart."""
    if state.founding is None:
        return []
    alternates = state.founding.alternates
    told = [
        alternates.get(to, "") if to in findings.excluded else to
        for to in state.founding.emergency_recipients
    ]
    publisher = agency_of(findings.source)
    barred = {publisher, "", *findings.excluded}
    return [to for to in dict.fromkeys(told) if to not in barred]


def _delivery(  # noqa: PLR0913 - a delivery joins this many things
    findings: Findings,
    state: State,
    to: str,
    causes: dict[int, Known | None],
    at: int,
    marks: list[str],
) -> Delivery:
    names = [name for name in findings.sections if name not in SEALED]
    return Delivery(
        statement=findings.statement,
        to=to,
        leg="emergency",
        sections=visible(to, names, causes),
        handling=findings.classification,
        marks=[*marks, *(["provisional"] if findings.missing else [])],
        duties=[response_owed(findings, state, to, at)],
        withheld_from=findings.withheld_from,
    )


def _governance_owes(kind: str, findings: Findings, state: State, at: int) -> Duty:
    governance = state.founding.governance if state.founding else ""
    due_at = at + _hours(state) * HOUR_MS
    role = role_of(state, governance)
    if kind == "agreement_review":
        return Duty("agreement_review", findings.statement, governance, role, due_at)
    return Duty("emergency_review", findings.statement, governance, role, due_at)


def _hours(state: State) -> int:
    return state.founding.rules.emergency_hours if state.founding else 0
