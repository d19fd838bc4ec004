"""The four times of a report, what lies between; and what several say of two people."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from consumers.chronology.rows import Place, happenings, ties
from consumers.chronology.ties import NOBODY, Tie, Word, by_agency, disputes, ties_of
from consumers.chronology.times import Times, waits
from consumers.chronology.worker import Chronology
from consumers.consumer import Came, Consumer
from consumers.desk.drawn import at, picture, strip
from consumers.store import Store
from consumers.worker import Voice
from contracts.event.report import (
    AttendanceRecorded,
    ConcernReported,
    HouseholdChanged,
    Occurred,
    RelationshipNoted,
)
from contracts.section import PersonPart
from contracts.statement import digest_of
from producers.partnership import Partnership
from tests.support.desk import POLICE
from tests.support.town import Town
from tests.unit.test_unverified import forged

DAY = date(2012, 5, 13)


def facts(**occurred: Any) -> dict[str, Any]:
    """Write the facts of any report, known on 1 May 2012."""
    return {
        "occurred": Occurred(**occurred), "known_to_agency": "2012-05-01", "recorded": "2012-05-01",
    }  # fmt: skip


def noted(**more: Any) -> RelationshipNoted:
    return RelationshipNoted(**facts(precision="month", at="2012-02"), **more)


@pytest.mark.parametrize(
    ("occurred", "said"),
    [
        ({"precision": "day", "at": "2012-04-30"}, "Happened 1 day before it was known to them."),
        ({"precision": "month", "at": "2012-02"}, "Happened at least 62 days before"),
        ({"precision": "year", "at": "1987"}, "Happened at least 8888 days before"),
        ({"precision": "about", "at": "2012-04-01"}, "Happened at least 30 days before"),
        ({"precision": "day", "at": "2012-01-01", "until": "2012-04-29"}, "Happened 2 days before"),
        ({"precision": "undated"}, None),
        ({"precision": "day", "at": "2012-05-01"}, None),
        ({"precision": "day", "at": "2013-01-01"}, None),
    ],
)
def test_a_wait_is_never_told_longer_than_it_was(
    occurred: dict[str, str], said: str | None
) -> None:
    """Of a month its last day counts, and what is undated counts no days (domain.md 7)."""
    report = ConcernReported(**facts(**occurred), concern="separation")
    told = list(waits(Times.of(report, DAY), "them"))
    assert told[-1] == "Known to them 12 days before it was shared."
    assert (told[0] if len(told) > 1 else "").startswith(said or "")
    assert len(told) == (2 if said else 1)


def test_what_was_shared_on_the_day_waited_for_nothing() -> None:
    """A line without a wait says none; nor does one whose facts were withheld."""
    report = ConcernReported(**facts(precision="day", at="2012-05-01"), concern="separation")
    assert not list(waits(Times.of(report, date(2012, 5, 1)), "them"))
    assert not list(waits(Times.of(None, DAY), "them"))


def test_a_drawing_has_a_line_as_long_as_each_step_took() -> None:
    """A long line is a long wait, and one that is not over has an open end."""
    report = ConcernReported(**facts(precision="day", at="2012-04-24"), concern="separation")
    drawn = strip(Times.of(report, DAY), opened=None, acted=DAY, today=date(2013, 5, 13))
    known, shared, opened, acted = drawn.lanes
    assert [known.ends, shared.ends, opened.ends, acted.ends] == [at(7), at(12), at(365), at(0)]
    assert [one.is_open for one in drawn.lanes] == [False, False, True, False]
    assert drawn.begins == at(0) < at(1) < at(7) < at(365) < at(10**6) < 100
    withheld = strip(Times.of(None, DAY), opened=None, acted=None, today=DAY)
    assert [one.step for one in withheld.lanes] == ["shared", "opened", "acted"]


def test_a_picture_grows_by_what_stands_in_it_and_nothing_overlaps() -> None:
    """Each box begins under the one before it."""
    drawn = picture("Daniel", [("stands", ["Person 1", "partners " * 12]), ("over", ["Person 2"])])
    first, second = drawn.boxes
    assert first.y > drawn.head_height
    assert len(first.texts) > 3
    assert second.y > first.y + first.height
    assert drawn.height >= second.y + second.height


def test_a_relationship_is_of_the_two_who_are_named_and_of_nobody_else() -> None:
    """Where a report names three of age it does not say between whom: they are named together."""
    event = noted(relationship="partners", state="started")
    assert ties_of(event, ["D", "T"], []) == [
        Tie("D", "T", "partners", "started"), Tie("T", "D", "partners", "started"),
    ]  # fmt: skip
    assert {one.relation for one in ties_of(event, ["D", "T", "N"], [])} == {"named"}
    child = [PersonPart("C", "child")]
    found = ties_of(event, ["D", "T", "C"], child)
    assert {one.other: one.relation for one in found if one.token == "D"} == {
        "T": "partners", "C": "child",
    }  # fmt: skip
    assert ties_of(None, ["D"], []) == []


@pytest.mark.parametrize(
    ("event", "relation", "state"),
    [
        (HouseholdChanged(**facts(precision="undated"), change="left"), "household", "left"),
        (
            HouseholdChanged(**facts(precision="undated"), change="left", relationship="partners"),
            "partners", "left",
        ),
        (
            AttendanceRecorded(
                **facts(precision="undated"), attendance="injury", accompanied="partner",
                enquiry="not_asked", companion="partners",
            ),
            "partners", "",
        ),
    ],
)  # fmt: skip
def test_somebody_who_is_spoken_of_and_not_named_is_kept(
    event: Any, relation: str, state: str
) -> None:
    """E05: a partner moves out, and nobody writes down who he was."""
    assert ties_of(event, ["T"], []) == [Tie("T", NOBODY, relation, state)]


def test_an_approved_address_makes_nobody_a_household() -> None:
    """That an address was looked at says nothing of who lives there with whom."""
    event = HouseholdChanged(**facts(precision="undated"), change="address_approved")
    assert {one.relation for one in ties_of(event, ["D", "N"], [])} == {"named"}


def word(agency: str, relation: str, state: str, begins: str, *, counts: bool = True) -> Word:
    return Word(agency, relation, state, begins, "day", f"{agency}/{begins}", [], counts)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([("A", "partners", "started", "2012-02"), ("B", "partners", "started", "2012-02-11")], []),
        (
            [("A", "partners", "started", "2012-02"), ("B", "partners", "started", "2012-05-01")],
            ["when it began"],
        ),
        (
            [("A", "partners", "continuing", "2012-02"), ("B", "former_partners", "", "2012-05")],
            ["whether it has ended"],
        ),
        ([("A", "partners", "", "2012-02"), ("B", "family", "", "2012-05")], ["what it is"]),
        ([("A", "partners", "started", "2012-02"), ("A", "partners", "ended", "2013-01")], []),
        ([("A", "partners", "", "2012-02"), ("B", "named", "", "2013-01")], []),
    ],
)
def test_what_cannot_all_be_so_is_said_and_an_agencys_own_course_is_none_of_it(
    words: list[tuple[str, str, str, str]], said: list[str]
) -> None:
    """domain.md 6: both sides stay; that it began, and later ended, contradicts nothing."""
    found = list(disputes(by_agency(word(*one) for one in words)))
    assert len(found) == len(said)
    assert all(words in text for words, text in zip(said, found, strict=True))


def test_what_was_taken_back_counts_for_nothing_and_is_still_shown() -> None:
    """Its originator says that it should not have been said."""
    taken_back = word("A", "partners", "ended", "2012-03-01", counts=False)
    first, second = by_agency([taken_back, word("B", "partners", "started", "2012-02-01")])
    assert first.words == [taken_back]
    assert not first.counted
    assert not list(disputes([first, second]))


@pytest.mark.parametrize("text", ["", "x", "2012_", "2012-05-01", "2012_" + "z" * 36])
def test_a_place_that_is_none_begins_anew(text: str) -> None:
    """An address is typed by whoever likes: it is nobody's error."""
    assert Place.read(text) is None
    place = Place("2012-05-01T09:30", "00000000-0000-7000-8000-000000000000")
    assert Place.read(str(place)) == place


