"""The desk's worker: what came from others stands in the inbox; looks go onto the log by digest."""

from collections.abc import Collection

from sqlalchemy import Connection, RowMapping

from consumers import whereabouts
from consumers.desk import looks, rows, searches, shift
from consumers.referrals import untaken
from consumers.responses import given
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.context import Urgency
from contracts.duration import HOUR_MS
from contracts.event import BY_NAME, Audience
from contracts.event.action import ReferralConsidered
from contracts.event.case import LooksRecorded
from contracts.event.report import ReferralMade
from contracts.event.work import ResponseGiven
from contracts.identifier import agency_of
from contracts.opened import View

RULE = "looks_recorded/1"
LISTED = frozenset({
    name for name, row in BY_NAME.items() if row.audience is Audience.SHARED or row.persons
}) | {"alert_raised"}  # fmt: skip
"""What an inbox lists, where another agency said it."""


class Inbox(Worker):
    """The inbox, for an agency of any kind."""

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """List what another agency said; what we answered is done."""
        statement = view.statement
        event = statement.sections.get("event")
        if agency_of(statement.context.source) != self._voice.agency:
            self._arrive(db, view)
            if isinstance(event, ResponseGiven):
                self.see_anew(db, [statement.context.id])
        elif isinstance(event, ResponseGiven):
            self.see_anew(db, [event.statement])
        elif isinstance(event, ReferralMade | ReferralConsidered):
            self.see_anew(db, [statement.context.id])
        return []

    def unverified(self, db: Connection, view: View) -> None:
        """List what nobody could verify, marked so: somebody must call back."""
        self._arrive(db, view)

    def pass_time(self, db: Connection, at: int) -> list[Wanted]:
        """Say, once an hour, how many looks were taken, and their digest."""
        hour = at // HOUR_MS * HOUR_MS
        found = rows.uncovered(db, hour)
        if not found:
            return []
        event = LooksRecorded(
            since=found[0]["at"], until=hour, count=len(found), digest=looks.digest_of(found)
        )
        wanted = self._voice.derived(
            f"looks_recorded/{self._voice.source}/{hour}", "looks_recorded", event, causes=[],
            rule=RULE, at=hour,
        )  # fmt: skip
        looks.cover(db, found, wanted.draft.id)
        return [wanted]

    def reopen(self, db: Connection, statement: str, /) -> None:
        """Let a report stand in the inbox again: it is otherwise now."""
        rows.done(db, statement, is_done=False)

    def forget(self, db: Connection, statement: str, /) -> None:
        """Drop an erased report, and what was said to see where somebody is."""
        rows.forget(db, statement)
        whereabouts.forget(db, statement)
        shift.forget(db, statement)
        searches.forget(db, statement)

    def see_anew(self, db: Connection, statements: Collection[str], /) -> None:
        """Let reports be done where an answer to each stands, and no longer where none does.

        An answer by which nobody took a referral of ours presses until another way is looked for.
        """
        answers = (row["answer"] for row in untaken.made_with(db, statements))
        for one in rows.listed_of(db, {*statements, *filter(None, answers)}):
            duty, done = untaken.duty_of(db, one), given.is_answered(db, self._voice.agency, one)
            if duty is not None:
                done = done or duty["discharged_by"] is not None
            rows.done(db, one, is_done=done)
            rows.weigh(db, one, self._at_least(db, duty))

    def refused(self, db: Connection, statement: str, /) -> None:
        """Let what it had seen to be open again, where the log did not accept it."""
        self.see_anew(db, [statement])

    def _at_least(self, db: Connection, duty: RowMapping | None) -> Urgency:
        """Say how pressing a report is at the least: what nobody took, as what was referred."""
        urgency = "routine" if duty is None else untaken.urgency_of(db, duty)
        return "urgent" if duty is not None and urgency == "routine" else urgency

    def _arrive(self, db: Connection, view: View) -> None:
        statement = view.statement
        if statement.kind.name not in LISTED:
            return
        rows.arrive(
            db, statement=statement.context.id, arrived=view.head.ledger_time,
            entry=view.head.index, event=statement.kind.name,
            agency=agency_of(statement.context.source) or "", urgency=statement.context.urgency,
            weight=rows.WEIGHTS.get(statement.context.urgency or "", 0),
            marks=" ".join(view.delivery.marks), verified=view.verified,
        )  # fmt: skip
