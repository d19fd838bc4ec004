"""`candour telling`: who was told that something waits, who was not, and a test of each way."""

import asyncio
from typing import Annotated

import typer

from consumers import standing
from consumers.silence import rows as silence
from consumers.telling import rows
from consumers.telling.notification import named, reference_of, tried
from consumers.telling.sending import Channel, Failed, Told, insist_public
from contracts.fault import Misuse
from deploy import clock
from deploy.command.consumer import ActingHome, Looks, at, failing, lines, looking
from deploy.telling.channels import FILE
from deploy.wiring import Acting, open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Telling a role that something waits, and no more.")

STANDS = {
    "sent": "told",
    "waiting": "being sent",
    "dead": "NOT TOLD, tried on",
    "refused": "NOT TOLD",
    "settled": "not needed: somebody had seen to it",
}
NONE = "{} has no channels.yaml: nobody is told anything."
NOT_TAKEN_UP = "nobody yet: no channel of this role, or the consumer does not run"


@app.command("list")
def listed(home: ActingHome, by: Looks = None) -> None:
    """List who is told of what, the newest first, and the agencies that are silent.

    Ends with 1 where somebody could not be told.
    """
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        failing(acting.outbox, db, viewer)
        if not (home / FILE).exists():
            typer.echo(NONE.format(home))
        for one in silence.standing(db):
            typer.echo(f"SILENT since {at(one['since'])}: {one['agency']}. Ring them.")
        hidden = standing.hidden_from(db, viewer)
        found = [
            row
            for row in rows.listed(db)
            if hidden.isdisjoint([row["cause"], *row["about"].split()])
        ]
    table = [
        [
            reference_of(row["alert"] or row["cause"]),
            named(row["waits"] if row["told"] in {None, row["role"]} else "undelivered"),
            "now" if row["press"] == "now" else "this shift",
            row["told"] or row["role"],
            row["channel"] or "-",
            STANDS.get(row["state"], NOT_TAKEN_UP),
            row["why"] or "",
            row["alert"] or row["cause"],
        ]
        for row in found
    ]
    for line in lines(table) if table else ["Nobody was to be told of anything."]:
        typer.echo(line)
    if any(row["state"] in {"dead", "refused"} for row in found):
        raise typer.Exit(1)


@app.command("try")
def try_role(
    role: Annotated[str, typer.Argument(help="A role of channels.yaml; or duty_manager.")],
    home: ActingHome,
) -> None:
    """Send a test, marked as one, on every channel of a role.

    Ends with 1 where one of them did not take it.
    """
    acting = open_acting(Home.open(home))
    told = acting.told()
    if told is None:
        raise Misuse(
            NONE.format(home),
            remedy="Write it as deploy/README.md shows, private to its owner; then try again.",
        )
    channels = told.channels.get(role)
    if not channels:
        raise Misuse(
            "channels.yaml names no such role.",
            remedy=f"Give one of: {', '.join(sorted(told.channels))}.",
        )
    with acting.store.read() as db:
        for one in channels:
            insist_public(db, one)
    founding = acting.voice.partners.founding
    exercise = founding is not None and founding.exercise
    failed = asyncio.run(_tried(acting, told, role, exercise=exercise))
    if failed:
        raise typer.Exit(1)


async def _tried(acting: Acting, told: Told, role: str, *, exercise: bool) -> int:
    said = f"test/{clock.token()}"
    words = told.words(tried(role, said, exercise=exercise))

    async def sent(channel: Channel) -> str | None:
        try:
            await channel.send(words, f"test-{clock.token()}")
        except Failed as failed:
            return failed.why
        return None

    channels = told.channels[role]
    answers = await asyncio.gather(*map(sent, channels))
    for one, why in zip(channels, answers, strict=True):
        typer.echo(f"{one.name}: {'taken' if why is None else f'NOT TAKEN ({why})'}")
    typer.echo(
        f"The test of {acting.voice.agency}'s {role} is {reference_of(said)}: ask whoever answers "
        "there whether they read it."
    )
    return sum(why is not None for why in answers)
