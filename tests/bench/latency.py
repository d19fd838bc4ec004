"""Latency at 200 statements a second: from a report's submission to the hub's alert row.

Broker and consumer are processes of their own, as in service; the alert's own statement goes
through the same log meanwhile.
"""

import asyncio
import sqlite3
import time
from pathlib import Path
from statistics import quantiles

from aiokafka import AIOKafkaProducer

from contracts import topic
from tests.bench.statements import agreement, written
from tests.support.killing import Started
from tests.support.running import Running, running

PER_S = 200
WARM_S, MEASURED_S = 5, 20
LOOK_S = 0.002


async def measure(kafka: str, folder: Path) -> dict[str, float]:
    """Measure in milliseconds, median and 99th percentile."""
    async with running(kafka, folder, "latency", agreement=agreement()) as town:
        await town.stop()
        hub = town.homes["mk-hub/safeguarding"].folder
        parts = [
            Started(["broker", "run", "--home", str(folder / "broker")], folder / "broker.log"),
            Started(["consumer", "run", "--home", str(hub)], folder / "hub.log"),
        ]
        try:
            took = await _timed(town, hub / "consumer.sqlite")
        finally:
            for part in parts:
                part.kill()
    cuts = quantiles(took, n=100)
    return {"latency_p50_ms": cuts[49] * 1000, "latency_p99_ms": cuts[98] * 1000}


async def _timed(town: Running, store: Path) -> list[float]:
    """Send on schedule while rows are looked for; give the seconds each one took."""
    count = PER_S * (WARM_S + MEASURED_S)
    home = town.homes["tv-probation/case"]
    statements = list(written(home, count))
    sent: dict[str, float] = {}
    seen: dict[str, float] = {}
    looking = asyncio.create_task(_look(store, seen, count))
    producer = AIOKafkaProducer(bootstrap_servers=town.kafka)
    await producer.start()
    name = topic.submissions("latency", "tv-probation")
    try:
        warm, statements = statements[0], statements[1:]
        await producer.send_and_wait(name, warm[1], key=warm[0].encode(), partition=0)
        while warm[0] not in seen:
            await asyncio.wait({looking}, timeout=0.1)
        began = time.perf_counter()
        for at, (said, raw) in enumerate(statements):
            await asyncio.sleep(began + at / PER_S - time.perf_counter())
            sent[said] = time.perf_counter()
            await producer.send(name, raw, key=said.encode(), partition=0)
        await asyncio.wait_for(looking, 120)
    finally:
        looking.cancel()
        await producer.stop()
    measured = [said for said, _ in statements[PER_S * WARM_S :]]
    return [seen[said] - sent[said] for said in measured]


async def _look(store: Path, seen: dict[str, float], count: int) -> None:
    """Note when each alert row is first there to be read."""
    while not await asyncio.to_thread(store.exists):  # noqa: ASYNC110 - another process makes it
        await asyncio.sleep(0.1)
    rows = sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30)
    last = 0
    query = "SELECT rowid, statement FROM alerts WHERE rowid > ? AND rule = 'separation'"
    try:
        while len(seen) < count:
            now = time.perf_counter()
            for place, said in rows.execute(query, (last,)).fetchall():
                last = max(last, place)
                seen.setdefault(said, now)
            await asyncio.sleep(LOOK_S)
    finally:
        rows.close()
