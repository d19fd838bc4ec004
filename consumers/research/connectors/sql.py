"""A connector that reads a local system's SQL table: read only, proved so before it asks.

Names and numbers go as parameters, never into the text of a query. A database whose transactions
cannot be made read-only and whose statements cannot be timed is not supported: the wrong account
would otherwise let a report change a police record.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import (
    ColumnElement,
    Select,
    TableClause,
    column,
    false,
    func,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from consumers.research.connectors.connector import (
    RECORDS_MAX,
    Answer,
    Kind,
    Record,
    Terms,
    Unavailable,
)
from consumers.research.connectors.matching import folded, number_of
from contracts.event.work import System
from contracts.section import Identifier, Name

FILE_S = 5.0
"""How long a file's query may take to end once it was broken off."""
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

    async def look(self, terms: Terms) -> Answer:
        """Look one person up; see `Connector.look`."""
        try:
            async with asyncio.timeout(self._given_up_s), self._reading() as db:
                found = await db.execute(query(self.mapped, terms))
                rows = found.mappings().fetchall()
        except TimeoutError:
            raise Unavailable(self._slow()) from None
        except DBAPIError as fault:
            if _code(fault) in _TOO_SLOW:
                raise Unavailable(self._slow()) from None
            raise Unavailable(f"{self.name} answered with a fault ({_code(fault)})") from None
        except (SQLAlchemyError, OSError) as fault:
            raise Unavailable(f"{self.name} cannot be reached ({type(fault).__name__})") from None
        records = [self._record(row) for row in rows[:RECORDS_MAX]]
        return Answer(records, is_whole=len(rows) <= RECORDS_MAX)

    def _slow(self) -> str:
        return f"{self.name} did not answer in {self.seconds_max:g} s"

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that cannot write, and prove it."""
        engine = self._engine()
        try:
            async with engine.connect() as db, self._broken_off(db):
                await db.execute(_READ_ONLY[db.dialect.name])
                await prove_read_only(db, self.name)
                yield db
        finally:
            await engine.dispose()

    @property
    def _is_file(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def _given_up_s(self) -> float:
        """Seconds until a look is given up: a query of a file ends in a thread, a little later."""
        return self.seconds_max + FILE_S if self._is_file else self.seconds_max

    @asynccontextmanager
    async def _broken_off(self, db: AsyncConnection) -> AsyncIterator[None]:
        """Break a file's query off when its time is up; a server's does that itself."""
        raw = (await db.get_raw_connection()).driver_connection
        if not isinstance(raw, aiosqlite.Connection):
            yield
            return
        breaking: list[asyncio.Future[None]] = []
        timer = asyncio.get_running_loop().call_later(
            self.seconds_max, lambda: breaking.append(asyncio.ensure_future(raw.interrupt()))
        )
        try:
            yield
        finally:
            timer.cancel()
            await asyncio.gather(*breaking)

    def _engine(self) -> AsyncEngine:
        if self._is_file:
            where = f"{Path(self.url.database or '').absolute().as_uri()}?mode=ro"

            async def opened() -> aiosqlite.Connection:
                return await aiosqlite.connect(where, uri=True, timeout=self.seconds_max)

            return create_async_engine(
                "sqlite+aiosqlite://", async_creator=opened, poolclass=NullPool,
                hide_parameters=True,
            )  # fmt: skip
        limit_ms = str(max(1, round(self.seconds_max * 1000)))
        settings = {
            "default_transaction_read_only": "on",
            "statement_timeout": limit_ms,
            "lock_timeout": limit_ms,
            "application_name": "candour research (read only)",
        }
        return create_async_engine(
            self.url.set(drivername="postgresql+asyncpg"),
            poolclass=NullPool,
            connect_args={"timeout": self.seconds_max, "server_settings": settings},
            hide_parameters=True,
        )

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


async def prove_read_only(db: AsyncConnection, name: str) -> None:
    """See a write refused in a transaction, for no other reason than that it only reads.

    Args:
        db: its connection; nothing is written, whatever comes of it.
        name: what the connector is called.

    Raises:
        Unavailable: the write was not refused; nothing is asked of such a database.
    """
    inside = await db.begin_nested()
    try:
        await db.execute(_CANARY)
    except DBAPIError as refused:
        if _code(refused) not in _REFUSED:
            raise
        await inside.rollback()
    else:
        await db.rollback()
        raise Unavailable(f"{name} would let itself be written to, so it was not asked")


def query(mapped: Mapped, terms: Terms) -> Select[Any]:
    """Write the query of one look; every term is a parameter.

    Args:
        mapped: which columns.
        terms: with at least one family name or number.

    Returns:
        Records with one of the family names, or one of the numbers; one more than is taken in.
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
    families = sorted({one for name in terms.names for one in _spellings(name)})
    asked: list[ColumnElement[bool]] = []
    if families:
        family = source.c[mapped.family]
        asked += [family.in_(families), func.lower(family).in_(families)]
    for identifier in terms.identifiers:
        at = mapped.identifiers.get(identifier.scheme.strip().casefold())
        if at is not None:
            spellings = {identifier.value.strip(), number_of(identifier).value}
            asked.append(source.c[at].in_(sorted(spellings)))
    # Asked for nothing, a table must answer nothing, and never all that it has.
    return asked or [false()]


def _spellings(name: Name) -> set[str]:
    """Spell a family name as a system may hold it: SQLite folds the case of ASCII alone."""
    given = (name.family or "").strip()
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
