"""Erasure from files: what still holds an erased section, and forcing it out of Kafka's.

What was erased is known by the digests that its publisher signed (`_sd`, which stay on the
ledger): any text in any file whose SHA-256 is one of them is an erased section. So nothing that
was erased has to be kept in order to look for it.

Source: technical.md 5; design.md, The ledger (disclosures); RFC 9901 section 4.2.3.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaProducer

from broker.shell.checkpoints import last_on_kafka
from broker.shell.connection import Connection, bounded, closed
from broker.shell.reading import end_of, read_between
from broker.shell.topics import agency_topics, find_topics, partnership_topics
from consumers.audit.container import Records
from consumers.audit.erasures import erased_by, signed_digests
from contracts import topic
from contracts.entry import Head, split_entry
from contracts.fault import Misuse, Transient
from deploy.kafka.operations import Operations

_TEXT = re.compile(rb"[A-Za-z0-9_-]{40,}")
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_AHEAD = 4
"""Octets of a length that may stand before a section and look like a part of it."""
_CHUNK = 8 * 1024 * 1024
PAUSE_S = 0.5
_head = msgspec.json.Decoder(Head).decode
CLOSE_AT_ONCE = {"segment.ms": "1", "file.delete.delay.ms": "0"}
"""Settings under which what was cut or compacted leaves the disk at once."""
COMPACT_AT_ONCE = {**CLOSE_AT_ONCE, "min.cleanable.dirty.ratio": "0", "max.compaction.lag.ms": "1"}


@dataclass(slots=True)
class Erased:
    """What a ledger erased: the endorsing entry by statement digest, and the sections' SHA-256."""

    entries: dict[str, int] = field(default_factory=dict)
    sections: set[bytes] = field(default_factory=set)

    def take_authority(self, record: bytes) -> None:
        """Take what a ledger record erases."""
        for digest in erased_by(record):
            self.entries.setdefault(digest, _head(split_entry(record)[0]).index)

    def take_sections(self, record: bytes) -> None:
        """Take the digests of an erased statement's sections; call once every authority is."""
        head, _, jws = split_entry(record)
        if jws and _head(head).statement in self.entries:
            self.sections |= signed_digests(jws)

    @classmethod
    def of(cls, ledger: Records) -> "Erased":
        """Read an export's ledger, twice."""
        found = cls()
        for record in ledger:
            found.take_authority(record)
        for record in ledger:
            found.take_sections(record)
        return found


def still_holding(roots: Iterable[Path], sections: set[bytes]) -> dict[Path, int]:
    """Count the erased sections in every file below some folders, or in files that are named.

    Args:
        roots: files and folders.
        sections: the SHA-256 of each.

    Returns:
        Files that hold any, sorted. A file that vanishes meanwhile holds none.
    """
    found: dict[Path, int] = {}
    files = (one for root in roots for one in ([root] if root.is_file() else root.rglob("*")))
    for path in sorted(set(files)):
        count = _count(path, sections) if path.is_file() else 0
        if count:
            found[path] = count
    return found


def _count(path: Path, sections: set[bytes]) -> int:
    try:
        return sum(
            any(sha256(text[skip:]).digest() in sections for skip in range(_AHEAD + 1))
            for text in _texts(path)
        )
    except FileNotFoundError:
        return 0


def _texts(path: Path) -> Iterator[bytes]:
    """Give every run of base64url letters in a file that is long enough for a section."""
    left = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            # Kafka makes its indexes long and empty before it fills them.
            whole = left + chunk.rstrip(b"\0")
            # The last run may go on in the next chunk.
            ends = len(chunk) > len(whole) - len(left)
            end = len(whole) if ends else len(whole.rstrip(_ALPHABET))
            yield from _TEXT.findall(whole[:end])
            left = whole[end:]
    yield from _TEXT.findall(left)


