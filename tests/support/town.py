"""The partnership of the vectors, played and delivered, for tests above one statement."""

import hashlib
from typing import Any

from tests.support.delivering import Delivering
from tests.support.stranger import concern, seeded
from tests.vectors.ledger import CLOCK_MS, PARTNERSHIP, Played, begun

CASE = "tv-probation/case"
LOG_SEED = hashlib.sha256(b"candour-vector/log").digest()


class Town:
    """A founded and agreed ledger in memory, and the outboxes that write to it."""

    def __init__(self, seed: str = "town", *, exercise: bool = False) -> None:
        """Play the founding and the agreement."""
        salts = seeded(f"{seed}/salts")
        self.log = Delivering(PARTNERSHIP, CLOCK_MS, lambda: salts(16), log_seed=LOG_SEED)
        self.played: Played = begun(seed, exercise=exercise)
        self._sent = 0
        self.flow()

    def flow(self) -> None:
        """Submit what was said since the last time, and deliver it."""
        for one in self.played.submissions[self._sent :]:
            self.log.submit(one["agency"], one["submission"]["text"].encode("latin-1"))
        self._sent = len(self.played.submissions)
        self.log.deliver()

    def report(
        self, *, drop: tuple[str, ...] = (), sections: dict[str, Any] | None = None, **changes: Any
    ) -> bytes:
        """Say a concern from probation, with sections changed, and let it flow."""
        parts = {**concern(self.played.draw), **(sections or {})}
        kept = {name: value for name, value in parts.items() if name not in drop}
        raw = self.played.say(CASE, "concern_reported", kept, **changes)
        self.flow()
        return raw

    def through(self, agency: str, raw: bytes) -> None:
        """Put any bytes on an agency's topic and let them flow."""
        self.log.submit(agency, raw)
        self.log.deliver()
