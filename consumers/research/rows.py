"""Research rows: tasks as the log has them, and results that only the force's own store has."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    LargeBinary,
    RowMapping,
    Table,
    Text,
    Update,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from consumers.inserting import once, upsert
from consumers.research.plan import LOOKED, TELLING, Task
from consumers.shape import LOCAL
from consumers.standing import is_retracted
from consumers.store import metadata
from contracts.event.work import NoFurtherAction, ResearchCompleted, ResearchRequested

research_tasks = Table(
    "research_tasks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("statement", Text, nullable=False, index=True),
    Column("subject", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("open", Boolean, nullable=False),
    Column("outcome", Text),
    Column("operator", Text),
    Column("why", Text),
    Column("attempts", BigInteger, nullable=False),
    Column("completion", Text, index=True),
    Column("identified_by", Text, index=True),
    Column("retry_at", BigInteger),
    Column("named_at", BigInteger),
)
"""One look each; `outcome` is the last one's, `open` until a look was made.

`completion` is the statement that ended it: a look of this force, or the answer of an agency that
was asked. `identified_by` is the statement by which the report's publisher said who the person is;
`retry_at` when a system that could not be asked is asked again; `named_at` the ledger time at which
the person was last called otherwise: no look made before it counts.
"""

Index(
    "research_open", research_tasks.c.due_at, research_tasks.c.statement,
    sqlite_where=text("open = 1"), postgresql_where=research_tasks.c.open,
)  # fmt: skip
Index(
    "research_pressing", research_tasks.c.priority, research_tasks.c.due_at,
    research_tasks.c.statement,
    sqlite_where=text("open = 1"), postgresql_where=research_tasks.c.open,
)  # fmt: skip
"""Where duties begin: the report whose look is due first; and the board: of each priority's."""
Index(
    "research_done", research_tasks.c.due_at, research_tasks.c.statement,
    sqlite_where=text("open = 0"), postgresql_where=~research_tasks.c.open,
)  # fmt: skip

_told = case(TELLING, value=research_tasks.c.outcome, else_=0)

_IS_GONE = is_retracted(research_tasks.c.statement)
TO_BE_MADE = research_tasks.c.open & ~_IS_GONE
"""Asks of a look that it is still to be made: nobody looks for what was taken back."""
READ = select(
    *(one for one in research_tasks.c if one is not research_tasks.c.open),
    TO_BE_MADE.label("open"), _IS_GONE.label("retracted"),
)  # fmt: skip
"""Tasks as whoever works on them reads them: `open` where the look is to be made, `retracted` where
its report was taken back. The table has what nobody looked at; with the report it stands again."""

research_decisions = Table(
    "research_decisions",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("decided_by", Text, nullable=False),
    Column("id", Text, nullable=False, index=True),
)
"""No further action, by report."""

_OVERDUE = (
    select(research_tasks.c.statement, func.min(research_tasks.c.due_at))
    .where(
        TO_BE_MADE,
        research_tasks.c.due_at < bindparam("at"),
        research_tasks.c.due_at >= bindparam("since"),
        ~exists().where(research_decisions.c.statement == research_tasks.c.statement),
    )
    .group_by(research_tasks.c.statement)
    .order_by(func.min(research_tasks.c.due_at), research_tasks.c.statement)
)

results = Table(
    "results",
    metadata,
    Column("task", Text, primary_key=True),
    Column("attempt", BigInteger, primary_key=True),
    Column("terms", Text, nullable=False),
    Column("terms_salt", LargeBinary, nullable=False),
    Column("detail", Text),
    info=LOCAL,
)
"""What was searched for and what was found: on no log, so nothing brings these rows back."""

result_sources = Table(
    "result_sources",
    metadata,
    Column("task", Text, primary_key=True),
    Column("attempt", BigInteger, primary_key=True),
    Column("statement", Text, primary_key=True, index=True),
    info=LOCAL,
)
"""Which statements told what was searched for: who is kept from one is not shown what it found."""


_AGAIN = {
    "open": True, "outcome": None, "operator": None, "why": None, "completion": None,
    "retry_at": None,
}  # fmt: skip
"""A task that somebody has to do again."""


def add(db: Connection, task_id: str, event: ResearchRequested | Task) -> None:
    """Add a task; the same again changes nothing."""
    values = {
        "id": task_id, "statement": event.statement, "subject": event.subject,
        "system": event.system, "priority": event.priority, "due_at": event.due_at, "open": True,
        "attempts": 0,
    }  # fmt: skip
    db.execute(once(db, research_tasks), values)


