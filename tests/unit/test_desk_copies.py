"""Intelligence at the desk: graded, and a sanitised copy let go by two who are both signed in."""

import pytest

from consumers.intelligence import waiting
from consumers.intelligence.desk import Grading
from contracts.section import Practitioner
from deploy import clock
from tests.support.busy import CANARY, POLICE, Busy, refused, told
from tests.support.played import token_of
from tests.support.visiting import Visited, Visitor
from tests.support.working import Working

OFFICER, SUPERVISOR = "Lee Hart (name invented)", "Jo Bell (name invented)"
C1 = {"action": "A1", "sanitisation": "S1", "instructions": "Ring the handler first."}
GRADE = {"source": "1", "assessment": "B", "handling": "P"}


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


SAFE = "A couple may be parting. Let somebody trained speak to each alone."


def copy_of(force: Busy) -> dict[str, str]:
    """Write a copy of the concern as a form sends it."""
    return {"subject": force.token("concern", 2), "handling": "C", **C1, "text": SAFE}


def written(writer: Visitor, force: Busy) -> str:
    """Hand a copy to a second person; give the page on which it waits."""
    text = told(writer, writer.post(f"/reports/{force.said['concern']}/copy", **copy_of(force)))
    assert SAFE in text
    with force.town.consumers[POLICE].store.read() as db:
        listed = waiting.some(db, (), place=None, count=9)
    (said,) = (one["id"] for one in listed if one["writer"] == OFFICER)
    return f"/copies/{said}"


def test_police_grade_at_the_desk_and_a_second_hand_lets_a_sanitised_copy_go(
    force: Busy, desk: Visited
) -> None:
    """Every grading stays; a copy carries its original's conditions, and none of its names."""
    officer, report = desk.visitor("officer"), f"/reports/{force.said['concern']}"
    assert f"{report}/grading" in officer.get(report).text
    text = refused(officer.post(f"{report}/grading", action="A1"))
    for wrong in ("how good the source is", "how it is known", "how it is handled"):
        assert wrong in text
    assert "Code P has no" in refused(officer.post(f"{report}/grading", **GRADE, action="A1"))
    told(officer, officer.post(f"{report}/grading", **GRADE))
    text = told(officer, officer.post(f"{report}/grading", **{**GRADE, "handling": "C", **C1}))
    for words in ("3x5x2 1 B P", "3x5x2 1 B C", "NO ACTION on this", "Ring the handler first."):
        assert words in text
    assert "3x5x2 1 B C" in officer.get("/intelligence?show=graded").text
    for changed, wrong in (
        ({"text": f"Of {CANARY}."}, "The text would give away"),
        ({"action": "A3"}, "the copy would carry less"),
        ({"subject": "x" * 22}, "names no such person"),
    ):
        assert wrong in refused(officer.post(f"{report}/copy", **{**copy_of(force), **changed}))
    page, supervisor = written(officer, force), desk.visitor("supervisor")
    assert force.town.events(POLICE, "product_released") == []
    assert page in supervisor.get("/duties").text
    for words in (SAFE, "Written by Lee Hart", "Ring the handler first.", "3x5x2 1 B C"):
        assert words in supervisor.get(page).text
    assert "Say whether it is released" in refused(supervisor.post(page))
    text = told(supervisor, supervisor.post(page, do="release"))
    assert "Sanitised by Lee Hart" in text
    assert supervisor.get(page).status_code == 404, "it waits no longer"
    assert page not in supervisor.get("/duties").text
    (made,) = force.town.events(POLICE, "product_released")
    assert (made["sanitised_by"], made["authorised_by"], made["action"]) == (
        OFFICER, SUPERVISOR, "A1",
    )  # fmt: skip


def test_nobody_alone_lets_a_copy_go_whatever_name_they_type(force: Busy, desk: Visited) -> None:
    """Each hand is a session: the writer is who is signed in, and who leads is another."""
    supervisor, report = desk.visitor("supervisor"), f"/reports/{force.said['concern']}"
    told(supervisor, supervisor.post(f"{report}/grading", **{**GRADE, "handling": "C", **C1}))
    copy = {**copy_of(force), "writer": "Nobody Who Exists", "do": "release"}
    assert supervisor.post(f"{report}/copy", **copy).headers["location"].endswith("show=waiting")
    officers = written(desk.visitor("officer"), force)
    with force.town.consumers[POLICE].store.read() as db:
        listed = waiting.some(db, (), place=None, count=9)
    (own,) = (f"/copies/{one['id']}" for one in listed if one["writer"] == SUPERVISOR)
    assert "You wrote it" in supervisor.get(own).text
    assert "One person sanitises" in refused(supervisor.post(own, do="release"))
    assert desk.visitor("officer").post(officers, do="release").status_code == 403
    assert force.town.events(POLICE, "product_released") == []
    assert "nothing left" in told(supervisor, supervisor.post(own, do="drop"))
    assert supervisor.get(own).status_code == 404
    force.exclude(SUPERVISOR, "concern")
    for answer in (
        supervisor.get(officers), supervisor.post(officers, do="drop"),
        supervisor.post(officers, do="release"),
    ):  # fmt: skip
        assert answer.status_code in {404, 422}
        assert SAFE not in answer.text
    assert officers not in supervisor.get("/duties").text
    assert SAFE not in supervisor.get("/intelligence?show=waiting").text


def test_a_copy_whose_release_the_log_refuses_waits_again_and_an_erased_one_does_not(
    force: Busy, desk: Visited
) -> None:
    """Nobody writes it twice; and nothing of an erased report stays."""
    supervisor, report = desk.visitor("supervisor"), force.said["concern"]
    told(supervisor, supervisor.post(f"/reports/{report}/grading", **{**GRADE, "handling": "C",
                                                                      **C1}))  # fmt: skip
    page, consumer = written(desk.visitor("officer"), force), force.town.consumers[POLICE]
    (wanted,) = Grading(consumer.store, consumer.voice, clock.uuid7).authorise(
        page.rpartition("/")[2], by=Practitioner(token_of(POLICE, "A. Head"), "A. Head"),
        role="inspector",
    )  # fmt: skip
    assert supervisor.get(page).status_code == 404
    consumer.refused(wanted.draft.id)
    assert SAFE in supervisor.get(page).text
    with consumer.store.write() as db:
        waiting.forget(db, report)
    assert supervisor.get(page).status_code == 404
