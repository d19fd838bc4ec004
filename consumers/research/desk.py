"""What a person at the research desk does: completes a task, decides on no further action.

Each is one transaction: the result (which stays here), the task's row and what is to be said.
The desk refuses only its own buttons; it never refuses a statement.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping

from consumers import acting, reading, standing, whereabouts
from consumers import store as stored
from consumers.desk import rows as taken
from consumers.research import found as found_rules
from consumers.research import known, plan, rows
from consumers.research.found import Anew, Found
from consumers.research.known import Known
from consumers.research.unreachable import BY_HAND, Retry, interim
from consumers.research.worker import SYSTEM, Research
from consumers.store import Store, Wanted
from consumers.worker import Voice, hand, personal
from contracts import entry
from contracts.event.case import StatementRetracted
from contracts.event.work import NoFurtherAction, ResearchCompleted
from contracts.fault import Misuse
from contracts.section import Identity, Name, Practitioner, Refuge, Whereabouts

SALT_BYTES = 16
_AGAIN = Retry()
"""When somebody looks again by hand: a home's own waits are those of its connectors."""


@dataclass(frozen=True)
class Desk:
    """The research desk of one force."""

    store: Store
    voice: Voice
    new_id: Callable[[], str]
    random_bytes: Callable[[int], bytes]
    read: str | None = None
    """The newest correction that the page showed to who decides; None where there was no page."""

    def complete(  # noqa: PLR0913 - a look has this many independent parts
        self, task_id: str, found: Found, *, operator: Practitioner, role: str, at: int,
        anew: Anew | None = None,
    ) -> list[Wanted]:  # fmt: skip
        """Complete a task, and open what follows from a hit.

        Args:
            task_id: the id of its `research_requested`.
            found: how the look ended.
            operator: the vetted person who looked.
            role: their role.
            at: when, in milliseconds.
            anew: why what was said of a look that was made is said anew; that is taken back, and
                both stay on the log.

        Returns:
            What is to be said, what is taken back first, then the completion; of a system that is
            down an alert too, once.

        Raises:
            Misuse: no such task, it is closed, or the outcome is not one that this look can have.
        """
        with self.store.write() as db:
            acting.check(db, self.voice)
            viewer = self.voice.viewer(operator)
            task = rows.seen(db, task_id, standing.hidden_from(db, viewer))
            person = None if task is None else known_in(db, task, viewer)
            found_rules.check(task, person, found, operator, anew=anew)
            if task is None or person is None:
                raise found_rules.no_task()
            found_rules.check_record(found, [*person.names, *_named(db, task["statement"])])
            if found.outcome != "not_searched":
                self._check_vetted(task["system"], operator, at)
            back: list[Wanted] = []
            if anew and not task["open"]:
                back = [self._taken_back(db, task["completion"], anew, operator, role)]
            salt = self.random_bytes(SALT_BYTES)
            terms = terms_of(task["system"], person)
            attempt = rows.next_attempt(db, task)
            if found.outcome == "unavailable":
                found = replace(found, retry_at=at + _AGAIN.after(attempt))
            event = completed(
                task, found, operator.name or "", at=at, terms=(salt, terms), attempt=attempt
            )
            said = personal(
                self.new_id(), event.key or "", "research_completed", event,
                causes=[task["statement"], task_id],
                provenance=self.voice.signed_by(operator, role=role),
            )  # fmt: skip
            rows.keep_result(
                db, event, terms=(salt, terms), sources=person.sources, detail=found.detail
            )
            rows.complete(db, said.draft.id, event)
            wanted = [*back, said, *Research(self.voice).followed_up(db, event, at)]
            if event.outcome == "unavailable":
                told = interim(db, self.voice, event, at=at, again=BY_HAND)
                wanted += [] if told is None else [told]
            return [one for one in wanted if stored.want(db, one)]

    def _taken_back(
        self, db: Connection, completion: str, why: Anew, by: Practitioner, role: str
    ) -> Wanted:
        """Take back how a look was said to end, and a decision that rested on it."""
        said_id = self.new_id()
        event = StatementRetracted(statement=completion, reason=why, by=by.name or "")
        rows.refused(db, completion)
        return personal(
            said_id, f"statement_retracted/{completion}/{said_id}", "statement_retracted", event,
            causes=[completion], provenance=self.voice.signed_by(by, role=role), urgency="urgent",
        )  # fmt: skip

    def reveal(
        self, task_id: str, *, by: Practitioner, role: str, reason: str, at: int
    ) -> list[Whereabouts | Refuge]:
        """Show one person alone where somebody is whom no task shows by itself.

        The rule is the desk's (`consumers.whereabouts`), and so are the records: the look is
        reviewed there, and its digest stands on the log.

        Args:
            task_id: the id of its `research_requested`.
            by: who looks.
            role: theirs; it stands beside the look.
            reason: in words; they stay in the force's store.
            at: when, in milliseconds.

        Returns:
            What the task's own report tells of it.

        Raises:
            Misuse: no such task, or a second person must say yes: then two do it at the desk.

        Source:
            domain.md 7, Attention (whereabouts), 5 (trap 4).
        """
        with self.store.write() as db:
            viewer = self.voice.viewer(by)
            task = rows.seen(db, task_id, standing.hidden_from(db, viewer))
            person = None if task is None else known_in(db, task, viewer)
            report = None if task is None else standing.held(db, task["statement"])
            if task is None or person is None or report is None or not by.token:
                raise found_rules.no_task()
            statement, name = task["statement"], by.name or ""
            number = whereabouts.number_in(report, task["subject"])
            refuge = f"person.{number}.refuge" in report.sections
            urgency = report.context.urgency
            if not whereabouts.may_alone(db, statement, urgency, by.token, refuge=refuge):
                raise Misuse(
                    "One person alone is not shown where somebody is: not of routine work, not of "
                    "work that is not theirs or that is done, and not a refuge.",
                    remedy="If the work is urgent, take its alert first: candour alert ack. At "
                    "the desk (candour desk) a second person says yes. If they are in "
                    "danger now, ring 999 first. If the danger has risen, ring whoever reported, "
                    "and let them say so in a new report.",
                )
            whereabouts.ask(
                db, statement=statement, number=number, at=at, reason=reason, token=by.token,
                name=name, alone=True, shown_at=at,
            )  # fmt: skip
            look = {"at": at, "token": by.token, "role": role, "purpose": "my_task",
                    "about": statement}  # fmt: skip
            taken.look_at_each(
                db, [{**look, "what": what} for what in ("whereabouts_alone", "whereabouts")]
            )
        told = report.sections.get(f"person.{number}.refuge")
        return [*person.here, *([told] if isinstance(told, Refuge) else [])]

    def _check_vetted(self, system: str, operator: Practitioner, at: int) -> None:
        """Insist on a vetted operator where the ruleset names what they hold: partners ask.

        Source:
            domain.md 1.5 (PNC, LEDS, PND: vetted users, police purpose, audited).
        """
        needed = self.voice.rules.index_qualification
        if system not in plan.INDEXES or needed is None:
            return
        if not self.voice.partners.holds(self.voice.agency, operator.token or "", needed, at):
            raise Misuse(
                f"{system.upper()} is searched by an operator who holds `{needed}`, by a "
                "credential in force; nobody of this name does.",
                remedy="Let a vetted operator look and complete it. Where that is you: "
                "candour credential list shows what you hold, and until when.",
            )

    def no_further_action(
        self, statement: str, *, supervisor: Practitioner, role: str, reason: str
    ) -> list[Wanted]:
        """Decide on no further action on a report.

        Args:
            statement: the report's id.
            supervisor: who decides; not one who researched it.
            role: must be the role that the founding's rules give the decision to.
            reason: in words; it goes on the log.

        Returns:
            What is to be said.

        Raises:
            Misuse: a task is open, or this is not a supervisor who stood apart.

        Source:
            review 5.6.4 (iii)-(v); domain.md 4 (M01), 7 (Machine or person).
        """
        said_id = self.new_id()
        with self.store.write() as db:
            viewer = self.voice.viewer(supervisor)
            tasks = standing.visible(db, viewer, rows.tasks_of(db, statement), "statement")
            looked = sorted({t["operator"] for t in tasks if t["operator"] not in {None, SYSTEM}})
            _check_decision(
                tasks, looked, supervisor, role=role, owner=self.voice.role_of(self.voice.agency)
            )
            if rows.is_decided(db, statement):
                raise Misuse(
                    "No further action was decided on this report already.",
                    remedy="See: candour research list",
                )
            reading.insist_is_read(db, self.read, [statement], viewer=viewer)
            event = NoFurtherAction(
                statement=statement, decided_by=supervisor.name or "", researched_by=looked,
                reason=reason,
            )  # fmt: skip
            said = personal(
                # A correction takes a decision back, and it may be made again: one more is said.
                said_id, f"no_further_action_decided/{statement}/{said_id}",
                "no_further_action_decided", event,
                causes=reading.as_read(db, [statement], viewer=viewer),
                provenance=self.voice.signed_by(supervisor, role=role),
            )  # fmt: skip
            rows.decide(db, said.draft.id, event)
            stored.want(db, said)
        return [said]


