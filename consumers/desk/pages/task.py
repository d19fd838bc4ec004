"""One look: what may be put to whom first, then whom to look for, and how it ended."""

from typing import Any, cast, get_args

import msgspec
from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import standing, whereabouts
from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk.limits import limits_of
from consumers.desk.person import Person, Role
from consumers.desk.shown import PARTS, capital, day, people
from consumers.desk.station import Station
from consumers.intelligence.rows import first_lines
from consumers.research import board, known, plan, rows
from consumers.research.found import NOTHING, SAYS_WHY, Anew, Found
from consumers.research.known import Known
from consumers.research.worker import looked_by
from consumers.responses.listed import answers_beside
from consumers.store import Wanted
from contracts.event.work import ResearchCompleted, ResearchOutcome, ResearchRequested
from contracts.identifier import is_statement_id
from contracts.section import Name

OUTCOMES: dict[str, str] = {one: capital(plan.WORDS[one]) for one in get_args(ResearchOutcome)}
KINDS = {
    "conviction": "A conviction", "warning": "A warning marker",
    "nfa_allegation": "An allegation with no further action", "intelligence": "Intelligence",
    "custody": "A custody record", "other": "Something else",
}  # fmt: skip
SURE = {
    "confirmed": "Confirmed: it is this person’s", "probable": "Probable", "possible": "Possible",
}  # fmt: skip
HANDLING = {"P": "P: may be shared as usual", "C": "C: on its conditions only"}
ANEW = {
    "mistaken": "By mistake: it ended otherwise", "wrong_person": "The record is somebody else’s",
    "other": "For another reason",
}  # fmt: skip
POWER = "The common-law power of police to look up and disclose for a policing purpose"
NEXT = "You said how this look ended. What is left to look up on this report is below."


def routes(station: Station) -> list[Route]:
    """Give a task's routes."""

    def page(request: Request) -> Response:
        return _page(station, request)

    async def complete(request: Request) -> Response:
        return await _complete(station, request)

    return [
        Route("/research/{task}", page),
        Route("/research/{task}", complete, methods=["POST"]),
    ]


def _page(station: Station, request: Request, **more: Any) -> Response:
    person, task_id = station.person(request), request.path_params["task"]
    if not is_statement_id(task_id):
        return station.nothing(request)
    with station.looking(request, person) as (db, look):
        hidden = station.hidden(db, person)
        task = rows.seen(db, task_id, hidden)
        look("research_task", [task["statement"] if task else task_id])
        one = (
            None
            if task is None
            else known.known(db, task["statement"], task["subject"], person.viewer)
        )
        if task is None or one is None:
            return station.nothing(request)
        given: dict[str, Any] = {
            **_shown(db, person, hidden, task, one),
            "asks": [*_asks(station, db, task["id"]), ("Who looked", looked_by(task))],
            "outcomes": OUTCOMES, "kinds": KINDS, "sure": SURE, "handling": HANDLING,
            "anew": ANEW,
            "may": person.is_one_of(Role.RESEARCHER, Role.SUPERVISOR, Role.DUTY_MANAGER),
            "vetted": _vetting(station, person, task),
            "typed": forms.left(station, request), **more,
        }  # fmt: skip
    return station.page(request, "task.html", title="One look", **given)


def _shown(
    db: Connection, person: Person, hidden: frozenset[str], task: RowMapping, one: Known
) -> dict[str, Any]:
    """Lay one task out, in the order in which it is read."""
    report = standing.held(db, task["statement"], but=hidden)
    in_report = list(people(report.sections)) if report is not None else []
    return {
        "task": task, "now": stored.ledger_time(db), "words": plan.WORDS,
        "limits": limits_of(report),
        "stands": [
            *first_lines(db, task["statement"], hidden),
            *(line for one in ("statement", "id") for line in standing.marks_of(db, task[one])),
        ],
        "report": task["statement"],
        "standing": plan.standing(board.tasks_seen(db, person.viewer, task["statement"])),
        "person": one, "known": _described(one), "bare": plan.BARE_NAME,
        "why": plan.why_of(task, is_bare=one.is_bare),
        "places": one.shown,
        "number": next((p.number for p in in_report if p.subject == task["subject"]), None),
        "looks": whereabouts.shown_to(db, report, task["subject"]),
        "answers": answers_beside(db, hidden, task),
        "done": _done(db, task), "results": rows.results_of(db, task["id"], hidden),
    }  # fmt: skip


