"""The life of an alert: clocks, hands, reasons, rebuilding."""

from pathlib import Path
from typing import Any

import pytest

from consumers.desk.wording import remedy_of
from consumers.telling import rows as telling
from contracts.fault import Misuse
from tests.support.alerts import (
    LEAD,
    adopt,
    alert_of,
    deciding,
    escalated,
    person,
    raised,
    refuse,
    retract,
    stands,
    tables,
    term,
    wait,
)
from tests.support.desk import HUB, POLICE, PROBATION, Desk

Json = Any


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def test_what_nobody_has_goes_to_its_fallback_and_then_to_the_duty_manager(desk: Desk) -> None:
    """E18 was passed on and nobody owned it: silence must climb, and each step stand on the log."""
    alert = raised(desk)
    wait(desk, 1.9)
    assert escalated(desk, alert) == []
    wait(desk, 0.2)
    assert escalated(desk, alert) == [("duty_manager", 1, "unacknowledged")]
    wait(desk, 2)
    assert escalated(desk, alert)[1:] == [("duty_manager", 2, "overdue")]
    wait(desk, 100)
    assert len(escalated(desk, alert)) == 2


def test_an_interrupt_that_nobody_has_goes_on_within_minutes_and_again(desk: Desk) -> None:
    """Two hours of silence over a threat are too long, and one word of it is not enough."""
    desk.report(urgency="urgent")
    desk.settle()
    alert = alert_of(desk)["id"]
    for minutes, steps in ((9, 0), (2, 1), (20, 2), (40, 3), (80, 4)):
        wait(desk, minutes / 60)
        assert len(escalated(desk, alert)) == steps
    wait(desk, 2)
    assert [reason for *_, reason in escalated(desk, alert)][4:] == ["overdue"]
    wait(desk, 3)
    assert [reason for *_, reason in escalated(desk, alert)][5:] == ["unacknowledged"]


@pytest.mark.parametrize("late", [False, True])
def test_an_interrupt_that_somebody_took_and_did_not_do_rings_again(desk: Desk, late: bool) -> None:
    """An officer takes a threat to life and goes off sick: it must not be silent for a month."""
    desk.report(urgency="urgent")
    desk.settle()
    alert = alert_of(desk)["id"]
    wait(desk, 5 if late else 0)
    before, due = escalated(desk, alert), alert_of(desk)["due_now"]
    deciding(desk).acknowledge(alert, by=person(desk), role=LEAD)
    desk.settle()
    wait(desk, 3.9)
    assert escalated(desk, alert) == before, "whoever has it is left to do it, for its whole time"
    wait(desk, 0.2)
    now = alert_of(desk)
    assert (now["acknowledged_by"], now["due_now"]) == (None, due), "nobody has it, and it is late"
    wait(desk, 20)
    rung = [reason for *_, reason in escalated(desk, alert)[len(before) :]]
    assert rung == ["overdue", *["unacknowledged"] * 6]
    again = desk.consumer(HUB, store="again")
    again.take(desk.records(HUB))
    assert again.publish_waiting(refuse) == 0
    assert tables(again) == tables(desk.acting(HUB))


def test_a_night_without_a_heartbeat_says_both_steps(desk: Desk) -> None:
    """After a restart nobody is told less than was due meanwhile."""
    alert = raised(desk)
    wait(desk, 30)
    assert [step for _, step, _ in escalated(desk, alert)] == [1, 2]


def test_what_somebody_has_is_escalated_only_when_it_is_overdue(desk: Desk) -> None:
    """Whoever has it is left to do it, until its time is over; then the fallback looks."""
    alert = raised(desk)
    deciding(desk).acknowledge(alert, by=person(desk), role=LEAD)
    desk.settle()
    wait(desk, 3.9)
    assert escalated(desk, alert) == []
    wait(desk, 0.2)
    assert escalated(desk, alert) == [("duty_manager", 1, "overdue")]
    assert alert_of(desk)["acknowledged_by"] == "N. Lead", "and still has it"


def test_what_is_closed_is_silent_and_whether_it_was_useful_stands_on_the_log(desk: Desk) -> None:
    """Alert fatigue is measured, or it is not known of."""
    alert = raised(desk)
    sitting = deciding(desk)
    with pytest.raises(Misuse, match="nothing says why"):
        sitting.close(
            alert, "not_needed", useful="not_useful", reason=None, by=person(desk), role=LEAD
        )
    sitting.close(alert, "done", useful="useful", reason=None, by=person(desk), role=LEAD)
    desk.settle()
    wait(desk, 30)
    assert escalated(desk, alert) == []
    (said,) = desk.said(HUB, "alert_closed")
    assert (said["outcome"], said["useful"], said["by"]) == ("done", "useful", "N. Lead")
    for again in (sitting.acknowledge, sitting.escalate):
        with pytest.raises(Misuse, match="closed: done"):
            again(alert, by=person(desk), role=LEAD)


