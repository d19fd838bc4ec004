"""`candour disclosure`: disclosure to somebody at risk (Clare's Law), for police.

Who asked stands in no list: only an officer of the case is told, one case at a time.
"""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, RowMapping

from consumers import standing
from consumers import store as stored
from consumers.disclosure import course, rows
from consumers.disclosure.course import Decision, Stage, Step, Told
from consumers.disclosure.desk import no_application
from consumers.disclosure.worker import Disclosures
from consumers.listed import in_turn
from contracts.identifier import is_statement_id
from contracts.section import Answer
from deploy.command.consumer import FIRST, ActingHome, First, Looks, at, insist_on
from deploy.command.listing import Part, Reading, tell
from deploy.command.publish import Moment, Once, Wait, check_reports, filed
from deploy.command.spelling import By, Role
from deploy.command.words import Reason
from deploy.speaking import WAIT_S_MAX
from deploy.wiring import Acting, open_acting
from producers.applying import BLANK, read_application
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Disclosure to somebody at risk, for police.")

DESK = "a police desk"
_NOW = "IF SOMEBODY IS IN DANGER NOW, do not wait for a stage: ring 999, and act."


@app.command()
def form() -> None:
    """Print the form of an application to fill."""
    typer.echo(BLANK, nl=False)


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="The form, filled (candour disclosure form).")],
    home: ActingHome,
    time: Moment = None,
    wait: Wait = WAIT_S_MAX,
    again: Once = False,
) -> None:
    """Record that somebody asks to know, or that police think somebody should.

    Ends as `candour publish` does.
    """
    acting = _open(home)
    check_reports(acting.outbox)
    written = read_application(file, now_ms=acting.outbox.now_ms())
    typer.echo(_NOW)
    filed(acting.outbox, written, time=time, wait=wait, again=again)


@app.command()
def stage(  # noqa: PLR0913 - a stage has this many independent parts
    application: Annotated[str, typer.Argument(help="The application's id.")],
    name: Annotated[Stage, typer.Argument(metavar="STAGE", help=", ".join(course.STAGES))],
    reason: Reason,
    by: By,
    role: Role,
    home: ActingHome,
    applicant_absent: Annotated[
        bool, typer.Option("--applicant-absent", help="At initial_checks: they were not there.")
    ] = False,
    identity: Annotated[Answer, typer.Option(help="At met: did they prove it?")] = "not_asked",
    together: Annotated[
        list[str] | None, typer.Option("--with", help="At decided: an agency; repeat it.")
    ] = None,
    decision: Annotated[Decision | None, typer.Option(help="At decided.")] = None,
    told: Annotated[Told | None, typer.Option(help="At disclosed: who can best protect.")] = None,
    in_person: Annotated[
        bool,
        typer.Option("--in-person", help="At disclosed: so, in confidence, nothing written given."),
    ] = False,
    safety_plan: Annotated[Answer, typer.Option(help="At disclosed.")] = "not_asked",
) -> None:
    """Record one stage, in their order, as a named officer; the reason never says who asked."""
    acting = _open(home)
    step = Step(
        stage=name, decision=decision, told=told, applicant_absent=applicant_absent,
        identity_proved=identity, agencies=together or (), safety_plan=safety_plan,
        in_person=in_person,
    )  # fmt: skip
    if not is_statement_id(application):
        raise no_application()
    wanted = acting.disclosing.stage(
        application, step, by=acting.practitioner(by), role=role, reason=reason
    )
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Recorded: {course.WORDS[decision or name]} (entry {said.entry}).")


@app.command("list")
def listed(home: ActingHome, first: First = FIRST, by: Looks = None) -> None:
    """List applications, the soonest due first, those over last; never who asked."""

    def read(reading: Reading, count: int) -> list[RowMapping]:
        pages = partial(rows.some, reading.db, reading.viewer, place=None)
        return in_turn(count, partial(pages, over=False), partial(pages, over=True))

    nothing = "No application that may be shown is held."
    tell(_open(home), by, first, Part("disclosures", read, _lines), nothing=nothing)


def _lines(reading: Reading, row: RowMapping) -> Iterator[str]:
    reached = rows.stages_seen(reading.db, reading.viewer, [row["id"]])[row["id"]]
    yield _line(row, reached, reading.now)
    yield from reading.marks(row["id"])


@app.command()
def show(
    application: Annotated[str, typer.Argument(help="The application's id.")],
    by: By,
    home: ActingHome,
    applicant: Annotated[
        bool, typer.Option("--applicant", help="Who asked too: for the officers of this case.")
    ] = False,
) -> None:
    """Show one application: who may be at risk, each stage, and what comes next."""
    acting = _open(home)
    person = acting.practitioner(by)
    sealed = acting.disclosing.applicant(application, by=person) if applicant else None
    viewer = acting.voice.viewer(person)
    with acting.store.read() as db:
        row = rows.application(db, application)
        seen = standing.visible(db, viewer, [row] if row else [], "id", "statement")
        if not seen:
            raise no_application()
        _show(db, seen[0], viewer)
    if sealed is not None:
        typer.echo(f"  asked by {sealed.name}, {sealed.contact or 'no contact'}: IN CONFIDENCE")
    elif applicant:
        typer.echo("  asked by nobody: the police or an agency thought of it")


def _show(db: Connection, row: RowMapping, viewer: frozenset[str]) -> None:
    reached = standing.visible(db, viewer, rows.stages_of(db, row["id"]), "id")
    typer.echo(_line(row, reached, stored.ledger_time(db)))
    for line in standing.marks_of(db, row["id"]):
        typer.echo(f"  {line}")
    for one in reached:
        what = course.WORDS[one["decision"] or one["stage"]]
        to = f" to the {one['told'].replace('_', ' ')}" if one["told"] else ""
        typer.echo(f"  {what}{to}: {one['by']}, {one['role']}")
        for line in standing.marks_of(db, one["id"]):
            typer.echo(f"    {line}")


def _line(row: RowMapping, reached: list[RowMapping], now: int) -> str:
    decision = rows.decision_of(reached)
    done = [one["stage"] for one in reached]
    coming = [] if row["over"] else course.next_stages(row["right"], done, decision)
    late = "OVERDUE, " if coming and row["due_at"] < now else ""
    stands = f"{late}next: {coming[0]}; all of it by {at(row['due_at'])}" if coming else "over"
    if decision is not None and not coming:
        ended = "disclosed" if decision == "disclose" else decision
        stands = course.WORDS[ended]
    power = f"\n  {course.WORDS[row['power']]}" if row["power"] == "common_law_only" else ""
    return f"\n{row['id']}  {course.WORDS[row['right']]}: {stands}{power}"


def _open(home: Path) -> Acting:
    acting = open_acting(Home.open(home))
    insist_on(acting.outbox, Disclosures.kinds, DESK)
    return acting
