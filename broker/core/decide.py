"""The decision: from findings and the fold, who receives which sections, or why nobody does.

`decide` reads top to bottom in the stages of design.md: control, provenance, agreement, basis,
consent and override, minimisation per recipient. It is total and deterministic; nothing that a
publisher can send makes it raise. A threat to life is never stopped by any stage.

Source: design.md, Examine and decide; domain.md 4 (M02, M16), 5, 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from broker.core import emergency
from broker.core.control import judge_control
from broker.core.index import Index, Known
from broker.core.legs import Passed, carried, own_delivery, provenance_owed, try_legs
from broker.core.state import Proposal, State, ruleset_digest
from contracts.entry import Decision, Delivery, Outcome, ReasonGiven, Redecided
from contracts.event import BY_NAME, Audience
from contracts.event.control import AgencyAdmitted
from contracts.finding import EXAMINER, Findings
from contracts.identifier import agency_of
from contracts.reason import Reason
from contracts.section import NEVER_DELIVERED

DECIDER = "candour-decide/1"
"""The version of this module that stands in each decision; a change in outcomes changes it."""


@dataclass(slots=True)
class Ruling:
    """A decision and what it delivers, the earlier held statement's first."""

    decision: Decision
    deliveries: list[Delivery] = field(default_factory=list)


def decide(
    findings: Findings,
    state: State,
    index: Index,
    *,
    at: int,
    unverified: Sequence[ReasonGiven] = (),
) -> Ruling:
    """Decide one statement.

    Args:
        findings: what it shows.
        state: the fold of every entry before it.
        index: what was decided before, for what it refers to.
        at: the ledger time of the entry this becomes, in milliseconds.
        unverified: why it was refused; only a readable threat to life comes here so.
    """
    agency = agency_of(findings.source) or ""
    row = BY_NAME[findings.event]
    if unverified:
        passed = emergency.unverified(findings, state, at, reasons=unverified)
        return _ruling(findings, state, "accepted_emergency", passed)
    if row.audience is Audience.PUBLIC_CONTROL:
        return _control(findings, state, at)
    causes = {number: index.by_id(cause) for number, cause in enumerate(findings.refers, 1)}
    if row.refers and not emergency.is_one(findings) and not _holds(agency, causes.get(1)):
        reason = ReasonGiven(Reason.REFERS_TO_UNKNOWN, ["cause.1"])
        return _ruling(findings, state, "rejected", Passed(reasons=[reason]))
    if findings.event == "provenance_supplied":
        return _supplied(findings, state, index, causes, at)
    return _policy(findings, state, causes, at)


def _policy(findings: Findings, state: State, causes: dict[int, Known | None], at: int) -> Ruling:
    """Run provenance, agreement, basis, consent and minimisation over one statement."""
    if emergency.is_one(findings):
        passed = emergency.decide(findings, state, causes, at)
        return _ruling(findings, state, "accepted_emergency", passed)
    own = BY_NAME[findings.event].audience is Audience.OWN
    tried = try_legs(findings, state, causes, at=at, as_named=not own)
    missing = [ReasonGiven(code) for code in findings.missing]
    if own or (tried.deliveries and not missing):
        tried.reasons, tried.contact = [], None
        return _ruling(findings, state, "accepted", _with_own(findings, tried))
    if not missing:
        return _ruling(findings, state, "quarantined", _with_own(findings, tried, "quarantined"))
    tried.duties = [provenance_owed(findings, state, at)]
    police = [d for d in tried.deliveries if state.kind_of(d.to) == "police"]
    tried.reasons = missing
    if findings.urgency == "urgent" and police:
        tried.deliveries = [_marked(d, "provisional") for d in police]
        return _ruling(findings, state, "provisional", _with_own(findings, tried, "provisional"))
    tried.deliveries = []
    return _ruling(findings, state, "quarantined", _with_own(findings, tried, "quarantined"))


