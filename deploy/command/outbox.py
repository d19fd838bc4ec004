"""`candour outbox`: what was said from a home, what was decided, and what came back."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import RowMapping

from contracts.event.work import InformationRequested, InformationSupplied, ResponseGiven
from contracts.fault import Transient
from contracts.opened import View, open_receipt
from contracts.section import Provenance
from deploy.command.publish import EXIT_NOT_DELIVERED, OUTCOMES, reason_line, told
from deploy.speaking import WAIT_S_MAX, outbox_of
from producers.home import Home
from producers.lock import Busy
from producers.outbox import Outbox
from producers.sender import Sender, until

app = typer.Typer(invoke_without_command=True, help="See and send what was said from a home.")

Folder = Annotated[Path, typer.Option("--home", help="The home.")]


@app.callback()
def show_all(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option("--home", help="The home.")] = None,
) -> None:
    """List what waits, what was decided, what was refused and why, and what came back."""
    if context.invoked_subcommand is not None:
        return
    if home is None:
        raise typer.BadParameter("Give the home: candour outbox --home DIR")
    outbox = outbox_of(Home.open(home))
    rows = [row for row in outbox.rows() if row["event"] != "stream_opened"]
    for row in rows:
        typer.echo(_line(outbox, row))
    if not rows:
        typer.echo("Nothing was said from here yet.")
    _came_back(outbox)
    for row in outbox.distrusted():
        typer.echo(
            f"DO NOT TRUST record {row['offset']} of {row['topic']}: {row['what']}. "
            "Ring the governance agency."
        )


@app.command()
def show(
    statement: Annotated[str, typer.Argument(help="The statement's id.")], home: Folder
) -> None:
    """Say what was decided on one statement, and what came back about it."""
    outbox = outbox_of(Home.open(home))
    code = told(outbox, statement)
    _came_back(outbox, about=statement)
    raise typer.Exit(code)


@app.command()
def run(home: Folder) -> None:
    """Send and receive until stopped (Ctrl-C or SIGTERM); survives Kafka being away."""
    asyncio.run(_run(outbox_of(Home.open(home))))


async def _run(outbox: Outbox) -> None:
    running = asyncio.ensure_future(Sender(outbox).run())
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, running.cancel)
    with suppress(asyncio.CancelledError):
        await running


@app.command("catch-up")
def catch_up(
    home: Folder,
    wait: Annotated[float, typer.Option(help="Seconds to wait.")] = WAIT_S_MAX,
) -> None:
    """Send what waits and read what came, to the end; then stop."""
    outbox = outbox_of(Home.open(home))
    if asyncio.run(_caught_up(outbox, wait)):
        typer.echo("Everything is sent and decided, and everything that came is read.")
        return
    typer.echo(f"{outbox.undecided()} statements have no receipt yet. Is the broker running?")
    raise typer.Exit(EXIT_NOT_DELIVERED)


async def _caught_up(outbox: Outbox, wait: float) -> bool:
    sender = Sender(outbox, what="candour outbox catch-up")
    try:
        async with sender.running():
            await until(lambda: sender.is_caught_up or sender.refused is not None, wait)
            if sender.refused is not None:
                raise Transient(sender.refused.text, remedy=sender.refused.remedy)
            read = sender.is_caught_up
            return read and await until(lambda: outbox.undecided() == 0, wait)
    except Busy:
        return await until(lambda: outbox.undecided() == 0, wait)


def _came_back(outbox: Outbox, *, about: str | None = None) -> None:
    """Print the answers and questions of other agencies, about one statement or all."""
    for row in outbox.answers():
        if about in {None, row["about"]}:
            view = outbox.opened(row["record"])
            for line in answer_lines(view):
                typer.echo(line)


def _line(outbox: Outbox, row: RowMapping) -> str:
    """Write one statement's line, and a line for each reason."""
    if row["state"] != "decided" or row["receipt"] is None:
        waits = "sent, no receipt yet" if row["state"] == "sent" else "waiting to be sent"
        return f"{row['id']}  {row['event']:<22} {waits}"
    receipt = open_receipt(row["receipt"], outbox.home.trust)
    words = OUTCOMES[row["outcome"]][0]
    lines = [f"{row['id']}  {row['event']:<22} {words} (entry {row['entry']})"]
    lines += [f"    {reason_line(given)}" for given in receipt.part.reasons]
    return "\n".join(lines)


def answer_lines(view: View) -> list[str]:
    """Write what another agency answered or asks, in a few lines."""
    event, context = view.statement.sections["event"], view.statement.context
    who = view.statement.sections.get("provenance")
    name = who.practitioner.name if isinstance(who, Provenance) and who.practitioner else None
    head = f"\n{context.source}{f', {name}' if name else ''}"
    if isinstance(event, ResponseGiven):
        lines = [
            f"{head} ANSWERS about {event.statement}",
            f"  received by {event.received_by}; researched: {event.researched}; "
            f"done: {', '.join(event.actions)}",
        ]
        rest = (
            ("why nothing is done", event.no_action_reason), ("you may say", event.say),
            ("avoid", event.avoid), ("next contact", event.next_contact),
        )  # fmt: skip
        return [*lines, *(f"  {label}: {text}" for label, text in rest if text)]
    if isinstance(event, InformationRequested):
        return [f"{head} ASKS YOU ({context.id}) about {event.statement}", f"  why: {event.why}"]
    if isinstance(event, InformationSupplied):
        return [f"{head} SUPPLIES on {event.request}: {event.outcome}, by {event.supplied_by}"]
    return [f"{head} {view.statement.kind.name}"]
