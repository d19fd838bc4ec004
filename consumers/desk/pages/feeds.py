"""The health of the feeds: how far time has come here, what stands still, who fell silent.

What the ruleset leaves out is said beside it: silence that nobody notices looks like health.
"""

from typing import Any

from sqlalchemy import Connection, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import aside, safeguards
from consumers import store as stored
from consumers.desk.person import Person
from consumers.desk.shown import capital
from consumers.desk.station import Station
from consumers.listed import PAGE
from consumers.safeguarding.pressing import failed_seen
from consumers.silence import rows as silence
from consumers.silence.standstill import WORDS
from consumers.telling.notification import named
from consumers.telling.rows import is_waiting, lost
from contracts.duration import HOUR_MS

STATES = {"dead": "NOT TOLD; tried on", "refused": "NOT TOLD; not tried again"}


def routes(station: Station) -> list[Route]:
    """Give the route of the feeds' health."""

    def feeds(request: Request) -> Response:
        person = station.person(request)
        with station.store.read() as db:
            given = _read(station, db, person)
        seen = None if station.watched is None else station.watched()
        still = [] if seen is None else [(WORDS[what], *when) for what, *when in seen.still]
        return station.page(
            request, "feeds.html", title="Health of the feeds", still=still, seen=seen, **given
        )

    return [Route("/feeds", feeds)]


def _read(station: Station, db: Connection, person: Person) -> dict[str, Any]:
    now, partners = stored.ledger_time(db), station.partners
    hours = station.voice.rules.silent_hours
    positions = db.execute(select(stored.positions)).all()
    aside_ = failed_seen(db, person.viewer, count=PAGE)
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
        "unworked": [aside.words(row) for row in aside_],
        "unproved": [(row.topic, row.offset, row.what) for row in aside.some_unproved(db, PAGE)],
    }  # fmt: skip
