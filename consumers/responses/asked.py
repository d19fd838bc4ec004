"""Rows of questions: who asked whom about which person, and what was answered, both ways."""

from collections.abc import Collection

from sqlalchemy import (
    BigInteger,
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

from consumers.inserting import upsert
from consumers.responses.owed import ANSWERS
from consumers.standing import RETRACTED, is_shown
from consumers.store import metadata
from contracts.event.action import VictimInformationRequested
from contracts.event.work import InformationRequested, InformationSupplied

requests = Table(
    "requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("asker", Text, nullable=False),
    Column("addressee", Text, nullable=False),
    Column("statement", Text, nullable=False, index=True),
    Column("subject", Text, nullable=False, index=True),
    Column("question", Text, nullable=False),
    Column("period", Text),
    Column("due_at", BigInteger, nullable=False),
    Column("answer", Text),
    Column("outcome", Text),
    Column("supplied_by", Text),
    Column("supplied_at", BigInteger),
    Column("reuses", Text),
    Column("unable", Text),
    Column("overdue_by", Text),
    Column("reopened_by", Text),
)
"""Every question that this agency asked or was asked; `answer` is the newest, None while none.

`question` is what sort it is: `identity`, who somebody is; `records`, what is held of them;
`victim`, what is held of a victim, for a line of enquiry.
`unable` is the newest statement that nobody could look, None where they answered: that is no
answer, and `outcome`, `supplied_by` and `supplied_at` are its own.
`overdue_by` is the `duty_overdue` by which whoever asked says that no answer came; `reopened_by`
the last answer that does not stand, since when the question has its time again.
"""

_OPEN = requests.c.answer.is_(None)
# Of open ones too, SQLite would look in it for them, and put all of them in order.
Index("requests_answered", requests.c.answer, sqlite_where=~_OPEN, postgresql_where=~_OPEN)
for _name, _when, _which in (
    ("requests_open", requests.c.due_at, _OPEN), ("requests_done", requests.c.supplied_at, ~_OPEN),
):  # fmt: skip
    for _of, _by in (("", [requests.c.asker]), ("_both", [])):  # one agency's; both ways
        _columns = (*_by, _when, requests.c.id)
        Index(f"{_name}{_of}", *_columns, sqlite_where=_which, postgresql_where=_which)

_UNABLE = requests.c.unable.is_not(None)
Index("requests_unable", requests.c.unable, sqlite_where=_UNABLE, postgresql_where=_UNABLE)

_RUNNING = _OPEN & requests.c.overdue_by.is_(None)
Index(
    "requests_running", requests.c.asker, requests.c.due_at,
    sqlite_where=_RUNNING, postgresql_where=_RUNNING,
)  # fmt: skip

_LATE = (
    select(requests)
    .where(
        requests.c.asker.in_(bindparam("askers", expanding=True)),
        requests.c.due_at < bindparam("at"), _RUNNING, requests.c.id.not_in(RETRACTED),
    )
    .order_by(requests.c.due_at, requests.c.id)
)  # fmt: skip

_NONE = dict.fromkeys(("answer", "outcome", "supplied_by", "supplied_at", "reuses", "unable"))


def ask(
    db: Connection, request: str, event: InformationRequested | VictimInformationRequested, *,
    asker: str,
) -> None:  # fmt: skip
    """Add a question; the same again changes nothing."""
    row = upsert(db, requests).values(
        id=request, asker=asker, addressee=event.addressee, statement=event.statement,
        subject=event.subject, period=event.period, due_at=event.due_at,
        question=_sort_of(event),
    )  # fmt: skip
    db.execute(row.on_conflict_do_nothing())


def _sort_of(event: InformationRequested | VictimInformationRequested) -> str:
    if isinstance(event, VictimInformationRequested):
        return "victim"
    return "identity" if (event.key or "").endswith("/identity") else "records"


def asked_in(db: Connection, statements: Collection[str]) -> list[str]:
    """Give those of some statements that are questions, by id."""
    query = select(requests.c.id).where(requests.c.id.in_(statements)).order_by(requests.c.id)
    return list(db.execute(query).scalars())


def answer(db: Connection, said: str, event: InformationSupplied, *, at: int) -> None:
    """Take an answer in; a later one replaces it in the list.

    That nobody could look leaves the question open, and takes the place of no answer.
    """
    row = update(requests).where(requests.c.id == event.request)
    how = {
        "outcome": event.outcome, "supplied_by": event.supplied_by, "supplied_at": at,
        "reuses": event.reuses,
    }  # fmt: skip
    if event.outcome in ANSWERS:
        db.execute(row.values(answer=said, unable=None, **how))
    else:
        db.execute(row.where(_OPEN).values(unable=said, **how))


def unask(db: Connection, said: str) -> None:
    """Take back a question that the log did not accept."""
    db.execute(delete(requests).where(requests.c.id == said))


def unanswer(db: Connection, said: str) -> list[str]:
    """Take back an answer that does not stand: its question is open again; give its id."""
    again = list[str]()
    for its in (requests.c.answer == said, requests.c.unable == said):  # each by its own index
        again += db.execute(select(requests.c.id).where(its).order_by(requests.c.id)).scalars()
        db.execute(update(requests).where(its).values(**_NONE))
    return again


def reopen(db: Connection, request_id: str, said: str, *, due_at: int) -> None:
    """Let a question run to another ledger time: the answer that ended it does not stand."""
    anew = {"due_at": due_at, "overdue_by": None, "reopened_by": said}
    db.execute(update(requests).where(requests.c.id == request_id).values(**anew))


def ran_out_again(
    db: Connection, request_id: str, said: str, *, reopened_by: str, due_at: int
) -> None:
    """Take from the log that a question had its time again, which ran out; as known, it stays."""
    its = update(requests).where(requests.c.id == request_id, requests.c.due_at < due_at)
    db.execute(its.values(due_at=due_at, overdue_by=said, reopened_by=reopened_by))


def forget(db: Connection, statement: str) -> None:
    """Drop the questions that are, or are about, an erased statement."""
    about = or_(requests.c.id == statement, requests.c.statement == statement)
    db.execute(delete(requests).where(about))


def ran_out(db: Connection, askers: Collection[str], at: int) -> list[RowMapping]:
    """List the questions of some agencies past their time that nobody answered or took back.

    Args:
        db: an open transaction.
        askers: whose.
        at: ledger milliseconds.
    """
    return list(db.execute(_LATE, {"askers": sorted(askers), "at": at}).mappings())


def mark_overdue(db: Connection, request_id: str, said: str) -> None:
    """Remember which statement says that no answer came in time."""
    db.execute(update(requests).where(requests.c.id == request_id).values(overdue_by=said))


def request(db: Connection, request_id: str) -> RowMapping | None:
    """Give one question, None where there is none of that id."""
    query = select(requests).where(requests.c.id == request_id)
    return db.execute(query).mappings().first()


def answered(
    db: Connection, viewer: Collection[str] | None, subjects: Collection[str]
) -> list[RowMapping]:
    """List the questions about one person that were answered, the newest answer first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        subjects: the person's tokens.
    """
    here = (requests.c.subject.in_(sorted(subjects)), requests.c.answer.is_not(None))
    kept = [is_shown(requests.c[name], viewer) for name in ("id", "statement", "answer")]
    query = select(requests).where(*here, *kept)
    order = (requests.c.supplied_at.desc(), requests.c.id)
    return list(db.execute(query.order_by(*order)).mappings())
