"""The sender: stored statements to Kafka, receipts and views back, for as long as it runs.

Kafka may be away for hours, may lose what it acknowledged, and this process may die anywhere: what
has no receipt is sent again, the same bytes, and the broker answers a duplicate as one. One sender
runs per home. Every call to Kafka is bounded in time, because an idempotent producer waits for ever
while Kafka is down.

Source: technical.md 2; design.md, The statement (stream), A receipt.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from contracts import topic
from contracts.fault import Misuse, Transient, innermost
from producers.access import arguments_of, refusal
from producers.inbox import Came, Inbox
from producers.lock import sole_sender
from producers.outbox import Outbox
from producers.unanswered import telephone

CALL_S_MAX = 15.0
CLOSE_S_MAX = 2.0
BACK_OFF_S_MIN, BACK_OFF_S_MAX = 0.25, 30.0
POLL_S = 0.05
"""How often the database is asked for what another process stored."""
WARN_S = 1.0
"""How often it is looked for what is urgent and not delivered."""
CATCH_UP_S_MAX = 5.0
"""How long sending waits for the receipts to be read first; an emergency cannot wait longer."""

_AWAY = (KafkaError, OSError, TimeoutError)
_T = TypeVar("_T")
_log = structlog.get_logger()


class Sender:
    """Sends for one outbox, and takes in what comes back."""

    def __init__(self, outbox: Outbox, *, what: str = "candour outbox run") -> None:
        """Prepare to send; nothing is opened yet.

        Args:
            outbox: what to send.
            what: what this process is, for whoever finds the lock held.

        Raises:
            Misuse: the home pins no log key, or what it gives for Kafka cannot be used.
        """
        self._outbox = outbox
        self._inbox = Inbox(outbox)
        self._what = what
        self._caught_up = asyncio.Event()
        self._access = arguments_of(outbox.home)
        self.trouble: str | None = None
        """Why nothing is going out at the moment, in words; None while all is well."""
        self.refused: Misuse | Transient | None = None
        """Why nothing goes out until somebody acts, None otherwise: Kafka does not let this agency
        in, or the outbox's own database cannot be used."""

    async def run(self) -> None:
        """Send and receive until cancelled.

        Raises:
            Busy: another process sends for this home.
            CandourError: what cannot pass; any other error is a defect of ours.
        """
        async with self.running():
            await asyncio.Event().wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send and receive while the block runs; where that dies, the block ends with its error.

        Raises:
            Busy: another process sends for this home.
            CandourError: what cannot pass; any other error is a defect of ours.
        """
        works = (self._receive, "receiving"), (self._send, "sending"), (self._warn, "warning")
        with sole_sender(self._outbox.home.folder, what=self._what):
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(self._keep(*work)) for work in works]
                    try:
                        yield
                    finally:
                        for task in tasks:
                            task.cancel()
            except BaseExceptionGroup as failed:
                raise innermost(failed) from None

    @property
    def is_caught_up(self) -> bool:
        """Whether views and receipts were read to their end since it runs."""
        return self._caught_up.is_set()

    async def caught_up(self, timeout_s: float) -> bool:
        """Wait, while it runs, until views and receipts were read to their end.

        Returns:
            False when the time ran out, or Kafka does not let this agency in.
        """
        await until(lambda: self.is_caught_up or self.refused is not None, timeout_s)
        return self.is_caught_up

    async def drain(self, timeout_s: float) -> bool:
        """Send what is waiting and wait for its receipts.

        Returns:
            True once everything has one; False when the time ran out.

        Raises:
            Busy: another process sends for this home.
        """
        async with self.running():
            return await until(lambda: self._outbox.undecided() == 0, timeout_s)

    async def catch_up(self, timeout_s: float) -> bool:
        """Read views and receipts to their end.

        Returns:
            False when the time ran out, or the agency has no topics yet.

        Raises:
            Busy: another process sends for this home.
        """
        async with self.running():
            return await self.caught_up(timeout_s)

    async def _keep(self, work: Callable[[], Awaitable[None]], doing: str) -> None:
        """Do work again whenever Kafka or the outbox's disk fails it, at growing intervals."""
        pause = BACK_OFF_S_MIN
        while True:
            began = time.monotonic()
            try:
                await work()
            except Transient as fault:
                self.trouble, self.refused = str(fault), fault
                _log.error("outbox_stuck", doing=doing, fault=fault.text, remedy=fault.remedy)
            except _AWAY as error:
                await self._note(error, doing, pause)
            if time.monotonic() - began > BACK_OFF_S_MAX:
                pause = BACK_OFF_S_MIN
            await asyncio.sleep(pause)
            if isinstance(self.refused, Transient):
                self.refused = None  # it is tried again
            pause = min(pause * 2, BACK_OFF_S_MAX)

    async def _note(self, error: Exception, doing: str, pause: float) -> None:
        """Say what keeps Kafka away; where it refuses this agency, why."""
        self.trouble = f"{doing}: {type(error).__name__}"
        self.refused = await refusal(self._outbox.home.agency.kafka, self._access)
        if self.refused is not None:
            self.trouble = str(self.refused)
            _log.error(
                "kafka_refuses", doing=doing, fault=self.refused.text, remedy=self.refused.remedy
            )
        _log.warning("kafka_away", doing=doing, error=type(error).__name__, pause_s=pause)

    async def _send(self) -> None:
        await _within(self._caught_up.wait(), CATCH_UP_S_MAX)
        while not self._outbox.waiting():  # noqa: ASYNC110 - another process may store it
            await asyncio.sleep(POLL_S)
        agency = self._outbox.home.agency
        producer = AIOKafkaProducer(
            bootstrap_servers=agency.kafka,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            request_timeout_ms=10_000,
            **self._access,
        )
        try:
            await _started(producer)
            self.refused = None
            while True:
                batch = await _apart(self._outbox.waiting)
                if not batch:
                    self.trouble = None
                    await asyncio.sleep(POLL_S)
                    continue
                name = topic.submissions(agency.partnership, agency.agency)
                sent = [
                    await _bounded(producer.send(name, one.raw, key=one.id.encode(), partition=0))
                    for one in batch
                ]
                await _bounded(asyncio.gather(*sent))
                await _apart(partial(self._outbox.mark_sent, [one.digest for one in batch]))
                _log.info("statements_sent", count=len(batch))
        finally:
            await _closed(producer, producer.client)

    async def _warn(self) -> None:
        """Say once of each urgent statement without a receipt in time that it is not delivered."""
        await _within(self._caught_up.wait(), CATCH_UP_S_MAX)
        told = set[str]()
        while True:
            late = [one for one in self._outbox.undelivered() if one["id"] not in told]
            ring = telephone(self._outbox.partnership) if late else ""
            for one in late:
                _log.error("statement_not_delivered", statement=one["id"], remedy=ring)
            told.update(one["id"] for one in late)
            await asyncio.sleep(WARN_S)

    async def _receive(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._outbox.home.agency.kafka,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=100,
            request_timeout_ms=10_000,
            **self._access,
        )
        try:
            await _started(consumer)
            self.refused = None
            # Assigning a topic that is not there, or not ours, would hang and flood Kafka.
            there = await _bounded(consumer.topics())
            names = {self._inbox.receipts, self._inbox.views}
            if not names <= there:
                self.trouble = "this agency has no topics yet: governance must admit it first"
                return
            partitions = [TopicPartition(name, 0) for name in sorted(names)]
            consumer.assign(partitions)
            for partition in partitions:
                consumer.seek(partition, self._inbox.position(partition.topic))
            await self._take_in(consumer, partitions)
        finally:
            await _closed(consumer, consumer._client)  # noqa: SLF001 - it names no other way

    async def _take_in(self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> None:
        ends = await _bounded(consumer.end_offsets(partitions))
        behind = {partition for partition in partitions if ends[partition] > 0}
        look_at, unheard = time.monotonic() + CALL_S_MAX, dict[TopicPartition, int]()
        while True:
            if not self._caught_up.is_set():
                behind -= {p for p in behind if await self._position(consumer, p) >= ends[p]}
                if not behind:
                    self._caught_up.set()
            fetched = await consumer.getmany(timeout_ms=200, max_records=500)
            came = [
                Came(partition.topic, record.offset, record.value, record.key or b"")
                for partition, records in sorted(fetched.items())
                for record in records
            ]
            if came:
                # Views first: the key that a receipt's dispute or an answer needs stands there.
                came.sort(key=lambda one: one.topic != self._inbox.views)
                await _apart(partial(self._inbox.take, came))
            if time.monotonic() > look_at:
                before, unheard = unheard, await self._unheard(consumer, partitions)
                if before.items() & unheard.items():
                    raise TimeoutError  # its task died within aiokafka, which says nothing of it
                look_at = time.monotonic() + CALL_S_MAX

    async def _unheard(
        self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]
    ) -> dict[TopicPartition, int]:
        """Say how far those topics are read that hold more than was read."""
        ends = await _bounded(consumer.end_offsets(partitions))
        at = {one: await self._position(consumer, one) for one in partitions}
        return {one: position for one, position in at.items() if position < ends[one]}

    async def _position(self, consumer: AIOKafkaConsumer, partition: TopicPartition) -> int:
        return int(await _bounded(consumer.position(partition)))


