"""Where somebody is: who may see it, who asked to, who else said yes, and what came of it.

One rule, at the desk and at the command line.

These rows are this agency's own and on no log; that somebody asked, said yes or looked is a look
(`consumers.desk.rows`), whose digest is.

Source: domain.md 5 (trap 4), 7 (Attention: the task owner alone on urgent work, else two people).
"""

from collections.abc import Collection
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    RowMapping,
    Table,
    Text,
    cast,
    insert,
    literal_column,
    select,
    update,
)

from consumers import store as stored
from consumers.listed import PAGE, Place, after
from consumers.research.plan import LOOKED
from consumers.research.rows import TO_BE_MADE, research_tasks
from consumers.safeguarding.rows import alert_statements, alerts
from consumers.shape import LOCAL, PLACE
from consumers.standing import is_shown
from consumers.store import metadata
from consumers.worker import is_same_hand, practitioner_of
from contracts.context import Urgency
from contracts.duration import HOUR_MS, MINUTE_MS
from contracts.section import (
    Identity,
    PersonPart,
    Practitioner,
    Refuge,
    Whereabouts,
    number_of,
)
from contracts.statement import Statement

WAIT_MS = 15 * MINUTE_MS
"""How long a second person may say yes, and how long their yes holds."""
SHELTERED = frozenset({"victim", "child"})
"""Whose whereabouts no list, page or task shows: whoever needs them asks (trap 4)."""
_OTHERS = frozenset({"alleged_perpetrator", "associate"})
Finding = Literal["rightful", "to_look_into"]
FINDINGS: dict[Finding, str] = {
    "rightful": "It was needed",
    "to_look_into": "It is to be looked into: it stands for the information manager and the "
    "auditor under Who looked",
}

