"""Search at the desk: a reason first, why each is found, what was not searched, what is kept."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from consumers.desk.pages.search import TOO_LITTLE
from consumers.desk.rows import looks
from consumers.desk.searches import digest_of, forget, searches
from consumers.people.searching import Sought
from contracts.section import Born
from tests.support.browser import provider
from tests.support.busy import CANARY, POLICE, Busy, busy, couple, refused, told
from tests.support.visiting import Visited, Visitor, visiting

WHY = {"requester": "PC 4471 Reed, response team", "reason": "incident 212 of today"}
NOTHING = "Nothing found that may be shown to you."
AUDITOR = "Ash Roy (name invented)"
CASE = "nps-thames-valley/case"
NHS = "9434765919"
Json = Any


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as address:
        yield address


@pytest.fixture(scope="module")
def force(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    """A busy force that was told of one man more, who lives alone."""
    made = busy(tmp_path_factory.mktemp("force"), seed="searched")
    alone = couple(made.draw, given="Roderick")
    for name in [one for one in alone if one.startswith("person.2.")]:
        del alone[name]
    subject = alone["person.1.identity"]["subject"]
    alone["person.1.identity"] |= {
        "names": [{"given": "Roderick", "family": "Vane"}, {"given": "Rory", "family": "Marsh"}],
        "born": {"value": "1969", "precision": "year"},
        "identifiers": [{"scheme": "nhs", "value": NHS}, {"scheme": "custody", "value": "K 77"}],
    }
    alone["person.1.whereabouts"] = {"subject": subject, "address": "9 Elm Road, MK1 1AA"}
    alone["use_limits"]["limits"] = alone["use_limits"]["limits"][:1]
    made.say("alone", CASE, "concern_reported", alone)
    yield made
    made.town.close()


@pytest.fixture
def desk(force: Busy, tmp_path: Path, issuer: str) -> Iterator[Visited]:
    with visiting(force.town, POLICE, tmp_path, issuer=issuer) as opened:
        yield opened


def found(visitor: Visitor, **sought: str) -> str:
    """Search, and read what was found, but for the form below it."""
    page = told(visitor, visitor.post("/search", **{**WHY, **sought}))
    return page.partition("Search again, with more")[0]


@pytest.mark.parametrize(
    ("sought", "why"),
    [
        ({"given": "Daniel", "family": CANARY}, "The same family name"),
        ({"given": "Danny", "family": "Quilfether", "born": "1975"}, "sound or are spelt alike"),
        ({"given": CANARY, "family": "Daniel"}, "are exchanged"),
        ({"given": "Daniel", "born": "17/6/1975"}, "Born on the same day"),
        ({"given": "Daniel", "family": CANARY, "born": "about"}, None),
    ],
)
def test_somebody_is_found_by_what_is_known_of_them_and_it_says_why(
    desk: Visited, sought: dict[str, str], why: str | None
) -> None:
    """Aliases, sound and order: a search that needs the right spelling finds nobody at night."""
    officer = desk.visitor("officer")
    if why is None:
        assert "Write a birth as" in refused(officer.post("/search", **WHY, **sought))
        return
    page = found(officer, **sought)
    assert f"Daniel {CANARY}</a>" in page
    assert why in page
    assert "May be them" in page


def test_an_alias_and_a_number_lead_to_one_person_once(desk: Visited) -> None:
    """What is of one person stands together, with every name."""
    officer = desk.visitor("officer")
    for sought in (
        {"given": "Rory", "family": "March"},
        {"number": "943 476 5919"},
        {"number": "K 77", "register": "custody"},
        {"given": "Rory", "address": "Elm Road 9, mk11aa"},
    ):
        page = found(officer, **sought)
        assert page.count("<article") == 1, sought
        assert "Rory Marsh" in page
    assert "One address at the same time" in page


def test_what_is_weak_is_said_to_be_and_what_speaks_against_it_too(desk: Visited) -> None:
    """To leave a possible match out is dangerous; so is to show it as more."""
    page = found(desk.visitor("officer"), given="Rod", family="Vayne", born="1990")
    assert "WEAK: may well be somebody else" in page
    assert "May be them" not in page
    assert "AGAINST: years of birth or ages do not agree" in page


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({"given": "Daniel", "family": CANARY, "reason": ""}, "Say why, with the number"),
        ({"given": "Daniel", "family": CANARY, "requester": ""}, "Say who asked"),
        ({"given": "Daniel"}, TOO_LITTLE),
        ({"born": "17 6 1975"}, TOO_LITTLE),
        ({"address": "1 Invented Row"}, TOO_LITTLE),
        ({"number": "943 476 5918"}, "passes its check"),
        ({"report": CANARY}, "no reference of a report"),
        ({"given": "x" * 201, "family": "y"}, "at most 200"),
    ],
)
def test_what_says_too_little_is_not_searched_and_nothing_typed_is_lost(
    force: Busy, desk: Visited, sent: dict[str, str], wrong: str
) -> None:
    """A bare first name is not searched, and never `nil` (domain.md 7)."""
    before = searched(force)
    page = refused(desk.visitor("officer").post("/search", **{**WHY, **sent}))
    assert wrong in page
    assert all(f'value="{text}"' in page for text in sent.values() if text)
    assert searched(force) == before


def searched(force: Busy) -> list[Json]:
    """List every search that stands here."""
    with force.town.consumers[POLICE].store.read() as db:
        query = select(searches).order_by(searches.c.place)
        return [dict(row) for row in db.execute(query).mappings()]


def test_nothing_found_says_what_was_searched_and_never_looks_like_safe(desk: Visited) -> None:
    """`nil`, `not searched` and safe are three things (domain.md 5, trap 13)."""
    page = found(desk.visitor("officer"), given="Zebulon", family="Nobody", address="MK1 1AA")
    assert NOTHING in page
    assert "the whole name, also exchanged" in page
    assert "not a finding that anybody is safe" in page
    for words in ("PNC, PND and every other system", "Where anybody is who may be at risk"):
        assert words in page.partition("What was not searched")[2]


def test_where_she_is_no_search_finds_shows_or_confirms(desk: Visited) -> None:
    """Trap 4: whoever guesses where she is must not be told that they guessed right."""
    officer = desk.visitor("officer")
    assert NOTHING in found(officer, given="Tracey", address="1 Invented Row")
    with_it = found(officer, given="Tracey", family="Hill", address="1 Invented Row")
    assert "Tracey Hill" in with_it
    assert "address at" not in with_it
    assert "Invented Row" not in with_it


def test_who_asked_to_know_of_somebody_no_search_tells(force: Busy, desk: Visited) -> None:
    """Trap 7: that somebody asked must not reach whom they fear, by any colleague's screen."""
    officer = desk.visitor("officer")
    page = found(officer, report=force.said["application"])
    assert NOTHING in page
    assert found(officer, report=force.said["concern"]).count("<article") == 2
    assert force.said["application"] not in found(officer, given="Daniel", family=CANARY)


