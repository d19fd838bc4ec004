"""How one look ended, as its operator says it, and what the desk refuses of that.

Pure. The desk refuses only its own buttons; it never refuses a statement.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consumers.intelligence import grading
from consumers.research import plan
from consumers.research.known import Known
from contracts.event.work import ResearchOutcome
from contracts.fault import Misuse
from contracts.section import Practitioner

SAYS_WHY = frozenset({"not_searched", "unavailable", "refused"})
"""Outcomes that say why."""
NOTHING = frozenset({"nil", "not_searched", "unavailable"})
"""Outcomes that tell of no record."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """How one look ended.

    Attributes:
        outcome: the typed outcome.
        why: required where no look was made.
        kinds: what sort of records were found.
        confidence: that the record is this person's.
        reference: of the record in the force's store; a token, never a name.
        detail: what was found; it stays in the force's store.
        grade: the record's own, with its scheme: `3x5x2 1 A P`.
        handling: its code, where the grade does not say it.
        retry_at: when a system that was down is asked again, in ledger milliseconds.
    """

    outcome: ResearchOutcome
    why: str | None = None
    kinds: list[str] | None = None
    confidence: str | None = None
    reference: str | None = None
    detail: str | None = None
    grade: str | None = None
    handling: str | None = None
    retry_at: int | None = None

    @property
    def graded(self) -> dict[str, str | None]:
        """Give grade and handling as the log has them.

        Raises:
            Misuse: it is no grade with its scheme, or the two say different things.
        """
        if self.grade is None:
            return {"handling": self.handling}
        spelled, code = grading.read(self.grade)
        if code is not None and self.handling not in {None, code}:
            raise Misuse(
                "The grade and --handling say different things.",
                remedy="Leave --handling out: the grade says it.",
            )
        return {"grade": spelled, "handling": code or self.handling}


def check(
    task: Mapping[Any, Any] | None, person: Known | None, found: Found, operator: Practitioner
) -> None:
    """Refuse a completion that would say more than was looked at.

    Raises:
        Misuse: no such task, it is closed, nobody is named, or this look cannot end so.
    """
    if task is None:
        raise no_task()
    if person is None:
        raise Misuse(
            "The report of this task is no longer held here.",
            remedy="Nothing can be searched for: the log has erased it.",
        )
    if not task["open"]:
        raise Misuse(
            f"This task is closed: {plan.WORDS[task['outcome']]}.",
            remedy=f"Nothing more is to be said on it. Where that was wrong, for whoever said it: "
            f"candour retract {task['completion']} takes it back, and the task is open again."
            if task["completion"]
            else "Nothing more is to be said on it: who answered or was asked closed it.",
        )
    if not operator.name:
        raise Misuse("Nobody is named.", remedy="Give --by with the name of who looked.")
    if found.outcome in SAYS_WHY and not found.why:
        raise Misuse(
            "Nothing was told of and nothing says why.", remedy="Give --words with the reason."
        )
    if found.outcome == "nil" and person.is_bare:
        raise Misuse(
            f"nil cannot be said here: {plan.BARE_NAME}.",
            remedy="Say not_searched, with the reason in --words: the publisher was asked who "
            "this is.",
        )
    if found.outcome in NOTHING and (found.kinds or found.grade or found.reference):
        raise Misuse(
            f"{found.outcome} finds no record, and this tells of one.",
            remedy="Leave --kind, --grade and --reference out, or say match or possible_match.",
        )


def no_task() -> Misuse:
    """Say that a task is not known here: in the same words whether it is kept, or is none."""
    return Misuse("There is no task of this id.", remedy="Take the id from: candour research list")
