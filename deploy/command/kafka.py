"""`candour kafka`: the Apache Kafka of one machine."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.kafka.server import KafkaServer

app = typer.Typer(no_args_is_help=True, help="Run Apache Kafka on this machine.")

Home = Annotated[Path, typer.Option("--home", help="Its folder: data, configuration, log.")]
_HOME = Path(".candour/kafka")


def _say(line: str) -> None:
    typer.echo(line, err=True)


@app.command()
def up(
    home: Home = _HOME,
    heap: Annotated[int, typer.Option(help="Java heap in MiB.", min=256)] = 384,
) -> None:
    """Start Kafka, or find it started, and print its address."""
    server = KafkaServer(home, heap_mib=heap, say=_say)
    typer.echo(server.start())
    _say(f"Kafka is ready. Its log: {server.log}. Stop it: candour kafka down --home {home}")


@app.command()
def down(home: Home = _HOME) -> None:
    """Stop Kafka; what it holds stays in its folder."""
    KafkaServer(home, say=_say).stop()
    _say("Kafka is stopped.")


@app.command()
def status(home: Home = _HOME) -> None:
    """Say whether Kafka runs, and where; exit code 1 if it does not."""
    found = KafkaServer(home, say=_say).status()
    if not found.running:
        _say(f"Kafka is not running. Start it: candour kafka up --home {home}")
        raise typer.Exit(1)
    typer.echo(f"running  {found.address}  pid {found.pid}  log {found.log}")
