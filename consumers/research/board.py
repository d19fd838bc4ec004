"""The research board: open looks by report, the most pressing first; one page of it at a time.

A look that may still be made stands there until it was, or its report was taken back; what is kept
from who looks never does.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    RowMapping,
    exists,
    select,
    tuple_,
)

from consumers import standing
from consumers.listed import Lead, Place, after
from consumers.research.plan import Priority
from consumers.research.rows import READ, research_tasks, tasks_of
from consumers.standing import is_retracted, is_shown

PRIORITIES: tuple[Priority, ...] = ("immediate", "urgent", "routine")


def pressing(
    db: Connection, viewer: Collection[str] | None, *, after_lead: Lead | None, count: int,
    priorities: Sequence[Priority] = PRIORITIES,
) -> list[Lead]:  # fmt: skip
    """List the reports with a look to be made, the most pressing first, then whose is due first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        after_lead: where the page before ended; None from the most pressing.
        count: at most so many.
        priorities: only of these, the first of all first.

    Returns:
        Of each report its place: `place.id` is its id.
    """
    first, place = after_lead or (0, None)
    found: list[Lead] = []
    for number, priority in enumerate(priorities[first:], first):
        left = count - len(found)
        some = reports(db, viewer, place=place, count=left, priority=priority) if left else []
        found += [Lead(number, one) for one in some]
        place = None
    return found


def reports(
    db: Connection, viewer: Collection[str] | None, *, place: Place | None, count: int,
    priority: Priority | None = None,
) -> list[Place]:  # fmt: skip
    """List the reports with a look to be made: when the first falls due, and the report's id.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        place: where the page before ended; None from the most pressing.
        count: at most so many.
        priority: only of it; None of any.
    """
    tasks, other = research_tasks, research_tasks.alias()
    sooner = exists().where(
        other.c.statement == tasks.c.statement,
        tuple_(other.c.due_at, other.c.id) < tuple_(tasks.c.due_at, tasks.c.id),
        *_open_to(other, viewer),
    )
    columns = (tasks.c.due_at, tasks.c.statement)
    query = (
        select(*columns)
        .where(*_open_to(tasks, viewer), ~sooner, *after(*columns, place))
        .order_by(*columns)
        .limit(count)
    )
    if priority is not None:
        query = query.where(tasks.c.priority == priority)
    return [Place(row.due_at, row.statement) for row in db.execute(query)]


def to_be_made(db: Connection, viewer: Collection[str] | None, *, count: int) -> list[str]:
    """List the reports with a look to be made, as `pressing` does, by id."""
    return [one.place.id for one in pressing(db, viewer, after_lead=None, count=count)]


def done_with(db: Connection, viewer: Collection[str] | None, *, count: int) -> list[str]:
    """List the reports of which no look is to be made any more, the newest due first.

    One that was taken back with looks unmade is listed nowhere: by its own id it is shown.
    """
    tasks, other = research_tasks, research_tasks.alias()
    same = other.c.statement == tasks.c.statement
    last = tuple_(other.c.due_at, other.c.id) > tuple_(tasks.c.due_at, tasks.c.id)
    query = (
        select(tasks.c.statement)
        .where(~tasks.c.open, *_kept(tasks, viewer))
        .where(~exists().where(same, other.c.open))
        .where(~exists().where(same, last, *_kept(other, viewer)))
        .order_by(tasks.c.due_at.desc(), tasks.c.statement.desc())
        .limit(count)
    )
    return list(db.execute(query).scalars())


def _open_to(tasks: FromClause, viewer: Collection[str] | None) -> list[ColumnElement[bool]]:
    return [tasks.c.open, ~is_retracted(tasks.c.statement), *_kept(tasks, viewer)]


def _kept(tasks: FromClause, viewer: Collection[str] | None) -> list[ColumnElement[bool]]:
    return [is_shown(tasks.c[name], viewer) for name in ("statement", "id", "identified_by")]


def tasks_of_all(
    db: Connection, hidden: Collection[str], statements: Collection[str]
) -> dict[str, list[RowMapping]]:
    """List the looks of some reports that who looks may know of, by report.

    Args:
        db: an open transaction.
        hidden: ids that are kept from them.
        statements: the reports' ids.
    """
    tasks, found = research_tasks, dict[str, list[RowMapping]]()
    order = (tasks.c.due_at, tasks.c.statement, tasks.c.subject, tasks.c.system)
    query = READ.where(tasks.c.statement.in_(statements)).order_by(*order)
    for row in db.execute(query).mappings():
        if not {row["statement"], row["id"], row["identified_by"]} & set(hidden):
            found.setdefault(row["statement"], []).append(row)
    return found


def tasks_seen(db: Connection, viewer: Collection[str] | None, statement: str) -> list[RowMapping]:
    """List the looks of one report that who looks may know of."""
    columns = ("statement", "id", "identified_by")
    return standing.visible(db, viewer, tasks_of(db, statement), *columns)
