"""`candour watch`: a small process that says when the consumer, or the log, stands still."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from consumers.silence import standstill
from consumers.telling import rows
from deploy import clock, watching
from deploy.command.consumer import at
from deploy.telling.channels import on_duty
from producers import lock
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="See that nothing here stands still unnoticed.")

Watched = Annotated[Path, typer.Option("--home", help="The agency's home whose consumer it is.")]


@app.command()
def run(home: Watched) -> None:
    """Watch until stopped (Ctrl-C or SIGTERM), and tell the duty manager of channels.yaml.

    Run it beside `candour consumer run`, as a process of its own.
    """
    asyncio.run(_run(home))


async def _run(home: Path) -> None:
    running = asyncio.ensure_future(watching.run(home))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, running.cancel)
    with suppress(asyncio.CancelledError):
        await running


@app.command()
def status(home: Watched) -> None:
    """Look once, and say what stands still and who was told; nothing is sent.

    Ends with 1 where something stands still, or where nobody watches.
    """
    opened = Home.open(home)
    watch = watching.opened(opened)
    found = asyncio.run(watching.seen(opened))
    with watch.store.read() as db:
        shown = standstill.shown(db, found, clock.now_ms())
        lost = rows.could_not_be_told(db)
    for what, since, told in shown:
        stands = f"{on_duty(home)} was told at {at(told)}" if told else "nobody was told yet"
        typer.echo(f"{standstill.WORDS[what]}\n  Since {at(since)}; {stands}.")
    if lost:
        typer.echo(f"{on_duty(home)} COULD NOT BE TOLD ({', '.join(lost)}): ring them.")
    is_watched = lock.is_watched(home)
    if not is_watched:
        typer.echo(f"Nobody watches. Start it: candour watch run --home {home}")
    if shown or lost or not is_watched:
        raise typer.Exit(1)
    typer.echo(
        f"Nothing stands still. The newest ledger time here: {at(found.ledger_time)}. "
        f"On duty: {on_duty(home)}."
    )
