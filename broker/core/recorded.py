"""One entry's parts, decoded: what the fold and the index take in, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from contracts import entry
from contracts.entry import NOTICES, Body, Decision, Delivery, Head, Item, Position, Redecided
from contracts.finding import Findings

ANSWER = "response_given"
ASKED, SUPPLIED = "information_requested", "information_supplied"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry.

    Attributes:
        head, position, findings, decision, items: as it holds them, where it does.
        owing: the deliveries whose recipient owes an answer.
    """

    head: Head
    position: Position | None
    findings: Findings | None
    decision: Decision | None
    items: tuple[Item, ...] = ()
    owing: tuple[Delivery, ...] = ()


def recorded_of(record: bytes) -> Recorded:
    """Decode a ledger record.

    Raises:
        InvariantBroken: the record is not an entry of three lines.
        msgspec.MsgspecError: a line is not of its shape.
    """
    head, body_json, _ = entry.split_entry(record)
    body = msgspec.json.decode(body_json, type=Body)
    findings = _read(body.findings, Findings)
    asks = findings is not None and findings.event == ASKED
    return Recorded(
        msgspec.json.decode(head, type=Head),
        _read(body.position, Position),
        findings,
        _read(body.decision, Decision),
        tuple(msgspec.json.decode(item, type=Item) for item in body.items),
        owing(
            (
                msgspec.json.decode(exact, type=Delivery)
                for exact in body.deliveries
                if asks or ANSWER.encode() in bytes(exact)
            ),
            findings,
        ),
    )


def owing(deliveries: Iterable[Delivery], findings: Findings | None) -> tuple[Delivery, ...]:
    """Give the deliveries whose recipient owes an answer: a response, or what it is asked for."""
    apart = NOTICES | {"own"}
    asked = findings.statement if findings is not None and findings.event == ASKED else None
    return tuple(
        one
        for one in deliveries
        if any(duty.kind == ANSWER for duty in one.duties)
        or (one.statement == asked and one.leg not in apart)
    )


def is_over(row: Redecided, findings: Findings) -> bool:
    """Say whether what was decided anew waits for nobody any more.

    Args:
        row: what became of it.
        findings: its own as decided anew; of what was supplied just as much is missing.
    """
    lives = row.outcome == "accepted_emergency" and not findings.missing
    return not row.reasons or row.outcome == "rejected" or lives


def _read(exact: msgspec.Raw | msgspec.UnsetType, shape: type[_T]) -> _T | None:
    return None if isinstance(exact, msgspec.UnsetType) else msgspec.json.decode(exact, type=shape)
