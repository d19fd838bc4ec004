"""Sanitised copies that wait for their second hand: this force's own, on no log before they go.

Nothing brings a row back: who wrote a copy wrote it at this desk, from their own session.

Source: domain.md 1.4, 7 (Machine or person: a named human sanitises, another authorises).
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    RowMapping,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from consumers.listed import Place, after
from consumers.shape import LOCAL
from consumers.standing import is_shown
from consumers.store import metadata

copies_waiting = Table(
    "copies_waiting",
    metadata,
    Column("id", Text, primary_key=True),
    Column("due_at", BigInteger, nullable=False),
    Column("statement", Text, nullable=False, index=True),
    Column("item", Text, nullable=False, index=True),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("writer", Text, nullable=False),
    Column("writer_token", Text, nullable=False),
    Column("handling", Text, nullable=False),
    Column("action", Text),
    Column("sanitisation", Text),
    Column("instructions", Text),
    Column("consulted", Boolean, nullable=False),
    Column("decision", Text),
    Column("released", Text),
    info=LOCAL,
)
"""One copy each of one item, as its writer would let it leave; `released` is the statement that
let it, by id, and None while it waits."""

_WAITS = copies_waiting.c.released.is_(None)
for _name, _its, _by in (
    ("copies_due", _WAITS, (copies_waiting.c.due_at, copies_waiting.c.id)),
    ("copies_released", ~_WAITS, (copies_waiting.c.released,)),
):
    Index(_name, *_by, sqlite_where=_its, postgresql_where=_its)


def keep(db: Connection, **values: Any) -> None:
    """Keep a copy until a second hand has read it."""
    db.execute(insert(copies_waiting).values(**values))


def some(
    db: Connection, viewer: Collection[str] | None, *, place: Place | None, count: int
) -> list[RowMapping]:
    """List what waits, the longest first, from a place on; `viewer` as `standing.is_shown`."""
    due_at, said = copies_waiting.c.due_at, copies_waiting.c.id
    shown = (is_shown(one, viewer) for one in (copies_waiting.c.statement, copies_waiting.c.item))
    query = select(copies_waiting).where(_WAITS, *shown, *after(due_at, said, place))
    return list(db.execute(query.order_by(due_at, said).limit(count)).mappings())


def one(db: Connection, copy: str) -> RowMapping | None:
    """Give a copy that waits; None where it waits no longer, or never did."""
    query = select(copies_waiting).where(copies_waiting.c.id == copy, _WAITS)
    return db.execute(query).mappings().first()


def release(db: Connection, copy: str, said: str) -> None:
    """Note by which statement a copy leaves."""
    db.execute(update(copies_waiting).where(copies_waiting.c.id == copy).values(released=said))


def refused(db: Connection, said: str) -> None:
    """Let a copy wait again whose release the log did not accept."""
    released = copies_waiting.c.released == said
    db.execute(update(copies_waiting).where(released).values(released=None))


def drop(db: Connection, copy: str) -> bool:
    """Drop a copy that is not to leave; False where it does not wait any more."""
    query = delete(copies_waiting).where(copies_waiting.c.id == copy, _WAITS)
    return bool(db.execute(query).rowcount)


def forget(db: Connection, statement: str) -> None:
    """Drop every copy about or of an erased statement."""
    about = (copies_waiting.c.statement == statement) | (copies_waiting.c.item == statement)
    db.execute(delete(copies_waiting).where(about))