def test_what_interrupts_and_nobody_has_is_not_closed_without_a_word(desk: Desk) -> None:
    """It stopped ringing, and nobody could say who had gone, or whether anybody had."""
    desk.report(urgency="urgent")
    desk.settle()
    alert, sitting, by = alert_of(desk), deciding(desk), person(desk)
    assert alert["attention"] == "interrupt"
    for reason in (None, " "):
        with pytest.raises(Misuse, match="presses now, nobody has it") as told:
            sitting.close(alert["id"], "done", useful="useful", reason=reason, by=by, role=LEAD)
    at_the_desk = "Give the reason: what you did. Or say first that you have it."
    assert remedy_of(told.value) == at_the_desk
    sitting.acknowledge(alert["id"], by=by, role=LEAD)
    wait(desk, 4.1)
    assert alert_of(desk)["acknowledged_by"] is None, "whoever had it did not do it in time"
    with pytest.raises(Misuse, match="presses now, nobody has it"):
        sitting.close(alert["id"], "done", useful="useful", reason=None, by=by, role=LEAD)
    sitting.close(alert["id"], "done", useful="useful", reason="I rang her", by=by, role=LEAD)
    desk.settle()
    (said,) = desk.said(HUB, "alert_closed")
    assert (said["outcome"], said["reason"]) == ("done", "I rang her")


def test_a_closure_that_is_taken_back_opens_it_again(desk: Desk) -> None:
    """Closed by a slip of the hand: the alert must not stay closed for ever."""
    alert = raised(desk)
    (said,) = deciding(desk).close(
        alert, "duplicate", useful="not_said", reason="the other", by=person(desk), role=LEAD
    )
    desk.settle()
    retract(desk, said.draft.id, HUB)
    assert alert_of(desk)["closed"] is None
    wait(desk, 30)
    assert len(escalated(desk, alert)) == 2


def test_a_snooze_has_a_reason_and_ends_by_itself(desk: Desk) -> None:
    """She is seen on Friday: until then nobody is rung, and after that nobody has forgotten."""
    alert = raised(desk)
    sitting = deciding(desk)
    with pytest.raises(Misuse, match="without a reason"):
        sitting.snooze(alert, hours=48, reason=" ", by=person(desk), role=LEAD)
    sitting.snooze(alert, hours=48, reason="seen on Friday", by=person(desk), role=LEAD)
    desk.settle()
    wait(desk, 49)
    assert escalated(desk, alert) == []
    wait(desk, 1.5)
    assert escalated(desk, alert) == [("duty_manager", 1, "unacknowledged")]
    assert desk.said(HUB, "alert_snoozed")[0]["reason"] == "seen on Friday"


def test_an_interrupt_is_put_off_no_longer_in_all_than_its_own_clock(desk: Desk) -> None:
    """One researcher must not silence a threat for a month, nor four hours at a time."""
    report = desk.report(urgency="urgent")
    desk.settle()
    alert, sitting = alert_of(desk)["id"], deciding(desk)
    with pytest.raises(Misuse, match="4 hours in all"):
        sitting.snooze(alert, hours=5, reason="later", by=person(desk), role=LEAD)
    sitting.snooze(alert, hours=3, reason="she is seen at noon", by=person(desk), role=LEAD)
    desk.settle()
    wait(desk, 4)
    sitting.hand_over(alert, to_role="safety_planner", by=person(desk), role=LEAD)
    with pytest.raises(Misuse, match=r"4 hours in all; this one was for 3 already.*escalate"):
        sitting.snooze(alert, hours=2, reason="later", by=person(desk), role=LEAD)
    sitting.snooze(alert, hours=1, reason="she is on her way", by=person(desk), role=LEAD)
    desk.settle()
    retract(desk, report)
    sitting.snooze(alert, hours=4, reason="the sender is rung first", by=person(desk), role=LEAD)


def test_a_hand_over_lets_nobody_have_it_and_begins_its_clock_anew(desk: Desk) -> None:
    """The role that it goes to has yet to take it: until it does, it is nobody's."""
    alert = raised(desk)
    sitting = deciding(desk)
    sitting.acknowledge(alert, by=person(desk), role=LEAD)
    desk.settle()
    wait(desk, 1.9)
    sitting.hand_over(alert, to_role="safety_planner", by=person(desk), role=LEAD)
    desk.settle()
    now = alert_of(desk)
    assert (now["role"], now["acknowledged_by"]) == ("safety_planner", None)
    with pytest.raises(Misuse, match="already"):
        sitting.hand_over(alert, to_role="safety_planner", by=person(desk), role=LEAD)
    wait(desk, 1.9)
    assert escalated(desk, alert) == []
    wait(desk, 0.2)
    assert escalated(desk, alert) == [("duty_manager", 1, "unacknowledged")]


