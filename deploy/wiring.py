"""The only place that joins parts: a home, its outbox, its store and the workers of its kind."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import structlog

from consumers import store as stored
from consumers.consumer import Consumer
from consumers.disclosure.desk import Disclosing
from consumers.governance.desk import Governing
from consumers.governance.erasing import Erasing
from consumers.governance.excluding import Excluding
from consumers.intelligence.desk import Grading
from consumers.people.desk import Matching
from consumers.people.weighing import Weighing
from consumers.referrals.desk import Referring
from consumers.referrals.making import Making
from consumers.research.desk import Desk
from consumers.research.looking import Looking
from consumers.research.victim_information import Requesting
from consumers.responses.asking import Asking
from consumers.responses.desk import Answering
from consumers.safeguarding.desk import Deciding
from consumers.store import Store, Wanted
from consumers.telling.sending import Sending, Told
from consumers.worker import Voice
from contracts.fault import CandourError, Misuse, Transient, Undelivered
from contracts.section import Practitioner
from deploy import clock
from deploy.connecting import connected
from deploy.criteria import criteria_of
from deploy.matching import weighing_of
from deploy.speaking import WAIT_S_MAX, Said, clear, insisted, outbox_of, say, sending
from deploy.taking_back import publish_each, take_back, taking_back
from deploy.workers import workers_of
from producers.access import arguments_of, refusal, user_of
from producers.home import Home
from producers.inbox import Inbox
from producers.lock import Busy
from producers.outbox import Outbox
from producers.partnership import Partnership
from producers.saying import known_as, viewer_of
from producers.sender import Sender, until

if TYPE_CHECKING:
    from consumers.inflow import Inflow

_log = structlog.get_logger()
STORE = "consumer.sqlite"
LOOK_S = 10.0
"""How often a consumer sees whether a connector has something to look up."""
TRY_S = 1.0
"""How often a consumer tries to become its home's sender where another process is."""


