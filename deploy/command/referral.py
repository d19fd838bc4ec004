"""`candour referral`: refer somebody, decide whether to, and see how each was decided."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, RowMapping

from consumers import standing
from consumers import store as stored
from consumers.referrals import course, rows
from contracts.event.report import Referral
from contracts.fault import Misuse
from contracts.identifier import is_statement_id
from contracts.statement import Statement, interpret, parse
from deploy.command.consent import AnyHome
from deploy.command.consumer import ActingHome, Looks, as_of, at, failing, looking
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
def listed(home: ActingHome, by: Looks = None) -> None:
    """List referrals made and received, those that nobody decided first; then what was weighed."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        now = stored.ledger_time(db)
        failing(db, viewer)
        found = standing.visible(db, viewer, rows.all_referrals(db), "id", "answer")
        for row in found:
            _show(db, row, now)
        weighed = standing.visible(
            db, viewer, rows.all_considered(db), "id", "statement", "referred"
        )
        for one in weighed:
            made = "referred" if one["decision"] == "made" else "NOT referred"
            typer.echo(
                f"\n{one['id']}  considered on report {one['statement']}: {made} to "
                f"{course.TITLES[one['referral']]}, by {one['by']}, {one['role']}"
            )
            for line in standing.marks_of(db, one["id"]):
                typer.echo(f"  {line}")
    if not found and not weighed:
        typer.echo("No referral that may be shown was made, received or considered.")
        as_of(home, now)


def _show(db: Connection, row: RowMapping, now: int) -> None:
    late = "OVERDUE, " if row["decision"] is None and row["due_at"] < now else ""
    stands = f"{late}NOBODY has decided; by {at(row['due_at'])}"
    if row["decision"] is not None:
        stands = f"{course.WORDS[row['decision']]} (by {row['decided_by']})"
    who = f"to {row['addressee']}" if row["direction"] == "made" else f"from {row['publisher']}"
    until = f", handed over by {row['ends_on']}" if row["ends_on"] else ""
    typer.echo(f"\n{row['id']}  {course.TITLES[row['kind']]}, {who}{until}: {stands}")
    held = standing.held(db, row["id"])
    for line in (*standing.marks_of(db, row["id"]), *limits_of(held)):
        typer.echo(f"  {line}")
    if row["direction"] == "received" and row["decision"] is None:
        typer.echo("  decide: candour response give ID --referral accepted, refused or redirected")
