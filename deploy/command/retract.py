"""`candour retract`: the originator takes a statement back; and how a correction is told."""

import asyncio
from typing import Annotated, Literal

import typer

from contracts.draft import Draft
from contracts.event.case import StatementRetracted
from deploy.command.consent import AnyHome
from deploy.command.spelling import By, Role
from deploy.speaking import Said, speak
from producers.home import Home
from producers.outbox import Outbox
from producers.saying import said_by


def retract(
    statement: Annotated[str, typer.Argument(help="The id of what this agency said.")],
    reason: Annotated[
        Literal["mistaken", "wrong_person", "unlawful", "withdrawn_by_source", "other"],
        typer.Option(help="Why."),
    ],
    by: By,
    role: Role,
    home: AnyHome,
) -> None:
    """Take back what this agency said: everybody who was given it is told, and must say so.

    Only its originator can. Who says the opposite reports that; nothing is edited.
    """

    def drafted(outbox: Outbox) -> Draft:
        event = StatementRetracted(statement=statement, reason=reason, by=by)
        return said_by(
            outbox, "statement_retracted", event, name=by, role=role, causes=[statement],
            urgency="urgent",
        )  # fmt: skip

    show("Taken back", asyncio.run(speak(Home.open(home), drafted)))


def show(what: str, said: Said) -> None:
    """Say that a correction stands, and how to see who has read it."""
    typer.echo(
        f"{what}: {said.id} (entry {said.entry}). It goes to everybody who was given the "
        "statement, and to nobody else.\nWho has read it: candour correction list"
    )
