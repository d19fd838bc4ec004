"""Records in one transaction: whole batches, one task per topic, all or nothing.

Source: technical.md 2 (create_batch and send_batch; a denied send leaves a transaction
committable in part, so the transaction is always a context).
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer

from broker.shell.connection import bounded


class Record(NamedTuple):
    """One record: an opaque key, or none, and exact bytes; no bytes are a tombstone."""

    key: bytes | None
    value: bytes | None


async def record(
    producer: AIOKafkaProducer, batches: Mapping[str, Sequence[Record]], doing: str
) -> dict[str, list[int]]:
    """Write records to several topics in one transaction.

    Args:
        producer: transactional, and nobody else uses it.
        batches: records in order, by topic.
        doing: what this is, in words for a log line.

    Returns:
        The offset of every record, by topic.

    Raises:
        Transient: Kafka is away; whether it committed is unknown until a successor starts.
        Fatal: another broker took over.
    """

    async def transaction() -> dict[str, list[int]]:
        async with producer.transaction():
            offsets = await asyncio.gather(
                *(_send(producer, topic, records) for topic, records in batches.items())
            )
        return dict(zip(batches, offsets, strict=True))

    return await bounded(transaction(), doing)


async def _send(producer: AIOKafkaProducer, topic: str, records: Iterable[Record]) -> list[int]:
    """Send a topic's records in as few batches as they fit in."""
    sent: list[tuple[asyncio.Future[object], int]] = []
    batch, count = producer.create_batch(), 0
    for key, value in records:
        if batch.append(key=key, value=value, timestamp=None) is None:
            sent.append((await producer.send_batch(batch, topic, partition=0), count))
            batch, count = producer.create_batch(), 0
            batch.append(key=key, value=value, timestamp=None)
        count += 1
    if count:
        sent.append((await producer.send_batch(batch, topic, partition=0), count))
    offsets: list[int] = []
    for future, size in sent:
        first = (await future).offset  # type: ignore[attr-defined]
        offsets.extend(range(first, first + size))
    return offsets
