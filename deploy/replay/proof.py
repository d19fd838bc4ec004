"""A replayed log as the export that `candour audit export` would make of it, and its trust file."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from consumers.audit.export import Exported, Stood, export, prepared
from contracts import topic
from deploy.replay.log import Log
from producers.keys import write_private


def write_proof(log: Log, folder: Path) -> Exported:
    """Write `export` and `trust.json` into a folder: both, or neither where one fails.

    Raises:
        Misuse: one of them is there already.
    """
    with prepared(folder / "export") as made:
        done = asyncio.run(export(_Topics(log), log.partnership, made, say=lambda _: None))
        write_private(folder / "trust.json", msgspec.json.encode(log.trust) + b"\n")
    return done


class _Topics:
    """A replay's log as the topics that an export reads."""

    def __init__(self, log: Log) -> None:
        sections = [
            (one.recorded.head.statement or "", one.disclosures)
            for one in log.entries
            if one.disclosures is not None
        ]
        self._held: dict[str, list[tuple[bytes | None, bytes | None]]] = {
            topic.ledger(log.partnership): [(None, one.record) for one in log.entries],
            topic.checkpoints(log.partnership): [(None, one.encode()) for one in log.checkpoints],
            topic.disclosures(log.partnership): [
                (digest.encode(), None if digest in log.erased else exact)
                for digest, exact in sections
            ],
        }

    async def end(self, name: str) -> int:
        """Give the offset at which a topic ends."""
        return len(self._held[name])

    async def between(self, name: str, start: int, end: int) -> AsyncIterator[Sequence[Stood]]:
        """Read the records from one offset up to another."""
        held = self._held[name][start:end]
        yield [Stood(at, key, value) for at, (key, value) in enumerate(held, start)]

    async def pause(self) -> bool:
        """Wait for nothing: the log of a replay has ended."""
        return False
