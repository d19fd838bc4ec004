"""What was set aside and a named person saw to by hand: it is listed no more, and kept here."""

from pathlib import Path

import pytest
from sqlalchemy import select

from consumers import aside, seen_to
from consumers import store as stored
from consumers.consumer import Consumer
from consumers.safeguarding import rows
from consumers.seen_to import failed_seen
from consumers.standing import keep_from
from contracts.fault import Misuse
from contracts.section import Practitioner
from deploy.watching import _consumed
from tests.support.alerts import LEAD, alert_of, deciding, person, raised, stands
from tests.support.desk import HUB, Desk
from tests.unit.test_contained import failing
from tests.unit.test_outdated import corrected


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def see_to(
    desk: Desk, name: str, by: str | Practitioner = "N. Lead", worker: str | None = None, *,
    reason: str = "I rang police", what: str | None = None,
) -> None:  # fmt: skip
    """Say that somebody saw to something."""
    hub, who = desk.acting(HUB), person(desk, by) if isinstance(by, str) else by
    seen_to.see_to(
        hub.store, hub.voice, name, by=who, role=LEAD, reason=reason, worker=worker, what=what
    )


def fail(consumer: Consumer, name: str, what: str = "KeyError", worker: str = "Watching") -> None:
    """Let a part of the program fail on something."""
    with consumer.store.write() as db:
        aside.set_aside(db, name, name, worker=worker, what=what)


def unsaid(desk: Desk) -> tuple[str, str]:
    """Let the log refuse the hub's alert to a report; give both."""
    report, hub = desk.report(), desk.acting(HUB)
    hub.take(desk.records(HUB))
    alert = alert_of(desk)["id"]
    with hub.store.write() as db:
        stored.mark_published(db, alert)
    hub.unsaid(alert, [report], "key.unknown")
    return alert, report


def listed(consumer: Consumer) -> list[tuple[str, str]]:
    """List what a person has still to see to, by name and part."""
    with consumer.store.read() as db:
        return [(aside.named(one), one["worker"]) for one in aside.all_unworked(db)]


def seen(consumer: Consumer) -> list[tuple[str, str, str]]:
    """List what was seen to by hand, by name, by whom, and what they did."""
    with consumer.store.read() as db:
        return [(aside.named(one), one["by"], one["reason"]) for one in aside.all_seen_to(db)]


def rebuilt(desk: Desk) -> Consumer:
    """Let the hub forget what views bring back, and read them anew."""
    hub = desk.acting(HUB)
    hub.store.forget()
    hub.store.close()
    again = desk.consumers[HUB] = desk.consumer(HUB)
    again.take(desk.records(HUB))
    again.read_whole()
    return again


def test_an_alert_that_the_log_refused_is_seen_to_by_hand_and_closed_on_the_log(
    desk: Desk, tmp_path: Path
) -> None:
    """A signed closure is evidence, and asks what closing asks: a row here closes nothing."""
    alert, report = unsaid(desk)
    hub = desk.acting(HUB)
    see_to(desk, alert)
    assert (listed(hub), seen(hub)) == ([], [(alert, "N. Lead", "I rang police")])
    assert _consumed(tmp_path / f"{HUB}.sqlite", hub.topic).unworked == 0
    row, _ = stands(desk, alert)
    assert row["closed"] is None, "its clock rings on: what it asks for is still to be done"
    (said,) = deciding(desk).close(
        alert, "not_needed", useful="useful", reason="told already", by=person(desk), role=LEAD
    )
    desk.settle()
    (view,) = desk.seen(HUB, "alert_closed")
    assert (view.statement.context.id, view.delivery.marks) == (said.draft.id, [])
    again = rebuilt(desk)
    again.unsaid(alert, [report], "key.unknown")
    assert (listed(again), seen(again)) == ([], [(alert, "N. Lead", "I rang police")])
    with again.store.write() as db:
        aside.forget(db, "of the report", report)
        assert db.execute(select(aside.seen_to)).all() == [], "erased with what it arises from"


def test_what_was_seen_to_is_to_be_seen_to_again_once_what_it_is_about_changes(desk: Desk) -> None:
    """Corrected at the same ledger time too: nobody rang anybody about what is so now."""
    alert, report = unsaid(desk)
    hub = desk.acting(HUB)
    fail(hub, alert)
    fail(hub, report, worker="rule M04")
    its = [(alert, "Watching"), (alert, aside.THE_LOG), (report, "rule M04")]
    for name, worker in its:
        see_to(desk, name, worker=worker)
    assert listed(hub) == []
    corrected(desk, report, "He has a knife and is outside")
    hub.take(desk.records(HUB))
    assert sorted(listed(hub)) == sorted(its)
    desk.pass_hours(1)
    hub.take(desk.records(HUB))
    see_to(desk, alert, worker=aside.THE_LOG)
    again = rebuilt(desk)
    again.unsaid(alert, [report], "key.unknown")
    assert (listed(again), len(seen(again))) == ([], 1), "it was seen to as it is now"


