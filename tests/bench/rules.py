"""The hub's rules: what a statement costs them, against a consumer that only stores; its growth.

The same statements are taken in, in one transaction that is undone, over stores that hold ever
more: each table of the hub is grown with other people's rows. What a statement costs must not grow
with what is held.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from sqlalchemy import Connection

from consumers.consumer import Came, Consumer
from consumers.store import Store
from deploy.workers import workers_of
from tests.support.growing import grow
from tests.support.month import month
from tests.support.working import Working, files_in

HUB = "mk-mash"
COUNT = int(os.environ.get("BENCH_RULES", "900"))
"""How many statements are played: the last of them are those that are measured."""
SIZES = (10_000, 100_000, 1_000_000)
AGAIN = 300
ROUNDS = 7
FLAT = 1.1
"""Issue 5: a statement may cost so much more at the largest size than at the smallest."""


class Undone(Store):
    """A store in which nothing that is written stays."""

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that is never committed."""
        with self._engine.connect() as db:
            yield db


def measure(folder: Path) -> dict[str, float]:
    """Measure, and print a table; give milliseconds of CPU a statement by size, and ratios."""
    (folder / "town").mkdir()
    town = Working("bench-rules", store=files_in(folder / "town"), acting=[HUB])
    hour = 0
    for one in month(23, COUNT, begins="2027-01-01", days=3):
        if one.at // 3_600_000 != hour:
            town.settle()
            town.move(one.at)
            hour = one.at // 3_600_000
        town.say(one.source, one.event, one.sections, urgency=one.urgency)
    town.settle()
    came = town.records(HUB)
    first, last = came[:-AGAIN], came[-AGAIN:]
    stores = [_grown(town, folder / f"hub-{size}.sqlite", first, size) for size in SIZES]
    takers = {
        (name, size): _taker(town, path, last, acts=acts)
        for name, acts in (("stores", False), ("rules", True))
        for size, path in zip(SIZES, stores, strict=True)
    }
    costs: dict[tuple[str, int], list[tuple[float, float]]] = {which: [] for which in takers}
    for _ in range(ROUNDS):  # each size in each round: what else this machine does meets them alike
        for which, take in takers.items():
            costs[which].append(take())
    town.close()
    return dict(_told(costs))


def _told(
    costs: dict[tuple[str, int], list[tuple[float, float]]],
) -> Iterator[tuple[str, float]]:
    print("Milliseconds a statement, of CPU:")
    print(f"{'statements held':<20}{'only stores':>14}{'rules':>10}{'rules, wall':>13}")
    cpu = {which: median(one for one, _ in its) for which, its in costs.items()}
    for size in SIZES:
        wall = median(one for _, one in costs["rules", size])
        stores, rules = cpu["stores", size], cpu["rules", size]
        print(f"{size:<20,}{stores:>14.2f}{rules:>10.2f}{wall:>13.2f}")
        yield f"hub_cpu_ms_at_{size}", rules
        yield f"hub_rules_per_s_at_{size}", 1000 / rules
        yield f"hub_stores_per_s_at_{size}", 1000 / stores
    least, most = SIZES[0], SIZES[-1]
    growth = cpu["rules", most] / cpu["rules", least]
    print(f"Grows by {growth:.3f}: {'flat' if growth <= FLAT else 'NOT FLAT'} within {FLAT}")
    yield "hub_rules_ratio", cpu["stores", most] / cpu["rules", most]
    yield "hub_growth_ratio", growth


def _grown(town: Working, path: Path, first: Sequence[Came], size: int) -> Path:
    """Take the first statements in, and grow what is held; beside those that are there already."""
    small = path.with_name("hub.sqlite")
    if not small.exists():
        consumer = _consumer(town, Store(small), acts=True)
        consumer.take(first)
        consumer.store.settle()
        consumer.store.close()
    shutil.copyfile(small, path)
    began = time.perf_counter()
    store = Store(path)
    added = grow(store, size)
    store.settle()
    store.close()
    print(f"{size:,} statements: {added:,} rows added in {time.perf_counter() - began:.0f} s")
    return path


def _consumer(town: Working, store: Store, *, acts: bool) -> Consumer:
    voice = town.voice(HUB)
    workers = workers_of(voice) if acts else []
    return Consumer(store, voice=voice, trust=town.log.trust, workers=workers)


def _taker(
    town: Working, path: Path, last: Sequence[Came], *, acts: bool
) -> Callable[[], tuple[float, float]]:
    consumer = _consumer(town, Undone(path), acts=acts)

    def take() -> tuple[float, float]:
        """Take the last statements in once more; give milliseconds a statement, CPU and wall."""
        began, own = time.perf_counter(), time.process_time()
        consumer.take(last)
        took = time.process_time() - own, time.perf_counter() - began
        return took[0] * 1000 / len(last), took[1] * 1000 / len(last)

    take()  # what is read for the first time is read from disk
    return take
