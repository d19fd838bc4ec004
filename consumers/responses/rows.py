"""Duty rows: what this agency owes, to which report or request, and what discharged it."""

from collections.abc import Collection

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

from consumers.inserting import upsert
from consumers.responses.owed import Owed
from consumers.store import metadata, views

duties = Table(
    "duties",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("statement", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("discharged_by", Text),
    Column("overdue_by", Text),
    Column("overdue_at", BigInteger),
    Column("escalated_by", Text),
    Column("reopened_by", Text),
)
"""`overdue_by` is the id of the `duty_overdue` that said it ran out, at a ledger time.

`escalated_by` is the id of the one that went to the next role; of a duty whose own role is the
last there is, `overdue_by` again. `reopened_by` is the last statement that discharged it and does
not stand, since when it has its time again.
"""

_LEFT = (
    duties.c.overdue_by.is_not(None)
    & duties.c.discharged_by.is_(None)
    & duties.c.escalated_by.is_(None)
)
Index("duties_left", duties.c.overdue_at, sqlite_where=_LEFT, postgresql_where=_LEFT)

_RUNNING = duties.c.discharged_by.is_(None) & duties.c.overdue_by.is_(None)
Index("duties_running", duties.c.due_at, sqlite_where=_RUNNING, postgresql_where=_RUNNING)


_OPEN = duties.c.discharged_by.is_(None)
_ORDER = (duties.c.due_at, duties.c.key)
_RAN_OUT = select(duties).where(duties.c.due_at < bindparam("at"), _RUNNING).order_by(*_ORDER)
_LEFT_BY = select(duties).where(duties.c.overdue_at < bindparam("at"), _LEFT).order_by(*_ORDER)
_DISCHARGE = (
    update(duties)
    .where(duties.c.key == bindparam("its"), _OPEN)
    .values(discharged_by=bindparam("by"))
)
Index(
    "duties_open_about", duties.c.about, duties.c.kind,
    sqlite_where=_OPEN, postgresql_where=_OPEN,
)  # fmt: skip
Index(
    "duties_open", duties.c.kind, duties.c.due_at, duties.c.key,
    sqlite_where=_OPEN, postgresql_where=_OPEN,
)  # fmt: skip
Index(
    "duties_done", duties.c.discharged_by, sqlite_where=~_OPEN, postgresql_where=~_OPEN,
)  # fmt: skip


def add(db: Connection, owed: Owed, *, role: str) -> None:
    """Add a duty; the same again changes nothing."""
    row = upsert(db, duties).values(
        key=owed.key, kind=owed.kind, about=owed.about, statement=owed.statement,
        role=owed.role or role, due_at=owed.due_at,
    )  # fmt: skip
    db.execute(row.on_conflict_do_nothing())


def discharge(db: Connection, key: str, statement_id: str) -> None:
    """Mark a duty done by a statement of ours; the first stands."""
    db.execute(_DISCHARGE, {"its": key, "by": statement_id})


def settle(db: Connection, key: str, by: str | None) -> None:
    """Let a duty be done by a statement of ours, or be owed still."""
    db.execute(update(duties).where(duties.c.key == key).values(discharged_by=by))


def drop(db: Connection, kind: str, statement: str, *, but: str = "") -> None:
    """Let duties of a kind about a statement be owed no more; but that of one key."""
    gone = (duties.c.kind == kind, duties.c.statement == statement, duties.c.key != but)
    db.execute(delete(duties).where(*gone))


def owed_on(db: Connection, statements: Collection[str]) -> list[str]:
    """Give those of some statements about which something is owed still, by id."""
    query = select(duties.c.about).where(duties.c.about.in_(statements), _OPEN).distinct()
    return list(db.execute(query.order_by(duties.c.about)).scalars())


def refused(db: Connection, said: str) -> None:
    """Owe again what a statement lacked itself that the log did not accept."""
    done = (duties.c.discharged_by == said, duties.c.about == said)
    db.execute(update(duties).where(*done).values(discharged_by=None))


def owe_again(db: Connection, said: str) -> list[RowMapping]:
    """Let the duties be owed again that a statement discharged; but not what it discharged itself.

    Returns:
        Those that are.
    """
    done = (duties.c.discharged_by == said, duties.c.about != said)
    again = list(db.execute(select(duties).where(*done).order_by(duties.c.key)).mappings())
    db.execute(update(duties).where(*done).values(discharged_by=None))
    return again


def reopen(db: Connection, key: str, said: str, *, due_at: int) -> None:
    """Let a duty run to another ledger time: the statement that discharged it does not stand."""
    anew = {"due_at": due_at, "reopened_by": said}
    never = dict.fromkeys(("overdue_by", "overdue_at", "escalated_by"))
    db.execute(update(duties).where(duties.c.key == key).values(**anew, **never))


def ran_out_again(  # noqa: PLR0913 - as its columns
    db: Connection, key: str, statement_id: str, *, reopened_by: str, due_at: int, at: int
) -> None:
    """Take from the log that a duty was owed again and ran out; what is known changes nothing."""
    said = {"overdue_by": statement_id, "overdue_at": at, "escalated_by": None}
    its = (duties.c.key == key, duties.c.due_at < due_at)
    changed = update(duties).where(*its)
    db.execute(changed.values(due_at=due_at, reopened_by=reopened_by, **said))


def forget(db: Connection, statement: str) -> None:
    """Drop the duties about an erased statement."""
    db.execute(delete(duties).where(duties.c.statement == statement))


def ran_out(db: Connection, at: int) -> list[RowMapping]:
    """List duties that are past their time, undischarged, and not yet said to be."""
    return list(db.execute(_RAN_OUT, {"at": at}).mappings())


def mark_overdue(db: Connection, key: str, statement_id: str, *, at: int) -> None:
    """Remember which statement says that a duty ran out, and at which ledger time."""
    said = {"overdue_by": statement_id, "overdue_at": at}
    db.execute(update(duties).where(duties.c.key == key).values(**said))


def left(db: Connection, before: int) -> list[RowMapping]:
    """List duties that were said to run out before a time, and neither moved nor went further."""
    return list(db.execute(_LEFT_BY, {"at": before}).mappings())


def mark_escalated(db: Connection, key: str, statement_id: str) -> None:
    """Remember which statement takes a duty to the next role."""
    db.execute(update(duties).where(duties.c.key == key).values(escalated_by=statement_id))


def duty(db: Connection, key: str) -> RowMapping | None:
    """Give one duty by its key, None where nothing is owed."""
    return db.execute(select(duties).where(duties.c.key == key)).mappings().first()


def open_under(db: Connection, keys: Collection[str]) -> list[RowMapping]:
    """List the duties under some keys that are not done."""
    query = select(duties).where(duties.c.key.in_(sorted(keys)), _OPEN).order_by(duties.c.key)
    return list(db.execute(query).mappings())


def rings_back(db: Connection, agency: str) -> bool:
    """Say whether somebody here must ring an agency back still, about what nobody could verify."""
    about = (duties.c.kind == "call_back", duties.c.discharged_by.is_(None))
    query = select(duties.c.key).join(views, views.c.id == duties.c.statement)
    return db.execute(query.where(*about, views.c.agency == agency)).first() is not None


def is_open(db: Connection, key: str) -> bool:
    """Say whether a duty is laid on this agency and not discharged."""
    found = duty(db, key)
    return found is not None and found["discharged_by"] is None


def all_duties(db: Connection) -> list[RowMapping]:
    """List every duty, the soonest due first."""
    order = (duties.c.due_at, duties.c.key)
    return list(db.execute(select(duties).order_by(*order)).mappings())
