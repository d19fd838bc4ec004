"""`candour correct`: the originator says a report rightly."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer

from contracts.draft import Draft
from contracts.event.case import StatementCorrected
from contracts.event.report import Report
from contracts.fault import Misuse
from contracts.statement import interpret, parse
from deploy import clock
from deploy.command.consent import AnyHome
from deploy.command.retract import show
from deploy.command.spelling import By, Role
from deploy.speaking import speak
from producers.correcting import corrected
from producers.home import Home
from producers.outbox import Outbox
from producers.report import read_report
from producers.saying import said_by
from producers.signing import sections_of


def correct(  # noqa: PLR0913 - a correction has this many independent parts
    statement: Annotated[str, typer.Argument(help="The id of the report, as it was said here.")],
    file: Annotated[Path, typer.Argument(help="The report's file, as it should have been.")],
    reason: Annotated[
        Literal["mistaken", "misheard", "incomplete", "other"], typer.Option(help="Why.")
    ],
    by: By,
    role: Role,
    home: AnyHome,
) -> None:
    """Correct a report: what differs goes to everybody who was given the same part of it.

    Persons, words, risk, health and what may be told to whom can be corrected. The event itself
    cannot: take the report back and report anew.
    """

    def drafted(outbox: Outbox) -> Draft:
        row = outbox.row(statement)
        if row is None or row["raw"] is None:
            raise Misuse(
                "This report was not said from here.",
                remedy="Give the home that said it: the id stands in its `candour outbox`.",
            )
        original = interpret(parse(row["raw"]))
        event = original.event
        at = event.recorded if isinstance(event, Report) else original.context.time
        anew, _ = read_report(file, outbox, new_id=clock.uuid7, at_ms=original.time_ms, at=at)
        return said_by(
            outbox, "statement_corrected",
            StatementCorrected(statement=statement, reason=reason, by=by),
            name=by, role=role, causes=[statement],
            sections=corrected(original, sections_of(anew)),
            urgency="routine" if row["urgency"] == "routine" else "urgent",
        )  # fmt: skip

    show("Corrected", asyncio.run(speak(Home.open(home), drafted)))
