"""`candour hold`: a legal hold, under which nothing about somebody is erased."""

import asyncio
from typing import Annotated, Literal

import typer

from contracts.draft import Draft
from contracts.event.case import LegalHoldLifted, LegalHoldSet
from deploy.casework import lifted, standing
from deploy.command.consent import About, AnyHome
from deploy.command.consumer import Looks, looking
from deploy.command.spelling import By, Role
from deploy.command.words import Reason
from deploy.speaking import outbox_of, speak
from producers.home import Home
from producers.outbox import Outbox
from producers.saying import said_by, statements_on, subject_of

app = typer.Typer(no_args_is_help=True, help="Legal holds: nothing under one is erased.")


@app.command("set")
def set_(  # noqa: PLR0913 - a hold has this many independent parts
    subject: Annotated[
        list[str], typer.Argument(help="Whom it is about: your references, or tokens.")
    ],
    authority: Annotated[
        Literal["coroner", "homicide_review", "court", "inquiry", "other"],
        typer.Option(help="On whose authority."),
    ],
    reference: Annotated[str, typer.Option(help="Theirs; never a name.")],
    by: By,
    role: Role,
    home: AnyHome,
    about: About = None,
) -> None:
    """Let nothing about somebody be erased, wherever it is held, until the hold is lifted."""

    def drafted(outbox: Outbox) -> Draft:
        tokens = [subject_of(outbox, one) for one in subject]
        event = LegalHoldSet(subjects=tokens, authority=authority, reference=reference, by=by)
        causes = about or statements_on(outbox, tokens)
        return said_by(outbox, "legal_hold_set", event, name=by, role=role, causes=causes)

    said = asyncio.run(speak(Home.open(home), drafted))
    typer.echo(f"Held: {said.id} (entry {said.entry}). Nothing about them is erased from now on.")


@app.command()
def lift(
    hold: Annotated[str, typer.Argument(help="The hold's id.")],
    reason: Reason,
    by: By,
    role: Role,
    home: AnyHome,
) -> None:
    """End a hold that this agency set."""
    event = LegalHoldLifted(hold=hold, reason=reason, by=by)
    said = lifted(home, event, of=hold, role=role)
    typer.echo(f"Lifted (entry {said.entry}): erasure is possible again.")


@app.command("list")
def listed(home: AnyHome, by: Looks = None) -> None:
    """List the holds that were set from this home and stand."""
    outbox = outbox_of(Home.open(home))
    viewer = looking(outbox, by)
    found = standing(outbox, "legal_hold_set", "legal_hold_lifted", "hold", viewer)
    for said, event in found:
        if isinstance(event, LegalHoldSet):
            people = [outbox.reference_of(token) or token for token in event.subjects]
            typer.echo(
                f"{said.row['id']}  {event.authority} {event.reference}, by {event.by}: nothing "
                f"about {', '.join(people)} is erased"
            )
    if not found:
        typer.echo("No hold that may be shown stands from here.")
