"""The intake: what agencies submitted, in rounds, fairly and in order of arrival.

A round takes every submissions topic to its end as seen when the round began, within bounds: a
count, a number of bytes, and for each agency a share of both, so that one agency's flood delays
another agency by a round at most. Positions come from the ledger, never from a consumer group.

Source: design.md, Record, then deliver.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from broker.shell.connection import CALL_S_MAX, Connection, bounded, closed
from contracts.fault import Transient

COUNT_MAX = 1000
"""Submissions in a round."""
BYTES_MAX = 8 * 1024 * 1024
"""Bytes in a round, one submission apart: each goes out again once per recipient."""
QUIET_MS = 500
"""How long a round waits for something to arrive before it looks around."""


class Heard(NamedTuple):
    """One submissions topic: whose it is, its Kafka id, and the first offset not recorded yet."""

    agency: str
    topic: str
    topic_id: str
    position: int


class Arrived(NamedTuple):
    """One record of a submissions topic."""

    agency: str
    topic: str
    topic_id: str
    offset: int
    appended_at: int
    raw: bytes


@dataclass(slots=True)
class _Waiting:
    """What of one topic was read and not taken yet."""

    heard: Heard
    records: deque[ConsumerRecord] = field(default_factory=deque)
    bytes: int = 0

    @property
    def full(self) -> bool:
        return len(self.records) >= COUNT_MAX or self.bytes >= BYTES_MAX

    def put(self, records: list[ConsumerRecord]) -> None:
        self.records.extend(records)
        self.bytes += sum(len(record.value or b"") for record in records)

    def take(self, count: int, octets: int) -> list[Arrived]:
        """Take from the front: at least one, at most `count`, about `octets`."""
        taken: list[Arrived] = []
        spent = 0
        whose, name, topic_id, _ = self.heard
        while self.records and len(taken) < count and (not taken or spent < octets):
            record = self.records.popleft()
            raw = record.value or b""
            spent += len(raw)
            taken.append(Arrived(whose, name, topic_id, record.offset, record.timestamp, raw))
        self.bytes -= spent
        return taken


class Intake:
    """Reads submissions topics. Reads uncommitted: nobody's open transaction holds it up."""

    def __init__(self, consumer: AIOKafkaConsumer, ends: AIOKafkaConsumer) -> None:
        """Take two consumers over.

        Args:
            consumer: reads.
            ends: only asks where topics end: on a connection of its own, because Kafka answers
                one connection in order and the reading one waits in a long fetch.
        """
        self._consumer = consumer
        self._ends = ends
        self._waiting: dict[TopicPartition, _Waiting] = {}
        self._looked_at = 0.0

    @classmethod
    async def open(cls, connection: Connection) -> "Intake":
        """Connect; nothing is heard before `hear`.

        Raises:
            Transient: Kafka is away.
            Fatal: it may not be done.
        """
        consumer = await connection.consumer(committed=False)
        try:
            return cls(consumer, await connection.consumer(committed=False))
        except BaseException:
            await closed(consumer)
            raise

    async def close(self) -> None:
        """Close both consumers."""
        try:
            await closed(self._consumer)
        finally:
            await closed(self._ends)

    async def hear(self, topics: Mapping[str, Heard]) -> None:
        """Read these topics from now on, each on from where it was read already.

        Args:
            topics: by name; only ones that exist, since an absent one floods Kafka.

        Raises:
            Transient: Kafka is away.
        """
        before = self._waiting
        if {w.heard.topic: w.heard.topic_id for w in before.values()} == {
            heard.topic: heard.topic_id for heard in topics.values()
        }:
            return
        self._waiting = {}
        positions = {}
        for heard in topics.values():
            place = TopicPartition(heard.topic, 0)
            known = before.get(place)
            positions[place] = heard.position
            if known is not None and known.heard.topic_id == heard.topic_id:
                positions[place] = await self._position(place)
                self._waiting[place] = known
            else:
                self._waiting[place] = _Waiting(heard)
        self._consumer.assign(list(self._waiting))
        for place, position in positions.items():
            self._consumer.seek(place, position)

    async def round(self) -> list[Arrived]:
        """Take what has arrived, within bounds.

        Returns:
            Each agency's submissions in its own order; empty where nothing arrived for a while.

        Raises:
            Transient: Kafka is away.
            Fatal: it may not be done.
        """
        if not self._waiting:
            await asyncio.sleep(QUIET_MS / 1000)
            return []
        if not any(waiting.records for waiting in self._waiting.values()):
            await self._read(list(self._waiting), QUIET_MS)
        is_quiet = not any(waiting.records for waiting in self._waiting.values())
        # A reader whose task died within aiokafka hears nothing more and says nothing of it.
        if is_quiet and _clock() - self._looked_at < CALL_S_MAX:
            return []
        await self._read_to_ends()
        self._looked_at = _clock()
        return self._fair()

    async def _read_to_ends(self) -> None:
        places = list(self._waiting)
        ends = await bounded(self._ends.end_offsets(places), "asking where submissions end")
        deadline = _clock() + CALL_S_MAX
        while behind := [
            place
            for place, waiting in self._waiting.items()
            if not waiting.full and await self._position(place) < ends[place]
        ]:
            await self._read(behind, 100)
            if _clock() > deadline:
                raise Transient(
                    "Kafka says that there are submissions and does not hand them over.",
                    remedy="The broker tries again by itself: see `candour kafka status --home "
                    "KAFKA`.",
                )

    async def _read(self, places: list[TopicPartition], wait_ms: int) -> None:
        reading = self._consumer.getmany(*places, timeout_ms=wait_ms, max_records=COUNT_MAX)
        for place, records in (await bounded(reading, "reading submissions")).items():
            self._waiting[place].put(records)

    async def _position(self, place: TopicPartition) -> int:
        """Give the offset up to which a topic was read, past whatever is no submission."""
        return int(await bounded(self._consumer.position(place), "reading submissions"))

    def _fair(self) -> list[Arrived]:
        """Share a round out: who has little waiting takes it whole, the rest is for the others."""
        taken: list[Arrived] = []
        ready = sorted(
            (waiting for waiting in self._waiting.values() if waiting.records),
            key=lambda waiting: len(waiting.records),
        )
        spent = 0
        for at, waiting in enumerate(ready):
            others = len(ready) - at
            share = max(1, (COUNT_MAX - len(taken)) // others)
            own = waiting.take(share, max(0, BYTES_MAX - spent) // others)
            spent += sum(len(arrived.raw) for arrived in own)
            taken += own
        return taken


def _clock() -> float:
    return asyncio.get_running_loop().time()
