"""Submissions prepared in a worker process: each is given its own answer, whatever befalls."""

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from broker.core.prepare import prepare
from broker.shell import preparation
from broker.shell.preparation import CHUNK, Preparation, _Worker
from broker.shell.sequencer import going_on
from contracts.fault import Transient
from producers.sender import until


@pytest.fixture
def working() -> Iterator[Preparation]:
    """One worker."""
    made = Preparation(1)
    yield made
    made.close()


def submissions(count: int) -> list[bytes]:
    """Make what is no statement, each another: what is prepared tells of which it was."""
    return [b"{" * (number + 1) for number in range(count)]


def tell(worker: _Worker, signalled: signal.Signals) -> None:
    """Stop a worker where it is, or let it go on."""
    assert worker._process.pid is not None
    os.kill(worker._process.pid, signalled)


async def test_whoever_is_stopped_leaves_no_answer_to_the_next(working: Preparation) -> None:
    """What was prepared of one statement would have been recorded as another's."""
    before = asyncio.ensure_future(working.prepare(submissions(3 * CHUNK)))
    worker = working._workers[0]
    tell(worker, signal.SIGSTOP)
    assert await until(lambda: worker._keys_sent >= 0 and worker._asking._work_queue.empty(), 60)
    before.cancel()
    await asyncio.wait({before})
    tell(worker, signal.SIGCONT)
    after = [one + b"]" for one in submissions(2 * CHUNK)]
    assert await working.prepare(after) == [prepare(one, {}) for one in after]


async def test_a_worker_that_dies_leaves_nothing_unprepared(working: Preparation) -> None:
    """What waited behind was cancelled with it, and the log stood still without a word."""
    worker, given = working._workers[0], submissions(3 * CHUNK)
    tell(worker, signal.SIGSTOP)
    asked = asyncio.ensure_future(working.prepare(given))
    assert await until(lambda: worker._keys_sent >= 0 and worker._asking._work_queue.empty(), 60)
    tell(worker, signal.SIGKILL)
    assert await asked == [prepare(one, {}) for one in given]


async def sleeps() -> None:
    """Go on for longer than any test."""
    await asyncio.sleep(3600)


async def waited(one: asyncio.Future[None]) -> None:
    """Wait for something that is cancelled by itself."""
    await one


async def test_a_step_that_is_cancelled_from_within_ends_the_session() -> None:
    """A task group says nothing of it: the other steps waited for it for ever."""

    async def together() -> None:
        async with asyncio.TaskGroup() as tasks:
            stopped = asyncio.ensure_future(asyncio.sleep(3600))
            steps = [tasks.create_task(going_on(one)) for one in (waited(stopped), sleeps())]
            await asyncio.sleep(0)
            stopped.cancel()
            await asyncio.wait(steps)

    with pytest.RaisesGroup(Transient):
        await together()
    waiting = asyncio.ensure_future(going_on(sleeps()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_worker_that_does_not_answer_is_replaced(
    working: Preparation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log would have waited for it for ever, and have said nothing."""
    monkeypatch.setattr(preparation, "ANSWER_S_MAX", 0.2)
    first = working._workers[0]
    tell(first, signal.SIGSTOP)
    given = submissions(2)
    assert await working.prepare(given) == [prepare(one, {}) for one in given]
    assert working._workers[0] is not first
