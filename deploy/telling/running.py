"""Telling beside everything else: a thread with a loop of its own, a task for each channel."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from consumers.telling.sending import Channel, Sending
from deploy import clock

POLL_S = 0.5
"""How often the database is asked for what is to be told."""
_log = structlog.get_logger()


@contextmanager
def telling(
    sending: Sending, channels: list[Channel], *, may_begin: Callable[[], bool]
) -> Iterator[None]:
    """Tell while the block runs.

    Args:
        sending: what sends.
        channels: every channel of every role.
        may_begin: whether what happened meanwhile was read: who acknowledged what.
    """
    stop = threading.Event()
    work = threading.Thread(
        target=asyncio.run,
        args=(tell(sending, channels, may_begin=may_begin, is_over=stop.is_set),),
        name="telling",
        daemon=True,
    )
    work.start()
    try:
        yield
    finally:
        stop.set()
        work.join(timeout=2.0)


async def tell(
    sending: Sending,
    channels: list[Channel],
    *,
    may_begin: Callable[[], bool] = lambda: True,
    is_over: Callable[[], bool] = lambda: False,
) -> None:
    """Tell until it is over: each channel by itself, none waiting for another."""

    async def take_up() -> None:
        while True:
            with _going_on("take_up"):
                sending.take_up()
            await asyncio.sleep(POLL_S)

    async def work(channel: Channel) -> None:
        while True:
            again = None
            with _going_on(channel.name):
                again = await sending.step(channel)
            if again is None or again > clock.now_ms():
                await asyncio.sleep(POLL_S)

    async def ended() -> None:
        while not is_over():  # noqa: ASYNC110 - another thread ends it
            await asyncio.sleep(POLL_S / 5)

    while not may_begin() and not is_over():  # noqa: ASYNC110 - another thread lets it begin
        await asyncio.sleep(POLL_S / 5)
    tasks = [asyncio.ensure_future(one) for one in (take_up(), *map(work, channels))]
    watching = asyncio.ensure_future(ended())
    try:
        await asyncio.wait({watching, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in (watching, *tasks):
            one.cancel()
        await asyncio.gather(watching, *tasks, return_exceptions=True)


async def tell_now(sending: Sending, channels: list[Channel]) -> None:
    """Try once what is due on each channel, channels beside each other; then stop."""

    async def work(channel: Channel) -> None:
        while True:
            again = None
            with _going_on(channel.name):
                again = await sending.step(channel)
            if again is None or again > clock.now_ms():
                return

    sending.take_up()
    await asyncio.gather(*map(work, channels))


@contextmanager
def _going_on(doing: str) -> Iterator[None]:
    """Let nothing that goes wrong with one channel end the others: it is tried again."""
    try:
        yield
    except Exception as fault:  # noqa: BLE001 - whatever it is, the others go on
        _log.error("telling_failed", doing=doing, error=type(fault).__name__)