@dataclass(frozen=True)
class Acting:
    """An agency's home with all that acts in it."""

    home: Home
    outbox: Outbox
    store: Store
    consumer: Consumer
    weighing: Weighing

    @property
    def voice(self) -> Voice:
        """Who speaks here."""
        return self.consumer.voice

    @property
    def research(self) -> Desk:
        """Where research is completed."""
        return Desk(self.store, self.voice, clock.uuid7, clock.random_bytes)

    @property
    def requesting(self) -> Requesting:
        """Where a victim's information is asked for, for a line of enquiry."""
        return Requesting(self.store, self.voice, clock.uuid7)

    @property
    def looking(self) -> Looking:
        """What looks people up by itself.

        Raises:
            Misuse: the home's connectors.yaml cannot be used.
        """
        found = connected(self.home)
        return Looking(
            self.store, self.voice, found.connectors, found.retry, clock.random_bytes,
            self.weighing.pnc_pivot,
        )  # fmt: skip

    @property
    def grading(self) -> Grading:
        """Where police grade, and let a sanitised copy leave."""
        return Grading(self.store, self.voice, clock.uuid7)

    @property
    def answering(self) -> Answering:
        """Where answers are given."""
        return Answering(self.store, self.voice, clock.uuid7)

    @property
    def asking(self) -> Asking:
        """Where other agencies are asked."""
        return Asking(self.store, self.voice, clock.uuid7)

    @property
    def deciding(self) -> Deciding:
        """Where a person decides what no machine may."""
        return Deciding(self.store, self.voice, clock.uuid7)

    @property
    def referring(self) -> Referring:
        """Where people decide whom to refer, and whom to warn."""
        return Referring(self.store, self.voice, clock.uuid7)

    @property
    def making(self) -> Making:
        """Where referrals are made."""
        return Making(self.store, self.voice, clock.uuid7, criteria_of(self.home.folder))

    @property
    def disclosing(self) -> Disclosing:
        """Where officers record the stages of a disclosure."""
        return Disclosing(self.store, self.voice, clock.uuid7)

    @property
    def matching(self) -> Matching:
        """Where persons are compared, joined and parted."""
        return Matching(self.store, self.voice, clock.uuid7, self.weighing)

    @property
    def governing(self) -> Governing:
        """Where people decide about the log itself."""
        return Governing(self.store, self.voice, clock.uuid7)

    @property
    def excluding(self) -> Excluding:
        """Where people say from whom somebody's case is kept."""
        return Excluding(self.store, self.voice, clock.uuid7)

    @property
    def erasing(self) -> Erasing:
        """Where people erase, and say that they did."""
        return Erasing(self.store, self.voice, clock.uuid7, partial(clear, self.outbox))

    def practitioner(self, name: str, reference: str | None = None) -> Practitioner:
        """Name a person at work, with the agency's own token for them, by reference where given."""
        known = reference or known_as(self.outbox, name)
        return Practitioner(self.outbox.token_for("practitioner", known), name)

    def known_as(self, token: str) -> str:
        """Give what this agency knows a practitioner by; another's token as it is."""
        return self.outbox.reference_of(token) or token

    def viewer(self, name: str, reference: str | None = None) -> frozenset[str]:
        """List the tokens by which something may be kept from a person: by name and reference."""
        return self.voice.viewer(self.practitioner(name, reference))

    def time_ms(self) -> int:
        """Give the time that something said now carries: in an exercise the ledger's."""
        with self.outbox.database.read() as db:
            return self.outbox.time_ms(db)

    @cached_property
    def inflow(self) -> "Inflow":
        """What brings views in and hands drafts to the outbox."""
        # Not above: what reads Kafka takes longest to import, and most commands never run it.
        from consumers.inflow import Inflow

        agency = self.home.agency
        return Inflow(
            self.consumer,
            address=agency.kafka,
            access=arguments_of(self.home),
            group=f"{user_of(agency.partnership, agency.agency)}.{agency.system}.consumer",
            publish=partial(publish_each, self.outbox, self.consumer),
            is_ready=self.is_ready,
        )

    async def run(self, *, take_over: bool = False) -> None:
        """Consume, act and send until cancelled.

        Args:
            take_over: act in place of another source of the agency, as `catch_up`.

        Raises:
            Misuse: another source of the agency acts.
        """
        if take_over:
            await self.read()
            self.consumer.take_over()
        with self._telling():
            late = taking_back(self.outbox, self.consumer)
            works = (self._send(), self.inflow.run(), self._look(), late)
            tasks = [asyncio.create_task(one) for one in works]
            try:
                ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for one in ended:
                    one.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def told(self) -> Told | None:
        """Give whom this agency tells that something waits; None where nobody is configured.

        Raises:
            Misuse: channels.yaml cannot be used; every defect by line.
        """
        # Not above: mail, web and Notify are for what tells, not for every command.
        from deploy.telling import channels

        return channels.read(
            self.home.folder, agency=self.voice.agency, rules=self.voice.partners.rules,
            viewer=lambda name: viewer_of(self.outbox, name),
        )  # fmt: skip

    def _telling(self) -> AbstractContextManager[object]:
        """Tell beside the loop while a block runs, where somebody is configured."""
        told = self.told()
        if told is None:
            _log.warning(
                "nobody_is_told",
                remedy="Write channels.yaml; deploy/telling/channels.yaml is one to copy.",
            )
            return nullcontext()
        from deploy.telling.running import telling

        sending = Sending(self.store, told, now_ms=clock.now_ms)
        return telling(sending, told.every(), may_begin=lambda: self.inflow.has_begun)

    async def _tell_now(self) -> None:
        """Tell what is due, once, where somebody is configured."""
        told = self.told()
        if told is not None:
            from deploy.telling.running import tell_now

            await tell_now(Sending(self.store, told, now_ms=clock.now_ms), told.every())

    async def catch_up(self, *, take_over: bool = False) -> int:
        """Read to the end as seen now, act, send, wait for receipts; again until nothing comes.

        Args:
            take_over: act in place of another source of the agency.

        Returns:
            How many statements were said.

        Raises:
            Misuse: there is something to say, and another source of the agency says it.
            Transient: Kafka is away, or a receipt did not come in time.
        """
        total = 0
        async with sending(self.outbox):
            while True:
                read = await self.read()
                if take_over:
                    self.consumer.take_over()
                    take_over = False
                await self._within(self.is_ready, "the outbox did not read its views")
                spoken = await asyncio.to_thread(self.inflow.publish_waiting)
                await self._within(lambda: self.outbox.undecided() == 0, "a receipt did not come")
                take_back(self.outbox, self.consumer)
                total += spoken
                if not read and not spoken:
                    await self._tell_now()
                    return total

    async def unread(self) -> int:
        """Count what the agency was sent that the store here has not; take nothing in.

        Raises:
            Transient: Kafka is away, or refuses this home.
        """
        return await self._asked(self.inflow.unread)

    async def read(self) -> int:
        """Take in everything the agency was sent, as of now; publish nothing.

        Returns:
            How many records were new.

        Raises:
            Transient: as `unread`.
        """
        return await self._asked(self.inflow.read_to_end)

    async def _asked(self, ask: Callable[[], Awaitable[int]]) -> int:
        try:
            return await ask()
        except Transient:
            why = await refusal(self.home.agency.kafka, arguments_of(self.home))
            if why is None:
                raise
            raise Transient(why.text, remedy=why.remedy) from None

    def is_ready(self) -> bool:
        """Say whether the outbox has read at least what the consumer has."""
        inbox = Inbox(self.outbox)
        return inbox.position(inbox.views) >= self.consumer.position()

    async def act(self, wanted: Sequence[Wanted], *, wait_s: float = WAIT_S_MAX) -> Said:
        """Say what a person decided, and wait for what became of the first of it.

        What the log does not accept is taken back here too: a list must not show as done what
        nobody was told.

        Raises:
            Misuse: it was not accepted; the text gives each reason's remedy.
            Undelivered: no receipt came in time; it is stored and goes on being sent.
        """
        said = [await self._say(one, wanted, wait_s) for one in wanted]
        return said[0]

    async def _say(self, one: Wanted, together: Sequence[Wanted], wait_s: float) -> Said:
        try:
            said = await say(self.outbox, one.draft, wait_s=wait_s)
            if said.outcome not in {"accepted", "accepted_emergency"}:
                return insisted(said)
        except Misuse:
            for other in together[together.index(one) :]:
                self.consumer.refused(other.draft.id)
            raise
        except Undelivered:
            # `candour outbox run` sends what the outbox has: what goes with this goes out too.
            self.outbox.publish_all([each.draft for each in together[together.index(one) + 1 :]])
            raise
        with self.store.write() as db:
            stored.mark_published(db, one.draft.id)
        return said

    async def _send(self) -> None:
        """Send for the home, or stand by while another process does."""
        while True:
            try:
                await Sender(self.outbox, what="candour consumer run").run()
            except Busy:
                await asyncio.sleep(TRY_S)

    async def _look(self) -> None:
        """Let connectors look people up, beside all else: a slow system delays nobody."""
        from consumers.inflow import may_pass

        looking: Looking | None = None
        told = ""
        while True:
            try:
                looking = looking or self.looking
                if await looking.once(self.time_ms()):
                    self.inflow.wake()
                told = ""
            except CandourError as fault:
                if fault.text != told:
                    _log.warning("connectors_rest", fault=fault.text, remedy=fault.remedy)
                told = fault.text
            except Exception as fault:  # noqa: BLE001 - reports go on being taken in
                if not may_pass(fault):
                    _log.error("connectors_failed", error=type(fault).__name__)
            await asyncio.sleep(LOOK_S)

    async def _within(self, holds: Callable[[], bool], otherwise: str) -> None:
        if not await until(holds, WAIT_S_MAX):
            raise Transient(
                f"Within {WAIT_S_MAX:.0f} seconds {otherwise}.",
                remedy="Is the broker running, and Kafka? Then give this again: nothing is lost.",
            )


def open_acting(home: Home, *, anew: bool = False) -> Acting:
    """Open a home with all that acts in it; `anew`, its store forgets (`Store.forget`) first.

    Raises:
        Misuse: the home pins no log key, or another version of this program made its store.
    """
    outbox = outbox_of(home)
    store = Store(home.agency.store or home.folder / STORE, anew=anew)
    voice = replace(voice_of(home), by_name=lambda name: viewer_of(outbox, name) or frozenset())
    weighing = weighing_of(home.folder)
    workers = workers_of(voice, weighing, home.folder)
    consumer = Consumer(store, voice=voice, trust=home.trust, workers=workers)
    return Acting(home, outbox, store, consumer, weighing)


def voice_of(home: Home) -> Voice:
    """Give who speaks from a home, its partnership not read yet."""
    agency = home.agency
    return Voice(agency.agency, home.source, agency.accountable, Partnership(), home.credential)
