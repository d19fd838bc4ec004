"""The review replayed, held against an answer that was written by hand from the domain reference.

`review/expected.txt` says at its top how it is read, and which of its rows were changed once output
had been seen; `test_review_played.py` compares who has which product of each report. A mismatch is
decided by the domain reference, never by the output.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from consumers.safeguarding.rules.terms import in_force
from contracts.reason import Reason, Stage
from deploy.replay import telling
from deploy.replay.asked import asked
from deploy.replay.case import Item, find_case
from deploy.replay.headlines import counted, headlines
from deploy.replay.played import Played
from tests.replay.test_review_file import LETTERS, rows
from tests.support.replaying import played

FIRES = rows("expected.txt", "FIRES")
MUST = [row for row in FIRES if re.fullmatch(r"M\d\d|separation|research", row[2])]
NEVER = [row for row in FIRES if row[2].startswith("!")]
GOVERNANCE = "mk-csp"
RESEARCH, NAMELESS, UNRESEARCHED = "research", "M02", "M01"
CONSEQUENCES = frozenset({UNRESEARCHED, "M14", "M16", NAMELESS})
"""What may fire on any item where nobody acts, and is rowed nowhere (expected.txt)."""


@dataclass
class Fired:
    """What one rule, or research, made of one item: where, what it asks for, whose duty it is."""

    agencies: set[str] = field(default_factory=set)
    acts: set[str] = field(default_factory=set)
    owners: set[str] = field(default_factory=set)


def fired(review: Played) -> dict[tuple[str, str], Fired]:
    """Give everything that fired, by item and rule."""
    found: dict[tuple[str, str], Fired] = {}
    for what in asked(review):
        one = found.setdefault((what.item, what.rule), Fired())
        one.agencies.update(what.noticed)
        one.acts.add(what.act)
        one.owners.update(kind for owner in what.owners for kind in owner.kinds)
    for spoken, _ in review.tasks:
        one = found.setdefault((spoken.about[0], RESEARCH), Fired())
        one.agencies.add(spoken.agency)
        one.owners.add("police")
    for said in review.items:
        if _is_held_for_its_source(review, said.item):
            agency = review.case.writers[said.item.writer].agency
            kind = next(one.kind for one in review.founding.agencies if one.id == agency)
            found[said.item.id, NAMELESS] = Fired({agency, GOVERNANCE}, {"provenance"}, {kind})
    return found


def _is_held_for_its_source(review: Played, item: Item) -> bool:
    """Say whether the log held a report for want of who says so: PROVENANCE_REQUIRED (M02)."""
    said = review.said(item.id)
    stages = {Reason.of(code).stage for code, _ in said.reasons}
    return said.outcome == "quarantined" and Stage.PROVENANCE in stages


@pytest.mark.parametrize("row", MUST, ids=lambda row: f"{row[0]}-{row[2]}")
def test_what_the_reference_asks_for_fires(review: Played, row: list[str]) -> None:
    """At one of the agencies at least, for the act and as the duty that the reference names."""
    item, agencies, what, acts, owners, why = row
    one = fired(review).get((item, what), Fired())
    assert one.agencies & {LETTERS[letter] for letter in agencies.split()}, why
    assert acts == "-" or one.acts & set(acts.split()), one.acts
    assert one.owners & set(owners.split()), one.owners


def test_nothing_else_fires(review: Played) -> None:
    """An alert that the reference does not ask for is one that somebody learns to ignore."""
    rowed = {(row[0], row[2].rstrip("?")) for row in FIRES}
    quiet = {row[0] for row in FIRES if row[2] == "quiet"}
    extra = {
        (item, rule) for item, rule in fired(review)
        if (item, rule) not in rowed and (rule not in CONSEQUENCES or item in quiet)
    }  # fmt: skip
    assert extra == set()


@pytest.mark.parametrize("row", NEVER, ids=lambda row: f"{row[0]}-{row[2]}")
def test_what_must_not_fire_does_not(review: Played, row: list[str]) -> None:
    """Each is a way in which a rule could have been read, and the reference reads it otherwise."""
    item, agencies, what, *_ = row
    places = {LETTERS[letter] for letter in agencies.split()}
    assert [
        at for (at, rule), one in fired(review).items()
        if rule == what.removeprefix("!") and item in {at, "*"} and one.agencies & places
    ] == []  # fmt: skip


def test_research_that_nobody_makes_is_asked_for_again(review: Played) -> None:
    """M01 is rowed nowhere: it fires on each report whose looks ran out, and on no other."""
    late = {item for item, rule in fired(review) if rule == UNRESEARCHED}
    assert late == {item for item, rule in fired(review) if rule == RESEARCH}


def quiet(review: Played, item: str) -> None:
    """Hold that nobody is asked anything of an item, and nobody but its own agency has it.

    What nobody may receive is held, and governance is asked to decide on that.
    """
    own = review.case.writers[review.said(item).item.writer].agency
    assert [key for key in fired(review) if key[0] == item] == []
    assert [one.id for one, _ in review.alerts if item in one.about] == []
    said = [one for one in review.spoken if item in one.about and one.automated]
    assert {one.agency for one in said} <= {GOVERNANCE}
    assert {name for one in said if (name := one.statement.kind.name)} <= {"duty_overdue"}
    assert {one.to for one in review.delivered if item in one.about} <= {GOVERNANCE, own}


def test_e04_a_tenancy_that_is_awarded_is_quiet(review: Played) -> None:
    """Alert fatigue (section 5)."""
    quiet(review, "E04")


def test_e44_benefit_letters_are_quiet(review: Played) -> None:
    """Alert fatigue (section 5)."""
    quiet(review, "E44")


def test_e54_an_appointment_letter_is_quiet(review: Played) -> None:
    """Alert fatigue (section 5)."""
    quiet(review, "E54")


def test_e56_a_warning_letter_is_quiet(review: Played) -> None:
    """Alert fatigue (section 5)."""
    quiet(review, "E56")


def test_two_reports_and_a_threat_ring_somebody_and_nothing_else_does(review: Played) -> None:
    """In thirty years: the separation of 2012, and the threat of the last week."""
    loud = {(one.item, one.rule) for one in asked(review) if one.attention == "interrupt"}
    assert loud == {("E18", "separation"), ("E60", "M20")}


def test_whatever_a_rule_asks_for_is_somebodys_to_do(review: Played) -> None:
    """E40: that he came with her and who he is stood under "nobody need do anything"."""
    asked_for = {(one.item, one.rule): one.attention for one in asked(review)}
    assert asked_for["E40", "M13"] == "duty"
    assert {rule for (_, rule), attention in asked_for.items() if attention == "note"} == {"M03"}


def test_one_thing_is_asked_once_of_each_desk(review: Played) -> None:
    """Two agencies that notice the same must not be two tasks on a page."""
    every = [(one.item, one.rule, one.act) for one in asked(review)]
    assert len(every) == len(set(every))
    assert sum(one.count for one in asked(review)) == len(review.alerts) + sum(
        one.count for one in asked(review) if one.rule == "M03"
    )
    for one in asked(review):
        assert one.owners
        assert all(owner.kinds for owner in one.owners)


def test_every_rule_that_fired_is_one_of_the_ruleset(review: Played) -> None:
    """What fired is told by words that the ruleset's own terms have."""
    ids = {term.id for term in in_force(review.founding.rules)}
    assert {one.rule for one in asked(review)} <= ids


