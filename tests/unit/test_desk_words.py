"""The desk says in words, never in codes, what is to be done, what was done and what is not."""

import re
from pathlib import Path
from typing import get_args

import pytest

from consumers.desk.pages.looks import KINDS
from consumers.desk.shown import TO_DO
from contracts.event.work import Act
from tests.support.busy import FORCE, POLICE, Busy, alert, task
from tests.support.command import ROOT
from tests.support.visiting import ADDRESS, Visited, visiting
from tests.support.working import Working, files_in


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


def test_an_alert_says_what_is_to_be_done_and_not_a_word_of_the_rules(
    force: Busy, desk: Visited
) -> None:
    """“Provenance” on a threat to life tells nobody at 3 am to ring whoever sent it."""
    assert set(TO_DO) == set(get_args(Act))
    which, officer = alert(force), desk.visitor("officer")
    for page in ("/alerts", f"/alerts/{which}"):
        assert f"<dt>What to do</dt><dd>{TO_DO['research']}</dd>" in officer.get(page).text


def test_a_report_names_whom_it_is_put_to_and_for_what_as_they_are_called(
    force: Busy, desk: Visited
) -> None:
    """`mk-mash` and `daiu` are what machines call them."""
    text = desk.visitor("officer").get(f"/reports/{force.said['referral']}").text
    facts = dict(re.findall(r"__key\">([^<]*)</dt><dd[^>]*>([^<]*)</dd>", text))
    assert facts["To"] == desk.station.partners[POLICE] != POLICE
    assert facts["Referral"] == "the domestic abuse investigation unit"


def test_every_look_is_told_to_the_auditor_in_words(force: Busy, desk: Visited) -> None:
    """An auditor reads that somebody opened an alert, not `alert`."""
    said, officer = force.said, desk.visitor("officer")
    report = f"/reports/{said['concern']}"
    for page in (
        "/alerts", f"/alerts/{alert(force)}", f"/research/{task(force)}", "/research",
        f"/research{report}", f"{report}/answer", f"{report}/ask", f"{report}/referral",
        f"{report}/refer/idva", f"/requests/{said['question']}/answer",
        f"/corrections/{said['correction']}", "/referrals", "/requests", "/handovers",
        f"/disclosures/{said['application']}",
    ):  # fmt: skip
        assert officer.get(page).status_code == 200, page
    shown, page = set[str](), "/looks"
    auditor = desk.visitor("auditor")
    while page:
        text = auditor.get(page).text
        shown |= set(re.findall(r'data-label="Did what">([^<]*)<', text))
        found = re.search(r'href="(/looks\?before=[^"]*)"', text)
        page = found[1].replace("&amp;", "&") if found else ""
    assert len(shown) > len(("signed in", "an alert", "a look", "an answer"))
    assert shown <= set(KINDS.values())


def test_from_whom_a_case_is_kept_is_said_as_a_sentence(force: Busy, desk: Visited) -> None:
    """“A person: X: nothing about 2 people” says neither who nor what."""
    force.exclude("Nobody Here (name invented)", "concern", source=FORCE)
    text = desk.visitor("manager").get("/exclusions").text
    assert re.search(r"The person known as \S+ is shown nothing about 2 people\.", text)


def test_every_form_asks_for_a_day_as_people_write_it() -> None:
    """One form wanted 2026-12-31 and the next 27 3 2012: half of what was typed came back."""
    desk = ROOT / "consumers" / "desk"
    asked = {
        path.name: re.findall(r"\b\d{4}-\d{2}(?:-\d{2})?\b", path.read_text())
        for path in (*desk.glob("templates/**/*.html"), *desk.glob("pages/*.py"))
    }
    assert asked["refer.html"] == []
    assert not {name: found for name, found in asked.items() if found}


def test_a_page_of_the_rest_is_named_beside_more_which_stays_shut(desk: Visited) -> None:
    """Open, it takes half a telephone's screen from what somebody came for."""
    text = desk.visitor("officer").get("/feeds").text
    assert "<summary>More: <strong>Feeds</strong></summary>" in text
    assert re.search(r"<details[^>]*\bopen\b", text) is None
    assert "ledger time" not in text.lower(), "it is our word, and nobody's at a desk"


def test_what_is_not_done_says_what_to_do_in_the_words_of_the_desk_and_leads_back(
    desk: Visited,
) -> None:
    """Nobody at a desk types commands; and what was begun is not begun from the inbox again."""
    officer = desk.visitor("officer")
    asked = {"name": "nothing", "worker": "Watching", "what": "KeyError", "reason": "I rang"}
    for came_from, leads in (
        (f"{ADDRESS}/feeds?older=x", True),
        ("https://else.example/feeds", False),
    ):
        officer.client.headers["referer"] = came_from
        page = officer.post("/feeds", **asked).text
        assert "Take the name from: the health of the feeds" in page
        assert ('href="/feeds">Back to the page you came from' in page) is leads
        assert "else.example" not in page
        assert 'href="/">Inbox' in page


def test_where_nothing_came_nothing_is_said_to_wait(tmp_path: Path, issuer: str) -> None:
    """Among everything that came nothing waits or waits not: there is nothing."""
    made = Working("words", store=files_in(tmp_path), acting=[POLICE])
    with visiting(made, POLICE, tmp_path, issuer=issuer) as opened:
        officer = opened.visitor("officer")
        assert "shown to you has come. That is as of" in officer.get("/?show=all").text
        assert "shown to you has come and waits. That is as of" in officer.get("/").text
    made.close()
