"""What a report lacked and came later, at the desk: who says so, who somebody is, and at once."""

import json
import re
from copy import deepcopy

import pytest
from sqlalchemy import select

from consumers.safeguarding.rows import alerts
from tests.support.busy import CANARY, CASE, POLICE, Busy, one
from tests.support.people import token
from tests.support.visiting import Visited
from tests.support.working import Working


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


def test_a_report_that_named_nobody_shows_who_completed_it_and_when(
    force: Busy, desk: Visited
) -> None:
    """Rec. 16: whoever is rung at night is whoever stands on the report that police act on."""
    officer, sections = desk.visitor("officer"), deepcopy(force.sections["concern"])
    whole = {**sections["provenance"], "practitioner": {"name": "Rae Moss (name invented)"}}
    sections["provenance"] = {"kind": "practitioner", "employer": whole["employer"]}
    report = force.say("nameless", CASE, "concern_reported", sections, urgency="urgent")
    page = officer.get(f"/reports/{report}").text
    assert "Nobody is named." in page
    assert "completed by" not in page
    about = {"statement": report}
    supplied = {"event": about, "cause.1": about, "provenance": whole}
    force.say("supplied", CASE, "provenance_supplied", supplied)
    page = officer.get(f"/reports/{report}").text
    assert "Nobody is named." not in page
    assert "completed by Rae Moss (name invented), " in page
    assert f"Rae Moss (name invented), {whole['role']}" in page
    assert "how they know is not said" not in page


def test_who_somebody_is_stands_on_the_report_once_it_was_answered(
    force: Busy, desk: Visited
) -> None:
    """A full name that came back must not lie beside six looks that nobody could make."""
    officer, sections = desk.visitor("officer"), deepcopy(force.sections["concern"])
    his = {**sections["person.1.identity"], "names": [{"given": "Daniel"}]}
    report = force.say("bare", CASE, "concern_reported", {**sections, "person.1.identity": his})
    looks, came = f"/research/reports/{report}", "Who this is has come since"
    page, then = officer.get(looks).text, "only a first name was known then, and more is known now"
    assert "only a first name is known" not in page, "another report has his whole name"
    assert (page.count(then), came in page) == (6, False)
    text = json.dumps({**sections, "person.1.identity": his})
    nobody_else = json.loads(text.replace(his["subject"], token("nobody else names him")))
    alone = force.say("alone", CASE, "concern_reported", nobody_else)
    assert "only a first name is known: " in officer.get(f"/research/reports/{alone}").text
    asked = next(one.statement for one in force.town.log.opened(POLICE)
                 if report in one.statement.causes
                 and getattr(one.statement.event, "key", "").endswith("/identity"))  # fmt: skip
    answer = force.say(
        "who", CASE, "information_supplied",
        {"event": {"request": asked.context.id, "statement": report, "subject": his["subject"],
                   "outcome": "match", "supplied_by": "A. Officer"},
         "cause.1": {"statement": asked.context.id}, "provenance": sections["provenance"],
         "person.1.identity": {**his, "names": [{"given": "Daniel", "family": CANARY}]}},
    )  # fmt: skip
    page = officer.get(f"/reports/{report}").text
    assert f"Said since, on being asked who this is: Daniel {CANARY}" in page
    assert f'href="/reports/{answer}"' in page
    (look,) = re.findall(r"<li>([^<]*; \d more before)", officer.get(f"/reports/{report}").text)
    assert ": Lee Hart (name invented), " in look
    page = officer.get(looks).text
    assert (page.count(then), page.count(came)) == (6, 6)


def test_a_threat_to_life_with_nothing_written_says_so_with_a_name_and_a_number(
    force: Busy, desk: Visited
) -> None:
    """Whoever is woken by it reads what it is, who says so and which number to ring, or nothing."""
    officer, sections = desk.visitor("officer"), deepcopy(force.sections["concern"])
    sections = {name: one for name, one in sections.items() if not name.startswith("person.2")}
    his = sections["person.1.identity"]["subject"]
    who = {"token": sections["provenance"]["practitioner"]["token"], "name": "Pat Marsh (invented)"}
    told = sections | {
        "person.1.identity": {"subject": his, "names": [{}]},
        "risk": {"danger_now": "yes", "children": "not_asked"},
        "use_limits": {"limits": [
            {"subject": his, "may_be_told": "ring_first", "origin_may_be_told": "no"}]},
        "provenance": {"kind": "practitioner", "practitioner": who, "employer": "Probation"},
    }  # fmt: skip
    report = force.say("life", CASE, "concern_reported", told, urgency="threat_to_life")
    its = (alerts.c.rule == "M02", alerts.c.statement == report)
    for path in (f"/alerts/{one(force, select(alerts.c.id).where(*its))}", "/alerts"):
        page = officer.get(path).text
        assert "Threat to life" in page
        assert "names nobody" not in page
        assert "Pat Marsh (invented), role not said, Probation" in page
        assert "does not say their role, how they know, where to ring them" in page
        assert re.search(r"Ring [^<]*: 01632 960\d{3}", page)
        assert re.search(r"<a [^>]*>\s*</a>|<strong>\s*</strong>|About\s*</p>", page) is None
    assert re.search(r"<a [^>]*>\s*</a>", officer.get(f"/reports/{report}").text) is None
