"""A connector that reads a local system's SQL table: read only, proved so before it asks.

Names and numbers go as parameters, never into the text of a query. A database whose transactions
cannot be made read-only is not supported: the wrong account would otherwise let a report change a
police record. Each connector asks in a thread of its own, one look at a time, and a look that
takes too long is broken off: neither the consumer nor another system ever waits for it.
"""

import asyncio
import os
import socket
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from math import ceil
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    TableClause,
    Text,
    and_,
    cast,
    column,
    create_engine,
    event,
    false,
    func,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from consumers.people.naming import folded
from consumers.research.connectors.connector import (
    RECORDS_MAX,
    Answer,
    Kind,
    Record,
    Terms,
    Unavailable,
    is_asked,
    number,
)
from contracts.event.work import System
from contracts.section import Identifier

ENDS_S_MAX = 5.0
"""How long a look may take to end once it was broken off."""
STEPS = 10_000
"""How many steps a file's query takes between two looks at whether it is over."""
DIALECTS = frozenset({"postgresql", "sqlite"})
"""The databases that are proved to be read only."""

_READ_ONLY = {
    "postgresql": text("SET TRANSACTION READ ONLY"),
    "sqlite": text("PRAGMA query_only=ON"),
}
_CANARY = text("CREATE TABLE candour_must_not_write (n INTEGER)")
_REFUSED = frozenset({"25006", "SQLITE_READONLY"})
"""What each calls a write in a transaction that only reads."""
_TOO_SLOW = frozenset({"57014", "55P03", "SQLITE_INTERRUPT"})


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """Where in a table the parts of a record stand, by column.

    Attributes:
        table: its name, `schema.table` where it has a schema.
        reference: what a record is known by in the system.
        given: given names.
        family: the family name.
        born: a date, or text YYYY-MM-DD.
        identifiers: column by register.
    """

    table: str
    reference: str
    given: str
    family: str
    born: str | None
    identifiers: Mapping[str, str]


class _Asking:
    """One look under way: what it is asked over, so that it can be broken off from outside."""

    def __init__(self) -> None:
        self._raw: Any = None
        self._is_over = False

    def begun(self, raw: Any) -> Any:
        """Remember the driver's connection before a word is said over it.

        Raises:
            TimeoutError: it came too late.
        """
        self._raw = raw
        if self._is_over:
            raw.close()
            raise TimeoutError
        if isinstance(raw, sqlite3.Connection):
            # Asked ever again: an interrupt between two statements would stop neither.
            raw.set_progress_handler(lambda: self._is_over, STEPS)
        return raw

    def end(self) -> None:
        """Break off what the database still does for this look; harmless once it ended."""
        self._is_over = True
        raw = self._raw
        if raw is None or isinstance(raw, sqlite3.Connection):
            return
        import psycopg  # where it is needed it is there: most homes have no PostgreSQL

        if isinstance(raw, psycopg.Connection):
            # Whatever waits for the server then reads an end: a server that fell silent sends none.
            with (
                suppress(psycopg.Error, OSError),
                socket.socket(fileno=os.dup(raw.fileno())) as line,
            ):
                line.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class SqlConnector:
    """Reads one table of one system.

    Attributes:
        name: what the force calls it.
        system: which it is.
        url: with its password, never shown.
        mapped: which columns.
        kinds: what sort of records the table holds.
        seconds_max: how long one look may take, connecting included.
    """

    name: str
    system: System
    url: URL
    mapped: Mapped
    kinds: Sequence[Kind]
    seconds_max: float
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "candour-look"), repr=False, compare=False
    )

    async def look(self, terms: Terms) -> Answer:
        """Look one person up; see `Connector.look`."""
        asking = _Asking()
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._thread, self._look, terms, asking)
        try:
            await asyncio.wait({work}, timeout=self.seconds_max)
            if not work.done():
                asking.end()
                await asyncio.wait({work}, timeout=ENDS_S_MAX)
                raise Unavailable(self._slow())
            return work.result()
        finally:
            asking.end()
            work.cancel()  # where it has not begun, it never will
            work.add_done_callback(_retrieved)

    def _look(self, terms: Terms, asking: _Asking) -> Answer:
        try:
            with self._reading(asking) as db:
                rows = db.execute(query(self.mapped, terms)).mappings().fetchall()
        except TimeoutError:
            raise Unavailable(self._slow()) from None
        except DBAPIError as fault:
            if _code(fault) in _TOO_SLOW:
                raise Unavailable(self._slow()) from None
            raise Unavailable(f"{self.name} answered with a fault ({_code(fault)})") from None
        except (SQLAlchemyError, OSError) as fault:
            raise Unavailable(f"{self.name} cannot be reached ({type(fault).__name__})") from None
        records = [self._record(row) for row in rows[:RECORDS_MAX]]
        return Answer(
            records,
            is_whole=len(rows) <= RECORDS_MAX,
            is_asked=is_asked(terms, self.mapped.identifiers),
        )

    def _slow(self) -> str:
        return f"{self.name} did not answer in {self.seconds_max:g} s"

    @contextmanager
    def _reading(self, asking: _Asking) -> Iterator[Connection]:
        """Open a transaction that cannot write, and prove it."""
        engine = self._engine(asking)
        try:
            with engine.connect() as db:
                db.execute(_READ_ONLY[db.dialect.name])
                prove_read_only(db, self.name)
                yield db
        finally:
            engine.dispose()

    def _engine(self, asking: _Asking) -> Engine:
        if self.url.get_backend_name() == "sqlite":
            where = f"{Path(self.url.database or '').absolute().as_uri()}?mode=ro"

            def opened() -> Any:
                limit = self.seconds_max
                raw = sqlite3.connect(where, uri=True, timeout=limit, check_same_thread=False)
                return asking.begun(raw)

            return create_engine(
                "sqlite://", creator=opened, poolclass=NullPool, hide_parameters=True
            )
        limit_ms = max(1, round(self.seconds_max * 1000))
        options = (
            f"-c default_transaction_read_only=on -c statement_timeout={limit_ms} "
            f"-c lock_timeout={limit_ms} -c datestyle=ISO"
        )
        engine = create_engine(
            self.url.set(drivername="postgresql+psycopg"),
            poolclass=NullPool,
            connect_args={
                "connect_timeout": ceil(self.seconds_max), "options": options,
                "application_name": "candour research (read only)",
            },
            hide_parameters=True,
        )  # fmt: skip

        def connected(dialect: Any, _: Any, given: Any, named: Any) -> Any:
            return asking.begun(dialect.connect(*given, **named))

        event.listen(engine, "do_connect", connected)
        return engine

    def _record(self, row: Mapping[Any, Any]) -> Record:
        numbers = [
            Identifier(scheme, str(row[f"number_{scheme}"]))
            for scheme in self.mapped.identifiers
            if row[f"number_{scheme}"] is not None
        ]
        return Record(
            reference=str(row["reference"]), given=_text(row["given"]), family=_text(row["family"]),
            born=_day(row.get("born")), identifiers=numbers, kinds=list(self.kinds),
        )  # fmt: skip


