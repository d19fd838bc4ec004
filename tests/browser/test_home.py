"""The desk of a real home over real Kafka: what somebody presses there, everybody's log has."""

from pathlib import Path

from playwright.async_api import Browser

from tests.support.browser import at_home, sign_in
from tests.support.offices import DESK, Offices
from tests.support.running import running
from tests.support.topics import views_of


async def test_two_managers_let_a_report_go_at_the_desk_of_governance(
    kafka: str, browser: Browser, tmp_path: Path
) -> None:
    """Each word goes through the outbox and the broker; after the second police have the report."""
    async with running(kafka, tmp_path, "desk-release", exercise=True) as town:
        offices = Offices(town)
        await offices.open_desk()
        said = await offices.report(lacks="role", urgency="routine", expect=3)
        await offices.settle(DESK)
        with at_home(town.homes[DESK]) as desk:
            for who in ("manager", "supervisor"):
                page = await desk.open(browser, script=False)
                await sign_in(page, who, purpose="supervision")
                await page.goto("/quarantine")
                await page.locator(".desk-row a").first.click()
                await page.get_by_label("Let it go to everybody").check()
                await page.locator("input[name=waive]").check()
                await page.get_by_label("Why?").fill("the team is known to us")
                await page.get_by_role("button", name="Put my word on the log").click()
                await page.get_by_text("Your word is on the log").wait_for()
                await offices.settle(DESK)
            await page.goto("/quarantine")
            assert "Nothing is held" in await page.content()
        came = [v for v in await views_of(town, "thames-valley") if v.statement.context.id == said]
        assert came
