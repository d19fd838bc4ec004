"""The broker of one partnership: sequencer and dispatcher in one process, and the way back.

Whatever goes wrong on Kafka is answered in one way: drop every client, claim both transactional
ids anew (which settles what was in doubt and fences a rival), read the ledger, go on.
"""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from pathlib import Path

import structlog

from broker.core.sequence import Sequencing
from broker.shell.checkpoints import CheckpointFile, Signer
from broker.shell.connection import Connection, closed
from broker.shell.dispatcher import Dispatcher
from broker.shell.index import LedgerIndex
from broker.shell.intake import Intake
from broker.shell.memory import keep_memory
from broker.shell.metrics import Metrics
from broker.shell.preparation import Preparation
from broker.shell.recovery import Recall, recover
from broker.shell.sequencer import Sequencer, going_on
from broker.shell.topics import service_name
from contracts.fault import Transient, innermost

RETRY_S_MAX = 5.0
TOLD_EVERY = 12
"""Of tries that fail alike, how many one log line stands for: about a minute's."""
METRICS_S = 60.0
SALTS = 256

log = structlog.get_logger()


class Broker:
    """Runs one partnership's log.

    Args:
        partnership: its id.
        connection: to Kafka, as the sequencer.
        delivering: as the dispatcher; where Kafka is plain, the same one.
        home: a folder for the index and the checkpoint outside Kafka.
        seed: the log's Ed25519 private seed.
        workers: preparation processes; 0 prepares inline.
        now_ms: the clock, in milliseconds since 1970.
        random_bytes: the source of salts.
    """

    def __init__(  # noqa: PLR0913 - each is an independent part
        self,
        *,
        partnership: str,
        connection: Connection,
        home: Path,
        seed: bytes,
        workers: int,
        now_ms: Callable[[], int],
        random_bytes: Callable[[int], bytes],
        delivering: Connection | None = None,
    ) -> None:
        self.metrics = Metrics()
        self.ready = asyncio.Event()
        self._partnership = partnership
        self._connection = connection
        self._delivering = delivering or connection
        self._home = home
        self._signer = Signer(partnership, seed)
        self._file = CheckpointFile(home / "checkpoint")
        self._workers = workers
        self._now_ms = now_ms
        self._random_bytes = random_bytes

    async def run(self) -> None:
        """Run until cancelled, through every outage of Kafka.

        Raises:
            Fatal: another broker took over, or the log is not what was signed: somebody must look.
        """
        keep_memory()
        preparation = Preparation(self._workers)
        attempt, told = 0, ""
        try:
            with LedgerIndex(self._home / "index") as index:
                while True:
                    try:
                        await self._session(index, preparation)
                    except Transient as fault:
                        attempt = 0 if self.ready.is_set() else attempt + 1
                        self.ready.clear()
                        index.discard()
                        if attempt % TOLD_EVERY == 0 or fault.text != told:
                            told = fault.text
                            log.warning(
                                "broker_waits", partnership=self._partnership, attempt=attempt,
                                fault=fault.text, remedy=fault.remedy,
                            )  # fmt: skip
                        await asyncio.sleep(min(RETRY_S_MAX, 0.1 * 2 ** min(attempt, 6)))
        finally:
            preparation.close()

    async def _session(self, index: LedgerIndex, preparation: Preparation) -> None:
        """Recover, then run both halves until one of them fails."""
        async with contextlib.AsyncExitStack() as stack:
            named = partial(service_name, self._partnership)
            recording = await self._connection.producer(named("sequencer"))
            stack.push_async_callback(closed, recording)
            delivering = await self._delivering.producer(named("dispatcher"))
            stack.push_async_callback(closed, delivering)
            admin = await self._connection.admin()
            stack.push_async_callback(closed, admin)
            looking = await self._connection.client()
            stack.push_async_callback(closed, looking)
            found = await recover(
                self._delivering, self._partnership, index, self._signer, self._file
            )
            intake = await Intake.open(self._connection)
            stack.push_async_callback(intake.close)
            recall = Recall(self._delivering, self._partnership, index)
            dispatcher = Dispatcher(
                self._partnership, delivering, recall, self._signer, self._file, self.metrics
            )
            sequencer = Sequencer(
                looking=looking,
                producer=recording,
                admin=admin,
                intake=intake,
                preparation=preparation,
                sequencing=Sequencing(self._partnership, found.state, index),
                tree=found.tree.copy(),
                index=index,
                put=dispatcher.put,
                now_ms=self._now_ms,
                salt=salts(self._random_bytes),
                metrics=self.metrics,
            )
            dispatcher.begin(found.tree, found.pending, found.state.agencies)
            log.info("broker_runs", partnership=self._partnership, size=found.state.size)
            self.ready.set()
            async with _collecting_between_batches():
                await _first_failure(sequencer.run(), dispatcher.run(), self._report())

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(METRICS_S)
            log.info("broker_counts", partnership=self._partnership, **self.metrics.snapshot())


def salts(random_bytes: Callable[[int], bytes]) -> Callable[[], bytes]:
    """Give 16 random bytes at each call, fetched from their source many at a time."""
    drawn = (
        octets[at : at + 16]
        for octets in iter(lambda: random_bytes(16 * SALTS), b"")
        for at in range(0, len(octets), 16)
    )
    return lambda: next(drawn)


@contextlib.asynccontextmanager
async def _collecting_between_batches() -> AsyncIterator[None]:
    """Keep the collector away from what was folded: it lives as long as the session."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000_000, 20, 100)
    try:
        yield
    finally:
        gc.unfreeze()


async def _first_failure(*runs: Coroutine[object, object, None]) -> None:
    """Run until one fails, end the others, and raise what it raised; told to stop, stop.

    In a task of their own: a task group that fails as it is cancelled forgets that it was, and in
    Python 3.11 whoever waits for one that fails by itself counts as cancelled ever after.
    """
    together = asyncio.create_task(_together(*runs))
    try:
        await asyncio.wait({together})
    except asyncio.CancelledError:
        together.cancel()
        with contextlib.suppress(Transient):  # an outage, as it stops, is nobody's concern
            await together
        raise
    await together


async def _together(*runs: Coroutine[object, object, None]) -> None:
    try:
        async with asyncio.TaskGroup() as tasks:
            for run in runs:
                tasks.create_task(going_on(run))
    except BaseExceptionGroup as failed:
        raise innermost(failed) from None
