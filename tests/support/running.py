"""A partnership on real Kafka: founded and agreed by the real code, its broker in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from broker.core.state import digest_of_act
from broker.shell.broker import Broker
from broker.shell.connection import Connection
from broker.shell.topics import _ensure, agency_topics, partnership_topics
from contracts.agreement import Agreement
from contracts.event.control import (
    ActEndorsed,
    ActProposed,
    AgreementAdopted,
    Founding,
    PartnershipFounded,
    SourceKey,
)
from contracts.fault import Fatal
from contracts.opened import Trust
from deploy import clock
from deploy.broker_home import BrokerHome
from deploy.governing import draft_founding, read_agreement, signed_founding
from deploy.speaking import govern, outbox_of
from producers.home import Home
from producers.keys import write_private
from producers.outbox import Outbox
from producers.sender import Sender

DEMO = Path(__file__).parents[2] / "deploy" / "demo"
SYSTEMS = {
    "mk-csp": (),
    "tv-probation": ("case",),
    "thames-valley": ("intelligence", "desk"),
    "mk-hub": ("safeguarding",),
}
EXERCISE_BEGAN = 1_328_086_800_000
"""1 February 2012, 09:00 UTC."""


@dataclass
class Running:
    """What a test may use.

    Attributes:
        kafka: `host:port`.
        partnership: its id.
        folder: holds `broker` and `homes/<agency>-<system>`.
        homes: opened homes by `<agency>/<system>`, `<agency>/control` included, trust pinned.
        broker: the running one; replaced by `restart`.
        ahead_ms: how far the broker's clock is ahead of this machine's.
    """

    kafka: str
    partnership: str
    folder: Path
    homes: dict[str, Home] = field(default_factory=dict)
    broker: Broker = field(init=False)
    ahead_ms: int = 0
    _task: asyncio.Task[None] | None = None

    @property
    def trust(self) -> Trust:
        """What everybody pinned."""
        return BrokerHome.open(self.folder / "broker").trust

    async def start(self, *, workers: int = 0) -> None:
        """Start the broker of the home and wait until it has recovered."""
        home = BrokerHome.open(self.folder / "broker")
        self.broker = Broker(
            partnership=self.partnership, connection=Connection(self.kafka), home=home.folder,
            seed=home.seed, workers=workers, now_ms=lambda: clock.now_ms() + self.ahead_ms,
            random_bytes=clock.random_bytes,
        )  # fmt: skip
        self._task = asyncio.create_task(self.broker.run())
        ready = asyncio.create_task(self.broker.ready.wait())
        await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            ready.cancel()
            self._task.result()

    async def stop(self) -> None:
        """Stop the broker, as SIGTERM would."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError, Fatal):
                await self._task
            self._task = None

    def take_over(self, other: "Running") -> None:
        """Hold the same log's key in another folder, as a broker on another machine would."""
        (self.folder / "broker").mkdir(parents=True, mode=0o700)
        for name in ("partnership.yaml", "log-key.pem", "secret", "trust.json"):
            held = (other.folder / "broker" / name).read_bytes()
            write_private(self.folder / "broker" / name, held)

    @property
    def task(self) -> asyncio.Task[None]:
        """The broker's run, while it runs."""
        if self._task is None:
            raise RuntimeError("the broker is not running")
        return self._task

    def home(self, agency: str, system: str) -> Home:
        """Make a home, its trust pinned."""
        home = Home.create(
            self.folder / "homes" / f"{agency}-{system}", partnership=self.partnership,
            agency=agency, system=system, kafka=self.kafka, random_bytes=clock.random_bytes,
        )  # fmt: skip
        home.pin(self.folder / "broker" / "trust.json")
        self.homes[f"{agency}/{system}"] = home
        return home

    async def outbox(self, name: str) -> Outbox:
        """Open a home's outbox that has read what governs: a basis for what it says is known."""
        outbox = outbox_of(self.homes[name])
        if not await Sender(outbox, what="a test").catch_up(60):
            raise TimeoutError("the views could not be read")
        return outbox

    def keys(self) -> list[SourceKey]:
        """List every home's key, as its founding or admission names it."""
        return [
            home.source_key(["control"] if name.endswith("/control") else ["statements"])
            for name, home in self.homes.items()
        ]

    async def agree(self, agreement: Agreement) -> None:
        """Propose an agreement and have every party endorse it."""
        act = AgreementAdopted(agreement)
        await govern(self.homes["mk-csp/control"], "act_proposed", ActProposed(act))
        endorsement = ActEndorsed("agreement_adopted", digest_of_act(act))
        # Who proposed it stands behind it.
        others = [party.agency for party in agreement.parties if party.agency != "mk-csp"]
        controls = (self.homes[f"{agency}/control"] for agency in others)
        await asyncio.gather(*(govern(home, "act_endorsed", endorsement) for home in controls))


@asynccontextmanager
async def running(
    kafka: str,
    folder: Path,
    partnership: str,
    *,
    exercise: bool = False,
    agreement: Agreement | None = None,
    workers: int = 0,
) -> AsyncIterator[Running]:
    """Found a partnership of mk-csp, tv-probation, thames-valley and mk-hub, and run its broker.

    Args:
        kafka: a running Kafka's address.
        folder: for homes; empty.
        partnership: an id that no other test of the session uses.
        exercise: time then comes from statements, from 1 February 2012.
        agreement: in place of the demonstration's.
        workers: preparation processes.
    """
    town = Running(kafka, partnership, folder)
    BrokerHome.create(
        folder / "broker", partnership=partnership, kafka=kafka, random_bytes=clock.random_bytes
    )
    for agency, systems in SYSTEMS.items():
        for system in ("control", *systems):
            town.home(agency, system)
    topics = partnership_topics(partnership)
    for agency in SYSTEMS:
        topics |= agency_topics(partnership, agency)
    await _ensure(Connection(kafka), topics, 1)  # at once: each client reads of every topic there
    await town.start(workers=workers)
    try:
        at = EXERCISE_BEGAN if exercise else None
        await govern(
            town.homes["mk-csp/control"], "partnership_founded", founded(town, exercise=exercise),
            time_ms=at,
        )  # fmt: skip
        await town.agree(agreement or read_agreement(DEMO / "agreement.yaml").agreement)
        yield town
    finally:
        await town.stop()


def founded(town: Running, *, exercise: bool) -> PartnershipFounded:
    """Write the founding, signed by every agency."""
    drafted = draft_founding(DEMO / "mk-now.yaml", log_key=town.trust.log_key, keys=town.keys())
    founding: Founding = msgspec.structs.replace(drafted, id=town.partnership, exercise=exercise)
    control = [home for name, home in town.homes.items() if name.endswith("/control")]
    return PartnershipFounded(founding, [signed_founding(founding, home) for home in control])
