"""What arises from a statement at first hand, as far as both are held here."""

from collections.abc import Collection

from sqlalchemy import Connection, Row, bindparam, select

from consumers.store import causes, to_publish, views

_ARISING = (
    select(views.c.entry, views.c.id, views.c.event, views.c.agency, views.c.verified)
    .join(causes, causes.c.statement == views.c.id)
    .where(causes.c.cause.in_(bindparam("of", expanding=True)))
)
_IS_CAUSE = select(causes.c.statement).where(causes.c.cause == bindparam("it")).limit(1)


def arising(db: Connection, *of: str) -> list[Row[int, str, str, str, bool]]:
    """List what arises from statements at first hand, in log order: `entry` and what it is.

    Whoever wants one event, or one agency's, chooses among these: of what arises from one there
    is little, and a database that is asked for both may begin with every statement of an event.
    """
    # Of what was delivered again the last time counts: no earlier one is left to who reads anew.
    found = set(db.execute(_ARISING, {"of": of}))
    return sorted(found, key=lambda row: (row.entry, row.id))


def said_before(db: Connection, statement: str | None) -> list[str]:
    """List what stands with a statement that came after what arises from it; none for any other."""
    if statement is None or db.execute(_IS_CAUSE, {"it": statement}).first() is None:
        return []
    return standing_with(db, statement)


def standing_with(db: Connection, *statements: str) -> list[str]:
    """List what may stand otherwise where some statements do, by id.

    These, what arises from them, and all that any of those arises from.
    """
    known = {*statements, *(row.id for row in arising(db, *statements))}
    query = select(causes.c.cause).where(causes.c.statement.in_(sorted(known)))
    return sorted({*known, *db.execute(query).scalars()})


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
