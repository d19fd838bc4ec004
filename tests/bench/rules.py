"""The hub's rules: statements a second against a consumer that only stores, and their growth.

The same month is taken in by both. Growth: the store is filled with other people's statements up
to a million, then the hub takes the same further statements at each size; what it costs must not
grow with what it holds.
"""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert

from consumers import store as stored
from consumers.consumer import Came, Consumer
from consumers.history import appearances
from consumers.store import Store
from deploy.workers import workers_of
from tests.support.month import month
from tests.support.working import Working, files_in

HUB = "mk-mash"
COUNT = int(os.environ.get("BENCH_MONTH", "3000"))
SIZES = (10_000, 100_000, 1_000_000)
AGAIN = 300
BATCH = 500


def measure(folder: Path) -> dict[str, float]:
    """Measure; per second, and milliseconds a statement by size."""
    (folder / "town").mkdir()
    town = Working("bench-rules", store=files_in(folder / "town"), acting=[HUB])
    hour = 0
    for one in month(23, COUNT, begins="2027-01-01"):
        if one.at // 3_600_000 != hour:
            town.settle()
            town.move(one.at)
            hour = one.at // 3_600_000
        town.say(one.source, one.event, one.sections, urgency=one.urgency)
    town.settle()
    came = town.records(HUB)
    found: dict[str, float] = {}
    took = {}
    for name, acts in (("stores", False), ("rules", True)):
        took[name] = _take(_consumer(town, folder / f"{name}.sqlite", acts=acts), came)
        found[f"hub_{name}_per_s"] = len(came) / took[name]
    found["hub_rules_ratio"] = took["stores"] / took["rules"]
    found |= _growth(town, folder, came)
    town.close()
    return found


def _growth(town: Working, folder: Path, came: Sequence[Came]) -> dict[str, float]:
    """Take the last statements in at each size of the store."""
    first, last = came[:-AGAIN], came[-AGAIN:]
    consumer = _consumer(town, folder / "grown.sqlite", acts=True)
    _take(consumer, first)
    path, found = folder / "grown.sqlite", dict[str, float]()
    consumer.store.settle()
    held, costs = 0, list[float]()
    for size in SIZES:
        _fill(consumer.store, held, size)
        held = size
        consumer.store.settle()
        kept = path.read_bytes() if size < SIZES[-1] else b""
        costs.append(_take(consumer, last) / len(last) * 1000)
        found[f"hub_ms_at_{size}"] = costs[-1]
        if kept:
            consumer.store.close()
            for beside in folder.glob("grown.sqlite*"):
                beside.unlink()
            path.write_bytes(kept)
            consumer = _consumer(town, path, acts=True)
    found["hub_growth_ratio"] = costs[-1] / costs[0]
    return found


def _consumer(town: Working, path: Path, *, acts: bool) -> Consumer:
    voice = town.voice(HUB)
    workers = workers_of(voice) if acts else []
    return Consumer(Store(path), voice=voice, trust=town.log.trust, workers=workers)


def _take(consumer: Consumer, came: Sequence[Came]) -> float:
    began = time.perf_counter()
    for at in range(0, len(came), BATCH):
        consumer.take(came[at : at + BATCH])
    return time.perf_counter() - began


def _fill(store: Store, held: int, size: int) -> None:
    """Add statements about other people, as rows that only an index would pass over."""
    for first in range(held, size, 10_000):
        with store.write() as db:
            for table, rows in _rows(first, min(first + 10_000, size)):
                db.execute(insert(table), list(rows))


def _rows(first: int, last: int) -> Iterator[tuple[Table, Iterator[dict[str, Any]]]]:
    numbers = range(first, last)
    # Entries from far above those of the month, so that neither stands in the other's way.
    yield stored.views, (
        {
            "digest": f"filled-{n}", "id": f"filled-{n}", "event": "contact_recorded",
            "agency": "nps-thames-valley", "kid": "filled", "entry": 10**9 + n,
            "ledger_time": 1, "leg": "filled", "verified": True, "exercise": False, "record": b"",
        }
        for n in numbers
    )  # fmt: skip
    yield appearances, (
        {
            "subject": f"filled-{n // 4}-{who}", "statement": f"filled-{n}",
            "event": "contact_recorded", "day": f"2026-{n % 12 + 1:02}-{n % 28 + 1:02}",
            "entry": 10**9 + n, "automated": False,
        }
        for n in numbers
        for who in ("his", "hers")
    )  # fmt: skip
