"""`candour desk-looks`: whether who looked at what is as the log has it."""

import typer

from consumers.desk import looks
from consumers.listed import MANY
from deploy.command.consumer import ActingHome, at
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Who looked at what, against the log.")


@app.callback()
def _group() -> None:
    """Keep `verify` a command of its own."""


@app.command()
def verify(home: ActingHome) -> None:
    """Recompute the digest of every hour of looks, and compare it with what the log has.

    Ends with 1 where a look was taken out, put in or changed.
    """
    acting = open_acting(Home.open(home))
    with acting.store.read() as db:
        hours = looks.verify(db, acting.voice.source)
        strangers = looks.strangers(db, {one.statement for one in hours})
        untold = looks.untold(db)
        more = " or more" if untold == MANY else ""
    broken = [one for one in hours if not one.holds]
    for one in broken:
        same = one.told == one.here
        more = ", and one at least says something else" if same else ""
        typer.echo(
            f"CHANGED: of the hour to {at(one.until)} the log has {one.told} looks; {one.here} "
            f"stand here{more}. Statement {one.statement}."
        )
    if strangers:
        typer.echo(f"CHANGED: {strangers} looks name a statement that nobody ever said.")
    if broken or strangers:
        typer.echo(
            "Keep the database and its backups as they are, and ring whoever answers for data "
            "protection."
        )
        raise typer.Exit(1)
    typer.echo(
        f"{len(hours)} hour{'' if len(hours) == 1 else 's'} with {sum(o.told for o in hours)} "
        f"looks: each as the log has it. {untold}{more} newer than that."
    )
