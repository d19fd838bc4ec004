"""Intelligence rows: every grading of every item, side by side, and the products that left."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    RowMapping,
    Select,
    Table,
    Text,
    delete,
    exists,
    select,
)

from consumers.inserting import upsert
from consumers.intelligence import grading
from consumers.shape import PLACE
from consumers.standing import hidden_from, is_shown, newest
from consumers.store import metadata, views
from contracts.event.action import IntelligenceGraded, ProductReleased

gradings = Table(
    "gradings",
    metadata,
    Column("place", PLACE, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("statement", Text, nullable=False, index=True),
    Column("scheme", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("assessment", Text, nullable=False),
    Column("handling", Text, nullable=False),
    Column("action", Text),
    Column("sanitisation", Text),
    Column("instructions", Text),
    Column("by", Text, nullable=False),
    Column("role", Text, nullable=False),
)
"""One grading each, by the id of its statement; a later one stands beside the earlier."""

products = Table(
    "products",
    metadata,
    Column("place", PLACE, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("statement", Text, nullable=False, index=True),
    Column("of", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("sanitised_by", Text, nullable=False),
    Column("authorised_by", Text, nullable=False),
    Column("handling", Text, nullable=False),
    Column("action", Text),
    Column("sanitisation", Text),
)
"""Sanitised copies, ours and those sent here; `of` are ids joined by spaces."""


def grade(db: Connection, said: str, event: IntelligenceGraded) -> None:
    """Add a grading; the same again changes nothing."""
    row = upsert(db, gradings).values(
        id=said, statement=event.statement, scheme=event.scheme, source=event.source,
        assessment=event.assessment, handling=event.handling, action=event.action,
        sanitisation=event.sanitisation, instructions=event.instructions, by=event.by,
        role=event.role,
    )  # fmt: skip
    db.execute(row.on_conflict_do_nothing())


def release(db: Connection, said: str, agency: str, event: ProductReleased) -> None:
    """Add a product; the same again changes nothing."""
    row = upsert(db, products).values(
        id=said, statement=event.statement, of=" ".join(event.of), subject=event.subject,
        agency=agency, sanitised_by=event.sanitised_by, authorised_by=event.authorised_by,
        handling=event.handling, action=event.action, sanitisation=event.sanitisation,
    )  # fmt: skip
    db.execute(row.on_conflict_do_nothing())


def ungrade(db: Connection, said: str) -> None:
    """Let a grading that was taken back hold no longer."""
    db.execute(delete(gradings).where(gradings.c.id == said))


def refused(db: Connection, said: str) -> None:
    """Take back a grading or product that the log did not accept."""
    for table in (gradings, products):
        db.execute(delete(table).where(table.c.id == said))


def forget(db: Connection, statement: str) -> None:
    """Drop what is, or rests on, an erased statement."""
    for table in (gradings, products):
        about = (table.c.statement == statement) | (table.c.id == statement)
        db.execute(delete(table).where(about))
    made = select(products.c.id, products.c.of).where(products.c.of.contains(statement))
    for row in db.execute(made).all():
        if statement in row.of.split():
            db.execute(delete(products).where(products.c.id == row.id))


def gradings_of(db: Connection, statement: str) -> list[RowMapping]:
    """List every grading of an item, the oldest first."""
    return gradings_of_all(db, [statement])


def gradings_of_all(db: Connection, statements: Collection[str]) -> list[RowMapping]:
    """List every grading of some items, the oldest first."""
    query = select(gradings).where(gradings.c.statement.in_(statements)).order_by(gradings.c.place)
    return list(db.execute(query).mappings())


def in_force(db: Connection, statement: str, hidden: Collection[str] = ()) -> RowMapping | None:
    """Give the newest 3x5x2 grading of an item: its handling code holds; None where it has none."""
    graded = [
        one
        for one in gradings_of(db, statement)
        if one["scheme"] == "3x5x2" and one["id"] not in hidden
    ]
    return graded[-1] if graded else None


def first_lines(db: Connection, statement: str, hidden: Collection[str] = ()) -> list[str]:
    """Give what stands before all else wherever an item, or a product, is shown."""
    return first_lines_of(db, [statement], hidden)[statement]


def first_lines_of(
    db: Connection, statements: Collection[str], hidden: Collection[str] = ()
) -> dict[str, list[str]]:
    """Give what stands before all else of each of some items or products, by id."""
    order = (gradings.c.statement, gradings.c.place)
    graded = select(gradings).where(
        gradings.c.statement.in_(statements), gradings.c.scheme == "3x5x2"
    ).order_by(*order)  # fmt: skip
    told: dict[str, set[str | None]] = {one: set() for one in statements}
    for row in db.execute(graded).mappings():
        if row["id"] not in hidden:
            told[row["statement"]] = {row["action"]}  # the newest holds
    made = select(products.c.id, products.c.action).where(products.c.id.in_(statements))
    for said, action in db.execute(made):
        told[said].add(action)
    return {
        one: grading.first_line("A1" if "A1" in actions else None) for one, actions in told.items()
    }


def items(
    db: Connection, viewer: Collection[str] | None, agencies: Collection[str], *, count: int
) -> list[str]:
    """List what is intelligence here, by id: what was logged as such, or graded, last first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        agencies: those that may have logged it.
        count: at most so many.
    """
    logged = newest(db, viewer, "intelligence_logged", agencies, count=count)
    last = {row["id"]: row["id"] for row in logged}
    later = gradings.alias()
    anew = exists().where(
        later.c.statement == gradings.c.statement, later.c.place > gradings.c.place,
        is_shown(later.c.id, viewer),
    )  # fmt: skip
    shown = (is_shown(one, viewer) for one in (gradings.c.id, gradings.c.statement))
    query = select(gradings.c.statement, gradings.c.id).where(*shown, ~anew)
    graded = query.order_by(gradings.c.place.desc()).limit(count)
    last.update((row.statement, row.id) for row in db.execute(graded))
    return sorted(last, key=lambda one: last[one], reverse=True)[:count]  # by their ids' own time


def logged(
    db: Connection, viewer: Collection[str] | None, agency: str, *, before: int | None, count: int
) -> list[RowMapping]:
    """List what an agency logged as intelligence, the newest first: id, and its place.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        agency: whose.
        before: place to go on under; None from the newest.
        count: at most so many.
    """
    its = (views.c.event == "intelligence_logged", views.c.agency == agency)
    query = select(views.c.id.label("statement"), views.c.place).where(*its)
    return _newest(db, query.where(is_shown(views.c.id, viewer)), views, before, count)


def graded(
    db: Connection, viewer: Collection[str] | None, *, before: int | None, count: int
) -> list[RowMapping]:
    """List what was graded here, the newest grading first; as `logged`."""
    query = select(gradings.c.statement, gradings.c.place).where(
        *(is_shown(one, viewer) for one in (gradings.c.id, gradings.c.statement))
    )
    return _newest(db, query, gradings, before, count)


def released(
    db: Connection, viewer: Collection[str] | None, *, before: int | None, count: int
) -> list[RowMapping]:
    """List sanitised copies that left or came, the newest first; as `logged`.

    What one is made of may be kept further than the report that it is about: whoever shows it asks.
    """
    query = select(products).where(
        *(is_shown(one, viewer) for one in (products.c.id, products.c.statement))
    )
    return _newest(db, query, products, before, count)


def released_seen(
    db: Connection, viewer: Collection[str] | None, *, count: int
) -> list[RowMapping]:
    """List sanitised copies as `released` does, but for those made of what is kept."""
    hidden, found, before = hidden_from(db, viewer), list[RowMapping](), None
    while len(found) < count:
        some = released(db, viewer, before=before, count=count)
        found += [row for row in some if hidden.isdisjoint(row["of"].split())]
        if len(some) < count:
            break
        before = some[-1]["place"]
    return found[:count]


def _newest(
    db: Connection, query: Select[Any], table: Table, before: int | None, count: int
) -> list[RowMapping]:
    if before is not None:
        query = query.where(table.c.place < before)
    return list(db.execute(query.order_by(table.c.place.desc()).limit(count)).mappings())
