"""Records what arrives: decide, then entries and disclosures in one transaction.

While one batch is decided and commits, the next ones are read and prepared; what is prepared is
decided only once the batch before is final, all of it at once, which keeps both throughput and
latency.

Source: design.md, Record, then deliver; technical.md 6.
"""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TypeVar

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from broker.core.recorded import Recorded
from broker.core.sequence import SKEW_MS_MAX, Sequencing, Submission, in_order
from broker.core.tree import Tree
from broker.core.written import Written
from broker.shell.connection import bounded
from broker.shell.index import LedgerIndex, Place
from broker.shell.intake import COUNT_MAX, Arrived, Heard, Intake
from broker.shell.metrics import Metrics
from broker.shell.preparation import Preparation
from broker.shell.recording import Record, record
from broker.shell.topics import topics_of
from contracts import topic
from contracts.duration import MINUTE_MS
from contracts.fault import Transient
from contracts.reason import Reason

HEARTBEAT_MS = MINUTE_MS
AHEAD = 2
"""Rounds that wait between two steps, so that no step waits for another."""
LOOK_S = 2.0
"""How often topics are looked for, and submissions cut behind us; by name, so just after a look."""

_T = TypeVar("_T")

log = structlog.get_logger()


class Sequencer:
    """Turns submissions into final entries and hands them on."""

    def __init__(  # noqa: PLR0913 - the parts it joins
        self,
        *,
        looking: AIOKafkaClient,
        producer: AIOKafkaProducer,
        admin: AIOKafkaAdminClient,
        intake: Intake,
        preparation: Preparation,
        sequencing: Sequencing,
        tree: Tree,
        index: LedgerIndex,
        put: Callable[[list[Written]], None],
        now_ms: Callable[[], int],
        salt: Callable[[], bytes],
        metrics: Metrics,
    ) -> None:
        self._looking = looking
        self._producer = producer
        self._admin = admin
        self._intake = intake
        self._preparation = preparation
        self._sequencing = sequencing
        self._tree = tree
        self._index = index
        self._put = put
        self._now_ms = now_ms
        self._salt = salt
        self._metrics = metrics
        self._disclosures = index.covered.disclosures
        self._recorded = dict(sequencing.state.positions)
        self._heard: dict[str, Heard] = {}
        self._fresh = False
        self._arrived: asyncio.Queue[list[Arrived]] = asyncio.Queue(AHEAD)
        self._prepared: asyncio.Queue[list[Submission]] = asyncio.Queue(AHEAD)
        self._beat_at = now_ms()

    async def run(self) -> None:
        """Record until cancelled.

        Raises:
            Transient: Kafka is away: throw this away and recover.
            Fatal: another broker took over.
        """
        async with asyncio.TaskGroup() as tasks:
            for work in (self._listen, self._read, self._prepare, self._record):
                tasks.create_task(going_on(work()))

    async def _read(self) -> None:
        """Read ahead of preparation, a round at a time; an empty one where nothing came."""
        while True:
            if self._fresh:
                self._fresh = False
                await self._intake.hear(self._heard)
            await self._arrived.put(await self._intake.round())

    async def _prepare(self) -> None:
        """Prepare ahead of the decision, all that has arrived."""
        while True:
            # No name is left on what arrived while the next is waited for: it may be erased.
            await self._prepared.put(await self._submissions(await _taken(self._arrived)))

    async def _submissions(self, arrived: list[Arrived]) -> list[Submission]:
        self._preparation.know(self._sequencing.state.public_keys)
        prepared = await self._preparation.prepare([one.raw for one in arrived])
        return [
            Submission(
                one.agency, one.topic, one.topic_id, 0, one.offset, one.appended_at, found, one.raw
            )
            for one, found in zip(arrived, prepared, strict=True)
        ]  # fmt: skip

    async def _record(self) -> None:
        """Decide whatever is prepared each time that the batch before is final."""
        while True:
            await self._final(await _taken(self._prepared))

    async def _final(self, submissions: list[Submission]) -> None:
        written = self._decide(submissions)
        if written:
            await self._commit(written, len(submissions))
        else:
            gc.collect()

    def _decide(self, submissions: list[Submission]) -> list[Written]:
        clock_ms = self._now_ms()
        written: list[Written] = []
        if submissions:
            skew = max(one.appended_at for one in submissions) - clock_ms
            if skew > SKEW_MS_MAX:
                log.error("clock_skew", skew_ms=skew)
            written = self._sequencing.sequence(
                in_order(submissions), clock_ms=clock_ms, salt=self._salt
            )
        founding = self._sequencing.state.founding
        if founding is None or founding.exercise or clock_ms - self._beat_at < HEARTBEAT_MS:
            return written
        # On a busy log too: whoever is sent nothing learns from it that time has passed.
        self._beat_at = clock_ms
        self._metrics.heartbeats += 1
        return [*written, self._sequencing.heartbeat(clock_ms=clock_ms, salt=self._salt)]

    async def _commit(self, written: list[Written], arrived: int) -> None:
        """Write a batch, make it known to the index, and hand it on."""
        partnership = self._sequencing.partnership
        ledger, sections = topic.ledger(partnership), topic.disclosures(partnership)
        with_sections = [one for one in written if one.disclosures is not None]
        batches = {ledger: [Record(None, one.record) for one in written]}
        if with_sections:
            batches[sections] = [
                Record((one.recorded.head.statement or "").encode(), one.disclosures or b"")
                for one in with_sections
            ]
        offsets = await record(self._producer, batches, "recording")
        self._tree.append([one.leaf for one in written])
        places = dict(
            zip((w.record for w in with_sections), offsets.get(sections, []), strict=True)
        )
        self._disclosures = max([self._disclosures, *(at + 1 for at in places.values())])
        self._index.commit(
            self._tree.size,
            self._tree.root(),
            self._disclosures,
            batches=_runs(written, offsets[ledger]),
            places=[
                (one.recorded.head.statement, Place(at, places.get(one.record, -1)))
                for one, at in zip(written, offsets[ledger], strict=True)
                if one.recorded.head.statement
            ],
        )
        for one in written:
            position = one.recorded.position
            if position is not None:
                self._recorded[position.topic_id, position.partition] = position.last + 1
        self._put(written)
        self._count(written, arrived)

    def _count(self, written: list[Written], arrived: int) -> None:
        self._metrics.submissions += arrived
        self._metrics.entries += len(written)
        for one in written:
            kind, items = one.recorded.head.kind, len(one.recorded.items)
            self._alarm(one.recorded)
            if kind == "refusals":
                self._metrics.refused += items
            elif kind == "redeliveries":
                self._metrics.redelivered += items
            elif kind == "intake_gap":
                log.error("intake_gap", index=one.recorded.head.index)

    def _alarm(self, recorded: Recorded) -> None:
        """Say that a number or an id was used twice: an outbox was restored, or its key copied."""
        given = [item.reasons for item in recorded.items]
        given += [recorded.decision.reasons] if recorded.decision else []
        forked = sum(any(one.code == Reason.STREAM_FORKED for one in some) for some in given)
        if forked and recorded.position:
            self._metrics.forked += forked
            name, partnership = recorded.position.topic, self._sequencing.partnership
            log.error(
                "stream_forked", index=recorded.head.index, count=forked,
                agency=topic.submitter(name, partnership),
                remedy="Ring the agency: its outbox was restored from a copy, or somebody else "
                "holds its key. If nobody there restored one, have governance revoke the key.",
            )  # fmt: skip

    async def _listen(self) -> None:
        """Hear every admitted agency, before the founding every topic there is; cut behind."""
        state = self._sequencing.state
        while True:
            await self._look(set(state.agencies))
            await self._cut()
            await asyncio.sleep(LOOK_S)

    async def _look(self, wanted: set[str]) -> None:
        """Find the topics of those who are heard; one made anew is another, and read from 0."""
        for found in (await topics_of(self._looking)).values():
            agency = topic.submitter(found.name, self._sequencing.partnership)
            known = self._heard.get(found.name)
            is_new = known is None or known.topic_id != found.id
            if agency is not None and is_new and (not wanted or agency in wanted):
                position = self._recorded.get((found.id, 0), 0)
                self._heard[found.name] = Heard(agency, found.name, found.id, position)
                self._fresh = True

    async def _cut(self) -> None:
        """Delete submissions whose entries are final: the ledger holds them now."""
        recorded = self._recorded
        behind = {
            TopicPartition(heard.topic, 0): RecordsToDelete(recorded[heard.topic_id, 0])
            for heard in self._heard.values()
            if recorded.get((heard.topic_id, 0))
        }
        if behind:
            # What is not deleted now is deleted next time.
            with suppress(Transient, KafkaError):
                await bounded(self._admin.delete_records(behind), "cutting submissions", 5)


async def going_on(work: Coroutine[object, object, None]) -> None:
    """Run what never ends; a task group says nothing of one that was cancelled from within.

    Raises:
        Transient: it was: the other steps would wait for it for ever.
    """
    try:
        await work
    except asyncio.CancelledError:
        own = asyncio.current_task()
        if own is None or own.cancelling():
            raise
        raise Transient(
            "A step of the broker was stopped from within.",
            remedy="The broker begins anew by itself. Report the defect.",
        ) from None


async def _taken(waiting: asyncio.Queue[list[_T]]) -> list[_T]:
    """Take what waits, all of it up to about a round's worth."""
    taken = await waiting.get()
    while not waiting.empty() and len(taken) < COUNT_MAX:
        taken += waiting.get_nowait()
    return taken


def _runs(written: list[Written], offsets: list[int]) -> list[tuple[int, int]]:
    """List (entry, offset) wherever the ledger's offsets jump."""
    runs: list[tuple[int, int]] = []
    expected = -1
    for one, offset in zip(written, offsets, strict=True):
        if offset != expected:
            runs.append((one.recorded.head.index, offset))
        expected = offset + 1
    return runs
