"""The enquiry worker, for every agency: who was seen jointly, and who alone since."""

from sqlalchemy import Connection

from consumers.enquiry import rows, seen
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.identifier import agency_of
from contracts.opened import View


class Enquiries(Worker):
    """Enquiry, for an agency of any kind: whom it met jointly itself, and who was seen alone since.

    What another agency met jointly is that agency's to follow up: its enquiries stay with it.

    Corrections, retractions and links are looked at where the list is made, so that nothing is to
    be reopened or taken back here.
    """

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Take in how persons were seen."""
        statement = view.statement
        ours = agency_of(statement.context.source) == self._voice.agency
        for subject, how in seen.seen_in(statement):
            if ours or how == "alone":
                rows.add(db, statement.context.id, subject, how, entry=view.head.index)
        return []

    def forget(self, db: Connection, statement: str, /) -> None:
        """Drop what an erased statement showed."""
        rows.forget(db, statement)
