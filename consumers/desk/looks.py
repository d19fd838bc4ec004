"""Looks against the log: that none was taken out, put in or changed since its digest was told.

A look stands in this agency's own store, where whoever runs the machine could edit it; its digest
stands on the log within the hour, where nobody can.

Source: domain.md 5 (trap 16), 7 (Attention); OWASP ASVS 5.0 V16.4 (log protection).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, RowMapping, exists, func, or_, select, update

from consumers import store as stored
from consumers.desk.rows import looks
from consumers.desk.searches import search_found
from consumers.listed import counted
from consumers.people.rows import people_named
from consumers.standing import is_shown
from contracts import base64url
from contracts.event.case import LooksRecorded
from contracts.identifier import agency_of

CHUNK = 500
"""How many rows one query names: below what any database takes."""
HOURS = 24
"""The looks of how many hours are read at once."""


@dataclass(frozen=True)
class Hour:
    """What the log says of an hour of looks, and what stands here.

    Attributes:
        statement: the id that said it.
        since: its first look, in milliseconds.
        until: end of the hour, in milliseconds.
        told: how many looks the log has.
        here: how many stand here.
        holds: whether they are the same, each of them.
    """

    statement: str
    since: int
    until: int
    told: int
    here: int
    holds: bool


def digest_of(listed: Iterable[RowMapping]) -> str:
    """Digest looks in the order in which they were taken, as FORMAT.md says it."""
    rows = [
        [one["at"], one["token"], one["role"], one["purpose"], one["what"], one["about"]]
        for one in listed
    ]
    return base64url.encode(sha256(msgspec.json.encode(rows)).digest())


def cover(db: Connection, listed: Iterable[RowMapping], statement: str) -> None:
    """Remember which statement covers looks: just those that its digest is over."""
    places = [one["place"] for one in listed]
    for first in range(0, len(places), CHUNK):
        chunk = looks.c.place.in_(places[first : first + CHUNK])
        db.execute(update(looks).where(chunk).values(covered_by=statement))


def verify(db: Connection, source: str, *, count: int | None = None) -> list[Hour]:
    """Compare hours that a source told of with what stands here, the oldest first.

    Args:
        db: an open transaction.
        source: whose.
        count: only the newest so many; None for all.
    """
    views = stored.views
    told = (views.c.event == "looks_recorded", views.c.verified)
    query = select(views.c.record).where(*told, views.c.agency == agency_of(source))
    newest = query.order_by(views.c.place.desc()).limit(count)
    hours = dict[str, LooksRecorded]()
    for record in db.execute(newest).scalars().all()[::-1]:
        statement = stored.reread(record)
        event = statement.sections.get("event")
        if isinstance(event, LooksRecorded) and statement.context.source == source:
            hours[statement.context.id] = event
    return [
        Hour(
            said, event.since, event.until, event.count, len(listed),
            digest_of(listed) == event.digest and len(listed) == event.count,
        )
        for (said, event), listed in zip(hours.items(), _covered(db, list(hours)), strict=True)
    ]  # fmt: skip


def _covered(db: Connection, statements: Sequence[str]) -> Iterator[list[RowMapping]]:
    """Give the looks that each of some statements covers, in the order in which they were taken."""
    for first in range(0, len(statements), HOURS):
        chunk = statements[first : first + HOURS]
        found: dict[str, list[RowMapping]] = {one: [] for one in chunk}
        query = select(looks).where(looks.c.covered_by.in_(chunk)).order_by(looks.c.place)
        for row in db.execute(query).mappings():
            found[row["covered_by"]].append(row)
        yield from found.values()


def strangers(db: Connection, known: Collection[str], *, since: int = 0) -> int:
    """Count looks that are said to stand in a statement which nobody said, or is saying.

    Args:
        db: an open transaction.
        known: the statements that were read.
        since: of looks since this time alone, in milliseconds.
    """
    said = exists().where(stored.to_publish.c.id == looks.c.covered_by)
    named = (looks.c.covered_by.is_not(None), ~said, looks.c.at >= since)
    query = select(looks.c.covered_by, func.count()).where(*named)
    counted = db.execute(query.group_by(looks.c.covered_by)).all()
    return sum(count for statement, count in counted if statement not in known)


def untold(db: Connection) -> int:
    """Count looks whose hour is not told of yet, and no further than `MANY`."""
    return counted(db, select(looks.c.place).where(looks.c.covered_by.is_(None)))


def listed(  # noqa: PLR0913 - a list has this many bounds
    db: Connection,
    *,
    viewer: Collection[str],
    hidden: Collection[str],
    before: int | None,
    count: int,
    about: str | None = None,
) -> list[RowMapping]:
    """List looks, the newest first.

    Args:
        db: an open transaction.
        viewer: the tokens of who reads the list: they know what they looked at themselves.
        hidden: ids and digests that are kept from them; others' looks at those are too, at
            whomever they name, and the searches that showed them.
        before: place to go on under; None from the newest.
        count: at most so many.
        about: at one thing alone, by its id.
    """
    query = select(looks).order_by(looks.c.place.desc()).limit(count)
    whom, showed = people_named.c.token == looks.c.about, search_found.c.terms == looks.c.about
    kept = looks.c.about.in_(hidden) | or_(
        exists().where(whom, ~is_shown(people_named.c.statement, viewer)),
        exists().where(showed, ~is_shown(search_found.c.statement, viewer)),
    )
    query = query.where(~kept | looks.c.token.in_(viewer))
    if before is not None:
        query = query.where(looks.c.place < before)
    if about:
        query = query.where(looks.c.about == about)
    return list(db.execute(query).mappings())
