"""The decision: from findings and the fold, who receives which sections, or why nobody does.

`decide` reads top to bottom in the stages of design.md: control, provenance, agreement, basis,
consent and override, minimisation per recipient. It is total and deterministic; nothing that a
publisher can send makes it raise. A threat to life is never stopped by any stage.

Source: design.md, Examine and decide; domain.md 4 (M02, M16), 5, 7.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from broker.core import case, emergency, holding, notices
from broker.core.control import judge_control
from broker.core.decider import version_of
from broker.core.index import APART, Index, causes_of
from broker.core.legs import (
    Asked,
    Passed,
    carried,
    governed,
    governor,
    holds,
    marked,
    owed_by,
    own_delivery,
    provenance_owed,
    try_legs,
)
from broker.core.recorded import is_over
from broker.core.state import State, ruleset_digest
from broker.core.waiting import Held, completed
from contracts.entry import Decision, Delivery, Duty, Outcome, ReasonGiven, Redecided
from contracts.event import BY_NAME, Audience
from contracts.event.control import Act, AgencyAdmitted, AgencySucceeded, KeyRevoked
from contracts.finding import Findings
from contracts.identifier import agency_of
from contracts.reason import Reason
from contracts.section import NEVER_DELIVERED

QUESTION = "information_requested"


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
    asked = _asked(findings, state, index, at)
    if unverified:
        passed = emergency.unverified(asked, reasons=unverified)
        return _ruling(asked, "accepted_emergency", passed)
    if BY_NAME[findings.event].audience is Audience.PUBLIC_CONTROL:
        return _control(asked, index)
    if _lacks_cause(asked):
        return _rejected(asked, [ReasonGiven(Reason.REFERS_TO_UNKNOWN, ["cause.1"])])
    defects = case.defects(asked, index)
    if defects:
        return _rejected(asked, defects)
    if findings.event == "provenance_supplied":
        return _supplied(asked, index)
    if findings.event == "release_decided":
        return _released(asked, index)
    if findings.event in case.CORRECTING:
        return _corrected(asked, index)
    if findings.event == "correction_acknowledged":
        return _ruling(asked, "accepted", notices.acknowledged(asked))
    if findings.event == "recall_acknowledged":
        return _ruling(asked, "accepted", notices.recall_acknowledged(asked))
    if findings.event == "erasure_endorsed":
        return _ruling(asked, "accepted", notices.erased(asked, index))
    ruling = _policy(asked)
    if findings.event in case.REACHES_BACK:
        ruling.deliveries = notices.kept_from(asked, index, ruling.deliveries)
    return ruling


def _asked(findings: Findings, state: State, index: Index, at: int) -> Asked:
    """Look up what a statement arises from; leave out what the state does not bear out."""
    causes, agency = causes_of(index, findings), agency_of(findings.source) or ""
    rests_on = {n: None if known is None else known.level for n, known in causes.items()}
    # A question claims nothing, and at night it is how a report comes to name somebody.
    lowers = version_of(state.decider).lowers_what_rests_on_less and findings.event != QUESTION
    level = state.keys.level(findings, agency, at, rests_on if lowers else {}, state.acting)
    if level != findings.level:
        findings = msgspec.structs.replace(findings, level=level)
    asked = Asked(findings, state, causes, at)
    asked.unheard = case.unheard(asked, index)
    if asked.unheard:
        heard = [one for one in findings.consent if one.subject not in asked.unheard]
        asked.findings = msgspec.structs.replace(findings, consent=heard)
    return asked


def _again(held: Held, findings: Findings, asked: Asked, index: Index) -> Asked:
    """Ask anew about a held statement: since when it is held, and who was given it already.

    Args:
        held: as it waits.
        findings: its own, or with the provenance that was supplied.
        asked: what decides it anew.
        index: what was decided before.
    """
    state, known = asked.state, index.by_id(findings.id)
    again = _asked(findings, state, index, asked.at)
    again.entry = held.entry
    if known is not None:
        again.holders = frozenset(map(state.acting, (known.agency, *known.recipients)))
    return again


def _lacks_cause(asked: Asked) -> bool:
    row = BY_NAME[asked.findings.event]
    if not row.refers or emergency.is_one(asked.findings):
        return False
    return not holds(asked, asked.agency, asked.causes.get(1))


def _policy(asked: Asked) -> Ruling:
    """Run provenance, agreement, basis, consent and minimisation over one statement."""
    if emergency.is_one(asked.findings):
        return _ruling(asked, "accepted_emergency", emergency.decide(asked))
    own = BY_NAME[asked.findings.event].audience is Audience.OWN
    asked.as_named = not own
    tried = try_legs(asked)
    missing = [ReasonGiven(code) for code in asked.findings.missing if code not in asked.waived]
    if own or (tried.deliveries and not missing):
        tried.reasons, tried.contact = [], None
        tried.deliveries.insert(0, own_delivery(asked))
        return _ruling(asked, "accepted", tried)
    police = [d for d in tried.deliveries if asked.state.kind_of(d.to) == "police"]
    if missing:
        tried.reasons, tried.duties = missing, [provenance_owed(asked)]
    tried.deliveries = []
    if missing and asked.findings.urgency == "urgent" and police:
        tried.deliveries = [marked(d, "provisional") for d in police]
        return _ruling(asked, "provisional", holding.held(asked, "provisional", tried))
    return _ruling(asked, "quarantined", holding.held(asked, "quarantined", tried))


def _supplied(asked: Asked, index: Index) -> Ruling:
    """Decide a held statement anew with the provenance its originator now supplies."""
    findings, state, known = asked.findings, asked.state, asked.causes.get(1)
    held = state.waiting.held.get(known.submission) if known else None
    if known is None or held is None or state.acting(held.agency) != asked.agency:
        return _rejected(asked, [ReasonGiven(Reason.REFERS_TO_UNKNOWN, ["cause.1"])])
    anew = _again(held, completed(held.findings, findings), asked, index)
    ruling = _policy(anew)
    own = own_delivery(asked)
    shown = [name for name in findings.sections if name in notices.TOLD_OF_CORRECTION]
    forwarded = [
        msgspec.structs.replace(
            d, statement=findings.statement, sections=carried(d, shown, state, asked.at),
            duties=[], reasons=[],
        )
        for d in ruling.deliveries
        if d.to != own.to and d.leg not in APART
    ]  # fmt: skip
    return _anew(asked, anew, ruling, [own, *forwarded])


def _released(asked: Asked, index: Index) -> Ruling:
    """Take the quarantine desk's word in, and do what it says once enough hands say it."""
    findings, state = asked.findings, asked.state
    own, released = own_delivery(asked), findings.released
    held = state.waiting.held.get(released.statement) if released is not None else None
    if released is None or held is None:
        return _ruling(asked, "accepted", Passed([own]))
    again = _again(held, held.findings, asked, index)
    agreed = case.agrees(held, released)
    if not agreed and not (released.alone and released.decision == "release"):
        # Nothing is lost by waiting: one alone refuses nothing for good.
        ruling = _ruling(asked, "accepted", Passed([own]))
        return _seconded(ruling, again, own) if released.alone else ruling
    if released.decision == "refuse":
        closed = _closed(again, [ReasonGiven(Reason.QUARANTINE_REFUSED)])
        ruling = _anew(asked, again, closed, [own])
    else:
        again.waived = frozenset(released.waived)
        ruling = _anew(asked, again, _policy(again), [own])
    over = is_over(ruling.decision.redecided[0], again.findings)
    return _seconded(ruling, again, own) if over and not agreed else ruling


