"""Intelligence: graded and handled by police; a sanitised copy of it let go by two hands.

The desk grades under 3x5x2 alone; what stands under 5x5x5 is shown as it stands, never converted.

Source: domain.md 1.4; College of Policing, APP Intelligence management.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk.beside import Beside, seen
from consumers.desk.form import Form
from consumers.desk.limits import limits_of, names_of
from consumers.desk.person import Person
from consumers.desk.shown import title_of
from consumers.desk.station import Station
from consumers.intelligence import grading, rows
from consumers.intelligence.desk import KINDS, Product
from consumers.intelligence.grading import Conditions
from consumers.listed import PAGE
from consumers.store import Wanted
from contracts.event.action import ProductReleased
from contracts.identifier import is_statement_id
from contracts.statement import Statement

SHOWN = ("logged", "graded", "copies")
CONDITIONS = ("action", "sanitisation", "instructions")
"""What code C carries and code P does not."""
CODES = {
    "sources": grading.SOURCES, "assessments": grading.ASSESSMENTS, "handlings": grading.HANDLING,
    "actions": grading.ACTIONS, "sanitisings": grading.SANITISING,
}  # fmt: skip
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

    async def release(request: Request) -> Response:
        return await _release(station, request)

    return [
        Route("/intelligence", listed),
        Route("/reports/{statement}/grading", graded),
        Route("/reports/{statement}/grading", grade, methods=["POST"]),
        Route("/reports/{statement}/copy", copied),
        Route("/reports/{statement}/copy", release, methods=["POST"]),
    ]


def _list(station: Station, request: Request) -> Response:
    """List what was logged, what was graded, or the copies that left or came: the newest first."""
    if station.voice.kind not in KINDS:
        return station.nothing(request)
    person, asked = station.person(request), request.query_params
    show = asked["show"] if asked.get("show") in SHOWN else SHOWN[0]
    given = asked.get("before", "")
    before = int(given) if given.isascii() and given.isdigit() and len(given) <= DIGITS else None
    with station.store.write() as db:
        found = _found(station, db, person, show, before)
        hidden, some = station.hidden(db, person), found[:PAGE]
        if show == "copies":
            some = [row for row in some if hidden.isdisjoint(row["of"].split())]
            read = Beside(db, [row[name] for row in some for name in ("id", "statement")], hidden)
            listed = [_product(station, read, row) for row in some]
        else:
            ids = list(dict.fromkeys(row["statement"] for row in some))
            listed = _items(station, db, Beside(db, ids, hidden), ids, hidden)
        station.looks(db, request, person, "intelligence", [one["id"] for one in listed])
        now = stored.ledger_time(db)
    return station.page(
        request, "intelligence.html", title="Intelligence", listed=listed, show=show,
        more=found[PAGE - 1]["place"] if len(found) > PAGE else None, now=now, first=before is None,
    )  # fmt: skip


def _found(
    station: Station, db: Connection, person: Person, show: str, before: int | None
) -> list[RowMapping]:
    match show:
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
    codes = " ".join(row[name] for name in ("handling", "action", "sanitisation") if row[name])
    return {
        "id": row["id"], "agency": station.partners.get(row["agency"], row["agency"]),
        "codes": codes, "means": grading.HANDLING[row["handling"]],
        "stands": beside.stands(row["id"]), "row": row,
        "limits": limits_of(beside.text(row["statement"]), tokens=[row["subject"]]),
        "event": event if isinstance(event, ProductReleased) else None,
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
    with station.store.write() as db:
        station.look(db, request, person, "intelligence", said)
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


async def _release(station: Station, request: Request) -> Response:
    form, said = await forms.sent(request), request.path_params["statement"]
    subject = form.written("subject", "Choose whom it is about")
    writer = form.written("writer", "Write who sanitised it, by name: not you")
    text = form.written("text", "Write the copy, in new words")
    conditions, decision = _handled(form), form.maybe("decision")
    consulted = bool(form.ticked("consulted", CONSULTED))

    def wanted(person: Person) -> list[Wanted]:
        with station.store.read() as db:
            item = station.acts.grading.item(db, said, person.practitioner)
        product = Product(
            statement=_report_of(item) if item is not None else said, of=[said], subject=subject,
            text=text, sanitised_by=station.acts.practitioner(writer), consulted=consulted,
            handling=form.text("handling"), conditions=conditions, decision=decision,
        )  # fmt: skip
        return station.acts.grading.release(
            product, by=person.practitioner, role=station.speaks_as(person)
        )

    return await forms.say(
        station, request, form, wanted, page=_copy, to="/intelligence?show=copies",
        told="The copy is released; the original stays as it is, and where it is.",
    )  # fmt: skip
