"""The same rows on SQLite and on real PostgreSQL, and again after the database was rebuilt."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from consumers import aside
from consumers import store as stored
from consumers.consumer import Consumer
from consumers.desk import rows
from consumers.safeguarding import life
from consumers.store import Store, metadata
from contracts.fault import Misuse, Transient
from deploy.workers import workers_of
from tests.support.month import month
from tests.support.offices import DESK, POLICE, Offices
from tests.support.postgres import made
from tests.support.running import running
from tests.support.working import Working, files_in

COUNT = 40
ACTING = ("thames-valley", "mk-mash", "nps-thames-valley", "mk-csp")
OWN = {stored.views.name, stored.to_publish.name, life.alert_life.name}
"""Tables whose `place` only says in which order rows came."""


def rows_of(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Give every row of a store, by table; where a row stands in its table does not count."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with store.read() as db:
        for table in metadata.sorted_tables:
            kept = [c for c in table.c if not (table.name in OWN and c.name == "place")]
            found[table.name] = sorted((tuple(row) for row in db.execute(select(*kept))), key=repr)
    return found


def worked(seed: str, where: Any) -> Working:
    """Let a partnership work through some days of a month."""
    town = Working(seed, store=where, acting=ACTING)
    hour = 0
    for one in month(11, COUNT, begins="2027-01-01", days=6):
        if one.at // 3_600_000 != hour:
            town.settle()
            town.move(one.at)
            hour = one.at // 3_600_000
        town.say(one.source, one.event, one.sections, urgency=one.urgency)
    town.settle()
    return town


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    """A partnership that worked on SQLite."""
    town = worked("databases", files_in(tmp_path_factory.mktemp("files")))
    yield town
    town.close()


@pytest.fixture(scope="module")
def servers(database: str) -> Iterator[Working]:
    """The same on PostgreSQL."""
    town = worked("databases", lambda agency: made(database, f"same-{agency}"))
    yield town
    town.close()


def test_postgresql_and_sqlite_hold_the_same_rows(files: Working, servers: Working) -> None:
    """A force on one and a charity on the other must be told the same."""
    for agency, consumer in files.consumers.items():
        assert rows_of(consumer.store) == rows_of(servers.consumers[agency].store), agency
    assert rows_of(files.consumers["thames-valley"].store)["research_tasks"]


@pytest.mark.parametrize("kind", ["files", "servers"])
def test_a_rebuilt_database_holds_the_same_rows_and_says_nothing(
    request: pytest.FixtureRequest, kind: str
) -> None:
    """What is read again from the log is what was there, by police, hub and everybody."""
    town: Working = request.getfixturevalue(kind)
    for agency, before in town.consumers.items():
        kept = rows_of(before.store)
        assert kept["views"]
        before.store.forget()
        assert not rows_of(before.store)["views"]
        voice = town.voice(agency)
        again = Consumer(before.store, voice=voice, trust=town.log.trust, workers=workers_of(voice))
        again.take(town.records(agency))
        assert rows_of(before.store) == kept, agency
        assert again.publish_waiting(_refuse) == 0


def _refuse(_: Any) -> None:
    raise AssertionError("it was said before")


def test_two_consumers_of_one_postgresql_take_each_record_once(
    files: Working, database: str
) -> None:
    """A second process on the same database must lose the race, not double the rows."""
    url = made(database, "raced")
    voices = [files.voice("mk-mash") for _ in range(2)]
    one, other = (
        Consumer(Store(url), voice=voice, trust=files.log.trust, workers=workers_of(voice))
        for voice in voices
    )
    came = files.records("mk-mash")
    first, rest = came[:3], came[3:]
    one.take(first)
    with one.store.write() as db:
        # The other read the position before this one moved it.
        assert stored.position(db, one.topic) == len(first)
        stored.advance(db, one.topic, expected=len(first), to=len(first) + 1)
        db.rollback()
    one.take(came)
    assert other.take(rest) == 0
    with pytest.raises(Transient), other.store.write() as db:
        stored.advance(db, other.topic, expected=0, to=1)
    alone = rows_of(files.consumers["mk-mash"].store)
    assert rows_of(other.store) == alone
    for consumer in (one, other):
        consumer.store.close()


def test_erasing_leaves_no_row_in_postgresql(database: str) -> None:
    """VACUUM FULL is what makes a deletion last there; it must run on a real server."""
    store = Store(made(database, "vacuumed"))
    with store.write() as db:
        db.execute(insert(stored.positions).values(topic="views.canary-7731", offset=1))
    with store.write() as db:
        db.execute(delete(stored.positions))
    store.settle(whole=True)
    with store.read() as db:
        assert db.execute(select(stored.positions)).all() == []
    store.close()


def test_a_postgresql_of_another_version_is_made_anew_and_keeps_what_is_its_own(
    database: str,
) -> None:
    """What nothing brings back is altered in place there too, and goes on being counted."""
    url = made(database, "another")
    store = Store(url)
    look = {"at": 1, "token": "t", "role": "r", "purpose": "p", "what": "w", "about": "a"}
    with store.write() as db:
        rows.look(db, **look)
        db.exec_driver_sql("ALTER TABLE looks DROP COLUMN covered_by")
        db.exec_driver_sql("ALTER TABLE alerts DROP COLUMN rule")
        db.exec_driver_sql("UPDATE shapes SET shape = '-' WHERE name IN ('looks', 'alerts')")
    store.close()
    with pytest.raises(Misuse, match="2 of its tables"):
        Store(url)
    anew = Store(url, anew=True)
    with anew.write() as db:
        rows.look(db, **look)
        assert [row["covered_by"] for row in rows.looks_at(db, "a")] == [None, None]
    anew.close()
    Store(url).close()


async def test_one_command_rebuilds_a_home_from_kafka(
    kafka: str, database: str, tmp_path: Path
) -> None:
    """At 3 am after a lost disk: one command, on a home whose store is PostgreSQL."""
    async with running(kafka, tmp_path, "mk-rebuilt") as town:
        offices = Offices(town)
        await offices.open_desk(DESK)
        url = made(database, "home").replace("postgresql+psycopg://", "postgresql://")
        file = town.homes[POLICE].folder / "agency.yaml"
        file.write_text(f"{file.read_text()}store: {url}\n")
        await offices.report()
        await offices.settle(POLICE)
        before = rows_of(store := Store(url))
        assert before["research_tasks"]
        with store.write() as db:
            aside.set_aside(db, "mended", None, worker="Watching", what="KeyError")
            (row,) = aside.all_unworked(db)
            aside.see_to(db, row, by="N. Lead", token="lead", role="lead", reason="I rang police")
        told = await offices.do("consumer rebuild", POLICE)
        assert "Rebuilt from" in told
        assert rows_of(Store(url)) == before
        assert "0 statements said" in await offices.do("consumer catch-up", POLICE)
