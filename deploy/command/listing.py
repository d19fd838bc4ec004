"""How a command lists: as far as it is asked, each look recorded before anything is shown.

The way of every list that names somebody. A list of several parts goes as far with each.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import typer
from sqlalchemy import Connection

from consumers import standing
from consumers import store as stored
from consumers.intelligence.rows import first_lines
from deploy.command.consumer import as_of, failing, looked, looking, see_more
from deploy.wiring import Acting


class Reading(NamedTuple):
    """What a list is read from, by whom, and at which ledger time (milliseconds)."""

    db: Connection
    acting: Acting
    viewer: frozenset[str] | None
    now: int

    def marks(self, statement: str) -> list[str]:
        """Say how a statement is marked, in lines below what it is listed as."""
        return [f"  {line}" for line in standing.marks_of(self.db, statement)]

    def first_lines(self, statement: str) -> list[str]:
        """Give what stands before all else of what is graded."""
        hidden = standing.hidden_from(self.db, self.viewer)
        return [f"  {line}" for line in first_lines(self.db, statement, hidden)]


class Part(NamedTuple):
    """One list.

    Attributes:
        what: what sort of list, as the desk's looks call it.
        read: reads no more rows than asked, in the order in which they are shown.
        lines: says one row.
        about: the row's column with the id of what is looked at; None where a row is an id.
    """

    what: str
    read: Callable[[Reading, int], Sequence[Any]]
    lines: Callable[[Reading, Any], Iterable[str]]
    about: str | None = "id"

    def seen(self, rows: Sequence[Any]) -> list[str]:
        """Give what is looked at in some rows, by id."""
        return [row if self.about is None else row[self.about] for row in rows]


def tell(acting: Acting, by: str | None, first: int, *parts: Part, nothing: str) -> None:
    """Read a list, record who looks, show it, and say what follows.

    Args:
        acting: the agency's.
        by: who looks, as typed.
        first: how many rows are shown of each part.
        parts: in the order in which they are shown.
        nothing: said where none has a row.
    """
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        reading = Reading(db, acting, viewer, stored.ledger_time(db))
        failing(acting.outbox, db, viewer)
        found = [(part, part.read(reading, first + 1)) for part in parts]
        for part, rows in found:
            looked(acting, by, part.what, part.seen(rows[:first]))
        for part, rows in found:
            for row in rows[:first]:
                for line in part.lines(reading, row):
                    typer.echo(line)
    if any(len(rows) > first for _, rows in found):
        see_more(first)
    if not any(rows for _, rows in found):
        typer.echo(nothing)
        as_of(acting.home.folder, reading.now)
