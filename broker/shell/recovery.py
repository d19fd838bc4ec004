"""From Kafka back to where the broker stood: fold, tree, index, and what was not delivered yet.

Runs at every start and after every fault, so that there is one way back and it is always taken.

Source: design.md, Record, then deliver; technical.md 2, 6.
"""

from dataclasses import dataclass, field

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from broker.core.dispatch import Stored, stored
from broker.core.index import index_recorded
from broker.core.state import State
from broker.core.tree import Tree
from broker.core.written import Written, read_written
from broker.shell.checkpoints import CheckpointFile, Signer, check_extends, last_on_kafka
from broker.shell.connection import Connection, closed
from broker.shell.index import Covered, LedgerIndex, Place
from broker.shell.reading import end_of, read_between
from contracts import topic
from contracts.fault import Fatal, InvariantBroken, Transient
from contracts.finding import decode_findings

BATCH_MAX = 1000


@dataclass(slots=True)
class Recovered:
    """Where the broker stands: everything folded, and the entries still to be dispatched."""

    state: State = field(default_factory=State)
    tree: Tree = field(default_factory=Tree)
    pending: list[Written] = field(default_factory=list)


async def recover(
    connection: Connection,
    partnership: str,
    index: LedgerIndex,
    signer: Signer,
    file: CheckpointFile,
) -> Recovered:
    """Read the ledger to its end and check that it extends what was signed.

    Raises:
        Transient: Kafka is away.
        Fatal: the ledger does not extend its last checkpoint, or cannot be read as one.
    """
    on_kafka = await last_on_kafka(connection, partnership)
    beside = file.read()
    delivered = signer.read(on_kafka, "on Kafka").size if on_kafka else 0
    consumer = await connection.consumer(committed=True, fetch_wait_ms=50)
    try:
        found = await _fold(consumer, partnership, index, delivered)
    finally:
        await closed(consumer)
    for note, where in ((on_kafka, "on Kafka"), (beside, "in the file beside the broker")):
        if note is not None:
            check_extends(found.tree, signer.read(note, where), where)
    return found


async def _fold(
    consumer: AIOKafkaConsumer, partnership: str, index: LedgerIndex, delivered: int
) -> Recovered:
    found = Recovered()
    name = topic.ledger(partnership)
    covered = index.covered
    indexing = covered.size == 0
    if indexing:
        index.clear()
    batches: list[tuple[int, int]] = []
    ledger: dict[str, int] = {}
    async for records in read_between(consumer, name, 0, await end_of(consumer, name)):
        for record in records:
            written = read_written(record.value or b"")
            head = written.recorded.head
            if head.index != found.tree.size or head.partnership != partnership:
                raise Fatal(
                    f"The ledger's entry at offset {record.offset} is not entry {found.tree.size}.",
                    remedy="Stop, run `candour audit export` and `candour audit verify`.",
                )
            if not indexing:
                if not _agrees(index, covered, found.tree, record.offset):
                    index.clear()
                    return await _fold(consumer, partnership, index, delivered)
                indexing = found.tree.size == covered.size
            found.state.apply(written.recorded)
            found.tree.append([written.leaf])
            if indexing:
                _index(index, written)
                batches.append((head.index, record.offset))
                if head.statement:
                    ledger[head.statement] = record.offset
            if head.index >= delivered:
                found.pending.append(written)
    if not indexing and (found.tree.size, found.tree.root()) != (covered.size, covered.root):
        index.clear()
        return await _fold(consumer, partnership, index, delivered)
    sections = topic.disclosures(partnership)
    end = await end_of(consumer, sections)
    begin = index.covered.disclosures
    offsets = {
        (record.key or b"").decode(): record.offset
        async for records in read_between(consumer, sections, begin, end)
        for record in records
    }
    places = [(d, Place(at, offsets.get(d, -1))) for d, at in ledger.items()]
    index.commit(found.tree.size, found.tree.root(), end, batches=batches, places=places)
    return found


def _agrees(index: LedgerIndex, covered: Covered, tree: Tree, offset: int) -> bool:
    """Say whether the next entry stands where the index has it, and the log is the same so far.

    A ledger that was restored holds the same entries at other offsets.
    """
    if tree.size < covered.size:
        return index.offset_of(tree.size) == offset
    return tree.root() == covered.root


def _index(index: LedgerIndex, written: Written) -> None:
    position = written.recorded.position
    if position is None:
        return
    agency = topic.submitter(position.topic, written.recorded.head.partnership)
    if agency is None:
        raise InvariantBroken(
            f"Entry {written.recorded.head.index} names no submissions topic.",
            remedy="Stop, run `candour audit export` and `candour audit verify`.",
        )
    index_recorded(index, written.recorded, written.deliveries, agency)


class Recall:
    """Fetches what was recorded before: an entry by index, a statement's bytes by digest."""

    def __init__(self, connection: Connection, partnership: str, index: LedgerIndex) -> None:
        self._connection = connection
        self._partnership = partnership
        self._index = index

    async def entry(self, number: int) -> Written:
        """Read one final entry back.

        Raises:
            Transient: Kafka is away.
            InvariantBroken: it is not where the index says.
        """
        offset = self._index.offset_of(number)
        consumer = await self._connection.consumer(committed=True, fetch_wait_ms=50)
        try:
            name = topic.ledger(self._partnership)
            end = await end_of(consumer, name)
            async for records in read_between(consumer, name, offset or 0, end):
                for record in records:
                    written = read_written(record.value or b"")
                    if written.recorded.head.index == number:
                        return written
        finally:
            await closed(consumer)
        raise _lost(f"Entry {number}")

    async def statement(self, digest: str) -> Stored:
        """Read a recorded statement's bytes back.

        Raises:
            Transient: Kafka is away, or the index is of other topics and is made anew.
            InvariantBroken: they are not where the index says.
        """
        place = self._index.place_of(digest)
        if place is None or place.disclosures < 0:
            raise _lost(f"Statement {digest}")
        consumer = await self._connection.consumer(committed=True, fetch_wait_ms=50)
        try:
            entry = await _at(consumer, topic.ledger(self._partnership), place.ledger)
            texts = await _at(consumer, topic.disclosures(self._partnership), place.disclosures)
        finally:
            await closed(consumer)
        if entry is None or texts is None:
            raise _lost(f"Statement {digest}")
        written = read_written(entry.value or b"")
        if written.recorded.head.statement != digest or texts.key != digest.encode():
            self._index.doubt()
            raise Transient(
                f"Another statement stands where the index has {digest}: a topic was restored.",
                remedy="The broker makes its index anew by itself, from the ledger.",
            )
        if written.body.findings is msgspec.UNSET:
            raise _lost(f"Statement {digest}")
        names = decode_findings(bytes(written.body.findings)).sections
        return stored(names, written.jws, texts.value or b"")


async def _at(consumer: AIOKafkaConsumer, name: str, offset: int) -> ConsumerRecord | None:
    async for records in read_between(consumer, name, offset, offset + 1):
        return records[0]
    return None


def _lost(what: str) -> InvariantBroken:
    return InvariantBroken(
        f"{what} is not where the index says.",
        remedy="Stop the broker, delete its index folder and start it again: it is rebuilt. "
        "If this comes back, run `candour audit export` and `candour audit verify`.",
    )
