"""`candour emergency`: who used the path that nothing stops, what was missing, and its review."""

import asyncio
from collections import Counter
from typing import Annotated

import typer

from consumers import standing
from consumers import store as stored
from consumers.governance import rows
from consumers.governance.desk import FOUND, Finding
from deploy.command.consumer import ActingHome, Looks, as_of, at, looking
from deploy.command.publish import reason_line
from deploy.command.spelling import By, Role
from deploy.command.words import Lesson
from deploy.speaking import insisted
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Uses of the emergency path, and their review.")


@app.command("list")
def listed(home: ActingHome, by: Looks = None) -> None:
    """Count the uses by agency, then list each: what was missing, its clock, what review found."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        now = stored.ledger_time(db)
        used = standing.visible(db, viewer, rows.all_emergencies(db), "id")
    waits = Counter(one["agency"] for one in used if one["finding"] is None)
    for agency, count in sorted(Counter(one["agency"] for one in used).items()):
        typer.echo(f"{agency}: {count} used, {waits[agency]} to be reviewed")
    for one in used:
        late = " - OVERDUE: escalate it now" if one["due_at"] < now else ""
        stands = f"to be reviewed by {at(one['due_at'])}{late}"
        if one["finding"] is not None:
            stands = f"{FOUND[one['finding']]}. {one['lesson']}"
        typer.echo(f"\n{one['id']}  {one['agency']}, {at(one['at'])}: {stands}")
        missing = rows.reasons_of(one)
        for given in missing:
            typer.echo(f"  missing: {reason_line(given)}")
        if not missing:
            typer.echo("  nothing was missing")
    if not used:
        typer.echo("No use of the emergency path is here to be reviewed.")
        as_of(home, now)


@app.command()
def review(  # noqa: PLR0913 - a review has this many independent parts
    statement: Annotated[str, typer.Argument(help="The statement's id, as `list` shows it.")],
    finding: Annotated[Finding, typer.Option()],
    words: Lesson,
    by: By,
    role: Role,
    home: ActingHome,
) -> None:
    """Say what a use of the emergency path was, and what is to be learned from it."""
    acting = open_acting(Home.open(home))
    wanted = acting.governing.review(
        statement, finding, lesson=words.lesson, by=acting.practitioner(by), role=role
    )
    said = insisted(asyncio.run(acting.act(wanted)))
    typer.echo(f"Reviewed: {FOUND[finding]} (entry {said.entry}).")
