"""What was decided before, by id and by stream number: the port, and the one in memory.

A decision reads it to find a duplicate, a fork and who holds a statement; the shell keeps it on
disk, an auditor in memory. It is derived from the ledger alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from broker.core.recorded import Recorded, is_over
from contracts.agreement import LEVELS
from contracts.entry import NOTICES, Delivery, Item
from contracts.finding import Findings

APART = NOTICES | {"own"}
"""Deliveries by which nobody comes to hold what a statement says."""
_BESIDE = "unverified/"


class Known(NamedTuple):
    """A statement that consumed its number, as last decided.

    Attributes:
        entry: index of the entry that decided it last.
        submission: its digest.
        agency: who published it.
        given: (recipient, names of the sections it was given), its publisher apart.
        event: its event's name; empty for one that was refused.
        level: its provenance as the state bore it out; of what was supplied or released, at least
            that of who did.
        subjects: the persons in it, by number and token.
        people: theirs and those of what it arises from, however far back.
        barred: agencies that it, or what it arises from, was said to be kept from.
        withheld: practitioner and household tokens, likewise.
        kid: the key that signed it; empty for one that was refused, or that nobody could verify.
        at: the ledger time of its first entry, in milliseconds.
        first: the index of its first entry.
    """

    entry: int
    submission: str
    agency: str
    given: tuple[tuple[str, tuple[str, ...]], ...] = ()
    event: str = ""
    level: str | None = None
    subjects: tuple[tuple[int, str], ...] = ()
    people: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    kid: str = ""
    at: int = 0
    first: int = 0

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who holds it, its publisher apart."""
        return tuple(to for to, _ in self.given)


class Index(Protocol):
    """Where decisions look statements up."""

    def by_id(self, statement_id: str) -> Known | None:
        """Find a statement by its id, which is unique in a partnership."""

    def number(self, stream: str, sequence: int) -> str | None:
        """Find the digest of the statement that consumed a stream's number."""

    def add(self, statement_id: str, known: Known) -> None:
        """Remember a statement, or what became of it."""

    def tagged(self, tag: str) -> list[str]:
        """List the ids of the statements that bear a tag: a subject, a key, or a cause's id."""

    def tag(self, statement_id: str, tags: Iterable[str]) -> None:
        """Remember by what else a statement is found."""

    def take(self, stream: str, sequence: int, submission: str) -> None:
        """Remember that a statement consumed a stream's number."""


@dataclass(slots=True)
class MemoryIndex:
    """The index of an auditor: whole, in memory."""

    _known: dict[str, Known] = field(default_factory=dict)
    _numbers: dict[tuple[str, int], str] = field(default_factory=dict)
    _tagged: dict[str, list[str]] = field(default_factory=dict)

    def by_id(self, statement_id: str) -> Known | None:
        """Find a statement by its id."""
        return self._known.get(statement_id)

    def number(self, stream: str, sequence: int) -> str | None:
        """Find the digest of the statement that consumed a stream's number."""
        return self._numbers.get((stream, sequence))

    def add(self, statement_id: str, known: Known) -> None:
        """Remember a statement, or what became of it."""
        self._known[statement_id] = known

    def tagged(self, tag: str) -> list[str]:
        """List the ids of the statements that bear a tag, sorted."""
        return sorted(self._tagged.get(tag, ()))

    def tag(self, statement_id: str, tags: Iterable[str]) -> None:
        """Remember by what else a statement is found."""
        for tag in tags:
            self._tagged.setdefault(tag, []).append(statement_id)

    def take(self, stream: str, sequence: int, submission: str) -> None:
        """Remember that a statement consumed a stream's number."""
        self._numbers[stream, sequence] = submission


def index_statement(
    index: Index, recorded: Recorded, deliveries: Iterable[Delivery], agency: str
) -> None:
    """Put one decided statement into an index, and what became of one held before.

    Args:
        index: any index.
        recorded: its entry; one without findings changes nothing.
        deliveries: the entry's.
        agency: whose topic it came through.
    """
    findings, decision, at = recorded.findings, recorded.decision, recorded.head.index
    given = _given(deliveries, agency)
    known = _known(index, recorded, given, agency)
    if findings is None or decision is None or known is None:
        return
    index.add(findings.id, known)
    index.tag(findings.id, dict.fromkeys([*known.people, findings.kid, *findings.refers]))
    index.take(findings.stream, findings.sequence, findings.statement)
    if findings.event == "erasure_endorsed":
        for erased in [one for id_ in findings.erases for one in (id_, *_beside(index, id_))]:
            gone = index.by_id(erased)
            if gone is not None:
                index.add(erased, gone._replace(given=()))
    for row in decision.redecided:
        held = index.by_id(row.id)
        if held is not None and held.submission == row.statement:
            more = {**dict(held.given), **given.get(row.statement, {})}
            over = is_over(row, findings) and row.outcome != "rejected"
            level = _higher(held.level, decision.level) if over else held.level
            index.add(row.id, held._replace(entry=at, given=tuple(more.items()), level=level))


