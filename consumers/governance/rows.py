"""Governance rows: what is held, which emergencies wait for review, what must be erased."""

from collections.abc import Collection

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    RowMapping,
    Table,
    Text,
    bindparam,
    select,
    update,
)
from sqlalchemy import delete as deleted

from consumers.inserting import upsert
from consumers.listed import Place, after, counted
from consumers.standing import is_shown
from consumers.store import metadata
from contracts.context import Context
from contracts.entry import Delivery, ReasonGiven
from contracts.event import name_of
from contracts.event.case import EmergencyReviewed, RecallAcknowledged, ReleaseDecided
from contracts.identifier import agency_of

quarantine = Table(
    "quarantine",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("id", Text),
    Column("agency", Text),
    Column("event", Text),
    Column("urgency", Text),
    Column("outcome", Text),
    Column("reasons", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("decides", Boolean, nullable=False),
)
"""What is held, by digest. Police have a count and a clock: everything but those is absent."""

_DECIDES, _SOONEST = quarantine.c.decides.is_(True), (quarantine.c.due_at, quarantine.c.digest)
_LET_GO = deleted(quarantine).where(quarantine.c.digest == bindparam("its"))
Index("quarantine_decides", *_SOONEST, sqlite_where=_DECIDES, postgresql_where=_DECIDES)

releases = Table(
    "releases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False, index=True),
    Column("practitioner", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("waived", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("alone", Boolean, nullable=False),
)
"""What this agency's desk said of what is held since it was last decided anew."""

emergencies = Table(
    "emergencies",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("event", Text),
    Column("reasons", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("finding", Text),
    Column("lesson", Text),
    Column("review", Text),
)
Index("emergencies_of", emergencies.c.agency, emergencies.c.at, emergencies.c.id)
"""Uses of the emergency path that this agency reviews."""

recalls = Table(
    "recalls",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("agency", Text, primary_key=True),
    Column("due_at", BigInteger, nullable=False),
    Column("acknowledgement", Text),
    Column("by", Text),
    Column("suspect", BigInteger),
    Column("reopened", BigInteger),
)
"""Who must look again at what a compromised key signed, and what they found when they did."""

erasures = Table(
    "erasures",
    metadata,
    Column("endorsement", Text, primary_key=True),
    Column("statements", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("backups_until", Text),
)
"""What this agency was told to erase; `backups_until` once it confirmed."""


def hold(  # noqa: PLR0913 - what is told of a held statement
    db: Connection,
    delivery: Delivery,
    context: Context | None,
    *,
    event: str | None,
    since: int,
    due_at: int,
    decides: bool,
) -> None:
    """Take in that something is held; held on, everybody may decide afresh, as the log has it."""
    values = {
        "id": context.id if context else None,
        "agency": agency_of(context.source) if context else None,
        "event": event,
        "urgency": context.urgency if context else None,
        "outcome": next(iter(delivery.marks), None),
        "reasons": msgspec.json.encode(delivery.reasons).decode(),
        "due_at": due_at,
        "decides": decides,
    }
    db.execute(deleted(releases).where(releases.c.digest == delivery.statement))
    row = upsert(db, quarantine).values(digest=delivery.statement, since=since, **values)
    db.execute(row.on_conflict_do_update(index_elements=["digest"], set_=values))


def let_go(db: Connection, digest: str) -> None:
    """Take in that something is held no longer."""
    db.execute(_LET_GO, {"its": digest})


def held(db: Connection) -> list[RowMapping]:
    """List what is held, the soonest due first."""
    return list(db.execute(select(quarantine).order_by(*_SOONEST)).mappings())


def to_decide(
    db: Connection, viewer: Collection[str] | None, *, place: Place | None, count: int
) -> list[RowMapping]:
    """List what this agency decides, the soonest due first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        place: where the page before ended: `due_at` and `digest`.
        count: at most so many.
    """
    shown = is_shown(quarantine.c.digest, viewer)
    query = select(quarantine).where(_DECIDES, shown, *after(*_SOONEST, place))
    return list(db.execute(query.order_by(*_SOONEST).limit(count)).mappings())


def count_held(
    db: Connection, viewer: Collection[str] | None, before: int
) -> tuple[int, int, int | None]:
    """Count what is held and what was to be decided by a time, as far as a page counts.

    Returns:
        Both, and when the first is to be decided.
    """
    query = select(quarantine.c.due_at).where(is_shown(quarantine.c.digest, viewer))
    first = db.execute(query.order_by(quarantine.c.due_at).limit(1)).scalar()
    return counted(db, query), counted(db, query.where(quarantine.c.due_at < before)), first


def held_one(db: Connection, digest: str) -> RowMapping | None:
    """Give what is held under a digest, None where nothing is."""
    query = select(quarantine).where(quarantine.c.digest == digest)
    return db.execute(query).mappings().first()


def reasons_of(row: RowMapping) -> list[ReasonGiven]:
    """Read why something is held, or what an emergency was missing."""
    return msgspec.json.decode(row["reasons"], type=list[ReasonGiven])


def release(db: Connection, said: str, event: ReleaseDecided, practitioner: str) -> None:
    """Take one practitioner's word on what is held in; the same again changes nothing."""
    row = upsert(db, releases).values(
        id=said, digest=event.statement, practitioner=practitioner, decision=event.decision,
        waived=" ".join(event.waived), by=event.by, reason=event.reason, alone=event.alone,
    )  # fmt: skip
    db.execute(row.on_conflict_do_nothing())


def said_of(db: Connection, digest: str) -> list[RowMapping]:
    """List what was said of one held statement, in the order of the words' ids."""
    query = select(releases).where(releases.c.digest == digest).order_by(releases.c.id)
    return list(db.execute(query).mappings())


def alarm(db: Connection, delivery: Delivery, context: Context, *, at: int, due_at: int) -> None:
    """Take in a use of the emergency path; the same again changes nothing."""
    row = upsert(db, emergencies).values(
        id=context.id, agency=agency_of(context.source) or "", event=name_of(context.type),
        at=at, due_at=due_at,
        reasons=msgspec.json.encode(delivery.reasons).decode(),
    )  # fmt: skip
    db.execute(row.on_conflict_do_nothing())


def review(db: Connection, said: str, event: EmergencyReviewed) -> None:
    """Take the review of an emergency in."""
    changed = {"finding": event.finding, "lesson": event.lesson, "review": said}
    db.execute(update(emergencies).where(emergencies.c.id == event.statement).values(**changed))


def used_in(db: Connection, statements: Collection[str]) -> list[str]:
    """Give those of some statements that used the emergency path, and are ours to review, by id."""
    query = select(emergencies.c.id).where(emergencies.c.id.in_(statements))
    return list(db.execute(query.order_by(emergencies.c.id)).scalars())


def all_emergencies(db: Connection) -> list[RowMapping]:
    """List every use of the emergency path, those that wait first."""
    order = (emergencies.c.finding.is_not(None), emergencies.c.due_at, emergencies.c.id)
    return list(db.execute(select(emergencies).order_by(*order)).mappings())


def emergency(db: Connection, statement: str) -> RowMapping | None:
    """Give one use of the emergency path, None where none is ours to review."""
    query = select(emergencies).where(emergencies.c.id == statement)
    return db.execute(query).mappings().first()


def other_uses(
    db: Connection, viewer: Collection[str] | None, one: RowMapping, *, count: int
) -> list[RowMapping]:
    """List the other uses of the emergency path by one's agency, the newest first."""
    its = (emergencies.c.agency == one["agency"], emergencies.c.id != one["id"])
    order = (emergencies.c.at.desc(), emergencies.c.id.desc())
    query = select(emergencies).where(*its, is_shown(emergencies.c.id, viewer)).order_by(*order)
    return list(db.execute(query.limit(count)).mappings())


def recall(db: Connection, kid: str, agency: str, *, due_at: int) -> None:
    """Take in that an agency must look again; the same again changes nothing."""
    row = upsert(db, recalls).values(kid=kid, agency=agency, due_at=due_at)
    db.execute(row.on_conflict_do_nothing())


def looked_again(db: Connection, agency: str, said: str, event: RecallAcknowledged) -> None:
    """Take in that an agency has looked again; the first time stands."""
    where = (recalls.c.kid == event.kid, recalls.c.agency == agency)
    found = {
        "acknowledgement": said, "by": event.by, "suspect": event.suspect,
        "reopened": event.reopened,
    }  # fmt: skip
    db.execute(update(recalls).where(*where, recalls.c.acknowledgement.is_(None)).values(**found))


def recalled(db: Connection, kid: str) -> list[RowMapping]:
    """List who must look again at what a key signed, who has not first."""
    order = (recalls.c.acknowledgement.is_not(None), recalls.c.due_at, recalls.c.agency)
    query = select(recalls).where(recalls.c.kid == kid)
    return list(db.execute(query.order_by(*order)).mappings())


def must_erase(db: Connection, endorsement: str, *, statements: int, due_at: int) -> None:
    """Take in that this agency must erase; the same again changes nothing."""
    row = upsert(db, erasures).values(endorsement=endorsement, statements=statements, due_at=due_at)
    db.execute(row.on_conflict_do_nothing())


def confirm(db: Connection, endorsement: str, backups_until: str) -> None:
    """Take in that this agency has erased."""
    done = {"backups_until": backups_until}
    db.execute(update(erasures).where(erasures.c.endorsement == endorsement).values(**done))


def erasure(db: Connection, endorsement: str) -> RowMapping | None:
    """Give one erasure that this agency was told of, None where there is none."""
    query = select(erasures).where(erasures.c.endorsement == endorsement)
    return db.execute(query).mappings().first()


def all_erasures(db: Connection) -> list[RowMapping]:
    """List what was to be erased, what is unconfirmed first."""
    order = (erasures.c.backups_until.is_not(None), erasures.c.due_at, erasures.c.endorsement)
    return list(db.execute(select(erasures).order_by(*order)).mappings())


def refused(db: Connection, said: str) -> None:
    """Take back what a person decided here by a statement that was not accepted."""
    db.execute(deleted(releases).where(releases.c.id == said))
    unseen = {"finding": None, "lesson": None, "review": None}
    db.execute(update(emergencies).where(emergencies.c.review == said).values(**unseen))


def forget(db: Connection, statement: str) -> None:
    """Drop what is, or rests on, an erased statement."""
    for table in (releases, emergencies):
        db.execute(deleted(table).where(table.c.id == statement))
    named = recalls.c.acknowledgement == statement
    db.execute(update(recalls).where(named).values(by=None))
