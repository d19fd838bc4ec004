"""Disclosure rows: applications and their stages. Who applied stands in none of them."""

from collections.abc import Collection

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    RowMapping,
    Table,
    Text,
    bindparam,
    delete,
    or_,
    select,
    update,
)

from consumers import reading
from consumers.disclosure import course
from consumers.disclosure.course import Power
from consumers.inserting import upsert
from consumers.listed import Place, after, before
from consumers.standing import RETRACTED, is_shown
from consumers.store import metadata
from contracts.event.action import DisclosureApplied, DisclosureStaged

applications = Table(
    "disclosure_applications",
    metadata,
    Column("id", Text, primary_key=True),
    Column("right", Text, nullable=False),
    Column("statement", Text),
    Column("due_at", BigInteger, nullable=False),
    Column("power", Text, nullable=False),
    Column("overdue_by", Text),
    Column("reopened_by", Text),
    Column("over", Boolean, nullable=False, default=False),
)
"""`statement` is the report that it arises from, where there is one; `over` that it has ended;
`reopened_by` the stage that does not stand, since when it has ended no more."""
Index("disclosure_of", applications.c.statement)

_in_time = applications.c.overdue_by.is_(None)
Index("disclosure_in_time", applications.c.due_at, sqlite_where=_in_time, postgresql_where=_in_time)
_RAN_OUT = (
    select(applications)
    .where(
        applications.c.due_at < bindparam("at"), _in_time, applications.c.over.is_(False),
        applications.c.id.not_in(RETRACTED),
    )
    .order_by(applications.c.due_at, applications.c.id)
)  # fmt: skip

Index("disclosure_order", applications.c.over, applications.c.due_at, applications.c.id)

stages = Table(
    "disclosure_stages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("application", Text, nullable=False, index=True),
    Column("place", BigInteger, nullable=False),
    Column("stage", Text, nullable=False),
    Column("decision", Text),
    Column("told", Text),
    Column("by", Text, nullable=False),
    Column("role", Text, nullable=False),
)
"""`place` is the stage's in the order that stages come in."""


def apply(
    db: Connection, said: str, event: DisclosureApplied, *, due_at: int, power: Power
) -> None:
    """Add an application; the same again changes nothing."""
    row = upsert(db, applications).values(
        id=said,
        right=event.right,
        statement=event.statement,
        due_at=due_at,
        power=power,
        over=False,
    )
    db.execute(row.on_conflict_do_nothing())


def stage(db: Connection, said: str, event: DisclosureStaged) -> None:
    """Add a stage; the same again changes nothing."""
    row = upsert(db, stages).values(
        id=said, application=event.application, place=course.STAGES.index(event.stage),
        stage=event.stage,
        decision=event.decision, told=event.told, by=event.by, role=event.role,
    )  # fmt: skip
    db.execute(row.on_conflict_do_nothing())
    _settle(db, event.application)


def unstage(db: Connection, said: str) -> RowMapping | None:
    """Take a stage back, and what came after it: it rested on that.

    Returns:
        The stage by which the application had ended, where it has no more.
    """
    row = db.execute(select(stages).where(stages.c.id == said)).mappings().first()
    if row is None:
        return None
    was = application(db, row["application"])
    after = (stages.c.application == row["application"], stages.c.place >= row["place"])
    last = select(stages).where(*after).order_by(stages.c.place.desc(), stages.c.id)
    end = db.execute(last).mappings().first()
    db.execute(delete(stages).where(*after))
    _settle(db, row["application"])
    return end if was is not None and was["over"] else None


def resting_on(db: Connection, statement: str) -> list[str]:
    """List the first stages, by id, that rest on what an application, or its report, says."""
    its = or_(applications.c.id == statement, applications.c.statement == statement)
    query = select(stages.c.id).join(applications, applications.c.id == stages.c.application)
    query = query.where(its, stages.c.stage.in_(sorted(reading.DECIDING)))
    return list(db.execute(query.order_by(stages.c.place, stages.c.id)).scalars())


def reopen(db: Connection, said: str, stage: str, *, due_at: int) -> None:
    """Let an application run to another ledger time: it ended by what does not stand."""
    anew = {"due_at": due_at, "overdue_by": None, "reopened_by": stage}
    db.execute(update(applications).where(applications.c.id == said).values(**anew))


def _settle(db: Connection, said: str) -> None:
    """Put into an application's row whether it has ended."""
    row, reached = application(db, said), stages_of(db, said)
    if row is not None:
        done = [one["stage"] for one in reached]
        over = not course.next_stages(row["right"], done, decision_of(reached))
        db.execute(update(applications).where(applications.c.id == said).values(over=over))


def forget(db: Connection, statement: str) -> None:
    """Drop an erased application; it outlives the report that it arose from."""
    db.execute(delete(stages).where(stages.c.application == statement))
    db.execute(delete(applications).where(applications.c.id == statement))
    arose = applications.c.statement == statement
    db.execute(update(applications).where(arose).values(statement=None))


def application(db: Connection, said: str) -> RowMapping | None:
    """Give one application, None where there is none of that id."""
    query = select(applications).where(applications.c.id == said)
    return db.execute(query).mappings().first()


def applications_of(db: Connection, statements: Collection[str]) -> list[str]:
    """Give those of some statements that are applications, by id."""
    query = select(applications.c.id).where(applications.c.id.in_(statements))
    return list(db.execute(query.order_by(applications.c.id)).scalars())


def some(
    db: Connection, viewer: Collection[str] | None, *, over: bool, place: Place | None, count: int
) -> list[RowMapping]:
    """List one page of applications: under way, the soonest due first; or over, the latest first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        over: those that have ended.
        place: where the page before ended: `due_at` and `id`.
        count: at most so many.
    """
    order = (applications.c.due_at, applications.c.id)
    shown = [is_shown(applications.c[name], viewer) for name in ("id", "statement")]
    query = select(applications).where(applications.c.over == over, *shown).limit(count)
    if over:
        ordered = query.where(*before(*order, place)).order_by(*(one.desc() for one in order))
    else:
        ordered = query.where(*after(*order, place)).order_by(*order)
    return list(db.execute(ordered).mappings())


def stages_of(db: Connection, said: str) -> list[RowMapping]:
    """List the stages of an application, in their order."""
    query = select(stages).where(stages.c.application == said)
    return list(db.execute(query.order_by(stages.c.place, stages.c.id)).mappings())


def stages_seen(
    db: Connection, viewer: Collection[str] | None, applications: Collection[str]
) -> dict[str, list[RowMapping]]:  # fmt: skip
    """List the stages of some applications that who looks may know of, in their order, by id."""
    found: dict[str, list[RowMapping]] = {one: [] for one in applications}
    query = select(stages).where(
        stages.c.application.in_(applications), is_shown(stages.c.id, viewer)
    )
    for row in db.execute(query.order_by(stages.c.place, stages.c.id)).mappings():
        found[row["application"]].append(row)
    return found


def decision_of(reached: list[RowMapping]) -> str | None:
    """Give the decision among stages; None where nobody decided."""
    return next((one["decision"] for one in reached if one["decision"] is not None), None)


def ran_out(db: Connection, at: int) -> list[RowMapping]:
    """List applications past their time that are not over, taken back, or said to be late."""
    return list(db.execute(_RAN_OUT, {"at": at}).mappings())


def mark_overdue(db: Connection, said: str, overdue_by: str) -> None:
    """Remember which statement says that it ran out."""
    changed = update(applications).where(applications.c.id == said)
    db.execute(changed.values(overdue_by=overdue_by))
