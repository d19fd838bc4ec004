"""`candour report`: the page on which an agency's practitioners report, and see what came back."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from deploy.command.consumer import ActingHome
from deploy.command.publish import check_reports
from deploy.desk import configured, development
from deploy.reporting import REPORTERS, ReportSettings, serve
from deploy.speaking import outbox_of
from producers.home import Home


def report(
    home: ActingHome,
    port: Annotated[int, typer.Option(min=1, max=65_534, help="Where it listens.")] = 8453,
    develop: Annotated[
        bool,
        typer.Option("--development", help="Sign in by name alone, for a demonstration: this "
                     "starts a provider that asks for no password, on this machine only."),
    ] = False,
) -> None:  # fmt: skip
    """Serve the page on which an agency of any kind reports, until stopped; it sends by itself.

    Who people are comes from the identity provider in report.yaml of the home (`issuer`,
    `client_id`, `client_secret`: a file, `address`: where browsers reach it, `certificate` and
    `key`: files for TLS). With `case_secret`, a file, the agency's case system may begin a report:
    POST /reports/from-case.
    """
    opened = Home.open(home)
    check_reports(outbox_of(opened))
    with ExitStack() as stack:
        if develop:
            known = development(Path(home), port, ReportSettings, REPORTERS)
            settings = stack.enter_context(known)
        else:
            settings = configured(opened, "report.yaml", ReportSettings)
        typer.echo(f"Reports: {settings.address}  (stop with Ctrl-C)")
        serve(opened, settings, port=port)