def complete(db: Connection, completion: str, event: ResearchCompleted) -> None:
    """Take the outcome of one attempt in; the same again changes nothing.

    Where an agency that was asked said more meanwhile, what it said stands.
    """
    attempt = attempt_of(event.key)
    new = (research_tasks.c.id == event.task, research_tasks.c.attempts < attempt)
    no_less = _told.between(1, TELLING.get(event.outcome, 0))
    db.execute(
        update(research_tasks)
        .where(*new, or_(research_tasks.c.open, no_less))
        .values(
            outcome=event.outcome, operator=event.operator, why=event.why, attempts=attempt,
            completion=completion, open=event.outcome not in LOOKED, retry_at=event.retry_at,
        )
    )  # fmt: skip
    db.execute(update(research_tasks).where(*new).values(attempts=attempt))


def keep_result(
    db: Connection,
    event: ResearchCompleted,
    *,
    terms: tuple[bytes, bytes],
    sources: Collection[str],
    detail: str | None,
) -> None:
    """Keep what was searched for and found, here and nowhere else.

    Args:
        db: an open transaction.
        event: how the look ended.
        terms: the salt of their digest, and the terms.
        sources: ids of the statements that told them.
        detail: what was found.
    """
    salt, exact = terms
    attempt = attempt_of(event.key)
    db.execute(
        insert(results).values(
            task=event.task, attempt=attempt, terms=exact.decode(), terms_salt=salt, detail=detail
        )
    )  # fmt: skip
    told = [{"task": event.task, "attempt": attempt, "statement": one} for one in sources]
    db.execute(insert(result_sources), told)


def next_attempt(db: Connection, task: RowMapping) -> int:
    """Count the next attempt at a task: a result is never written over, a refused one either."""
    kept = select(func.max(results.c.attempt)).where(results.c.task == task["id"])
    return max(int(task["attempts"]), db.execute(kept).scalar() or 0) + 1


def results_of(
    db: Connection, task_id: str, hidden: Collection[str] = frozenset()
) -> list[RowMapping]:
    """List what was found in each attempt at a task, oldest first.

    Args:
        db: an open transaction.
        task_id: the task's.
        hidden: ids of statements that are kept from who looks.
    """
    told = select(result_sources).where(result_sources.c.task == task_id)
    kept = {one.attempt for one in db.execute(told) if one.statement in hidden}
    query = select(results).where(results.c.task == task_id).order_by(results.c.attempt)
    return [one for one in db.execute(query).mappings() if one["attempt"] not in kept]


def completion_key(task_id: str, attempt: int) -> str:
    """Spell the natural key of one attempt at a task, counted from 1."""
    return f"research_completed/{task_id}/{attempt}"


def attempt_of(key: str | None) -> int:
    """Read the attempt out of a completion's natural key; 1 for a key of another form."""
    last = (key or "").rpartition("/")[2]
    return int(last) if last.isascii() and last.isdigit() else 1


def supplied(  # noqa: PLR0913 - an answer has this many independent parts
    db: Connection, said: str, *, statement: str, subject: str, outcome: str, by: str
) -> None:
    """Close the `probation` task of a person whose own agency answered.

    What was found already, or told, is never put away for an answer that tells less: it stands
    beside it, among the answers.
    """
    more = or_(research_tasks.c.open, _told < TELLING.get(outcome, 0))
    db.execute(
        _about(statement, subject)
        .where(research_tasks.c.system == "probation", more)
        .values(outcome=outcome, operator=by, open=outcome not in LOOKED, completion=said,
                why=None, retry_at=None)
    )  # fmt: skip


def identified(db: Connection, *, statement: str, subject: str, by: str) -> None:
    """Remember which statement says who a person is: a bare name can then be searched."""
    db.execute(_about(statement, subject).values(identified_by=by))


def identified_by(db: Connection, said: str) -> list[tuple[str, str]]:
    """List whom a statement says who they are: the reports that ask it, and their tokens."""
    by = research_tasks.c.identified_by == said
    query = select(research_tasks.c.statement, research_tasks.c.subject).where(by).distinct()
    order = (research_tasks.c.statement, research_tasks.c.subject)
    return [(row.statement, row.subject) for row in db.execute(query.order_by(*order))]


def close_unsearched(db: Connection, said: str, *, statement: str, subject: str) -> None:
    """Close what cannot be searched: who the person is, their own publisher does not know."""
    unsearched = research_tasks.c.outcome == "not_searched"
    db.execute(_about(statement, subject).where(unsearched).values(open=False, completion=said))


def look_again(db: Connection, task_id: str, *, at: int, due_at: int) -> None:
    """Let a look be made anew, of a person who is called otherwise from a ledger time on.

    A look that nobody has made yet keeps its clock.
    """
    its = research_tasks.c.id == task_id
    db.execute(update(research_tasks).where(its).values(named_at=at))
    made = update(research_tasks).where(its, ~research_tasks.c.open)
    db.execute(made.values(**_AGAIN, due_at=due_at))