def test_what_failed_and_was_seen_to_is_named_again_only_where_it_fails_anew(desk: Desk) -> None:
    """By hand once is for that once; and what keeps failing was seen to."""
    alert, hub = raised(desk), desk.acting(HUB)
    fail(hub, alert)
    see_to(desk, alert)
    desk.pass_hours(1)
    hub.take(desk.records(HUB))
    fail(hub, alert)
    assert (listed(hub), seen(hub)) == ([], [(alert, "N. Lead", "I rang police")])
    fail(hub, alert, "ZeroDivisionError")
    assert listed(hub) == [(alert, "Watching")], "it fails in another way"
    see_to(desk, alert, "N. Second")
    assert seen(hub) == [(alert, "N. Second", "I rang police")]
    with hub.store.write() as db:
        aside.worked(db, alert, worker="Watching")
    fail(hub, alert, "ZeroDivisionError")
    assert listed(hub) == [(alert, "Watching")], "at the same ledger time too"
    fail(hub, aside.CLOCKS)
    with pytest.raises(Misuse, match="Nothing runs out by itself"):
        see_to(desk, aside.CLOCKS)


def test_a_clock_that_goes_on_failing_is_named_again(desk: Desk, tmp_path: Path) -> None:
    """Its next steps tell nobody: one note must not be the last that anybody hears of it."""
    alert, hub, where = raised(desk), desk.acting(HUB), tmp_path / f"{HUB}.sqlite"
    hub.store.close()
    hub = desk.consumers[HUB] = failing(hub, where, on=f"alert_escalated/{alert}")
    for hours in (100, 100):
        desk.pass_hours(hours)
        hub.take(desk.records(HUB))
        assert (listed(hub), seen(hub)) == ([(alert, "Watching")], [])
        assert _consumed(where, hub.topic).unworked == 1, "the duty manager is told anew"
        see_to(desk, alert)
        desk.pass_hours(1)
        hub.take(desk.records(HUB))
        assert _consumed(where, hub.topic).unworked == 0
    hub.store.forget()
    hub.take(desk.records(HUB))
    hub.read_whole()
    assert (listed(hub), seen(hub)) == ([], [(alert, "N. Lead", "I rang police")])


def test_what_is_mended_and_rebuilt_may_fail_anew(desk: Desk) -> None:
    """What works since the rebuild comes before the note: that must not hide the next failure."""
    alert, hub = raised(desk), desk.acting(HUB)
    fail(hub, alert)
    desk.pass_hours(1)
    hub.take(desk.records(HUB))
    see_to(desk, alert)
    again = rebuilt(desk)
    assert (listed(again), seen(again)) == ([], [])
    fail(again, alert)
    assert (listed(again), seen(again)) == ([(alert, "Watching")], [])


def test_one_part_is_seen_to_at_a_time_once_and_with_words(desk: Desk) -> None:
    """One press must not still what somebody never read of, nor wipe out who was there first."""
    alert, hub = raised(desk), desk.acting(HUB)
    for worker in ("Watching", "rule M04"):
        fail(hub, alert, worker=worker)
    with pytest.raises(Misuse, match=r"Watching, rule M04\.") as told:
        see_to(desk, alert)
    assert "--worker" in told.value.remedy
    see_to(desk, alert, worker="Watching")
    assert listed(hub) == [(alert, "rule M04")]
    desk.pass_hours(1)
    hub.take(desk.records(HUB))
    with pytest.raises(Misuse, match=r"N\. Lead saw to it already\."):
        see_to(desk, alert, "N. Second", worker="Watching")
    assert seen(hub) == [(alert, "N. Lead", "I rang police")]
    with pytest.raises(Misuse, match="in another way since"):
        see_to(desk, alert, worker="rule M04", what="ValueError")
    with pytest.raises(Misuse, match="Nothing says what you did"):
        see_to(desk, alert, reason=" ")


def test_who_is_kept_from_it_does_not_see_to_it(desk: Desk) -> None:
    """That there is one says too much: to them it is as if nothing were set aside."""
    alert, hub, by = raised(desk), desk.acting(HUB), person(desk)
    with hub.store.write() as db:
        keep_from(db, rows.statements_of(db, alert), [by.token or ""])
    fail(hub, alert)

    def refused(who: Practitioner) -> None:
        with pytest.raises(Misuse, match="Nothing of this name"):
            see_to(desk, alert, who)

    refused(by)
    see_to(desk, alert, "N. Other")
    refused(by)
    with hub.store.read() as db:
        for viewer, count in ((frozenset({by.token or ""}), 0), (frozenset({"other"}), 1)):
            assert len(failed_seen(db, viewer, by_hand=True)) == count