def prove_read_only(db: Connection, name: str) -> None:
    """See a write refused in a transaction, for no other reason than that it only reads.

    Args:
        db: its connection; nothing is written, whatever comes of it.
        name: what the connector is called.

    Raises:
        Unavailable: the write was not refused; nothing is asked of such a database.
    """
    inside = db.begin_nested()
    try:
        db.execute(_CANARY)
    except DBAPIError as refused:
        if _code(refused) not in _REFUSED:
            raise
        inside.rollback()
    else:
        db.rollback()
        raise Unavailable(f"{name} would let itself be written to, so it was not asked")


def query(mapped: Mapped, terms: Terms) -> Select[Any]:
    """Write the query of one look; every term is a parameter.

    Args:
        mapped: which columns.
        terms: with at least one family name or number.

    Returns:
        Records with one of the family names, one of the numbers, or one of the given names and a
        birth on the day: who married or was misspelt is found so. One more than is taken in.
    """
    schema, _, name = mapped.table.rpartition(".")
    columns = {"reference": mapped.reference, "given": mapped.given, "family": mapped.family}
    columns |= {"born": mapped.born} if mapped.born else {}
    columns |= {f"number_{scheme}": at for scheme, at in mapped.identifiers.items()}
    held = dict.fromkeys(columns.values())
    source: TableClause = table(name, *(column(one) for one in held), schema=schema or None)
    wanted = [source.c[at].label(label) for label, at in columns.items()]
    return (
        select(*wanted)
        .where(or_(*_asked(source, mapped, terms)))
        .order_by(source.c[mapped.reference])
        .limit(RECORDS_MAX + 1)
    )


def _asked(source: TableClause, mapped: Mapped, terms: Terms) -> list[ColumnElement[bool]]:
    families = sorted({one for name in terms.names for one in _spellings(name.family)})
    asked: list[ColumnElement[bool]] = []
    if families:
        family = source.c[mapped.family]
        asked += [family.in_(families), func.lower(family).in_(families)]
    for scheme, value in map(number, terms.identifiers):
        at = mapped.identifiers.get(scheme)
        if at is not None:
            asked.append(source.c[at] == value)
    asked += _born(source, mapped, terms)
    # Asked for nothing, a table must answer nothing, and never all that it has.
    return asked or [false()]


def _born(source: TableClause, mapped: Mapped, terms: Terms) -> list[ColumnElement[bool]]:
    """Ask for a given name, or the first of several, with a birth on the day."""
    days = sorted({one.value for one in terms.births if one.precision == "day"})
    firsts = sorted({
        one for name in terms.names for one in _spellings(" ".join((name.given or "").split()[:1]))
    })  # fmt: skip
    if mapped.born is None or not days or not firsts:
        return []
    born = func.substr(cast(source.c[mapped.born], Text), 1, len("2000-01-01"))
    given = source.c[mapped.given].concat(" ")
    begun = [
        held.startswith(f"{one} ", autoescape=True)
        for held in (given, func.lower(given))
        for one in firsts
    ]
    return [and_(born.in_(days), or_(*begun))]


def _spellings(name: str | None) -> set[str]:
    """Spell a name as a system may hold it: SQLite folds the case of ASCII alone."""
    given = (name or "").replace("\0", "").strip()
    plain = given.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    written = {given, plain, plain.upper(), plain.lower(), plain.title(), folded(given)}
    return written if given else set()


def _day(value: object) -> str | None:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    try:
        return date.fromisoformat(str(value or "")[:10]).isoformat()
    except ValueError:
        return None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _code(fault: DBAPIError) -> str:
    """Name a database's fault by its class and code: its text may hold what was asked for."""
    origin = fault.orig
    code = getattr(origin, "sqlstate", None) or getattr(origin, "sqlite_errorname", None)
    return str(code or type(origin).__name__)


def _retrieved(work: "asyncio.Future[Answer]") -> None:
    """Take what became of a look that nobody waits for any more."""
    if not work.cancelled():
        work.exception()
