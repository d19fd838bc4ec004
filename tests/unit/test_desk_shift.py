"""What one shift hands to the next: who has what, and a note, but not to whom it is kept from."""

import pytest
from sqlalchemy import select

from consumers.desk.shift import GONE, forget, shift_notes
from tests.support.busy import CANARY, POLICE, Busy, alert, one, refused, told
from tests.support.visiting import Visited
from tests.support.working import Working

OFFICER, SUPERVISOR = "Lee Hart (name invented)", "Jo Bell (name invented)"


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


def test_a_shift_is_handed_over_by_one_and_taken_by_another(force: Busy, desk: Visited) -> None:
    """Who has what since when, and a note that somebody says they read."""
    which, officer, supervisor = alert(force), desk.visitor("officer"), desk.visitor("supervisor")
    officer.post(f"/alerts/{which}", do="have")
    assert "Write what the next shift" in refused(officer.post("/shift"))
    text = told(officer, officer.post("/shift", note="Ring probation back."))
    assert "NOBODY has taken this over yet" in text
    assert OFFICER in text.partition("Who has which alert")[2]
    assert "What your roles owe, the soonest due first" in text, "it is not all that is open"
    assert "Times are local: Europe/London." in text
    assert 'name="take"' not in text, "nobody takes over from themselves"
    place = one(force, select(shift_notes.c.place))
    assert f"Taken over by {SUPERVISOR}" in told(supervisor, supervisor.post("/shift", take=place))
    assert "already" in refused(supervisor.post("/shift", take=place))
    for report in ("concern", "referral"):
        assert CANARY not in supervisor.get("/shift").text, report


def test_a_note_about_a_report_is_not_shown_to_whom_that_is_kept_from(
    force: Busy, desk: Visited
) -> None:
    """Its writer chooses which reports it is about: nobody copies an id at the end of a shift."""
    supervisor, officer = desk.visitor("supervisor"), desk.visitor("officer")
    report, page = force.said["concern"], supervisor.get("/shift").text
    assert "Everybody on the next shift reads this: name nobody" in page
    assert f'value="{report}"' in page
    assert "Choose from the list" in refused(supervisor.post("/shift", note="n", about=["x"]))
    for about in ([report], []):
        told(supervisor, supervisor.post("/shift", note=f"He rang {len(about)}.", about=about))
    assert f'href="/reports/{report}"' in officer.get("/shift").text.partition("He rang 1.")[2]
    force.exclude(OFFICER, "concern")
    page = officer.get("/shift").text
    assert "He rang 0." in page
    assert "He rang 1." not in page
    assert report not in page
    assert "Choose from the list" in refused(officer.post("/shift", note="n", about=[report]))


@pytest.mark.parametrize("told_as", ["chosen", "quoted"])
def test_a_note_about_an_erased_report_is_erased_with_it(
    force: Busy, desk: Visited, told_as: str
) -> None:
    """Nothing brings it back, so nothing else would drop it."""
    officer, report = desk.visitor("officer"), force.said["concern"]
    quoted, chosen = (f"See {report}. ", []) if told_as == "quoted" else ("", [report])
    officer.post("/shift", note=f"{quoted}He rang twice.", about=chosen)
    assert "rang twice" in officer.get("/shift").text
    with force.town.consumers[POLICE].store.write() as db:
        forget(db, report)
    page = officer.get("/shift").text
    assert "rang twice" not in page
    assert GONE in page
