"""The fold: what the entries so far say is in force. Nothing here is stored; all is derived.

`State.apply` takes one entry's parsed parts and is the only way state changes, whether the entry
was just written or is read back; so any split of the ledger folds to the same state.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from contracts import base64url, entry, signature
from contracts.agreement import Agreement
from contracts.entry import Body, Decision, Head, Item, Position
from contracts.event import BY_NAME, Audience
from contracts.event.control import (
    Act,
    Agency,
    AgencyAdmitted,
    AgreementAdopted,
    Founding,
    KeyEnrolled,
    KeyRevoked,
    SourceKey,
    act_text,
)
from contracts.finding import Findings
from contracts.identifier import agency_of

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class KeyHeld:
    """A key as the log knows it; `revoked` is the index that revoked it."""

    kid: str
    agency: str
    source: str
    purposes: tuple[str, ...]
    public_key: bytes
    enrolled: int
    revoked: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """An act on its way: who stands behind it, in order, and whether it took effect."""

    act: Act
    backers: tuple[str, ...]
    adopted: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry's parts, decoded: what `apply` needs and nothing else."""

    head: Head
    position: Position | None
    findings: Findings | None
    decision: Decision | None
    items: tuple[Item, ...] = ()


@dataclass(slots=True)
class State:
    """What is in force after the entries applied so far."""

    founding: Founding | None = None
    ruleset: str = ""
    agencies: dict[str, Agency] = field(default_factory=dict)
    keys: dict[str, KeyHeld] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    agreements: dict[str, Agreement] = field(default_factory=dict)
    held: dict[str, Findings] = field(default_factory=dict)
    control: list[tuple[str, list[str]]] = field(default_factory=list)
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    ledger_time: int = 0
    size: int = 0
    _bound: dict[int, list[Agreement]] = field(default_factory=dict, compare=False, repr=False)
    """The agreements in force by day, since the last one was adopted."""

    @property
    def public_keys(self) -> dict[str, bytes]:
        """Every key the log knows, revoked ones too, for `prepare`."""
        return {kid: held.public_key for kid, held in self.keys.items()}

    def kind_of(self, agency: str) -> str:
        """Give the kind of an admitted agency, `other` for an unknown one."""
        admitted = self.agencies.get(agency)
        return admitted.kind if admitted else "other"

    def in_force(self, at_ms: int) -> list[Agreement]:
        """List the agreements that bind on the day (UTC) of a ledger time, by id."""
        number = at_ms // DAY_MS
        if number not in self._bound:
            day = datetime.fromtimestamp(number * DAY_MS / 1000, UTC).strftime("%Y-%m-%d")
            self._bound[number] = [
                agreement
                for _, agreement in sorted(self.agreements.items())
                if agreement.effective <= day < agreement.expires
            ]
        return self._bound[number]

    def backing(self, findings: Findings) -> tuple[str, Proposal] | None:
        """Give the digest and state of the act that a control statement proposes or endorses."""
        agency = agency_of(findings.source) or ""
        if findings.proposal is not None:
            digest = digest_of_act(findings.proposal)
            return digest, Proposal(findings.proposal, (agency,))
        if findings.endorsed is not None:
            digest = findings.endorsed.digest
            proposal = self.proposals.get(digest)
            if proposal is not None:
                backers = (*proposal.backers, agency)
                return digest, Proposal(proposal.act, backers, proposal.adopted)
        return None

    def takes_effect(self, proposal: Proposal) -> bool:
        """Say whether enough hands stand behind an act (design.md, Control statements)."""
        act = proposal.act
        if isinstance(act, AgreementAdopted):
            return {p.agency for p in act.agreement.parties} <= set(proposal.backers)
        if self.founding is None:
            return False
        quorums = self.founding.quorums
        needed = {
            AgencyAdmitted: quorums.agency_admitted,
            KeyEnrolled: quorums.key_enrolled,
            KeyRevoked: quorums.key_revoked,
        }[type(act)]
        return len(set(proposal.backers)) >= needed

    def apply(self, recorded: Recorded) -> None:
        """Take the next entry in.

        Args:
            recorded: the entry whose index is `size`.
        """
        head, position, findings = recorded.head, recorded.position, recorded.findings
        self.size = head.index + 1
        self.ledger_time = head.ledger_time
        if position is not None:
            self.positions[position.topic_id, position.partition] = position.last + 1
        decision = recorded.decision
        if findings is None or decision is None or head.kid is None:
            return
        if decision.outcome in {"quarantined", "provisional"} or (
            decision.outcome == "accepted_emergency" and findings.missing
        ):
            self.held[findings.statement] = findings
        for row in decision.redecided:
            if not row.reasons:
                self.held.pop(row.statement, None)
        if BY_NAME[findings.event].audience is Audience.PUBLIC_CONTROL:
            self.control.append((findings.statement, findings.sections))
            self._govern(findings, head.index)

    def _govern(self, findings: Findings, index: int) -> None:
        if findings.founding is not None:
            self.founding = findings.founding.founding
            self.ruleset = ruleset_digest(self.founding)
            for agency in self.founding.agencies:
                self._admit(agency, index)
        backed = self.backing(findings)
        if backed is None:
            return
        digest, proposal = backed
        if self.takes_effect(proposal):
            proposal = Proposal(proposal.act, proposal.backers, index)
            self._effect(proposal.act, index)
        self.proposals[digest] = proposal

    def _effect(self, act: Act, index: int) -> None:
        if isinstance(act, AgencyAdmitted):
            self._admit(act.agency, index)
        elif isinstance(act, KeyEnrolled):
            self._enrol(act.agency, act.key, index)
        elif isinstance(act, KeyRevoked):
            held = self.keys[act.kid]
            self.keys[act.kid] = KeyHeld(
                held.kid, held.agency, held.source, held.purposes, held.public_key,
                held.enrolled, index,
            )  # fmt: skip
        else:
            self.agreements[act.agreement.id] = act.agreement
            self._bound.clear()

    def _admit(self, agency: Agency, index: int) -> None:
        self.agencies[agency.id] = agency
        for key in agency.keys:
            self._enrol(agency.id, key, index)

    def _enrol(self, agency: str, key: SourceKey, index: int) -> None:
        public_key = base64url.decode(key.public_key)
        kid = signature.thumbprint(public_key)
        self.keys[kid] = KeyHeld(kid, agency, key.source, tuple(key.purpose), public_key, index)


