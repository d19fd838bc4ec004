"""The health of the feeds: how far time has come here, what stands still, who fell silent.

What the ruleset leaves out is said beside it: silence that nobody notices looks like health.
"""

from typing import Any

from sqlalchemy import Connection, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from consumers import aside, safeguards
from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk.person import Person
from consumers.desk.rights import RIGHTS, may
from consumers.desk.shown import capital
from consumers.desk.station import Station
from consumers.listed import PAGE
from consumers.seen_to import failed_seen, see_to
from consumers.silence import rows as silence
from consumers.silence.standstill import WORDS
from consumers.telling.notification import named
from consumers.telling.rows import is_waiting, lost
from contracts.duration import HOUR_MS

STATES = {"dead": "NOT TOLD; tried on", "refused": "NOT TOLD; not tried again"}


def routes(station: Station) -> list[Route]:
    """Give the routes of the feeds' health, and of what is seen to by hand."""

    def feeds(request: Request) -> Response:
        person = station.person(request)
        with station.store.read() as db:
            given = _read(station, db, person)
        seen = None if station.watched is None else station.watched()
        still = [] if seen is None else [(WORDS[what], *when) for what, *when in seen.still]
        return station.page(
            request, "feeds.html", title="Health of the feeds", still=still, seen=seen, **given
        )

    async def seen_to(request: Request) -> Response:
        form = await forms.sent(request)

        def keep() -> None:
            person = station.person(request)
            see_to(
                station.store, station.voice, form.text("name"), by=person.practitioner,
                role=station.speaks_as(person), reason=form.text("reason"),
                worker=form.text("worker"), what=form.text("what"),
            )  # fmt: skip

        await run_in_threadpool(keep)
        kept = "It stands here that you have seen to it by hand. It is on no log."
        station.tell(request, f"{kept} {aside.SEEN_TO}")
        return RedirectResponse("/feeds", 303)

    return [Route("/feeds", feeds), Route("/feeds", seen_to, methods=["POST"])]


def _read(station: Station, db: Connection, person: Person) -> dict[str, Any]:
    now, partners = stored.ledger_time(db), station.partners
    hours = station.voice.rules.silent_hours
    positions = db.execute(select(stored.positions)).all()
    aside_ = failed_seen(db, person.viewer, count=PAGE)
    seen = failed_seen(db, person.viewer, count=PAGE, by_hand=True)
    return {
        "now": now, "hours": hours, "off": safeguards.off(station.voice.rules),
        "positions": [(row.topic, row.offset) for row in positions],
        "silences": [
            (partners.get(row["agency"], row["agency"]), row["since"])
            for row in silence.standing(db)
        ],
        "spoke": [
            (
                partners.get(row["agency"], row["agency"]), row["last"],
                hours is not None and now - row["last"] > hours * HOUR_MS,
            )
            for row in silence.all_spoke(db)
        ],
        "lost": [
            (capital(named(row["waits"])), row["told"], STATES[row["state"]], row["why"],
             row["at"])
            for row in lost(db, person.viewer, PAGE)
        ],
        "untold": is_waiting(db),
        "unworked": [
            {**row, "words": aside.words(row), "name": aside.named(row),
             "by_hand": row["digest"] != aside.CLOCKS} for row in aside_
        ],
        "seen_to": [
            {**row, "name": aside.named(row), "mends": row["worker"] != aside.THE_LOG}
            for row in seen
        ],
        "may": may(RIGHTS["/feeds"], "POST", person.roles),
        "unproved": [(row.topic, row.offset, row.what) for row in aside.some_unproved(db, PAGE)],
    }  # fmt: skip
