"""Where a page of the desk says what is owed, it says by when, and leads to where it is done."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, select, update

from consumers.desk import rows as inbox
from consumers.governance import rows as governed
from contracts.entry import ReasonGiven
from contracts.fault import Undelivered
from contracts.reason import NEWER
from tests.support.busy import POLICE, Busy, task, told
from tests.support.played import Played
from tests.support.visiting import Visited
from tests.support.working import Working


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


def test_what_nobody_could_verify_is_rung_back_on_the_registers_number(
    force: Busy, desk: Visited
) -> None:
    """A forger answers the number that a forgery gives; and the call has a clock on each page."""
    said, officer = force.forged(), desk.visitor("officer")
    page = f"/reports/{said}"
    inbox, report, answer = (officer.get(path).text for path in ("/", page, f"{page}/answer"))
    assert "Call back by 11 December 2026" in inbox
    assert "Call back: nobody could verify who wrote this, by 11 December 2026" in report
    assert "Owed by 11 December 2026" in answer
    for text in (report, answer):
        assert "01632 960300" in text
        assert "01632 960010" not in text
    whose = force.sections["concern"]["provenance"]["employer"]
    told = officer.get(f"/reports/{force.said['concern']}").text
    assert f"Ring {whose}: the duty desk on 01632 960010." in told, "whose number it is"


def test_a_question_is_answered_from_the_page_that_the_inbox_opens(
    force: Busy, desk: Visited
) -> None:
    """With its clock, on both; who may not answer is led to nothing."""
    link, asked = f'href="/requests/{force.said["question"]}/answer"', force.said["question"]
    officer, auditor = desk.visitor("officer"), desk.visitor("auditor")
    assert link in officer.get("/").text
    assert link in officer.get(f"/reports/{asked}").text
    for path in ("/", f"/reports/{asked}"):
        assert link not in auditor.get(path).text


def test_the_inbox_says_who_waits_for_a_second_hand_to_those_who_may_give_it(
    force: Busy, desk: Visited
) -> None:
    """It waits 15 minutes: neither who asked nor who may not say yes is told."""
    officer, supervisor = desk.visitor("officer"), desk.visitor("supervisor")
    waits = "Somebody waits for your yes or no"
    assert waits not in supervisor.get("/").text
    page = f"/reports/{force.said['separated']}/whereabouts/2"
    assert officer.post(page, do="ask", reason="to plan a visit").status_code == 303
    assert waits in supervisor.get("/").text
    assert waits not in officer.get("/").text


def test_what_the_log_has_not_answered_is_not_said_to_be_done(
    force: Busy, desk: Visited, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads "done" goes home; the log may refuse it an hour later."""

    async def silent(*_: Any, **__: Any) -> Any:  # noqa: RUF029 - as a station acts
        raise Undelivered("No receipt came.", remedy="Is the broker running?")

    monkeypatch.setattr(Played, "act", silent)
    officer, which = desk.visitor("officer"), task(force)
    answer = officer.post(f"/research/{which}", report=force.said["concern"], outcome="nil")
    assert "not on the log yet: if the log refuses it, it is taken back" in told(officer, answer)


def test_what_is_held_for_a_reason_of_a_newer_release_is_listed_all_the_same(
    force: Busy, desk: Visited
) -> None:
    """One word that this program does not know must not hide everything else that is held."""
    given = msgspec.json.encode([ReasonGiven("consent.of_tomorrow", ["consent.views"])])
    held = {
        "digest": "d" * 43, "outcome": "quarantined", "agency": "mk-mash", "event": None,
        "urgency": "urgent", "since": 1, "due_at": 2, "decides": True, "reasons": given.decode(),
    }  # fmt: skip
    with force.town.consumers[POLICE].store.write() as db:
        db.execute(insert(governed.quarantine).values(**held))
    page = desk.visitor("manager").get("/quarantine")
    assert page.status_code == 200
    page = desk.visitor("manager").get(f"/quarantine/{held['digest']}")
    assert "consent.of_tomorrow: consent.views" in page.text
    assert NEWER in page.text


def test_the_inbox_says_how_many_press_beside_those_it_shows_first(
    force: Busy, desk: Visited, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fifty-first urgent report must not wait where nobody looks, without a word."""
    officer = desk.visitor("officer")
    assert "that press" not in officer.get("/").text
    monkeypatch.setattr(inbox, "FIRST", 1)
    with force.town.consumers[POLICE].store.write() as db:
        db.execute(update(inbox.inbox).values(weight=1, done=False))
        count = len(db.execute(select(inbox.inbox.c.statement)).all())
    assert count > 1
    assert f"These are 1 of {count} that press" in officer.get("/").text
