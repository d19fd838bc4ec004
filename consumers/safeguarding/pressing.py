"""The alerts that press, page by page: one thread for each pair, led by its loudest alert.

No page reads everything that is held: each begins at its place in an index.

Source: domain.md 5 (trap 8), 7 (Attention).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

from sqlalchemy import ColumnElement, Connection, RowMapping, exists, select

from consumers.listed import PAGE, Lead, Place, after, counted
from consumers.people.rows import persons
from consumers.safeguarding.rows import (
    CLOSED,
    DUE,
    FREE,
    HAD,
    alert_statements,
    alert_subjects,
    alerts,
)
from consumers.safeguarding.threads import LOUDNESS, Thread
from consumers.standing import is_shown

READ = 200
"""How many alerts one page looks at, at the most: threads of many alerts fill it sooner."""
THREAD = 100
"""How many alerts are looked at for a page of a thread, each once for each of its persons."""
ORDER = [(loud, which) for loud in LOUDNESS for which in ("free", "had")]
"""How alerts come: the loudest first, and of these what nobody has."""
_WHICH = {"free": FREE, "had": HAD}


def pressing(
    db: Connection, viewer: Collection[str] | None, *, after_lead: Lead | None, count: int,
    closed: bool = False,
) -> tuple[list[Thread], Lead | None]:  # fmt: skip
    """Give threads with an open alert, the loudest and soonest due first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        after_lead: where the page before ended; None from the loudest.
        count: at most so many.
        closed: closed ones of these threads too, last.

    Returns:
        The threads, and where the next page begins; None where nothing is left.
    """
    found: list[Thread] = []
    shown: set[str] = set()
    leads, last = _leading(db, viewer, after_lead), after_lead
    read = 0
    while some := list(islice(leads, count)):
        new = [alert for _, alert in some if alert["id"] not in shown]
        threads = _threads(db, viewer, new, closed=closed) if new else {}
        for lead, alert in some:
            if len(found) == count or read == READ:
                return found, last
            last, read = lead, read + 1
            if alert["id"] in shown:  # a louder one of the same thread leads, and stands above
                continue
            thread = threads[alert["id"]]
            if thread.alerts[0]["id"] == alert["id"]:  # or on an earlier page
                found.append(thread)
            shown |= {one["id"] for one in thread.alerts}
    return found, None


def ended(
    db: Connection, viewer: Collection[str] | None, *, older_than: str | None, count: int
) -> tuple[list[Thread], str | None]:
    """Give threads of which nothing is open any more, by their newest alert, the newest first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        older_than: the alert that the page before ended with; None for the newest.
        count: of so many closed alerts, at most.

    Returns:
        The threads, and where the next page begins; None where nothing is left.
    """
    query = select(alerts).where(CLOSED, *_seen(viewer)).order_by(alerts.c.id.desc())
    if older_than is not None:
        query = query.where(alerts.c.id < older_than)
    read = db.execute(query.limit(count + 1)).mappings().all()
    some = read[:count]
    # Each stands once, where the newest of it does: none of a thread is on two pages.
    found = [
        thread for said, thread in _threads(db, viewer, some, closed=True).items()
        if thread.alerts[0]["closed"] is not None
        and said == max(one["id"] for one in thread.alerts)
    ]  # fmt: skip
    return found, some[-1]["id"] if len(read) > count else None


def thread_of(
    db: Connection, viewer: Collection[str] | None, alert: RowMapping, *, older_than: str | None
) -> Thread:
    """Give a page of the thread of one alert: of just its persons, the loudest first, closed last.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        alert: its row, which is on every page.
        older_than: where the page before ended (`Thread.older`); None for the newest.
    """
    return _threads(db, viewer, [alert], closed=True, older_than=older_than)[alert["id"]]


def _persons_of(
    db: Connection, viewer: Collection[str] | None, listed: Sequence[RowMapping],
    known: Mapping[str, frozenset[str]],
) -> dict[str, frozenset[frozenset[str]]]:  # fmt: skip
    """Give the persons whom alerts are about, by the alert's id; each by all their tokens.

    Who is one person with the tokens that are known is not asked again.
    """
    about: dict[str, set[str]] = {alert["id"]: set() for alert in listed}
    query = select(alert_subjects).where(alert_subjects.c.alert.in_(sorted(about)))
    for row in db.execute(query):
        about[row.alert].add(row.subject)
    unknown = set().union(*about.values()) - known.keys()
    person = {**known, **persons(db, viewer, unknown)}
    return {
        alert["id"]: frozenset(person[one] for one in about[alert["id"]])
        or frozenset({frozenset({alert["statement"]})})
        for alert in listed
    }


def _threads(
    db: Connection, viewer: Collection[str] | None, listed: Sequence[RowMapping], *,
    closed: bool = False, older_than: str | None = None,
) -> dict[str, Thread]:  # fmt: skip
    """Give the threads of some alerts, by the alert's id; each of its newest alerts."""
    whom = _persons_of(db, viewer, listed, {})
    known = {token: person for its in whom.values() for person in its for token in person}
    tokens = sorted(known)
    about = (
        select(alert_subjects.c.alert)
        .join(alerts, alerts.c.id == alert_subjects.c.alert)
        .where(alert_subjects.c.subject.in_(tokens))
        .order_by(alert_subjects.c.alert.desc())
        .limit(THREAD * len(listed))
    )
    # Of a list, what is kept falls out below; whether a page has more must not count it either.
    about = about.where(*_seen(viewer)) if closed else about.where(alerts.c.closed.is_(None))
    if older_than is not None:
        about = about.where(alert_subjects.c.alert < older_than)
    read = list(db.execute(about).scalars())
    older = read[-1] if read and len(read) == THREAD * len(listed) else None
    named = set(read) - {alert["id"] for alert in listed}
    query = select(alerts).where(alerts.c.id.in_(sorted(named)), *_seen(viewer))
    others = db.execute(query).mappings().all()
    of = {**whom, **_persons_of(db, viewer, others, known)} if others else whom
    its: dict[frozenset[frozenset[str]], list[RowMapping]] = {}
    for one in (*listed, *others):
        its.setdefault(of[one["id"]], []).append(one)
    return {
        alert["id"]: Thread(whom[alert["id"]], sorted(its[whom[alert["id"]]], key=_loudness), older)
        for alert in listed
    }


