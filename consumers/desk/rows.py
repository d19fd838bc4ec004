"""What the desk's inbox lists: what others reported, by arrival; and every look that was taken.

`looks` is what nobody else remembers: it stands in this force's own store, and its digest on the
log. Everything else here is rebuilt from the views.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    RowMapping,
    Table,
    Text,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from consumers.standing import is_shown
from consumers.store import metadata, upsert

_PLACE = BigInteger().with_variant(Integer, "sqlite")

inbox = Table(
    "inbox",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("arrived", BigInteger, nullable=False, index=True),
    Column("entry", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("urgency", Text, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("marks", Text, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("done", Boolean, nullable=False),
)
"""Reports that came from others; `weight` is how far up it stands, `done` that it was answered."""

_WAITS = inbox.c.done.is_(False)
_PRESSES = _WAITS & (inbox.c.weight > literal_column("0"))  # SQLite matches no parameter
Index("inbox_came", inbox.c.entry)
Index("inbox_waits", inbox.c.entry, sqlite_where=_WAITS, postgresql_where=_WAITS)
Index(
    "inbox_presses", inbox.c.weight.desc(), inbox.c.entry,
    sqlite_where=_PRESSES, postgresql_where=_PRESSES,
)  # fmt: skip

looks = Table(
    "looks",
    metadata,
    Column("place", _PLACE, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("token", Text, nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", Text, nullable=False, index=True),
    Column("covered_by", Text),
)
"""Every look: when (milliseconds), who by token, why, what sort of page, about which id.

`covered_by` is the `looks_recorded` whose digest it stands in.
"""

WEIGHTS = {"threat_to_life": 2, "urgent": 1, "routine": 0}


def arrive(db: Connection, **values: Any) -> None:
    """Add a report; a later delivery of the same replaces what is told of it."""
    row = upsert(db, inbox).values(done=False, **values)
    changed = {name: value for name, value in values.items() if name != "statement"}
    newer = row.on_conflict_do_update(
        index_elements=["statement"], set_=changed, where=inbox.c.entry < values["entry"]
    )
    db.execute(newer)


def done(db: Connection, statement: str, *, is_done: bool = True) -> None:
    """Mark a report answered, or to be looked at again."""
    db.execute(update(inbox).where(inbox.c.statement == statement).values(done=is_done))


def arrived(
    db: Connection, *, hidden: Collection[str], open_only: bool, before: int | None, count: int
) -> list[RowMapping]:
    """List what came, the newest first, from a place on.

    Args:
        db: an open transaction.
        hidden: ids that who looks must not learn of.
        open_only: without what was answered.
        before: entry to go on under; None from the newest.
        count: at most so many.
    """
    query = select(inbox).order_by(inbox.c.entry.desc()).limit(count)
    if open_only:
        query = query.where(_WAITS)
    if before is not None:
        query = query.where(inbox.c.entry < before)
    if hidden:
        query = query.where(inbox.c.statement.not_in(hidden))
    return list(db.execute(query).mappings())


def since(
    db: Connection, viewer: Collection[str] | None, at: int, *, count: int
) -> list[RowMapping]:
    """List what came since a ledger time, the newest first; at most so many."""
    query = select(inbox).where(inbox.c.arrived >= at, is_shown(inbox.c.statement, viewer))
    order = (inbox.c.arrived.desc(), inbox.c.entry.desc())
    return list(db.execute(query.order_by(*order).limit(count)).mappings())


def pressing(db: Connection, *, hidden: Collection[str]) -> list[RowMapping]:
    """List what is open and urgent or more, the most pressing first; at most fifty."""
    order = (inbox.c.weight.desc(), inbox.c.entry)
    query = select(inbox).where(_PRESSES)
    if hidden:
        query = query.where(inbox.c.statement.not_in(hidden))
    return list(db.execute(query.order_by(*order).limit(50)).mappings())


def marks_of(db: Connection, statement: str) -> list[str]:
    """List the marks of a report's delivery."""
    found = db.execute(select(inbox.c.marks).where(inbox.c.statement == statement)).scalar()
    return (found or "").split()


def look(db: Connection, **values: Any) -> None:
    """Record a look."""
    look_at_each(db, [values])


def look_at_each(db: Connection, taken: Sequence[Mapping[str, Any]]) -> None:
    """Record looks, in the order in which they are given."""
    if taken:
        db.execute(insert(looks), taken)


def uncovered(db: Connection, until: int) -> list[RowMapping]:
    """List looks before a time that no statement covers yet, in the order they were taken."""
    query = select(looks).where(looks.c.covered_by.is_(None), looks.c.at < until)
    return list(db.execute(query.order_by(looks.c.place)).mappings())


def looks_at(db: Connection, about: str, count: int = 100) -> list[RowMapping]:
    """List who looked at one thing, the newest first."""
    query = select(looks).where(looks.c.about == about).order_by(looks.c.place.desc())
    return list(db.execute(query.limit(count)).mappings())


def looks_of(db: Connection, token: str, since: int) -> int:
    """Count what somebody looked at since a time."""
    query = select(func.count()).where(looks.c.token == token, looks.c.at >= since)
    return db.execute(query.select_from(looks)).scalar_one()


def forget(db: Connection, statement: str) -> None:
    """Drop an erased report; that somebody looked at something stays, by its opaque id."""
    db.execute(delete(inbox).where(inbox.c.statement == statement))
