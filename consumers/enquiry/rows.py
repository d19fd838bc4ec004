"""Rows of who was seen how: the list of who is still to be seen alone follows from them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import BigInteger, Column, Connection, RowMapping, Table, Text, delete, select

from consumers.enquiry.seen import How
from consumers.safeguarding.rows import standing_links
from consumers.standing import standing
from consumers.store import metadata, upsert

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


def only_jointly(db: Connection, hidden: frozenset[str]) -> list[RowMapping]:
    """List joint contacts after which the person was not seen alone, oldest first.

    What is retracted shows nothing; what is corrected or suspect shows nobody seen alone. A link
    between tokens counts for as long as it stands.

    Args:
        db: an open transaction.
        hidden: ids of statements that are kept from who looks.
    """
    query = select(seen).order_by(seen.c.entry, seen.c.statement, seen.c.subject)
    found = [one for one in db.execute(query).mappings() if one["statement"] not in hidden]
    marks: dict[str, set[str]] = {}
    for row in db.execute(select(standing.c.statement, standing.c.mark)):
        marks.setdefault(row.statement, set()).add(row.mark)
    alone: dict[str, int] = {}
    same = _same(db, hidden)
    for one in found:
        if one["how"] == "alone" and one["statement"] not in marks:
            for token in same.get(one["subject"], (one["subject"],)):
                alone[token] = max(alone.get(token, 0), one["entry"])
    return [
        one
        for one in found
        if one["how"] == "jointly"
        and "retracted" not in marks.get(one["statement"], ())
        and alone.get(one["subject"], -1) < one["entry"]
    ]


def _same(db: Connection, hidden: frozenset[str]) -> Mapping[str, Sequence[str]]:
    """Give the tokens of one person for each token that a standing link joins."""
    groups: list[set[str]] = []
    for link in standing_links(db):
        if link["id"] in hidden:
            continue
        joined = set(link["subjects"].split())
        apart = [one for one in groups if joined.isdisjoint(one)]
        near = [one for one in groups if not joined.isdisjoint(one)]
        groups = [*apart, joined.union(*near)]
    return {token: sorted(group) for group in groups for token in group}
