"""The inbox: what came, what presses first; and the newest of it as it comes, with no content."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import anyio
from sqlalchemy import Connection, RowMapping
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from consumers import standing, whereabouts
from consumers import store as stored
from consumers.desk import rows
from consumers.desk.owed import OF_REPORT, link_of, undelivered
from consumers.desk.person import Person
from consumers.desk.rights import LEADING, WORKING
from consumers.desk.shown import title_of
from consumers.desk.station import Station
from consumers.governance.rows import count_held
from consumers.listed import MANY, PAGE
from consumers.research import board
from consumers.research.plan import LOOKED
from consumers.responses.listed import count_owed, owed_on
from consumers.safeguarding import pressing

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
        first = [] if before else _first(db, person)
        found = rows.arrived(db, person.viewer, open_only=not every, before=before, count=PAGE + 1)
        listed = found[:PAGE]
        shown = _rows(station, db, person, [*first, *listed])
        counts = {
            "owed": count_owed(db, person.viewer, at_most=MANY),
            "undelivered": len(undelivered(station, db, person)),
            "alerts": pressing.count_free(db, person.viewer, at_most=MANY),
        }
        return {
            "pressing": shown[: len(first)],
            "press": rows.count_pressing(db, person.viewer, at_most=MANY) if first else 0,
            "listed": shown[len(first) :],
            "more": listed[-1]["entry"] if len(found) > PAGE else None,
            "every": every, "counts": counts, "many": MANY, "as_of": stored.ledger_time(db),
            "held": count_held(db, person.viewer, stored.ledger_time(db)),
            "asked_until": _asked_until(station, db, person),
            "works": person.is_one_of(*WORKING),
        }  # fmt: skip


def _first(db: Connection, person: Person) -> list[RowMapping]:
    """List what presses first: nobody answered it, or it was answered and is to be looked up still.

    An answer makes no look: an urgent report stands here until each was made, under what nobody
    answered.
    """
    urgent = board.PRIORITIES[:-1]
    still = board.pressing(db, person.viewer, after_lead=None, count=PAGE, priorities=urgent)
    answered = rows.answered_of(db, [one.place.id for one in still])
    found = [*rows.pressing(db, person.viewer), *answered]
    return sorted(found, key=lambda one: (one["done"], -one["weight"], one["entry"]))


def _asked_until(station: Station, db: Connection, person: Person) -> int | None:
    """Say until when somebody waits for this person's yes to see where somebody is, if anybody."""
    if not person.is_one_of(*LEADING):
        return None
    waiting = whereabouts.waiting(db, hidden=station.hidden(db, person), now=station.now_ms())
    mine = person.practitioner
    others = (one["at"] for one in waiting if not whereabouts.is_same_person(one, mine))
    return next((at + whereabouts.WAIT_MS for at in others), None)


def _rows(
    station: Station, db: Connection, person: Person, found: Sequence[RowMapping]
) -> list[dict[str, Any]]:
    """Say of each report what it is, how it stands, and what is owed and was looked up on it."""
    ids, partners = [one["statement"] for one in found], station.partners
    marks = standing.marks_of_all(db, ids)
    owed = owed_on(db, person.viewer, ids, OF_REPORT)
    tasks = board.tasks_of_all(db, station.hidden(db, person), ids)
    looks = {
        said: (
            sum(task["outcome"] in LOOKED for task in its), len(its),
            min((task["due_at"] for task in its if task["open"]), default=None),
        )
        for said, its in tasks.items()
    }  # fmt: skip
    return [
        {
            "id": said, "kind": title_of(one["event"]), "arrived": one["arrived"],
            "agency": partners.get(one["agency"], one["agency"]), "urgency": one["urgency"],
            "marks": one["marks"].split(), "verified": one["verified"], "done": one["done"],
            "is_answer": one["event"] == "response_given",
            "stands": marks.get(said, []), "owed": owed.get(said), "looks": looks.get(said),
            "link": link_of(owed[said]["kind"], owed[said]) if said in owed else None,
        }
        for said, one in zip(ids, found, strict=True)
    ]  # fmt: skip


async def _news(station: Station, request: Request) -> AsyncIterator[str]:
    """Tell that something came, and how pressing it is; never what or about whom.

    It ends with the session, and says so: a screen that nobody watches is covered.
    """
    person = await run_in_threadpool(station.person, request)
    key = request.state.session.key

    def newest() -> tuple[int, str | None, int]:
        station.learn()
        return _newest(station, station.voice.viewer(person.practitioner))

    last = await run_in_threadpool(newest)
    yield "retry: 2000\n\n"
    while not await request.is_disconnected():
        if await run_in_threadpool(station.sessions.standing, key) != "open":
            yield "event: locked\ndata: 0\n\n"
            return
        now = await run_in_threadpool(newest)
        if now != last:
            last = now
            yield f"event: came\ndata: {now[0]}\n\n"
        await anyio.sleep(LOOK_S)


def _newest(station: Station, viewer: frozenset[str]) -> tuple[int, str | None, int]:
    """Give the newest entry, the newest alert and how many nobody has, as somebody may know."""
    with station.store.read() as db:
        found = rows.arrived(db, viewer, open_only=False, before=None, count=1)
        return (
            found[0]["entry"] if found else 0, pressing.newest(db, viewer),
            pressing.count_free(db, viewer, at_most=MANY),
        )  # fmt: skip
