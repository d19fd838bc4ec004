"""What the desk lets nobody say before it is so, and lets somebody set right."""

import pytest

from tests.support.busy import POLICE, Busy, refused, task, told
from tests.support.visiting import Visited
from tests.support.working import Working

OFFICER = "Lee Hart (name invented)"
HIT = {"outcome": "match", "kinds": "custody", "confidence": "probable"}


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


def test_a_wrong_click_is_said_anew_on_the_same_page(force: Busy, desk: Visited) -> None:
    """With why, by a named person; whoever was asked is not answered for."""
    officer, which = desk.visitor("officer"), task(force)
    page = f"/research/{which}"
    assert "Say it anew" not in officer.get(page).text
    told(officer, officer.post(page, outcome="nil"))
    assert "Say it anew" in officer.get(page).text
    assert "closed: nil" in refused(officer.post(page, **HIT))
    assert "Choose why" in refused(officer.post(page, **HIT, anew="because"))
    told(officer, officer.post(page, **HIT, anew="mistaken"))
    said = force.town.events(POLICE, "research_completed")
    assert [(one["outcome"], one["operator"]) for one in said] == [
        ("nil", OFFICER), ("match", OFFICER),
    ]  # fmt: skip
    (back,) = force.town.events(POLICE, "statement_retracted")
    assert (back["reason"], back["by"]) == ("mistaken", OFFICER)
