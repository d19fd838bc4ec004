"""What a person at the research desk does: completes a task, decides on no further action.

Each is one transaction: the result (which stays here), the task's row and what is to be said.
The desk refuses only its own buttons; it never refuses a statement.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import Connection, RowMapping, insert

from consumers import acting, standing
from consumers import store as stored
from consumers.research import plan, rows
from consumers.research.worker import SYSTEM, Research
from consumers.store import Store, Wanted
from consumers.worker import Voice, personal
from contracts import entry
from contracts.event.work import NoFurtherAction, ResearchCompleted, ResearchOutcome
from contracts.fault import Misuse
from contracts.section import Identity, Practitioner

SALT_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class Found:
    """How one look ended, as its operator says it.

    Attributes:
        outcome: the typed outcome.
        why: required where no look was made.
        kinds: what sort of records were found.
        confidence: that the record is this person's.
        reference: of the record in the force's store; a token, never a name.
        detail: what was found; it stays in the force's store.
    """

    outcome: ResearchOutcome
    why: str | None = None
    kinds: list[str] | None = None
    confidence: str | None = None
    reference: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Desk:
    """The research desk of one force."""

    store: Store
    voice: Voice
    new_id: Callable[[], str]
    random_bytes: Callable[[int], bytes]

    def complete(
        self, task_id: str, found: Found, *, operator: Practitioner, role: str, at: int
    ) -> list[Wanted]:
        """Complete a task, and open what follows from a hit.

        Args:
            task_id: the id of its `research_requested`.
            found: how the look ended.
            operator: the vetted person who looked.
            role: their role.
            at: when, in milliseconds.

        Returns:
            What is to be said, the completion first.

        Raises:
            Misuse: no such task, it is closed, or the outcome is not one that this look can have.
        """
        with self.store.write() as db:
            acting.check(db, self.voice)
            task = rows.task(db, task_id)
            hidden = standing.hidden_from(db, self.voice.viewer(operator))
            if task is not None and not hidden.isdisjoint((task_id, task["statement"])):
                task = None
            person = None if task is None else person_of(db, task)
            _check(task, person, found, operator)
            if task is None or person is None:
                raise Misuse("There is no such task.", remedy="See: candour research list")
            attempt = task["attempts"] + 1
            salt = self.random_bytes(SALT_BYTES)
            terms = msgspec.json.encode([task["system"], person.identity])
            event = msgspec.convert(
                {
                    "task": task_id, "statement": task["statement"], "subject": task["subject"],
                    "system": task["system"], "outcome": found.outcome,
                    "operator": operator.name or "", "searched_at": at, "why": found.why,
                    "kinds": found.kinds, "confidence": found.confidence,
                    "reference": found.reference, "terms": entry.commitment(salt, terms),
                    "key": rows.completion_key(task_id, attempt),
                },
                ResearchCompleted,
            )  # fmt: skip
            said = personal(
                self.new_id(), rows.completion_key(task_id, attempt), "research_completed", event,
                causes=[task["statement"], task_id],
                provenance=self.voice.signed_by(operator, role=role),
            )  # fmt: skip
            db.execute(
                insert(rows.results).values(
                    task=task_id, attempt=attempt, terms=terms.decode(), terms_salt=salt,
                    detail=found.detail,
                )
            )  # fmt: skip
            rows.complete(db, said.draft.id, event)
            wanted = [said, *Research(self.voice).followed_up(db, event, at)]
            for one in wanted:
                stored.want(db, one)
        return wanted

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
            tasks = standing.visible(
                db, self.voice.viewer(supervisor), rows.tasks_of(db, statement), "statement"
            )
            looked = sorted({t["operator"] for t in tasks if t["operator"] not in {None, SYSTEM}})
            _check_decision(
                tasks, looked, supervisor, role=role, owner=self.voice.role_of(self.voice.agency)
            )
            if rows.is_decided(db, statement):
                raise Misuse(
                    "No further action was decided on this report already.",
                    remedy="See: candour research list",
                )
            event = NoFurtherAction(
                statement=statement, decided_by=supervisor.name or "", researched_by=looked,
                reason=reason,
            )  # fmt: skip
            said = personal(
                # A correction takes a decision back, and it may be made again: one more is said.
                said_id, f"no_further_action_decided/{statement}/{said_id}",
                "no_further_action_decided", event, causes=[statement],
                provenance=self.voice.signed_by(supervisor, role=role),
            )  # fmt: skip
            rows.decide(db, said.draft.id, event)
            stored.want(db, said)
        return [said]


def person_of(db: Connection, task: RowMapping) -> plan.Person | None:
    """Give the person that a task is about, as the report and its publisher's answer name them.

    Returns:
        None where the report is no longer held.
    """
    report = stored.held(db, task["statement"])
    people = plan.persons(report) if report is not None else []
    found = next((one for one in people if one.subject == task["subject"]), None)
    answer = stored.held(db, task["identified_by"]) if task["identified_by"] else None
    if found is None or answer is None:
        return found
    told = next(v for v in answer.sections.values() if isinstance(v, Identity))
    names = [*told.names, *found.identity.names]
    return replace(found, identity=msgspec.structs.replace(told, names=names))


def _check(
    task: RowMapping | None, person: plan.Person | None, found: Found, operator: Practitioner
) -> None:
    """Refuse a completion that would say more than was looked at."""
    if task is None:
        raise Misuse(
            "There is no task of this id.", remedy="Take the id from: candour research list"
        )
    if person is None:
        raise Misuse(
            "The report of this task is no longer held here.",
            remedy="Nothing can be searched for: the log has erased it.",
        )
    if not task["open"]:
        raise Misuse(
            f"This task is closed: {plan.WORDS[task['outcome']]}.",
            remedy=f"Nothing more is to be said on it. Where that was wrong: candour retract "
            f"{task['completion']} takes it back, and the task is open again."
            if task["completion"]
            else "Nothing more is to be said on it: who answered or was asked closed it.",
        )
    if not operator.name:
        raise Misuse("Nobody is named.", remedy="Give --by with the name of who looked.")
    if found.outcome not in plan.LOOKED and not found.why:
        raise Misuse(
            "No look was made and nothing says why.", remedy="Give --words with the reason."
        )
    if found.outcome == "nil" and person.is_bare:
        raise Misuse(
            f"nil cannot be said here: {plan.BARE_NAME}.",
            remedy="Say not_searched, with the reason in --words: the publisher was asked who "
            "this is.",
        )


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
    names = {_folded(name) for name in looked}
    if not supervisor.name or _folded(supervisor.name) in names:
        raise Misuse(
            "Who researched a report does not decide that nothing is done about it.",
            remedy="Let a supervisor who took no part in the research decide.",
        )


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
