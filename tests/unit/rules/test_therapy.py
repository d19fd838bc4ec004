"""M19: the records of any therapy in custody, before somebody's level rests on what he says."""

from typing import Any

import pytest

from tests.support.watching import D, Watch


@pytest.mark.parametrize(("release", "event"), [("E14", "E21"), ("E32", "E35")])
def test_an_assessment_after_custody_asks_for_the_record_of_therapy(
    release: str, event: str
) -> None:
    """5.7.1 (ii), (vi): he said what he was diagnosed with, and nobody ever saw it."""
    (alarm,) = Watch(release).sees("M19", event)
    assert alarm.act == "therapy_record"
    assert list(alarm.subjects) == [D]


def test_it_is_asked_for_once_after_each_release() -> None:
    """The second assessment names the first: one duty, until somebody sought it."""
    watch = Watch("E14", "E21")
    first = watch.told.seen[-1].id
    (alarm,) = watch.sees("M19", "E35", day="2012-11-01")
    assert alarm.statements[0] == first
    watch.tell("E32")
    assert watch.sees("M19", "E35")[0].statements[0] == watch.told.seen[-1].id


@pytest.mark.parametrize(("day", "fires"), [("2012-11-20", True), ("2012-11-21", False)])
def test_a_year_after_the_release_it_is_no_longer_after_custody(day: str, fires: bool) -> None:
    """The window is the ruleset's: 2012 was a leap year."""
    assert bool(Watch("E14").sees("M19", "E21", day=day)) is fires


@pytest.mark.parametrize("outcome", ["awaited", "received", "nil", "refused", "destroyed"])
def test_a_record_that_was_sought_is_not_asked_for_again(outcome: str) -> None:
    """Grendon's reports were unavailable or destroyed: that too is an answer (5.7.1 vi)."""
    assert sought(outcome, "therapeutic") == []


def test_what_was_sought_after_an_earlier_custody_is_not_it() -> None:
    """He was inside again: what was written there since, nobody asked for."""
    watch = Watch("E14")
    release = watch.told.seen[0]
    watch.tell(
        "record_sought", day="2012-01-01", causes=[release.id], work=True,
        facts={
            "statement": release.id, "subject": D, "holder": "HMP Grendon",
            "record": "therapeutic", "outcome": "received", "by": "O. Manager",
        },
    )  # fmt: skip
    watch.tell("E32")
    assert len(watch.sees("M19", "E35")) == 1


@pytest.mark.parametrize("record", ["custody", "court", "health", "other"])
def test_another_record_that_was_sought_is_not_it(record: str) -> None:
    """A court's list says nothing of therapy."""
    assert len(sought("received", record)) == 1


def sought(outcome: str, record: str) -> list[Any]:
    """Seek a record after a release, and then assess."""
    watch = Watch("E14")
    release = watch.told.seen[0]
    watch.tell(
        "record_sought", day="2012-01-01", causes=[release.id], work=True,
        facts={
            "statement": release.id, "subject": D, "holder": "HMP Grendon", "record": record,
            "outcome": outcome, "by": "O. Manager",
        },
    )  # fmt: skip
    return watch.sees("M19", "E21")


@pytest.mark.parametrize("drop", ["event", "person.1.identity"])
def test_after_custody_an_assessment_in_part_asks_for_nothing(drop: str) -> None:
    """Whose it is was not delivered."""
    assert Watch("E14").sees("M19", "E21", drop=[drop]) == []


def test_her_assessment_is_none_of_his_after_custody() -> None:
    """A DASH is of whoever is at risk, who was in no prison."""
    watch = Watch("E32")
    risk = {"instrument": "dash", "account": "victim"}
    assert watch.sees("M19", "E35", facts={"instrument": "dash"}, risk=risk) == []


def test_a_release_that_is_told_late_asks_of_the_first_assessment_after_it() -> None:
    """Whoever assessed him knew of no custody; the notice comes a week later."""
    watch = Watch("E21")
    level = watch.told.seen[0]
    (alarm,) = watch.sees("M19", "E14", at="2012-06-20")
    assert list(alarm.statements) == [level.id, watch.told.seen[-1].id]


def test_a_release_that_is_told_late_asks_nothing_of_what_it_is_not_the_last_before() -> None:
    """No assessment after it; another release between; a record that was sought meanwhile."""
    assert Watch("E21").sees("M19", "E14", day="2012-06-13") == []
    watch = Watch("E14", "E21")
    assert watch.sees("M19", "E14", day="2011-10-01", at="2012-06-20") == []
    watch = Watch("E21")
    watch.tell(
        "record_sought", day="2012-06-15", causes=[watch.told.seen[0].id], work=True,
        facts={
            "statement": watch.told.seen[0].id, "subject": D, "holder": "HMP Grendon",
            "record": "therapeutic", "outcome": "awaited", "by": "O. Manager",
        },
    )  # fmt: skip
    assert watch.sees("M19", "E14", at="2012-06-20") == []
