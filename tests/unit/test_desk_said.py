"""What the desk lets nobody say before it is so, and lets somebody set right."""

import pytest

from consumers.research.rows import tasks_of
from consumers.safeguarding.rows import all_alerts
from tests.support.busy import CASE, POLICE, Busy, couple, refused, task, told
from tests.support.stranger import concern
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


def test_a_remedy_names_what_stands_on_the_page(force: Busy, desk: Visited) -> None:
    """Who is told to say `not_searched` looks for it in vain."""
    officer, said = (
        desk.visitor("officer"),
        force.say("bare", CASE, "concern_reported", concern(force.draw)),
    )
    with force.town.consumers[POLICE].store.read() as db:
        page = f"/research/{tasks_of(db, said)[0]['id']}"
    text = refused(officer.post(page, outcome="nil"))
    assert "‘Nil’ cannot be said here: only a first name is known" in text
    assert "Choose ‘Not searched’, with the reason" in text
    officer.post(page, outcome="not_searched", why="a first name")
    assert "Not searched: nobody has looked" in officer.get(f"/reports/{said}").text
    assert ">not searched: nobody" not in officer.get(f"/reports/{said}").text


def test_what_was_written_in_haste_stands_first_and_nothing_beside_it_denies_it(
    force: Busy, desk: Visited
) -> None:
    """A page that says that no address was told, above the address, sends nobody there."""
    sections, words = couple(force.draw), "He is at 4 Invented Road with a knife"
    del sections["person.2.whereabouts"], sections["provenance"]["how_known"]
    sections["person.2.identity"] |= {"names": []}
    sections["narrative"] = {"text": words, "form": "verbatim"}
    sections["risk"] = {"danger_now": "yes", "children": "not_asked"}
    said = force.say("life", CASE, "concern_reported", sections, urgency="threat_to_life")
    text = desk.visitor("officer").get(f"/reports/{said}").text
    main = text[text.index("<main") :]
    assert main.count(words) == 1
    assert main.index(words) < main.index("Danger now: Yes") < main.index("put to whom")
    assert "PROVISIONAL" in main
    assert "Where they are was not asked apart: see the words" in main
    assert "Name: see the words" in main
    assert main.count("Not asked apart: see the words") > 1
    for denied in ("was not told to this desk", "Name not known", "Not asked<"):
        assert denied not in main, denied
    whole = desk.visitor("officer").get(f"/reports/{force.said['concern']}").text
    assert "Not asked<" in whole
    assert "Sent in haste" not in whole


def reported(force: Busy, urgency: str) -> str:
    """Let probation report something that presses."""
    return force.say(urgency, CASE, "concern_reported", couple(force.draw), urgency=urgency)


def test_an_urgent_report_stands_first_until_every_look_is_made_answered_or_not(
    force: Busy, desk: Visited
) -> None:
    """An answer makes no look; what came first is not what presses most, on the board either."""
    officer, routine = desk.visitor("officer"), reported(force, "routine")
    force.pass_hours(60)
    report = reported(force, "urgent")
    life = reported(force, "threat_to_life")
    board = officer.get("/research").text
    assert board.index(report) < board.index(routine), "though it is due later"
    answer = {"received_by": "Lee Hart", "researched": "no", "actions": "visit_planned"}
    told(officer, officer.post(f"/reports/{report}/answer", **answer))

    def first() -> str:
        page: str = officer.get("/").text
        return page[page.index("What presses first") : page.index("Not answered yet")]

    assert "In the next minutes" in officer.get(f"/reports/{life}").text
    assert "In the next minutes" not in officer.get(f"/reports/{report}").text
    assert first().index(life) < first().index(f'/reports/{report}"')
    assert "Answered" in first()
    told(officer, officer.post(f"/reports/{life}/answer", **answer))
    later = reported(force, "urgent")
    assert first().index(f'/reports/{later}"') < first().index(f'/reports/{life}"'), "answered"
    for one in (report, life, later):
        assert f'<span class="desk-reference">…{one[-6:]}</span>' in first()
    force.pass_hours(25)
    row = first()[first().index(f'/reports/{report}"') :]
    assert "OVERDUE" in row.partition("</li>")[0]
    with force.town.consumers[POLICE].store.read() as db:
        looks = [one["id"] for one in tasks_of(db, report)]
    for look in looks:
        officer.post(f"/research/{look}", report=report, outcome="nil")
    assert report not in first()


def test_an_alert_that_asks_for_research_is_not_done_while_a_look_is_open(
    force: Busy, desk: Visited
) -> None:
    """It would take what nobody did off every list; what was closed is found again."""
    officer = desk.visitor("officer")
    force.pass_hours(80)
    with force.town.consumers[POLICE].store.read() as db:
        raised = [row for row in all_alerts(db) if row["act"] == "research"]
    assert raised
    page = f"/alerts/{raised[0]['id']}"
    closing = {"do": "close", "outcome": "done", "useful": "useful"}
    assert "looks made; PARTIAL" in refused(officer.post(page, **closing))
    assert page in officer.get("/alerts").text
    with force.town.consumers[POLICE].store.read() as db:
        looks = [one["id"] for one in tasks_of(db, raised[0]["statement"])]
    for look in looks:
        officer.post(f"/research/{look}", outcome="nil")
    text = told(officer, officer.post(page, **closing))
    assert "This alert is closed." in text[text.index("<main") :]
    assert page not in text
