"""Terms of rules tried over the history that a home holds: in memory, said to nobody, kept nowhere.

The views that the home holds are read anew by a consumer of nothing but research and the rules, in
the order of the log, each ledger time as the log had it. What is not held any more is not tried:
an erased statement, a delivery that a later one of the same statement replaced, the minutes of a
quiet night between two of them.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, select

from consumers import standing
from consumers import store as stored
from consumers.consumer import Came, Consumer
from consumers.research.worker import Research
from consumers.safeguarding import life, rows, watched
from consumers.safeguarding.worker import Watching
from consumers.store import Store, Wanted
from consumers.worker import Voice
from contracts.event.control import RuleTerm
from contracts.event.work import AlertRaised
from contracts.opened import Trust, View

BATCH = 500
_SAME = ("version", "attention", "act", "why", "owner_role", "fallback_role", "due_at")


class Trying(Watching):
    """Watching by terms that are tried; what was said of alerts then counts for nothing."""

    def __init__(self, voice: Voice, terms: Sequence[RuleTerm]) -> None:
        """Work by these terms and no ruleset's."""
        super().__init__(voice)
        self._tried = list(terms)

    def _terms(self) -> list[RuleTerm]:
        kind = self._voice.kind
        return [one for one in self._tried if kind in one.kinds]

    def _raised(self, db: Connection, view: View, event: AlertRaised, *, ours: bool) -> None:
        """Take in no alert that was raised: what would have been is what is asked."""

    def _said(self, db: Connection, view: View) -> list[Wanted]:
        if isinstance(view.statement.sections.get("event"), life.Said):
            return []
        return super()._said(db, view)


class Compared(NamedTuple):
    """One alert under the terms in force and under those that are tried; None where not raised."""

    before: RowMapping | None
    after: RowMapping | None

    @property
    def alert(self) -> RowMapping:
        """The alert, as it would be, or was."""
        found = self.after or self.before
        if found is None:
            raise ValueError("it was raised under neither")
        return found

    @property
    def change(self) -> str:
        """What would become of it: `new`, `gone`, `changed`, or empty for nothing."""
        if self.before is None or self.after is None:
            return "new" if self.before is None else "gone"
        return "changed" if self.differing else ""

    @property
    def differing(self) -> list[tuple[str, Any, Any]]:
        """List what differs where both have it: the column, as it is, and as it would be."""
        if self.before is None or self.after is None:
            return []
        both = [(name, self.before[name], self.after[name]) for name in _SAME]
        return [one for one in both if one[1] != one[2]]


def alerts_under(
    terms: Sequence[RuleTerm], home: Store, *, voice: Voice, trust: Trust,
    viewer: Collection[str] | None,
) -> Mapping[str, RowMapping]:  # fmt: skip
    """Give the alerts that terms raise over what a home holds, by id.

    Args:
        terms: those that are tried.
        home: the home's store, read and not written.
        voice: of the agency, its partners not folded yet.
        trust: the partnership's pinned log.
        viewer: who looks, as `consumers.standing.hidden_from`: what is kept from them is as if it
            were not there.
    """
    memory = Store("sqlite://")
    worker = Trying(voice, terms)
    consumer = Consumer(memory, voice=voice, trust=trust, workers=[Research(voice), worker])
    with home.read() as db:
        hidden = standing.hidden_from(db, viewer)
        held = stored.views.c
        query = select(held.id, held.digest, held.record).order_by(held.entry, held.place)
        batch: list[Came] = []
        shown = (row for row in db.execute(query) if hidden.isdisjoint((row.id, row.digest)))
        for offset, row in enumerate(shown):
            batch.append(Came(offset, row.digest.encode(), row.record))
            if len(batch) >= BATCH:
                consumer.take(batch)
                batch = []
        consumer.take(batch)
        now = stored.ledger_time(db)
    with memory.write() as db:
        worker.pass_time(db, now)
        while watched.is_looking(db):
            worker.pass_time(db, now)
        found = {one["id"]: one for one in rows.all_alerts(db)}
    memory.close()
    return found


def compared(
    before: Mapping[str, RowMapping], after: Mapping[str, RowMapping], *, since: int
) -> list[Compared]:
    """Set alerts under two rulesets side by side, the oldest first.

    Args:
        before: by id, under the terms in force.
        after: likewise, under those that are tried.
        since: ledger milliseconds; what both raise before is left out.
    """
    every = [Compared(before.get(one), after.get(one)) for one in {**before, **after}]
    kept = [one for one in every if one.alert["raised_at"] >= since]
    return sorted(kept, key=lambda one: (one.alert["raised_at"], one.alert["id"]))
