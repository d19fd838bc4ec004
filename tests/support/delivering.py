"""The pure broker with its deliveries: what each agency would read on its topics, no Kafka.

For what is pure above the log (rules, tasks, audit). No test of delivery itself uses it.
"""

from collections.abc import Callable

import msgspec

from broker.core.dispatch import Stored, dispatch, stored
from broker.core.tree import Tree
from contracts import base64url, proof, signature
from contracts.finding import decode_findings
from contracts.opened import Elapsed, Notice, Trust, View, open_view, origin_of
from contracts.statement import digest_of
from tests.support.playing import Play


class Delivering(Play):
    """A played ledger whose views, receipts and checkpoints are kept by agency."""

    def __init__(
        self, partnership: str, clock_ms: int, salt: Callable[[], bytes], *, log_seed: bytes
    ) -> None:
        """Begin empty; `log_seed` is the log's private key."""
        super().__init__(partnership, clock_ms, salt)
        self.tree = Tree()
        self.views: dict[str, list[tuple[bytes, bytes]]] = {}  # a tombstone is empty
        self.receipts: dict[str, list[tuple[bytes, bytes]]] = {}
        self.checkpoints: list[str] = []
        self.statements: dict[str, Stored] = {}
        self._seed = log_seed
        self._delivered = 0

    @property
    def trust(self) -> Trust:
        """Give what an agency or auditor would have pinned."""
        key = base64url.encode(signature.public_key_of(self._seed))
        return Trust(self.partnership, origin_of(self.partnership), key)

    def deliver(self) -> None:
        """Dispatch what was submitted since the last time, as one batch."""
        batch = self.entries[self._delivered :]
        self._delivered = len(self.entries)
        for one in batch:
            if one.disclosures is not None and one.body.findings is not msgspec.UNSET:
                names = decode_findings(bytes(one.body.findings)).sections
                self.statements[digest_of(one.jws)] = stored(names, one.jws, one.disclosures)
        self.tree.append([one.leaf for one in batch])
        note = proof.signed_note(
            proof.Checkpoint(origin_of(self.partnership), self.tree.size, self.tree.root()),
            self._seed,
        )
        outgoing = dispatch(
            batch, self.tree, note, statements=self.statements, answered=self.entries.__getitem__,
            agencies=self.state.agencies,
        )  # fmt: skip
        for agency, key, value in outgoing.views:
            self.views.setdefault(agency, []).append((key, value or b""))
        for agency, key, value in outgoing.receipts:
            self.receipts.setdefault(agency, []).append((key, value))
        self.checkpoints.append(note)

    def opened(self, agency: str) -> list[View]:
        """Prove and read every view an agency was sent so far."""
        return [one for one in self.told(agency) if isinstance(one, View)]

    def told(self, agency: str) -> list[View | Notice]:
        """Prove and read every view and notice an agency was sent so far, tombstones apart."""
        keys = self.state.public_keys.get
        held = [value for _, value in self.views.get(agency, []) if value]
        opened = (open_view(value, self.trust, keys, to=agency) for value in held)
        return [one for one in opened if not isinstance(one, Elapsed)]
