"""The responses worker, for every agency: what it owes, and what ran out by ledger time."""

from sqlalchemy import Connection, RowMapping

from consumers.responses import owed, rows
from consumers.store import Wanted
from consumers.worker import Voice
from contracts.event.work import DutyOverdue
from contracts.identifier import agency_of
from contracts.opened import View

RULE = "duty_overdue/1"


class Responses:
    """Duties, for an agency of any kind."""

    kinds: frozenset[str] = frozenset()

    def __init__(self, voice: Voice) -> None:
        """Work for one agency."""
        self._voice = voice

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Take on what a view lays on this agency; discharge what its own statement answers."""
        if agency_of(view.statement.context.source) == self._voice.agency:
            key = owed.discharged_by(view)
            if key is not None:
                rows.discharge(db, key, view.statement.context.id)
            return []
        for one in owed.laid_on(view, self._voice.agency):
            rows.add(db, one, role=self._voice.role_of(self._voice.agency))
        return []

    def pass_time(self, db: Connection, at: int) -> list[Wanted]:
        """Say of each duty that ran out that it did, once."""
        return [self._overdue(db, row) for row in rows.ran_out(db, at)]

    def _overdue(self, db: Connection, row: RowMapping) -> Wanted:
        event = DutyOverdue(
            duty=row["kind"], statement=row["statement"], owner_agency=self._voice.agency,
            owner_role=row["role"], due_at=row["due_at"],
        )  # fmt: skip
        wanted = self._voice.derived(
            f"duty_overdue/{row['key']}", "duty_overdue", event, causes=[row["about"]], rule=RULE,
            urgency="urgent",
        )  # fmt: skip
        rows.mark_overdue(db, row["key"], wanted.draft.id)
        return wanted
