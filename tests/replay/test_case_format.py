"""A case that cannot be played: every defect at once, by line, and never by what stands in it."""

from pathlib import Path

import pytest

from deploy.replay.case import find_case
from deploy.replay.offices import place_of
from deploy.replay.played import Played
from tests.support.command import typed
from tests.support.replaying import told, written

CANARY = "Tamsin-Canary"
GOOD = f"""\
case: tried
title: A case that is tried
begins: 2012-01-01T09:00:00Z
people:
  D: {{given: Dorian, family: {CANARY}}}
  T: {{given: Tamsin}}
writers:
  probation: {{agency: nps-thames-valley, name: "P (invented)", role: probation officer}}
  police: {{agency: thames-valley, name: "Q (invented)", role: constable}}
items:
  - id: E1
    writer: probation
    at: 2012-05-01T09:30:00Z
    standing: held_then
    report:
      report: concern
      facts: {{concern: separation}}
      when: 2012-05-01
      people: [{{is: D}}, {{is: T}}]
      words: {CANARY} said so.
must_never:
  - {{who: police, what: [narrative], of: [E1], why: a trap}}
"""

BAD: dict[str, tuple[str, str, int, str]] = {
    "a case without a name": ("case: tried\n", "", 1, "`case` is missing: write it."),
    "a moment without its offset": (
        "at: 2012-05-01T09:30:00Z", "at: 2012-05-01T09:30:00", 13, "with its offset",
    ),
    "an agency that is not in the plan": (
        "agency: nps-thames-valley", "agency: nps-thames-vale", 8, "did you mean `nps-thames",
    ),
    "a writer's key with a capital": ("  police: {", "  Police: {", 9, "lower-case words"),
    "a person's key with a blank": ("  T: {", "  T T: {", 6, "a key is a letter"),
    "a writer who is not there": ("writer: probation", "writer: probate", 12, "`probation`?"),
    "somebody who is not there": ("{is: T}", "{is: TT}", 15, "by a key that stands"),
    "a person without a key": ("{is: T}", "{part: victim}", 19, "`is` is missing"),
    "an item without its standing": ("    standing: held_then\n", "", 11, "`standing` is missing"),
    "a standing that is none": ("held_then", CANARY, 14, "write one of held_then"),
    "a report and a link": (
        "    report:\n      report",
        "    link: {people: [D], across: [police, probation], basis: b}"
        "\n    report:\n      report", 11, "one of `report` and `link`",
    ),
    "who says so in the report": (
        "when: 2012-05-01\n", "who_says: {name: x}\n      when: 2012-05-01\n", 18, "take it out",
    ),
    "a misspelt field of a report": ("words:", "wrods:", 20, "Did you mean `words`?"),
    "a misspelt fact": ("{concern: separation}", "{concern: separating}", 17, "write one of"),
    "a day that was still to come": ("when: 2012-05-01\n", "when: 2012-05-01\n      recorded: "
                                     "2012-05-09\n", 19, "still to come"),
    "a cause that is said later or never": (
        "words:", "causes: [E9]\n      words:", 20, "said before this one",
    ),
    "an item before the beginning": ("begins: 2012", "begins: 2013", 13, "not after `begins`"),
    "a rule of an item that is not there": ("of: [E1]", "of: [E2]", 22, "known here: E1."),
    "a rule about a section that is none": ("[narrative]", "[words]", 22, "write one of anything"),
    "a rule without its reason": (", why: a trap", "", 22, "`must_never.1.why` is missing"),
}  # fmt: skip


def test_the_case_that_each_of_these_spoils_is_good(tmp_path: Path) -> None:
    """Else a defect found below might be another's."""
    assert told(GOOD, tmp_path) == []


@pytest.mark.parametrize("what", BAD)
def test_a_defect_is_named_by_line_and_says_what_to_write(what: str, tmp_path: Path) -> None:
    """Whoever writes down a case must find the line, and nobody's name may stand in an error."""
    good, spoilt, line, words = BAD[what]
    assert GOOD.count(good) >= 1
    found = told(GOOD.replace(good, spoilt, 1), tmp_path)
    assert [one for one in found if one.startswith(f"line {line}: ") and words in one], found
    assert not any(CANARY in one for one in found)


def test_every_defect_of_a_case_is_named_at_once(tmp_path: Path) -> None:
    """One a run would take an afternoon."""
    text = GOOD.replace("writer: probation", "writer: nobody").replace("of: [E1]", "of: [E2]")
    assert len(told(text, tmp_path)) == 2
    twice = GOOD.replace("words:", "wrods:").replace("{concern: separation}", "{concern: none}")
    assert len(told(twice, tmp_path)) == 2


def test_an_error_in_a_report_names_its_item(tmp_path: Path) -> None:
    """Sixty-nine reports have the same fields."""
    (found,) = told(GOOD.replace("words:", "wrods:"), tmp_path)
    assert found.startswith("line 20: E1: ")


def test_a_case_is_found_by_name_or_by_file(tmp_path: Path) -> None:
    """What ships needs no path."""
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    assert find_case(str(path)) == path
    assert written(path).case.case == "tried"


def test_a_replay_says_how_far_it_is(small_then: tuple[Played, list[str]]) -> None:
    """It takes minutes: whoever waits must see that it goes on, and how much is left."""
    case, said = small_then
    ids = [one.id for one in case.case.in_order]
    assert said == [f"{n} of {len(ids)} items, {one}, then" for n, one in enumerate(ids, 1)]


async def test_a_case_that_is_nowhere_is_refused_with_what_ships() -> None:
    """A typing error must not look like a missing release."""
    assert "no case of this name" in await typed("replay reviewed", expect=64)


def test_a_database_that_every_agency_would_share_is_refused() -> None:
    """Two agencies' tables in one database would be one agency that knows everything."""
    with pytest.raises(Exception, match="AGENCY"):
        place_of("sqlite:////tmp/one.sqlite", "mk-mash")
