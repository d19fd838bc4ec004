"""Persons at the desk: what is held and who says so, who may be one, joined and parted by name."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consumers import store as stored
from consumers.standing import mark
from tests.support.browser import provider
from tests.support.busy import CANARY, CASE, POLICE, Busy, busy, couple, refused, told
from tests.support.visiting import Visited, Visitor, visiting

NOTHING = "There is nothing here that can be shown to you."
OFFICER, MANAGER = "Lee Hart (name invented)", "Kim Shaw (name invented)"
NOBODY = "A" * 22


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as address:
        yield address


@pytest.fixture
def force(tmp_path: Path) -> Iterator[Busy]:
    made = busy(tmp_path)
    yield made
    made.town.close()


@pytest.fixture
def desk(force: Busy, tmp_path: Path, issuer: str) -> Iterator[Visited]:
    with visiting(force.town, POLICE, tmp_path, issuer=issuer) as opened:
        yield opened


def beside(force: Busy, one: str = "concern", other: str = "referral", number: int = 1) -> str:
    """Give the page of two records of one person of each report."""
    return f"/persons/{force.token(one, number)}/beside/{force.token(other, number)}"


def seen_on(page: str) -> str:
    """Read what a page's form says that its reader was shown."""
    found = re.search(r'name="seen" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def join(visitor: Visitor, path: str, **fields: Any) -> Any:
    """Send the form that stands on two records' page, as it stands now."""
    return visitor.post(path, seen=seen_on(visitor.get(path).text), **fields)


def link_on(page: str) -> str:
    """Read the first link that a person's page leads to."""
    found = re.search(r'href="(/links/[0-9a-f-]{36})"', page)
    assert found is not None
    return found[1]


def test_a_page_says_what_is_held_who_says_so_and_whom_to_ask_for_what_it_keeps(
    force: Busy, desk: Visited
) -> None:
    """Traps 4 and 8: no address of who may be at risk, and nobody else's name."""
    officer, report = desk.visitor("officer"), f"/reports/{force.said['concern']}"
    opened = officer.get(report).text
    for number in (1, 2):
        assert f'href="/persons/{force.token("concern", number)}"' in opened
    his, hers = (officer.get(f"/persons/{force.token('concern', n)}").text for n in (1, 2))
    for text in (f"Daniel {CANARY}", "1975-06-17 (day)", "Alleged perpetrator", f'href="{report}"'):
        assert text in his
    assert his.index("What may be put to whom") < his.index("What is held, and who says so")
    assert "must not be told" in his
    assert "Tracey" not in his
    assert "Invented Row" not in hers
    assert "1 address held and not shown here" in hers
    assert "Ask The Probation Service" in hers
    assert CANARY not in re.findall(r"<title>(.*?)</title>", his, re.DOTALL)[0]
    with desk.station.store.read() as db:
        looked = db.exec_driver_sql("SELECT purpose, about FROM looks WHERE what = 'person'").all()
    assert [tuple(one) for one in looked] == [
        ("my_task", force.token("concern", n)) for n in (1, 2)
    ]


def test_an_alert_leads_to_whom_it_is_about(force: Busy, desk: Visited) -> None:
    """From what presses to the person in one step."""
    force.pass_hours(80)
    listed = desk.visitor("officer").get("/alerts").text
    assert f'href="/persons/{force.token("concern")}"' in listed


def test_who_may_be_one_is_listed_joined_and_parted_by_a_named_person(
    force: Busy, desk: Visited
) -> None:
    """Nothing merges by itself, and an unlink restores."""
    officer, path = desk.visitor("officer"), beside(force)
    person = f"/persons/{force.token('concern')}"
    listed = officer.get("/persons").text
    for text in ("MAY BE one person", "born on the same day", f"Daniel {CANARY}"):
        assert text in listed
    assert path in officer.get(person).text
    page = officer.get(path).text
    assert page.index("What speaks for it") < page.index('name="reason"')
    assert "Say why they are one person" in refused(join(officer, path))
    assert "changed since you were shown it" in refused(
        officer.post(path, seen="x", reason="rang probation")
    )
    assert force.town.events(POLICE, "persons_linked") == []
    page = told(officer, join(officer, path, reason="rang probation"))
    assert f"{OFFICER}</strong> said that 2 records are one person" in page
    assert "Why: rang probation" in page
    assert "born on the same day" in page
    assert path not in page, "who is one already is not offered again"
    (said,) = force.town.events(POLICE, "persons_linked")
    assert said["basis"].startswith("rang probation [shown: born on the same day; ")
    assert officer.get(path).headers["location"] == person
    link = link_on(page)
    assert officer.get(link).text.count(f"Daniel {CANARY}") == 2
    assert "Say why they are not one person" in refused(officer.post(link))
    told(officer, officer.post(link, reason="two men"))
    assert path in officer.get(person).text
    assert f"{OFFICER} parted them" in officer.get(path).text
    assert "Why: two men" in officer.get(path).text
    assert NOTHING in officer.get(link).text, "what is undone stands no more"


def test_those_who_only_read_see_no_form_and_send_none(force: Busy, desk: Visited) -> None:
    """An auditor sees how somebody would decide, and decides nothing."""
    auditor, path = desk.visitor("auditor", purpose="audit"), beside(force)
    page = auditor.get(path)
    assert page.status_code == 200
    assert 'name="reason"' not in page.text
    assert auditor.post(path, seen=seen_on_officer(desk, path), reason="x").status_code == 403
    assert force.town.events(POLICE, "persons_linked") == []


def seen_on_officer(desk: Visited, path: str) -> str:
    """Read the form of somebody who may send it."""
    return seen_on(desk.visitor("officer").get(path).text)


def apart(force: Busy, **more: Any) -> str:
    """Let probation tell of a namesake born on another day; give the page of the two."""
    sections = couple(force.draw)
    sections["person.1.identity"] |= {"born": {"value": "1976-06-18", "precision": "day"}, **more}
    force.say("namesake", CASE, "concern_reported", sections)
    return beside(force, other="namesake")


def test_what_is_apart_is_joined_only_with_a_tick_and_a_reason(force: Busy, desk: Visited) -> None:
    """Father and son of one name: whoever knows better says so, and says why."""
    officer, path = desk.visitor("officer"), apart(force)
    page = officer.get(path).text
    assert "NEVER ONE WHILE born on different days" in page
    assert "although they are apart" in page
    text = refused(join(officer, path, reason="mistyped"))
    assert "What is held parts these two" in text
    assert "tick that they are one all the same" in text
    assert "--" not in re.sub(r"<[^>]*>", "", text).replace("<!--", "")
    assert force.town.events(POLICE, "persons_linked") == []
    page = told(officer, join(officer, path, reason="mistyped", all_the_same="yes"))
    assert "These cannot all be true" in page
    first, second = (page.index(f"{born} (day)</strong>") for born in ("1975-06-17", "1976-06-18"))
    assert abs(first - second) < page.index("What is held, and who says so"), "side by side"


def test_one_number_of_two_people_stands_first_as_an_error(force: Busy, desk: Visited) -> None:
    """Somebody should know which record is wrong before it is acted on."""
    number = [{"scheme": "pnc", "value": "02/73319Z"}]
    sections = couple(force.draw)
    sections["person.1.identity"] |= {"identifiers": number}
    force.say("numbered", CASE, "concern_reported", sections)
    apart(force, identifiers=number)
    page = desk.visitor("officer").get("/persons").text
    assert page.index("ONE NUMBER, and parted") < page.index("MAY BE one person")


def test_how_what_names_them_stands_is_said_in_words(force: Busy, desk: Visited) -> None:
    """Corrected, suspect and taken back: on the page, on each line, and at each report."""
    officer = desk.visitor("officer")
    page = officer.get(f"/persons/{force.token('separated')}").text
    assert "1 of what names them: CORRECTED by its originator" in page
    assert page.count("CORRECTED by its originator") > 3
    person = f"/persons/{force.token('concern')}"
    with force.town.consumers[POLICE].store.write() as db:
        mark(db, force.said["concern"], "suspect", "a key")
    page = officer.get(person).text
    assert "of what names them: SUSPECT: signed while its key was compromised" in page
    assert "Nobody is compared with them" in page
    assert NOTHING in officer.get(beside(force)).text


def test_a_link_whose_grounds_were_erased_says_so(force: Busy, desk: Visited) -> None:
    """Else a signature stands under reports that nobody can read any more."""
    officer, path = desk.visitor("officer"), beside(force)
    person = f"/persons/{force.token('concern')}"
    link = link_on(told(officer, join(officer, path, reason="rang")))
    assert "ERASED" not in officer.get(person).text
    with force.town.consumers[POLICE].store.write() as db:
        row = stored.row_of(db, force.said["referral"])
        assert row is not None
        stored.erase(db, row["digest"])
    for page in (person, link):
        assert "ERASED: 1 of what it rests on is not held here any more" in officer.get(page).text


def test_whom_somebody_is_kept_from_is_nobody_in_any_list_page_or_look(
    force: Busy, desk: Visited
) -> None:
    """Trap 16, also where a colleague looked: whoever keeps the list of looks learns nothing."""
    officer, manager = desk.visitor("officer"), desk.visitor("manager", purpose="audit")
    token, path = force.token("concern"), beside(force)
    link = link_on(told(officer, join(officer, path, reason="rang")))
    assert token in manager.get("/looks").text
    force.exclude(MANAGER, "concern")
    for page in (f"/persons/{token}", path, link):
        answer = manager.get(page)
        assert (answer.status_code, NOTHING in answer.text) == (404, True), page
    for page in ("/persons", "/looks"):
        assert token not in manager.get(page).text, page
    assert token in officer.get(f"/persons/{token}").text
    unknown = manager.get(f"/persons/{NOBODY}")
    assert unknown.status_code == 404
    assert manager.post(link, reason="curious").status_code in {403, 404}
    assert force.town.events(POLICE, "persons_unlinked") == []


def test_what_names_somebody_is_listed_page_by_page(
    force: Busy, desk: Visited, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest first; what may be put to whom says which of them it is of."""
    officer, path = desk.visitor("officer"), beside(force)
    told(officer, join(officer, path, reason="rang"))
    monkeypatch.setattr("consumers.desk.held.PAGE", 1)
    person = f"/persons/{force.token('concern')}"
    first = officer.get(person).text
    assert "Others name them too" in first
    (older,) = re.findall(rf'href="({person}\?after=[0-9a-f-]+)"', first)
    assert officer.get(older).status_code == 200
    listed = [re.findall(r'<li class="desk-row">.*?href="([^"]+)"', page, re.DOTALL)
              for page in (first, officer.get(older).text)]  # fmt: skip
    assert [len(one) for one in listed] == [1, 1]
    assert listed[0] != listed[1]


def test_who_applied_to_know_is_read_where_its_officers_work_on_it(
    force: Busy, desk: Visited
) -> None:
    """Trap 7: an application opens as a disclosure, and never as a report."""
    page = desk.visitor("officer").get(f"/persons/{force.token('application')}").text
    assert f"/disclosures/{force.said['application']}" in page
    assert f"/reports/{force.said['application']}" not in page
    assert "Zebedee" not in page


def test_nobody_is_compared_by_settings_that_changed_since(
    force: Busy, desk: Visited, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page still opens, and says what is missing from it."""
    monkeypatch.setattr("consumers.people.rows.is_of", lambda *_: False)
    officer = desk.visitor("officer")
    for page in ("/persons", f"/persons/{force.token('concern')}"):
        answer = officer.get(page)
        assert answer.status_code == 200
        assert "Nobody is compared" in answer.text
