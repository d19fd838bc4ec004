"""Sending: each channel its own queue, in its own order, so that none ever waits for another.

At least once: a crash between an attempt and its mark tries again, under the same delivery key,
by which whoever receives it knows a repetition. What can not be delivered is a silence of its own:
the named duty manager is told, once for a channel that is down, and it is tried on, seldom.

Times are wall time in milliseconds and handed in; nothing here waits.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog
from sqlalchemy import Connection, RowMapping, select

from consumers import standing
from consumers.responses.rows import duties
from consumers.safeguarding.rows import alerts
from consumers.silence.rows import has_ended
from consumers.store import Store
from consumers.telling import contact, rows
from consumers.telling.notification import (
    DUTY,
    Notification,
    Words,
    delivery_of,
    undelivered,
    words_of,
)
from contracts.fault import Misuse

BACK_OFF_MS = (5_000, 10_000, 20_000, 40_000, 80_000)
"""How long a channel rests after each failure; after the last it is a silence."""
SELDOM_MS = 600_000
"""How often what could not be delivered is tried again."""

_log = structlog.get_logger()


class Failed(Exception):
    """A channel did not take a notification.

    Attributes:
        why: a word of ours; never what a server wrote, which may name anybody.
        forever: it never will.
    """

    def __init__(self, why: str, *, forever: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.forever = forever


class Channel(Protocol):
    """One way of one role, built from configuration alone (deploy.telling.channels)."""

    @property
    def role(self) -> str:
        """Whose it is."""

    @property
    def name(self) -> str:
        """What it is known by here: its kind and a digest of where it leads."""

    @property
    def address(self) -> str:
        """Where it leads."""

    @property
    def readers(self) -> frozenset[str] | None:
        """The tokens by which something may be kept from who reads it; None where not known."""

    async def send(self, words: Words, key: str) -> None:
        """Deliver, under a key by which a repetition is known.

        Raises:
            Failed: it was not taken.
        """


@dataclass(frozen=True)
class Told:
    """Whom an agency tells, and how: what its configuration says.

    Attributes:
        agency: its id.
        telephone: of its own desk.
        channels: of each role.
        called: each role's neutral name; its id where there is none.
    """

    agency: str
    telephone: str
    channels: Mapping[str, Sequence[Channel]]
    called: Mapping[str, str]

    def words(self, one: Notification) -> Words:
        """Write a notification as this agency's roles read it."""
        called = self.called.get(one.role, one.role.replace("_", " "))
        return words_of(one, called=called, telephone=self.telephone)

    def every(self) -> list[Channel]:
        """List every channel of every role."""
        return [one for listed in self.channels.values() for one in listed]


