"""`candour housing`: housing is told to ring before anybody visits, and nothing else."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Literal

import typer
from sqlalchemy import RowMapping

from consumers import standing
from consumers import store as stored
from consumers.referrals.desk import NOTIFIERS
from contracts.event.action import HousingNoticeGiven
from contracts.fault import Misuse
from contracts.section import Contact, Identity
from deploy.command.consumer import FIRST, ActingHome, First, Looks, insist_on
from deploy.command.listing import Part, Reading, tell
from deploy.command.spelling import By, Role, name_of
from deploy.wiring import open_acting
from producers.home import Home
from producers.saying import subject_of

app = typer.Typer(no_args_is_help=True, help="Minimal notices to housing.")

Act = Literal["ring_police_contact", "ring_safeguarding_hub"]
WORDS = {
    "ring_police_contact": "ring the police contact before anybody visits or writes",
    "ring_safeguarding_hub": "ring the safeguarding hub before anybody visits or writes",
}


@app.command()
def notice(  # noqa: PLR0913 - a notice has this many independent parts
    statement: Annotated[str, typer.Argument(help="The report's id; housing is not sent it.")],
    person: Annotated[str, typer.Option(help="Your reference for them, or a token.")],
    to: Annotated[str, typer.Option(help="The housing agency.")],
    by: By,
    role: Role,
    home: ActingHome,
    act: Annotated[Act | None, typer.Option(help="Whom to ring; else this desk.")] = None,
) -> None:
    """Tell housing who, and whom to ring: no conviction, no reason, no mark on a tenancy."""
    acting = open_acting(Home.open(home))
    insist_on(acting.outbox, NOTIFIERS, "a police desk or of the hub")
    ours = acting.outbox.partnership.agencies.get(acting.home.agency.agency)
    own: Act = "ring_police_contact"
    if ours is not None and ours.kind == "safeguarding_hub":
        own = "ring_safeguarding_hub"
    wanted = acting.referring.notify_housing(
        statement, subject_of(acting.outbox, person), to=to, act=act or own,
        ring=_number(ours.contact if ours else Contact()), by=acting.practitioner(by), role=role,
    )  # fmt: skip
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Housing is told (entry {said.entry}): who, and whom to ring. Nothing else.")


def _number(contact: Contact) -> str:
    found = contact.out_of_hours or contact.telephone or contact.mailbox
    if found is None:
        raise Misuse(
            "This agency has no number that housing could ring.",
            remedy="Ask governance to admit it with a contact, then give this again.",
        )
    return found


@app.command("list")
def listed(home: ActingHome, first: First = FIRST, by: Looks = None) -> None:
    """List the notices that this agency gave or was given, the newest first."""

    def read(reading: Reading, count: int) -> list[RowMapping]:
        agencies = reading.acting.voice.partners.agencies
        return standing.newest(
            reading.db, reading.viewer, "housing_notice_given", agencies, count=count
        )  # fmt: skip

    nothing = "No notice that may be shown is held."
    part = Part("housing_notices", read, _lines)
    tell(open_acting(Home.open(home)), by, first, part, nothing=nothing)


def _lines(reading: Reading, row: RowMapping) -> Iterator[str]:
    held = stored.reread(row["record"])
    event = held.sections.get("event")
    if not isinstance(event, HousingNoticeGiven):
        return
    people = [name_of(v) for v in held.sections.values() if isinstance(v, Identity)]
    yield f"\n{row['id']}  {', '.join(people)}: {WORDS[event.act]}, {event.ring}"
    yield f"  given by {row['agency']}. It says nothing else, and is no mark on a tenancy."
    yield from reading.marks(row["id"])
