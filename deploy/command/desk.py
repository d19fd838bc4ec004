"""`candour desk`: the pages at which an agency receives, researches, answers and acts."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from deploy.command.consumer import ActingHome
from deploy.desk import DeskSettings, configured, development, serve
from deploy.ports import check_free
from producers.home import Home

Port = Annotated[int, typer.Option(min=1, max=65_534, help="Where it listens.")]
Development = Annotated[
    bool,
    typer.Option("--development", help="Sign in by name alone, for a demonstration: this starts a "
                 "provider that asks for no password, on this machine only, at the next port."),
]  # fmt: skip


TAKEN = (
    "Give another with --port. Or stop what listens there: where `make desk` runs, by Ctrl-C "
    "there, else by its number."
)
"""What to do where a page's port is taken."""


def desk(home: ActingHome, port: Port = 8443, develop: Development = False) -> None:
    """Serve the desk of a home until stopped. A consumer must run on the same home.

    Who people are comes from the identity provider in desk.yaml of the home (`issuer`,
    `client_id`, `client_secret`: a file, `address`: where browsers reach this desk,
    `certificate` and `key`: files for TLS; `roles_claim` and `reference_claim`: what lists a
    person's roles, and your own reference for them; `acr`: how strongly they must have proved
    who they are; `tells_when: false` where the provider does not say when they did; `idle_minutes`
    until a session is locked).
    """
    opened = Home.open(home)
    check_free(port, *([port + 1] if develop else []), remedy=TAKEN)
    with ExitStack() as stack:
        if develop:
            settings = stack.enter_context(development(Path(home), port, DeskSettings))
        else:
            settings = configured(opened, "desk.yaml", DeskSettings)
        typer.echo(f"The desk: {settings.address}  (stop with Ctrl-C)")
        serve(opened, settings, port=port)
