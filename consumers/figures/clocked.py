"""Clocks that an agency keeps of its own, by a log: as its store has them. Pure.

Of a question that it asked or was asked, a referral that it made or received, a disclosure.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from consumers.disclosure import course as disclosing
from consumers.figures import counting
from consumers.figures.said import Said
from consumers.figures.table import Fact
from consumers.referrals import course as referring
from consumers.responses.owed import REQUESTS
from contracts.event.action import DisclosureApplied, DisclosureStaged
from contracts.event.case import StatementCorrected, StatementRetracted
from contracts.event.report import ReferralMade
from contracts.event.work import InformationSupplied, ResponseGiven

QUESTION = "information_supplied"
_PLACE = {stage: place for place, stage in enumerate(disclosing.STAGES)}


def is_end(stage: str, decision: str | None) -> bool:
    """Say whether a stage of a disclosure ends it."""
    return stage == "disclosed" or decision in {"nothing_to_disclose", "refuse"}


@dataclass(slots=True)
class _Clock:
    """One clock: of what, when it runs out, and what ended it, in log order."""

    of: Said
    due_at: int
    done: list[Said] = field(default_factory=list)


class Clocks:
    """Every such clock of a log."""

    def __init__(
        self, said: Sequence[Said], *, acting: Callable[[str], str],
        reached: Callable[[Said, str], int | None],
    ) -> None:  # fmt: skip
        """Take in what was said.

        Args:
            said: in the order of the log.
            acting: gives who acts in an agency's place.
            reached: gives when a statement first reached an agency; None where it never did.
        """
        self._acting, self._reached = acting, reached
        self.questions: dict[str, _Clock] = {}
        self.referrals: dict[str, _Clock] = {}
        self.applications: dict[str, _Clock] = {}
        self._back: dict[str, list[str]] = {}
        self._about: dict[str, str] = {}
        self._decided: dict[str, _Clock] = {}
        self._stages: dict[str, tuple[disclosing.Stage, _Clock]] = {}
        for one in said:
            self._take(one)

    def facts(self, now: int, uncounted: frozenset[str], gone: frozenset[str]) -> Iterator[Fact]:
        """Count whether each was met.

        Args:
            now: the newest ledger time.
            uncounted: ids of what is not counted, nor a question about it.
            gone: ids of what ends nothing: it was taken back, or a compromised key signed it.
        """
        kinds = (
            (QUESTION, self.questions), (referring.DUTY, self.referrals),
            (disclosing.DUTY, self.applications),
        )  # fmt: skip
        for kind, clocks in kinds:
            for one in clocks.values():
                about = getattr(one.of.event, "statement", None) if kind == QUESTION else None
                if uncounted.isdisjoint({one.of.id, about}):
                    done = min((its.at for its in one.done if its.id not in gone), default=None)
                    yield from counting.clock(kind, one.due_at, done, now)

    def _take(self, one: Said) -> None:
        match one.event:
            case ReferralMade() as event:
                at = self._reached(one, self._acting(event.addressee))
                if at is not None and one.rules is not None:
                    due_at = referring.due_at(one.urgency, at, rules=one.rules)
                    self.referrals.setdefault(one.id, _Clock(one, due_at))
            case DisclosureApplied() if one.rules is not None:
                due_at = disclosing.due_at(one.at, rules=one.rules)
                self.applications.setdefault(one.id, _Clock(one, due_at))
            case DisclosureStaged() as event if event.application in self.applications:
                clock = self.applications[event.application]
                self._stages[one.id] = event.stage, clock
                if is_end(event.stage, event.decision):
                    clock.done.append(one)
            case InformationSupplied() as event:
                self._answer(one, self.questions.get(event.request))
            case ResponseGiven() as event if event.referral is not None:
                decided = self.referrals.get(event.statement)
                self._answer(one, decided)
                if decided is not None:
                    self._decided[one.id] = decided
            case StatementCorrected() | StatementRetracted() as event:
                self._undo(one, event)
            case event if isinstance(event, REQUESTS):
                self.questions.setdefault(one.id, _Clock(one, event.due_at))

    def _answer(self, one: Said, clock: _Clock | None) -> None:
        """Take an answer in, where it is its addressee's."""
        addressee = getattr(clock.of.event, "addressee", "") if clock is not None else ""
        if clock is not None and self._acting(addressee) == self._acting(one.agency):
            clock.done.append(one)

    def _undo(self, one: Said, event: StatementCorrected | StatementRetracted) -> None:
        """Let an end be no end that is taken back; a stage that is corrected is recorded anew.

        Whose time is over by then has it again.
        """
        held = [self._decided[its] for its in self._upwards(event.statement)
                if its in self._decided and self._ended(self._decided[its])]  # fmt: skip
        if isinstance(event, StatementRetracted):
            self._back.setdefault(event.statement, []).append(one.id)
            self._about[one.id] = event.statement
        if one.rules is None:
            return
        for clock in held:
            if not self._ended(clock) and clock.due_at < one.at:
                clock.due_at = referring.due_at(clock.of.urgency, one.at, rules=one.rules)
        if event.statement in self._stages:
            stage, clock = self._stages[event.statement]
            rested = {
                its for its, (later, other) in self._stages.items()
                if other is clock and _PLACE[later] >= _PLACE[stage]
            }  # fmt: skip
            before, clock.done = clock.done, [its for its in clock.done if its.id not in rested]
            if before and not clock.done and clock.due_at < one.at:
                clock.due_at = disclosing.due_at(one.at, rules=one.rules)

    def _upwards(self, statement: str) -> Iterator[str]:
        """Give a statement, and what it took back, however far."""
        about: str | None = statement
        while about is not None:
            yield about
            about = self._about.get(about)

    def _ended(self, clock: _Clock) -> bool:
        return any(not self._is_back(one.id) for one in clock.done)

    def _is_back(self, statement: str) -> bool:
        """Say whether something is taken back by now."""
        return any(not self._is_back(one) for one in self._back.get(statement, ()))