whereabouts = Table(
    "whereabouts_asked",
    metadata,
    Column("place", PLACE, primary_key=True),
    Column("statement", Text, nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("token", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("granted_token", Text),
    Column("granted_name", Text),
    Column("granted_at", BigInteger),
    Column("shown_at", BigInteger),
    Column("finding", Text),
    Column("reviewed_name", Text),
    info=LOCAL,
)
"""One row each time somebody asks; times in milliseconds of this machine's clock."""

_UNREVIEWED = whereabouts.c.alone.is_(True) & whereabouts.c.finding.is_(None)
Index(
    "whereabouts_to_review", whereabouts.c.at, whereabouts.c.place,
    sqlite_where=_UNREVIEWED, postgresql_where=_UNREVIEWED,
)  # fmt: skip


_TO_LOOK_INTO = whereabouts.c.finding == literal_column("'to_look_into'")  # SQLite: no parameter
Index(
    "whereabouts_to_look_into", whereabouts.c.place,
    sqlite_where=_TO_LOOK_INTO, postgresql_where=_TO_LOOK_INTO,
)  # fmt: skip


_WAITING = whereabouts.c.alone.is_(False) & whereabouts.c.granted_at.is_(None)
Index(
    "whereabouts_waiting", whereabouts.c.at, whereabouts.c.place,
    sqlite_where=_WAITING, postgresql_where=_WAITING,
)  # fmt: skip


def may_tell(parts: Collection[str]) -> bool:
    """Say whether somebody's parts let a page or task show where they are without being asked.

    Where nobody has assessed the parts, either of two may be the victim.
    """
    return SHELTERED.isdisjoint(parts) and not _OTHERS.isdisjoint(parts)


def ask(db: Connection, **values: Any) -> None:
    """Note that somebody asks to see where somebody is, and why."""
    db.execute(insert(whereabouts).values(**values))


def number_in(report: Statement, subject: str) -> int:
    """Give the number that a report gives a person; 0 where it tells of them no more."""
    told = (
        number_of(name)
        for name, v in report.sections.items()
        if isinstance(v, Identity | PersonPart | Whereabouts | Refuge) and v.subject == subject
    )
    return next(told, 0)


def shown_to(db: Connection, report: Statement | None, subject: str) -> list[RowMapping]:
    """List who was shown where one person of a report is, the oldest first."""
    if report is None:
        return []
    query = select(whereabouts).where(
        whereabouts.c.statement == report.context.id,
        whereabouts.c.number == number_in(report, subject), whereabouts.c.shown_at.is_not(None),
    )  # fmt: skip
    return list(db.execute(query.order_by(whereabouts.c.place)).mappings())


def newest(db: Connection, statement: str, number: int, token: str, now: int) -> RowMapping | None:
    """Give what somebody asked last of one person, while it may still come to something."""
    query = select(whereabouts).where(
        whereabouts.c.statement == statement, whereabouts.c.number == number,
        whereabouts.c.token == token, whereabouts.c.at >= now - 2 * WAIT_MS,
    )  # fmt: skip
    found = db.execute(query.order_by(whereabouts.c.place.desc())).mappings().first()
    return found if found is not None and stands(found, now) != "over" else None


def stands(row: RowMapping, now: int) -> Literal["waits", "granted", "over"]:
    """Say how an asking stands: it waits for a second, may be shown, or is over."""
    if row["granted_at"] is not None:
        return "granted" if now - row["granted_at"] <= WAIT_MS else "over"
    if row["alone"]:
        return "granted" if now - row["at"] <= WAIT_MS else "over"
    return "waits" if now - row["at"] <= WAIT_MS else "over"


def waiting(db: Connection, *, hidden: Collection[str], now: int) -> list[RowMapping]:
    """List what waits for a second person, the longest first: a page."""
    query = select(whereabouts).where(
        _WAITING, whereabouts.c.at >= now - WAIT_MS, whereabouts.c.statement.not_in(hidden)
    )
    first = query.order_by(whereabouts.c.at, whereabouts.c.place).limit(PAGE)
    return list(db.execute(first).mappings())


def to_review(db: Connection, *, hidden: Collection[str]) -> list[RowMapping]:
    """List what one person looked at alone and nobody has reviewed, the oldest first: a page."""
    query = select(whereabouts).where(_UNREVIEWED, whereabouts.c.statement.not_in(hidden))
    first = query.order_by(whereabouts.c.at, whereabouts.c.place).limit(PAGE)
    return list(db.execute(first).mappings())


def reviews_due(
    db: Connection, viewer: Collection[str] | None, hours: int, *, place: Place | None, count: int
) -> list[RowMapping]:
    """List the looks that are to be reviewed as duties: each with an `id` and when it is due.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        hours: that a review may take, by the ruleset.
        place: where the page before ended; None from the first.
        count: at most so many.
    """
    within = hours * HOUR_MS
    at, said = whereabouts.c.at, cast(whereabouts.c.place, Text)
    since = None if place is None else Place(place.at - within, place.id)
    query = select(said.label("id"), (at + within).label("due_at"), whereabouts.c.statement).where(
        _UNREVIEWED, is_shown(whereabouts.c.statement, viewer), *after(at, said, since)
    )
    return list(db.execute(query.order_by(at, said).limit(count)).mappings())


def to_look_into(
    db: Connection, viewer: Collection[str] | None, *, before: int | None, count: int
) -> list[RowMapping]:
    """List the looks that a review found are to be looked into, the newest first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        before: place to go on under; None from the newest.
        count: at most so many.
    """
    query = select(whereabouts).where(_TO_LOOK_INTO, is_shown(whereabouts.c.statement, viewer))
    if before is not None:
        query = query.where(whereabouts.c.place < before)
    return list(db.execute(query.order_by(whereabouts.c.place.desc()).limit(count)).mappings())


def change(db: Connection, place: int, **values: Any) -> None:
    """Note what became of an asking."""
    db.execute(update(whereabouts).where(whereabouts.c.place == place).values(**values))


def is_same_person(row: RowMapping, person: Practitioner) -> bool:
    """Say whether somebody is who asked."""
    return is_same_hand(Practitioner(row["token"], row["name"]), person)


def may_alone(
    db: Connection, statement: str, urgency: Urgency | None, token: str, *, refuge: bool
) -> bool:
    """Say whether somebody may see where people are without a second person.

    On a threat to life whoever is there; on urgent work whose it is: who took an open alert of it,
    or made one of its looks while another is open, by the token that the log has of them. Never on
    routine work, and never on what is done with or taken back: that is browsing. Where a refuge is
    (`refuge`), on a threat to life alone: that nothing stops.

    Source: domain.md 5 (Blocking would be dangerous), 7 (Attention: the task owner alone on urgent
    work; two people for a refuge).
    """
    if urgency == "threat_to_life":
        return True
    if refuge or urgency != "urgent":
        return False
    taken = (
        select(alerts.c.acknowledgement)
        .join(alert_statements, alert_statements.c.alert == alerts.c.id)
        .where(alert_statements.c.statement == statement, alerts.c.closed.is_(None))
    )
    its = select(research_tasks.c.completion).where(research_tasks.c.statement == statement)
    said = set(db.execute(taken).scalars())
    if db.execute(its.where(TO_BE_MADE).limit(1)).first() is not None:
        said.update(db.execute(its.where(research_tasks.c.outcome.in_(LOOKED))).scalars())
    whose = (practitioner_of(stored.held(db, one)) for one in said if one is not None)
    return any(one is not None and one.token == token for one in whose)


def forget(db: Connection, statement: str) -> None:
    """Drop the words about an erased report; that somebody asked stays, by its opaque id."""
    where = whereabouts.c.statement == statement
    db.execute(update(whereabouts).where(where).values(reason=""))
