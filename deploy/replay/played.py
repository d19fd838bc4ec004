"""What came of a replay: who said what, who received what of it, what was asked, what ran out.

Read off the log and off each agency's own proved views; nothing here is known otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from contracts.event.control import Founding
from contracts.event.report import Report
from contracts.event.work import AlertRaised, DutyOverdue, ResearchRequested
from contracts.form import Section
from contracts.statement import Statement
from deploy.replay.case import Case, Item
from deploy.replay.log import Log

Mode = Literal["then", "now"]
_Event = TypeVar("_Event", bound=Section)

HEADERS: dict[Mode, str] = {
    "then": "AS IT WAS: no agreement, and nothing that asks",
    "now": "AS IT SHOULD HAVE BEEN: today's law and agreements on old facts",
}
"""What each way of playing is called, in every header."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One statement on the log.

    Attributes:
        statement: as its publisher signed it.
        entry: its index.
        at: ledger time in milliseconds.
        agency: who published it.
        automated: whether a consumer said it by itself.
        about: the items that it is, or rests on, the one that it is first about before the others.
        value: its event.
        outcome: of the decision on it.
    """

    statement: Statement
    entry: int
    at: int
    agency: str
    automated: bool
    about: tuple[str, ...]
    value: Section
    outcome: str

    @property
    def id(self) -> str:
        """The statement's id."""
        return self.statement.context.id


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one agency received of one statement, as it could prove and open it.

    Attributes:
        to: the agency.
        statement: the statement's id.
        about: as `Spoken`.
        level: `full` or `minimal`, as the leg says; an emergency is full.
        leg: under which it came.
        sections: the names of those that came.
        subjects: tokens whose identity is among them.
        marks: of the delivery.
        at: ledger time in milliseconds.
    """

    to: str
    statement: str
    about: tuple[str, ...]
    level: str
    leg: str
    sections: tuple[str, ...]
    subjects: tuple[str, ...]
    marks: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Anew:
    """What was decided anew on a statement that was held: its id, when, and the outcome."""

    statement: str
    at: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Breach:
    """Somebody received what they must never: which item, whose, what of it, and why not."""

    item: str
    party: str
    section: str
    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Said:
    """One item, and what became of it.

    Attributes:
        item: as the case has it.
        statement: its id; None where it was not said, and `why_not` says why.
        outcome: of the first decision on it.
        reasons: code and remedy of each.
    """

    item: Item
    statement: str | None = None
    outcome: str | None = None
    reasons: tuple[tuple[str, str], ...] = ()
    why_not: str | None = None


@dataclass
class Played:
    """A replay that was played to its end.

    Attributes:
        case: what was played.
        mode: as it was, or as it should have been.
        founding: the exercise partnership's.
        log: its whole ledger.
        items: in the order in which they were to be said.
        spoken: every statement on the log but public control, in order.
        delivered: every view of those, its publisher's own apart, in order.
        anew: what was decided anew, in order.
        breaches: of what must never be received.
        people: who a token stands for, by the case's key.
        hurried: items before which clocks were too many to stop at each of them.
    """

    case: Case
    mode: Mode
    founding: Founding
    log: Log
    items: list[Said] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    anew: list[Anew] = field(default_factory=list)
    breaches: list[Breach] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    hurried: list[str] = field(default_factory=list)

    @property
    def titles(self) -> Mapping[str, str]:
        """What each agency is called, by id."""
        return {one.id: one.title for one in self.founding.agencies}

    def of(self, shape: type[_Event]) -> Iterator[tuple[Spoken, _Event]]:
        """List the statements whose event is of a kind, in order."""
        for one in self.spoken:
            if isinstance(one.value, shape):
                yield one, one.value

    @property
    def alerts(self) -> Sequence[tuple[Spoken, AlertRaised]]:
        """Every alert, in order."""
        return list(self.of(AlertRaised))

    @property
    def tasks(self) -> Sequence[tuple[Spoken, ResearchRequested]]:
        """Every look that was opened, in order."""
        return list(self.of(ResearchRequested))

    @property
    def overdue(self) -> Sequence[tuple[Spoken, DutyOverdue]]:
        """Every duty that ran out, in order."""
        return list(self.of(DutyOverdue))

    def said(self, item: str) -> Said:
        """Give what became of an item, by its id."""
        return next(one for one in self.items if one.item.id == item)

    def standing_of(self, items: Sequence[str]) -> set[str]:
        """Give how the items are marked that something rests on."""
        return {self.said(one).item.standing or "" for one in items}

    def people_in(self, one: Spoken, alert: AlertRaised) -> frozenset[str]:
        """Give whom an alert is about, by key; where it names none, who its reports name."""
        named = [self.people[token] for token in alert.subjects or () if token in self.people]
        rests = one.about[:1]
        return frozenset(named or [key for i in rests for key in self.said(i).item.people])

    def reports(self) -> Iterator[tuple[Spoken, Report]]:
        """List what the items became, in order."""
        ids = {one.statement for one in self.items}
        return ((one, event) for one, event in self.of(Report) if one.id in ids)