def _supplied(
    findings: Findings,
    state: State,
    index: Index,
    causes: dict[int, Known | None],
    at: int,
) -> Ruling:
    """Decide a held statement anew with the provenance its originator now supplies."""
    known = causes[1]
    held = state.held.get(known.submission) if known else None
    if known is None or held is None or known.agency != agency_of(findings.source):
        reason = ReasonGiven(Reason.REFERS_TO_UNKNOWN, ["cause.1"])
        return _ruling(findings, state, "rejected", Passed(reasons=[reason]))
    again = msgspec.structs.replace(
        held,
        level=findings.level,
        missing=findings.missing,
        # Whom either statement excludes sees neither: the second quotes the first.
        excluded=sorted({*held.excluded, *findings.excluded}),
        withheld_from=sorted({*held.withheld_from, *findings.withheld_from}),
    )
    held_causes = {n: index.by_id(cause) for n, cause in enumerate(held.refers, 1)}
    ruling = _policy(again, state, held_causes, at)
    own = own_delivery(findings)
    shown = [name for name in findings.sections if name in {"event", "provenance", "cause.1"}]
    forwarded = [
        msgspec.structs.replace(
            d, statement=findings.statement, sections=carried(d, shown, state), duties=[]
        )
        for d in ruling.deliveries
        if d.to != own.to
    ]
    outcome = ruling.decision.outcome
    recipients = [d.to for d in ruling.deliveries if d.to != own.to]
    redecided = Redecided(held.statement, outcome, ruling.decision.reasons, recipients)
    decision = msgspec.structs.replace(
        ruling.decision,
        outcome="accepted",
        reasons=[],
        level=findings.level,
        redecided=[redecided],
        recipients=recipients,
    )
    return Ruling(decision, [*ruling.deliveries, own, *forwarded])


def _control(findings: Findings, state: State, at: int) -> Ruling:
    """Judge public control and deliver it whole to every agency, a newly admitted one included."""
    reasons = judge_control(findings, state, at=at)
    if reasons:
        return _ruling(findings, state, "rejected", Passed(reasons=reasons))
    recipients = set(state.agencies)
    if findings.founding is not None:
        recipients |= {agency.id for agency in findings.founding.founding.agencies}
    newcomer = _newcomer(state.backing(findings), state)
    # What came before comes first: a newcomer learns the keys that it needs for the rest.
    deliveries = [_public(digest, newcomer, names) for digest, names in state.control if newcomer]
    deliveries += [
        _public(findings.statement, to, findings.sections)
        for to in sorted(recipients | ({newcomer} if newcomer else set()))
    ]
    return _ruling(findings, state, "accepted", Passed(deliveries=deliveries))


def _newcomer(backed: tuple[str, Proposal] | None, state: State) -> str | None:
    if backed is None or not state.takes_effect(backed[1]):
        return None
    act = backed[1].act
    return act.agency.id if isinstance(act, AgencyAdmitted) else None


def _public(digest: str, to: str, sections: list[str]) -> Delivery:
    return Delivery(
        statement=digest,
        to=to,
        leg="public_control",
        sections=[name for name in sections if name not in NEVER_DELIVERED],
        handling="OFFICIAL",
    )


def _holds(agency: str, known: Known | None) -> bool:
    """Say whether an agency may refer to a statement: its own, or one that it was sent."""
    return known is not None and (agency == known.agency or agency in known.recipients)


def _with_own(findings: Findings, tried: Passed, mark: str | None = None) -> Passed:
    """Put the publisher's own view first; it says so where the rest is held."""
    own = own_delivery(findings)
    tried.deliveries = [_marked(own, mark) if mark else own, *tried.deliveries]
    return tried


def _marked(delivery: Delivery, mark: str) -> Delivery:
    return msgspec.structs.replace(delivery, marks=[*delivery.marks, mark])


def _ruling(findings: Findings, state: State, outcome: Outcome, passed: Passed) -> Ruling:
    """Write the decision down, under the rules in force or those a founding brings."""
    publisher = agency_of(findings.source)
    founded = findings.founding
    decision = Decision(
        outcome=outcome,
        reasons=passed.reasons,
        level=findings.level,
        recipients=list(dict.fromkeys(d.to for d in passed.deliveries if d.to != publisher)),
        duties=passed.duties,
        contact=passed.contact,
        examiner=EXAMINER,
        decider=DECIDER,
        ruleset=ruleset_digest(founded.founding) if founded else state.ruleset,
    )
    return Ruling(decision, passed.deliveries)
