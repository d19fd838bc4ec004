"""How looks ended, by a log: as the store of the force that made them has it. Pure.

A look is to be made anew whose outcome was taken back, or whose person was called otherwise since.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from consumers.figures.said import Said, upwards
from consumers.research.plan import LOOKED, TELLING
from consumers.research.rows import attempt_of
from contracts.event.case import StatementCorrected, StatementRetracted
from contracts.event.work import (
    InformationRequested,
    InformationSupplied,
    ResearchCompleted,
    ResearchRequested,
)
from contracts.section import Identity

_UNKNOWN = frozenset({"nil", "refused", "destroyed"})
"""Answers by which nobody knows who somebody is."""


@dataclass(slots=True)
class Look:
    """One look, as far as it has come.

    Attributes:
        force: whose.
        event: what asked for it.
        due_at: ledger milliseconds.
        outcome: the last one's; None while none stands.
        done_at: when that was said.
        by: the statement that said so.
        open: whether it is to be made.
        attempts: so many were made.
        named_at: when its person was called otherwise: no look before it counts.
    """

    force: str
    event: ResearchRequested
    due_at: int
    outcome: str | None = None
    done_at: int | None = None
    by: str | None = None
    open: bool = True
    attempts: int = 0
    named_at: int = 0

    def end(self, outcome: str, by: Said) -> None:
        """Take an outcome in."""
        self.outcome, self.done_at, self.by = outcome, by.at, by.id
        self.open = outcome not in LOOKED

    def begin(self) -> None:
        """Let it be made again."""
        self.outcome = self.done_at = self.by = None
        self.open = True


class Looks:
    """Every look that a log tells of, by the id of what asked for it."""

    def __init__(self, said: Sequence[Said]) -> None:
        """Take in what was said, in the order of the log."""
        self.found: dict[str, Look] = {}
        self._held = {one.id: one for one in said}
        self._of: dict[str, list[Look]] = defaultdict(list)
        self._told: dict[tuple[str, str], str] = {}
        self._ended: dict[str, list[Look]] = defaultdict(list)
        for one in said:
            match one.event:
                case ResearchRequested() as event:
                    self._ask(one, event)
                case ResearchCompleted() as event:
                    self._complete(one, event)
                case InformationSupplied() as event:
                    self._supply(one, event)
                case StatementCorrected() | StatementRetracted() as event:
                    self._change(one, event)

    def _ask(self, one: Said, event: ResearchRequested) -> None:
        if one.id not in self.found:
            self.found[one.id] = look = Look(one.agency, event, event.due_at)
            self._of[event.statement].append(look)

    def _complete(self, one: Said, event: ResearchCompleted) -> None:
        look, attempt = self.found.get(event.task), attempt_of(event.key)
        if look is None or look.force != one.agency or look.attempts >= attempt:
            return
        if look.open or 1 <= _telling(look.outcome) <= _telling(event.outcome):
            self._end(look, event.outcome, one)
        look.attempts = attempt
        if event.searched_at < look.named_at:
            self._anew(look, look.named_at)

    def _supply(self, one: Said, event: InformationSupplied) -> None:
        asked = self._held.get(event.request)
        request = asked.event if asked is not None else None
        if asked is None or not isinstance(request, InformationRequested):
            return
        key, about = request.key or "", self._of[request.statement]
        its = [look for look in about if (look.force, look.event.subject)
               == (asked.agency, request.subject)]  # fmt: skip
        named = [v for v in one.statement.sections.values() if isinstance(v, Identity)]
        if key.endswith("/records"):
            for look in its:
                more = look.open or _telling(look.outcome) < _telling(event.outcome)
                if look.event.system == "probation" and more:
                    self._end(look, event.outcome, one)
        elif any(name.family for identity in named for name in identity.names):
            self._told[request.statement, request.subject] = one.id
        elif key.endswith("/identity") and event.outcome in _UNKNOWN:
            for look in its:
                if look.outcome == "not_searched":
                    self._end(look, "not_searched", one)
                    look.open = False

    def _change(self, one: Said, event: StatementCorrected | StatementRetracted) -> None:
        """Let looks be made anew that a correction or retraction undoes."""
        changed = list(upwards(self._held, event.statement))
        for each in changed:
            for look in self._ended[each.id]:
                if look.by == each.id:
                    look.begin()
            for (report, subject), by in self._told.items():
                if by == each.id:
                    self._look_again(report, {subject}, one.at)
        told = one if isinstance(event, StatementCorrected) else self._held.get(event.statement)
        if told is not None and changed and changed[-1] is not told:
            named = (v.subject for v in told.statement.sections.values() if isinstance(v, Identity))
            self._look_again(changed[-1].id, set(named), one.at)

    def _end(self, look: Look, outcome: str, by: Said) -> None:
        look.end(outcome, by)
        self._ended[by.id].append(look)

    def _look_again(self, report: str, subjects: set[str], at: int) -> None:
        for look in self._of[report]:
            if look.event.subject in subjects:
                self._anew(look, at)

    def _anew(self, look: Look, at: int) -> None:
        look.named_at = at
        if not look.open:
            look.begin()
            look.due_at = at + self._clock_of(look.event.statement)

    def _clock_of(self, report: str) -> int:
        """Give how long a report's looks may take: what follows from one has no shorter clock."""
        at = self._held[report].at if report in self._held else 0
        return min(one.event.due_at for one in self._of[report]) - at


def _telling(outcome: str | None) -> int:
    return TELLING.get(outcome, 0) if outcome is not None else 0
