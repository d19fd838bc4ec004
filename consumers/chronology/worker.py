"""The chronology's worker, for an agency of any kind: who was named when, and with whom.

What nobody could verify is kept too: it stands in a chronology marked so, and nothing rests on it.
"""

from datetime import UTC, datetime

from sqlalchemy import Connection

from consumers.chronology import rows
from consumers.chronology.ties import ties_of
from consumers.disclosure.course import APPLICATIONS
from consumers.history import people_of
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.event.report import Report
from contracts.identifier import agency_of
from contracts.opened import View
from contracts.section import PersonPart

_MINUTE = 16


class Chronology(Worker):
    """Everybody named to an agency, by when what is told of them was; it says nothing."""

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Keep whom a report names and connects, in place of what it said before."""
        statement = view.statement
        event = statement.sections.get("event")
        if not statement.kind.persons or statement.kind.name in APPLICATIONS:
            return []  # that somebody asked to know, its own officers alone may see
        people = people_of(statement)
        parts = [one for one in statement.sections.values() if isinstance(one, PersonPart)]
        children = {one.subject for one in parts if one.part == "child"}
        begins, precision = _begins(event if isinstance(event, Report) else None, view)
        named = [
            {"token": one, "begins": begins, "is_child": one in children} for one in people
        ]  # fmt: skip
        when = {
            "begins": begins, "precision": precision,
            "agency": agency_of(statement.context.source) or "",
        }  # fmt: skip
        tied = [{**tie._asdict(), **when} for tie in ties_of(event, people, parts)]
        rows.put(db, statement.context.id, named, tied if view.verified else [])
        return []

    def unverified(self, db: Connection, view: View) -> None:
        """Keep when it is said to have been: nobody is connected by what nobody stands behind."""
        self.take(db, view)

    def forget(self, db: Connection, statement: str, /) -> None:
        """Drop whom an erased report named."""
        rows.drop(db, statement)


def _begins(report: Report | None, view: View) -> tuple[str, str]:
    """Give when what a report tells of was, for its place in a line; and how well that is known.

    What is undated, or was not told, stands where it became known, or was shared.
    """
    if report is None:
        shared = datetime.fromtimestamp(view.head.ledger_time / 1000, UTC)
        return shared.date().isoformat(), "undated"
    at = report.occurred.at or report.known_to_agency
    return at[:_MINUTE], report.occurred.precision
