"""A chronology and a picture in real Chromium: wide, at 320 px, magnified and on paper."""

from pathlib import Path

from playwright.async_api import Browser

from tests.browser.test_work import PHONE, TOO_WIDE
from tests.support.browser import axe, in_memory, shot, sign_in
from tests.support.busy import CANARY, CASE, FORCE, POLICE, Busy, couple, facts


def told(made: Busy) -> dict[str, str]:
    """Let agencies tell of one couple over time; give the pages about them by name."""
    first = made.sections["concern"]
    his, hers = (first[f"person.{n}.identity"]["subject"] for n in (1, 2))
    people = {key: value for key, value in first.items() if key.startswith("person.")}
    began = {**couple(made.draw), **people, "event": facts(
        relationship="partners", state="started", disclosed_by="subject",
        occurred={"precision": "month", "at": "2025-02"}, known_to_agency="2026-11-03",
    ), "involvement": {"involved": [{"agency": POLICE, "how": "history"}]}}  # fmt: skip
    del began["use_limits"]
    made.say("began", CASE, "relationship_noted", began)
    over = {**began, "event": facts(relationship="former_partners", state="ended")}
    made.say("over", FORCE, "relationship_noted", over)
    pages = ("chronology", "picture")
    return {f"{page}{kind}": f"/persons/{his}/{page}{end}" for page in pages
            for kind, end in (("", ""), ("_couple", f"/{hers}"))}  # fmt: skip


async def test_what_happened_and_who_belongs_to_whom_are_read_by_everybody(
    browser: Browser, force: Busy, tmp_path: Path
) -> None:
    """WCAG 2.2 AA by axe; nothing runs off a narrow screen; paper has no links of the desk's."""
    pages = told(force)
    force.pass_hours(80)
    with in_memory(force.town, POLICE, tmp_path) as desk:
        wide, phone = await desk.open(browser), await desk.open(browser, width=PHONE, script=False)
        for page in (wide, phone):
            await sign_in(page, "supervisor", purpose="my_task")
        for name, path in pages.items():
            await phone.goto(path)
            await shot(phone, f"{name}_phone")
            assert await phone.evaluate(TOO_WIDE) == 0, name
            await wide.goto(path)
            await shot(wide, name)
            assert CANARY not in await wide.title()
            assert CANARY in await wide.get_by_role("heading", level=1).inner_text()
            assert await axe(wide) == [], name
            await wide.emulate_media(media="print")
            await shot(wide, f"{name}_printed")
            assert not await wide.get_by_role("navigation").first.is_visible()
            await wide.emulate_media(media="screen")
        await wide.set_viewport_size({"width": 550, "height": 450})  # 1,100 at 200 %
        assert await wide.evaluate(TOO_WIDE) == 0
        assert desk.elsewhere == []
