"""What a home's own disk could not do, in words for whoever is on duty.

A full disk or a database that something else holds passes: what was stored is kept, and the same
call works later. A damaged database does not: nothing is written to it any more.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from contracts.fault import CandourError, Fatal, Transient

_AGAIN = "then give this again: what was stored is kept, and what runs goes on by itself."
_UNUSABLE = (
    "cannot be read or written",
    f"See that the disk works and the folder is yours, {_AGAIN}",
)
_PASSES = {
    sqlite3.SQLITE_BUSY: (
        "is held by something else for too long",
        f"Stop what else opens this home (a backup, an editor), {_AGAIN}",
    ),
    sqlite3.SQLITE_FULL: ("does not fit on its disk any more", f"Make room there, {_AGAIN}"),
    sqlite3.SQLITE_CANTOPEN: _UNUSABLE,
    sqlite3.SQLITE_IOERR: _UNUSABLE,
    sqlite3.SQLITE_PERM: _UNUSABLE,
    sqlite3.SQLITE_READONLY: _UNUSABLE,
}
"""What is said of it and what to do, by SQLite's primary result code."""
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY = 0xFF


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Tell what the disk does to a database while the block uses it; a defect of ours stays one.

    Args:
        path: the database's file.

    Raises:
        Transient: it may work later; the remedy says what to do first.
        Fatal: the file is damaged.
    """
    try:
        yield
    except DBAPIError as failed:
        told = _told(path, failed.orig)
        if told is None:
            raise
        raise told from None
    except (sqlite3.Error, OSError) as failed:
        told = _told(path, failed)
        if told is None:
            raise
        raise told from None


def _told(path: Path, failed: BaseException | None) -> CandourError | None:
    if isinstance(failed, OSError):
        said, remedy = _UNUSABLE
        why = f" ({failed.strerror})" if failed.strerror else ""
        return Transient(f"What stands beside {path} {said}{why}.", remedy=remedy)
    code = getattr(failed, "sqlite_errorcode", 0) & _PRIMARY
    if code in _DAMAGED:
        return Fatal(
            f"{path} is damaged, or is no database.",
            remedy="Stop what runs on this home, keep the file, put the newest copy from a backup "
            "in its place and start again: what was said since comes back from the log.",
        )
    if code not in _PASSES:
        return None
    said, remedy = _PASSES[code]
    return Transient(f"{path} {said}.", remedy=remedy)
