"""What is owed and what was asked, page by page: the soonest due first, nothing that is kept."""

from collections.abc import Collection, Iterator, Mapping
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, select, union_all

from consumers.listed import Place, after, before, counted
from consumers.responses.asked import answered, requests
from consumers.responses.rows import duties
from consumers.standing import is_shown


def owed(
    db: Connection, viewer: Collection[str] | None, kind: str, *, place: Place | None, count: int
) -> list[RowMapping]:
    """List duties of one kind that nobody has done, the soonest due first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        kind: as the log names it.
        place: where the page before ended: the last one's `due_at` and `key`.
        count: at most so many.
    """
    return list(db.execute(_owed(viewer, kind, place, count)).mappings())


def owed_of_each(
    db: Connection, viewer: Collection[str] | None, places: Mapping[str, Place | None], *,
    count: int,
) -> dict[str, list[RowMapping]]:  # fmt: skip
    """List duties of several kinds, each as `owed` does, in one question; by kind.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        places: where the page before ended, for each kind that is asked for.
        count: at most so many of each.
    """
    found: dict[str, list[RowMapping]] = {kind: [] for kind in places}
    each = [_owed(viewer, kind, place, count).subquery() for kind, place in places.items()]
    if each:
        for row in db.execute(union_all(*(select(one) for one in each))).mappings():
            found[row["kind"]].append(row)
    return {kind: sorted(rows, key=itemgetter("due_at")) for kind, rows in found.items()}


def _owed(
    viewer: Collection[str] | None, kind: str, place: Place | None, count: int
) -> Select[Any]:  # fmt: skip
    order = (duties.c.due_at, duties.c.key)
    query = select(duties).where(duties.c.kind == kind, *_open(viewer), *after(*order, place))
    return query.order_by(*order).limit(count)


def everything_owed(
    db: Connection, viewer: Collection[str] | None, *, count: int
) -> list[RowMapping]:
    """List duties of every kind that nobody has done, the soonest due first; at most so many."""
    places: dict[str, Place | None] = dict.fromkeys(_kinds(db, viewer))
    found = owed_of_each(db, viewer, places, count=count).values()
    order = itemgetter("due_at", "key")
    return sorted((row for some in found for row in some), key=order)[:count]


def _kinds(db: Connection, viewer: Collection[str] | None) -> Iterator[str]:
    """Give the kinds of what nobody has done, one by one as the index has them.

    What is kept from who looks is asked for by no question: how many there are would tell of it.
    """
    query = select(duties.c.kind).where(*_open(viewer)).order_by(duties.c.kind).limit(1)
    kind = db.execute(query).scalar()
    while kind is not None:
        yield kind
        kind = db.execute(query.where(duties.c.kind > kind)).scalar()


def every_request(
    db: Connection, viewer: Collection[str] | None, *, answered: bool, count: int
) -> list[RowMapping]:
    """List questions both ways: open, the soonest due first; or answered, the newest answer first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        answered: those that somebody answered.
        count: at most so many.
    """
    kept = [is_shown(requests.c[name], viewer) for name in ("id", "statement")]
    query = select(requests).where(*kept).limit(count)
    if answered:
        told = (requests.c.answer.is_not(None), is_shown(requests.c.answer, viewer))
        ordered = query.where(*told).order_by(requests.c.supplied_at.desc(), requests.c.id.desc())
    else:
        waits = query.where(requests.c.answer.is_(None))
        ordered = waits.order_by(requests.c.due_at, requests.c.id)
    return list(db.execute(ordered).mappings())


def owed_on(
    db: Connection, viewer: Collection[str] | None, statements: Collection[str],
    kinds: Collection[str],
) -> dict[str, RowMapping]:  # fmt: skip
    """Give what of some kinds is owed about each of some statements: what falls due first."""
    about = (duties.c.about.in_(sorted(statements)), duties.c.kind.in_(sorted(kinds)))
    query = select(duties).where(*about, *_open(viewer))
    found = db.execute(query.order_by(duties.c.due_at.desc())).mappings()
    return {one["about"]: one for one in found}


def done_by(
    db: Connection, viewer: Collection[str] | None, statements: Collection[str],
    kinds: Collection[str],
) -> list[RowMapping]:  # fmt: skip
    """List the duties of some kinds that some statements discharged, the soonest due first."""
    done = (duties.c.discharged_by.in_(sorted(statements)), duties.c.kind.in_(sorted(kinds)))
    query = select(duties).where(*done, *_shown(viewer))
    return list(db.execute(query.order_by(duties.c.due_at, duties.c.key)).mappings())


def _open(viewer: Collection[str] | None) -> list[ColumnElement[bool]]:
    return [duties.c.discharged_by.is_(None), *_shown(viewer)]


def _shown(viewer: Collection[str] | None) -> list[ColumnElement[bool]]:
    return [is_shown(duties.c[name], viewer) for name in ("statement", "about")]


def count_owed(db: Connection, viewer: Collection[str] | None, *, at_most: int) -> int:
    """Count what nobody has done, as far as somebody may know, and no further than asked."""
    return counted(db, select(duties.c.key).where(*_open(viewer)), at_most=at_most)


def open_requests(
    db: Connection, viewer: Collection[str] | None, asker: str, *, place: Place | None, count: int
) -> list[RowMapping]:
    """List questions of one agency that nobody has answered, the soonest due first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        asker: whose.
        place: where the page before ended: `due_at` and `id`.
        count: at most so many.
    """
    order = (requests.c.due_at, requests.c.id)
    query = _of(asker, viewer).where(requests.c.answer.is_(None), *after(*order, place))
    return list(db.execute(query.order_by(*order).limit(count)).mappings())


def answered_requests(
    db: Connection, viewer: Collection[str] | None, asker: str, *, place: Place | None, count: int
) -> list[RowMapping]:
    """List questions of one agency that were answered, the newest answer first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        asker: whose.
        place: where the page before ended: `supplied_at` and `id`.
        count: at most so many.
    """
    order = (requests.c.supplied_at, requests.c.id)
    query = _of(asker, viewer).where(
        requests.c.answer.is_not(None), is_shown(requests.c.answer, viewer), *before(*order, place)
    )
    newest = query.order_by(*(one.desc() for one in order)).limit(count)
    return list(db.execute(newest).mappings())


def answers_beside(db: Connection, hidden: Collection[str], task: RowMapping) -> list[RowMapping]:
    """List what was answered of the person of a look in probation's records, the newest first.

    It stands beside what the force found there itself: the one is not put in the other's place.

    Args:
        db: an open transaction.
        hidden: ids that are kept from who looks.
        task: the look.
    """
    return [
        one for one in answered(db, (), {task["subject"]})
        if (task["system"], one["question"]) == ("probation", "records")
        if one["statement"] == task["statement"] and {one["id"], one["answer"]}.isdisjoint(hidden)
    ]  # fmt: skip


def _of(asker: str, viewer: Collection[str] | None) -> Select[Any]:
    kept = (is_shown(requests.c[name], viewer) for name in ("id", "statement"))
    return select(requests).where(requests.c.asker == asker, *kept)
