"""What this agency asked others, how each stands; and asking: a named person decides whom."""

from collections.abc import Iterator
from datetime import datetime, time
from functools import partial
from typing import Any, cast

from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk.beside import Beside, seen
from consumers.desk.form import Form
from consumers.desk.limits import limits_of, limits_on, names_of, numbers
from consumers.desk.person import Person
from consumers.desk.shown import people, title_of
from consumers.desk.station import Station
from consumers.listed import PAGE, Place, together
from consumers.research import plan
from consumers.responses import listed as responses
from consumers.responses.asking import Question
from consumers.responses.owed import REQUESTS
from consumers.store import Wanted
from contracts.context import Use
from contracts.event.action import VictimInformationRequested
from contracts.event.work import InformationSupplied

USES = {
    "safeguarding": "Safeguarding", "supervision": "Supervision",
    "law_enforcement": "Law enforcement", "governance": "Governance",
}  # fmt: skip


def routes(station: Station) -> list[Route]:
    """Give the routes of questions."""

    def listed(request: Request) -> Response:
        return _list(station, request)

    def page(request: Request) -> Response:
        return _page(station, request)

    async def ask(request: Request) -> Response:
        return await _ask(station, request)

    return [
        Route("/requests", listed),
        Route("/reports/{statement}/ask", page),
        Route("/reports/{statement}/ask", ask, methods=["POST"]),
    ]


def _list(station: Station, request: Request) -> Response:
    """List what was asked: what waits, the soonest due first; or what was answered."""
    person, asked = station.person(request), request.query_params
    done = asked.get("show") == "answered"
    place = Place.read(asked.get("after", ""))
    with station.looking(request, person) as (db, look):
        read = _answered if done else _waiting
        found = read(station, db, person, place)
        hidden, now = station.hidden(db, person), stored.ledger_time(db)
        ids = [
            row[name] for row in found[:PAGE] for name in ("id", "statement", "answer", "unable")
        ]
        beside = Beside(db, ids, hidden)
        listed = [_shown(station, beside, row) for row in found[:PAGE]]
        look("questions", [one["statement"] for one in listed])
    last = found[PAGE - 1] if len(found) > PAGE else None
    more = None
    if last is not None:
        own = Place(last["supplied_at" if done else "due_at"], last["id"])
        more = own if done else Place(own.at, f"{last['asker']}:{own.id}")
    return station.page(
        request, "requests.html", title="Questions asked", listed=listed, more=more, now=now,
        first=place is None, done=done, words=plan.WORDS,
    )  # fmt: skip


def _waiting(
    station: Station, db: Connection, person: Person, place: Place | None
) -> list[RowMapping]:
    def stream(asker: str, own: Place | None) -> Iterator[tuple[Place, RowMapping]]:
        found = responses.open_requests(db, person.viewer, asker, place=own, count=PAGE + 1)
        yield from ((Place(row["due_at"], row["id"]), row) for row in found)

    streams = {asker: partial(stream, asker) for asker in station.acts_for()}
    return [one.row for one in together(streams, place, PAGE + 1)]


def _answered(
    station: Station, db: Connection, person: Person, place: Place | None
) -> list[RowMapping]:
    read = partial(responses.answered_requests, db, person.viewer, place=place, count=PAGE + 1)
    found = [row for asker in station.acts_for() for row in read(asker)]
    newest = sorted(found, key=lambda row: (row["supplied_at"], row["id"]), reverse=True)
    return newest[: PAGE + 1]


