"""What one shift hands to the next: a note, who wrote it, who took it over and when.

No statement says so: the log has no event for it, and needs none, since whose a duty is stands
there by role. So these rows are this agency's own, and nothing brings them back.

Source: domain.md 7 (Attention: who has it); issue 6, point 1.
"""

import re

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    RowMapping,
    Table,
    Text,
    insert,
    select,
    update,
)

from consumers.shape import LOCAL, PLACE
from consumers.store import metadata

shift_notes = Table(
    "shift_notes",
    metadata,
    Column("place", PLACE, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("taken_by", Text),
    Column("taken_token", Text),
    Column("taken_at", BigInteger),
    info=LOCAL,
)
"""One row a handover; times in milliseconds, tokens of practitioners, `note` in words."""

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
GONE = "What this said of a statement that is erased is erased with it."


def hand_over(db: Connection, *, at: int, by: str, token: str, note: str) -> None:
    """Keep a note for whoever comes next."""
    db.execute(insert(shift_notes).values(at=at, by=by, token=token, note=note))


def take_over(db: Connection, place: int, *, at: int, by: str, token: str) -> bool:
    """Say that somebody has read a note and has the shift; the first stands.

    Returns:
        False where somebody took it over already, whoever wrote it tries to, or there is none.
    """
    row = (
        shift_notes.c.place == place, shift_notes.c.taken_by.is_(None), shift_notes.c.token != token
    )  # fmt: skip
    taken = update(shift_notes).where(*row).values(taken_by=by, taken_token=token, taken_at=at)
    return bool(db.execute(taken).rowcount)


def newest(db: Connection, hidden: frozenset[str], count: int) -> list[RowMapping]:
    """List the last notes, the newest first; none that names what is kept from who looks.

    Args:
        db: an open transaction.
        hidden: ids that are kept from them.
        count: at most so many.
    """
    query = select(shift_notes).order_by(shift_notes.c.place.desc()).limit(count)
    found = db.execute(query).mappings().all()
    return [row for row in found if hidden.isdisjoint(_ID.findall(row["note"]))]


def forget(db: Connection, statement: str) -> None:
    """Drop the words of every note that names an erased statement."""
    names = shift_notes.c.note.contains(statement, autoescape=True)
    db.execute(update(shift_notes).where(names).values(note=GONE))