def test_as_it_was_nobody_would_have_been_asked_anything(review_then: Played) -> None:
    """No agreement, nothing that asks: nobody was sent or asked anything, and the page says so."""
    said = {one.statement.kind.name for one in review_then.spoken if one.automated}
    assert said <= {"stream_opened"}, "an outbox opens its stream, and nothing else speaks"
    assert asked(review_then) == []
    assert list(review_then.tasks) == []
    assert {one.leg for one in review_then.delivered} <= {"emergency"}
    assert {one.about for one in review_then.delivered} <= {("E61",)}
    page = "\n".join(telling.table(review_then))
    assert "nobody would have been asked anything" in page.replace("\n", " ")
    assert "would have been asked to" not in page
    assert "In fact told: Thames Valley Police" in page
    assert "Nobody was asked anything" in "\n".join(headlines(review_then))
    assert "Nobody" in "\n".join(telling.how_often(review_then))
    assert review_then.breaches == []


def test_headlines_rest_on_what_was_held_then_and_on_days_that_are_known(review: Played) -> None:
    """A day count from July, from a neighbour or from what we invented would be untrue."""
    found = counted(review, review.case.headlines[0])
    items = [review.said(one.item).item for one in found]
    assert {item.standing for item in items} == {"held_then"}
    assert all(item.has_day for item in items)
    assert "E33" not in {item.id for item in items}, "the day in July is not given"
    wanted = {row[0]: int(row[2]) for row in rows("headlines.txt", "MAY") if row[1] == "E61"}
    days = {one.item: one.days for one in found}
    assert {item: days.get(item) for item in wanted} == wanted
    page = " ".join(" ".join(headlines(review)).split())
    assert "On 1 May 2012, 2,219 days before the assault (29 May 2018)" in page
    assert "2,218 days 2 May 2012: a police intelligence log" in page


