"""Uses of the emergency path, reviewed; erasures, confirmed: what one judges by, and their word.

What an emergency said is not shown here: only who used the path, when, and what was missing.

Source: design.md, Examine and decide (accepted_emergency), Control statements; domain.md 1.6, 1.8.
"""

from typing import Any, cast

from sqlalchemy import RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broker.core.legs import reached
from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk.person import Person
from consumers.desk.shown import day, lacking, title_of
from consumers.desk.station import Station
from consumers.governance import rows
from consumers.governance.desk import FOUND, Finding
from consumers.responses import rows as duties
from consumers.store import Wanted
from contracts.fault import Misuse, Transient
from contracts.reason import Reason, Stage

OTHERS = 5
"""How many other uses by the same agency stand beside one."""
NOWHERE = {
    "looked": "I have had every other home, export and copy of this agency looked at, and none has "
    "it",
}


def routes(station: Station) -> list[Route]:
    """Give the routes of what is reviewed and confirmed."""

    def used(request: Request) -> Response:
        return _used(station, request)

    async def review(request: Request) -> Response:
        return await _review(station, request)

    def erased(request: Request) -> Response:
        return _erased(station, request)

    async def confirm(request: Request) -> Response:
        return await _confirm(station, request)

    return [
        Route("/emergencies/{statement}", used),
        Route("/emergencies/{statement}", review, methods=["POST"]),
        Route("/erasures/{erasure}", erased),
        Route("/erasures/{erasure}", confirm, methods=["POST"]),
    ]


def _used(station: Station, request: Request, **more: Any) -> Response:
    """Show one use of the emergency path, and what review found of the same agency's others."""
    person, said = station.person(request), request.path_params["statement"]
    with station.looking(request, person) as (db, look):
        look("emergency", [said])
        one, hidden = rows.emergency(db, said), station.hidden(db, person)
        if one is None or said in hidden:
            return station.nothing(request)
        others = rows.other_uses(db, person.viewer, one, count=OTHERS)
        given: dict[str, Any] = {
            "one": _use(station, one), "others": [_use(station, other) for other in others],
            "agreement": duties.duty(db, f"agreement_review/{said}") is not None,
            "now": stored.ledger_time(db), "findings": FOUND,
            "typed": forms.left(station, request), **more,
        }  # fmt: skip
    return station.page(request, "emergency.html", title="A use of the emergency path", **given)


def _use(station: Station, one: RowMapping) -> dict[str, Any]:
    admitted = station.voice.partners.agencies.get(one["agency"])
    reasons = [(Reason.known(given.code), given) for given in rows.reasons_of(one)]
    return {
        "id": one["id"], "kind": title_of(one["event"] or "something unread").lower(),
        "agency": station.partners.get(one["agency"], one["agency"]),
        "ring": reached(admitted.contact) if admitted else None,
        "at": one["at"], "due_at": one["due_at"],
        "found": FOUND[one["finding"]] if one["finding"] else None, "lesson": one["lesson"],
        "missing": [
            {**lacking(given), "of_agreement": bool(reason and reason.stage > Stage.PROVENANCE)}
            for reason, given in reasons
        ],
    }  # fmt: skip


async def _review(station: Station, request: Request) -> Response:
    """Say what a use of the emergency path was, and what is to be learned of it."""
    form, said = await forms.sent(request), request.path_params["statement"]
    finding = form.chosen("finding", FOUND, "Choose what you found")
    lesson = form.written("lesson", "Write what is to be learned, or that nothing is")

    def wanted(person: Person) -> list[Wanted]:
        return station.acts.governing.review(
            said, cast("Finding", finding), lesson=lesson, by=person.practitioner,
            role=station.speaks_as(person),
        )  # fmt: skip

    return await forms.say(
        station, request, form, wanted, page=_used, told="Your review is recorded.", to="/duties"
    )


def _erased(station: Station, request: Request, **more: Any) -> Response:
    """Show what this agency was told to erase, and whether anything of it is held here still."""
    person, said = station.person(request), request.path_params["erasure"]
    with station.looking(request, person) as (db, look):
        look("erasure", [said])
        one, hidden = rows.erasure(db, said), station.hidden(db, person)
        if one is None or said in hidden:
            return station.nothing(request)
        given: dict[str, Any] = {
            "one": one, "left": len(station.acts.erasing.left(db, said)),
            "ends": day(one["backups_until"][:10]) if one["backups_until"] else None,
            "now": stored.ledger_time(db), "nowhere": NOWHERE,
            "typed": forms.left(station, request), **more,
        }  # fmt: skip
    return station.page(request, "erasure.html", title="An erasure", **given)


async def _confirm(station: Station, request: Request) -> Response:
    """Say that something is erased here, and when the last backup that has it ends."""
    form, said = await forms.sent(request), request.path_params["erasure"]
    form.ticked("looked", NOWHERE, "Have the other places looked at first, then tick this")
    wrong = f"Write the day on which the last backup that has it ends: {forms.DAY}"
    until = form.day("until", wrong)

    def wanted(person: Person) -> list[Wanted]:
        try:
            return station.acts.erasing.confirm(
                said, backups_until=f"{until}T00:00:00.000Z", by=person.practitioner,
                role=station.speaks_as(person),
            )  # fmt: skip
        except Transient as busy:  # nothing was said: the database is in use
            raise Misuse(busy.text, remedy=busy.remedy) from None

    return await forms.say(
        station, request, form, wanted, page=_erased, told="It is confirmed.", to="/duties"
    )
