"""`candour referral`: refer somebody, decide whether to, and see how each was decided."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import RowMapping

from consumers import standing
from consumers.listed import in_turn
from consumers.referrals import course, rows, untaken
from contracts.event.report import Referral
from contracts.fault import Misuse
from contracts.identifier import is_statement_id
from contracts.statement import Statement, interpret, parse
from deploy.command.consent import AnyHome
from deploy.command.consumer import FIRST, ActingHome, First, Looks, at
from deploy.command.listing import Part, Reading, tell
from deploy.command.publish import Moment, Once, Wait, check_reports, filed
from deploy.command.spelling import By, Role, limits_of
from deploy.command.words import Reason
from deploy.speaking import WAIT_S_MAX, outbox_of
from deploy.wiring import STORE, open_acting
from producers.home import Home
from producers.outbox import Outbox
from producers.referring import Finds, blank, read_referral

app = typer.Typer(no_args_is_help=True, help="Referrals: made, received, considered.")


@app.command()
def form(
    kind: Annotated[Referral, typer.Argument(help="The kind of referral.")],
    home: Annotated[Path | None, typer.Option("--home", help="For this home's own too.")] = None,
) -> None:
    """Print the form of one kind of referral, with what it needs at the least."""
    typer.echo(blank(kind, home or Path()), nl=False)


@app.command()
def make(
    file: Annotated[Path, typer.Argument(help="The form, filled (candour referral form).")],
    home: AnyHome,
    time: Moment = None,
    wait: Wait = WAIT_S_MAX,
    again: Once = False,
) -> None:
    """Check that the least criteria are met, and refer.

    Ends as `candour publish` does; 64 where a criterion is missing, and nothing is stored.
    """
    outbox = outbox_of(Home.open(home))
    check_reports(outbox)
    written = read_referral(file, home, finding(outbox), now_ms=outbox.now_ms())
    filed(outbox, written, time=time, wait=wait, again=again)


def finding(outbox: Outbox) -> Finds:
    """Find a statement by its id in what a home said, and in what its agency was sent."""

    def find(statement: str) -> Statement | None:
        row = outbox.row(statement)
        if row is not None and row["raw"] is not None:
            return interpret(parse(row["raw"]))
        if not (outbox.home.folder / STORE).is_file():
            return None
        with open_acting(outbox.home).store.read() as db:
            return standing.held(db, statement)

    return find


@app.command()
def consider(  # noqa: PLR0913 - a decision has this many independent parts
    statement: Annotated[str, typer.Argument(help="The id of the report that raises it.")],
    kind: Annotated[Referral, typer.Option(help="Where to.")],
    reason: Reason,
    by: By,
    role: Role,
    home: ActingHome,
    referred: Annotated[
        str | None, typer.Option(help="The referral's id, where one was made.")
    ] = None,
) -> None:
    """Record whether somebody is referred, and why; a decision not to counts as much."""
    acting = open_acting(Home.open(home))
    if referred is not None and not is_statement_id(referred):
        raise Misuse("--referred is no id.", remedy="Take it from: candour referral list")
    wanted = acting.referring.consider(
        statement, kind, by=acting.practitioner(by), role=role, reason=reason, referred=referred
    )
    said = asyncio.run(acting.act(wanted))
    made = "referred" if referred else "NOT referred"
    typer.echo(f"Recorded: {made} to {course.TITLES[kind]} ({said.id}, entry {said.entry}).")


@app.command("list")
def listed(home: ActingHome, first: First = FIRST, by: Looks = None) -> None:
    """List referrals received and made, those that nobody decided first; then what was weighed."""

    def read(reading: Reading, count: int) -> list[RowMapping]:
        pages = partial(rows.some, reading.db, reading.viewer, place=None)
        ways: tuple[course.Direction, ...] = ("received", "made")
        return in_turn(
            count, *(partial(pages, way, decided=decided) for decided in (False, True)
                     for way in ways),
        )  # fmt: skip

    def weighed(reading: Reading, count: int) -> list[RowMapping]:
        return rows.some_considered(reading.db, reading.viewer, older_than=None, count=count)

    tell(
        open_acting(Home.open(home)), by, first, Part("referrals", read, _lines),
        Part("considered", weighed, _weighed, about=("statement",)),
        nothing="No referral that may be shown was made, received or considered.",
    )  # fmt: skip


def _lines(reading: Reading, row: RowMapping) -> Iterator[str]:
    held = course.unreached(row, reading.acting.voice.partners.agencies)
    late = "OVERDUE, " if row["decision"] is None and row["due_at"] < reading.now else ""
    stands = f"{late}NOBODY has decided; by {at(row['due_at'])}"
    if held is not None:
        stands = held
    elif row["decision"] is not None:
        stands = f"{course.WORDS[row['decision']]} (by {row['decided_by']})"
    who = f"to {row['addressee']}" if row["direction"] == "made" else f"from {row['publisher']}"
    until = f", handed over by {row['ends_on']}" if row["ends_on"] else ""
    yield f"\n{row['id']}  {course.TITLES[row['kind']]}, {who}{until}: {stands}"
    yield from reading.marks(row["id"])
    yield from (f"  {line}" for line in limits_of(standing.held(reading.db, row["id"])))
    owed = untaken.open_on(reading.db, row["id"], standing.hidden_from(reading.db, reading.viewer))
    if owed is not None:
        late = "OVERDUE, " if owed["due_at"] < reading.now else ""
        yield f"  {late}look for another way by {at(owed['due_at'])}, the {owed['role']}"
    if row["direction"] == "received" and row["decision"] is None:
        yield "  decide: candour response give ID --referral accepted, refused or redirected"


def _weighed(reading: Reading, row: RowMapping) -> Iterator[str]:
    made = "referred" if row["decision"] == "made" else "NOT referred"
    yield (
        f"\n{row['id']}  considered on report {row['statement']}: {made} to "
        f"{course.TITLES[row['referral']]}, by {row['by']}, {row['role']}"
    )
    yield from reading.marks(row["id"])
