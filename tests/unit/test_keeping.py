"""What an agency keeps, until when, and that what is erased is gone from its own files."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from consumers import aside
from consumers import store as stored
from consumers.consumer import Came, Consumer
from consumers.governance.erasing import Erasing
from consumers.governance.keeping import Kept, scheduled
from consumers.research.rows import research_tasks
from contracts.fault import Misuse, Transient
from contracts.section import Practitioner
from producers import inbox
from producers.tables import statements, superseded
from tests.support.canary import holding
from tests.support.desk import POLICE, PROBATION, SOURCES, Desk, named
from tests.support.reports import concern
from tests.support.speaking import Speaker

NAME = "Zquilfamily"
DAY = 24


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Let probation report somebody of whom nobody else is named so."""
    found = Desk(tmp_path)
    sections = named(found.draw)
    sections["person.2.identity"]["names"] = [{"given": "Tracey", "family": NAME}]
    found.report(sections)
    found.acting(POLICE).take(found.records(POLICE))
    return found


def reported(desk: Desk) -> str:
    """Give the report's id."""
    (view,) = desk.seen(POLICE, "concern_reported")
    return view.statement.context.id


def say(
    desk: Desk, agency: str, event: str, value: dict[str, Any], cause: str | None = None
) -> str:
    """Say something about a case by a named practitioner."""
    said = desk.new_id()
    parts = {"event": value, "provenance": named(desk.draw)["provenance"]}
    if cause is not None:
        parts["cause.1"] = {"statement": cause}
    desk.played.say(SOURCES[agency], event, parts, id=said)
    desk._submit()
    return said


def kept(consumer: Consumer) -> list[Kept]:
    """List what is held under a schedule."""
    with consumer.store.read() as db:
        return scheduled(db)


def test_what_no_leg_carried_is_due_by_the_rulesets_days(desk: Desk) -> None:
    """Emergencies are the fullest copies there are, and what one said oneself is one's own."""
    desk.report(urgency="threat_to_life")
    police, probation = desk.acting(POLICE), desk.acting(PROBATION)
    police.take(desk.records(POLICE))
    probation.take(desk.records(PROBATION))
    with police.store.read() as db:
        assert {one.leg for one in scheduled(db)} == {"mk-isa/report-to-police"}
        both = scheduled(db, kept_days=30)
        assert {one.leg for one in both} == {"mk-isa/report-to-police", "emergency"}
        first = both[0].until
    with probation.store.read() as db:
        own = scheduled(db, kept_days=30)
    assert {one.leg for one in own} == {"own"}
    assert first - desk.ledger.clock_ms <= 30 * DAY * 3_600_000


def erased(desk: Desk) -> str:
    """Erase the report by two people of two agencies; give the endorsement."""
    report = reported(desk)
    first = {"statements": [report], "ground": "retention_ended", "reason": "due", "by": "A."}
    proposal = say(desk, PROBATION, "erasure_proposed", first)
    second = {"proposal": proposal, "statements": [report], "by": "B."}
    return say(desk, POLICE, "erasure_endorsed", second)


def without_tombstones(desk: Desk, agency: str) -> list[Came]:
    """Give an agency's views as Kafka has them once it has dropped the tombstones."""
    return [one for one in desk.records(agency) if one.record]


def test_what_is_held_past_its_schedule_is_listed_by_ledger_time(desk: Desk) -> None:
    """A leg says how long; the log says what day it is, the same for everybody who asks."""
    (one,) = kept(desk.acting(POLICE))
    assert (one.statement, one.agency, one.event) == (
        reported(desk), PROBATION, "concern_reported",
    )  # fmt: skip
    (view,) = desk.seen(POLICE, "concern_reported")
    days = view.delivery.retention_days or 0
    assert one.until == view.head.ledger_time + days * DAY * 3_600_000
    assert one.leg == "mk-isa/report-to-police"
    assert not one.under_hold
    with desk.acting(POLICE).store.read() as db:
        assert scheduled(db, is_held=lambda _: True)[0].under_hold


def test_a_hold_that_an_agency_knows_keeps_what_is_about_the_same_person(desk: Desk) -> None:
    """However the person is called in it: a link by a named matcher reaches."""
    report = reported(desk)
    (view,) = desk.seen(POLICE, "concern_reported")
    subject = view.statement.sections["person.1.identity"].subject  # type: ignore[attr-defined]
    hold = {"subjects": [subject], "authority": "coroner", "reference": "1", "by": "C."}
    said = say(desk, POLICE, "legal_hold_set", hold, report)
    desk.acting(POLICE).take(desk.records(POLICE))
    assert [one.under_hold for one in kept(desk.acting(POLICE))] == [True]
    lifted = {"hold": said, "reason": "the inquest ended", "by": "C."}
    say(desk, POLICE, "legal_hold_lifted", lifted)
    desk.acting(POLICE).take(desk.records(POLICE))
    assert [one.under_hold for one in kept(desk.acting(POLICE))] == [False]


