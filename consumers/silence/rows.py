"""Rows of who spoke when, and of each silence that was noticed."""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    RowMapping,
    Table,
    Text,
    select,
    update,
)

from consumers.inserting import upsert
from consumers.store import metadata

spoke = Table(
    "spoke",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
"""When each other agency last said something that reached this one, in ledger milliseconds."""

silences = Table(
    "silences",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency", Text, nullable=False, index=True),
    Column("since", BigInteger, nullable=False),
    Column("ended", BigInteger),
)
"""By the id of the `silence_noticed` that says so; `ended` is when the agency spoke again."""


def speaks(db: Connection, agency: str, at: int) -> None:
    """Remember that an agency spoke at a ledger time; that ends its silence."""
    row = upsert(db, spoke).values(agency=agency, last=at)
    newer = row.on_conflict_do_update(
        index_elements=["agency"], set_={"last": at}, where=spoke.c.last < at
    )
    db.execute(newer)
    over = (silences.c.agency == agency, silences.c.ended.is_(None), silences.c.since < at)
    db.execute(update(silences).where(*over).values(ended=at))


def silent(db: Connection, before: int) -> list[RowMapping]:
    """List the agencies that last spoke before a ledger time and whose silence nobody noticed."""
    known = select(silences.c.id).where(
        silences.c.agency == spoke.c.agency, silences.c.since >= spoke.c.last
    )
    query = select(spoke).where(spoke.c.last < before, ~known.exists())
    return list(db.execute(query.order_by(spoke.c.agency)).mappings())


def notice(db: Connection, said: str, agency: str, since: int) -> None:
    """Remember that a silence was noticed; the same again changes nothing."""
    row = upsert(db, silences).values(id=said, agency=agency, since=since)
    db.execute(row.on_conflict_do_nothing())


def has_ended(db: Connection, said: str) -> bool:
    """Say whether the agency spoke again whose silence a statement noticed."""
    query = select(silences.c.ended).where(silences.c.id == said)
    return db.execute(query).scalar() is not None


def all_spoke(db: Connection) -> list[RowMapping]:
    """List when each other agency last said something here, the longest ago first."""
    return list(db.execute(select(spoke).order_by(spoke.c.last, spoke.c.agency)).mappings())


def standing(db: Connection) -> list[RowMapping]:
    """List the silences that last, the longest first."""
    query = select(silences).where(silences.c.ended.is_(None))
    return list(db.execute(query.order_by(silences.c.since, silences.c.agency)).mappings())
