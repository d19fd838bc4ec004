"""A corrected report at the desk and from it: as its originator says it now, on every page."""

import re
from copy import deepcopy
from typing import Any

import pytest
from sqlalchemy import select

from consumers.safeguarding.rows import alerts
from tests.support.busy import CANARY, CASE, POLICE, PROBATION, Busy, one, told
from tests.support.visiting import Visited
from tests.support.working import Working

HUB = "mk-mash"
WAS, IS = "1 Invented Row", "9 Invented Square"


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


def corrected(force: Busy, report: str = "concern") -> str:
    """Let probation correct a report: she may not be told, is elsewhere, and he is named rightly.

    Returns:
        The correction's id.
    """
    was, about = force.sections[report], {"statement": force.said[report]}
    his, hers = (was[f"person.{n}.identity"] for n in (1, 2))
    limits = [{"subject": one["subject"], "may_be_told": "no", "origin_may_be_told": "no"}
              for one in (his, hers)]  # fmt: skip
    return force.say(
        "right", CASE, "statement_corrected",
        {"event": {**about, "reason": "misheard", "by": "A. Officer"}, "cause.1": about,
         "provenance": was["provenance"],
         "person.1.identity": {**his, "names": [{"given": "Dermot", "family": CANARY}]},
         "person.1.part": {"subject": his["subject"], "part": "unassessed"},
         "person.2.identity": hers,
         "person.2.whereabouts": {"subject": hers["subject"], "address": IS},
         "use_limits": {"limits": limits, "ring": "Ms Vane on 01632 960044"}},
    )  # fmt: skip


def test_every_page_shows_a_corrected_report_as_it_stands(force: Busy, desk: Visited) -> None:
    """What must no longer be put to her is what somebody at the door reads first."""
    officer, report = desk.visitor("officer"), force.said["concern"]
    assert "Ring first" in officer.get(f"/reports/{report}").text
    correction = corrected(force)
    page = officer.get(f"/reports/{report}").text
    assert "CORRECTED by its originator" in page
    assert f'href="/corrections/{correction}"' in page
    assert page.count("Must not be told") == 2
    pages = [f"/reports/{report}{page}" for page in ("", "/answer", "/ask", "/refer/mash")]
    for path in (
        *pages,
        f"/research/reports/{report}",
        f"/requests/{force.said['question']}/answer",
    ):
        page = officer.get(path).text
        assert "Ms Vane on 01632 960044" in page, path
        assert f"Dermot {CANARY}" in page, path
        assert f"Daniel {CANARY}" not in page, path


def test_what_leaves_carries_what_stands(force: Busy, desk: Visited) -> None:
    """Another agency acts on the limits that it is given, and knows of no correction before."""
    officer, report = desk.visitor("officer"), force.said["concern"]
    corrected(force)
    subjects = [force.token("concern", n) for n in (1, 2)]
    sent: dict[str, Any] = {"to": HUB, "people": subjects, "danger": "no", "children": "household",
            "soon": "urgent", "words": "w", "meets": ["child_concern"]}  # fmt: skip
    told(officer, officer.post(f"/reports/{report}/refer/mash", **sent))
    told(officer, officer.post(f"/reports/{report}/ask", to=PROBATION, person="1", why="licence"))
    ours = [one.statement for one in force.town.log.opened(POLICE)
            if one.statement.context.source.startswith(f"/agencies/{POLICE}/")]  # fmt: skip
    for kind in ("referral_made", "information_requested"):
        text = str([one.sections for one in ours if one.kind.name == kind])
        assert "Dermot" in text, kind
        assert "Daniel" not in text, kind
        assert "ring_first" not in text, kind
        assert "part='unassessed'" in text, kind


def test_where_somebody_is_now_is_what_is_shown_and_marked(force: Busy, desk: Visited) -> None:
    """She has moved, perhaps from him: a visit to where she was may tell him that somebody asks."""
    officer = desk.visitor("officer")
    where = f"/reports/{force.said['concern']}/whereabouts/2"
    officer.post(where, do="alone", reason="to visit her")
    assert WAS in officer.post(where, do="show").text
    corrected(force)
    shown = officer.post(where, do="show").text
    assert IS in shown
    assert WAS not in shown
    assert "CORRECTED by its originator" in shown


def test_whose_part_was_corrected_is_sheltered_by_it(force: Busy, desk: Visited) -> None:
    """Whom nobody calls the alleged perpetrator any more may be the victim (trap 4)."""
    corrected(force)
    officer = desk.visitor("officer")
    page = officer.get(f"/persons/{force.token('concern')}").text
    assert "not assessed" in page.lower() or "unassessed" in page
    assert "alleged perpetrator" not in page.lower()


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
    assert "only a first name is known" in officer.get(looks).text
    assert came not in officer.get(looks).text
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
    assert officer.get(looks).text.count(came) == 6


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
