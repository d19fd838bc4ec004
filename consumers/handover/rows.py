"""Handover rows: known ends of this agency's work, and ends that somebody hands over to it."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    RowMapping,
    Table,
    Text,
    bindparam,
    delete,
    select,
    update,
)

from consumers.handover.ending import End, moved
from consumers.inserting import upsert
from consumers.listed import Place, after, before
from consumers.standing import RETRACTED, is_shown
from consumers.store import metadata

ends = Table(
    "known_ends",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("ends_on", Text, nullable=False, index=True),
    Column("due_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("people", Text, nullable=False),
    Column("handover", Text),
    Column("replaced_by", Text),
    Column("due_by", Text),
    Column("passed_by", Text),
)
"""`agency` is whose work ends, `handover` whom a closure says it is handed over to, `people` their
tokens, joined by spaces; `replaced_by` is a later statement of the same end. `due_by` and
`passed_by` are what settled that it fell due or passed: a handover, its acceptance, or the
`duty_overdue` that says there was none.
"""


_due, _passed = ends.c.due_by.is_(None), ends.c.passed_by.is_(None)
Index("known_ends_due", ends.c.due_at, sqlite_where=_due, postgresql_where=_due)
Index("known_ends_passed", ends.c.ends_at, sqlite_where=_passed, postgresql_where=_passed)
Index(
    "known_ends_owed", ends.c.agency, ends.c.due_at, ends.c.id,
    sqlite_where=_passed, postgresql_where=_passed,
)  # fmt: skip
Index("known_ends_past", ends.c.ends_at, sqlite_where=~_passed, postgresql_where=~_passed)

_STANDING = (
    select(ends)
    .where(ends.c.replaced_by.is_(None), ends.c.id.not_in(RETRACTED))
    .order_by(ends.c.ends_at, ends.c.id)
)
"""Ends that nobody replaced or took back."""
_FELL_DUE = _STANDING.where(ends.c.due_at < bindparam("at"), _due)
_HAS_PASSED = _STANDING.where(ends.c.ends_at < bindparam("at"), _passed)


def add(db: Connection, said: str, end: End, *, agency: str, handover: str | None) -> None:
    """Add a known end; the same again, delivered anew, stands in the place of what replaced it."""
    row = upsert(db, ends).values(
        id=said, agency=agency, ends_on=end.ends_on.isoformat(), due_at=end.due_at,
        ends_at=end.ends_at, people=" ".join(sorted(end.people)), handover=handover,
    )  # fmt: skip
    stands = {"replaced_by": None}
    db.execute(row.on_conflict_do_update(index_elements=["id"], set_=stands))


def near(db: Connection, agency: str, ends_on: date, *, days: int) -> list[RowMapping]:
    """List the ends of an agency's work that stand, within some days of one.

    Args:
        db: an open transaction.
        agency: whose work ends.
        ends_on: the day.
        days: how many, both ways; the calendar's own end is as far as it goes.
    """
    first, last = moved(ends_on, -days).isoformat(), moved(ends_on, days).isoformat()
    query = select(ends).where(
        ends.c.ends_on.between(first, last), ends.c.agency == agency, ends.c.replaced_by.is_(None)
    )
    return list(db.execute(query.order_by(ends.c.ends_on, ends.c.id)).mappings())


def replace(db: Connection, older: str, newer: str) -> None:
    """Let a later statement of the same end stand in the place of an older one."""
    db.execute(update(ends).where(ends.c.id == older).values(replaced_by=newer))


def forget(db: Connection, statement: str) -> None:
    """Drop an erased end; what it had replaced stands again."""
    reinstate(db, statement)
    db.execute(delete(ends).where(ends.c.id == statement))


def reinstate(db: Connection, newer: str) -> None:
    """Let what a statement had replaced stand again."""
    db.execute(update(ends).where(ends.c.replaced_by == newer).values(replaced_by=None))


def owed(
    db: Connection, viewer: Collection[str] | None, agency: str, *, place: Place | None, count: int
) -> list[RowMapping]:
    """List one page of the ends of an agency's own work that nobody took over, soonest due first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        agency: whose work ends.
        place: where the page before ended: `due_at` and `id`.
        count: at most so many.
    """
    order = (ends.c.due_at, ends.c.id)
    query = select(ends).where(
        ends.c.agency == agency, ends.c.passed_by.is_(None), ends.c.replaced_by.is_(None),
        is_shown(ends.c.id, viewer), *after(*order, place),
    )  # fmt: skip
    return list(db.execute(query.order_by(*order).limit(count)).mappings())


def some(
    db: Connection, viewer: Collection[str] | None, *, past: bool, place: Place | None, count: int
) -> list[RowMapping]:
    """List one page of ends that stand: to come, the nearest first; or past, the latest first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        past: those whose day is settled.
        place: where the page before ended: `ends_at` and `id`.
        count: at most so many.
    """
    order = (ends.c.ends_at, ends.c.id)
    query = select(ends).where(ends.c.replaced_by.is_(None), is_shown(ends.c.id, viewer))
    if past:
        query = query.where(ends.c.passed_by.is_not(None), *before(*order, place))
        ordered = query.order_by(*(one.desc() for one in order))
    else:
        query = query.where(ends.c.passed_by.is_(None), *after(*order, place))
        ordered = query.order_by(*order)
    return list(db.execute(ordered.limit(count)).mappings())


def fell_due(db: Connection, at: int) -> list[RowMapping]:
    """List ends whose handover fell due and that nothing settled."""
    return list(db.execute(_FELL_DUE, {"at": at}).mappings())


def passed(db: Connection, at: int) -> list[RowMapping]:
    """List ends that passed and that nothing settled."""
    return list(db.execute(_HAS_PASSED, {"at": at}).mappings())


def mark(db: Connection, end: str, *, column: str, by: str) -> None:
    """Remember which statement settled an end: column `due_by` or `passed_by`."""
    db.execute(update(ends).where(ends.c.id == end).values(**{column: by}))


def unsettle(db: Connection, by: str) -> None:
    """Look again at what a statement settled that is taken back, corrected, suspect or erased."""
    for column in (ends.c.due_by, ends.c.passed_by):
        db.execute(update(ends).where(column == by).values({column: None}))