async def _apart(call: Callable[[], _T]) -> _T:
    """Use the outbox in a thread: whoever writes to it at length must not hold the loop up.

    Cancelled, it waits for the call: nothing goes on behind whoever ended it.
    """
    running = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise


async def until(holds: Callable[[], bool], timeout_s: float) -> bool:
    """Wait until a condition of the outbox holds; False when the time ran out first."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(POLL_S)
    return True


async def _bounded(call: Awaitable[_T], seconds: float = CALL_S_MAX) -> _T:
    """Await a call for so long; unlike `wait_for` this never loses a cancellation."""
    async with asyncio.timeout(seconds):
        return await call


async def _started(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Start a client; who is stopped meanwhile waits for its first answer.

    aiokafka drops the connection that it first asks on, open, where it is cut off as it waits.
    """
    starting = asyncio.ensure_future(client.start())
    try:
        await _bounded(asyncio.shield(starting))
    finally:
        try:
            await asyncio.wait({starting}, timeout=CLOSE_S_MAX)
        finally:
            starting.cancel()


async def _closed(client: AIOKafkaProducer | AIOKafkaConsumer, within: AIOKafkaClient) -> None:
    """Close a client; whoever is stopped meanwhile is stopped once it is closed."""
    closing = asyncio.ensure_future(_close(client, within))
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await asyncio.wait({closing})
        raise


async def _close(client: AIOKafkaProducer | AIOKafkaConsumer, within: AIOKafkaClient) -> None:
    """Close a client, and where that does not end well in time, its connections.

    In a task of its own: aiokafka cancels what it waits for as it closes, and where a fetch had not
    begun, that comes back to whoever closes, who would take it for being told to stop.
    """
    for close in (client.stop, within.close):
        task = asyncio.ensure_future(close())
        await asyncio.wait({task}, timeout=CLOSE_S_MAX)
        if task.done() and not task.cancelled() and task.exception() is None:
            return
        task.cancel()


async def _within(call: Awaitable[_T], seconds: float) -> bool:
    """Await a call for so long; False where it did not end well in that time."""
    try:
        await _bounded(call, seconds)
    except _AWAY:
        return False
    return True
