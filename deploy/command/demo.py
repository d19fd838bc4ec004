"""`candour demo`: the review's report as it went in 2012, and as it goes now."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    folder: Annotated[Path, typer.Option(help="Where everything is made; emptied first.")] = Path(
        ".candour/demo"
    ),
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the set-up too.")] = False,
) -> None:
    """Play the demonstration: about a minute, after the first time."""
    from deploy.demo.play import play

    play(folder.resolve(), tell=typer.echo, verbose=verbose)
