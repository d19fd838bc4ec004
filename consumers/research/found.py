"""How one look ended, as its operator says it, and what the desk refuses of that.

Pure. The desk refuses only its own buttons; it never refuses a statement.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from consumers.intelligence import grading
from consumers.people.naming import folded
from consumers.research import plan
from consumers.research.known import Known
from contracts.event.work import ResearchOutcome
from contracts.fault import Misuse
from contracts.section import Name, Practitioner

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.-]{0,63}\Z")
Anew = Literal["mistaken", "wrong_person", "other"]
"""Why a look is said anew."""
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
    task: Mapping[Any, Any] | None, person: Known | None, found: Found, operator: Practitioner,
    *, anew: Anew | None = None,
) -> None:  # fmt: skip
    """Refuse a completion that would say more, or less, than was looked at.

    Args:
        task: its row.
        person: who is looked for.
        found: how the look ended.
        operator: who looked.
        anew: why a look that was made is said anew, by the same desk; None where it is to be made.

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
    if task["retracted"] and not (anew and task["completion"]):
        raise Misuse(
            "This look is not to be made: whoever reported has taken the report back.",
            remedy="Look nobody up for it. Where it stands again, this look does too.",
        )
    if not task["open"] and not (anew and task["completion"]):
        raise Misuse(
            f"This task is closed: {plan.WORDS[task['outcome']]}.",
            remedy="Where that was wrong, say it anew on the look's page at the desk, or with "
            "--anew; or: candour "
            f"retract {task['completion']} takes it back, and the task is open again."
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


def check_record(found: Found, names: Iterable[Name]) -> None:
    """Refuse what tells too little of a record, or names somebody on the log.

    Args:
        found: how the look ended.
        names: whoever is looked for, and whom the report names besides.

    Raises:
        Misuse: a hit does not say of what sort it is and how sure, or its reference is no number.
    """
    if found.outcome in plan.HITS and not (found.kinds and found.confidence):
        raise Misuse(
            f"{found.outcome} says neither what sort of record it is, nor how sure that it is this "
            "person's: whoever reads it could not act on it.",
            remedy="Give --kind and --confidence.",
        )
    if found.reference and not is_opaque(found.reference, names):
        raise Misuse(
            "A reference goes on the log for good: it is one word with a digit in it, and nobody's "
            "name.",
            remedy="Give the number of the record with --reference, or leave it out.",
        )


def is_opaque(reference: str, names: Iterable[Name]) -> bool:
    """Say whether a reference may stand on the log: a number of the system's, and no name."""
    words = folded(reference)
    named = {folded(part) for name in names for part in (name.given, name.family)}
    numbered = any(letter.isdigit() for letter in reference)
    told = any(len(name) > 1 and name in words for name in named)  # an initial is in every word
    return bool(_REFERENCE.match(reference)) and numbered and not told


def no_task() -> Misuse:
    """Say that a task is not known here: in the same words whether it is kept, or is none."""
    return Misuse("There is no task of this id.", remedy="Take the id from: candour research list")
