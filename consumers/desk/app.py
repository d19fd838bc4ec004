"""The desk's application: its pages behind its guard."""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from consumers.desk.admitting import admit
from consumers.desk.guard import Guard
from consumers.desk.pages import (
    account,
    exclusions,
    inbox,
    looks,
    quarantine,
    report,
    whereabouts,
)
from consumers.desk.rights import OPEN
from consumers.desk.signing_in import SigningIn
from consumers.desk.station import ASSETS, Station
from contracts.fault import CandourError

PAGES: Sequence[Callable[[Station], list[Route]]] = (
    inbox.routes,
    report.routes,
    whereabouts.routes,
    quarantine.routes,
    exclusions.routes,
    looks.routes,
)
"""Every part of the desk, in the order of its navigation."""


def desk(
    station: Station,
    signing_in: SigningIn,
    *,
    nonce: Callable[[], str],
    address: str,
    provider: str,
) -> Starlette:
    """Build the desk of one agency.

    Args:
        station: what its pages are given.
        signing_in: how people prove who they are.
        nonce: draws one for each answer.
        address: of the desk, as browsers know it.
        provider: the identity provider's address.

    Raises:
        InvariantBroken: a page has no row in the table of rights.
    """

    async def fault(request: Request, exception: Exception) -> Response:  # noqa: RUF029
        if not isinstance(exception, CandourError):
            raise exception
        return station.page(
            request, "fault.html", title="This was not done", status=409, fault=exception
        )

    async def not_found(request: Request, _: Exception) -> Response:  # noqa: RUF029
        if "session" not in request.scope["state"]:  # a file that is not there
            return PlainTextResponse("Nothing is here.", 404)
        return station.nothing(request)

    pages = [*account.routes(station, signing_in)]
    for part in PAGES:
        pages += part(station)
    guard = Middleware(
        Guard, sessions=station.sessions, nonce=nonce, address=address, open_paths=OPEN,
        provider=provider,
    )  # fmt: skip
    return Starlette(
        routes=[
            Mount("/assets", StaticFiles(directory=ASSETS)),
            *(admit(station, one) for one in pages),
        ],
        middleware=[guard],
        exception_handlers={CandourError: fault, 404: not_found, HTTPException: not_found},
    )
