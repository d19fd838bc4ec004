"""What needs no state: signatures, digests, findings and checkpoints, here or in worker processes.

A worker maps the export's files itself and is sent numbers only. Keys are found by their
thumbprint, so that which key is meant is certain; whether it was in force is `following`'s.
"""

import gc
from array import array
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import msgspec

from broker.core.prepare import prepare
from consumers.audit.container import CHECKPOINTS, DISCLOSURES, LEDGER, Export, Records, records_at
from consumers.audit.defect import Defect
from consumers.audit.following import UNREADABLE, in_recorded_order
from contracts import base64url, proof, signature
from contracts.entry import Body, exact_bytes, split_entry
from contracts.event import name_of
from contracts.event.control import AgencyAdmitted, KeyEnrolled, KeyRotated
from contracts.finding import decode_findings
from contracts.reason import Reason
from contracts.statement import Refused, parse

CHUNK = 256
ABSENT = -1


class Seal(NamedTuple):
    """Whose checkpoints count."""

    origin: str
    public_key: bytes


class Checker:
    """Checks entries and checkpoints by number."""

    def __init__(
        self, logs: Mapping[str, Records], keys: Mapping[str, bytes], seal: Seal | None
    ) -> None:
        """Take the export's records.

        Args:
            logs: by file name.
            keys: every public key that the log ever knew, by thumbprint.
            seal: None where the trust file's key is no key.
        """
        self._logs, self._keys, self._seal = logs, keys, seal

    def statements(self, asked: list[tuple[int, int]]) -> list[tuple[int, str]]:
        """Check statements, each given as entry and number of its sections' record, or `ABSENT`.

        Returns:
            (entry, defect) for those that do not hold; an empty defect for one whose signature
            fails, which the log may have delivered as unverified.
        """
        found: list[tuple[int, str]] = []
        for entry, sections in asked:
            defect = self._statement(entry, sections)
            if defect is not None:
                found.append((entry, defect))
        return found

    def checkpoints(self, first: int, end: int) -> list[tuple[int, bytes] | None]:
        """Open checkpoints `first` to `end - 1`: (size, root), or None for an unsigned one."""
        return [self._checkpoint(self._logs[CHECKPOINTS][number]) for number in range(first, end)]

    def _statement(self, entry: int, sections: int) -> str | None:
        try:
            line, body_json, jws = split_entry(self._logs[LEDGER][entry])
            recorded = exact_bytes(_body(body_json).findings)
        except UNREADABLE:
            return None  # named by whoever reads the entry
        if sections == ABSENT:
            return self._bare(jws, recorded, Defect.DISCLOSURES_MISSING)
        disclosures = self._logs[DISCLOSURES][sections]
        prepared = prepare(b"%b~%b~" % (jws, disclosures), self._keys)
        if prepared.reason in _UNSIGNED:
            return ""
        if prepared.reason == Reason.SECTION_ABSENT:
            return self._bare(jws, recorded, Defect.SECTION_MISSING)
        if prepared.reason is not None:
            return self._bare(jws, recorded, Defect.DISCLOSURE_ALTERED)
        if recorded != prepared.findings and b'"kid"' not in line:
            disclosures = in_recorded_order(disclosures, recorded)
            prepared = prepare(b"%b~%b~" % (jws, disclosures), self._keys)
        return None if recorded == prepared.findings else str(Defect.FINDINGS_DIFFER)

    def _bare(self, jws: bytes, recorded: bytes, otherwise: Defect) -> str:
        """Check what the signed part alone can show, where its sections are missing or altered."""
        try:
            parsed = parse(jws + b"~")
        except Refused:
            return ""
        key = self._keys.get(parsed.kid)
        if key is None or not signature.is_valid(key, parsed.signed, parsed.signature):
            return ""
        try:
            stated = decode_findings(recorded)
        except UNREADABLE:
            return str(Defect.FINDINGS_DIFFER)
        context = parsed.context
        same = (
            (stated.kid, parsed.kid),
            (stated.id, context.id),
            (stated.source, context.source),
            (stated.partnership, context.partnership),
            (stated.event, name_of(context.type)),
            (stated.purpose, context.purpose),
            (stated.basis, context.basis),
            (stated.agreement, context.agreement),
            (stated.classification, context.classification),
            (stated.urgency, context.urgency),
            (stated.time, parsed.time_ms),
        )
        holds = all(recorded_as == signed_as for recorded_as, signed_as in same)
        return str(otherwise if holds else Defect.FINDINGS_DIFFER)

    def _checkpoint(self, note: bytes) -> tuple[int, bytes] | None:
        if self._seal is None:
            return None
        try:
            opened = proof.open_note(
                note.decode(), origin=self._seal.origin, public_key=self._seal.public_key
            )
        except (proof.CheckpointRefused, UnicodeError):
            return None
        return opened.size, opened.root


