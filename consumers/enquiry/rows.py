"""Rows of who was seen how: the list of who is still to be seen alone follows from them."""

from collections.abc import Collection

from sqlalchemy import BigInteger, Column, Connection, RowMapping, Table, Text, delete, select

from consumers.enquiry.seen import How
from consumers.inserting import upsert
from consumers.people.rows import persons
from consumers.standing import is_shown, standing
from consumers.store import metadata

seen = Table(
    "persons_seen",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("how", Text, nullable=False),
    Column("entry", BigInteger, nullable=False),
)
"""One person in one contact, by its entry on the ledger."""


def add(db: Connection, statement: str, subject: str, how: How, *, entry: int) -> None:
    """Add how somebody was seen; the same again changes nothing."""
    row = upsert(db, seen).values(statement=statement, subject=subject, how=how, entry=entry)
    db.execute(row.on_conflict_do_nothing())


def forget(db: Connection, statement: str) -> None:
    """Drop what an erased statement showed."""
    db.execute(delete(seen).where(seen.c.statement == statement))


def only_jointly(db: Connection, viewer: Collection[str] | None) -> list[RowMapping]:
    """List joint contacts after which the person was not seen alone, oldest first.

    What is retracted shows nothing; what is corrected or suspect shows nobody seen alone. A link
    between tokens counts for as long as it stands.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
    """
    query = select(seen).where(is_shown(seen.c.statement, viewer))
    order = (seen.c.entry, seen.c.statement, seen.c.subject)
    found = db.execute(query.order_by(*order)).mappings().all()
    marks: dict[str, set[str]] = {}
    for row in db.execute(select(standing.c.statement, standing.c.mark)):
        marks.setdefault(row.statement, set()).add(row.mark)
    alone: dict[str, int] = {}
    jointly = {one["subject"] for one in found if one["how"] == "jointly"}
    same = persons(db, viewer, jointly)
    for one in found:
        if one["how"] == "alone" and one["statement"] not in marks:
            alone[one["subject"]] = max(alone.get(one["subject"], 0), one["entry"])
    return [
        one
        for one in found
        if one["how"] == "jointly"
        and "retracted" not in marks.get(one["statement"], ())
        and max(alone.get(token, -1) for token in same[one["subject"]]) < one["entry"]
    ]
