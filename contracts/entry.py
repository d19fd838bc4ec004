r"""What stands on the log and what leaves it: entry, view, receipt.

Each is lines of exact bytes, so that what was hashed is what is read:

    entry    head \n body \n jws-or-nothing
    view     head \n view \n statement (jws~disclosure~...~) \n checkpoint
    receipt  head \n receipt \n checkpoint

A head is the leaf of the Merkle log and holds only commitments: `commitment(salt, bytes)` is
SHA-256(salt || bytes). An entry's one random salt opens into a salt per commitment by `salts`.

Source: design.md, The ledger; RFC 6962; C2SP tlog-checkpoint.
"""

from collections.abc import Sequence
from hashlib import sha256, shake_128
from typing import Literal

import msgspec

from contracts import base64url
from contracts.fault import InvariantBroken
from contracts.form import Section

Kind = Literal["statement", "refusals", "redeliveries", "heartbeat", "intake_gap"]
"""What an entry records."""

Outcome = Literal["accepted", "accepted_emergency", "provisional", "quarantined", "rejected"]

SLOTS = 8
"""Delivery commitments are padded to a multiple of this, so a head does not count recipients."""


class Head(Section, frozen=True, kw_only=True):
    """The leaf: who reads it learns order and time, and nothing else that was not opened to them.

    Times are milliseconds since 1970 (UTC). `ledger_time` never falls. `statement` is the digest
    decided, absent for other kinds. `position`, `findings`, `decision` and `deliveries` are
    commitments; `findings` is absent where there are none.
    """

    partnership: str
    exercise: bool
    index: int
    kind: Kind
    ledger_time: int
    appended_at: int
    clock_at: int
    statement: str | None = None
    kid: str | None = None
    position: str | None = None
    findings: str | None = None
    decision: str | None = None
    deliveries: list[str] = []


class Position(Section, frozen=True):
    """Where submissions stood: `first` to `last` offset, inclusive, of one partition."""

    topic: str
    topic_id: str
    partition: int
    first: int
    last: int


class ReasonGiven(Section, frozen=True):
    """One reason with the fields it names (sections, members); never their content."""

    code: str
    fields: list[str] = []


HELD = "held"
NOTICES = frozenset({HELD, "governance", "erasure", "exclusion"})
"""Legs that carry no section: what a recipient is told of a statement without holding it."""

DutyKind = Literal[
    "response_given", "provenance_supplied", "call_back", "agreement_review", "emergency_review",
    "quarantine_decision", "second_release", "correction_acknowledged", "recall_acknowledged",
    "erasure_confirmed",
]  # fmt: skip


class Duty(Section, frozen=True):
    """What somebody owes, to be shown to them. Times in ledger milliseconds."""

    kind: DutyKind
    statement: str
    agency: str
    role: str
    due_at: int


class Delivery(Section, frozen=True, kw_only=True):
    """One recipient's part of a decision: which sections, under which leg and authority.

    `leg` is `<agreement>@<version>/<leg>`; `own` for the publisher, `public_control`, `emergency`,
    `correction` for who holds what is corrected, `governance` for what the governance agency must
    decide or review (no section at all), `held` for a notice that something is. `withheld_from`
    are practitioner or household tokens the recipient must keep it, and what it `covers`, from;
    where there are `lifted` ones, those may see again what it covers. `reasons` are given where
    the recipient is to act on them.
    """

    statement: str
    to: str
    leg: str
    sections: list[str]
    handling: str
    basis: str | None = None
    gateway: str | None = None
    marks: list[str] = []
    duties: list[Duty] = []
    withheld_from: list[str] = []
    covers: list[str] = []
    lifted: list[str] = []
    reasons: list[ReasonGiven] = []
    onward: str | None = None
    retention_days: int | None = None

    @property
    def erases(self) -> list[str]:
        """List what its recipient must erase, by statement digest."""
        return [duty.statement for duty in self.duties if duty.kind == "erasure_confirmed"]

    @property
    def kept(self) -> list[str]:
        """List what its recipient keeps from those `withheld_from`, by statement digest."""
        return [self.statement, *self.covers]

    @property
    def shown_again(self) -> list[str]:
        """List what those who are `lifted` may see again, by statement digest."""
        return self.covers if self.lifted else []


class Redecided(Section, frozen=True):
    """What became of an agency's earlier statement, by digest and id, through this entry."""

    statement: str
    id: str
    agency: str
    outcome: Outcome
    reasons: list[ReasonGiven] = []
    recipients: list[str] = []


class Decision(Section, frozen=True, kw_only=True):
    """The outcome of one entry. `level` is the provenance as the state bears it out.

    `unheard` are the subjects of views on consent that are not its publisher's to speak of.
    For `refusals` and `redeliveries`, `items` is the Merkle root (RFC 6962) over the body's
    items, so that each receipt can open its own alone.
    """

    outcome: Outcome
    reasons: list[ReasonGiven] = []
    level: str | None = None
    recipients: list[str] = []
    duties: list[Duty] = []
    redecided: list[Redecided] = []
    contact: str | None = None
    unheard: list[str] = []
    examiner: str
    decider: str
    ruleset: str
    items: str | None = None


