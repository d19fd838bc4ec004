"""What was done and is taken back is to be done again, by a clock that runs out again."""

from pathlib import Path

import pytest
from sqlalchemy import select

from consumers.consumer import Consumer
from consumers.referrals import rows as referrals
from consumers.research import rows as research
from consumers.research.desk import Desk as ResearchDesk
from consumers.research.found import Found
from tests.support import agreed
from tests.support.alerts import (
    LEAD,
    alert_of,
    deciding,
    escalated,
    person,
    refuse,
    retract,
    tables,
    wait,
)
from tests.support.desk import HUB, POLICE, PROBATION, Desk

REFERRALS = select(referrals.referrals).order_by(referrals.referrals.c.id)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def rebuilt(desk: Desk, agency: str) -> Consumer:
    """Read all that an agency was sent anew, and say nothing twice."""
    again = desk.consumer(agency, store="again")
    again.take(desk.records(agency))
    assert again.publish_waiting(refuse) == 0
    return again


def test_m01_fires_where_a_look_is_open_again_after_its_time(desk: Desk) -> None:
    """Every look was made in time, and one of them was a mistake: nobody looked after all."""
    report = desk.report()
    desk.settle()
    police = desk.acting(POLICE)
    sitting = ResearchDesk(police.store, police.voice, desk.new_id, desk.draw)

    def looked(task: str) -> str:
        return sitting.complete(
            task, Found(outcome="nil"), operator=person(desk), role="researcher",
            at=desk.ledger.clock_ms,
        )[0].draft.id  # fmt: skip

    with police.store.read() as db:
        tasks = [one["id"] for one in research.tasks_of(db, report)]
    done = [looked(task) for task in tasks]
    desk.settle()
    wait(desk, 100)
    wait(desk, 100)
    assert [one for one in desk.said(POLICE, "alert_raised") if one["rule"] == "M01"] == []
    retract(desk, done[0], POLICE)
    wait(desk, 1)
    (alert,) = [one for one in desk.said(POLICE, "alert_raised") if one["rule"] == "M01"]
    assert alert["statements"] == [report]
    looked(tasks[0])
    raised = alert_of(desk, "M01", POLICE)["id"]
    deciding(desk, POLICE).close(
        raised, "done", useful="useful", reason=None, by=person(desk), role=LEAD
    )
    wait(desk, 100)
    assert alert_of(desk, "M01", POLICE)["closed"] == "done"
    retract(desk, done[1], POLICE)
    wait(desk, 1)
    assert alert_of(desk, "M01", POLICE)["closed"] is None, "and again, whoever closed it"
    wait(desk, 100)
    assert [reason for *_, reason in escalated(desk, raised, POLICE)][-1] == "overdue"
    assert tables(rebuilt(desk, POLICE)) == tables(police)


def test_a_decision_that_is_taken_back_late_runs_out_anew(desk: Desk) -> None:
    """Nobody decided in time, somebody did by a slip, and took it back: she is waiting again."""
    agreed.adopt(desk)
    referral = agreed.refer(desk)
    desk.pass_hours(100)
    desk.settle()
    accepted = agreed.answer(desk, referral, "accepted")
    agreed.retract(desk, HUB, accepted)
    probation = desk.acting(PROBATION)
    with probation.store.read() as db:
        (kept,) = db.execute(REFERRALS).mappings()
    assert (kept["reopened_by"], kept["decision"]) == (accepted, None)
    assert kept["due_at"] > desk.ledger.clock_ms, "with time to decide"
    assert len(desk.said(PROBATION, "duty_overdue")) == 1
    for _ in range(2):
        desk.pass_hours(100)
        desk.settle()
    owed = [
        one["statement"] for one in desk.said(PROBATION, "duty_overdue")
        if one["duty"] == "referral_decision"
    ]  # fmt: skip
    assert owed == [referral] * 2
    again = rebuilt(desk, PROBATION)
    with again.store.read() as built, probation.store.read() as db:
        assert built.execute(REFERRALS).all() == db.execute(REFERRALS).all()
