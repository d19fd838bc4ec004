"""`candour person`: who is one person, and which two reports are one source; a human decides."""

import asyncio
from typing import Annotated, Literal

import typer

from consumers import standing
from consumers.safeguarding import rows
from deploy.command.consumer import ActingHome, Looks, looking
from deploy.command.research import By, Role
from deploy.command.words import Reason
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Join and part persons; judge one origin.")


@app.command("list")
def listed(home: ActingHome, by: Looks = None) -> None:
    """List the links that stand, and the proposals that two reports are one source."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        links = standing.visible(db, viewer, rows.standing_links(db), "id")
        origins = standing.visible(db, viewer, rows.all_origins(db), "id", "first", "second")
    for link in links:
        typer.echo(f"{link['id']}  one person: {link['subjects']}  by {link['matcher']}")
    for origin in origins:
        stands = f"{origin['decision']}, decided by {origin['decided_by']}"
        if origin["decision"] is None:
            stands = "NOT decided: count them as one report until somebody has"
        days = origin["days_apart"]
        typer.echo(
            f"{origin['id']}  possibly one source, {days} day{'' if days == 1 else 's'} apart: "
            f"{origin['first']} and {origin['second']}  {stands}"
        )
    if not links and not origins:
        typer.echo("No link stands and nothing is proposed.")


@app.command()
def link(
    subject: Annotated[list[str], typer.Argument(help="Two or more subject tokens.")],
    by: By,
    role: Role,
    basis: Reason,
    home: ActingHome,
) -> None:
    """Say that subject tokens are one person."""
    acting = open_acting(Home.open(home))
    wanted = acting.deciding.link(subject, by=acting.practitioner(by), role=role, basis=basis)
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Linked: {said.id} (entry {said.entry}).")


@app.command()
def unlink(
    link_id: Annotated[str, typer.Argument(metavar="LINK", help="The link's id.")],
    by: By,
    role: Role,
    basis: Reason,
    home: ActingHome,
) -> None:
    """Undo a link."""
    acting = open_acting(Home.open(home))
    wanted = acting.deciding.unlink(link_id, by=acting.practitioner(by), role=role, basis=basis)
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Parted (entry {said.entry}).")


@app.command()
def origin(  # noqa: PLR0913 - a judgement has this many independent parts
    proposal: Annotated[str, typer.Argument(help="The proposal's id.")],
    decision: Annotated[Literal["same", "different", "cannot_tell"], typer.Option()],
    by: By,
    role: Role,
    reason: Reason,
    home: ActingHome,
) -> None:
    """Judge whether two reports are one source heard twice."""
    acting = open_acting(Home.open(home))
    wanted = acting.deciding.decide_origin(
        proposal, decision, by=acting.practitioner(by), role=role, reason=reason
    )
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Decided: {decision} (entry {said.entry}).")
