"""Rows of what is to be told, and of each delivery of it.

`notifications` commits with the row that caused it and is rebuilt from the views like every other.
`deliveries` is what was done about it in this world's time, by channel: nothing brings it back, so
a rebuild keeps it, and nobody is told twice.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    RowMapping,
    Table,
    Text,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from consumers.inserting import once, upsert
from consumers.shape import LOCAL
from consumers.standing import hidden_from, is_shown
from consumers.store import metadata
from consumers.telling.notification import Notification

notifications = Table(
    "notifications",
    metadata,
    Column("key", Text, primary_key=True),
    Column("place", BigInteger, nullable=False, index=True),
    Column("cause", Text, nullable=False, index=True),
    Column("about", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("waits", Text, nullable=False),
    Column("press", Text, nullable=False),
    Column("due_at", BigInteger),
    Column("alert", Text),
    Column("exercise", Boolean, nullable=False),
)
"""One row for each thing that one role is told, `place` in their order; `about` are ids, joined by
spaces."""

to_tell = Table("to_tell", metadata, Column("key", Text, primary_key=True))
"""The notifications that no delivery was made for yet."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("key", Text, primary_key=True),
    Column("place", BigInteger, nullable=False),
    Column("notification", Text, nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("channel", Text, nullable=False, index=True),
    Column("state", Text, nullable=False, index=True),
    Column("attempts", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("why", Text),
    info=LOCAL,
)
"""One notification on one channel, of its role or, where that failed, of the duty manager's.

`state` is waiting, sent, dead (tried again seldom), refused (never tried again) or settled
(somebody had seen to it). `at` and `next_at` are wall time in milliseconds; `why` is a word of
ours, never a server's."""

Index("deliveries_in_state", deliveries.c.state, deliveries.c.place, deliveries.c.key)

contacts = Table(
    "contacts",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("statement", Text, primary_key=True, index=True),
)
"""Where persons are reached, by digest: no notification goes there (consumers.telling.contact)."""

State = Literal["waiting", "sent", "dead", "refused", "settled"]

_NEXT = select(func.coalesce(func.max(notifications.c.place), 0) + 1)


def add(db: Connection, told: Iterable[Notification]) -> None:
    """Add what is to be told; the same again changes nothing."""
    for one in told:
        row = {
            "key": one.key, "place": db.execute(_NEXT).scalar_one(), "cause": one.cause,
            "about": " ".join(one.about), "role": one.role, "waits": one.waits,
            "press": one.press, "due_at": one.due_at, "alert": one.alert, "exercise": one.exercise,
        }  # fmt: skip
        if db.execute(once(db, notifications), row).rowcount:
            db.execute(once(db, to_tell), {"key": one.key})


def notification_of(row: RowMapping) -> Notification:
    """Read a row of `notifications`."""
    return Notification(
        key=row["key"], cause=row["cause"], about=tuple(row["about"].split()), role=row["role"],
        waits=row["waits"], press=row["press"], due_at=row["due_at"], alert=row["alert"],
        exercise=row["exercise"],
    )  # fmt: skip


def fresh(db: Connection) -> list[RowMapping]:
    """List the notifications that no delivery was made for yet, in the order of their causes."""
    joined = select(notifications).join(to_tell, to_tell.c.key == notifications.c.key)
    order = (notifications.c.place, notifications.c.key)
    return list(db.execute(joined.order_by(*order)).mappings())


def take_up(db: Connection, key: str) -> bool:
    """Let a notification be fresh no more; False where deliveries are known from before."""
    db.execute(delete(to_tell).where(to_tell.c.key == key))
    known = select(deliveries.c.key).where(deliveries.c.notification == key)
    return db.execute(known).first() is None


def deliver(  # noqa: PLR0913 - a delivery has this many independent parts
    db: Connection, row: RowMapping, key: str, at: int, *, role: str, channel: str,
    state: State = "waiting", why: str | None = None,
) -> None:  # fmt: skip
    """Make a delivery of a notification; the same again changes nothing.

    Args:
        db: an open transaction.
        row: of the notification.
        key: the delivery's.
        at: wall time in milliseconds.
        role: who is told: its own, or the duty manager in its place.
        channel: of that role, by name; empty where it has none.
        state: how it stands.
        why: a word of ours, where it cannot be made.
    """
    made = upsert(db, deliveries).values(
        key=key, place=row["place"], notification=row["key"], role=role, channel=channel,
        state=state, attempts=0, next_at=at, at=at, why=why,
    )  # fmt: skip
    db.execute(made.on_conflict_do_nothing())


def head(db: Connection, channel: str) -> RowMapping | None:
    """Give what a channel is to try next: the oldest that waits, else the dead one due first.

    One that waits holds those behind it up, so that a role is told in order.
    """
    query = (
        select(deliveries)
        .where(deliveries.c.channel == channel, deliveries.c.state.in_(("waiting", "dead")))
        .order_by(
            case((deliveries.c.state == "waiting", 0), else_=1),
            case((deliveries.c.state == "waiting", deliveries.c.place), else_=0),
            deliveries.c.next_at,
            deliveries.c.place,
            deliveries.c.key,
        )
        .limit(1)
    )
    return db.execute(query).mappings().first()


def of_key(db: Connection, key: str) -> RowMapping | None:
    """Give a notification's row by its key; None for one that is erased."""
    return db.execute(select(notifications).where(notifications.c.key == key)).mappings().first()


def settle(  # noqa: PLR0913 - as its columns
    db: Connection, key: str, state: State, at: int, *, why: str | None = None,
    attempts: int = 0, next_at: int = 0,
) -> None:  # fmt: skip
    """Remember what came of an attempt."""
    changed = {"state": state, "at": at, "why": why, "attempts": attempts, "next_at": next_at}
    db.execute(update(deliveries).where(deliveries.c.key == key).values(**changed))


def is_down(db: Connection, channel: str) -> bool:
    """Say whether a channel has a dead delivery already: whoever answers for it was told."""
    dead = (deliveries.c.channel == channel, deliveries.c.state == "dead")
    return db.execute(select(deliveries.c.key).where(*dead)).first() is not None


def is_told(db: Connection, notification: str) -> bool:
    """Say whether a notification was delivered on any channel."""
    sent = (deliveries.c.notification == notification, deliveries.c.state == "sent")
    return db.execute(select(deliveries.c.key).where(*sent)).first() is not None


def revive(db: Connection, channel: str, at: int) -> None:
    """Let what a channel could not deliver wait again: it works again."""
    dead = (deliveries.c.channel == channel, deliveries.c.state == "dead")
    waiting = {"state": "waiting", "attempts": 0, "next_at": at}
    db.execute(update(deliveries).where(*dead).values(**waiting))


def keep_contacts(db: Connection, statement: str, digests: Iterable[str]) -> None:
    """Remember where a statement says that a person is reached."""
    for digest in sorted(digests):
        row = upsert(db, contacts).values(digest=digest, statement=statement)
        db.execute(row.on_conflict_do_nothing())


def is_private(db: Connection, digest: str) -> bool:
    """Say whether anything held here says that a person is reached at an address."""
    query = select(contacts.c.statement).where(contacts.c.digest == digest)
    return db.execute(query).first() is not None


def forget(db: Connection, statement: str) -> None:
    """Drop what is told of, or rests on, an erased statement, and where it says people are."""
    db.execute(delete(contacts).where(contacts.c.statement == statement))
    rests = or_(
        notifications.c.cause == statement,
        notifications.c.about.contains(statement, autoescape=True),
    )
    keys = select(notifications.c.key).where(rests)
    db.execute(delete(deliveries).where(deliveries.c.notification.in_(keys)))
    db.execute(delete(to_tell).where(to_tell.c.key.in_(keys)))
    db.execute(delete(notifications).where(rests))


def listed(db: Connection) -> Sequence[RowMapping]:
    """List every notification with each of its deliveries, the newest first."""
    joined = notifications.outerjoin(deliveries, deliveries.c.notification == notifications.c.key)
    columns = (
        notifications, deliveries.c.role.label("told"), deliveries.c.channel,
        deliveries.c.state, deliveries.c.attempts, deliveries.c.at, deliveries.c.why,
    )  # fmt: skip
    query = select(*columns).select_from(joined)
    order = (notifications.c.place.desc(), notifications.c.key, deliveries.c.key)
    return db.execute(query.order_by(*order)).mappings().all()


def untold(db: Connection, role: str) -> int | None:
    """Give the place of the oldest notification that is on its way still, None where none is.

    Args:
        db: an open transaction.
        role: whose notifications count besides, where they could not be delivered.
    """
    on_its_way = (deliveries.c.state == "waiting") | (
        deliveries.c.state.in_(("dead", "refused")) & (deliveries.c.role == role)
    )
    oldest = db.execute(select(func.min(deliveries.c.place)).where(on_its_way)).scalar()
    places = [row["place"] for row in fresh(db)[:1]]
    return min([*places, *([] if oldest is None else [oldest])], default=None)


def is_waiting(db: Connection) -> bool:
    """Say whether something is to be told of which no delivery was made yet."""
    return db.execute(select(to_tell.c.key).limit(1)).first() is not None


def lost(db: Connection, viewer: Collection[str] | None, count: int) -> list[RowMapping]:
    """List deliveries that could not be made, the newest first: at most so many.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        count: at most so many.
    """
    joined = deliveries.join(notifications, notifications.c.key == deliveries.c.notification)
    columns = (
        notifications.c.waits, notifications.c.cause, notifications.c.about,
        deliveries.c.role.label("told"), deliveries.c.state, deliveries.c.why, deliveries.c.at,
    )  # fmt: skip
    query = select(*columns).select_from(joined).where(is_shown(notifications.c.cause, viewer))
    order = (deliveries.c.place.desc(), deliveries.c.key.desc())
    newest = query.order_by(*order).limit(count)
    hidden = hidden_from(db, viewer)
    found = [
        row
        for state in ("dead", "refused")  # one each, as their index has them
        for row in db.execute(newest.where(deliveries.c.state == state)).mappings()
        if hidden.isdisjoint(row["about"].split())
    ]
    return sorted(found, key=lambda row: row["at"], reverse=True)[:count]


def could_not_be_told(db: Connection) -> list[str]:
    """List why deliveries could not be made, each reason once."""
    lost = deliveries.c.state.in_(("dead", "refused"))
    query = select(deliveries.c.why).where(lost).distinct().order_by(deliveries.c.why)
    return [why or "not known" for why in db.execute(query).scalars()]
