"""The desk's work in real Chromium: a report from probation to its answer, with script and without.

Pages one by one by axe, at 320 px and on paper; a disclosure decided; everything by keyboard.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page
from sqlalchemy import select

from consumers.desk.rows import inbox
from consumers.research.rows import research_tasks
from consumers.safeguarding.rows import alerts
from deploy.wiring import open_acting
from producers.home import Home
from producers.sender import until
from tests.support.browser import Served, at_home, axe, in_memory, shot, sign_in
from tests.support.busy import CANARY, POLICE, PROBATION, Busy, copy_waiting
from tests.support.offices import CASE, Offices
from tests.support.offices import POLICE as DESK
from tests.support.running import running

PHONE = 320
HEARD = (
    "() => new Promise(done => "
    "new EventSource('/live').addEventListener('came', event => done(event.data)))"
)
"""What the live line says first, as any page of the desk hears it."""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def one(made: Busy, column: str, rule: str = "M01") -> str:
    """Give an id from the police's store: of an open look, or of an alert."""
    concern = made.said["concern"]
    query = {
        "task": select(research_tasks.c.id).where(
            research_tasks.c.statement == concern, research_tasks.c.system == "niche"
        ),
        "alert": select(alerts.c.id).where(alerts.c.statement == concern, alerts.c.rule == rule),
    }[column]
    with made.town.consumers[POLICE].store.read() as db:
        return str(db.execute(query).scalars().first())


def pages_of(made: Busy) -> dict[str, str]:
    """Give every page of the work, by a name for its screenshot."""
    said = made.said
    concern = f"/reports/{said['concern']}"
    return {
        "inbox": "/", "report": concern, "duties": "/duties", "alerts": "/alerts",
        "alert": f"/alerts/{one(made, 'alert')}", "research": "/research",
        "research_report": f"/research/reports/{said['concern']}",
        "task": f"/research/{one(made, 'task')}", "responses": "/responses",
        "alerts_closed": "/alerts?show=closed",
        "answer": f"{concern}/answer", "referral": f"/reports/{said['referral']}/answer",
        "question": f"/requests/{said['question']}/answer", "requests": "/requests",
        "requests_answered": "/requests?show=answered", "ask": f"{concern}/ask",
        "victim_information": f"{concern}/victim-information",
        "consider": f"{concern}/referral", "refer": f"{concern}/refer/marac",
        "considered": "/referrals?show=considered",
        "referrals": "/referrals", "handovers": "/handovers", "disclosures": "/disclosures",
        "disclosure": f"/disclosures/{said['application']}",
        "correction": f"/corrections/{said['correction']}", "shift": "/shift", "feeds": "/feeds",
        "figures": "/figures", "persons": "/persons", "person": f"/persons/{made.token('concern')}",
        "two_records": f"/persons/{made.token('concern')}/beside/{made.token('referral')}",
        "link": f"/links/{made.joined('separated')}", "origins": "/origins",
        "intelligence": "/intelligence", "grading": f"{concern}/grading", "copy": f"{concern}/copy",
        "copy_waiting": f"/copies/{copy_waiting(made)}",
        "copies_waiting": "/intelligence?show=waiting", "whereabouts": "/whereabouts",
        "origin": f"/origins/{made.echo()}",
    }  # fmt: skip


FORMS = {
    "task": "Say how it ended", "alert": "Close this alert", "answer": "Answer",
    "question": "Answer", "ask": "Ask them", "victim_information": "Ask for it",
    "consider": "Record the decision", "refer": "Refer",
    "disclosure": "Record", "shift": "Leave this", "two_records": "Record it", "link": "Part them",
    "origin": "Record the decision", "grading": "Grade it",
    "copy": "Hand it to a second person", "copy_waiting": "Record the decision",
}  # fmt: skip
"""The pages with a form, and the button that sends it: empty, it must say what is wrong."""


async def test_every_page_and_every_form_that_is_wrong_keeps_nobody_out(
    browser: Browser, force: Busy, tmp_path: Path
) -> None:
    """WCAG 2.2 AA by axe, at 1100 px, at 320 px, and with its errors; nothing from elsewhere."""
    force.pass_hours(80)
    with in_memory(force.town, POLICE, tmp_path) as desk:
        wide, phone = await desk.open(browser), await desk.open(browser, width=PHONE)
        for page in (wide, phone):
            await sign_in(page, "supervisor", purpose="my_task")
        for name, path in pages_of(force).items():
            await _look(wide, path, name)
            await _look(phone, path, f"{name}_phone")
            assert await phone.evaluate(TOO_WIDE) == 0, name
            if name in FORMS:
                await wide.get_by_role("button", name=FORMS[name]).click()
                await wide.get_by_text("There is a problem").wait_for()
                await shot(wide, f"{name}_wrong")
                assert await axe(wide) == [], f"{name} with errors"
        await _answer(phone, pages_of(force)["question"])
        assert desk.elsewhere == []


