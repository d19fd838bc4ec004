"""The service on which partners report: its pages behind the desk's guard."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.routing import Route

from consumers.desk.app import desk
from consumers.desk.reporting import from_case, mine, writing
from consumers.desk.reporting.counter import Counter
from consumers.desk.signing_in import SigningIn
from consumers.desk.station import Station

COOKIE = "__Host-candour-report"
NAVIGATION = [("/", "Your reports"), ("/key", "Key")]


def reporting(
    counter: Counter,
    signing_in: SigningIn,
    *,
    nonce: Callable[[], str],
    provider: str,
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]],
) -> Starlette:
    """Build the service of one agency.

    Args:
        counter: what its pages are given.
        signing_in: how people prove who they are.
        nonce: draws one for each answer.
        provider: the identity provider's address.
        lifespan: what runs while it is served: the sender.
    """

    def pages(_: Station) -> list[Route]:
        return [*mine.routes(counter), *writing.routes(counter), *from_case.routes(counter)]

    return desk(
        counter.station, signing_in, nonce=nonce, provider=provider, pages=[pages], cookie=COOKIE,
        machines=[from_case.PATH], lifespan=lifespan,
    )  # fmt: skip
