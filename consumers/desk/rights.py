"""Who may see what, and do what, at which address: one table, and nothing outside it.

A route without a row does not start (`admit`). A role opens a page; what is kept from somebody is
another matter (`consumers.standing`), and holds whatever their role.

Source: OWASP ASVS 5.0 V8 (authorization); domain.md 7 (Machine or person; Attention).
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from consumers.desk.person import Role
from consumers.desk.station import Station, refused
from contracts.fault import InvariantBroken

Roles = frozenset[Role]
READS = frozenset({"GET", "HEAD"})

WORKING: Roles = frozenset({Role.RESEARCHER, Role.SUPERVISOR, Role.DUTY_MANAGER})
"""Who works on reports."""
LEADING: Roles = frozenset({Role.SUPERVISOR, Role.DUTY_MANAGER})
READING: Roles = WORKING | {Role.INFORMATION_MANAGER, Role.AUDITOR}
EVERY: Roles = frozenset(Role)


@dataclass(frozen=True)
class Right:
    """What one address asks of somebody.

    Attributes:
        see: who may open it; None for everybody who is signed in, with a role or without.
        do: who may send its form; None likewise.
        purpose: whether they must have said why they look.
        is_open: whether nobody need be signed in.
    """

    see: Roles | None = None
    do: Roles | None = frozenset()
    purpose: bool = False
    is_open: bool = False


RIGHTS: Mapping[str, Right] = {
    "/sign-in": Right(is_open=True),
    "/signed-in": Right(is_open=True),
    "/signed-out": Right(is_open=True),
    "/alive": Right(is_open=True),
    "/sign-out": Right(do=None),
    "/purpose": Right(see=EVERY, do=EVERY),
    "/unsaved": Right(do=None),
    "/key": Right(see=EVERY),
    "/": Right(see=READING),
    "/live": Right(see=READING),
    "/reports/{statement}": Right(see=READING, purpose=True),
}
"""Every address of the desk, as its routes spell it."""
OPEN = frozenset(path for path, right in RIGHTS.items() if right.is_open)


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
            return _turned_away(station, request, right) or await endpoint(request)

    else:

        @wraps(endpoint)
        def admitted(request: Request) -> Response:
            return _turned_away(station, request, right) or endpoint(request)

    methods = None if route.methods is None else sorted(route.methods)
    return Route(route.path, admitted, methods=methods)


def may(right: Right, method: str, roles: Roles) -> bool:
    """Say whether these roles open an address, or send its form."""
    allowed = right.see if method in READS else right.do
    return allowed is None or not allowed.isdisjoint(roles)


def _turned_away(station: Station, request: Request, right: Right) -> Response | None:
    """Answer somebody who may not, or has not said why; None for who may go on."""
    if right.is_open:
        return None
    state = request.state.session.state
    roles = frozenset(Role(one) for one in state.get("roles", ()))
    if not may(right, request.method, roles):
        allowed = right.see if request.method in READS else right.do
        return refused(station, request, *sorted(allowed or ()))
    if right.purpose and not state.get("purpose"):
        return RedirectResponse(f"/purpose?next={quote(request.url.path)}", 303)
    return None
