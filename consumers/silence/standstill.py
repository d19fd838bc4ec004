"""What stands still here: a consumer that reads no more, a log that beats no more. Pure of clocks.

A consumer that is dead says nothing, least of all that it is: so another process looks at it from
outside, by this world's time, and keeps what it saw in a database of its own.

Source: domain.md 7 (What comes back: silence is what stops officers reporting).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    RowMapping,
    Table,
    Text,
    delete,
    select,
    update,
)

from consumers.inserting import upsert
from consumers.shape import LOCAL
from consumers.store import metadata
from consumers.telling import rows
from consumers.telling.notification import standstill
from contracts.duration import MINUTE_MS

What = Literal[
    "gone", "behind", "log_still", "log_away", "unreadable", "outbox_unreadable", "not_delivered",
    "not_told", "unworked",
]  # fmt: skip

WORDS: dict[What, str] = {
    "gone": "No consumer runs on this home: nothing that comes is acted on. "
    "Start it: candour consumer run",
    "behind": "Records wait and the consumer takes none of them in. "
    "See its log; stop it and start it again.",
    "log_still": "The log itself stands still: it should beat each minute. Ring operations.",
    "log_away": "Kafka cannot be reached from here. Ring operations.",
    "unreadable": "The consumer's own database cannot be read. Ring operations.",
    "outbox_unreadable": "The outbox cannot be read: nobody sees whether something urgent was "
    "delivered. Telephone what is urgent; ring operations.",
    "not_delivered": "Something urgent was said here and the log has not answered. "
    "See which: candour outbox; telephone it.",
    "not_told": "Somebody could not be told that something waits. "
    "See who: candour telling list",
    "unworked": "A part of this program failed: on something that came, which it has not acted on, "
    "or on its clocks, so that nothing runs out there; or the log refused what it said by itself, "
    "and nobody else was told. See which: candour consumer status; see to it by hand, and report "
    "the defect.",
}  # fmt: skip
"""What stands still, as whoever is on duty reads it, and what to do."""

GRACE_MS: dict[What, int] = {
    "gone": 2 * MINUTE_MS,
    "behind": 3 * MINUTE_MS,
    "log_still": 5 * MINUTE_MS,
    "log_away": 3 * MINUTE_MS,
    "unreadable": 3 * MINUTE_MS,
    "outbox_unreadable": 3 * MINUTE_MS,
    "not_delivered": 0,
    "not_told": 5 * MINUTE_MS,
    "unworked": 0,
}
"""How long each may last before somebody is told; what has its own clock already, not at all."""

AT_ONCE = frozenset({
    "gone", "unreadable", "outbox_unreadable", "log_away", "not_delivered", "unworked",
})  # fmt: skip
"""What one look shows; for the rest it must be looked at twice."""

standstills = Table(
    "standstills",
    metadata,
    Column("what", Text, primary_key=True),
    Column("at", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("told", BigInteger),
    info=LOCAL,
)
"""What stands still, where it does (`at`), since when and when it was told, in wall time."""

TABLES = (standstills, rows.notifications, rows.deliveries, rows.to_tell, rows.contacts)
"""What the database of a watch holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look found.

    Attributes:
        is_running: a consumer's process holds its lock.
        position: the next offset that it takes in; None where its database cannot be read.
        waits: records wait for it; None where Kafka cannot be reached.
        ledger_time: the newest that it knows.
        exercise: time comes from statements, and no log beats.
        undelivered: the newest id that is urgent and has no receipt in its time; empty where none
            is; None where the outbox cannot be read.
        untold: the oldest notification that is on its way, or that the duty manager could not be
            told; None where there is none.
        unworked: on how much a part of the consumer failed.
    """

    is_running: bool
    position: int | None
    waits: bool | None
    ledger_time: int = 0
    exercise: bool = False
    undelivered: str | None = ""
    untold: int | None = None
    unworked: int = 0


class Outside(NamedTuple):
    """What a watch sees of this agency's consumer from outside.

    Attributes:
        still: what stands still, since when, and when somebody was told, in wall milliseconds.
        is_watched: whether a watch runs now; where none does, `still` is as the last one left it.
    """

    still: list[tuple[What, int, int | None]]
    is_watched: bool


def still(seen: Seen) -> Iterator[tuple[What, str]]:
    """List what stands still at this look, and where: somewhere else is another standstill."""
    if not seen.is_running:
        yield "gone", ""
    if seen.position is None:
        yield "unreadable", ""
    elif seen.is_running and seen.waits:
        yield "behind", str(seen.position)
    elif seen.is_running and seen.waits is not None and not seen.exercise:
        yield "log_still", str(seen.ledger_time)
    if seen.waits is None:
        yield "log_away", ""
    if seen.undelivered is None:
        yield "outbox_unreadable", ""
    elif seen.undelivered:
        yield "not_delivered", seen.undelivered
    if seen.untold is not None:
        yield "not_told", str(seen.untold)
    if seen.unworked:
        yield "unworked", str(seen.unworked)


def look(db: Connection, seen: Seen, at: int) -> list[What]:
    """Keep what one look found, and have the duty manager told once of what lasts too long.

    Args:
        db: an open transaction on the watch's database.
        seen: what it found.
        at: wall time in milliseconds.

    Returns:
        What somebody is told of now, for the first time.
    """
    found = dict(still(seen))
    for what in get_args(What):
        if what in found:
            _lasts(db, what, found[what], at)
        else:
            db.execute(delete(standstills).where(standstills.c.what == what))
    late = [row for row in standing(db) if row["told"] is None and _is_late(row, at)]
    for row in late:
        one = standstill(row["what"], row["since"], exercise=seen.exercise)
        rows.add(db, [one])
        db.execute(update(standstills).where(standstills.c.what == row["what"]).values(told=at))
    return [row["what"] for row in late]


def standing(db: Connection) -> list[RowMapping]:
    """List what stands still, the longest first."""
    order = (standstills.c.since, standstills.c.what)
    return list(db.execute(select(standstills).order_by(*order)).mappings())


def shown(db: Connection, seen: Seen, at: int) -> list[tuple[What, int, int | None]]:
    """List what stands still by one more look, which is not kept.

    Returns:
        What, since when, and when somebody was told; wall time in milliseconds.
    """
    known = {row["what"]: row for row in standing(db)}
    found: list[tuple[What, int, int | None]] = []
    for what, where in still(seen):
        row = known.get(what)
        if row is not None and row["at"] == where:
            if what in AT_ONCE or _is_late(row, at):
                found.append((what, row["since"], row["told"]))
        elif what in AT_ONCE:
            found.append((what, at, None))
    return found


def _lasts(db: Connection, what: What, where: str, at: int) -> None:
    """Remember since when something stands still there; elsewhere it begins anew."""
    row = upsert(db, standstills).values(what=what, at=where, since=at)
    moved = {"at": where, "since": at, "told": None}
    db.execute(
        row.on_conflict_do_update(
            index_elements=["what"], set_=moved, where=standstills.c.at != where
        )
    )


def _is_late(row: RowMapping, at: int) -> bool:
    what: What = row["what"]
    return at - int(row["since"]) >= GRACE_MS[what]
