"""`candour act`: what was proposed, and standing behind it."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from contracts.event.control import ActEndorsed, RulesetAdopted, name_of_act
from contracts.fault import Misuse
from deploy.command.consumer import PASTED, known_of
from deploy.command.partnership import ControlHome, only_fit
from deploy.governing import check_unendorsed, missing, names_of
from deploy.speaking import govern
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="See and endorse what other agencies propose.")


@app.command("list")
def listed(home: Annotated[Path, typer.Option("--home", help="Any home.")]) -> None:
    """List every act that was proposed: what it adopts, who stands behind it, who is missing."""
    known = known_of(Home.open(home))
    for digest, act in known.acts.items():
        absent = missing(act, digest, known)
        behind = ", ".join(known.backers(digest))
        typer.echo(
            f"{digest}  {'OPEN' if absent else 'adopted'}  {name_of_act(act)} {names_of(act)}  "
            f"behind it: {behind}"
        )
        if absent:
            typer.echo(
                f"  missing: {', '.join(absent)}; each by: candour act endorse {digest} --home HOME"
            )


@app.command(context_settings=PASTED)
def endorse(
    digest: Annotated[str, typer.Argument(help="The act's digest, as `list` shows it.")],
    home: ControlHome,
) -> None:
    """Stand behind an act that another agency proposed."""
    opened = Home.open(home)
    known = known_of(opened)
    act = known.acts.get(digest)
    if act is None:
        raise Misuse(
            "No act of this digest was proposed, as far as this agency was sent.",
            remedy=f"See: candour act list --home {home}",
        )
    check_unendorsed(digest, known, opened)
    if isinstance(act, RulesetAdopted):
        only_fit(opened, act.rules)
    said = asyncio.run(govern(opened, "act_endorsed", ActEndorsed(name_of_act(act), digest)))
    typer.echo(f"Endorsed: entry {said.entry}.")
