"""The research board, and the research of one report: each look, its clock, what is left to do."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import reading
from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk.beside import Beside
from consumers.desk.limits import limits_of
from consumers.desk.person import Person, Role
from consumers.desk.shown import people, title_of
from consumers.desk.station import Station
from consumers.listed import PAGE, Lead
from consumers.research import board, known, plan
from consumers.research import rows as research
from consumers.research.worker import Research
from consumers.store import Wanted
from contracts.identifier import is_statement_id


def routes(station: Station) -> list[Route]:
    """Give the board's routes."""

    def listed(request: Request) -> Response:
        if station.voice.kind not in Research.kinds:
            return station.nothing(request)
        return _board(station, request)

    def one(request: Request) -> Response:
        return _report(station, request)

    async def decide(request: Request) -> Response:
        return await _decide(station, request)

    return [
        Route("/research", listed),
        Route("/research/reports/{statement}", one),
        Route("/research/reports/{statement}", decide, methods=["POST"]),
    ]


def _board(station: Station, request: Request) -> Response:
    """List the reports with a look to be made, the most pressing first."""
    person = station.person(request)
    place = Lead.read(request.query_params.get("after", ""))
    with station.looking(request, person) as (db, look):
        hidden, now = station.hidden(db, person), stored.ledger_time(db)
        found = board.pressing(db, person.viewer, after_lead=place, count=PAGE + 1)
        about = [one.place.id for one in found[:PAGE]]
        beside, tasks = Beside(db, about, hidden), board.tasks_of_all(db, hidden, about)
        listed = [_shown(station, beside, tasks.get(one, []), one) for one in about]
        look("research_board", about)
    more = found[PAGE - 1] if len(found) > PAGE else None
    return station.page(
        request, "research.html", title="Research", listed=listed, more=more, now=now,
        words=plan.WORDS, first=place is None,
    )  # fmt: skip


def _shown(
    station: Station, beside: Beside, tasks: list[RowMapping], statement: str
) -> dict[str, Any]:
    """Say of one report's research what stands above its looks, and each look."""
    report, row = beside.text(statement), beside.row(statement)
    named = list(people(report.sections)) if report is not None else []
    return {
        "id": statement, "kind": title_of(row["event"]) if row else "Report no longer held",
        "agency": station.partners.get(row["agency"], row["agency"]) if row else "not known",
        "urgency": beside.urgency(statement), "verified": row["verified"] if row else True,
        "marks": beside.came_with(statement), "stands": beside.stands(statement),
        "limits": limits_of(report), "standing": plan.standing(tasks), "tasks": tasks,
        "names": {one.subject: f"{one.name} ({one.part})" for one in named},
        "due_at": min((one["due_at"] for one in tasks if one["open"]), default=None),
        "is_open": any(one["open"] for one in tasks),
        "is_gone": any(one["retracted"] for one in tasks),
    }  # fmt: skip


def _report(station: Station, request: Request, **more: Any) -> Response:
    """Show the research of one report whole, and let a supervisor decide on it."""
    person, statement = station.person(request), request.path_params["statement"]
    with station.looking(request, person) as (db, look):
        hidden, now = station.hidden(db, person), stored.ledger_time(db)
        look("research", [statement])
        is_known = is_statement_id(statement) and statement not in hidden
        tasks = board.tasks_seen(db, person.viewer, statement) if is_known else []
        if not tasks:
            return station.nothing(request)
        one = _shown(station, Beside(db, [statement], hidden), tasks, statement)
        whom = {task["subject"] for task in tasks if task["why"]}
        told = {its: known.known(db, statement, its, person.viewer) for its in whom}
        bare = {its for its, who in told.items() if who is None or who.is_bare}
        one["whys"] = {
            task["id"]: plan.why_of(task, is_bare=task["subject"] in bare) for task in tasks
        }
        given: dict[str, Any] = {
            "one": one, "now": now, "words": plan.WORDS,
            "read": reading.last_read(db, [statement], viewer=person.viewer),
            "decided": _decision(db, statement, hidden),
            "may_decide": person.is_one_of(Role.SUPERVISOR),
            "decides": station.voice.role_of(station.voice.agency),
            "typed": forms.left(station, request), **more,
        }  # fmt: skip
    return station.page(request, "research_report.html", title="Research on one report", **given)


def _decision(db: Connection, statement: str, hidden: frozenset[str]) -> RowMapping | None:
    found = research.decision_on(db, statement)
    return None if found is None or found["id"] in hidden else found


async def _decide(station: Station, request: Request) -> Response:
    """Decide on no further action: a supervisor's, refused while a look is still to be made."""
    form, statement = await forms.sent(request), request.path_params["statement"]
    reason = form.written("reason", "Say why nothing further is done: it goes on the log")

    def wanted(person: Person) -> list[Wanted]:
        desk = replace(station.acts.research, read=form.text("read"))
        return desk.no_further_action(
            statement, supervisor=person.practitioner, role=station.speaks_as(person),
            reason=reason,
        )  # fmt: skip

    return await forms.say(
        station, request, form, wanted, page=_report,
        told="No further action is decided.", to=f"/research/reports/{statement}",
    )  # fmt: skip
