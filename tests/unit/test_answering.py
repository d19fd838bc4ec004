"""What is owed to whoever reports or refers: an answer, by a clock, and then by the next role."""

from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import Connection, RowMapping, select, update

from consumers.research.rows import research_tasks, tasks_of
from consumers.responses import rows as duties
from consumers.telling.rows import notifications
from contracts.event.work import DutyOverdue, ResponseGiven
from contracts.fault import Misuse
from tests.support.agreed import adopt, refer
from tests.support.conversing import answering, open_to_all, person, reported
from tests.support.desk import HUB, POLICE, PROBATION, Desk, named

Json = Any
RESEARCHED: tuple[Literal["yes", "part"], ...] = ("yes", "part")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where each may ask each."""
    opened = Desk(tmp_path)
    open_to_all(opened)
    return opened


def test_an_answer_that_does_not_come_goes_on_the_log_and_to_the_next_role(desk: Desk) -> None:
    """Silence is what stops officers reporting: somebody else has it, by a clock."""
    report, _ = reported(desk)

    def told() -> list[str]:
        overdue = desk.said(POLICE, "duty_overdue")
        return [one["owner_role"] for one in overdue if one["statement"] == report]

    desk.pass_hours(73)
    desk.settle()
    assert told() == ["duty_inspector"]
    desk.pass_hours(2)
    desk.settle()
    assert told() == ["duty_inspector"], "its own role has its hours"
    for _ in range(3):
        desk.pass_hours(30)
        desk.settle()
    assert told() == ["duty_inspector", "duty_manager"]
    with desk.acting(POLICE).store.read() as db:
        held = duties.duty(db, f"response_given/{report}")
    assert held is not None
    assert held["escalated_by"] not in {None, held["overdue_by"]}


def test_that_no_answer_came_reaches_who_reported_and_nobody_else(desk: Desk) -> None:
    """Who is not told waits on; who knows rings. A leg carries it to the one whom it is owed."""
    report, _ = reported(desk)
    desk.pass_hours(73)
    desk.settle()
    came = [view for view in desk.seen(PROBATION, "duty_overdue") if view.delivery.leg != "own"]
    late = [view.statement.event for view in came]
    assert {(one.duty, one.statement) for one in late if isinstance(one, DutyOverdue)} == {
        ("response_given", report)
    }
    assert {one.owner_agency for one in late if isinstance(one, DutyOverdue)} == {POLICE}
    assert all(set(view.statement.sections) == {"event", "cause.1"} for view in came)
    assert {view.delivery.leg for view in desk.seen(POLICE, "duty_overdue")} == {"own"}
    assert desk.seen(HUB, "duty_overdue") == [], "nor does who had the report too hear of it"
    with desk.acting(PROBATION).store.read() as db:
        query = select(notifications).where(notifications.c.waits == "owed")
        told = db.execute(query).mappings().all()
    assert {(one["role"], one["about"]) for one in told} == {("duty_manager", report)}


def test_what_is_answered_before_its_next_role_is_told_goes_no_further(desk: Desk) -> None:
    """Late is not never."""
    report, _ = reported(desk)
    desk.pass_hours(73)
    desk.settle()
    given = ResponseGiven(
        statement=report, received_by="B. Sergeant", researched="no", actions=["visit_planned"]
    )
    answering(desk, POLICE).give(given, by=person("B. Sergeant"), role="sergeant")
    desk.settle()
    desk.pass_hours(40)
    desk.settle()
    overdue = [one for one in desk.said(POLICE, "duty_overdue") if one["statement"] == report]
    assert [one["duty"] for one in overdue] == ["response_given"]


def test_nobody_answers_that_looks_were_made_that_were_not(desk: Desk) -> None:
    """The review's own failure: whoever reported rests on research that nobody made (5.6.4)."""
    report, _ = reported(desk)
    every, part = (
        ResponseGiven(
            statement=report, received_by="B. Sergeant", researched=one, actions=["visit_planned"]
        )
        for one in RESEARCHED
    )
    police, sergeant = answering(desk, POLICE), person("B. Sergeant")
    with desk.acting(POLICE).store.write() as db:
        looks = tasks_of(db, report)
        looked(db, looks[0], "unavailable", is_open=True)
    for claimed in (part, every):
        told = r"No look was made: 0 of 14 looks made; PARTIAL: 13 not begun, 1 unavailable\. Noth"
        with pytest.raises(Misuse, match=told):
            police.give(claimed, by=sergeant, role="sergeant")
    with desk.acting(POLICE).store.write() as db:
        for one in looks[1:]:
            looked(db, one, "nil")
    with pytest.raises(Misuse, match=r"Not every look was made: 13 of 14 looks made .*PARTIAL"):
        police.give(every, by=sergeant, role="sergeant")
    police.give(part, by=sergeant, role="sergeant")
    with desk.acting(POLICE).store.write() as db:
        looked(db, looks[0], "nil")
    police.give(every, by=sergeant, role="sergeant", again=True)
    desk.settle()
    assert [one["researched"] for one in desk.said(POLICE, "response_given")] == ["part", "yes"]


