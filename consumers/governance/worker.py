"""The governance worker, for every agency: what is held, reviewed and erased, as it is told."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from consumers import store as stored
from consumers.governance import rows
from consumers.responses import given
from consumers.responses.owed import recalled_by
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.context import Context
from contracts.entry import Duty
from contracts.event import case, name_of
from contracts.identifier import agency_of
from contracts.opened import Notice, View
from contracts.section import Provenance


class Governance(Worker):
    """What an agency of any kind is told about the log itself."""

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Take our own decisions in; what came as a view is held no longer, or told so here."""
        statement = view.statement
        decides = _duty(view, "quarantine_decision", self._voice.agency)
        if decides is None:
            rows.let_go(db, statement.digest)
        else:
            self._hold(db, view, decides)
        self._alarm(db, view, statement.context)
        must = [d for d in view.delivery.duties if d.kind == "erasure_confirmed"]
        if must:
            rows.must_erase(db, statement.context.id, statements=len(must), due_at=must[0].due_at)
        self._recall(db, view)
        if agency_of(statement.context.source) == self._voice.agency:
            self._own(db, view)
        return []

    def notice(self, db: Connection, notice: Notice) -> list[Wanted]:
        """Take in that something is held, let go, to be reviewed, or to be erased."""
        delivery, context = notice.delivery, notice.context
        if "closed" in delivery.marks:
            rows.let_go(db, delivery.statement)
        for duty in delivery.duties:
            if duty.kind == "quarantine_decision":
                self._hold(db, notice, duty)
        if context is not None:
            self._alarm(db, notice, context)
        must = [d for d in delivery.duties if d.kind == "erasure_confirmed"]
        if must and context is not None:
            rows.must_erase(db, context.id, statements=len(must), due_at=must[0].due_at)
        return []

    def unverified(self, db: Connection, view: View) -> None:
        """Take in that what nobody could verify is to be reviewed, where we are police too."""
        self._alarm(db, view, view.statement.context)

    def see_anew(self, db: Connection, statements: Collection[str], /) -> None:
        """Let a use of the emergency path be reviewed where a review of ours stands."""
        for row in given.standing_on(db, rows.used_in(db, statements)):
            event = stored.reread(row["record"]).sections.get("event")
            if row["agency"] == self._voice.agency and isinstance(event, case.EmergencyReviewed):
                rows.review(db, row["id"], event)

    def refused(self, db: Connection, statement: str) -> None:
        """Take back a decision that was not accepted."""
        rows.refused(db, statement)

    def forget(self, db: Connection, statement: str) -> None:
        """Drop the desk's words that are erased."""
        rows.forget(db, statement)

    def _alarm(self, db: Connection, opened: View | Notice, context: Context) -> None:
        """Take in a use of the emergency path that we review."""
        review = _duty(opened, "emergency_review", self._voice.agency)
        if review is not None:
            at = opened.head.ledger_time
            rows.alarm(db, opened.delivery, context, at=at, due_at=review.due_at)

    def _hold(self, db: Connection, opened: View | Notice, duty: Duty) -> None:
        context = opened.statement.context if isinstance(opened, View) else opened.context
        rows.hold(
            db, opened.delivery, context, event=name_of(context.type) if context else None,
            since=opened.head.ledger_time, due_at=duty.due_at,
            decides=duty.agency == self._voice.agency,
        )  # fmt: skip

    def _recall(self, db: Connection, view: View) -> None:
        """Take in who must look again at what a compromised key signed, and who has."""
        event = view.statement.sections.get("event")
        if isinstance(event, case.RecallAcknowledged):
            agency = agency_of(view.statement.context.source) or ""
            rows.looked_again(db, agency, view.statement.context.id, event)
        kid = recalled_by(event, self._voice.partners.acts)
        for duty in view.delivery.duties:
            if kid is not None and duty.kind == "recall_acknowledged":
                rows.recall(db, kid, duty.agency, due_at=duty.due_at)

    def _own(self, db: Connection, view: View) -> None:
        statement = view.statement
        said, event = statement.context.id, statement.sections.get("event")
        if isinstance(event, case.ReleaseDecided):
            if _is_spent(db, event.statement, view.head.index):
                return
            provenance = statement.sections.get("provenance")
            person = provenance.practitioner if isinstance(provenance, Provenance) else None
            rows.release(db, said, event, person.token or "" if person else "")
        elif isinstance(event, case.EmergencyReviewed):
            rows.review(db, said, event)
        elif isinstance(event, case.ErasureConfirmed):
            rows.confirm(db, event.erasure, event.backups_until)


def _is_spent(db: Connection, digest: str, entry: int) -> bool:
    """Say whether a desk's word freed nothing: its own entry holds the statement on."""
    held = rows.held_one(db, digest) is not None
    return held and _told_in(db, digest) == entry


def _duty(opened: View | Notice, kind: str, agency: str) -> Duty | None:
    found = (d for d in opened.delivery.duties if d.kind == kind and d.agency == agency)
    return next(found, None)


def _told_in(db: Connection, digest: str) -> int:
    """Give the newest entry that told anything of a statement here, by its digest; -1 for none."""
    found = (
        db.execute(select(table.c.entry).where(table.c.digest == digest)).scalar()
        for table in (stored.views, stored.notices)
    )
    return max(-1 if one is None else one for one in found)
