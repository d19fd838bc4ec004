"""Silence: an agency that stopped speaking is asked after, once, until it speaks."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from consumers.silence import rows
from consumers.telling import rows as telling
from consumers.telling.notification import DUTY, Notification
from consumers.telling.sending import is_settled
from tests.support.desk import HUB, POLICE, PROBATION, Desk
from tests.vectors import ledger

HOURS = 48


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A partnership whose rules ask after whoever was silent for two days."""
    founding = ledger.founding

    def changed(**given: Any) -> dict[str, Any]:
        found = founding(**given)
        found["rules"]["silent_hours"] = HOURS
        return found

    monkeypatch.setattr(ledger, "founding", changed)
    return Desk(tmp_path)


def noticed(desk: Desk, agency: str) -> list[dict[str, Any]]:
    """List the silences that an agency noticed."""
    return desk.said(agency, "silence_noticed")


def test_a_silence_is_noticed_once_and_ends_when_the_agency_speaks(desk: Desk) -> None:
    """Silence is what stops anybody from finding out that a sender is broken."""
    desk.report()
    desk.settle()
    desk.pass_hours(HOURS - 1)
    desk.settle()
    assert noticed(desk, POLICE) == []
    for _ in range(3):
        desk.pass_hours(1)
        desk.settle()
    by_police = [one for one in noticed(desk, POLICE) if one["agency"] == PROBATION]
    assert len(by_police) == 1
    assert by_police[0]["silence"] == "not_publishing"
    assert PROBATION in {one["agency"] for one in noticed(desk, HUB)}
    assert noticed(desk, PROBATION) == []
    store = desk.acting(POLICE).store
    with store.read() as db:
        (row,) = [one for one in rows.standing(db) if one["agency"] == PROBATION]
    desk.report()
    desk.settle()
    with store.read() as db:
        assert PROBATION not in {one["agency"] for one in rows.standing(db)}
        assert rows.has_ended(db, row["id"])
    for _ in range(3):
        desk.pass_hours(HOURS)
        desk.settle()
    again = [one for one in noticed(desk, POLICE) if one["agency"] == PROBATION]
    assert len(again) == 2
    assert again[1]["since"] > again[0]["since"]


def test_the_named_manager_is_told_of_it_and_not_of_one_that_ended(desk: Desk) -> None:
    """Within the minute, by ledger time, and nobody is rung for what is over."""
    desk.report()
    desk.settle()
    desk.pass_hours(HOURS + 1)
    desk.settle()
    store = desk.acting(POLICE).store

    def told() -> list[Notification]:
        query = select(telling.notifications).where(telling.notifications.c.waits == "silence")
        with store.read() as db:
            found = db.execute(query.order_by(telling.notifications.c.place)).mappings()
            return [telling.notification_of(row) for row in found]

    assert {one.role for one in told()} == {"duty_inspector", DUTY}
    before = told()
    desk.report()
    desk.settle()
    with store.read() as db:
        (by_probation,) = [
            one["id"]
            for one in db.execute(select(rows.silences)).mappings()
            if one["agency"] == PROBATION
        ]
        mine = [one for one in before if one.cause == by_probation]
        assert mine
        assert all(is_settled(db, one) for one in mine)


def test_a_rebuilt_consumer_notices_no_silence_twice(desk: Desk) -> None:
    """What was said stands on the log, under the same key."""
    desk.report()
    desk.settle()
    desk.pass_hours(HOURS + 1)
    desk.settle()
    before = list(desk.published)
    standing = _tables(desk)
    desk.consumers[POLICE].store.forget()
    desk.consumers.pop(POLICE)
    desk.settle()
    assert desk.published == before
    assert _tables(desk) == standing


def _tables(desk: Desk) -> list[Any]:
    with desk.acting(POLICE).store.read() as db:
        return [
            db.execute(select(table).order_by(*table.primary_key)).fetchall()
            for table in (rows.spoke, rows.silences)
        ]


def test_what_only_governs_is_not_asked_after(desk: Desk) -> None:
    """The governance agency would always be silent between two acts."""
    desk.report()
    desk.settle()
    desk.pass_hours(10 * HOURS)
    desk.settle()
    said = json.dumps(noticed(desk, POLICE) + noticed(desk, HUB))
    assert "mk-csp" not in said
    assert PROBATION in said
