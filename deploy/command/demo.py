"""`candour demo`: the review's report as it went in 2012, and as it goes now."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    folder: Annotated[Path, typer.Option(help="Where everything is made.")] = Path(".candour/demo"),
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the set-up too.")] = False,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Lose what was done there since the last one.")
    ] = False,
    desk: Annotated[
        bool, typer.Option("--desk", help="Open what was played: the police's desk, and the page "
                           "on which probation reports."),
    ] = False,
) -> None:  # fmt: skip
    """Play the demonstration: about a minute, after the first time.

    It empties its folder first, unless something runs there or was done there since the last one.
    """
    from deploy.demo.opened import open_desk
    from deploy.demo.play import play

    if desk:
        open_desk(folder.resolve(), tell=typer.echo)
        return
    play(folder.resolve(), tell=typer.echo, verbose=verbose, afresh=afresh)
