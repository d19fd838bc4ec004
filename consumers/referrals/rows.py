"""Referral rows: each referral with its decision, and what was considered and not made."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    RowMapping,
    Select,
    Table,
    Text,
    bindparam,
    delete,
    or_,
    select,
    true,
    update,
)

from consumers.inserting import upsert
from consumers.listed import Place, after, before
from consumers.referrals.course import CLOSED, Direction, Held, is_put
from consumers.standing import RETRACTED, does_not_stand, is_shown
from consumers.store import causes, metadata
from contracts.event.action import ReferralConsidered
from contracts.event.report import ReferralMade

referrals = Table(
    "referrals",
    metadata,
    Column("id", Text, primary_key=True),
    Column("direction", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("addressee", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("ends_on", Text, index=True),
    Column("held", Text),
    Column("decision", Text),
    Column("decided_by", Text),
    Column("answer", Text),
    Column("overdue_by", Text),
    Column("reopened_by", Text),
)
"""`answer` is the id of the `response_given` that decided; `overdue_by` of what said nobody did;
`reopened_by` of the last response that decided and does not stand. `held` says how it is held
(`consumers.referrals.course.Held`): nobody who could decide it has it."""

_undecided = referrals.c.decision.is_(None) & referrals.c.overdue_by.is_(None)
Index(
    "referrals_undecided", referrals.c.due_at, sqlite_where=_undecided, postgresql_where=_undecided
)

_open = referrals.c.decision.is_(None)
Index(
    "referrals_open", referrals.c.direction, referrals.c.due_at, referrals.c.id,
    sqlite_where=_open, postgresql_where=_open,
)  # fmt: skip
_RAN_OUT = (
    select(referrals)
    .where(
        referrals.c.due_at < bindparam("at"), _undecided, referrals.c.held.is_(None),
        referrals.c.id.not_in(RETRACTED),
    )
    .order_by(referrals.c.due_at, referrals.c.id)
)  # fmt: skip
Index(
    "referrals_done", referrals.c.direction, referrals.c.at, referrals.c.id,
    sqlite_where=~_open, postgresql_where=~_open,
)  # fmt: skip

considered = Table(
    "referrals_considered",
    metadata,
    Column("id", Text, primary_key=True),
    Column("statement", Text, nullable=False, index=True),
    Column("referral", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("referred", Text),
)
"""Decisions whether to refer; why stands in the statement."""


def add(  # noqa: PLR0913 - a referral has this many independent parts
    db: Connection,
    referral: str,
    event: ReferralMade,
    *,
    direction: Direction,
    publisher: str,
    addressee: str,
    at: int,
    due_at: int,
    held: Held | None = None,
) -> None:
    """Add a referral; the same again changes nothing, but that its time begins with its release."""
    row = upsert(db, referrals).values(
        id=referral, direction=direction, kind=event.referral, publisher=publisher,
        addressee=addressee, at=at, due_at=due_at, ends_on=event.ends_on, held=held,
    )  # fmt: skip
    anew = {"at": at, "due_at": due_at, "held": held}
    was_held = true() if held is not None else referrals.c.held.is_not(None)
    db.execute(row.on_conflict_do_update(index_elements=["id"], set_=anew, where=was_held))


def decide(db: Connection, referral: str, *, decision: str, by: str, answer: str) -> None:
    """Take a decision in; a later one replaces it."""
    changed = {"decision": decision, "decided_by": by, "answer": answer}
    db.execute(update(referrals).where(referrals.c.id == referral).values(**changed))


def undecide(db: Connection, answer: str) -> None:
    """Take back what a response decided."""
    nobody = {"decision": None, "decided_by": None, "answer": None}
    db.execute(update(referrals).where(referrals.c.answer == answer).values(**nobody))


def decided_by(db: Connection, answer: str) -> list[RowMapping]:
    """List the referrals that a response decided."""
    return list(db.execute(select(referrals).where(referrals.c.answer == answer)).mappings())


def reopen(db: Connection, referral: str, answer: str, *, due_at: int) -> None:
    """Let a referral be decided anew by a ledger time: the response that did does not stand."""
    anew = {"due_at": due_at, "overdue_by": None, "reopened_by": answer}
    db.execute(update(referrals).where(referrals.c.id == referral).values(**anew))
    undecide(db, answer)


def consider(db: Connection, said: str, event: ReferralConsidered) -> None:
    """Add a decision whether to refer; the same again changes nothing."""
    row = upsert(db, considered).values(
        id=said, statement=event.statement, referral=event.referral, decision=event.decision,
        by=event.by, role=event.role, referred=event.referred,
    )  # fmt: skip
    db.execute(row.on_conflict_do_nothing())


def unconsider(db: Connection, statement: str) -> None:
    """Take back a decision, or every decision on a report: somebody decides anew."""
    gone = (considered.c.id == statement) | (considered.c.statement == statement)
    db.execute(delete(considered).where(gone))


def forget(db: Connection, statement: str) -> None:
    """Drop what is, or rests on, an erased statement."""
    unconsider(db, statement)
    db.execute(delete(considered).where(considered.c.referred == statement))
    db.execute(delete(referrals).where(referrals.c.id == statement))


def referral(db: Connection, statement: str) -> RowMapping | None:
    """Give one referral, None where there is none of that id."""
    return db.execute(select(referrals).where(referrals.c.id == statement)).mappings().first()


def referrals_of(db: Connection, statements: Collection[str]) -> dict[str, RowMapping]:
    """Give the referrals among some statements, by id."""
    query = select(referrals).where(referrals.c.id.in_(statements))
    return {row["id"]: row for row in db.execute(query).mappings()}


def some(  # noqa: PLR0913 - a page has this many bounds
    db: Connection, viewer: Collection[str] | None, direction: Direction, *, decided: bool,
    place: Place | None, count: int,
) -> list[RowMapping]:  # fmt: skip
    """List one page of referrals: undecided, the soonest due first; or decided, the newest first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        direction: made or received.
        decided: those that somebody decided.
        place: where the page before ended: `due_at`, of decided ones `at`, and `id`.
        count: at most so many.
    """
    kept = [is_shown(referrals.c[name], viewer) for name in ("id", "answer")]
    query = select(referrals).where(referrals.c.direction == direction, *kept).limit(count)
    if decided:
        order = (referrals.c.at, referrals.c.id)
        query = query.where(referrals.c.decision.is_not(None), *before(*order, place))
        return list(db.execute(query.order_by(*(one.desc() for one in order))).mappings())
    order = (referrals.c.due_at, referrals.c.id)
    query = query.where(referrals.c.decision.is_(None), *after(*order, place))
    return list(db.execute(query.order_by(*order)).mappings())


def made_of(
    db: Connection, viewer: Collection[str] | None, report: str, count: int
) -> list[RowMapping]:
    """List the referrals that this agency made because of a report: at most so many."""
    query = _made(viewer, report).order_by(referrals.c.id).limit(count)
    return list(db.execute(query).mappings())


def _made(viewer: Collection[str] | None, report: str) -> Select[Any]:
    caused = select(causes.c.statement).where(causes.c.cause == report)
    return select(referrals).where(
        referrals.c.id.in_(caused), referrals.c.direction == "made",
        is_shown(referrals.c.id, viewer),
    )  # fmt: skip


def causes_of(db: Connection, statements: Collection[str]) -> list[str]:
    """List what some statements arise from, by id."""
    query = select(causes.c.cause).where(causes.c.statement.in_(sorted(statements)))
    return sorted(set(db.execute(query).scalars()))


def reaching(db: Connection, about: Collection[str]) -> list[str]:
    """List the referrals that this agency made because of some statements and nobody holds."""
    caused = select(causes.c.statement).where(causes.c.cause.in_(sorted(about)))
    made = (referrals.c.direction == "made", referrals.c.held.is_(None))
    query = select(referrals.c.id).where(referrals.c.id.in_(caused), *made)
    return list(db.execute(query.order_by(referrals.c.id)).scalars())


def weighed(db: Connection, about: Collection[str]) -> list[str]:
    """List what somebody decided on some statements, whether to refer; but what names one of them.

    That a referral was made says nothing of what is to follow it.
    """
    of = sorted(about)
    named = considered.c.referred.is_(None) | considered.c.referred.not_in(of)
    query = select(considered.c.id).where(considered.c.statement.in_(of), named)
    return list(db.execute(query.order_by(considered.c.id)).scalars())


def still_put(
    db: Connection, viewer: Collection[str] | None, report: str, kind: str, addressee: str
) -> list[str]:
    """List the referrals of a kind that this agency put to another because of a report, by id.

    Only what stands: none that was refused, redirected or taken back, or that others closed.
    """
    its = (referrals.c.kind == kind, referrals.c.addressee == addressee)
    found = db.execute(_made(viewer, report).where(*its)).mappings()
    return [row["id"] for row in found if _stands(db, row)]


def _stands(db: Connection, row: RowMapping) -> bool:
    return is_put(row) and row["held"] not in CLOSED and not does_not_stand(db, row["id"])


def some_considered(
    db: Connection, viewer: Collection[str] | None, *, older_than: str | None, count: int
) -> list[RowMapping]:
    """List one page of decisions whether to refer, the newest first, by their ids' own time."""
    kept = [is_shown(considered.c[name], viewer) for name in ("id", "statement", "referred")]
    query = select(considered).where(*kept).order_by(considered.c.id.desc()).limit(count)
    if older_than is not None:
        query = query.where(considered.c.id < older_than)
    return list(db.execute(query).mappings())


