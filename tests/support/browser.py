"""The desk in real Chromium: one served in a thread, a person signed in, axe, a screenshot.

All of it asynchronous, so that a broker, a consumer and a browser run in one test:

    async with running(kafka, tmp_path, "a-name", exercise=True) as town:
        with at_home(town.homes["thames-valley/desk"]) as desk:
            page = await desk.open(browser)  # the fixture
            await sign_in(page, "officer", purpose="my_task")
            assert not await axe(page)

Where Kafka decides nothing, `in_memory(Working(...), POLICE, folder)` serves a desk over a played
ledger, in which what a person does is signed, sequenced and delivered at once.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from axe_playwright_python.async_playwright import Axe
from oidc_provider_mock import User, run_server_in_thread
from playwright.async_api import Browser, Page, Route, async_playwright

from consumers.desk.session import Limits, Sessions
from consumers.desk.station import Acts, Station
from contracts.fault import Misuse
from deploy import clock
from deploy.desk import DEVELOPERS, DeskSettings, application
from deploy.desk import station_of as opened
from producers.home import Home
from tests.support.played import Played
from tests.support.working import Working

SHELL = "chromium-headless-shell"
CHROMIUM = (Path("/usr/bin") / SHELL, Path("/usr/bin/chromium"))
"""As Debian ships it: without windows of its own, else whole; that draws twice as much."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SHOTS = "SHOTS_OF_TESTS"
"""The variable that names a folder for screenshots; without it none is taken."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run Chromium while the block runs, as Debian ships it; install it where that is allowed."""
    path = await asyncio.to_thread(_installed)
    args = ["--no-sandbox", "--disable-gpu"]
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=path, args=args)
        try:
            yield browser
        finally:
            await browser.close()


def _installed() -> Path:
    """Find Chromium; install it with apt-get where it is missing, else say what to install."""
    for path in CHROMIUM:
        if path.exists():
            return path
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Misuse(
            "Chromium is not on this machine: the desk cannot be tried in a browser.",
            remedy=f"Install it (Debian: apt-get install {SHELL}), then run this again.",
        )
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", SHELL]):
        subprocess.run(command, capture_output=True, check=True, env=quiet)
    return CHROMIUM[0]


@dataclass
class Ticking:
    """This machine's clock, which a test may put forward."""

    ahead_ms: int = 0

    def __call__(self) -> int:
        """Read it."""
        return clock.now_ms() + self.ahead_ms


@dataclass
class Served:
    """A desk that is being served.

    Attributes:
        address: as a browser knows it.
        station: what its pages are given; `station.sessions` its sessions.
        clock: of the desk.
        elsewhere: what a page asked of another address than the desk or its provider: nothing.
    """

    address: str
    station: Station
    clock: Ticking
    issuer: str
    elsewhere: list[str] = field(default_factory=list)

    async def open(self, browser: Browser, *, script: bool = True, width: int = 1100) -> Page:
        """Open a new browser profile at this desk: nobody is signed in there.

        Args:
            browser: a running one.
            script: whether scripts run.
            width: of the window, in CSS pixels.
        """
        context = await browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=script,
            base_url=self.address,
        )  # fmt: skip

        async def inside(route: Route) -> None:
            asked = route.request.url
            if asked.startswith((self.address, self.issuer, "data:")):
                await route.continue_()
                return
            if urlsplit(route.request.frame.url).netloc == urlsplit(self.address).netloc:
                self.elsewhere.append(asked)
            await route.abort()

        await context.route("**/*", inside)
        return await context.new_page()


@contextmanager
def provider(users: Sequence[tuple[str, str, list[str]]] = DEVELOPERS) -> Iterator[str]:
    """Run the development provider in a thread, which believes everybody; give its address.

    Args:
        users: who can sign in: subject, name, roles.
    """
    known = [
        User(sub=subject, claims={"name": name, "roles": roles}) for subject, name, roles in users
    ]
    with run_server_in_thread(user_claims=known) as server:
        yield f"http://localhost:{server.server_port}"


