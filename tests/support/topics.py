"""What stands on a partnership's topics, read back by nothing of the broker's."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from broker.core.recorded import recorded_of
from contracts import topic
from contracts.opened import View, open_view
from contracts.statement import digest_of
from deploy.speaking import outbox_of
from tests.support.running import Running


class Stood(NamedTuple):
    """One record."""

    offset: int
    key: bytes | None
    value: bytes


async def read_topic(address: str, name: str, *, committed: bool = True) -> list[Stood]:
    """Read a topic from its beginning to its end as of now."""
    async with following(address, name, committed=committed) as more:
        return await more()


@asynccontextmanager
async def following(
    address: str, name: str, *, committed: bool = True
) -> AsyncIterator[Callable[[], Awaitable[list[Stood]]]]:
    """Read a topic bit by bit.

    Yields:
        What gives, each time, what came since the last: to the end as of then.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=address, enable_auto_commit=False, auto_offset_reset="earliest",
        isolation_level="read_committed" if committed else "read_uncommitted",
    )  # fmt: skip
    place = TopicPartition(name, 0)

    async def more() -> list[Stood]:
        end = (await consumer.end_offsets([place]))[place]
        found: list[Stood] = []
        while await consumer.position(place) < end:
            fetched = await consumer.getmany(place, timeout_ms=500)
            found += [
                Stood(record.offset, record.key, record.value) for record in fetched.get(place, [])
            ]
        return found

    await consumer.start()
    try:
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        yield more
    finally:
        await consumer.stop()


async def put_records(address: str, name: str, values: list[bytes]) -> None:
    """Write bytes onto a topic as anybody with the right could."""
    producer = AIOKafkaProducer(bootstrap_servers=address)
    await producer.start()
    try:
        sent = [await producer.send(name, value, partition=0) for value in values]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def enter(address: str, partnership: str, puts: Iterable[tuple[str, bytes]]) -> None:
    """Put submissions, by agency, on their topics, and wait until each is in the ledger."""
    sent = list(puts)
    producer = AIOKafkaProducer(bootstrap_servers=address, max_request_size=1024 * 1024)
    await producer.start()
    try:
        for agency, raw in sent:
            await producer.send(topic.submissions(partnership, agency), raw, partition=0)
        await producer.flush()
    finally:
        await producer.stop()
    await entered(address, partnership, [raw for _, raw in sent])


async def entered(address: str, partnership: str, raws: Iterable[bytes]) -> None:
    """Wait until each of some submissions is in the ledger; the broker must be running."""
    awaited = {digest_of(raw) for raw in raws}
    async with following(address, topic.ledger(partnership)) as more:
        while awaited:
            for one in await more():
                recorded = recorded_of(one.value)
                awaited.discard(recorded.head.statement or "")
                awaited -= {item.submission for item in recorded.items}


async def receipts_of(
    town: Running, agency: str, holds: Callable[[list[Stood]], bool]
) -> list[Stood]:
    """Read an agency's receipts until they fulfil a condition; the broker must be running."""
    found: list[Stood] = []
    async with following(town.kafka, topic.receipts(town.partnership, agency)) as more:
        while not holds(found):
            found += await more()
    return found


async def views_of(town: Running, agency: str) -> list[View]:
    """Read and prove everything that an agency holds."""
    keys = outbox_of(town.homes[f"{agency}/control"]).partnership.keys
    held = await read_topic(town.kafka, topic.views(town.partnership, agency))
    opened = (open_view(one.value, town.trust, keys.get, to=agency) for one in held if one.value)
    return [one for one in opened if isinstance(one, View)]


async def keys_of(town: Running, agency: str) -> Counter[str]:
    """Count the natural keys of everything an agency said, from its own views."""
    opened = [view.statement for view in await views_of(town, agency)]
    ours = [s for s in opened if s.context.source.startswith(f"/agencies/{agency}/")]
    found = [getattr(s.sections.get("event"), "key", None) for s in ours]
    return Counter(key for key in found if key is not None)
