"""The rules: pure functions from a delivered statement to an alert, a proposal or nothing.

Each has an id, a version and its source. A rule never refuses a statement. Rules ignore what a
machine said (`is_automated`) and are never shown an unverified delivery.
"""

from contracts.section import Provenance
from contracts.statement import Statement

HOUR_MS = 3_600_000


def is_automated(statement: Statement) -> bool:
    """Say whether a machine said it, as far as its provenance was delivered."""
    provenance = statement.sections.get("provenance")
    return isinstance(provenance, Provenance) and provenance.kind == "system"