def test_a_person_may_escalate_before_the_clock_does(desk: Desk) -> None:
    """Whoever sees that it is beyond them need not wait for half its time."""
    alert = raised(desk)
    deciding(desk).escalate(alert, by=person(desk), role=LEAD)
    desk.settle()
    assert escalated(desk, alert) == [("duty_manager", 1, "by_person")]
    assert alert_of(desk)["acknowledged_by"] is None
    wait(desk, 2.1)
    assert escalated(desk, alert)[1:] == [("duty_manager", 2, "unacknowledged")]


def test_a_note_that_nobody_needed_expires(desk: Desk) -> None:
    """What is to be known of, and no more, must not pile up on a list at night."""
    adopt(desk, watch=[term("separation", attention="note", hours=12)])
    alert = raised(desk)
    wait(desk, 11)
    assert desk.said(HUB, "alert_closed") == []
    wait(desk, 2)
    (said,) = desk.said(HUB, "alert_closed")
    assert (said["alert"], said["outcome"], said.get("by")) == (alert, "expired", None)
    assert escalated(desk, alert) == []


@pytest.mark.parametrize("what", ["acknowledge", "hand_over", "snooze", "escalate", "close"])
def test_what_the_log_did_not_accept_is_undone(desk: Desk, what: str) -> None:
    """A list that shows as done what nobody was told is worse than none."""
    alert = raised(desk)
    before = stands(desk, alert)
    more: dict[str, dict[str, Json]] = {
        "hand_over": {"to_role": "safety_planner"},
        "snooze": {"hours": 5, "reason": "later"},
        "close": {"outcome": "done", "useful": "useful", "reason": None},
    }
    given = more.get(what, {})
    (said,) = getattr(deciding(desk), what)(alert, by=person(desk), role=LEAD, **given)
    assert stands(desk, alert) != before
    desk.acting(HUB).refused(said.draft.id)
    assert stands(desk, alert) == before


def test_what_changed_lets_nobody_have_it_and_presses_again(desk: Desk) -> None:
    """The report is taken back: whoever had the alert, or closed it, looks again."""
    report = desk.report()
    desk.settle()
    alert = alert_of(desk)["id"]
    deciding(desk).acknowledge(alert, by=person(desk), role=LEAD)
    deciding(desk).close(alert, "done", useful="useful", reason=None, by=person(desk), role=LEAD)
    desk.settle()
    retract(desk, report)
    now = alert_of(desk)
    assert (now["acknowledged_by"], now["closed"]) == (None, None)
    with desk.acting(HUB).store.read() as db:
        told = [one for one in telling.listed(db) if one["cause"] == f"reopened/{alert}/1"]
    assert [(one["role"], one["alert"]) for one in told] == [(now["owner_role"], alert)]
    wait(desk, 2.1)
    assert escalated(desk, alert) == [("duty_manager", 1, "unacknowledged")]
    deciding(desk).acknowledge(alert, by=person(desk), role=LEAD)
    desk.settle()
    assert len(desk.said(HUB, "alert_acknowledged")) == 2


def test_every_hand_and_clock_survives_a_rebuild_and_nothing_is_said_anew(desk: Desk) -> None:
    """A deleted database costs a reading: equal rows, and not one more statement."""
    alert = raised(desk)
    sitting = deciding(desk)
    wait(desk, 2.1)
    sitting.acknowledge(alert, by=person(desk), role=LEAD)
    desk.settle()
    sitting.hand_over(alert, to_role="safety_planner", by=person(desk), role=LEAD)
    wait(desk, 30)
    sitting.snooze(alert, hours=9, reason="later", by=person(desk), role=LEAD)
    desk.settle()
    sitting.close(alert, "done", useful="useful", reason=None, by=person(desk), role=LEAD)
    wait(desk, 80)
    for agency in (POLICE, HUB, PROBATION):
        again = desk.consumer(agency, store=f"{agency}-again")
        again.take(desk.records(agency))
        assert again.publish_waiting(refuse) == 0
        assert tables(again) == tables(desk.acting(agency)), agency


def test_views_that_come_twice_change_nothing(desk: Desk) -> None:
    """Kafka delivers at least once; an alert that is raised twice is believed half as much."""
    raised(desk)
    wait(desk, 30)
    hub = desk.acting(HUB)
    before, said = tables(hub), len(desk.published)
    came = desk.records(HUB)
    again = [one._replace(offset=len(came) + n) for n, one in enumerate(came)]
    hub.take(again)
    assert tables(hub) == before
    hub.publish_waiting(refuse)
    assert len(desk.published) == said
