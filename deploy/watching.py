"""A watch over a consumer, from outside: it reads, tells the duty manager, and writes only its own.

It opens the consumer's and the outbox's databases read-only and asks Kafka whether anything waits.
What it saw, and whom it told, stands in `watch.sqlite` of the home: after a restart it goes on.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from sqlalchemy import Connection, create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from consumers import aside
from consumers import store as stored
from consumers.inflow import waits_after
from consumers.silence import standstill
from consumers.silence.standstill import Outside, Seen
from consumers.store import Store
from consumers.telling.notification import DUTY
from consumers.telling.rows import is_private, untold
from consumers.telling.sending import Sending, Told
from contracts import topic
from contracts.fault import Misuse, Transient
from deploy import clock
from deploy.telling import channels
from deploy.telling.running import tell
from deploy.wiring import STORE
from producers.access import arguments_of
from producers.home import Home
from producers.lock import is_consumed, is_watched, sole_watch
from producers.unanswered import undelivered

FILE = "watch.sqlite"
LOOK_S = 15.0
"""How often it looks."""
_log = structlog.get_logger()


@dataclass(frozen=True)
class Watch:
    """What watches one home."""

    home: Home
    store: Store
    told: Told
    now_ms: Callable[[], int] = clock.now_ms

    @property
    def sending(self) -> Sending:
        """What tells the duty manager."""
        return Sending(self.store, self.told, now_ms=self.now_ms, is_private=self._is_private)

    async def run(self) -> None:
        """Look and tell until cancelled."""
        telling = asyncio.ensure_future(tell(self.sending, self.told.every()))
        try:
            while not telling.done():
                await self.look()
                await asyncio.wait({telling}, timeout=LOOK_S)
            telling.result()
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    def _is_private(self, _: Connection, digest: str) -> bool:
        """Ask what the consumer holds; where that cannot be read, this is what is to be told."""
        try:
            with _read_only(_store_of(self.home)) as db:
                return is_private(db, digest)
        except SQLAlchemyError:
            return False

    async def look(self) -> Seen:
        """Look once, and have told what lasts too long."""
        found = await seen(self.home)
        with self.store.write() as db:
            told = standstill.look(db, found, self.now_ms())
        for what in told:
            _log.error("stands_still", state=what, remedy=standstill.WORDS[what])
        return found


def opened(home: Home) -> Watch:
    """Open the watch of a home.

    Raises:
        Misuse: there is no channels.yaml, so that nobody could be told, or it cannot be used.
    """
    # Nothing here may wait for the consumer: neither its roles nor its readers are asked for.
    told = channels.read(home.folder, agency=home.agency.agency, rules=None)
    if told is None:
        raise Misuse(
            f"{home.folder} has no channels.yaml: nobody could be told.",
            remedy="Write it as deploy/README.md shows, private to its owner; name the duty "
            "manager in it.",
        )
    only = {DUTY: told.channels[DUTY]}
    path = home.folder / FILE
    store = Store(path, tables=standstill.TABLES, remedy=f"Move {path} away: it is made anew.")
    return Watch(home, store, Told(told.agency, told.telephone, only, told.called))


async def seen(home: Home) -> Seen:
    """Look at a home once: its process, its databases, and whether Kafka has more for it."""
    agency = home.agency
    views = topic.views(agency.partnership, agency.agency)
    consumed = _consumed(_store_of(home), views)
    late = _undelivered(home.folder / "outbox.sqlite")
    try:
        waits = await waits_after(
            views, consumed.position or 0, address=agency.kafka, access=arguments_of(home)
        )
    except Transient:
        waits = None
    return replace(consumed, is_running=is_consumed(home.folder), waits=waits, undelivered=late)


def _consumed(where: Path | str, views: str) -> Seen:
    """See what stands in a consumer's database; no position where it cannot be read."""
    found = Seen(is_running=False, position=None, waits=None)
    query = select(stored.views.c.exercise).order_by(stored.views.c.place.desc()).limit(1)
    try:
        with _read_only(where) as db:
            exercise = bool(db.execute(query).scalar())
            return replace(
                found, position=stored.position(db, views), ledger_time=stored.ledger_time(db),
                exercise=exercise, untold=untold(db, DUTY), unworked=aside.count_unworked(db),
            )  # fmt: skip
    except SQLAlchemyError:
        return found


def _undelivered(path: Path) -> str | None:
    """Give the newest that is late; empty where none is; None where the outbox is unreadable."""
    if not path.exists():  # nothing was said here yet
        return ""
    try:
        with _read_only(path) as db:
            late = undelivered(db, clock.now_ms())
    except SQLAlchemyError:
        return None
    return str(late[-1]["id"]) if late else ""


@contextmanager
def _read_only(where: Path | str) -> Iterator[Connection]:
    """Open a database that others write: a file, or a PostgreSQL's URL; nothing can change it."""
    if isinstance(where, Path):
        engine = create_engine(f"sqlite:///file:{where}?mode=ro&uri=true", hide_parameters=True)
    else:
        engine = create_engine(
            where.replace("postgresql://", "postgresql+psycopg://"), hide_parameters=True,
            execution_options={"postgresql_readonly": True}, connect_args={"connect_timeout": 5},
        )  # fmt: skip
    try:
        with engine.connect() as db:
            yield db
    finally:
        engine.dispose()


def _store_of(home: Home) -> Path | str:
    return home.agency.store or home.folder / STORE


def seen_last(home: Home) -> Outside:
    """Give what a watch of this home saw last, and whether one runs; asks nothing of Kafka."""
    path = home.folder / FILE
    found = list[tuple[standstill.What, int, int | None]]()
    if path.exists():
        with _read_only(path) as db:
            found = [(row["what"], row["since"], row["told"]) for row in standstill.standing(db)]
    return Outside(found, is_watched(home.folder))


async def run(folder: Path) -> None:
    """Watch a home until cancelled.

    Raises:
        Misuse: nobody could be told.
        Busy: another process watches it.
    """
    with sole_watch(folder, what="candour watch run"):
        await opened(Home.open(folder)).run()
