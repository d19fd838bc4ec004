"""What a broker on real Kafka does when what it remembers is not what stands there any more."""

import shutil
from pathlib import Path

from structlog.testing import capture_logs

from broker.shell.connection import Connection, bounded, closed
from broker.shell.index import LedgerIndex, Place
from broker.shell.topics import ensure_agency_topics, find_topics
from contracts import topic
from contracts.draft import Draft, draft
from contracts.event.work import ProvenanceSupplied
from contracts.opened import open_receipt
from contracts.reason import Reason
from contracts.section import Cause, Contact, Practitioner, Provenance
from contracts.statement import digest_of
from deploy import clock
from deploy.speaking import outbox_of, say
from producers.home import Home
from producers.outbox import Outbox
from producers.sender import until
from tests.support.reports import concern
from tests.support.running import Running, running
from tests.support.stranger import Writer, seeded
from tests.support.stranger import concern as sections_of
from tests.support.topics import put_records, read_topic, receipts_of, views_of
from tests.vectors.ledger import key

CASE, PROBATION, POLICE = "tv-probation/case", "tv-probation", "thames-valley"


def offsets_moved(town: Running, moved: int, **changes: bytes) -> tuple[int, bytes]:
    """Let a stopped broker's index be of a ledger with other offsets, or another root.

    Returns:
        How much it covers, and the root that it had.
    """
    with LedgerIndex(town.folder / "broker" / "index") as index:
        size, root, disclosures, _ = index.covered
        batches = [(0, (index.offset_of(0) or 0) + moved)] if moved else []
        index.commit(size, changes.get("root", root), disclosures, batches=batches)
    return size, root


async def test_an_index_of_another_log_of_the_same_size_is_thrown_away(
    kafka: str, tmp_path: Path
) -> None:
    """Nothing may be looked up in it: it would name another statement's place."""
    async with running(kafka, tmp_path, "mk-other") as town:
        await say(outbox := outbox_of(town.homes[CASE]), concern(outbox))
        await town.stop()
        size, root = offsets_moved(town, 0, root=b"of another log" * 2)
        await town.start()
        await town.stop()
        with LedgerIndex(tmp_path / "broker" / "index") as index:
            assert index.covered[:2] == (size, root)


async def test_an_index_of_a_ledger_that_was_restored_is_thrown_away(
    kafka: str, tmp_path: Path
) -> None:
    """The same entries stand at other offsets then; the roots alone do not show it."""
    async with running(kafka, tmp_path, "mk-moved") as town:
        await town.stop()
        with LedgerIndex(tmp_path / "broker" / "index") as index:
            first = index.offset_of(0)
        offsets_moved(town, 5)
        await town.start()
        await town.stop()
        with LedgerIndex(tmp_path / "broker" / "index") as index:
            assert index.offset_of(0) == first


async def test_another_statement_is_never_delivered_in_the_place_of_one(
    kafka: str, tmp_path: Path
) -> None:
    """Its recipient could not prove it, and would hold what nobody decided to send."""
    async with running(kafka, tmp_path, "mk-place") as town:
        outbox = outbox_of(town.homes[CASE])
        other = await say(outbox, concern(outbox))
        held = await say(outbox, concern(outbox, named=False))
        assert held.outcome == "quarantined"
        await town.stop()
        with LedgerIndex(tmp_path / "broker" / "index") as index:
            place = index.place_of(_digest(outbox, other.id))
            assert place is not None
            moved = [(_digest(outbox, held.id), Place(place.ledger, place.disclosures))]
            index.commit(*index.covered[:3], places=moved)
        await town.start()
        said = await say(outbox, supplied(outbox, held.id))
        assert said.outcome == "accepted"
        found = {view.statement.context.id for view in await views_of(town, POLICE)}
        assert {other.id, held.id} <= found


