"""The shipped partnership at work in memory: the pure broker, every agency's real consumer.

No Kafka and no outbox: what a consumer wants said is signed at once under its own id. For what
rules and desks make of many statements; no test of delivery itself uses it.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from consumers.consumer import Came, Consumer
from consumers.store import Store
from consumers.worker import Voice
from contracts.draft import Draft
from deploy.workers import workers_of
from producers.partnership import Partnership
from tests.matrix.partnership import (
    AGREEMENTS,
    IN_FORCE,
    LOG_SEED,
    PARTNERSHIP,
    Script,
    at_ms,
    kinds,
)
from tests.support.delivering import Delivering
from tests.support.stranger import Key, seeded, text_of

Json = Any


class Agreed(Script):
    """The partnership founded, with all agreements in force, and nothing said yet."""

    def __init__(self) -> None:
        """Found it, vouch for its officers, and agree."""
        super().__init__("agreed", log_key=text_of(Key.of(LOG_SEED).public))
        salt = partial(seeded("agreed/salts"), 16)
        self.log = Delivering(PARTNERSHIP, at_ms(IN_FORCE), salt, log_seed=LOG_SEED)
        self._sent = 0
        self.found()
        self.vouch()
        for name in AGREEMENTS:
            self.adopt(name)
        self._submit()

    def _submit(self) -> None:
        """Put what was said since on the ledger, an agency's together, and deliver it."""
        waiting = self.submissions[self._sent :]
        self._sent = len(self.submissions)
        for agency in dict.fromkeys(agency for agency, _ in waiting):
            self.log.submit_all(agency, [raw for by, raw in waiting if by == agency])
        if waiting:
            self.log.deliver()

    def consumer(self, agency: str, where: Path | str) -> Consumer:
        """Open an agency's consumer on a store, as it stands."""
        voice = self.voice(agency)
        return Consumer(Store(where), voice=voice, trust=self.log.trust, workers=workers_of(voice))

    def voice(self, agency: str) -> Voice:
        """Give who speaks for an agency, before it has read anything."""
        return Voice(agency, f"/agencies/{agency}/case", "duty manager", Partnership())

    def records(self, agency: str, first: int = 0) -> list[Came]:
        """Give an agency's views topic from a place on."""
        found = self.log.views.get(agency, [])[first:]
        return [Came(at, key, value or None) for at, (key, value) in enumerate(found, first)]


_agreed = cache(Agreed)


@cache
def _read(agency: str) -> bytes:
    """Give the database of an agency that has read what was agreed."""
    return read_by(_agreed().consumer, agency, _agreed().records(agency))


def read_by(opened: Callable[[str, Path], Consumer], agency: str, records: Sequence[Came]) -> bytes:
    """Give the file of a database once an agency's consumer has taken records in."""
    with TemporaryDirectory() as folder:
        held = Path(folder) / "read.sqlite"
        consumer = opened(agency, held)
        consumer.take(records)
        consumer.store.settle()
        consumer.store.close()
        return held.read_bytes()


class Working(Agreed):
    """Every agency reads, acts and says, over one played ledger with all agreements in force."""

    def __init__(
        self, seed: str, *, store: Callable[[str], Path | str], acting: Iterable[str] = ()
    ) -> None:
        """Begin where it is agreed, as everybody does; everybody who acts has read that.

        Args:
            seed: fixes every salt and id from there on.
            store: gives each agency's database: a file, or a URL.
            acting: the agencies whose consumers run; all, where none is named.
        """
        vars(self).update(deepcopy(vars(_agreed())))
        self.log.draw_by(partial(seeded(f"{seed}/salts"), 16))
        self.draw_by(seeded(seed))
        self.said_by: list[tuple[str, Draft]] = []
        """What consumers said, in order, with the agency; `said_at` the ledger's time then."""
        self.said_at: dict[str, int] = {}
        self._taken: dict[str, int] = {}
        self._where: dict[str, Path | str] = {}
        self._ids: set[str] = set()
        self.consumers: dict[str, Consumer] = {}
        for agency in acting or kinds():
            where = self._where[agency] = store(agency)
            if isinstance(where, Path):
                where.write_bytes(_read(agency))
            self.consumers[agency] = self.consumer(agency, where)
            self._taken[agency] = self.consumers[agency].position()
        self.settle()

    def apart(self, folder: Path) -> "Working":
        """Go on from here apart: the same ledger, on copies of the databases, which are files."""
        made = object.__new__(Working)
        held = {name: value for name, value in vars(self).items() if name != "consumers"}
        vars(made).update(deepcopy(held), consumers={})
        for agency, where in self._where.items():
            self.consumers[agency].store.settle()
            copy = Path(shutil.copyfile(where, folder / Path(where).name))
            made._where[agency], made.consumers[agency] = copy, made.consumer(agency, copy)
        return made

    def move(self, at: int) -> None:
        """Move ledger time on, as quiet minutes do; it never goes back."""
        if at > self.log.clock_ms:
            self.log.clock_ms = at
            self.log.beat()
            self.log.deliver()

    def settle(self) -> None:
        """Let every agency read, act and say until nothing new comes."""
        self._submit()
        acted: set[str] = set()
        while fresh := [one for one in self.consumers if one not in acted or self._fresh(one)]:
            acted.update(fresh)
            for agency in fresh:
                self._step(agency)
            self._submit()

    def close(self) -> None:
        """Give every store back."""
        for one in self.consumers.values():
            one.store.close()

    def events(self, agency: str, event: str) -> list[Json]:
        """List the facts of every statement of one event that an agency's consumer said."""
        return [
            facts_of(draft) for by, draft in self.said_by if by == agency and draft.event == event
        ]

    def _fresh(self, agency: str) -> list[Came]:
        return self.records(agency, self._taken.get(agency, 0))

    def _step(self, agency: str) -> None:
        consumer, came = self.consumers[agency], self._fresh(agency)
        self._taken[agency] = self._taken.get(agency, 0) + len(came)
        if came:
            consumer.take(came)
        consumer.publish_waiting(lambda drafts: self._say_all(agency, drafts))

    def _say_all(self, agency: str, drafts: Sequence[Draft]) -> None:
        for one in drafts:
            if one.id in self._ids:
                continue
            self._ids.add(one.id)
            self.said_by.append((agency, one))
            self.said_at[one.id] = self.log.clock_ms
            sections = {name: json.loads(bytes(value)) for name, value in one.sections.items()}
            given: dict[str, Json] = {"id": one.id, "urgency": one.urgency}
            if one.purpose is not None:
                given["purpose"] = one.purpose
            self.say(f"{agency}/case", one.event, sections, **given)


def facts_of(draft: Draft) -> Json:
    """Give the facts that a draft states."""
    return json.loads(bytes(draft.sections["event"]))


def files_in(folder: Path) -> Callable[[str], Path]:
    """Give each agency a database file of its own."""
    return lambda agency: folder / f"{agency}.sqlite"
