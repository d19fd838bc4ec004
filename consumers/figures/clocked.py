"""Clocks that an agency keeps of its own, by a log: as its store has them. Pure.

Of a question that it asked or was asked, a referral that it made or received, a disclosure; and of
what the log laid on it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from consumers.disclosure import course as disclosing
from consumers.figures import counting
from consumers.figures.said import Said
from consumers.figures.table import Fact
from consumers.reading import DECIDING
from consumers.referrals import course as referring
from consumers.responses.owed import ANSWERS, REQUESTS, discharged_by, due_again
from contracts.event.action import DisclosureApplied, DisclosureStaged
from contracts.event.case import StatementCorrected, StatementRetracted
from contracts.event.control import Rules
from contracts.event.report import ReferralMade
from contracts.event.work import InformationSupplied, ResponseGiven

QUESTION = "information_supplied"


@dataclass(slots=True)
class _Clock:
    """One clock: of what, when it runs out, and what ended it, in log order.

    `again` gives when it runs out that has its time anew; `staged` are the stages of a disclosure,
    whether or not they stand.
    """

    of: Said
    due_at: int
    again: Callable[[int, Rules], int]
    done: list[Said] = field(default_factory=list)
    staged: list[Said] = field(default_factory=list)


class Owed(NamedTuple):
    """One duty that the log laid on an agency: what discharges it, about what, and by when."""

    agency: str
    key: str
    kind: str
    about: str
    due_at: int


class Clocks:
    """Every such clock of a log."""

    def __init__(
        self, said: Sequence[Said], owed: Iterable[Owed], *, acting: Callable[[str], str],
        reached: Callable[[Said, str], int | None],
    ) -> None:  # fmt: skip
        """Take in what was said.

        Args:
            said: in the order of the log.
            owed: what the log laid on agencies.
            acting: gives who acts in an agency's place.
            reached: gives when a statement first reached an agency; None where it never did.
        """
        self._acting, self._reached = acting, reached
        self.questions: dict[str, _Clock] = {}
        self.referrals: dict[str, _Clock] = {}
        self.applications: dict[str, _Clock] = {}
        self._back: dict[str, list[str]] = {}
        self._about: dict[str, str] = {}
        self._ends: dict[str, list[_Clock]] = {}
        self._staged: dict[str, _Clock] = {}
        self._corrected: dict[str, list[str]] = {}
        self._rests: dict[str, list[_Clock]] = {}
        self._owed = {(its.agency, its.key): its for its in owed}
        held = {one.id: one for one in said}
        self.duties = {
            place: _Clock(about, its.due_at, partial(_duty, its.kind, about))
            for place, its in self._owed.items()
            if (about := held.get(its.about)) is not None
        }
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
        every = [(kind, one) for kind, clocks in kinds for one in clocks.values()]
        every += [(self._owed[place].kind, one) for place, one in self.duties.items()]
        for kind, one in every:
            about = getattr(one.of.event, "statement", None) if kind == QUESTION else None
            if uncounted.isdisjoint({one.of.id, about}):
                done = min((its.at for its in one.done if its.id not in gone), default=None)
                yield from counting.clock(kind, one.due_at, done, now)

    def _take(self, one: Said) -> None:
        for key in discharged_by(one.event):
            self._end(one, self.duties.get((one.agency, key)))
        match one.event:
            case ReferralMade() as event:
                at = self._reached(one, self._acting(event.addressee))
                if at is not None:
                    self._begin(self.referrals, one, partial(_referral, one), at)
            case DisclosureApplied() if one.rules is not None:
                self._begin(self.applications, one, _disclosure, one.at)
                for its in _of(one):
                    self._rests.setdefault(its, []).append(self.applications[one.id])
            case DisclosureStaged() as event if event.application in self.applications:
                clock = self._staged[one.id] = self.applications[event.application]
                clock.staged.append(one)
                self._settle(clock)
            case InformationSupplied() as event if event.outcome in ANSWERS:
                self._answer(one, self.questions.get(event.request))
            case ResponseGiven() as event if event.referral is not None:
                self._answer(one, self.referrals.get(event.statement))
            case StatementCorrected() | StatementRetracted() as event:
                self._undo(one, event)
            case event if isinstance(event, REQUESTS):
                again = partial(_question, one)
                self.questions.setdefault(one.id, _Clock(one, event.due_at, again))

    def _answer(self, one: Said, clock: _Clock | None) -> None:
        """Take an answer in, where it is its addressee's."""
        addressee = getattr(clock.of.event, "addressee", "") if clock is not None else ""
        if self._acting(addressee) == self._acting(one.agency):
            self._end(one, clock)

    def _end(self, one: Said, clock: _Clock | None) -> None:
        if clock is not None:
            clock.done.append(one)
            self._ends.setdefault(one.id, []).append(clock)

    def _undo(self, one: Said, event: StatementCorrected | StatementRetracted) -> None:
        """Let an end be no end that is taken back, or that rests on what is otherwise now.

        Whose time is over by then has it again.
        """
        rests = [clock for its in self._upwards(event.statement) for clock in self._resting(its)]
        ended = [clock for clock in rests if self._ended(clock)]
        self._about[one.id] = event.statement
        known = self._back if isinstance(event, StatementRetracted) else self._corrected
        known.setdefault(event.statement, []).append(one.id)
        for clock in rests:
            self._settle(clock)
        for clock in ended:
            if not self._ended(clock) and one.rules is not None and clock.due_at < one.at:
                clock.due_at = clock.again(one.at, one.rules)

    def _resting(self, statement: str) -> Iterator[_Clock]:
        """Give the clocks that a statement ended, or on which a disclosure that it is of rests."""
        yield from self._ends.get(statement, ())
        if statement in self._staged:
            yield self._staged[statement]
        yield from self._rests.get(statement, ())

    def _settle(self, clock: _Clock) -> None:
        """Let a disclosure be ended by the last of its stages that stands, where that is an end.

        A stage stands while those do that are before it, and that it names. A decision names what
        corrects the application, or its report.
        """
        if not clock.staged:
            return
        corrections = {its for of in _of(clock.of) for its in self._standing(self._corrected, of)}
        reached: dict[str, disclosing.Stage] = {}
        clock.done = []
        for one in clock.staged:
            event, causes = one.event, {*one.statement.causes}
            if not isinstance(event, DisclosureStaged) or self._is_back(one.id):
                continue
            outdated = event.stage in DECIDING and not corrections <= causes
            needed = disclosing.before(getattr(clock.of.event, "right", ""), event.stage)
            rests = reached.keys() >= causes & self._staged.keys()
            if rests and {*reached.values()} >= {*needed} and not outdated:
                reached[one.id] = event.stage
                clock.done += [one] if disclosing.is_end(event.stage, event.decision) else []

    def _upwards(self, statement: str) -> Iterator[str]:
        """Give a statement, and what it took back, however far."""
        about: str | None = statement
        while about is not None:
            yield about
            about = self._about.get(about)

    def _ended(self, clock: _Clock) -> bool:
        return any(not self._is_back(one.id) for one in clock.done)

    def _is_back(self, statement: str) -> bool:
        """Say whether something is taken back by now, or a stage recorded anew by a correction."""
        corrected = statement in self._staged and self._standing(self._corrected, statement)
        return bool(self._standing(self._back, statement) or corrected)

    def _standing(self, known: Mapping[str, Sequence[str]], statement: str) -> list[str]:
        return [one for one in known.get(statement, ()) if not self._is_back(one)]

    def _begin(
        self, clocks: dict[str, _Clock], one: Said, again: Callable[[int, Rules], int], at: int
    ) -> None:  # fmt: skip
        if one.rules is not None:
            clocks.setdefault(one.id, _Clock(one, again(at, one.rules), again))


def _referral(one: Said, at: int, rules: Rules) -> int:
    return referring.due_at(one.urgency, at, rules=rules)


def _disclosure(at: int, rules: Rules) -> int:
    return disclosing.due_at(at, rules=rules)


def _question(one: Said, at: int, rules: Rules) -> int:
    return due_again(QUESTION, one.urgency, at, rules=rules)


def _duty(kind: str, about: Said, at: int, rules: Rules) -> int:
    return due_again(kind, about.urgency, at, rules=rules)


def _of(application: Said) -> set[str]:
    """Give what a disclosure is of: the application, and the report that it arose from."""
    return {application.id, getattr(application.event, "statement", None) or application.id}
