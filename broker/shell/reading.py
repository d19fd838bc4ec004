"""Reading a topic of our own from an offset to its end, and no further.

Source: technical.md 2.
"""

import asyncio
from collections.abc import AsyncIterator

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from broker.shell.connection import CALL_S_MAX, bounded
from contracts.fault import Transient

_FETCH_MS = 500
_RECORDS_MAX = 2000


async def end_of(consumer: AIOKafkaConsumer, name: str) -> int:
    """Ask where a topic's final records end.

    Args:
        consumer: its isolation decides whether what is not committed counts.
        name: the topic; its only partition is meant.

    Raises:
        Transient: Kafka is away.
        Fatal: it may not be read.
    """
    place = TopicPartition(name, 0)
    ends = await bounded(consumer.end_offsets([place]), f"asking where {name} ends")
    return int(ends[place])


async def read_between(
    consumer: AIOKafkaConsumer, name: str, start: int, end: int
) -> AsyncIterator[list[ConsumerRecord]]:
    """Read the records that stand from one offset up to another.

    Args:
        consumer: assigned to the topic by this; nobody else may use it meanwhile.
        name: the topic.
        start: the first offset wanted.
        end: one past the last; there may be fewer records than offsets.

    Yields:
        Lists of records in order, none of them empty.

    Raises:
        Transient: Kafka is away.
        Fatal: it may not be read.
    """
    place = TopicPartition(name, 0)
    doing = f"reading {name}"
    if start >= end:
        return
    consumer.assign([place])
    consumer.seek(place, start)
    clock = asyncio.get_running_loop().time
    deadline = clock() + CALL_S_MAX
    while await bounded(consumer.position(place), doing) < end:
        before = await bounded(consumer.position(place), doing)
        fetched = await bounded(
            consumer.getmany(place, timeout_ms=_FETCH_MS, max_records=_RECORDS_MAX), doing
        )
        records = [record for record in fetched.get(place, []) if record.offset < end]
        if records:
            yield records
        if await bounded(consumer.position(place), doing) > before:
            deadline = clock() + CALL_S_MAX
        elif clock() > deadline:
            raise Transient(
                f"Kafka does not hand over what {name} holds.",
                remedy="The broker tries again by itself: see `candour kafka status --home KAFKA`.",
            )
