"""The life of an alert: who has it, whose it is, by when, how it ended; folded from what was said.

Each thing that was said of an alert is a row; how the alert stands is their fold, in the order of
the log. What a person says here counts in lists at once, and for clocks when it stands on the log:
so a rebuilt consumer lets the same clocks run out.

Source: domain.md 7, Attention.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    LargeBinary,
    RowMapping,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from consumers import aside
from consumers.safeguarding.rows import alert, alerts, resting_on, statements_of
from consumers.shape import PLACE
from consumers.store import held, metadata, to_publish
from consumers.telling import rows as telling
from consumers.telling.notification import reopened
from consumers.worker import Voice
from contracts.duration import MINUTE_MS
from contracts.event.action import AlertClosed, AlertEscalated, AlertHandedOver, AlertSnoozed
from contracts.event.work import AlertAcknowledged

_RUN_OUT = (
    select(alerts)
    .where(alerts.c.next_at < bindparam("at"))
    .order_by(alerts.c.next_at, alerts.c.id)
)  # fmt: skip

Said = AlertAcknowledged | AlertEscalated | AlertSnoozed | AlertHandedOver | AlertClosed
SAID: dict[str, type[Said]] = {
    "alert_acknowledged": AlertAcknowledged,
    "alert_escalated": AlertEscalated,
    "alert_snoozed": AlertSnoozed,
    "alert_handed_over": AlertHandedOver,
    "alert_closed": AlertClosed,
}
"""What may be said of an alert, by its event."""
NAMES: dict[type[Said], str] = {shape: name for name, shape in SAID.items()}
REOPENED = "reopened"
"""What no statement says: something that the alert rests on changed, and somebody looks again."""

alert_life = Table(
    "alert_life",
    metadata,
    Column("place", PLACE, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("alert", Text, nullable=False, index=True),
    Column("event", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("said", LargeBinary, nullable=False),
    Column("settled", Boolean, nullable=False),
)
"""What was said of each alert, in order; `settled` where the log, or its time, says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an alert stands. Times in ledger milliseconds.

    Attributes:
        role: whose it is now.
        start: when its clock began: raised, handed over, reopened, or put off until.
        turn: since when somebody is waited for, or has it: from `start` on, until its time is over;
            then since that, or since somebody took what interrupts again.
        span: how long it runs, and a turn.
        minutes: how long an interrupt waits for somebody to have it; None for half of that.
        acknowledged_by: who has it, `acknowledgement` by which statement.
        steps: how often it was escalated, ever; `rung` how often since it was raised, reopened or
            handed over: first to its fallback, then to the duty manager.
        pressed: how often it was said in this turn that nobody has it; `overdue` whether its
            turn's whole time is over and was said.
        snoozed: by whom it was put off until `start`, and why; `put_off` how long in all since it
            was raised or reopened, whoever did.
        closed: how it ended, None while open; `closure` the statement that says so.
        rounds: how often it was reopened.
    """

    role: str
    start: int
    turn: int
    span: int
    minutes: int | None = None
    acknowledged_by: str | None = None
    acknowledgement: str | None = None
    steps: int = 0
    rung: int = 0
    pressed: int = 0
    overdue: bool = False
    snoozed: AlertSnoozed | None = None
    put_off: int = 0
    closed: AlertClosed | None = None
    closure: str | None = None
    rounds: int = 0

    @property
    def due_at(self) -> int:
        """By when it is to be done."""
        return self.start + self.span

    def put_off_until(self, until: int, at: int) -> int:
        """Give how long it is put off in all, where it is put off at a time until another."""
        return self.put_off + until - max(at, self.start)

    def next_at(self, attention: str) -> int | None:
        """Give when something is to be said of it for time alone; None for never."""
        if self.closed is not None:
            return None
        if attention == "note":
            return self.due_at
        ends = None if self.overdue else self.turn + self.span
        if self.acknowledged_by is not None:
            return ends
        if self.minutes is None:
            return ends if self.pressed or self.overdue else self.turn + self.span // 2
        # Said again while nobody has it, each time twice as long after: a night hears it often, and
        # the log of years not for ever.
        presses = self.turn + ((2 << self.pressed) - 1) * self.minutes * MINUTE_MS
        return presses if ends is None else min(presses, ends)


def standing(raised: RowMapping, said: Iterable[tuple[str, int, Said | None]]) -> Standing:
    """Fold what was said of an alert.

    Args:
        raised: its row.
        said: (statement id, ledger time, what it says; None for reopened), in order.
    """
    at: int = raised["raised_at"]
    now = Standing(
        role=raised["owner_role"], start=at, turn=at, span=max(raised["due_at"] - at, 1),
        minutes=raised["unacknowledged_minutes"],
    )  # fmt: skip
    for said_id, time, event in said:
        now = _after(now, said_id, time, event, owner=raised["owner_role"])
    return now


def _after(now: Standing, said_id: str, at: int, event: Said | None, *, owner: str) -> Standing:
    match event:
        case AlertAcknowledged():
            if now.acknowledged_by is not None:  # the first stands
                return now
            taken = replace(now, acknowledged_by=event.by, acknowledgement=said_id)
            is_late = now.overdue and now.minutes is not None
            return replace(taken, turn=at, overdue=False) if is_late else taken
        case AlertSnoozed():
            return replace(
                now, start=event.until, turn=event.until, snoozed=event, pressed=0, overdue=False,
                put_off=now.put_off_until(event.until, at),
            )  # fmt: skip
        case AlertHandedOver():
            return replace(_afresh(now, at), role=event.to_role, rung=0)
        case AlertClosed():
            return replace(now, closed=event, closure=said_id)
        case AlertEscalated():
            up = replace(now, role=event.to_role, steps=now.steps + 1, rung=now.rung + 1)
            if event.reason == "by_person":
                return _afresh(up, at)
            if event.reason == "overdue":
                return _ran_out(up)
            return replace(up, pressed=now.pressed + 1)
    open_ = replace(
        now, role=owner, rung=0, closed=None, closure=None, rounds=now.rounds + 1, put_off=0
    )
    return _afresh(open_, at)


def _afresh(now: Standing, at: int) -> Standing:
    """Let nobody have it yet, and its clock begin."""
    return replace(
        now, start=at, turn=at, acknowledged_by=None, acknowledgement=None, pressed=0,
        overdue=False, snoozed=None,
    )  # fmt: skip


def _ran_out(now: Standing) -> Standing:
    """Let its time be over: of what interrupts, whoever had it and did not do it has it no more.

    Nobody knows why they did not, and the next is rung as when nobody had it: as often again.
    """
    over = replace(now, overdue=True)
    if now.minutes is None or now.acknowledged_by is None:
        return over
    return replace(
        over, turn=now.turn + now.span, acknowledged_by=None, acknowledgement=None, pressed=0
    )


def say(  # noqa: PLR0913 - a row has this many independent parts
    db: Connection, said_id: str, alert_id: str, event: Said | None, *, at: int, settled: bool
) -> None:
    """Note what was said of an alert; the same again takes the place that the log gives it.

    Args:
        db: an open transaction.
        said_id: of the statement.
        alert_id: the alert; one that is not held here is let be.
        event: what it says; None for reopened.
        at: the ledger time.
        settled: whether it stands on the log, or its time alone makes it so.
    """
    if alert(db, alert_id) is None:
        return
    db.execute(delete(alert_life).where(alert_life.c.id == said_id))
    db.execute(
        insert(alert_life).values(
            id=said_id, alert=alert_id, event=REOPENED if event is None else NAMES[type(event)],
            at=at, said=msgspec.json.encode(event), settled=settled,
        )
    )  # fmt: skip
    settle(db, alert_id)


def stands(db: Connection, alert_id: str, *, settled: bool = False) -> Standing | None:
    """Say how an alert stands, by all that was said or by what is settled; None for no alert."""
    raised = alert(db, alert_id)
    if raised is None:
        return None
    said = _said_of(db, alert_id)
    return standing(raised, (_told(row) for row in said if row["settled"] or not settled))


def _said_of(db: Connection, alert_id: str) -> Sequence[RowMapping]:
    return db.execute(_LIFE, {"its": alert_id}).mappings().all()


def _told(row: RowMapping) -> tuple[str, int, Said | None]:
    return row["id"], row["at"], _read(row["event"], row["said"])


def stand(db: Connection, raised: Iterable[RowMapping]) -> dict[str, Standing]:
    """Say how alerts stand by all that was said, by id.

    Args:
        db: an open transaction.
        raised: their rows.
    """
    found = {row["id"]: row for row in raised}
    said: dict[str, list[tuple[str, int, Said | None]]] = {one: [] for one in found}
    query = select(alert_life).where(alert_life.c.alert.in_(sorted(found)))
    for row in db.execute(query.order_by(alert_life.c.place)).mappings():
        said[row["alert"]].append(_told(row))
    return {one: standing(row, said[one]) for one, row in found.items()}


def _read(event: str, said: bytes) -> Said | None:
    return None if event == REOPENED else msgspec.json.decode(said, type=SAID[event])


_LIFE = (
    select(alert_life).where(alert_life.c.alert == bindparam("its")).order_by(alert_life.c.place)
)
_SETTLED = update(alerts).where(alerts.c.id == bindparam("its"))


def settle(db: Connection, alert_id: str) -> None:
    """Put how an alert stands into its row."""
    raised = alert(db, alert_id)
    if raised is None:
        return
    said = _said_of(db, alert_id)
    now = standing(raised, map(_told, said))
    sure = standing(raised, (_told(row) for row in said if row["settled"]))
    values = {
        "role": now.role, "acknowledged_by": now.acknowledged_by,
        "acknowledgement": now.acknowledgement, "due_now": now.due_at,
        "closed": now.closed.outcome if now.closed else None,
        "next_at": sure.next_at(raised["attention"]),
    }  # fmt: skip
    db.execute(_SETTLED, {"its": alert_id, **values})


def next_role(db: Connection, voice: Voice, alert_id: str, rung: int) -> str:
    """Give who has an alert next: its fallback, then whom the ruleset names for all else.

    Args:
        db: an open transaction.
        voice: of the agency that holds it; what another raised falls back to a role of its own.
        alert_id: the alert.
        rung: how often it was escalated before.
    """
    row = alert(db, alert_id)
    if row is None or rung:
        return voice.rules.roles.get("other", "duty_manager")
    fallback: str = row["fallback_role"]
    is_ours = row["raised_by"] == voice.agency
    return fallback if is_ours else fallback_at_home(voice, row["owner_role"])


def fallback_at_home(voice: Voice, owner: str) -> str:
    """Give who is next here for what another agency raised: the sender's next role is its own.

    Args:
        voice: of the agency whose act it is.
        owner: the role whose it is there: nobody is next to themselves.
    """
    ours = voice.role_of(voice.agency)
    return ours if ours != owner else voice.rules.roles.get("other", "duty_manager")


def run_out(db: Connection, at: int) -> list[RowMapping]:
    """List the alerts of which something is to be said for time alone, the earliest first."""
    return list(db.execute(_RUN_OUT, {"at": at}).mappings())


def reopen(db: Connection, alert_id: str, *, at: int, exercise: bool) -> None:
    """Let nobody have an alert any more: what it rests on changed, and somebody looks again.

    No statement says so: whose it is hears of it in this very transaction.
    """
    query = select(alert_life.c.id).where(
        alert_life.c.alert == alert_id, alert_life.c.event == REOPENED
    )
    number = len(db.execute(query).all()) + 1
    said = f"{REOPENED}/{alert_id}/{number}"
    say(db, said, alert_id, None, at=at, settled=True)
    aside.look_again(db, alert_id)
    row = alert(db, alert_id)
    if row is not None:
        told = reopened(
            said, alert_id, role=row["role"], attention=row["attention"], due_at=row["due_now"],
            about=sorted(statements_of(db, alert_id)), exercise=exercise,
            is_threat=is_of_life(db, row["statement"]),
        )  # fmt: skip
        telling.add(db, told)


def is_of_life(db: Connection, statement: str) -> bool:
    """Say whether what is held under an id was sent as a threat to life."""
    said = held(db, statement)
    return said is not None and said.context.urgency == "threat_to_life"


def reopen_resting_on(db: Connection, statement: str, *, at: int, exercise: bool) -> None:
    """Reopen every alert that rests on a statement."""
    for alert_id in resting_on(db, statement):
        reopen(db, alert_id, at=at, exercise=exercise)


def refused(db: Connection, said: str) -> None:
    """Take back what was said of an alert by a statement that does not stand."""
    query = select(alert_life.c.alert).where(alert_life.c.id == said)
    of = db.execute(query).scalar()
    if of is not None:
        db.execute(delete(alert_life).where(alert_life.c.id == said))
        settle(db, of)


def begins(db: Connection, alert_id: str, at: int) -> None:
    """Let an alert's clocks begin when the log has it.

    Whoever reads all anew may have raised it earlier, of what was not erased. What ran out since,
    and was handed to nobody, did not.
    """
    early = (alert_life.c.alert == alert_id, alert_life.c.settled, alert_life.c.at < at)
    for said in db.execute(select(alert_life.c.id).where(*early)).scalars().all():
        waits = (to_publish.c.id == said, to_publish.c.published.is_(False))
        if db.execute(delete(to_publish).where(*waits)).rowcount:
            db.execute(delete(alert_life).where(alert_life.c.id == said))


def forget(db: Connection, statement: str, alerts_gone: Iterable[str]) -> None:
    """Drop what an erased statement said, and the lives of alerts that are gone with it."""
    refused(db, statement)
    for alert_id in alerts_gone:
        db.execute(delete(alert_life).where(alert_life.c.alert == alert_id))
