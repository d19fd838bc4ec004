"""M07 and M11: an address that was approved, a partner who left."""

from typing import Any

import msgspec
import pytest

from tests.support.past import MACHINE
from tests.support.watching import D, N, T, Watch, limited

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
    assert "not the only one" in alarm.why
    assert set(alarm.statements) == {watch.told.seen[1].id, watch.told.seen[2].id}
    assert list(alarm.subjects) == [T]


@pytest.mark.parametrize(("day", "pattern"), [("2004-01-01", True), ("2003-12-31", False)])
def test_a_departure_a_year_and_a_day_before_is_none(day: str, pattern: bool) -> None:
    """E07 is of 31 December of a leap year: 365 days before it is 1 January."""
    watch = Watch()
    watch.tell("E06", day=day)
    (alarm,) = watch.sees("M11", "E07")
    assert ("not the only one" in alarm.why) is pattern
    assert len(alarm.statements) == 1 + pattern


@pytest.mark.parametrize(
    ("day", "threshold", "pattern"),
    [("2004-10-13", 2, True), ("2003-12-31", 2, False), ("2004-10-13", 3, False)],
)
def test_an_earlier_departure_that_is_told_late_is_part_of_the_pattern(
    day: str, threshold: int, pattern: bool
) -> None:
    """Two in eleven weeks are two, whichever notice came first."""
    watch = Watch("E07")
    early = watch.tell("E06", day=day, at="2005-02-01")
    term = msgspec.structs.replace(limited("M11"), threshold=threshold)
    (alarm,) = watch.run("M11", early, term)
    assert ("not the only one" in alarm.why) is pattern
    assert list(alarm.statements) == [early.id, watch.told.seen[0].id][: 1 + pattern]


def test_departures_of_two_windows_are_no_pattern_of_three() -> None:
    """One in January, one in the next and one in that after: no year has three."""
    watch = Watch()
    watch.tell("E06", day="2003-02-01")
    watch.tell("E06", day="2005-01-01")
    term = msgspec.structs.replace(limited("M11"), threshold=3)
    (alarm,) = watch.run("M11", watch.tell("E06", day="2004-01-31"), term)
    assert "not the only one" not in alarm.why


def test_each_departure_asks_and_the_first_claims_no_pattern() -> None:
    """E05 alone: one private question, and no more."""
    (alarm,) = Watch().sees("M11", "E05")
    assert "not the only one" not in alarm.why


def test_anothers_departure_is_no_pattern_of_hers() -> None:
    """Another tenant's partner left too."""
    watch = Watch()
    watch.tell("E06", people=("N",))
    (alarm,) = watch.sees("M11", "E07")
    assert "not the only one" not in alarm.why


@pytest.mark.parametrize(
    ("event", "changes"),
    [("E04", {}), ("E33", {}), ("E07", {"drop": ["event"]}), ("E07", {"provenance": MACHINE})],
)
def test_who_did_not_leave_asks_for_nothing(event: str, changes: Json) -> None:
    """A tenancy, a joiner, a view without its event."""
    assert Watch("E06").sees("M11", event, **changes) == []
