"""Entries to what leaves the log: views, receipts. A pure function of the ledger.

Every record is lines joined around one signed checkpoint for the whole batch; nothing here is
signed apart. Called only for entries that are final.

Source: design.md, The ledger (view, receipt); Record, then deliver.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from broker.core.tree import Tree
from broker.core.written import Written
from contracts import base64url, proof
from contracts.entry import (
    FIRST_DELIVERY,
    Delivery,
    Outcome,
    ReasonGiven,
    ReceiptPart,
    ViewPart,
)
from contracts.fault import InvariantBroken
from contracts.reason import Reason
from contracts.topic import submitter

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Stored:
    """A statement's bytes as stored: the JWS, and each disclosure by section name."""

    jws: bytes
    disclosures: dict[str, bytes]


@dataclass(slots=True)
class Outgoing:
    """What one batch sends, as (agency, key, value), in ledger order."""

    views: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    receipts: list[tuple[str, bytes, bytes]] = field(default_factory=list)


def stored(names: Sequence[str], jws: bytes, disclosures: bytes) -> Stored:
    """Pair a statement's disclosures with their names.

    Args:
        names: `findings.sections`, in the order sent.
        jws: the signed part.
        disclosures: joined by `~`, in the same order.

    Raises:
        InvariantBroken: the counts differ.
    """
    texts = disclosures.split(b"~")
    if len(texts) != len(names):
        raise InvariantBroken(
            "A statement's disclosures are not those its findings name.",
            remedy="Stop the broker, run `candour audit export` and `candour audit verify`.",
        )
    return Stored(jws, dict(zip(names, texts, strict=True)))


def dispatch(
    batch: Sequence[Written],
    tree: Tree,
    note: str,
    *,
    statements: Mapping[str, Stored],
    answered: Callable[[int], Written],
) -> Outgoing:
    """Write what a batch sends.

    Args:
        batch: final entries, contiguous, already in the tree.
        tree: the log's tree; its size is the checkpoint's.
        note: the signed checkpoint of that size.
        statements: the bytes of every statement that a delivery of the batch names.
        answered: an earlier entry by index, for receipts given again.
    """
    outgoing = Outgoing()
    if not batch:
        return outgoing
    first = batch[0].recorded.head.index
    paths = tree.inclusion_paths(first, first + len(batch))
    tail = b"\n" + note.encode()
    for written, path in zip(batch, paths, strict=True):
        proved = base64url.encode(path)
        for slot, delivery in enumerate(written.deliveries):
            value = _view(written, slot, delivery, proved, statements[delivery.statement]) + tail
            outgoing.views.append((delivery.to, delivery.statement.encode(), value))
        for part in _receipts(written, proved):
            outgoing.receipts.append(_addressed(written, part, tail))
        for index in written.answered:
            again = answered(index)
            fresh = base64url.encode(tree.inclusion_path(index))
            asked = {i.submission for i in written.recorded.items if i.index == index}
            outgoing.receipts.extend(
                _addressed(again, part, tail)
                for part in _receipts(again, fresh)
                if part.submission in asked
            )
    return outgoing


def _view(written: Written, slot: int, delivery: Delivery, path: str, statement: Stored) -> bytes:
    part = ViewPart(
        delivery=written.body.deliveries[slot],
        salt=base64url.encode(written.salts[FIRST_DELIVERY + slot]),
        slot=slot,
        proof=path,
    )
    shown = [statement.disclosures[name] for name in delivery.sections]
    return b"%b\n%b\n%b" % (
        written.line, _encode(part), b"~".join([statement.jws, *shown, b""])
    )  # fmt: skip


def _addressed(written: Written, part: ReceiptPart, tail: bytes) -> tuple[str, bytes, bytes]:
    position = written.recorded.position
    topic = position.topic if position else ""
    agency = submitter(topic, written.recorded.head.partnership)
    if agency is None:
        raise InvariantBroken(
            f"Entry {written.recorded.head.index} names no submissions topic.",
            remedy="Stop the broker, run `candour audit export` and `candour audit verify`.",
        )
    return agency, part.submission.encode(), written.line + b"\n" + _encode(part) + tail


def _receipts(written: Written, path: str) -> list[ReceiptPart]:
    """Open an entry for each submission it decided."""
    recorded, body = written.recorded, written.body
    decision = recorded.decision
    if decision is None or body.decision is msgspec.UNSET or body.position is msgspec.UNSET:
        return []
    if recorded.head.kind == "redeliveries":
        return []
    salts = [base64url.encode(salt) for salt in written.salts[:FIRST_DELIVERY]]
    position, opened, findings = body.position, body.decision, body.findings

    def part(submission: str, outcome: Outcome, reasons: list[ReasonGiven]) -> ReceiptPart:
        return ReceiptPart(
            submission=submission,
            outcome=outcome,
            reasons=reasons,
            remedies=[Reason.of(reason.code).remedy for reason in reasons],
            position=position,
            findings=findings,
            decision=opened,
            salts=salts,
            proof=path,
        )

    if recorded.findings is not None:
        own = part(recorded.findings.statement, decision.outcome, decision.reasons)
        return [own, *(part(r.statement, r.outcome, r.reasons) for r in decision.redecided)]
    leaves = [proof.leaf_hash(bytes(item)) for item in body.items]
    items = Tree()
    items.append(leaves)
    proofs = items.inclusion_paths(0, len(leaves)) if leaves else []
    return [
        msgspec.structs.replace(
            part(item.submission, decision.outcome, item.reasons),
            item=exact,
            item_slot=slot,
            item_proof=base64url.encode(proofs[slot]),
            items=len(leaves),
        )
        for slot, (item, exact) in enumerate(zip(recorded.items, body.items, strict=True))
    ]
