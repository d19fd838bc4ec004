"""An export judged by somebody who trusts only their own trust file.

Order: folder and manifest, then every entry (commitments, decision, streams), the tree against
every signed checkpoint, and meanwhile signatures, digests and findings in worker processes.
Everything is looked at, whatever fails first; what fails is named by entry index and by name.
"""

import gc
from collections.abc import Callable

import msgspec

from broker.core.decider import NEWEST
from broker.core.tree import Tree
from consumers.audit.checking import ABSENT, Checking, Seal, keys_of
from consumers.audit.container import (
    CHECKPOINTS,
    DISCLOSURES,
    LEDGER,
    LOGS,
    MANIFEST,
    Export,
    manifest_of,
)
from consumers.audit.defect import PRECEDENCE, Defect, Exit
from consumers.audit.erasures import erased_by
from consumers.audit.following import Following, Read, is_opened, read_entry
from consumers.audit.streams import Watch
from consumers.audit.verdict import ErasedBy, Tally, Trusted, Verdict
from contracts import base64url, proof
from contracts.entry import Head, Item
from contracts.finding import EXAMINER, Findings

REPORT_EVERY = 5_000


def verify(
    export: Export,
    trust: Trusted,
    *,
    workers: int = 0,
    say: Callable[[int, int], None] = lambda _done, _all: None,
) -> Verdict:
    """Judge an export.

    Args:
        export: opened.
        trust: the auditor's own.
        workers: processes for signatures and digests; 0 does it here. The verdict is the same.
        say: told of progress as (entries done, entries in all).
    """
    return _Audit(export, trust, say).run(workers)