class Sending:
    """Sends what one database says is to be told."""

    def __init__(
        self,
        store: Store,
        told: Told,
        *,
        now_ms: Callable[[], int],
        is_private: Callable[[Connection, str], bool] = rows.is_private,
    ) -> None:
        """Prepare to send.

        Args:
            store: a consumer's database, or the watch's.
            told: whom.
            now_ms: the clock, in milliseconds since 1970.
            is_private: says of an address, by its digest, whether a person is reached there.
        """
        self._store, self._told, self._now = store, told, now_ms
        self._is_private = is_private

    def take_up(self) -> None:
        """Make the deliveries of what is to be told since the last time."""
        with self._store.read() as db:
            if not rows.fresh(db):
                return
        with self._store.write() as db:
            # What nobody could be told makes one more, which is taken up with it.
            while found := rows.fresh(db):
                for row in found:
                    self._spread(db, row)
                rows.take_up(db, found[-1]["place"])

    def _spread(self, db: Connection, row: RowMapping) -> None:
        channels = self._told.channels.get(row["role"], ())
        for one in channels:
            rows.deliver(db, self._told.agency, row, one.name, self._now())
        if not channels:
            self._nobody(db, rows.notification_of(row))

    async def step(self, channel: Channel) -> int | None:
        """Try what a channel is to deliver next, once, if it is time.

        Returns:
            When to come again, in milliseconds, 0 for at once; None where nothing waits.
        """
        with self._store.read() as db:
            row = rows.head(db, channel.name)
            if row is None:
                return None
            if row["next_at"] > self._now():
                return int(row["next_at"])
            one = rows.of_key(db, row["notification"])
            settled = one is None or is_settled(db, one)
            why = None if one is None else self._why_not(db, one, channel)
        if one is None or settled:
            self._mark(row["key"], "settled")
        elif why is not None:
            self._lost(one, row["key"], why)
        else:
            try:
                await channel.send(self._told.words(one), row["key"])
            except Failed as failed:
                self._failed(one, row["key"], channel, failed, row["attempts"] + 1)
            else:
                self._delivered(row["key"], channel)
        return 0

    def _why_not(self, db: Connection, one: Notification, channel: Channel) -> str | None:
        """Say why a notification may not go to a channel, None where it may."""
        if self._is_private(db, contact.address(channel.address)):
            return "private_address"
        if _kept(db, one, channel):
            return "kept_from_a_reader"
        return None

    def _delivered(self, key: str, channel: Channel) -> None:
        with self._store.write() as db:
            rows.settle(db, key, "sent", self._now())
            rows.revive(db, channel.name, self._now())
        _log.info("told", key=key, state="sent")

    def _failed(
        self, one: Notification, key: str, channel: Channel, failed: Failed, attempts: int
    ) -> None:
        """Rest; or give up for now, and let the duty manager know where nobody does yet."""
        _log.warning("not_told", key=key, reason=failed.why, attempt=attempts)
        if failed.forever:
            self._lost(one, key, failed.why)
            return
        now = self._now()
        with self._store.write() as db:
            is_down = rows.is_down(db, channel.name)
            is_dead = is_down or attempts > len(BACK_OFF_MS)
            is_news = not is_down or (one.press == "now" and not rows.is_told(db, one.key))
            if is_dead and is_news:
                self._pass_on(db, one, key)
            rest = SELDOM_MS if is_dead else BACK_OFF_MS[attempts - 1]
            rows.settle(
                db, key, "dead" if is_dead else "waiting", now, why=failed.why,
                attempts=attempts, next_at=now + rest,
            )  # fmt: skip

    def _lost(self, one: Notification, key: str, why: str) -> None:
        """Give up for good on one delivery, and let the duty manager know of it."""
        with self._store.write() as db:
            rows.settle(db, key, "refused", self._now(), why=why)
            self._pass_on(db, one, key)
        _log.error("not_told", key=key, reason=why, state="refused")

    def _nobody(self, db: Connection, one: Notification) -> None:
        """Let the duty manager know of what a role without a channel should have been told."""
        key = delivery_of(self._told.agency, one.key, "")
        self._pass_on(db, one, key)
        _log.error("not_told", key=key, reason="no_channel", state="refused")

    def _pass_on(self, db: Connection, one: Notification, key: str) -> None:
        if one.role != DUTY:
            rows.add(db, [undelivered(one, key)])

    def _mark(self, key: str, state: rows.State) -> None:
        with self._store.write() as db:
            rows.settle(db, key, state, self._now())


def insist_public(db: Connection, channel: Channel) -> None:
    """Insist that a channel leads to nowhere that a person is reached at.

    Raises:
        Misuse: it does; the text names the role and nothing else.
    """
    if rows.is_private(db, contact.address(channel.address)):
        raise Misuse(
            f"A channel of the role {channel.role} leads to where a private person is reached.",
            remedy="Nothing is sent there. In channels.yaml give the role's own mailbox, telephone "
            "or webhook.",
        )


def is_settled(db: Connection, one: Notification) -> bool:
    """Say whether somebody saw to it before it was told: then it is told to nobody."""
    if one.waits == "standstill":
        return False
    if one.alert is not None:
        query = select(alerts.c.acknowledged_by).where(alerts.c.id == one.alert)
        return db.execute(query).scalar() is not None
    done = duties.c.discharged_by.is_not(None)
    answers = (f"response_given/{one.cause}", f"call_back/{one.cause}")
    said = (duties.c.overdue_by == one.cause) | duties.c.key.in_(answers)
    if db.execute(select(duties.c.key).where(done, said)).first() is not None:
        return True
    return has_ended(db, one.cause)


def _kept(db: Connection, one: Notification, channel: Channel) -> bool:
    """Say whether it rests on what is kept from somebody who reads the channel, or may."""
    if one.waits == "standstill":  # it rests on no statement
        return False
    rests = (one.cause, *one.about)
    query = select(standing.withheld.c.token).where(standing.withheld.c.statement.in_(rests))
    tokens = frozenset(db.execute(query).scalars())
    if not tokens:
        return False
    return channel.readers is None or not tokens.isdisjoint(channel.readers)
