"""From whom somebody's case is kept: an information manager records it, lifts it, and sees it."""

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from consumers import store as stored
from consumers.desk.person import Person, Role
from consumers.desk.shown import people
from consumers.desk.station import Station
from consumers.listed import PAGE
from contracts.event.case import ExclusionRecorded
from contracts.fault import Misuse
from contracts.identifier import is_statement_id
from contracts.sharing import Exclusion

KINDS = {
    "practitioner": "One person who works here, by name",
    "token": "One person who works elsewhere, by the token of their credential",
    "household": "A household, by the token that credentials carry",
    "agency": "A whole agency, by its id",
}
"""Whom an exclusion may name: one of them."""
MEANT = {
    "agency": "Tick that you mean the whole agency, or choose one person of it.",
    "token": "Ask the agency that employs them for the token of their credential.",
    "household": "Ask the agency that employs them for the token of their household.",
}
"""What to do where an exclusion cannot be recorded as it is."""
REASON_MAX = 500


def routes(station: Station) -> list[Route]:
    """Give the routes of exclusions."""

    def listed(request: Request) -> Response:
        return _listed(station, request)

    async def find(request: Request) -> Response:
        async with request.form() as form:
            report = str(form.get("report", "")).strip()
        if not is_statement_id(report):
            text = "Give the reference of a report: it stands at the foot of its page"
            errors = [{"href": "#report", "text": text}]
            return await run_in_threadpool(
                lambda: _listed(station, request, errors=errors, typed=report, status=422)
            )
        return RedirectResponse(f"/exclusions/about/{report}", 303)

    def about(request: Request) -> Response:
        return _about(station, request)

    async def record(request: Request) -> Response:
        async with request.form() as form:
            sent: dict[str, Any] = {name: str(value).strip() for name, value in form.items()}
            sent["subject"] = [str(one) for one in form.getlist("subject")]
        return await _record(station, request, sent)

    def one(request: Request) -> Response:
        return _one(station, request)

    async def lift(request: Request) -> Response:
        async with request.form() as form:
            reason = str(form.get("reason", "")).strip()
        return await _lift(station, request, reason)

    return [
        Route("/exclusions", listed),
        Route("/exclusions", find, methods=["POST"]),
        Route("/exclusions/about/{statement}", about),
        Route("/exclusions/about/{statement}", record, methods=["POST"]),
        Route("/exclusions/{exclusion}", one),
        Route("/exclusions/{exclusion}", lift, methods=["POST"]),
    ]


def _listed(station: Station, request: Request, **more: Any) -> Response:
    person = station.person(request)
    before = request.query_params.get("before", "")
    found = station.acts.excluding.standing(
        person.viewer, before=int(before) if before.isdecimal() else None, count=PAGE + 1
    )
    station.look(request, person, "exclusion", "all")
    given: dict[str, Any] = {
        "listed": [_shown(station, said_id, event) for _, said_id, event in found[:PAGE]],
        "more": found[PAGE - 1][0] if len(found) > PAGE else None, "typed": "", **more,
    }  # fmt: skip
    return station.page(request, "exclusions.html", title="Exclusions", **given)


def _shown(station: Station, said_id: str, event: ExclusionRecorded) -> dict[str, Any]:
    """Say in words who is excluded; about whom stays a number, and the report leads there."""
    lines = []
    for one in event.excluded:
        admitted = station.voice.partners.agencies.get(one.agency or "")
        named = {
            "The whole of": admitted.title if admitted else one.agency,
            "The person known as": one.practitioner and station.acts.known_as(one.practitioner),
            "The household": one.household,
        }
        who = " ".join(f"{kind} {name}" for kind, name in named.items() if name)
        count = len(one.subjects)
        lines.append(f"{who} is shown nothing about {count} {'person' if count == 1 else 'people'}")
    return {"id": said_id, "by": event.by, "reason": event.reason, "lines": lines}


def _about(station: Station, request: Request, **more: Any) -> Response:
    """Show whom a report names, to choose whom it protects; nothing alike where it is kept."""
    statement, person = request.path_params["statement"], station.person(request)
    with station.looking(request, person) as (db, look):
        row = stored.row_of(db, statement) if is_statement_id(statement) else None
        hidden = station.hidden(db, person)
        look("exclusion", [statement])
        if row is None or statement in hidden:
            return station.nothing(request)
        named = list(people(stored.reread(row["record"]).sections))
    typed = station.sessions.take_up(request.state.session.subject, request.url.path)
    given: dict[str, Any] = {
        "people": named, "kinds": KINDS, "errors": [], "meant": False,
        "typed": {n: v if n == "subject" else v[0] for n, v in typed.items()}, **more,
    }  # fmt: skip
    return station.page(request, "exclusion.html", title="Keep a case from somebody", **given)


