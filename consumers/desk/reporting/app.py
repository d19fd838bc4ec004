"""The service on which partners report: its pages behind the desk's guard."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.routing import Route

from consumers.desk.app import Service, desk
from consumers.desk.person import Role
from consumers.desk.reporting import from_case, mine, writing
from consumers.desk.reporting.counter import Counter
from consumers.desk.rights import EVERY, RIGHTS, Right
from consumers.desk.signing_in import SigningIn
from consumers.desk.station import Station

COOKIE = "__Host-candour-report"
NAVIGATION = [("/", "Your reports"), ("/key", "Key")]
_ACCOUNT = ("/sign-in", "/signed-in", "/signed-out", "/alive", "/sign-out", "/purpose", "/unsaved",
            "/browsers",
            "/key")  # fmt: skip
_REPORTING = frozenset({Role.REPORTER})
REPORTERS_RIGHTS = {path: RIGHTS[path] for path in _ACCOUNT} | {
    "/": Right(see=_REPORTING),
    "/live": Right(see=EVERY),
    "/report": Right(do=_REPORTING),
    "/report/{draft}/send": Right(do=_REPORTING),
    "/report/{draft}/delete": Right(see=_REPORTING, do=_REPORTING),
    "/report/{draft}/{step}": Right(see=_REPORTING, do=_REPORTING),
    "/sent/{statement}": Right(see=_REPORTING),
    "/sent/{statement}/complete": Right(see=_REPORTING, do=_REPORTING),
    from_case.PATH: Right(is_open=True),
}
"""Every address of the service. A report asks no purpose: whoever writes it knows why."""


def reporting(  # noqa: PLR0913 - as the desk
    counter: Counter,
    signing_in: SigningIn,
    *,
    nonce: Callable[[], str],
    address: str,
    provider: str,
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]],
) -> Starlette:
    """Build the service of one agency.

    Args:
        counter: what its pages are given.
        signing_in: how people prove who they are.
        nonce: draws one for each answer.
        address: of the service, as browsers know it.
        provider: the identity provider's address.
        lifespan: what runs while it is served: the sender.
    """

    def pages(_: Station) -> list[Route]:
        return [*mine.routes(counter), *writing.routes(counter), *from_case.routes(counter)]

    service = Service([pages], REPORTERS_RIGHTS, COOKIE, [from_case.PATH])
    return desk(
        counter.station, signing_in, nonce=nonce, address=address, provider=provider,
        service=service, lifespan=lifespan,
    )  # fmt: skip
