"""What is owed to others: the list, an answer to whoever reported, an answer to whoever asked."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast, get_args

import msgspec
from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import reading, standing
from consumers import store as stored
from consumers.arising import arising
from consumers.desk import form as forms
from consumers.desk.beside import seen
from consumers.desk.form import Form
from consumers.desk.limits import limits_of, limits_on, names_of, numbers
from consumers.desk.owed import ANSWERS, abouts, owed, undelivered
from consumers.desk.person import Person
from consumers.desk.reporting.filling import PRECISION, birth_in
from consumers.desk.shown import PARTS, capital, identified, title_of
from consumers.desk.station import Station
from consumers.intelligence.rows import first_lines
from consumers.listed import PAGE, Place
from consumers.research import board, plan
from consumers.research.found import SAYS_WHY
from consumers.research.worker import Research
from consumers.responses import asked, reuse, rows
from consumers.responses import given as answered
from consumers.responses.owed import ANSWERS as ENDING
from consumers.responses.owed import REQUESTS
from consumers.store import Wanted
from contracts.event.action import VictimInformationRequested
from contracts.event.work import ResearchOutcome, ResponseGiven
from contracts.fault import Misuse
from contracts.form import Section
from contracts.identifier import agency_of, is_statement_id
from contracts.section import Born, Identity, Name, Narrative, PersonPart

RESEARCHED = {
    "yes": "Yes, every look was made", "part": "In part: not every look was made",
    "no": "No, nobody has looked yet",
}  # fmt: skip
ACTIONS = {
    "research_opened": "Research is opened", "visit_planned": "A visit is planned",
    "dash_planned": "A DASH is planned", "disclosure_considered": "A disclosure is considered",
    "safeguarding_alert": "A safeguarding alert is raised", "referral": "Somebody is referred",
    "no_action": "Nothing is done (say why)",
}  # fmt: skip
REFERRAL = {
    "accepted": "Accepted: it is ours now", "refused": "Refused (say why)",
    "redirected": "Redirected (say where to, and why)",
}  # fmt: skip
OUTCOMES: dict[str, str] = {one: capital(plan.WORDS[one]) for one in get_args(ResearchOutcome)}
UNABLE = (
    "That nobody could look is no answer: they ask still, and it is owed still. Answer again once "
    "somebody has looked."
)
HOLDING = re.compile(r"\b(PNC|PND|LEDS|police national (computer|database))\b", re.IGNORECASE)
"""What police records are called: whoever reported is never told what they hold."""


def routes(station: Station) -> list[Route]:
    """Give the routes of answers."""

    def listed(request: Request) -> Response:
        return _list(station, request)

    def report(request: Request) -> Response:
        return _report(station, request)

    async def give(request: Request) -> Response:
        return await _give(station, request)

    def question(request: Request) -> Response:
        return _question(station, request)

    async def supply(request: Request) -> Response:
        return await _supply(station, request)

    return [
        Route("/responses", listed),
        Route("/reports/{statement}/answer", report),
        Route("/reports/{statement}/answer", give, methods=["POST"]),
        Route("/requests/{request}/answer", question),
        Route("/requests/{request}/answer", supply, methods=["POST"]),
    ]


def _list(station: Station, request: Request) -> Response:
    person = station.person(request)
    place = Place.read(request.query_params.get("after", ""))
    with station.looking(request, person) as (db, look):
        kinds = {*ANSWERS, "referral"}
        found = owed(station, db, person, place=place, count=PAGE + 1, kinds=kinds)
        late = undelivered(station, db, person, kinds=kinds)
        now = stored.ledger_time(db)
        look("responses", abouts([*late, *found[:PAGE]]))
    more = found[PAGE - 1].place if len(found) > PAGE else None
    return station.page(
        request, "responses.html", title="Answers owed", listed=found[:PAGE], more=more, now=now,
        first=place is None, late=late,
    )  # fmt: skip


def _report(station: Station, request: Request, **more: Any) -> Response:
    """Show what is to be answered to a report's publisher, and what was."""
    person, said = station.person(request), request.path_params["statement"]
    with station.looking(request, person) as (db, look):
        hidden, now = station.hidden(db, person), stored.ledger_time(db)
        row = stored.row_of(db, said) if is_statement_id(said) else None
        look("answer", [said])
        if row is None or said in hidden or row["agency"] == station.voice.agency:
            return station.nothing(request)
        (report,) = standing.corrected(db, [stored.reread(row["record"])], but=hidden)
        limits = limits_of(report)
        admitted = station.voice.partners.agencies.get(row["agency"])
        tasks = board.tasks_seen(db, person.viewer, said)
        given: dict[str, Any] = {
            "id": said, "kind": title_of(row["event"]),
            "limits": limits if row["verified"] else replace(limits, ring=None),
            "agency": station.partners.get(row["agency"], row["agency"]), "now": now,
            "verified": row["verified"], "reached": numbers(admitted.contact) if admitted else None,
            "stands": [*first_lines(db, said, hidden), *standing.marks_of(db, said)],
            "read": reading.last_read(db, [said], viewer=person.viewer),
            "owed": rows.duty(db, f"call_back/{said}") or rows.duty(db, f"response_given/{said}"),
            "standing": plan.standing(tasks) if station.voice.kind in Research.kinds else None,
            "looks": len(tasks),
            "before": _given_before(station, db, said, hidden), "name": person.name,
            "anew": answered.asks_again(db, station.voice.agency, said, viewer=person.viewer),
            "is_referral": row["event"] == "referral_made", "researched": RESEARCHED,
            "actions": ACTIONS, "referral": REFERRAL, "typed": forms.left(station, request), **more,
        }  # fmt: skip
    return station.page(request, "answer.html", title="Answer a report", **given)


