"""Laws of bands and of a repeat: over all answers, and over all days of the calendar."""

from calendar import isleap
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from contracts.event.report import RISE
from contracts.fault import Misuse
from contracts.instrument.assessed import Account, band_of, graded, yes_count
from contracts.instrument.marac import Incident, Known, is_repeat, last_day, met
from contracts.section import Answer, RiskLevel
from producers.instruments import instrument, marac_criteria

NO_HOME = Path("/nowhere")
DASH = instrument("dash-2009", NO_HOME)
IDS = [one.id for one in DASH.questions]
ANY, CRIMINAL = marac_criteria(NO_HOME), marac_criteria(NO_HOME, "1")

answers = st.dictionaries(st.sampled_from(IDS), st.sampled_from(get_args(Answer)))
levels = st.none() | st.sampled_from(get_args(RiskLevel))
days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@given(answers, st.sampled_from(IDS), st.sampled_from(get_args(Account)), levels)
def test_one_more_yes_never_lowers_a_level(
    said: dict[str, Answer], more: str, account: Account, judged: RiskLevel | None
) -> None:
    """More to fear cannot be less risk, whoever counts and whatever was judged."""
    before, after = level(said, account, judged), level({**said, more: "yes"}, account, judged)
    assert before is None or after is None or RISE[after] >= RISE[before]
    plain = level(said, "victim", None), level({**said, more: "yes"}, "victim", None)
    assert RISE[plain[1] or "low"] >= RISE[plain[0] or "very_high"]


def level(said: dict[str, Answer], account: Account, judged: RiskLevel | None) -> RiskLevel | None:
    """Give the level of answers; None where it is refused."""
    try:
        return graded(DASH, said, account=account, raised_to=judged).level
    except Misuse:
        return None


@given(answers, st.sampled_from(get_args(Account)), levels)
def test_no_level_stands_below_its_band_and_none_comes_from_records_alone(
    said: dict[str, Answer], account: Account, judged: RiskLevel | None
) -> None:
    """Nothing automated lowers; a count from records closes nothing."""
    try:
        found = graded(DASH, said, account=account, raised_to=judged)
    except Misuse:
        floor = band_of(DASH, yes_count(DASH, said)).level if account == "victim" else "standard"
        lowers = judged is not None and RISE[judged] < RISE[floor]
        from_records = account == "records" and (judged is None or RISE[judged] == RISE["standard"])
        assert lowers or from_records
        return
    if account == "records":
        assert found.band is None
        assert RISE[found.level] > RISE["standard"]
    else:
        assert found.band == band_of(DASH, found.yes)
        assert RISE[found.level] >= RISE[found.band.level]
    assert (found.raised_from is None) == (found.band is not None
                                           and found.level == found.band.level)  # fmt: skip


@given(answers)
def test_what_is_no_yes_changes_no_count(said: dict[str, Answer]) -> None:
    """Unknown, refused and not asked are each as good as silence, and none is a no."""
    quiet = {name: given for name, given in said.items() if given == "yes"}
    assert yes_count(DASH, said) == yes_count(DASH, quiet) == len(quiet)
    found = graded(DASH, said, account="victim")
    noes = sum(one == "no" for one in said.values())
    assert found.open == found.of - len(quiet) - noes


@given(st.integers(0, 27))
def test_every_count_falls_into_one_band(count: int) -> None:
    """A gap between bands is a count that nobody owns."""
    cuts = [one.yes_min for one in DASH.bands]
    assert all(a > b for a, b in pairwise(cuts))
    band = band_of(DASH, count)
    assert sum(one.yes_min <= count for one in DASH.bands) == len(DASH.bands) - DASH.bands.index(
        band
    )


@given(days, st.integers(-3, 500))
def test_a_repeat_is_within_twelve_calendar_months_of_the_last_referral(
    referred: date, after: int
) -> None:
    """365 days are a day short of a leap year: the corresponding day decides, inclusive."""
    abuse = referred + timedelta(days=after)
    day = 28 if (referred.month, referred.day) == (2, 29) else referred.day
    until = referred.replace(year=referred.year + 1, day=day)
    expected = referred <= abuse <= until
    assert is_repeat(Incident(abuse), [referred], criteria=ANY) == expected
    assert is_repeat(Incident(abuse, "no"), [referred], criteria=ANY) == expected
    assert not is_repeat(Incident(abuse, "no"), [referred], criteria=CRIMINAL)
    assert is_repeat(Incident(abuse, "unknown"), [referred], criteria=CRIMINAL) == expected


@given(days, st.integers(1, 120))
def test_months_end_on_the_corresponding_day_or_their_last(since: date, months: int) -> None:
    """Dodds v Walker: from 29 February, twelve months end on the 28th."""
    ends = last_day(since, months)
    assert (ends.year * 12 + ends.month) - (since.year * 12 + since.month) == months
    assert ends.day == since.day or (
        ends.day < since.day and (ends + timedelta(days=1)).month != ends.month
    )


def test_a_leap_day_is_a_referral_like_any_other() -> None:
    """29 February 2012: a repeat until 28 February 2013, and none on 1 March."""
    leap = date(2012, 2, 29)
    assert isleap(leap.year)
    for day, repeats in ((date(2013, 2, 28), True), (date(2013, 3, 1), False), (leap, True)):
        assert is_repeat(Incident(day), [leap], criteria=ANY) is repeats
    before = date(2011, 2, 28)
    assert is_repeat(Incident(date(2012, 2, 28)), [before], criteria=ANY)
    assert not is_repeat(Incident(date(2012, 2, 29)), [before], criteria=ANY)


@given(st.lists(days, min_size=1, max_size=4), days)
def test_only_the_last_referral_before_it_counts(referrals: list[date], abuse: date) -> None:
    """The months run from the last referral: an older one adds nothing, a later one neither."""
    before = [one for one in referrals if one <= abuse]
    last = max(before) if before else None
    alone = [] if last is None else [last]
    assert is_repeat(Incident(abuse), referrals, criteria=ANY) == is_repeat(
        Incident(abuse), alone, criteria=ANY
    )


@given(st.lists(days, max_size=6), st.none() | st.integers(0, 27), st.booleans())
def test_each_criterion_stands_by_itself(
    incidents: list[date], count: int | None, judged: bool
) -> None:
    """One is enough: the review's case would have met escalation and never the score."""
    found = met(
        Known(judged=judged, yes=count, incidents=[Incident(one) for one in incidents]),
        criteria=ANY,
    )
    assert ("judgement" in found) == judged
    assert ("visible_high_risk" in found) == (count is not None and count >= 14)
    near = [one for one in incidents if max(incidents) <= last_day(one, 12)] if incidents else []
    assert ("escalation" in found) == (len(near) >= 3)
    assert "repeat" not in found


def test_three_incidents_in_three_months_are_an_escalation() -> None:
    """E36, E37 and E38: 20 July, 17 August, 26 September 2016 (domain.md 4, M10)."""
    seen = [Incident(date(2016, *day)) for day in ((7, 20), (8, 17), (9, 26))]
    assert met(Known(incidents=seen[:2]), criteria=ANY) == []
    assert met(Known(incidents=seen), criteria=ANY) == ["escalation"]
