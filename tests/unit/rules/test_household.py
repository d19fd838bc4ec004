"""M07 and M11: an address that was approved, a partner who left."""

from typing import Any

import pytest

from tests.support.past import MACHINE
from tests.support.watching import D, N, T, Watch

Json = Any


def check(subject: str, **changes: str) -> Json:
    """Write one look before an approval."""
    return {
        "subject": subject, "system": "niche", "checked_on": "2012-11-28", "operator": "R. Reader",
        **changes,
    }  # fmt: skip


@pytest.mark.parametrize("event", ["E24", "E31"])
def test_an_approval_that_rests_on_nothing_asks_for_the_checks_and_a_talk_alone(
    event: str,
) -> None:
    """2012: approved; 2016: "no concerns": of whom, where, and who asked her, nobody wrote."""
    (alarm,) = Watch().sees("M07", event)
    assert alarm.act == "visit_check"
    assert "in private" in alarm.why
    assert "which systems" in alarm.why


def test_an_approval_that_looked_at_both_and_spoke_to_her_alone_is_silent() -> None:
    """Good practice is left alone."""
    facts = {"checks": [check(D), check(N)], "occupier_alone": "yes"}
    assert Watch().sees("M07", "E24", facts=facts) == []


@pytest.mark.parametrize(
    ("facts", "systems", "alone"),
    [
        ({"checks": [check(D), check(N)]}, False, True),
        ({"checks": [check(D), check(N)], "occupier_alone": "no"}, False, True),
        ({"checks": [check(D), check(N)], "occupier_alone": "unknown"}, False, True),
        ({"checks": [check(D)], "occupier_alone": "yes"}, True, False),
        ({"checks": [], "occupier_alone": "yes"}, True, False),
        ({"checks": [check(D), check(N, operator=" ")], "occupier_alone": "yes"}, True, False),
        ({"checks": [check(D), check(N, system="")], "occupier_alone": "yes"}, True, False),
    ],
)
def test_an_approval_says_what_it_lacks(facts: Json, systems: bool, alone: bool) -> None:
    """One person looked up is not two, and a look by nobody is none."""
    (alarm,) = Watch().sees("M07", "E24", facts=facts)
    assert ("which systems" in alarm.why) is systems
    assert ("in private" in alarm.why) is alone


@pytest.mark.parametrize("change", ["joined", "left", "address_found", "tenancy_changed"])
def test_what_is_no_approval_lacks_nothing(change: str) -> None:
    """An address that was found was approved by nobody."""
    assert Watch().sees("M07", "E24", facts={"change": change}) == []


@pytest.mark.parametrize("changes", [{"drop": ["event"]}, {"provenance": MACHINE}])
def test_an_approval_that_was_not_delivered_lacks_nothing(changes: Json) -> None:
    """What it rests on stands in the event."""
    assert Watch().sees("M07", "E24", **changes) == []


def test_the_second_departure_within_a_year_is_a_pattern() -> None:
    """E07: two partners left within eleven weeks, and nobody was curious (5.4.2 iv)."""
    watch = Watch("E05", "E06")
    (alarm,) = watch.sees("M11", "E07")
    assert alarm.act == "private_enquiry"
    assert "not the first" in alarm.why
    assert set(alarm.statements) == {watch.told.seen[1].id, watch.told.seen[2].id}
    assert list(alarm.subjects) == [T]


@pytest.mark.parametrize(("day", "pattern"), [("2004-01-01", True), ("2003-12-31", False)])
def test_a_departure_a_year_and_a_day_before_is_none(day: str, pattern: bool) -> None:
    """E07 is of 31 December of a leap year: 365 days before it is 1 January."""
    watch = Watch()
    watch.tell("E06", day=day)
    (alarm,) = watch.sees("M11", "E07")
    assert ("not the first" in alarm.why) is pattern
    assert len(alarm.statements) == 1 + pattern


def test_a_departure_of_later_is_no_pattern_of_the_one_before() -> None:
    """One that comes in late is the first of two, and says so of neither."""
    (alarm,) = Watch("E07").sees("M11", "E06", at="2005-02-01")
    assert "not the first" not in alarm.why


def test_each_departure_asks_and_the_first_claims_no_pattern() -> None:
    """E05 alone: one private question, and no more."""
    (alarm,) = Watch().sees("M11", "E05")
    assert "not the first" not in alarm.why


def test_anothers_departure_is_no_pattern_of_hers() -> None:
    """Another tenant's partner left too."""
    watch = Watch()
    watch.tell("E06", people=("N",))
    (alarm,) = watch.sees("M11", "E07")
    assert "not the first" not in alarm.why


@pytest.mark.parametrize(
    ("event", "changes"),
    [("E04", {}), ("E33", {}), ("E07", {"drop": ["event"]}), ("E07", {"provenance": MACHINE})],
)
def test_who_did_not_leave_asks_for_nothing(event: str, changes: Json) -> None:
    """A tenancy, a joiner, a view without its event."""
    assert Watch("E06").sees("M11", event, **changes) == []
