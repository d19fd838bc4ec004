"""What has no receipt yet: when it goes to Kafka again, and when somebody must telephone.

Kafka may lose what it acknowledged: a power cut takes what was not on its disk yet. So what was
sent is sent again, the same bytes, until a receipt comes; the broker answers a duplicate as one.

Source: design.md, A receipt.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Integer, RowMapping, bindparam, func, select

from contracts.duration import MINUTE_MS
from producers.partnership import Partnership
from producers.tables import statements, streams

AGAIN_MS_MIN, AGAIN_MS_MAX = 120_000, 900_000
"""How long what was sent waits for its receipt: as long again as it has waited, within these."""
ANSWER_MS_MAX = MINUTE_MS
"""How long what is urgent may have no receipt before somebody must telephone (wall time)."""

_UNANSWERED = (statements.c.state.in_(["waiting", "sent"]), statements.c.event != "stream_opened")
"""What was said and has no receipt; that a stream was opened tells nobody anything."""


_now, _row = bindparam("now", type_=Integer), statements.c
_waited = func.min(func.max(_row.sent_at - _row.stored_at, AGAIN_MS_MIN), AGAIN_MS_MAX)
_is_late = (_row.sent_at <= _now - _waited) | (_row.sent_at > _now)
TO_BE_SENT = (
    select(_row.id, _row.digest, _row.raw)
    .join(streams, streams.c.stream == _row.stream)
    .where((_row.state == "waiting") | ((_row.state == "sent") & _is_late), _row.raw.is_not(None))
    .order_by(streams.c.use != "emergencies", streams.c.place, _row.sequence)
    .limit(bindparam("most"))
)
"""At most so many that wait, or were sent and should have their receipt by `now`, in milliseconds
since 1970 (a clock that was set back counts as late): emergencies first, each stream in order."""


def undelivered(db: Connection, now_ms: int) -> Sequence[RowMapping]:
    """List what is urgent and has no receipt in time, oldest first, by `id`.

    Args:
        db: an open transaction on the outbox's database.
        now_ms: the clock, in milliseconds since 1970.
    """
    row = statements.c
    is_late = row.stored_at <= now_ms - ANSWER_MS_MAX
    query = (
        select(row.id)
        .where(row.state != "decided", row.urgency != "routine", is_late)
        .order_by(row.place)
    )
    return db.execute(query).mappings().all()


def unanswered(db: Connection, now_ms: int, *, late: bool) -> int:
    """Count what was said and has no receipt: all of it, or only what should have one by now.

    Args:
        db: an open transaction on the outbox's database.
        now_ms: the clock, in milliseconds since 1970.
        late: count only what was stored a minute ago or more.
    """
    before = now_ms - ANSWER_MS_MAX if late else now_ms
    query = select(func.count()).where(*_UNANSWERED, statements.c.stored_at <= before)
    return db.execute(query).scalar_one()


def unsent(db: Connection, *, at_most: int) -> Sequence[str]:
    """List the ids of what was said and has no receipt, the newest first, at most so many."""
    row = statements.c
    query = select(row.id).where(*_UNANSWERED).order_by(row.place.desc())
    return db.execute(query.limit(at_most)).scalars().all()


def telephone(known: Partnership) -> str:
    """Say whom to telephone with what is urgent and not delivered."""
    police = known.police_to_ring()
    return f"Telephone {police}." if police else "Telephone the police: 999, or 101."
