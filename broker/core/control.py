"""What a control statement may do: judged before it takes effect, from the state alone.

Founding, acts and their endorsements, exercise time. An act that does not fit what is in force is
refused with the field that does not fit; nothing is half done.
"""

from collections.abc import Iterator
from datetime import datetime

from broker.core.decider import DECIDERS
from broker.core.state import State, digest_of_act
from broker.core.terms import agreement_defects, unfit_here
from contracts import base64url, signature
from contracts.entry import ReasonGiven
from contracts.event.control import (
    Act,
    Agency,
    AgencyAdmitted,
    AgencySucceeded,
    AgreementAdopted,
    AgreementSuspended,
    DeciderAdopted,
    KeyEnrolled,
    KeyRevoked,
    KeyRotated,
    PartnershipFounded,
    RulesetAdopted,
    SourceKey,
    founding_text,
    name_of_act,
    possession_text,
)
from contracts.finding import Findings
from contracts.form import milliseconds
from contracts.identifier import agency_of, is_slug
from contracts.reason import Reason

FOUNDERS_MIN = 2


def judge_control(findings: Findings, state: State, *, at: int) -> list[ReasonGiven]:
    """List why a public control statement cannot stand; empty where it can.

    Args:
        findings: of the control statement.
        state: the fold so far.
        at: the ledger time of the entry it would be.
    """
    agency = agency_of(findings.source) or ""
    if findings.founding is not None:
        return _unfit(_founding_defects(findings, findings.founding, state))
    governance = state.governance
    if findings.issued is not None or findings.revoked is not None:
        return _unfit(_credential_defects(findings, state, agency, at))
    if findings.set_time is not None:
        if state.founding is None or not state.founding.exercise:
            return [ReasonGiven(Reason.EXERCISE_ONLY)]
        if agency != governance:
            return [ReasonGiven(Reason.NOT_ENTITLED)]
        return _unfit(_time_defects(findings.set_time, at))
    if findings.proposal is not None:
        if agency not in _entitled(findings.proposal, state):
            return [ReasonGiven(Reason.NOT_ENTITLED)]
        return _unfit(_act_defects(findings.proposal, state, at, proposed=True))
    return _judge_endorsement(findings, state, agency, at)


def _judge_endorsement(findings: Findings, state: State, agency: str, at: int) -> list[ReasonGiven]:
    endorsed = findings.endorsed
    proposal = state.proposals.get(endorsed.digest) if endorsed else None
    if endorsed is None or proposal is None or proposal.adopted is not None:
        return [ReasonGiven(Reason.ACT_UNKNOWN)]
    if endorsed.act != name_of_act(proposal.act):
        return [ReasonGiven(Reason.ACT_UNKNOWN)]
    if agency in map(state.acting, proposal.backers):
        return [ReasonGiven(Reason.ACT_INVALID, ["endorsed twice"])]
    act = proposal.act
    parties = (
        {state.acting(p.agency) for p in act.agreement.parties}
        if isinstance(act, AgreementAdopted)
        else set(map(state.acting, state.agencies))
    )
    if agency not in parties:
        return [ReasonGiven(Reason.NOT_ENTITLED)]
    return _unfit(_act_defects(act, state, at, proposed=False))


def _unfit(fields: Iterator[str]) -> list[ReasonGiven]:
    named = list(fields)
    return [ReasonGiven(Reason.ACT_INVALID, named)] if named else []


def _entitled(act: Act, state: State) -> set[str]:
    """List who may propose an act."""
    governance = state.governance
    match act:
        case AgreementAdopted():
            return {governance, *(state.acting(one.agency) for one in act.agreement.parties)}
        case AgreementSuspended():
            held = state.agreements.newest(act.agreement)
            parties = held.parties if held is not None else []
            return {governance, *(state.acting(one.agency) for one in parties)}
        case KeyRotated():  # by an existing key: who lost every key is enrolled and revoked
            return {state.acting(act.agency)}
        case KeyEnrolled() | KeyRevoked():
            return {governance, state.acting(act.agency)}
    return {governance}


def _founding_defects(
    findings: Findings, founded: PartnershipFounded, state: State
) -> Iterator[str]:
    founding = founded.founding
    admitted = {a.id: a for a in founding.agencies}
    named = {founding.governance, *founding.emergency_recipients}
    named |= {*founding.alternates, *founding.alternates.values()}
    first = [admitted[one] for one in founding.emergency_recipients if one in admitted]
    police = {a.id: founding.alternates.get(a.id, a.id) for a in first if a.kind == "police"}
    text = founding_text(founding)
    signed = {
        s.agency
        for s in founded.signatures
        if s.agency in admitted and _signed_by(admitted[s.agency], s.kid, s.signature, text)
    }
    defects = (
        ("founding (already founded)", state.founding is not None),
        ("founding.governance", agency_of(findings.source) != founding.governance),
        ("founding.agencies (two or more)", len(admitted) < FOUNDERS_MIN),
        ("founding.agencies (named twice)", len(admitted) != len(founding.agencies)),
        ("founding (agency not among the founders)", not named <= set(admitted)),
        ("founding.emergency_recipients (no police)", not police),
        ("founding.alternates (none for police)", any(a == b for a, b in police.items())),
        ("signatures", signed != set(admitted)),
        ("founding.id", founding.id != findings.partnership),
        ("founding.log_key", not _acceptable(founding.log_key)),
        ("founding.decider", founding.decider not in DECIDERS),
    )
    yield from (name for name, unfit in defects if unfit)
    taken: set[str] = set()
    for member in founding.agencies:
        yield from _agency_defects(member, founding.id, taken)


