"""Where one person is: shown to who has urgent work with it, else to two people together.

A page of its own, for one person of one report: nobody's task stands on it, no other person, and
it is neither printed nor kept. It is shown in the answer to a form, so that no address opens it.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from consumers import standing
from consumers import store as stored
from consumers import whereabouts as asked
from consumers.desk.person import Person
from consumers.desk.shown import ShownPerson, people
from consumers.desk.station import Station
from contracts.context import Urgency
from contracts.identifier import is_statement_id

REASON_MAX = 500


@dataclass(frozen=True)
class Sought:
    """Whose whereabouts somebody asks for.

    Attributes:
        statement: the report's id; `number` the person's in it.
        one: the person, with where they are.
        urgency: of the report.
    """

    statement: str
    number: int
    one: ShownPerson
    urgency: Urgency | None


def routes(station: Station) -> list[Route]:
    """Give the routes of asking, of saying yes, and of reviewing."""

    def page(request: Request) -> Response:
        found = _opened(station, request)
        return station.nothing(request) if found is None else _page(station, request, *found)

    async def send(request: Request) -> Response:
        async with request.form() as form:
            sent = {name: str(value).strip() for name, value in form.items()}
        return await run_in_threadpool(_send, station, request, sent)

    def both(request: Request) -> Response:
        return _both(station, request)

    async def answer(request: Request) -> Response:
        async with request.form() as form:
            sent = {name: str(value).strip() for name, value in form.items()}
        return await run_in_threadpool(_answer, station, request, sent)

    one = "/reports/{statement}/whereabouts/{number}"
    return [
        Route(one, page),
        Route(one, send, methods=["POST"]),
        Route("/whereabouts", both),
        Route("/whereabouts", answer, methods=["POST"]),
    ]


def _opened(station: Station, request: Request) -> tuple[Sought, dict[str, Any]] | None:
    """Find whom somebody asks for, and how what they asked before stands; the page names them."""
    person = station.person(request)
    with station.looking(request, person) as (db, look):
        sought = _sought(station, db, request, person)
        if sought is None:
            return None
        look("whereabouts_opened", [sought.statement])
        return sought, _standing(station, db, sought, person)


def _sought(station: Station, db: Connection, request: Request, person: Person) -> Sought | None:
    """Read a person of a report; None alike where there is none, and where it is kept from them."""
    statement, number = request.path_params["statement"], request.path_params["number"]
    row = stored.row_of(db, statement) if is_statement_id(statement) else None
    hidden = station.hidden(db, person)
    if row is None or statement in hidden or not number.isdecimal():
        return None
    (read,) = standing.corrected(db, [stored.reread(row["record"])], but=hidden)
    for one in people(read.sections):
        if one.number == int(number) and (one.whereabouts or one.refuge):
            return Sought(statement, one.number, one, read.context.urgency)
    return None


def _standing(station: Station, db: Connection, sought: Sought, person: Person) -> dict[str, Any]:
    now, token = station.now_ms(), person.practitioner.token or ""
    row = asked.newest(db, sought.statement, sought.number, token, now)
    return {
        "asked": row,
        "stands": asked.stands(row, now) if row is not None else None,
        "marks": standing.marks_of(db, sought.statement),
        "until": row["at"] + asked.WAIT_MS if row is not None else None,
        "alone": asked.may_alone(
            db, sought.statement, sought.urgency, token, refuge=sought.one.refuge is not None
        ),
        "presses": sought.urgency == "urgent" and sought.one.refuge is None,
    }


def _page(
    station: Station, request: Request, sought: Sought, standing: dict[str, Any], **more: Any
) -> Response:
    written = station.sessions.take_up(request.state.session.subject, request.url.path)
    typed = {name: values[0] for name, values in written.items()}
    given: dict[str, Any] = {
        "report": f"/reports/{sought.statement}", "one": sought.one, "typed": typed, **standing,
        **more,
    }  # fmt: skip
    return station.page(request, "whereabouts.html", title="Where somebody is", **given)


def _send(station: Station, request: Request, sent: dict[str, str]) -> Response:
    """Ask, alone or of a second; or show what may be shown."""
    person, now = station.person(request), station.now_ms()
    with station.store.write() as db:
        sought = _sought(station, db, request, person)
        if sought is None:
            return station.nothing(request)
        standing = _standing(station, db, sought, person)
        if sent.get("do") == "show" and standing["stands"] == "granted":
            asked.change(db, standing["asked"]["place"], shown_at=now)
            station.look_in(db, request, person, "whereabouts", sought.statement)
            shown = [one for one in (sought.one.refuge, sought.one.whereabouts) if one is not None]
            return _page(station, request, sought, standing, shown=shown)
        reason = sent.get("reason", "")
        alone = sent.get("do") == "alone" and standing["alone"]
        problem = None
        if sent.get("do") not in {"alone", "ask"} or (sent["do"] == "alone" and not alone):
            problem = ("#reason", "A second person must say yes first: nothing is shown")
        elif not reason or len(reason) > REASON_MAX:
            problem = ("#reason", f"Say why you need it, in at most {REASON_MAX} characters")
        if problem is not None:
            station.look_in(db, request, person, "whereabouts_opened", sought.statement)
            errors = [{"href": problem[0], "text": problem[1]}]
            return _page(station, request, sought, standing, errors=errors, typed=sent, status=422)
        became_theirs = alone and standing["stands"] == "waits"  # after they asked a second
        if became_theirs:
            asked.change(db, standing["asked"]["place"], at=now, reason=reason, alone=True)
        elif standing["stands"] is None:
            asked.ask(
                db, statement=sought.statement, number=sought.number, at=now, reason=reason,
                token=person.practitioner.token or "", name=person.name, alone=alone,
            )  # fmt: skip
        if became_theirs or standing["stands"] is None:
            kind = "whereabouts_alone" if alone else "whereabouts_asked"
            station.look_in(db, request, person, kind, sought.statement)
    return RedirectResponse(request.url.path, 303)


def _both(station: Station, request: Request, **more: Any) -> Response:
    """List what waits for a second person, and what one looked at alone."""
    person = station.person(request)
    with station.looking(request, person) as (db, look):
        hidden = station.hidden(db, person)
        waiting = asked.waiting(db, hidden=hidden, now=station.now_ms())
        reviews = asked.to_review(db, hidden=hidden)
        about = [one["statement"] for one in (*waiting, *reviews)]
        look("whereabouts_list", about)
        given: dict[str, Any] = {
            "waiting": [
                (one, asked.is_same_person(one, person.practitioner), one["at"] + asked.WAIT_MS)
                for one in waiting
            ],
            "reviews": [
                (one, asked.is_same_person(one, person.practitioner)) for one in reviews
            ],
            "findings": asked.FINDINGS, **more,
        }  # fmt: skip
    return station.page(request, "whereabouts_both.html", title="Whereabouts: second hand", **given)


def _answer(station: Station, request: Request, sent: dict[str, str]) -> Response:
    """Say yes as the second person, or what came of a look that one took alone."""
    person, now = station.person(request), station.now_ms()
    token, place = person.practitioner.token or "", sent.get("place", "")
    with station.store.write() as db:
        hidden = station.hidden(db, person)
        listed = [*asked.waiting(db, hidden=hidden, now=now), *asked.to_review(db, hidden=hidden)]
        row = next((one for one in listed if str(one["place"]) == place), None)
        if row is None:
            text = "That waits no longer: nothing was changed"
        elif asked.is_same_person(row, person.practitioner):
            text = "You asked for this yourself: let another person answer"
        elif row["alone"] and sent.get("finding") in asked.FINDINGS:
            asked.change(db, row["place"], finding=sent["finding"], reviewed_name=person.name)
            station.look_in(db, request, person, "whereabouts_reviewed", row["statement"])
            return RedirectResponse("/whereabouts", 303)
        elif row["alone"]:
            text = "Choose what came of it"
        else:
            asked.change(
                db, row["place"], granted_token=token, granted_name=person.name, granted_at=now
            )
            station.look_in(db, request, person, "whereabouts_granted", row["statement"])
            return RedirectResponse("/whereabouts", 303)
    errors = [{"href": "#content", "text": text}]
    return _both(station, request, errors=errors, status=422)
