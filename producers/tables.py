"""The outbox database: its tables, and transactions that a power cut cannot halve.

SQLite in WAL with `synchronous=FULL`, because what was promised to be sent must survive; every
write begins IMMEDIATE, because a read that later writes would lose another process's update.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Lock

from sqlalchemy import (
    BLOB,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    create_engine,
    event,
    func,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from contracts.fault import Transient
from producers.storing import storing

metadata = MetaData()

statements = Table(
    "statements",
    metadata,
    Column("place", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("stream", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("event", Text, nullable=False),
    Column("urgency", Text, nullable=False),
    Column("raw", BLOB),
    Column("stored_at", Integer, nullable=False),
    Column("sent_at", Integer),
    Column("state", Text, nullable=False, index=True),
    Column("outcome", Text, index=True),
    Column("again", Text),
    Column("entry", Integer),
    Column("receipt", BLOB),
    Column("resigned", Integer, nullable=False, default=0),
)
"""What was said. `state` is waiting, sent or decided; `raw` is absent where a backup lost it."""

superseded = Table(
    "superseded",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("id", Text, nullable=False),
)
"""Digests of statements that were signed again in a new stream, under the same id."""

generations = Table(
    "generations",
    metadata,
    Column("place", Integer, primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    Column("reason", Text, nullable=False),
)

streams = Table(
    "streams",
    metadata,
    Column("place", Integer, primary_key=True),
    Column("stream", Text, nullable=False, unique=True),
    Column("generation", Integer, nullable=False),
    Column("use", Text, nullable=False),
    Column("kid", Text, nullable=False),
    Column("next", Integer, nullable=False),
    Column("previous", Text),
    UniqueConstraint("generation", "use"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("reference", Text, primary_key=True),
    Column("token", Text, nullable=False),
)
"""Local references and their random tokens: a reference never leaves this machine."""

views = Table(
    "views",
    metadata,
    Column("place", Integer, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("entry", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("about", Text, index=True),
    Column("record", BLOB, nullable=False),
)
"""Views kept here: `control`, and each `answer` about a statement of ours or question to us.

`place` is the order of the views topic, which is the log's."""

withheld = Table(
    "withheld",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("token", Text, primary_key=True),
)
"""Practitioners and households, by token, that a statement or an answer is kept from."""

positions = Table(
    "positions",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("offset", Integer, nullable=False),
)

unproved = Table(
    "unproved",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("offset", Integer, primary_key=True),
    Column("what", Text, nullable=False),
)
"""Records that did not prove what they say: nothing is done with them but to show them."""

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("number", Integer),
    Column("text", Text),
)
"""`written` counts statements signed; `ledger_time`, `exercise`, `trouble` as their names say."""


# What each record that comes back asks, put together once: that costs more than the answer.
POSITION = select(positions.c.offset).where(positions.c.topic == bindparam("of"))
OF_DIGEST = select(statements).where(statements.c.digest == bindparam("of"))
EARLIER = select(superseded.c.id).where(superseded.c.digest == bindparam("of"))
TIME = select(meta.c.number).where(meta.c.key == "ledger_time")
CLOCK = select(meta.c.key, meta.c.number).where(meta.c.key.in_(["exercise", "ledger_time"]))
DECIDED = (
    update(statements)
    .where(statements.c.place == bindparam("of"))
    .values(state="decided", **{
        name: bindparam(name) for name in ("outcome", "entry", "receipt", "again")
    })
)  # fmt: skip
_newest = select(func.max(views.c.entry)).where(views.c.kind == "control").scalar_subquery()
WAITS_AGAIN = (
    update(statements)
    .where(
        statements.c.outcome == "rejected", statements.c.again == "same_bytes",
        statements.c.entry < _newest,
    )
    .values(state="waiting", outcome=None, again=None)
)  # fmt: skip
WRITTEN = (
    update(streams)
    .where(streams.c.stream == bindparam("of"))
    .values(next=bindparam("number"), previous=bindparam("digest"))
)
_ADDED = (
    update(meta)
    .where(meta.c.key == bindparam("of"))
    .values(number=meta.c.number + bindparam("more"))
)
KEPT = upsert(views).on_conflict_do_nothing()
_placed = upsert(positions)
PLACED = _placed.on_conflict_do_update(
    index_elements=["topic"], set_={"offset": _placed.excluded.offset}
)
_put = upsert(meta)
_PUT = _put.on_conflict_do_update(
    index_elements=["key"], set_={name: _put.excluded[name] for name in ("number", "text")}
)


def put(db: Connection, key: str, *, number: int | None = None, text: str | None = None) -> None:
    """Set one row of `meta`."""
    db.execute(_PUT, {"key": key, "number": number, "text": text})


def add(db: Connection, key: str, number: int) -> None:
    """Add to a counter of `meta` that is there."""
    db.execute(_ADDED, {"of": key, "more": number})


@cache
def _making() -> list[str]:
    """Write how what is lacking is made, once: a command opens several outboxes."""
    kind, making = sqlite.dialect(), list[ExecutableDDLElement]()
    for table in metadata.sorted_tables:
        making.append(CreateTable(table, if_not_exists=True))
        # A file that was there before an index came has its tables, and not the index.
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            making.append(CreateIndex(index, if_not_exists=True))
    return [str(one.compile(dialect=kind)) for one in making]


class Database:
    """One SQLite file, private to its owner."""

    def __init__(self, path: Path) -> None:
        """Open or make the file and its tables.

        Raises:
            Transient: the disk is full or gone, or something else holds the file.
            Fatal: the file is damaged.
        """
        self._path = path
        with storing(path):
            self._open(path)

    def _open(self, path: Path) -> None:
        # Never a file that is there: closing it would drop every lock that this process holds on
        # it, and another process could then take the log away under an open connection.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        self._engine: Engine = create_engine(f"sqlite:///{path}", hide_parameters=True)
        # Writers of one process queue here: waiting for SQLite's own lock sleeps in steps.
        self._writing = Lock()
        self._reading = self._engine.execution_options(reading=True)
        event.listen(self._engine, "connect", _on_connect)
        event.listen(self._engine, "begin", _on_begin)
        with self._engine.begin() as connection:
            for made in _making():
                connection.exec_driver_sql(made)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that commits whole, on disk, or not at all.

        Raises:
            Transient: the disk is full or gone, or something else holds the file.
            Fatal: the file is damaged.
        """
        with storing(self._path), self._writing, self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a reading transaction: one moment's state, in nobody's way.

        Raises:
            Transient: as `write`.
            Fatal: as `write`.
        """
        with storing(self._path), self._reading.begin() as connection:
            yield connection

    def settle(self, *, whole: bool = False) -> None:
        """Empty the log beside the file: what was deleted is then in neither.

        Args:
            whole: write the file anew besides, which waits for everybody else who writes.

        Raises:
            Transient: somebody is reading or writing meanwhile.
        """
        with self._writing:
            # SQLAlchemy begins a transaction before any statement; neither may stand in one.
            raw = self._engine.raw_connection()
            try:
                cursor = raw.cursor()
                if whole:
                    cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                (busy, *_) = cursor.fetchone() or (1,)
            except sqlite3.OperationalError:
                busy = 1
            finally:
                raw.close()
        if busy:
            raise Transient(
                "The outbox is in use: what was erased is still in its log file.",
                remedy="Give this again in a minute, or stop what runs on this home first.",
            )

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()


def _on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # SQLAlchemy writes BEGIN itself: the driver would begin only at the first write.
    connection.isolation_level = None
    for pragma in (
        "busy_timeout=30000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
    ):
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _on_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
