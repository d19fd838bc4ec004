"""The broker on real Kafka: record, then deliver; what bad input gets; fencing; the way back."""

from pathlib import Path

import pytest

from broker.core.state import digest_of_act
from broker.shell.connection import Connection
from broker.shell.topics import ensure_agency_topics
from contracts import topic
from contracts.event.control import ActEndorsed, ActProposed, Agency, AgencyAdmitted
from contracts.fault import Fatal
from contracts.opened import Elapsed, View, open_receipt, open_view
from contracts.section import Contact
from contracts.statement import digest_of
from deploy.speaking import govern, outbox_of, say
from tests.support.reports import concern
from tests.support.running import SYSTEMS, Running, running
from tests.support.topics import put_records, read_topic, receipts_of


async def test_a_report_is_recorded_then_delivered_and_everybody_can_prove_it(
    kafka: str, tmp_path: Path
) -> None:
    """The pathway that the review found missing, from a signed report to what police hold."""
    async with running(kafka, tmp_path, "mk-path") as town:
        outbox = outbox_of(town.homes["tv-probation/case"])
        said = await say(outbox, concern(outbox))
        assert said.outcome == "accepted"
        keys = outbox.partnership.keys
        views = await read_topic(kafka, topic.views("mk-path", "thames-valley"))
        opened = [open_view(one.value, town.trust, keys.get, to="thames-valley") for one in views]
        mine = [v for v in opened if isinstance(v, View) and v.statement.context.id == said.id]
        assert [v.delivery.leg for v in mine] == ["mk-isa@1/report-to-police"]
        assert mine[0].delivery.duties[0].kind == "response_given"
        ledger = await read_topic(kafka, topic.ledger("mk-path"))
        checkpoints = await read_topic(kafka, topic.checkpoints("mk-path"))
        size = int(checkpoints[-1].value.split(b"\n")[1])
        assert size == len(ledger) == said.entry + 1


async def test_garbage_and_redeliveries_are_answered_and_the_next_statement_is_served(
    kafka: str, tmp_path: Path
) -> None:
    """A flood must cost the flooder, and nobody else a report."""
    async with running(kafka, tmp_path, "mk-flood") as town:
        outbox = outbox_of(town.homes["tv-probation/case"])
        first = await say(outbox, concern(outbox))
        name = topic.submissions("mk-flood", "tv-probation")
        row = outbox.row(first.id)
        assert row is not None
        garbage = [b"garbage %d" % n for n in range(1500)]
        await put_records(kafka, name, [*garbage[:700], row["raw"], *garbage[700:], row["raw"]])
        second = await say(outbox, concern(outbox))
        assert second.outcome == "accepted"
        keys = {digest_of(g).encode() for g in garbage}
        found = await receipts_of(
            town, "tv-probation", lambda held: keys <= {one.key for one in held}
        )
        refused = [open_receipt(one.value, town.trust) for one in found if one.key in keys]
        assert {r.part.reasons[0].code for r in refused} == {"form.not_a_statement"}
        assert all(r.part.remedies for r in refused)
        again = [one for one in found if one.key == row["digest"].encode()]
        assert [open_receipt(one.value, town.trust).head.index for one in again] == [
            first.entry
        ] * 3


async def test_a_newly_admitted_agency_is_heard_without_a_restart(
    kafka: str, tmp_path: Path
) -> None:
    """Admission is a fact on the log; nobody should have to stop the broker for it."""
    async with running(kafka, tmp_path, "mk-join") as town:
        control, case = town.home("mk-housing", "control"), town.home("mk-housing", "case")
        keys = [control.source_key(["control"]), case.source_key(["statements"])]
        contact = Contact(mailbox="duty@housing.example")
        act = AgencyAdmitted(Agency("mk-housing", "MK Housing", "housing", contact, keys))
        await ensure_agency_topics(Connection(kafka), "mk-join", "mk-housing")
        await govern(town.homes["mk-csp/control"], "act_proposed", ActProposed(act))
        endorsement = ActEndorsed("agency_admitted", digest_of_act(act))
        await govern(town.homes["thames-valley/control"], "act_endorsed", endorsement)
        outbox = outbox_of(case)
        said = await say(outbox, concern(outbox))
        assert (said.outcome, said.reasons[0].code) == ("quarantined", "agreement.none_in_force")
        assert set(outbox.partnership.agencies) == {*SYSTEMS, "mk-housing"}


async def test_a_second_broker_fences_the_first(kafka: str, tmp_path: Path) -> None:
    """Two writers of one ledger would be two truths."""
    async with running(kafka, tmp_path, "mk-fence") as town:
        first = town.task
        rival = Running(kafka, "mk-fence", tmp_path / "rival")
        rival.take_over(town)
        await rival.start()
        outbox = outbox_of(town.homes["tv-probation/case"])
        said = await say(outbox, concern(outbox))
        assert said.outcome == "accepted"
        with pytest.raises(Fatal, match="second broker took over"):
            await first
        await rival.stop()


async def test_a_restarted_broker_goes_on_where_the_ledger_ends(kafka: str, tmp_path: Path) -> None:
    """The ledger is the only state: index and memory may be lost."""
    async with running(kafka, tmp_path, "mk-again", workers=1) as town:
        outbox = outbox_of(town.homes["tv-probation/case"])
        held = await say(outbox, concern(outbox, named=False))
        assert held.outcome == "quarantined"
        await town.stop()
        for one in (tmp_path / "broker" / "index").glob("*"):
            one.unlink()
        await town.start()
        row = outbox.row(held.id)
        assert row is not None
        await put_records(kafka, topic.submissions("mk-again", "tv-probation"), [row["raw"]])
        said = await say(outbox, concern(outbox))
        assert said.outcome == "accepted"
        ledger = await read_topic(kafka, topic.ledger("mk-again"))
        assert len(ledger) == said.entry + 1


async def test_every_agency_is_told_the_time_on_a_quiet_log_and_on_a_busy_one(
    kafka: str, tmp_path: Path
) -> None:
    """Clocks run out at night too, also with an agency that nobody says anything to."""
    async with running(kafka, tmp_path, "mk-quiet") as town:
        outbox = outbox_of(town.homes["tv-probation/case"])
        for minute, busy in enumerate((False, True), 1):
            town.ahead_ms = minute * 61_000
            if busy:
                await say(outbox, concern(outbox))
            for agency in SYSTEMS:
                name = topic.views("mk-quiet", agency)
                told: list[Elapsed] = []
                while len(told) < minute:
                    held = [one for one in await read_topic(kafka, name) if one.key == b"time"]
                    opened = (
                        open_view(one.value, town.trust, lambda _: None, to=agency) for one in held
                    )
                    told = [one for one in opened if isinstance(one, Elapsed)]
                assert len(told) == minute
                began = told[0].head.ledger_time
                assert told[-1].head.ledger_time >= began + (minute - 1) * 60_000
