"""The fold: what the entries so far say is in force. Nothing here is stored; all is derived.

`State.apply` takes one entry's parsed parts and is the only way state changes, whether the entry
was just written or is read back; so any split of the ledger folds to the same state.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec

from broker.core import agreements
from broker.core.agreements import Agreements
from broker.core.consents import Consents
from broker.core.keys import Keys
from broker.core.recorded import Recorded, recorded_of
from broker.core.waiting import Waiting
from contracts import base64url
from contracts.agreement import Agreement
from contracts.event import BY_NAME, Audience
from contracts.event.control import (
    Act,
    Agency,
    AgencyAdmitted,
    AgencySucceeded,
    AgreementAdopted,
    AgreementSuspended,
    DeciderAdopted,
    Founding,
    KeyEnrolled,
    KeyRevoked,
    KeyRotated,
    Rules,
    RulesetAdopted,
    act_text,
    is_backed,
)
from contracts.finding import Findings
from contracts.identifier import agency_of

MATCHERS = frozenset({"police", "safeguarding_hub"})
"""Kinds of agency whose named matcher's links reach across publishers."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An act on its way: who stands behind it, in order, and whether it took effect."""

    act: Act
    backers: tuple[str, ...]
    adopted: int | None = None


@dataclass(slots=True)
class State:
    """What is in force after the entries applied so far.

    Attributes:
        founding: entry 0.
        rules: the ruleset in force; `ruleset` is its digest, `decider` the decision's version.
        agencies: every admitted one, by id; `successors` who took whose place.
        proposals: acts by digest.
        waiting: what is held, owed, to be reviewed or to be erased.
        control: digest and sections of each public control statement, in order.
        positions: the next offset by (topic id, partition).
    """

    founding: Founding | None = None
    rules: Rules | None = None
    ruleset: str = ""
    decider: str = ""
    agencies: dict[str, Agency] = field(default_factory=dict)
    successors: dict[str, str] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)
    agreements: Agreements = field(default_factory=Agreements)
    consents: Consents = field(default_factory=Consents)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    waiting: Waiting = field(default_factory=Waiting)
    control: list[tuple[str, list[str]]] = field(default_factory=list)
    positions: dict[tuple[str, int], int] = field(default_factory=dict)
    ledger_time: int = 0
    size: int = 0

    @property
    def public_keys(self) -> dict[str, bytes]:
        """Every key the log knows, revoked ones too, for `prepare`."""
        return {kid: held.public_key for kid, held in self.keys.held.items()}

    def kind_of(self, agency: str) -> str:
        """Give the kind of an admitted agency, `other` for an unknown one."""
        admitted = self.agencies.get(agency)
        return admitted.kind if admitted else "other"

    def acting(self, agency: str) -> str:
        """Give who acts in an agency's place now."""
        return agreements.acting(agency, self.successors)

    def is_matcher(self, findings: Findings, agency: str) -> bool:
        """Say whether a statement's links reach across publishers: a named matcher's do."""
        return self.kind_of(agency) in MATCHERS and not findings.missing

    @property
    def governance(self) -> str:
        """The agency that governs, or who took its place; empty before the founding."""
        return self.acting(self.founding.governance) if self.founding else ""

    def in_force(self, at_ms: int) -> list[Agreement]:
        """List the agreements that bind at a ledger time, by id, in the names of who acts now."""
        return self.agreements.in_force(at_ms, self.successors)

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
        if self.founding is None:
            return False
        return is_backed(proposal.act, proposal.backers, self.founding.quorums, self.acting)

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
        if findings is None or decision is None:
            return
        agency = agency_of(findings.source) or ""
        self.waiting.alarm(findings, decision, agency)
        if head.kid is None:
            return
        self.waiting.take(recorded, agency)
        if BY_NAME[findings.event].audience is Audience.PUBLIC_CONTROL:
            self.control.append((findings.statement, findings.sections))
            self._govern(findings, agency, head.index)
        else:
            self.consents.hear(agency, findings, head.index, unheard=decision.unheard)
            self.consents.govern(findings, is_matcher=self.is_matcher(findings, agency))

    def _govern(self, findings: Findings, agency: str, index: int) -> None:
        if findings.founding is not None:
            self._found(findings.founding.founding, index)
        if findings.issued is not None:
            self.keys.issue(agency, findings.issued)
        if findings.revoked is not None:
            self.keys.withdraw(findings.revoked, index)
        backed = self.backing(findings)
        if backed is None:
            return
        digest, proposal = backed
        if self.takes_effect(proposal):
            proposal = Proposal(proposal.act, proposal.backers, index)
            self._effect(proposal.act, index)
        self.proposals[digest] = proposal

    def _found(self, founding: Founding, index: int) -> None:
        self.founding = founding
        self.decider = founding.decider
        self._rule(founding.rules)
        for agency in founding.agencies:
            self._admit(agency, index)

    def _rule(self, rules: Rules) -> None:
        self.rules, self.ruleset = rules, ruleset_digest(rules)
        self.agreements.changed()

    def _admit(self, agency: Agency, index: int) -> None:
        self.agencies[agency.id] = agency
        for key in agency.keys:
            self.keys.enrol(agency.id, key, index)

    def _effect(self, act: Act, index: int) -> None:
        match act:
            case AgencyAdmitted():
                self._admit(act.agency, index)
            case KeyEnrolled():
                self.keys.enrol(act.agency, act.key, index)
            case KeyRevoked():
                self.keys.revoke(act, index)
            case KeyRotated():
                self.keys.rotate(act.kid, act.agency, act.key, index)
            case AgencySucceeded():
                self._succeed(act.agency, act.successor)
            case AgreementAdopted():
                self.agreements.adopt(act.agreement)
            case AgreementSuspended():
                self.agreements.suspend(act.agreement, act.version)
            case RulesetAdopted():
                self._rule(act.rules)
            case DeciderAdopted():
                self.decider = act.decider

    def _succeed(self, agency: str, successor: str) -> None:
        self.successors[agency] = successor
        self.agreements.changed()
        self.waiting.succeed(agency, successor)


def digest_of_act(act: Act) -> str:
    """Give the digest that an endorsement of an act names."""
    return base64url.encode(sha256(act_text(act)).digest())


def ruleset_digest(rules: Rules) -> str:
    """Give the digest of the rules that decide, as it stands in each decision."""
    return base64url.encode(sha256(msgspec.json.encode(rules)).digest())


def fold(records: Iterable[bytes], state: State | None = None) -> State:
    """Fold ledger records, in order, from the empty state or from an earlier one."""
    state = state or State()
    for record in records:
        state.apply(recorded_of(record))
    return state
