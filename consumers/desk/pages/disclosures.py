"""Disclosure to somebody at risk: applications by their clock, each stage, who may know more."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import Connection, RowMapping
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import reading, standing
from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk.form import Form
from consumers.desk.limits import limits_of
from consumers.desk.person import Person, Role
from consumers.desk.shown import ANSWERS, capital, people
from consumers.desk.station import Station
from consumers.desk.wording import remedy_of, text_of
from consumers.disclosure import course, rows
from consumers.disclosure.course import Decision, Stage, Step, Told
from consumers.disclosure.worker import Disclosures
from consumers.listed import PAGE, Place
from consumers.store import Wanted
from contracts.event.action import DisclosureStaged
from contracts.fault import Misuse
from contracts.identifier import is_statement_id
from contracts.section import Answer

STAGES: dict[str, str] = {
    "initial_checks": "First checks for danger now", "met": "Met face to face",
    "assessed": "Risk assessed in full", "decided": "Decided together", "disclosed": "Disclosed",
}  # fmt: skip
DECISIONS: dict[str, str] = {
    "disclose": "Disclose, in person, with nothing written handed over",
    "nothing_to_disclose": "Nothing is held that may be told. This is not a finding of safety",
    "refuse": "Refuse, with the reason on the log. This is not a finding of safety",
}
TOLD: dict[str, str] = {
    "person_at_risk": "The person at risk", "third_party": "Somebody who can best protect them",
}  # fmt: skip


def routes(station: Station) -> list[Route]:
    """Give the routes of disclosures."""

    def listed(request: Request) -> Response:
        if station.voice.kind not in Disclosures.kinds:
            return station.nothing(request)
        return _list(station, request)

    def one(request: Request) -> Response:
        return _page(station, request)

    async def send(request: Request) -> Response:
        form = await forms.sent(request)
        if form.text("do") == "applicant":
            return await run_in_threadpool(_applicant, station, request)
        return await _stage(station, request, form)

    return [
        Route("/disclosures", listed),
        Route("/disclosures/{application}", one),
        Route("/disclosures/{application}", send, methods=["POST"]),
    ]


def _list(station: Station, request: Request) -> Response:
    """List applications, the soonest due first; never who asked, and nobody's name."""
    person, asked = station.person(request), request.query_params
    over, place = asked.get("show") == "over", Place.read(asked.get("after", ""))
    with station.looking(request, person) as (db, look):
        found = rows.some(db, person.viewer, over=over, place=place, count=PAGE + 1)
        listed = _shown(db, person, found[:PAGE])
        look("disclosures", [one["id"] for one in listed])
        now = stored.ledger_time(db)
    last = found[PAGE - 1] if len(found) > PAGE else None
    return station.page(
        request, "disclosures.html", title="Disclosures", listed=listed, now=now, over=over,
        more=Place(last["due_at"], last["id"]) if last is not None else None, first=place is None,
    )  # fmt: skip


def _shown(db: Connection, person: Person, found: Sequence[RowMapping]) -> list[dict[str, Any]]:
    """Say how applications stand."""
    ids = [row["id"] for row in found]
    reached = rows.stages_seen(db, person.viewer, ids)
    marks = standing.marks_of_all(db, ids)
    return [_stands(row, reached[row["id"]], marks.get(row["id"], [])) for row in found]


def _stands(row: RowMapping, reached: list[RowMapping], marks: list[str]) -> dict[str, Any]:
    """Say how one application stands."""
    decision = rows.decision_of(reached)
    done = [one["stage"] for one in reached]
    coming = [] if row["over"] else course.next_stages(row["right"], done, decision)
    ended = "disclosed" if decision == "disclose" else decision
    return {
        "id": row["id"], "right": capital(course.WORDS[row["right"]]),
        "due_at": row["due_at"], "next": coming[0] if coming else None,
        "next_words": STAGES[coming[0]] if coming else None,
        "ended": None if coming else course.WORDS[ended] if ended else "it is over",
        "power": course.WORDS[row["power"]] if row["power"] == "common_law_only" else None,
        "stands": marks, "reached": reached, "report": row["statement"],
    }  # fmt: skip


