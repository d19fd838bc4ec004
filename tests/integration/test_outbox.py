"""The outbox's sender on real Kafka: killed, cut off, alone; and what `candour publish` says."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from contracts.context import Urgency
from deploy import clock
from deploy.kafka.server import KafkaServer
from deploy.speaking import outbox_of
from producers.lock import Busy
from producers.outbox import Outbox
from producers.sender import Sender, until
from producers.unanswered import AGAIN_MS_MIN
from tests.support.command import ROOT, candour, invoked
from tests.support.killing import Load, Started, stood
from tests.support.reports import concern
from tests.support.running import SYSTEMS, Running, running

PROBATION = "tv-probation/case"
TEMPLATE = (ROOT / "producers" / "report.yaml").read_text()
WITHIN_S = 90.0
Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KafkaServer]:
    """A Kafka of this test's own: it is going to be away."""
    kafka = KafkaServer(tmp_path / "kafka")
    kafka.start()
    yield kafka
    kafka.stop()


async def reached(holds: Callable[[], bool]) -> None:
    """Wait for a named condition."""
    assert await until(holds, WITHIN_S)


@contextmanager
def sending(town: Running, folder: Path) -> Iterator[Started]:
    """Run `candour outbox run` for probation as a process of its own."""
    home = town.homes[PROBATION].folder
    started = Started(["outbox", "run", "--home", home], folder / "sender.log")
    try:
        yield started
    finally:
        started.kill()


def decided(outbox: Outbox) -> int:
    """Count what has its receipt."""
    return len(outbox.rows()) - outbox.undecided()


def publish_all(outbox: Outbox, count: int, urgency: Urgency = "routine") -> list[str]:
    """Publish so many reports."""
    return [outbox.publish(concern(outbox, urgency=urgency)) for _ in range(count)]


async def counted(town: Running, said: list[str]) -> set[int]:
    """Say how often statements stand on the ledger."""
    counts = Counter((await stood(town, SYSTEMS)).ids)
    return {counts[one] for one in said}


async def test_a_sender_killed_under_way_sends_everything_once(kafka: str, tmp_path: Path) -> None:
    """A power cut at any point of sending must cost no report, and record none twice."""
    async with running(kafka, tmp_path, "mk-sender") as town:
        outbox = await town.outbox(PROBATION)
        load = Load(outbox)  # keeps some ten on their way
        with sending(town, tmp_path) as sender:
            publishing = asyncio.create_task(load.run())
            for least in (10, 25, 40):
                await reached(lambda least=least: decided(outbox) >= least)  # type: ignore[misc]
                sender.again()
            await reached(lambda: decided(outbox) >= 55)
            publishing.cancel()
            await reached(lambda: outbox.undecided() == 0)
        assert await counted(town, load.ids) == {1}
        assert {row["outcome"] for row in outbox.rows()} == {"accepted"}
        assert len({row["stream"] for row in outbox.rows()}) == 1


