"""The responses worker, for every agency: what it owes, and what ran out by ledger time."""

from collections.abc import Collection
from functools import partial

from sqlalchemy import Connection, RowMapping

from consumers import standing, store
from consumers.responses import asked, given, owed, rows
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.duration import HOUR_MS
from contracts.entry import Delivery
from contracts.event.work import DutyOverdue, InformationSupplied
from contracts.form import Section
from contracts.identifier import agency_of, is_digest, is_statement_id
from contracts.opened import Notice, View
from contracts.sharing import Involved, Involvements
from contracts.statement import Statement

RULE = "duty_overdue/1"
_SUPPLIED = "information_supplied"
_ASKED = "/asked"
"""What whoever waits for an answer puts after the key of the duty to give it."""
CLOCKED = frozenset({"information_requested", "referral_made", "victim_information_requested"})
"""Statements whose publisher has a clock of its own for what comes back."""


class Responses(Worker):
    """Duties, for an agency of any kind."""

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Take on what a view lays on this agency; discharge what its own statement answers."""
        statement, ours = view.statement, self._voice.agency
        self._asked(db, statement)
        self._answered(db, statement, view.head.ledger_time)
        if agency_of(statement.context.source) == ours:
            self._complete(db, statement.context.id, view.delivery)
            self._said_again(db, statement, view.head.ledger_time)
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
        """Owe again what was answered by a statement that was not accepted; unask a question."""
        rows.refused(db, statement)
        asked.unask(db, statement)
        self._owe_again(db, statement)

    def forget(self, db: Connection, statement: str) -> None:
        """Drop the duties about an erased statement: that it is erased answers them.

        What it answered itself is owed again.
        """
        rows.forget(db, statement)
        asked.forget(db, statement)
        given.let_go(db, statement)
        self._owe_again(db, statement)

    def reopen(self, db: Connection, statement: str, /) -> None:
        """Owe again what was answered by a statement that is taken back or suspect.

        A correction leaves an answer an answer.
        """
        if standing.does_not_stand(db, statement):
            self._owe_again(db, statement)

    def see_anew(self, db: Connection, statements: Collection[str], /) -> None:
        """Let what was said of statements, and stands, answer what they ask and lay on us."""
        about = {*rows.owed_on(db, statements), *asked.asked_in(db, statements)}
        self._stand(db, sorted(about))

    def _owe_again(self, db: Connection, said: str) -> None:
        """Owe again what a statement answered; what else was said, and stands, answers it still."""
        duties, questions = rows.owe_again(db, said), asked.unanswer(db, said)
        about = {one[name] for one in duties for name in ("about", "statement")} | {*questions}
        self._stand(db, sorted(about))
        for one in duties:
            ours = store.row_of(db, one["statement"])
            if one["kind"] == "provenance_supplied" and ours is not None:
                self._complete(db, ours["id"], given.delivery_of(ours))
        self._give_time(db, said, [one["key"] for one in duties], questions)

    def _give_time(
        self, db: Connection, said: str, keys: Collection[str], questions: Collection[str]
    ) -> None:
        """Let what a statement ended, and is open still, have its time again where that is over."""
        at = store.ledger_time(db)
        for key in keys:
            duty = rows.duty(db, key)
            if duty is not None and duty["discharged_by"] is None and duty["due_at"] < at:
                about = duty["about" if duty["kind"] == _SUPPLIED else "statement"]
                due_at = self._due_again(db, duty["kind"], about, at)
                rows.reopen(db, key, said, due_at=due_at)
        for one in questions:
            question = asked.request(db, one)
            if question is not None and question["answer"] is None and question["due_at"] < at:
                due_at = self._due_again(db, _SUPPLIED, one, at)
                asked.reopen(db, one, said, due_at=due_at)

    def _due_again(self, db: Connection, kind: str, statement: str, at: int) -> int:
        held = store.held(db, statement)
        urgency = "urgent" if held is None else held.context.urgency
        return owed.due_again(kind, urgency, at, rules=self._voice.rules)

    def _said_again(self, db: Connection, statement: Statement, at: int) -> None:
        """Take in that what was owed again ran out: what it was owed again by may be gone.

        Nothing tells whoever reads all anew of an answer that the log refused, or that is erased.
        """
        event, said = statement.sections.get("event"), statement.context.id
        if not isinstance(event, DutyOverdue):
            return
        key, _, by = (event.key or "").removeprefix("duty_overdue/").rpartition("/")
        if not is_statement_id(by):
            return
        rows.ran_out_again(db, key, said, reopened_by=by, due_at=event.due_at, at=at)
        kind, _, question = key.removesuffix(_ASKED).partition("/")
        if (kind, key.endswith(_ASKED)) == (_SUPPLIED, True):
            asked.ran_out_again(db, question, said, reopened_by=by, due_at=event.due_at)

    def _stand(self, db: Connection, about: Collection[str]) -> None:
        """Take in anew what was said of statements, and stands."""
        for row in given.standing_on(db, about):
            self._answered(db, store.reread(row["record"]), row["ledger_time"])

    def _complete(self, db: Connection, said: str, delivery: Delivery) -> None:
        """Owe no longer what a statement of ours lacked: it is there by now, or was waived."""
        if not delivery.duties:
            rows.discharge(db, f"provenance_supplied/{said}", said)

    def _asked(self, db: Connection, statement: Statement) -> None:
        """Take a question in that was asked here or by us."""
        acting, ours = self._voice.partners.acting, self._voice.agency
        event, by = statement.sections.get("event"), agency_of(statement.context.source) or ""
        if isinstance(event, owed.REQUESTS) and ours in {by, acting(event.addressee)}:
            asked.ask(db, statement.context.id, event, asker=by)

    def _answered(self, db: Connection, statement: Statement, at: int) -> None:
        """Take in what a question's addressee answers, and what discharges a duty of ours."""
        acting, said = self._voice.partners.acting, statement.context.id
        event, by = statement.sections.get("event"), agency_of(statement.context.source) or ""
        if isinstance(event, InformationSupplied):
            question = asked.request(db, event.request)
            if question is not None and acting(question["addressee"]) == acting(by):
                asked.answer(db, said, event, at=at)
        if by == self._voice.agency:
            for key in owed.discharged_by(event):
                rows.discharge(db, key, said)

    def _lay(self, db: Connection, opened: View | Notice) -> None:
        ours = self._voice.agency
        partners = self._voice.partners
        for one in owed.laid_on(opened, ours, partners.acts, partners.acting):
            rows.add(db, one, role=self._voice.role_of(ours))

    def pass_time(self, db: Connection, at: int) -> list[Wanted]:
        """Say of each duty that ran out that it did, once each time; then go to the next role.

        Of a question of our own that nobody answered we say so too: whom we asked may be silent.
        """
        wanted = self._each(db, asked.ran_out(db, self._acts_for(), at), self._unanswered)
        duty = partial(self._each, db, name="key", statement="statement")
        wanted += duty(rows.ran_out(db, at), partial(self._ran_out, at=at))
        before = at - self._voice.rules.alert_hours * HOUR_MS
        return wanted + duty(rows.left(db, before), self._further)

    def _ran_out(self, db: Connection, row: RowMapping, *, at: int) -> list[Wanted]:
        wanted = self._overdue(db, row)
        rows.mark_overdue(db, row["key"], wanted.draft.id, at=at)
        return [wanted]

    def _further(self, db: Connection, row: RowMapping) -> list[Wanted]:
        """Take a duty that ran out to the next role, where there is one."""
        fallback = self._voice.rules.roles.get("other", "duty_manager")
        if row["role"] == fallback:
            rows.mark_escalated(db, row["key"], row["overdue_by"])
            return []
        wanted = self._overdue(db, row, to=fallback)
        rows.mark_escalated(db, row["key"], wanted.draft.id)
        return [wanted]

    def _overdue(self, db: Connection, row: RowMapping, *, to: str | None = None) -> Wanted:
        """Say that a duty ran out: to its own role, or to the next one."""
        about, statement = row["about"], row["statement"] or None
        event = DutyOverdue(
            duty=row["kind"], statement=statement, about=about if is_digest(about) else None,
            owner_agency=self._voice.agency, owner_role=to or row["role"], due_at=row["due_at"],
        )  # fmt: skip
        held = store.row_of(db, statement) if statement else None
        return self._voice.derived(
            f"duty_overdue/{row['key']}{_again(row)}{'/fallback' if to else ''}",
            "duty_overdue", event,
            causes=[] if held is None else [held["id"]], rule=RULE, at=row["due_at"],
            urgency="urgent", sections={} if to else self._owed_to(row["kind"], held),
        )  # fmt: skip

    def _owed_to(self, kind: str, held: RowMapping | None) -> dict[str, Section]:
        """Say whom a leg may carry it to: the publisher who waits for a response.

        Who put a question or a referral to us knows its clock, and says so itself.
        """
        if kind != "response_given" or held is None or held["event"] in CLOCKED:
            return {}
        publisher = self._voice.partners.acting(held["agency"])
        if publisher == self._voice.agency:
            return {}
        return {"involvement": Involvements([Involved(publisher, "addressee")])}

    def _acts_for(self) -> list[str]:
        partners, ours = self._voice.partners, self._voice.agency
        return [one for one in partners.agencies if partners.acting(one) == ours]

    def _unanswered(self, db: Connection, row: RowMapping) -> list[Wanted]:
        """Say that no answer came to a question of ours: of whom it was put to."""
        owner = self._voice.partners.acting(row["addressee"])
        event = DutyOverdue(
            duty=_SUPPLIED, statement=row["id"], owner_agency=owner,
            owner_role=self._voice.role_of(owner), due_at=row["due_at"],
        )  # fmt: skip
        wanted = self._voice.derived(
            f"duty_overdue/{_SUPPLIED}/{row['id']}{_ASKED}{_again(row)}",
            "duty_overdue", event,
            causes=[row["id"]], rule=RULE, urgency="urgent",
        )  # fmt: skip
        asked.mark_overdue(db, row["id"], wanted.draft.id)
        return [wanted]


def _again(row: RowMapping) -> str:
    """End a natural key apart from those before it, where something is owed again."""
    return f"/{row['reopened_by']}" if row["reopened_by"] else ""