def _page(station: Station, request: Request, **more: Any) -> Response:
    """Show one application: who may be at risk, each stage with its reason, and what comes next."""
    person, said = station.person(request), request.path_params["application"]
    with station.looking(request, person) as (db, look):
        row = rows.application(db, said) if is_statement_id(said) else None
        look("disclosure", [said])
        if not standing.visible(db, person.viewer, [row] if row else [], "id", "statement"):
            return station.nothing(request)
        held = standing.held(db, said)
        (one,) = _shown(db, person, [cast("RowMapping", row)])
        ours, row = station.voice.agency, cast("RowMapping", row)
        rests_on = [said, *filter(None, [row["statement"]]), *(s["id"] for s in one["reached"])]
        given: dict[str, Any] = {
            "one": one, "now": stored.ledger_time(db), "limits": limits_of(held),
            "people": list(people(held.sections)) if held is not None else [],
            "stages": [_reached(db, stage) for stage in one["reached"]], "words": STAGES,
            "may": person.is_one_of(Role.RESEARCHER, Role.SUPERVISOR, Role.DUTY_MANAGER),
            "decides": person.is_one_of(Role.SUPERVISOR),
            "answers": ANSWERS, "decisions": DECISIONS, "tellable": TOLD,
            "agencies": {name: t for name, t in station.partners.items() if name != ours},
            "sealed": None, "no_applicant": False,
            "read": reading.last_read(db, rests_on, viewer=person.viewer),
            "typed": forms.left(station, request), **more,
        }  # fmt: skip
    return station.page(request, "disclosure.html", title="A disclosure", **given)


def _reached(db: Connection, stage: RowMapping) -> dict[str, Any]:
    held = stored.held(db, stage["id"])
    event = held.sections.get("event") if held is not None else None
    row = stored.row_of(db, stage["id"])
    return {
        "words": course.WORDS[stage["decision"] or stage["stage"]], "by": stage["by"],
        "role": stage["role"], "told": TOLD.get(stage["told"] or ""),
        "reason": event.reason if isinstance(event, DisclosureStaged) else None,
        "at": row["ledger_time"] if row is not None else None,
        "stands": standing.marks_of(db, stage["id"]),
    }  # fmt: skip


def _applicant(station: Station, request: Request) -> Response:
    """Show who asked, in the answer to a form, to an officer of the case alone."""
    person, said = station.person(request), request.path_params["application"]
    try:
        sealed = station.acts.disclosing.applicant(said, by=person.practitioner)
    except Misuse as why:
        errors = [{"text": f"{text_of(why)} {remedy_of(why)}"}]
        return _page(station, request, errors=errors, status=422)
    station.look(request, person, "applicant", said)
    return _page(station, request, sealed=sealed, no_applicant=sealed is None)


async def _stage(station: Station, request: Request, form: Form) -> Response:
    """Record one stage, in their order, as a named officer; the reason never says who asked."""
    said = request.path_params["application"]
    stage = cast("Stage", form.chosen("stage", STAGES, "Choose the stage"))
    reason = form.written("reason", "Say what was done and why: it goes on the log")
    step = _step(form, stage)

    def wanted(person: Person) -> list[Wanted]:
        desk = replace(station.acts.disclosing, read=form.text("read"))
        return desk.stage(
            said, step, by=person.practitioner, role=station.speaks_as(person), reason=reason
        )

    return await forms.say(
        station, request, form, wanted, page=_page, told="The stage is recorded.",
        to=f"/disclosures/{said}",
    )  # fmt: skip


def _step(form: Form, stage: Stage) -> Step:
    """Read what makes a stage safe, and insist on it beside its own field."""
    identity = safety = "not_asked"
    absent = in_person = False
    agencies: list[str] = []
    decision = told = None
    match stage:
        case "initial_checks":
            absent = bool(form.ticked("absent", {"yes"}, "Make them while the applicant is away"))
        case "met":
            identity = form.chosen("identity", ANSWERS, "Say whether they proved who they are")
            if identity in ANSWERS and identity != "yes":
                form.wrong("identity", "See proof of identity and address first; tell nothing yet")
        case "decided":
            decision = form.chosen("decision", DECISIONS, "Choose what was decided")
            agencies = list(form.typed.get("with", ()))
            if not agencies:
                form.wrong("with", "Decide with another agency: probation, the hub, whoever knows")
        case "disclosed":
            told = form.chosen("told", TOLD, "Choose whom it was disclosed to")
            wrong = "Tell it in person, in confidence, and hand nothing written over"
            in_person = bool(form.ticked("in_person", {"yes"}, wrong))
            safety = form.chosen("safety", ANSWERS, "Say whether there is a safety plan")
            if safety in ANSWERS and safety != "yes":
                form.wrong("safety", "Make a safety plan with her first")
    return Step(
        stage=stage, decision=cast("Decision | None", decision), told=cast("Told | None", told),
        applicant_absent=absent, identity_proved=cast("Answer", identity), agencies=agencies,
        safety_plan=cast("Answer", safety), in_person=in_person,
    )  # fmt: skip
