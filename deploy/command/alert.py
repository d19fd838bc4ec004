"""`candour alert`: what a rule raised, whose it is, by when, and who has it."""

import asyncio
from typing import Annotated

import typer
from sqlalchemy import select

from consumers import store as stored
from consumers.safeguarding import rows
from deploy.command.consumer import ActingHome, at
from deploy.command.research import By, Role, limits_of
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Alerts of police or of the hub.")


@app.command("list")
def listed(home: ActingHome) -> None:
    """List alerts, those that nobody has first; what nobody could verify before all."""
    acting = open_acting(Home.open(home))
    with acting.store.read() as db:
        now = stored.ledger_time(db)
        unverified = select(stored.views.c.id).where(stored.views.c.verified.is_(False))
        for one in db.execute(unverified).scalars():
            typer.echo(f"UNVERIFIED emergency {one}: nobody knows who wrote it. Call back first.")
        found = rows.all_alerts(db)
        for alert in found:
            has = alert["acknowledged_by"]
            late = "OVERDUE " if has is None and alert["due_at"] < now else ""
            stands = f"with {has}" if has else f"{late}NOBODY has it yet"
            typer.echo(f"\n{alert['id']}  {alert['rule']}  {alert['attention']}  {stands}")
            typer.echo(
                f"  for the {alert['owner_role']} by {at(alert['due_at'])}, "
                f"else the {alert['fallback_role']}"
            )
            typer.echo(f"  about report {alert['statement']}")
            for line in limits_of(stored.held(db, alert["statement"])):
                typer.echo(f"  {line}")
            typer.echo(f"  good: {alert['good']}")
    if not found:
        typer.echo("No alert was raised.")


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
