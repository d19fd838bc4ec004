"""Throughput: the enforced broker with everything on, against records merely passed through.

Both take the same backlog on the same Kafka, alternating in one run, to the same number of
recipients: the pass-through writes each record unchanged to three topics and decides nothing.
"""

import asyncio
import multiprocessing
import os
import time
from pathlib import Path
from statistics import median

import psutil
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from broker.shell.connection import Connection
from broker.shell.intake import COUNT_MAX
from broker.shell.recording import Record, record
from broker.shell.sequencer import AHEAD
from producers.sender import until
from tests.bench.statements import load
from tests.support.running import Running

ROUNDS = 3
RECIPIENTS = ("police", "hub", "governance")
LARGE = {"max.message.bytes": str(8 * 2**20)}
"""As the broker's own topics have it: batches are sent whole."""


async def measure(town: Running, *, count: int) -> dict[str, float]:
    """Measure, in statements a second, the median of the rounds.

    Args:
        town: its broker is stopped and started again; on a Kafka that compiles in earnest.
        count: statements a round.
    """
    passed: list[float] = []
    enforced: list[float] = []
    home = town.homes["tv-probation/case"]
    await loaded(town, count // 4)  # warms Kafka, the worker and the code
    for _ in range(ROUNDS):
        enforced.append(await loaded(town, count))
        passed.append(await _passed_through(town.kafka, home.folder, count))
    return {
        "pass_through_per_s": median(passed),
        "enforced_per_s": median(enforced),
        "ratio": median(e / p for e, p in zip(enforced, passed, strict=True)),
        "broker_rss_mib": _memory_mib(),
    }


async def loaded(town: Running, count: int) -> float:
    """Load a backlog while the broker is down, then time it until all is delivered."""
    await town.stop()
    await _filled(town.homes["tv-probation/case"].folder, town.kafka, count)
    await town.start(workers=1)
    began = time.perf_counter()
    await until(lambda: town.broker.metrics.receipts >= count, 600)
    return count / (time.perf_counter() - began)


async def _passed_through(kafka: str, folder: Path, count: int) -> float:
    """Read the same kind of backlog and send it to each recipient, in transactions."""
    name = f"passed.{time.monotonic_ns()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([
        NewTopic(f"{name}.{way}", 1, 1, topic_configs=LARGE) for way in ("in", *RECIPIENTS)
    ])
    await admin.close()
    await _filled(folder, kafka, count, name=f"{name}.in")
    connection = Connection(kafka)
    producer = await connection.producer(name)
    consumer = await connection.consumer(committed=False)
    place = TopicPartition(f"{name}.in", 0)
    consumer.assign([place])
    await consumer.seek_to_beginning(place)
    read: asyncio.Queue[list[Record]] = asyncio.Queue(AHEAD)

    async def reading() -> None:
        """Read ahead of what is written, as the broker does."""
        while True:
            fetched = await consumer.getmany(place, timeout_ms=500, max_records=COUNT_MAX)
            if records := fetched.get(place):
                await read.put([Record(one.key, one.value) for one in records])

    began = time.perf_counter()
    ahead = asyncio.create_task(reading())
    done = 0
    while done < count:
        batch = await read.get()
        await record(producer, {f"{name}.{way}": batch for way in RECIPIENTS}, "passing through")
        done += len(batch)
    took = time.perf_counter() - began
    ahead.cancel()
    await asyncio.wait([ahead])
    await consumer.stop()
    await producer.stop()
    return count / took


async def _filled(folder: Path, kafka: str, count: int, name: str | None = None) -> None:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=load, args=(folder, kafka, count, name))
    process.start()
    await asyncio.to_thread(process.join)
    if process.exitcode:
        raise RuntimeError("the load could not be written")


def _memory_mib() -> float:
    """Add up this process, which ran the broker, and its worker."""
    own = psutil.Process(os.getpid())
    return float(sum(p.memory_info().rss for p in [own, *own.children()]) / 2**20)
