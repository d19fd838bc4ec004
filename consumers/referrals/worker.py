"""The referrals worker, for every agency: what it referred, what is put to it, what ran out.

The response that every recipient owes is the responses worker's. A referral wants more than an
answer: a decision, and whoever referred says so too where none came.
"""

from collections.abc import Collection

from sqlalchemy import Connection, RowMapping

from consumers import said_anew, standing, store
from consumers.referrals import course, rows, untaken
from consumers.responses import given
from consumers.responses import rows as duties
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.event.action import ReferralConsidered
from contracts.event.report import ReferralMade
from contracts.event.work import ResponseGiven
from contracts.identifier import agency_of
from contracts.opened import View
from contracts.statement import Statement

RULE = f"{course.DUTY}/1"


class Referrals(Worker):
    """Referrals, for an agency of any kind."""

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Take in a referral, its decision, or a decision whether to make one."""
        statement, voice = view.statement, self._voice
        said, event = statement.context.id, statement.sections.get("event")
        publisher = voice.partners.acting(agency_of(statement.context.source) or "")
        if isinstance(event, ReferralMade):
            addressee = voice.partners.acting(event.addressee)
            direction = course.direction_of(
                statement, publisher=publisher, addressee=addressee, ours=voice.agency
            )
            if direction is not None:
                at = view.head.ledger_time
                due_at = course.due_at(statement.context.urgency, at, rules=voice.rules)
                held = course.held_by(
                    view.delivery.marks, statement.context.urgency,
                    addressee_kind=voice.kind_of(addressee),
                    is_called=voice.acts_on_emergencies(addressee),
                )  # fmt: skip
                rows.add(
                    db, said, event, direction=direction, publisher=publisher,
                    addressee=addressee, at=at, due_at=due_at,
                    held=held if direction == "made" else None,
                )  # fmt: skip
        elif isinstance(event, ResponseGiven):
            self._decide(db, statement)
        elif isinstance(event, ReferralConsidered) and publisher == voice.agency:
            rows.consider(db, said, event)
        if isinstance(event, ReferralMade | ResponseGiven | ReferralConsidered):
            untaken.owe(db, voice, [said])
        return []

    def pass_time(self, db: Connection, at: int) -> list[Wanted]:
        """Say of each referral that nobody decided in time that nobody did, once each time."""
        return self._each(db, rows.ran_out(db, at), self._overdue)

    def reopen(self, db: Connection, statement: str, /) -> None:
        """Let a decision be made again that is taken back or suspect, or whose report changed.

        Where the referral's time is over, it has its time again.
        """
        at = store.ledger_time(db)
        for row in rows.decided_by(db, statement):
            held, due_at = store.held(db, row["id"]), row["due_at"]
            if held is not None and due_at < at:
                due_at = course.due_at(held.context.urgency, at, rules=self._voice.rules)
            rows.reopen(db, row["id"], statement, due_at=due_at)
            self._decide_again(db, row["id"])
        rows.unconsider(db, statement)

    def refused(self, db: Connection, statement: str, /) -> None:
        """Take back a decision that the log did not accept."""
        self._gone(db, statement)
        rows.unconsider(db, statement)
        untaken.owe(db, self._voice, [statement])

    def forget(self, db: Connection, statement: str, /) -> None:
        """Drop what is, or rests on, an erased statement."""
        self._gone(db, statement)
        rows.forget(db, statement)
        said_anew.let_go(db, statement, "referral_made/", "housing_notice_given/")

    def see_anew(self, db: Connection, statements: Collection[str], /) -> None:
        """Let the last answer decide a referral that stands as it was given, and what follows."""
        for one in rows.referrals_of(db, statements):
            self._decide_again(db, one)
        untaken.owe(db, self._voice, statements)

    def _decide(self, db: Connection, answer: Statement) -> None:
        """Take in what an answer decides on a referral, where it is its addressee's."""
        event, publisher = answer.sections.get("event"), agency_of(answer.context.source) or ""
        if not isinstance(event, ResponseGiven) or event.referral is None:
            return
        row, acting = rows.referral(db, event.statement), self._voice.partners.acting
        if row is not None and acting(row["addressee"]) == acting(publisher):
            rows.decide(
                db, row["id"], decision=event.referral, by=event.received_by,
                answer=answer.context.id,
            )  # fmt: skip

    def _gone(self, db: Connection, answer: str) -> None:
        """Undo what an answer decided that is not there any more."""
        decided = rows.decided_by(db, answer)
        rows.undecide(db, answer)
        for row in decided:
            self._decide_again(db, row["id"])

    def _decide_again(self, db: Connection, referral: str) -> None:
        """Let the last answer decide that stands as it was given, where there is another."""
        for row in given.standing_on(db, [referral]):
            if not standing.marks_of(db, row["id"]):
                self._decide(db, store.reread(row["record"]))

    def _overdue(self, db: Connection, row: RowMapping) -> list[Wanted]:
        if not _is_said(db, row):
            return []
        wanted = self._voice.overdue(
            course.DUTY, row["id"], row["addressee"], due_at=row["due_at"], rule=RULE,
            apart=f"/{row['reopened_by']}" if row["reopened_by"] else "",
        )  # fmt: skip
        rows.mark_overdue(db, row["id"], wanted.draft.id)
        return [wanted]


def _is_said(db: Connection, row: RowMapping) -> bool:
    """Leave to the responses worker what it says already: that no answer was given at all."""
    return row["direction"] == "made" or not duties.is_open(db, f"response_given/{row['id']}")