async def _answer(page: Page, path: str) -> None:
    """Answer a question: it is read before it goes, may be changed, and goes as it is read."""
    await page.goto(path)
    await page.locator("input[name=outcome][value=nil]").check()
    await page.get_by_label("What you supply").fill("nothing is held")
    await page.get_by_role("button", name="Answer").click()
    await page.get_by_text("Nothing is sent yet").wait_for()
    await shot(page, "check_phone")
    assert (await axe(page), await page.evaluate(TOO_WIDE)) == ([], 0)
    await page.get_by_role("link", name="Change your answers").click()
    assert await page.get_by_label("What you supply").input_value() == "nothing is held"
    await page.get_by_role("button", name="Answer").click()
    await page.get_by_text("Nothing is sent yet").wait_for()
    await page.get_by_role("button", name="Answer").click()
    await page.get_by_text("Whoever asked has your answer").wait_for()


async def _look(page: Page, path: str, name: str) -> None:
    await page.goto(path)
    assert await page.get_by_text("Nothing to show").count() == 0, name
    assert CANARY not in await page.title(), name
    await shot(page, name)
    assert await axe(page) == [], name


async def test_a_shift_is_printed_without_buttons_and_without_names(
    browser: Browser, force: Busy, tmp_path: Path
) -> None:
    """Paper lies about: it has what is open and who has it, and nobody whom a report is about."""
    force.pass_hours(80)
    with in_memory(force.town, POLICE, tmp_path) as desk:
        page = await desk.open(browser)
        await sign_in(page, "officer", purpose="shift_handover")
        await page.goto("/shift")
        await page.get_by_label("What must the next shift know?").fill("Ring probation back.")
        await page.get_by_role("button", name="Leave this for the next shift").click()
        await page.get_by_text("Your note stands for the next shift").wait_for()
        await page.emulate_media(media="print")
        await shot(page, "shift_printed")
        assert not await page.get_by_role("button", name="Leave this").is_visible()
        assert not await page.get_by_role("navigation").first.is_visible()
        after = "getComputedStyle(document.querySelector('.desk-row a'), '::after').content"
        assert await page.evaluate(after) == "none", "no address of a page stands on paper"
        assert await page.get_by_text("Ring probation back.").is_visible()
        assert CANARY not in await page.inner_text("body")


async def test_a_disclosure_is_decided_by_the_keyboard_alone(
    browser: Browser, force: Busy, tmp_path: Path
) -> None:
    """No mouse: each field is reached by Tab and says its name."""
    path = f"/disclosures/{force.said['application']}"
    with in_memory(force.town, POLICE, tmp_path) as desk:
        page = await desk.open(browser)
        await sign_in(page, "officer", purpose="disclosure")
        await page.goto(path)
        for ticked, said in (
            ([("absent", "yes")], "First checks made."),
            ([("identity", "yes")], "Met, and proved who they are."),
            ([], "Assessed."),
            ([("decision", "disclose"), ("with", PROBATION)], "Decided with probation."),
        ):
            if said.startswith("Decided"):
                await page.get_by_text("A supervisor who took no part").wait_for()
                page = await desk.open(browser)
                await sign_in(page, "supervisor", purpose="disclosure")
                await page.goto(path)
            for name, value in ticked:
                await _tab_to(page, f"input[name={name}]", value)
            await _tab_to(page, "textarea[name=reason]")
            await page.keyboard.type(said)
            await _tab_to(page, "button.govuk-button:not([name])")
            await page.keyboard.press("Enter")
            await page.get_by_text(said).wait_for()
        await shot(page, "disclosure_decided")
        assert await axe(page) == []
        text = await page.inner_text("main")
        assert "To be disclosed, in person, nothing written handed over" in text
        assert "Next: disclosed" in text
        assert "Zebedee" not in text
    events = force.town.events(POLICE, "disclosure_staged")
    assert [one["stage"] for one in events] == ["initial_checks", "met", "assessed", "decided"]


async def test_two_records_are_joined_and_parted_by_name_without_script(
    browser: Browser, force: Busy, tmp_path: Path
) -> None:
    """From a report to whom it names, to who may be the same, and back again."""
    with in_memory(force.town, POLICE, tmp_path) as desk:
        page = await desk.open(browser, script=False)
        await sign_in(page, "officer", purpose="my_task")
        await page.goto(f"/reports/{force.said['concern']}")
        await page.get_by_role("link", name=f"Daniel {CANARY}", exact=True).click()
        await page.get_by_role("link", name="Compare them and decide").first.click()
        await page.get_by_label("They are one person: join them").check()
        await page.get_by_label("Why do you judge so?").fill("Rang probation: one man.")
        await page.get_by_role("button", name="Record it").click()
        await page.get_by_text("said that 2 records are one person").wait_for()
        await page.get_by_role("link", name="Look at this link").click()
        await page.get_by_label("Why are they parted?").fill("Two men after all.")
        await page.get_by_role("button", name="Part them").click()
        await page.get_by_text("They are parted").wait_for()
        assert desk.elsewhere == []
    (joined,) = force.town.events(POLICE, "persons_linked")
    (parted,) = force.town.events(POLICE, "persons_unlinked")
    assert joined["subjects"] == parted["subjects"]


