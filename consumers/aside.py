"""What was set aside: records that did not prove, and what a part of this program failed on.

Nothing of it is acted on, and nothing of it is lost: a person sees to it (candour consumer status),
and says so by name (candour consumer seen-to).
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    LargeBinary,
    RowMapping,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    exists,
    func,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from consumers.inserting import upsert
from consumers.shape import LOCAL
from consumers.store import ledger_time, metadata
from contracts.duration import HOUR_MS
from contracts.fault import Misuse, Transient
from contracts.reason import Reason

CLOCKS = "clocks"
"""Stands for a statement's digest where a part failed as time passed: nothing of its runs out."""
THE_LOG = "the log"
"""Stands for a part of this program where the log refused what the program said by itself."""
SEEN_TO_HOURS = 4
"""How long what goes on failing is seen to; after that it is listed anew."""
SEEN_TO = f"If it fails still after {SEEN_TO_HOURS} hours, it is listed again."
BY_HAND = "See which: candour consumer status. See to it by hand, and report the defect."

_log = structlog.get_logger()

unworked = Table(
    "unworked",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("id", Text),
    Column("worker", Text, primary_key=True),
    Column("what", Text, nullable=False),
)
"""What a part of this program failed on, and a person must see to: a statement by its digest, what
ran out by its own name (an alert, a duty, an agency), all `CLOCKS` of the part; or, for `THE_LOG`,
what was refused by its id, with that of what it arises from."""

_CLOCKS_OF = delete(unworked).where(
    unworked.c.digest == CLOCKS, unworked.c.worker.in_(bindparam("workers", expanding=True))
)

seen_to = Table(
    "seen_to",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("id", Text),
    Column("worker", Text, primary_key=True),
    Column("what", Text),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("reason", Text),
    info=LOCAL,
)
"""Who saw to something of `unworked` by hand, what they did, in words, and the ledger time here
then. It is gone once that works, what it is about changes (`look_again`), or it fails still after
`SEEN_TO_HOURS`, and says nothing of what fails in another way."""

_ITS = [
    delete(one).where(one.c.digest == bindparam("of"), one.c.worker == bindparam("part"))
    for one in (unworked, seen_to)
]
_COVERED = and_(*(seen_to.c[name] == unworked.c[name] for name in ("digest", "worker", "what")))
STILL = select(unworked).where(~exists().where(_COVERED))
"""What nobody saw to by hand yet; `SEEN` what somebody did: `by` whom, `at` when, `reason`."""
SEEN = select(unworked, seen_to.c.by, seen_to.c.at, seen_to.c.reason).join(seen_to, _COVERED)

unproved = Table(
    "unproved",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("what", Text, nullable=False),
    Column("record", LargeBinary, nullable=False),
)
"""Records that did not prove what they say: kept, named, and acted on in nothing."""


def set_aside(
    db: Connection, digest: str, statement: str | None, *, worker: str, what: str
) -> None:
    """Remember how a part of this program failed on a statement; the same again changes nothing.

    Args:
        db: an open transaction.
        digest: of what it failed on, or the name of what ran out.
        statement: its id, where it can be read.
        worker: which part.
        what: the kind of defect.
    """
    row = upsert(db, unworked).values(digest=digest, id=statement, worker=worker, what=what)
    otherwise = row.on_conflict_do_update(
        index_elements=["digest", "worker"], set_={"what": what}, where=unworked.c.what != what
    )
    if db.execute(otherwise).rowcount:
        _log.error("worker_failed", worker=worker, what=what, remedy=BY_HAND)


@contextmanager
def heard(db: Connection, name: str, statement: str | None, *, worker: str) -> Iterator[None]:
    """Let a defect in the block end nothing but the block: what it failed on is set aside by name.

    The block writes nothing: what it had written would stand (`contained`). What the database or
    the moment is to blame for is raised.

    Args:
        db: an open transaction.
        name: of what the block works on: a digest, or what ran out.
        statement: the id of that, where it is one.
        worker: which part of this program.
    """
    try:
        yield
    except (Transient, SQLAlchemyError):
        raise
    except Exception as defect:  # noqa: BLE001 - one defect must not stop what has none
        # A clock that fails tells nobody of its next step: one note must not still all of them.
        old = (seen_to.c.digest == name, seen_to.c.worker == worker)
        _let_go(db, *old, seen_to.c.at <= ledger_time(db) - SEEN_TO_HOURS * HOUR_MS)
        set_aside(db, name, statement, worker=worker, what=type(defect).__name__)


@contextmanager
def contained(db: Connection, name: str, statement: str | None, *, worker: str) -> Iterator[None]:
    """As `heard`; and where the block fails what it wrote is undone, as if it had not begun."""
    with heard(db, name, statement, worker=worker), attempt(db):
        yield


@contextmanager
def attempt(db: Connection) -> Iterator[None]:
    """Undo what the block wrote, and nothing else, where it fails; not where its database does.

    Each savepoint of SQLAlchemy's own has another name, and is compiled anew for it.
    """
    db.exec_driver_sql("SAVEPOINT attempt")
    try:
        yield
    except SQLAlchemyError:
        raise  # nobody goes on in this transaction
    except Exception:
        db.exec_driver_sql("ROLLBACK TO SAVEPOINT attempt")
        db.exec_driver_sql("RELEASE SAVEPOINT attempt")
        raise
    db.exec_driver_sql("RELEASE SAVEPOINT attempt")


