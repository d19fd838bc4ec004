"""The desk's application: its pages behind its guard."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from consumers.desk.guard import COOKIE, Guard
from consumers.desk.pages import account, inbox, report
from consumers.desk.signing_in import SigningIn
from consumers.desk.station import ASSETS, Station
from contracts.fault import CandourError

PAGES: Sequence[Callable[[Station], list[Route]]] = (inbox.routes, report.routes)
"""Every part of the desk, in the order of its navigation."""


def desk(  # noqa: PLR0913 - what it is given has this many independent parts
    station: Station,
    signing_in: SigningIn,
    *,
    nonce: Callable[[], str],
    provider: str,
    pages: Sequence[Callable[[Station], list[Route]]] = PAGES,
    cookie: str = COOKIE,
    machines: Collection[str] = (),
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None,
) -> Starlette:
    """Build the desk of one agency, or another service of it in the same manner.

    Args:
        station: what its pages are given.
        signing_in: how people prove who they are.
        nonce: draws one for each answer.
        provider: the identity provider's address.
        pages: its parts.
        cookie: as the guard's.
        machines: as the guard's.
        lifespan: what runs while it is served.
    """

    async def fault(request: Request, exception: Exception) -> Response:  # noqa: RUF029
        if not isinstance(exception, CandourError):
            raise exception
        return station.page(
            request, "fault.html", title="This was not done", status=409, fault=exception
        )

    async def not_found(request: Request, _: Exception) -> Response:  # noqa: RUF029
        return station.nothing(request)

    routes = [Mount("/assets", StaticFiles(directory=ASSETS)), *account.routes(station, signing_in)]
    for page in pages:
        routes += page(station)
    return Starlette(
        routes=routes,
        middleware=[
            Middleware(
                Guard,
                sessions=station.sessions,
                nonce=nonce,
                provider=provider,
                cookie=cookie,
                machines=machines,
            )
        ],
        lifespan=lifespan,
        exception_handlers={CandourError: fault, 404: not_found, HTTPException: not_found},
    )
