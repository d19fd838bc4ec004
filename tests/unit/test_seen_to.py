"""What was set aside and a named person saw to by hand: it is listed no more, and kept here."""

from pathlib import Path

import pytest
from sqlalchemy import select

from consumers import aside
from consumers import store as stored
from consumers.consumer import Consumer
from consumers.safeguarding import rows
from consumers.safeguarding.pressing import failed_seen
from consumers.standing import keep_from
from contracts.fault import Misuse
from deploy.watching import _consumed
from tests.support.alerts import LEAD, alert_of, deciding, person, raised, stands
from tests.support.desk import HUB, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def listed(consumer: Consumer) -> list[str]:
    """List what a person has still to see to, by name."""
    with consumer.store.read() as db:
        return [aside.named(one) for one in aside.all_unworked(db)]


def seen(consumer: Consumer) -> list[tuple[str, str]]:
    """List what was seen to by hand, by name, and by whom."""
    with consumer.store.read() as db:
        return [(aside.named(one), one["by"]) for one in aside.all_seen_to(db)]


def test_an_alert_that_the_log_refused_is_closed_by_hand(desk: Desk, tmp_path: Path) -> None:
    """Where the log does not know what it rests on, whatever is said of it is refused too."""
    report = desk.report()
    hub = desk.acting(HUB)
    hub.take(desk.records(HUB))
    alert = alert_of(desk)["id"]
    hub.unsaid(alert, [report], "key.unknown")
    by = person(desk)
    deciding(desk).see_to(alert, by=by, role=LEAD)
    with pytest.raises(Misuse, match="closed: done") as told:
        deciding(desk).acknowledge(alert, by=by, role=LEAD)
    assert "on no log" in told.value.remedy
    desk.pass_hours(200)

    def is_closed(consumer: Consumer) -> None:
        row, now = stands(desk, alert)
        assert (row["closed"], row["next_at"], now.closed.by) == ("done", None, "N. Lead")
        assert now.steps == 0, "nobody is rung for it any more"
        assert (listed(consumer), seen(consumer)) == ([], [(alert, "N. Lead")])
        assert _consumed(tmp_path / f"{HUB}.sqlite", hub.topic).unworked == 0

    hub.take(desk.records(HUB))
    is_closed(hub)
    hub.store.forget()
    hub.store.close()
    again = desk.consumers[HUB] = desk.consumer(HUB)
    again.take(desk.records(HUB))
    again.unsaid(alert, [report], "key.unknown")
    is_closed(again)
    desk.settle()
    row, _ = stands(desk, alert)
    assert row["closed"] is None, "the log has it after all: it is closed there"
    assert seen(again) == []


def test_an_alert_that_the_log_refused_is_closed_on_the_log_where_that_takes_it(desk: Desk) -> None:
    """A signed closure is better evidence than a row here: by hand changes nothing of it."""
    report = desk.report()
    hub = desk.acting(HUB)
    hub.take(desk.records(HUB))
    alert, by = alert_of(desk)["id"], person(desk)
    with hub.store.write() as db:
        stored.mark_published(db, alert)
    hub.unsaid(alert, [report], "key.unknown")
    (said,) = deciding(desk).close(
        alert, "not_needed", useful="useful", reason="told already", by=by, role=LEAD
    )
    desk.settle()
    (view,) = desk.seen(HUB, "alert_closed")
    assert (view.statement.context.id, view.delivery.marks) == (said.draft.id, [])
    assert listed(hub) == [alert], "that nobody else was told is still to be seen to"
    deciding(desk).see_to(alert, by=person(desk, "N. Other"), role=LEAD)
    _, now = stands(desk, alert)
    assert (now.closed.outcome, now.closure, now.closed.by) == (
        "not_needed",
        said.draft.id,
        "N. Lead",
    )
    assert listed(hub) == []


def test_an_alert_that_was_seen_to_by_hand_opens_again_with_what_it_rests_on(desk: Desk) -> None:
    """What it asked for is otherwise now: somebody looks again, and says so again."""
    report = desk.report()
    hub = desk.acting(HUB)
    hub.take(desk.records(HUB))
    alert = alert_of(desk)["id"]
    hub.unsaid(alert, [report], "key.unknown")
    by = person(desk)
    deciding(desk).see_to(alert, by=by, role=LEAD)
    desk.pass_hours(1)
    hub.take(desk.records(HUB))
    with hub.store.write() as db:
        for worker in hub._workers:
            worker.reopen(db, report)
    assert stands(desk, alert)[0]["closed"] is None
    deciding(desk).see_to(alert, by=by, role=LEAD)
    assert stands(desk, alert)[0]["closed"] == "done"
    with hub.store.write() as db:
        aside.forget(db, "of the report", report)
        assert db.execute(select(aside.seen_to)).all() == [], "erased with what it arises from"


def test_what_failed_and_was_seen_to_is_named_again_only_where_it_fails_anew(desk: Desk) -> None:
    """By hand once is for that once; and what keeps failing was seen to."""
    alert, hub, by = raised(desk), desk.acting(HUB), person(desk)

    def fail(name: str = alert) -> None:
        with hub.store.write() as db:
            aside.set_aside(db, name, None, worker="Watching", what="KeyError")

    fail()
    deciding(desk).see_to(alert, by=by, role=LEAD)
    desk.pass_hours(1)
    hub.take(desk.records(HUB))
    fail()
    assert (listed(hub), seen(hub)) == ([], [(alert, "N. Lead")])
    with hub.store.write() as db:
        row = rows.alert(db, alert)
        aside.worked(db, alert, worker="Watching")
    assert row is not None
    assert row["closed"] is None, "it is on the log, and closed there"
    fail()
    assert listed(hub) == [alert]
    fail(aside.CLOCKS)
    with pytest.raises(Misuse, match="Nothing runs out by itself"):
        deciding(desk).see_to(aside.CLOCKS, by=by, role=LEAD)


def test_who_is_kept_from_it_does_not_see_to_it(desk: Desk) -> None:
    """That there is one says too much: to them it is as if nothing were set aside."""
    alert, hub, by = raised(desk), desk.acting(HUB), person(desk)
    with hub.store.write() as db:
        keep_from(db, rows.statements_of(db, alert), [by.token or ""])
        aside.set_aside(db, alert, alert, worker="Watching", what="KeyError")
    with pytest.raises(Misuse, match="Nothing of this name"):
        deciding(desk).see_to(alert, by=by, role=LEAD)
    deciding(desk).see_to(alert, by=person(desk, "N. Other"), role=LEAD)
    with hub.store.read() as db:
        for viewer, count in ((frozenset({by.token or ""}), 0), (frozenset({"other"}), 1)):
            assert len(failed_seen(db, viewer, by_hand=True)) == count
