"""What is held: by what is missing and never by what it says; let go or refused by two people."""

from typing import Any, Literal

from sqlalchemy import Connection, RowMapping
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broker.core.case import WAIVABLE
from broker.core.legs import reached
from consumers import store as stored
from consumers.desk.person import Person, Role
from consumers.desk.shown import lacking, title_of
from consumers.desk.station import Station
from consumers.governance import rows
from consumers.listed import MANY, PAGE, Place
from consumers.responses import rows as duties
from consumers.responses.listed import owed
from consumers.responses.owed import second_looks
from contracts.fault import Misuse

DECISIONS: dict[str, str] = {
    "release": "Let it go to everybody who may have it",
    "refuse": "Refuse it: its agency is told",
}
WHO_HAS_IT = {"provisional": "police, marked provisional"}
REASON_MAX = 500


def routes(station: Station) -> list[Route]:
    """Give the routes of what is held."""

    def listed(request: Request) -> Response:
        person = station.person(request)
        with station.looking(request, person) as (db, look):
            found = _listed(station, db, person, Place.read(request.query_params.get("after", "")))
            seen = [
                *(one["digest"] for one in found["held"]),
                *(one for one, _ in found["seconds"]),
            ]
            look("quarantine_list", seen)
        return station.page(request, "quarantine.html", title="What is held", **found)

    def one(request: Request) -> Response:
        return _page(station, request)

    async def decide(request: Request) -> Response:
        async with request.form() as form:
            sent: dict[str, Any] = {name: str(value).strip() for name, value in form.items()}
            sent["waive"] = [str(code) for code in form.getlist("waive")]
        return await _decide(station, request, sent)

    return [
        Route("/quarantine", listed),
        Route("/quarantine/{digest}", one),
        Route("/quarantine/{digest}", decide, methods=["POST"]),
    ]


def _listed(
    station: Station, db: Connection, person: Person, place: Place | None
) -> dict[str, Any]:
    """List how much is held, and what this agency decides of it."""
    viewer, now = person.viewer, stored.ledger_time(db)
    count, late, first = rows.count_held(db, viewer, now)
    found = rows.to_decide(db, viewer, place=place, count=PAGE + 1)
    held, seconds = found[:PAGE], owed(db, viewer, "second_release", place=None, count=PAGE)
    return {
        "count": count, "late": late, "first": first, "now": now, "many": MANY,
        "held": [_shown(station, one) for one in held],
        "more": Place(held[-1]["due_at"], held[-1]["digest"]) if len(found) > PAGE else None,
        "seconds": [(one["about"], one["due_at"]) for one in seconds],
        "decides": person.is_one_of(Role.INFORMATION_MANAGER, Role.DUTY_MANAGER),
    }  # fmt: skip


def _shown(station: Station, held: RowMapping) -> dict[str, Any]:
    publisher = station.voice.partners.agencies.get(held["agency"] or "")
    return {
        "digest": held["digest"], "kind": title_of(held["event"] or "something unread"),
        "agency": publisher.title if publisher else held["agency"],
        "ring": reached(publisher.contact) if publisher else None, "urgency": held["urgency"],
        "since": held["since"], "due_at": held["due_at"],
        "who_has_it": WHO_HAS_IT.get(held["outcome"], "nobody"),
        "missing": [
            {**lacking(one), "waivable": one.code in WAIVABLE} for one in rows.reasons_of(held)
        ],
    }  # fmt: skip


def _found(station: Station, db: Connection, digest: str, person: Person) -> dict[str, Any] | None:
    """Read what is held, or one decided alone; None alike for nothing and for what is kept."""
    held, said = rows.held_one(db, digest), rows.said_of(db, digest)
    looks = [duties.duty(db, key) for key in second_looks(digest)]
    hidden = station.hidden(db, person)
    open_ = [one["due_at"] for one in looks if one is not None and one["discharged_by"] is None]
    decides = held is not None and held["decides"]
    if digest in hidden or not (open_ or decides):
        return None
    return {
        "held": _shown(station, held) if held is not None and decides else None,
        "second_by": min(open_, default=None), "said": said, "digest": digest,
        "now": stored.ledger_time(db),
    }  # fmt: skip


def _page(station: Station, request: Request, **more: Any) -> Response:
    person, digest = station.person(request), request.path_params["digest"]
    with station.looking(request, person) as (db, look):
        found = _found(station, db, digest, person)
        look("quarantine", [digest])
    if found is None:
        return station.nothing(request)
    session = request.state.session
    typed = station.sessions.take_up(session.subject, request.url.path)
    given: dict[str, Any] = {
        "decisions": DECISIONS, "errors": [], **found,
        "typed": {name: values if name == "waive" else values[0] for name, values in typed.items()},
        "night": person.is_one_of(Role.DUTY_MANAGER), **more,
    }  # fmt: skip
    return station.page(request, "held.html", title="One thing that is held", **given)


async def _decide(station: Station, request: Request, sent: dict[str, Any]) -> Response:
    """Say what one person decides of what is held."""
    errors = _wrong(sent)
    person = await run_in_threadpool(station.person, request)
    alone = sent.get("alone") == "yes" and person.is_one_of(Role.DUTY_MANAGER)
    if not errors:
        decision: Literal["release", "refuse"]
        decision = "release" if sent["decision"] == "release" else "refuse"
        try:
            wanted = await run_in_threadpool(
                station.acts.governing.release, request.path_params["digest"], decision,
                waived=sent["waive"] if decision == "release" else [], reason=sent["reason"],
                by=person.practitioner, role=_role(person), alone=alone,
            )  # fmt: skip
            said = await station.act(wanted)
        except Misuse as why:
            errors = [{"href": "#decision", "text": f"{why.text} {why.remedy}"}]
        else:
            gone = await run_in_threadpool(_is_gone, station, request.path_params["digest"])
            station.tell(request, _told(said.entry, alone=alone, gone=gone))
            return RedirectResponse("/quarantine", 303)
    return await run_in_threadpool(
        lambda: _page(station, request, errors=errors, typed=sent, status=422)
    )


def _wrong(sent: dict[str, Any]) -> list[dict[str, str]]:
    errors = []
    if sent.get("decision") not in DECISIONS:
        errors.append({"href": "#decision", "text": "Choose what you decide"})
    if not 0 < len(sent.get("reason", "")) <= REASON_MAX:
        text = f"Say why, in at most {REASON_MAX} characters and without anybody's name"
        errors.append({"href": "#reason", "text": text})
    return errors


def _role(person: Person) -> str:
    """Give the role in which somebody decides here."""
    manages = person.is_one_of(Role.INFORMATION_MANAGER)
    return (Role.INFORMATION_MANAGER if manages else Role.DUTY_MANAGER).words


def _is_gone(station: Station, digest: str) -> bool:
    with station.store.read() as db:
        return rows.held_one(db, digest) is None


def _told(entry: int, *, alone: bool, gone: bool) -> str:
    if alone:
        return (
            f"You decided alone (entry {entry}). A release goes at once; a refusal waits. A second "
            "person decides by the clock."
        )
    if gone:
        return (
            f"Your word is on the log (entry {entry}). Two have said the same: it is held no more."
        )
    return (
        f"Your word is on the log (entry {entry}). It takes effect when a second person has said "
        "the same, with the same reasons waived: what still stands here has not moved."
    )
