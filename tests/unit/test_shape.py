"""A database of another version: found out when it is opened, and made anew by one command."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from consumers import store as stored
from consumers.desk import rows
from consumers.desk.session import Sessions
from consumers.store import Store
from contracts.fault import Misuse
from tests.support.desk import POLICE, Desk

OTHER = "UPDATE shapes SET shape = 'other' WHERE name = '{}'"
SPELLED = "UPDATE sqlite_master SET sql = replace(sql, '{}', '{}') WHERE name = 'looks'"
LOOK = {
    "at": 4_000_000_000_000,  # no hour that is over
    "token": "t", "role": "analyst", "purpose": "review", "what": "report", "about": "id",
}  # fmt: skip


def aged(path: Path, *statements: str) -> None:
    """Leave a database as another version of this program would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for one in statements:
            db.execute(one)


def looked(store: Store) -> list[str | None]:
    """Record a look; give what stands in the newest column of every one."""
    with store.write() as db:
        rows.look(db, **LOOK)
        return list(db.execute(select(rows.looks.c.covered_by)).scalars())


def test_a_store_of_another_version_is_refused_and_one_command_makes_it_anew(
    tmp_path: Path,
) -> None:
    """At 3 am after an update: the command, not an SQL error in the middle of an alert."""
    desk = Desk(tmp_path)
    desk.report()
    desk.settle()
    police, path = desk.acting(POLICE), tmp_path / f"{POLICE}.sqlite"
    with police.store.read() as db:
        before = db.execute(select(stored.to_publish.c.key, stored.to_publish.c.id)).all()
    looked(police.store)
    police.store.close()
    aged(path, "ALTER TABLE research_tasks DROP COLUMN why", OTHER.format("research_tasks"))
    with pytest.raises(Misuse, match=r"1 of its tables .*research_tasks is one") as refused:
        Store(path)
    assert "candour consumer rebuild --home" in refused.value.remedy
    assert looked(Store(path, anew=True)) == [None, None]
    again = desk.consumer(POLICE)
    again.take(desk.records(POLICE))
    with again.store.read() as db:
        after = db.execute(select(stored.to_publish.c.key, stored.to_publish.c.id)).all()
    assert sorted(after) == sorted(before)
    assert again.publish_waiting(lambda _: pytest.fail("it was said before")) == 0


def test_a_store_from_before_shapes_were_kept_is_of_another_version(tmp_path: Path) -> None:
    """Nobody knows what it holds, so it is not trusted to hold what this program needs."""
    path = tmp_path / "store.sqlite"
    Store(path).close()
    aged(path, "DROP TABLE shapes")
    with pytest.raises(Misuse, match="Another version"):
        Store(path)
    Store(path, anew=True)
    Store(path)


def test_a_table_that_the_views_fill_is_not_made_beside_views_that_were_read(
    tmp_path: Path,
) -> None:
    """An empty list of alerts, because they were read before there was one, reads as none."""
    path = tmp_path / "store.sqlite"
    store = Store(path)
    gone = ("DROP TABLE alerts", "DELETE FROM shapes WHERE name = 'alerts'")
    aged(path, *gone)
    with Store(path).write() as db:
        stored.advance(db, "views.p.a", expected=0, to=1)
    store.close()
    aged(path, *gone)
    with pytest.raises(Misuse, match="alerts is one"):
        Store(path)


def test_what_nothing_brings_back_gains_a_column_that_may_be_empty(tmp_path: Path) -> None:
    """Who looked must outlive an update: those rows are altered, never made anew."""
    path = tmp_path / "store.sqlite"
    looked(Store(path))
    aged(
        path, "DROP INDEX IF EXISTS ix_looks_covered_by",
        "ALTER TABLE looks DROP COLUMN covered_by", OTHER.format("looks"),
    )  # fmt: skip
    with pytest.raises(Misuse, match="looks is one"):
        Store(path)
    assert looked(Store(path, anew=True)) == [None, None]
    assert looked(Store(path)) == [None, None, None]


@pytest.mark.parametrize(
    "older",
    [
        ("ALTER TABLE looks DROP COLUMN purpose",),
        ("PRAGMA writable_schema=ON", SPELLED.format("at BIGINT", "at TEXT")),
        ("PRAGMA writable_schema=ON", SPELLED.format("token TEXT NOT NULL", "token TEXT")),
    ],
    ids=["lacks what may not be empty", "of another type", "empty where it may not be"],
)
def test_what_nothing_brings_back_is_never_dropped(tmp_path: Path, older: tuple[str, ...]) -> None:
    """Where its rows cannot be kept, nothing at all is done, and the way back stays open."""
    path = tmp_path / "store.sqlite"
    looked(Store(path))
    aged(path, *older, OTHER.format("looks"))
    with pytest.raises(Misuse) as refused:
        Store(path, anew=True)
    assert "go on with the version that made it" in refused.value.remedy
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM looks").fetchone() == (1,)


def test_a_desks_sessions_of_another_version_say_what_to_do(tmp_path: Path) -> None:
    """Nobody could sign in, and the page would say only that something is wrong."""

    def opened() -> Sessions:
        url = f"sqlite:///{tmp_path / 'desk.sqlite'}"
        return Sessions(url, now_ms=lambda: 0, random_bytes=lambda count: b"0" * count)

    opened().close()
    opened().close()
    aged(tmp_path / "desk.sqlite", OTHER.format("desk_unsaved"))
    with pytest.raises(Misuse) as refused:
        opened()
    assert f"move {tmp_path / 'desk.sqlite'} away" in refused.value.remedy
