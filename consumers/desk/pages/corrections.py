"""Corrections and compromised keys: somebody reads them, looks again, and says so."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import standing
from consumers import store as stored
from consumers.arising import resting_on
from consumers.desk import form as forms
from consumers.desk.beside import seen
from consumers.desk.person import Person
from consumers.desk.shown import title_of
from consumers.desk.station import Station
from consumers.listed import PAGE
from consumers.responses import rows
from consumers.store import Wanted
from contracts.event.case import StatementCorrected, StatementRetracted
from contracts.identifier import is_digest

WHY = {
    "mistaken": "it was a mistake", "misheard": "it was misheard",
    "incomplete": "it lacked something",
    "wrong_person": "it was about somebody else", "unlawful": "it should never have been shared",
    "withdrawn_by_source": "whoever said it took it back", "other": "for another reason",
}  # fmt: skip


def routes(station: Station) -> list[Route]:
    """Give the routes of corrections and recalls."""

    def page(request: Request) -> Response:
        return _correction(station, request)

    async def read(request: Request) -> Response:
        form, said = await forms.sent(request), request.path_params["correction"]

        def wanted(person: Person) -> list[Wanted]:
            return station.acts.governing.acknowledge_correction(
                said, by=person.practitioner, role=station.speaks_as(person)
            )

        return await forms.say(
            station, request, form, wanted, page=_correction,
            told="Its originator is told that you have read it.", to="/duties",
        )  # fmt: skip

    def recall(request: Request) -> Response:
        return _recall(station, request)

    async def looked(request: Request) -> Response:
        form, kid = await forms.sent(request), request.path_params["kid"]

        def wanted(person: Person) -> list[Wanted]:
            return station.acts.governing.acknowledge_recall(
                kid, by=person.practitioner, role=station.speaks_as(person)
            )

        return await forms.say(
            station, request, form, wanted, page=_recall,
            told="It is said that you have looked again.", to="/duties",
        )  # fmt: skip

    return [
        Route("/corrections/{correction}", page),
        Route("/corrections/{correction}", read, methods=["POST"]),
        Route("/recalls/{kid}", recall),
        Route("/recalls/{kid}", looked, methods=["POST"]),
    ]


def _correction(station: Station, request: Request, **more: Any) -> Response:
    person, said = station.person(request), request.path_params["correction"]
    with station.looking(request, person) as (db, look):
        hidden = station.hidden(db, person)
        held = seen(db, said, hidden)
        event = held.sections.get("event") if held is not None else None
        look("correction", [said])
        if not isinstance(event, StatementCorrected | StatementRetracted):
            return station.nothing(request)
        if event.statement in hidden:
            return station.nothing(request)
        row, about = stored.row_of(db, said), stored.row_of(db, event.statement)
        agency = row["agency"] if row is not None else ""
        given: dict[str, Any] = {
            "event": event, "is_retracted": isinstance(event, StatementRetracted),
            "why": WHY[event.reason], "now": stored.ledger_time(db),
            "agency": station.partners.get(agency, agency),
            "kind": title_of(about["event"]).lower() if about is not None else None,
            "resting": resting_on(db, event.statement, station.voice.agency),
            "owed": rows.duty(db, f"correction_acknowledged/{said}"), **more,
        }  # fmt: skip
    return station.page(request, "correction.html", title="A correction", **given)


def _recall(station: Station, request: Request, **more: Any) -> Response:
    person, kid = station.person(request), request.path_params["kid"]
    since = station.voice.partners.suspect.get(kid) if is_digest(kid) else None
    if since is None:
        return station.nothing(request)
    with station.looking(request, person) as (db, look):
        look("recall", [kid])
        marked = standing.marked_some(db, person.viewer, kid, count=PAGE + 1)
        held = stored.rows_of(db, marked[:PAGE])
        given: dict[str, Any] = {
            "since": since, "now": stored.ledger_time(db), "more": len(marked) > PAGE,
            "listed": [
                (one, title_of(row["event"]), station.partners.get(row["agency"], row["agency"]))
                for one in marked[:PAGE]
                if (row := held.get(one)) is not None
            ],
            "owed": rows.duty(db, f"recall_acknowledged/{kid}"), **more,
        }  # fmt: skip
    return station.page(request, "recall.html", title="A compromised key", **given)
