"""Safeguarding rows: alerts, proposals of one origin, links between tokens."""

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    RowMapping,
    Table,
    Text,
    delete,
    func,
    select,
    update,
)

from consumers.safeguarding.rules.same_origin import Account
from consumers.store import metadata, upsert
from contracts.event.control import PersonsLinked
from contracts.event.work import AlertRaised, PossibleSameOrigin, SameOriginDecided

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("statement", Text, nullable=False),
    Column("attention", Text, nullable=False),
    Column("owner_role", Text, nullable=False),
    Column("fallback_role", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("good", Text, nullable=False),
    Column("acknowledged_by", Text),
    Column("acknowledgement", Text),
)

accounts = Table(
    "accounts",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("day", Text, nullable=False, index=True),
)
"""Reports of a pair, by day: what M03 compares a new one with."""

origins = Table(
    "origins",
    metadata,
    Column("id", Text, primary_key=True),
    Column("first", Text, nullable=False),
    Column("second", Text, nullable=False),
    Column("days_apart", BigInteger, nullable=False),
    Column("decision", Text),
    Column("decided_by", Text),
    Column("judgement", Text),
)
"""Proposals that two reports are one source; undecided until a named person decides."""

links = Table(
    "links",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subjects", Text, nullable=False),
    Column("matcher", Text, nullable=False),
    Column("undone_by", Text),
)
"""Tokens that a named matcher said are one person, joined by spaces."""


def raise_alert(db: Connection, alert_id: str, event: AlertRaised) -> None:
    """Add an alert; the same again changes nothing."""
    row = upsert(db, alerts).values(
        id=alert_id, rule=event.rule, statement=event.statements[0], attention=event.attention,
        owner_role=event.owner_role, fallback_role=event.fallback_role, due_at=event.due_at,
        good=event.good,
    )  # fmt: skip
    db.execute(row.on_conflict_do_nothing())


def acknowledge(db: Connection, alert_id: str, *, by: str, acknowledgement: str) -> None:
    """Mark an alert as somebody's; the first stands."""
    where = (alerts.c.id == alert_id, alerts.c.acknowledged_by.is_(None))
    changed = {"acknowledged_by": by, "acknowledgement": acknowledgement}
    db.execute(update(alerts).where(*where).values(**changed))


def reopen(db: Connection, statement: str) -> None:
    """Let nobody have the alerts of a statement any more."""
    changed = {"acknowledged_by": None, "acknowledgement": None}
    db.execute(update(alerts).where(alerts.c.statement == statement).values(**changed))


def refused(db: Connection, said: str) -> None:
    """Take back what a person did here by a statement that was not accepted."""
    acked, judged, undone = alerts.c.acknowledgement, origins.c.judgement, links.c.undone_by
    nobody = {"acknowledged_by": None, "acknowledgement": None}
    db.execute(update(alerts).where(acked == said).values(**nobody))
    open_ = {"decision": None, "decided_by": None, "judgement": None}
    db.execute(update(origins).where(judged == said).values(**open_))
    db.execute(update(links).where(undone == said).values(undone_by=None))
    db.execute(delete(links).where(links.c.id == said))


def forget(db: Connection, statement: str) -> None:
    """Drop what is, or rests on, an erased statement."""
    for table, columns in (
        (alerts, ("id", "statement")),
        (accounts, ("statement",)),
        (origins, ("id", "first", "second")),
        (links, ("id",)),
    ):
        for column in columns:
            db.execute(delete(table).where(table.c[column] == statement))


def alert(db: Connection, alert_id: str) -> RowMapping | None:
    """Give one alert, None where there is none of that id."""
    return db.execute(select(alerts).where(alerts.c.id == alert_id)).mappings().first()


def all_alerts(db: Connection) -> list[RowMapping]:
    """List every alert: unacknowledged first, then the soonest due."""
    order = (alerts.c.acknowledged_by.is_not(None), alerts.c.due_at, alerts.c.id)
    return list(db.execute(select(alerts).order_by(*order)).mappings())


def add_account(db: Connection, account: Account) -> None:
    """Add a report of a pair; the same again changes nothing."""
    row = upsert(db, accounts).values(
        statement=account.statement, agency=account.agency, day=account.day.isoformat()
    )
    db.execute(row.on_conflict_do_nothing())


def near(db: Connection, account: Account, *, days: int) -> list[str]:
    """List other agencies' reports within some days of one, by id, oldest first."""
    reach = timedelta(days=days)
    first, last = _day(account.day, -reach), _day(account.day, reach)
    query = select(accounts.c.statement).where(
        accounts.c.agency != account.agency, accounts.c.day.between(first, last)
    )
    return list(db.execute(query.order_by(accounts.c.day, accounts.c.statement)).scalars())


def propose(db: Connection, proposal: str, event: PossibleSameOrigin) -> None:
    """Add a proposal; the same again changes nothing."""
    first, second = event.statements[:2]
    row = upsert(db, origins).values(
        id=proposal, first=first, second=second, days_apart=event.days_apart
    )
    db.execute(row.on_conflict_do_nothing())


def decide_origin(db: Connection, judgement: str, event: SameOriginDecided) -> None:
    """Take a named person's decision in; a later one replaces it."""
    changed = {"decision": event.decision, "decided_by": event.by, "judgement": judgement}
    db.execute(update(origins).where(origins.c.id == event.proposal).values(**changed))


def origin(db: Connection, proposal: str) -> RowMapping | None:
    """Give one proposal, None where there is none of that id."""
    return db.execute(select(origins).where(origins.c.id == proposal)).mappings().first()


def all_origins(db: Connection) -> list[RowMapping]:
    """List every proposal: undecided first."""
    order = (origins.c.decision.is_not(None), origins.c.id)
    return list(db.execute(select(origins).order_by(*order)).mappings())


def link(db: Connection, link_id: str, event: PersonsLinked) -> None:
    """Add a link; the same again changes nothing."""
    row = upsert(db, links).values(
        id=link_id, subjects=" ".join(event.subjects), matcher=event.matcher
    )
    db.execute(row.on_conflict_do_nothing())


def unlink(db: Connection, link_id: str, undone_by: str) -> None:
    """Undo a link."""
    db.execute(update(links).where(links.c.id == link_id).values(undone_by=undone_by))


def standing_links(db: Connection) -> list[RowMapping]:
    """List the links that nobody undid."""
    query = select(links).where(links.c.undone_by.is_(None)).order_by(links.c.id)
    return list(db.execute(query).mappings())


def _day(day: date, by: timedelta) -> str:
    """Move a day; beyond the calendar stands its end: some systems write 9999-12-31 for unknown."""
    try:
        return (day + by).isoformat()
    except OverflowError:
        return (date.max if by > timedelta() else date.min).isoformat()


def count_open(db: Connection, *, hidden: Collection[str]) -> int:
    """Count the alerts that nobody has, as far as somebody may know."""
    query = select(func.count()).where(alerts.c.acknowledged_by.is_(None))
    if hidden:
        query = query.where(alerts.c.statement.not_in(hidden), alerts.c.id.not_in(hidden))
    return db.execute(query.select_from(alerts)).scalar_one()
