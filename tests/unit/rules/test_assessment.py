"""M06: a low level that leaves out what is held, before it was given or since."""

from typing import Any

import pytest

from tests.support.history_suite import found_by_research
from tests.support.watching import D, T, Watch, shipped

Json = Any
BEFORE = ("E16", "E18", "E20")


def missing(why: str) -> set[str]:
    """List what a review is asked to look at."""
    words = {"history": "on record", "alcohol": "drinking", "breakdown": "broke down"}
    return {topic for topic, word in words.items() if word in why}


def test_a_low_level_that_leaves_out_what_is_held_asks_a_manager_to_look_again() -> None:
    """E21: low, eighteen days after he said that he was dependent (5.7.1)."""
    watch = Watch(*BEFORE)
    (alarm,) = watch.sees("M06", "E21")
    assert alarm.act == "risk_review"
    assert "HISTORY_NOT_CONSIDERED" in alarm.why
    assert missing(alarm.why) == {"history", "alcohol", "breakdown"}
    assert set(alarm.statements) == {one.id for one in watch.told.seen}
    assert list(alarm.subjects) == [D]


@pytest.mark.parametrize(
    ("level", "fires"),
    [("standard", True), ("low", True), ("medium", False), ("high", False), ("very_high", False)],
)
def test_only_a_low_level_is_looked_at_again(level: str, fires: bool) -> None:
    """Medium is not a level that nobody watches."""
    assert bool(Watch(*BEFORE).sees("M06", "E21", facts={"level": level})) is fires


@pytest.mark.parametrize(
    ("considered", "left"),
    [
        (["offending history"], {"alcohol", "breakdown"}),
        (["Previous_Convictions", "alcohol"], {"breakdown"}),
        (["history", "substance misuse"], {"breakdown"}),
        (["history of employment"], {"history", "alcohol", "breakdown"}),
        (["says that alcohol is no problem"], {"history", "alcohol", "breakdown"}),
    ],
)
def test_what_was_considered_is_not_asked_again(considered: list[str], left: set[str]) -> None:
    """Whole entries count: a sentence that mentions drink has not weighed it."""
    (alarm,) = Watch(*BEFORE).sees("M06", "E21", facts={"considered": considered})
    assert missing(alarm.why) == left


def test_a_level_that_considered_all_of_it_stands() -> None:
    """Judgement is the assessor's: the rule asks only whether it was exercised."""
    facts = {"considered": ["history", "alcohol", "relationship breakdown"]}
    assert Watch(*BEFORE).sees("M06", "E21", facts=facts) == []


@pytest.mark.parametrize(("day", "fires"), [("2012-03-14", True), ("2012-03-13", False)])
def test_dependence_is_recent_for_ninety_days(day: str, fires: bool) -> None:
    """E21 is of 12 June: 90 days before it is 14 March."""
    watch = Watch()
    watch.tell("E20", day=day)
    assert bool(watch.sees("M06", "E21")) is fires


def test_what_happened_after_the_assessment_was_not_left_out_of_it() -> None:
    """Nobody can weigh what has not happened yet."""
    watch = Watch()
    watch.tell("E20", day="2012-06-13")
    assert watch.sees("M06", "E21") == []


def test_drug_use_is_looked_for_as_drinking_is() -> None:
    """Dependence is on either."""
    watch = Watch()
    watch.tell("E20", facts={"topic": "drugs"})
    (alarm,) = watch.sees("M06", "E21")
    assert "recent drug use" in alarm.why
    assert watch.sees("M06", "E21", facts={"considered": ["drugs"]}) == []


def test_anothers_drinking_is_not_his() -> None:
    """What a clinician notes of her is nothing that he depends on."""
    watch = Watch()
    watch.tell("E20", people=("T", "D"))
    assert watch.sees("M06", "E21") == []


@pytest.mark.parametrize("drop", ["event", "person.1.identity"])
def test_an_assessment_in_part_is_not_looked_at(drop: str) -> None:
    """Whose level it is, or which, was not delivered."""
    assert Watch(*BEFORE).sees("M06", "E21", drop=[drop]) == []


HERS = {"instrument": "dash", "account": "victim"}


def assessed(
    watch: Watch, *people: str, level: str = "standard", day: str = "2012-06-12", **facts: Json
) -> list[Any]:
    """Have her assessed by police on her own account."""
    return watch.sees(
        "M06", "E21", day=day, people=people, agency="thames-valley", risk=HERS,
        facts={"instrument": "dash", "level": level, **facts},
    )  # fmt: skip


@pytest.mark.parametrize("people", [("T",), ("T", "D"), ("D", "T/victim"), ("T", "Child/child")])
def test_a_low_level_on_her_own_account_that_leaves_out_his_record_is_looked_at(
    people: tuple[str, ...],
) -> None:
    """She cannot say what nobody told her: what stands against him is not in her account."""
    watch = Watch("E01", *BEFORE)
    (alarm,) = assessed(watch, *people)
    assert alarm.act == "risk_review"
    assert set(alarm.subjects) == {D, T}
    assert missing(alarm.why) == {"history", "alcohol", "breakdown"}


@pytest.mark.parametrize(
    ("before", "people", "level"),
    [
        (("E18",), ("T",), "standard"), (("E01", *BEFORE), ("T",), "medium"),
        (("E01", "E20"), ("T",), "standard"), (("E08", "E18"), ("Ex",), "standard"),
    ],
)  # fmt: skip
def test_her_level_where_nothing_is_held_against_whoever_is_with_her_stands(
    before: tuple[str, ...], people: tuple[str, ...], level: str
) -> None:
    """Nothing on him; a level that is watched; nobody known with her; one who left him in 2005."""
    watch = Watch(*before)
    assert assessed(watch, *people, level=level, considered=["relationship"]) == []