def _about(statement: str, subject: str) -> Update:
    its = (research_tasks.c.statement == statement, research_tasks.c.subject == subject)
    return update(research_tasks).where(*its)


def decide(db: Connection, decision: str, event: NoFurtherAction) -> None:
    """Take a decision of no further action in."""
    row = upsert(db, research_decisions).values(
        statement=event.statement, decided_by=event.decided_by, id=decision
    )
    db.execute(row.on_conflict_do_nothing())


def decision_on(db: Connection, statement: str) -> RowMapping | None:
    """Give the decision of no further action on a report; None where none stands."""
    query = select(research_decisions).where(research_decisions.c.statement == statement)
    return db.execute(query).mappings().first()


def is_decided(db: Connection, statement: str) -> bool:
    """Say whether no further action stands on a report."""
    return decision_on(db, statement) is not None


def undecide(db: Connection, statement: str) -> None:
    """Take a decision on a report back."""
    db.execute(delete(research_decisions).where(research_decisions.c.statement == statement))


def refused(db: Connection, said: str) -> None:
    """Take back an outcome or a decision that was not accepted, or was wrong; a result stays here.

    Nor does a decision stand that rested on that outcome: the look is to be made again.
    """
    looked = select(research_tasks.c.statement).where(research_tasks.c.completion == said)
    decided = (research_decisions.c.id == said) | research_decisions.c.statement.in_(looked)
    db.execute(delete(research_decisions).where(decided))
    db.execute(update(research_tasks).where(research_tasks.c.completion == said).values(**_AGAIN))


def forget(db: Connection, statement: str) -> None:
    """Drop what is, or rests on, an erased statement; its results are gone for good."""
    about = (research_tasks.c.statement == statement) | (research_tasks.c.id == statement)
    gone = select(research_tasks.c.id).where(about)
    for table in (results, result_sources):
        db.execute(delete(table).where(table.c.task.in_(gone)))
    told = select(result_sources).where(result_sources.c.statement == statement)
    for one in db.execute(told).all():
        for table in (results, result_sources):
            place = (table.c.task == one.task, table.c.attempt == one.attempt)
            db.execute(delete(table).where(*place))
    db.execute(delete(research_tasks).where(about))
    known = research_tasks.c.identified_by == statement
    db.execute(update(research_tasks).where(known).values(identified_by=None))
    decided = research_decisions
    db.execute(
        delete(decided).where((decided.c.statement == statement) | (decided.c.id == statement))
    )


def task(db: Connection, task_id: str) -> RowMapping | None:
    """Give one task's row, None where there is none of that id."""
    query = select(research_tasks).where(research_tasks.c.id == task_id)
    return db.execute(query).mappings().first()


def seen(db: Connection, task_id: str, hidden: Collection[str]) -> RowMapping | None:
    """Give one task to somebody; None where there is none, or it is kept from them."""
    found = db.execute(READ.where(research_tasks.c.id == task_id)).mappings().first()
    if found is None or not {task_id, found["statement"], found["identified_by"]}.isdisjoint(
        hidden
    ):
        return None
    return found


def tasks_of(db: Connection, statement: str) -> list[RowMapping]:
    """List the tasks of one report."""
    return _listed(db, research_tasks.c.statement == statement)


def all_tasks(db: Connection) -> list[RowMapping]:
    """List every task, the most pressing report first."""
    return _listed(db)


def to_look_up(db: Connection, systems: Collection[str], at: int) -> list[RowMapping]:
    """List the open tasks in some systems that wait for no later time, the most pressing first."""
    waits = research_tasks.c.retry_at
    return _listed(
        db, TO_BE_MADE, research_tasks.c.system.in_(sorted(systems)),
        or_(waits.is_(None), waits <= at),
    )  # fmt: skip


def overdue_reports(db: Connection, at: int, *, since: int = 0) -> list[str]:
    """List the reports with a look to be made that is past its time, and no decision.

    Args:
        db: an open transaction.
        at: ledger milliseconds; its time is over before them.
        since: and not before these.
    """
    return [row.statement for row in db.execute(_OVERDUE, {"at": at, "since": since})]


def is_overdue(db: Connection, statement: str, at: int) -> bool:
    """Say whether a look of a report is to be made past its time, and nobody decided on it."""
    late = TO_BE_MADE, research_tasks.c.due_at < at
    query = select(research_tasks.c.id).where(research_tasks.c.statement == statement, *late)
    return db.execute(query).first() is not None and not is_decided(db, statement)


def _listed(db: Connection, *where: Any) -> list[RowMapping]:
    query = READ.where(*where)
    order = (
        research_tasks.c.due_at, research_tasks.c.statement, research_tasks.c.subject,
        research_tasks.c.system,
    )  # fmt: skip
    return list(db.execute(query.order_by(*order)).mappings())