def kept(consumer: Consumer) -> tuple[int, int]:
    """Count who is kept by when, and who with whom."""
    with consumer.store.read() as db:
        first, second = (
            db.execute(select(func.count()).select_from(one)).scalar_one()
            for one in (happenings, ties)
        )
    return first, second


def test_what_nobody_could_verify_stands_and_connects_nobody_and_what_is_erased_is_gone(
    tmp_path: Path,
) -> None:
    """A threat to life under a key of nobody's has its place in a line, until it is erased."""
    town = Town()
    report, emergency = town.report(), forged(town)
    voice = Voice(POLICE, f"/agencies/{POLICE}/intelligence", "duty manager", Partnership())
    consumer = Consumer(
        Store(tmp_path / "police.sqlite"), voice=voice, trust=town.log.trust,
        workers=[Chronology(voice)],
    )  # fmt: skip
    held = [Came(n, k, v or None) for n, (k, v) in enumerate(town.log.views[POLICE])]
    consumer.take(held)
    assert kept(consumer) == (4, 2), "two people in each; the two of one are connected, both ways"
    for n, raw in enumerate((emergency, report), len(held)):
        consumer.take([Came(n, digest_of(raw).encode(), None)])
    assert kept(consumer) == (0, 0)
    consumer.store.close()