def index_unverified(
    index: Index, recorded: Recorded, deliveries: Iterable[Delivery], agency: str
) -> None:
    """Put an emergency that nobody could verify into an index, as `index_statement`.

    By its digest: it takes neither id nor number, so that whoever can sign it may say it yet. By
    its id are found what it is about and what it arises from, to be kept from somebody or erased.
    """
    findings = recorded.findings
    known = _known(index, recorded, _given(deliveries, agency), agency)
    if findings is None or known is None:
        return
    index.add(findings.statement, known._replace(kid="", level="anonymous"))
    index.tag(findings.statement, [_BESIDE + findings.id])
    index.tag(findings.id, dict.fromkeys([*known.people, *findings.refers]))


def under(index: Index, statement_id: str) -> list[Known]:
    """Give what bears an id: what took it, and each emergency that nobody could verify."""
    found = map(index.by_id, [statement_id, *_beside(index, statement_id)])
    return [one for one in found if one is not None]


def causes_of(index: Index, findings: Findings) -> dict[int, Known | None]:
    """Look up what a statement arises from, by the cause's number."""
    return {n: next(iter(under(index, one)), None) for n, one in enumerate(findings.refers, 1)}


def _beside(index: Index, statement_id: str) -> list[str]:
    """List the digests of the emergencies under an id that nobody could verify."""
    return index.tagged(_BESIDE + statement_id)


def _given(deliveries: Iterable[Delivery], agency: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Give who is given which sections, by statement."""
    given: dict[str, dict[str, tuple[str, ...]]] = {}
    for one in deliveries:
        if one.leg not in APART and one.to != agency:
            given.setdefault(one.statement, {})[one.to] = tuple(one.sections)
    return given


def _known(
    index: Index, recorded: Recorded, given: dict[str, dict[str, tuple[str, ...]]], agency: str
) -> Known | None:
    """Write down what is known of a statement once it is decided; None of another entry."""
    head, findings, decision = recorded.head, recorded.findings, recorded.decision
    if findings is None or decision is None:
        return None
    causes = [known for one in findings.refers for known in under(index, one)]
    subjects, kept = findings.subjects, findings.exclusions
    tokens = [token for one in kept for token in (one.practitioner, one.household)]
    return Known(
        head.index, findings.statement, agency,
        given=tuple(given.get(findings.statement, {}).items()),
        event=findings.event,
        level=decision.level,
        subjects=tuple(subjects.items()),
        people=_all(subjects.values(), *(one.people for one in causes)),
        barred=_all([one.agency for one in kept], *(one.barred for one in causes)),
        withheld=_all(tokens, *(one.withheld for one in causes)),
        kid=findings.kid,
        at=head.ledger_time,
        first=head.index,
    )  # fmt: skip


def _higher(*levels: str | None) -> str | None:
    """Give the highest level: who supplied or released what was held answers for it now."""
    return next((level for level in reversed(LEVELS) if level in levels), None)


def _all(*several: Iterable[str | None]) -> tuple[str, ...]:
    """Join lists, each token once, in order."""
    return tuple(dict.fromkeys(one for some in several for one in some if one))


def index_item(index: Index, item: Item, agency: str, at: int) -> None:
    """Put a refused submission that consumed its number into an index; others change nothing."""
    if item.id is not None and item.stream is not None and item.sequence is not None:
        index.add(item.id, Known(at, item.submission, agency))
        index.take(item.stream, item.sequence, item.submission)


def index_recorded(
    index: Index, recorded: Recorded, deliveries: Iterable[Delivery], agency: str
) -> None:
    """Put one entry read back from the ledger into an index, as writing it did."""
    put = index_unverified if recorded.head.kid is None else index_statement
    put(index, recorded, deliveries, agency)
    for item in recorded.items:
        index_item(index, item, agency, recorded.head.index)
