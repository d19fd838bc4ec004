"""A story played: submissions of any agencies, in batches of any size, and all that came of them.

As a program, `python -m tests.support.telling FILE` plays the stories of a file and prints one
digest of every byte that was recorded or sent, for a process with another hash seed to compare.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from broker.core.index import Index
from broker.core.prepare import prepare
from broker.core.sequence import Submission
from broker.core.state import State
from broker.core.written import Written
from contracts.duration import DAY_MS
from contracts.entry import TIME_KEY
from contracts.statement import digest_of
from tests.support.delivering import Delivering
from tests.support.reading import Reading, Said, said
from tests.support.stranger import seeded
from tests.support.town import LOG_SEED
from tests.vectors.ledger import CLOCK_MS, PARTNERSHIP, Played, begun

FAR_MS = CLOCK_MS + 3650 * DAY_MS
"""A clock that no append time runs ahead of."""


class Sent(NamedTuple):
    """One submission as it reaches its topic; a heartbeat where no agency sent it.

    Attributes:
        agency: whose topic.
        raw: exact bytes.
        later_ms: after the one before.
        lost: how many submissions stood before it that nobody can read.
    """

    agency: str
    raw: bytes
    later_ms: int = 0
    lost: int = 0

    def __repr__(self) -> str:
        """Say what a failing test needs to know; the bytes would fill pages."""
        return f"{self.agency}:{digest_of(self.raw)[:6]}+{self.later_ms}-{self.lost}"


class Story(NamedTuple):
    """Everything submitted to one partnership, and what its sequencer's clock says throughout."""

    clock_ms: int
    sent: tuple[Sent, ...]
    moves: str = ""

    def __repr__(self) -> str:
        """Say in short what happens."""
        return f"Story({self.moves}: {' '.join(map(repr, self.sent))})"


class Telling(Delivering):
    """A story as it is played: any number of agencies in one batch, all delivered after it."""

    def __init__(self, clock_ms: int, seed: str = "story") -> None:
        """Begin empty; `seed` fixes the salts."""
        salts = seeded(f"{seed}/salts")
        super().__init__(PARTNERSHIP, clock_ms, lambda: salts(16), log_seed=LOG_SEED)
        self.at_ms = CLOCK_MS
        self.times: dict[str, list[bytes]] = {}
        """What each agency is sent of a quiet night: a heartbeat, apart from its views."""

    def deliver(self) -> None:
        """Dispatch what was submitted since the last time, as one batch."""
        super().deliver()
        for name, held in self.views.items():
            self.times.setdefault(name, []).extend(one for at, one in held if at == TIME_KEY)
            self.views[name] = [one for one in held if one[0] != TIME_KEY]

    def tell(self, batch: Sequence[Sent]) -> list[Written]:
        """Submit a batch, all of it prepared under the keys known before it."""
        found: list[Written] = []
        submissions: list[Submission] = []
        keys = self.state.public_keys
        for one in batch:
            self.at_ms += one.later_ms
            if not one.agency:
                found += self._sequenced(submissions)
                submissions = []
                found.append(self.sequencing.heartbeat(clock_ms=self.at_ms, salt=self._salt))
                continue
            offset = self._offsets.get(one.agency, 0) + one.lost
            self._offsets[one.agency] = offset + 1
            submissions.append(
                Submission(
                    one.agency, f"submissions.{PARTNERSHIP}.{one.agency}", one.agency, 0, offset,
                    self.at_ms, prepare(one.raw, keys), one.raw,
                )
            )  # fmt: skip
        found += self._sequenced(submissions)
        self.entries += found
        return found

    def _sequenced(self, submissions: list[Submission]) -> list[Written]:
        return self.sequencing.sequence(submissions, clock_ms=self.clock_ms, salt=self._salt)


def told(story: Story, batches: Iterable[int] = ()) -> Telling:
    """Play a story in batches of these sizes, what is left in one, and deliver each."""
    telling, first = Telling(story.clock_ms), 0
    for size in (*batches, len(story.sent)):
        telling.tell(story.sent[first : first + size])
        telling.deliver()
        first += size
    return telling


