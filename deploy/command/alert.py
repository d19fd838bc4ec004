"""`candour alert`: what a rule raised, whose it is, by when, and who has it."""

import asyncio
from collections.abc import Collection, Iterator
from typing import Annotated

import typer
from sqlalchemy import Connection, RowMapping, select

from consumers import standing
from consumers import store as stored
from consumers.intelligence.rows import first_lines
from consumers.safeguarding import rows
from consumers.safeguarding.rules import nameless, separation, unresearched
from consumers.safeguarding.worker import HubRules, PoliceRules
from deploy.command.consumer import ActingHome, Looks, at, failing, insist_on, looking
from deploy.command.research import By, Role, limits_of
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Alerts of police or of the hub.")


@app.command("list")
def listed(home: ActingHome, by: Looks = None) -> None:
    """List alerts, those that nobody has first; what nobody could verify before all."""
    acting = open_acting(Home.open(home))
    insist_on(acting.outbox, PoliceRules.kinds | HubRules.kinds, "a police desk or of the hub")
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        now = stored.ledger_time(db)
        failing(db, viewer)
        for line in _unverified(db, viewer):
            typer.echo(line)
        hidden = standing.hidden_from(db, viewer)
        found = standing.visible(db, viewer, rows.all_alerts(db), "statement", "id")
        for alert in found:
            has = alert["acknowledged_by"]
            late = "OVERDUE " if has is None and alert["due_at"] < now else ""
            stands = f"with {has}" if has else f"{late}NOBODY has it yet"
            typer.echo(f"\n{alert['id']}  {words_of(alert)}  {stands}")
            typer.echo(
                f"  for the {alert['owner_role']} by {at(alert['due_at'])}, "
                f"else the {alert['fallback_role']}"
            )
            typer.echo(f"  about report {alert['statement']}")
            limits = limits_of(stored.held(db, alert["statement"]))
            first = first_lines(db, alert["statement"], hidden)
            for line in (*first, *standing.marks_of(db, alert["statement"]), *limits):
                typer.echo(f"  {line}")
            typer.echo(f"  good: {alert['good']}")
    if not found:
        typer.echo("No alert was raised.")


RULES = {
    separation.ID: "somebody means to end a relationship",
    nameless.ID: "a report names nobody who says so",
    unresearched.ID: "a report whose research is not done",
}
"""What each rule found, by its id, as a person on duty reads it."""
ATTENTION = {"interrupt": "now", "duty": "this shift", "note": "to know of"}


def words_of(alert: RowMapping) -> str:
    """Say which rule raised an alert and how much it presses, in words before the codes."""
    rule, attention = alert["rule"], alert["attention"]
    return (
        f"{RULES.get(rule, 'a rule fired')} [{rule}], {ATTENTION.get(attention, '')} [{attention}] "
    )


def _unverified(db: Connection, viewer: Collection[str] | None) -> Iterator[str]:
    """Tell of what nobody could verify, a flood of one agency's in one line."""
    query = select(stored.views).where(stored.views.c.verified.is_(False))
    found = db.execute(query.order_by(stored.views.c.place)).mappings().all()
    joined: dict[str, list[str]] = {}
    for one in standing.visible(db, viewer, found, "id"):
        joined.setdefault(one["agency"], []).append(one["id"])
    for agency, ids in joined.items():
        count = f"{len(ids)} UNVERIFIED emergencies" if len(ids) > 1 else "UNVERIFIED emergency"
        yield (
            f"{count} through {agency}'s topic, {ids[-1]} the newest: nobody knows who wrote it. "
            "Call back first."
        )


@app.command()
def ack(
    alert: Annotated[str, typer.Argument(help="The alert's id.")],
    by: By,
    role: Role,
    home: ActingHome,
) -> None:
    """Say that you have an alert."""
    acting = open_acting(Home.open(home))
    wanted = acting.deciding.acknowledge(alert, by=acting.practitioner(by), role=role)
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"You have it (entry {said.entry}).")
