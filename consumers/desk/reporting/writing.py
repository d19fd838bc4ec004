"""Writing a report: one question a page, each saved as it is left; then all of it, then send."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from consumers.desk.person import Person
from consumers.desk.reporting.answers import rows_of
from consumers.desk.reporting.counter import (
    Counter,
    page,
    prefilled,
    told_wrong,
    with_person,
)
from consumers.desk.reporting.drafts import Draft
from consumers.desk.reporting.filling import (
    CARRIED,
    Typed,
    Wrong,
    inputs_of,
    is_blank,
    kept,
    people_in,
    shown_in,
)
from consumers.desk.reporting.questions import (
    AFTER_PEOPLE,
    LAWFUL,
    PEOPLE_MAX,
    PURPOSES,
    SOURCE,
    Field,
    Question,
    Step,
    person_of,
    question_of,
)
from consumers.desk.shown import day
from contracts.fault import CandourError

DECIDED_S_MAX, LOOK_S = 3.0, 0.1
"""How long sending waits before it shows what became of it, decided or not; how often it looks."""
Sent = dict[str, list[str]]


def routes(counter: Counter) -> list[Route]:
    """Give the routes of writing a report."""

    def begin(request: Request, _: Person) -> Response:
        draft = counter.drafts.begin(counter.owners(request)[0], counter.reporting.new_statement())
        return _to(draft, "danger")

    def shown(request: Request, _: Person) -> Response:
        draft, step = counter.draft(request), str(request.path_params["step"])
        if draft is None:
            return _sent_already(counter, request)
        if step == "check":
            return _check(
                counter, request, draft, counter.wrong(draft, counter.who(request)), looked=False
            )
        question = question_of(step)
        if question is None or (person_of(step) > len(people_in(draft.answers)) + 1):
            return counter.station.nothing(request)
        _take_up(counter, request, draft, question)
        typed = draft.answers.get(step) or prefilled(counter, draft, step)
        return _asked(counter, request, draft, question, typed, wrong=[])

    def removed(request: Request, _: Person) -> Response:
        draft = counter.draft(request)
        if draft is not None:
            counter.drafts.drop(draft)
        return RedirectResponse("/", 303)

    def remove(request: Request, _: Person) -> Response:
        draft = counter.draft(request)
        if draft is None:
            return _sent_already(counter, request)
        return page(
            counter, request, "remove.html", title="Delete this report?", causes=draft.causes
        )

    address = "/report/{draft}"
    return [
        Route("/report", posting(counter, lambda r, p, _: begin(r, p)), methods=["POST"]),
        Route(f"{address}/send", waiting(counter, lambda r, *_: _send(counter, r)),
              methods=["POST"]),
        Route(f"{address}/delete", with_person(counter, remove)),
        Route(f"{address}/delete", posting(counter, lambda r, p, _: removed(r, p)),
              methods=["POST"]),
        Route(f"{address}/{{step}}", with_person(counter, shown)),
        Route(f"{address}/{{step}}",
              posting(counter, lambda r, _, s: _answered(counter, r, s)), methods=["POST"]),
    ]  # fmt: skip


def posting(
    counter: Counter, answer: Callable[[Request, Person, Sent], Response]
) -> Callable[[Request], Awaitable[Response]]:
    """Read a form, and answer it in a thread: whoever stores waits for a disk."""

    async def posted(request: Request) -> Response:
        async with request.form() as form:
            sent = {name: [str(one) for one in form.getlist(name)] for name in form}
        asked = with_person(counter, lambda r, p: answer(r, p, sent))
        return await run_in_threadpool(asked, request)

    return posted


def _send(counter: Counter, request: Request) -> Response:
    draft = counter.draft(request)
    if draft is None:
        return _sent_already(counter, request)
    wrong = counter.send(draft, counter.who(request))
    if wrong:
        return _check(counter, request, draft, wrong, looked=True)
    request.state.said = draft.statement
    return RedirectResponse(f"/sent/{draft.statement}", 303)


def waiting(
    counter: Counter, answer: Callable[[Request, Person, Sent], Response]
) -> Callable[[Request], Awaitable[Response]]:
    """Read a form, store what it says, and wait a little for what becomes of it.

    So most people see at once that it was delivered. `answer` puts the reference of what was
    stored into `request.state.said`.
    """
    posted = posting(counter, answer)

    async def sent(request: Request) -> Response:
        answered = await posted(request)
        said = getattr(request.state, "said", None)

        def is_decided() -> bool:
            person = counter.station.person(request)
            found = counter.reporting.became(said or "", viewer=person.viewer)
            return found is None or found.state == "decided"

        with anyio.move_on_after(DECIDED_S_MAX):
            while said and not await run_in_threadpool(is_decided):  # noqa: ASYNC110 - a disk says
                await anyio.sleep(LOOK_S)
        return answered

    return sent


def _answered(counter: Counter, request: Request, sent: Sent) -> Response:
    """Keep what was typed on a page, whatever it is; then say what is wrong, or go on."""
    draft, step = counter.draft(request), str(request.path_params["step"])
    question = question_of(step)
    if draft is None or question is None:
        return _sent_already(counter, request)
    go = sent.get("go", ["next"])[0]
    before = draft.answers.get(step, {})
    typed = kept(question, sent) | {name: before[name] for name in CARRIED if name in before}
    for field in question.fields:  # what a browser does not send, nobody ticked
        if field.kind == "checks":
            typed.setdefault(field.name, [])
    draft.answers[step] = typed
    if go == "remove" and person_of(step):
        _remove(draft, person_of(step))
        counter.drafts.keep(draft)
        return _to(draft, "children" if people_in(draft.answers) else "person-1")
    if go == "next" and person_of(step) > 1 and is_blank(typed):
        _remove(draft, person_of(step))
    counter.drafts.keep(draft)
    if go in {"later", "danger"}:
        return RedirectResponse("/", 303) if go == "later" else _to(draft, "danger")
    wrong = counter.wrong(draft, counter.who(request), step=step) if step in draft.answers else []
    if wrong:
        return _asked(counter, request, draft, question, typed, wrong=wrong)
    if step == "source":
        _reach(counter, draft, typed)
    if step == "danger" and typed.get("danger_now") == ["yes"]:
        return _alarm(counter, request, draft)
    return _to(draft, _next(counter, request, draft, step, go))


def _alarm(counter: Counter, request: Request, draft: Draft) -> Response:
    """Send at once what there is, and show 999 first, whatever became of it."""
    if draft.causes and not "".join(draft.answers["danger"].get("now", [])).strip():
        return RedirectResponse(f"/sent/{draft.causes[-1]}", 303)
    try:
        said = counter.alarm(draft, counter.who(request))
    except CandourError as fault:
        return page(
            counter, request, "not_stored.html", title="Ring 999 now", status=503, fault=fault,
            draft=draft,
        )  # fmt: skip
    return RedirectResponse(f"/sent/{said}", 303)  # at once: the telephone waits for nothing


def _next(counter: Counter, request: Request, draft: Draft, step: Step, go: str) -> Step:
    """Say which page comes next."""
    number, people = person_of(step), len(people_in(draft.answers))
    if go == "another" and people < PEOPLE_MAX:
        return f"person-{people + 1}"
    if "check" in request.query_params:
        return "check"
    if step == "danger":
        return "person-1"
    if number:
        return f"person-{number + 1}" if number < people else "children"
    order = [one.step for one in AFTER_PEOPLE]
    order += [LAWFUL.step] if counter.asks_way(draft.answers) else []
    return [*order, "check"][order.index(step) + 1] if step in order else "check"


def _before(draft: Draft, step: Step) -> str:
    """Give the address of the page before one."""
    number, people = person_of(step), len(people_in(draft.answers))
    order = ["danger", *(f"person-{n}" for n in range(1, max(people, 1) + 1))]
    order += [one.step for one in AFTER_PEOPLE]
    if number:
        return f"person-{number - 1}" if number > 1 else "danger"
    at = order.index(step) if step in order else len(order)
    return order[at - 1] if at else "/"


def _take_up(counter: Counter, request: Request, draft: Draft, question: Question) -> None:
    """Take up what somebody was writing on this page when their session ended."""
    subject = str(request.state.session.subject)
    found = counter.station.sessions.take_up(subject, request.url.path)
    if found:
        draft.answers[str(request.path_params["step"])] = kept(question, found)
        counter.drafts.keep(draft)
        counter.station.sessions.drop(subject, request.url.path)
        request.state.taken_up = True


def _asked(  # noqa: PLR0913 - a page is shown from this much
    counter: Counter,
    request: Request,
    draft: Draft,
    question: Question,
    typed: Typed,
    *,
    wrong: list[Wrong],
) -> Response:
    step, people = str(request.path_params["step"]), people_in(draft.answers)
    errors = {one.field: one.text for one in wrong}
    listed = [{"text": one.text, "href": f"#{one.field}"} for one in wrong]
    check = "?check=1" if "check" in request.query_params else ""
    fields = [
        {
            "field": one, "value": shown_in(one, typed), "error": errors.get(one.name),
            "values": typed.get(one.name, []),
            "parts": {name: shown_in(one, typed, name) for name in inputs_of(one)},
            "options": _options(counter, draft, one.name) or _dated(counter, one),
        }
        for one in question.fields
        if question is not LAWFUL or _options(counter, draft, one.name)
    ]  # fmt: skip
    return page(
        counter, request, "question.html", title=question.title, status=422 if wrong else 200,
        question=question, fields=fields, errors=listed, step=step, number=person_of(step),
        people=len(people), draft=draft, check=check,
        back="check" if check else _before(draft, step), is_source=question is SOURCE,
        taken_up=getattr(request.state, "taken_up", False), again=bool(draft.causes),
        may_add=bool(person_of(step)) and max(len(people), person_of(step)) < PEOPLE_MAX,
    )  # fmt: skip


def _options(counter: Counter, draft: Draft, field: str) -> list[tuple[str, str, str]]:
    """Give the ways that the agreements allow, where there is more than one."""
    if field not in {"purpose", "basis"}:
        return []
    ways = counter.ways(draft.answers)
    if field == "purpose":
        found = [(one, PURPOSES.get(one, one), "") for one in ways.purposes]
    else:
        found = [(article, f"{title} ({article})", "") for article, title in ways.bases]
    return found if len(found) > 1 else []


def _dated(counter: Counter, field: Field) -> Sequence[tuple[str, str, str]]:
    """Give a field's options; where one is today, which day that is."""
    today = day(counter.reporting.today().isoformat())
    return [(value, text, today if value == "today" else hint)
            for value, text, hint in field.options]  # fmt: skip


