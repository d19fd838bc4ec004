"""One entry in exact bytes: written from a decision, or read back from the ledger.

What the sequencer wrote and what the dispatcher reads are the same `Written`, so a dispatcher
that starts after a crash does what the one before would have done.

Source: design.md, The ledger; contracts/entry.py for the lines and commitments.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from broker.core.recorded import Recorded, owing, recorded_of
from contracts import base64url, entry, proof
from contracts.entry import (
    DECISION,
    FINDINGS,
    POSITION,
    Body,
    Decision,
    Delivery,
    Head,
    Item,
    Kind,
    Position,
)
from contracts.fault import InvariantBroken
from contracts.finding import Findings

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Written:
    """An entry, ready to be stored and dispatched.

    Attributes:
        record: the ledger record's exact bytes.
        line: its head's exact bytes, which are the leaf.
        leaf: the leaf's hash.
        recorded: its parts, decoded.
        body: its parts in exact bytes.
        salts: what opens its commitments, in the order of contracts.entry.
        slots: where each delivery's commitment stands, in the body's order.
        jws: the signed part; empty for other kinds.
        disclosures: as sent, joined by `~`; None where they stand on the disclosures topic.
        deliveries: decoded, in slot order.
    """

    record: bytes
    line: bytes
    leaf: bytes
    recorded: Recorded
    body: Body
    salts: list[bytes]
    slots: list[int]
    jws: bytes
    disclosures: bytes | None
    deliveries: list[Delivery]

    @property
    def needs(self) -> list[str]:
        """Digests of earlier statements whose bytes the dispatcher must fetch."""
        own = self.recorded.head.statement
        return sorted({d.statement for d in self.deliveries if d.statement != own})

    @property
    def answered(self) -> list[int]:
        """Indexes of earlier entries whose receipts are given again."""
        if self.recorded.head.kind != "redeliveries":
            return []
        return sorted({item.index for item in self.recorded.items if item.index is not None})


@dataclass(frozen=True, slots=True)
class Frame:
    """Where and when an entry stands; see contracts.entry.Head."""

    partnership: str
    exercise: bool
    index: int
    kind: Kind
    ledger_time: int
    appended_at: int
    clock_at: int


@dataclass(frozen=True, slots=True)
class Parts:
    """What an entry records, each where its kind has it.

    `findings_json` are the exact bytes of `findings`; `kid` is absent for an unverified
    emergency; `items` are those of `refusals` and `redeliveries`, whose root `write` makes.
    """

    position: Position | None = None
    findings: Findings | None = None
    findings_json: bytes = b""
    kid: str | None = None
    decision: Decision | None = None
    deliveries: Sequence[Delivery] = ()
    items: Sequence[Item] = ()
    jws: bytes = b""
    disclosures: bytes | None = None


def write(frame: Frame, parts: Parts, *, salt: bytes) -> Written:
    """Write an entry in exact bytes.

    Args:
        frame: where and when it stands.
        parts: what it records.
        salt: 16 random bytes; every commitment's salt comes out of it.
    """
    deliveries_json = [_encode(delivery) for delivery in parts.deliveries]
    items_json = [_encode(item) for item in parts.items]
    decision = parts.decision
    if items_json and decision is not None:
        root = proof.root_of([proof.leaf_hash(item) for item in items_json])
        decision = msgspec.structs.replace(decision, items=base64url.encode(root))
    position_json = _encode(parts.position) if parts.position else None
    decision_json = _encode(decision) if decision else None
    findings_json = parts.findings_json or None
    salts = entry.salts(salt, entry.slots_for(len(deliveries_json)))
    slots = entry.slots_of(salt, len(deliveries_json))
    head = Head(
        partnership=frame.partnership,
        exercise=frame.exercise,
        index=frame.index,
        kind=frame.kind,
        ledger_time=frame.ledger_time,
        appended_at=frame.appended_at,
        clock_at=frame.clock_at,
        statement=parts.findings.statement if parts.findings else None,
        kid=parts.kid,
        position=_committed(salts[POSITION], position_json),
        findings=_committed(salts[FINDINGS], findings_json),
        decision=_committed(salts[DECISION], decision_json),
        deliveries=entry.committed(salts, slots, deliveries_json),
    )
    body = Body(
        salt=base64url.encode(salt),
        position=_raw(position_json),
        findings=_raw(findings_json),
        decision=_raw(decision_json),
        deliveries=[msgspec.Raw(exact) for exact in deliveries_json],
        items=[msgspec.Raw(exact) for exact in items_json],
    )
    line = _encode(head)
    return Written(
        record=b"%b\n%b\n%b" % (line, _encode(body), parts.jws),
        line=line,
        leaf=proof.leaf_hash(line),
        recorded=Recorded(
            head,
            parts.position,
            parts.findings,
            decision,
            tuple(parts.items),
            owing(parts.deliveries, parts.findings),
        ),
        body=body,
        salts=salts,
        slots=slots,
        jws=parts.jws,
        disclosures=parts.disclosures,
        deliveries=list(parts.deliveries),
    )


def read_written(record: bytes) -> Written:
    """Read an entry back from the ledger, as it was written; disclosures stand elsewhere.

    Raises:
        InvariantBroken: the record is no entry: stop, and export the ledger.
    """
    line, body_json, jws = entry.split_entry(record)
    try:
        recorded = recorded_of(record)
        body = msgspec.json.decode(body_json, type=Body)
        deliveries = [msgspec.json.decode(exact, type=Delivery) for exact in body.deliveries]
        salt = base64url.decode(body.salt)
    except (msgspec.MsgspecError, ValueError) as error:
        raise InvariantBroken(
            f"A ledger record cannot be read as an entry ({type(error).__name__}).",
            remedy="Stop the broker, run `candour audit export` and `candour audit verify`.",
        ) from None
    salts = entry.salts(salt, len(recorded.head.deliveries))
    slots = entry.slots_of(salt, len(deliveries))
    return Written(
        record, line, proof.leaf_hash(line), recorded, body, salts, slots, jws, None, deliveries
    )


def _committed(salt: bytes, exact: bytes | None) -> str | None:
    return None if exact is None else entry.commitment(salt, exact)


def _raw(exact: bytes | None) -> msgspec.Raw | msgspec.UnsetType:
    return msgspec.UNSET if exact is None else msgspec.Raw(exact)