@contextmanager
def at_home(
    home: Home, *, users: Sequence[tuple[str, str, list[str]]] = DEVELOPERS
) -> Iterator[Served]:
    """Serve the desk of a home whose broker runs; what is done there goes to Kafka.

    Args:
        home: whose consumer a test runs or catches up (`candour consumer catch-up`).
        users: who can sign in.
    """
    with _served(partial(opened, home), users) as served:
        yield served


@contextmanager
def in_memory(
    working: Working,
    agency: str,
    folder: Path,
    *,
    users: Sequence[tuple[str, str, list[str]]] = DEVELOPERS,
) -> Iterator[Served]:
    """Serve the desk of an agency of a played ledger.

    Args:
        working: everybody at work; `settle` brings to the desk what was said since.
        agency: one whose consumer runs.
        folder: for the sessions.
        users: who can sign in.
    """
    with _served(lambda *given: station_of(working, agency, folder, *given), users) as served:
        yield served


def station_of(
    working: Working, agency: str, folder: Path, settings: DeskSettings, ticking: Callable[[], int]
) -> Station:
    """Give what the pages of an agency of a played ledger are given."""
    consumer = working.consumers[agency]
    sessions = Sessions(
        f"sqlite:///{folder / 'sessions.sqlite'}", now_ms=ticking, random_bytes=clock.random_bytes,
        limits=Limits(idle_minutes=settings.idle_minutes),
    )  # fmt: skip
    acts: Acts = Played(working, agency)
    title = consumer.voice.partners.agencies[agency].title
    return Station(consumer.store, consumer.voice, acts, sessions, ticking, title)


class Listening(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@contextmanager
def _served(
    station: Callable[[DeskSettings, Ticking], Station],
    users: Sequence[tuple[str, str, list[str]]],
) -> Iterator[Served]:
    with provider(users) as issuer, socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://localhost:{listening.getsockname()[1]}"
        settings = DeskSettings(
            issuer=issuer, client_id="candour-desk", client_secret="development",
            tells_when=False, address=address,
        )  # fmt: skip
        ticking = Ticking()
        made = station(settings, ticking)
        config = uvicorn.Config(
            application(made, settings, secret="development"), log_config=None, access_log=False,
            server_header=False, lifespan="off", ws="none", timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = Listening(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            if not server.listens.wait(30):
                raise TimeoutError("the desk did not start")
            yield Served(address, made, ticking, issuer)
        finally:
            server.should_exit = True
            thread.join()
            made.sessions.close()


async def sign_in(page: Page, who: str = "officer", *, purpose: str | None = None) -> None:
    """Sign somebody in at the development provider, from whichever page leads there.

    Args:
        page: of a desk that was opened.
        who: a subject of `DEVELOPERS`.
        purpose: what they look for, where they are to choose it now (`person.PURPOSES`).
    """
    if "/oauth2/authorize" not in page.url:
        await page.goto("/")
    await page.get_by_role("button", name=who, exact=True).click()
    await page.get_by_text("Sign out", exact=True).wait_for()
    if purpose is not None:
        came_from = urlsplit(page.url).path
        await page.goto(f"/purpose?next={came_from}")
        await choose(page, purpose)


async def choose(page: Page, purpose: str) -> None:
    """Say why one looks, on the page that asks."""
    await page.locator(f"input[name=purpose][value={purpose}]").check()
    await page.get_by_role("button", name="Go on").click()
    await page.wait_for_url(lambda url: urlsplit(url).path != "/purpose")


async def axe(page: Page) -> list[str]:
    """Look for what keeps people out, WCAG 2.2 AA: each violation and where, in words."""
    found = await Axe().run(
        page, options={"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    )
    return [
        f"{one['id']} ({one['impact']}): {one['help']}: {node['target'][0]}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]


async def shot(page: Page, name: str) -> None:
    """Take a screenshot of a whole page, where `SHOTS_OF_TESTS` names a folder."""
    folder = os.environ.get(SHOTS)
    if folder:
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
