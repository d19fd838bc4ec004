"""A victim's information at the desk: asked from a report, listed with its clock, answered."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from consumers.responses.asked import requests
from tests.support.busy import CANARY, POLICE, PROBATION, Busy, refused, told
from tests.support.visiting import Visited, visiting
from tests.support.working import Working

ASKED: dict[str, Any] = {
    "person": "2", "to": PROBATION, "line_of_enquiry": "the call of 1 May", "period": "May 2026",
    "why": "she was seen there", "less_intrusive": "she was asked first", "notice": "risk_of_harm",
    "authorised_by": "H. Head (name invented)",
}  # fmt: skip


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


@pytest.fixture
def theirs(force: Busy, issuer: str, tmp_path: Path) -> Iterator[Visited]:
    """Open the desk of the agency that is asked."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    with visiting(force.town, PROBATION, folder, issuer=issuer) as opened:
        yield opened


def test_a_victims_information_is_asked_for_listed_and_answered(
    force: Busy, desk: Visited, theirs: Visited
) -> None:
    """Where a force could ask by a command alone, it asked as for anything, or on the telephone."""
    officer, report = desk.visitor("officer"), force.said["concern"]
    page = f"/reports/{report}/victim-information"
    assert f'href="{page}"' in officer.get(f"/reports/{report}").text
    text = officer.get(page).text
    assert text.index("What may be put to whom") < text.index("About which victim?")
    assert f"Daniel {CANARY} (" not in text.partition("About which victim?")[2], "he is no victim"
    text = refused(officer.post(page, period="lately", due="soon"))
    for wrong in ("whom you ask about", "whom you ask", "has notice, or why not", "line of enquiry",
                  "what less was considered", "Name who authorised it", "Write a day"):  # fmt: skip
        assert wrong in text
    assert "lately" in text, "what was typed stays"
    assert "no victim" in refused(officer.post(page, **{**ASKED, "person": "1"}))
    assert "does not authorise" in refused(
        officer.post(page, **{**ASKED, "authorised_by": "Lee Hart (name invented)"})
    )
    text = told(officer, officer.post(page, **ASKED))
    for shown in ("VICTIM INFORMATION REQUEST", "the call of 1 May", "No notice: risk of harm",
                  "authorised by H. Head", "counselling records NOT asked for", "NOT answered",
                  "about Tracey Hill"):  # fmt: skip
        assert shown in text, shown
    (asked,) = force.town.events(POLICE, "victim_information_requested")
    assert (asked["addressee"], asked["exception"]) == (PROBATION, "risk_of_harm")
    force.town.settle()
    practitioner = theirs.visitor("officer")
    with force.town.consumers[PROBATION].store.read() as db:
        put = select(requests.c.id).where(requests.c.question == "victim")
        answer = f"/requests/{db.execute(put).scalar_one()}/answer"
    assert f'href="{answer}"' in practitioner.get("/responses").text
    text = practitioner.get(answer).text
    assert "VICTIM INFORMATION REQUEST" in text
    assert "asks about Tracey Hill" in text
    typed = {"outcome": "refused", "why": "it is not proportionate"}
    told(practitioner, practitioner.post(answer, **typed, checked="yes"))
    force.town.settle()
    assert "Questions that wait" in officer.get("/requests").text
    assert "the call of 1 May" not in officer.get("/requests").text
    text = officer.get("/requests?show=answered").text
    assert "it is not proportionate" in text
    assert "VICTIM INFORMATION REQUEST" in text


def test_nobody_but_police_asks_so(force: Busy, theirs: Visited) -> None:
    """The Act speaks of police: to anybody else there is no such page."""
    practitioner, report = theirs.visitor("officer"), force.said["concern"]
    assert practitioner.get(f"/reports/{report}/victim-information").status_code == 404
    assert "victim-information" not in practitioner.get(f"/reports/{report}").text


def test_that_nobody_could_look_ends_no_question(
    force: Busy, desk: Visited, theirs: Visited
) -> None:
    """It stood under what was answered, with no clock: they are asked still, and are told so."""
    officer, page = desk.visitor("officer"), f"/reports/{force.said['concern']}/victim-information"
    told(officer, officer.post(page, **ASKED))
    force.town.settle()
    practitioner = theirs.visitor("officer")
    with force.town.consumers[PROBATION].store.read() as db:
        put = select(requests.c.id).where(requests.c.question == "victim")
        answer = f"/requests/{db.execute(put).scalar_one()}/answer"
    typed = {"outcome": "unavailable", "why": "nDelius is down tonight"}
    assert "Nothing. That nobody could look is no answer" in practitioner.post(answer, **typed).text
    text = told(practitioner, practitioner.post(answer, **typed, checked="yes"))
    for shown in ("That nobody could look is no answer", "NOT answered", "They ask still"):
        assert shown in text, shown
    assert f'href="{answer}"' in practitioner.get("/responses").text, "it is owed still"
    force.town.settle()
    text = officer.get("/requests").text
    for shown in ("the call of 1 May", "NOT answered", "They could not look: unavailable",
                  "They are asked still", "nDelius is down tonight", "what they said"):  # fmt: skip
        assert shown in text, shown
    (link,) = re.findall(r'href="(/reports/[0-9a-f-]{36})">what they said', text)
    assert "It says that nobody could look, which is no answer" in officer.get(link).text
    assert "the call of 1 May" not in officer.get("/requests?show=answered").text
    nothing = {"outcome": "nil"}
    assert "What that ends" not in practitioner.post(answer, **nothing).text
    told(practitioner, practitioner.post(answer, **nothing, checked="yes"))
    force.town.settle()
    assert "the call of 1 May" in officer.get("/requests?show=answered").text
    assert "nDelius is down" not in officer.get("/requests").text
