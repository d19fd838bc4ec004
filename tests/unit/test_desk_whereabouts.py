"""Where somebody is takes two people, or whose urgent work it is; each look alone is reviewed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from consumers.listed import Place
from consumers.research.rows import research_tasks
from consumers.safeguarding.desk import Deciding
from consumers.safeguarding.rows import alerts, raise_alert
from consumers.standing import keep_from
from consumers.whereabouts import (
    WAIT_MS,
    forget,
    may_alone,
    reviews_due,
    whereabouts,
)
from contracts.context import Urgency
from contracts.event.work import AlertRaised
from contracts.section import Practitioner
from deploy import clock
from tests.support.browser import provider
from tests.support.looking import ADDRESS, POLICE, TELEPHONE, USERS, looked, report, token
from tests.support.visiting import Visited, Visitor
from tests.support.working import Working, files_in


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider(USERS) as known:
        yield known


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Working]:
    made = Working("looks", store=files_in(tmp_path), acting=[POLICE])
    yield made
    made.close()


def work_on(desk: Visited, town: Working, visitor: Visitor, said: str) -> None:
    """Let somebody make one look of a report: its work is theirs."""
    its = (research_tasks.c.statement == said, research_tasks.c.system == "niche")
    with desk.station.store.read() as db:
        which = db.execute(select(research_tasks.c.id).where(*its, research_tasks.c.open)).scalar()
    answer = visitor.post(
        f"/research/{which}", report=said, outcome="possible_match", kinds=["warning"],
        confidence="possible", reference="N-1", detail="d",
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    town.settle()


def place_in(page: str) -> str:
    found = re.search(r'name="place" value="(\d+)"', page)
    assert found is not None
    return found[1]


def holds_none(answer: Any) -> bool:
    """Say whether an answer shows nothing of where anybody is."""
    return ADDRESS not in answer.text and TELEPHONE not in answer.text


def test_where_somebody_is_stands_on_no_other_page(desk: Visited, town: Working) -> None:
    """Not in the report, not in the inbox, not in the question; and a link alone opens nothing."""
    page = report(town, "urgent")
    officer = desk.visitor("officer")
    for path in (page, "/", f"{page}/whereabouts/2", "/key", "/unsaved"):
        assert holds_none(officer.get(path)), path
    assert "Show where Tracey is" in officer.get(page).text
    for number in ("1", "3", "0", "x", "-1", "2x", "²"):
        assert officer.get(f"{page}/whereabouts/{number}").status_code == 404


def test_on_urgent_work_one_looks_alone_says_why_and_is_reviewed(
    desk: Visited, town: Working
) -> None:
    """At 3 am nobody may be kept waiting; and somebody else looks at it afterwards."""
    where = f"{report(town, 'urgent')}/whereabouts/2"
    officer, said = desk.visitor("officer"), where.split("/")[2]
    work_on(desk, town, officer, said)
    assert officer.post(where, do="show").status_code == 422, "not before it is asked"
    assert officer.post(where, do="alone", reason="").status_code == 422
    assert officer.post(where, do="alone", reason="to visit her").status_code == 303
    assert holds_none(officer.get(where)), "a link, or the way back, opens nothing"
    shown = officer.post(where, do="show")
    assert ADDRESS in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert "Daniel" not in shown.text, "nobody else stands on her page"
    opened = "whereabouts_opened"  # each page names her
    assert [one[2:] for one in looked(desk)] == [
        (what, said) for what in (opened, opened, "whereabouts_alone", opened, "whereabouts")
    ]  # fmt: skip
    own = desk.visitor("namesake").get("/whereabouts").text
    assert "You looked: another person reviews it." in own
    supervisor = desk.visitor("supervisor")
    listed = supervisor.get("/whereabouts")
    assert "to visit her" in listed.text
    assert holds_none(listed)
    place = place_in(listed.text)
    assert supervisor.post("/whereabouts", place=place).status_code == 422
    assert supervisor.post("/whereabouts", place=place, finding="rightful").status_code == 303
    assert "Nothing waits for review" in supervisor.get("/whereabouts").text
    desk.clock.ahead_ms += WAIT_MS - 60_000
    assert ADDRESS in officer.post(where, do="show").text
    desk.clock.ahead_ms += 120_000
    officer.sign_in("officer")
    officer.post("/purpose", purpose="my_task")
    assert holds_none(officer.post(where, do="show"))


def test_a_look_that_one_took_alone_is_owed_a_review_and_what_it_found_is_read(
    desk: Visited, town: Working
) -> None:
    """By a role, in a day; and who looks into it is not told by whoever happens to think of it."""
    where = f"{report(town, 'threat_to_life')}/whereabouts/2"
    officer, supervisor = desk.visitor("officer"), desk.visitor("supervisor")
    auditor, duty = desk.visitor("auditor"), "Review who looked alone where somebody is"
    officer.post(where, do="alone", reason="just curious")
    officer.post(where, do="show")
    with desk.station.store.read() as db:
        (owed,) = reviews_due(db, (), 24, place=None, count=9)
        at = db.execute(select(whereabouts.c.at)).scalar_one()
        assert owed["due_at"] == at + 24 * 3_600_000
        assert reviews_due(db, (), 24, place=Place(owed["due_at"], owed["id"]), count=9) == []
    assert duty in supervisor.get("/duties").text
    assert duty not in officer.get("/duties").text
    assert "just curious" not in auditor.get("/looks").text, "nobody has reviewed it"
    place = place_in(supervisor.get("/whereabouts").text)
    assert supervisor.post("/whereabouts", place=place, finding="to_look_into").status_code == 303
    assert duty not in supervisor.get("/duties").text
    page = auditor.get("/looks").text
    for words in ("To be looked into", "Lee Hart", "just curious", "Reviewed by Jo Bell"):
        assert words in page
    said = where.split("/")[2]
    assert (token("Ash Roy"), "my_task", "whereabouts_list", said) in looked(desk)
    with desk.station.store.write() as db:
        keep_from(db, [said], [token("Ash Roy")])
    assert "just curious" not in auditor.get("/looks").text


def test_on_routine_work_a_second_of_another_name_says_yes_in_time(
    desk: Visited, town: Working
) -> None:
    """Browsing takes two people; a namesake, an equal and the same person are no second."""
    where = f"{report(town, 'routine')}/whereabouts/2"
    officer = desk.visitor("officer")
    assert officer.post(where, do="alone", reason="mine").status_code == 422
    assert officer.post(where, do="ask", reason="to plan a visit").status_code == 303
    assert "Waiting for a second person" in officer.get(where).text
    assert holds_none(officer.post(where, do="show"))
    assert desk.visitor("colleague").get("/whereabouts").status_code == 403
    namesake, supervisor = desk.visitor("namesake"), desk.visitor("supervisor")
    assert "You asked: another person must say yes" in namesake.get("/whereabouts").text
    place = place_in(supervisor.get("/whereabouts").text)
    assert namesake.post("/whereabouts", place=place).status_code == 422
    assert holds_none(officer.post(where, do="show"))
    assert supervisor.post("/whereabouts", place=place).status_code == 303
    assert holds_none(supervisor.get("/whereabouts")), "saying yes shows nothing"
    assert holds_none(desk.visitor("colleague").post(where, do="show")), "it was not theirs"
    assert ADDRESS in officer.post(where, do="show").text
    with desk.station.store.read() as db:
        (row,) = db.execute(whereabouts.select()).mappings()
    assert (row["name"], row["granted_name"]) == ("Lee Hart", "Jo Bell")
    assert row["shown_at"] is not None
    kinds = [what.removeprefix("whereabouts_") for _, _, what, _ in looked(desk)]
    assert kinds == [
        "opened", "asked", "opened", "opened", "list", "list", "list", "opened", "granted",
        "opened", "whereabouts",
    ], "who asked, and why, is no less about her than where she is"  # fmt: skip


def test_whose_work_it_became_after_they_asked_waits_for_no_second(
    desk: Visited, town: Working
) -> None:
    """A quarter of an hour is long where the danger rose meanwhile; nobody says yes to it twice."""
    where = f"{report(town, 'urgent')}/whereabouts/2"
    officer, said = desk.visitor("officer"), where.split("/")[2]
    assert officer.post(where, do="ask", reason="to plan a visit").status_code == 303
    assert "Look alone" not in officer.get(where).text
    work_on(desk, town, officer, said)
    page = officer.get(where).text
    assert "Waiting for a second person" in page
    assert "Look alone" in page
    assert officer.post(where, do="alone", reason="it is mine now").status_code == 303
    assert ADDRESS in officer.post(where, do="show").text
    listed = desk.visitor("supervisor").get("/whereabouts").text
    assert "it is mine now" in listed
    assert "to plan a visit" not in listed
    kinds = [one[2] for one in looked(desk) if one[3] == said and "whereabouts" in one[2]]
    assert kinds == [
        "whereabouts_asked", "whereabouts_opened", "whereabouts_opened", "whereabouts_alone",
        "whereabouts", "whereabouts_list",
    ]  # fmt: skip


def test_a_yes_that_comes_too_late_is_none(desk: Visited, town: Working) -> None:
    """Fifteen minutes: whoever asked may have gone home, and the screen be another's."""
    where = f"{report(town, 'routine')}/whereabouts/2"
    officer, supervisor = desk.visitor("officer"), desk.visitor("supervisor")
    officer.post(where, do="ask", reason="to plan a visit")
    place = place_in(supervisor.get("/whereabouts").text)
    desk.clock.ahead_ms += 10 * 60_000
    officer.get("/key")
    supervisor.get("/key")
    desk.clock.ahead_ms += WAIT_MS - 10 * 60_000 + 1
    late = supervisor.post("/whereabouts", place=place)
    assert late.status_code == 422
    assert "waits no longer" in late.text
    assert holds_none(officer.post(where, do="show"))
    assert "Ask a second person" in officer.get(where).text


