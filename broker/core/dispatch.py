"""Entries to what leaves the log: views, receipts. A pure function of the ledger.

Every record is lines joined around one signed checkpoint for the whole batch; nothing here is
signed apart. Called only for entries that are final.

Source: design.md, The ledger (view, receipt); Record, then deliver.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from broker.core.tree import Tree
from broker.core.written import Written
from contracts import base64url, proof
from contracts.entry import (
    DECISION,
    FIRST_DELIVERY,
    HELD,
    TIME_KEY,
    Delivery,
    Outcome,
    ReasonGiven,
    ReceiptPart,
    Redecided,
    TimePart,
    ViewPart,
)
from contracts.fault import InvariantBroken
from contracts.identifier import agency_of
from contracts.reason import Reason
from contracts.topic import submitter

_encode = msgspec.json.Encoder().encode
_BEAT = "heartbeat"


@dataclass(frozen=True, slots=True)
class Stored:
    """A statement's bytes as stored: the JWS, and each disclosure by section name."""

    jws: bytes
    disclosures: dict[str, bytes]


@dataclass(slots=True)
class Outgoing:
    """What one batch sends, as (agency, key, value), in ledger order.

    A view without a value is a tombstone; `erased` are the statements whose sections go too.
    """

    views: list[tuple[str, bytes, bytes | None]] = field(default_factory=list)
    receipts: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    erased: list[bytes] = field(default_factory=list)


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


def dispatch(  # noqa: PLR0913 - what a batch is sent from has this many sources
    batch: Sequence[Written],
    tree: Tree,
    note: str,
    *,
    statements: Mapping[str, Stored],
    answered: Callable[[int], Written],
    agencies: Collection[str] = (),
) -> Outgoing:
    """Write what a batch sends.

    Args:
        batch: final entries, contiguous, already in the tree.
        tree: the log's tree; its size is the checkpoint's.
        note: the signed checkpoint of that size.
        statements: the bytes of every statement that a delivery of the batch names.
        answered: an earlier entry by index, for receipts given again.
        agencies: all that are admitted: each is told the time by the batch's last heartbeat.
    """
    outgoing = Outgoing()
    if not batch:
        return outgoing
    first = batch[0].recorded.head.index
    paths = tree.inclusion_paths(first, first + len(batch))
    tail = b"\n" + note.encode()
    for written, path in zip(batch, paths, strict=True):
        proved = base64url.encode(path)
        for at, delivery in enumerate(written.deliveries):
            value = _view(written, at, delivery, proved, statements[delivery.statement]) + tail
            outgoing.views.append((delivery.to, delivery.statement.encode(), value))
        _erase(written, outgoing)
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
    beats = (one for one in zip(batch, paths, strict=True) if one[0].recorded.head.kind == _BEAT)
    for written, path in list(beats)[-1:]:
        told = _encode(TimePart(proof=base64url.encode(path)))
        value = b"%b\n%b\n" % (written.line, told) + tail
        outgoing.views.extend((agency, TIME_KEY, value) for agency in sorted(agencies))
    return outgoing


def _view(written: Written, at: int, delivery: Delivery, path: str, statement: Stored) -> bytes:
    slot = written.slots[at]
    part = ViewPart(
        delivery=written.body.deliveries[at],
        salt=base64url.encode(written.salts[FIRST_DELIVERY + slot]),
        slot=slot,
        proof=path,
    )
    shown = [statement.disclosures[name] for name in delivery.sections]
    told = b"" if delivery.leg == HELD else b"~".join([statement.jws, *shown, b""])
    return b"%b\n%b\n%b" % (written.line, _encode(part), told)


def _erase(written: Written, outgoing: Outgoing) -> None:
    """Put a tombstone where each holder of an erased statement has it, and one at its source."""
    gone = [
        (delivery.to, digest.encode())
        for delivery in written.deliveries
        for digest in delivery.erases
    ]
    outgoing.views.extend((to, digest, None) for to, digest in gone)
    outgoing.erased.extend(dict.fromkeys(digest for _, digest in gone))


def _addressed(written: Written, part: ReceiptPart, tail: bytes) -> tuple[str, bytes, bytes]:
    decision, position = written.recorded.decision, written.recorded.position
    redecided = decision.redecided if decision else []
    topic = position.topic if position else ""
    agency = next(
        (row.agency for row in redecided if row.statement == part.submission),
        submitter(topic, written.recorded.head.partnership),
    )
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
        agency = agency_of(recorded.findings.source)
        return [own, *(_redecided(part, row, mine=row.agency == agency)
                       for row in decision.redecided)]  # fmt: skip
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


def _redecided(
    part: Callable[[str, Outcome, list[ReasonGiven]], ReceiptPart], row: Redecided, *, mine: bool
) -> ReceiptPart:
    """Tell a publisher what became of its earlier statement; of another's entry no more."""
    whole = part(row.statement, row.outcome, row.reasons)
    if mine:
        return whole
    return msgspec.structs.replace(
        whole, position=msgspec.UNSET, findings=msgspec.UNSET, salts=["", "", whole.salts[DECISION]]
    )
