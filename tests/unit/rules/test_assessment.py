"""M06 and M09: what an assessment left out, and what makes a new one due."""

from typing import Any

import pytest

from tests.support.past import MACHINE
from tests.support.watching import EX, D, T, Watch, shipped

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


COUPLE = ("E33", "E34")


@pytest.mark.parametrize("event", ["E35", "E37", "E46"])
def test_something_new_in_a_couple_asks_for_an_assessment_on_her_account(event: str) -> None:
    """Revenge, a failing relationship, anger: each was said, and nobody asked her."""
    order = ["E33", "E34", "E35", "E36", "E37", "E43"]
    before = order[: order.index(event)] if event in order else order
    (alarm,) = Watch(*before).sees("M09", event)
    assert alarm.act == "dash"
    assert set(alarm.subjects) == {D, T}
    assert "not their account" in alarm.why


def test_a_medium_level_is_assessed_again_when_circumstances_change() -> None:
    """Medium means: harm unlikely unless circumstances change (5.6.2 iii). They did."""
    watch = Watch(*COUPLE, "E35")
    (alarm,) = watch.sees("M09", "E37")
    assert "assess again" in alarm.why
    assert watch.told.seen[2].id in alarm.statements
    (alarm,) = Watch(*COUPLE).sees("M09", "E37")
    assert "assess again" not in alarm.why


@pytest.mark.parametrize(("day", "fires"), [("2016-04-02", True), ("2016-04-03", False)])
def test_what_was_said_within_a_year_is_not_new(day: str, fires: bool) -> None:
    """E46 is of 3 April 2017: anger that was told a year and a day before is new again."""
    watch = Watch("E33", "E43")
    watch.tell("E46", day=day)
    found = watch.sees("M09", "E46", facts={"disclosed": ["health"]})
    assert bool(found) is fires


@pytest.mark.parametrize("factor", ["debt", "isolation", "belittling", "bereavement"])
def test_what_is_no_change_of_this_kind_asks_for_nothing(factor: str) -> None:
    """F05, F06 and F09 to F11 only: the rest is for whoever assesses."""
    found = Watch(*COUPLE).sees("M09", "E46", facts={"disclosed": []}, risk={"factors": [factor]})
    assert found == []


def test_somebody_who_is_in_no_couple_asks_for_nothing() -> None:
    """His anger is his offender manager's: there is nobody to ask yet."""
    assert Watch().sees("M09", "E46") == []


def test_two_of_one_family_are_no_couple_of_whom_to_ask() -> None:
    """A row of brothers may be dangerous: it is no DASH."""
    found = Watch().sees(
        "M09", "E59", facts={"relationship": "family"}, risk={"factors": ["anger"]}
    )
    assert found == []


@pytest.mark.parametrize(("day", "fires"), [("2016-04-03", True), ("2016-04-02", False)])
def test_a_couple_is_one_for_a_year(day: str, fires: bool) -> None:
    """Who was last heard of together longer ago is not known to be together."""
    watch = Watch()
    watch.tell("E34", day=day)
    assert bool(watch.sees("M09", "E46")) is fires


def test_a_former_wife_of_whom_he_spoke_is_no_couple_of_his() -> None:
    """E16 is about her, E20 about him and whoever is with him now."""
    (alarm,) = Watch("E16", "E17").sees("M09", "E20")
    assert set(alarm.subjects) == {D, T}
    assert EX not in alarm.subjects


def test_two_couples_are_asked_about_apart() -> None:
    """A wall of her own: no alarm names both women."""
    alarms = Watch("E23", "E24").sees("M09", "E20", day="2012-12-01")
    assert len(alarms) == 2
    assert all(D in alarm.subjects and len(alarm.subjects) == 2 for alarm in alarms)
    assert len({alarm.once for alarm in alarms}) == 2


def dash(watch: Watch, day: str, account: str) -> None:
    """Have her assessed."""
    watch.tell(
        "E35", day=day, people=("T",), agency="thames-valley",
        facts={"instrument": "dash", "level": "high"},
        risk={"instrument": "dash", "account": account},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("day", "account", "silent"),
    [("2017-04-03", "victim", True), ("2017-04-02", "victim", False),
     ("2017-04-03", "records", False)],
)  # fmt: skip
def test_only_an_assessment_on_her_own_account_since_ends_it(
    day: str, account: str, silent: bool
) -> None:
    """A count from records never passes for what she would say."""
    watch = Watch("E43")
    dash(watch, day, account)
    assert (watch.sees("M09", "E46") == []) is silent


