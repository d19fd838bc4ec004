"""Whom each statement names, by when what it tells of was; and who is connected with whom.

A person's chronology costs what is told of that person, whatever else is held: each query begins
at a token. The case wall stands in the queries, so that no page's count shows what is behind it.

Source: domain.md 5 (trap 8), 7 (Others).
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple, Self

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    RowMapping,
    Table,
    Text,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    tuple_,
)

from consumers.history import appearances
from consumers.listed import PAGE
from consumers.standing import is_shown
from consumers.store import causes, metadata, views

happenings = Table(
    "happenings",
    metadata,
    Column("token", Text, primary_key=True),
    Column("statement", Text, primary_key=True, index=True),
    Column("begins", Text, nullable=False),
    Column("is_child", Boolean, nullable=False),
    Index("happenings_in_order", "token", "begins", "statement"),
)
"""Everybody whom a report names, by subject token; `begins` as well as it is known, to a minute."""

ties = Table(
    "ties",
    metadata,
    Column("token", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("statement", Text, primary_key=True, index=True),
    Column("relation", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("begins", Text, nullable=False),
    Column("precision", Text, nullable=False),
    Column("agency", Text, nullable=False),
)
"""What each report says of one person and another; `other` is empty for one whom it names not."""

TIES_MAX = 500
"""How many words on connections one picture is drawn from: the newest."""
_PLACE = re.compile(r"([0-9]{4}[0-9T:-]{0,12})_([0-9a-f-]{36})")


class Place(NamedTuple):
    """Where a page of a chronology ended."""

    begins: str
    statement: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read a place as an address has it; None for what is none: it begins anew."""
        found = _PLACE.fullmatch(text)
        return cls(found[1], found[2]) if found else None

    def __str__(self) -> str:
        """Spell it as an address has it."""
        return f"{self.begins}_{self.statement}"


def put(
    db: Connection, statement: str, named: Sequence[dict[str, Any]], tied: Sequence[dict[str, Any]]
) -> None:
    """Keep whom a report names and connects, in place of what it said before."""
    drop(db, statement)
    for table, listed in ((happenings, named), (ties, tied)):
        if listed:
            db.execute(insert(table), [{**one, "statement": statement} for one in listed])


def drop(db: Connection, statement: str) -> None:
    """Drop whom one report names."""
    for table in (happenings, ties):
        db.execute(delete(table).where(table.c.statement == statement))


def is_known(db: Connection, viewer: Collection[str] | None, token: str) -> bool:
    """Say whether anything that somebody may see names a person by this token."""
    here = (happenings.c.token == token, is_shown(happenings.c.statement, viewer))
    return db.execute(select(literal(1)).where(*here).limit(1)).first() is not None


def happened(
    db: Connection, viewer: Collection[str] | None, tokens: Collection[str], *, walled: bool,
    after: Place | None,
) -> list[Place]:  # fmt: skip
    """List what names any of some people, the oldest first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        tokens: of the people.
        walled: leave out what names anybody else of age.
        after: where the page before ended; None from the first.

    Returns:
        A page of them, and one more where there is more.
    """
    at = happenings.c
    query = select(at.begins, at.statement).where(at.token.in_(sorted(tokens)))
    query = query.where(is_shown(at.statement, viewer)).distinct()
    if walled:
        query = query.where(_is_inside(at.statement, tokens, viewer))
    if after is not None:
        place = tuple_(literal(after.begins), literal(after.statement))
        query = query.where(tuple_(at.begins, at.statement) > place)
    found = db.execute(query.order_by(at.begins, at.statement).limit(PAGE + 1))
    return [Place(*row) for row in found]


def named_in(db: Connection, statements: Iterable[str]) -> dict[str, dict[str, bool]]:
    """Give whom reports name, and whether each as a child, by the report's id."""
    found: dict[str, dict[str, bool]] = {}
    query = select(happenings).where(happenings.c.statement.in_(list(statements)))
    for row in db.execute(query.order_by(happenings.c.token)).mappings():
        found.setdefault(row["statement"], {})[row["token"]] = row["is_child"]
    return found


def tied(
    db: Connection, viewer: Collection[str] | None, tokens: Collection[str],
    inside: Collection[str] | None,
) -> list[RowMapping]:  # fmt: skip
    """List the newest words on whom somebody is connected with, the oldest first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        tokens: theirs.
        inside: leave out what names anybody else of age than these; None leaves out nothing.
    """
    query = select(ties).where(ties.c.token.in_(sorted(tokens)))
    query = query.where(is_shown(ties.c.statement, viewer))
    if inside is not None:
        query = query.where(_is_inside(ties.c.statement, inside, viewer))
    order = (ties.c.begins.desc(), ties.c.statement.desc(), ties.c.other)
    return list(db.execute(query.order_by(*order).limit(TIES_MAX)).mappings())[::-1]


def followed(
    db: Connection, viewer: Collection[str] | None, statements: Collection[str], *,
    but: Collection[str],
) -> list[RowMapping]:  # fmt: skip
    """Count what arose from reports, by event, agency and who said it, with the first time of each.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        statements: the reports, by id.
        but: events that are left out.
    """
    first, said = func.min(views.c.ledger_time).label("first"), appearances.c
    # Counted and not asked for by `exists`, which PostgreSQL answers from a table of all there are.
    its = select(func.count() > 0).where(said.statement == views.c.id, said.automated)
    by_machine = its.scalar_subquery().label("by_machine")
    by = (causes.c.cause, views.c.event, views.c.agency)
    query = (
        select(*by, by_machine, func.count().label("count"), first)
        .join(views, views.c.id == causes.c.statement)
        .where(causes.c.cause.in_(list(statements)), views.c.event.not_in(list(but)))
        .where(views.c.verified, is_shown(views.c.id, viewer))
        .group_by(*by, "by_machine")
        .order_by(first, *by)
    )
    return list(db.execute(query).mappings())


def _is_inside(
    statement: ColumnElement[str], inside: Collection[str], viewer: Collection[str] | None
) -> ColumnElement[bool]:
    """Ask that a report names nobody of age but these: as `consumers.people.page.Wall` does."""
    named, known = happenings.alias(), happenings.alias()
    grown = exists().where(
        known.c.token == named.c.token, known.c.is_child.is_(False),
        is_shown(known.c.statement, viewer),
    )  # fmt: skip
    here = (named.c.statement == statement, named.c.token.not_in(sorted(inside)))
    return ~exists().where(*here, grown)