def _shown(station: Station, beside: Beside, row: RowMapping) -> dict[str, Any]:
    """Say of one question what may be put to whom, whom it is about, and how it stands."""
    question, report = beside.text(row["id"]), beside.text(row["statement"])
    event = question.sections.get("event") if question is not None else None
    answer = beside.text(row["answer"] or row["unable"])
    told = answer.sections.get("event") if answer is not None else None
    asked = station.voice.partners.agencies.get(row["addressee"])
    named = {token: name for one in (report, question) if one
             for token, name in names_of(one).items()}  # fmt: skip
    return {
        "row": row, "statement": row["statement"], "limits": limits_on(question, report),
        "to": station.partners.get(row["addressee"], row["addressee"]),
        "name": named.get(row["subject"], "somebody"),
        "ring": numbers(asked.contact) if asked else None,
        "why": event.why if isinstance(event, REQUESTS) else None,
        "enquiry": event if isinstance(event, VictimInformationRequested) else None,
        "said": told.why if isinstance(told, InformationSupplied) else None,
        "answer": answer.context.id if answer is not None else None,
        "stands": [*beside.marks(row["id"]), *beside.marks(row["answer"] or row["unable"])],
    }  # fmt: skip


def _page(station: Station, request: Request, **more: Any) -> Response:
    """Ask for what a question needs, beside the report that raises it."""
    person, said = station.person(request), request.path_params["statement"]
    with station.looking(request, person) as (db, look):
        hidden = station.hidden(db, person)
        report = seen(db, said, hidden)
        look("ask", [said])
        if report is None:
            return station.nothing(request)
        given: dict[str, Any] = {
            "id": said, "kind": title_of(report.kind.name), "limits": limits_of(report),
            "people": {
                str(one.number): f"{one.name} ({one.part}, {one.born})"
                for one in people(report.sections)
            },
            "agencies": others(station),
            "uses": {"": "The one that the agreement names", **USES},
            "typed": forms.left(station, request), **more,
        }  # fmt: skip
    return station.page(request, "ask.html", title="Ask another agency", **given)


async def _ask(station: Station, request: Request) -> Response:
    """Ask an agency what it holds about somebody; the answer is typed, and owed by a clock."""
    form, said = await forms.sent(request), request.path_params["statement"]
    to = form.chosen("to", station.partners, "Choose whom you ask")
    number = form.text("person")
    if not number:
        form.wrong("person", "Choose whom you ask about")
    why = form.written("why", "Say why you ask: it decides what they may answer")
    period, due_at = _period(form), due_of(station, form)
    purpose = form.text("purpose") or None
    if purpose is not None:
        form.chosen("purpose", USES, "Choose what it is for")

    def wanted(person: Person) -> list[Wanted]:
        question = Question(
            to=to, about=said, subject=subject_of(station, person, said, number), why=why,
            period=period, due_at=due_at, purpose=cast("Use | None", purpose),
        )  # fmt: skip
        return station.acts.asking.ask(
            question, by=person.practitioner, role=station.speaks_as(person)
        )

    return await forms.say(
        station, request, form, wanted, page=_page, told="They are asked, by a clock.",
        to="/requests",
    )  # fmt: skip


def others(station: Station) -> dict[str, str]:
    """Name every agency that may be asked, by id."""
    ours = station.acts_for()
    return {name: title for name, title in station.partners.items() if name not in ours}


def subject_of(station: Station, person: Person, said: str, number: str) -> str:
    """Give the token of a person of a report by their number; empty where there is none."""
    with station.store.read() as db:
        report = seen(db, said, station.hidden(db, person))
    listed = people(report.sections) if report is not None else ()
    return next((one.subject for one in listed if str(one.number) == number), "")


def _period(form: Form) -> str | None:
    """Read the days that are asked about; an end that is left open is any day."""
    first, last = form.day("from"), form.day("until")
    if first and last and first > last:
        form.wrong("until", "The last day is before the first")
    ends = [one.isoformat() if one else ".." for one in (first, last)]
    return "/".join(ends) if first or last else None


def due_of(station: Station, form: Form) -> int | None:
    """Read by when an answer is due: the end of a day where people here are."""
    day = form.day("due")
    last = datetime.combine(day, time(23, 59, 59), station.zone) if day else None
    return int(last.timestamp() * 1000) if last else None
