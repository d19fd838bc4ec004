"""How far a worker has watched clocks that are not its own, and what it must look at once more.

So that each minute of ledger time costs what ran out in it, however much lies open since long.
"""

from collections.abc import Iterable

from sqlalchemy import BigInteger, Column, Connection, Table, Text, bindparam, delete, select

from consumers.inserting import upsert
from consumers.store import metadata

watched_until = Table(
    "watched_until",
    metadata,
    Column("what", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)
"""The ledger time up to which a clock was watched."""

watched_again = Table(
    "watched_again",
    metadata,
    Column("statement", Text, primary_key=True),
)
"""Reports of which something was undone since: a look may be open again whose time is over."""

looked_again = Table(
    "looked_again",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("entry", BigInteger, nullable=False, index=True),
)
"""Reports about somebody who was found to be another: rules are still to be shown them anew."""

_NEWEST = (
    select(looked_again.c.statement).order_by(looked_again.c.entry.desc()).limit(bindparam("count"))
)
_RESEARCH = "research"


def until(db: Connection) -> int:
    """Give the ledger time up to which the clocks of research were watched; 0 for never."""
    query = select(watched_until.c.at).where(watched_until.c.what == _RESEARCH)
    return db.execute(query).scalar() or 0


def pass_to(db: Connection, at: int) -> None:
    """Remember a ledger time up to which the clocks of research were watched."""
    row = upsert(db, watched_until).values(what=_RESEARCH, at=at)
    db.execute(row.on_conflict_do_update(index_elements=["what"], set_={"at": at}))


def again(db: Connection, statements: Iterable[str]) -> None:
    """Let reports be looked at once more when time next passes."""
    for one in statements:
        db.execute(upsert(db, watched_again).values(statement=one).on_conflict_do_nothing())


def taken_again(db: Connection) -> list[str]:
    """Give the reports that are to be looked at once more, and let them be."""
    query = select(watched_again.c.statement).order_by(watched_again.c.statement)
    found = list(db.execute(query).scalars())
    if found:
        db.execute(delete(watched_again))
    return found


def looked(db: Connection, statement: str) -> None:
    """Let a report be: it was looked at once more."""
    db.execute(delete(watched_again).where(watched_again.c.statement == statement))


def look_again(db: Connection, reports: Iterable[tuple[int, str]]) -> None:
    """Let rules be shown reports anew, some at a time: (entry, statement id) of each."""
    rows = [{"statement": statement, "entry": entry} for entry, statement in reports]
    if rows:
        db.execute(upsert(db, looked_again).on_conflict_do_nothing(), rows)


def next_to_look_at(db: Connection, count: int) -> list[str]:
    """Give the newest reports that rules are to be shown anew, the oldest of them first.

    At most so many; and they are shown then.
    """
    found = list(db.execute(_NEWEST, {"count": count}).scalars())
    if found:
        db.execute(delete(looked_again).where(looked_again.c.statement.in_(found)))
    return found[::-1]


def is_looking(db: Connection) -> bool:
    """Say whether rules are still to be shown something anew."""
    return db.execute(select(looked_again.c.statement).limit(1)).first() is not None


def forget(db: Connection, statement: str) -> None:
    """Drop an erased report."""
    for table in (watched_again, looked_again):
        db.execute(delete(table).where(table.c.statement == statement))