def supplied(outbox: Outbox, held: str) -> Draft:
    """Draft the provenance that a held report lacked."""
    return draft(
        id=clock.uuid7(), event="provenance_supplied",
        sections={
            "event": ProvenanceSupplied(statement=held),
            "cause.1": Cause(held),
            "provenance": Provenance(
                "practitioner", practitioner=Practitioner(outbox.token(), "A. Officer"),
                role="probation officer", employer="Probation", how_known="told_by_subject",
                contact=Contact(mailbox="duty@probation.example"),
            ),
        },
    )  # fmt: skip


def _digest(outbox: Outbox, statement: str) -> str:
    row = outbox.row(statement)
    assert row is not None
    return str(row["digest"])


async def test_a_topic_made_anew_under_a_running_broker_is_read_from_its_beginning(
    kafka: str, tmp_path: Path
) -> None:
    """Somebody deletes a topic by mistake at night; nothing said after may be passed over."""
    async with running(kafka, tmp_path, "mk-anew") as town:
        outbox = outbox_of(town.homes[CASE])
        for _ in range(3):
            await say(outbox, concern(outbox))
        connection, name = Connection(kafka), topic.submissions("mk-anew", PROBATION)
        first = (await find_topics(connection))[name].id
        admin = await connection.admin()
        await bounded(admin.delete_topics([name]), "deleting")
        await closed(admin)
        while name in await find_topics(connection):
            pass
        await ensure_agency_topics(connection, "mk-anew", PROBATION)
        assert (await find_topics(connection))[name].id != first
        said = [await say(outbox, concern(outbox)) for _ in range(3)]
        assert [one.outcome for one in said] == ["accepted"] * 3


async def test_a_fork_alarms(kafka: str, tmp_path: Path) -> None:
    """A number used twice is a restored outbox or a stolen key: somebody must look tonight."""
    async with running(kafka, tmp_path, "mk-fork") as town:
        outbox = outbox_of(town.homes[CASE])
        await say(outbox, concern(outbox))
        copy = tmp_path / "copy"
        shutil.copytree(town.homes[CASE].folder, copy)
        await say(outbox, concern(outbox))
        assert town.broker.metrics.forked == 0
        stolen = outbox_of(Home.open(copy))
        row = stolen.row(stolen.publish(concern(stolen)))
        assert row is not None
        with capture_logs() as lines:
            await put_records(kafka, topic.submissions("mk-fork", PROBATION), [row["raw"]])
            assert await until(lambda: town.broker.metrics.forked > 0, 60)
        alarms = [one for one in lines if one["event"] == "stream_forked"]
        assert [(one["log_level"], one["agency"], one["count"]) for one in alarms] == [
            ("error", PROBATION, 1)
        ]
        assert "have governance revoke the key" in alarms[0]["remedy"]


async def test_an_emergency_that_nobody_can_verify_reaches_police_once(
    kafka: str, tmp_path: Path
) -> None:
    """Sent three times it is one entry and one call; its publisher is told to ring."""
    async with running(kafka, tmp_path, "mk-unsure") as town:
        draw = seeded("unsure")
        writer = Writer(key("nobody"), f"/agencies/{CASE}", "mk-unsure", draw)
        context = writer.context("concern_reported", urgency="threat_to_life")
        raw = writer.write(context, sections_of(draw))
        await put_records(kafka, topic.submissions("mk-unsure", PROBATION), [raw] * 3)
        assert await until(lambda: town.broker.metrics.redelivered == 2, 60)
        digest = digest_of(raw)
        receipts = await receipts_of(
            town, PROBATION, lambda held: sum(one.key == digest.encode() for one in held) > 1
        )
        told = [one.value for one in receipts if one.key == digest.encode()]
        remedies = {open_receipt(one, town.trust).part.remedies[-1] for one in told}
        assert remedies == {Reason.SIGNATURE_UNVERIFIED.remedy}
        found = [v for v in await views_of(town, POLICE) if not v.verified]
        assert [v.delivery.statement for v in found] == [digest]
        assert [duty.kind for duty in found[0].delivery.duties] == ["call_back"]
        ledger = await read_topic(kafka, topic.ledger("mk-unsure"))
        assert sum(digest.encode() in one.value.partition(b"\n")[0] for one in ledger) == 1
