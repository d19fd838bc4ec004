"""Referrals made, received and considered; handovers before work ends; considering one."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import reading, standing
from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk.beside import Beside, seen
from consumers.desk.limits import limits_of
from consumers.desk.person import Person
from consumers.desk.rights import WORKING
from consumers.desk.shown import capital, day, title_of
from consumers.desk.station import Station
from consumers.handover import rows as handovers
from consumers.handover.worker import Handovers
from consumers.listed import PAGE, Place
from consumers.referrals import course, rows, untaken
from consumers.store import Wanted
from contracts.event.report import Referral
from contracts.identifier import is_statement_id

WAYS: dict[str, course.Direction] = {"received": "received", "made": "made"}


def routes(station: Station) -> list[Route]:
    """Give the routes of referrals and handovers."""

    def listed(request: Request) -> Response:
        if request.query_params.get("show") == "considered":
            return _considered(station, request)
        return _list(station, request)

    def ends(request: Request) -> Response:
        return _ends(station, request)

    def page(request: Request) -> Response:
        return _page(station, request)

    async def consider(request: Request) -> Response:
        return await _consider(station, request)

    return [
        Route("/referrals", listed),
        Route("/handovers", ends),
        Route("/reports/{statement}/referral", page),
        Route("/reports/{statement}/referral", consider, methods=["POST"]),
    ]


def _list(station: Station, request: Request) -> Response:
    """List referrals one way: undecided, the soonest due first; or decided, the newest first."""
    person, asked = station.person(request), request.query_params
    way, decided = WAYS.get(asked.get("way", ""), "received"), asked.get("show") == "decided"
    place = Place.read(asked.get("after", ""))
    with station.looking(request, person) as (db, look):
        found = rows.some(
            db, person.viewer, way, decided=decided, place=place, count=PAGE + 1
        )  # fmt: skip
        hidden = station.hidden(db, person)
        beside = Beside(db, [row["id"] for row in found[:PAGE]], hidden)
        owed = untaken.open_with(db, (row["answer"] for row in found[:PAGE]), hidden)
        listed = [_shown(station, beside, row, owed.get(row["answer"])) for row in found[:PAGE]]
        look("referrals", [one["id"] for one in listed])
        now = stored.ledger_time(db)
    last = found[PAGE - 1] if len(found) > PAGE else None
    more = Place(last["at" if decided else "due_at"], last["id"]) if last is not None else None
    return station.page(
        request, "referrals.html", title="Referrals", listed=listed, more=more, now=now, way=way,
        decided=decided, first=place is None,
    )  # fmt: skip


def _shown(
    station: Station, beside: Beside, row: RowMapping, owed: RowMapping | None
) -> dict[str, Any]:
    other = row["addressee"] if row["direction"] == "made" else row["publisher"]
    return {
        "id": row["id"], "to": course.TITLES[row["kind"]],
        "agency": station.partners.get(other, other), "due_at": row["due_at"],
        "ends_on": day(row["ends_on"]) if row["ends_on"] else None, "by": row["decided_by"],
        "decision": course.WORDS[row["decision"]] if row["decision"] else None,
        "limits": limits_of(beside.text(row["id"])), "stands": beside.marks(row["id"]),
        "held": course.unreached(row, station.voice.partners.agencies),
        "owed": owed, "can_decide": row["direction"] == "received" and row["decision"] is None,
    }  # fmt: skip


def _considered(station: Station, request: Request) -> Response:
    """List decisions whether to refer, the newest first: one not to counts as much."""
    person, after = station.person(request), request.query_params.get("after", "")
    older_than = after if is_statement_id(after) else None
    with station.looking(request, person) as (db, look):
        found = rows.some_considered(
            db, person.viewer, older_than=older_than, count=PAGE + 1
        )  # fmt: skip
        now = stored.ledger_time(db)
        about = [row["statement"] for row in found[:PAGE]]
        look("considered", about)
        marks = standing.marks_of_all(db, [row["id"] for row in found[:PAGE]])
        listed = [
            {**row, "to": course.TITLES[row["referral"]], "stands": marks.get(row["id"], [])}
            for row in found[:PAGE]
        ]
    more = found[PAGE - 1]["id"] if len(found) > PAGE else None
    return station.page(
        request, "considered.html", title="Referrals considered", listed=listed, more=more, now=now
    )


def _ends(station: Station, request: Request) -> Response:
    """List known ends of work: to come, the nearest first; or past, the latest first."""
    person, asked = station.person(request), request.query_params
    past, place = asked.get("show") == "past", Place.read(asked.get("after", ""))
    worker = Handovers(station.voice)
    with station.looking(request, person) as (db, look):
        found = handovers.some(db, person.viewer, past=past, place=place, count=PAGE + 1)
        now = stored.ledger_time(db)
        handed = worker.handovers_of(db, found[:PAGE])
        put = worker.put_of(db, found[:PAGE])
        marks = standing.marks_of_all(db, [row["id"] for row in found[:PAGE]])
        hidden = station.hidden(db, person)
        listed = [
            _end(
                station, row, [one for one in handed[row["id"]] if one["id"] not in hidden],
                {one["id"] for one in put[row["id"]]}, marks.get(row["id"], []),
            )
            for row in found[:PAGE]
        ]  # fmt: skip
        look("handovers", [one["id"] for one in listed])
    last = found[PAGE - 1] if len(found) > PAGE else None
    more = Place(last["ends_at"], last["id"]) if last is not None else None
    return station.page(
        request, "handovers.html", title="Handovers", listed=listed, more=more, now=now, past=past,
        first=place is None, may=person.is_one_of(*WORKING),
    )  # fmt: skip


def _end(
    station: Station,
    row: RowMapping,
    handed: Sequence[RowMapping],
    put: Collection[str],
    marks: list[str],
) -> dict[str, Any]:
    taken = next((one for one in handed if one["decision"] == "accepted"), None)
    return {
        "id": row["id"], "agency": station.partners.get(row["agency"], row["agency"]),
        "ends_on": day(row["ends_on"]), "ends_at": row["ends_at"], "due_at": row["due_at"],
        "taken": None if taken is None
        else (station.partners.get(taken["addressee"], taken["addressee"]), taken["decided_by"]),
        "handed": [
            (one["id"], station.partners.get(one["addressee"], one["addressee"]),
             course.WORDS.get(one["decision"] or "", "NOBODY has decided"))
            for one in handed
        ],
        "waits": any(one["id"] in put for one in handed), "stands": marks,
        "is_ours": row["agency"] == station.voice.agency,
    }  # fmt: skip


def _page(station: Station, request: Request, **more: Any) -> Response:
    """Ask whether somebody is referred because of a report, and why."""
    person, said = station.person(request), request.path_params["statement"]
    with station.looking(request, person) as (db, look):
        hidden = station.hidden(db, person)
        report = seen(db, said, hidden)
        look("consider_referral", [said])
        if report is None:
            return station.nothing(request)
        found = rows.considered_of(db, said)
        decided = [found.get(kind) for kind in course.TITLES]
        given: dict[str, Any] = {
            "id": said, "kind": title_of(report.kind.name), "limits": limits_of(report),
            "kinds": {name: capital(words) for name, words in course.TITLES.items()},
            "decided": [
                {**one, "to": course.TITLES[one["referral"]]}
                for one in decided
                if one is not None and one["id"] not in hidden
            ],
            "made": _made(station, db, person, said),
            "stands": standing.marks_of(db, said),
            "read": reading.last_read(db, [said], viewer=person.viewer),
            "typed": forms.left(station, request), **more,
        }  # fmt: skip
    return station.page(request, "consider.html", title="Consider a referral", **given)


def _made(station: Station, db: Connection, person: Person, report: str) -> dict[str, str]:
    """Offer the referrals that this agency made because of a report."""
    found = rows.made_of(db, person.viewer, report, PAGE)
    return {
        one["id"]: f"Yes: to {course.TITLES[one['kind']]}, "
        f"{station.partners.get(one['addressee'], one['addressee'])}, {station.at(one['at'])}"
        for one in found
    }


async def _consider(station: Station, request: Request) -> Response:
    """Record whether somebody is referred, and why; a decision not to counts as much."""
    form, said = await forms.sent(request), request.path_params["statement"]
    kind = form.chosen("kind", course.TITLES, "Choose where to")
    made = form.text("made")
    if made != "no" and not is_statement_id(made):
        form.wrong("made", "Say whether somebody is referred")
    reason = form.written("reason", "Say why: a decision not to refer counts as much")

    def wanted(person: Person) -> list[Wanted]:
        desk = replace(station.acts.referring, read=form.text("read"))
        return desk.consider(
            said, cast("Referral", kind), by=person.practitioner, role=station.speaks_as(person),
            reason=reason, referred=None if made == "no" else made,
        )  # fmt: skip

    return await forms.say(
        station, request, form, wanted, page=_page, told="The decision is recorded.",
        to=f"/reports/{said}/referral",
    )  # fmt: skip
