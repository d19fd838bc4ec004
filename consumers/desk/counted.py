"""Figures as they were last counted here: counting reads all that is held, looking does not.

One table for each set of what is kept from who looks, so that nobody's figures tell of more than
they may know. Nothing of it names anybody; it is counted again whenever somebody asks.

Source: domain.md 5 (trap 12), 7 (What comes back).
"""

from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import NamedTuple

import msgspec
from sqlalchemy import BigInteger, Column, Connection, LargeBinary, Table, Text, select

from consumers import standing
from consumers import store as stored
from consumers.figures import counting, rows
from consumers.figures.table import Fact, Row, tabled
from consumers.inserting import upsert
from consumers.shape import LOCAL
from consumers.store import Store, metadata

desk_figures = Table(
    "desk_figures",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("rows", LargeBinary, nullable=False),
    info=LOCAL,
)
"""By the digest of what is kept from who looks: the table of a ledger time, numbers suppressed."""


class Counted(NamedTuple):
    """A table of figures, and the ledger time of which it is, in milliseconds."""

    at: int
    rows: list[Row]


def count(store: Store, viewer: Collection[str], more: Iterable[Fact]) -> None:
    """Count what is held, but for what is kept from who looks; keep the table.

    All is read before anything is written: whoever says something meanwhile does not wait for it.

    Args:
        store: what is counted, and where the table is kept.
        viewer: as `consumers.standing.hidden_from`.
        more: what counts too, and stands elsewhere than here.
    """
    with store.read() as db:
        key, now = _key(db, viewer), stored.ledger_time(db)
        table = tabled([*rows.facts(db, viewer), *more], counting.SHAPE, now=now)
    values = {"at": now, "rows": msgspec.json.encode(table)}
    with store.write() as db:
        row = upsert(db, desk_figures).values(key=key, **values)
        db.execute(row.on_conflict_do_update(index_elements=["key"], set_=values))


def last(db: Connection, viewer: Collection[str]) -> Counted | None:
    """Give the table that was counted last; None where none was."""
    query = select(desk_figures).where(desk_figures.c.key == _key(db, viewer))
    found = db.execute(query).first()
    if found is None:
        return None
    return Counted(found.at, [Row(*one) for one in msgspec.json.decode(found.rows)])


def _key(db: Connection, viewer: Collection[str]) -> str:
    hidden = sorted(standing.hidden_from(db, viewer))
    return sha256("\n".join(["candour-figures", *hidden]).encode()).hexdigest()