def reread(telling: Telling) -> Iterator[tuple[Written, Said, Reading, list[str]]]:
    """Read each statement's entry a second time, with what is wrong in its deliveries."""
    reading = Reading()
    for one in telling.entries:
        if one.recorded.head.kind == "statement":
            statement = said(one.jws, one.disclosures or b"")
            head = json.loads(one.line)
            wrong = list(
                reading.take(head, statement, map(json.loads, map(bytes, one.body.deliveries)))
            )
            yield one, statement, reading, wrong
        for item in one.recorded.items:
            if item.id is not None and one.recorded.position is not None:
                reading.refuse(item.id, one.recorded.position.topic.rpartition(".")[2])


def digest_of_all(telling: Telling) -> str:
    """Digest every byte that was recorded or sent."""
    found = hashlib.sha256()
    for one in telling.entries:
        found.update(one.record + b"\n" + (one.disclosures or b"") + b"\n")
    for topic in (telling.views, telling.receipts):
        for name in topic:
            for at, value in topic[name]:
                found.update(name.encode() + at + value)
    for name, times in telling.times.items():
        found.update(name.encode() + b"".join(times))
    found.update("".join(telling.checkpoints).encode())
    return found.hexdigest()


def submitted(played: Played, first: int = 0) -> tuple[Sent, ...]:
    """Give what was said since the first so many."""
    return tuple(
        Sent(one["agency"], one["submission"]["text"].encode())
        for one in played.submissions[first:]
    )


def id_of(raw: bytes) -> str:
    """Give the id of a statement."""
    jws, _, texts = raw.partition(b"~")
    return str(said(jws, texts[:-1]).context["id"])


def town() -> tuple[Played, Telling]:
    """Found and agree as the vectors do; give the outboxes and the log."""
    played, telling = begun("town"), Telling(FAR_MS)
    telling.tell(submitted(played))
    return played, telling


def shown(state: State) -> dict[str, Any]:
    """Give every field of a state that counts, the order within each included."""
    return {
        one.name: list(value.items()) if isinstance(value, dict) else copy(value)
        for one in fields(State)
        if one.compare
        for value in [getattr(state, one.name)]
    }


def index_of(telling: Telling) -> Index:
    """Give the index that writing kept."""
    return telling.sequencing._index


def named(telling: Telling) -> list[Any]:
    """Name every entry by where its submission stood, since indexes move with the runs."""
    return [
        (
            one.recorded.head.kind,
            *(msgspec.structs.astuple(p) if p else (one.recorded.head.clock_at,)),
        )
        for one in telling.entries
        for p in [one.recorded.position]
    ]


def in_force(telling: Telling) -> dict[str, Any]:
    """Give a state with its indexes named by what stood there."""
    names, state = named(telling), telling.state
    waits = {name: getattr(state.waiting, name) for name in ("held", "confirming")}
    return {
        **shown(state),
        "size": None,
        "keys": [
            (k, h.agency, h.source, h.purposes, names[h.enrolled], h.revoked and names[h.revoked])
            for k, h in state.keys.held.items()
        ],
        "credentials": [
            (digest, c.agency, c.issued, c.revoked and names[c.revoked])
            for digest, c in state.keys.credentials.items()
        ],
        "proposals": [
            (digest, p.act, p.backers, p.adopted and names[p.adopted])
            for digest, p in state.proposals.items()
        ],
        "consents": replace(state.consents, said={}),
        "said": {
            token: [(w._replace(entry=0), names[w.entry]) for w in words]
            for token, words in state.consents.said.items()
        },
        "waiting": replace(state.waiting, held={}, confirming={}),
        **{
            name: {at: (replace(one, entry=0), names[one.entry]) for at, one in held.items()}
            for name, held in waits.items()
        },
    }


def spelled(told_of: Sequence[Story]) -> str:
    """Write stories for another process."""
    return json.dumps([
        [one.clock_ms, [[s.agency, base64.b64encode(s.raw).decode(), *s[2:]] for s in one.sent]]
        for one in told_of
    ])


def main() -> None:
    """Play the stories of a file, and print a digest of all that came of them."""
    found = hashlib.sha256()
    for clock_ms, sent in json.loads(Path(sys.argv[1]).read_text()):
        story = Story(clock_ms, tuple(Sent(n, base64.b64decode(r), *rest) for n, r, *rest in sent))
        found.update(digest_of_all(told(story)).encode())
    print(found.hexdigest())


if __name__ == "__main__":
    main()
