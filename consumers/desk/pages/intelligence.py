"""Intelligence: graded and handled by police; a sanitised copy of it let go by two hands.

Each hand is somebody who is signed in: one writes the copy, it waits, another who leads lets it go.
The desk grades under 3x5x2 alone; what stands under 5x5x5 is shown as it stands, never converted.

Source: domain.md 1.4; College of Policing, APP Intelligence management.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, RowMapping
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk.beside import Beside, seen
from consumers.desk.form import Form
from consumers.desk.limits import limits_of, names_of
from consumers.desk.person import Person
from consumers.desk.rights import LEADING
from consumers.desk.shown import title_of
from consumers.desk.station import Station
from consumers.desk.wording import remedy_of, text_of
from consumers.intelligence import grading, rows, waiting
from consumers.intelligence.desk import KINDS, Product, product_of
from consumers.intelligence.grading import Conditions
from consumers.listed import PAGE
from consumers.store import Wanted
from consumers.worker import is_same_hand
from contracts.event.action import ProductReleased
from contracts.fault import Misuse
from contracts.identifier import is_statement_id
from contracts.statement import Statement

SHOWN = ("logged", "graded", "waiting", "copies")
CONDITIONS = ("action", "sanitisation", "instructions")
"""What code C carries and code P does not."""
CODES = {
    "sources": grading.SOURCES, "assessments": grading.ASSESSMENTS, "handlings": grading.HANDLING,
    "actions": grading.ACTIONS, "sanitisings": grading.SANITISING,
}  # fmt: skip
DONE = {
    "release": "Release it, by my own name",
    "drop": "Drop it: it is not to leave as it stands",
}
CONSULTED = {"yes": "The originator was consulted before it was sanitised"}
DIGITS = 15


def routes(station: Station) -> list[Route]:
    """Give the routes of intelligence."""

    def listed(request: Request) -> Response:
        return _list(station, request)

    def graded(request: Request) -> Response:
        return _item(station, request)

    async def grade(request: Request) -> Response:
        return await _grade(station, request)

    def copied(request: Request) -> Response:
        return _copy(station, request)

    async def write(request: Request) -> Response:
        return await _write(station, request)

    def waits(request: Request) -> Response:
        return _waiting(station, request)

    async def decide(request: Request) -> Response:
        return await _decide(station, request)

    return [
        Route("/intelligence", listed),
        Route("/reports/{statement}/grading", graded),
        Route("/reports/{statement}/grading", grade, methods=["POST"]),
        Route("/reports/{statement}/copy", copied),
        Route("/reports/{statement}/copy", write, methods=["POST"]),
        Route("/copies/{copy}", waits),
        Route("/copies/{copy}", decide, methods=["POST"]),
    ]


def _list(station: Station, request: Request) -> Response:
    """List what was logged, what was graded, the copies that wait, or those that left or came."""
    if station.voice.kind not in KINDS:
        return station.nothing(request)
    person, asked = station.person(request), request.query_params
    show = asked["show"] if asked.get("show") in SHOWN else SHOWN[0]
    given = asked.get("before", "")
    before = int(given) if given.isascii() and given.isdigit() and len(given) <= DIGITS else None
    with station.looking(request, person) as (db, look):
        found = _found(station, db, person, show, before)
        hidden, some = station.hidden(db, person), found[:PAGE]
        if show == "waiting":
            read = Beside(db, [row[name] for row in some for name in ("item", "statement")], hidden)
            listed = [_waits(read, row) for row in some]
        elif show == "copies":
            some = [row for row in some if hidden.isdisjoint(row["of"].split())]
            read = Beside(db, [row[name] for row in some for name in ("id", "statement")], hidden)
            listed = [_product(station, read, row) for row in some]
        else:
            ids = list(dict.fromkeys(row["statement"] for row in some))
            listed = _items(station, db, Beside(db, ids, hidden), ids, hidden)
        about = [one["item"] if show == "waiting" else one["id"] for one in listed]
        look("intelligence", about)
        now = stored.ledger_time(db)
    pages = show != "waiting"  # of which the next come up as these go
    return station.page(
        request, "intelligence.html", title="Intelligence", listed=listed, show=show, now=now,
        more=found[PAGE - 1]["place"] if pages and len(found) > PAGE else None,
        first=before is None, leads=person.is_one_of(*LEADING), are_more=len(found) > PAGE,
    )  # fmt: skip


def _found(
    station: Station, db: Connection, person: Person, show: str, before: int | None
) -> list[RowMapping]:
    match show:
        case "waiting":
            return waiting.some(db, person.viewer, place=None, count=PAGE + 1)
        case "copies":
            return rows.released(db, person.viewer, before=before, count=PAGE + 1)
        case "graded":
            return rows.graded(db, person.viewer, before=before, count=PAGE + 1)
    ours = station.voice.agency
    return rows.logged(db, person.viewer, ours, before=before, count=PAGE + 1)


def _items(
    station: Station, db: Connection, beside: Beside, ids: Collection[str], hidden: frozenset[str]
) -> list[dict[str, Any]]:
    """Spell items with every grading of each, the oldest first; each item once."""
    graded: dict[str, list[tuple[str, RowMapping]]] = {one: [] for one in ids}
    for given in rows.gradings_of_all(db, ids):
        if given["id"] not in hidden:
            graded[given["statement"]].append((grading.words(given), given))
    found = []
    for one in ids:
        row, text = beside.row(one), beside.text(one)
        agency = row["agency"] if row is not None else ""
        found.append({
            "id": one, "agency": station.partners.get(agency, agency),
            "kind": title_of(row["event"]) if row is not None else "Not held here any more",
            "shared": row["ledger_time"] if row is not None else None,
            "about": sorted(names_of(text).values()) if text is not None else [],
            "limits": limits_of(text), "stands": beside.stands(one), "gradings": graded[one],
        })  # fmt: skip
    return found


def _product(station: Station, beside: Beside, row: RowMapping) -> dict[str, Any]:
    """Spell a sanitised copy as it left, with what it may be used for."""
    text = beside.text(row["id"])
    event = text.sections.get("event") if text is not None else None
    return {
        "id": row["id"], "agency": station.partners.get(row["agency"], row["agency"]),
        "codes": _codes(row), "means": grading.HANDLING[row["handling"]],
        "stands": beside.stands(row["id"]), "row": row,
        "limits": limits_of(beside.text(row["statement"]), tokens=[row["subject"]]),
        "event": event if isinstance(event, ProductReleased) else None,
    }  # fmt: skip


def _codes(row: RowMapping) -> str:
    return " ".join(row[name] for name in ("handling", "action", "sanitisation") if row[name])


def _waits(beside: Beside, row: RowMapping) -> dict[str, Any]:
    """Spell a copy that waits for its second hand."""
    return {
        "id": row["id"], "item": row["item"], "codes": _codes(row), "row": row,
        "means": grading.HANDLING[row["handling"]], "stands": beside.stands(row["item"]),
        "limits": limits_of(beside.text(row["statement"]), tokens=[row["subject"]]),
    }  # fmt: skip


def _item(station: Station, request: Request, **more: Any) -> Response:
    return _page(station, request, "grading.html", more)


def _copy(station: Station, request: Request, **more: Any) -> Response:
    return _page(station, request, "copy.html", {"consulted": CONSULTED, **more})


def _report_of(item: Statement) -> str:
    """Give the report that an item is about, by id: itself, where it is one."""
    about = getattr(item.sections.get("event"), "statement", None)
    return item.context.id if item.kind.persons or about is None else str(about)


def _page(station: Station, request: Request, template: str, more: dict[str, Any]) -> Response:
    """Show one item as it stands and how it is graded, with what is done from here."""
    person, said = station.person(request), request.path_params["statement"]
    if station.voice.kind not in KINDS or not is_statement_id(said):
        return station.nothing(request)
    with station.looking(request, person) as (db, look):
        look("intelligence", [said])
        item, hidden = station.acts.grading.item(db, said), station.hidden(db, person)
        if item is None or said in hidden:
            return station.nothing(request)
        (one,) = _items(station, db, Beside(db, [said], hidden), [said], hidden)
        report = seen(db, _report_of(item), hidden)
        given = {
            "one": one, "people": names_of(report) if report is not None else {}, **CODES,
            "typed": forms.left(station, request), **more,
        }  # fmt: skip
    return station.page(request, template, title="Intelligence", **given)


def _handled(form: Form) -> Conditions:
    """Read the conditions of code C: all of them; of code P none."""
    handling = form.chosen("handling", grading.HANDLING, "Choose how it is handled")
    if handling == "C":
        form.chosen("action", grading.ACTIONS, "Code C: choose what may be done with it")
        form.chosen("sanitisation", grading.SANITISING, "Code C: choose whether it is asked first")
        form.written("instructions", "Code C: write its instructions")
    elif any(form.text(name) for name in CONDITIONS):
        form.wrong("handling", "Code P has no conditions: choose C, or leave them out")
    return Conditions(*(form.maybe(name) for name in CONDITIONS))


async def _grade(station: Station, request: Request) -> Response:
    form, said = await forms.sent(request), request.path_params["statement"]
    given: dict[str, Any] = {
        "scheme": "3x5x2",
        "source": form.chosen("source", grading.SOURCES, "Choose how good the source is"),
        "assessment": form.chosen("assessment", grading.ASSESSMENTS, "Choose how it is known"),
    }
    conditions = _handled(form)
    given |= {
        "handling": form.text("handling"), "action": conditions.action,
        "sanitisation": conditions.sanitisation, "instructions": conditions.instructions,
    }  # fmt: skip

    def wanted(person: Person) -> list[Wanted]:
        return station.acts.grading.grade(
            said, given, by=person.practitioner, role=station.speaks_as(person)
        )

    return await forms.say(
        station, request, form, wanted, page=_item, to=f"/reports/{said}/grading",
        told="It is graded: what was graded before stands beside it.",
    )  # fmt: skip


async def _write(station: Station, request: Request) -> Response:
    """Keep a copy that whoever is signed in wrote, for another to let go."""
    form, said = await forms.sent(request), request.path_params["statement"]
    subject = form.written("subject", "Choose whom it is about")
    text = form.written("text", "Write the copy, in new words")
    conditions, decision = _handled(form), form.maybe("decision")
    consulted = bool(form.ticked("consulted", CONSULTED))

    def submit() -> None:
        writer, grades = station.person(request).practitioner, station.acts.grading
        with station.store.read() as db:
            item = grades.item(db, said, writer)
        product = Product(
            statement=_report_of(item) if item is not None else said, of=[said], subject=subject,
            text=text, sanitised_by=writer, consulted=consulted, handling=form.text("handling"),
            conditions=conditions, decision=decision,
        )  # fmt: skip
        grades.submit(product, at=station.acts.time_ms())

    if not form.problems:
        try:
            await run_in_threadpool(submit)
        except Misuse as why:
            form.problems.append({"text": f"{text_of(why)} {remedy_of(why)}"})
        else:
            station.tell(request, "Your copy waits: another person, who leads, lets it go or not.")
            return RedirectResponse("/intelligence?show=waiting", 303)
    again = {"errors": form.problems, "typed": form.typed, "status": 422}
    return await run_in_threadpool(_copy, station, request, **again)


def _waiting(station: Station, request: Request, **more: Any) -> Response:
    """Show a copy that waits to who may let it go, with how its original is graded."""
    person, copy = station.person(request), request.path_params["copy"]
    if station.voice.kind not in KINDS or not is_statement_id(copy):
        return station.nothing(request)
    with station.looking(request, person) as (db, look):
        row, hidden = waiting.one(db, copy), station.hidden(db, person)
        if row is None or not hidden.isdisjoint((row["item"], row["statement"])):
            return station.nothing(request)
        look("intelligence", [row["item"]])
        beside = Beside(db, [row["item"], row["statement"]], hidden)
        (one,) = _items(station, db, beside, [row["item"]], hidden)
        report = seen(db, row["statement"], hidden)
        given = {
            "one": one, "copy": _waits(beside, row), "done": DONE,
            "about": (names_of(report) if report is not None else {}).get(row["subject"]),
            "own": is_same_hand(product_of(row).sanitised_by, person.practitioner), **more,
        }  # fmt: skip
    return station.page(request, "copy_waiting.html", title="A copy that waits", **given)


async def _decide(station: Station, request: Request) -> Response:
    """Let a copy go as its second hand, or drop it."""
    form, copy = await forms.sent(request), request.path_params["copy"]
    if form.chosen("do", DONE, "Say whether it is released") == "drop" and is_statement_id(copy):
        return await run_in_threadpool(_drop, station, request, copy)

    def wanted(person: Person) -> list[Wanted]:
        return station.acts.grading.authorise(
            copy, by=person.practitioner, role=station.speaks_as(person)
        )

    return await forms.say(
        station, request, form, wanted, page=_waiting, to="/intelligence?show=copies",
        told="The copy is released; the original stays as it is, and where it is.",
    )  # fmt: skip


def _drop(station: Station, request: Request, copy: str) -> Response:
    person = station.person(request)
    with station.store.write() as db:
        row, hidden = waiting.one(db, copy), station.hidden(db, person)
        if row is None or not hidden.isdisjoint((row["item"], row["statement"])):
            return station.nothing(request)
        if not waiting.drop(db, copy):  # the other hand was quicker
            return station.nothing(request)
        station.look_in(db, request, person, "intelligence", row["item"])
    station.tell(request, "The copy is dropped: nothing left. Tell whoever wrote it why.")
    return RedirectResponse("/intelligence?show=waiting", 303)
