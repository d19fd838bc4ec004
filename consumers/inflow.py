"""Views from Kafka into a consumer, by FastStream, from the position in the consumer's own store.

FastStream's defaults acknowledge first, decode and log what they decode; every setting that
prevents that stands here, at its one call site (technical.md 3). Before anything is published,
the views are read to their end as seen at the start, so that a rebuilt consumer knows what it
said before.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from faststream.security import SASLScram512
from sqlalchemy.exc import DBAPIError, OperationalError

from consumers import acting
from consumers.consumer import Came, Consumer
from contracts.draft import Draft
from contracts.fault import Transient

CALL_S_MAX = 15.0
CLOSE_S_MAX = 2.0
BACK_OFF_S = 0.5
POLL_S = 0.02
BATCH_MAX = 500
BATCH_WAIT_MS = 10
"""How long a batch waits to fill, and how long FastStream rests after an empty one."""

_AWAY = (KafkaError, OSError, TimeoutError)
_T = TypeVar("_T")
_log = structlog.get_logger()


class _FromStore(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka is untyped
    """Goes on where the store stands, whatever the group committed."""

    def __init__(self, consumer: Consumer, reader: Callable[[], AIOKafkaConsumer]) -> None:
        self._consumer, self._reader = consumer, reader

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Nothing is to be done: what was taken in is committed."""

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Seek to the store's position."""
        for partition in assigned:
            self._reader().seek(partition, self._consumer.position())


