"""What the desk's inbox lists: what others reported, by arrival; and every look that was taken.

`looks` is what nobody else remembers: it stands in this force's own store, and its digest on the
log. Everything else here is rebuilt from the views.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

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
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from consumers.inserting import upsert
from consumers.listed import counted
from consumers.shape import LOCAL, PLACE
from consumers.standing import is_shown
from consumers.store import metadata
from contracts.context import Urgency

inbox = Table(
    "inbox",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("arrived", BigInteger, nullable=False, index=True),
    Column("entry", BigInteger, nullable=False, index=True),
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
_FIRST = (inbox.c.weight.desc(), inbox.c.entry)
Index("inbox_came", inbox.c.entry)
Index("inbox_waits", inbox.c.entry, sqlite_where=_WAITS, postgresql_where=_WAITS)
Index("inbox_presses", *_FIRST, sqlite_where=_PRESSES, postgresql_where=_PRESSES)

looks = Table(
    "looks",
    metadata,
    Column("place", PLACE, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("token", Text, nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", Text, nullable=False, index=True),
    Column("covered_by", Text, index=True),
    info=LOCAL,
)
"""Every look: when (milliseconds), who by token, why, what sort of page, about which id.

`covered_by` is the `looks_recorded` whose digest it stands in.
"""

_UNCOVERED = (
    select(looks)
    .where(looks.c.covered_by.is_(None), looks.c.at < bindparam("until"))
    .order_by(looks.c.place)
)

REPORT = "report"
"""The look at a report's own page."""
FIRST = 50
"""How many of those that press stand before all others."""
WEIGHTS = {"threat_to_life": 2, "urgent": 1, "routine": 0}


def arrive(db: Connection, **values: Any) -> None:
    """Add a report; a later delivery of the same replaces what is told of it."""
    row = upsert(db, inbox).values(done=False, **values)
    changed = {name: value for name, value in values.items() if name != "statement"}
    newer = row.on_conflict_do_update(
        index_elements=["statement"], set_=changed, where=inbox.c.entry < values["entry"]
    )
    db.execute(newer)


def listed_of(db: Connection, statements: Collection[str]) -> list[str]:
    """Give those of some statements that the inbox lists, by id."""
    query = select(inbox.c.statement).where(inbox.c.statement.in_(statements))
    return list(db.execute(query.order_by(inbox.c.statement)).scalars())


def done(db: Connection, statement: str, *, is_done: bool = True) -> None:
    """Mark a report answered, or to be looked at again."""
    db.execute(update(inbox).where(inbox.c.statement == statement).values(done=is_done))


def weigh(db: Connection, statement: str, at_least: Urgency) -> None:
    """Let a report stand as far up as its urgency has it, or as another has."""
    its = inbox.c.statement == statement
    own = db.execute(select(inbox.c.urgency).where(its)).scalar() or ""
    weight = max(WEIGHTS.get(own, 0), WEIGHTS[at_least])
    db.execute(update(inbox).where(its).values(weight=weight))


def arrived(
    db: Connection, viewer: Collection[str] | None, *, open_only: bool, before: int | None,
    count: int,
) -> list[RowMapping]:  # fmt: skip
    """List what came, the newest first, from a place on.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        open_only: without what was answered.
        before: entry to go on under; None from the newest.
        count: at most so many.
    """
    query = select(inbox).where(is_shown(inbox.c.statement, viewer))
    query = query.order_by(inbox.c.entry.desc()).limit(count)
    if open_only:
        query = query.where(_WAITS)
    if before is not None:
        query = query.where(inbox.c.entry < before)
    return list(db.execute(query).mappings())


def since(
    db: Connection, viewer: Collection[str] | None, at: int, *, count: int
) -> list[RowMapping]:
    """List what came since a ledger time, the newest first; at most so many."""
    query = select(inbox).where(inbox.c.arrived >= at, is_shown(inbox.c.statement, viewer))
    order = (inbox.c.arrived.desc(), inbox.c.entry.desc())
    return list(db.execute(query.order_by(*order).limit(count)).mappings())


def pressing(db: Connection, viewer: Collection[str] | None) -> list[RowMapping]:
    """List what is open and urgent or more, the most pressing first; at most `FIRST`."""
    query = select(inbox).where(_PRESSES, is_shown(inbox.c.statement, viewer))
    return list(db.execute(query.order_by(*_FIRST).limit(FIRST)).mappings())


def count_pressing(db: Connection, viewer: Collection[str] | None, *, at_most: int) -> int:
    """Count what is open and urgent or more, and no further than asked."""
    query = select(inbox.c.statement).where(_PRESSES, is_shown(inbox.c.statement, viewer))
    return counted(db, query, at_most=at_most)


def answered_of(db: Connection, statements: Collection[str]) -> list[RowMapping]:
    """Give those of some reports that were answered."""
    query = select(inbox).where(inbox.c.statement.in_(statements), inbox.c.done)
    return list(db.execute(query).mappings())


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
    return list(db.execute(_UNCOVERED, {"until": until}).mappings())


def looks_at(db: Connection, about: str, count: int = 100) -> list[RowMapping]:
    """List who looked at one thing, the newest first."""
    query = select(looks).where(looks.c.about == about).order_by(looks.c.place.desc())
    return list(db.execute(query.limit(count)).mappings())


class Opened(NamedTuple):
    """When somebody here first opened something, and how often it was opened since."""

    first: int
    often: int


def first_opened(db: Connection, statements: Collection[str]) -> dict[str, Opened]:
    """Give when reports were first opened here, by id; what nobody opened is left out.

    Only its own page opens a report: that it stood on a list or a line is a look, and no more.
    """
    count, first = func.count().label("count"), func.min(looks.c.at).label("first")
    query = select(looks.c.about, first, count).where(looks.c.about.in_(list(statements)))
    query = query.where(looks.c.what == REPORT).group_by(looks.c.about)
    return {row.about: Opened(row[1], row[2]) for row in db.execute(query)}


def forget(db: Connection, statement: str) -> None:
    """Drop an erased report; that somebody looked at something stays, by its opaque id."""
    db.execute(delete(inbox).where(inbox.c.statement == statement))
