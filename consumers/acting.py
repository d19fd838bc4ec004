"""One source acts for an agency by itself: another that began to would say everything twice.

Which one it is stands on the log: the source of the last statement that a consumer of the agency
derived. Whoever takes over says so; what the one before says after that is seen, and stops the
new one, so that two which run are found out in either place.
"""

from sqlalchemy import Column, Connection, Table, Text, select

from consumers.inserting import over
from consumers.store import Store, metadata
from consumers.worker import SPEAKS, Voice
from contracts.fault import Misuse
from contracts.section import Provenance
from contracts.statement import Statement

acting = Table(
    "acting",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("source", Text, nullable=False),
)
"""The source that acts for this agency, as the log or a take-over says."""


def remember(db: Connection, statement: Statement, agency: str) -> None:
    """Remember that a source of this agency acts, where its consumer says a statement."""
    who = statement.sections.get("provenance")
    if isinstance(who, Provenance) and (who.system or "").startswith(SPEAKS):
        _put(db, agency, statement.context.source)


def take_over(db: Connection, voice: Voice) -> None:
    """Let the source that speaks here act from now on."""
    _put(db, voice.agency, voice.source)


def check(db: Connection, voice: Voice) -> None:
    """Insist that no other source of the agency acts.

    Raises:
        Misuse: one does; what was read is kept, and nothing is said.
    """
    query = select(acting.c.source).where(acting.c.agency == voice.agency)
    source = db.execute(query).scalar()
    if source not in {None, voice.source}:
        raise Misuse(
            f"{source} acts for {voice.agency} already; {voice.source} would say everything twice, "
            "so it said nothing.",
            remedy="Give this with the home of the one that acts. To move it here: stop it there, "
            "then candour consumer catch-up --take-over with this home.",
        )


def insist(store: Store, voice: Voice) -> None:
    """Insist that no other source of the agency acts, as `check`.

    Raises:
        Misuse: one does.
    """
    with store.read() as db:
        check(db, voice)


def _put(db: Connection, agency: str, source: str) -> None:
    db.execute(over(db, acting, "agency", "source"), {"agency": agency, "source": source})