def test_whoever_took_the_alert_or_made_a_look_looks_alone_and_another_asks(
    desk: Visited, town: Working
) -> None:
    """Urgent work is somebody's; for others it is browsing. A threat to life is anybody's."""
    said, lee, max_ = report(town, "urgent").split("/")[2], token("Lee Hart"), token("Max Dean")
    store, police = desk.station.store, town.consumers[POLICE]

    def alone(who: str, urgency: Urgency = "urgent", *, refuge: bool = False) -> bool:
        with store.read() as db:
            return may_alone(db, said, urgency, who, refuge=refuge)

    assert not alone(lee), "an open look is nobody's: another's case is one click away"
    assert not alone(lee, "routine")
    for refuge in (False, True):
        assert alone(lee, "threat_to_life", refuge=refuge)
    with store.write() as db:
        event = AlertRaised(
            rule="r", rule_version="1", attention="duty", statements=[said], owner_role="o",
            fallback_role="f", due_at=1, good="g",
        )  # fmt: skip
        raise_alert(db, "0132b1a4-9c40-7000-8000-000000000009", event, by=POLICE, at=1)
    assert not alone(lee), "nor is an alert that nobody took"
    alert = "0132b1a4-9c40-7000-8000-000000000009"
    Deciding(store, police.voice, clock.uuid7).acknowledge(
        alert, by=Practitioner(max_, "Max Dean"), role="researcher"
    )
    town.settle()
    assert alone(max_)
    assert not alone(token("max  dean")), "a namesake did not take it"
    assert not alone(max_, refuge=True), "a refuge takes two"
    assert not alone(lee)
    work_on(desk, town, desk.visitor("officer"), said)
    assert alone(lee)
    with store.write() as db:
        db.execute(update(alerts).values(closed="done"))
        db.execute(update(research_tasks).values(open=False))
    assert not alone(lee), "what is done with is nobody's work"
    assert not alone(max_)


def test_of_an_erased_report_no_words_stay(desk: Visited, town: Working) -> None:
    """That somebody asked stays, by an opaque id; why they asked may be about her."""
    where = f"{report(town, 'urgent')}/whereabouts/2"
    officer = desk.visitor("officer")
    officer.post(where, do="ask", reason="to visit Tracey")
    with desk.station.store.write() as db:
        forget(db, where.split("/")[2])
        (row,) = db.execute(whereabouts.select()).mappings()
    assert not row["reason"]
    assert row["name"] == "Lee Hart"
