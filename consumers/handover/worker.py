"""The handover worker, for every agency: its own known ends, and those that are put to it.

`HANDOVER_OUTSTANDING` goes to the heads of both agencies. Whose work ends says it of both; whom it
was put to says it of itself, because the log gives neither the other's word without an agreement.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import date

from sqlalchemy import Connection, RowMapping

from consumers import standing, store
from consumers.arising import arising
from consumers.handover import ending, rows
from consumers.referrals import course
from consumers.referrals import rows as referrals
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.event.report import ClosureNotified, ReferralMade
from contracts.event.work import ResponseGiven
from contracts.identifier import agency_of
from contracts.opened import View
from contracts.statement import Statement

RULE = "handover/1"


class Handovers(Worker):
    """Handovers, for an agency of any kind; it comes after the referrals worker."""

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Take in an end of our own work, or one that is handed over to us."""
        statement, voice = view.statement, self._voice
        event = statement.sections.get("event")
        if isinstance(event, ResponseGiven):
            self.see_anew(db, [event.statement])
        publisher = voice.partners.acting(agency_of(statement.context.source) or "")
        if publisher != voice.agency and not self._is_put_to_us(event):
            return []
        end = ending.end_of(statement, view.head.ledger_time, rules=voice.rules)
        if end is None:
            return []
        said = statement.context.id
        near = rows.near(db, publisher, end.ends_on, days=voice.rules.handover_days)
        older = [one for one in near if one["id"] != said]
        same = [one["id"] for one in older if self._is_same(end, one)]
        if same and publisher == voice.agency and isinstance(event, ReferralMade):
            return []  # it covers an end that is known; by itself it makes one known
        for one in same:
            rows.replace(db, one, said)
        handover = event.handover if isinstance(event, ClosureNotified) else None
        rows.add(db, said, end, agency=publisher, handover=handover)
        return []

    def pass_time(self, db: Connection, at: int) -> list[Wanted]:
        """Say of each end that nobody was asked to take over in time, or that nobody did."""
        wanted = self._each(db, rows.fell_due(db, at), self._fell_due)
        return wanted + self._each(db, rows.passed(db, at), self._passed)

    def reopen(self, db: Connection, statement: str, /) -> None:
        """Look again at an end that a handover or its acceptance had settled; let one stand again.

        What a retracted statement had replaced stands again.
        """
        rows.unsettle(db, statement)
        if standing.WORDS["retracted"] in standing.marks_of(db, statement):
            rows.reinstate(db, statement)

    def forget(self, db: Connection, statement: str, /) -> None:
        """Drop an erased end."""
        rows.unsettle(db, statement)
        rows.forget(db, statement)

    def see_anew(self, db: Connection, statements: Collection[str], /) -> None:
        """Look again at an end whose handover was refused, whatever was decided on it before."""
        for one, row in sorted(referrals.referrals_of(db, statements).items()):
            if row["kind"] == "handover" and not course.is_put(row):
                rows.unsettle(db, one)
                for answer in arising(db, one):
                    if answer.event == "response_given":
                        rows.unsettle(db, answer.id)

    def put_of(self, db: Connection, ends: Collection[RowMapping]) -> dict[str, list[RowMapping]]:
        """List those that cover each of some ends and are put to somebody still, or were taken."""
        return {
            end: [one for one in its if _is_put(db, one)]
            for end, its in self.handovers_of(db, ends).items()
        }

    def handovers_of(
        self, db: Connection, ends: Collection[RowMapping]
    ) -> dict[str, list[RowMapping]]:
        """List the handovers that cover each of some ends, as the referrals worker holds them."""
        ours = [row for row in ends if row["agency"] == self._voice.agency]
        put_to_us = [row["id"] for row in ends if row["agency"] != self._voice.agency]
        received = referrals.referrals_of(db, put_to_us)
        made = referrals.handovers(db, [row["id"] for row in ours], self._spans(ours))
        held = store.held_of(db, [one["id"] for one in made])
        covering = {
            row["id"]: [one for one in made if self._covers(held.get(one["id"]), one, row)]
            for row in ours
        }
        return covering | {one: [received[one]] if one in received else [] for one in put_to_us}

    def _fell_due(self, db: Connection, row: RowMapping) -> list[Wanted]:
        ours, wanted = self._voice.agency, list[Wanted]()
        by = next((one["id"] for one in self.put_of(db, [row])[row["id"]]), None)
        if by is None and row["agency"] == ours:
            wanted.append(self._said(row, ending.DUE, ours, row["due_at"]))
            by = wanted[-1].draft.id
        rows.mark(db, row["id"], column="due_by", by=by or row["id"])
        return wanted

    def _passed(self, db: Connection, row: RowMapping) -> list[Wanted]:
        wanted: list[Wanted] = []
        took = (one for one in self._handovers_of(db, row) if one["decision"] == "accepted")
        by = next((one["answer"] for one in took), None)
        if by is None:
            heads = self._heads(db, row)
            wanted = [self._said(row, ending.OUTSTANDING, one, row["ends_at"]) for one in heads]
            by = wanted[0].draft.id
        rows.mark(db, row["id"], column="passed_by", by=by)
        return wanted

    def _handovers_of(self, db: Connection, row: RowMapping) -> list[RowMapping]:
        return self.handovers_of(db, [row])[row["id"]]

    def _spans(self, ends: Iterable[RowMapping]) -> list[tuple[str, str]]:
        """Give the days on which a handover may be of some ends: each day in one span alone."""
        days, spans = self._voice.rules.handover_days, list[tuple[str, str]]()
        for day in sorted({date.fromisoformat(row["ends_on"]) for row in ends}):
            first, last = (ending.moved(day, by).isoformat() for by in (-days, days))
            if spans and first <= spans[-1][1]:
                first = spans.pop()[0]
            spans.append((first, last))
        return spans

    def _covers(self, held: Statement | None, handover: RowMapping, row: RowMapping) -> bool:
        if held is None or handover["ends_on"] is None:
            return False
        near = ending.covers(
            ending.people_of(held), date.fromisoformat(handover["ends_on"]),
            row["people"].split(), date.fromisoformat(row["ends_on"]), rules=self._voice.rules,
        )  # fmt: skip
        return near or row["id"] in {handover["id"], *held.causes}

    def _is_put_to_us(self, event: object) -> bool:
        to = event.addressee if isinstance(event, ReferralMade) else None
        return to is not None and self._voice.partners.acting(to) == self._voice.agency

    def _is_same(self, end: ending.End, row: RowMapping) -> bool:
        return ending.covers(
            end.people, end.ends_on, row["people"].split(), date.fromisoformat(row["ends_on"]),
            rules=self._voice.rules,
        )  # fmt: skip

    def _heads(self, db: Connection, row: RowMapping) -> Iterator[str]:
        """Give the agencies whose heads are told: whose work ends, and whom it was put to."""
        ours = self._voice.agency
        yield ours
        if row["agency"] == ours:
            named = [one["addressee"] for one in self._handovers_of(db, row)]
            to = [*named, *([row["handover"]] if row["handover"] else [])]
            acting = dict.fromkeys(self._voice.partners.acting(one) for one in to)
            yield from (one for one in acting if one != ours)

    def _said(self, row: RowMapping, duty: str, owner: str, due_at: int) -> Wanted:
        return self._voice.overdue(
            duty, row["id"], owner, due_at=due_at, rule=RULE, apart=f"/{owner}"
        )


def _is_put(db: Connection, row: RowMapping) -> bool:
    """Say whether somebody has a handover, or may still take it: what was taken back nobody may."""
    accepted = row["decision"] == "accepted"
    return accepted or (course.is_put(row) and not standing.does_not_stand(db, row["id"]))