def _seconded(ruling: Ruling, again: Asked, own: Delivery) -> Ruling:
    """Have a second practitioner look, by a clock, at what one decided alone."""
    rules = again.state.rules
    second = owed_by(again, "second_release", own.to, rules.second_release_hours if rules else 0)
    duties = [*ruling.decision.duties, second]
    ruling.decision = msgspec.structs.replace(ruling.decision, duties=duties)
    at = ruling.deliveries.index(own)
    ruling.deliveries[at] = msgspec.structs.replace(own, duties=[second])
    return ruling


def _corrected(asked: Asked, index: Index) -> Ruling:
    """Deliver a correction to whoever has what it corrects; what is held still, is let go."""
    known = asked.causes.get(1)
    held = asked.state.waiting.held.get(known.submission) if known is not None else None
    passed = notices.corrected(asked)
    if held is None or asked.findings.event != "statement_retracted":
        return _ruling(asked, "accepted", passed)
    again = _again(held, held.findings, asked, index)
    closed = _closed(again, [ReasonGiven(Reason.RETRACTED)])
    return _anew(asked, again, closed, passed.deliveries)


def _closed(asked: Asked, reasons: list[ReasonGiven]) -> Ruling:
    """Say to the publisher that a held statement goes no further."""
    own = msgspec.structs.replace(own_delivery(asked), marks=["closed"], reasons=reasons)
    return _ruling(asked, "rejected", Passed([own], reasons))


