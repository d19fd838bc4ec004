"""`candour handover`: what ends on a known day, who takes over, and who said so."""

from collections.abc import Iterator
from functools import partial

import typer
from sqlalchemy import RowMapping

from consumers import standing
from consumers.handover import rows
from consumers.handover.worker import Handovers
from consumers.listed import in_turn
from consumers.referrals import course
from deploy.command.consumer import FIRST, ActingHome, First, Looks, at
from deploy.command.listing import Part, Reading, tell
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Known ends, and who takes over.")


@app.callback()
def group() -> None:
    """Keep `list` a word of its own: handing over is a referral, taking over a response."""


@app.command("list")
def listed(home: ActingHome, first: First = FIRST, by: Looks = None) -> None:
    """List known ends, the nearest first, then those past; who was asked to take over, and said.

    Of what is past the latest comes first.
    """

    def read(reading: Reading, count: int) -> list[RowMapping]:
        ends = partial(rows.some, reading.db, reading.viewer, place=None)
        return in_turn(count, partial(ends, past=False), partial(ends, past=True))

    nothing = "No known end that may be shown is held."
    part = Part("handovers", read, _lines)
    tell(open_acting(Home.open(home)), by, first, part, nothing=nothing)


def _lines(reading: Reading, row: RowMapping) -> Iterator[str]:
    worker = Handovers(reading.acting.voice)
    covering = worker.handovers_of(reading.db, [row])[row["id"]]
    put = {one["id"] for one in worker.put_of(reading.db, [row])[row["id"]]}
    handed = standing.visible(reading.db, reading.viewer, covering, "id")
    accepted = [one for one in handed if one["decision"] == "accepted"]
    if accepted:
        stands = f"{accepted[0]['addressee']} has taken over ({accepted[0]['decided_by']})"
    elif row["ends_at"] < reading.now:
        stands = "HANDOVER OUTSTANDING: it ended and nobody has taken over"
    elif any(one["id"] in put for one in handed):
        stands = "put to somebody who has not accepted yet"
    else:
        late = "OVERDUE: " if row["due_at"] < reading.now else ""
        nobody = "nobody takes over: put it to somebody else" if handed else (
            "nobody was asked to take over"
        )  # fmt: skip
        stands = f"{late}{nobody}; by {at(row['due_at'])}"
    yield f"\n{row['id']}  {row['agency']} ends on {row['ends_on']}: {stands}"
    for one in handed:
        said = course.WORDS.get(one["decision"] or "", "NOBODY has decided")
        yield f"  handed over to {one['addressee']} by {one['id']}: {said}"
    yield from reading.marks(row["id"])