def keep_unproved(db: Connection, topic: str, offset: int, record: bytes, what: str) -> None:
    """Keep a record that did not prove what it says; the same again changes nothing."""
    row = upsert(db, unproved).values(topic=topic, offset=offset, what=what, record=record)
    db.execute(row.on_conflict_do_nothing())


def named(row: RowMapping) -> str:
    """Give the name under which a person sees to what was set aside."""
    return str(row["digest"] if row["worker"] == THE_LOG else row["id"] or row["digest"])


def words(row: RowMapping) -> str:
    """Say of what was set aside what happened, and what a person is to do."""
    worker, what = row["worker"], row["what"]
    if worker != THE_LOG:
        return (
            f"SEE TO THIS BY HAND: {named(row)}; {worker} failed on it ({what}). Report the defect"
        )
    return (
        f"NOT ON THE LOG: {named(row)}; this program said it by itself, and the log refused it "
        f"({what}). It stands here, and NOBODY ELSE WAS TOLD: ring whoever should know. "
        f"{Reason.told(what)[0]}"
    )


def see_to(  # noqa: PLR0913 - a row has this many independent parts
    db: Connection, row: RowMapping, *, by: str, token: str, role: str, reason: str
) -> None:
    """Remember that a named person saw to what was set aside by hand: here, and on no log.

    Args:
        db: an open transaction.
        row: of `unworked`, which nobody saw to (`STILL`).
        by: their name.
        token: theirs.
        role: theirs.
        reason: what they did, in words.

    Raises:
        Misuse: it is all the clocks of a part: nobody can see to all that would run out.
    """
    if row["digest"] == CLOCKS:
        raise Misuse(
            "Nothing runs out by itself in that part of this program: nobody sees to all of it.",
            remedy="Report the defect. It is named until the same part's clocks work again.",
        )
    its = {"digest": row["digest"], "worker": row["worker"]}
    seen = {
        "id": row["id"], "what": row["what"], "at": ledger_time(db), "by": by, "token": token,
        "role": role, "reason": reason,
    }  # fmt: skip
    made = upsert(db, seen_to).values(**its, **seen)
    db.execute(made.on_conflict_do_update(index_elements=[*its], set_=seen))


def look_again(db: Connection, name: str) -> None:
    """Let whoever saw to something by hand have seen to what it was, and not to what it is now.

    Args:
        db: an open transaction.
        name: of what changed, as it is set aside; or its id.
    """
    _let_go(db, (seen_to.c.digest == name) | (seen_to.c.id == name))


def _let_go(db: Connection, *its: ColumnElement[bool]) -> None:
    # Whoever reads all anew comes by what was before somebody saw to it: that changes nothing.
    db.execute(delete(seen_to).where(*its, seen_to.c.at <= ledger_time(db)))


def worked(db: Connection, name: str, *, worker: str) -> None:
    """Let what a part of this program failed on be: it worked after all, and may fail anew."""
    db.execute(_ITS[0], {"of": name, "part": worker})
    _let_go(db, seen_to.c.digest == name, seen_to.c.worker == worker)


def let_go_of_what_works(db: Connection) -> None:
    """Drop each note on what fails no more, once all was read: it may fail anew.

    What the log refused is listed only once the outbox was asked, and is refused but once.
    """
    mended = (seen_to.c.worker != THE_LOG, ~exists().where(_COVERED))
    db.execute(delete(seen_to).where(*mended))


def clocks_work(db: Connection, workers: Collection[str]) -> None:
    """Let the clocks of some parts be, of which nothing ran out: they work again."""
    db.execute(_CLOCKS_OF, {"workers": workers})


def logged(db: Connection, statement: str) -> None:
    """Let what the log refused be: it has it after all, and what is said of it stands."""
    for its in _ITS:
        db.execute(its, {"of": statement, "part": THE_LOG})


def count_unworked(db: Connection) -> int:
    """Count what a part of this program failed on, and nobody saw to."""
    return db.execute(select(func.count()).select_from(STILL.subquery())).scalar_one()


def all_unworked(db: Connection) -> list[RowMapping]:
    """List what a part of this program failed on, and nobody saw to."""
    query = STILL.order_by(unworked.c.digest, unworked.c.worker)
    return list(db.execute(query).mappings())


def all_seen_to(db: Connection) -> list[RowMapping]:
    """List what a part of this program failed on, and somebody saw to by hand, by whom and when."""
    query = SEEN.order_by(unworked.c.digest, unworked.c.worker)
    return list(db.execute(query).mappings())


def all_unproved(db: Connection) -> list[RowMapping]:
    """List where records stood that did not prove what they say, and what did not hold."""
    columns = (unproved.c.topic, unproved.c.offset, unproved.c.what)
    return list(db.execute(select(*columns).order_by(*columns[:2])).mappings())


def some_unproved(db: Connection, count: int) -> list[RowMapping]:
    """List where records stood that did not prove what they say: at most so many."""
    columns = (unproved.c.topic, unproved.c.offset, unproved.c.what)
    query = select(*columns).order_by(*columns[:2]).limit(count)
    return list(db.execute(query).mappings())


def forget(db: Connection, digest: str, statement: str | None) -> None:
    """Drop what was set aside of an erased statement: records that name it quote it."""
    for table in (unworked, seen_to):
        db.execute(delete(table).where(table.c.digest == digest))
        if statement is not None:
            db.execute(delete(table).where(table.c.id == statement))
    for row in db.execute(select(unproved)).all():
        if digest.encode() in row.record:
            place = (unproved.c.topic == row.topic, unproved.c.offset == row.offset)
            db.execute(delete(unproved).where(*place))
