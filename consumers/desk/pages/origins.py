"""Two reports that may be one source heard twice: side by side, for a named person to judge.

A machine proposes and no more; until somebody decides the two count as one.

Source: domain.md 4 (M03), 7 (Machine or person).
"""

from typing import Any, Literal, cast

from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk.beside import Beside
from consumers.desk.limits import joined
from consumers.desk.person import Person
from consumers.desk.rights import WORKING
from consumers.desk.shown import shown, title_of
from consumers.desk.station import Station
from consumers.listed import PAGE
from consumers.safeguarding import rows
from consumers.store import Wanted
from contracts.event.work import SameOriginDecided
from contracts.identifier import is_statement_id

DECISIONS = {
    "same": "One source heard twice: they count as one",
    "different": "Different sources: each counts by itself",
    "cannot_tell": "Nobody can tell: they count as one until somebody can",
}


def routes(station: Station) -> list[Route]:
    """Give the routes of proposals that two reports are one source."""

    def listed(request: Request) -> Response:
        return _list(station, request)

    def one(request: Request) -> Response:
        return _page(station, request)

    async def decide(request: Request) -> Response:
        return await _decide(station, request)

    return [
        Route("/origins", listed),
        Route("/origins/{proposal}", one),
        Route("/origins/{proposal}", decide, methods=["POST"]),
    ]


def _list(station: Station, request: Request) -> Response:
    """List what nobody has decided, the longest waiting first; or what was, the newest first."""
    person, asked = station.person(request), request.query_params
    decided, after = asked.get("show") == "decided", asked.get("after", "")
    last = after if is_statement_id(after) else None
    with station.looking(request, person) as (db, look):
        found = rows.some_origins(db, person.viewer, decided=decided, after=last, count=PAGE + 1)
        listed = _spelled(station, db, person, found[:PAGE])
        about = [side["id"] for one in listed for side in one["sides"]]
        look("origins", about)
        now = stored.ledger_time(db)
    return station.page(
        request, "origins.html", title="One source or two", listed=listed, now=now,
        more=found[PAGE - 1]["id"] if len(found) > PAGE else None, first=last is None,
        decided=decided,
    )  # fmt: skip


def _page(station: Station, request: Request, **more: Any) -> Response:
    """Lay two reports side by side, before anybody decides."""
    person, proposal = station.person(request), request.path_params["proposal"]
    if not is_statement_id(proposal):
        return station.nothing(request)
    with station.looking(request, person) as (db, look):
        row = rows.origin_seen(db, person.viewer, proposal)
        reports = [] if row is None else [row["first"], row["second"]]
        look("origin", [proposal, *reports])
        if row is None:
            return station.nothing(request)
        (one,) = _spelled(station, db, person, [row])
    given: dict[str, Any] = {
        "one": one, "decisions": DECISIONS, "may": not person.roles.isdisjoint(WORKING),
        "typed": forms.left(station, request), **more,
    }  # fmt: skip
    return station.page(request, "origin.html", title="Two reports", **given)


def _spelled(
    station: Station, db: Connection, person: Person, found: list[RowMapping]
) -> list[dict[str, Any]]:
    """Spell proposals: both reports of each as they were delivered, and what was decided."""
    ids = [row[name] for row in found for name in ("first", "second", "judgement")]
    beside = Beside(db, ids, station.hidden(db, person))
    return [
        {
            "id": row["id"], "days": row["days_apart"], "judged": _judged(beside, row),
            "limits": joined(
                (text for name in ("first", "second") if (text := beside.text(row[name]))),
                tokens=None,
            ),
            "sides": [_side(station, beside, row[name]) for name in ("first", "second")],
        }
        for row in found
    ]  # fmt: skip


def _side(station: Station, beside: Beside, statement: str) -> dict[str, Any]:
    row, text = beside.row(statement), beside.text(statement)
    agency = row["agency"] if row is not None else ""
    return {
        "id": statement, "agency": station.partners.get(agency, agency),
        "kind": title_of(row["event"]) if row is not None else "Not held here any more",
        "shared": row["ledger_time"] if row is not None else None,
        "report": shown(text, station.zone, station.partners) if text is not None else None,
        "marks": beside.came_with(statement), "stands": beside.stands(statement),
    }  # fmt: skip


def _judged(beside: Beside, row: RowMapping) -> dict[str, Any] | None:
    """Say what a named person decided, and why; the reason and the time once it is on the log."""
    if row["decision"] is None:
        return None
    said, text = beside.row(row["judgement"]), beside.text(row["judgement"])
    event = text.sections.get("event") if text is not None else None
    return {
        "words": DECISIONS[row["decision"]],
        "by": row["decided_by"],
        "at": said["ledger_time"] if said is not None else None,
        "reason": event.reason if isinstance(event, SameOriginDecided) else None,
    }


async def _decide(station: Station, request: Request) -> Response:
    form, proposal = await forms.sent(request), request.path_params["proposal"]
    decision = form.chosen("decision", DECISIONS, "Choose: one source, two, or nobody can tell")
    reason = form.written("reason", "Say why: it goes on the log")

    def wanted(person: Person) -> list[Wanted]:
        return station.acts.deciding.decide_origin(
            proposal, cast("Literal['same', 'different', 'cannot_tell']", decision),
            by=person.practitioner, role=station.speaks_as(person), reason=reason,
        )  # fmt: skip

    return await forms.say(
        station, request, form, wanted, page=_page, to=f"/origins/{proposal}",
        told="Your decision is recorded, and the rules count by it.",
    )  # fmt: skip
