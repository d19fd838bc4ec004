"""What stands on a log, as far as figures need it: who said what, and what is no more so. Pure.

What takes something back that is itself taken back takes nothing back.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from contracts.context import Urgency
from contracts.event.case import StatementCorrected, StatementRetracted
from contracts.event.control import Rules
from contracts.form import Section
from contracts.statement import Statement


class Said(NamedTuple):
    """One statement whose sections the log still holds.

    Attributes:
        id: its own.
        agency: who said it.
        at: the ledger time of its entry, in milliseconds.
        statement: itself.
        kid: the key that signed it.
        rules: that were in force then; None before the founding.
    """

    id: str
    agency: str
    at: int
    statement: Statement
    kid: str
    rules: Rules | None

    @property
    def event(self) -> Section | None:
        """Its facts."""
        return self.statement.sections.get("event")

    @property
    def urgency(self) -> Urgency:
        """Its own."""
        return self.statement.context.urgency


def retracted(said: Sequence[Said], suspect: Collection[str] = ()) -> frozenset[str]:
    """List what was taken back, by id, as the store of whoever was told it has it marked.

    Args:
        said: in the order of the log.
        suspect: ids of what a compromised key signed: it takes nothing back.
    """
    by: dict[str, list[str]] = {}
    for one in said:
        if isinstance(event := one.event, StatementRetracted) and one.id not in suspect:
            by.setdefault(event.statement, []).append(one.id)
    found = set[str]()
    # What takes a retraction back comes after it: the last word is read first.
    known = [one.id for one in said]
    for its in [*reversed(known), *sorted(set(by) - set(known))]:
        if any(one not in found for one in by.get(its, ())):
            found.add(its)
    return frozenset(found)


def upwards(held: Mapping[str, Said], statement: str) -> Iterator[Said]:
    """Give a statement that is held, and what it is a correction or retraction of, however far."""
    one = held.get(statement)
    while one is not None:
        yield one
        event = one.event
        if not isinstance(event, StatementCorrected | StatementRetracted):
            return
        one = held.get(event.statement)
