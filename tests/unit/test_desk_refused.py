"""What an agency put to another, and that one did not take: how its desk shows it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.busy import CASE, FORCE, POLICE, PROBATION, Busy, busy, couple, facts
from tests.support.visiting import Visited, visiting


@pytest.fixture
def force(tmp_path: Path) -> Iterator[Busy]:
    """A force to which probation put what stays of a risk when its work with somebody ends."""
    made = busy(tmp_path)
    ends = facts(
        addressee=POLICE, referral="handover", criterion="risk_stays", ends_on="2026-12-20"
    )
    made.say("handover", CASE, "referral_made", {**couple(made.draw), "event": ends})
    yield made
    made.town.close()


@pytest.fixture
def desk(force: Busy, tmp_path: Path, issuer: str) -> Iterator[Visited]:
    """Probation's desk."""
    with visiting(force.town, PROBATION, tmp_path, issuer=issuer) as opened:
        yield opened


def refuse(force: Busy, name: str) -> str:
    """Let the force refuse what was put to it; give the answer's id."""
    event = {
        "statement": force.said[name], "received_by": "N. Lead", "researched": "no",
        "actions": ["no_action"], "no_action_reason": "no capacity", "referral": "refused",
    }  # fmt: skip
    about = {"statement": force.said[name]}
    sections = {"event": event, "cause.1": about,
                "provenance": force.sections["concern"]["provenance"]}  # fmt: skip
    return force.say(f"{name} refused", FORCE, "response_given", sections)


def test_a_refused_handover_waits_for_nobody(force: Busy, desk: Visited) -> None:
    """It read as put to somebody who had not accepted yet, and they had refused."""
    officer = desk.visitor("officer")
    assert "Put to somebody who has not accepted yet" in officer.get("/handovers").text
    refuse(force, "handover")
    page = officer.get("/handovers").text
    assert "NOBODY takes over: put it to somebody else" in page
    assert "has not accepted yet" not in page
    assert "REFUSED" in page