def test_a_search_is_recorded_by_a_digest_and_what_was_typed_stands_nowhere(
    force: Busy, desk: Visited, capfd: pytest.CaptureFixture[str]
) -> None:
    """Who knows what was searched can find that it was; the record spells nobody."""
    officer, auditor = desk.visitor("officer"), desk.visitor("auditor", purpose="audit")
    answer = officer.post("/search", **WHY, given="Daniel", family=CANARY, born="17 6 1975")
    assert re.fullmatch(r"/search/[0-9]+", answer.headers["location"])
    page = officer.get(answer.headers["location"]).text
    assert re.search(r"<title>([^<]*)", page)[1].startswith("Search")  # type: ignore[index]
    row = searched(force)[-1]
    sought = Sought("Daniel", CANARY, Born("1975-06-17", "day"))
    assert row["terms"] == digest_of(sought, row["salt"])
    with force.town.consumers[POLICE].store.read() as db:
        taken = list(db.execute(select(looks).order_by(looks.c.place.desc())).mappings())
    (search,) = [one for one in taken if one["about"] == row["terms"]]
    assert (search["what"], search["purpose"]) == ("search", "my_task")
    seen = {one["about"] for one in taken if one["what"] == "found"}
    assert force.said["concern"] in seen
    assert CANARY not in str(searched(force)) + str(taken) + "".join(capfd.readouterr())
    assert f"For {WHY['requester']}: {WHY['reason']}" in auditor.get("/looks").text


def test_a_search_is_of_the_session_that_made_it_alone(desk: Visited) -> None:
    """An address from somebody's screen opens nothing."""
    officer, supervisor = desk.visitor("officer"), desk.visitor("supervisor")
    to = officer.post("/search", **WHY, given="Daniel", family=CANARY).headers["location"]
    assert officer.get(to).status_code == 200
    assert supervisor.get(to).status_code == 404
    for _ in range(5):
        officer.post("/search", **WHY, given="Daniel", family=CANARY)
    assert officer.get(to).status_code == 404, "a session remembers its last five"


def test_a_purpose_is_asked_before_and_searches_are_few_a_minute(desk: Visited) -> None:
    """Whoever goes through names one by one is stopped (ASVS 2.4.1)."""
    officer = desk.visitor("officer", purpose=None)
    assert officer.get("/search").headers["location"].startswith("/purpose")
    assert officer.post("/search", **WHY).headers["location"].startswith("/purpose")
    asked = [officer.get("/search").status_code for _ in range(30)]
    assert (asked[0], asked[-1]) == (303, 429)


def test_whoever_must_not_know_finds_nothing_and_is_not_told_that_others_did(
    force: Busy, desk: Visited
) -> None:
    """Trap 16, also for an auditor; an erasure takes why with it, never who had it searched."""
    force.concern("kept")
    kept = {"report": force.said["kept"], "requester": "Control room, for her"}
    supervisor, manager = desk.visitor("supervisor"), desk.visitor("manager")
    assert found(supervisor, **kept).count("<article") == 2
    for name in (AUDITOR, "Lee Hart (name invented)"):
        force.exclude(name, "kept")
    officer, auditor = desk.visitor("officer"), desk.visitor("auditor", purpose="audit")
    assert NOTHING in found(officer, **kept)
    assert found(officer, report=force.said["concern"]).count("<article") == 2
    # The officer's own search showed nothing; the supervisor's showed what the auditor may not see.
    assert auditor.get("/looks").text.count(kept["requester"]) == 1
    assert manager.get("/looks").text.count(kept["requester"]) == 2
    with force.town.consumers[POLICE].store.write() as db:
        forget(db, force.said["kept"])
    assert manager.get("/looks").text.count(f"{kept['requester']}: the words are erased") == 1