def known_in(db: Connection, task: RowMapping, viewer: Collection[str] | None) -> Known | None:
    """Give the person that a task is about, as far as who looks may know; see `known.known`."""
    return known.known(db, task["statement"], task["subject"], viewer)


def _named(db: Connection, statement: str) -> list[Name]:
    """List everybody's names in a report."""
    report = standing.held(db, statement)
    told = [] if report is None else report.sections.values()
    return [name for one in told if isinstance(one, Identity) for name in one.names]


def terms_of(system: str, person: Known) -> bytes:
    """Spell exactly what was searched for: the system, and every name, birth and number."""
    return msgspec.json.encode([system, person.names, person.births, person.identifiers])


def completed(  # noqa: PLR0913 - a look has this many independent parts
    task: Mapping[Any, Any], found: Found, operator: str, *, at: int, terms: tuple[bytes, bytes],
    attempt: int,
) -> ResearchCompleted:  # fmt: skip
    """Write how one look ended.

    Args:
        task: its row.
        found: how it ended.
        operator: who looked, by name; the system's own name where no person did.
        at: when, in milliseconds.
        terms: the salt, and what was searched for.
        attempt: counted from 1.

    Raises:
        Misuse: a grade that is none.
    """
    given = {
        "task": task["id"], "statement": task["statement"], "subject": task["subject"],
        "system": task["system"], "outcome": found.outcome, "operator": operator,
        "searched_at": at, "why": found.why, "kinds": found.kinds,
        "confidence": found.confidence, "reference": found.reference,
        "terms": entry.commitment(*terms), "retry_at": found.retry_at, **found.graded,
        "key": rows.completion_key(task["id"], attempt),
    }  # fmt: skip
    return msgspec.convert(given, ResearchCompleted)


def _check_decision(
    tasks: list[RowMapping], looked: list[str], supervisor: Practitioner, *, role: str, owner: str
) -> None:
    """Refuse the desk's own button; the statement itself nobody could refuse."""
    if not tasks:
        raise Misuse(
            "No research was opened on this report.",
            remedy="Take the report's id from: candour research list",
        )
    still = Counter(task["outcome"] or "not begun" for task in tasks if task["open"])
    if still:
        listed = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in still.items())
        raise Misuse(
            f"No further action is refused: {still.total()} of {len(tasks)} looks are still to be "
            f"made ({listed}).",
            remedy="See which: candour research list. Complete each, then decide.",
        )
    if role != owner:
        raise Misuse(
            f"No further action is a decision of the {owner}.",
            remedy=f"Let the {owner} decide, with --role {owner}.",
        )
    if not hand(supervisor.name) or hand(supervisor.name) in {hand(name) for name in looked}:
        raise Misuse(
            "Who researched a report does not decide that nothing is done about it.",
            remedy="Let a supervisor who took no part in the research decide.",
        )
