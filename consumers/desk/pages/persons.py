"""Persons: what is held of one and who says so; who may be one person; joining and parting them.

Nothing is merged. A page gathers what stands now, as far as who looks may see it; whom something is
kept from meets the page of what is not there.

Source: domain.md 5 (traps 4 and 8), 7 (Machine or person, Others); issue 6, Pages.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk.held import Held, ids_of, newest_of
from consumers.desk.person import Person
from consumers.desk.rights import WORKING
from consumers.desk.station import Station
from consumers.desk.wording import remedy_of, text_of
from consumers.listed import PAGE
from consumers.people import rows
from consumers.people.desk import Found
from consumers.people.judging import digest_of
from consumers.safeguarding.links import standing_links
from consumers.store import Wanted
from contracts.fault import Misuse
from contracts.identifier import is_statement_id, is_token

STATEMENTS = 6
"""How many statements that name somebody one list of candidates looks at."""
JUDGED = {"one": "They are one person: join them", "two": "They are two people"}
TOLD = {
    "one": "They are joined: whom either is kept from is kept from both.",
    "two": "They are judged to be two people, until something newer names either of them.",
}
FIRST = 5
"""How many candidates stand on a person's own page; the rest on asking."""


def routes(station: Station) -> list[Route]:
    """Give the routes of persons, and of links."""

    def listed(request: Request) -> Response:
        return _list(station, request)

    def one(request: Request) -> Response:
        return _person(station, request)

    def two(request: Request) -> Response:
        return _two(station, request)

    async def join(request: Request) -> Response:
        return await _join(station, request)

    def linked(request: Request) -> Response:
        return _link(station, request)

    async def part(request: Request) -> Response:
        return await _part(station, request)

    return [
        Route("/persons", listed),
        Route("/persons/{token}", one),
        Route("/persons/{token}/beside/{other}", two),
        Route("/persons/{token}/beside/{other}", join, methods=["POST"]),
        Route("/links/{link}", linked),
        Route("/links/{link}", part, methods=["POST"]),
    ]


def _list(station: Station, request: Request) -> Response:
    """List who may be one person with whom the newest statements name, the weightiest first."""
    person, after = station.person(request), request.query_params.get("after", "")
    last = after if is_statement_id(after) else None
    given: dict[str, Any] = {"first": last is None, "count": STATEMENTS}
    about = list[str]()
    try:
        found, more = station.acts.matching.newest(person.viewer, after=last, count=STATEMENTS)
    except Misuse as why:
        given["not_compared"] = f"{text_of(why)} {remedy_of(why)}"
    else:
        given |= {"more": more, **_spelled(station, person, found, most=PAGE)}
        sides = [side for one in given["candidates"] for side in one["sides"]]
        about = [side["token"] for side in sides]
    station.look(request, person, "candidates", *(about or ["all"]))
    given["now"] = station.ledger_time()
    return station.page(request, "persons.html", title="Persons", **given)


def _spelled(
    station: Station, person: Person, found: Found, *, most: int | None, of: str | None = None
) -> dict[str, Any]:
    """Spell who may be one person: one number of two first, then by weight; who was judged last."""
    every = [*found.conflicting, *found.offered, *found.judged]
    shown = every if most is None else every[:most]
    sides = [side for one in shown for side in (one.one, one.other)]
    with station.store.read() as db:
        held = Held(station, db, person, newest_of(sides))
        return {
            "candidates": [held.candidate(one, of) for one in shown],
            "crowded": found.crowded, "left": len(every) - len(shown),
        }  # fmt: skip


def _person(station: Station, request: Request) -> Response:
    person, token = station.person(request), request.path_params["token"]
    if not is_token(token):
        return station.nothing(request)
    station.look(request, person, "person", token)
    try:
        page = station.acts.matching.page(person.viewer, token)
    except Misuse:
        return station.nothing(request)
    asked = request.query_params
    with station.store.read() as db:
        held = Held(station, db, person, ids_of(page))
        listed, more = held.reports(page, asked.get("after", ""))
        given: dict[str, Any] = {
            "token": token, "page": held.page(page), "marks": held.marks(), "listed": listed,
            "limits": held.limits([one["id"] for one in listed], page.tokens), "more": more,
            "links": held.links(page.tokens), "first": not asked.get("after"),
            "all": (every := asked.get("show") == "candidates"),
            "now": stored.ledger_time(db),
        }  # fmt: skip
    given |= _may_be(station, person, token, None if every else FIRST)
    return station.page(request, "person.html", title="A person", **given)