def test_two_runs_are_equal(review_then: Played, tmp_path: Path) -> None:
    """What one reader was shown, the next must be shown: as it was, whole.

    `test_replayed.py` compares the small case as it should have been, on both databases.
    """
    again = played(tmp_path / "then", "then", case=find_case("review"))
    assert records(again) == records(review_then)


def records(one: Played) -> list[bytes]:
    """List a replay's entries, byte for byte."""
    return [bytes(entry.record) for entry in one.log.entries]


def pages(one: Played) -> dict[str, list[str]]:
    """Give everything that is printed of a replay, by part."""
    return {
        "table": list(telling.table(one)), "headlines": list(headlines(one)),
        "contradictions": list(telling.contradictions(one)), "often": list(telling.how_often(one)),
        "never": list(telling.breaches(one)),
    }  # fmt: skip


def test_every_part_says_that_it_is_a_replay_and_promises_nothing(
    review: Played, review_then: Played
) -> None:
    """A page that is torn off must not pass for a case file, nor for a promise."""
    for one in (review, review_then):
        for part in pages(one).values():
            assert "REPLAY" in part[0]
            assert not [line for line in part if re.search(r"prevent|would have saved", line)]
        heads = [line for line in pages(one)["table"] if line.startswith("REPLAY ")]
        assert len(heads) == len(one.items)


def test_words_stand_before_codes(review: Played) -> None:
    """Somebody who chairs a review knows no rule by its number: each stands in brackets, after."""
    for part in pages(review).values():
        text = " ".join(line.strip() for line in part)
        bare = re.sub(r"\[[^\]]*\]", "", text)
        assert not re.search(r"\bM(0[1-9]|1\d|2[0-2])\b", bare)
        assert not re.search(r"\b[a-z]+_[a-z_]+\b", bare), "a word of the format"
    table = "\n".join(pages(review)["table"])
    assert "thames-valley" not in re.sub(r"\[[^\]]*\]", "", table), "an agency has a name"


def test_a_page_gives_no_day_that_nobody_knows(review: Played) -> None:
    """The day of her death is withheld (1.3.2), and a convenient one is not the truth."""
    table = pages(review)["table"]
    found = {line for line in table if line.startswith("REPLAY ")}
    assert sum(line.startswith("REPLAY No date is known") for line in found) == 4
    assert [line for line in found if line.startswith("REPLAY June 2018, no day is known")]
    assert [line for line in found if line.startswith("REPLAY 1987, no day is known")]


def test_how_often_somebody_would_have_been_asked_is_counted(review: Played) -> None:
    """Alert fatigue is judged by numbers, and they add up."""
    often = pages(review)["often"]
    counts = [int(found[1]) for line in often if (found := re.match(r" +(\d+)  ", line))]
    assert sum(counts) == len(review.alerts)
    assert f"{len(review.alerts)} alerts" in " ".join(often)
    told = " ".join(" ".join(often).split())
    assert "headlines count what was written down then alone" in told
