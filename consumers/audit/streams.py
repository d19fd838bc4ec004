"""What the log truthfully shows to be amiss: streams with gaps, silences, clocks, overdue duties.

None of it breaks the log: it is what a reader must be told (exit code 1).
"""

from dataclasses import dataclass, field

from broker.core.state import State
from consumers.audit.clocks import Clocks
from consumers.audit.defect import Defect
from consumers.audit.following import Read
from consumers.audit.verdict import Tally
from contracts.entry import Item
from contracts.finding import Findings
from contracts.reason import Reason

SILENCE_MS_MAX = 300_000
"""A heartbeat stands each minute; five without anything mean that the broker was away."""
SKEW_MS_MAX = 5_000


@dataclass(slots=True)
class _Stream:
    """One writer's chain: who took which number, and which one was named as the one before."""

    taken: dict[int, str] = field(default_factory=dict)
    named: dict[int, tuple[str | None, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Watch:
    """Watches a ledger go by, entry by entry."""

    tally: Tally
    counts: dict[str, int] = field(default_factory=dict)
    clocks: Clocks = field(default_factory=Clocks)
    _streams: dict[str, _Stream] = field(default_factory=dict)
    _clock: int | None = None

    @property
    def streams(self) -> int:
        """How many streams wrote anything."""
        return len(self._streams)

    def entry(self, read: Read, *, is_live: bool) -> None:
        """Look at any entry.

        Args:
            read: the entry.
            is_live: after a founding that is no exercise: heartbeats are due.
        """
        head = read.head
        self.counts[head.kind] = self.counts.get(head.kind, 0) + 1
        if self._clock is not None:
            if head.clock_at < self._clock:
                self.tally.at(Defect.CLOCK_FELL, head.index)
            elif is_live and head.clock_at - self._clock > SILENCE_MS_MAX:
                self.tally.at(Defect.SILENCE, head.index)
        if head.appended_at > head.clock_at + SKEW_MS_MAX:
            self.tally.at(Defect.CLOCK_SKEW, head.index)
        if head.kind == "intake_gap":
            self.tally.at(Defect.INTAKE_GAP, head.index)
        self._clock = head.clock_at

    def statement(self, read: Read, findings: Findings) -> None:
        """Look at a statement whose entry follows."""
        self.clocks.take(read, findings)
        if read.head.kid is None:
            self.tally.at(Defect.UNVERIFIED, read.head.index)
            return
        stream = self._streams.setdefault(findings.stream, _Stream())
        stream.taken[findings.sequence] = findings.statement
        stream.named[findings.sequence] = (findings.previous, read.head.index)

    def items(self, items: list[Item], index: int) -> None:
        """Look at refused submissions."""
        for item in items:
            if item.stream is not None and item.sequence is not None:
                stream = self._streams.setdefault(item.stream, _Stream())
                stream.taken[item.sequence] = item.submission
            if any(given.code == Reason.STREAM_FORKED for given in item.reasons):
                self.tally.at(Defect.STREAM_FORKED, index)

    def end(self, state: State) -> None:
        """Say what is amiss once the whole ledger went by."""
        for name, stream in sorted(self._streams.items()):
            self._chain(name, stream)
        for index in self.clocks.held_late(state):
            self.tally.at(Defect.QUARANTINE_OVERDUE, index)
        for index in self.clocks.undone(state):
            self.tally.at(Defect.DUTY_OVERDUE, index)

    def _chain(self, name: str, stream: _Stream) -> None:
        top = max(stream.taken)
        if top >= len(stream.taken):
            absent = next(n for n in range(top) if n not in stream.taken)
            place = f"stream {name}: {top + 1 - len(stream.taken)} absent, first number {absent}"
            self.tally.of(Defect.STREAM_GAP, place)
        unlike = [
            index
            for number, (previous, index) in sorted(stream.named.items())
            if previous != stream.taken.get(number - 1)
            and (number - 1 in stream.taken or not number)
        ]
        if unlike:
            place = f"stream {name}: {len(unlike)} statements, first at entry {unlike[0]}"
            self.tally.of(Defect.STREAM_UNCHAINED, place)
