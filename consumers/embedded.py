"""SQLite as a consumer uses it: transactions that begin when they say so, deletions that last.

Source: technical.md 7.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from contracts.fault import Transient

CACHE_KIB = 65_536
"""What SQLite keeps of a file: its own 2 MiB hold less than the indexes that one report touches."""


def private(path: Path) -> str:
    """Make a file that is its owner's alone, where there is none; give its URL."""
    # Never a file that is there: closing it would drop every lock this process holds on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    return f"sqlite:///{path}"


def embed(engine: Engine) -> Engine:
    """Set an engine up as SQLite needs it, if it is one; give it as it reads without waiting."""
    if engine.dialect.name != "sqlite":
        return engine
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine.execution_options(reading=True)


def settle(engine: Engine, *, whole: bool) -> None:
    """Empty the log beside the file; what was deleted was overwritten when it was.

    Args:
        engine: the database's.
        whole: write the file anew before that, which waits for everybody else who writes.

    Raises:
        Transient: somebody is reading or writing meanwhile.
    """
    # SQLAlchemy begins a transaction before any statement, and neither may stand in one.
    raw = engine.raw_connection()
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
            "The database is in use: what was erased is still in its log file.",
            remedy="Give this again in a minute, or stop what runs on this home first.",
        )


def _on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # SQLAlchemy writes BEGIN itself: the driver would begin only at the first write.
    connection.isolation_level = None
    for pragma in (
        "busy_timeout=30000",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "secure_delete=ON",
        f"cache_size=-{CACHE_KIB}",
    ):
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _on_begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
