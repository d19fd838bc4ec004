"""What leaves the log, opened and proved by whoever receives it: views and receipts.

A recipient needs its record, the partnership's `Trust` and the public keys it learned from its
own control views; it needs nobody's word. What does not prove is `NotProved`, by name.

Source: design.md, The ledger (view, receipt); RFC 6962 section 2.1.1; C2SP tlog-checkpoint.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from contracts import base64url, entry, proof, signature
from contracts.context import Context
from contracts.entry import (
    HELD,
    NOTICES,
    Decision,
    Delivery,
    Head,
    Item,
    ReceiptPart,
    TimePart,
    ViewPart,
)
from contracts.fault import CandourError
from contracts.finding import Findings
from contracts.form import Section
from contracts.statement import Refused, Statement, interpret, parse


class Trust(Section, frozen=True):
    """Whom an agency or auditor trusts for one partnership: pinned, never read from the log.

    `origin` names the log in its checkpoints; `log_key` is its raw Ed25519 key in base64url.
    """

    partnership: str
    origin: str
    log_key: str


class NotProved(CandourError):
    """A view or receipt that does not prove what it says: keep it, act on nothing in it."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"This record does not prove what it says: {what}.",
            remedy="Do not act on it. Keep it, and ring the partnership's governance agency.",
        )
        self.what = what


@dataclass(frozen=True, slots=True)
class View:
    """One statement as its recipient lawfully holds it, proved."""

    head: Head
    delivery: Delivery
    statement: Statement
    verified: bool
    """False where the log itself delivered it as `unverified`: call back before acting."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What one agency is told of a statement without a section of it, proved.

    Attributes:
        head: of the entry that tells it.
        delivery: by leg: `held` (something waits, and until when), `governance` (decide or
            review), `erasure` (erase what its duties name), `exclusion` (keep what it covers from
            those whom it names).
        context: the statement's signed part; None where something is held, and nothing told of it.
    """

    head: Head
    delivery: Delivery
    context: Context | None


@dataclass(frozen=True, slots=True)
class Elapsed:
    """Ledger time that passed, proved: the head of a heartbeat. Every agency is told the same."""

    head: Head


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was decided on one submission, proved."""

    head: Head
    part: ReceiptPart
    decision: Decision
    findings: Findings | None
    item: Item | None


def origin_of(partnership: str) -> str:
    """Spell the checkpoint origin of a partnership's log."""
    return f"candour/{partnership}"


def open_view(
    record: bytes, trust: Trust, key_of: Callable[[str], bytes | None], *, to: str
) -> View | Notice | Elapsed:
    """Prove and read a record of a views topic.

    Args:
        record: the exact bytes of the topic's record.
        trust: the partnership's pinned log.
        to: the agency that reads it.
        key_of: public key by kid, from control views already opened.

    Raises:
        NotProved: anything that does not hold, named.
    """
    lines = record.split(b"\n", 3)
    if len(lines) != 4:  # noqa: PLR2004 - head, view, statement, checkpoint
        raise NotProved("it is not a view")
    head = _head(lines[0])
    if head.kind == "heartbeat":
        if lines[2]:
            raise NotProved("it tells more than the time")
        _check_inclusion(lines[0], head, _decode(lines[1], TimePart).proof, lines[3], trust)
        return Elapsed(head)
    part = _decode(lines[1], ViewPart)
    _check_inclusion(lines[0], head, part.proof, lines[3], trust)
    delivery = _delivered(head, part, to)
    if delivery.leg == HELD:
        if lines[2]:
            raise NotProved("it tells more than that something is held")
        return Notice(head, delivery, None)
    try:
        parsed = parse(lines[2])
        statement = interpret(parsed, whole=False)
    except Refused as refused:
        raise NotProved(f"its statement is not one ({refused.reason})") from None
    if statement.digest != delivery.statement or list(statement.sections) != delivery.sections:
        raise NotProved("its sections are not those that were delivered")
    if statement.context.partnership != trust.partnership:
        raise NotProved("it was signed for another partnership")
    unverified = "unverified" in delivery.marks
    public_key = key_of(parsed.kid) or _founding_key(statement, delivery, trust)
    if not unverified and (
        public_key is None or not signature.is_valid(public_key, parsed.signed, parsed.signature)
    ):
        raise NotProved("its signature does not hold under a key known here")
    if delivery.leg in NOTICES:
        return Notice(head, delivery, statement.context)
    return View(head, delivery, statement, not unverified)


