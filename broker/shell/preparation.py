"""Preparation in worker processes: signatures and forms are most of the work, and need no state.

A worker is a process with one pipe; it is given the key table when that grew and chunks of raw
submissions, and gives back flat tuples. When the broker dies the pipe closes and the worker ends.
A worker that dies is replaced, and its chunk is prepared here, so that nothing waits for it.

Source: technical.md 6 (measured: chunks of 100, marshal, one worker does as well as two).
"""

import asyncio
import contextlib
import gc
import marshal
import multiprocessing
import signal
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection as Pipe

import structlog

from broker.core.prepare import Prepared, prepare
from broker.shell.memory import keep_memory

CHUNK = 100
"""Submissions a worker is given at once."""
ANSWER_S_MAX = 60.0
"""How long a worker may take for a chunk, a hundredth of a second's work, before it is replaced."""

log = structlog.get_logger()


class Preparation:
    """Prepares submissions, in worker processes or here."""

    def __init__(self, workers: int) -> None:
        """Start the workers.

        Args:
            workers: processes; 0 prepares in this one, which is right for a demonstration.
        """
        self._keys: Mapping[str, bytes] = {}
        self._workers = [_Worker() for _ in range(workers)]
        self._next = 0

    def know(self, keys: Mapping[str, bytes]) -> None:
        """Prepare with this key table from now on.

        Args:
            keys: raw public key by kid; a table only grows.
        """
        if len(keys) != len(self._keys):
            self._keys = dict(keys)

    async def prepare(self, raw: Sequence[bytes]) -> list[Prepared]:
        """Prepare submissions; the answers stand in the same order."""
        chunks = [raw[at : at + CHUNK] for at in range(0, len(raw), CHUNK)]
        done = await asyncio.gather(*(self._chunk(chunk) for chunk in chunks))
        return [prepared for chunk in done for prepared in chunk]

    async def _chunk(self, raw: Sequence[bytes]) -> list[Prepared]:
        if not self._workers:
            return [prepare(one, self._keys) for one in raw]
        slot = self._next % len(self._workers)
        self._next += 1
        worker, keys = self._workers[slot], self._keys
        # Whoever is stopped meanwhile leaves no answer in the pipe: the next would take it for its.
        asked = asyncio.ensure_future(worker.ask(raw, keys))
        asked.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        await asyncio.wait({asked}, timeout=ANSWER_S_MAX)
        try:
            return asked.result()
        except (OSError, EOFError, asyncio.InvalidStateError, asyncio.CancelledError):
            if self._workers[slot] is worker:
                log.warning("preparation_worker_replaced")
                with contextlib.suppress(OSError):  # where none starts now, the next chunk tries
                    self._workers[slot] = _Worker()
                    worker.close()
            return [prepare(one, keys) for one in raw]

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.close()


class _Worker:
    """One process, its pipe, and a thread for each direction of it.

    The next chunk is on its way while the last is answered, so that the process never waits for
    this one's turn at the interpreter lock; one thread for both could block with the pipe full
    both ways.
    """

    def __init__(self) -> None:
        # A forked process would inherit the event loop and every socket; spawn does not.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._asking = ThreadPoolExecutor(1, "preparation-asks")
        self._answering = ThreadPoolExecutor(1, "preparation-answers")
        self._keys_sent = -1

    async def ask(self, raw: Sequence[bytes], keys: Mapping[str, bytes]) -> list[Prepared]:
        """Have one chunk prepared.

        Raises:
            OSError: the process is gone.
            EOFError: the process is gone.
        """
        grown = dict(keys) if len(keys) != self._keys_sent else None
        self._keys_sent = len(keys)
        asked = marshal.dumps((grown, list(raw)))
        loop = asyncio.get_running_loop()
        _, answered = await asyncio.gather(
            loop.run_in_executor(self._asking, self._pipe.send_bytes, asked),
            loop.run_in_executor(self._answering, self._pipe.recv_bytes),
        )
        return [Prepared(*flat) for flat in marshal.loads(answered)]  # noqa: S302 - our own

    def close(self) -> None:
        """End the process; what it was doing is lost, and was only thinking."""
        self._process.kill()
        self._process.join()
        for thread in (self._asking, self._answering):
            thread.shutdown(wait=True)  # what waits there fails at once: the pipe is broken
        self._pipe.close()


def _serve(pipe: Pipe) -> None:
    """Prepare chunks until the pipe closes: the life of a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the broker's to answer.
    keep_memory()
    gc.freeze()
    keys: Mapping[str, bytes] = {}
    with contextlib.suppress(EOFError, OSError):  # the broker ended, or was killed
        while True:
            keys = _answer(pipe, keys)


def _answer(pipe: Pipe, keys: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Prepare one chunk and keep none of it while the next one is waited for; give the keys."""
    grown, raw = marshal.loads(pipe.recv_bytes())  # noqa: S302 - from our own parent
    keys = keys if grown is None else grown
    pipe.send_bytes(marshal.dumps([tuple(prepare(one, keys)) for one in raw]))
    return keys
