"""My duties, soonest first; and what one shift hands to the next, on a page that is printed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from consumers import standing
from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk import rows, shift
from consumers.desk.form import Form
from consumers.desk.owed import abouts, owed, undelivered
from consumers.desk.person import Person
from consumers.desk.shown import title_of
from consumers.desk.station import Station
from consumers.listed import PAGE, Place
from consumers.safeguarding import pressing
from consumers.safeguarding.rules.terms import FOUND
from contracts.duration import HOUR_MS

HOURS = {"8": "8 hours", "12": "12 hours", "24": "24 hours", "72": "3 days"}
"""How long a shift may be, or a weekend."""
NOTES = 5


def routes(station: Station) -> list[Route]:
    """Give the routes of duties and shifts."""

    def duties(request: Request) -> Response:
        return _duties(station, request)

    def page(request: Request) -> Response:
        return _page(station, request)

    async def send(request: Request) -> Response:
        return _send(station, request, await forms.sent(request))

    return [
        Route("/duties", duties),
        Route("/shift", page),
        Route("/shift", send, methods=["POST"]),
    ]


def _duties(station: Station, request: Request) -> Response:
    person = station.person(request)
    place = Place.read(request.query_params.get("after", ""))
    with station.looking(request, person) as (db, look):
        found = owed(station, db, person, place=place, count=PAGE + 1)
        late = undelivered(station, db, person)
        now = stored.ledger_time(db)
        look("duties", abouts([*late, *found[:PAGE]]))
    more = found[PAGE - 1].place if len(found) > PAGE else None
    return station.page(
        request, "duties.html", title="My duties", listed=found[:PAGE], more=more, now=now,
        first=place is None, late=late,
    )  # fmt: skip


def _page(station: Station, request: Request, **more: Any) -> Response:
    """Show what came, what is owed, who has which alert since when, and the last notes."""
    person, hours = station.person(request), _hours(request)
    with station.looking(request, person) as (db, look):
        now = stored.ledger_time(db)
        came = _since(db, person, hours, now=now)
        had = pressing.had(db, person.viewer, count=PAGE + 1)
        open_ = owed(station, db, person, place=None, count=PAGE + 1)
        given: dict[str, Any] = {
            "now": now, "hours": hours, "choices": HOURS,
            "came": _came(station, db, came[:PAGE]), "more_came": len(came) > PAGE,
            "open": open_[:PAGE], "more_open": len(open_) > PAGE,
            "had": _had(db, had[:PAGE]), "more_had": len(had) > PAGE,
            "notes": [
                (one, shift.about(one))
                for one in shift.newest(db, station.hidden(db, person), NOTES)
            ],
            "about": _about(station, db, person, came[:PAGE]),
            "token": person.practitioner.token,
            "typed": forms.left(station, request), **more,
        }  # fmt: skip
        seen = [one["statement"] for one in (*came[:PAGE], *had[:PAGE])]
        look("shift", [*seen, *abouts(open_[:PAGE])])
    return station.page(request, "shift.html", title="Shift handover", **given)


def _hours(request: Request) -> str:
    hours = request.query_params.get("hours", "12")
    return hours if hours in HOURS else "12"


def _since(db: Connection, person: Person, hours: str, *, now: int) -> list[RowMapping]:
    """List what came within some hours: a page of it, and one more where there is more."""
    return rows.since(db, person.viewer, now - int(hours) * HOUR_MS, count=PAGE + 1)


def _about(
    station: Station, db: Connection, person: Person, came: Sequence[RowMapping]
) -> dict[str, str]:
    """Offer the reports that a note may be about, by id: what presses, then what came."""
    return {
        one["statement"]: f"{title_of(one['event'])} from "
        f"{station.partners.get(one['agency'], one['agency'])}, {station.at(one['arrived'])}"
        for one in [*rows.pressing(db, person.viewer), *came]
    }


def _came(station: Station, db: Connection, came: Sequence[RowMapping]) -> list[dict[str, Any]]:
    marks = standing.marks_of_all(db, [one["statement"] for one in came])
    return [
        {
            "id": one["statement"], "kind": title_of(one["event"]), "arrived": one["arrived"],
            "agency": station.partners.get(one["agency"], one["agency"]), "urgency": one["urgency"],
            "marks": one["marks"].split(), "verified": one["verified"], "done": one["done"],
            "stands": marks.get(one["statement"], []),
        }
        for one in came
    ]  # fmt: skip


def _had(db: Connection, had: Sequence[RowMapping]) -> list[dict[str, Any]]:
    said = [one["acknowledgement"] for one in had if one["acknowledgement"]]
    since = {one: row["ledger_time"] for one, row in stored.rows_of(db, said).items()}
    return [
        {
            "id": one["id"], "found": FOUND.get(one["rule"], "a rule fired"),
            "by": one["acknowledged_by"], "since": since.get(one["acknowledgement"]),
            "due_at": one["due_now"],
        }
        for one in had
    ]  # fmt: skip


def _send(station: Station, request: Request, form: Form) -> Response:
    """Keep a note for the next shift, or take one over."""
    person, now = station.person(request), station.now_ms()
    token, taken = person.practitioner.token or "", form.text("take")
    if taken.isascii() and taken.isdigit():
        with station.store.write() as db:
            took = shift.take_over(db, int(taken), at=now, by=person.name, token=token)
        if took:
            station.tell(request, "You have taken over. What your roles owe is below.")
            return RedirectResponse("/shift", 303)
        form.problems.append({
            "text": "Somebody has taken this over already, or you wrote it yourself: another "
            "person takes it over."
        })  # fmt: skip
    else:
        note = form.written("note", "Write what the next shift must know")
        with station.store.read() as db:
            came = _since(db, person, _hours(request), now=stored.ledger_time(db))
            offered = _about(station, db, person, came[:PAGE])
        about = form.ticked("about", offered)
        if not form.problems:
            with station.store.write() as db:
                shift.hand_over(db, at=now, by=person.name, token=token, note=note, about=about)
            station.tell(
                request, "Your note stands for the next shift. Print the page if you wish."
            )
            return RedirectResponse("/shift", 303)
    return _page(station, request, errors=form.problems, typed=form.typed, status=422)
