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
from consumers.referrals import untaken
from consumers.responses.asked import requests
from consumers.responses.rows import duties
from consumers.safeguarding import life
from consumers.silence.rows import has_ended
from consumers.store import Store, views
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
            for row in rows.fresh(db):
                if rows.take_up(db, row["key"]):
                    self._spread(db, row)

    def _spread(self, db: Connection, row: RowMapping) -> None:
        """Make a notification's deliveries; a role without a channel is the duty manager's."""
        one, role = rows.notification_of(row), row["role"]
        channels = self._told.channels.get(role, ())
        for channel in channels:
            key = delivery_of(self._told.agency, one.key, channel.name)
            rows.deliver(db, row, key, self._now(), role=role, channel=channel.name)
        if not channels:
            key = delivery_of(self._told.agency, one.key, "")
            rows.deliver(
                db, row, key, self._now(), role=role, channel="", state="refused", why="no_channel"
            )
            self._pass_on(db, row)
            _log.error("not_told", key=key, reason="no_channel", state="refused")

    async def step(self, channel: Channel) -> int | None:
        """Try what a channel is to deliver next, once, if it is time.

        Returns:
            When to come again, in milliseconds, 0 for at once; None where nothing waits.
        """
        with self._store.read() as db:
            delivery = rows.head(db, channel.name)
            if delivery is None:
                return None
            if delivery["next_at"] > self._now():
                return int(delivery["next_at"])
            row = rows.of_key(db, delivery["notification"])
            one = None if row is None else _as_told(row, delivery["role"])
            settled = one is None or is_settled(db, one)
            why = None if one is None else self._why_not(db, one, channel)
        if row is None or one is None or settled:
            self._mark(delivery["key"], "settled")
        elif why is not None:
            self._failed(row, delivery, channel, Failed(why, forever=True))
        else:
            try:
                await channel.send(self._told.words(one), delivery["key"])
            except Failed as failed:
                self._failed(row, delivery, channel, failed)
            else:
                self._delivered(delivery["key"], channel)
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
        self, row: RowMapping, delivery: RowMapping, channel: Channel, failed: Failed
    ) -> None:
        """Rest; or give up, a while or for good, and let the duty manager know what is news."""
        attempts, now = delivery["attempts"] + 1, self._now()
        with self._store.write() as db:
            is_down = rows.is_down(db, channel.name)
            gives_up = failed.forever or is_down or attempts > len(BACK_OFF_MS)
            presses = row["press"] == "now" and not rows.is_told(db, row["key"])
            if gives_up and (failed.forever or not is_down or presses):
                self._pass_on(db, row)
            state: rows.State = "refused" if failed.forever else "dead" if gives_up else "waiting"
            rest = SELDOM_MS if gives_up else BACK_OFF_MS[attempts - 1]
            rows.settle(
                db, delivery["key"], state, now, why=failed.why, attempts=attempts,
                next_at=now + rest,
            )  # fmt: skip
        _log.warning(
            "not_told", key=delivery["key"], reason=failed.why, attempt=attempts, state=state
        )

    def _pass_on(self, db: Connection, row: RowMapping) -> None:
        """Let the duty manager know, once, of what somebody else could not be told."""
        if row["role"] == DUTY:
            return
        one = undelivered(rows.notification_of(row))
        for channel in self._told.channels.get(DUTY, ()):
            key = delivery_of(self._told.agency, one.key, channel.name)
            rows.deliver(db, row, key, self._now(), role=DUTY, channel=channel.name)

    def _mark(self, key: str, state: rows.State) -> None:
        with self._store.write() as db:
            rows.settle(db, key, state, self._now())


def _as_told(row: RowMapping, role: str) -> Notification:
    """Give a notification as a role is told it: the duty manager in another's place, otherwise."""
    one = rows.notification_of(row)
    return one if role == one.role else undelivered(one)


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
    """Say whether somebody saw to it before it was told: then it is told to nobody.

    What the log has not accepted settles nothing: it may refuse it, and nobody would have heard.
    """
    if one.waits == "standstill":
        return False
    if one.alert is not None:
        now = life.stands(db, one.alert, settled=True)
        if now is None or now.closed is not None:
            return now is not None
        # Somebody who has it, and let it run out, is why another is told.
        return one.waits != "overdue" and now.acknowledged_by is not None
    if one.waits == "untaken":  # by what sees to it, or by what takes it back
        duty = untaken.duty_of(db, one.cause)
        return duty is None or duty["discharged_by"] is not None
    # By a statement, or by its being closed elsewhere.
    done = duties.c.discharged_by.in_(select(views.c.id)) | (
        duties.c.discharged_by == duties.c.about
    )
    answers = (f"response_given/{one.cause}", f"call_back/{one.cause}")
    said = (duties.c.overdue_by == one.cause) | duties.c.key.in_(answers)
    if db.execute(select(duties.c.key).where(done, said)).first() is not None:
        return True
    came = (requests.c.overdue_by == one.cause, requests.c.answer.is_not(None))
    if db.execute(select(requests.c.id).where(*came)).first() is not None:
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
