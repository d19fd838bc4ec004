"""M22: abuse between two people after they were referred to MARAC, and what M10 leaves to it."""

from typing import Any

import pytest

from tests.support.watching import D, T, Watch


def referred(
    watch: Watch, day: str = "2016-01-31", referral: str = "marac", *, of: str = "",
    at: str | None = None,
) -> Any:  # fmt: skip
    """Refer the two."""
    return watch.tell(
        "referral_made", day=day, at=at, people=("T/victim", "D/alleged_perpetrator"),
        agency="thames-valley", causes=[of] if of else [],
        facts={"addressee": "mk-hub", "referral": referral, "criterion": "judgement"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("day", "fires"), [("2016-01-31", True), ("2017-01-31", True), ("2017-02-01", False)]
)
def test_abuse_within_twelve_calendar_months_of_a_referral_is_referred_again(
    day: str, fires: bool
) -> None:
    """SafeLives: any abuse, by the calendar and not by 365 days; then it is a new referral."""
    watch = Watch()
    referral = referred(watch)
    found = watch.sees("M22", "E58", day=day)
    assert bool(found) is fires
    if fires:
        assert found[0].act == "marac_referral"
        assert referral.id in found[0].statements


def test_the_last_referral_counts_and_a_short_month_ends_on_its_last_day() -> None:
    """29 February has no anniversary: the period ends on the 28th."""
    watch = Watch()
    referred(watch, "2015-02-01")
    referred(watch, "2016-02-29")
    assert len(watch.sees("M22", "E58", day="2017-02-28")) == 1
    assert watch.sees("M22", "E58", day="2017-03-01") == []


def test_where_nobody_refers_again_a_couple_under_referral_is_counted() -> None:
    """How many months a referral covers is M22's: where that is not run, M10 leaves it nothing."""
    watch = Watch("E37", "E38")
    referred(watch, "2016-09-27")
    del watch.told.terms["M22"]
    assert len(watch.sees("M10", "E39")) == 1


@pytest.mark.parametrize("event", ["E18", "E19"])
def test_what_m22_does_not_refer_again_is_counted_after_a_referral_too(event: str) -> None:
    """Three partings in the year after a referral: neither rule may leave them to the other."""
    watch = Watch()
    referred(watch, "2012-01-01")
    for day in ("2012-03-01", "2012-05-01"):
        assert watch.run("M10", watch.tell(event, day=day)) == []
    third = watch.tell(event, day="2012-07-01")
    assert (len(watch.run("M10", third)), watch.run("M22", third)) == (1, [])
    abuse = watch.tell("E58", day="2012-08-01")
    assert (watch.run("M10", abuse), len(watch.run("M22", abuse))) == ([], 1)


@pytest.mark.parametrize("event", ["E18", "E19", "E36", "E34"])
def test_what_is_no_abuse_is_not_referred_again(event: str) -> None:
    """Parting is danger and no abuse; hearsay without a finding is not referred by a rule."""
    watch = Watch()
    referred(watch, "2012-01-31")
    assert watch.sees("M22", event, day="2012-05-01") == []


def test_another_referral_makes_no_repeat() -> None:
    """A repeat is of MARAC alone."""
    watch = Watch()
    referred(watch, referral="idva")
    assert watch.sees("M22", "E58", day="2016-02-10") == []


def test_what_was_referred_is_not_its_own_repeat() -> None:
    """The report, and a copy of it, are what the referral is of."""
    watch = Watch("E37")
    incident_ = watch.told.seen[0]
    referred(watch, "2016-08-17", of=incident_.id)
    copy = watch.tell("E58", day="2016-08-17")
    watch.told.copies[copy.id] = incident_.id
    assert watch.run("M22", incident_) == []
    assert watch.run("M22", copy) == []


def test_what_an_earlier_referral_was_of_is_a_repeat_after_the_last() -> None:
    """Only what the newest rests on is its own: the older one has been heard of since."""
    watch = Watch("E37")
    first = watch.told.seen[0]
    referred(watch, "2016-08-17", of=first.id)
    referred(watch, "2016-09-01")
    copy = watch.tell("E58", day="2016-09-10")
    watch.told.copies[copy.id] = first.id
    assert len(watch.run("M22", copy)) == 1


def test_what_came_before_the_referral_is_no_repeat() -> None:
    """An old incident that arrives late was there already."""
    watch = Watch()
    referred(watch)
    assert watch.sees("M22", "E58", day="2016-01-30", at="2016-03-01") == []


def test_a_couple_under_referral_is_not_counted_besides() -> None:
    """M22 refers at the first abuse: M10's review would come late and twice."""
    watch = Watch("E37", "E38")
    referred(watch, "2016-09-27")
    assert watch.sees("M10", "E39") == []
    assert len(watch.run("M22", watch.told.seen[-1])) == 1


@pytest.mark.parametrize(("due", "fires"), [("2016-02-10", False), ("2016-02-09", True)])
def test_one_open_re_referral_is_enough_as_long_as_its_time_runs(due: str, fires: bool) -> None:
    """The next incident joins the thread; one that nobody made in time silences nothing."""
    watch = Watch()
    referred(watch)
    watch.alert("M22", D, T, due=due)
    assert bool(watch.sees("M22", "E58", day="2016-02-10")) is fires


@pytest.mark.parametrize(
    ("day", "fires"),
    [("2016-01-31", False), ("2016-02-01", True), ("2017-01-31", True), ("2017-02-01", False)],
)
def test_a_referral_that_is_told_after_abuse_that_repeats_it_asks_then(
    day: str, fires: bool
) -> None:
    """The hub hears of abuse in February, and later that they were referred in January."""
    watch = Watch()
    abuse = watch.tell("E58", day=day)
    referral = referred(watch, at="2017-03-01")
    found = watch.run("M22", referral)
    assert [list(one.statements) for one in found] == [[abuse.id, referral.id]] * fires


def test_a_referral_that_is_told_late_asks_nothing_that_was_done_or_asked() -> None:
    """It was of that abuse; they were referred again since; somebody is asked already."""
    watch = Watch("E58")
    abuse = watch.told.seen[0]
    assert watch.run("M22", referred(watch, "2018-01-09", of=abuse.id, at="2018-02-01")) == []
    watch = Watch("E58")
    referred(watch, "2018-01-20")
    assert watch.run("M22", referred(watch, "2018-01-01", at="2018-02-01")) == []
    watch = Watch("E58")
    watch.alert("M22", D, T)
    assert watch.run("M22", referred(watch, "2018-01-01", at="2018-02-01")) == []


@pytest.mark.parametrize("event", ["E18", "E36"])
def test_what_is_no_abuse_repeats_no_referral_that_is_told_late(event: str) -> None:
    """Parting is danger and no abuse, whichever came first."""
    watch = Watch(event)
    day = watch.told.seen[0].day
    assert day is not None
    early = referred(watch, f"{day.year}-01-02", at="2017-01-01")
    assert watch.run("M22", early) == []


def test_a_referral_of_him_and_another_makes_no_repeat_of_theirs() -> None:
    """Same victim and same perpetrator."""
    watch = Watch()
    watch.tell(
        "referral_made", day="2016-01-31", people=("N/victim", "D/alleged_perpetrator"),
        agency="thames-valley",
        facts={"addressee": "mk-hub", "referral": "marac", "criterion": "judgement"},
    )  # fmt: skip
    assert watch.sees("M22", "E58", day="2016-02-10") == []