class _Audit:
    """One run over one export."""

    def __init__(self, export: Export, trust: Trusted, say: Callable[[int, int], None]) -> None:
        self.export, self.trust, self.say = export, trust, say
        self.tally = Tally()
        self.watch = Watch(self.tally)
        self.ledger = export.logs[LEDGER]
        self.partnership = self._partnership()
        self.following = Following(self.partnership)
        self.tree = Tree()
        self.decided = 0
        self.not_kept = 0
        self.follows = True
        self.founded = False
        self.sections: dict[bytes, int] = {}
        self.unsigned: set[int] = set()
        self.erased: dict[bytes, int] = {}
        self.gone: dict[int, list[int]] = {}

    def run(self, workers: int) -> Verdict:
        """Run every check."""
        self._folder()
        self._sections()
        wanted = self._wanted()
        gc.disable()  # what is folded lives until the verdict, and would be walked ever again
        checking = Checking(
            self.export, keys_of(self.ledger), _seal(self.trust), wanted, workers=workers
        )
        try:
            self._entries()
            self._checkpoints(list(checking.checkpoints()))
            for entry, defect in checking.statements():
                self._stated(entry, defect)
        finally:
            checking.close()
        for entry, at in wanted:
            if at != ABSENT and self._erased_at(entry) is not None:
                self.tally.at(Defect.NOT_ERASED, entry)
            gc.enable()
        self.watch.end(self.following.state)
        return self._verdict(len(wanted))

    def _partnership(self) -> str:
        """Say by whose rules to judge: another's than the trust file names, where all agree on it.

        Of another partnership's export one thing is wrong, and not every entry of it.
        """
        stated = _members(self.export.manifest or b"").get("partnership")
        first = read_entry(self.ledger[0]) if len(self.ledger) else None
        other = first is not None and first.head.partnership == stated
        return str(stated) if other else self.trust.partnership

    def _folder(self) -> None:
        export, tally = self.export, self.tally
        for name in export.missing:
            tally.of(Defect.FILE_MISSING, name)
        if export.unknown:
            tally.of(Defect.FILE_UNKNOWN, f"{export.unknown} unknown")
        for name in LOGS:
            if not export.logs[name].whole:
                tally.of(Defect.FILE_BROKEN, name)
        if export.manifest is None:
            return
        expected = manifest_of(self.partnership, export.logs)
        stated, rightly = _members(export.manifest), _members(expected)
        if stated.get("partnership", self.trust.partnership) != self.trust.partnership:
            tally.of(Defect.PARTNERSHIP_OTHER, MANIFEST)
        if export.manifest == expected:
            return
        differ = [name for name in LOGS if stated.get(name) != rightly.get(name)]
        for name in differ or [MANIFEST]:
            if name not in export.missing:
                tally.of(Defect.MANIFEST_DIFFERS, name)

    def _sections(self) -> None:
        """Find each statement's sections by its digest."""
        records = self.export.logs[DISCLOSURES]
        for number in range(0, len(records) - 1, 2):
            key = records[number]
            if key in self.sections:
                self.tally.of(Defect.DISCLOSURE_UNKNOWN, f"record {number}: twice")
            self.sections[key] = number + 1
        if len(records) % 2:
            self.tally.of(Defect.FILE_BROKEN, DISCLOSURES)

    def _wanted(self) -> list[tuple[int, int]]:
        """List every statement's entry with where its sections stand."""
        wanted: list[tuple[int, int]] = []
        for number, record in enumerate(self.ledger):
            digest = _digest_of(record)
            if digest is not None:
                wanted.append((number, self.sections.get(digest, ABSENT)))
        known = {at for _, at in wanted}
        for at in self.sections.values():
            if at not in known:
                self.tally.of(Defect.DISCLOSURE_UNKNOWN, f"record {at - 1}")
        return wanted

    def _entries(self) -> None:
        leaves: list[bytes] = []
        for number, record in enumerate(self.ledger):
            leaves.append(proof.leaf_hash(_line(record)))
            read = read_entry(record)
            if read is None:
                self.tally.at(Defect.ENTRY_UNREADABLE, number)
                self.follows = False
            else:
                self._entry(number, read)
            if not number % REPORT_EVERY:
                self.say(number, len(self.ledger))
        self.tree.append(leaves)
        self.say(len(self.ledger), len(self.ledger))
        if not self.founded and self.follows:
            self.tally.of(Defect.FOUNDING_MISSING, LEDGER)

    def _entry(self, number: int, read: Read) -> None:
        head = read.head
        if head.kind == "statement" and head.kid is None:
            self.unsigned.add(number)
        if head.index != number or head.partnership != self.partnership:
            self.tally.at(Defect.INDEX_WRONG, number)
            self.follows = False
        founding = self.following.state.founding
        self.watch.entry(read, is_live=founding is not None and not founding.exercise)
        if not self.follows:
            if not is_opened(read):
                self.tally.at(Defect.COMMITMENT_UNOPENED, number)
            return
        followed = self.following.follow(read, self._disclosures(head))
        if isinstance(followed, Defect):
            self.tally.at(followed, number)
            self.follows = False
            return
        self.decided += 1
        if followed is not None:
            self._followed(read, followed)
        elif head.kind == "refusals":
            items = [msgspec.json.decode(exact, type=Item) for exact in read.body.items]
            self.not_kept += len(items)
            self.watch.items(items, number)

    def _disclosures(self, head: Head) -> bytes | None:
        """Give the sections of an unverified emergency; no other decision reads any."""
        at = self.sections.get((head.statement or "").encode())
        if at is None or head.kid is not None:
            return None
        return self.export.logs[DISCLOSURES][at]

    def _followed(self, read: Read, findings: Findings) -> None:
        self.watch.statement(read, findings)
        if findings.event == "erasure_endorsed":
            for digest in erased_by(read.record):
                self.erased.setdefault(digest.encode(), read.head.index)
        if findings.founding is not None:
            self.founded = True
            if findings.founding.founding.log_key != self.trust.log_key:
                self.tally.at(Defect.FOUNDED_ON_OTHER_KEY, read.head.index)

    def _stated(self, entry: int, defect: str) -> None:
        """Name a statement that does not hold; a signature may fail where the log says so.

        Sections may be missing where the log erased them; then the entry that did is told.
        """
        authority = self._erased_at(entry) if defect in _ABSENCES else None
        if authority is not None:
            self.gone.setdefault(authority, []).append(entry)
        elif defect:
            self.tally.at(Defect.of(defect), entry)
        elif entry not in self.unsigned:
            self.tally.at(Defect.SIGNATURE_INVALID, entry)

    def _erased_at(self, entry: int) -> int | None:
        """Give the entry that erased a statement, None where none did."""
        return self.erased.get(_digest_of(self.ledger[entry]) or b"")

    def _checkpoints(self, opened: list[tuple[int, bytes] | None]) -> None:
        tally, size = self.tally, self.tree.size
        signed = [(n, *one) for n, one in enumerate(opened) if one is not None]
        if not opened:
            tally.of(Defect.CHECKPOINTS_NONE, CHECKPOINTS)
        elif not signed:
            tally.of(Defect.UNTRUSTED, CHECKPOINTS)
        else:
            for number, one in enumerate(opened):
                if one is None:
                    tally.of(Defect.CHECKPOINT_UNSIGNED, f"checkpoint {number}")
        last = 0
        for number, covers, root in signed:
            if covers < last:
                tally.of(Defect.CHECKPOINT_FELL, f"checkpoint {number}")
            elif covers <= size and self.tree.root(covers) != root:
                tally.of(
                    Defect.ROOT_DIFFERS, f"checkpoint {number}: entries {last} to {covers - 1}"
                )
            last = max(last, covers)
        if last > size:
            tally.of(Defect.ENTRIES_MISSING, f"entries {size} to {last - 1}")
        elif last < size:
            tally.of(Defect.ENTRIES_UNSIGNED, f"entries {last} to {size - 1}")
        self._earlier()

    def _earlier(self) -> None:
        trust = self.trust
        if trust.size is None or trust.root is None:
            return
        known = trust.size <= self.tree.size
        if not known or base64url.encode(self.tree.root(trust.size)) != trust.root:
            self.tally.of(Defect.NOT_EXTENDED, f"at {trust.size} entries")

    def _verdict(self, statements: int) -> Verdict:
        state, founding = self.following.state, self.following.state.founding
        exits = (code for code in PRECEDENCE if self.tally.has(code))
        return Verdict(
            partnership=self.trust.partnership,
            origin=self.trust.origin,
            exercise=founding is not None and founding.exercise,
            size=self.tree.size,
            root=base64url.encode(self.tree.root()),
            ledger_time=state.ledger_time,
            examiner=EXAMINER,
            decider=state.decider or NEWEST,
            exit=int(next(exits, Exit.VERIFIED)),
            decided=self.decided,
            counts={
                **dict(sorted(self.watch.counts.items())),
                "statements": statements,
                "disclosures": len(self.sections),
                "checkpoints": len(self.export.logs[CHECKPOINTS]),
                "streams": self.watch.streams,
                "not_kept": self.not_kept,
                "erased": sum(map(len, self.gone.values())),
            },
            erased=[ErasedBy(entry=by, statements=self.gone[by]) for by in sorted(self.gone)],
            found=self.tally.found(),
        )


def _seal(trust: Trusted) -> Seal | None:
    try:
        return Seal(trust.origin, base64url.decode(trust.log_key))
    except ValueError:
        return None


def _line(record: bytes) -> bytes:
    """Give a record's first line: a head, and the leaf of the tree."""
    end = record.find(b"\n")
    return record if end < 0 else record[:end]


_STATEMENT = b'"statement":"'
_ABSENCES = frozenset({Defect.DISCLOSURES_MISSING, Defect.SECTION_MISSING})


def _digest_of(record: bytes) -> bytes | None:
    """Find a head's statement digest without decoding: the entry is read for itself later."""
    line = _line(record)
    at = line.find(_STATEMENT)
    return None if at < 0 else line[at + len(_STATEMENT) :].partition(b'"')[0]


def _members(manifest: bytes) -> dict[str, object]:
    """Read a manifest's members as far as they can be, for naming what differs."""
    try:
        read = msgspec.json.decode(manifest)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}
    if not isinstance(read, dict):
        return {}
    files = read.get("files")
    return {**read, **(files if isinstance(files, dict) else {})}
