"""A partnership played in memory whose police and hub act: the pure broker, the real consumers."""

import json
import shutil
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cache, lru_cache, partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from consumers.consumer import Came, Consumer
from consumers.store import Store
from consumers.worker import Voice
from contracts.draft import Draft
from contracts.duration import HOUR_MS
from contracts.opened import View
from deploy.governing import read_agreement
from deploy.workers import workers_of
from producers.partnership import Partnership
from tests.support.delivering import Delivering
from tests.support.running import DEMO
from tests.support.stranger import concern, seeded
from tests.support.working import read_by
from tests.vectors import ledger

POLICE, HUB, PROBATION = "thames-valley", "mk-hub", "tv-probation"
SOURCES = {
    POLICE: "thames-valley/intelligence",
    HUB: "mk-hub/safeguarding",
    PROBATION: "tv-probation/case",
}
BASES = {POLICE: ledger.POLICE_BASIS}

Json = Any


def agreement() -> Json:
    """Give the demonstration's agreement as the act that adopts it."""
    return json.loads(msgspec.json.encode(read_agreement(DEMO / "agreement.yaml")))


def named(draw: Callable[[int], bytes], **event: Json) -> dict[str, Json]:
    """Make a complete report about two people whose full names are known."""
    sections = concern(draw)
    sections["event"] |= event
    for n, (given, family) in enumerate((("Daniel", "Marsh"), ("Tracey", "Hill")), 1):
        sections[f"person.{n}.identity"]["names"] = [{"given": given, "family": family}]
    return sections


class _Agreed:
    """The partnership founded and agreed, before anybody has read anything."""

    def __init__(self, founding: bytes) -> None:
        self.founding = founding
        self.played = ledger.Played("desk")
        self.draw = seeded("desk-sections")
        self.ledger = Delivering(
            ledger.PARTNERSHIP, ledger.CLOCK_MS, partial(seeded("desk-salts"), 16),
            log_seed=sha256(b"candour-vector/log").digest(),
        )  # fmt: skip
        self.outboxes: dict[str, dict[str, Draft]] = {agency: {} for agency in SOURCES}
        self.published: list[tuple[str, Draft]] = []
        self._ids = seeded("desk-ids")
        act = agreement()
        self.played.govern("mk-csp", "partnership_founded", json.loads(founding))
        self.played.govern("mk-csp", "act_proposed", {"proposal": act})
        for name in (PROBATION, POLICE, HUB):
            self.played.govern(name, "act_endorsed", ledger.endorsement(act))
        self._submit()

    def open(self, agency: str, where: Path) -> Consumer:
        """Open an agency's consumer on a store."""
        voice = Voice(agency, f"/agencies/{SOURCES[agency]}", "duty manager", Partnership())
        return Consumer(
            Store(where), voice=voice, trust=self.ledger.trust, workers=workers_of(voice)
        )

    def records(self, agency: str) -> list[Came]:
        """Give an agency's views topic as it stands."""
        found = self.ledger.views.get(agency, [])
        return [Came(offset, key, value) for offset, (key, value) in enumerate(found)]

    def _submit(self) -> None:
        for one in self.played.submissions:
            self.ledger.submit(one["agency"], one["submission"]["text"].encode())
        self.played.submissions.clear()
        self.ledger.deliver()


_agreed = cache(_Agreed)


@lru_cache(64)
def _read(agency: str, founding: bytes, came: tuple[Came, ...]) -> bytes:
    """Give the database of an agency that has read so much."""
    return read_by(_agreed(founding).open, agency, came)


