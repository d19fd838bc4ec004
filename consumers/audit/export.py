"""From a partnership's topics to a folder that proves itself.

Read as committed, to the end as it was when the export began; a running log is then followed
just as far as its next signed checkpoint, so that everything in the folder is signed. Of a
statement's sections only what compaction would keep is taken: what was erased stays erased.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import msgspec

from consumers.audit.container import CHECKPOINTS, DISCLOSURES, LEDGER, finish, put
from contracts import topic
from contracts.entry import Head
from contracts.fault import Misuse

README_OF = Path(__file__).with_name("export.txt")
_head = msgspec.json.Decoder(Head).decode


class Stood(NamedTuple):
    """One record of a topic; `value` is None for a tombstone."""

    offset: int
    key: bytes | None
    value: bytes | None


class Topics(Protocol):
    """A partnership's topics, read as committed; deploy hands it in."""

    async def end(self, name: str) -> int:
        """Give the offset at which a topic ends now."""

    def between(self, name: str, start: int, end: int) -> AsyncIterator[Sequence[Stood]]:
        """Read the records from one offset up to another, in order."""

    async def pause(self) -> bool:
        """Wait a moment for the log to go on; False once it has been waited for long enough."""


SAY_EVERY = 10_000
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds; `unsigned` entries stand at its end under no checkpoint."""

    entries: int
    statements: int
    checkpoints: int
    unsigned: int


@contextmanager
def prepared(folder: Path) -> Iterator[Path]:
    """Make the folder of an export, for its owner's eyes only; of one that fails leave nothing.

    Raises:
        Misuse: it holds something already, or cannot be made.
    """
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        used = any(folder.iterdir())
    except OSError as error:
        raise Misuse(
            f"The folder cannot be made ({type(error).__name__}).",
            remedy="Name a new folder where you may write.",
        ) from None
    if used:
        raise Misuse(
            "The folder already holds something, and an export is never written over another.",
            remedy="Name a new folder.",
        )
    try:
        yield folder
    except BaseException:
        for file in folder.iterdir():  # half a log proves nothing, and holds personal data
            file.unlink()
        for one in made:
            if not any(one.iterdir()):
                one.rmdir()
        raise


async def export(topics: Topics, partnership: str, folder: Path, *, say: Say) -> Exported:
    """Write a partnership's log to a new folder.

    Args:
        topics: the partnership's.
        partnership: its id.
        folder: from `prepared`.
        say: told of progress.

    Raises:
        Transient: Kafka is away.
    """
    reading = _Reading(topics, partnership, say)
    with (folder / LEDGER).open("wb") as ledger, (folder / CHECKPOINTS).open("wb") as notes:
        await reading.ledger(ledger, None)
        first = reading.entries
        await reading.checkpoints(notes)
        while reading.signed < first and await topics.pause():
            await reading.checkpoints(notes)
        if reading.signed > first:
            await reading.ledger(ledger, reading.signed)
    with (folder / DISCLOSURES).open("wb") as sections:
        await reading.sections(sections)
    readme = README_OF.read_text(encoding="utf-8").replace("PARTNERSHIP", partnership)
    finish(folder, partnership, readme)
    unsigned = max(reading.entries - reading.signed, 0)
    return Exported(reading.entries, len(reading.statements), reading.notes, unsigned)


@dataclass(slots=True)
class _Reading:
    """How far each topic was read, and what of it matters for the next."""

    topics: Topics
    partnership: str
    say: Say
    entries: int = 0
    signed: int = 0
    notes: int = 0
    statements: set[bytes] = field(default_factory=set)
    _at: dict[str, int] = field(default_factory=dict)

    async def ledger(self, file: BinaryIO, most: int | None) -> None:
        """Write the entries there are, or as many in all as are wanted."""
        async with aclosing(self._new(topic.ledger(self.partnership))) as records:
            async for record in records:
                if most is not None and self.entries >= most:
                    return
                value = record.value or b""
                put(file, value)
                self.entries += 1
                digest = _statement_of(value)
                if digest is not None:
                    self.statements.add(digest)
                if not self.entries % SAY_EVERY:
                    self.say(f"{self.entries} entries read")

    async def checkpoints(self, file: BinaryIO) -> None:
        """Write checkpoints up to the first that covers every entry read so far."""
        if self.entries and self.signed >= self.entries:
            return
        async with aclosing(self._new(topic.checkpoints(self.partnership))) as records:
            async for record in records:
                value = record.value or b""
                put(file, value)
                self.notes += 1
                self.signed = max(self.signed, _size_of(value))
                if self.entries and self.signed >= self.entries:
                    return

    async def sections(self, file: BinaryIO) -> None:
        """Write the newest sections of every statement, in the order in which they stand."""
        name = topic.disclosures(self.partnership)
        end = await self.topics.end(name)
        newest: dict[bytes, int] = {}
        async for records in self.topics.between(name, 0, end):
            newest.update({record.key or b"": record.offset for record in records})
        async for records in self.topics.between(name, 0, end):
            for record in records:
                key = record.key or b""
                wanted = newest[key] == record.offset and key in self.statements
                if wanted and record.value is not None:
                    put(file, key)
                    put(file, record.value)

    async def _new(self, name: str) -> AsyncGenerator[Stood, None]:
        """Read what stands on a topic since it was last read."""
        end = await self.topics.end(name)
        async for records in self.topics.between(name, self._at.get(name, 0), end):
            for record in records:
                self._at[name] = record.offset + 1
                yield record
        self._at[name] = end


def _statement_of(record: bytes) -> bytes | None:
    """Give a head's statement; an unreadable head is exported as it is, for the verifier."""
    try:
        statement = _head(record.partition(b"\n")[0]).statement
    except (msgspec.MsgspecError, UnicodeError):
        return None
    return None if statement is None else statement.encode()


def _size_of(note: bytes) -> int:
    lines = note.split(b"\n")
    return int(lines[1]) if len(lines) > 1 and lines[1].isdigit() else 0
