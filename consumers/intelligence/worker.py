"""The intelligence worker: takes in gradings of this agency's own, and products from anybody."""

from sqlalchemy import Connection

from consumers import standing
from consumers.intelligence import rows, waiting
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.event.action import IntelligenceGraded, ProductReleased
from contracts.identifier import agency_of
from contracts.opened import View


class Intelligence(Worker):
    """Gradings and products, for whoever is sent any; only police make them."""

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Take a grading or a product in; it opens nothing by itself."""
        statement = view.statement
        said, event = statement.context.id, statement.sections.get("event")
        agency = agency_of(statement.context.source) or ""
        if isinstance(event, IntelligenceGraded) and agency == self._voice.agency:
            rows.grade(db, said, event)
        elif isinstance(event, ProductReleased) and self._voice.kind_of(agency) == "police":
            rows.release(db, said, agency, event)
        return []

    def reopen(self, db: Connection, statement: str, /) -> None:
        """Let a grading that was taken back hold no longer.

        A product stays listed, and marked: who acted on it must see that it was taken back. So
        does a grading under a compromised key: its conditions bind until somebody grades anew.
        """
        if standing.WORDS["retracted"] in standing.marks_of(db, statement):
            rows.ungrade(db, statement)

    def refused(self, db: Connection, statement: str, /) -> None:
        """Take back a grading or product that was not accepted; its copy waits again."""
        rows.refused(db, statement)
        waiting.refused(db, statement)

    def forget(self, db: Connection, statement: str, /) -> None:
        """Drop an erased item's gradings and products, and the copies of it that wait."""
        rows.forget(db, statement)
        waiting.forget(db, statement)
