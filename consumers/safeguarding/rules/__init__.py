"""The rules: pure functions from a delivered statement and what came before it to alarms.

Each has an id and its source; the ruleset in force says where it runs, by which version and clock,
and whose duty it raises (`terms`). A rule never refuses a statement. Rules ignore what a machine
said (`is_automated`) and are never shown an unverified delivery.
"""

from datetime import date

from consumers.chronology.times import last_day
from contracts.event.report import Report
from contracts.section import Provenance
from contracts.statement import Statement


def is_automated(statement: Statement) -> bool:
    """Say whether a machine said it, as far as its provenance was delivered."""
    provenance = statement.sections.get("provenance")
    return isinstance(provenance, Provenance) and provenance.kind == "system"


def happened_by(statement: Statement) -> date | None:
    """Give the day by which what a report tells of had happened; None for no report.

    Windows use `occurred`: of a month, a year or a period its last day, as far as its agency can
    know of it, and so no later than the day on which it came to know. Nothing says more of what is
    undated than that day; what is known to the day may still be to come.

    Source: domain.md 7, Four times.
    """
    event = statement.sections.get("event")
    if not isinstance(event, Report):
        return None
    occurred, known = event.occurred, date.fromisoformat(event.known_to_agency[:10])
    exact = occurred.at if occurred.precision in {"day", "instant"} else None
    begun = date.fromisoformat(exact[:10]) if exact is not None else date.min
    return max(begun, min(last_day(occurred) or known, known))


def day_of(statement: Statement) -> date | None:
    """Give the day of a telling: as of which it says who somebody is; None for no report.

    Whoever relays a report does so soon (M03), and an age or an address is of when it was told:
    where no day is known on which it happened, the day on which the agency came to know says more
    of either than the end of a month or a year.

    Source: domain.md 4 (M03), 7 (Four times).
    """
    event = statement.sections.get("event")
    if not isinstance(event, Report):
        return None
    at = event.occurred.at if event.occurred.precision in {"day", "instant"} else None
    return date.fromisoformat((at or event.known_to_agency)[:10])
