"""The pure broker, played: submissions in, entries out, no Kafka and no clock."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, Self

from broker.core.index import MemoryIndex
from broker.core.prepare import prepare
from broker.core.sequence import Sequencing, Submission
from broker.core.state import State
from broker.core.written import Written


def octets(submission: Mapping[str, Any]) -> bytes:
    """Give a vector's bytes: as text, as base64, or as a character many times over."""
    import base64

    if "text" in submission:
        return str(submission["text"]).encode()
    if "base64" in submission:
        return base64.b64decode(submission["base64"])
    return str(submission["repeat"]).encode() * int(submission["times"])


class Play:
    """One partnership's ledger in memory, fed one submission at a time."""

    def __init__(self, partnership: str, clock_ms: int, salt: Callable[[], bytes]) -> None:
        """Begin with an empty ledger."""
        self.partnership, self.clock_ms, self._salt = partnership, clock_ms, salt
        self.state = State()
        self.sequencing = Sequencing(partnership, self.state, MemoryIndex())
        self.entries: list[Written] = []
        self._offsets: dict[str, int] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Go on from here apart: what is written is the same in both, and never changes."""
        made = memo[id(self)] = object.__new__(type(self))
        memo.update((id(one), one) for one in self.entries)
        vars(made).update(deepcopy(vars(self), memo))
        return made

    def submit(self, agency: str, raw: bytes) -> Written:
        """Send bytes through an agency's topic; give the entry they are in."""
        return self.submit_all(agency, [raw])[-1]

    def submit_all(self, agency: str, raws: Sequence[bytes]) -> list[Written]:
        """Send several in one batch; give the entries they are in."""
        first = self._offsets.get(agency, 0)
        self._offsets[agency] = first + len(raws)
        batch = [
            Submission(
                agency, f"submissions.{self.partnership}.{agency}", agency, 0, offset,
                self.clock_ms, prepare(raw, self.state.public_keys), raw,
            )
            for offset, raw in enumerate(raws, first)
        ]  # fmt: skip
        written = self.sequencing.sequence(batch, clock_ms=self.clock_ms, salt=self._salt)
        self.entries += written
        return written

    def draw_by(self, salt: Callable[[], bytes]) -> None:
        """Draw every salt from now on from another source."""
        self._salt = salt

    def beat(self) -> Written:
        """Let nothing come for a while; give the heartbeat."""
        written = self.sequencing.heartbeat(clock_ms=self.clock_ms, salt=self._salt)
        self.entries.append(written)
        return written
