"""The page on which a partner reports, in real Chromium, over a real broker and Kafka."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from playwright.async_api import Browser, Page

from contracts.section import Identity, Narrative, Provenance, Risk
from contracts.sharing import UseLimits
from deploy.speaking import outbox_of
from producers.home import Home
from producers.keys import write_private
from producers.sender import until
from tests.support.browser import Served, shot, sign_in
from tests.support.canary import holding
from tests.support.offices import CASE, POLICE, Offices
from tests.support.reporting import OWN, WORDS, Steps, at_counter, fill_e18, look
from tests.support.running import running

MAY = "2012-05-01T10:00:00.000Z"
SECRET = "a-secret-of-a-case-system-of-probation"
PERSON = {"reference": "case-4471", "given": "Zquil0001", "born": "1970"}
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
                f"response give {said} --received-by 'Lee Hart (name invented)' --researched no "
                "--action research_opened --action dash_planned --role "
                f"duty_intelligence_inspector --words {words}", POLICE,
            )  # fmt: skip
            await page.get_by_text("Research was opened").wait_for()  # nobody reloaded the page
            assert "saying to him that you told us" in await page.inner_text("main")
            await look(page, "report-answered")
            await page.goto("/")
            assert "1 answer; 3 questions to you" in await page.inner_text("main")
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


async def test_danger_shows_999_first_and_goes_to_police_at_once_half_filled(
    kafka: str, tmp_path: Path, browser: Browser
) -> None:
    """Somebody may die while an officer fills a form: no page may stand before the telephone."""
    async with reporting(kafka, tmp_path, "page-danger") as offices:
        with at_counter(offices.town.homes[CASE]) as served:
            page = await opened(served, browser, script=False)
            steps = Steps(page)
            await steps.press("Make a report")
            await steps.choose("Is somebody in danger now?", "No")
            await steps.press("Continue")
            await steps.write("First names", "Tracey")
            await steps.write("Born", "the third of May")
            await steps.press("Somebody is in danger now")
            await steps.choose("Is somebody in danger now?", "Yes")
            await steps.write("If yes: who, where, and what is happening", LIFE)
            await shot(page, "report-danger")
            await steps.press("Continue")
            first = await page.get_by_role("heading").all_inner_texts()
            assert first[0] == "Ring 999 now"
            said = said_on(page)
            assert said in await page.inner_text(".desk-999")
            outbox = outbox_of(offices.town.homes[CASE])
            assert await until(lambda: outbox.undecided() == 0, 30)
            await page.goto(page.url)  # without script it is brought up to date by hand
            assert "Delivered at once, as an emergency" in await page.inner_text("main")
            await shot(page, "report-999")
            view = await offices.view("thames-valley", said)
            assert view is not None
            assert view.statement.context.urgency == "threat_to_life"
            told = view.statement.sections["narrative"]
            assert isinstance(told, Narrative)
            assert told.text == f"{LIFE}\nBorn (as typed): the third of May"
            names = view.statement.sections["person.1.identity"]
            assert isinstance(names, Identity)
            assert names.names[0].given == "Tracey"
            rest = await _rest_of(page, steps)
            view = await offices.view("thames-valley", rest)
            assert view is not None
            assert view.statement.causes == [said]
            assert view.statement.context.urgency == "threat_to_life"


async def _rest_of(page: Page, steps: Steps) -> str:
    """Go on from the page that says to ring 999 to the whole report; give its reference."""
    await page.get_by_role("link", name="Add the rest of the report").click()
    await steps.press("Continue")
    assert "There is a problem" in await page.inner_text(".govuk-error-summary")
    assert await page.get_by_label("Born", exact=True).input_value() == "the third of May"
    await shot(page, "report-wrong")
    await steps.write("Born", "3 5 1973")
    await steps.press("Continue")
    await steps.choose("Is there a child?", "None is known")
    await steps.press("Continue")
    await steps.choose("What is it about?", "Violence")
    await steps.choose("When was that?", "Today")
    await steps.press("Continue")
    await steps.choose("How do you know?", "I saw or heard it")
    await steps.press("Continue")
    await steps.press("Continue")
    await steps.choose("What do you ask for?", "Visit")
    await steps.choose("How soon must somebody act?", "Today")
    await steps.press("Continue")
    assert "Part of this was sent already" in await page.inner_text("main")
    await steps.press("Send the report")
    return said_on(page)


async def test_a_report_that_nobody_takes_says_to_telephone(
    kafka: str, tmp_path: Path, browser: Browser
) -> None:
    """A report that waits for ever looks like one that was made: the telephone works."""
    async with reporting(kafka, tmp_path, "page-late") as offices:
        with at_counter(offices.town.homes[CASE]) as served:
            page = await opened(served, browser)
            await offices.town.stop()
            steps = Steps(page)
            await steps.press("Make a report")
            await steps.press("Continue")
            await look(page, "report-danger-wrong")
            await steps.choose("Is somebody in danger now?", "Yes")
            await steps.press("Continue")
            assert (await page.get_by_role("heading").all_inner_texts())[0] == "Ring 999 now"
            await look(page, "report-999-waits")
            await page.goto("/")
            await fill_e18(steps)
            await steps.press("Send the report")
            assert "It is on its way; nobody has taken it yet" in await page.inner_text("main")
            await look(page, "report-waits")
            served.clock.ahead_ms += 61_000
            await page.get_by_text("NOT DELIVERED: telephone").wait_for()
            assert "Telephone Thames Valley Police on 01632 960202" in await page.inner_text("main")
            await look(page, "report-late")
            await page.goto("/")
            assert "NOT DELIVERED" in await page.inner_text("main")
            await look(page, "report-mine-late")
            await offices.town.start()
            await page.get_by_text("✓ Delivered").nth(1).wait_for()


async def test_nothing_that_was_written_is_lost_or_legible_and_only_its_owner_goes_on(
    kafka: str, tmp_path: Path, browser: Browser
) -> None:
    """Whoever is called away comes back to it; whoever copies the database reads nothing."""
    async with reporting(kafka, tmp_path, "page-drafts") as offices:
        home = offices.town.homes[CASE]
        write_private(home.folder / "case-secret", SECRET.encode())
        with at_counter(home, case_secret="case-secret") as served:
            asked = {"practitioner": "pat", "people": [PERSON]}
            refused = httpx2.post(f"{served.address}/reports/from-case", json=asked)
            assert refused.status_code == 401
            given = {"authorization": f"Bearer {SECRET}"}
            begun = httpx2.post(f"{served.address}/reports/from-case", json=asked, headers=given)
            link = begun.json()["link"]
            assert re.fullmatch(r"/report/[A-Za-z0-9_-]{22}/danger", link)
            other = await served.open(browser)
            await sign_in(other, "sam")
            await other.goto(link)
            assert "Nothing to show" in await other.inner_text("main")
            page = await served.open(browser)
            await page.goto(link)
            await sign_in(page, "pat")
            steps = Steps(page)
            await page.goto(link)
            await steps.choose("Is somebody in danger now?", "No")
            await steps.press("Continue")
            assert await page.get_by_label("First names").input_value() == "Zquil0001"
            await page.get_by_label("Where are they now?").fill("Zquil0002")
            served.clock.ahead_ms += 16 * 60_000  # the telephone rang
            await page.get_by_role("button", name="pat", exact=True).wait_for()
            await sign_in(page, "pat")
            await page.get_by_role("link", name="Go on with form").click()
            assert await page.get_by_label("Where are they now?").input_value() == "Zquil0002"
            assert "Your session ended while you wrote" in await page.inner_text("main")
            await look(page, "report-taken-up")
            await steps.press("Save and go on later")
            await look(page, "report-mine-drafts")
            files = [home.folder]
            assert holding(files, ["Zquil0001", "Zquil0002"]) == {}
            assert "Zquil" not in await page.inner_text("main")
            await _at_320(page, link.removesuffix("danger"))
            await page.goto("/")
            await page.get_by_role("link", name="Go on").first.click()
            await look(page, "report-check-partial")
            assert "Still to do before it can go" in await page.inner_text("main")
            assert "Zquil0002" in await page.inner_text("main")
            await steps.press("Send the report")
            await look(page, "report-check-wrong")
            await page.goto("/")
            await page.get_by_role("link", name="Delete").first.click()
            await look(page, "report-delete")
            await steps.press("Delete it")
            assert "Not sent yet" not in await page.inner_text("main")


async def _at_320(page: Page, address: str) -> None:
    """Open every page of a draft on a telephone; go on there with the keyboard alone."""
    await page.set_viewport_size({"width": 320, "height": 640})
    for step in ("danger", "person-1", "children", "what", "source", "done", "asked", "check"):
        await page.goto(f"{address}{step}")
        assert await is_within(page, 320), step
        await look(page, f"report-320-{step}")
    await page.goto(f"{address}danger")
    for field, keys, leads in (("No", ["Space", "Enter"], "person-1"),
                               ("First names", ["End", "Enter"], "children")):  # fmt: skip
        await page.get_by_label(field, exact=True).focus()
        async with page.expect_navigation():
            for key in keys:
                await page.keyboard.press(key)
        assert page.url.endswith(f"/{leads}")
    await page.set_viewport_size({"width": 1100, "height": 900})


async def test_a_report_that_names_nobody_is_completed_by_who_says_so(
    kafka: str, tmp_path: Path, browser: Browser
) -> None:
    """A held report waits for one thing that one person knows: they must find it and say it."""
    async with reporting(kafka, tmp_path, "page-held") as offices:
        home = offices.town.homes[CASE]
        path = home.folder / "agency.yaml"
        path.write_text(path.read_text().replace(OWN, ""))
        said = await offices.report(lacks="name", expect=3, urgency="routine")
        path.write_text(path.read_text() + OWN)
        with at_counter(Home.open(home.folder)) as served:
            page = await opened(served, browser)
            assert "Held, for want of who says so" in await page.inner_text("main")
            await look(page, "report-mine-held")
            await page.get_by_role("link", name=re.compile(r"Complete it")).click()
            steps = Steps(page)
            await look(page, "report-complete")
            await steps.press("Send who says so")
            assert "Choose how you know" in await page.inner_text(".govuk-error-summary")
            await look(page, "report-complete-wrong")
            await steps.choose("How do you know?", "The person told me themselves")
            await steps.press("Send who says so")
            await page.get_by_text("✓ Delivered").wait_for()
            view = await offices.view("thames-valley", said)
            assert view is not None
            assert view.delivery.leg != "held"
            await page.goto("/")
            assert "Held, for want" not in await page.inner_text("main")
            auditor = await served.open(browser)
            await sign_in(auditor, "visitor")
            assert "Not yours to do" in await auditor.inner_text("main")
            await look(auditor, "report-refused")
