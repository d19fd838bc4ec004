"""`candour outbox`: what was said from a home, what was decided, and what came back."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import RowMapping

from consumers.research.plan import WORDS as OUTCOME_WORDS
from consumers.responses.owed import ANSWERS
from consumers.standing import WORDS
from contracts.event.case import CorrectionAcknowledged
from contracts.event.work import InformationRequested, InformationSupplied, ResponseGiven
from contracts.fault import Misuse, Transient
from contracts.opened import View, open_receipt
from contracts.section import Provenance
from contracts.statement import parse
from deploy.command import EXIT_NOT_DELIVERED
from deploy.command.consumer import Looks, at, looking
from deploy.command.publish import OUTCOMES, reason_line, told
from deploy.speaking import WAIT_S_MAX, outbox_of
from producers import withheld
from producers.home import Home
from producers.lock import Busy
from producers.outbox import Outbox
from producers.sender import Sender, until
from producers.unanswered import telephone

app = typer.Typer(invoke_without_command=True, help="See and send what was said from a home.")

Folder = Annotated[Path, typer.Option("--home", help="The home.")]


@app.callback()
def show_all(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option("--home", help="The home.")] = None,
    by: Looks = None,
) -> None:
    """List what waits, what was decided, what was refused and why, and what came back."""
    if context.invoked_subcommand is not None:
        given = {name: value for name, value in (("home", home), ("by", by)) if value is not None}
        context.default_map = {context.invoked_subcommand: given}
        return
    if home is None:
        raise typer.BadParameter("Give the home: candour outbox --home DIR")
    outbox = outbox_of(Home.open(home))
    hidden = hidden_from(outbox, looking(outbox, by))
    rows = [
        row
        for row in outbox.rows()
        if row["event"] != "stream_opened" and row["digest"] not in hidden
    ]
    late = {one["id"] for one in outbox.undelivered()}
    for row in rows:
        typer.echo(_line(outbox, row, is_late=row["id"] in late))
    if not rows:
        typer.echo("Nothing was said from here yet.")
    _came_back(outbox, hidden)
    for row in outbox.distrusted():
        typer.echo(
            f"DO NOT TRUST record {row['offset']} of {row['topic']}: {row['what']}. "
            "Ring the governance agency."
        )


@app.command()
def show(
    statement: Annotated[str, typer.Argument(help="The statement's id.")],
    home: Folder,
    by: Looks = None,
) -> None:
    """Say what was decided on one statement, and what came back about it."""
    outbox = outbox_of(Home.open(home))
    hidden, row = hidden_from(outbox, looking(outbox, by)), outbox.row(statement)
    if row is None or row["digest"] in hidden:
        raise Misuse(
            "No statement of this id was said from this home.",
            remedy=f"Take the id from: candour outbox --home {home}",
        )
    code = told(outbox, statement)
    _came_back(outbox, hidden, about=statement)
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


def hidden_from(outbox: Outbox, viewer: frozenset[str] | None) -> frozenset[str]:
    """List the digests of what is kept from who looks at an outbox."""
    with outbox.database.read() as db:
        return withheld.hidden_from(db, viewer)


def _came_back(outbox: Outbox, hidden: frozenset[str], *, about: str | None = None) -> None:
    """Print the answers and questions of other agencies, about one statement or all."""
    for row in outbox.answers():
        if about in {None, row["about"]} and row["digest"] not in hidden:
            view = outbox.opened(row["record"])
            if not isinstance(view, View):
                continue
            for line in answer_lines(view):
                typer.echo(line)
            if outbox.partnership.is_suspect(view.statement.kid, view.head.ledger_time):
                typer.echo(f"  {WORDS['suspect']}")


def _line(outbox: Outbox, row: RowMapping, *, is_late: bool) -> str:
    """Write one statement's line, and a line for each reason, or whom to telephone."""
    begins = f"{row['id']}  {at(row['stored_at'])}  {row['event']:<22}"
    if row["state"] != "decided" or row["receipt"] is None:
        waits = "sent, no receipt yet" if row["state"] == "sent" else "waiting to be sent"
        ring = f"\n    NOT DELIVERED. {telephone(outbox.partnership)}" if is_late else ""
        return f"{begins} {waits}{ring}"
    receipt = open_receipt(row["receipt"], outbox.home.trust)
    words = OUTCOMES[row["outcome"]][0]
    lines = [f"{begins} {words} (entry {row['entry']})"]
    lines += [f"    {reason_line(given, filed=True)}" for given in receipt.part.reasons]
    kid = parse(row["raw"]).kid if row["raw"] is not None else ""
    if outbox.partnership.is_suspect(kid, receipt.head.ledger_time):
        lines.append(f"    {WORDS['suspect']}")
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
            ("the referral is", (event.referral or "").upper()),
            ("why", event.no_action_reason), ("you may say", event.say),
            ("avoid", event.avoid), ("next contact", event.next_contact),
        )  # fmt: skip
        return [*lines, *(f"  {label}: {text}" for label, text in rest if text)]
    if isinstance(event, InformationRequested):
        return [f"{head} ASKS YOU ({context.id}) about {event.statement}", f"  why: {event.why}"]
    if isinstance(event, CorrectionAcknowledged):
        affected = f"{event.affected} of its statements rested on what was corrected"
        return [f"{head} HAS READ correction {event.correction}: {affected}"]
    if isinstance(event, InformationSupplied):
        found = OUTCOME_WORDS[event.outcome]
        again = f" (as in {event.reuses})" if event.reuses else ""
        lines = [f"{head} SUPPLIES on {event.request}{again}, by {event.supplied_by}", f"  {found}"]
        return lines if event.outcome in ANSWERS else [*lines, "  That is no answer: ask still."]
    return [f"{head} {view.statement.kind.name}"]
