"""Asking for a victim's information, for a line of enquiry: police alone, and typed apart.

Source: Police, Crime, Sentencing and Courts Act 2022 ss44A-44E; domain.md 1.5.
"""

from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers.desk import form as forms
from consumers.desk.beside import seen
from consumers.desk.limits import limits_of
from consumers.desk.pages.questions import due_of, others, subject_of
from consumers.desk.person import Person
from consumers.desk.shown import people, title_of
from consumers.desk.station import Station
from consumers.research import plan
from consumers.research.victim_information import ASKED_ABOUT, KINDS, Sought
from consumers.store import Wanted
from contracts.event.action import Excepted

NOTICE = {
    "given": "Yes: the victim has it in writing, on or before this request",
    "cannot_be_found": "No: the victim cannot be found",
    "risk_of_harm": "No: a notice would put somebody at risk of harm",
    "would_interfere": "No: a notice would interfere with the enquiry",
    "lacks_capacity": "No: the victim lacks capacity to understand it",
}
"""Notice, or the one exception from it."""


def routes(station: Station) -> list[Route]:
    """Give the routes of requests for a victim's information."""

    def page(request: Request) -> Response:
        return _page(station, request)

    async def ask(request: Request) -> Response:
        return await _ask(station, request)

    path = "/reports/{statement}/victim-information"
    return [Route(path, page), Route(path, ask, methods=["POST"])]


def _page(station: Station, request: Request, **more: Any) -> Response:
    """Ask for what such a request needs, beside the report that raises it."""
    person, said = station.person(request), request.path_params["statement"]
    with station.looking(request, person) as (db, look):
        report = seen(db, said, station.hidden(db, person))
        look("victim_information", [said])
        if report is None or station.voice.kind not in KINDS:
            return station.nothing(request)
        victims = {one.subject for one in plan.persons(report) if one.part in ASKED_ABOUT}
        given: dict[str, Any] = {
            "id": said, "kind": title_of(report.kind.name), "limits": limits_of(report),
            "people": {
                str(one.number): f"{one.name} ({one.part}, {one.born})"
                for one in people(report.sections) if one.subject in victims
            },
            "agencies": others(station), "notice": NOTICE,
            "typed": forms.left(station, request), **more,
        }  # fmt: skip
    return station.page(
        request, "victim_information.html", title="Ask for a victim’s information", **given
    )


async def _ask(station: Station, request: Request) -> Response:
    """Ask one agency; the victim has notice, or the exception is named."""
    form, said = await forms.sent(request), request.path_params["statement"]
    number = form.chosen("person", form.typed.get("person", ()), "Choose whom you ask about")
    to = form.chosen("to", station.partners, "Choose whom you ask")
    notice = form.chosen("notice", NOTICE, "Say whether the victim has notice, or why not")
    due_at = due_of(station, form)
    words = {
        name: form.written(name, wrong)
        for name, wrong in (
            ("line_of_enquiry", "Say which line of enquiry it is for"),
            ("period", "Say of which time the records are"),
            ("why", "Say why you believe that they hold what bears on it"),
            ("less_intrusive", "Say what less was considered, and why it does not do"),
            ("authorised_by", "Name who authorised it"),
        )
    }  # fmt: skip
    counselling = form.maybe("counselling")

    def wanted(person: Person) -> list[Wanted]:
        sought = Sought(
            addressee=to, statement=said, subject=subject_of(station, person, said, number),
            exception=None if notice == "given" else cast("Excepted", notice),
            counselling=counselling, due_at=due_at, **words,
        )  # fmt: skip
        return station.acts.requesting.request(
            sought, by=person.practitioner, role=station.speaks_as(person)
        )

    return await forms.say(
        station, request, form, wanted, page=_page, to="/requests",
        told="They are asked for a victim’s information, by a clock. Research stands as it did.",
    )  # fmt: skip
