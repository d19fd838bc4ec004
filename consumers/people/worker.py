"""The people worker, for an agency of any kind: indexes everybody whom it is sent."""

from datetime import UTC, datetime

from sqlalchemy import Connection

from consumers import store
from consumers.people import asked, rows
from consumers.people.facts import Companion, Mention
from consumers.people.keys import Keying
from consumers.people.weighing import Weighing
from consumers.responses.owed import REQUESTS
from consumers.safeguarding.rules import day_of
from consumers.store import Wanted
from consumers.worker import Voice, Worker
from contracts.identifier import agency_of
from contracts.opened import View
from contracts.section import Cause, Identity, PersonPart, Whereabouts
from contracts.statement import Statement


class People(Worker):
    """Everybody named to an agency, under the keys that they are found by; it says nothing."""

    def __init__(self, voice: Voice, weighing: Weighing) -> None:
        """Index under one agency's settings."""
        super().__init__(voice)
        self._keying, self._digest = Keying(weighing), weighing.digest

    def take(self, db: Connection, view: View) -> list[Wanted]:
        """Index everybody in a statement, in place of what it said before it was decided anew.

        Questions about it name nobody any more: it does so itself, whichever came first.
        """
        statement, event = view.statement, view.statement.sections.get("event")
        if isinstance(event, REQUESTS):
            asked.ask(db, statement.context.id, event.statement)
        self._index(db, statement, view.head.ledger_time)
        for question in asked.about(db, statement.context.id):
            rows.drop(db, question)
        return []

    def forget(self, db: Connection, statement: str, /) -> None:
        """Drop everybody as an erased statement named them.

        A question about it that stands is all that names them now.
        """
        rows.drop(db, statement)
        asked.forget(db, statement)
        for question in asked.about(db, statement):
            row = store.row_of(db, question)
            if row is not None:
                self._index(db, store.reread(row["record"]), row["ledger_time"])

    def _index(self, db: Connection, statement: Statement, at: int) -> None:
        found = [] if _is_echo(db, statement) else mentions(statement, at)
        if found:
            rows.made_under(db, self._digest)
            rows.drop(db, found[0].statement)
            rows.add(db, found, [self._keying.keys_of(one) for one in found])


def _is_echo(db: Connection, statement: Statement) -> bool:
    """Say whether a question only names somebody as a report that is held here does."""
    event = statement.sections.get("event")
    return isinstance(event, REQUESTS) and store.held(db, event.statement) is not None


def mentions(statement: Statement, at: int) -> list[Mention]:
    """List everybody whom a statement of a ledger time names, as its recipient holds it."""
    sections = statement.sections.values()
    people = [one for one in sections if isinstance(one, Identity)]
    parts = {one.subject: one.part for one in sections if isinstance(one, PersonPart)}
    places = {one.subject: one for one in sections if isinstance(one, Whereabouts)}
    corrected = statement.sections.get("cause.1")
    is_corrected = statement.kind.name == "statement_corrected"
    corrects = corrected.statement if is_corrected and isinstance(corrected, Cause) else None
    return [
        Mention(
            statement=statement.context.id,
            digest=statement.digest,
            agency=agency_of(statement.context.source) or "",
            day=_day(statement, at),
            identity=one,
            part=parts.get(one.subject, "" if corrects else "unassessed"),
            whereabouts=places.get(one.subject),
            beside=[_companion(other) for other in people if other is not one],
            corrects=corrects,
        )
        for one in people
    ]


def _companion(other: Identity) -> Companion:
    return Companion(other.subject, [name.given for name in other.names if name.given])


def _day(statement: Statement, ledger_time: int) -> str:
    """Give the day as of which a statement says who somebody is, else that on which it was shared.

    Source:
        domain.md 7, Four times.
    """
    shared = datetime.fromtimestamp(ledger_time / 1000, UTC).date()
    return (day_of(statement) or shared).isoformat()
