"""Safeguarding rows: alerts and what they rest on, proposals of one origin."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    RowMapping,
    Table,
    Text,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    union,
    update,
)

from consumers.inserting import once, over, upsert
from consumers.safeguarding import links
from consumers.safeguarding.rules.same_origin import Account, pairs_of
from consumers.standing import is_shown
from consumers.store import metadata
from contracts.event.work import AlertRaised, PossibleSameOrigin, SameOriginDecided

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("statement", Text, nullable=False, index=True),
    Column("raised_by", Text, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("attention", Text, nullable=False),
    Column("act", Text),
    Column("why", Text),
    Column("owner_role", Text, nullable=False),
    Column("fallback_role", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("good", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("acknowledged_by", Text),
    Column("acknowledgement", Text),
    Column("due_now", BigInteger, nullable=False),
    Column("closed", Text),
    Column("next_at", BigInteger, index=True),
    Column("unacknowledged_minutes", BigInteger),
)
"""Alerts that this agency raised, or another raised for an act that is this one's.

From `role` on a row says how its alert stands, as `consumers.safeguarding.life` has it: whose it is
now, who has it, by when, how it was closed (None while open), when its clock next runs out.
"""

_OPEN = alerts.c.closed.is_(None)
_ALERT = select(alerts).where(alerts.c.id == bindparam("its"))
FREE, HAD = (
    _OPEN & alerts.c.acknowledged_by.is_(None), _OPEN & alerts.c.acknowledged_by.is_not(None),
)  # fmt: skip
"""Open alerts that nobody has, and that somebody has; `DUE` those that ask for something."""
DUE = _OPEN & (alerts.c.attention != literal_column("'note'"))  # SQLite matches no parameter
Index("alerts_due", alerts.c.due_now, alerts.c.id, sqlite_where=DUE, postgresql_where=DUE)
CLOSED = alerts.c.closed.is_not(None)
Index("alerts_closed", alerts.c.id, sqlite_where=CLOSED, postgresql_where=CLOSED)
Index("alerts_raised", alerts.c.raised_at, alerts.c.id)
for _name, _which in (("alerts_free", FREE), ("alerts_had", HAD)):
    _by = (alerts.c.attention, alerts.c.due_now, alerts.c.id)
    Index(_name, *_by, sqlite_where=_which, postgresql_where=_which)

alert_statements = Table(
    "alert_statements",
    metadata,
    Column("alert", Text, primary_key=True),
    Column("statement", Text, primary_key=True, index=True),
)
"""What each alert rests on, its first included."""

alert_subjects = Table(
    "alert_subjects",
    metadata,
    Column("alert", Text, primary_key=True),
    Column("subject", Text, primary_key=True, index=True),
)
"""Whom each alert is about, by token."""

account_pairs = Table(
    "account_pairs",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("pair", Text, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("day", Text, nullable=False),
    Index("account_pairs_near", "pair", "day"),
)
"""Reports by each pair of persons in them, as M03 would know the pair again, and by day."""

origins = Table(
    "origins",
    metadata,
    Column("id", Text, primary_key=True),
    Column("first", Text, nullable=False, index=True),
    Column("second", Text, nullable=False, index=True),
    Column("days_apart", BigInteger, nullable=False),
    Column("decision", Text),
    Column("decided_by", Text),
    Column("judgement", Text, index=True),
)
"""Proposals that two reports are one source; undecided until a named person decides."""

UNDECIDED = origins.c.decision.is_(None)
for _name, _its in (("origins_open", UNDECIDED), ("origins_decided", ~UNDECIDED)):
    Index(_name, origins.c.id, sqlite_where=_its, postgresql_where=_its)


def raise_alert(  # noqa: PLR0913 - an alert has this many independent parts
    db: Connection, alert_id: str, event: AlertRaised, *, by: str, at: int,
    subjects: Collection[str] = (), on_log: bool = False,
) -> bool:  # fmt: skip
    """Add an alert; the same again changes nothing, but for what the log says of it.

    Args:
        db: an open transaction.
        alert_id: of its `alert_raised`.
        event: its facts.
        by: the agency that raised it.
        at: the ledger time at which it was, in milliseconds.
        subjects: of whom it is, where it does not say so itself.
        on_log: it stands on the log so: that is what counts.

    Returns:
        Whether anything is new: how it stands is then to be looked at.
    """
    values = {
        "rule": event.rule, "version": event.rule_version, "statement": event.statements[0],
        "raised_by": by, "raised_at": at, "attention": event.attention, "act": event.act,
        "why": event.why, "owner_role": event.owner_role, "fallback_role": event.fallback_role,
        "due_at": event.due_at, "good": event.good,
        "unacknowledged_minutes": event.unacknowledged_minutes,
    }  # fmt: skip
    row = {"id": alert_id, **values, "role": event.owner_role, "due_now": event.due_at}
    adding = over(db, alerts, "id", *values) if on_log else once(db, alerts)
    if not db.execute(adding, row).rowcount:
        return False
    parts = (
        (alert_statements, "statement", event.statements),
        (alert_subjects, "subject", event.subjects or subjects),
    )
    for table, column, named in parts:
        for one in named:
            part = upsert(db, table).values(**{"alert": alert_id, column: one})
            db.execute(part.on_conflict_do_nothing())
    return True


def resting_on(db: Connection, statement: str) -> list[str]:
    """List the alerts that rest on a statement, by id."""
    query = select(alert_statements.c.alert).where(alert_statements.c.statement == statement)
    return list(db.execute(query.order_by(alert_statements.c.alert)).scalars())


def about(db: Connection, subjects: Collection[str]) -> list[str]:
    """List the alerts about any of some tokens, by id."""
    query = select(alert_subjects.c.alert).where(alert_subjects.c.subject.in_(subjects))
    return list(db.execute(query.distinct().order_by(alert_subjects.c.alert)).scalars())


def subjects_of(db: Connection, alert_id: str) -> frozenset[str]:
    """Give the tokens of whom an alert is about."""
    query = select(alert_subjects.c.subject).where(alert_subjects.c.alert == alert_id)
    return frozenset(db.execute(query).scalars())


def statements_of(db: Connection, alert_id: str) -> frozenset[str]:
    """Give the ids of what an alert rests on."""
    query = select(alert_statements.c.statement).where(alert_statements.c.alert == alert_id)
    return frozenset(db.execute(query).scalars())


def refused(db: Connection, said: str) -> None:
    """Take back a judgement, a link or an unlink by a statement that was not accepted."""
    undecided(db, said)
    links.refused(db, said)


def judged(db: Connection, judgement: str) -> list[str]:
    """Give the two reports that a judgement is of; none where it does not stand."""
    query = select(origins.c.first, origins.c.second).where(origins.c.judgement == judgement)
    return [one for two in db.execute(query) for one in two]


def undecided(db: Connection, judgement: str) -> None:
    """Let a proposal be undecided again whose judgement does not stand."""
    open_ = {"decision": None, "decided_by": None, "judgement": None}
    db.execute(update(origins).where(origins.c.judgement == judgement).values(**open_))


def forget(db: Connection, statement: str) -> list[str]:
    """Drop what is, or rests on, an erased statement.

    Returns:
        The ids of the alerts that are gone.
    """
    gone = sorted({statement, *resting_on(db, statement)})
    for alert_id in gone:
        _drop(
            db, alert_id, ((alerts, "id"), (alert_statements, "alert"), (alert_subjects, "alert"))
        )
    _drop(
        db, statement,
        ((account_pairs, "statement"), (origins, "id"), (origins, "first"), (origins, "second")),
    )  # fmt: skip
    links.forget(db, statement)
    return gone


def _drop(db: Connection, value: str, where: Iterable[tuple[Table, str]]) -> None:
    for table, column in where:
        db.execute(delete(table).where(table.c[column] == value))


def alert(db: Connection, alert_id: str) -> RowMapping | None:
    """Give one alert, None where there is none of that id."""
    return db.execute(_ALERT, {"its": alert_id}).mappings().first()


def raised(db: Connection, rule: str, statement: str, *, by: str) -> list[RowMapping]:
    """List the alerts of a rule that an agency raised first of all about a statement."""
    where = (alerts.c.statement == statement, alerts.c.rule == rule, alerts.c.raised_by == by)
    return list(db.execute(select(alerts).where(*where)).mappings())


def all_alerts(db: Connection) -> list[RowMapping]:
    """List every alert: unacknowledged first, then the soonest due."""
    order = (alerts.c.acknowledged_by.is_not(None), alerts.c.due_at, alerts.c.id)
    return list(db.execute(select(alerts).order_by(*order)).mappings())


def add_account(db: Connection, account: Account) -> None:
    """Add a report of persons by each pair of them, in place of what it said before."""
    _drop(db, account.statement, ((account_pairs, "statement"),))
    day = account.day.isoformat()
    for pair in sorted(pairs_of(account)):
        row = upsert(db, account_pairs).values(
            statement=account.statement, pair=pair, agency=account.agency, day=day
        )
        db.execute(row.on_conflict_do_nothing())


def near(db: Connection, account: Account, pairs: Collection[str], *, days: int) -> list[str]:
    """List other agencies' reports of a pair within some days of one, by id, oldest first.

    Args:
        db: an open transaction.
        account: the one.
        pairs: as any of which the pair may be known (`pairs_of`).
        days: inclusive.
    """
    reach, known = timedelta(days=days), account_pairs.c
    first, last = _day(account.day, -reach), _day(account.day, reach)
    query = (
        select(known.statement, known.day)
        .where(known.pair.in_(sorted(pairs)), known.day.between(first, last))
        .where(known.agency != account.agency)
        .distinct()
        .order_by(known.day, known.statement)
    )
    return list(db.execute(query).scalars())


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


def some_origins(
    db: Connection, viewer: Collection[str] | None, *, decided: bool, after: str | None, count: int
) -> list[RowMapping]:
    """List proposals from one on: the longest undecided first, or the newest that was decided.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`: what is kept of either report keeps it too.
        decided: those that somebody decided, or the others.
        after: id of the last of the page before; None from the first.
        count: at most so many.
    """
    its = origins.c
    query = select(origins).where(~UNDECIDED if decided else UNDECIDED, *_shown_origin(viewer))
    if after is not None:
        query = query.where(its.id < after if decided else its.id > after)
    order = its.id.desc() if decided else its.id
    return list(db.execute(query.order_by(order).limit(count)).mappings())


def origin_seen(db: Connection, viewer: Collection[str] | None, proposal: str) -> RowMapping | None:
    """Give one proposal; None where there is none that may be shown to who looks."""
    query = select(origins).where(origins.c.id == proposal, *_shown_origin(viewer))
    return db.execute(query).mappings().first()


def undecided_about(
    db: Connection, viewer: Collection[str] | None, statements: Collection[str], *, count: int
) -> list[str]:
    """List the undecided proposals about any of some reports, by id; at most so many."""
    its = origins.c
    about = union(
        *(select(its.id).where(c.in_(sorted(statements))) for c in (its.first, its.second))
    )
    query = select(its.id).where(its.id.in_(about), UNDECIDED, *_shown_origin(viewer))
    return list(db.execute(query.order_by(its.id).limit(count)).scalars())


def _shown_origin(viewer: Collection[str] | None) -> list[ColumnElement[bool]]:
    its = origins.c
    return [is_shown(one, viewer) for one in (its.id, its.first, its.second)]


def copies(db: Connection, statement: str) -> dict[str, bool]:
    """Give the reports that may be one source with one, and whether a named person said so.

    A proposal counts until a person decided that the two are different. What is said to be the same
    as the same is the same, and what may be one of them may be this.
    """
    same, fresh = {statement}, {statement}
    while fresh:
        fresh = _proposed(db, fresh, origins.c.decision == "same") - same
        same |= fresh
    undecided = func.coalesce(origins.c.decision, "cannot_tell") == "cannot_tell"
    found = dict.fromkeys(_proposed(db, same, undecided), False) | dict.fromkeys(same, True)
    return {one: is_said for one, is_said in found.items() if one != statement}


def _proposed(db: Connection, reports: Collection[str], which: ColumnElement[bool]) -> set[str]:
    """Give what stands with any of some reports in a proposal."""
    ends = ((origins.c.first, origins.c.second), (origins.c.second, origins.c.first))
    query = union(*(select(one).where(other.in_(sorted(reports)), which) for one, other in ends))
    return set(db.execute(query).scalars())


def _day(day: date, by: timedelta) -> str:
    """Move a day; beyond the calendar stands its end: some systems write 9999-12-31 for unknown."""
    try:
        return (day + by).isoformat()
    except OverflowError:
        return (date.max if by > timedelta() else date.min).isoformat()
