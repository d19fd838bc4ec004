"""What a home's disk and a sender that dies do to whoever waits: said at once, with a remedy."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from contracts.fault import CandourError, Fatal, Transient
from deploy.logs import ALLOWED
from producers import sender as sending
from producers.outbox import Outbox
from producers.sender import Sender, until
from producers.tables import Database
from producers.unanswered import ANSWER_MS_MAX
from tests.support.reports import concern
from tests.support.speaking import Speaker
from tests.vectors.ledger import CLOCK_MS

WITHIN_S = 60.0


@pytest.fixture
def speaker(tmp_path: Path) -> Iterator[Speaker]:
    """Probation's home, which has read what was agreed."""
    found = Speaker(tmp_path / "home")
    found.read()
    yield found
    found.close()


def limited(speaker: Speaker, pragma: str) -> None:
    """Open every connection to the outbox's database with a limit of SQLite's own."""
    speaker.close()
    engine: Engine = speaker.outbox.database._engine

    @event.listens_for(engine, "connect")
    def limit(connection: DBAPIConnection, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def fill(speaker: Speaker) -> None:
    """Let the disk have no room for more than stands there."""
    with speaker.outbox.database.read() as db:
        pages = db.execute(text("PRAGMA page_count")).scalar_one()
    limited(speaker, f"max_page_count={pages}")


def occupy(speaker: Speaker) -> sqlite3.Connection:
    """Hold the database as a backup does that never ends."""
    other = sqlite3.connect(speaker.home.folder / "outbox.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    limited(speaker, "busy_timeout=0")
    return other


def hide(speaker: Speaker) -> tuple[Path, Path]:
    """Take the database away, as a disk that is not mounted does; give where it is and was."""
    speaker.close()
    there = speaker.home.folder / "outbox.sqlite"
    away = there.rename(there.with_suffix(".away"))
    there.mkdir()
    return away, there


def damage(speaker: Speaker) -> None:
    """Overwrite the database's beginning."""
    speaker.close()
    with (speaker.home.folder / "outbox.sqlite").open("r+b") as file:
        file.write(b"\0" * 100)


def publish(outbox: Outbox) -> None:
    """Publish more than a page holds."""
    outbox.publish(concern(outbox, words=4000))


@pytest.mark.parametrize(
    ("harm", "said", "todo"),
    [
        (fill, "outbox.sqlite does not fit on its disk any more.", "Make room there, then give"),
        (occupy, "outbox.sqlite is held by something else for too long.", "Stop what else opens"),
    ],
)
def test_a_disk_that_fails_is_said_in_words_and_what_was_stored_stays(
    speaker: Speaker, harm: Callable[[Speaker], object], said: str, todo: str
) -> None:
    """At 3 am "a defect stopped this" sends somebody to the developers instead of to the disk."""
    speaker.say()
    before = [row["id"] for row in speaker.outbox.rows()]
    held = harm(speaker)
    with pytest.raises(Transient) as refused:
        publish(speaker.outbox)
    assert said in refused.value.text
    assert todo in refused.value.remedy
    assert "Example" not in str(refused.value)
    assert [row["id"] for row in speaker.outbox.rows()] == before
    if isinstance(held, sqlite3.Connection):
        held.close()


def test_a_damaged_database_stops_and_says_what_to_put_in_its_place(speaker: Speaker) -> None:
    """Nothing may be written into what cannot be read."""
    damage(speaker)
    with pytest.raises(Fatal, match=r"outbox\.sqlite is damaged, or is no database") as stopped:
        speaker.outbox.rows()
    assert "newest copy from a backup" in stopped.value.remedy
    with pytest.raises(Fatal):
        speaker.open()


def test_a_file_beside_it_that_cannot_be_written_is_no_outage_of_kafkas(
    speaker: Speaker,
) -> None:
    """The marker stands on the same disk: taken for Kafka's, it would be waited for in silence."""
    marker = speaker.home.folder / "outbox.generation"
    marker.unlink()
    marker.mkdir()
    with pytest.raises(Transient, match="outbox") as refused:
        publish(speaker.outbox)
    assert "the disk works" in refused.value.remedy


async def test_whoever_waits_is_told_of_a_database_that_fails_and_it_is_tried_again(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that only waits its minute says "no receipt", which is not what is wrong."""
    monkeypatch.setattr(sending, "CATCH_UP_S_MAX", 0.01)
    away, there = hide(speaker)
    sender = Sender(speaker.outbox)
    async with sender.running():
        assert await until(lambda: sender.refused is not None, WITHIN_S)
        assert "outbox.sqlite cannot be read or written." in str(sender.refused)
        there.rmdir()
        away.rename(there)
        assert await until(lambda: sender.refused is None, WITHIN_S)


async def beside(sender: Sender) -> None:
    """Wait beside a sender, as a command does for its receipt."""
    async with sender.running():
        await asyncio.sleep(WITHIN_S)


@pytest.mark.parametrize("forever", [True, False])
async def test_a_sender_that_dies_ends_what_waits_for_it_with_its_own_error(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch, *, forever: bool
) -> None:
    """A dead sender looked like a slow one: the command waited its minute and said nothing."""
    monkeypatch.setattr(sending, "CATCH_UP_S_MAX", 0.01)
    with speaker.outbox.database.write() as db:
        db.execute(text("DROP TABLE streams"))
    sender = Sender(speaker.outbox)
    with pytest.raises(OperationalError, match="no such table"):
        await (sender.run() if forever else beside(sender))


async def test_a_damaged_database_ends_a_running_sender_with_its_remedy(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an `ExceptionGroup` it was a defect, and its remedy was lost."""
    monkeypatch.setattr(sending, "CATCH_UP_S_MAX", 0.01)
    damage(speaker)
    with pytest.raises(CandourError, match="newest copy from a backup"):
        await Sender(speaker.outbox).run()


async def test_what_a_block_raises_leaves_it_as_it_was(speaker: Speaker) -> None:
    """A wrong report is the reporter's to mend, and no group of anything."""
    with pytest.raises(Transient, match="Away"):
        async with Sender(speaker.outbox).running():
            raise Transient("Away.", remedy="Wait.")


async def test_an_urgent_report_that_is_not_delivered_is_in_the_log_once(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever watches a service reads its log: it must say whom to telephone, and no name."""
    monkeypatch.setattr(sending, "CATCH_UP_S_MAX", 0.01)
    monkeypatch.setattr(sending, "WARN_S", 0.01)
    said = speaker.outbox.publish(concern(speaker.outbox, urgency="threat_to_life"))
    speaker.outbox.publish(concern(speaker.outbox))
    speaker.outbox.now_ms = lambda: CLOCK_MS + ANSWER_MS_MAX
    looked = list[int]()
    undelivered = speaker.outbox.undelivered

    def counted() -> object:
        looked.append(1)
        return undelivered()

    monkeypatch.setattr(speaker.outbox, "undelivered", counted)
    with capture_logs() as written:
        async with Sender(speaker.outbox).running():
            assert await until(lambda: len(looked) > 3, WITHIN_S)
    (told,) = (line for line in written if line["event"] == "statement_not_delivered")
    assert told.pop("log_level") == "error"
    assert set(told) <= ALLOWED, "no other field gets out"
    assert told["statement"] == said
    assert told["remedy"] == "Telephone Thames Valley on 01632 960000."


def test_an_outbox_from_before_an_index_came_has_it_too(tmp_path: Path) -> None:
    """What a home said in ten years must not be read whole because its file is old."""
    path = tmp_path / "outbox.sqlite"
    Database(path).close()
    with closing(sqlite3.connect(path)) as db:
        listed = db.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall()
        db.execute("DROP INDEX ix_views_about")
    Database(path).close()
    with closing(sqlite3.connect(path)) as db:
        found = db.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall()
    assert set(found) == set(listed)
