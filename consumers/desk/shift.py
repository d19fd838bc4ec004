"""What one shift hands to the next: a note, who wrote it, who took it over and when.

No statement says so: the log has no event for it, and needs none, since whose a duty is stands
there by role. So these rows are this agency's own, and nothing brings them back.

Source: domain.md 7 (Attention: who has it); issue 6, point 1.
"""

import re
from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    RowMapping,
    Table,
    Text,
    insert,
    or_,
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
    Column("about", Text),
    Column("taken_by", Text),
    Column("taken_token", Text),
    Column("taken_at", BigInteger),
    info=LOCAL,
)
"""One row a handover; times in milliseconds, tokens of practitioners, `note` in words.

`about` are the ids, joined by spaces, of the reports that its writer chose: whom one of them is
kept from is not shown the note.
"""

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
GONE = "What this said of a statement that is erased is erased with it."


def hand_over(  # noqa: PLR0913 - a note has this many independent parts
    db: Connection, *, at: int, by: str, token: str, note: str, about: Sequence[str]
) -> None:
    """Keep a note for whoever comes next, with the ids of the reports that it is about."""
    row = {"at": at, "by": by, "token": token, "note": note, "about": " ".join(about)}
    db.execute(insert(shift_notes).values(**row))


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
    """List the last notes, the newest first; none about what is kept from who looks.

    A note is about the reports that were chosen for it, and about those whose ids it quotes.

    Args:
        db: an open transaction.
        hidden: ids that are kept from them.
        count: at most so many.
    """
    query = select(shift_notes).order_by(shift_notes.c.place.desc()).limit(count)
    found = db.execute(query).mappings().all()
    return [row for row in found if hidden.isdisjoint(about(row) + _ID.findall(row["note"]))]


def about(row: RowMapping) -> list[str]:
    """List the reports that a note was said to be about."""
    return (row["about"] or "").split()


def forget(db: Connection, statement: str) -> None:
    """Drop the words of every note that is about an erased statement."""
    told = (shift_notes.c.note, shift_notes.c.about)
    names = or_(*(one.contains(statement, autoescape=True) for one in told))
    db.execute(update(shift_notes).where(names).values(note=GONE))
