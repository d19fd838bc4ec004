"""`candour correction`: who has read what was corrected or taken back."""

import asyncio
from collections.abc import Collection
from typing import Annotated

import typer

from contracts.duration import HOUR_MS
from contracts.event.case import CorrectionAcknowledged, StatementCorrected, StatementRetracted
from contracts.opened import View, open_receipt
from deploy.casework import SaidHere, said_here
from deploy.command.consent import AnyHome
from deploy.command.consumer import ActingHome, Looks, at, looking
from deploy.command.spelling import By, Role
from deploy.speaking import outbox_of
from deploy.wiring import open_acting
from producers import withheld
from producers.home import Home
from producers.outbox import Outbox

app = typer.Typer(no_args_is_help=True, help="Corrections: who has read them; read one.")


@app.command("list")
def listed(home: AnyHome, by: Looks = None) -> None:
    """List what was corrected or taken back from this home, and who has read that."""
    outbox = outbox_of(Home.open(home))
    viewer = looking(outbox, by)
    found = list(said_here(outbox, ("statement_corrected", "statement_retracted"), viewer))
    read = _acknowledged(outbox, viewer)
    for said in found:
        _show(outbox, said, read.get(said.row["id"], {}))
    if not found:
        typer.echo("Nothing that may be shown was corrected or taken back from here.")


def _show(outbox: Outbox, said: SaidHere, read: dict[str, CorrectionAcknowledged]) -> None:
    receipt = open_receipt(said.row["receipt"], outbox.home.trust)
    rules, event = outbox.partnership.rules, said.statement.event
    hours = rules.acknowledgement_hours if rules else 0
    due = at(receipt.head.ledger_time + hours * HOUR_MS)
    if isinstance(event, (StatementCorrected, StatementRetracted)):
        word = "corrects" if isinstance(event, StatementCorrected) else "takes back"
        typer.echo(f"{said.row['id']}  {word} {event.statement} ({event.reason}), by {event.by}")
    for to in receipt.decision.recipients:
        answer = read.get(to)
        stands = f"NOT read yet; due {due}"
        if answer is not None:
            stands = f"read by {answer.by}; {answer.affected} of its statements rested on it"
        typer.echo(f"    {to}: {stands}")
    if not receipt.decision.recipients:
        typer.echo("    nobody had been given it")


def _acknowledged(
    outbox: Outbox, viewer: Collection[str] | None
) -> dict[str, dict[str, CorrectionAcknowledged]]:
    """Read who has acknowledged what: by correction, then by agency."""
    found: dict[str, dict[str, CorrectionAcknowledged]] = {}
    with outbox.database.read() as db:
        hidden = withheld.hidden_from(db, viewer)
    for row in outbox.answers():
        if row["digest"] in hidden:
            continue
        view = outbox.opened(row["record"])
        event = view.statement.sections.get("event") if isinstance(view, View) else None
        if isinstance(view, View) and isinstance(event, CorrectionAcknowledged):
            agency = view.statement.context.source.split("/")[2]
            found.setdefault(event.correction, {}).setdefault(agency, event)
    return found


@app.command()
def acknowledge(
    correction: Annotated[str, typer.Argument(help="The id of the correction or retraction.")],
    by: By,
    role: Role,
    home: ActingHome,
) -> None:
    """Say that you have read a correction, and looked again at what rested on the statement."""
    acting = open_acting(Home.open(home))
    wanted = acting.governing.acknowledge_correction(
        correction, by=acting.practitioner(by), role=role
    )
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Acknowledged (entry {said.entry}): its originator is told.")
