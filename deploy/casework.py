"""What stands of what a home said about a case, exclusions, holds, corrections; and ending it."""

import asyncio
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import RowMapping

from contracts.draft import Draft
from contracts.event.case import ExclusionLifted, LegalHoldLifted
from contracts.form import Section
from contracts.section import Provenance
from contracts.statement import Statement, interpret, parse
from deploy.speaking import Said, speak
from producers import withheld
from producers.home import Home
from producers.outbox import Outbox
from producers.saying import said_by


class SaidHere(NamedTuple):
    """One accepted statement of a home: its row in the outbox, and what it says."""

    row: RowMapping
    statement: Statement

    @property
    def by(self) -> str:
        """Name who said it."""
        given = self.statement.sections.get("provenance")
        person = given.practitioner if isinstance(given, Provenance) else None
        return (person.name if person else None) or "nobody named"


def said_here(
    outbox: Outbox, events: Collection[str], viewer: Collection[str] | None
) -> Iterator[SaidHere]:
    """Read what a home said of some events and was accepted, oldest first.

    Args:
        outbox: the home's.
        events: by name.
        viewer: the tokens of who looks (`deploy.command.consumer.looking`).
    """
    with outbox.database.read() as db:
        hidden = withheld.hidden_from(db, viewer)
    for row in outbox.rows():
        known = row["event"] in events and row["outcome"] == "accepted" and row["raw"] is not None
        if known and row["digest"] not in hidden:
            yield SaidHere(row, interpret(parse(row["raw"])))


def standing(
    outbox: Outbox, recorded: str, lifted: str, member: str, viewer: Collection[str] | None
) -> list[tuple[SaidHere, Section]]:
    """List what was recorded from a home and nobody lifted from it.

    Args:
        outbox: the home's.
        recorded: the event that records, and `lifted` the one that lifts, by name.
        lifted: as `recorded`.
        member: of the lifting event, that names what it lifts.
        viewer: as `said_here`.
    """
    said = list(said_here(outbox, (recorded, lifted), viewer))
    gone = {getattr(one.statement.event, member) for one in said if one.row["event"] == lifted}
    return [
        (one, one.statement.event)
        for one in said
        if one.row["event"] == recorded and one.row["id"] not in gone
    ]


def lifted(home: Path, event: ExclusionLifted | LegalHoldLifted, *, of: str, role: str) -> Said:
    """Say that what was recorded before stands no more.

    Args:
        home: whose reporter says it.
        event: what lifts it, and who says so.
        of: the id of what is lifted.
        role: their role.

    Raises:
        Misuse: it was refused; the text gives each reason's remedy.
        Transient: no receipt came in time, or Kafka does not let this agency in.
    """

    def drafted(outbox: Outbox) -> Draft:
        name = "exclusion_lifted" if isinstance(event, ExclusionLifted) else "legal_hold_lifted"
        return said_by(outbox, name, event, name=event.by, role=role, causes=[of])

    return asyncio.run(speak(Home.open(home), drafted))