_UNSIGNED = frozenset({Reason.KEY_UNKNOWN, Reason.SIGNATURE_INVALID})
_body = msgspec.json.Decoder(Body).decode


def keys_of(ledger: Records) -> dict[str, bytes]:
    """Find every public key that a founding or an act names, by its thumbprint."""
    keys: dict[str, bytes] = {}
    for record in ledger:
        if b'"public_key"' not in record:
            continue
        try:
            findings = decode_findings(exact_bytes(_body(split_entry(record)[1]).findings))
        except UNREADABLE:
            continue  # named by whoever reads the entry
        named = findings.founding.founding.agencies if findings.founding else []
        held = [key for agency in named for key in agency.keys]
        if isinstance(findings.proposal, AgencyAdmitted):
            held += findings.proposal.agency.keys
        elif isinstance(findings.proposal, (KeyEnrolled, KeyRotated)):
            held.append(findings.proposal.key)
        for key in held:
            _take(keys, key.public_key)
    return keys


def _take(keys: dict[str, bytes], text: str) -> None:
    try:
        public_key = base64url.decode(text)
    except ValueError:
        return
    keys[signature.thumbprint(public_key)] = public_key


class Checking:
    """Checks handed out in chunks; answers come back in order, whoever made them."""

    def __init__(
        self,
        export: Export,
        keys: Mapping[str, bytes],
        seal: Seal | None,
        wanted: list[tuple[int, int]],
        *,
        workers: int,
    ) -> None:
        """Hand the work out.

        Args:
            export: opened; one in memory only is checked here.
            keys: from `keys_of`.
            seal: whose checkpoints count.
            wanted: statements as `Checker.statements` takes them.
            workers: processes; 0 checks here.
        """
        notes = len(export.logs[CHECKPOINTS])
        self._chunks = [wanted[at : at + CHUNK] for at in range(0, len(wanted), CHUNK)]
        self._notes = [(at, min(at + CHUNK, notes)) for at in range(0, notes, CHUNK)]
        self._here = Checker(export.logs, keys, seal)
        self._pool: ProcessPoolExecutor | None = None
        if workers and export.folder is not None:
            ends = {name: records.ends for name, records in export.logs.items()}
            self._pool = ProcessPoolExecutor(
                workers,
                get_context("spawn"),
                initializer=partial(_begin, export.folder, ends, dict(keys), seal),
            )
            self._stated = [self._pool.submit(_statements, chunk) for chunk in self._chunks]
            self._noted = [self._pool.submit(_checkpoints, *span) for span in self._notes]

    def statements(self) -> Iterator[tuple[int, str]]:
        """Give what does not hold, in ledger order."""
        for at, chunk in enumerate(self._chunks):
            here = self._pool is None
            yield from self._here.statements(chunk) if here else self._stated[at].result()

    def checkpoints(self) -> Iterator[tuple[int, bytes] | None]:
        """Give every checkpoint in order."""
        for at, span in enumerate(self._notes):
            here = self._pool is None
            yield from self._here.checkpoints(*span) if here else self._noted[at].result()

    def close(self) -> None:
        """End the workers."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


_checker: list[Checker] = []


def _begin(
    folder: Path, ends: "dict[str, array[int]]", keys: dict[str, bytes], seal: Seal | None
) -> None:
    """Begin a worker's life: it maps the same files, where the first process found records."""
    logs = {name: records_at(folder, name, found) for name, found in ends.items()}
    _checker[:] = [Checker(logs, keys, seal)]
    gc.collect()
    gc.freeze()


def _statements(asked: list[tuple[int, int]]) -> list[tuple[int, str]]:
    return _checker[0].statements(asked)


def _checkpoints(first: int, end: int) -> list[tuple[int, bytes] | None]:
    return _checker[0].checkpoints(first, end)
