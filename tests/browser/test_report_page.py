"""The page on which a partner reports, in real Chromium, over a real broker and Kafka."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page

from contracts.section import Narrative, Provenance, Risk
from contracts.sharing import UseLimits
from producers.home import Home
from tests.support.browser import Served, shot, sign_in
from tests.support.offices import CASE, POLICE, Offices
from tests.support.reporting import OWN, WORDS, Steps, at_counter, fill_e18, look
from tests.support.running import running

MAY = "2012-05-01T10:00:00.000Z"
LIFE = "Tracey is at home in Example Street; he is at the door"


@asynccontextmanager
async def reporting(kafka: str, folder: Path, partnership: str) -> AsyncIterator[Offices]:
    """Run a partnership on 1 May 2012, whose probation names its reporter in agency.yaml."""
    async with running(kafka, folder, partnership, exercise=True) as town:
        offices = Offices(town)
        await offices.do(f"partnership clock {MAY}", "mk-csp/control")
        path = town.homes[CASE].folder / "agency.yaml"
        path.write_text(path.read_text() + OWN)
        town.homes[CASE] = Home.open(town.homes[CASE].folder)
        await town.outbox(CASE)
        yield offices


async def opened(served: Served, browser: Browser, *, script: bool = True) -> Page:
    """Open the page as Pat Marsh."""
    page = await served.open(browser, script=script)
    await sign_in(page, "pat")
    return page


def said_on(page: Page) -> str:
    """Give the reference that stands in the page's address."""
    return page.url.rpartition("/")[2]


async def is_within(page: Page, width: int) -> bool:
    """Say whether nothing of a page stands out to the right of a window so wide."""
    wide: int = await page.evaluate("document.documentElement.scrollWidth")
    return wide <= width


async def test_e18_is_reported_in_ten_pages_reaches_police_and_is_answered(
    kafka: str, tmp_path: Path, browser: Browser
) -> None:
    """Three minutes are all that an officer has; and silence is what stops officers reporting."""
    async with reporting(kafka, tmp_path, "page-e18") as offices:
        with at_counter(offices.town.homes[CASE]) as served:
            page = await opened(served, browser)
            steps = Steps(page, looked="report-e18")
            await fill_e18(steps)
            assert "Today, 1 May 2012" in await page.inner_text("main")
            await steps.press("Send the report")
            assert (steps.pages, steps.fields, steps.keys - len(WORDS)) == (10, 15, 51)
            await look(page, "report-sent")
            assert "Delivered to Thames Valley Police and Milton Keynes" in await page.inner_text(
                "main"
            )
            said = said_on(page)
            view = await offices.view("thames-valley", said)
            assert view is not None
            sections, context = view.statement.sections, view.statement.context
            assert (context.urgency, context.purpose, context.agreement) == (
                "urgent", "safeguarding", "mk-isa",
            )  # fmt: skip
            assert sections["narrative"] == Narrative(WORDS, "summary")
            assert sections["risk"] == Risk("unknown", "not_asked")
            who, limits = sections["provenance"], sections["use_limits"]
            assert isinstance(who, Provenance)
            assert isinstance(limits, UseLimits)
            assert who.practitioner is not None
            assert (who.practitioner.name, who.how_known) == (
                "Pat Marsh (name invented)",
                "told_by_subject",
            )
            assert [(one.may_be_told, one.origin_may_be_told) for one in limits.limits] == [
                ("ring_first", "no"), ("ring_first", "no"),
            ]  # fmt: skip
            assert limits.ring == "01632 960102"
            await offices.settle(POLICE)
            words = tmp_path / "answer.yaml"
            words.write_text(
                "avoid: saying to him that you told us\nnext_contact: ring by Friday\n"
            )
            await offices.do(
                f"response give {said} --received-by 'Lee Hart (name invented)' --researched part "
                "--action research_opened --action dash_planned --role "
                f"duty_intelligence_inspector --words {words}", POLICE,
            )  # fmt: skip
            await page.get_by_text("Research was opened").wait_for()  # nobody reloaded the page
            assert "saying to him that you told us" in await page.inner_text("main")
            await look(page, "report-answered")
            await page.goto("/")
            assert "1 answer" in await page.inner_text("main")
            await look(page, "report-mine")
            for width in (320, 550):
                await page.set_viewport_size({"width": width, "height": 640})
                for address in ("/", f"/sent/{said}"):
                    await page.goto(address)
                    assert await is_within(page, width), address
                await look(page, f"report-sent-{width}")
            await page.emulate_media(media="print")
            await shot(page, "report-sent-print")
            assert served.elsewhere == []