class Inflow:
    """Brings one consumer its views, and hands on what it wants said."""

    def __init__(  # noqa: PLR0913 - each is an independent part
        self,
        consumer: Consumer,
        *,
        address: str,
        access: Mapping[str, Any],
        group: str,
        publish: Callable[[Sequence[Draft]], object],
        is_ready: Callable[[], bool],
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            consumer: what takes the records in.
            address: Kafka's, `host:port`.
            access: aiokafka's arguments for a secured Kafka; empty for a plain one.
            group: the consumer group; a second process of it stands by.
            publish: signs and stores drafts, each under its own id.
            is_ready: whether the outbox knows at least what the consumer knows: agreements, time.
        """
        self._consumer, self._address, self._group = consumer, address, group
        self._access = access
        self._publish, self._is_ready = publish, is_ready
        self._taken = asyncio.Event()
        self._stopped: asyncio.Future[None] | None = None
        self.has_begun = False
        """Whether the views were read to their end since it runs, or could not be."""

    async def read_to_end(self) -> int:
        """Take in everything that stands on the topic as of now; publish nothing.

        Returns:
            How many records were new.

        Raises:
            Transient: Kafka is away, or the agency has no topics yet.
        """
        count = await self._to_end(self._consumer.take)
        self._consumer.read_whole()
        return count

    async def unread(self) -> int:
        """Count what stands on the topic as of now that was not taken in; take nothing in.

        Raises:
            Transient: as `read_to_end`.
        """
        return await self._to_end(len)

    async def _to_end(self, take: Callable[[Sequence[Came]], int]) -> int:
        try:
            return await self._read_to_end(take)
        except _AWAY as error:
            raise _unread(error) from None

    async def run(self) -> None:
        """Take in and publish until cancelled; Kafka may be away meanwhile.

        Raises:
            Misuse: another source of this agency acts.
        """
        await self._until_there(self.read_to_end)
        await asyncio.to_thread(acting.insist, self._consumer.store, self._consumer.voice)
        self.has_begun = True
        self._stopped = asyncio.get_running_loop().create_future()
        broker: KafkaBroker | None = None
        speaking = asyncio.ensure_future(self._speak())
        try:
            broker = await self._until_there(self._subscribe)
            await asyncio.wait({speaking, self._stopped}, return_when=asyncio.FIRST_COMPLETED)
            for ended in (speaking, self._stopped):
                if ended.done():
                    ended.result()
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)
            if broker is not None:
                await broker.stop()

    async def _until_there(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Do a work again until Kafka is there for it."""
        while True:
            try:
                return await work()
            except Transient as away:
                self.has_begun = True
                _log.warning("views_away", topic=self._consumer.topic, fault=away.text)
                await asyncio.sleep(BACK_OFF_S)

    async def _subscribe(self) -> KafkaBroker:
        """Have FastStream read from now on.

        Raises:
            Transient: Kafka went away since the views were read to their end.
        """
        broker = self._broker()
        try:
            await _started(broker.start())
        except BaseException as error:
            await broker.stop()
            if isinstance(error, _AWAY):
                raise _unread(error) from None
            raise
        return broker

    def publish_waiting(self) -> int:
        """Hand over what is to be said; give how many were."""
        return self._consumer.publish_waiting(self._publish)

    def wake(self) -> None:
        """Publish what was wanted said beside the intake, without waiting for the next record."""
        self._taken.set()

    def _broker(self) -> KafkaBroker:
        """Subscribe with every setting that keeps records until their rows are committed."""
        broker = KafkaBroker(
            self._address,
            graceful_timeout=10,
            # Kafka forbids it, and FastStream would create topics all the same.
            allow_auto_create_topics=False,
            # Its log would hold input values.
            logger=None,
            security=_security(self._access),
        )
        listener = _FromStore(self._consumer, lambda: subscriber.consumer)
        subscriber = broker.subscriber(
            self._consumer.topic,
            group_id=self._group,
            batch=True,
            max_records=BATCH_MAX,
            batch_timeout_ms=BATCH_WAIT_MS,
            # Raw records: what FastStream decodes it may also log.
            decoder=lambda _: None,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            # The same batch again, in order, until it is taken in.
            ack_policy=AckPolicy.NACK_ON_ERROR,
            session_timeout_ms=6_000,
            heartbeat_interval_ms=1_000,
            listener=listener,
        )
        subscriber(self._handle)
        return broker

    async def _handle(self, record: KafkaMessage) -> None:
        """Take a batch in; on a fault rest, since FastStream itself would come again at once."""
        raw = record.raw_message
        came = [_came(one) for one in (raw if isinstance(raw, tuple) else (raw,))]
        try:
            self._consumer.take(came)
        except Exception as fault:
            if may_pass(fault):
                _log.warning("views_not_taken", topic=self._consumer.topic, error=_named(fault))
                await asyncio.sleep(BACK_OFF_S)
            elif self._stopped is not None and not self._stopped.done():
                self._stopped.set_exception(fault)
            raise
        self._taken.set()

    async def _speak(self) -> None:
        """Publish after each commit, beside the intake: signing must not hold reading up."""
        while True:
            if not self._is_ready():
                await asyncio.sleep(POLL_S)
                continue
            self._taken.clear()
            try:
                await asyncio.to_thread(self.publish_waiting)
            except Exception as fault:
                if not may_pass(fault):
                    raise
                _log.warning("nothing_said", topic=self._consumer.topic, error=_named(fault))
                await asyncio.sleep(BACK_OFF_S)
            else:
                await self._taken.wait()

    async def _read_to_end(self, take: Callable[[Sequence[Came]], int]) -> int:
        name, count = self._consumer.topic, 0
        async with _reading(self._address, self._access, name) as (reader, place):
            ends = await _bounded(reader.end_offsets([place]))
            reader.seek(place, min(self._consumer.position(), ends[place]))
            async for records in _handed_over(reader, place, ends[place], BATCH_MAX):
                count += take([_came(one) for one in records])
        return count


async def waits_after(name: str, position: int, *, address: str, access: Mapping[str, Any]) -> bool:
    """Say whether a topic holds a record from a position on; take nothing in.

    Raises:
        Transient: Kafka is away, or there is no such topic.
    """
    try:
        async with _reading(address, access, name) as (reader, place):
            ends = await _bounded(reader.end_offsets([place]))
            reader.seek(place, min(position, ends[place]))
            # What ends a transaction has an offset too, and is no record.
            async for records in _handed_over(reader, place, ends[place], 1):
                if records:
                    return True
            return False
    except _AWAY as error:
        raise _unread(error) from None


async def _handed_over(
    reader: AIOKafkaConsumer, place: TopicPartition, end: int, most: int
) -> AsyncIterator[list[ConsumerRecord]]:
    """Read on up to an offset, so many records at a time at most, for as long as it goes on.

    Raises:
        TimeoutError: nothing was handed over for a while: a reader whose task died within aiokafka
            says nothing of it.
    """
    at, deadline = -1, 0.0
    while (position := await _bounded(reader.position(place))) < end:
        now = asyncio.get_running_loop().time()
        if position > at:
            at, deadline = position, now + CALL_S_MAX
        elif now > deadline:
            raise TimeoutError
        fetched = await reader.getmany(place, timeout_ms=200, max_records=most)
        yield fetched.get(place, [])


@asynccontextmanager
async def _reading(
    address: str, access: Mapping[str, Any], name: str
) -> AsyncIterator[tuple[AIOKafkaConsumer, TopicPartition]]:
    """Read a topic by itself, in no group; where it stands is for whoever reads to say."""
    reader = AIOKafkaConsumer(
        bootstrap_servers=address,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=100,
        request_timeout_ms=10_000,
        **access,
    )
    try:
        await _started(reader.start())
        # Assigning a topic that is not there, or not ours, would hang and flood Kafka.
        if name not in await _bounded(reader.topics()):
            raise Transient(
                "This agency has no topics yet.",
                remedy="Ask the governance agency to admit it; then give this again.",
            )
        place = TopicPartition(name, 0)
        reader.assign([place])
        yield reader, place
    finally:
        await _closed(reader)


async def _closed(reader: AIOKafkaConsumer) -> None:
    """Close a reader; whoever is stopped meanwhile is stopped once it is closed."""
    closing = asyncio.ensure_future(_close(reader))
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await asyncio.wait({closing})
        raise


async def _close(reader: AIOKafkaConsumer) -> None:
    # In a task of its own: aiokafka cancels what it waits for as it closes.
    for close in (reader.stop, reader._client.close):  # noqa: SLF001 - it names no other way
        closing = asyncio.ensure_future(close())
        if await _ended(closing) and closing.exception() is None:
            break


def _unread(error: BaseException) -> Transient:
    return Transient(
        f"The views of this agency cannot be read ({type(error).__name__}).",
        remedy="Is Kafka running, at the address in agency.yaml? Then give it again.",
    )


def _security(access: Mapping[str, Any]) -> SASLScram512 | None:
    """Say for FastStream what aiokafka is told."""
    if not access:
        return None
    return SASLScram512(
        username=access["sasl_plain_username"],
        password=access["sasl_plain_password"],
        ssl_context=access["ssl_context"],
    )


def may_pass(fault: Exception) -> bool:
    """Say whether the same batch may be taken in later: the database is away, locked or full.

    Any other error of a database is a defect, of ours or of its tables: the batch fails again.
    SQLite calls a missing table an `OperationalError`; PostgreSQL, a `ProgrammingError`.
    """
    if isinstance(fault, DBAPIError):
        defect = getattr(fault.orig, "sqlite_errorname", "") == "SQLITE_ERROR"
        return fault.connection_invalidated or (isinstance(fault, OperationalError) and not defect)
    return isinstance(fault, Transient)


def _named(fault: Exception) -> str:
    """Name a fault for a log line: its class and the database's own code, never its text."""
    found = getattr(fault, "orig", None)
    code = getattr(found, "sqlite_errorname", None) or getattr(found, "sqlstate", None)
    return f"{type(fault).__name__} {code}" if code else type(fault).__name__


async def _bounded(call: Awaitable[_T]) -> _T:
    """Await a call for so long; unlike `wait_for` this never loses a cancellation."""
    async with asyncio.timeout(CALL_S_MAX):
        return await call


async def _started(start: Coroutine[Any, Any, object]) -> None:
    """Await a client's start; who is stopped meanwhile waits for its first answer.

    aiokafka drops the connection that it first asks on, open, where it is cut off as it waits.
    """
    starting = asyncio.ensure_future(start)
    try:
        await _bounded(asyncio.shield(starting))
    finally:
        await _ended(starting)


async def _ended(task: asyncio.Future[object]) -> bool:
    """Give a task a moment to end, and end it then; say whether it came to its own end."""
    try:
        await asyncio.wait({task}, timeout=CLOSE_S_MAX)
    finally:
        task.cancel()
    return task.done() and not task.cancelled()


def _came(record: ConsumerRecord) -> Came:
    return Came(record.offset, record.key or b"", record.value)
