"""The research worker: opens tasks for what police are sent, and closes them as answers come."""

from collections.abc import Collection

from sqlalchemy import Connection, RowMapping

from consumers import standing, store
from consumers.research import plan, rows
from consumers.research.plan import Person, Task
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.context import Urgency
from contracts.event.case import StatementCorrected, StatementRetracted
from contracts.event.work import (
    InformationRequested,
    InformationSupplied,
    NoFurtherAction,
    ResearchCompleted,
    ResearchRequested,
)
from contracts.identifier import agency_of
from contracts.opened import View
from contracts.section import Identity
from contracts.statement import Statement

RULE = "research/1"
SYSTEM = "candour"
"""The operator of what no person did: never a researcher."""


def looked_by(task: RowMapping) -> str:
    """Say who looked: the officer, a connector, or who answered."""
    named: str = task["operator"] or "nobody yet"
    return "no person: the system itself" if named == SYSTEM else named


class Research(Worker):
    """Research, for a police agency."""

    kinds = frozenset({"police"})

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Open what a report asks for; close what an answer or a decision ends."""
        statement, at = view.statement, view.head.ledger_time
        event = statement.sections.get("event")
        ours = agency_of(statement.context.source) == self._voice.agency
        if isinstance(event, InformationSupplied):
            self._answered(db, statement, event)
        elif ours and isinstance(event, ResearchRequested):
            rows.add(db, statement.context.id, event)
        elif ours and isinstance(event, ResearchCompleted):
            rows.complete(db, statement.context.id, event)
            self._outdated(db, event)
            return self.followed_up(db, event, at)
        elif ours and isinstance(event, NoFurtherAction):
            rows.decide(db, statement.context.id, event)
        elif isinstance(event, StatementCorrected | StatementRetracted):
            return self._otherwise(db, statement, event, at)
        elif statement.kind.name in plan.REPORTS:
            return self._opened(db, statement, at)
        return []

    def reopen(self, db: Connection, statement: str, /) -> None:
        """Take a decision of no further action back where what it rested on has changed.

        A look, an answer or a decision that is itself taken back or suspect is to be made again,
        and so is each look at somebody who was called so by what is.
        """
        rows.undecide(db, statement)
        rows.refused(db, statement)
        for report, subject in rows.identified_by(db, statement):
            self._look_again(db, report, {subject}, store.ledger_time(db))

    def refused(self, db: Connection, statement: str, /) -> None:
        """Open again what was completed or decided by a statement that was not accepted."""
        rows.refused(db, statement)

    def forget(self, db: Connection, statement: str, /) -> None:
        """Drop an erased report's tasks, decision and results, or an erased task."""
        rows.forget(db, statement)

    def followed_up(self, db: Connection, event: ResearchCompleted, at: int) -> list[Wanted]:
        """Open PND where a first look found something."""
        report = store.held(db, event.statement)
        if report is None:
            return []
        task = plan.follow_up(report, event, rules=self._voice.rules, at=at)
        return [] if task is None else [self._requested(db, report, task)]

    def _otherwise(
        self, db: Connection, said: Statement, event: StatementCorrected | StatementRetracted,
        at: int,
    ) -> list[Wanted]:  # fmt: skip
        """Let whom a correction calls otherwise be looked up again; open what it asks for.

        A correction that is taken back calls them as they were called before it.
        """
        told = said if isinstance(event, StatementCorrected) else store.held(db, event.statement)
        about = told
        while about is not None and isinstance(
            fix := about.sections.get("event"), StatementCorrected
        ):
            about = store.held(db, fix.statement)
        if told is None or about is None or about is told or about.kind.name not in plan.REPORTS:
            return []
        report = about.context.id
        named = {v.subject for v in told.sections.values() if isinstance(v, Identity)}
        self._look_again(db, report, named, at)
        return self._opened(db, standing.held(db, report) or about, at)

    def _look_again(self, db: Connection, report: str, subjects: Collection[str], at: int) -> None:
        """Let looks be made anew at persons who are called otherwise; nobody decided on that."""
        its = [one for one in rows.tasks_of(db, report) if one["subject"] in subjects]
        if its:
            rows.undecide(db, report)
        for one in its:
            self._anew(db, one, at)

    def _outdated(self, db: Connection, event: ResearchCompleted) -> None:
        """Let a look be made anew that was made before its person was called otherwise."""
        task = rows.task(db, event.task)
        if task is not None and event.searched_at < (task["named_at"] or 0):
            self._anew(db, task, task["named_at"])

    def _anew(self, db: Connection, task: RowMapping, at: int) -> None:
        report = store.held(db, task["statement"])
        if report is not None:
            due_at = plan.task_for(
                report, task["subject"], task["system"], rules=self._voice.rules, at=at
            ).due_at
            rows.look_again(db, task["id"], at=at, due_at=due_at)

    def _opened(self, db: Connection, report: Statement, at: int) -> list[Wanted]:
        people = {person.subject: person for person in plan.persons(report)}
        publisher = agency_of(report.context.source) or ""
        kind = self._voice.kind_of(publisher)
        wanted: list[Wanted] = []
        for task in plan.tasks(report, rules=self._voice.rules, at=at):
            person = people[task.subject]
            requested = self._requested(db, report, task)
            wanted.append(requested)
            if plan.asks_publisher(task, publisher_kind=kind):
                wanted.append(self._asked_for_records(report, publisher, task))
            elif person.is_bare:
                wanted.append(self._not_searched(db, requested, task, at))
        if publisher != self._voice.agency:
            bare = [person for person in people.values() if person.is_bare]
            wanted += [self._asked_who(report, publisher, person, at) for person in bare]
        return wanted

    def _requested(self, db: Connection, report: Statement, task: Task) -> Wanted:
        event = ResearchRequested(
            statement=task.statement, subject=task.subject, system=task.system,
            priority=task.priority, due_at=task.due_at,
            requester=self._voice.role_of(self._voice.agency), authoriser=self._voice.accountable,
            purpose=report.context.purpose, gateway=plan.GATEWAY,
        )  # fmt: skip
        wanted = self._voice.derived(
            task.key, "research_requested", event, causes=[task.statement], rule=RULE,
            urgency=_urgency(report),
        )  # fmt: skip
        rows.add(db, wanted.draft.id, task)
        return wanted

    def _not_searched(self, db: Connection, requested: Wanted, task: Task, at: int) -> Wanted:
        event = ResearchCompleted(
            task=requested.draft.id, statement=task.statement, subject=task.subject,
            system=task.system, outcome="not_searched", operator=SYSTEM, searched_at=at,
            why=plan.BARE_NAME, key=rows.completion_key(requested.draft.id, 1),
        )  # fmt: skip
        wanted = self._voice.derived(
            rows.completion_key(requested.draft.id, 1), "research_completed", event,
            causes=[task.statement, requested.draft.id], rule=RULE,
        )  # fmt: skip
        rows.complete(db, wanted.draft.id, event)
        return wanted

    def _asked_for_records(self, report: Statement, publisher: str, task: Task) -> Wanted:
        key = f"information_requested/{task.statement}/{task.subject}/records"
        why = "What does your agency hold on this person that bears on the danger in this report?"
        return self._asked(report, publisher, task.subject, key, why, task.due_at)

    def _asked_who(self, report: Statement, publisher: str, person: Person, at: int) -> Wanted:
        key = f"information_requested/{report.context.id}/{person.subject}/identity"
        why = "Who is this? Give family name and date of birth: a first name cannot be searched."
        due_at = plan.task_for(
            report, person.subject, "local", rules=self._voice.rules, at=at
        ).due_at
        return self._asked(report, publisher, person.subject, key, why, due_at)

    def _asked(  # noqa: PLR0913 - a request has this many independent parts
        self, report: Statement, publisher: str, subject: str, key: str, why: str, due_at: int
    ) -> Wanted:
        event = InformationRequested(
            addressee=publisher, statement=report.context.id, subject=subject, why=why,
            due_at=due_at,
        )  # fmt: skip
        return self._voice.derived(
            key, "information_requested", event, causes=[report.context.id], rule=RULE,
            urgency=_urgency(report),
        )  # fmt: skip

    def _answered(self, db: Connection, reply: Statement, event: InformationSupplied) -> None:
        """Close the publisher's own task, or let what was not searched be searched or closed."""
        asked = store.held(db, event.request)
        request = asked.sections.get("event") if asked is not None else None
        if not isinstance(request, InformationRequested):
            return
        acting = self._voice.partners.acting
        if acting(agency_of(reply.context.source) or "") != acting(request.addressee):
            return
        said = reply.context.id
        place = {"statement": request.statement, "subject": request.subject}
        if (request.key or "").endswith("/records"):
            rows.supplied(db, said, **place, outcome=event.outcome, by=event.supplied_by)
            return
        asks_who = (request.key or "").endswith("/identity")
        told = (v for v in reply.sections.values() if isinstance(v, Identity))
        known = any(name.family for identity in told for name in identity.names)
        if known:
            rows.identified(db, **place, by=said)
        elif asks_who and event.outcome in {"nil", "refused", "destroyed"}:
            rows.close_unsearched(db, said, **place)


def _urgency(report: Statement) -> Urgency:
    """Carry a report's urgency on; a threat to life is said by people, and answered urgently."""
    return "routine" if report.context.urgency == "routine" else "urgent"
