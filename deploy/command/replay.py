"""`candour replay`: a review played again, as it was and as it should have been.

Exit codes: 0 played, and nobody received what they must never; 1 somebody did; 64 the case or an
option cannot be used.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from contracts.fault import Misuse

BREACHED = 1


def replay(  # noqa: PLR0913 - each is an independent option
    case: Annotated[str, typer.Argument(help="A case that ships (review), or a YAML file.")],
    then: Annotated[bool, typer.Option("--then", help="As it was, alone.")] = False,
    now: Annotated[bool, typer.Option("--now", help="As it should have been, alone.")] = False,
    store: Annotated[
        str | None, typer.Option(help="A PostgreSQL for the consumers, or SQLite files by AGENCY.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(help="A new folder: homes, stores and log are kept there.")
    ] = None,
    headlines: Annotated[bool, typer.Option("--headlines", help="The headlines alone.")] = False,
    item: Annotated[str | None, typer.Option(help="One item alone, by its id.")] = None,
    table: Annotated[Path | None, typer.Option(help="Write every alert to this CSV.")] = None,
) -> None:
    """Play a case and tell what would have been asked, when, of whom and why.

    Ends with 1 where somebody received what the case says they must never.
    """
    from deploy.replay import telling
    from deploy.replay.case import find_case, read_case
    from deploy.replay.founding import agencies_of
    from deploy.replay.headlines import headlines as headlines_of
    from deploy.replay.played import Mode, Played
    from deploy.replay.playing import play
    from deploy.replay.proof import write_proof

    written = read_case(find_case(case), agencies_of())
    items = [one.id for one in written.case.items]
    if item is not None and item not in items:
        raise Misuse(
            "The case has no such item.", remedy=f"Give --item with one of: {', '.join(items)}."
        )
    modes: list[Mode] = ["then", "now"] if then == now else ["then"] if then else ["now"]
    done: list[Played] = []
    with _kept(folder) as place:
        for mode in modes:
            homes = _made(place / mode) / "homes"
            homes.mkdir(mode=0o700)
            played = play(
                written, mode=mode, folder=homes, store=store, keep=folder is not None,
                tell=_progress,
            )  # fmt: skip
            done.append(played)
            write_proof(played.log, place / mode)
    for played in done:
        if not headlines:
            _echo(telling.table(played, item=item))
        if item is None:
            _echo(headlines_of(played))
        if item is None and not headlines:
            _echo(telling.contradictions(played))
        _echo(telling.breaches(played))
        if item is None and not headlines:
            _echo(telling.how_often(played))
    if table is not None:
        with table.open("w", encoding="utf-8", newline="") as file:
            telling.write_table(done, file)
        typer.echo(f"Every alert stands in {table}.")
    if folder is not None:
        for mode in modes:
            made = folder / mode
            typer.echo(f"Prove it: candour audit verify {made}/export --trust {made}/trust.json")
    raise typer.Exit(BREACHED if any(played.breaches for played in done) else 0)


@contextmanager
def _kept(folder: Path | None) -> Iterator[Path]:
    """Give the folder to play in: the one that was named, or one that is gone afterwards."""
    if folder is not None:
        yield folder.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="candour-replay-") as passing:
        yield Path(passing)


def _made(folder: Path) -> Path:
    """Make a folder of one replay.

    Raises:
        Misuse: something is there already.
    """
    if folder.exists():
        raise Misuse(
            f"{folder} is there already, and a replay is never written over another.",
            remedy="Name a new folder with --folder.",
        )
    folder.mkdir(mode=0o700, parents=True)
    return folder


def _progress(item: str) -> None:
    typer.echo(f"REPLAY: {item}", err=True)


def _echo(lines: Iterator[str]) -> None:
    for line in lines:
        typer.echo(line)
    typer.echo("")