class Item(Section, frozen=True, kw_only=True):
    """One submission that is not entered as a statement: refused, or seen before.

    `submission` is the digest up to the first `~`, `length` in bytes. A refused one whose
    signature held has its id, kid, stream and sequence: it consumed the number. A redelivery
    names the `index` of the entry that decided it.
    """

    submission: str
    offset: int
    appended_at: int
    length: int
    reasons: list[ReasonGiven] = []
    index: int | None = None
    id: str | None = None
    kid: str | None = None
    stream: str | None = None
    sequence: int | None = None


class Body(Section, frozen=True, kw_only=True):
    """What the head commits to; `Raw` members are the exact committed bytes.

    An absent one is `msgspec.UNSET`: msgspec reads no `Raw | None`.
    """

    salt: str
    position: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    findings: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    decision: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    deliveries: list[msgspec.Raw] = []
    items: list[msgspec.Raw] = []


class ViewPart(Section, frozen=True, kw_only=True):
    """A view's second line. `proof` is the inclusion path, hashes joined, in base64url."""

    delivery: msgspec.Raw
    salt: str
    slot: int
    proof: str


TIME_KEY = b"time"
"""The key of the record that carries ledger time on a views topic: the newest stands."""


class TimePart(Section, frozen=True, kw_only=True):
    """Second line of the record that carries ledger time: the inclusion path of a heartbeat."""

    proof: str


class ReceiptPart(Section, frozen=True, kw_only=True):
    """A receipt's second line: what its publisher may open of the entry.

    `reasons`, `outcome` and `remedies` are for this submission: of the entry's decision, of its
    item, or of a `redecided` row. `salts` open `position`, `findings` and `decision` in that
    order; for a row of another agency's entry the decision alone is opened, and the other salts
    are empty. `item` comes with its slot and path under `decision.items`.
    """

    submission: str
    outcome: Outcome
    reasons: list[ReasonGiven] = []
    remedies: list[str] = []
    position: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    findings: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    decision: msgspec.Raw
    salts: list[str]
    item: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    item_slot: int | None = None
    item_proof: str | None = None
    items: int | None = None
    proof: str


POSITION, FINDINGS, DECISION, FIRST_DELIVERY = range(4)
"""Which of an entry's salts opens what."""


def salts(entry_salt: bytes, deliveries: int) -> list[bytes]:
    """Open an entry's salt into one 16-byte salt per commitment.

    Args:
        entry_salt: 16 random bytes, kept in the body.
        deliveries: how many delivery slots there are, padding included.

    Returns:
        3 + deliveries salts: position, findings, decision, then one per slot.
    """
    count = FIRST_DELIVERY + deliveries
    stream = shake_128(b"candour-salts" + entry_salt).digest(16 * count)
    return [stream[i : i + 16] for i in range(0, 16 * count, 16)]


def slots_for(deliveries: int) -> int:
    """Give the padded number of delivery slots."""
    return -(-deliveries // SLOTS) * SLOTS


def slots_of(entry_salt: bytes, deliveries: int) -> list[int]:
    """Give each delivery its slot: in an order of the salt's, so that a slot tells nothing.

    A recipient who knew its place among the recipients could tell that another was left out.

    Args:
        entry_salt: 16 random bytes, kept in the body.
        deliveries: how many there are, padding apart.

    Returns:
        A slot a delivery, in the body's order; from 0, below `slots_for(deliveries)`.
    """
    count = slots_for(deliveries)
    drawn = shake_128(b"candour-slots" + entry_salt).digest(4 * count)
    return sorted(range(count), key=lambda n: drawn[4 * n : 4 * n + 4])[:deliveries]


def committed(
    opened: Sequence[bytes], slots: Sequence[int], deliveries: Sequence[bytes]
) -> list[str]:
    """Commit to an entry's deliveries, each in its slot, and to no bytes in the others.

    Args:
        opened: the entry's `salts`.
        slots: each delivery's, from `slots_of`.
        deliveries: exact bytes, in the body's order.
    """
    held = dict(zip(slots, deliveries, strict=True))
    return [commitment(salt, held.get(n, b"")) for n, salt in enumerate(opened[FIRST_DELIVERY:])]


def commitment(salt: bytes, exact: bytes) -> str:
    """Commit to exact bytes: SHA-256(salt || bytes) in base64url. A pad commits to no bytes."""
    return base64url.encode(sha256(salt + exact).digest())


def exact_bytes(raw: msgspec.Raw | msgspec.UnsetType) -> bytes:
    """Give the exact bytes of a `Raw` member; none for an absent one."""
    return b"" if isinstance(raw, msgspec.UnsetType) else bytes(raw)


def split_entry(record: bytes) -> tuple[bytes, bytes, bytes]:
    """Split a ledger record into head, body and JWS (empty where the entry has none).

    Raises:
        InvariantBroken: the record is not three lines.
    """
    parts = record.split(b"\n")
    if len(parts) != 3:  # noqa: PLR2004 - an entry is three lines
        raise InvariantBroken(
            "A ledger record is not an entry of three lines.",
            remedy="Stop the broker and run `candour audit export` and `verify` on this ledger.",
        )
    return parts[0], parts[1], parts[2]
