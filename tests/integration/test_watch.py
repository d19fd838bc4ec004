"""The watch on real Kafka: a consumer killed with records waiting, and who hears of it by mail."""

from pathlib import Path

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import InternalError

from consumers import store as stored
from consumers.telling import rows
from contracts.duration import MINUTE_MS
from deploy import clock, watching
from deploy.telling.running import tell_now
from deploy.wiring import STORE
from producers.home import Home
from producers.sender import Sender
from tests.integration.test_consumers import reached
from tests.support.command import typed
from tests.support.killing import Started
from tests.support.letterboxes import certified, channels_file, mail_server, web_server
from tests.support.postgres import made
from tests.support.reports import concern
from tests.support.running import running

HUB, PROBATION = "mk-hub/safeguarding", "tv-probation/case"


async def watched(home: Home, ahead_ms: int) -> watching.Watch:
    """Start a watch, look at what this world's clock will be in a while, and tell what is due."""
    opened = watching.opened(home)
    watch = watching.Watch(
        home, opened.store, opened.told, now_ms=lambda: clock.now_ms() + ahead_ms
    )
    await watch.look()
    await tell_now(watch.sending, watch.told.every())
    return watch


async def test_a_consumer_killed_with_records_waiting_is_told_of_once(
    kafka: str, tmp_path: Path
) -> None:
    """What is dead cannot say so: another process does, and after its own restart not again."""
    pair = certified(tmp_path / "tls")
    with mail_server(pair) as mail, web_server(pair) as web:
        async with running(kafka, tmp_path / "town", "mk-watched") as town:
            outbox = await town.outbox(PROBATION)
            home = town.homes[HUB]
            channels_file(
                home.folder, pair, mail=mail.port, web=web.address,
                roles="  duty_safeguarding_lead:\n    channels:\n      - mail: duty@hub.example",
            )  # fmt: skip
            run = Started(["consumer", "run", "--home", home.folder], tmp_path / "consumer.log")
            try:
                outbox.publish(concern(outbox))
                assert await Sender(outbox).drain(60)
                # The alert's own role is told by the consumer itself.
                await reached(lambda: len(mail.took) == 1)
                assert mail.mails[0]["To"] == "duty@hub.example"
                well = await watched(home, 0)
                assert len(mail.took) == 1
                assert (await well.look()).is_running
                position = _position(home)
            finally:
                run.kill()
            outbox.publish(concern(outbox))
            assert await Sender(outbox).drain(60)
            found = await (await watched(home, 0)).look()
            assert (found.is_running, found.waits, found.position) == (False, True, position)
            assert len(mail.took) == 1
            told = await typed(f"watch status --home {home.folder}", expect=1)
            assert "No consumer runs on this home" in told
            assert "Nobody watches" in told
            for _ in range(3):  # each a watch that was started anew
                await watched(home, 4 * MINUTE_MS)
            assert len(mail.took) == 2
            assert mail.mails[1]["To"] == "manager@hub.example"
            assert "stands still" in mail.mails[1].get_content()
            told = await typed(f"watch status --home {home.folder}", expect=1)
            assert "J. Okafor was told at" in told
            await typed(f"consumer catch-up --home {home.folder}")
            assert _position(home) > position
            assert not (await (await watched(home, 0)).look()).waits
        assert len(mail.took) == 3  # the second alert's role; of the standstill nothing more


def _position(home: Home) -> int:
    store = stored.Store(home.folder / STORE)
    with store.read() as db:
        found = db.execute(select(func.max(stored.positions.c.offset))).scalar_one()
    store.close()
    return int(found)


async def test_a_watch_reads_a_store_that_is_postgresql_and_changes_nothing(
    kafka: str, database: str, tmp_path: Path
) -> None:
    """A force's own database is not to be written by what only looks."""
    pair = certified(tmp_path / "tls")
    with mail_server(pair) as mail, web_server(pair) as web:
        async with running(kafka, tmp_path / "town", "mk-watched-pg") as town:
            home = town.homes[HUB]
            url = made(database, "watched").replace("postgresql+psycopg://", "postgresql://")
            file = home.folder / "agency.yaml"
            file.write_text(f"{file.read_text()}store: {url}\n")
            home = Home.open(home.folder)
            channels_file(
                home.folder, pair, mail=mail.port, web=web.address,
                roles="  duty_safeguarding_lead:\n    channels:\n      - mail: duty@hub.example",
            )  # fmt: skip
            found = await watching.seen(home)
            assert found.position is None  # no consumer made its tables yet
            outbox = await town.outbox(PROBATION)
            outbox.publish(concern(outbox))
            assert await Sender(outbox).drain(60)
            await typed(f"consumer catch-up --home {home.folder}")
            assert [one["To"] for one in mail.mails] == ["duty@hub.example"]
            found = await watching.seen(home)
            assert found.position is not None
            assert (found.waits, found.untold) == (False, None)
            with watching._read_only(url) as db, pytest.raises(InternalError):
                db.execute(delete(rows.deliveries))
