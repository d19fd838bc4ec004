"""Channels and clocks for tests of telling: what rings, what fails, and time moved by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from consumers.store import Store
from consumers.telling import rows
from consumers.telling.notification import Words
from consumers.telling.sending import Channel, Failed, Sending, Told


class Fell(BaseException):
    """The power was cut."""


@dataclass
class Bell:
    """A channel in memory: what it was sent, and what goes wrong with it."""

    role: str
    name: str = "bell"
    address: str = "bell@hub.example"
    readers: frozenset[str] | None = None
    rang: list[tuple[str, Words]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None

    async def send(self, words: Words, key: str) -> None:
        """Ring."""
        self.before()
        self.rang.append((key, words))
        self.after()


def broken(why: str = "smtp_451", *, forever: bool = False) -> Callable[[], None]:
    """Make what fails each time."""

    def fail() -> None:
        raise Failed(why, forever=forever)

    return fail


@dataclass
class Watch:
    """A clock that is moved by hand, in milliseconds."""

    at: int = 1_700_000_000_000

    def now_ms(self) -> int:
        """Read it."""
        return self.at


def sending(
    store: Store, *bells: Channel, watch: Watch, called: dict[str, str] | None = None
) -> Sending:
    """Send from a store on such channels."""
    channels: dict[str, Sequence[Channel]] = {}
    for bell in bells:
        channels[bell.role] = [*channels.get(bell.role, ()), bell]
    told = Told("mk-hub", "01632 960101", channels, called or {})
    return Sending(store, told, now_ms=watch.now_ms)


async def ring(sender: Sending, *bells: Channel) -> None:
    """Take up what is to be told, and try each channel until nothing more is due."""
    while True:
        sender.take_up()
        if not sum([await _due(sender, bell) for bell in bells]):
            return


async def _due(sender: Sending, bell: Channel) -> int:
    count = 0
    while await sender.step(bell) == 0:
        count += 1
    return count


def states(store: Store) -> list[tuple[str, str | None, str | None]]:
    """List role, state and why of every delivery, in the order in which they were wanted."""
    with store.read() as db:
        found = sorted(
            rows.listed(db),
            key=lambda row: (row["told"] != row["role"], row["place"], row["channel"] or ""),
        )
    return [(row["told"] or row["role"], row["state"], row["why"]) for row in found]
