"""Whoever is stopped while a client of Kafka's starts: no connection stays open behind them."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from broker.shell.connection import Connection, closed
from broker.shell.intake import Intake
from consumers import inflow
from consumers.inflow import waits_after
from contracts import topic
from contracts.fault import Transient
from producers import sender
from producers.sender import Sender
from tests.support.reports import concern
from tests.support.running import Running, running

MOMENTS = 24
STEP_S = 0.000_3
Work = Callable[[], Awaitable[object]]


def starting(town: Running) -> dict[str, Work]:
    """Everything that starts a client, until its first answer and beyond."""
    connection, name = Connection(town.kafka), topic.views(town.partnership, "tv-probation")

    async def produce() -> None:
        await closed(await connection.producer("cut-off"))

    async def consume() -> None:
        await closed(await connection.consumer(committed=True))

    async def send() -> None:
        outbox = await town.outbox("tv-probation/case")
        outbox.publish(concern(outbox))
        await Sender(outbox).catch_up(60)

    async def take_in() -> None:
        with suppress(Transient):
            await waits_after(name, 1 << 40, address=town.kafka, access={})

    return {"produce": produce, "consume": consume, "send": send, "take_in": take_in}


@pytest.mark.parametrize("which", ["produce", "consume", "send", "take_in"])
async def test_who_is_stopped_as_it_starts_leaves_no_connection_open(
    kafka: str, tmp_path: Path, which: str
) -> None:
    """A day of short commands would use up what a host and a Kafka can hold open."""
    async with running(kafka, tmp_path, f"mk-cut-{which.replace('_', '-')}") as town:
        work = starting(town)[which]
        for moment in range(MOMENTS):
            task = asyncio.ensure_future(work())
            await asyncio.sleep(moment * STEP_S)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        gc.collect()  # an open one warns as it goes, and a warning is an error


async def close_of_ours(client: AIOKafkaConsumer) -> None:
    """Close a client as whoever sends for an agency does."""
    await sender._closed(client, client._client)


@pytest.mark.parametrize("close", [closed, close_of_ours, inflow._closed])
async def test_who_is_stopped_as_a_client_closes_leaves_no_connection_open(
    kafka: str, close: Callable[[AIOKafkaConsumer], Coroutine[Any, Any, None]]
) -> None:
    """It was half closed, and nobody came back to it."""
    consumer = await Connection(kafka).consumer(committed=True)
    await consumer.topics()  # it is connected
    closing = asyncio.ensure_future(close(consumer))
    await asyncio.sleep(0)  # it has begun
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    connections = consumer._client._conns.values()
    assert connections
    assert not [one for one in connections if one.connected()]


async def test_who_is_stopped_as_the_broker_stops_reading_leaves_neither_reader_open(
    kafka: str,
) -> None:
    """The second was not closed where somebody was stopped as the first was."""
    intake = await Intake.open(Connection(kafka))
    closing = asyncio.ensure_future(intake.close())
    await asyncio.sleep(0)  # it has begun
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert [one._closed for one in (intake._consumer, intake._ends)] == [True, True]
