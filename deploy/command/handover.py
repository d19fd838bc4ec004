"""`candour handover`: what ends on a known day, who takes over, and who said so."""

import typer
from sqlalchemy import Connection, RowMapping

from consumers import standing
from consumers import store as stored
from consumers.handover import rows
from consumers.handover.worker import Handovers
from consumers.referrals import course
from deploy.command.consumer import ActingHome, Looks, as_of, at, failing, looking
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Known ends, and who takes over.")


@app.callback()
def group() -> None:
    """Keep `list` a word of its own: handing over is a referral, taking over a response."""


@app.command("list")
def listed(home: ActingHome, by: Looks = None) -> None:
    """List known ends, the nearest first, with who was asked to take over and what they said."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    worker = Handovers(acting.voice)
    with acting.store.read() as db:
        now = stored.ledger_time(db)
        failing(db, viewer)
        found = standing.visible(db, viewer, rows.all_ends(db), "id")
        for row in found:
            handed = standing.visible(db, viewer, worker.handovers_of(db, [row])[row["id"]], "id")
            _show(db, row, handed, now)
    if not found:
        typer.echo("No known end that may be shown is held.")
        as_of(home, now)


def _show(db: Connection, row: RowMapping, handed: list[RowMapping], now: int) -> None:
    accepted = [one for one in handed if one["decision"] == "accepted"]
    if accepted:
        stands = f"{accepted[0]['addressee']} has taken over ({accepted[0]['decided_by']})"
    elif row["ends_at"] < now:
        stands = "HANDOVER OUTSTANDING: it ended and nobody has taken over"
    elif handed:
        stands = "put to somebody who has not accepted yet"
    else:
        late = "OVERDUE: " if row["due_at"] < now else ""
        stands = f"{late}nobody was asked to take over; by {at(row['due_at'])}"
    typer.echo(f"\n{row['id']}  {row['agency']} ends on {row['ends_on']}: {stands}")
    for one in handed:
        said = course.WORDS.get(one["decision"] or "", "NOBODY has decided")
        typer.echo(f"  handed over to {one['addressee']} by {one['id']}: {said}")
    for line in standing.marks_of(db, row["id"]):
        typer.echo(f"  {line}")
