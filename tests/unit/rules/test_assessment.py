"""M06: what an assessment left out."""

from typing import Any

import pytest

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
