"""What an agency holds past its schedule: by leg and kind, as each was delivered to it.

A leg says how long its recipient keeps what it carries. What runs out is erased by nobody alone:
it is shown, with what a legal hold keeps, so that somebody proposes it. Read by ledger time.

Source: domain.md 1.6; issue 4, retention and erasure.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, select

from consumers import store as stored
from contracts.duration import DAY_MS
from contracts.entry import Delivery, ViewPart
from contracts.event.case import LegalHoldLifted, LegalHoldSet, PersonsLinked, PersonsUnlinked
from contracts.section import Identity
from contracts.statement import Statement


class Kept(NamedTuple):
    """One statement that is held, and until when; times in ledger milliseconds.

    Attributes:
        statement: its id; `agency` who published it, `event` its event.
        leg: under which it came, without the agreement's version.
        until: when its leg's schedule ends.
        under_hold: whether a legal hold stands over somebody in it.
    """

    statement: str
    agency: str
    event: str
    leg: str
    until: int
    under_hold: bool


def scheduled(
    db: Connection, *, kept_days: int | None = None, is_held: Callable[[str], bool] | None = None
) -> list[Kept]:
    """List everything held under a schedule, the soonest to end first.

    Args:
        db: an open transaction.
        kept_days: the ruleset's, for what no leg carried: one's own, emergencies, corrections;
            None where it has none, and such statements are then left out.
        is_held: says of a statement's id whether a legal hold stands over it; by default what
            this agency itself set or was sent counts, reached through the links it knows.
    """
    views = stored.views.c
    under = _holds(db) if is_held is None else frozenset()
    query = select(views.id, views.agency, views.event, views.ledger_time, views.record)
    found: list[Kept] = []
    for row in db.execute(query.where(views.leg != "public_control")):
        delivery = _delivery(row.record)
        days = kept_days if delivery.retention_days is None else delivery.retention_days
        if days is None:
            continue
        agreement, _, leg = delivery.leg.partition("/")
        named = f"{agreement.partition('@')[0]}/{leg}" if leg else agreement
        held = is_held(row.id) if is_held else bool(under & _people(stored.reread(row.record)))
        until = row.ledger_time + days * DAY_MS
        found.append(Kept(row.id, row.agency, row.event, named, until, held))
    return sorted(found, key=lambda one: (one.until, one.statement))


def _delivery(record: bytes) -> Delivery:
    part = msgspec.json.decode(record.split(b"\n", 2)[1], type=ViewPart)
    return msgspec.json.decode(part.delivery, type=Delivery)


def _people(statement: Statement) -> frozenset[str]:
    named = statement.sections.values()
    return frozenset(one.subject for one in named if isinstance(one, Identity))


def _holds(db: Connection) -> frozenset[str]:
    """List the tokens under a legal hold that this agency knows of."""
    holds: dict[str, list[str]] = {}
    links: dict[str, list[str]] = {}
    names = ("legal_hold_set", "legal_hold_lifted", "persons_linked", "persons_unlinked")
    views = stored.views.c
    query = select(views.id, views.record).where(views.event.in_(names)).order_by(views.place)
    for row in db.execute(query):
        event = stored.reread(row.record).sections.get("event")
        if isinstance(event, LegalHoldSet):
            holds[row.id] = event.subjects
        elif isinstance(event, LegalHoldLifted):
            holds.pop(event.hold, None)
        elif isinstance(event, PersonsLinked):
            links[row.id] = event.subjects
        elif isinstance(event, PersonsUnlinked):
            links.pop(event.link or "", None)
    return _reached({token for one in holds.values() for token in one}, links.values())


def _reached(tokens: set[str], links: Iterable[list[str]]) -> frozenset[str]:
    """Add every token that links make the same person, however far."""
    joined = [set(one) for one in links]
    while more := {token for one in joined if one & tokens for token in one} - tokens:
        tokens |= more
    return frozenset(tokens)