def _delivered(head: Head, part: ViewPart, to: str) -> Delivery:
    """Read a delivery that the log committed to, and to this agency."""
    exact = bytes(part.delivery)
    committed = entry.commitment(_bytes(part.salt), exact)
    if not 0 <= part.slot < len(head.deliveries) or head.deliveries[part.slot] != committed:
        raise NotProved("the delivery is not the one the log committed to")
    delivery = _decode(exact, Delivery)
    if delivery.to != to:
        raise NotProved("it was delivered to another agency")
    return delivery


def open_receipt(record: bytes, trust: Trust) -> Receipt:
    """Prove and read a receipt.

    Raises:
        NotProved: anything that does not hold, named.
    """
    lines = record.split(b"\n", 2)
    if len(lines) != 3:  # noqa: PLR2004 - head, receipt, checkpoint
        raise NotProved("it is not a receipt")
    head = _head(lines[0])
    part = _decode(lines[1], ReceiptPart)
    _check_inclusion(lines[0], head, part.proof, lines[2], trust)
    opened = [part.position, part.findings, part.decision]
    stated = [head.position, head.findings, head.decision]
    if len(part.salts) != len(opened):
        raise NotProved("it does not open the entry's commitments")
    for salt, exact, committed in zip(part.salts, opened, stated, strict=True):
        if not salt and exact is msgspec.UNSET:
            continue  # not this receipt's to open
        given = None if exact is msgspec.UNSET else entry.commitment(_bytes(salt), bytes(exact))
        if given != committed:
            raise NotProved("what it opens is not what the log committed to")
    decision = _decode(bytes(part.decision), Decision)
    findings = None if part.findings is msgspec.UNSET else _decode(bytes(part.findings), Findings)
    item = None if part.item is msgspec.UNSET else _item(part, decision)
    _check_subject(part, decision, findings, item)
    return Receipt(head, part, decision, findings, item)


def _check_subject(
    part: ReceiptPart, decision: Decision, findings: Findings | None, item: Item | None
) -> None:
    """Check that outcome and reasons are those of this submission, not of its neighbour."""
    redecided = next((r for r in decision.redecided if r.statement == part.submission), None)
    if redecided is not None:
        stated = (redecided.outcome, redecided.reasons)
    elif item is not None and item.submission == part.submission:
        stated = (decision.outcome, item.reasons)
    elif findings is not None and findings.statement == part.submission:
        stated = (decision.outcome, decision.reasons)
    else:
        raise NotProved("it is about another submission")
    if (part.outcome, part.reasons) != stated:
        raise NotProved("its outcome is not the one the log committed to")


def _item(part: ReceiptPart, decision: Decision) -> Item:
    exact = entry.exact_bytes(part.item)
    proved = proof.verify_inclusion(
        proof.leaf_hash(exact),
        part.item_slot if part.item_slot is not None else -1,
        part.items or 0,
        _bytes(part.item_proof or ""),
        _bytes(decision.items or ""),
    )
    if not proved:
        raise NotProved("its item is not in the entry")
    return _decode(exact, Item)


def _check_inclusion(leaf: bytes, head: Head, path: str, note: bytes, trust: Trust) -> None:
    """Check the checkpoint's signature and that the head stands under it."""
    try:
        checkpoint = proof.open_note(
            note.decode(), origin=trust.origin, public_key=_bytes(trust.log_key)
        )
    except (proof.CheckpointRefused, UnicodeError):
        raise NotProved("its checkpoint is not signed by the log") from None
    if head.partnership != trust.partnership:
        raise NotProved("it is from another partnership")
    hashed = proof.leaf_hash(leaf)
    if not proof.verify_inclusion(
        hashed, head.index, checkpoint.size, _bytes(path), checkpoint.root
    ):
        raise NotProved("its head is not in the log")


def _founding_key(statement: Statement, delivery: Delivery, trust: Trust) -> bytes | None:
    """Find the key that founds in the founding itself: nothing stands before it.

    The log vouches for it by delivering it as public control, and it names this log's key. An
    agency admitted later is sent it by the entry that admits it.
    """
    founded = getattr(statement.sections.get("event"), "founding", None)
    if founded is None or delivery.leg != "public_control" or founded.log_key != trust.log_key:
        return None
    keys = (_bytes(k.public_key) for a in founded.agencies for k in a.keys)
    return next((key for key in keys if signature.thumbprint(key) == statement.kid), None)


def _head(exact: bytes) -> Head:
    return _decode(exact, Head)


_T = TypeVar("_T", bound=msgspec.Struct)


def _decode(exact: bytes, shape: type[_T]) -> _T:
    try:
        return msgspec.json.decode(exact, type=shape)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise NotProved(f"its {shape.__name__.lower()} cannot be read") from None


def _bytes(text: str) -> bytes:
    try:
        return base64url.decode(text)
    except ValueError:
        raise NotProved("it is not canonical base64url") from None
