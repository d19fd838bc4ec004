"""What is held: what is supplied stays supplied, and whoever was told of it hears of its end."""

from typing import Any

import pytest

from contracts.entry import ReasonGiven
from contracts.opened import Notice
from contracts.statement import digest_of
from tests.support.speaking import adopt
from tests.support.stranger import sha
from tests.support.town import CASE, Town
from tests.unit.test_release import DESK, POLICE, REPORT, decide, provenance, redecided, say

NONE = ReasonGiven("agreement.none_in_force")


def held(town: Town, **changes: Any) -> bytes:
    """Report without the role of whoever reports, under an agreement that is not there."""
    lacking = {"provenance": provenance(town, "author", role=False)}
    return town.report(sections=lacking, id=REPORT, **changes)


def supply(town: Town, who: str = "supplier") -> list[tuple[str, list[ReasonGiven]]]:
    """Supply what was missing; give what became of the report."""
    sections = {"event": {"statement": REPORT}, "cause.1": {"statement": REPORT},
                "provenance": provenance(town, who)}  # fmt: skip
    say(town, CASE, "provenance_supplied", sections)
    return redecided(town.log.entries[-1].recorded)


def test_what_was_supplied_need_not_be_waived_when_something_else_holds_it_still() -> None:
    """The desk would else sign that it waives what somebody has long put right."""
    town = Town("supplied")
    raw = held(town, agreement="other-isa")
    assert supply(town) == [("quarantined", [NONE])]
    adopt(town, id="other-isa")
    assert redecided(decide(town, raw, "first", waived=[])) == []
    assert redecided(decide(town, raw, "second", waived=[])) == [("accepted", [])]


def test_neither_who_wrote_it_nor_who_supplied_releases_it() -> None:
    """Nobody decides on their own words, whoever of the two put the last of them in."""
    town = Town("authors")
    raw = held(town, agreement="other-isa")
    supply(town)
    for author in ("author", "supplier"):
        (item,) = decide(town, raw, author).items
        assert [one.code for one in item.reasons] == ["control.author_decides"]


def test_a_word_said_before_something_was_supplied_counts_no_more() -> None:
    """It was said of another statement: the second hand would agree to what the first never saw."""
    town = Town("before")
    raw = held(town, agreement="other-isa")
    assert redecided(decide(town, raw, "first", waived=[])) == []
    supply(town)
    adopt(town, id="other-isa")
    assert redecided(decide(town, raw, "second", waived=[])) == []
    assert redecided(decide(town, raw, "first", waived=[])) == [("accepted", [])]


def test_a_threat_to_life_waits_for_nothing_once_its_provenance_is_there() -> None:
    """It was delivered; that no agreement carries it is governance's to review, not to release."""
    town = Town("alive")
    held(town, agreement="other-isa", urgency="threat_to_life")
    assert len(town.log.state.waiting.held) == 1
    assert supply(town) == [("accepted_emergency", [NONE])]
    assert town.log.state.waiting.held == {}


@pytest.mark.parametrize("urgency", ["routine", "urgent"])
def test_who_was_told_that_something_is_held_is_told_that_it_was_erased(urgency: str) -> None:
    """Their count would stay, and their clock run out, over what nobody can decide any more."""
    town = Town("erased")
    raw = held(town, urgency=urgency)
    erased = {"statements": [REPORT], "ground": "mistaken", "reason": "wrong", "by": "B. Officer"}
    proposed = say(town, DESK, "erasure_proposed",
                   {"event": erased, "provenance": provenance(town, "b")})  # fmt: skip
    proposal = town.log.entries[-1].recorded.findings
    assert proposal is not None
    assert proposal.statement == digest_of(proposed)
    endorsed = {"proposal": proposal.id, "statements": [REPORT], "by": "C. Officer"}
    say(town, POLICE, "erasure_endorsed", {"event": endorsed, "provenance": provenance(town, "c")})
    ends = {
        agency: [
            (one.delivery.leg, one.delivery.marks, one.delivery.duties)
            for one in town.log.told(agency)
            if isinstance(one, Notice) and one.delivery.statement == sha(raw.partition(b"~")[0])
        ][-1:]
        for agency in ("mk-csp", "thames-valley", "mk-hub")
    }
    assert ends["mk-csp"] == [("governance", ["closed"], [])]
    # Police were given an urgent one itself: what has them erase it tells them.
    assert ends["thames-valley"] == ([("held", ["closed"], [])] if urgency == "routine" else [])
    assert ends["mk-hub"] == []
    gone = {key for key, value in town.log.views["tv-probation"] if not value}
    assert gone == {digest_of(raw).encode()}
