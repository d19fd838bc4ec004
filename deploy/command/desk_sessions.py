"""`candour desk-sessions`: who is signed in at a home's desk, and ending it at once."""

from pathlib import Path
from typing import Annotated

import typer

from consumers.desk.session import Session, Sessions
from contracts.fault import Misuse
from deploy.command.consumer import at
from deploy.desk import SESSIONS, opened_sessions
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Who is signed in at a desk, and ending it.")

DeskHome = Annotated[Path, typer.Option("--home", help="The home whose desk it is.")]


@app.command("list")
def listed(home: DeskHome) -> None:
    """List who is signed in: the provider's identifier, since when, and when last used."""
    found = _sessions(home).live()
    for one in found:
        typer.echo(f"{one.subject}  signed in {at(one.signed_in or 0)}, last used {at(one.seen)}")
    if not found:
        typer.echo("Nobody is signed in.")


@app.command()
def revoke(
    who: Annotated[
        str, typer.Argument(help="The provider's identifier of them, or their name as it has it.")
    ],
    home: DeskHome,
) -> None:
    """End every session of somebody, in every browser, at once. What they were writing is kept.

    They can sign in again unless the identity provider is told too.
    """
    sessions = _sessions(home)
    subjects = {one.subject for one in sessions.live() if _is(one, who)} - {None}
    if not subjects:
        raise Misuse(
            "Nobody of this identifier or name is signed in here.",
            remedy="See who is: candour desk-sessions list",
        )
    if len(subjects) > 1:
        raise Misuse(
            f"{len(subjects)} people of this name are signed in, and nobody was signed out.",
            remedy="Give the identifier: candour desk-sessions list",
        )
    ended = sum(sessions.revoke(str(one)) for one in subjects)
    typer.echo(
        f"Ended {ended} session{'' if ended == 1 else 's'}. To keep them out, tell the identity "
        "provider too."
    )


def _is(session: Session, who: str) -> bool:
    name = str(session.state.get("name", ""))
    return session.subject == who or " ".join(name.split()).casefold() == who.casefold()


def _sessions(folder: Path) -> Sessions:
    home = Home.open(folder)
    if not (home.folder / SESSIONS).exists():
        raise Misuse(
            f"No desk was ever served from {home.folder}.",
            remedy="Give --home with the home that `candour desk` runs on.",
        )
    return opened_sessions(home)