def digest_of_act(act: Act) -> str:
    """Give the digest that an endorsement of an act names."""
    return base64url.encode(sha256(act_text(act)).digest())


def ruleset_digest(founding: Founding) -> str:
    """Give the digest of the rules that decide, as it stands in each decision."""
    return base64url.encode(sha256(msgspec.json.encode(founding.rules)).digest())


def recorded_of(record: bytes) -> Recorded:
    """Decode a ledger record for the fold.

    Raises:
        InvariantBroken: the record is not an entry of three lines.
        msgspec.MsgspecError: a line is not of its shape.
    """
    head, body_json, _ = entry.split_entry(record)
    body = msgspec.json.decode(body_json, type=Body)
    return Recorded(
        msgspec.json.decode(head, type=Head),
        None
        if body.position is msgspec.UNSET
        else msgspec.json.decode(body.position, type=Position),
        None
        if body.findings is msgspec.UNSET
        else msgspec.json.decode(body.findings, type=Findings),
        None
        if body.decision is msgspec.UNSET
        else msgspec.json.decode(body.decision, type=Decision),
        tuple(msgspec.json.decode(item, type=Item) for item in body.items),
    )


def fold(records: Iterable[bytes], state: State | None = None) -> State:
    """Fold ledger records, in order, from the empty state or from an earlier one."""
    state = state or State()
    for recorded in _decoded(records):
        state.apply(recorded)
    return state


def _decoded(records: Iterable[bytes]) -> Iterator[Recorded]:
    return (recorded_of(record) for record in records)
