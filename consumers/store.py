"""What every consumer keeps: views, its position, what it wants published, in one transaction.

The workers' own rows live in the same database (`metadata`), so that a crash between any two
effects is no half: rows, position and `to_publish` commit together or not at all. Everything but
what is `LOCAL` (consumers.shape) is rebuilt by reading the views again.

Works on SQLite and PostgreSQL: upserts are `on_conflict`, positions compare and set.
"""

import weakref
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Index,
    LargeBinary,
    MetaData,
    RowMapping,
    Table,
    Text,
    bindparam,
    create_engine,
    delete,
    func,
    select,
    union_all,
    update,
)

from consumers import embedded, shape
from consumers.inserting import once, over, upsert
from contracts.draft import Draft
from contracts.fault import InvariantBroken, Transient
from contracts.identifier import agency_of
from contracts.opened import Notice, View
from contracts.statement import Statement, interpret, parse

metadata = MetaData()

views = Table(
    "views",
    metadata,
    Column("place", shape.PLACE, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("id", Text, nullable=False, index=True),
    Column("event", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("kid", Text, nullable=False, index=True),
    Column("entry", BigInteger, nullable=False),
    Column("ledger_time", BigInteger, nullable=False, index=True),
    Column("leg", Text, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("exercise", Boolean, nullable=False),
    Column("record", LargeBinary, nullable=False),
)
"""The exact record of every view that proved; `leg` is `public_control` for control."""
UNVERIFIED = views.c.verified.is_(False)
Index("views_unverified", views.c.place, sqlite_where=UNVERIFIED, postgresql_where=UNVERIFIED)
Index("views_by_event", views.c.event, views.c.agency, views.c.place)

causes = Table(
    "causes",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("cause", Text, primary_key=True, index=True),
)
"""Which statements arise from which, by id, as far as both are held or named here."""

notices = Table(
    "notices",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("id", Text, index=True),
    Column("leg", Text, nullable=False),
    Column("entry", BigInteger, nullable=False),
    Column("ledger_time", BigInteger, nullable=False, index=True),
    Column("record", LargeBinary, nullable=False),
)
"""The exact record of the newest notice about a statement, by its digest; `id` where told."""

positions = Table(
    "positions",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("offset", BigInteger, nullable=False),
)

clock = Table(
    "clock",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("ledger_time", BigInteger, nullable=False),
)
"""The newest ledger time that the log told by itself, without a statement."""

to_publish = Table(
    "to_publish",
    metadata,
    Column("place", shape.PLACE, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("id", Text, nullable=False, unique=True),
    Column("draft", LargeBinary),
    Column("published", Boolean, nullable=False),
)
"""What this agency says by natural key; `draft` is absent where only the log remembers it."""

_DONE = {"published": True, "draft": None}
_NEWEST = union_all(*(select(func.max(one.c.ledger_time)) for one in (views, notices, clock)))
_WAITING = to_publish.c.published.is_(False)
_UNPUBLISHED = (
    select(to_publish.c.draft).where(_WAITING).order_by(to_publish.c.place).limit(bindparam("most"))
)
_MARK_PUBLISHED = update(to_publish).where(to_publish.c.id == bindparam("its")).values(**_DONE)
_POSITION = select(positions.c.offset).where(positions.c.topic == bindparam("its"))
_MOVED = (
    update(positions)
    .where(positions.c.topic == bindparam("its"), positions.c.offset == bindparam("expected"))
    .values(offset=bindparam("to"))
)
_SOME = views.c.id.in_(bindparam("some", expanding=True))
_HELD = (
    select(views.c.id, views.c.record).where(_SOME, views.c.verified).order_by(views.c.place.desc())
)
_ROWS = select(views).where(_SOME).order_by(views.c.place.desc())
Index("to_publish_waiting", to_publish.c.place, sqlite_where=_WAITING, postgresql_where=_WAITING)


class Wanted(NamedTuple):
    """One statement a worker wants said, and the natural key that it is said once under."""

    key: str
    draft: Draft


class Store:
    """One consumer's database."""

    def __init__(
        self, where: Path | str, *, tables: Sequence[Table] | None = None, anew: bool = False,
        remedy: str = shape.REBUILD,
    ) -> None:  # fmt: skip
        """Open or make it: a file for SQLite, private to its owner, or a PostgreSQL's URL.

        It holds all tables where none are named. `anew` forgets first, whoever made it.

        Raises:
            Misuse: another version of this program made it; what to do is `remedy`.
        """
        self._tables = tables or metadata.sorted_tables
        if isinstance(where, Path):
            where = embedded.private(where)
        url = where.replace("postgresql://", "postgresql+psycopg://")
        # A connection that the server dropped meanwhile is found out before it is used.
        self._engine: Engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
        weakref.finalize(self, self._engine.dispose)  # who forgets it leaves no connection open
        self._reading = embedded.embed(self._engine)
        if anew:
            self.forget()
        with self._engine.begin() as db:
            shape.make(db, self._tables, remedy=remedy, read=positions)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that commits whole or not at all."""
        with self._engine.begin() as db:
            yield db

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a reading transaction: one moment's state."""
        with self._reading.begin() as db:
            yield db

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def settle(self, *, whole: bool = False) -> None:
        """Let what was deleted be gone from the database's files, not only from its answers.

        Args:
            whole: write the database anew besides, which waits for everybody else who writes.
                PostgreSQL's own log (pg_wal) and backups are its administrator's.

        Raises:
            Transient: somebody is reading or writing meanwhile.
        """
        if self._engine.dialect.name == "sqlite":
            embedded.settle(self._engine, whole=whole)
        elif whole:
            with self._engine.connect() as db:
                db.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM FULL")

    def forget(self) -> None:
        """Drop every row that the views bring back (`shape.make_anew`)."""
        with self.write() as db:
            shape.make_anew(db, self._tables)


def position(db: Connection, topic: str) -> int:
    """Give the next offset to take in of a topic."""
    return db.execute(_POSITION, {"its": topic}).scalar() or 0


def advance(db: Connection, topic: str, *, expected: int, to: int) -> None:
    """Move the position, if nobody else did meanwhile.

    Raises:
        Transient: another reader of this database moved it; the batch is theirs.
    """
    db.execute(once(db, positions), {"topic": topic, "offset": 0})
    if db.execute(_MOVED, {"its": topic, "expected": expected, "to": to}).rowcount != 1:
        raise Transient(
            "Another consumer took these records in at the same time.",
            remedy="Nothing is lost: it goes on by itself.",
        )


def keep(db: Connection, opened: View | Notice, record: bytes) -> bool:
    """Keep a proved view, or a proved notice.

    Returns:
        False where this very delivery, or a later one of the same statement, is held already.
    """
    if isinstance(opened, Notice):
        return _keep_notice(db, opened, record)
    view, statement = opened, opened.statement
    values = {
        "id": statement.context.id, "event": statement.kind.name,
        "agency": agency_of(statement.context.source) or "", "kid": statement.kid,
        "entry": view.head.index, "ledger_time": view.head.ledger_time, "leg": view.delivery.leg,
        "verified": view.verified, "exercise": view.head.exercise, "record": record,
    }  # fmt: skip
    for cause in statement.causes:
        db.execute(once(db, causes), {"statement": statement.context.id, "cause": cause})
    if db.execute(once(db, views), {"digest": statement.digest, **values}).rowcount:
        return True
    newer = (views.c.digest == statement.digest, views.c.entry < view.head.index)
    return bool(db.execute(update(views).where(*newer).values(**values)).rowcount)


def _keep_notice(db: Connection, notice: Notice, record: bytes) -> bool:
    values = {
        "id": notice.context.id if notice.context else None,
        "leg": notice.delivery.leg,
        "entry": notice.head.index,
        "ledger_time": notice.head.ledger_time,
        "record": record,
    }
    digest = notice.delivery.statement
    if db.execute(once(db, notices), {"digest": digest, **values}).rowcount:
        return True
    newer = (notices.c.digest == digest, notices.c.entry < notice.head.index)
    return bool(db.execute(update(notices).where(*newer).values(**values)).rowcount)


def erase(db: Connection, digest: str) -> str | None:
    """Drop a view that the log erased, and what was to be said of it.

    Returns:
        The statement's id, None where it is not held.
    """
    found = select(views.c.id).where(views.c.digest == digest)
    statement: str | None = db.execute(found).scalar()
    db.execute(delete(notices).where(notices.c.digest == digest))
    if statement is None:
        return None
    db.execute(delete(views).where(views.c.digest == digest))
    db.execute(delete(causes).where(causes.c.statement == statement))
    silence(db, statement)
    return statement


def silence(db: Connection, statement: str) -> set[str]:
    """Never say what is to be said under an id, or names it; give the ids. Its key stays known."""
    query = select(to_publish.c.id, to_publish.c.draft).where(to_publish.c.draft.is_not(None))
    named = statement.encode()
    rests = {row.id for row in db.execute(query) if row.id == statement or named in row.draft}
    db.execute(update(to_publish).where(to_publish.c.id.in_(rests)).values(**_DONE))
    return rests


def ids_of(db: Connection, digests: Collection[str]) -> list[str]:
    """List the ids of statements that are held, or were told without a section, by digest."""
    held = select(views.c.id).where(views.c.digest.in_(digests)).order_by(views.c.place)
    noticed = (notices.c.digest.in_(digests), notices.c.id.is_not(None))
    told = select(notices.c.id).where(*noticed).order_by(notices.c.id)
    found = [*db.execute(held).scalars(), *db.execute(told).scalars()]
    return list(dict.fromkeys(found))


def held(db: Connection, statement_id: str) -> Statement | None:
    """Give a statement as it was delivered here; None where it was not, or is erased."""
    return held_of(db, [statement_id]).get(statement_id)


def held_of(db: Connection, statements: Collection[str]) -> dict[str, Statement]:
    """Give statements as they were delivered here, by id: those that are held."""
    found = db.execute(_HELD, {"some": list(statements)})
    return {said: reread(record) for said, record in found}


def reread(record: bytes) -> Statement:
    """Read the statement of a view that was proved when it was taken in."""
    return interpret(parse(record.split(b"\n", 3)[2]), whole=False)


def row_of(db: Connection, statement_id: str) -> RowMapping | None:
    """Give the row of a view by its statement's id."""
    return rows_of(db, [statement_id]).get(statement_id)


def rows_of(db: Connection, statements: Collection[str]) -> dict[str, RowMapping]:
    """Give the rows of views by their statements' ids."""
    return {row["id"]: row for row in db.execute(_ROWS, {"some": list(statements)}).mappings()}


def ledger_time(db: Connection) -> int:
    """Give the newest ledger time seen, 0 before the first view."""
    return max(newest or 0 for newest in db.execute(_NEWEST).scalars())


def refused(db: Connection, statement_id: str) -> None:
    """Let something be said again that the log did not accept."""
    db.execute(delete(to_publish).where(to_publish.c.id == statement_id))


def pass_time(db: Connection, topic: str, at: int) -> None:
    """Remember a ledger time that the log told by itself; it never falls."""
    row = upsert(db, clock).values(topic=topic, ledger_time=at)
    newer = row.on_conflict_do_update(
        index_elements=["topic"], set_={"ledger_time": at}, where=clock.c.ledger_time < at
    )
    db.execute(newer)


def want(db: Connection, wanted: Wanted) -> bool:
    """Note what is to be said, once for its natural key; False where it was noted before."""
    draft = msgspec.json.encode(wanted.draft)
    values = {"key": wanted.key, "id": wanted.draft.id, "draft": draft, "published": False}
    return bool(db.execute(once(db, to_publish), values).rowcount)


def said(db: Connection, key: str, statement_id: str) -> None:
    """Remember from the log that this agency said something under a natural key."""
    values = {"key": key, "id": statement_id, **_DONE}
    db.execute(over(db, to_publish, "key", *_DONE), values)


def id_of(db: Connection, key: str) -> str | None:
    """Give the id of what was said, or is to be said, under a natural key."""
    return db.execute(select(to_publish.c.id).where(to_publish.c.key == key)).scalar()


def id_under(db: Connection, prefix: str) -> str | None:
    """Give the id of the last under a key that begins so and ends with an id, said or to be."""
    begins = to_publish.c.key.startswith(prefix, autoescape=True)
    # An id is hexadecimal: nothing under this prefix is past it with a `g`. So an index finds it.
    near = to_publish.c.key.between(prefix, f"{prefix}g")
    query = select(to_publish.c.id).where(begins, near).order_by(to_publish.c.place.desc())
    return db.execute(query).scalar()


def unpublished(db: Connection, limit: int = 200) -> list[Draft]:
    """List what is to be said, in the order in which it was wanted."""
    return [_draft(exact) for exact in db.execute(_UNPUBLISHED, {"most": limit}).scalars()]


def mark_published(db: Connection, statement_id: str) -> None:
    """Remember that the outbox holds it; its draft is needed no more."""
    db.execute(_MARK_PUBLISHED, {"its": statement_id})


def _draft(exact: bytes | None) -> Draft:
    if exact is None:
        raise InvariantBroken(
            "A statement is to be published and its draft is gone.",
            remedy="Stop the consumer and run: candour consumer rebuild --home DIR",
        )
    return msgspec.json.decode(exact, type=Draft)
