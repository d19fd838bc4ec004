"""A standstill is told once, in time, also after the watch itself was restarted."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from consumers.silence.standstill import GRACE_MS, TABLES, WORDS, Seen, What, look, shown
from consumers.store import Store
from consumers.telling import rows
from consumers.telling.notification import DUTY
from contracts.duration import MINUTE_MS
from deploy.watching import _undelivered

WELL = Seen(is_running=True, position=7, waits=False, ledger_time=1)
AT = 1_700_000_000_000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """The database of a watch."""
    return Store(tmp_path / "watch.sqlite", tables=TABLES)


def looked(store: Store, seen: Seen, at: int) -> list[What]:
    """Look once."""
    with store.write() as db:
        return look(db, seen, at)


def told(store: Store) -> list[tuple[str, str]]:
    """List who is to be told of what."""
    with store.read() as db:
        query = select(rows.notifications.c.role, rows.notifications.c.key)
        return [tuple(row) for row in db.execute(query.order_by(rows.notifications.c.place))]


@pytest.mark.parametrize(
    ("seen", "what"),
    [
        (replace(WELL, is_running=False), "gone"),
        (replace(WELL, waits=True), "behind"),
        (replace(WELL, waits=None), "log_away"),
        (replace(WELL, position=None), "unreadable"),
        (replace(WELL, undelivered=None), "outbox_unreadable"),
        (replace(WELL, undelivered="a"), "not_delivered"),
        (replace(WELL, untold=3), "not_told"),
        (replace(WELL, unworked=1), "unworked"),
        (WELL, "log_still"),
    ],
)
def test_each_standstill_is_told_when_its_time_is_up_and_not_before(
    store: Store, seen: Seen, what: What
) -> None:
    """Within minutes, and never for the blink of a restart."""
    looked(store, seen, AT)
    grace = GRACE_MS[what]
    assert grace <= 5 * MINUTE_MS
    before = [looked(store, seen, AT + ms) for ms in range(15_000, grace, 15_000)]
    assert not any(what in one for one in before)
    at_last = looked(store, seen, AT + grace) if grace else [what]
    assert what in at_last
    assert (DUTY, f"standstill/{what}/{AT}") in told(store)
    assert WORDS[what]


def test_it_is_told_once_also_by_a_watch_that_was_restarted(store: Store, tmp_path: Path) -> None:
    """Twenty messages about one thing are how the next is not read."""
    dead = replace(WELL, is_running=False, waits=True)
    looked(store, dead, AT)
    assert looked(store, dead, AT + 3 * MINUTE_MS) == ["gone"]
    store.close()
    again = Store(tmp_path / "watch.sqlite", tables=TABLES)
    for minute in range(4, 60):
        assert looked(again, dead, AT + minute * MINUTE_MS) == []
    assert len(told(again)) == 1


def test_a_second_emergency_that_does_not_arrive_is_told_as_the_first_was(store: Store) -> None:
    """Whoever telephoned the first must hear of the second, also while the first is late.

    So must whoever saw to one report that a part of this failed on.
    """
    for second, late in enumerate("aabb"):
        seen = replace(WELL, undelivered=late, unworked=ord(late), ledger_time=second)
        expected: list[What] = ["not_delivered", "unworked"] if second in {0, 2} else []
        assert looked(store, seen, AT + second) == expected
    assert len(told(store)) == 4


def test_an_outbox_that_cannot_be_read_is_not_one_without_anything_late(tmp_path: Path) -> None:
    """A disk that fails must not say that every emergency arrived."""
    path = tmp_path / "outbox.sqlite"
    found = [_undelivered(path)]  # nothing was said here yet
    path.write_bytes(b"no database" * 99)
    assert [*found, _undelivered(path)] == ["", None]


def test_a_watch_that_was_down_tells_at_once_what_began_before(
    store: Store, tmp_path: Path
) -> None:
    """Since when it lasts stands in SQL, not in a process."""
    looked(store, replace(WELL, is_running=False), AT)
    store.close()
    again = Store(tmp_path / "watch.sqlite", tables=TABLES)
    assert looked(again, replace(WELL, is_running=False), AT + 30 * MINUTE_MS) == ["gone"]


def test_what_moves_is_no_standstill_and_what_stops_again_is_told_again(store: Store) -> None:
    """A consumer that catches up a night's records is at work."""
    for step in range(40):
        busy = replace(WELL, waits=True, position=step)
        assert looked(store, busy, AT + step * MINUTE_MS) == []
    for step in range(40, 80):  # the log beats
        assert looked(store, replace(WELL, ledger_time=step), AT + step * MINUTE_MS) == []
    at = AT + 80 * MINUTE_MS
    for _ in range(2):
        looked(store, replace(WELL, is_running=False, ledger_time=at), at)
        at += 2 * MINUTE_MS
        assert looked(store, replace(WELL, is_running=False, ledger_time=at), at) == ["gone"]
        looked(store, replace(WELL, ledger_time=at), at)
        at += MINUTE_MS
    assert len(told(store)) == 2


def test_an_exercise_has_no_beat(store: Store) -> None:
    """Its time comes from statements: a quiet exercise is no standstill."""
    for minute in range(60):
        assert looked(store, replace(WELL, exercise=True), AT + minute * MINUTE_MS) == []


def test_one_look_shows_what_is_certain_and_no_more(store: Store) -> None:
    """Whoever asks at three in the morning must not read of a standstill that is none."""
    dead = replace(WELL, is_running=False, waits=True)
    with store.read() as db:
        assert shown(db, dead, AT) == [("gone", AT, None)]
        assert shown(db, WELL, AT) == []
    looked(store, dead, AT)
    looked(store, dead, AT + 3 * MINUTE_MS)
    with store.read() as db:
        now = AT + 4 * MINUTE_MS
        assert shown(db, dead, now) == [("gone", AT, AT + 3 * MINUTE_MS)]
