"""Where a page of the desk says what is owed, it says by when, and leads to where it is done."""

import pytest

from tests.matrix.partnership import PARTNERSHIP, basis_of, key
from tests.support.busy import CASE, PROBATION, Busy, couple
from tests.support.stranger import Writer, text_of
from tests.support.visiting import Visited
from tests.support.working import Working


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


def forged(force: Busy) -> str:
    """Let somebody report a threat to life in probation's name; give the id."""
    made = Writer(key("nobody"), f"/agencies/{CASE}", PARTNERSHIP, force.draw, text_of(b"s" * 16))
    given = {"time": force.town.time, "basis": basis_of(PROBATION), "urgency": "threat_to_life"}
    context = made.context("concern_reported", **given)
    force.town.submissions.append((PROBATION, made.write(context, couple(force.draw))))
    force.town.settle()
    return str(context["id"])


def test_what_nobody_could_verify_is_rung_back_on_the_registers_number(
    force: Busy, desk: Visited
) -> None:
    """A forger answers the number that a forgery gives; and the call has a clock on each page."""
    said, officer = forged(force), desk.visitor("officer")
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
