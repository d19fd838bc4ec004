"""The page on which partners report, put together: a home's outbox, its drafts, who signs in."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

from pydantic import Field
from starlette.applications import Starlette

from consumers.desk.reporting.app import NAVIGATION, reporting
from consumers.desk.reporting.counter import Counter
from consumers.desk.reporting.drafts import Drafts
from consumers.desk.session import Limits, Sessions
from consumers.desk.station import Station
from consumers.worker import Partners, Voice
from contracts.fault import Misuse
from deploy import clock
from deploy.desk import DeskSettings, listen, secret_of, signing_in_of
from deploy.filing import Filing
from deploy.sealing import sealer_of
from deploy.wiring import open_acting
from producers.home import Home
from producers.keys import check_private
from producers.outbox import Outbox

SESSIONS, SEALED_WITH = "report.sqlite", "report.key"
SECRET_MIN = 32
REPORTERS = (
    ("pat", "Pat Marsh (name invented)", ["reporter"]),
    ("sam", "Sam Okoro (name invented)", ["reporter"]),
    ("visitor", "Val Stone (name invented)", ["auditor"]),
)
"""Who can sign in at the development provider: subject, name, roles."""


class ReportSettings(DeskSettings):
    """`report.yaml` of a home: as `desk.yaml`, and what the agency's case system proves itself by.

    `case_secret` is a file; without it no case system may begin a report.
    """

    case_secret: str | None = None
    draft_days: int = Field(default=7, ge=1, le=31)


class _Heard:
    """What the agency knows of its partnership, as its outbox read it last."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def __getattr__(self, name: str) -> Any:
        return getattr(self._outbox.partnership, name)


def counter_of(
    home: Home, settings: ReportSettings, now_ms: Callable[[], int] = clock.now_ms
) -> tuple[Counter, Filing]:
    """Open what the pages of a home are given, and what sends for them.

    Args:
        home: one that reports.
        settings: of the service.
        now_ms: this machine's clock.

    Raises:
        Misuse: a file of the home is open to others, or the secret is too short.
    """
    acting = open_acting(home)
    outbox, agency = acting.outbox, home.agency
    outbox.now_ms = now_ms  # one clock for all that is served
    partners = cast(Partners, _Heard(outbox))
    voice = Voice(agency.agency, home.source, agency.accountable, partners, home.credential)
    url = f"sqlite:///{home.folder / SESSIONS}"
    sealing = sealer_of(home.folder / SEALED_WITH)
    sessions = Sessions(
        url, now_ms=now_ms, random_bytes=clock.random_bytes,
        limits=Limits(idle_minutes=settings.idle_minutes), sealing=sealing,
    )  # fmt: skip
    ours = outbox.partnership.agencies.get(agency.agency)
    station = Station(
        acting.store, voice, acting, sessions, now_ms, ours.title if ours else agency.agency,
        navigation=NAVIGATION,
    )  # fmt: skip
    drafts = Drafts(
        url, now_ms=now_ms, random_bytes=clock.random_bytes,
        sealing=sealing, kept_days=settings.draft_days,
    )  # fmt: skip
    filing = Filing(outbox)
    station = replace(station, stuck=filing.reach.stuck)
    return Counter(station, filing, drafts, _case_secret(home, settings)), filing


def application(
    counter: Counter, filing: Filing, settings: ReportSettings, *, secret: str
) -> Starlette:
    """Put the pages together with who vouches for people, and with the sender.

    Args:
        counter: what the pages are given.
        filing: what sends.
        settings: of the service.
        secret: what proves this service to the provider.
    """
    signing_in = signing_in_of(counter.station, settings, secret=secret)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with filing.reach.asking(app), filing.sending(counter.drafts):
            yield

    return reporting(
        counter, signing_in, nonce=clock.token, address=settings.address,
        provider=settings.issuer, lifespan=lifespan,
    )  # fmt: skip


def serve(home: Home, settings: ReportSettings, *, port: int) -> None:
    """Serve the pages until stopped. Nothing logs who asked for what."""
    counter, filing = counter_of(home, settings)
    served = application(counter, filing, settings, secret=secret_of(home, settings))
    listen(home, served, settings, port)


def _case_secret(home: Home, settings: ReportSettings) -> str | None:
    if settings.case_secret is None:
        return None
    path = home.folder / settings.case_secret
    check_private(path)
    secret = path.read_text().strip()
    if len(secret) < SECRET_MIN:
        raise Misuse(
            f"{path} holds too short a secret for a case system.",
            remedy=f"Write at least {SECRET_MIN} random characters there: openssl rand -hex 32",
        )
    return secret