def test_his_own_assessment_is_none_of_hers() -> None:
    """He may say that she harms him (E37), and be heard: she is still to be asked."""
    watch = Watch("E43")
    watch.tell("E35", day="2017-04-03", people=("D",), risk=HERS, facts={"instrument": "dash"})
    assert len(watch.sees("M09", "E46")) == 1


@pytest.mark.parametrize(("other", "silent"), [("D", True), ("N", False)])
def test_her_assessment_of_another_couple_is_none_of_this(other: str, silent: bool) -> None:
    """What she said of somebody else says nothing of him."""
    watch = Watch("E43")
    watch.tell(
        "E35", day="2017-04-03", people=("T", other), risk=HERS, facts={"instrument": "dash"}
    )
    assert (watch.sees("M09", "E46") == []) is silent


@pytest.mark.parametrize(
    ("assessed_", "silent"), [(("T",), False), (("D",), False), (("T", "D"), True)]
)
def test_where_each_is_said_to_be_at_risk_each_is_asked(
    assessed_: tuple[str, ...], silent: bool
) -> None:
    """Trap 6: a counter-allegation swaps no part, and takes nobody off the list."""
    watch = Watch("E01", "E43")
    watch.tell("E58", day="2017-03-01", people=("D/victim", "T/alleged_perpetrator"))
    for who in assessed_:
        watch.tell("E35", day="2017-04-03", people=(who,), risk=HERS, facts={"instrument": "dash"})
    assert (watch.sees("M09", "E46") == []) is silent


def test_who_is_said_to_harm_is_not_asked_for_the_other() -> None:
    """A report that names her first is still of him: her assessment is the one that counts."""
    watch = Watch()
    watch.tell("E35", day="2017-04-03", people=("T",), risk=HERS, facts={"instrument": "dash"})
    facts = {"concern": "other"}
    told = {"people": ("T", "D/alleged_perpetrator"), "risk": {"factors": ["alcohol"]}}
    assert watch.sees("M09", "E18", day="2017-04-03", facts=facts, **told) == []


def test_a_parting_that_is_reported_as_a_concern_is_left_to_its_own_alert() -> None:
    """E18: one report, one duty; the police's log of it alone asks for a visit (E19)."""
    assert Watch("E17").sees("M09", "E18") == []
    assert len(Watch("E17").sees("M09", "E18", risk={"factors": ["alcohol"]})) == 1
    assert len(Watch().sees("M09", "E19")) == 1
    assert Watch("E18").sees("M09", "E19") == []


def test_a_couple_that_parted_and_goes_on_is_asked_about() -> None:
    """E68: she asked him to leave, nobody means to end it, and no separation alert speaks."""
    changes = {"facts": {"concern": "other"}, "risk": {"factors": ["separation"]}}
    (alarm,) = Watch().sees("M09", "E18", **changes)
    assert alarm.act == "dash"


@pytest.mark.parametrize("event", ["E59", "E60"])
def test_a_warning_is_left_to_the_rule_for_warnings(event: str) -> None:
    """Two alerts that ask for one thing are one too many."""
    assert Watch(*COUPLE).sees("M09", event) == []


def test_a_warning_is_asked_about_where_the_rule_for_warnings_does_not_run() -> None:
    """Probation has no M20: jealousy that its own officer hears must not fall between the two."""
    watch = Watch(*COUPLE)
    del watch.told.terms["M20"]
    assert len(watch.sees("M09", "E59")) == 1


@pytest.mark.parametrize("changes", [{"drop": ["risk"]}, {"provenance": MACHINE}])
def test_a_factor_that_was_withheld_or_that_a_machine_found_asks_for_nothing(
    changes: Json,
) -> None:
    """Without its risk section the assessment of E35 shows a level and no reason."""
    assert Watch(*COUPLE).sees("M09", "E35", **changes) == []
