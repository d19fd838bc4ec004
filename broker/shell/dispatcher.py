"""Delivers what is recorded: views, receipts and the checkpoint, in a second transaction.

Takes everything that is final at each turn, so that a busy log is delivered in large batches and
a quiet one at once. The checkpoint's size is its position; the file outside Kafka follows it.
"""

import asyncio
from collections.abc import Collection

import msgspec
from aiokafka import AIOKafkaProducer

from broker.core.dispatch import Stored, dispatch, stored
from broker.core.tree import Tree
from broker.core.written import Written
from broker.shell.checkpoints import CheckpointFile, Signer
from broker.shell.metrics import Metrics
from broker.shell.recording import Record, record
from broker.shell.recovery import BATCH_MAX, Recall
from contracts import topic
from contracts.finding import decode_findings


class Dispatcher:
    """Turns final entries into what leaves the log."""

    def __init__(  # noqa: PLR0913 - the parts it joins
        self,
        partnership: str,
        producer: AIOKafkaProducer,
        recall: Recall,
        signer: Signer,
        file: CheckpointFile,
        metrics: Metrics,
    ) -> None:
        self._partnership = partnership
        self._producer = producer
        self._recall = recall
        self._signer = signer
        self._file = file
        self._metrics = metrics
        self._tree = Tree()
        self._agencies: Collection[str] = ()
        self._waiting: list[Written] = []
        self._arrived = asyncio.Event()

    def begin(self, tree: Tree, pending: list[Written], agencies: Collection[str]) -> None:
        """Go on from a recovered log.

        Args:
            tree: every entry.
            pending: the last ones of it, not delivered yet.
            agencies: all that are admitted, as the state has it from now on.
        """
        self._agencies = agencies
        first = tree.size - len(pending)
        self._tree = tree
        self._tree.truncate(first)
        self.put(pending)

    def put(self, written: list[Written]) -> None:
        """Hand over entries that are final."""
        self._waiting.extend(written)
        if self._waiting:
            self._arrived.set()

    async def run(self) -> None:
        """Deliver until cancelled.

        Raises:
            Transient: Kafka is away.
            Fatal: another broker took over, or the file cannot be written.
        """
        while True:
            await self._arrived.wait()
            await self._deliver(self._next())

    def _next(self) -> list[Written]:
        """Take what is final; `run` keeps no name on it while it waits: it may be erased."""
        batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
        if not self._waiting:
            self._arrived.clear()
        return batch

    async def _deliver(self, batch: list[Written]) -> None:
        statements = await self._statements(batch)
        numbers = {number for written in batch for number in written.answered}
        answers = {number: await self._recall.entry(number) for number in sorted(numbers)}
        self._tree.append([written.leaf for written in batch])
        note = self._signer.note(self._tree)
        outgoing = dispatch(
            batch, self._tree, note, statements=statements, answered=answers.__getitem__,
            agencies=self._agencies,
        )  # fmt: skip
        topics: dict[str, list[Record]] = {}
        for agency, key, value in outgoing.views:
            name = topic.views(self._partnership, agency)
            topics.setdefault(name, []).append(Record(key, value))
        for agency, key, value in outgoing.receipts:
            name = topic.receipts(self._partnership, agency)
            topics.setdefault(name, []).append(Record(key, value))
        if outgoing.erased:
            gone = [Record(digest, None) for digest in outgoing.erased]
            topics[topic.disclosures(self._partnership)] = gone
        topics[topic.checkpoints(self._partnership)] = [Record(None, note.encode())]
        await record(self._producer, topics, "delivering")
        await asyncio.to_thread(self._file.write, note)
        self._metrics.views += len(outgoing.views)
        self._metrics.receipts += len(outgoing.receipts)

    async def _statements(self, batch: list[Written]) -> dict[str, Stored]:
        """Gather the bytes of every statement the batch delivers, most of them in memory."""
        known: dict[str, Stored] = {}
        for written in batch:
            digest, body = written.recorded.head.statement, written.body
            if digest is None or written.disclosures is None or body.findings is msgspec.UNSET:
                continue
            findings = written.recorded.findings or decode_findings(bytes(body.findings))
            known[digest] = stored(findings.sections, written.jws, written.disclosures)
        wanted = {delivery.statement for written in batch for delivery in written.deliveries}
        for digest in sorted(wanted - set(known)):
            known[digest] = await self._recall.statement(digest)
        return known
