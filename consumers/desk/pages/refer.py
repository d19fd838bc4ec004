"""Making a referral because of a report: by its kind's own criteria, with the children asked of.

Source: domain.md 1.10, 7 (The report: children always; Default matrix: referral).
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, cast, get_args

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import standing
from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk.form import Form
from consumers.desk.limits import limits_of, names_of
from consumers.desk.person import Person
from consumers.desk.reporting.filling import day_in
from consumers.desk.shown import ANSWERS, CHILDREN, capital, day, title_of
from consumers.desk.station import Station
from consumers.referrals import course
from consumers.referrals.making import Asked
from consumers.store import Wanted
from contracts.event.report import Referral, RiskAssessed
from contracts.identifier import is_statement_id
from contracts.instrument.referred import Lack
from contracts.section import Answer, Children
from contracts.statement import Statement

SOON = {"routine": "In the ordinary way", "urgent": "Today: it waits for no ordinary day"}
AGREED = {"yes": "Yes: asked alone, and agreed", "no": "No, or nobody asked"}
NEEDS = {
    "children": "Ask about children, always, then say what you were told: this needs it",
    "consent": "This service takes nobody who has not agreed: ask them, alone",
    "words": "Say why, in words",
    "ends_on": "Write the day on which your part ends",
}
DAYS_MAX = 20


def routes(station: Station) -> list[Route]:
    """Give the routes of making a referral."""

    def page(request: Request) -> Response:
        return _page(station, request)

    async def make(request: Request) -> Response:
        return await _make(station, request)

    return [
        Route("/reports/{statement}/refer/{kind}", page),
        Route("/reports/{statement}/refer/{kind}", make, methods=["POST"]),
    ]


def _page(station: Station, request: Request, **more: Any) -> Response:
    person, said = station.person(request), request.path_params["statement"]
    kind = request.path_params["kind"]
    with station.looking(request, person) as (db, look):
        hidden = station.hidden(db, person)
        known = is_statement_id(said) and said not in hidden and kind in get_args(Referral)
        report = standing.held(db, said, but=hidden) if known else None
        look("refer", [said])
        if report is None:
            return station.nothing(request)
        given = {
            **_form(station, db, person, report, kind), "id": said,
            "typed": forms.left(station, request), **more,
        }  # fmt: skip
    return station.page(request, "refer.html", title="Make a referral", **given)


def _form(
    station: Station, db: Connection, person: Person, report: Statement, kind: Referral
) -> dict[str, Any]:
    """Give the fields of one kind of referral, and what may be chosen."""
    making, criteria = station.acts.making, station.acts.making.criteria.referrals()
    its = criteria.kind(kind)
    names = names_of(report)
    meets = {one: capital(criteria.criterion(one).holds) for one in (*its.any_of, *its.all_of)}
    assessed = making.assessments(db, person.viewer, names)
    by_level = any(criteria.criterion(one).level_min for one in meets)
    others = station.partners.items()
    return {
        "kind": kind, "to_whom": course.TITLES[kind], "people": names, "limits": limits_of(report),
        "meets": meets, "every": bool(its.all_of), "marac": its.marac,
        "assessed": {
            row["id"]: _spelled(station, stored.reread(row["record"]), row["agency"])
            for row in assessed
        } if by_level or its.marac else {},
        "to": {one: title for one, title in others if one != station.voice.agency},
        "children": CHILDREN, "answers": ANSWERS, "soon": SOON,
        "agreed": AGREED if "consent" in its.needs else {}, "ends": "ends_on" in its.needs,
    }  # fmt: skip


def _spelled(station: Station, assessment: Statement, agency: str) -> str:
    event = assessment.sections.get("event")
    if not isinstance(event, RiskAssessed):
        return title_of(assessment.kind.name)
    whose, since = station.partners.get(agency, agency), day(event.recorded, station.zone)
    return f"{event.instrument}: {event.level.replace('_', ' ')}, {since}, {whose}"


async def _make(station: Station, request: Request) -> Response:
    """Refer, or say what lacks."""
    form, said = await forms.sent(request), request.path_params["statement"]
    kind = request.path_params["kind"]
    if kind not in get_args(Referral):
        return await run_in_threadpool(station.nothing, request)
    asked = _asked(form, kind, station.partners)
    if not form.problems:
        form.problems += await run_in_threadpool(_lacks, station, station.person(request), asked)

    def wanted(person: Person) -> list[Wanted]:
        return station.acts.making.make(
            said, asked, by=person.practitioner, role=station.speaks_as(person)
        )

    return await forms.say(
        station, request, form, wanted, page=_page, to=f"/reports/{said}/referral",
        told="The referral is made. Record the decision to refer below.",
    )  # fmt: skip


def _asked(form: Form, kind: Referral, agencies: Iterable[str]) -> Asked:
    """Read the form; say what is wrong beside it."""
    to = form.chosen("to", set(agencies), "Choose who is to take it")
    people = form.typed.get("people", [])
    if not people:
        form.wrong("people", "Tick whom the referral names")
    danger = form.chosen("danger", ANSWERS, "Say whether somebody is in danger now")
    children = form.chosen(
        "children", CHILDREN, "Say what you were told about children, or that nobody asked"
    )
    soon = form.chosen("soon", SOON, "Choose how soon they must act")
    words = form.written("words", "Say why, and what is asked of them")
    ends_on = form.day("ends_on")
    return Asked(
        referral=kind, to=to, people=people, meets=form.typed.get("meets", []),
        danger_now=cast("Answer", danger), children=cast("Children", children), words=words,
        is_urgent=soon == "urgent", agreed=form.text("agreed") == "yes",
        assessed=form.text("assessed") if is_statement_id(form.text("assessed")) else None,
        incidents=_days(form), last_referral=form.day("last"),
        ends_on=ends_on.isoformat() if ends_on else None,
    )  # fmt: skip


def _days(form: Form) -> list[date]:
    """Read the days of incidents, one a line; another text is a problem."""
    lines = form.text("incidents").replace(",", "\n").splitlines()[:DAYS_MAX]
    days = [day_in(one) for one in lines if one.strip()]
    if None in days:
        form.wrong("incidents", f"Write each day as {forms.DAY}, one a line")
    return [one for one in days if one is not None]


def _lacks(station: Station, person: Person, asked: Asked) -> list[forms.Problem]:
    making = station.acts.making
    with station.store.read() as db:
        return [_problem(station, one, asked) for one in making.lacks(db, person.viewer, asked)]


def _problem(station: Station, lack: Lack, asked: Asked) -> forms.Problem:
    """Say what a referral lacks as somebody at a desk puts it right."""
    if lack.of in NEEDS:
        field = "agreed" if lack.of == "consent" else lack.of
        return {"href": f"#{field}", "text": NEEDS[lack.of]}
    if lack.of == "meets":
        return {"href": "#meets", "text": "Tick what holds: one of these must"}
    holds = station.acts.making.criteria.referrals().criterion(lack.of).holds
    shown = "nothing here shows it: choose an assessment, or say it below"
    text = f"You ticked that {holds}, and {shown}" if lack.of in asked.meets else (
        f"This referral is for where {holds}: tick it if it holds"
    )  # fmt: skip
    return {"href": "#meets", "text": text}
