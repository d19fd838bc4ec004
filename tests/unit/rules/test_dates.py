"""What is known to a month, a year or a period counts where it happened, not when it was told."""

from typing import Any

import pytest

from consumers.safeguarding.rules import happened_by
from tests.support.watching import Watch

Json = Any


def told(at: str, known: str = "2016-10-01", **more: Json) -> Json:
    """Write an event of which no day is known, and when its agency came to know."""
    precision = {4: "year", 7: "month", 10: "day"}[len(at)]
    occurred = {"precision": precision, "at": at, **more}
    return {"day": known, "facts": {"occurred": occurred, "known_to_agency": known}}


@pytest.mark.parametrize(
    ("occurred", "day"),
    [
        ({"precision": "year", "at": "2009"}, "2009-12-31"),
        ({"precision": "year", "at": "2016"}, "2016-10-01"),
        ({"precision": "month", "at": "2012-02"}, "2012-02-29"),
        ({"precision": "month", "at": "2012-12"}, "2012-12-31"),
        ({"precision": "month", "at": "2016-10"}, "2016-10-01"),
        ({"precision": "month", "at": "2016-11"}, "2016-10-01"),
        ({"precision": "about", "at": "2009"}, "2009-12-31"),
        ({"precision": "about", "at": "2016-09-20"}, "2016-09-20"),
        ({"precision": "undated"}, "2016-10-01"),
        ({"precision": "undated", "until": "2012"}, "2012-12-31"),
        ({"precision": "year", "at": "2009", "until": "2011"}, "2011-12-31"),
        ({"precision": "day", "at": "2009-03-01", "until": "2016-09"}, "2016-09-30"),
        ({"precision": "day", "at": "2009-03-01", "until": "2018"}, "2016-10-01"),
        ({"precision": "day", "at": "2009-03-01"}, "2009-03-01"),
        ({"precision": "day", "at": "2016-11-01"}, "2016-11-01"),
        ({"precision": "day", "at": "2016-11-01", "until": "2016-12"}, "2016-11-01"),
        ({"precision": "instant", "at": "2016-09-30T23:30:00+01:00"}, "2016-09-30"),
    ],
)
def test_a_report_counts_by_the_last_day_that_it_can_tell_of(
    occurred: dict[str, str], day: str
) -> None:
    """By two who read it apart; nothing that was known on 1 October happened after it."""
    facts = {"occurred": occurred, "known_to_agency": "2016-10-01"}
    seen = Watch().say("E58", day="2016-10-01", facts=facts)
    assert str(happened_by(seen.statement)) == str(seen.day) == day


@pytest.mark.parametrize(
    ("at", "fires"),
    [("2015-09", True), ("2015-08", False), ("2015", True), ("2014", False), ("2009", False)],
)
def test_abuse_of_another_year_is_no_incident_of_the_day_on_which_it_is_told(
    at: str, fires: bool
) -> None:
    """M10: with E37 and E38 it is the third of a year only where it can have been in it."""
    assert bool(Watch("E37", "E38").sees("M10", "E58", **told(at))) is fires


@pytest.mark.parametrize(
    ("at", "fires"),
    [("2016", True), ("2016-01", True), ("2015-12", False), ("2015", False), ("2009", False)],
)
def test_abuse_from_before_a_referral_is_no_repeat_of_it(at: str, fires: bool) -> None:
    """M22: what happened before the referral of 31 January 2016 was there to be referred."""
    watch = Watch()
    watch.tell(
        "referral_made", day="2016-01-31", people=("T/victim", "D/alleged_perpetrator"),
        agency="thames-valley",
        facts={"addressee": "mk-hub", "referral": "marac", "criterion": "judgement"},
    )  # fmt: skip
    assert bool(watch.sees("M22", "E58", **told(at))) is fires


@pytest.mark.parametrize(
    ("at", "fires"),
    [("2012", True), ("2012-03", True), ("2012-02", False), ("2011", False), ("2004", False)],
)
def test_drinking_of_another_year_is_not_recent(at: str, fires: bool) -> None:
    """M06: E21 is of 12 June 2012, and looks back to 14 March."""
    watch = Watch()
    watch.tell("E20", **told(at, "2012-05-25"))
    assert bool(watch.sees("M06", "E21")) is fires


@pytest.mark.parametrize(("at", "again"), [("2004-01", True), ("2003", False), ("2001", False)])
def test_departures_of_two_years_that_are_told_together_are_no_pattern(
    at: str, again: bool
) -> None:
    """M11: E07 of 31 December 2004, told in one letter with an earlier one."""
    watch = Watch()
    watch.tell("E06", **told(at))
    (alarm,) = watch.sees("M11", "E07", **told("2004", "2016-10-02"))
    assert ("not the only one" in alarm.why) is again
