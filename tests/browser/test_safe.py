"""Safe by construction, where the browser decides: what a person meets who is at the desk."""

from pathlib import Path

from playwright.async_api import Browser

from tests.support.browser import axe, in_memory, shot, sign_in
from tests.support.stranger import concern, seeded
from tests.support.working import Working, files_in

POLICE = "thames-valley"


async def test_the_first_pages_keep_nobody_out_and_ask_nothing_of_anybody_else(
    browser: Browser, tmp_path: Path
) -> None:
    """Inbox and report, by axe; and no page of the desk asks another address for anything."""
    town = Working("safe", store=files_in(tmp_path), acting=[POLICE])
    town.say("nps-thames-valley/case", "concern_reported", concern(seeded("c")), urgency="urgent")
    town.settle()
    with in_memory(town, POLICE, tmp_path) as desk:
        page = await desk.open(browser)
        await sign_in(page, "officer", purpose="new_report")
        await shot(page, "inbox")
        assert await axe(page) == []
        await page.locator(".desk-row a").first.click()
        await shot(page, "report")
        assert await axe(page) == []
        assert desk.elsewhere == []
    town.close()
