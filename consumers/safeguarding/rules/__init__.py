"""The rules: pure functions from a delivered statement and what came before it to alarms.

Each has an id and its source; the ruleset in force says where it runs, by which version and clock,
and whose duty it raises (`terms`). A rule never refuses a statement. Rules ignore what a machine
said (`is_automated`) and are never shown an unverified delivery.
"""

from datetime import date

from contracts.event.report import Report
from contracts.section import Provenance
from contracts.statement import Statement


def is_automated(statement: Statement) -> bool:
    """Say whether a machine said it, as far as its provenance was delivered."""
    provenance = statement.sections.get("provenance")
    return isinstance(provenance, Provenance) and provenance.kind == "system"


def day_of(statement: Statement) -> date | None:
    """Give the day of what a report tells of, as far as that was delivered; None for no report.

    History windows use `occurred`; where that is not known to the day, the day on which the
    agency came to know stands in for it.

    Source: domain.md 7, Four times.
    """
    event = statement.sections.get("event")
    if not isinstance(event, Report):
        return None
    at = event.occurred.at if event.occurred.precision in {"day", "instant"} else None
    return date.fromisoformat((at or event.known_to_agency)[:10])
