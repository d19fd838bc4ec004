"""The page on which a partner reports, served over a real broker; and what it takes to fill it.

with at_counter(town.homes["tv-probation/case"]) as served:
    page = await served.open(browser)
    await sign_in(page, "pat")
    steps = Steps(page)
    await steps.press("Make a report")
"""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from playwright.async_api import Page

from consumers.desk.reporting.counter import Counter
from consumers.desk.reporting.filling import Typed
from deploy.reporting import REPORTERS, ReportSettings, application, counter_of
from producers.home import Home
from tests.support.browser import Listening, Served, Ticking, axe, provider, shot
from tests.support.speaking import Speaker
from tests.support.visiting import ADDRESS, Visited
from tests.vectors.ledger import CLOCK_MS

OWN = """\
reporter:
  name: Pat Marsh (name invented)
  role: probation officer
  mailbox: duty@probation.example
  telephone: 01632 960100
  out_of_hours: 01632 960102
"""
"""What an agency writes of its reporter once, in agency.yaml."""
WORDS = (
    "In February he had disclosed his relationship with Tracey and at this meeting stated his "
    "intention to end this relationship."
)
"""The review's own words (3.2.4)."""
FILLED: dict[str, Typed] = {
    "danger": {"danger_now": ["unknown"]},
    "person-1": {"given": ["Daniel"], "reference": ["case-4471"]},
    "children": {"children": ["not_asked"]},
    "what": {"concern": ["separation"], "words": ["He means to end it."], "occurred": ["today"]},
    "source": {"how_known": ["told_by_subject"], "role": ["probation officer"],
               "mailbox": ["duty@probation.example"]},
    "done": {},
    "asked": {"asked": ["research"], "urgency": ["urgent"], "ring": ["01632 960102"]},
}  # fmt: skip
"""A whole report as its pages send it."""


@contextmanager
def at_counter(
    home: Home,
    *,
    users: Sequence[tuple[str, str, list[str]]] = REPORTERS,
    **settings: Any,
) -> Iterator[Served]:
    """Serve the page of a home whose broker runs; what is reported there is sent from there.

    Args:
        home: one that reports.
        users: who can sign in.
        settings: more of `report.yaml`.
    """
    with provider(users) as issuer, socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://localhost:{listening.getsockname()[1]}"
        given = ReportSettings(
            issuer=issuer, client_id="candour-report", client_secret="development",
            address=address, tells_when=False, **settings,
        )  # fmt: skip
        ticking = Ticking()
        counter, filing = counter_of(home, given, ticking)
        config = uvicorn.Config(
            application(counter, filing, given, secret="development"), log_config=None,
            access_log=False, server_header=False, lifespan="on", ws="none",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = Listening(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            if not server.listens.wait(30):
                raise TimeoutError("the page did not start")
            yield Served(address, counter.station, ticking, issuer)
        finally:
            server.should_exit = True
            thread.join()
            counter.station.sessions.close()
            counter.drafts.close()


@dataclass
class Steps:
    """A person at the page, counted.

    Attributes:
        page: at which they are.
        pages: how many they pressed a button on.
        fields: how many they answered.
        keys: characters typed, and one for each choice and each button.
        looked: the name under which each page is kept as a screenshot and put to axe; none where
            empty.
    """

    page: Page
    pages: int = 0
    fields: int = 0
    keys: int = 0
    looked: str = ""

    async def write(self, label: str, text: str) -> None:
        """Write into the field of a label."""
        self.fields, self.keys = self.fields + 1, self.keys + len(text)
        await self.page.get_by_label(label, exact=True).fill(text)

    async def choose(self, question: str, answer: str) -> None:
        """Choose an answer."""
        self.fields, self.keys = self.fields + 1, self.keys + 1
        group = self.page.get_by_role("group", name=question)
        await group.get_by_label(answer, exact=True).check()

    async def press(self, button: str) -> None:
        """Look at the page, then press a button and wait for the next."""
        if self.looked:
            await look(self.page, f"{self.looked}-{self.pages:02}")
        self.pages, self.keys = self.pages + 1, self.keys + 1
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name=button, exact=True).click()


async def look(page: Page, name: str) -> None:
    """Keep a screenshot of a page, and insist that axe finds nothing against it."""
    await shot(page, name)
    assert await axe(page) == []


async def fill_e18(steps: Steps) -> None:
    """Fill the report of 1 May 2012 (E18, review 3.2.4), from the button to the last page."""
    await steps.press("Make a report")
    await steps.choose("Is somebody in danger now?", "I do not know")
    await steps.press("Continue")
    await steps.write("First names", "Daniel")
    await steps.write("Family name", "Example")
    await steps.write("Born", "1970")
    await steps.write("Your own case number for them", "case-4471")
    await steps.press("Save and add another person")
    await steps.write("First names", "Tracey")
    await steps.press("Continue")
    await steps.choose("Is there a child?", "Not asked")
    await steps.press("Continue")
    await steps.choose("What is it about?", "A separation, or that one of them means to end it")
    steps.fields, steps.keys = steps.fields + 1, steps.keys + 1
    await steps.page.get_by_label("What are they to each other?").select_option("partners")
    await steps.write("What was said, or what happened", WORDS)
    await steps.choose("When was that?", "Today")
    await steps.press("Continue")
    await steps.choose("How do you know?", "The person told me themselves")
    await steps.press("Continue")
    await steps.press("Continue")
    await steps.choose("What do you ask for?", "Find out what is held about them")
    await steps.choose("What do you ask for?", "Ring me back")
    await steps.choose("How soon must somebody act?", "Today")
    await steps.press("Continue")


@dataclass
class Clock:
    """A clock that only a test moves."""

    at_ms: int

    def __call__(self) -> int:
        """Read it."""
        return self.at_ms


@contextmanager
def in_town(speaker: Speaker, **settings: Any) -> Iterator[tuple[Visited, Counter, Clock]]:
    """Open the page of a played home in this process; `speaker.send` and `read` are its sender.

    Args:
        speaker: the home, which has read what was agreed.
        settings: more of `report.yaml`.
    """
    with provider(REPORTERS) as issuer:
        given = ReportSettings(
            issuer=issuer, client_id="candour-report", client_secret="development",
            address=ADDRESS, tells_when=False, **settings,
        )  # fmt: skip
        ticking = Clock(CLOCK_MS)
        counter, filing = counter_of(speaker.home, given, ticking)
        try:
            app = application(counter, filing, given, secret="development")
            yield Visited(app, counter.station, ticking), counter, ticking  # type: ignore[arg-type]
        finally:
            counter.station.sessions.close()
            counter.drafts.close()
