"""A partnership played in memory whose police and hub act: the pure broker, the real consumers."""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
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


@cache
def _read(agency: str, founding: bytes) -> bytes:
    """Give the database of an agency that has read what was agreed."""
    agreed = _agreed(founding)
    return read_by(agreed.open, agency, agreed.records(agency))


class Desk(_Agreed):
    """What police, hub and probation hold and do, over one played ledger."""

    def __init__(self, folder: Path) -> None:
        """Begin where it is agreed; nobody has read anything yet."""
        vars(self).update(deepcopy(vars(_agreed(ledger.compact(ledger.founded())))))
        self._folder = folder
        self.consumers: dict[str, Consumer] = {}

    def consumer(self, agency: str, *, store: str | None = None) -> Consumer:
        """Open an agency's consumer, on a store of its own name or of another."""
        return self.open(agency, self._folder / (store or f"{agency}.sqlite"))

    def new_id(self) -> str:
        """Make a UUIDv7 that the seed fixes."""
        drawn = self._ids(16).hex()
        return f"{drawn[:8]}-{drawn[8:12]}-7{drawn[13:16]}-8{drawn[17:20]}-{drawn[20:32]}"

    def report(self, sections: dict[str, Json] | None = None, *, source: str = SOURCES[PROBATION],
               event: str = "concern_reported", **context: Json) -> str:  # fmt: skip
        """Publish a report; give its id."""
        said = self.new_id()
        context = {"basis": BASES.get(source.partition("/")[0]), **context}
        context = {name: value for name, value in context.items() if value is not None}
        given = sections or named(self.draw)
        self.played.say(source, event, given, id=said, **context)
        self._submit()
        return said

    def settle(self) -> None:
        """Let every agency read, act and say until nothing new comes."""
        read: dict[str, int] = {}
        while fresh := [one for one in SOURCES if read.get(one) != self._told(one)]:
            for agency in fresh:
                read[agency] = self._told(agency)
                self._step(agency)

    def acting(self, agency: str) -> Consumer:
        """Give an agency's consumer, opened once."""
        if agency not in self.consumers:
            where = self._folder / f"{agency}.sqlite"
            if not where.exists():
                where.write_bytes(_read(agency, self.founding))
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

    def _told(self, agency: str) -> int:
        return len(self.ledger.views.get(agency, ()))

    def _step(self, agency: str) -> None:
        consumer = self.acting(agency)
        consumer.take(self.records(agency))

        def publish(drafts: Sequence[Draft]) -> None:
            for one in drafts:
                self.publish(agency, one)

        consumer.publish_waiting(publish)
