"""A ledger replayed under an agreement that is only proposed: what would have flowed otherwise.

Every statement is decided twice with the same state and index, once as it stands on the log and
once as if the proposal had bound its parties all the time; what differs is told by recipient.
The log is not touched, and nothing of what any statement says is read. Each is judged by itself:
what a change would have led to (who then held a cause, what was then answered) is not played.

Source: design.md, Examine and decide (An agreement); issue 4, agreements as documents.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field

import msgspec

from broker.core.agreements import Agreements
from broker.core.decide import decide
from broker.core.index import APART, MemoryIndex, index_recorded
from broker.core.state import State
from broker.core.written import Written, read_written
from contracts import topic
from contracts.agreement import Agreement
from contracts.entry import Delivery
from contracts.event import BY_NAME, Audience
from contracts.finding import Findings

REPORT_EVERY = 5_000
ALWAYS = ("0001-01-01", "9999-12-31")


@dataclass(frozen=True, slots=True)
class Changed:
    """One delivery that the proposal gains, loses or changes.

    Attributes:
        index: of the entry.
        id: of the statement; `event` its event, `source` who published it.
        to: the recipient.
        change: `gained`, `lost` or `changed`.
        more: sections that it would have besides; `less` those that it would not.
        otherwise: other members that differ: `leg`, `handling`, `duties`, `basis`, ....
    """

    index: int
    id: str
    event: str
    source: str
    to: str
    change: str
    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()


@dataclass(slots=True)
class Simulated:
    """What a proposal would have changed.

    Attributes:
        decided: how many statements were looked at.
        changed: every delivery that differs, in ledger order.
        outcomes: how many statements would have another outcome, by what it was and would be.
        state: the fold of the whole ledger, as it stands.
    """

    state: State
    decided: int = 0
    changed: list[Changed] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)


def simulate(
    records: Iterable[bytes],
    proposal: Agreement,
    *,
    say: Callable[[int], None] = lambda _: None,
) -> Simulated:
    """Replay a ledger under a proposal.

    Args:
        records: every ledger record from entry 0, in order.
        proposal: takes the place of every version of the same id; its dates are left out of
            account, so that its effect on the past can be seen before it begins.
        say: told of progress as entries done.

    Raises:
        InvariantBroken: a record is no entry.
    """
    simulation = _Simulation(proposal)
    for number, record in enumerate(records):
        simulation.take(read_written(record))
        if not number % REPORT_EVERY:
            say(number)
    return simulation.found


class _Simulation:
    """One run: the state as it is, and the agreements as they would be."""

    def __init__(self, proposal: Agreement) -> None:
        self._state, self._index, self._proposal = State(), MemoryIndex(), proposal
        self.found = Simulated(self._state)
        self._supposed = _under(self._state.agreements, proposal)

    def take(self, written: Written) -> None:
        """Decide the next entry twice, and go on."""
        recorded, findings = written.recorded, written.recorded.findings
        governs = False
        if findings is not None and recorded.head.kid is not None:
            governs = BY_NAME[findings.event].audience is Audience.PUBLIC_CONTROL
            if not governs:
                self.found.decided += 1
                self.found.changed.extend(self._compared(written, findings))
        self._state.apply(recorded)
        position = recorded.position
        agency = None
        if position is not None:
            agency = topic.submitter(position.topic, recorded.head.partnership)
        index_recorded(self._index, recorded, written.deliveries, agency or "")
        if governs:
            self._supposed = _under(self._state.agreements, self._proposal)

    def _compared(self, written: Written, findings: Findings) -> Iterator[Changed]:
        supposed = copy(self._state)
        supposed.agreements = self._supposed
        head = written.recorded.head
        ruling = decide(findings, supposed, self._index, at=head.ledger_time)
        decision = written.recorded.decision
        outcomes = decision.outcome if decision else "", ruling.decision.outcome
        if outcomes[0] != outcomes[1]:
            self.found.outcomes[outcomes] += 1
        before, after = _given(written.deliveries), _given(ruling.deliveries)
        for key in dict.fromkeys([*before, *after]):
            then, now = before.get(key), after.get(key)
            if then != now:
                about = (head.index, findings.id, findings.event, findings.source, key[1])
                yield _difference(about, then, now)


def _difference(
    about: tuple[int, str, str, str, str], then: Delivery | None, now: Delivery | None
) -> Changed:
    if then is None:
        return Changed(*about, "gained", more=tuple(now.sections if now else ()))
    if now is None:
        return Changed(*about, "lost", less=tuple(then.sections))
    names = (name for name in Delivery.__struct_fields__ if name != "sections")
    return Changed(
        *about,
        "changed",
        more=tuple(one for one in now.sections if one not in then.sections),
        less=tuple(one for one in then.sections if one not in now.sections),
        otherwise=tuple(name for name in names if getattr(then, name) != getattr(now, name)),
    )


def _given(deliveries: Iterable[Delivery]) -> dict[tuple[str, str], Delivery]:
    """List what recipients hold by it, by statement and recipient; versions of a leg are alike."""
    return {
        (one.statement, one.to): msgspec.structs.replace(one, leg=_unversioned(one.leg))
        for one in deliveries
        if one.leg not in APART
    }


def _unversioned(leg: str) -> str:
    agreement, _, name = leg.partition("/")
    return f"{agreement.partition('@')[0]}/{name}" if name else leg


def _under(agreements: Agreements, proposal: Agreement) -> Agreements:
    begins, ends = ALWAYS
    bound = msgspec.structs.replace(proposal, effective=begins, expires=ends)
    versions = {**agreements.versions, proposal.id: {proposal.version: bound}}
    suspended = {k: v for k, v in agreements.suspended.items() if k != proposal.id}
    return Agreements(versions, suspended)
