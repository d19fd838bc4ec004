"""Persons at the desk: what is held and who says so, who may be one, joined and parted by name."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from consumers import store as stored
from consumers.desk.rows import looks
from consumers.standing import mark
from tests.support.busy import (
    ASKS,
    CANARY,
    CASE,
    FORCE,
    POLICE,
    Busy,
    busy,
    couple,
    facts,
    refused,
    told,
)
from tests.support.visiting import Visited, Visitor, visiting

NOTHING = "There is nothing here that can be shown to you."
OFFICER, MANAGER = "Lee Hart (name invented)", "Kim Shaw (name invented)"
NOBODY = "A" * 22


@pytest.fixture(scope="module")
def force(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    """One busy force; each test that changes something lets probation tell of people of its own."""
    made = busy(tmp_path_factory.mktemp("force"))
    yield made
    made.town.close()


@pytest.fixture(scope="module")
def desk(force: Busy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    with visiting(force.town, POLICE, tmp_path_factory.mktemp("desk")) as opened:
        yield opened


@pytest.fixture(scope="module")
def officer(desk: Visited) -> Visitor:
    return desk.visitor("officer")


def twice(force: Busy, family: str, *, born: str = "1970-03-02", **more: Any) -> str:
    """Let probation tell twice of one man, born on two days where one is given."""
    for name, day in ((family, "1970-03-02"), (f"{family} again", born)):
        sections = couple(force.draw)
        sections["person.1.identity"] |= {
            "names": [{"given": "Jim", "family": family}],
            "born": {"value": day, "precision": "day"}, **more,
        }  # fmt: skip
        force.say(name, CASE, "concern_reported", sections)
    return beside(force, family, f"{family} again")


def beside(force: Busy, one: str = "concern", other: str = "referral") -> str:
    """Give the page of two records: of the first person of each of two reports."""
    return f"/persons/{force.token(one)}/beside/{force.token(other)}"


def seen_on(page: str) -> str:
    """Read what a page's form says that its reader was shown."""
    found = re.search(r'name="seen" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def join(visitor: Visitor, path: str, **fields: Any) -> Any:
    """Send the form that stands on two records' page, as it stands now."""
    given = {"judged": "one", "seen": seen_on(visitor.get(path).text), **fields}
    return visitor.post(path, **given)


def link_on(page: str) -> str:
    """Read the first link that a person's page leads to."""
    found = re.search(r'href="(/links/[0-9a-f-]{36})"', page)
    assert found is not None
    return found[1]


def test_a_page_says_what_is_held_who_says_so_and_whom_to_ask_for_what_it_keeps(
    force: Busy, desk: Visited, officer: Visitor
) -> None:
    """Traps 4 and 8: no address of who may be at risk, and nobody else's name."""
    report = f"/reports/{force.said['concern']}"
    opened = officer.get(report).text
    for number in (1, 2):
        assert f'href="/persons/{force.token("concern", number)}"' in opened
    his, hers = (officer.get(f"/persons/{force.token('concern', n)}").text for n in (1, 2))
    for text in (f"Daniel {CANARY}", "17 June 1975", "Alleged perpetrator", f'href="{report}"'):
        assert text in his
    assert his.index("What may be put to whom") < his.index("What is held, and who says so")
    assert "must not be told" in his
    assert "Tracey" not in his
    assert "Invented Row" not in hers
    assert "1 address held and not shown here" in hers
    assert "Ask The Probation Service" in hers
    assert CANARY not in re.findall(r"<title>(.*?)</title>", his, re.DOTALL)[0]
    with desk.station.store.read() as db:
        query = select(looks.c.purpose, looks.c.about).where(looks.c.what == "person")
        looked = db.execute(query.order_by(looks.c.place)).all()
    assert [tuple(one) for one in looked] == [
        ("my_task", force.token("concern", n)) for n in (1, 2)
    ]


def test_who_may_be_one_is_listed_joined_and_parted_by_a_named_person(
    force: Busy, officer: Visitor
) -> None:
    """Nothing merges by itself, and an unlink restores."""
    path, person = twice(force, "Marsh"), f"/persons/{force.token('Marsh')}"
    listed = officer.get("/persons").text
    for text in ("MAY BE one person", "born on the same day", "Jim Marsh"):
        assert text in listed
    assert path in officer.get(person).text
    page = officer.get(path).text
    assert page.index("What speaks for it") < page.index('name="reason"')
    assert "Say why you judge so" in refused(join(officer, path))
    before = force.town.events(POLICE, "persons_linked")
    stale = officer.post(path, judged="one", seen="x", reason="rang probation")
    assert "changed since you were shown it" in refused(stale)
    assert force.town.events(POLICE, "persons_linked") == before
    page = told(officer, join(officer, path, reason="rang probation"))
    assert f"{OFFICER}</strong> said that 2 records are one person" in page
    assert "Why: rang probation" in page
    assert path not in page, "who is one already is not offered again"
    said = force.town.events(POLICE, "persons_linked")[-1]
    assert said["basis"].startswith("rang probation [shown: born on the same day; ")
    assert officer.get(path).headers["location"] == person
    link = link_on(page)
    assert officer.get(link).text.count("Jim Marsh") == 2
    assert "Say why they are not one person" in refused(officer.post(link))
    told(officer, officer.post(link, reason="two men"))
    assert path in officer.get(person).text
    assert f"{OFFICER} parted them" in officer.get(path).text
    assert "Why: two men" in officer.get(path).text
    assert NOTHING in officer.get(link).text, "what is undone stands no more"


def test_two_people_are_judged_to_be_two_and_come_back_with_what_is_newer(
    force: Busy, officer: Visitor
) -> None:
    """A pair that somebody rejected and that is proposed for ever hides the others."""
    path, person = twice(force, "Birch"), f"/persons/{force.token('Birch')}"
    assert "whether they are one person or two" in refused(join(officer, path, judged=""))
    page = told(officer, join(officer, path, judged="two", reason="Father and son."))
    assert f"JUDGED two people by {OFFICER}, " in page
    assert "Why two: Father and son." in page
    assert f"{OFFICER} judged them to be two people" in officer.get(path).text
    again = join(officer, path, judged="two", reason="Father and son.")
    assert "two people already" in refused(again)
    force.say("newer", FORCE, "intelligence_logged", {
        **{name: value for name, value in force.sections["Birch"].items() if name != "risk"},
        "event": facts(scheme="ungraded", source="anonymous", action="none"),
    })  # fmt: skip
    page = officer.get(person).text
    assert path in page
    assert "JUDGED two people" not in page
    assert f"{OFFICER} judged them to be two people" in officer.get(path).text, "as it was"


def test_those_who_only_read_see_no_form_and_send_none(
    force: Busy, desk: Visited, officer: Visitor
) -> None:
    """An auditor sees how somebody would decide, and decides nothing."""
    auditor, path = desk.visitor("auditor", purpose="audit"), beside(force)
    page = auditor.get(path)
    assert page.status_code == 200
    assert 'name="reason"' not in page.text
    sent = auditor.post(path, seen=seen_on(officer.get(path).text), reason="x")
    assert sent.status_code == 403


def test_what_is_apart_is_joined_only_with_a_tick_and_a_reason(
    force: Busy, officer: Visitor
) -> None:
    """Father and son of one name: whoever knows better says so, and says why."""
    path = twice(force, "Stone", born="1971-03-02")
    page = officer.get(path).text
    assert "NEVER ONE WHILE</strong> born on different days" in page
    assert "although they are apart" in page
    before = force.town.events(POLICE, "persons_linked")
    text = refused(join(officer, path, reason="mistyped"))
    assert "What is held parts these two" in text
    assert "tick that they are one all the same" in text
    assert "--" not in re.sub(r"<[^>]*>", "", text).replace("<!--", "")
    assert force.town.events(POLICE, "persons_linked") == before
    page = told(officer, join(officer, path, reason="mistyped", all_the_same="yes"))
    _, _, contradictions = page.partition("These cannot all be true")
    contradictions, _, _ = contradictions.partition("What is held, and who says so")
    for born in ("2 March 1970", "2 March 1971"):
        assert born in contradictions


def test_one_number_of_two_people_stands_first_as_an_error(force: Busy, officer: Visitor) -> None:
    """Somebody should know which record is wrong before it is acted on."""
    number = [{"scheme": "pnc", "value": "02/73319Z"}]
    twice(force, "Reed", born="1971-03-02", identifiers=number)
    page = officer.get("/persons").text
    assert page.index("ONE NUMBER, and parted") < page.index("MAY BE one person")


def test_how_what_names_them_stands_is_said_in_words(force: Busy, officer: Visitor) -> None:
    """Corrected, suspect and taken back: on the page, on each line, and at each report."""
    page = officer.get(f"/persons/{force.token('separated')}").text
    assert "1 of what names them: CORRECTED by its originator" in page
    assert page.count("CORRECTED by its originator") > 3
    path = twice(force, "Vane")
    with force.town.consumers[POLICE].store.write() as db:
        mark(db, force.said["Vane"], "suspect", "a key")
    page = officer.get(f"/persons/{force.token('Vane')}").text
    assert "1 of what names them: SUSPECT: signed while its key was compromised" in page
    assert "Nobody is compared with them" in page
    assert NOTHING in officer.get(path).text


def test_a_link_whose_grounds_were_erased_says_so(force: Busy, officer: Visitor) -> None:
    """Else a signature stands under reports that nobody can read any more."""
    path, person = twice(force, "Grey"), f"/persons/{force.token('Grey')}"
    link = link_on(told(officer, join(officer, path, reason="rang")))
    assert "ERASED" not in officer.get(person).text
    with force.town.consumers[POLICE].store.write() as db:
        row = stored.row_of(db, force.said["Grey again"])
        assert row is not None
        stored.erase(db, row["digest"])
    for page in (person, link):
        assert "ERASED: 1 of what it rests on is not held here any more" in officer.get(page).text


def test_whom_somebody_is_kept_from_is_nobody_in_any_list_page_or_look(
    force: Busy, desk: Visited, officer: Visitor
) -> None:
    """Trap 16, also where a colleague looked: whoever keeps the list of looks learns nothing."""
    manager, path = desk.visitor("manager", purpose="audit"), twice(force, "Wren")
    token = force.token("Wren")
    link = link_on(told(officer, join(officer, path, reason="rang")))
    assert token in manager.get("/looks").text
    force.exclude(MANAGER, "Wren")
    for page in ("/persons", "/looks"):
        assert token not in manager.get(page).text, page
    for page in (f"/persons/{token}", path, link, f"/persons/{NOBODY}"):
        answer = manager.get(page)
        assert (answer.status_code, NOTHING in answer.text) == (404, True), page
    assert token in officer.get(f"/persons/{token}").text
    assert officer.get(link).status_code == 200


def test_what_names_somebody_is_listed_page_by_page(
    force: Busy, officer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest first; what may be put to whom says which of them it is of."""
    path, person = twice(force, "Lark"), f"/persons/{force.token('Lark')}"
    told(officer, join(officer, path, reason="rang"))
    monkeypatch.setattr("consumers.desk.held.PAGE", 1)
    first = officer.get(person).text
    assert "Others name them too" in first
    (older,) = re.findall(rf'href="({person}\?after=[0-9a-f-]+)"', first)
    listed = [re.findall(r'<li class="desk-row"><a[^>]*href="([^"]+)"', page)
              for page in (first, officer.get(older).text)]  # fmt: skip
    assert sorted(one for page in listed for one in page) == sorted(
        f"/reports/{force.said[name]}" for name in ("Lark", "Lark again")
    )


def test_who_applied_to_know_is_read_where_its_officers_work_on_it(
    force: Busy, officer: Visitor
) -> None:
    """Trap 7: an application opens as a disclosure, and never as a report."""
    page = officer.get(f"/persons/{force.token('application')}").text
    assert f"/disclosures/{force.said['application']}" in page
    assert f"/reports/{force.said['application']}" not in page
    assert ASKS not in page


def test_nobody_is_compared_by_settings_that_changed_since(
    force: Busy, officer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page still opens, and says what is missing from it."""
    monkeypatch.setattr("consumers.people.rows.is_of", lambda *_: False)
    for page in ("/persons", f"/persons/{force.token('concern')}"):
        answer = officer.get(page)
        assert answer.status_code == 200
        assert "Nobody is compared" in answer.text