def _given_before(
    station: Station, db: Connection, report: str, hidden: frozenset[str]
) -> list[tuple[ResponseGiven, int]]:
    """List what this agency answered to a report before, the newest first, and when."""
    ours = [
        one.id
        for one in arising(db, report)
        if one.agency == station.voice.agency and one.event == "response_given"
        if one.id not in hidden
    ]
    given = filter(None, (stored.row_of(db, one) for one in reversed(ours[-PAGE:])))
    said = [
        (stored.reread(row["record"]).sections.get("event"), row["ledger_time"]) for row in given
    ]
    return [(event, at) for event, at in said if isinstance(event, ResponseGiven)]


async def _give(station: Station, request: Request) -> Response:
    """Tell a report's publisher what became of it; never what PNC or PND hold."""
    form, said = await forms.sent(request), request.path_params["statement"]
    given = {
        "statement": said,
        "received_by": form.written("received_by", "Say who received the report, by name"),
        "researched": form.chosen("researched", RESEARCHED, "Say whether it was researched"),
        "actions": form.ticked("actions", ACTIONS, "Say what is done, or that nothing is"),
        "no_action_reason": form.maybe("reason"), "say": form.maybe("say"),
        "avoid": form.maybe("avoid"), "next_contact": form.maybe("next_contact"),
        "referral": form.text("referral") or None,
    }  # fmt: skip
    _check_given(form, given)
    again = bool(form.ticked("again", {"yes"}))

    def wanted(person: Person) -> list[Wanted]:
        if not is_statement_id(said):
            raise Misuse("There is nothing to answer here.", remedy="Go back to the inbox.")
        event = msgspec.convert(given, ResponseGiven)
        desk = replace(station.acts.answering, read=form.text("read"))
        return desk.give(event, by=person.practitioner, role=station.speaks_as(person), again=again)

    told = "Whoever reported is told what became of it."
    return await forms.say(
        station, request, form, wanted, page=_report, told=told, to=f"/reports/{said}/answer"
    )


def _check_given(form: Form, given: Mapping[str, Any]) -> None:
    nothing = given["actions"] == ["no_action"]
    if "no_action" in given["actions"] and not nothing:
        form.wrong("actions", "Either something is done or nothing is: take one out")
    if given["referral"] is not None:
        form.chosen("referral", REFERRAL, "Choose what becomes of the referral")
    if (nothing or given["referral"] in {"refused", "redirected"}) and not given[
        "no_action_reason"
    ]:
        form.wrong("reason", "Say why: whoever reported is told it")
    for field in ("reason", "say", "avoid"):
        if HOLDING.search(form.text(field)):
            form.wrong(
                field, "Take out PNC, PND or LEDS: say what may be done, never what they hold"
            )


