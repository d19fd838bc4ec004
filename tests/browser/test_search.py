"""Search in real Chromium, script off: why first, then who is found, and why; what is reviewed."""

from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser

from tests.support.browser import axe, in_memory, shot, sign_in
from tests.support.busy import CANARY, POLICE, Busy
from tests.support.reviewed import emergency, erase
from tests.support.working import Working, files_in

GOVERNS, PHONE = "mk-csp", 320
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def test_somebody_is_searched_for_found_opened_and_found_again(
    browser: Browser, force: Busy, tmp_path: Path
) -> None:
    """Without script, at 320 px too; nobody's name in an address or a title, and no dead end."""
    with in_memory(force.town, POLICE, tmp_path) as desk:
        page = await desk.open(browser, script=False)
        await sign_in(page, "officer", purpose="my_task")
        await page.get_by_role("link", name="Search", exact=True).click()
        await shot(page, "search")
        await page.get_by_role("button", name="Search").click()
        await page.get_by_text("There is a problem").wait_for()
        await shot(page, "search_wrong")
        await page.get_by_label("Why?").fill("incident 212 of today")
        await page.get_by_label("Given name").fill("Danny")
        await page.get_by_label("Family name").fill("Quilfether")
        await page.get_by_label("Date of birth, or age").fill("1975")
        await page.get_by_role("button", name="Search").click()
        await page.get_by_text("May be them").first.wait_for()
        at = urlsplit(page.url).path
        assert at.startswith("/search/")
        assert CANARY not in await page.title()
        await shot(page, "search_found")
        await page.locator("article a[href^='/reports/']").first.click()
        await page.get_by_text("what may be put to whom").first.wait_for()
        await page.go_back()
        await page.get_by_text("May be them").first.wait_for()
        assert urlsplit(page.url).path == at
        assert desk.elsewhere == []
        seeing = await desk.open(browser)
        phone = await desk.open(browser, width=PHONE)
        for one, suffix in ((seeing, ""), (phone, "_phone")):
            await sign_in(one, "supervisor", purpose="supervision")
            await one.goto("/search")
            assert await axe(one) == []
            await one.get_by_label("Why?").fill("a review of the shift")
            for name, text in (("Given name", "Zebulon"), ("Family name", "Nobody")):
                await one.get_by_label(name).fill(text)
            await one.get_by_role("button", name="Search").click()
            await one.get_by_text("Nothing found that may be shown").wait_for()
            await shot(one, f"search_nothing{suffix}")
            assert await axe(one) == []
            assert await one.evaluate(TOO_WIDE) == 0
            await one.goto("/search")
            await one.get_by_label("Why?").fill("a review of the shift")
            await one.get_by_label("Or: reference of a report").fill(force.said["concern"])
            await one.get_by_role("button", name="Search").click()
            await one.get_by_text("has this reference").wait_for()
            assert await axe(one) == []
            await shot(one, f"search_by_reference{suffix}")


async def test_what_is_reviewed_and_confirmed_keeps_nobody_out(
    browser: Browser, tmp_path: Path
) -> None:
    """An emergency and an erasure by axe, with their errors, at 320 px too."""
    town = Working("reviewed", store=files_in(tmp_path), acting=[POLICE, GOVERNS])
    used, erased = emergency(town), erase(town)
    for agency, path, name, button in (
        (GOVERNS, f"/emergencies/{used}", "emergency", "Record the review"),
        (POLICE, f"/erasures/{erased}", "erasure", "Confirm that it is erased here"),
    ):
        with in_memory(town, agency, tmp_path) as desk:
            page = await desk.open(browser, width=PHONE)
            await sign_in(page, "manager", purpose="supervision")
            await page.goto(path)
            assert await axe(page) == [], name
            assert await page.evaluate(TOO_WIDE) == 0, name
            await page.set_viewport_size({"width": 1100, "height": 900})
            await shot(page, name)
            await page.get_by_role("button", name=button).click()
            await page.get_by_text("There is a problem").wait_for()
            assert await axe(page) == [], f"{name} with errors"
            await shot(page, f"{name}_wrong")
    town.close()