def _check(
    counter: Counter, request: Request, draft: Draft, wrong: list[Wrong], *, looked: bool
) -> Response:
    """Show all that was typed; where it was to be sent and cannot be, say why first."""
    listed: list[dict[str, Any]] = told_wrong(wrong) if looked else []
    ways = counter.ways(draft.answers)
    return page(
        counter, request, "check.html", title="Check your answers", status=422 if looked else 200,
        draft=draft, groups=rows_of(draft.answers, counter.reporting.today()),
        errors=listed,
        left=[] if looked else wrong, purposes=[PURPOSES.get(p, p) for p in ways.purposes],
        bases=ways.bases, to=ways.to, back="lawful" if counter.asks_way(draft.answers) else "asked",
    )  # fmt: skip


def _reach(counter: Counter, draft: Draft, typed: Typed) -> None:
    names = ("role", "telephone", "out_of_hours", "mailbox", "supervisor")
    counter.drafts.reach(draft.owner, {name: typed[name] for name in names if name in typed})


def _remove(draft: Draft, number: int) -> None:
    """Take one person out; those after move up."""
    typed = [draft.answers.pop(step) for step in people_in(draft.answers)]
    left = [one for at, one in enumerate(typed, 1) if at != number]
    draft.answers.update({f"person-{at}": one for at, one in enumerate(left, 1)})


def _sent_already(counter: Counter, request: Request) -> Response:
    """Lead from a report that was sent to what became of it: a second press is no loss."""
    said = counter.drafts.filed_of(request.path_params["draft"], counter.owners(request))
    return RedirectResponse(f"/sent/{said}", 303) if said else counter.station.nothing(request)


def _to(draft: Draft, step: Step) -> Response:
    return RedirectResponse(f"/report/{draft.id}/{step}", 303)