def _may_be(station: Station, person: Person, token: str, most: int | None) -> dict[str, Any]:
    """Give who may be the same person, the weightiest first; or why nobody is compared."""
    try:
        found = station.acts.matching.candidates(person.viewer, token)
    except Misuse as why:
        return {"not_compared": f"{text_of(why)} {remedy_of(why)}"}
    return _spelled(station, person, found, most=most, of=token)


def _two(station: Station, request: Request, **more: Any) -> Response:
    """Lay two records side by side, with what was found of them, before anybody decides."""
    person, matching = station.person(request), station.acts.matching
    token, other = (request.path_params[name] for name in ("token", "other"))
    if not (is_token(token) and is_token(other)):
        return station.nothing(request)
    station.look(request, person, "two_records", token, other)
    with station.store.read() as db:
        if other in rows.persons(db, person.viewer, [token])[token]:
            return RedirectResponse(f"/persons/{token}", 303)
    try:
        with station.store.read() as db:
            found = matching.evidence(db, person.viewer, token, other)
        pages = [matching.page(person.viewer, one) for one in (token, other)]
    except Misuse:
        return station.nothing(request)
    with station.store.read() as db:
        held = Held(station, db, person, ids_of(*pages))
        newest = [one["id"] for page in pages for one in held.reports(page, "")[0]]
        given: dict[str, Any] = {
            "token": token, "other": other, "one": held.candidate(found),
            "pages": [held.page(page) for page in pages], "seen": digest_of(found),
            "limits": held.limits(newest, [t for page in pages for t in page.tokens]),
            "parted": held.partings(found), "judgements": JUDGED,
            "may": not person.roles.isdisjoint(WORKING),
            "typed": forms.left(station, request), **more,
        }  # fmt: skip
    return station.page(request, "two_records.html", title="Two records", **given)


async def _join(station: Station, request: Request) -> Response:
    """Say that two records are one person, or two people: by name, with what was found."""
    form = await forms.sent(request)
    token, other = (request.path_params[name] for name in ("token", "other"))
    judged = form.chosen("judged", JUDGED, "Say whether they are one person or two")
    reason = form.written("reason", "Say why you judge so")
    ticked = form.ticked("all_the_same", {"yes"})

    def wanted(person: Person) -> list[Wanted]:
        given: dict[str, Any] = {
            "by": person.practitioner, "role": station.speaks_as(person), "reason": reason,
            "shown": form.text("seen"),
        }  # fmt: skip
        matching = station.acts.matching
        if judged == "two":
            return matching.tell_apart(token, other, **given)
        return matching.link(token, other, **given, all_the_same=bool(ticked))

    return await forms.say(
        station, request, form, wanted, page=_two, to=f"/persons/{token}", told=TOLD.get(judged, "")
    )


def _link(station: Station, request: Request, **more: Any) -> Response:
    """Show one link, and each record that it joins by itself again."""
    person, link = station.person(request), request.path_params["link"]
    if not is_statement_id(link):
        return station.nothing(request)
    station.look(request, person, "link", link)
    with station.store.read() as db:
        found = standing_links(db, only=link)
        if not found or link in station.hidden(db, person):
            return station.nothing(request)
        tokens = found[0]["subjects"].split()
        apart = station.acts.matching.apart(db, person.viewer, tokens)
        held = Held(station, db, person, newest_of(apart))
        given: dict[str, Any] = {
            "one": next(one for one in held.links(tokens) if one["id"] == link),
            "sides": [held.side(one) for one in apart if one.mentions],
            "unseen": sum(not one.mentions for one in apart),
            "may": not person.roles.isdisjoint(WORKING), "typed": forms.left(station, request),
            **more,
        }  # fmt: skip
    return station.page(request, "link.html", title="A link", **given)


async def _part(station: Station, request: Request) -> Response:
    form, link = await forms.sent(request), request.path_params["link"]
    basis = form.written("reason", "Say why they are not one person, or why nobody knows")

    def wanted(person: Person) -> list[Wanted]:
        return station.acts.deciding.unlink(
            link, by=person.practitioner, role=station.speaks_as(person), basis=basis
        )

    return await forms.say(
        station, request, form, wanted, page=_link, to="/persons",
        told="They are parted: each record stands by itself again.",
    )  # fmt: skip
