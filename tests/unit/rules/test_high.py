"""high: whoever is at risk said so themselves, and nobody has referred to MARAC yet."""

from typing import Any

import pytest

from tests.support.past import MACHINE
from tests.support.watching import D, T, Watch

Json = Any
HERS = {"instrument": "dash", "account": "victim"}


def assessed(watch: Watch, level: str = "high", **changes: Json) -> list[Any]:
    """Have police assess her on her own account; the review has no such assessment."""
    given = {"people": ("T/victim", "D/alleged_perpetrator"), "risk": HERS, **changes}
    facts = {"instrument": "dash", "level": level}
    return watch.sees("high", "E35", agency="thames-valley", facts=facts, **given)


@pytest.mark.parametrize(
    ("level", "fires"),
    [("standard", False), ("low", False), ("medium", False), ("high", True), ("very_high", True)],
)
def test_a_high_level_on_her_own_account_asks_for_the_referral(level: str, fires: bool) -> None:
    """5.6.2 (iii): the unit assumes ownership and refers; on paper it reached nobody."""
    alarms = assessed(Watch(), level)
    assert bool(alarms) is fires
    for one in alarms:
        assert (one.act, set(one.subjects)) == ("marac_referral", {T, D})


@pytest.mark.parametrize(("urgency", "louder"), [("routine", False), ("urgent", True)])
def test_an_urgent_one_interrupts(urgency: str, louder: bool) -> None:
    """Who filled it in says whether it can wait for the morning."""
    (alarm,) = assessed(Watch(), urgency=urgency)
    assert alarm.louder is louder


@pytest.mark.parametrize(
    "changes",
    [{"risk": {"instrument": "dash", "account": "records"}}, {"risk": {"instrument": "dash"}},
     {"drop": ["event"]}, {"drop": ["risk"]}, {"provenance": MACHINE}],
)  # fmt: skip
def test_what_is_not_her_account_or_was_not_delivered_has_no_such_level(changes: Json) -> None:
    """A count from records has no band, and his own assessment at probation is another thing."""
    assert assessed(Watch(), **changes) == []


@pytest.mark.parametrize(
    ("referral", "day", "silent"),
    [("marac", "2016-07-12", True), ("marac", "2016-07-11", False), ("idva", "2016-07-12", False)],
)
def test_a_referral_of_her_to_marac_since_ends_it(referral: str, day: str, silent: bool) -> None:
    """One before she said it is of what was known before; a supporter is no MARAC."""
    watch = Watch()
    watch.tell(
        "referral_made", day=day, people=("T/victim", "D/alleged_perpetrator"),
        agency="thames-valley",
        facts={"addressee": "mk-hub", "referral": referral, "criterion": "visible high risk"},
    )  # fmt: skip
    assert (assessed(watch) == []) is silent


@pytest.mark.parametrize("referral", ["marac", "idva"])
def test_a_decision_not_to_refer_ends_it_where_it_is_one(referral: str) -> None:
    """It names the assessment, and says who decided and why."""
    watch = Watch()
    assessed(watch)
    given = watch.told.seen[0]
    watch.tell(
        "referral_considered", day="2016-07-13", agency="thames-valley", causes=[given.id],
        work=True, facts={
            "statement": given.id, "referral": referral, "decision": "not_made",
            "reason": "heard last week", "by": "I. Officer", "role": "inspector",
        },
    )  # fmt: skip
    assert (watch.run("high", given) == []) is (referral == "marac")
