"""`candour publish FILE`: a practitioner's report, signed, stored, sent, and what became of it.

Exit codes: 0 accepted, 3 held (quarantined or provisional), 4 refused, 75 no receipt in time.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from contracts.agreement import Basis
from contracts.draft import Draft
from contracts.entry import ReasonGiven
from contracts.fault import Misuse
from contracts.opened import open_receipt
from contracts.reason import Reason
from deploy import clock
from deploy.command.partnership import moment
from deploy.speaking import READ_S_MAX, WAIT_S_MAX, outbox_of
from producers.home import Home
from producers.lock import Busy
from producers.outbox import Outbox
from producers.report import read_report
from producers.sender import Sender, until

EXIT_ACCEPTED, EXIT_HELD, EXIT_REFUSED, EXIT_NOT_DELIVERED = 0, 3, 4, 75
OUTCOMES = {
    "accepted": ("ACCEPTED", EXIT_ACCEPTED),
    "accepted_emergency": ("ACCEPTED as an emergency: delivered at once", EXIT_ACCEPTED),
    "provisional": ("HELD for all but police, who have it marked provisional", EXIT_HELD),
    "quarantined": ("HELD: nobody was sent it yet", EXIT_HELD),
    "rejected": ("REFUSED: nobody was sent it", EXIT_REFUSED),
}


def publish(
    file: Annotated[Path, typer.Argument(help="The report, as YAML (producers/report.yaml).")],
    home: Annotated[Path, typer.Option("--home", help="The home that reports.")],
    time: Annotated[str | None, typer.Option(help="Exercise only: the statement's time.")] = None,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the receipt.")] = WAIT_S_MAX,
) -> None:
    """Sign, store and send a report, and say what was decided."""
    outbox = outbox_of(Home.open(home))
    raise typer.Exit(asyncio.run(_publish(outbox, file, moment(time) if time else None, wait)))


async def _publish(outbox: Outbox, file: Path, time_ms: int | None, wait: float) -> int:
    sender = Sender(outbox, what="candour publish")
    try:
        async with sender.running():
            # What the agreements in force say of basis and purpose stands in the views.
            await sender.caught_up(min(READ_S_MAX, wait))
            return await _store_and_wait(outbox, file, time_ms, wait, sender)
    except Busy:  # whoever sends for this home sends this too
        return await _store_and_wait(outbox, file, time_ms, wait)


async def _store_and_wait(
    outbox: Outbox, file: Path, time_ms: int | None, wait: float, sender: Sender | None = None
) -> int:
    said, basis, at_ms = _drafted(outbox, file, time_ms)
    outbox.publish(said, time_ms=at_ms, basis=basis)
    if said.urgency == "threat_to_life":
        typer.echo("IF SOMEBODY IS IN DANGER NOW: ring 999 first, then give this reference.")
    typer.echo(f"Stored as {said.id}; sending.")

    def is_decided() -> bool:
        row = outbox.row(said.id)
        return row is not None and row["state"] == "decided"

    def is_refused() -> bool:
        return sender is not None and sender.refused is not None

    await until(lambda: is_decided() or is_refused(), wait)
    if is_decided():
        return told(outbox, said.id)
    police = outbox.partnership.police_to_ring()
    ring = f"Telephone {police}." if police else "Telephone the police: 999, or 101."
    if said.urgency == "routine":
        ring = "It goes on being sent by: candour outbox run."
    within = "" if is_refused() else f" within {wait:.0f} seconds"
    typer.echo(f"NOT DELIVERED{within}. {ring} It is stored: {said.id}")
    if sender is not None and sender.refused is not None:
        typer.echo(str(sender.refused))
    return EXIT_NOT_DELIVERED


def _drafted(outbox: Outbox, file: Path, time_ms: int | None) -> tuple[Draft, Basis | None, int]:
    """Draft the report, at the time given, else now or, in an exercise, at the ledger's time."""
    with outbox.database.read() as db:
        newest = outbox.time_ms(db)
    founding = outbox.partnership.founding
    if time_ms is not None and founding is not None and not founding.exercise:
        raise Misuse("Only an exercise takes its time from here.", remedy="Leave --time out.")
    at_ms = newest if time_ms is None else time_ms
    day = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    said, basis = read_report(
        file, outbox, new_id=clock.uuid7, at_ms=at_ms, at=day.replace("+00:00", "Z")
    )
    return said, basis, at_ms


def told(outbox: Outbox, statement: str) -> int:
    """Say what was decided on a statement; give the exit code.

    Args:
        outbox: that holds its receipt.
        statement: its id.
    """
    row = outbox.row(statement)
    if row is None or row["receipt"] is None:
        typer.echo("No receipt yet.")
        return EXIT_NOT_DELIVERED
    receipt = open_receipt(row["receipt"], outbox.home.trust)
    words, code = OUTCOMES[receipt.part.outcome]
    decision = receipt.decision
    recipients = decision.recipients
    again = next((r for r in decision.redecided if r.statement == row["digest"]), None)
    if again is not None:
        recipients = again.recipients
    typer.echo(f"{words} (entry {receipt.head.index}, reference {statement}).")
    if code != EXIT_REFUSED:
        typer.echo(f"Delivered to: {', '.join(recipients) or 'nobody'}.")
    for given in receipt.part.reasons:
        typer.echo(f"  {reason_line(given)}")
    if decision.contact and receipt.part.reasons:
        typer.echo(f"  Ring {decision.contact}")
    return code


def reason_line(given: ReasonGiven) -> str:
    """Write one reason: what to do first, then its code and the fields it names."""
    fields = f": {', '.join(given.fields)}" if given.fields else ""
    return f"{Reason.of(given.code).remedy} [{given.code}{fields}]"
