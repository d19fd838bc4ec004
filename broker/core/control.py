"""What a control statement may do: judged before it takes effect, from the state alone.

Founding, acts and their endorsements, exercise time. An act that does not fit what is in force is
refused with the field that does not fit; nothing is half done.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import get_args

from broker.core.state import State, digest_of_act
from contracts import base64url, signature
from contracts.agreement import LEVELS, Agreement, Leg
from contracts.entry import ReasonGiven
from contracts.event import BY_NAME
from contracts.event.control import (
    Act,
    Agency,
    AgencyAdmitted,
    AgreementAdopted,
    KeyEnrolled,
    KeyRevoked,
    PartnershipFounded,
    SourceKey,
    founding_text,
    name_of_act,
    possession_text,
)
from contracts.finding import Findings
from contracts.identifier import agency_of, is_slug
from contracts.reason import Reason
from contracts.section import NUMBERED, PLAIN, Part

FOUNDERS_MIN = 2
PARTS = frozenset(get_args(Part))
SECTION_KINDS = frozenset({*PLAIN, "event", "cause", *(f"person.{kind}" for kind in NUMBERED)})


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
    governance = state.founding.governance if state.founding else ""
    if findings.set_time is not None:
        if state.founding is None or not state.founding.exercise:
            return [ReasonGiven(Reason.EXERCISE_ONLY)]
        if agency != governance:
            return [ReasonGiven(Reason.NOT_ENTITLED)]
        return _unfit(_time_defects(findings.set_time, at))
    if findings.proposal is not None:
        if agency not in _entitled(findings.proposal, governance):
            return [ReasonGiven(Reason.NOT_ENTITLED)]
        return _unfit(_act_defects(findings.proposal, state, proposed=True))
    return _judge_endorsement(findings, state, agency)


def _judge_endorsement(findings: Findings, state: State, agency: str) -> list[ReasonGiven]:
    endorsed = findings.endorsed
    proposal = state.proposals.get(endorsed.digest) if endorsed else None
    if endorsed is None or proposal is None or proposal.adopted is not None:
        return [ReasonGiven(Reason.ACT_UNKNOWN)]
    if endorsed.act != name_of_act(proposal.act):
        return [ReasonGiven(Reason.ACT_UNKNOWN)]
    if agency in proposal.backers:
        return [ReasonGiven(Reason.ACT_INVALID, ["endorsed twice"])]
    act = proposal.act
    parties = (
        {p.agency for p in act.agreement.parties}
        if isinstance(act, AgreementAdopted)
        else set(state.agencies)
    )
    if agency not in parties:
        return [ReasonGiven(Reason.NOT_ENTITLED)]
    return _unfit(_act_defects(act, state, proposed=False))


def _unfit(fields: Iterator[str]) -> list[ReasonGiven]:
    named = list(fields)
    return [ReasonGiven(Reason.ACT_INVALID, named)] if named else []


def _entitled(act: Act, governance: str) -> set[str]:
    """List who may propose an act."""
    if isinstance(act, AgreementAdopted):
        return {governance, *(party.agency for party in act.agreement.parties)}
    if isinstance(act, AgencyAdmitted):
        return {governance}
    return {governance, act.agency}


def _founding_defects(
    findings: Findings, founded: PartnershipFounded, state: State
) -> Iterator[str]:
    founding = founded.founding
    admitted = {a.id: a for a in founding.agencies}
    named = {founding.governance, *founding.emergency_recipients}
    named |= {*founding.alternates, *founding.alternates.values()}
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
        ("signatures", signed != set(admitted)),
        ("founding.id", founding.id != findings.partnership),
        ("founding.log_key", not _acceptable(founding.log_key)),
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


def _act_defects(act: Act, state: State, *, proposed: bool) -> Iterator[str]:
    partnership = state.founding.id if state.founding else ""
    if proposed and digest_of_act(act) in state.proposals:
        yield "proposal (already proposed)"
    if isinstance(act, AgencyAdmitted):
        if act.agency.id in state.agencies:
            yield "agency.id (already admitted)"
        yield from _agency_defects(act.agency, partnership, set(state.keys))
    elif isinstance(act, KeyEnrolled):
        if act.agency not in state.agencies:
            yield "agency"
        yield from _key_defects(act.agency, act.key, partnership, set(state.keys))
    elif isinstance(act, KeyRevoked):
        held = state.keys.get(act.kid)
        if held is None or held.agency != act.agency or held.revoked is not None:
            yield "kid"
    else:
        yield from agreement_defects(act.agreement)
        yield from _unfit_here(act.agreement, state)


def agreement_defects(agreement: Agreement) -> Iterator[str]:
    """Name what keeps an agreement from ever being in force, whoever is admitted."""
    parties = [party.agency for party in agreement.parties]
    try:
        dates = [
            date.fromisoformat(text)
            for text in (agreement.effective, agreement.review, agreement.expires)
        ]
    except ValueError:
        dates = []
    checks = (
        ("agreement.id", not is_slug(agreement.id)),
        ("agreement.parties", not parties or len(set(parties)) != len(parties)),
        ("agreement.version", agreement.version < 1),
        ("agreement.effective, review, expires", not dates or not dates[0] < dates[2]),
        ("agreement.legs (id twice)",
         len({leg.id for leg in agreement.legs}) != len(agreement.legs)),
    )  # fmt: skip
    yield from (name for name, unfit in checks if unfit)
    for leg in agreement.legs:
        yield from _leg_defects(leg, set(parties), set(agreement.purposes))


def _unfit_here(agreement: Agreement, state: State) -> Iterator[str]:
    """Name what keeps an agreement from being in force in this partnership, now."""
    earlier = state.agreements.get(agreement.id)
    if not {party.agency for party in agreement.parties} <= set(state.agencies):
        yield "agreement.parties (not admitted)"
    if earlier is not None and agreement.version <= earlier.version:
        yield "agreement.version (not above the last)"


def _is_section(named: str) -> bool:
    """Say whether a leg may name this: a kind of section, a person's also by the part played."""
    kind, at, part = named.partition("@")
    return kind in SECTION_KINDS and (not at or (kind.startswith("person.") and part in PARTS))


def _leg_defects(leg: Leg, parties: set[str], purposes: set[str]) -> Iterator[str]:
    named = f"leg {leg.id}" if is_slug(leg.id) else "leg"
    checks = (
        ("id", not is_slug(leg.id)),
        ("from", not leg.sender or not set(leg.sender) <= parties),
        ("to", not leg.to or not set(leg.to) <= parties),
        ("types", not leg.types or not set(leg.types) <= set(BY_NAME)),
        ("purposes", not leg.purposes or not set(leg.purposes) <= purposes),
        ("sections", "event" not in leg.sections or not all(map(_is_section, leg.sections))),
        ("provenance", leg.provenance not in LEVELS[1:]),
        ("retention_days", leg.retention_days < 1),
    )
    yield from (f"{named}.{name}" for name, unfit in checks if unfit)
