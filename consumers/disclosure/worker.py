"""The disclosure worker, for police: applications, stages, and the overall clock."""

from sqlalchemy import Connection, RowMapping

from consumers import store
from consumers.disclosure import course, rows
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.event.action import DisclosureApplied, DisclosureStaged
from contracts.identifier import agency_of
from contracts.opened import View

RULE = f"{course.DUTY}/1"


class Disclosures(Worker):
    """Disclosure, for a police agency: over what its own officers record."""

    kinds = frozenset({"police"})

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Take in an application or a stage of our own."""
        statement, at = view.statement, view.head.ledger_time
        said, event = statement.context.id, statement.sections.get("event")
        if agency_of(statement.context.source) != self._voice.agency:
            return []
        if isinstance(event, DisclosureApplied):
            rules = self._voice.rules
            power = course.power_at(event.occurred, at, since=course.since_of(rules))
            rows.apply(db, said, event, due_at=course.due_at(at, rules=rules), power=power)
        elif isinstance(event, DisclosureStaged):
            rows.stage(db, said, event, place=course.STAGES.index(event.stage))
        return []

    def pass_time(self, db: Connection, at: int) -> list[Wanted]:
        """Say of each application that was not over in its time that it was not, once each time."""
        return self._each(db, rows.ran_out(db, at), self._overdue)

    def reopen(self, db: Connection, statement: str, /) -> None:
        """Let a stage be recorded again that is taken back or suspect.

        What had ended by it, after its time, has its time again.
        """
        ended = rows.unstage(db, statement)
        if ended is not None:
            at, due_at = store.ledger_time(db), ended["due_at"]
            if due_at < at:
                due_at = course.due_at(at, rules=self._voice.rules)
            rows.reopen(db, ended["id"], statement, due_at=due_at)

    def refused(self, db: Connection, statement: str, /) -> None:
        """Take back a stage that the log did not accept."""
        rows.unstage(db, statement)

    def forget(self, db: Connection, statement: str, /) -> None:
        """Drop what is, or rests on, an erased statement."""
        rows.forget(db, statement)

    def _overdue(self, db: Connection, row: RowMapping) -> list[Wanted]:
        wanted = self._voice.overdue(
            course.DUTY, row["id"], self._voice.agency, due_at=row["due_at"], rule=RULE,
            apart=f"/{row['reopened_by']}" if row["reopened_by"] else "",
        )  # fmt: skip
        rows.mark_overdue(db, row["id"], wanted.draft.id)
        return [wanted]
