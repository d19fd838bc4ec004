"""M09: something new bears on danger in a couple, and nobody asked since on her account."""

from typing import Any

import pytest

from tests.support.past import MACHINE
from tests.support.watching import EX, D, T, Watch

Json = Any
HERS = {"instrument": "dash", "account": "victim"}
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
    watch.tell("E46", day=day, people=("D", "T"))
    found = watch.sees("M09", "E46", facts={"disclosed": ["health"]})
    assert bool(found) is fires


ANGER: Json = {"facts": {"disclosed": ["health"]}}
"""E46 of 3 April 2017, with his anger alone."""


@pytest.mark.parametrize(
    ("people", "fires"),
    [(("D",), True), (("D", "Child/child"), True), (("D", "N"), True), (("D", "T"), False)],
)
def test_what_was_said_of_him_before_she_was_there_or_with_another_is_new_to_her(
    people: tuple[str, ...], fires: bool
) -> None:
    """His anger was his offender manager's until she moved in; then nobody ever asked her."""
    watch = Watch()
    watch.tell("E46", day="2017-02-01", people=people, **ANGER)
    watch.tell("E43", day="2017-03-01")
    assert bool(watch.sees("M09", "E46", people=("D", "T"), **ANGER)) is fires
    assert bool(watch.sees("M09", "E46", day="2017-04-04", **ANGER)) is False, "once it was said"


@pytest.mark.parametrize(("known", "fires"), [("2017-02-01", False), ("2017-02-02", True)])
def test_what_was_said_of_him_alone_was_said_of_them_once_they_were_known_to_be_a_couple(
    known: str, fires: bool
) -> None:
    """Each week's contact tells of his drinking: it was asked about when it was first told."""
    watch = Watch()
    watch.tell("E43", day="2017-02-01", at=known)
    anger = watch.say("E46", day="2017-02-01", at="2017-02-01", **ANGER)
    watch.told.seen.insert(0 if fires else 1, anger)
    assert bool(watch.sees("M09", "E46", **ANGER)) is fires


@pytest.mark.parametrize(("together", "fires"), [("2016-02-02", False), ("2016-02-01", True)])
def test_a_couple_of_more_than_a_year_before_was_none_when_it_was_said(
    together: str, fires: bool
) -> None:
    """On 1 February 2017 nobody knew any more that they were together."""
    watch = Watch()
    watch.tell("E43", day=together)
    watch.tell("E46", day="2017-02-01", **ANGER)
    watch.tell("E43", day="2017-03-01")
    assert bool(watch.sees("M09", "E46", **ANGER)) is fires


@pytest.mark.parametrize(
    ("people", "account", "fires"),
    [
        (("T",), "victim", False), (("T", "D"), "victim", False), (("T", "N"), "victim", True),
        (("T",), "records", True),
    ],
)  # fmt: skip
def test_what_she_said_of_him_herself_is_not_new(
    people: tuple[str, ...], account: str, fires: bool
) -> None:
    """Her DASH of February weighed his anger; one of another man weighed his."""
    watch = Watch("E43")
    risk = {"instrument": "dash", "account": account, "factors": ["anger"]}
    watch.tell("E35", day="2017-02-01", people=people, risk=risk, facts={"instrument": "dash"})
    assert bool(watch.sees("M09", "E46", **ANGER)) is fires


def test_her_account_from_before_he_was_there_says_nothing_of_him() -> None:
    """She was assessed in February, alone; he moved in in March."""
    watch = Watch()
    risk = {**HERS, "factors": ["anger"]}
    watch.tell("E35", day="2017-02-01", people=("T",), risk=risk, facts={"instrument": "dash"})
    watch.tell("E43", day="2017-03-01")
    assert len(watch.sees("M09", "E46", **ANGER)) == 1


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
