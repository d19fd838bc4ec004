"""What stands beside the rows of a list: texts, marks, first lines; of a whole page at once.

A list of five and twenty asks a handful of questions, however many of its rows have something.
"""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, RowMapping, select

from consumers import standing
from consumers import store as stored
from consumers.desk.rows import inbox
from consumers.intelligence.rows import first_lines_of
from contracts.context import Urgency
from contracts.identifier import is_statement_id
from contracts.statement import Statement


def seen(db: Connection, named: str, hidden: Collection[str]) -> Statement | None:
    """Give what an address names, as it stands; None where it is none, or kept from who looks."""
    known = is_statement_id(named) and named not in hidden
    return standing.held(db, named, but=hidden) if known else None


class Beside:
    """What is held of some statements, as far as somebody may see them."""

    def __init__(
        self, db: Connection, statements: Iterable[str | None], hidden: Collection[str], *,
        also: Iterable[str] = (),
    ) -> None:  # fmt: skip
        """Read it.

        Args:
            db: an open transaction.
            statements: their ids; what is None, or kept, is left out.
            hidden: ids that are kept from who looks.
            also: ids of which the marks alone are read.
        """
        ids = sorted({one for one in statements if one} - frozenset(hidden))
        views = stored.views
        query = select(views).where(views.c.id.in_(ids)).order_by(views.c.place.desc())
        self._rows = {row["id"]: row for row in db.execute(query).mappings()}
        was = [stored.reread(row["record"]) for row in self._rows.values()]
        stands = standing.corrected(db, was, but=hidden)
        self._read = dict(zip(self._rows, stands, strict=True))
        self._marked = standing.marks_of_all(db, [*ids, *also])
        self._first = first_lines_of(db, ids, hidden)
        came = select(inbox.c.statement, inbox.c.marks).where(inbox.c.statement.in_(ids))
        self._came: dict[str, list[str]] = {
            row.statement: row.marks.split() for row in db.execute(came)
        }

    def row(self, statement: str | None) -> RowMapping | None:
        """Give the row of a statement's view."""
        return self._rows.get(statement or "")

    def text(self, statement: str | None) -> Statement | None:
        """Give a statement as it stands; None where it is not held, or not verified."""
        row = self.row(statement)
        return self._read[row["id"]] if row is not None and row["verified"] else None

    def urgency(self, statement: str | None) -> Urgency | None:
        """Give how pressing a statement is."""
        row = self.row(statement)
        return None if row is None else self._read[row["id"]].context.urgency

    def marks(self, statement: str | None) -> list[str]:
        """List how a statement is marked, in words."""
        return self._marked.get(statement or "", [])

    def stands(self, statement: str | None) -> list[str]:
        """List what stands before all else of a statement: its first lines, then its marks."""
        return [*self._first.get(statement or "", []), *self.marks(statement)]

    def came_with(self, statement: str | None) -> list[str]:
        """List the marks that a report's delivery has."""
        return self._came.get(statement or "", [])
