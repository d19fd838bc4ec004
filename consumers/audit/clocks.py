"""Clocks that the log set and nobody met: what is held too long, and what somebody never did.

An answer owed to whoever reported (`response_given`) is not among them: whoever owes it says
`duty_overdue` on the log, and a chronology tells it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from broker.core.case import CORRECTING
from broker.core.state import State
from consumers.audit.following import Read
from contracts.entry import Decision, Delivery, Duty, DutyKind, exact_bytes
from contracts.event.control import KeyRevoked
from contracts.finding import Findings

WAITS: tuple[DutyKind, ...] = ("provenance_supplied", "quarantine_decision", "second_release")
"""Duties whose clock a held statement waits by."""
DONE: tuple[DutyKind, ...] = (
    "emergency_review", "recall_acknowledged", "correction_acknowledged", "erasure_confirmed",
)  # fmt: skip
"""Duties that end with a statement of whoever owes them; the last two stand in deliveries."""
_CLOCKED = (b'"redecided"', *(f'"{kind}"'.encode() for kind in (*WAITS, *DONE[:2])))
_decision = msgspec.json.Decoder(Decision).decode
_delivery = msgspec.json.Decoder(Delivery).decode


class _Asked(NamedTuple):
    """A duty, the entry that set it, and what says that it was done: an id, or an act's digest."""

    duty: Duty
    about: str
    entry: int


@dataclass(slots=True)
class Clocks:
    """Every clock that is still to be met."""

    _held: dict[tuple[str, DutyKind], tuple[int, int]] = field(default_factory=dict)
    _asked: list[_Asked] = field(default_factory=list)

    def take(self, read: Read, findings: Findings) -> None:
        """Take in what an entry sets, and what it decides anew.

        Args:
            read: a statement's entry.
            findings: of the statement.
        """
        index, decided = read.head.index, exact_bytes(read.body.decision)
        if any(name in decided for name in _CLOCKED):
            decision = _decision(decided)
            for row in decision.redecided:
                for kind in WAITS:
                    self._held.pop((row.statement, kind), None)
            for duty in decision.duties:
                if duty.kind in WAITS:
                    self._held[duty.statement, duty.kind] = (duty.due_at, index)
            self._ask(decision.duties, findings, index)
        if findings.event in CORRECTING or findings.event == "erasure_endorsed":
            for delivery in map(_delivery, read.body.deliveries):
                self._ask(delivery.duties, findings, index)

    def held_late(self, state: State) -> list[int]:
        """List the entries that set a clock by which something still waits, and which ran out."""
        waiting, now = state.waiting, state.ledger_time
        return sorted({
            index
            for (statement, kind), (due_at, index) in self._held.items()
            if due_at < now
            and statement in (waiting.confirming if kind == "second_release" else waiting.held)
        })  # fmt: skip

    def undone(self, state: State) -> list[int]:
        """List the entries that asked somebody for something who has not done it in time."""
        return sorted({
            one.entry
            for one in self._asked
            if one.duty.due_at < state.ledger_time and not _is_done(one, state)
        })  # fmt: skip

    def _ask(self, duties: Iterable[Duty], findings: Findings, index: int) -> None:
        about = findings.endorsed.digest if findings.endorsed is not None else findings.id
        if isinstance(findings.proposal, KeyRevoked):
            about = findings.proposal.kid
        self._asked += [_Asked(duty, about, index) for duty in duties if duty.kind in DONE]


def _is_done(asked: _Asked, state: State) -> bool:
    duty, about = asked.duty, asked.about
    if duty.kind == "emergency_review":
        used = state.waiting.emergencies.get(duty.statement)
        return used is None or used.finding is not None
    act = state.proposals[about].act if about in state.proposals else None
    done = state.waiting.acknowledged.get(act.kid if isinstance(act, KeyRevoked) else about, set())
    return not {duty.agency, state.acting(duty.agency)}.isdisjoint(done)
