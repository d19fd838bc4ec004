"""`candour demo`: the review's report as it went in 2012, and as it goes now."""

import signal
from pathlib import Path
from typing import Annotated

import typer


def demo(
    folder: Annotated[
        Path | None,
        typer.Option(help="Where everything is made.", show_default=".candour/demo, or the "
                     "demonstration that you are in"),
    ] = None,
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
    from deploy.demo.kept import nearest
    from deploy.demo.opened import open_desk
    from deploy.demo.play import play

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is stopped
    place = nearest(Path.cwd()) if folder is None else folder.resolve()
    if desk:
        open_desk(place, tell=typer.echo)
        return
    play(place, tell=typer.echo, verbose=verbose, afresh=afresh)
