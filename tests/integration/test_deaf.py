"""Readers of Kafka whose task died within aiokafka: they hear nothing more, and nobody says so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from broker.shell import intake
from broker.shell.connection import Connection
from consumers import inflow
from contracts import topic
from contracts.fault import Transient
from producers import sender
from producers.outbox import Outbox
from producers.sender import Sender, until
from tests.support.reports import concern
from tests.support.running import Running, running

CASE, PROBATION = "tv-probation/case", "tv-probation"


def deafen(consumer: AIOKafkaConsumer) -> None:
    """End what fetches for a reader, as a defect within aiokafka would."""
    for task in (consumer._fetcher._fetch_task, *consumer._fetcher._pending_tasks):
        task.cancel()


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> list[AIOKafkaConsumer]:
    """List everything that is told to read a topic, as it is told."""
    found: list[AIOKafkaConsumer] = []
    assign: Callable[..., Any] = AIOKafkaConsumer.assign

    def noted(consumer: AIOKafkaConsumer, places: Any) -> None:
        found.append(consumer)
        assign(consumer, places)

    monkeypatch.setattr(AIOKafkaConsumer, "assign", noted)
    return found


def reader(of: str, told: list[AIOKafkaConsumer]) -> AIOKafkaConsumer:
    """Give whoever was told last to read a topic."""
    return [one for one in told if of in {place.topic for place in one.assignment()}][-1]


async def decided(outbox: Outbox) -> bool:
    """Publish a report; say whether it is decided."""
    outbox.publish(concern(outbox))
    return await until(lambda: outbox.undecided() == 0, 60)


def submissions_of(town: Running) -> str:
    """Name the topic of what probation submits."""
    return topic.submissions(town.partnership, PROBATION)


async def test_a_log_that_hears_nothing_more_reads_anew(
    kafka: str, tmp_path: Path, reading: list[AIOKafkaConsumer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports stood on Kafka, the log ran, and neither said that nobody took them."""
    monkeypatch.setattr(intake, "CALL_S_MAX", 1.0)
    async with running(kafka, tmp_path, "mk-deaf-log") as town:
        outbox = await town.outbox(CASE)
        deafen(reader(submissions_of(town), reading))
        async with Sender(outbox).running():
            assert await decided(outbox)


async def test_a_log_goes_on_past_what_is_no_submission(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends a transaction has an offset too: a log that waited for it would read for ever."""
    monkeypatch.setattr(intake, "CALL_S_MAX", 1.0)
    async with running(kafka, tmp_path, "mk-deaf-ends") as town:
        producer: AIOKafkaProducer = await Connection(kafka).producer("an-agency")
        async with producer.transaction():
            await producer.send_and_wait(submissions_of(town), b"{}", partition=0)
        await producer.stop()
        outbox = await town.outbox(CASE)
        begun = town.broker.ready
        async with Sender(outbox).running():
            assert await decided(outbox)
            assert not await until(lambda: not begun.is_set(), 4), "it looked, and found no more"


async def test_a_sender_that_hears_nothing_more_reads_anew(
    kafka: str, tmp_path: Path, reading: list[AIOKafkaConsumer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reported would have rung about what was received, and never seen an answer."""
    monkeypatch.setattr(sender, "CALL_S_MAX", 2.0)
    async with running(kafka, tmp_path, "mk-deaf-sender") as town:
        outbox = await town.outbox(CASE)
        async with Sender(outbox).running():
            assert await decided(outbox)
            deafen(reader(topic.receipts(town.partnership, PROBATION), reading))
            assert await decided(outbox)


async def test_views_that_are_not_handed_over_are_said_not_to_be(
    kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebuild that reads for ever looks like a long one."""
    async with running(kafka, tmp_path, "mk-deaf-views") as town:
        name = topic.views(town.partnership, PROBATION)
        assert await inflow.waits_after(name, 0, address=kafka, access={})
        monkeypatch.setattr(inflow, "CALL_S_MAX", 2.0)
        assign: Callable[..., Any] = AIOKafkaConsumer.assign

        def deaf(consumer: AIOKafkaConsumer, places: Any) -> None:
            assign(consumer, places)
            deafen(consumer)

        monkeypatch.setattr(AIOKafkaConsumer, "assign", deaf)
        with pytest.raises(Transient, match="cannot be read"):
            await inflow.waits_after(name, 0, address=kafka, access={})
