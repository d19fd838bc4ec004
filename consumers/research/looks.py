"""Who looked at what no list shows, when and why: on no log, so nothing brings these rows back.

Source: domain.md 7, Attention (whereabouts); Data Protection Act 2018 s62 (logging).
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    RowMapping,
    Table,
    Text,
    insert,
    select,
    update,
)

from consumers.shape import LOCAL, PLACE
from consumers.store import metadata

looks = Table(
    "reveals",
    metadata,
    Column("place", PLACE, primary_key=True),
    Column("task", Text, nullable=False, index=True),
    Column("statement", Text, nullable=False, index=True),
    Column("shown", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("reason", Text),
    Column("at", BigInteger, nullable=False),
    info=LOCAL,
)
"""One look each; `token` is the practitioner's own, `shown` a word for what was shown."""


def record(  # noqa: PLR0913 - a look has this many independent parts
    db: Connection,
    *,
    task: str,
    statement: str,
    shown: str,
    token: str,
    role: str,
    reason: str,
    at: int,
) -> None:
    """Remember a look before what was asked for is shown."""
    row = insert(looks).values(
        task=task, statement=statement, shown=shown, token=token, role=role, reason=reason, at=at
    )
    db.execute(row)


def of_task(db: Connection, task: str) -> list[RowMapping]:
    """List who looked at what a task does not show by itself, oldest first."""
    query = select(looks).where(looks.c.task == task).order_by(looks.c.place)
    return list(db.execute(query).mappings())


def forget(db: Connection, statement: str) -> None:
    """Drop the words about an erased report or task; that somebody looked stays."""
    about = (looks.c.statement == statement) | (looks.c.task == statement)
    db.execute(update(looks).where(about).values(reason=None))