@dataclass(frozen=True)
class Purge:
    """Forces what a partnership's log erased out of the files of one Kafka node.

    Attributes:
        partnership: its id.
        connection: as operations, who may alter topics and write a tombstone again.
        folder: the node's: its data, configuration and log.
        say: told in a line what takes time.
    """

    partnership: str
    connection: Connection
    folder: Path
    say: Callable[[str], None]

    def run(self, wait_s: float) -> dict[Path, int]:
        """Compact and close until the files hold nothing of it, and look through all of them.

        Args:
            wait_s: how long to wait for Kafka, in seconds.

        Returns:
            Files that still hold erased sections, with how many; empty where it is done.

        Raises:
            Misuse: nothing was erased on this log, or there is no such log.
            Transient: Kafka is away, or the dispatcher has not told of every erasure yet.
        """
        erased = asyncio.run(self._erased())
        self.say(f"{len(erased.entries)} statements were erased; looking through {self.folder}.")
        left = still_holding([self.folder], erased.sections)
        dirty = self._topics_of(left)
        if dirty:
            with Operations.connected(self.connection) as kafka:
                try:
                    kafka.set_topics({name: _forced(name) for name in dirty})
                    self._force(dirty, erased, wait_s)
                finally:
                    kafka.set_topics({name: self._planned(name) for name in dirty})
            left = still_holding([self.folder], erased.sections)
        return left

    def _force(self, dirty: set[str], erased: Erased, wait_s: float) -> None:
        deadline = time.monotonic() + wait_s
        while dirty and time.monotonic() < deadline:
            asyncio.run(self._tell_again({n for n in dirty if _is_compacted(n)}, erased))
            time.sleep(PAUSE_S)
            places = [self._place(name) for name in dirty]
            still = self._topics_of(still_holding(places, erased.sections))
            for name in sorted(dirty - still):
                self.say(f"{name} holds nothing of it any more.")
            dirty = still

    async def _tell_again(self, names: set[str], erased: Erased) -> None:
        """Write the tombstones again: the segment that is written to is never compacted."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.connection.address, acks="all", **self.connection.security
        )
        try:
            await bounded(producer.start(), "opening a producer")
            for name in sorted(names):
                for digest in erased.entries:
                    told = producer.send_and_wait(name, None, digest.encode(), partition=0)
                    await bounded(told, f"writing to {name}")
        finally:
            await closed(producer)

    async def _erased(self) -> Erased:
        name = topic.ledger(self.partnership)
        if name not in await find_topics(self.connection):
            raise Misuse(
                f"This Kafka holds no log of {self.partnership}.",
                remedy="Check --partnership and --home.",
            )
        consumer = await self.connection.consumer(committed=True, fetch_wait_ms=50)
        erased = Erased()
        try:
            end = await end_of(consumer, name)
            async for records in read_between(consumer, name, 0, end):
                for record in records:
                    erased.take_authority(record.value or b"")
            if not erased.entries:
                raise Misuse(
                    "Nothing was erased on this log.",
                    remedy="An erasure is proposed and endorsed first: candour erasure propose.",
                )
            async for records in read_between(consumer, name, 0, end):
                for record in records:
                    erased.take_sections(record.value or b"")
        finally:
            await closed(consumer)
        await self._check_told(max(erased.entries.values()))
        return erased

    async def _check_told(self, last: int) -> None:
        """Insist that the dispatcher is done with the last erasure: it needs the sections."""
        note = await last_on_kafka(self.connection, self.partnership)
        if note is None or int(note.split(b"\n")[1]) <= last:
            raise Transient(
                f"The erasure of entry {last} is recorded and not delivered yet.",
                remedy="Is the broker running? Give this again once it has delivered.",
            )

    def _place(self, name: str) -> Path:
        return self.folder / "data" / f"{name}-0"

    def _topics_of(self, files: Mapping[Path, int]) -> set[str]:
        """Name the partnership's topics that files belong to."""
        names = {path.parent.name.removesuffix("-0") for path in files}
        return {name for name in names if name.split(".")[1:2] == [self.partnership]}

    def _planned(self, name: str) -> dict[str, str | None]:
        """Give the settings that a topic has at other times, None for those it has not."""
        parts = name.split(".", 2)
        planned = partnership_topics(self.partnership)
        if len(parts) == len(("kind", "partnership", "agency")):
            planned |= agency_topics(self.partnership, parts[2])
        return {key: planned.get(name, {}).get(key) for key in COMPACT_AT_ONCE}


def _is_compacted(name: str) -> bool:
    return not name.startswith("submissions.")


def _forced(name: str) -> Mapping[str, str | None]:
    return dict(COMPACT_AT_ONCE if _is_compacted(name) else CLOSE_AT_ONCE)
