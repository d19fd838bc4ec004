"""The responses worker, for every agency: what it owes, and what ran out by ledger time."""

from sqlalchemy import Connection, RowMapping

from consumers import store
from consumers.responses import owed, rows
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.event.work import DutyOverdue
from contracts.identifier import agency_of, is_digest
from contracts.opened import Notice, View

RULE = "duty_overdue/1"


class Responses(Worker):
    """Duties, for an agency of any kind."""

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Take on what a view lays on this agency; discharge what its own statement answers."""
        statement, ours = view.statement, self._voice.agency
        if agency_of(statement.context.source) == ours:
            said = statement.context.id
            for key in owed.discharged_by(statement.sections.get("event")):
                rows.discharge(db, key, said)
            if not view.delivery.duties:
                # Decided anew: what was missing is there, or was waived.
                rows.discharge(db, f"provenance_supplied/{said}", said)
        self._lay(db, view)
        return []

    def notice(self, db: Connection, notice: Notice) -> list[Wanted]:
        """Take on what a notice lays on this agency; let go what it says is closed."""
        if "closed" in notice.delivery.marks:
            digest = notice.delivery.statement
            rows.discharge(db, f"quarantine_decision/{digest}", digest)
        self._lay(db, notice)
        return []

    def unverified(self, db: Connection, view: View) -> None:
        """Take on that somebody must call back: a flood is one call, and one duty with a clock."""
        agency = agency_of(view.statement.context.source) or ""
        partners, ours = self._voice.partners, self._voice.agency
        for one in owed.laid_on(view, ours, partners.acts, partners.acting):
            if one.kind != "call_back" or not rows.rings_back(db, agency):
                rows.add(db, one, role=self._voice.role_of(ours))

    def refused(self, db: Connection, statement: str) -> None:
        """Owe again what was answered by a statement that was not accepted."""
        rows.refused(db, statement)

    def forget(self, db: Connection, statement: str) -> None:
        """Drop the duties about an erased statement; that it is erased answers them."""
        rows.forget(db, statement)

    def _lay(self, db: Connection, opened: View | Notice) -> None:
        ours = self._voice.agency
        partners = self._voice.partners
        for one in owed.laid_on(opened, ours, partners.acts, partners.acting):
            rows.add(db, one, role=self._voice.role_of(ours))

    def pass_time(self, db: Connection, at: int) -> list[Wanted]:
        """Say of each duty that ran out that it did, once."""
        return [self._overdue(db, row) for row in rows.ran_out(db, at)]

    def _overdue(self, db: Connection, row: RowMapping) -> Wanted:
        about, statement = row["about"], row["statement"] or None
        event = DutyOverdue(
            duty=row["kind"], statement=statement, about=about if is_digest(about) else None,
            owner_agency=self._voice.agency, owner_role=row["role"], due_at=row["due_at"],
        )  # fmt: skip
        held = store.row_of(db, statement) if statement else None
        wanted = self._voice.derived(
            f"duty_overdue/{row['key']}", "duty_overdue", event,
            causes=[] if held is None else [held["id"]], rule=RULE, at=row["due_at"],
            urgency="urgent",
        )  # fmt: skip
        rows.mark_overdue(db, row["key"], wanted.draft.id)
        return wanted
