"""Time that passes while nobody says anything; what fails, and what is refused, and who is told."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection

from consumers import aside
from consumers import store as stored
from consumers.consumer import Consumer
from consumers.safeguarding import links, rows
from consumers.safeguarding.desk import Deciding
from consumers.store import Store, Wanted
from consumers.worker import Voice, Worker
from contracts.draft import Draft
from contracts.fault import Misuse
from contracts.opened import Elapsed, NotProved, View, open_view
from contracts.section import Practitioner
from deploy.watching import _consumed
from deploy.workers import workers_of
from producers.partnership import Partnership
from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk, named
from tests.support.stranger import text_of


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def test_clocks_run_out_where_nothing_but_heartbeats_came(desk: Desk) -> None:
    """On a quiet night nobody is sent a view: silence is what this is for."""
    desk.report()
    desk.settle()
    before = desk.ledger.state.size
    for _ in range(200):
        desk.pass_hours(1)
    assert desk.ledger.state.size == before + 200
    desk.settle()
    raised = [one["rule"] for one in desk.said(POLICE, "alert_raised")]
    assert "M01" in raised
    overdue = desk.said(POLICE, "duty_overdue")
    ours = [(one["duty"], one["owner_role"]) for one in overdue if one["owner_agency"] == POLICE]
    assert ours == [("response_given", "duty_inspector"), ("response_given", "duty_manager")]
    theirs = {(one["duty"], one["owner_agency"]) for one in overdue} - {("response_given", POLICE)}
    assert theirs == {("information_supplied", PROBATION)}, "what police asked of the reporter"
    with desk.acting(HUB).store.read() as db:
        assert stored.ledger_time(db) == desk.ledger.state.ledger_time


def test_everybody_is_told_the_same_time_and_nothing_else(desk: Desk) -> None:
    """Whoever is excluded from everything is told it too, in the same bytes."""
    desk.pass_hours(1)
    told = {agency: desk.ledger.views[agency][-1] for agency in desk.ledger.state.agencies}
    assert set(told) == {"mk-csp", POLICE, HUB, PROBATION}
    assert len(set(told.values())) == 1
    key, record = told[POLICE]
    assert key == b"time"
    opened = open_view(record, desk.ledger.trust, lambda _: None, to=POLICE)
    assert isinstance(opened, Elapsed)
    head, part, empty, note = record.split(b"\n", 3)
    assert opened.head.ledger_time == desk.ledger.clock_ms
    assert (set(json.loads(part)), empty) == ({"proof"}, b"")
    later = json.dumps(json.loads(head) | {"ledger_time": desk.ledger.clock_ms + 1}).encode()
    for altered in (
        b"\n".join((later, part, empty, note)),
        b"\n".join((head, part, b"more", note)),
        b"\n".join((head, b"{}", empty, note)),
    ):
        with pytest.raises(NotProved):
            open_view(altered, desk.ledger.trust, lambda _: None, to=POLICE)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_at_the_end_of_the_calendar_stops_nobody(desk: Desk, day: str) -> None:
    """Some systems write 9999-12-31 where they do not know: it is worked on all the same."""
    occurred = {"precision": "day", "at": day}
    for source in (SOURCES[PROBATION], SOURCES[HUB]):
        desk.report(named(desk.draw, occurred=occurred), source=source)
    desk.settle()
    assert desk.said(POLICE, "research_requested")
    with desk.acting(POLICE).store.read() as db:
        assert not aside.all_unworked(db)


class _Broken(Worker):
    """A part of the program that has a defect: on each report, and as time passes."""

    clocks = True
    hears = False
    own: tuple[Wanted, ...] = ()

    def take(self, db: Connection, view: View, /) -> list[Wanted]:
        """Do half of what a report asks, and fail."""
        if view.statement.kind.name != "concern_reported":
            return []
        stored.want(
            db,
            Wanted("half", Draft(id=view.statement.context.id, event="alert_raised", sections={})),
        )
        raise ZeroDivisionError

    def pass_time(self, _db: Connection, _at: int, /) -> list[Wanted]:
        """Fail, as what a person gave would be refused, until it is mended."""
        if self.clocks:
            raise Misuse("This cannot be used.", remedy="Give something else.")
        return list(self.own)

    def wanted(self, _db: Connection, _drafts: Sequence[Draft], /) -> None:
        """Fail on what is about to be said."""
        if self.hears:
            raise ZeroDivisionError


def test_what_a_part_fails_on_is_set_aside_by_name_and_the_others_go_on(
    desk: Desk, tmp_path: Path
) -> None:
    """One report that meets a defect must not silence the force for all that come after it."""
    said = desk.report()
    desk.pass_hours(200)
    voice = Voice(POLICE, f"/agencies/{SOURCES[POLICE]}", "duty manager", Partnership())
    consumer = Consumer(
        Store(tmp_path / "broken.sqlite"), voice=voice, trust=desk.ledger.trust,
        workers=[_Broken(voice), *workers_of(voice)],
    )  # fmt: skip
    consumer.take(desk.records(POLICE))
    with consumer.store.read() as db:
        failed = {(one["id"] or one["digest"], one["what"]) for one in aside.all_unworked(db)}
        assert failed == {(said, "ZeroDivisionError"), (aside.CLOCKS, "Misuse")}
        assert {one["worker"] for one in aside.all_unworked(db)} == {"_Broken"}
        drafts = stored.unpublished(db)
        assert stored.id_of(db, "half") is None, "half of it is undone"
    others = {"research_requested", "information_requested", "alert_raised", "duty_overdue"}
    assert {one.event for one in drafts} == others, "others go on, and their clocks"
    assert _consumed(tmp_path / "broken.sqlite", consumer.topic).unworked == len(failed)
    broken = consumer._workers[0]
    assert isinstance(broken, _Broken)
    broken.clocks = False
    desk.pass_hours(1)
    consumer.take(desk.records(POLICE))
    with consumer.store.read() as db:
        assert [one["id"] for one in aside.all_unworked(db)] == [said], "its clocks work again"
        before = {one.id for one in stored.unpublished(db)}
    own = voice.overdue("response_given", said, POLICE, due_at=0, rule="broken/1", apart="/own")
    broken.hears, broken.own = True, (own,)
    desk.pass_hours(500)
    consumer.take(desk.records(POLICE))

    def left() -> tuple[set[str], set[str]]:
        with consumer.store.read() as db:
            ran_out = {one.id for one in stored.unpublished(db)} - before
            return ran_out, {one["id"] or one["digest"] for one in aside.all_unworked(db)} - {said}

    ran_out, named_ = left()
    assert own.draft.id not in ran_out, "it says that again, and hears it, until it is mended"
    assert ran_out
    assert named_ - {aside.CLOCKS} == ran_out, "heard by no part"
    desk.pass_hours(1)
    consumer.take(desk.records(POLICE))
    assert left() == (ran_out, {*ran_out, aside.CLOCKS}), "whose clocks do not run meanwhile"
    broken.hears = False
    desk.pass_hours(1)
    consumer.take(desk.records(POLICE))
    assert left() == ({*ran_out, own.draft.id}, ran_out)


def test_what_the_log_did_not_accept_is_not_shown_as_done(desk: Desk) -> None:
    """An alert that a list shows as had by somebody is looked at by nobody else."""
    desk.report()
    desk.settle()
    consumer = desk.acting(HUB)
    deciding = Deciding(consumer.store, consumer.voice, desk.new_id)
    by = Practitioner(text_of(desk.draw(16)), "N. Lead")
    with consumer.store.read() as db:
        (alert,) = rows.all_alerts(db)
    (said,) = deciding.acknowledge(alert["id"], by=by, role="duty_manager")
    (link,) = deciding.link(
        [text_of(desk.draw(16)), text_of(desk.draw(16))], by=by, role="duty_manager", basis="seen"
    )
    for one in (said, link):
        consumer.refused(one.draft.id)
    with consumer.store.read() as db:
        (again,) = rows.all_alerts(db)
        assert again["acknowledged_by"] is None
        assert not links.standing_links(db)
        assert stored.id_of(db, said.key) is None
    (once_more,) = deciding.acknowledge(alert["id"], by=by, role="duty_manager")
    assert once_more.draft.id != said.draft.id
