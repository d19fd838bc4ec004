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


def test_a_referral_that_nobody_took_is_work_wherever_it_is_shown(
    force: Busy, desk: Visited
) -> None:
    """It stood in the inbox as one answer more, under everything, and in no list."""
    officer, said = desk.visitor("officer"), force.said["referral"]
    answered = refuse(force, "referral")
    link = f'href="/reports/{said}/referral"'
    inbox = officer.get("/").text
    first = inbox[inbox.index("What presses first") : inbox.index("Not answered yet")]
    assert f"/reports/{answered}" in first
    assert "NOT taken: look for another way by" in inbox
    assert link in inbox
    for page in ("/duties", f"/reports/{said}", f"/reports/{answered}"):
        text = officer.get(page).text
        assert "Look for another way" in text, page
        assert link in text, page
    assert "Look for another way" in officer.get("/referrals?way=made&show=decided").text
    words = {"kind": "daiu", "made": "no", "reason": "We see to her ourselves."}
    officer.post(f"/reports/{said}/referral", **words)
    assert "NOT taken" not in officer.get("/").text
    assert f"/reports/{answered}" not in officer.get("/").text
    every = officer.get("/?show=all").text
    assert "Seen to" in every
    for page in ("/duties", f"/reports/{said}", f"/reports/{answered}"):
        assert "Look for another way" not in officer.get(page).text, page


def test_a_refused_handover_waits_for_nobody(force: Busy, desk: Visited) -> None:
    """It read as put to somebody who had not accepted yet, and they had refused."""
    officer = desk.visitor("officer")
    assert "Put to somebody who has not accepted yet" in officer.get("/handovers").text
    refuse(force, "handover")
    page = officer.get("/handovers").text
    assert "NOBODY takes over: put it to somebody else" in page
    assert "has not accepted yet" not in page
    assert "REFUSED" in page
