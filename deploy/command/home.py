"""`candour home`: the folder that one source speaks from."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from contracts.event.control import Purpose
from deploy import clock
from producers.access import arguments_of, give_access, refusal
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Make and complete the home of one source.")

Folder = Annotated[Path, typer.Argument(help="The home's folder.")]


@app.command()
def make(  # noqa: PLR0913 - agency.yaml has this many independent lines
    folder: Folder,
    partnership: Annotated[str, typer.Option(help="The partnership's id.")],
    agency: Annotated[str, typer.Option(help="The agency's id in it.")],
    system: Annotated[str, typer.Option(help="The system that speaks; `control` governs.")],
    kafka: Annotated[str, typer.Option(help="Kafka's address, host:port.")],
    accountable: Annotated[
        str | None, typer.Option(help="The role that answers for what the system says.")
    ] = None,
) -> None:
    """Make a home with a new key; one for each source, also on one machine."""
    home = Home.create(
        folder, partnership=partnership, agency=agency, system=system, kafka=kafka,
        random_bytes=clock.random_bytes, accountable=accountable,
    )  # fmt: skip
    typer.echo(
        f"Made {folder} for {home.source}. Next: candour home trust {folder} --from TRUST, and "
        f"give governance what `candour home key {folder}` prints."
    )


@app.command()
def key(
    folder: Folder,
    control: Annotated[
        bool, typer.Option("--control", help="A key that governs, instead of reporting.")
    ] = False,
    new: Annotated[
        bool, typer.Option("--new", help="Make one more key first, for when the last is lost.")
    ] = False,
) -> None:
    """Print the newest public key as a founding or admission lists it, proved to be held."""
    purpose: list[Purpose] = ["control"] if control else ["statements"]
    home = Home.open(folder)
    newest = home.add_key(clock.random_bytes).newest if new else home.newest
    typer.echo(msgspec.json.encode(newest.source_key(purpose)).decode())


@app.command()
def trust(
    folder: Folder,
    source: Annotated[Path, typer.Option("--from", help="The partnership's trust.json.")],
) -> None:
    """Pin the log's key; compare it by telephone first."""
    pinned = Home.open(folder).pin(source)
    typer.echo(f"Pinned {pinned.origin}: {pinned.log_key}")


@app.command()
def access(
    folder: Folder,
    ca: Annotated[Path, typer.Option(help="ca.pem, as operations handed it over.")],
    secret: Annotated[Path, typer.Option(help="The agency's secret, as it was handed over.")],
    kafka: Annotated[
        str | None, typer.Option(help="The agencies' address, if it is another than before.")
    ] = None,
) -> None:
    """Put what operations handed over for a secured Kafka into a home; then destroy the copy."""
    home = give_access(folder, authority=ca, secret=secret, address=kafka)
    why = asyncio.run(refusal(home.agency.kafka, arguments_of(home)))
    if why is not None:
        raise why
    typer.echo(f"{home.source} connects to {home.agency.kafka} with its agency's own secret.")