def _signed_by(agency: Agency, kid: str, signed: str, text: bytes) -> bool:
    """Say whether one of an agency's control keys signed a text."""
    try:
        return any(
            signature.is_valid(public_key, text, base64url.decode(signed))
            for key in agency.keys
            if "control" in key.purpose
            for public_key in [base64url.decode(key.public_key)]
            if signature.thumbprint(public_key) == kid
        )
    except ValueError:
        return False


def _acceptable(public_key: str) -> bool:
    try:
        return signature.is_acceptable_public_key(base64url.decode(public_key))
    except ValueError:
        return False


def _agency_defects(agency: Agency, partnership: str, taken: set[str]) -> Iterator[str]:
    if not is_slug(agency.id):
        yield "agency.id"
    if not agency.keys:
        yield "agency.keys"
    for key in agency.keys:
        yield from _key_defects(agency.id, key, partnership, taken)


def _key_defects(agency: str, key: SourceKey, partnership: str, taken: set[str]) -> Iterator[str]:
    """Name what is wrong with one key; `taken` are kids in use, and takes this one in."""
    if agency_of(key.source) != agency:
        yield "key.source"
    if not key.purpose:
        yield "key.purpose"
    if not _acceptable(key.public_key):
        yield "key.public_key"
        return
    public_key = base64url.decode(key.public_key)
    kid = signature.thumbprint(public_key)
    if kid in taken:
        yield "key.public_key (in use)"
    taken.add(kid)
    text = possession_text(partnership, key.source, key.public_key)
    try:
        possessed = signature.is_valid(public_key, text, base64url.decode(key.possession))
    except ValueError:
        possessed = False
    if not possessed:
        yield "key.possession"


def _time_defects(time: str, at: int) -> Iterator[str]:
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        yield "event.at"
        return
    if moment.tzinfo is None or moment.timestamp() * 1000 < at:
        yield "event.at"


def _act_defects(act: Act, state: State, at: int, *, proposed: bool) -> Iterator[str]:
    if proposed and digest_of_act(act) in state.proposals:
        yield "proposal (already proposed)"
    match act:
        case AgencySucceeded():
            yield from _succession_defects(act, state)
        case AgreementAdopted():
            yield from agreement_defects(act.agreement)
            yield from unfit_here(act.agreement, state, at)
        case AgreementSuspended():
            held = state.agreements.newest(act.agreement)
            if held is None or act.version != held.version:
                yield "agreement, version (not the newest)"
        case RulesetAdopted():
            if state.rules is not None and act.rules.version == state.rules.version:
                yield "rules.version (not a new one)"
        case DeciderAdopted():
            if act.decider not in DECIDERS or act.decider == state.decider:
                yield "decider"
        case _:
            yield from _key_act_defects(act, state, at)


def _key_act_defects(
    act: AgencyAdmitted | KeyEnrolled | KeyRevoked | KeyRotated, state: State, at: int
) -> Iterator[str]:
    partnership = state.founding.id if state.founding else ""
    taken = set(state.keys.held)
    match act:
        case AgencyAdmitted():
            if act.agency.id in state.agencies:
                yield "agency.id (already admitted)"
            yield from _agency_defects(act.agency, partnership, taken)
        case KeyEnrolled():
            if act.agency not in state.agencies:
                yield "agency"
            yield from _key_defects(act.agency, act.key, partnership, taken)
        case KeyRevoked():
            if not _is_live(act.kid, act.agency, state) and not _is_news(act, state):
                yield "kid"
            since = milliseconds(act.invalid_since) if act.invalid_since is not None else 0
            if since is None or since > at:
                yield "invalid_since"
        case KeyRotated():
            yield from _rotation_defects(act, state, partnership)


def _is_live(kid: str, agency: str, state: State) -> bool:
    held = state.keys.held.get(kid)
    return held is not None and held.agency == agency and held.revoked is None


def _is_news(act: KeyRevoked, state: State) -> bool:
    """Say whether a key that has ended is only now said to have been compromised before."""
    held = state.keys.held.get(act.kid)
    known = held is not None and held.agency == act.agency and held.invalid_since is None
    return known and act.invalid_since is not None


def _rotation_defects(act: KeyRotated, state: State, partnership: str) -> Iterator[str]:
    if not _is_live(act.kid, act.agency, state):
        yield "kid"
        return
    old = state.keys.held[act.kid]
    if (act.key.source, tuple(act.key.purpose)) != (old.source, old.purposes):
        yield "key.source, purpose (not those of the old key)"
    yield from _key_defects(act.agency, act.key, partnership, set(state.keys.held))


def _succession_defects(act: AgencySucceeded, state: State) -> Iterator[str]:
    if act.agency not in state.agencies or act.agency in state.successors:
        yield "agency"
    unfit = act.successor not in state.agencies or act.successor in state.successors
    if unfit or state.acting(act.successor) == act.agency:
        yield "successor"


def _credential_defects(findings: Findings, state: State, agency: str, at: int) -> Iterator[str]:
    """Name what is wrong with a credential issued or revoked: an employer vouches for its own."""
    if findings.revoked is not None:
        held = state.keys.credentials.get(findings.revoked)
        if held is None or state.acting(held.agency) != agency or held.revoked is not None:
            yield "credential"
        return
    issued = findings.issued
    if issued is None:
        return
    if issued.credential in state.keys.credentials:
        yield "credential (already issued)"
    if (milliseconds(issued.until) or 0) <= at:
        yield "until"
    if any(milliseconds(one.until) is None for one in issued.qualifications):
        yield "qualifications"
    if issued.public_key is not None and not _acceptable(issued.public_key):
        yield "public_key"
