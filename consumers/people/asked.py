"""Which questions name somebody as a report does: the report itself does, where it is held here."""

from sqlalchemy import Column, Connection, Table, Text, bindparam, delete, select

from consumers.inserting import once
from consumers.store import metadata

people_asked = Table(
    "people_asked",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("about", Text, nullable=False, index=True),
)
"""Every question, and the report that it is about, held here or not."""

_ABOUT = (
    select(people_asked.c.statement)
    .where(people_asked.c.about == bindparam("its"))
    .order_by(people_asked.c.statement)
)


def ask(db: Connection, question: str, about: str) -> None:
    """Remember which report a question is about."""
    db.execute(once(db, people_asked), {"statement": question, "about": about})


def about(db: Connection, report: str) -> list[str]:
    """List the questions about a report."""
    return list(db.execute(_ABOUT, {"its": report}).scalars())


def forget(db: Connection, question: str) -> None:
    """Drop an erased question."""
    db.execute(delete(people_asked).where(people_asked.c.statement == question))