def _asks(station: Station, db: Connection, task_id: str) -> list[tuple[str, str]]:
    """Say who asks for a look, and under which power, in words."""
    held = stored.held(db, task_id)
    event = held.sections.get("event") if held is not None else None
    if not isinstance(event, ResearchRequested):
        return []
    gateway, authoriser = event.gateway, event.authoriser
    if authoriser is not None:
        authority = plan.authority(station.voice.rules.version)
        named = authoriser.replace(station.voice.agency, station.title)
        authoriser = f"{named}, by {authority}"
    told = {
        "Asked by": event.requester, "Authorised by": authoriser, "For": event.purpose,
        "Under": POWER if gateway == plan.GATEWAY else gateway, "Pressing": event.priority,
    }  # fmt: skip
    return [
        (label, capital(words.replace("_", " ")) if words else "Not said")
        for label, words in told.items()
    ]


def _described(one: Known) -> list[tuple[str, str]]:
    """Give everything to search for, in words."""
    numbers = [f"{number.scheme.upper()} {number.value}" for number in one.identifiers]
    named = [_spelled(name) for name in one.names]
    births = [
        f"aged {born.value}, on a day that nobody said"
        if born.precision == "age"
        else f"{day(born.value)} (known to the {born.precision})"
        for born in one.births
    ]
    return [
        ("Names and aliases", "; ".join(filter(None, named)) or "None known"),
        ("Born", "; ".join(births) or "Not known"),
        ("Sex", " or ".join(one.sexes) or "Not known"),
        ("Numbers", "; ".join(numbers) or "None known"),
        (
            "Part",
            capital(", ".join(PARTS[one] for one in sorted(one.parts)) or PARTS["unassessed"]),
        ),
    ]


def _spelled(name: Name) -> str:
    return " ".join(part for part in (name.given, name.family) if part)


def _done(db: Connection, task: RowMapping) -> ResearchCompleted | None:
    """Read how the last attempt ended, as the log has it."""
    held = stored.held(db, task["completion"]) if task["completion"] else None
    event = held.sections.get("event") if held is not None else None
    return event if isinstance(event, ResearchCompleted) else None


def _vetting(station: Station, person: Person, task: RowMapping) -> str | None:
    """Say what this look's operator must hold that this person does not; None where nothing."""
    needed = station.voice.rules.index_qualification
    if task["system"] not in plan.INDEXES or needed is None:
        return None
    token, at = person.practitioner.token or "", station.acts.time_ms()
    held = station.voice.partners.holds(station.voice.agency, token, needed, at)
    return None if held else needed


async def _complete(station: Station, request: Request) -> Response:
    """Say how one look ended; what was found stays in this force's own store."""
    form, task_id = await forms.sent(request), request.path_params["task"]
    found = {
        "outcome": form.chosen("outcome", OUTCOMES, "Choose how the look ended"),
        "why": form.maybe("why"),
        "kinds": form.ticked("kinds", KINDS) or None,
        "confidence": form.text("confidence") or None,
        "reference": form.maybe("reference"),
        "detail": form.maybe("detail"),
        "grade": form.maybe("grade"),
        "handling": form.text("handling") or None,
    }
    for name, allowed in (("confidence", SURE), ("handling", HANDLING)):
        if found[name] is not None:
            form.chosen(name, allowed, "Choose one of these, or none")
    if found["outcome"] in plan.HITS:
        if not found["kinds"]:
            form.wrong("kinds", "Say what sort of record it is")
        if not found["confidence"]:
            form.wrong("confidence", "Say how sure it is that the record is this person’s")
    anew = form.text("anew") or None
    if anew:
        form.chosen("anew", ANEW, "Choose why it is said anew")
    if found["outcome"] in SAYS_WHY and not found["why"]:
        form.wrong("why", "Say why: nobody may take this for nothing found")
    if found["outcome"] in NOTHING and any(found[name] for name in ("kinds", "reference", "grade")):
        text = "This outcome tells of no record: take out what you said of one, or choose another"
        form.wrong("outcome", text)

    def wanted(person: Person) -> list[Wanted]:
        return station.acts.research.complete(
            task_id, msgspec.convert(found, Found), operator=person.practitioner,
            role=station.speaks_as(person), at=station.acts.time_ms(),
            anew=cast("Anew | None", anew),
        )  # fmt: skip

    report = form.text("report")
    to = f"/research/reports/{report}" if is_statement_id(report) else "/research"
    return await forms.say(station, request, form, wanted, page=_page, told=NEXT, to=to)