class Desk(_Agreed):
    """What police, hub and probation hold and do, over one played ledger."""

    def __init__(self, folder: Path) -> None:
        """Begin where it is agreed; nobody has read anything yet."""
        vars(self).update(deepcopy(vars(_agreed(ledger.compact(ledger.founded())))))
        self._folder = folder
        self.consumers: dict[str, Consumer] = {}
        self.reported: list[str] = []
        self._agreed = self._told()
        self.begin()

    def consumer(self, agency: str, *, store: str | None = None) -> Consumer:
        """Open an agency's consumer, on a store of its own name or of another.

        A new one has read what was agreed, which is the same for all.
        """
        where = self._folder / (store or f"{agency}.sqlite")
        if not where.exists():
            agreed = tuple(self.records(agency)[: self._agreed.get(agency, 0)])
            where.write_bytes(_read(agency, self.founding, agreed))
        return self.open(agency, where)

    def anew(self, agency: str, came: Sequence[Came]) -> Consumer:
        """Open a new consumer that read these records: what all begin with, once for all."""
        first = tuple(one for one in came if one.offset < self._begun.get(agency, 0))
        where = self._folder / self.new_id()
        where.write_bytes(_read(agency, self.founding, first))
        again = self.open(agency, where)
        again.take(came)
        return again

    def begin(self) -> None:
        """Note that others will go on from here too: what was told so far is the same for all."""
        self._begun = self._told()

    def apart(self, folder: Path) -> "Desk":
        """Go on from here apart: the same ledger, on copies of the databases."""
        made = object.__new__(Desk)
        held = {name: value for name, value in vars(self).items() if name != "consumers"}
        vars(made).update(deepcopy(held), consumers={}, _folder=folder)
        for agency, acting in self.consumers.items():
            acting.store.settle()
            acting.store.close()
            shutil.copyfile(self._folder / f"{agency}.sqlite", folder / f"{agency}.sqlite")
        return made

    def new_id(self) -> str:
        """Make a UUIDv7 that the seed fixes."""
        drawn = self._ids(16).hex()
        return f"{drawn[:8]}-{drawn[8:12]}-7{drawn[13:16]}-8{drawn[17:20]}-{drawn[20:32]}"

    def report(self, sections: dict[str, Json] | None = None, *, source: str = SOURCES[PROBATION],
               event: str = "concern_reported", **context: Json) -> str:  # fmt: skip
        """Publish a report; give its id."""
        self.reported.append(said := self.new_id())
        context = {"basis": BASES.get(source.partition("/")[0]), **context}
        context = {name: value for name, value in context.items() if value is not None}
        given = sections or named(self.draw)
        self.played.say(source, event, given, id=said, **context)
        self._submit()
        return said

    def settle(self) -> None:
        """Let every agency read, act and say until nothing new comes."""
        read: dict[str, int] = {}
        while fresh := [one for one in SOURCES if read.get(one) != self._told().get(one, 0)]:
            for agency in fresh:
                read[agency] = self._told().get(agency, 0)
                self._step(agency)

    def acting(self, agency: str) -> Consumer:
        """Give an agency's consumer, opened once."""
        if agency not in self.consumers:
            self.consumers[agency] = self.consumer(agency)
        return self.consumers[agency]

    def pass_hours(self, hours: float) -> None:
        """Move ledger time as a quiet night does: by a heartbeat, and nobody says anything."""
        self.ledger.clock_ms += round(hours * HOUR_MS)
        self.ledger.beat()
        self.ledger.deliver()

    def publish(self, agency: str, draft: Draft) -> None:
        """Sign a draft under its own id, once, as an outbox does."""
        outbox = self.outboxes[agency]
        if draft.id in outbox:
            return
        outbox[draft.id] = draft
        self.published.append((agency, draft))
        sections = {name: json.loads(bytes(value)) for name, value in draft.sections.items()}
        basis: Json = {"basis": BASES[agency]} if agency in BASES else {}
        if agency == HUB:
            basis = {"basis": {"regime": "uk_gdpr", "article": "uk_gdpr.6.1.e"}}
        if draft.purpose is not None:
            basis["purpose"] = draft.purpose
        self.played.say(
            SOURCES[agency], draft.event, sections, id=draft.id, urgency=draft.urgency, **basis
        )
        self._submit()

    def said(self, agency: str, event: str) -> list[Json]:
        """List the facts of every statement of one event that an agency said, in order."""
        return [
            json.loads(bytes(draft.sections["event"]))
            for by, draft in self.published
            if by == agency and draft.event == event
        ]

    def seen(self, agency: str, event: str) -> list[View]:
        """List the views of one event that an agency holds."""
        return [v for v in self.ledger.opened(agency) if v.statement.kind.name == event]

    def _told(self) -> dict[str, int]:
        return {agency: len(told) for agency, told in self.ledger.views.items()}

    def _step(self, agency: str) -> None:
        consumer = self.acting(agency)
        consumer.take(self.records(agency))

        def publish(drafts: Sequence[Draft]) -> None:
            for one in drafts:
                self.publish(agency, one)

        consumer.publish_waiting(publish)


def begun(folder: Path, *plays: Callable[[Desk], object]) -> Desk:
    """Give a desk that begins where this was played, in order: once for all that begin there."""
    return _begun(plays)[0].apart(folder)


@cache
def _begun(plays: tuple[Callable[[Desk], object], ...]) -> tuple[Desk, TemporaryDirectory[str]]:
    where = TemporaryDirectory()
    folder = Path(where.name)
    desk = begun(folder, *plays[:-1]) if plays else Desk(folder)
    for play in plays[-1:]:
        play(desk)
        desk.begin()
    return desk, where


def read_a_report(desk: Desk) -> None:
    """Let probation report a couple, and all read it."""
    desk.report()
    desk.settle()
