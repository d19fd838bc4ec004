"""`candour report`: the page on which an agency's practitioners report, and see what came back."""

from contextlib import ExitStack
from pathlib import Path

import typer

from deploy.command.consumer import ActingHome
from deploy.command.desk import TAKEN, Development, Port
from deploy.command.publish import check_reports
from deploy.desk import configured, development
from deploy.ports import check_free
from deploy.reporting import REPORTERS, ReportSettings, serve
from deploy.speaking import outbox_of
from producers.home import Home


def report(home: ActingHome, port: Port = 8453, develop: Development = False) -> None:
    """Serve the page on which an agency of any kind reports, until stopped; it sends by itself.

    Who people are comes from the identity provider in report.yaml of the home, with the fields
    that `candour desk --help` names. `draft_days`: how long a report that nobody goes on with is
    kept. With `case_secret`, a file, the agency's case system may begin a report: POST
    /reports/from-case.
    """
    opened = Home.open(home)
    check_reports(outbox_of(opened))
    check_free(port, *([port + 1] if develop else []), remedy=TAKEN)
    with ExitStack() as stack:
        if develop:
            known = development(Path(home), port, ReportSettings, REPORTERS)
            settings = stack.enter_context(known)
        else:
            settings = configured(opened, "report.yaml", ReportSettings)
        typer.echo(f"Reports: {settings.address}  (stop with Ctrl-C)")
        serve(opened, settings, port=port)