def _anew(asked: Asked, again: Asked, ruling: Ruling, further: list[Delivery]) -> Ruling:
    """Record what became of a held statement in the entry that decides it anew.

    Args:
        asked: what decides it anew.
        again: the held statement.
        ruling: what was decided of it.
        further: what the deciding statement delivers of itself.
    """
    decided, held = ruling.decision, again.findings
    recipients = list(dict.fromkeys(d.to for d in ruling.deliveries if d.leg not in APART))
    row = Redecided(
        held.statement, held.id, again.agency, decided.outcome, decided.reasons, recipients
    )
    deliveries = ruling.deliveries
    over, noticed = is_over(row, again.findings), holding.noticed(again)
    # A notice would stand in the place of the statement, with whoever was given that.
    waited = {to for to in noticed if over and to not in again.holders}
    told = [to for to in noticed if to not in recipients and to in waited | again.barred]
    deliveries = [*deliveries, *(holding.closed(again, to) for to in told)]
    if over and governor(again) not in again.holders:
        deliveries = governed(again, deliveries, [], [], ["closed"])
    decision = msgspec.structs.replace(
        decided,
        outcome="accepted",
        reasons=[],
        level=asked.findings.level,
        redecided=[row],
        recipients=recipients,
        unheard=asked.unheard,
    )
    return Ruling(decision, [*deliveries, *further])


def _control(asked: Asked, index: Index) -> Ruling:
    """Judge public control and deliver it whole to every agency, a newly admitted one included."""
    findings, state = asked.findings, asked.state
    reasons = judge_control(findings, state, at=asked.at)
    if reasons:
        return _rejected(asked, reasons)
    recipients = set(state.agencies)
    if findings.founding is not None:
        recipients |= {agency.id for agency in findings.founding.founding.agencies}
    backed = state.backing(findings)
    act = backed[1].act if backed is not None and state.takes_effect(backed[1]) else None
    newcomer = act.agency.id if isinstance(act, AgencyAdmitted) else None
    owed = notices.recalled(asked, act, index) if isinstance(act, KeyRevoked) else {}
    # What came before comes first: a newcomer learns the keys that it needs for the rest.
    deliveries = [_public(digest, newcomer, names) for digest, names in state.control if newcomer]
    deliveries += [
        _public(findings.statement, to, findings.sections, _shown(owed, to, act, state))
        for to in sorted(recipients | ({newcomer} if newcomer else set()))
    ]
    if isinstance(act, AgencySucceeded):
        deliveries += _inherited(act, state, index)
    return _ruling(asked, "accepted", Passed(deliveries, duties=list(owed.values())))


def _inherited(act: AgencySucceeded, state: State, index: Index) -> list[Delivery]:
    """Give a successor what its predecessor has not answered yet, with the same clocks.

    What it is excluded from stays where it is: the publisher's clock shows that nobody answers.
    """

    def is_kept(statement: str) -> bool:
        known = index.by_id(statement)
        recorded, _ = state.consents.excluded(
            (), known.people if known else (), acting=state.acting
        )
        own = map(state.acting, known.barred) if known else ()
        return act.successor in {*recorded, *own}

    return [
        msgspec.structs.replace(
            delivery,
            to=act.successor,
            marks=[*delivery.marks, "inherited"],
            duties=[
                msgspec.structs.replace(duty, agency=act.successor) for duty in delivery.duties
            ],
        )
        for (to, statement), delivery in sorted(state.waiting.owed.items())
        if to == act.agency and not is_kept(statement)
    ]


def _shown(owed: dict[str, Duty], to: str, act: Act | None, state: State) -> list[Duty]:
    """List the duties of a recall that an agency sees: its own, and who keeps count all of them."""
    keeps = {state.governance} | (
        {state.acting(act.agency)} if isinstance(act, KeyRevoked) else set()
    )
    return [duty for holder, duty in owed.items() if holder == to or to in keeps]


def _public(digest: str, to: str, sections: list[str], duties: Sequence[Duty] = ()) -> Delivery:
    return Delivery(
        statement=digest,
        to=to,
        leg="public_control",
        sections=[name for name in sections if name not in NEVER_DELIVERED],
        handling="OFFICIAL",
        duties=list(duties),
    )


def _rejected(asked: Asked, reasons: list[ReasonGiven]) -> Ruling:
    return _ruling(asked, "rejected", Passed(reasons=reasons))


def _ruling(asked: Asked, outcome: Outcome, passed: Passed) -> Ruling:
    """Write the decision down, under the rules in force or those a founding brings."""
    findings, state = asked.findings, asked.state
    founded = findings.founding.founding if findings.founding else None
    decider = founded.decider if founded else state.decider
    told = (d.to for d in passed.deliveries if d.to != asked.agency and d.leg not in APART)
    decision = Decision(
        outcome=outcome,
        reasons=passed.reasons,
        level=findings.level,
        recipients=list(dict.fromkeys(told)),
        duties=passed.duties,
        contact=passed.contact,
        unheard=asked.unheard,
        examiner=version_of(decider).examiner,
        decider=decider,
        ruleset=ruleset_digest(founded.rules) if founded else state.ruleset,
    )
    return Ruling(decision, passed.deliveries)
