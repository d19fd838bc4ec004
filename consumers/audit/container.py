"""The folder of an export: exact records, and a manifest that says which.

    ledger.log        one record an entry, in order
    disclosures.log   two records a statement: its digest, then its sections joined by `~`
    checkpoints.log   one record a checkpoint, in order
    manifest.json     format, partnership, and of each file: records, bytes, SHA-256
    README.txt        for people; the only bytes that the verifier does not cover

A record is its length in bytes as four octets, most significant first, and then its bytes.
"""

import mmap
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec

from contracts.fault import Misuse

FORMAT = "candour-export/1"
LEDGER, DISCLOSURES, CHECKPOINTS = "ledger.log", "disclosures.log", "checkpoints.log"
LOGS = (LEDGER, DISCLOSURES, CHECKPOINTS)
MANIFEST, README = "manifest.json", "README.txt"
_LENGTH_BYTES = 4

Buffer = bytes | mmap.mmap


class Records:
    """The records of one file, by number; nothing is copied until it is asked for."""

    __slots__ = ("_buffer", "_ends", "whole")

    def __init__(self, buffer: Buffer, ends: "array[int] | None" = None) -> None:
        """Find where the records stand.

        Args:
            buffer: the file's exact bytes.
            ends: where each record ends, from another reading of the same bytes.
        """
        self._buffer = buffer
        self.whole = True
        self._ends = self._found() if ends is None else ends

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> bytes:
        start = (self._ends[number - 1] if number else 0) + _LENGTH_BYTES
        return self._buffer[start : self._ends[number]]

    def __iter__(self) -> Iterator[bytes]:
        return (self[number] for number in range(len(self._ends)))

    @property
    def ends(self) -> "array[int]":
        """Where each record ends."""
        return self._ends

    def listed(self) -> dict[str, object]:
        """Describe the file as its manifest must."""
        digest = sha256(self._buffer).hexdigest()
        return {"records": len(self), "bytes": len(self._buffer), "sha256": digest}

    def _found(self) -> "array[int]":
        ends, at, size = array("q"), 0, len(self._buffer)
        while at + _LENGTH_BYTES <= size:
            length = int.from_bytes(self._buffer[at : at + _LENGTH_BYTES], "big")
            at += _LENGTH_BYTES + length
            if at > size:
                break
            ends.append(at)
        self.whole = at == size
        return ends


@dataclass(frozen=True)
class Export:
    """An export, opened.

    Attributes:
        logs: records by file name; empty for a file that is missing.
        manifest: its exact bytes, None where it is missing.
        missing: names of files that are not there.
        unknown: how many things stand in the folder that are no part of an export.
        folder: where it is, for other processes; None for one that is only in memory.
    """

    logs: Mapping[str, Records]
    manifest: bytes | None
    missing: tuple[str, ...] = ()
    unknown: int = 0
    folder: Path | None = None

    @classmethod
    def held(cls, files: Mapping[str, bytes]) -> "Export":
        """Take an export whose files are in memory."""
        missing = tuple(name for name in (*LOGS, MANIFEST) if name not in files)
        logs = {name: Records(files.get(name, b"")) for name in LOGS}
        return cls(logs, files.get(MANIFEST), missing)


@contextmanager
def opened(folder: Path) -> Iterator[Export]:
    """Open an export's folder; its files stay mapped meanwhile.

    Raises:
        Misuse: there is no such folder, or it cannot be read.
    """
    maps: list[mmap.mmap] = []
    try:
        there = {one.name: one for one in folder.iterdir()}
        known = {n: p for n, p in there.items() if n in {*LOGS, MANIFEST, README} and p.is_file()}
        missing = tuple(name for name in (*LOGS, MANIFEST) if name not in known)
        logs: dict[str, Records] = {}
        for name in LOGS:
            mapped = _mapped(known[name]) if name in known else b""
            if isinstance(mapped, mmap.mmap):
                maps.append(mapped)
            logs[name] = Records(mapped)
        manifest = known[MANIFEST].read_bytes() if MANIFEST in known else None
        held = Export(logs, manifest, missing, len(there) - len(known), folder)
    except OSError as error:
        raise Misuse(
            f"The export cannot be read ({type(error).__name__}).",
            remedy="Name the folder that `candour audit export` wrote, and check its permissions.",
        ) from None
    try:  # apart: what goes wrong while it is told is no fault of the export's
        yield held
    finally:
        for one in maps:
            one.close()


def records_at(folder: Path, name: str, ends: "array[int] | None" = None) -> Records:
    """Map one file of an export again, in another process; it stays open as long as that does."""
    return Records(_mapped(folder / name), ends)


def _mapped(path: Path) -> Buffer:
    with path.open("rb") as file:
        if not path.stat().st_size:  # an empty file cannot be mapped
            return b""
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def put(file: BinaryIO, record: bytes) -> None:
    """Write one record."""
    file.write(len(record).to_bytes(_LENGTH_BYTES, "big") + record)


def manifest_of(partnership: str, logs: Mapping[str, Records]) -> bytes:
    """Write the one manifest that these files have, in its exact bytes."""
    listed = {name: logs[name].listed() for name in LOGS}
    described = {"format": FORMAT, "partnership": partnership, "files": listed}
    return msgspec.json.format(msgspec.json.encode(described), indent=2) + b"\n"


def finish(folder: Path, partnership: str, readme: str) -> None:
    """Write the manifest and README.txt of a folder whose logs are written."""
    logs = {name: records_at(folder, name) for name in LOGS}
    (folder / MANIFEST).write_bytes(manifest_of(partnership, logs))
    (folder / README).write_text(readme, encoding="utf-8")
