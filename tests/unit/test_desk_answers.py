"""Answering another agency's question at the desk: anew or as before, and read before it goes."""

import html
import re

import pytest
from sqlalchemy import select

from consumers import store as stored
from consumers.desk.rows import looks
from contracts.section import Narrative
from tests.support.busy import CANARY, POLICE, Busy, refused, told
from tests.support.visiting import Visited
from tests.support.working import Working

HUB_CASE = "mk-mash/case"


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


def test_a_question_is_answered_anew_or_as_before(force: Busy, desk: Visited) -> None:
    """The same question again is answered by the answer that still holds, and by nothing older."""
    officer = desk.visitor("officer")
    first = f"/requests/{force.said['question']}/answer"
    assert f"asks about Daniel {CANARY}" in officer.get(first).text
    assert "Choose what your records have" in refused(officer.post(first))
    assert "Say why" in refused(officer.post(first, outcome="refused"))
    assert "Write a birth as" in refused(officer.post(first, outcome="nil", born="in spring"))
    typed = {"outcome": "nil", "text": "nothing is held", "born": "27 March 1970"}
    told(officer, officer.post(first, **typed, checked="yes"))
    held = force.town.events(POLICE, "information_supplied")
    assert [one["outcome"] for one in held] == ["nil"]
    again = force.ask_again()
    page = f"/requests/{again}/answer"
    offered = re.findall(
        r'name="reuses" type="radio" value="([0-9a-f-]{36})"', officer.get(page).text
    )
    assert len(offered) == 1
    read = officer.post(page, reuses=offered[0]).text
    assert "Your earlier answer, as it was" in read
    assert "They have them already" in read
    assert "nothing is held" not in read, "it does not go to them again"
    told(officer, officer.post(page, reuses=offered[0], checked="yes"))
    assert force.town.events(POLICE, "information_supplied")[-1]["reuses"] == offered[0]


def test_an_earlier_answer_that_goes_to_another_agency_is_read_as_it_goes(
    force: Busy, desk: Visited
) -> None:
    """Its words and names go out anew: to whoever never had them, and who may know of others."""
    officer = desk.visitor("officer")
    typed = {"outcome": "refused", "text": "he hurt <Ann>", "why": "a source",
             "given": "Danny", "born": "27 March 1970"}  # fmt: skip
    first = f"/requests/{force.said['question']}/answer"
    told(officer, officer.post(first, **typed, checked="yes"))
    page = f"/requests/{force.ask_again(HUB_CASE)}/answer"
    (which,) = re.findall(
        r'name="reuses" type="radio" value="([0-9a-f-]{36})"', officer.get(page).text
    )
    read = officer.post(page, reuses=which).text
    goes = ("he hurt &lt;Ann&gt;", "a source", "Danny", "Born 27 March 1970")
    assert [one for one in goes if one not in read] == []
    with desk.station.store.read() as db:
        assert which in db.execute(select(looks.c.about)).scalars().all(), "it is looked at too"
    anew = officer.post(page, reuses=which, text="ring us", why="ours").text
    assert [one in anew for one in goes] == [False, False, True, True], "what is typed takes place"
    told(officer, officer.post(page, reuses=which, checked="yes"))
    with desk.station.store.read() as db:
        ids = select(stored.views.c.id).where(stored.views.c.event == "information_supplied")
        sent = stored.held(db, db.execute(ids.order_by(stored.views.c.place)).scalars().all()[-1])
    assert sent
    assert Narrative("he hurt <Ann>", "summary") in sent.sections.values(), "it went as shown"


def test_an_answer_to_a_question_is_read_as_it_goes_before_it_goes(
    force: Busy, desk: Visited
) -> None:
    """What left cannot be had back: it is shown whole, may be changed, and goes just as shown."""
    officer, page = desk.visitor("officer"), f"/requests/{force.said['question']}/answer"
    typed = {"outcome": "refused", "why": "it is <not> proportionate"}
    read = officer.post(page, **typed).text
    assert "Nothing is sent yet" in read
    for shown in ("it is &lt;not&gt; proportionate", "What may be put to whom", f'href="{page}"'):
        assert shown in read, shown
    assert not force.town.events(POLICE, "information_supplied")
    assert "it is &lt;not&gt; proportionate" in officer.get(page).text, "changed, not typed again"
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', read)
    kept = {name: html.unescape(value) for name, value in fields if name != "csrf"}
    assert kept == typed
    told(officer, officer.post(page, **kept, checked="yes"))
    (held,) = force.town.events(POLICE, "information_supplied")
    assert (held["outcome"], held["why"]) == ("refused", typed["why"])
    assert "You have something unsaved" not in officer.get("/").text
