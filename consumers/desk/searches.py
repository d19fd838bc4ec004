"""Every search that was made here: who asked for it, why, and a digest of what was looked for.

What was looked for is not kept in words: only who knows it can find that it was looked for. These
rows are this agency's own; that somebody searched is a look (`consumers.desk.rows`), about the
digest.

Source: domain.md 1.5 (requester, purpose, searched terms), 7 (Research results: the digest of the
terms); issue 6, point 4.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    RowMapping,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from consumers.inserting import upsert
from consumers.people.searching import Sought
from consumers.shape import LOCAL, PLACE
from consumers.store import metadata
from contracts.entry import commitment

searches = Table(
    "searches",
    metadata,
    Column("place", PLACE, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("token", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("terms", Text, nullable=False, unique=True),
    info=LOCAL,
)
"""One row a search; `terms` is the digest of the salt and what was looked for (`digest_of`)."""

search_found = Table(
    "search_found",
    metadata,
    Column("terms", Text, primary_key=True),
    Column("statement", Text, primary_key=True, index=True),
    info=LOCAL,
)
"""The statements that a search showed: whoever must not know of one is not told of it either."""


class Why(NamedTuple):
    """Who asked for a search, and why: in words that name nobody it is about."""

    requester: str
    reason: str


def digest_of(sought: Sought, salt: str) -> str:
    """Digest what was looked for: a list of seven, as `Sought`, in JSON behind the salt."""
    return commitment(salt.encode(), msgspec.json.encode(sought))


def add(  # noqa: PLR0913 - a search has this many independent parts
    db: Connection, sought: Sought, why: Why, *, at: int, token: str, name: str, salt: str
) -> RowMapping:
    """Remember that somebody searched."""
    terms = digest_of(sought, salt)
    db.execute(
        insert(searches).values(
            at=at, token=token, name=name, salt=salt, terms=terms, **why._asdict()
        )
    )
    return db.execute(select(searches).where(searches.c.terms == terms)).mappings().one()


def showed(db: Connection, terms: str, statements: Iterable[str]) -> None:
    """Remember what a search showed; the same again changes nothing."""
    rows = [{"terms": terms, "statement": one} for one in statements]
    if rows:
        db.execute(upsert(db, search_found).on_conflict_do_nothing(), rows)


def of_all(db: Connection, terms: Collection[str]) -> dict[str, RowMapping]:
    """Give searches by the digest of what they looked for."""
    query = select(searches).where(searches.c.terms.in_(terms))
    return {row["terms"]: row for row in db.execute(query).mappings()}


def forget(db: Connection, statement: str) -> None:
    """Drop why what showed an erased statement was searched; that it was, and for whom, stays."""
    named = select(search_found.c.terms).where(search_found.c.statement == statement)
    db.execute(update(searches).where(searches.c.terms.in_(named)).values(reason=""))
    db.execute(delete(search_found).where(search_found.c.statement == statement))
