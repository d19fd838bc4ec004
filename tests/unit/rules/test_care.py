"""M21: whether a named social worker looks at somebody's need for care and support."""

from typing import Any

import pytest

from tests.support.past import MACHINE
from tests.support.watching import T, Watch

Json = Any


def test_two_things_that_suggest_need_and_a_concern_ask_for_a_screen() -> None:
    """E36 is his opinion, E41 what her bills showed; between them two rows (E37, E38)."""
    watch = Watch("E36", "E37", "E38")
    (alarm,) = watch.sees("M21", "E41")
    assert alarm.act == "care_screen"
    assert list(alarm.subjects) == [T]
    assert "never enough alone" in alarm.why
    opinion, shown = watch.told.seen[0].id, watch.told.seen[-1].id
    assert {opinion, shown} <= set(alarm.statements)


def test_an_old_care_record_counts_though_it_was_destroyed() -> None:
    """E03: known to adult care until 2000; destroyed is not nil."""
    assert len(Watch("E03", "E36").sees("M21", "E37")) == 1


def test_one_thing_that_suggests_need_is_not_two() -> None:
    """Just before the threshold."""
    assert Watch("E37").sees("M21", "E41") == []


def test_his_opinion_alone_never_suffices() -> None:
    """He called her simple twice: that may be abuse, and is no evidence of need."""
    watch = Watch("E36", "E37")
    assert watch.sees("M21", "E36", day="2016-10-28") == []


def test_what_nobody_says_how_they_know_is_taken_for_an_opinion() -> None:
    """Provenance that was withheld is not evidence."""
    assert Watch("E36", "E37").sees("M21", "E41", drop=["provenance"]) == []


def test_need_without_a_concern_of_abuse_is_for_others_to_meet() -> None:
    """s42 needs both; need alone is a care assessment."""
    assert Watch("E03", "E36").sees("M21", "E41") == []


@pytest.mark.parametrize(("day", "fires"), [("2015-10-29", True), ("2015-10-28", False)])
def test_a_concern_is_recent_for_365_days(day: str, fires: bool) -> None:
    """E41 is of 28 October of a leap year."""
    watch = Watch("E36")
    watch.tell("E37", day=day)
    assert bool(watch.sees("M21", "E41")) is fires


@pytest.mark.parametrize(("day", "silent"), [("2015-10-29", True), ("2015-10-28", False)])
def test_a_screen_that_was_referred_long_ago_is_asked_for_again(day: str, silent: bool) -> None:
    """A year later adult care decided about another time."""
    watch = Watch("E36", "E37", "E38")
    watch.tell(
        "referral_made", day=day, people=("T",), agency="mk-hub",
        facts={"addressee": "mkc-adult-care", "referral": "care_act_s42", "criterion": "needs"},
    )  # fmt: skip
    assert (watch.sees("M21", "E41") == []) is silent


def test_two_reports_of_one_source_are_one_thing_that_suggests_need() -> None:
    """Who rang both agencies showed it once."""
    watch = Watch("E37")
    seen = {"risk": {"factors": ["care_needs"]}, "provenance": {"how_known": "observed"}}
    first = watch.tell("E58", day="2016-10-27", people=("D", "T"), **seen)
    second = watch.say("E58", day="2016-10-28", agency="mk-hub", people=("D", "T"), **seen)
    watch.told.copies[second.id] = first.id
    assert watch.sees("M21", second) == []
    watch.told.copies.clear()
    assert len(watch.run("M21", second)) == 1


def test_a_need_is_of_the_other_and_not_of_whom_the_contact_is_with() -> None:
    """What a contact with him says of care needs is not said of him."""
    (alarm,) = Watch("E36", "E37").sees("M21", "E41")
    assert list(alarm.subjects) == [T]


@pytest.mark.parametrize(("due", "fires"), [("2016-10-28", False), ("2016-10-27", True)])
def test_one_open_screen_is_enough_as_long_as_its_time_runs(due: str, fires: bool) -> None:
    """Each further row would ask again for what is on somebody's desk; not what lies there late."""
    watch = Watch("E36", "E37", "E38")
    watch.alert("M21", T, due=due)
    assert bool(watch.sees("M21", "E41")) is fires


@pytest.mark.parametrize("referral", ["care_act_s42", "housing"])
def test_a_screen_that_was_decided_is_not_asked_for_again(referral: str) -> None:
    """A decision not to enquire is a decision; one about a house is another."""
    watch = Watch("E36", "E37", "E38")
    watch.tell(
        "referral_considered", day="2016-10-01", agency="mk-hub", work=True,
        causes=[watch.told.seen[0].id],
        facts={
            "statement": watch.told.seen[0].id, "referral": referral, "decision": "not_made",
            "reason": "asked her", "by": "S. Worker", "role": "social worker",
        },
    )  # fmt: skip
    assert (watch.sees("M21", "E41") == []) is (referral == "care_act_s42")


def test_a_screen_that_was_referred_is_not_asked_for_again() -> None:
    """It is with adult care."""
    watch = Watch("E36", "E37", "E38")
    watch.tell(
        "referral_made", day="2016-10-01", people=("T",), agency="mk-hub",
        facts={"addressee": "mkc-adult-care", "referral": "care_act_s42", "criterion": "needs"},
    )  # fmt: skip
    assert watch.sees("M21", "E41") == []


@pytest.mark.parametrize("changes", [{"drop": ["risk"]}, {"provenance": MACHINE}])
def test_what_shows_no_need_here_asks_for_nothing(changes: Json) -> None:
    """A contact whose risk section was withheld shows a meeting and no more."""
    assert Watch("E36", "E37").sees("M21", "E41", **changes) == []


@pytest.mark.parametrize("agency", ["thames-valley", "mkc-housing", "tv-probation", "nobody"])
def test_only_whoever_held_a_record_of_care_may_say_that_it_is_destroyed(agency: str) -> None:
    """A destroyed file on a tenancy says nothing of care, and nobody speaks for another's file."""
    watch = Watch("E36")
    watch.tell("E03", agency=agency)
    assert watch.sees("M21", "E37") == []


def test_a_destroyed_record_that_is_told_on_by_another_is_hearsay() -> None:
    """Who passes it on does not hold it."""
    watch = Watch("E36")
    relay = [{"role": "officer", "organisation": "Housing"}]
    watch.tell("E03", provenance={"relay": relay})
    assert watch.sees("M21", "E37") == []


def test_a_nil_return_is_no_care_record() -> None:
    """Nothing held is neither need nor safety."""
    watch = Watch("E36")
    watch.tell("E03", facts={"returned": "nil_contact"})
    assert watch.sees("M21", "E37") == []
