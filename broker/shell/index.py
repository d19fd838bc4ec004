"""What was decided before, on disk: ids, stream numbers, tags, and where records stand on Kafka.

Owns an lmdb environment that is derived from the ledger and may be deleted at any time. What is
decided and not committed yet stays in memory beside it (the overlay), so that nothing reaches
the disk that is not final on the ledger. It says how much of the ledger it covers by size and
root; what does not lie on this ledger's path is thrown away and scanned anew.

Source: design.md, Record, then deliver; technical.md 6.
"""

from collections.abc import Iterable
from pathlib import Path
from struct import Struct
from types import TracebackType
from typing import NamedTuple, Self

import lmdb
import msgspec

from broker.core.index import Known
from contracts.fault import Fatal

_MAP_BYTES = 64 * 1024**3
"""Address space, not disk: the file holds what was written."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_NUMBER = Struct(">Q")
_PLACE = Struct(">qq")
_ID, _STREAM, _DIGEST, _BATCH, _TAG, _COVERS = b"i", b"n", b"d", b"o", b"t", b"covers"

_encode = msgspec.msgpack.Encoder().encode
_decode_known = msgspec.msgpack.Decoder(Known).decode


class Covered(NamedTuple):
    """The ledger that the index on disk was made from.

    Attributes:
        size: entries.
        root: the log's root at that size.
        disclosures: offset on the disclosures topic up to which it was read.
        boot: which run of the machine wrote it; after a power cut the file is not relied on.
    """

    size: int
    root: bytes
    disclosures: int
    boot: str


class Place(NamedTuple):
    """Where a statement stands: offsets of its entry and of its disclosures; -1 unknown."""

    ledger: int
    disclosures: int


_decode_covered = msgspec.msgpack.Decoder(Covered).decode


class LedgerIndex:
    """The core's index port, kept on disk."""

    def __init__(self, folder: Path) -> None:
        """Open the index in a folder of its own, made if absent.

        Raises:
            Fatal: the folder cannot be written, or another broker on this machine has it open.
        """
        try:
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            # Kafka holds the truth: a file that only a power cut can harm needs no fsync.
            self._lmdb = lmdb.open(
                str(folder), map_size=_MAP_BYTES, sync=False, metasync=False, max_readers=8
            )
        except (OSError, lmdb.Error) as error:
            raise Fatal(
                f"The index in {folder} cannot be opened ({type(error).__name__}).",
                remedy="See that the disk is writable and no other broker uses this home. "
                "The folder may be deleted: the ledger rebuilds it.",
            ) from None
        self._boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
        self._doubted = False
        self._known: dict[str, Known] = {}
        self._numbers: dict[tuple[str, int], str] = {}
        self._tagged: dict[str, list[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lmdb.close()

    def by_id(self, statement_id: str) -> Known | None:
        """Find a statement by its id."""
        known = self._known.get(statement_id)
        if known is None:
            stored = self._get(_ID + statement_id.encode())
            known = None if stored is None else _decode_known(stored)
        return known

    def number(self, stream: str, sequence: int) -> str | None:
        """Find the digest of the statement that consumed a stream's number."""
        taken = self._numbers.get((stream, sequence))
        if taken is None:
            stored = self._get(_stream_key(stream, sequence))
            taken = None if stored is None else stored.decode()
        return taken

    def add(self, statement_id: str, known: Known) -> None:
        """Remember a statement, or what became of it."""
        self._known[statement_id] = known

    def tagged(self, tag: str) -> list[str]:
        """List the ids of the statements that bear a tag, sorted."""
        prefix = _TAG + tag.encode() + b"/"
        with self._lmdb.begin() as reading, reading.cursor() as cursor:
            found = set(self._tagged.get(tag, ()))
            on = cursor.set_range(prefix)
            while on and cursor.key().startswith(prefix):
                found.add(cursor.key()[len(prefix) :].decode())
                on = cursor.next()
        return sorted(found)

    def tag(self, statement_id: str, tags: Iterable[str]) -> None:
        """Remember by what else a statement is found."""
        for tag in tags:
            self._tagged.setdefault(tag, []).append(statement_id)

    def take(self, stream: str, sequence: int, submission: str) -> None:
        """Remember that a statement consumed a stream's number."""
        self._numbers[stream, sequence] = submission

    @property
    def covered(self) -> Covered:
        """How much of which ledger is on disk; size 0 for nothing that can be relied on."""
        stored = self._get(_COVERS)
        covered = None if stored is None else _decode_covered(stored)
        if covered is None or self._doubted or not self._boot or covered.boot != self._boot:
            return Covered(0, b"", 0, self._boot)
        return covered

    def offset_of(self, entry: int) -> int | None:
        """Find where on the ledger an entry stands, or the nearest known place before it.

        Returns:
            An offset that is not beyond the entry's; None where nothing before it is known.
        """
        with self._lmdb.begin() as reading, reading.cursor() as cursor:
            key = _BATCH + _NUMBER.pack(entry)
            # set_range finds the first key not below; the batch that holds the entry is before.
            if not (cursor.set_range(key) and cursor.key() == key) and not cursor.prev():
                return None
            if not cursor.key().startswith(_BATCH):
                return None
            first, offset = _NUMBER.unpack(cursor.key()[1:])[0], _NUMBER.unpack(cursor.value())[0]
            return int(offset) + entry - int(first)

    def place_of(self, digest: str) -> Place | None:
        """Find where a recorded statement's entry and disclosures stand."""
        stored = self._get(_DIGEST + digest.encode())
        return None if stored is None else Place(*_PLACE.unpack(stored))

    def discard(self) -> None:
        """Forget what is in flight: its transaction failed, or nobody knows."""
        self._known, self._numbers, self._tagged = {}, {}, {}

    def doubt(self) -> None:
        """Rely on nothing here until it is cleared: it is not of the topics as they stand."""
        self._doubted = True

    def clear(self) -> None:
        """Throw everything away, to be scanned anew from the ledger."""
        self.discard()
        self._doubted = False
        with self._lmdb.begin(write=True) as writing:
            writing.drop(self._lmdb.open_db(txn=writing), delete=False)

    def commit(
        self,
        size: int,
        root: bytes,
        disclosures: int,
        *,
        batches: Iterable[tuple[int, int]] = (),
        places: Iterable[tuple[str, Place]] = (),
    ) -> None:
        """Put what is in flight on disk, once its entries are final.

        Args:
            size: entries covered from now on.
            root: the log's root at that size.
            disclosures: offset on the disclosures topic up to which it is covered.
            batches: (first entry, its ledger offset) of every unbroken run on the ledger.
            places: (digest, where) of every statement.
        """
        covered = Covered(size, root, disclosures, "" if self._doubted else self._boot)
        rows = [(_ID + key.encode(), _encode(known)) for key, known in self._known.items()]
        rows += [(_stream_key(*key), taken.encode()) for key, taken in self._numbers.items()]
        rows += [
            (_TAG + f"{tag}/{one}".encode(), b"")
            for tag, ids in self._tagged.items()
            for one in ids
        ]
        rows += [(_BATCH + _NUMBER.pack(first), _NUMBER.pack(offset)) for first, offset in batches]
        rows += [(_DIGEST + digest.encode(), _PLACE.pack(*place)) for digest, place in places]
        rows.append((_COVERS, _encode(covered)))
        try:
            with self._lmdb.begin(write=True) as writing, writing.cursor() as cursor:
                cursor.putmulti(rows)
        except lmdb.Error as error:
            raise Fatal(
                f"The index cannot be written ({type(error).__name__}).",
                remedy="Free disk space, then start the broker again: nothing recorded is lost.",
            ) from None
        self.discard()

    def _get(self, key: bytes) -> bytes | None:
        with self._lmdb.begin() as reading:
            return reading.get(key)


def _stream_key(stream: str, sequence: int) -> bytes:
    return _STREAM + stream.encode() + b"/" + _NUMBER.pack(sequence)
