"""What a person of an agency may do over a played ledger, in which all of it is said at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from consumers.consumer import Consumer
from consumers.disclosure.desk import Disclosing
from consumers.governance.desk import Governing
from consumers.governance.erasing import Erasing
from consumers.governance.excluding import Excluding
from consumers.intelligence.desk import Grading
from consumers.people.desk import Matching
from consumers.referrals.desk import Referring
from consumers.referrals.making import Making
from consumers.research.desk import Desk as Researching
from consumers.research.victim_information import Requesting
from consumers.responses.asking import Asking
from consumers.responses.desk import Answering
from consumers.safeguarding.desk import Deciding
from consumers.store import Wanted
from contracts.section import Practitioner
from deploy import clock
from deploy.criteria import criteria_of
from deploy.desk import DEVELOPERS
from deploy.matching import SHIPPED, weighing_of
from deploy.speaking import Said, insisted
from tests.support.stranger import sha
from tests.support.working import Working


@dataclass(frozen=True)
class Played:
    """What a person of an agency may do over a played ledger (`consumers.desk.station.Acts`)."""

    working: Working
    agency: str

    @property
    def _consumer(self) -> Consumer:
        return self.working.consumers[self.agency]

    @property
    def research(self) -> Researching:
        """Where research is completed."""
        one = self._consumer
        return Researching(one.store, one.voice, clock.uuid7, clock.random_bytes)

    @property
    def grading(self) -> Grading:
        """Where police grade, and let a sanitised copy leave."""
        return Grading(self._consumer.store, self._consumer.voice, clock.uuid7)

    @property
    def answering(self) -> Answering:
        """Where answers are given."""
        return Answering(self._consumer.store, self._consumer.voice, clock.uuid7)

    @property
    def requesting(self) -> Requesting:
        """Where a force asks for a victim's information."""
        return Requesting(self._consumer.store, self._consumer.voice, clock.uuid7)

    @property
    def asking(self) -> Asking:
        """Where other agencies are asked."""
        return Asking(self._consumer.store, self._consumer.voice, clock.uuid7)

    @property
    def matching(self) -> Matching:
        """Where persons are compared, joined and parted."""
        one = self._consumer
        return Matching(one.store, one.voice, clock.uuid7, weighing_of(SHIPPED.parent))

    @property
    def disclosing(self) -> Disclosing:
        """Where officers record the stages of a disclosure."""
        return Disclosing(self._consumer.store, self._consumer.voice, clock.uuid7)

    @property
    def referring(self) -> Referring:
        """Where people decide whom to refer."""
        return Referring(self._consumer.store, self._consumer.voice, clock.uuid7)

    @property
    def deciding(self) -> Deciding:
        """Where a person decides what no machine may."""
        return Deciding(self._consumer.store, self._consumer.voice, clock.uuid7)

    @property
    def making(self) -> Making:
        """Where referrals are made, by the criteria that are shipped."""
        one = self._consumer
        return Making(one.store, one.voice, clock.uuid7, criteria_of(SHIPPED.parent))

    @property
    def governing(self) -> Governing:
        """Where people decide about the log itself."""
        return Governing(self._consumer.store, self._consumer.voice, clock.uuid7)

    @property
    def erasing(self) -> Erasing:
        """Where people say that something is erased; there is no outbox here to look into."""
        return Erasing(self._consumer.store, self._consumer.voice, clock.uuid7, len)

    @property
    def excluding(self) -> Excluding:
        """Where people say from whom somebody's case is kept."""
        return Excluding(self._consumer.store, self._consumer.voice, clock.uuid7)

    def known_as(self, token: str) -> str:
        """Give what this agency knows a practitioner by: here only those of the provider."""
        known = {token_of(self.agency, name): name for _, name, _ in DEVELOPERS}
        return known.get(token, token)

    def time_ms(self) -> int:
        """Give the ledger's own time."""
        return self.working.log.clock_ms

    def practitioner(self, name: str, reference: str | None = None) -> Practitioner:
        """Name a person at work, with a token that their reference, else their name fixes."""
        return Practitioner(token_of(self.agency, reference or name), name)

    def viewer(self, name: str, reference: str | None = None) -> frozenset[str]:
        """List the tokens by which something may be kept from a person: by name and reference."""
        known = (self.practitioner(name, one) for one in (None, reference))
        return frozenset().union(*map(self._consumer.voice.viewer, known))

    async def act(self, wanted: Sequence[Wanted], *, wait_s: float = 0) -> Said:
        """Say what a person decided, and give what became of the first of it."""
        return await asyncio.to_thread(self._act, wanted)

    def _act(self, wanted: Sequence[Wanted]) -> Said:
        self.working.settle()
        said = [self._became(one) for one in wanted]
        for one in said:
            if one.outcome not in {"accepted", "accepted_emergency"}:
                self._consumer.refused(one.id)
                insisted(one)
        return said[0]

    def _became(self, wanted: Wanted) -> Said:
        for written in reversed(self.working.log.entries):
            recorded = written.recorded
            if recorded.findings is None or recorded.findings.id != wanted.draft.id:
                continue
            decision, index = recorded.decision, recorded.head.index
            if decision is None:
                reasons = [reason for item in recorded.items for reason in item.reasons]
                return Said(wanted.draft.id, "rejected", index, reasons)
            return Said(wanted.draft.id, decision.outcome, index, list(decision.reasons))
        raise LookupError(f"{wanted.draft.event} is not on the log")


def token_of(agency: str, name: str) -> str:
    """Give the token by which a played agency knows one of its people."""
    return sha(f"{agency}: {name}".encode())[:22]
