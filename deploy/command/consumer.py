"""`candour consumer`: what acts on an agency's views; and how every list here is laid out."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, get_args

import typer

from consumers.research.rows import results
from contracts.fault import Misuse
from deploy.wiring import STORE, open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Act on what an agency is sent.")

ActingHome = Annotated[Path, typer.Option("--home", help="The agency's home that acts.")]


@app.command()
def run(home: ActingHome) -> None:
    """Act and send until stopped (Ctrl-C or SIGTERM); survives Kafka being away.

    One consumer acts for an agency: run it on one home only.
    """
    asyncio.run(_run(home))


async def _run(home: Path) -> None:
    running = asyncio.ensure_future(open_acting(Home.open(home)).run())
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, running.cancel)
    with suppress(asyncio.CancelledError):
        await running


@app.command("catch-up")
def catch_up(home: ActingHome) -> None:
    """Read to the end, act, send and wait for receipts, until nothing new comes; then stop."""
    said = asyncio.run(open_acting(Home.open(home)).catch_up())
    typer.echo(f"Caught up: {said} statement{'' if said == 1 else 's'} said.")


@app.command()
def rebuild(home: ActingHome) -> None:
    """Forget every row that the views bring back; stop the consumer first.

    Research results are kept: they are on no log.
    """
    acting = open_acting(Home.open(home))
    acting.store.forget(kept=frozenset({results.name}))
    typer.echo(f"Emptied {home / STORE}; results are kept. Now: candour consumer run --home {home}")


def lines(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay rows out in columns as wide as their widest cell; the last is not padded."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def at(milliseconds: int) -> str:
    """Spell a ledger time to the minute, in UTC."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M}Z"


def chosen(given: Sequence[str], closed: object, option: str) -> list[str]:
    """Check a repeated option against the words of a closed vocabulary.

    Args:
        given: as typed.
        closed: a `Literal`.
        option: the option's name.

    Raises:
        Misuse: a word that the vocabulary has not.
    """
    words = get_args(closed)
    if not set(given) <= set(words):
        raise Misuse(
            f"{option} has a word that is not known here.", remedy=f"Use: {', '.join(words)}."
        )
    return list(given)
