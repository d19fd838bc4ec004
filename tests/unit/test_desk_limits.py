"""How long what takes two hands may wait, by the ruleset in force: a lone look, and a copy."""

import json
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from consumers.intelligence.waiting import copies_waiting
from consumers.whereabouts import reviews_due, whereabouts
from contracts.duration import HOUR_MS
from tests.support.busy import HUB, POLICE, Busy, copy_waiting, one
from tests.support.looking import report
from tests.support.stranger import sha
from tests.support.visiting import Visited
from tests.support.working import Working
from tests.vectors.ledger import compact


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


def adopt(town: Working, **changes: Any) -> None:
    """Adopt the rules in force but for some members; three agencies stand behind it."""
    rules = json.loads(msgspec.json.encode(town.consumers[POLICE].voice.rules))
    act = {"act": "ruleset_adopted", "rules": {**rules, "version": "2", **changes}}
    town.govern("mk-csp", "act_proposed", {"proposal": act})
    digest = sha(compact(act))
    for agency in (POLICE, HUB):
        town.govern(agency, "act_endorsed", {"act": "ruleset_adopted", "digest": digest})
    town.settle()


@pytest.mark.parametrize(("changes", "hours"), [({}, (24, 24)),
                         ({"look_review_hours": 8, "copy_hours": 4}, (4, 8))])  # fmt: skip
def test_how_long_a_copy_and_a_review_may_wait_is_the_rulesets(
    force: Busy, desk: Visited, changes: dict[str, int], hours: tuple[int, int]
) -> None:
    """No source gives a number: a partnership decides, and a constant is nobody's decision."""
    if changes:
        adopt(force.town, **changes)
    copy_hours, review_hours = hours
    copy = copy_waiting(force)
    due = one(force, select(copies_waiting.c.due_at).where(copies_waiting.c.id == copy))
    assert due == force.town.log.clock_ms + copy_hours * HOUR_MS
    officer, supervisor = desk.visitor("officer"), desk.visitor("supervisor")
    where = f"{report(force.town, 'threat_to_life')}/whereabouts/2"
    officer.post(where, do="alone", reason="to visit her")
    at = one(force, select(whereabouts.c.at))
    rules = desk.station.voice.rules
    with desk.station.store.read() as db:
        (owed,) = reviews_due(db, (), rules.look_review_hours, place=None, count=9)
    assert owed["due_at"] == at + review_hours * HOUR_MS
    text = supervisor.get("/duties").text.partition("Review who looked alone")[2]
    assert f"by {desk.station.at(owed['due_at'])}" in text