def _question(
    station: Station, request: Request, *, check: Form | None = None, **more: Any
) -> Response:
    """Show a question that was put to this agency, and earlier answers that still hold.

    Or, where there is something to `check`, what is about to be answered.
    """
    person, request_id = station.person(request), request.path_params["request"]
    with station.looking(request, person) as (db, look):
        hidden = station.hidden(db, person)
        held = seen(db, request_id, hidden)
        event = held.sections.get("event") if held is not None else None
        look("question", [request_id])
        partners, ours = station.voice.partners, station.voice.agency
        if held is None or not isinstance(event, REQUESTS) or hidden & {event.statement}:
            return station.nothing(request)
        if partners.acting(event.addressee) != ours:
            return station.nothing(request)
        row = asked.request(db, request_id)
        report = standing.held(db, event.statement, but=hidden)
        named = {**names_of(held), **(names_of(report) if report is not None else {})}
        asker = agency_of(held.context.source) or ""
        given: dict[str, Any] = {
            "id": request_id, "event": event, "row": row, "now": stored.ledger_time(db),
            "agency": station.partners.get(asker, asker), "limits": limits_on(held, report),
            "name": named.get(event.subject, "somebody this desk has no name for"),
            "is_held": report is not None, "is_identity": _is_identity(row),
            "is_enquiry": isinstance(event, VictimInformationRequested),
            "stands": standing.marks_of(db, request_id), "words": plan.WORDS,
            "earlier": reuse.earlier(db, station.voice, person.viewer, row) if row else [],
            "outcomes": OUTCOMES, "typed": forms.left(station, request), **more,
        }  # fmt: skip
        if check is not None:
            again = [one for one in given["earlier"] if one.answer == check.text("reuses")]
            look("question", [one.answer for one in again])
            given["answers"] = list(_answers(station, db, check, again, event.subject))
    if check is not None:
        return station.page(request, "check.html", title="Check your answers", **given)
    return station.page(request, "question.html", title="Answer a question", **given)


def _answers(
    station: Station, db: Connection, form: Form, again: Sequence[reuse.Earlier], subject: str
) -> Iterator[tuple[str, str]]:
    """Spell what is about to go out: as it was typed, and as it stands in what is given again."""
    why, sections = form.text("why"), _told(station, form, subject)
    if not form.text("reuses"):
        yield "What your records have", OUTCOMES[form.text("outcome")]
        if form.text("outcome") not in ENDING:
            yield "What that ends", f"Nothing. {UNABLE}"
    for one in again:
        yield "Your earlier answer, as it was", f"{station.at(one.at)}: {plan.WORDS[one.outcome]}"
        if one.same_asker:
            yield "Its words", "They have them already: they are not sent again."
        why = why or reuse.why_of(db, one) or ""
        sections = {**reuse.said_again(db, one, subject), **sections}
    if why:
        yield "Why nothing is supplied", why
    for section in sections.values():
        match section:
            case Narrative():
                if section.question:
                    yield "What was asked", section.question
                yield "What you supply, in words", section.text
                if section.assessment:
                    yield "What was made of it", section.assessment
            case Identity():
                yield from identified(section)
            case PersonPart():
                yield "Their part", PARTS[section.part]


def _is_identity(row: RowMapping | None) -> bool:
    return row is not None and row["question"] == "identity"


async def _supply(station: Station, request: Request) -> Response:
    """Answer a question: anew, or by an earlier answer that still holds."""
    form, request_id = await forms.sent(request), request.path_params["request"]
    reuses = form.text("reuses") or None
    outcome: str | None = None
    if reuses is None:
        outcome = form.chosen("outcome", OUTCOMES, "Choose what your records have")
    elif not is_statement_id(reuses):
        form.wrong("reuses", "Choose one of the earlier answers, or none")
    why = form.maybe("why")
    if outcome in SAYS_WHY and not why:
        form.wrong("why", "Say why: nobody may take this for nothing found")
    told = partial(_told, station, form)
    _born(station, form)

    def wanted(person: Person) -> list[Wanted]:
        return station.acts.answering.supply(
            request_id, cast("ResearchOutcome | None", outcome), by=person.practitioner,
            role=station.speaks_as(person), why=why, told=told, reuses=reuses,
        )  # fmt: skip

    ends = reuses is not None or outcome in ENDING
    return await forms.say(
        station, request, form, wanted, page=_question,
        told="Whoever asked has your answer." if ends else f"Whoever asked is told so. {UNABLE}",
        to=f"/requests/{request_id}/answer", check=partial(_question, check=form),
    )  # fmt: skip


def _told(station: Station, form: Form, subject: str) -> dict[str, Section]:
    """Make the sections of what was typed."""
    sections, text = dict[str, Section](), form.maybe("text")
    if text:
        sections["narrative"] = Narrative(text, "summary")
    name, born = Name(form.maybe("given"), form.maybe("family")), _born(station, form)
    named = [name] if name.given or name.family else []
    if named or born is not None:
        sections["person.1.identity"] = Identity(subject, named, born)
    return sections


def _born(station: Station, form: Form) -> Born | None:
    """Read a birth as well as somebody knows it."""
    given = form.maybe("born")
    if given is None:
        return None
    born, wrong = birth_in(given, station.today())
    if wrong:
        form.wrong("born", wrong)
        return None
    return Born(born, cast("Any", PRECISION.get(len(born), "age")))
