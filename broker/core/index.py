"""What was decided before, by id and by stream number: the port, and the one in memory.

A decision reads it to find a duplicate, a fork and who holds a statement; the shell keeps it on
disk, an auditor in memory. It is derived from the ledger alone.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from broker.core.state import Recorded
from contracts.entry import Decision, Item
from contracts.finding import Findings


class Known(NamedTuple):
    """A statement that consumed its number, as last decided.

    Attributes:
        entry: index of the entry that decided it last.
        submission: its digest.
        agency: who published it.
        recipients: who holds it, its publisher apart.
    """

    entry: int
    submission: str
    agency: str
    recipients: tuple[str, ...]


class Index(Protocol):
    """Where decisions look statements up."""

    def by_id(self, statement_id: str) -> Known | None:
        """Find a statement by its id, which is unique in a partnership."""

    def number(self, stream: str, sequence: int) -> str | None:
        """Find the digest of the statement that consumed a stream's number."""

    def add(self, statement_id: str, known: Known) -> None:
        """Remember a statement, or what became of it."""

    def take(self, stream: str, sequence: int, submission: str) -> None:
        """Remember that a statement consumed a stream's number."""


@dataclass(slots=True)
class MemoryIndex:
    """The index of an auditor: whole, in memory."""

    _known: dict[str, Known] = field(default_factory=dict)
    _numbers: dict[tuple[str, int], str] = field(default_factory=dict)

    def by_id(self, statement_id: str) -> Known | None:
        """Find a statement by its id."""
        return self._known.get(statement_id)

    def number(self, stream: str, sequence: int) -> str | None:
        """Find the digest of the statement that consumed a stream's number."""
        return self._numbers.get((stream, sequence))

    def add(self, statement_id: str, known: Known) -> None:
        """Remember a statement, or what became of it."""
        self._known[statement_id] = known

    def take(self, stream: str, sequence: int, submission: str) -> None:
        """Remember that a statement consumed a stream's number."""
        self._numbers[stream, sequence] = submission


def index_statement(
    index: Index, findings: Findings, decision: Decision, agency: str, at: int
) -> None:
    """Put one decided statement into an index, and what became of one held before.

    Args:
        index: any index.
        findings: of the statement.
        decision: of its entry.
        agency: whose topic it came through.
        at: the entry's index.
    """
    recipients = tuple(decision.recipients)
    index.add(findings.id, Known(at, findings.statement, agency, recipients))
    index.take(findings.stream, findings.sequence, findings.statement)
    for row in decision.redecided:
        held = index.by_id(findings.refers[0])
        if held is not None and held.submission == row.statement:
            holders = tuple(dict.fromkeys((*held.recipients, *row.recipients)))
            again = held._replace(entry=at, recipients=holders)
            index.add(findings.refers[0], again)


def index_item(index: Index, item: Item, agency: str, at: int) -> None:
    """Put a refused submission that consumed its number into an index; others change nothing."""
    if item.id is not None and item.stream is not None and item.sequence is not None:
        index.add(item.id, Known(at, item.submission, agency, ()))
        index.take(item.stream, item.sequence, item.submission)


def index_recorded(index: Index, recorded: Recorded, agency: str) -> None:
    """Put one entry read back from the ledger into an index, as writing it did."""
    head, findings, decision = recorded.head, recorded.findings, recorded.decision
    if findings is not None and decision is not None and head.kid is not None:
        index_statement(index, findings, decision, agency, head.index)
    for item in recorded.items:
        index_item(index, item, agency, head.index)