def test_her_level_says_nothing_of_another_woman_of_his() -> None:
    """E24: that he parted from one is no breakdown of his with the other."""
    watch = Watch("E01", "E25")
    watch.tell("E18", people=("D", "N"), day="2013-03-01")
    (alarm,) = assessed(watch, "T", "D", day="2013-04-01", considered=["alcohol"])
    assert missing(alarm.why) == {"history"}
    assert set(alarm.subjects) == {D, T}


def test_every_word_that_counts_is_written_as_it_is_compared() -> None:
    """A word in another spelling would never count, and nobody would know."""
    words = {word for known in (shipped()["M06"].words or {}).values() for word in known}
    assert {word for word in words if word != " ".join(word.split()).casefold()} == set()
    assert {word for word in words if "_" in word or "-" in word} == set()


def test_what_becomes_known_after_a_low_level_is_asked_about_as_it_comes() -> None:
    """The review's own failure: a look is made of a report, and comes after the level (5.7.1)."""
    watch = Watch("E18")
    level = watch.tell("E21", facts={"considered": ["relationship"]})
    assert watch.run("M06", level) == []
    looked = watch.tell(found_by_research(watch.telling, watch.told.seen[0], day="2012-06-20"))
    (alarm,) = watch.run("M06", looked)
    assert missing(alarm.why) == {"history"}
    assert list(alarm.statements) == [level.id, looked.id]
    assert (list(alarm.subjects), alarm.once) == ([D], "")


@pytest.mark.parametrize(
    ("event", "topic"),
    [("E01", "history"), ("E16", "history"), ("E20", "alcohol"), ("E18", "breakdown")],
)
def test_each_thing_that_bears_on_a_level_may_be_told_late(event: str, topic: str) -> None:
    """What happened before it and was left out, whenever somebody said so."""
    watch = Watch("E21")
    (alarm,) = watch.sees("M06", event, at="2012-06-20")
    assert missing(alarm.why) == {topic}
    assert alarm.statements[0] == watch.told.seen[0].id


@pytest.mark.parametrize(
    ("event", "day", "fires"),
    [
        ("E01", "2012-06-12", True), ("E01", "2012-06-13", False), ("E20", "2012-06-13", False),
        ("E20", "2012-03-14", True), ("E20", "2012-03-13", False), ("E18", "2012-03-13", False),
    ],
)  # fmt: skip
def test_no_level_left_out_what_happened_after_it(event: str, day: str, fires: bool) -> None:
    """A conviction of the next day, and a drink of the next day or of the winter before."""
    watch = Watch("E21")
    assert bool(watch.sees("M06", event, day=day, at="2012-07-01")) is fires


@pytest.mark.parametrize(
    ("level", "considered", "fires"),
    [("medium", [], False), ("low", ["history"], False), ("low", ["alcohol"], True)],
)
def test_the_newest_level_is_that_which_holds(
    level: str, considered: list[str], fires: bool
) -> None:
    """A level that somebody raised since, or that weighed it, is nobody's to look at again."""
    watch = Watch("E21")
    newest = watch.tell(
        "E21", day="2012-07-01", facts={"level": level, "considered": considered}
    )  # fmt: skip
    found = watch.sees("M06", "E01", at="2012-08-01")
    assert [one.statements[0] for one in found] == [newest.id] * fires


@pytest.mark.parametrize("people", [("T",), ("T", "D")])
def test_her_level_is_looked_at_when_his_record_comes(people: tuple[str, ...]) -> None:
    """Her account is low; what stands against whoever is with her is found a week later."""
    watch = Watch("E18")
    assert assessed(watch, *people, considered=["relationship"]) == []
    (alarm,) = watch.sees("M06", "E01", at="2012-06-19")
    assert set(alarm.subjects) == {D, T}
    assert missing(alarm.why) == {"history"}


def test_anothers_record_bears_on_no_level_of_theirs() -> None:
    """What stands against a stranger, or against her former partner of 2005."""
    watch = Watch("E18", "E21")
    assert watch.sees("M06", "E01", people=("N",), at="2012-06-19") == []


def reviewed(watch: Watch, level: Any, *, closed: str | None) -> None:
    """Have a manager be asked about a level, and be done with it on a day, or not yet."""
    alert = watch.alert("M06", D, about=level.id)
    if closed is not None:
        watch.tell(
            "alert_closed", day=closed, agency="thames-valley", causes=[alert], work=True,
            facts={"alert": alert, "outcome": "done"},
        )  # fmt: skip


@pytest.mark.parametrize(
    ("closed", "fires"), [(None, False), ("2012-06-25", True), ("2012-07-02", False)]
)
def test_a_manager_who_was_done_is_asked_again_for_what_came_since(
    closed: str | None, fires: bool
) -> None:
    """An open question is enough; a level that stands with it held is respected."""
    watch = Watch("E20", "E21")
    reviewed(watch, watch.told.seen[1], closed=closed)
    found = watch.sees("M06", "E01", at="2012-07-01")
    assert [bool(one.once) for one in found] == [True] * fires


def test_a_look_that_finds_the_same_again_is_nothing_new_to_a_manager() -> None:
    """Each later report has him looked up again: the record that was weighed is the same."""
    watch = Watch("E18", "E21")
    report, level = watch.told.seen
    watch.tell(found_by_research(watch.telling, report, day="2012-06-20", reference="r/1"))
    reviewed(watch, level, closed="2012-06-25")
    same, other = (
        watch.tell(found_by_research(watch.telling, report, day="2012-07-01", reference=one))
        for one in ("r/1", "r/2")
    )
    assert watch.run("M06", same) == []
    assert len(watch.run("M06", other)) == 1