@pytest.mark.parametrize("claimed", RESEARCHED)
def test_where_no_look_is_asked_for_who_answers_is_believed(
    tmp_path: Path, claimed: Literal["yes", "part"]
) -> None:
    """A referral asks for none: what police looked at of their own is theirs to say."""
    desk = Desk(tmp_path)
    adopt(desk)
    said = refer(desk, "daiu", to=POLICE)
    event = ResponseGiven(
        statement=said, received_by="B. Sergeant", researched=claimed, referral="accepted",
        actions=["visit_planned"],
    )  # fmt: skip
    answering(desk, POLICE).give(event, by=person("B. Sergeant"), role="sergeant")
    desk.settle()
    assert [one["researched"] for one in desk.said(POLICE, "response_given")] == [claimed]


def looked(db: Connection, task: RowMapping, outcome: str, *, is_open: bool = False) -> None:
    """Let one look have ended."""
    where = research_tasks.c.id == task["id"]
    db.execute(update(research_tasks).where(where).values(outcome=outcome, open=is_open))


def referred(desk: Desk) -> str:
    """Let probation refer her to the hub."""
    sections = named(desk.draw)
    kept = ("occurred", "known_to_agency", "recorded")
    sections["event"] = {
        **{k: sections["event"][k] for k in kept}, "addressee": HUB, "referral": "mash",
        "criterion": "professional judgement",
    }  # fmt: skip
    said = desk.report(sections, event="referral_made")
    desk.settle()
    assert desk.seen(HUB, "referral_made")
    return said


def decision(statement: str, **more: Json) -> ResponseGiven:
    """Answer something at the hub."""
    return ResponseGiven(
        statement=statement, received_by="H. Lead", researched="no", actions=["referral"], **more
    )


def test_what_became_of_a_referral_reaches_whoever_referred(desk: Desk) -> None:
    """A referral that is sent and never heard of is one that nobody took."""
    statement = referred(desk)
    hub = answering(desk, HUB)
    refusal = decision(statement, referral="refused", no_action_reason="no care needs were found")
    hub.give(refusal, by=person("H. Lead"), role="duty manager")
    desk.settle()
    (view,) = desk.seen(PROBATION, "response_given")
    event = view.statement.event
    assert isinstance(event, ResponseGiven)
    assert (event.referral, event.no_action_reason) == ("refused", "no care needs were found")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "nothing says what became"),
        ({"referral": "refused"}, "nothing says why"),
        ({"referral": "redirected"}, "nothing says why"),
    ],
)
def test_a_referral_is_decided_and_a_refusal_says_why(
    desk: Desk, more: dict[str, Json], told: str
) -> None:
    """Refused without a reason is how she had to refer herself (5.6.3)."""
    statement = referred(desk)
    with pytest.raises(Misuse, match=told):
        answering(desk, HUB).give(decision(statement, **more), by=person(), role="duty manager")


def test_what_is_no_referral_is_not_accepted_as_one(desk: Desk) -> None:
    """Else a report reads as if somebody had taken her on."""
    report, _ = reported(desk)
    with pytest.raises(Misuse, match="This is no referral"):
        answering(desk, HUB).give(decision(report, referral="accepted"), by=person(), role="x")
