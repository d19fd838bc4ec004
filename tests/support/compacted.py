"""What Kafka holds of a topic once it is compacted, and whoever reads all anew from that."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Connection, Table, select

from consumers.chronology.rows import happenings, ties
from consumers.consumer import Came, Consumer
from consumers.desk.rows import inbox
from consumers.disclosure.rows import stages
from consumers.intelligence.rows import gradings, products
from consumers.people.asked import people_asked
from consumers.people.rows import people_keys, people_named, people_places
from consumers.referrals.rows import considered, referrals
from consumers.research.rows import research_decisions, research_tasks
from consumers.responses.asked import requests
from consumers.responses.rows import duties
from consumers.store import Store
from deploy.replay.log import Sent
from deploy.wiring import open_acting, voice_of
from deploy.workers import workers_of
from producers.home import Home
from tests.support.alerts import refuse, tables
from tests.support.desk import HUB, POLICE, Desk

_ALIKE = (
    happenings, ties, inbox, stages, gradings, products, considered, research_decisions,
    research_tasks, requests, people_asked, people_keys, people_named, people_places,
)  # fmt: skip
_WHEN = frozenset({"place", "at", "due_at"})
"""Columns that tell when something came first, which no record tells that Kafka keeps."""


def compacted(came: Sequence[Came]) -> list[Came]:
    """Give the last record of each key, at its own offset; what was erased is not there.

    Nor are its tombstones: so it is for whoever begins years later.
    """
    last = {one.key: one.offset for one in came}
    return [one for one in came if one.record and last[one.key] == one.offset]


def held(consumer: Consumer) -> dict[str, Any]:
    """Give the rows of what an agency watches, owes, looked up and decided."""
    owed = (duties.c.key, duties.c.role, duties.c.overdue_by)
    with consumer.store.read() as db:
        found = {table.name: _rows(db, table) for table in _ALIKE}
        when = (c for c in referrals.c if c.name not in _WHEN)
        found["referrals"] = list(map(tuple, db.execute(select(*when).order_by(referrals.c.id))))
        query = select(*owed).where(duties.c.discharged_by.is_(None)).order_by(duties.c.key)
        found["owed"] = list(map(tuple, db.execute(query)))
    return tables(consumer) | found


def _rows(db: Connection, table: Table) -> list[tuple[Any, ...]]:
    """Give the rows of a table, but for where each stands in the log as it was read."""
    is_place = [c for c in table.c if c.name == "place" and isinstance(c.type, BigInteger)]
    query = select(*(c for c in table.c if c not in is_place))
    return [tuple(row) for row in db.execute(query.order_by(*is_place, *table.primary_key))]


def ways(desk: Desk, agency: str) -> list[bool]:
    """Give whether to read compacted what an agency was sent: once where that is the same."""
    came = desk.records(agency)
    return [False, True] if compacted(came) != came else [True]


def rebuilt(desk: Desk, agency: str, *, is_compacted: bool) -> Consumer:
    """Read all that an agency was sent anew, and say nothing twice."""
    came = desk.records(agency)
    again = desk.anew(agency, compacted(came) if is_compacted else came)
    assert again.publish_waiting(refuse) == 0
    return again


def check_rebuilt(desk: Desk, *agencies: str) -> None:
    """Check that whoever reads all anew has the same, from whatever Kafka holds still."""
    for agency in agencies or (POLICE, HUB):
        has = held(desk.acting(agency))
        for is_compacted in ways(desk, agency):
            again = rebuilt(desk, agency, is_compacted=is_compacted)
            assert held(again) == has, (agency, is_compacted)


def check_read_anew(folder: Path, sent: Mapping[str, Sequence[Sent]], where: Path) -> None:
    """Check that a home has the same that reads what its agency was sent, compacted, anew.

    Args:
        folder: the home's.
        sent: what was sent, by agency.
        where: of the new database.
    """
    acting, voice = open_acting(Home.open(folder)), voice_of(Home.open(folder))
    workers = workers_of(voice, acting.weighing, folder)
    again = Consumer(Store(where), voice=voice, trust=acting.home.trust, workers=workers)
    views = enumerate(sent[voice.agency])
    again.take(compacted([Came(place, one.key, one.value) for place, one in views]))
    assert again.publish_waiting(refuse) == 0
    assert held(again) == held(acting.consumer), voice.agency
    for one in (acting.store, acting.outbox.database, again.store):
        one.close()