async def _tab_to(page: Page, selector: str, value: str | None = None) -> None:
    """Press Tab until a field has the focus; choose a value of it with the arrows or a space."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("s => document.activeElement.matches(s)", selector):
            break
    else:
        raise AssertionError(f"{selector} is not reached by Tab")
    for _ in range(20):
        now = await page.evaluate("document.activeElement.value")
        if value is None or now == value:
            break
        kind = await page.evaluate("document.activeElement.type")
        await page.keyboard.press("ArrowDown" if kind == "radio" else "Tab")
    if value is not None:
        await page.keyboard.press("Space")
        assert await page.evaluate("document.activeElement.checked")


@asynccontextmanager
async def consuming(home: Home) -> AsyncIterator[None]:
    """Run a home's consumer while the block runs, as `candour consumer run` does."""
    works = asyncio.create_task(open_acting(home).run())
    try:
        yield
    finally:
        works.cancel()
        with suppress(asyncio.CancelledError):
            await works


@pytest.mark.parametrize("script", [True, False], ids=["script", "no_script"])
async def test_a_report_is_received_live_researched_acted_on_and_answered_to_its_sender(
    browser: Browser, tmp_path: Path, kafka: str, script: bool
) -> None:
    """From probation to police and back over Kafka: what E18 never had."""
    name = "mk-desk-live" if script else "mk-desk-plain"
    async with running(kafka, tmp_path, name, exercise=True) as town:
        offices = Offices(town)
        await offices.settle(DESK)
        with at_home(town.homes[DESK]) as desk:
            async with consuming(town.homes[DESK]):
                await _journey(browser, desk, offices, script=script)


async def _journey(browser: Browser, desk: Served, offices: Offices, *, script: bool) -> None:
    page = await desk.open(browser, script=script)
    await sign_in(page, "officer", purpose="new_report")
    await page.goto("/")
    report = await _arrives(page, desk, offices, script=script)
    await page.locator(f"a[href='/reports/{report}']").first.click()
    await page.get_by_role("link", name="Research on this report").click()
    await page.get_by_role("link", name="NICHE").first.click()
    await page.locator("input[name=outcome][value=possible_match]").check()
    await page.get_by_text("There is a record, or there may be").click()
    await page.locator("input[name=kinds][value=custody]").check()
    await page.locator("input[name=confidence][value=possible]").check()
    await page.get_by_role("button", name="Say how it ended").click()
    await page.get_by_text("looks made (1 possible match").first.wait_for()
    await offices.pass_hours(73)
    await _held(desk, select(alerts.c.id).where(alerts.c.rule == "M01"))
    await page.goto("/alerts")
    await page.get_by_role("link", name="A report whose research is not done").first.click()
    await page.get_by_role("button", name="I have this alert").click()
    await page.get_by_text("has it", exact=False).first.wait_for()
    await page.goto(f"/reports/{report}/answer")
    await page.locator("input[name=researched][value=part]").check()
    await page.locator("input[name=actions][value=visit_planned]").check()
    await page.get_by_label("What may they say").fill("that somebody will ring her")
    await page.get_by_label("What must they not").fill("naming this report to him")
    await page.get_by_label("Whom do they ring next").fill("the duty desk, tomorrow")
    await page.get_by_role("button", name="Answer").click()
    await page.get_by_text("It is on the log").wait_for()
    if script:  # axe is one
        assert await axe(page) == []
    assert desk.elsewhere == []
    await offices.do("outbox catch-up", CASE)
    told = await offices.do(f"outbox show {report}", CASE)
    for words in ("that somebody will ring her", "naming this report to him", "visit_planned"):
        assert words in told


async def _arrives(page: Page, desk: Served, offices: Offices, *, script: bool) -> str:
    """Let probation report; it stands in the inbox by itself where script runs, else on asking."""
    if script:
        await page.evaluate("window.same = true")
        hearing = asyncio.create_task(page.evaluate(HEARD))
        report = await offices.report(urgency="urgent")
        await page.locator(f"a[href='/reports/{report}']").first.wait_for()
        assert await page.evaluate("window.same"), "the page was not loaded again"
        assert (await hearing).isdigit(), "what is told of it is a number, and nothing of it"
        return report
    report = await offices.report(urgency="urgent")
    await _held(desk, select(inbox.c.statement).where(inbox.c.statement == report))
    await page.goto("/")
    return report


async def _held(desk: Served, query: Any) -> None:
    """Wait until the consumer beside the desk has taken something in."""

    def is_held() -> bool:
        with desk.station.store.read() as db:
            return db.execute(query).first() is not None

    assert await until(is_held, 60)
