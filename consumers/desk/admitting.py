"""The table of rights, put before every page: a route without a row does not start.

Source: OWASP ASVS 5.0 V8.2 and V8.3 (authorization, enforced here and not by what a page shows).
"""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from consumers.desk.person import Role
from consumers.desk.rights import READS, RIGHTS, Right, may
from consumers.desk.station import Station, refused
from contracts.fault import InvariantBroken
from contracts.identifier import is_reference

REFERENCES = frozenset({
    "alert", "application", "correction", "digest", "erasure", "exclusion", "kid", "link", "other",
    "request", "statement", "task", "token",
})  # fmt: skip
"""What an address names by a reference: free text there is looked up, and recorded, nowhere."""


def admit(station: Station, route: Route, rights: Mapping[str, Right] = RIGHTS) -> Route:
    """Put the table before a route.

    Args:
        station: says who is there.
        route: as a part of the desk made it.
        rights: the table.

    Raises:
        InvariantBroken: nobody has said who may come here.
    """
    right = rights.get(route.path)
    if right is None:
        raise InvariantBroken(
            f"{route.path} is a page of the desk, and nobody has said who may open it.",
            remedy="Add a row to RIGHTS in consumers/desk/rights.py.",
        )
    endpoint: Callable[[Request], Any] = route.endpoint
    if inspect.iscoroutinefunction(endpoint):

        @wraps(endpoint)
        async def admitted(request: Request) -> Response:
            return _turned_away(station, request, route.path, right) or await endpoint(request)

    else:

        @wraps(endpoint)
        def admitted(request: Request) -> Response:
            return _turned_away(station, request, route.path, right) or endpoint(request)

    methods = None if route.methods is None else sorted(route.methods)
    return Route(route.path, admitted, methods=methods)


def _turned_away(station: Station, request: Request, path: str, right: Right) -> Response | None:
    """Answer somebody who may not, or has not said why; None for who may go on."""
    if right.is_open:
        return None
    station.learn()  # who is excluded, suspended or compromised by now
    state = request.state.session.state
    roles = frozenset(Role(one) for one in state.get("roles", ()))
    if not may(right, request.method, roles):
        allowed = right.see if request.method in READS else right.do
        station.look(request, station.person(request), "refused", path)
        return refused(station, request, *sorted(allowed or ()))
    if right.purpose and not state.get("purpose"):
        return RedirectResponse(f"/purpose?next={quote(request.url.path)}", 303)
    given = request.path_params
    if not all(is_reference(given[name]) for name in REFERENCES & given.keys()):
        return station.nothing(request)
    return None
