"""`candour broker`: the log of one partnership."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from broker.shell.connection import Connection
from deploy import clock
from deploy.broker_home import BrokerHome
from deploy.kafka.access import service_connection
from deploy.settings import settings
from producers.lock import sole_broker

app = typer.Typer(no_args_is_help=True, help="Run the log of one partnership.")

Folder = Annotated[Path, typer.Option("--home", help="The broker's home.")]


@app.command()
def make(
    folder: Annotated[Path, typer.Argument(help="The folder to make.")],
    partnership: Annotated[str, typer.Option(help="The partnership's id, for example mk-now.")],
    kafka: Annotated[str, typer.Option(help="Kafka's address, host:port.")],
) -> None:
    """Make a broker's home: the log's key, and the trust file that everybody pins."""
    home = BrokerHome.create(
        folder, partnership=partnership, kafka=kafka, random_bytes=clock.random_bytes
    )
    typer.echo(
        f"Made {folder}. Give {folder / 'trust.json'} to every agency and auditor, and read them "
        f"its key by telephone:\n{home.trust.log_key}\n"
        f"Keep a copy of {folder} off this machine: without its key the log ends."
    )


@app.command()
def access(
    folder: Annotated[Path, typer.Argument(help="The broker's home.")],
    ca: Annotated[Path, typer.Option(help="ca.pem, as operations handed it over.")],
    sequencer: Annotated[Path, typer.Option(help="The sequencer's certificate file.")],
    dispatcher: Annotated[Path, typer.Option(help="The dispatcher's certificate file.")],
    kafka: Annotated[
        str | None, typer.Option(help="The services' address, if it is another than before.")
    ] = None,
) -> None:
    """Put what operations handed over for a secured Kafka into a broker's home."""
    home = BrokerHome.give_access(
        folder, authority=ca, sequencer=sequencer, dispatcher=dispatcher, address=kafka
    )
    _connections(home)
    typer.echo(f"{folder} connects to {home.kafka} as its own sequencer and dispatcher.")


@app.command()
def run(home: Folder) -> None:
    """Record and deliver until stopped (Ctrl-C or SIGTERM); survives Kafka being away."""
    opened = BrokerHome.open(home)
    with sole_broker(home, what="candour broker run"):
        asyncio.run(_run(opened))


def _connections(home: BrokerHome) -> tuple[Connection, Connection]:
    """Give the sequencer's and the dispatcher's connection."""
    if home.certified is None:
        return Connection(home.kafka), Connection(home.kafka)
    authority, *certificates = home.certified
    sequencer, dispatcher = (
        service_connection(home.kafka, authority=authority, certificate=one, now=clock.now())
        for one in certificates
    )
    return sequencer, dispatcher


async def _run(home: BrokerHome) -> None:
    from broker.shell.broker import Broker

    sequencer, dispatcher = _connections(home)
    broker = Broker(
        partnership=home.partnership,
        connection=sequencer,
        delivering=dispatcher,
        home=home.folder,
        seed=home.seed,
        workers=settings().preparation_workers,
        now_ms=clock.now_ms,
        random_bytes=clock.random_bytes,
    )
    running = asyncio.ensure_future(broker.run())
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, running.cancel)
    with suppress(asyncio.CancelledError):
        await running
