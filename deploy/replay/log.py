"""The log of a replay: the pure broker with its deliveries, in this process and without Kafka.

What the sequencer and the dispatcher do, one submission at a time: the same core decides, writes,
proves and addresses, and what each agency would read on its topics is kept by agency.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from broker.core.dispatch import Stored, dispatch, stored
from broker.core.index import MemoryIndex
from broker.core.prepare import prepare
from broker.core.sequence import Sequencing, Submission
from broker.core.state import State
from broker.core.tree import Tree
from broker.core.written import Written
from contracts import base64url, proof, signature, topic
from contracts.finding import decode_findings
from contracts.opened import Trust, origin_of
from contracts.statement import digest_of
from deploy.replay.drawn import Draw

SALT_BYTES = 16


class Sent(NamedTuple):
    """One record of a topic: a digest, and what stands under it; None for a tombstone."""

    key: bytes
    value: bytes | None


class Log:
    """One partnership's ledger in memory.

    Attributes:
        now_ms: the exercise's time, which every clock here shows.
        entries: all of them, in order.
        views: by agency, as its topic holds them.
        receipts: likewise.
        checkpoints: signed notes, one a batch.
        submitted: what was put on agencies' topics, in order, with the agency.
        times: digests of what only moved the exercise's time on.
    """

    def __init__(self, partnership: str, *, seed: bytes, draw: Draw, now_ms: int) -> None:
        """Begin empty.

        Args:
            partnership: its id.
            seed: the log's private key, 32 bytes.
            draw: for salts.
            now_ms: when the exercise begins.
        """
        self.partnership, self.now_ms = partnership, now_ms
        self.submitted: list[tuple[str, bytes]] = []
        self.times: set[bytes] = set()
        self.state = State()
        self.entries: list[Written] = []
        self.views: dict[str, list[Sent]] = {}
        self.receipts: dict[str, list[Sent]] = {}
        self.checkpoints: list[str] = []
        self.erased: set[str] = set()
        self._sequencing = Sequencing(partnership, self.state, MemoryIndex())
        self._statements: dict[str, Stored] = {}
        self._offsets: dict[str, int] = {}
        self._tree, self._seed, self._draw = Tree(), seed, draw

    @property
    def trust(self) -> Trust:
        """Give what everybody pins."""
        key = base64url.encode(signature.public_key_of(self._seed))
        return Trust(self.partnership, origin_of(self.partnership), key)

    def submit(self, agency: str, raws: Sequence[bytes]) -> list[Written]:
        """Sequence what stands on an agency's topic, deliver it, and give the entries."""
        self.submitted += [(agency, raw) for raw in raws]
        name, known = topic.submissions(self.partnership, agency), self.state.public_keys
        first = self._offsets.get(agency, 0)
        self._offsets[agency] = first + len(raws)
        batch = [
            Submission(agency, name, agency, 0, at, self.now_ms, prepare(raw, known), raw)
            for at, raw in enumerate(raws, first)
        ]
        written = self._sequencing.sequence(
            batch, clock_ms=self.now_ms, salt=lambda: self._draw(SALT_BYTES)
        )
        self.entries += written
        for one in written:
            found = one.recorded.findings
            if found is not None and found.event == "exercise_time_set":
                self.times.add(found.statement.encode())
        self._deliver(written)
        return written

    def _deliver(self, batch: Sequence[Written]) -> None:
        for one in batch:
            if one.disclosures is not None and one.body.findings is not msgspec.UNSET:
                names = decode_findings(bytes(one.body.findings)).sections
                self._statements[digest_of(one.jws)] = stored(names, one.jws, one.disclosures)
        self._tree.append([one.leaf for one in batch])
        place = proof.Checkpoint(origin_of(self.partnership), self._tree.size, self._tree.root())
        note = proof.signed_note(place, self._seed)
        outgoing = dispatch(
            batch, self._tree, note, statements=self._statements,
            answered=self.entries.__getitem__, agencies=self.state.agencies,
        )  # fmt: skip
        for agency, key, value in outgoing.views:
            self.views.setdefault(agency, []).append(Sent(key, value))
        for agency, key, receipt in outgoing.receipts:
            self.receipts.setdefault(agency, []).append(Sent(key, receipt))
        self.erased.update(digest.decode() for digest in outgoing.erased)
        self.checkpoints.append(note)