def _leading(
    db: Connection, viewer: Collection[str] | None, after_lead: Lead | None
) -> Iterator[tuple[Lead, RowMapping]]:
    """Give open alerts in their order, a list after the other, only as far as they are asked."""
    for number, (loud, which) in enumerate(ORDER):
        if after_lead is not None and number < after_lead.number:
            continue
        begins = after_lead is not None and number == after_lead.number
        place = after_lead.place if begins and after_lead is not None else None
        order = (alerts.c.due_now, alerts.c.id)
        open_ = (alerts.c.attention == loud, _WHICH[which], *_seen(viewer))
        query = select(alerts).where(*open_).order_by(*order).limit(PAGE)
        more = True
        while more:
            some = db.execute(query.where(*after(*order, place))).mappings().all()
            for row in some:
                place = Place(row["due_now"], row["id"])
                yield Lead(number, place), row
            more = len(some) == PAGE


def _seen(viewer: Collection[str] | None) -> list[ColumnElement[bool]]:
    """Ask for what is kept from nobody who looks: not by itself, and not by what it rests on."""
    resting = exists().where(
        alert_statements.c.alert == alerts.c.id, ~is_shown(alert_statements.c.statement, viewer)
    )
    return [is_shown(alerts.c.id, viewer), is_shown(alerts.c.statement, viewer), ~resting]


def _loudness(alert: RowMapping) -> tuple[bool, int, bool, int, str]:
    loud, has = LOUDNESS.index(alert["attention"]), alert["acknowledged_by"] is not None
    return alert["closed"] is not None, loud, has, alert["due_now"], alert["id"]


def seen(db: Connection, viewer: Collection[str] | None, alert_id: str) -> RowMapping | None:
    """Give one alert to somebody; None alike where there is none, and where it is kept."""
    query = select(alerts).where(alerts.c.id == alert_id, *_seen(viewer))
    return db.execute(query).mappings().first()


def count_free(db: Connection, viewer: Collection[str] | None, *, at_most: int) -> int:
    """Count the alerts that nobody has, as far as somebody may know, and no further than asked."""
    return counted(db, select(alerts.c.id).where(FREE, *_seen(viewer)), at_most=at_most)


def newest(db: Connection, viewer: Collection[str] | None) -> str | None:
    """Give the alert that was raised last, as far as somebody may know; None where none was."""
    order = (alerts.c.raised_at.desc(), alerts.c.id.desc())
    query = select(alerts.c.id).where(*_seen(viewer)).order_by(*order)
    return db.execute(query.limit(1)).scalar()


def resting_on(
    db: Connection, viewer: Collection[str] | None, statement: str, count: int = 10
) -> list[RowMapping]:
    """List the open alerts that rest on a report, the soonest due first."""
    about = select(alert_statements.c.alert).where(alert_statements.c.statement == statement)
    query = select(alerts).where(alerts.c.id.in_(about), alerts.c.closed.is_(None), *_seen(viewer))
    order = (alerts.c.due_now, alerts.c.id)
    return list(db.execute(query.order_by(*order).limit(count)).mappings())


def due(
    db: Connection, viewer: Collection[str] | None, *, place: Place | None, count: int
) -> list[RowMapping]:
    """List open alerts that ask for something, the soonest due first, as they stand now.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        place: where the page before ended: `due_now` and `id`.
        count: at most so many.
    """
    order = (alerts.c.due_now, alerts.c.id)
    query = select(alerts).where(DUE, *_seen(viewer), *after(*order, place))
    return list(db.execute(query.order_by(*order).limit(count)).mappings())


def had(db: Connection, viewer: Collection[str] | None, *, count: int) -> list[RowMapping]:
    """List open alerts that ask for something and that somebody has, the soonest due first."""
    order = (alerts.c.due_now, alerts.c.id)
    query = select(alerts).where(HAD, *_seen(viewer)).order_by(*order).limit(count)
    loud = [one for one in LOUDNESS if one != "note"]  # one each, as their index has them
    found = [
        row for one in loud for row in db.execute(query.where(alerts.c.attention == one)).mappings()
    ]
    return sorted(found, key=lambda row: (row["due_now"], row["id"]))[:count]
