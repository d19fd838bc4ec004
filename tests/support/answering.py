"""Local systems for connectors to ask: a table in a real database, a real HTTPS server, a proxy.

The server does whatever the test says with each request, hanging included.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from deploy.kafka.certificates import Held, issue, make_authority, public_pem
from tests.support.postgres import made
from tests.support.stranger import seeded

PEOPLE = (
    ("N-1", "Daniel", "Marsh", "1970-03-02", "2002/0073319Z"),
    ("N-2", "Dan", "MARSH", None, None),
    ("N-3", "Tracey", "Hill", "1979-05-12", None),
    ("N-4", "Robert", "O'Neill", "1981-01-01", None),
    ("N-5", "Élise", "Fournier", "1990-06-07", None),
)
TABLE = """CREATE TABLE person (id TEXT PRIMARY KEY, forename TEXT, surname TEXT, dob {date},
                                pnc_id TEXT)"""
INSERT = "INSERT INTO person VALUES (:a, :b, :c, :d, :e)"


def people_in_postgres(server: str, name: str) -> str:
    """Fill a new database of a server; give its URL for an account that may write."""
    url = made(server, name)
    changed(url, TABLE.format(date="DATE"))
    changed(url, INSERT, *(dict(zip("abcde", one, strict=True)) for one in PEOPLE))
    return url


def changed(url: str, written: str, *rows: dict[str, str | None]) -> None:
    """Change a database by an account that may."""
    engine = create_engine(url)
    with engine.begin() as db:
        db.execute(text(written), list(rows) or None)
    engine.dispose()


def people_in_sqlite(path: Path) -> str:
    """Fill a new SQLite file; give its URL."""
    url = f"sqlite:///{path}"
    changed(url, TABLE.format(date="TEXT"))
    changed(url, INSERT, *(dict(zip("abcde", one, strict=True)) for one in PEOPLE))
    return url


Reply = Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: Any


@dataclass
class System:
    """A server that a test answers for."""

    url: str
    ca: Path
    asked: list[Asked] = field(default_factory=list)


def answers(status: str, body: bytes) -> Reply:
    """Answer every request alike."""

    async def reply(_: Asked, out: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        out.write(head.encode() + body)
        await out.drain()

    return reply


def records(*found: dict[str, Any], **more: Any) -> Reply:
    """Answer every request with these records."""
    return answers("200 OK", json.dumps({"records": list(found), **more}).encode())


async def hangs(_: Asked, out: asyncio.StreamWriter) -> None:
    """Answer nothing until the other side gives up."""
    await out.wait_closed()


async def drips(_: Asked, out: asyncio.StreamWriter) -> None:
    """Answer one byte at a time, without an end: no single wait is long."""
    out.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    with suppress(OSError):
        while not out.is_closing():
            out.write(b" ")
            await out.drain()
            await asyncio.sleep(0.005)


@asynccontextmanager
async def system(
    folder: Path, reply: Reply, *, host: str = "127.0.0.1", trusted: bool = True
) -> AsyncIterator[System]:
    """Run an HTTPS server on this machine.

    Args:
        folder: for its certificate.
        reply: what it does with each request.
        host: whom its certificate names.
        trusted: whether the authority that is handed out is the one that issued it.
    """
    authority, other = _authority("one"), _authority("other")
    held = issue(
        authority, "mash", "services", lasts=timedelta(days=1), revoked_at="file:///nowhere",
        now=datetime.now(UTC), random_bytes=seeded(f"answering/{host}"), hosts=[host],
    )  # fmt: skip
    (folder / "server.pem").write_bytes(held.pem)
    ca = folder / "ca.pem"
    ca.write_bytes(public_pem((authority if trusted else other).certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    at_work: set[asyncio.Task[None]] = set()
    found = System("", ca)

    async def connected(come: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            at_work.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            asked = await _read(come)
            found.asked.append(asked)
            await reply(asked, out)
            await out.drain()
        out.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    found.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/search"
    try:
        yield found
    finally:
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def silenced(url: str, after: int) -> AsyncIterator[str]:
    """Stand between a client and a PostgreSQL, and pass on no more than so many bytes of answer.

    Gives the URL to ask instead.
    """
    at = make_url(url)
    place = f"{at.query['host']}/.s.PGSQL.5432"
    at_work: set[asyncio.Future[None]] = set()

    async def connected(come: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            at_work.add(task)
        back, on = await asyncio.open_unix_connection(place)

        async def answer() -> None:
            left = after
            while (got := await back.read(4096)) and left > 0:
                out.write(got[:left])
                left -= len(got)
            await asyncio.Event().wait()

        answering = asyncio.ensure_future(answer())
        at_work.add(answering)
        with suppress(OSError, asyncio.CancelledError):
            while got := await come.read(4096):
                on.write(got)
        answering.cancel()
        on.close()
        out.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield at.set(host="127.0.0.1", port=port, query={}).render_as_string()
    finally:
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)
        server.close()
        await server.wait_closed()


async def _read(come: asyncio.StreamReader) -> Asked:
    head = (await come.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *rest = head.strip().split("\r\n")
    headers = {k.strip().lower(): v.strip() for k, _, v in (one.partition(":") for one in rest)}
    body = await come.readexactly(int(headers.get("content-length", "0")))
    return Asked(line, headers, json.loads(body))


def _authority(name: str) -> Held:
    digest = sha256(name.encode()).hexdigest()
    return make_authority(now=datetime.now(UTC), random_bytes=seeded(f"authority/{digest}"))