def handovers(
    db: Connection, ends: Collection[str], spans: Collection[tuple[str, str]]
) -> list[RowMapping]:
    """List the handovers made that name one of some ends as their cause, or are of some days.

    One that is held hands nothing over.

    Args:
        db: an open transaction.
        ends: the ids of the statements that tell of the ends.
        spans: the first and the last of the days, inclusive.
    """
    made = select(referrals).where(
        referrals.c.kind == "handover", referrals.c.direction == "made",
        referrals.c.held.is_(None),
    )  # fmt: skip
    arising = select(causes.c.statement).where(causes.c.cause.in_(ends))
    caused = db.execute(arising).scalars().all()
    days = or_(False, *(referrals.c.ends_on.between(*span) for span in sorted(spans)))
    # Two questions: asked as one, neither of their indexes is used.
    either = (days, referrals.c.id.in_(caused))
    found = {row["id"]: row for one in either for row in db.execute(made.where(one)).mappings()}
    return sorted(found.values(), key=lambda row: (row["due_at"], row["id"]))


def considered_of(db: Connection, statement: str) -> dict[str, RowMapping]:
    """Give the newest decision on a report for each kind of referral that somebody decided on."""
    query = select(considered).where(considered.c.statement == statement)
    query = query.order_by(considered.c.id)
    return {row["referral"]: row for row in db.execute(query).mappings()}


def is_considered(db: Connection, statement: str, kind: str) -> bool:
    """Say whether a decision on a report and a kind of referral stands.

    One to refer does as long as that is put to somebody.
    """
    its = (considered.c.statement == statement, considered.c.referral == kind)
    for referred in db.execute(select(considered.c.referred).where(*its)).scalars().all():
        made = None if referred is None else referral(db, referred)
        if made is None or _stands(db, made):
            return True
    return False


def ran_out(db: Connection, at: int) -> list[RowMapping]:
    """List referrals past their time that nobody decided, holds, took back, or said this of."""
    return list(db.execute(_RAN_OUT, {"at": at}).mappings())


def mark_overdue(db: Connection, statement: str, said: str) -> None:
    """Remember which statement says that nobody decided in time."""
    db.execute(update(referrals).where(referrals.c.id == statement).values(overdue_by=said))
