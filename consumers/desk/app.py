"""The desk's application: its pages behind its guard."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from consumers.desk.address import came_from
from consumers.desk.admitting import admit
from consumers.desk.guard import COOKIE, Guard
from consumers.desk.pages import (
    account,
    alerts,
    answers,
    chronology,
    corrections,
    disclosures,
    exclusions,
    feeds,
    figures,
    inbox,
    intelligence,
    looks,
    origins,
    persons,
    picture,
    quarantine,
    questions,
    refer,
    referrals,
    report,
    research,
    reviews,
    search,
    shift,
    task,
    victim_information,
    whereabouts,
)
from consumers.desk.rights import RIGHTS, Right
from consumers.desk.signing_in import SigningIn
from consumers.desk.station import ASSETS, Station
from consumers.desk.wording import remedy_of, text_of
from contracts.fault import CandourError, Undelivered

PAGES: Sequence[Callable[[Station], list[Route]]] = (
    inbox.routes,
    search.routes,
    report.routes,
    persons.routes,
    shift.routes,
    alerts.routes,
    origins.routes,
    research.routes,
    task.routes,
    intelligence.routes,
    answers.routes,
    questions.routes,
    victim_information.routes,
    corrections.routes,
    referrals.routes,
    refer.routes,
    disclosures.routes,
    feeds.routes,
    figures.routes,
    chronology.routes,
    picture.routes,
    whereabouts.routes,
    quarantine.routes,
    exclusions.routes,
    reviews.routes,
    looks.routes,
)
"""Every part of the desk, in the order of its navigation."""


@dataclass(frozen=True)
class Service:
    """What is served in the desk's manner: the desk, or another service of an agency.

    Attributes:
        pages: its parts.
        rights: who may come where.
        cookie: what its session's is called: services of one host share their cookies.
        machines: paths that a machine asks, which proves itself there by a secret of its own.
    """

    pages: Sequence[Callable[[Station], list[Route]]]
    rights: Mapping[str, Right]
    cookie: str
    machines: Collection[str] = ()


DESK = Service(PAGES, RIGHTS, COOKIE)


def desk(  # noqa: PLR0913 - what it is put together from has this many independent parts
    station: Station,
    signing_in: SigningIn,
    *,
    nonce: Callable[[], str],
    address: str,
    provider: str,
    service: Service = DESK,
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None,
) -> Starlette:
    """Build the desk of one agency.

    Args:
        station: what its pages are given.
        signing_in: how people prove who they are.
        nonce: draws one for each answer.
        address: of the desk, as browsers know it.
        provider: the identity provider's address.
        service: what is served, where it is not the desk.
        lifespan: what runs while it is served.

    Raises:
        InvariantBroken: a page has no row in the table of rights.
    """

    async def fault(request: Request, exception: Exception) -> Response:  # noqa: RUF029
        if not isinstance(exception, CandourError):
            raise exception
        if isinstance(exception, Undelivered):
            station.tell_undelivered(request, exception)
            return RedirectResponse("/", 303)
        return station.page(
            request, "fault.html", title="This was not done", status=409,
            text=text_of(exception), remedy=remedy_of(exception),
            back=came_from(request.headers),
        )  # fmt: skip

    async def not_found(request: Request, _: Exception) -> Response:  # noqa: RUF029
        if "session" not in request.scope["state"]:  # a file that is not there
            return PlainTextResponse("Nothing is here.", 404)
        return station.nothing(request)

    pages = [*account.routes(station, signing_in)]
    for part in service.pages:
        pages += part(station)
    guard = Middleware(
        Guard, sessions=station.sessions, nonce=nonce, address=address, provider=provider,
        open_paths={path for path, right in service.rights.items() if right.is_open},
        cookie=service.cookie, machines=service.machines,
    )  # fmt: skip
    return Starlette(
        routes=[
            Mount("/assets", StaticFiles(directory=ASSETS)),
            *(admit(station, one, service.rights) for one in pages),
        ],
        middleware=[guard],
        lifespan=lifespan,
        exception_handlers={CandourError: fault, 404: not_found, HTTPException: not_found},
    )
