"""The enquiry worker, for every agency: who was seen jointly, and who alone since."""

from sqlalchemy import Connection

from consumers.enquiry import rows, seen
from consumers.store import Wanted
from consumers.worker import Worker
from contracts.opened import View


class Enquiries(Worker):
    """Enquiry, for an agency of any kind, over what it said and was sent.

    Corrections, retractions and links are looked at where the list is made, so that nothing is to
    be reopened or taken back here.
    """

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Take in how persons were seen."""
        for subject, how in seen.seen_in(view.statement):
            rows.add(db, view.statement.context.id, subject, how, at=view.head.ledger_time)
        return []

    def forget(self, db: Connection, statement: str, /) -> None:
        """Drop what an erased statement showed."""
        rows.forget(db, statement)
