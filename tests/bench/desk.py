"""The desk's pages over a million statements in PostgreSQL: the time that the server takes.

Every page of the table of rights is opened by somebody who may, through the application itself,
over a small store and then over the same store grown; what is over the limit is named.
"""

import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from consumers.desk.pages.inbox import _newest
from tests.integration.test_desk_plans import opened, paths_of, readers
from tests.support.browser import provider
from tests.support.busy import POLICE, Busy, busy
from tests.support.growing import grow, statements_in
from tests.support.month import month
from tests.support.postgres import made, postgres
from tests.support.visiting import Visited, Visitor, visiting
from tests.support.working import files_in

SIZE = int(os.environ.get("BENCH_DESK", "1000000"))
MONTH = 120
"""How many ordinary statements are played beside those that every page has something of."""
OPEN_SHARE = 0.02
REQUESTS = 30
LIMIT_MS = 100
"""Issue 6: the server's time for a page."""
LIVE = "/live"
"""Which never ends: one look of it."""


class Took(NamedTuple):
    """What a page took, in milliseconds: of this machine's time, and of this process's own."""

    median: float
    p95: float
    cpu: float


def measure(folder: Path) -> dict[str, float]:
    """Measure, and print a table of pages; give each page's median, and its ratio to small."""
    logging.getLogger("werkzeug").setLevel("ERROR")  # the provider tells of every sign-in
    found: dict[str, float] = {}
    with postgres() as server:
        files, url = files_in(folder), made(server, "bench-desk")
        force = busy(folder, store=lambda agency: url if agency == POLICE else files(agency))
        _ordinary(force)
        with provider() as issuer, visiting(force.town, POLICE, folder, issuer=issuer) as desk:
            searching = desk.visitor("supervisor")
            paths, store = paths_of(force, searching), desk.station.store
            held = statements_in(store)
            small = dict(_timed(desk, paths, searching))
            began = time.perf_counter()
            added = grow(store, SIZE, open_share=OPEN_SHARE)
            print(
                f"{statements_in(store):,} statements, {added:,} rows of them added in "
                f"{time.perf_counter() - began:.0f} s"
            )
            large = dict(_timed(desk, paths, searching))
        force.town.close()
    print(
        f"{'page':<42}{'at ' + format(held, ','):>9}{'median':>9}{'p95':>9}{'CPU':>9}{'ratio':>7}"
    )
    for path in sorted(large, key=lambda one: -large[one].median):
        now, ratio = large[path], large[path].median / small[path].median
        over = "" if now.median <= LIMIT_MS else f"  OVER {LIMIT_MS} ms"
        print(
            f"{_without_ids(path):<42}{small[path].median:>9.1f}{now.median:>9.1f}{now.p95:>9.1f}"
            f"{now.cpu:>9.1f}{ratio:>7.2f}{over}"
        )
        found[f"desk_ms {_without_ids(path)}"] = now.median
    found["desk_pages_over_limit"] = sum(one.median > LIMIT_MS for one in large.values())
    return found


def _ordinary(force: Busy) -> None:
    """Play some of an ordinary month beside."""
    for one in month(7, MONTH, begins="2027-01-04", days=1):
        force.town.move(one.at)
        force.town.say(one.source, one.event, one.sections, urgency=one.urgency)
    force.town.settle()


def _timed(desk: Visited, paths: Sequence[str], searching: Visitor) -> Iterator[tuple[str, Took]]:
    """Open every page some times; each page by somebody who signed in for it."""
    for path in paths:
        if path == LIVE:
            yield path, _took(lambda: _newest(desk.station, frozenset({"somebody"})))
            continue
        # What is read for the first time is read by another: nobody asks more than a person may.
        opened(readers(desk, searching)(path), path)
        visitor = readers(desk, searching)(path)
        yield path, _took(lambda: opened(visitor, path))  # noqa: B023 - called before it changes


def _took(act: Callable[[], object]) -> Took:
    walls, cpus = list[float](), list[float]()
    for _ in range(REQUESTS):
        began, own = time.perf_counter(), time.process_time()
        act()
        walls.append((time.perf_counter() - began) * 1000)
        cpus.append((time.process_time() - own) * 1000)
    return Took(median(walls), quantiles(walls, n=20)[18], median(cpus))


def _without_ids(path: str) -> str:
    """Spell a path for the table: which report it is says nothing."""
    return re.sub(r"[0-9a-f-]{36}|[\w-]{43}", "*", path)
