"""The disclosure worker, for police: applications, stages, and the overall clock.

A stage stands while every stage that it rests on does: those before it, and those that it names. A
decision rests on the application too, and on its report: where either is otherwise, or was before
the decision and whoever decided had not read it, it is to be made again.
"""

from collections.abc import Collection

from sqlalchemy import Connection, RowMapping

from consumers import reading, standing, store
from consumers.disclosure import course, rows
from consumers.responses import given
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.event.action import DisclosureApplied, DisclosureStaged
from contracts.identifier import agency_of
from contracts.opened import View
from contracts.statement import Statement

RULE = f"{course.DUTY}/1"
_STAGED = "disclosure_staged"


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
            self._stage(db, statement, event)
        return []

    def pass_time(self, db: Connection, at: int) -> list[Wanted]:
        """Say of each application that was not over in its time that it was not, once each time."""
        return self._each(db, rows.ran_out(db, at), self._overdue)

    def reopen(self, db: Connection, statement: str, /) -> None:
        """Let a stage be recorded again that is taken back or suspect, or whose ground changed.

        What had ended by it, after its time, has its time again.
        """
        for one in (statement, *rows.resting_on(db, statement)):
            self._unstage(db, one)

    def refused(self, db: Connection, statement: str, /) -> None:
        """Take back a stage that the log did not accept, or that names no correction before it."""
        self._unstage(db, statement)

    def forget(self, db: Connection, statement: str, /) -> None:
        """Drop what is, or rests on, an erased statement."""
        self._unstage(db, statement)
        rows.forget(db, statement)

    def see_anew(self, db: Connection, statements: Collection[str], /) -> None:
        """Take in anew the stages of applications that stand, in log order."""
        for application in rows.applications_of(db, statements):
            for row in given.standing_on(db, [application]):
                ours = (row["event"], row["agency"]) == (_STAGED, self._voice.agency)
                if not ours or standing.marks_of(db, row["id"]):
                    continue
                said = store.reread(row["record"])
                event = said.sections.get("event")
                if isinstance(event, DisclosureStaged) and not (
                    event.stage in reading.DECIDING and reading.is_outdated(db, said)
                ):
                    self._stage(db, said, event)

    def _stage(self, db: Connection, said: Statement, event: DisclosureStaged) -> None:
        """Add a stage, where all that it rests on stands.

        One that was recorded before its desk read that another does not stand is to be made anew:
        in whichever order the two came to the log.
        """
        application = rows.application(db, event.application)
        reached = {one["id"]: one["stage"] for one in rows.stages_of(db, event.application)}
        if application is None:
            return
        named = [row["id"] for row in store.rows_of(db, said.causes).values()
                 if row["event"] == _STAGED]  # fmt: skip
        needed = course.before(application["right"], event.stage)
        if reached.keys() >= {*named} and {*reached.values()} >= {*needed}:
            rows.stage(db, said.context.id, event)

    def _unstage(self, db: Connection, said: str) -> None:
        """Take a stage back; what had ended by one on the log, after its time, has it again."""
        ended = rows.unstage(db, said)
        known = ended is not None and store.row_of(db, ended["id"]) is not None
        application = rows.application(db, ended["application"]) if ended and known else None
        if application is not None:
            at, due_at = store.ledger_time(db), application["due_at"]
            if due_at < at:
                due_at = course.due_at(at, rules=self._voice.rules)
            rows.reopen(db, application["id"], said, due_at=due_at)

    def _overdue(self, db: Connection, row: RowMapping) -> list[Wanted]:
        wanted = self._voice.overdue(
            course.DUTY, row["id"], self._voice.agency, due_at=row["due_at"], rule=RULE,
            apart=f"/{row['reopened_by']}" if row["reopened_by"] else "",
        )  # fmt: skip
        rows.mark_overdue(db, row["id"], wanted.draft.id)
        return [wanted]