async def test_what_kafka_took_and_nobody_noted_is_recorded_once(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between Kafka's answer and the note of it a process can die: the same bytes go again."""
    async with running(kafka, tmp_path, "mk-noted") as town:
        outbox = await town.outbox(PROBATION)
        said, noted = publish_all(outbox, 3), outbox.mark_sent
        attempts: list[list[str]] = []

        def note(digests: list[str]) -> None:
            attempts.append(digests)
            if len(attempts) < 3:
                raise TimeoutError
            noted(digests)

        monkeypatch.setattr(outbox, "mark_sent", note)
        await town.stop()
        async with Sender(outbox).running():
            await reached(lambda: len(attempts) >= 3)
            assert attempts[0] == attempts[1] == attempts[2]
            assert len(attempts[0]) == 3 + 1
            await town.start()
            await reached(lambda: outbox.undecided() == 0)
        assert await counted(town, said) == {1}


async def test_what_kafka_took_and_lost_is_sent_again_and_recorded_once(
    kafka: str, tmp_path: Path
) -> None:
    """A power cut takes what Kafka acknowledged and had not written to its disk yet."""
    async with running(kafka, tmp_path, "mk-lost") as town:
        outbox = await town.outbox(PROBATION)
        said = publish_all(outbox, 2)
        outbox.mark_sent([one.digest for one in outbox.waiting()])  # and Kafka has none of it
        async with Sender(outbox).running():
            outbox.now_ms = lambda: clock.now_ms() + AGAIN_MS_MIN
            await reached(lambda: outbox.undecided() == 0)
        assert await counted(town, said) == {1}


async def test_what_is_published_while_kafka_is_away_goes_out_by_itself(
    server: KafkaServer, tmp_path: Path
) -> None:
    """Nobody should have to remember at 3 am what could not be sent at midnight."""
    async with running(server.address, tmp_path, "mk-away") as town:
        outbox = await town.outbox(PROBATION)
        with sending(town, tmp_path):
            said = publish_all(outbox, 1)
            await reached(lambda: outbox.undecided() == 0)
            await asyncio.to_thread(server.stop)
            said += publish_all(outbox, 4) + publish_all(outbox, 1, "threat_to_life")
            await reached(lambda: "kafka_away" in (tmp_path / "sender.log").read_text())
            assert outbox.undecided() == 5 + 1, "five reports, and the emergencies' stream opened"
            await asyncio.to_thread(server.start)
            await reached(lambda: outbox.undecided() == 0)
        assert await counted(town, said) == {1}


async def test_one_process_sends_for_a_home_and_another_may_publish(
    kafka: str, tmp_path: Path
) -> None:
    """Two senders could cross an order; a report made beside the one there is must go out."""
    async with running(kafka, tmp_path, "mk-alone") as town:
        home = town.homes[PROBATION].folder
        outbox = await town.outbox(PROBATION)
        report = tmp_path / "report.yaml"
        report.write_text(TEMPLATE)
        with sending(town, tmp_path) as sender:
            said = publish_all(outbox, 1)
            await reached(lambda: outbox.undecided() == 0)
            holder = rf"rocess {sender._run.pid} \(candour outbox run\) already sends"
            with pytest.raises(Busy, match=holder):
                await Sender(outbox).run()
            rival = await ran("outbox", "run", "--home", home, run=candour)
            assert rival.returncode == 64
            assert f"rocess {sender._run.pid} (candour outbox run)" in rival.stderr
            beside = await ran("publish", report, "--home", home, run=candour)
            assert (beside.returncode, beside.stderr) == (0, "")
        alone = await ran("publish", report, "--again", "--home", home, run=candour)
        assert alone.returncode == 0, "a killed process holds no lock"
        said += [row["id"] for row in outbox.rows() if row["event"] == "concern_reported"]
        assert len(set(said)) == 3
        assert await counted(town, said) == {1}


async def ran(*arguments: object, run: Run = invoked) -> CompletedProcess[str]:
    """Run a command to its end while the broker goes on in this process."""
    return await asyncio.to_thread(run, *arguments)


NAMELESS = TEMPLATE.replace("  name: A. Officer\n", "").replace("  reference: staff-0001 ", "  # ")
PUBLISHED: dict[str, tuple[str, int, *tuple[str, ...]]] = {
    "accepted": (TEMPLATE, 0, "ACCEPTED (entry ", "Delivered to: thames-valley, mk-hub."),
    "held": (
        NAMELESS.replace("urgency: urgent", "urgency: routine"), 3, "HELD: nobody was sent it yet",
        "Name the practitioner who holds this (provenance.practitioner)",
        "In the file: `who_says.name`", "write a file with `report: provenance`, `completes: ",
    ),
    "provisional": (
        NAMELESS, 3, "HELD for all but police, who have it marked provisional",
        "Delivered to: thames-valley.",
    ),
    "emergency": (
        TEMPLATE.replace("danger_now: unknown", "danger_now: yes"), 0,
        "IF SOMEBODY IS IN DANGER NOW: ring 999 first", "ACCEPTED as an emergency",
    ),
}  # fmt: skip


async def test_publish_says_what_was_decided_and_its_exit_code_says_it_too(
    kafka: str, tmp_path: Path
) -> None:
    """A script at night reads the code, a person the first word: both must be the log's own."""
    async with running(kafka, tmp_path, "mk-codes") as town:
        home = town.homes[PROBATION].folder
        report = tmp_path / "report.yaml"
        for text, code, *told in PUBLISHED.values():
            report.write_text(text)
            published = await ran("publish", report, "--home", home)
            assert published.returncode == code, published.stdout + published.stderr
            for words in told:
                assert words in published.stdout
            assert "Example" not in published.stdout, "nobody's name stands on a screen for it"
        # Not in danger: a threat to life would go to police, though nobody can verify it.
        report.write_text(PUBLISHED["accepted"][0])
        outsider = town.home("tv-probation", "new").folder
        refused = await ran("publish", report, "--home", outsider, "--wait", 30)
        assert refused.returncode == 4, refused.stdout + refused.stderr
        assert "REFUSED: nobody was sent it" in refused.stdout
        assert "Ask the governance agency to enrol this key" in refused.stdout
        rows = len(outbox_of(town.homes[PROBATION]).rows())
        report.write_text(TEMPLATE.replace("children: not_asked", "childen: Zebedee"))
        misused = await ran("publish", report, "--home", home)
        assert misused.returncode == 64
        assert "Did you mean `children`?" in misused.stderr
        assert "Zebedee" not in misused.stderr
        assert len(outbox_of(town.homes[PROBATION]).rows()) == rows


async def test_publish_without_a_broker_says_whom_to_ring_and_keeps_the_report(
    kafka: str, tmp_path: Path
) -> None:
    """Not delivered must never look like delivered, and must come with a telephone number."""
    async with running(kafka, tmp_path, "mk-silent") as town:
        home = town.homes[PROBATION].folder
        outbox = await town.outbox(PROBATION)
        await town.stop()
        report = tmp_path / "report.yaml"
        for urgency, told in (
            ("urgent", "Telephone Thames Valley Police on 01632 960202."),
            ("routine", "Kafka ("),
        ):
            report.write_text(TEMPLATE.replace("urgency: urgent", f"urgency: {urgency}"))
            silent = await ran("publish", report, "--home", home, "--wait", 2)
            assert silent.returncode == 75, silent.stdout + silent.stderr
            assert "NOT DELIVERED within 2 seconds" in silent.stdout
            assert told in silent.stdout
            assert "has it, and no broker has answered: is it running?" in silent.stdout
            assert f"`candour outbox run --home {home}` goes on sending it." in silent.stdout
        said = [row["id"] for row in outbox.rows() if row["event"] == "concern_reported"]
        behind = await ran("outbox", "show", said[0], "--home", home)
        assert behind.returncode == 75
        assert behind.stdout.endswith("No receipt yet.\n")
        await town.start()
        caught_up = await ran("outbox", "catch-up", "--home", home)
        assert caught_up.returncode == 0, caught_up.stdout + caught_up.stderr
        for one in said:
            shown = await ran("outbox", "show", one, "--home", home)
            assert shown.returncode == 0
            assert "ACCEPTED" in shown.stdout
        assert await counted(town, said) == {1}
