"""What somebody reported, how each stands, what came back; and completing what is held."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from consumers.desk.person import Person
from consumers.desk.reporting import told
from consumers.desk.reporting.counter import Counter, page, prefilled, with_person
from consumers.desk.reporting.drafts import Draft
from consumers.desk.reporting.filling import completion_of, kept, plain, shown_in, wrong_on
from consumers.desk.reporting.port import Became, Unfit
from consumers.desk.reporting.questions import CONCERNS, WHO, question_of
from consumers.desk.reporting.writing import waiting
from consumers.desk.shown import title_of
from contracts.event.work import InformationRequested
from contracts.identifier import is_statement_id

LISTED, LOOK_S, AFTER_DIGITS = 15, 0.5, 9
"""How many are listed at once; how often the live line looks whether something changed."""
HELD = {"quarantined", "provisional", "accepted_emergency"}
"""Outcomes of what waits for who says so; an emergency went all the same, and owes it."""


def routes(counter: Counter) -> list[Route]:
    """Give the routes of what was reported."""

    def mine(request: Request, person: Person) -> Response:
        owners, viewer = counter.owners(request), person.viewer
        asked = request.query_params.get("after", "0")
        after = int(asked) if asked.isdecimal() and len(asked) < AFTER_DIGITS else 0
        sent = counter.drafts.filed_by(owners, LISTED + 1, skip=after)
        became = [counter.reporting.became(one, viewer=viewer) for one in sent[:LISTED]]
        listed = [_row(one) for one in became if one is not None]
        known = {one.statement for one in became if one is not None}
        held = [_row(one) for one in counter.reporting.held(viewer=viewer)
                if one.statement not in known]  # fmt: skip
        drafts = [_draft(counter, one) for one in counter.drafts.of(owners) if one.is_touched]
        return page(
            counter, request, "mine.html", title="Your reports", listed=listed, held=held,
            drafts=[one for one in drafts if not one["sent"]], after=after,
            rest=[one for one in drafts if one["sent"]],
            older=after + LISTED if len(sent) > LISTED else None,
        )  # fmt: skip

    def sent(request: Request, person: Person) -> Response:
        became = _found(counter, request, person)
        if became is None:
            return counter.station.nothing(request)
        counter.look(person, became.statement)
        token = person.practitioner.token or ""
        own = counter.reporting.is_by(became.statement, token)
        said = counter.reporting.said(became.statement) if own else None
        rest = [one for one in counter.drafts.of(counter.owners(request))
                if became.statement in one.causes]  # fmt: skip
        founding = counter.station.voice.partners.founding
        exercise = founding is not None and founding.exercise
        answers = [{"title": told.title(one), "rows": list(told.lines(one, exercise=exercise)),
                    "at": one.at_ms, "suspect": one.suspect, "due": told.due(one)}
                   for one in told.ordered(became.answers)]  # fmt: skip
        return page(
            counter, request, "sent.html", title="What became of it", became=became,
            standing=told.standing(became), answers=answers, rest=rest, kind=title_of(became.event),
            urgent=became.urgency == "threat_to_life", may_complete=_lacks_author(became),
            missing=[told.MISSING[one] for one in became.missing], lacking=told.lacking(became),
            clocks=told.CLOCKS,
            written=[] if said is None
            else list(told.written(said, counter.station.zone, counter.station.partners)),
        )  # fmt: skip

    def live(request: Request) -> Response:
        return StreamingResponse(_news(counter, request), media_type="text/event-stream")

    return [
        Route("/", with_person(counter, mine)),
        Route("/sent/{statement}", with_person(counter, sent)),
        Route("/sent/{statement}/complete", with_person(counter, _completing(counter))),
        Route("/sent/{statement}/complete", _completed(counter), methods=["POST"]),
        Route("/live", live),
    ]


def _found(counter: Counter, request: Request, person: Person) -> Became | None:
    """Give what became of a report that is theirs to know of; None for any other."""
    said = request.path_params["statement"]
    if not is_statement_id(said):
        return None
    token, owners = person.practitioner.token or "", counter.owners(request)
    if not (counter.drafts.is_filed_by(said, owners) or counter.reporting.is_by(said, token)):
        return None
    return counter.reporting.became(said, viewer=person.viewer)


def _completable(counter: Counter, request: Request, person: Person) -> Became | None:
    """Give a held report that lacks who says so: whoever it was may say so, and nobody else."""
    found = _found(counter, request, person)
    if found is not None:
        return found if _lacks_author(found) else None
    said = request.path_params["statement"]
    held = counter.reporting.held(viewer=person.viewer)
    return next((one for one in held if one.statement == said), None)


def _lacks_author(became: Became) -> bool:
    return bool(became.missing) and became.outcome in HELD


def _completing(counter: Counter) -> Callable[[Request, Person], Response]:
    def completing(request: Request, person: Person) -> Response:
        became = _completable(counter, request, person)
        if became is None:
            return counter.station.nothing(request)
        taken = counter.station.sessions.take_up(
            str(request.state.session.subject), request.url.path
        )
        draft = Draft("", counter.owners(request)[0], became.statement, 0)
        typed = kept(WHO, taken) if taken else prefilled(counter, draft, "source")
        return _form(counter, request, became, typed, {}, taken_up=bool(taken))

    return completing


def _completed(counter: Counter) -> Callable[[Request], Any]:
    def complete(request: Request, person: Person, sent: dict[str, list[str]]) -> Response:
        became = _completable(counter, request, person)
        if became is None:
            return counter.station.nothing(request)
        typed = kept(WHO, sent)
        wrong = {one.field: one.text for one in wrong_on("source", typed, counter.reporting.today())
                 if any(one.field == field.name for field in WHO.fields)}  # fmt: skip
        report = completion_of(typed, who=counter.who(request), statement=became.statement)
        for where, text in counter.reporting.wrong(report):
            name = next((f.name for f in WHO.fields if f.to == where), WHO.fields[0].name)
            wrong.setdefault(name, plain(text))
        if wrong:
            return _form(counter, request, became, typed, wrong)
        draft = Draft("", counter.owners(request)[0], counter.reporting.new_statement(), 0)
        try:
            counter.reporting.store(report, draft.statement)
        except Unfit as unfit:
            wrong = {WHO.fields[0].name: plain(unfit.fields[0][1])}
            return _form(counter, request, became, typed, wrong)
        counter.drafts.file(draft)
        if not counter.drafts.is_filed_by(became.statement, counter.owners(request)):
            counter.drafts.file(replace(draft, statement=became.statement))
        request.state.said = draft.statement
        return RedirectResponse(f"/sent/{became.statement}", 303)

    return waiting(counter, complete)


def _form(  # noqa: PLR0913 - a page is shown from this much
    counter: Counter,
    request: Request,
    became: Became,
    typed: dict[str, list[str]],
    wrong: dict[str, str],
    *,
    taken_up: bool = False,
) -> Response:
    fields = [
        {"field": one, "value": shown_in(one, typed), "error": wrong.get(one.name),
         "values": typed.get(one.name, []), "options": one.options}
        for one in WHO.fields
    ]  # fmt: skip
    return page(
        counter, request, "complete.html", title="Complete a held report", fields=fields,
        status=422 if wrong else 200, became=became, kind=title_of(became.event),
        errors=[{"text": text, "href": f"#{name}"} for name, text in wrong.items()],
        missing=[told.MISSING[one] for one in became.missing], taken_up=taken_up,
    )  # fmt: skip


def _row(became: Became) -> dict[str, Any]:
    questions = sum(isinstance(one.event, InformationRequested) for one in became.answers)
    return {
        "became": became, "kind": title_of(became.event), "standing": told.standing(became),
        "answers": len(became.answers) - questions, "questions": questions,
        "may_complete": _lacks_author(became),
    }  # fmt: skip


def _draft(counter: Counter, draft: Draft) -> dict[str, Any]:
    """Say of a draft what tells it from another: when, and about what; nothing about anybody."""
    concern = draft.answers.get("what", {}).get("concern", [""])
    return {
        "id": draft.id, "changed": draft.changed, "about": CONCERNS.get(next(iter(concern), "")),
        "gone": draft.changed + counter.drafts.kept_ms, "sent": draft.causes[-1:],
        "done": len({q.number for s in draft.answers if (q := question_of(s)) is not None}),
        "next": "check" if len(draft.answers) > 1 else "danger",
    }  # fmt: skip


async def _news(counter: Counter, request: Request) -> AsyncIterator[str]:
    """Tell that something became of a report, never of which or what; it ends with the session."""
    owners, key = counter.owners(request), request.state.session.key

    def pulse() -> str:
        return counter.reporting.pulse(counter.drafts.filed_by(owners, LISTED))

    last = await run_in_threadpool(pulse)
    yield "retry: 2000\n\n"
    while not await request.is_disconnected():
        if await run_in_threadpool(counter.station.sessions.standing, key) != "open":
            yield "event: locked\ndata: 0\n\n"
            return
        now = await run_in_threadpool(pulse)
        if now != last:
            last = now
            yield "event: came\ndata: 1\n\n"
        await anyio.sleep(LOOK_S)
