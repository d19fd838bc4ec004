"""How what stands on the log is put in words for people."""

from datetime import UTC, datetime

from contracts.entry import Duty


def words(name: str) -> str:
    """Write a name of the log's as words."""
    return name.replace("_", " ")


def moment(ms: int) -> str:
    """Write a ledger time (milliseconds) in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def owed(duty: Duty) -> str:
    """Write who owes what, by when."""
    due = moment(duty.due_at)
    return f"Owed by {words(duty.role)} of {duty.agency}: {words(duty.kind)}, by {due}."
