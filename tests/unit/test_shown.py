"""A statement as a desk reads it: whoever it tells of stands on the page, named or not."""

from zoneinfo import ZoneInfo

import pytest

from consumers import whereabouts
from consumers.desk.shown import day, people
from contracts.form import Section
from contracts.section import Identity, Name, PersonPart, Refuge, Whereabouts

HER, CHILD = "AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAQ"


@pytest.mark.parametrize(
    ("name", "told", "part"),
    [
        ("person.1.part", PersonPart(CHILD, "child"), "child"),
        ("person.1.whereabouts", Whereabouts(CHILD, "1 Acacia Avenue"), "part not assessed"),
        ("person.1.refuge", Refuge(CHILD, "A refuge"), "part not assessed"),
    ],
)
def test_who_is_told_of_without_a_name_is_on_the_page(name: str, told: Section, part: str) -> None:
    """A child whose identity a leg withholds is a child all the same, and never nobody."""
    sections = {"person.2.identity": Identity(HER, [Name("Tracey", "Hill")]), name: told}
    child, her = people(sections)
    assert (child.number, child.subject, child.name, child.part, child.identified) == (
        1, CHILD, "Name not told to this desk", part, False,
    )  # fmt: skip
    assert (child.whereabouts or child.refuge) == (None if part == "child" else told)
    assert (her.number, her.name, her.part, her.identified) == (
        2, "Tracey Hill", "part not assessed", True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"alleged_perpetrator"}, True), ({"associate", "unassessed"}, True),
        ({"alleged_perpetrator", "victim"}, False), ({"associate", "child"}, False),
        ({"unassessed"}, False), (set[str](), False),
    ],
)  # fmt: skip
def test_one_rule_says_whose_places_are_told(parts: set[str], told: bool) -> None:
    """On pages, in searches and on tasks: who was once a victim is not told of by another part."""
    assert whereabouts.may_tell(parts) is told


def test_a_moment_is_spelled_as_the_clock_on_the_wall_has_it_and_a_day_is_no_moment() -> None:
    """Known at 13:00 by one clock and shared at 13:30 by another is a delay that never was."""
    zone = ZoneInfo("Europe/London")
    assert day("2012-05-01T12:35:00.000Z", zone) == "1 May 2012, 13:35"
    assert day("2012-05-01T23:35:00.000Z", zone) == "2 May 2012, 00:35"
    assert day("2012-01-01T12:35:00.000Z", zone) == "1 January 2012, 12:35"
    assert day("2012-05-01", zone) == "1 May 2012"
