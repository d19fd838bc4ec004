"""The telling worker, for every agency: a notification commits with the row that caused it."""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection

from consumers import store
from consumers.referrals import untaken as referrals
from consumers.responses import rows as responses
from consumers.safeguarding import life
from consumers.safeguarding import rows as safeguarding
from consumers.safeguarding.rules import terms
from consumers.store import Wanted
from consumers.telling import contact, rows
from consumers.telling.notification import TOLD, UNKNOWN, Stands, arrived, told_of, untaken
from consumers.worker import Worker
from contracts.draft import Draft
from contracts.event.action import AlertEscalated, AlertHandedOver
from contracts.event.work import AlertRaised, DutyOverdue, ResponseGiven
from contracts.form import Section
from contracts.identifier import agency_of
from contracts.opened import View


class Telling(Worker):
    """Who is told of what, for an agency of any kind; it comes last."""

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Tell of what another source or a person of this agency said, and of a threat to life."""
        statement, said = view.statement, view.statement.context.id
        rows.keep_contacts(db, said, contact.private(statement.sections.values()))
        event = statement.sections.get("event")
        ours = agency_of(statement.context.source) == self._voice.agency
        # Another agency's alert is told here where its act is this one's, its silence as owed.
        owes = isinstance(event, DutyOverdue)
        is_alert = isinstance(event, AlertRaised)
        if event is not None and (ours or owes or (is_alert and safeguarding.alert(db, said))):
            self._add(db, said, event)
        if not ours and statement.context.urgency == "threat_to_life":
            self._arrived(db, said)
        if isinstance(event, ResponseGiven):
            self.see_anew(db, [said])
        return []

    def unverified(self, db: Connection, view: View) -> None:
        """Tell of what nobody could verify, where somebody is to call back: a flood is one."""
        said = view.statement.context.id
        rows.keep_contacts(db, said, contact.private(view.statement.sections.values()))
        if responses.duty(db, f"call_back/{said}") is not None:
            self._arrived(db, said)

    def wanted(self, db: Connection, drafts: Sequence[Draft]) -> None:
        """Tell of what this agency says by itself, as soon as it means to."""
        for one in drafts:
            shape = TOLD.get(one.event)
            if shape is not None:
                event = msgspec.json.decode(one.sections["event"], type=shape)
                self._add(db, one.id, event)

    def see_anew(self, db: Connection, statements: Collection[str], /) -> None:
        """Tell of each answer by which nobody took a referral of ours, while that is to be seen to.

        Before it there may have been no referral: whoever reads all anew reads the answer first.
        """
        for one in sorted(statements):
            duty = referrals.duty_of(db, one)
            if duty is not None and duty["discharged_by"] is None:
                told = untaken(
                    one, duty["statement"], duty["role"], due_at=duty["due_at"],
                    is_urgent=referrals.urgency_of(db, duty) != "routine",
                    exercise=self._voice.exercise,
                )  # fmt: skip
                rows.add(db, [told])

    def forget(self, db: Connection, statement: str) -> None:
        """Drop what was told, or is to be, of an erased statement."""
        rows.forget(db, statement)

    def _add(self, db: Connection, said: str, event: Section) -> None:
        agency = self._voice.agency
        if isinstance(event, AlertRaised) and (row := safeguarding.alert(db, said)) is not None:
            # Whose another agency's alert is here, its sender need not know; nor is any desk told
            # of ours that only whoever is to act on it has.
            rules, kind = self._voice.rules, self._voice.kind
            role = terms.at_home(rules, event.rule, row["owner_role"], kind)
            event = msgspec.structs.replace(event, owner_role=role)
        told = told_of(
            said,
            event,
            exercise=self._voice.exercise,
            agency=agency,
            role=self._voice.role_of(agency),
            stands=_stands(db, event),
        )
        rows.add(db, told)

    def _arrived(self, db: Connection, statement: str) -> None:
        role = self._voice.role_of(self._voice.agency)
        rows.add(db, [arrived(statement, role, exercise=self._voice.exercise)])


def _stands(db: Connection, event: Section) -> Stands:
    """Say how what an event is of stands: the alert it moves, or what a duty that ran out is of."""
    if isinstance(event, AlertEscalated | AlertHandedOver):
        row, now = safeguarding.alert(db, event.alert), life.stands(db, event.alert, settled=True)
        if row is None or now is None:
            return UNKNOWN
        is_threat = life.is_of_life(db, row["statement"])
        return Stands(row["attention"], is_threat, now.due_at)
    if isinstance(event, DutyOverdue):
        # What nobody could verify is held by no id: only an emergency asks to be called back.
        is_threat = event.duty == "call_back" or life.is_of_life(db, event.statement or "")
        # That nobody took an urgent referral pressed when it came; so it does undone.
        said = store.held(db, event.statement or "") if event.duty == referrals.DUTY else None
        waits = said is None or said.context.urgency == "routine"
        return Stands("duty" if waits else "interrupt", is_threat)
    return UNKNOWN
