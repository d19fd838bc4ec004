"""What arises from a statement at first hand, as far as both are held here."""

from collections.abc import Collection

from sqlalchemy import Connection, Row, select

from consumers.store import causes, to_publish, views


def arising(db: Connection, *of: str) -> list[Row[int, str, str, str, bool]]:
    """List what arises from statements at first hand, in log order: `place` and what it is.

    Whoever wants one event, or one agency's, chooses among these: of what arises from one there
    is little, and a database that is asked for both may begin with every statement of an event.
    """
    query = (
        select(views.c.place, views.c.id, views.c.event, views.c.agency, views.c.verified)
        .join(causes, causes.c.statement == views.c.id)
        .where(causes.c.cause.in_(of))
    )
    found = {row.place: row for row in db.execute(query)}  # one may arise from several of these
    return [found[place] for place in sorted(found)]


def causes_of(db: Connection, digest: str) -> list[str]:
    """List what a statement that is held here, by its digest, arises from."""
    query = select(causes.c.cause).join(views, views.c.id == causes.c.statement)
    return sorted(set(db.execute(query.where(views.c.digest == digest)).scalars()))


def resting_on(db: Connection, statement: str, agency: str) -> int:
    """Count the statements of an agency that arise from one, at first hand."""
    return sum(one.agency == agency for one in arising(db, statement))


def in_log_order(db: Connection, digests: Collection[str]) -> list[str]:
    """Put digests in the order of the log: what arises from something comes after it."""
    if not digests:
        return []
    query = select(views.c.digest).where(views.c.digest.in_(digests)).order_by(views.c.entry)
    return list(dict.fromkeys([*db.execute(query).scalars(), *digests]))


def is_here(db: Connection, statement: str) -> bool:
    """Say whether a statement is held here, or is this agency's own: said, or to be said."""
    held = select(views.c.id).where(views.c.id == statement)
    said = select(to_publish.c.id).where(to_publish.c.id == statement)
    return any(db.execute(query).first() is not None for query in (held, said))