async def _record(station: Station, request: Request, sent: dict[str, Any]) -> Response:
    person = await run_in_threadpool(station.person, request)
    about, errors = request.path_params["statement"], _wrong(sent)
    named = await run_in_threadpool(_subjects, station, person, about)
    if not named.issuperset(sent["subject"]):
        errors.append({"href": "#subject", "text": "Choose people whom this report names"})
    if not errors:
        try:
            wanted = await run_in_threadpool(
                station.acts.excluding.record, _excluded(station, sent), about=about,
                reason=sent["reason"], by=person.practitioner,
                role=Role.INFORMATION_MANAGER.words, whole=sent.get("whole") == "yes",
            )  # fmt: skip
            said = await station.act(wanted)
        except Misuse as why:
            errors = [{"href": "#who", "text": f"{why.text} {MEANT.get(sent['kind'], '')}".strip()}]
        else:
            text = f"Kept (entry {said.entry}): from now on, and of all that is held."
            station.tell(request, text)
            return RedirectResponse("/exclusions", 303)
    return await run_in_threadpool(
        lambda: _about(
            station, request, errors=errors, typed=sent, meant=sent.get("kind") == "agency",
            status=422,
        )
    )  # fmt: skip


def _subjects(station: Station, person: Person, statement: str) -> frozenset[str]:
    """List whom a report names, as far as somebody may know."""
    with station.store.read() as db:
        row = stored.row_of(db, statement) if is_statement_id(statement) else None
        hidden = station.hidden(db, person)
        if row is None or statement in hidden:
            return frozenset()
        return frozenset(one.subject for one in people(stored.reread(row["record"]).sections))


def _excluded(station: Station, sent: Mapping[str, Any]) -> Exclusion:
    """Write whom an exclusion names.

    Raises:
        Misuse: nobody.
    """
    who, kind = sent["who"], sent["kind"]
    if kind == "practitioner":
        return Exclusion(sent["subject"], practitioner=station.acts.practitioner(who).token)
    if kind == "token":
        return Exclusion(sent["subject"], practitioner=who)
    if kind == "household":
        return Exclusion(sent["subject"], household=who)
    return Exclusion(sent["subject"], agency=who)


def _wrong(sent: Mapping[str, Any]) -> list[dict[str, str]]:
    errors = []
    if not sent["subject"]:
        errors.append({"href": "#subject", "text": "Choose whom this protects"})
    if sent.get("kind") not in KINDS:
        errors.append({"href": "#kind", "text": "Choose whom everything is kept from"})
    if not sent.get("who"):
        errors.append({"href": "#who", "text": "Name whom everything is kept from"})
    if not 0 < len(sent.get("reason", "")) <= REASON_MAX:
        text = f"Say why, in at most {REASON_MAX} characters"
        errors.append({"href": "#reason", "text": text})
    return errors


def _one(station: Station, request: Request, **more: Any) -> Response:
    person, said_id = station.person(request), request.path_params["exclusion"]
    found = station.acts.excluding.stands(person.viewer, said_id)
    station.look(request, person, "exclusion", said_id)
    if found is None:
        return station.nothing(request)
    given: dict[str, Any] = {
        "one": _shown(station, said_id, found), "errors": [], "typed": "", **more
    }  # fmt: skip
    return station.page(request, "exclusion_lift.html", title="Lift an exclusion", **given)


async def _lift(station: Station, request: Request, reason: str) -> Response:
    person = await run_in_threadpool(station.person, request)
    errors = []
    if not 0 < len(reason) <= REASON_MAX:
        errors = [{"href": "#reason", "text": f"Say why, in at most {REASON_MAX} characters"}]
    else:
        try:
            wanted = await run_in_threadpool(
                station.acts.excluding.lift, request.path_params["exclusion"], reason=reason,
                by=person.practitioner, role=Role.INFORMATION_MANAGER.words, viewer=person.viewer,
            )  # fmt: skip
            said = await station.act(wanted)
        except Misuse as why:
            errors = [{"href": "#reason", "text": f"{why.text} {why.remedy}"}]
        else:
            station.tell(request, f"Lifted (entry {said.entry}).")
            return RedirectResponse("/exclusions", 303)
    return await run_in_threadpool(
        lambda: _one(station, request, errors=errors, typed=reason, status=422)
    )
