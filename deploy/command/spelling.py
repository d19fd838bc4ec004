"""How a list or a task spells what stands here: use limits, names, how a look stands."""

from collections.abc import Sequence
from typing import Annotated

import typer
from sqlalchemy import RowMapping

from consumers.research import plan
from contracts.section import Identity, Name
from contracts.sharing import UseLimits
from contracts.statement import Statement
from deploy.command.consumer import at

By = Annotated[
    str, typer.Option(help="Your name; it goes on the log as typed: only the desk checks it.")
]
Role = Annotated[str, typer.Option(help="Your role, believed as typed.")]


def stands_of(task: RowMapping, now: int, *, is_bare: bool) -> str:
    """Say how one task stands, in words that never read as safe.

    Args:
        task: its row.
        now: the ledger time, in milliseconds.
        is_bare: as `plan.why_of`.
    """
    outcome = task["outcome"]
    stands = plan.WORDS[outcome] if outcome else "to be looked up"
    if not outcome and task["retracted"]:
        stands = "not to be looked up: the report was taken back"
    if task["open"] and task["due_at"] < now:
        stands = f"OVERDUE; {stands}"
    if why := plan.why_of(task, is_bare=is_bare):
        stands += f" ({why})"
    if task["open"] and task["retry_at"]:
        stands += f"; to be asked again from {at(task['retry_at'])}"
    return stands


def limits_of(report: Statement | None) -> list[str]:
    """Say what may be put to whom: the first lines of every task (domain.md 7, use_limits)."""
    limits = report.sections.get("use_limits") if report is not None else None
    if report is None or not isinstance(limits, UseLimits):
        return ["USE: nobody said what may be put to whom: put nothing to anyone; ring first."]
    named = _names(report)
    words = {"yes": "may be told", "no": "must NOT be told", "ring_first": "ring first"}
    said = [
        f"USE: {named.get(one.subject, one.subject)}: {words[one.may_be_told]}; "
        f"who said it: {words[one.origin_may_be_told]}"
        for one in limits.limits
    ]
    ring = [f"USE: ring {limits.ring}"] if limits.ring else []
    return [*said, *ring, *([f"USE: {limits.note}"] if limits.note else [])]


def _names(report: Statement) -> dict[str, str]:
    people = [one for one in report.sections.values() if isinstance(one, Identity)]
    return {one.subject: name_of(one) for one in people}


def name_of(identity: Identity) -> str:
    """Spell the first name that a person is known by."""
    return spelled(identity.names[0] if identity.names else Name()) or identity.subject


def best_name(names: Sequence[Name], subject: str) -> str:
    """Spell the first whole name that a person is known by, else the first, else their token."""
    whole = next((one for one in names if one.family), names[0] if names else Name())
    return spelled(whole) or subject


def spelled(name: Name) -> str:
    """Spell a name; empty where nothing of it is known."""
    return " ".join(part for part in (name.given, name.family) if part)