def test_who_was_away_until_the_tombstone_was_gone_erases_by_the_proved_notice(
    desk: Desk, tmp_path: Path
) -> None:
    """A tombstone proves nothing and does not last for ever: the log's own word does both."""
    police = desk.acting(POLICE)
    with police.store.read() as db:
        assert db.execute(select(research_tasks)).first() is not None
        assert stored.unpublished(db)
    digest = desk.seen(POLICE, "concern_reported")[0].statement.digest
    with police.store.write() as db:
        quoting = f"{digest} {NAME}".encode()
        aside.keep_unproved(db, police.topic, 0, quoting, "it is not a view")
    assert holding([tmp_path], [NAME])
    endorsement = erased(desk)
    police.take([
        one for one in without_tombstones(desk, POLICE) if one.offset >= police.position()
    ])
    with police.store.read() as db:
        assert stored.held(db, reported(desk)) is None
        assert db.execute(select(research_tasks)).first() is None
        assert aside.all_unproved(db) == []
        assert stored.unpublished(db) == []
    police.store.settle(whole=True)
    assert holding([tmp_path], [NAME]) == {}
    erasing = Erasing(police.store, police.voice, desk.new_id, len)
    with police.store.read() as db:
        assert erasing.left(db, endorsement) == []


def test_nobody_confirms_what_was_not_asked_or_is_still_held(desk: Desk) -> None:
    """A confirmation is somebody's word: it is not to be given by mistake."""
    police = desk.acting(POLICE)
    erasing = Erasing(police.store, police.voice, desk.new_id, len)
    by = named(desk.draw)["provenance"]["practitioner"]
    endorsement = erased(desk)

    def confirm() -> None:
        erasing.confirm(
            endorsement, backups_until="2027-01-31T00:00:00.000Z",
            by=Practitioner(by["token"], "B. Officer"), role="officer",
        )  # fmt: skip

    with pytest.raises(Misuse, match="Nothing waits here"):
        confirm()
    came = without_tombstones(desk, POLICE)
    digest = desk.seen(POLICE, "concern_reported")[0].statement.digest
    report = next(one for one in came if one.key == digest.encode())
    police.take([one for one in came if one.offset >= police.position()])
    with police.store.write() as db:
        row = {"digest": digest, "id": reported(desk), "event": "concern_reported", "kid": "k",
               "agency": PROBATION, "entry": 1, "ledger_time": 1, "leg": "l", "verified": True,
               "exercise": False, "record": report.record}  # fmt: skip
        db.execute(insert(stored.views).values(**row))
    with pytest.raises(Misuse, match="still held here"):
        confirm()


def test_a_database_that_somebody_reads_is_not_said_to_be_clean(desk: Desk, tmp_path: Path) -> None:
    """A reader keeps the log file: what was erased is in it until the reader is done."""
    store = desk.acting(POLICE).store
    at_once = store._engine.raw_connection()
    at_once.cursor().execute("PRAGMA busy_timeout=0")
    at_once.close()
    reader = sqlite3.connect(tmp_path / f"{POLICE}.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM views").fetchone()
    with store.write() as db:
        db.execute(delete(research_tasks))
    with pytest.raises(Transient, match="in use"):
        store.settle()
    reader.close()
    store.settle()


def test_an_outbox_erases_what_it_signed_again_since(tmp_path: Path) -> None:
    """The log may have the bytes from before: it is one statement, and all of it goes."""
    speaker = Speaker(tmp_path / "home")
    speaker.read()
    said = speaker.say(concern(speaker.outbox))
    row = speaker.row(said)
    with speaker.outbox.database.write() as db:
        again = update(statements).where(statements.c.id == said).values(digest="signed-again")
        db.execute(again)
        db.execute(insert(superseded).values(digest=row["digest"], id=said))
    assert speaker.inbox.left([row["digest"]])
    views, offset = speaker.inbox.views, len(speaker.came())
    speaker.inbox.take([inbox.Came(views, offset, None, row["digest"].encode())])
    assert not speaker.inbox.left([row["digest"]])
    assert speaker.row(said)["raw"] is None
    speaker.outbox.database.settle(whole=True)
