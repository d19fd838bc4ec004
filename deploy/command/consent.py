"""`candour consent`: what somebody said of sharing, or why nobody asked."""

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from contracts.draft import Draft
from contracts.event.case import ConsentRecorded
from contracts.fault import Misuse
from contracts.sharing import ConsentState, ConsentView
from deploy.command.spelling import By, Role
from deploy.command.words import MaybeReason
from deploy.speaking import speak
from producers.home import Home
from producers.outbox import Outbox
from producers.saying import said_by, statements_on, subject_of

app = typer.Typer(no_args_is_help=True, help="What somebody said of sharing.")

AnyHome = Annotated[Path, typer.Option("--home", help="A home of the agency that says it.")]
About = Annotated[
    list[str] | None,
    typer.Option(help="A statement about them that the agency holds; else the newest from here."),
]


@app.callback()
def group() -> None:
    """Keep `record` a word of its own: more will follow."""


@app.command()
def record(  # noqa: PLR0913 - what was asked has this many independent parts
    subject: Annotated[str, typer.Argument(help="Your reference for the person, or a token.")],
    state: Annotated[ConsentState, typer.Option(help="What they said.")],
    alone: Annotated[
        bool, typer.Option("--alone/--not-alone", help="Were they asked with nobody else there?")
    ],
    by: By,
    role: Role,
    home: AnyHome,
    why: MaybeReason = None,
    asked_by: Annotated[str | None, typer.Option(help="Who asked, if not --by.")] = None,
    asked: Annotated[str | None, typer.Option(help="When: 2012-05-01, or with time.")] = None,
    about: About = None,
) -> None:
    """Record what somebody said of sharing; it holds until this agency records more.

    A withdrawal stops what later needs consent, and undoes nothing. To share all the same, write
    an `override` into the report, with its ground, author and reason.
    """
    if state == "not_sought" and not why:
        raise Misuse("Nobody asked and nothing says why.", remedy="Give --words with the reason.")

    def drafted(outbox: Outbox) -> Draft:
        token = subject_of(outbox, subject)
        try:
            event = msgspec.convert(
                {
                    "views": [ConsentView(token, state, why)],
                    "asked_by": asked_by or by,
                    "asked_alone": alone,
                    "asked_at": asked,
                },
                ConsentRecorded,
            )
        except msgspec.ValidationError:
            raise Misuse(
                "--asked is no day or moment.",
                remedy="Write 2012-05-01 or 2012-05-01T09:30+01:00.",
            ) from None
        causes = about or statements_on(outbox, [token])
        return said_by(outbox, "consent_recorded", event, name=by, role=role, causes=causes)

    said = asyncio.run(speak(Home.open(home), drafted))
    typer.echo(f"Recorded: {state} ({said.id}, entry {said.entry}). It counts from now on.")
