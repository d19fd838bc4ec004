"""`candour recall`: what a compromised key signed, who holds it, and who has looked again."""

import asyncio
from typing import Annotated

import typer
from sqlalchemy import Connection

from consumers import standing
from consumers import store as stored
from consumers.arising import resting_on
from consumers.governance import rows
from deploy.command.consumer import PASTED, ActingHome, Looks, as_of, at, looking
from deploy.command.spelling import By, Role
from deploy.speaking import insisted
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(
    no_args_is_help=True,
    help="Compromised keys: what is SUSPECT here, and, for governance and the key's owner, who "
    "has looked again.",
)


@app.command("list")
def listed(home: ActingHome, by: Looks = None) -> None:
    """List each compromised key: what it signed that is held here, and who has looked again."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    partners = acting.outbox.partnership
    with acting.store.read() as db:
        now, hidden = stored.ledger_time(db), standing.hidden_from(db, viewer)
        for kid, since in acting.voice.partners.suspect.items():
            key = partners.held.get(kid)
            whose = f"of {key.key.source}" if key is not None else ""
            typer.echo(f"\n{kid}  key {whose}, compromised since {at(since)}")
            for statement in standing.marked_by(db, kid):
                if statement not in hidden:
                    typer.echo(f"  {_held(db, statement, acting.voice.agency)}")
            for one in rows.recalled(db, kid):
                late = " - OVERDUE: ring them" if one["due_at"] < now else ""
                stands = f"has NOT looked again; by {at(one['due_at'])}{late}"
                if one["acknowledgement"] is not None:
                    stands = (
                        f"has looked again ({one['by'] or 'name erased'}): {one['suspect']} "
                        f"suspect, {one['reopened']} resting on them"
                    )
                typer.echo(f"  {one['agency']:<16} {stands}")
    if not acting.voice.partners.suspect:
        typer.echo("No compromised key is on the log.")
        as_of(home, now)


@app.command(context_settings=PASTED)
def acknowledge(
    kid: Annotated[str, typer.Argument(help="The key's thumbprint, as `list` shows it.")],
    by: By,
    role: Role,
    home: ActingHome,
) -> None:
    """Say that everything held here under a compromised key was looked at again."""
    acting = open_acting(Home.open(home))
    wanted = acting.governing.acknowledge_recall(kid, by=acting.practitioner(by), role=role)
    said = insisted(asyncio.run(acting.act(wanted)))
    typer.echo(f"Acknowledged (entry {said.entry}).")


def _held(db: Connection, statement: str, agency: str) -> str:
    row = stored.row_of(db, statement)
    what = f"{row['event']} of {row['agency']}, {at(row['ledger_time'])}" if row else "erased"
    resting = resting_on(db, statement, agency)
    return f"SUSPECT {statement}  {what}; {resting} of ours rest on it"
