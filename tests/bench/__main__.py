"""`make bench`: figures as ratios against baselines measured in the same run, on the same cores."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy import logs
from deploy.kafka.server import KafkaServer
from tests.bench import audit, desk, latency, month, rules, throughput
from tests.bench.statements import agreement
from tests.support.running import running

KAFKA = ("throughput", "audit", "latency")
ALONE = {"rules": rules.measure, "month": month.measure, "desk": desk.measure}
"""What needs no Kafka."""
LIMITS = {"hub_growth_ratio": rules.FLAT, "desk_pages_over_limit": 0}
"""What a figure may be at most: over it, the bench ends with 1."""
WANTED = sys.argv[1:] or [*KAFKA, *ALONE]
COUNT = int(os.environ.get("BENCH_COUNT", "20000"))


async def figures(folder: Path, address: str) -> dict[str, float]:
    """Measure what needs Kafka, in order."""
    found: dict[str, float] = {}
    if {"throughput", "audit"} & set(WANTED):
        made = running(address, folder, "bench", agreement=agreement(), workers=1)
        async with made as town:
            if "throughput" in WANTED:
                found |= await throughput.measure(town, count=COUNT)
            else:
                await throughput.loaded(town, COUNT)
            if "audit" in WANTED:
                found |= await asyncio.to_thread(audit.measure, town, folder)
    if "latency" in WANTED:
        found |= await latency.measure(address, folder / "latency")
    return found


def over_kafka(folder: Path) -> dict[str, float]:
    """Run a Kafka of our own, and measure on it."""
    server = KafkaServer(folder / "kafka", heap_mib=1024, fast_start=False)
    address = server.start()
    try:
        return asyncio.run(figures(folder, address))
    finally:
        server.stop()


def main() -> None:
    """Measure, print, write BENCH_JSON if it names a file; end with 1 where a limit is missed."""
    logs.configure("error")
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        if not set(KAFKA).isdisjoint(WANTED):
            found |= over_kafka(folder)
        for name, measured in ALONE.items():
            if name in WANTED:
                (folder / name).mkdir()
                found |= measured(folder / name)
    for name, value in found.items():
        print(f"{name:<40}{value:>12,.2f}")
    if wanted := os.environ.get("BENCH_JSON"):
        Path(wanted).write_text(json.dumps(found, indent=2) + "\n")
    sys.stdout.flush()
    if over := missed(found):
        sys.exit(f"Over its limit: {', '.join(over)}.")


def missed(found: Mapping[str, float]) -> list[str]:
    """List the figures that are worse than what an issue allows."""
    return [name for name, most in LIMITS.items() if found.get(name, 0) > most]


if __name__ == "__main__":
    main()
