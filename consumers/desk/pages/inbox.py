"""The inbox: what came, what presses first; and the newest of it as it comes, with no content."""

from collections.abc import AsyncIterator
from typing import Any

import anyio
from sqlalchemy import Connection, RowMapping
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from consumers import standing
from consumers import store as stored
from consumers.desk import rows
from consumers.desk.person import Person
from consumers.desk.shown import title_of
from consumers.desk.station import Station
from consumers.research.board import tasks_seen
from consumers.research.plan import LOOKED
from consumers.responses import rows as responses
from consumers.responses.listed import count_owed
from consumers.safeguarding import pressing

PAGE = 25
MANY = 100
"""How far what waits is counted: the page that is opened most reads no more than that."""
LOOK_S = 0.25
"""How often the live line looks whether something came: a decision shows within a second."""


def routes(station: Station) -> list[Route]:
    """Give the inbox's routes."""

    def inbox(request: Request) -> Response:
        before = request.query_params.get("before", "")
        found = _listed(
            station, request, before=int(before) if before.isdigit() else None,
            every=request.query_params.get("show") == "all",
        )  # fmt: skip
        return station.page(request, "inbox.html", title="Inbox", **found)

    def live(request: Request) -> Response:
        return StreamingResponse(_news(station, request), media_type="text/event-stream")

    return [Route("/", inbox), Route("/live", live)]


def _listed(
    station: Station, request: Request, *, before: int | None, every: bool
) -> dict[str, Any]:
    person = station.person(request)
    with station.store.read() as db:
        hidden = station.hidden(db, person)
        first = [] if before else rows.pressing(db, hidden=hidden)
        found = rows.arrived(db, hidden=hidden, open_only=not every, before=before, count=PAGE + 1)
        listed = [_row(station, one, db, person) for one in found[:PAGE]]
        counts = {
            "owed": count_owed(db, person.viewer, at_most=MANY),
            "alerts": pressing.count_free(db, person.viewer, at_most=MANY),
        }
        return {
            "pressing": [_row(station, one, db, person) for one in first],
            "listed": listed,
            "more": found[PAGE - 1]["entry"] if len(found) > PAGE else None,
            "every": every, "counts": counts, "many": MANY, "as_of": stored.ledger_time(db),
        }  # fmt: skip


def _row(station: Station, one: RowMapping, db: Connection, person: Person) -> dict[str, Any]:
    admitted = station.voice.partners.agencies.get(one["agency"])
    return {
        "id": one["statement"], "kind": title_of(one["event"]), "arrived": one["arrived"],
        "agency": admitted.title if admitted else one["agency"], "urgency": one["urgency"],
        "marks": one["marks"].split(), "verified": one["verified"], "done": one["done"],
        "stands": standing.marks_of(db, one["statement"]),
        "owed_by": _owed_by(db, one["statement"]), "looks": _looks(db, person, one["statement"]),
    }  # fmt: skip


def _owed_by(db: Connection, statement: str) -> int | None:
    """Give by when an answer to a report is owed; None where none is."""
    duty = responses.duty(db, f"response_given/{statement}")
    return None if duty is None or duty["discharged_by"] is not None else duty["due_at"]


def _looks(db: Connection, person: Person, statement: str) -> tuple[int, int] | None:
    """Count the looks that were made on a report, and those that were to be; None without any."""
    tasks = tasks_seen(db, person.viewer, statement)
    made = sum(task["outcome"] in LOOKED for task in tasks)
    return (made, len(tasks)) if tasks else None


async def _news(station: Station, request: Request) -> AsyncIterator[str]:
    """Tell that something came, and how pressing it is; never what or about whom.

    It ends with the session, and says so: a screen that nobody watches is covered.
    """
    person = await run_in_threadpool(station.person, request)
    key = request.state.session.key
    last = await run_in_threadpool(_newest, station, person.viewer)
    yield "retry: 2000\n\n"
    while not await request.is_disconnected():
        if await run_in_threadpool(station.sessions.standing, key) != "open":
            yield "event: locked\ndata: 0\n\n"
            return
        now = await run_in_threadpool(_newest, station, person.viewer)
        if now != last:
            last = now
            yield f"event: came\ndata: {now[0]}\n\n"
        await anyio.sleep(LOOK_S)


def _newest(station: Station, viewer: frozenset[str]) -> tuple[int, str | None, int]:
    """Give the newest entry, the newest alert and how many nobody has, as somebody may know."""
    with station.store.read() as db:
        hidden = standing.hidden_from(db, viewer)
        found = rows.arrived(db, hidden=hidden, open_only=False, before=None, count=1)
        return (
            found[0]["entry"] if found else 0, pressing.newest(db, viewer),
            pressing.count_free(db, viewer, at_most=MANY),
        )  # fmt: skip
