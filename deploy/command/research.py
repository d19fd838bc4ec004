"""`candour research`: police look up every person in every system, and say how each look ended."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from consumers import standing
from consumers.listed import in_turn
from consumers.research import board, known, plan
from consumers.research.found import Anew, Found
from consumers.research.looking import Looking
from consumers.research.worker import Research
from consumers.responses.desk import no_report
from consumers.store import row_of
from contracts.event.work import ResearchCompleted, ResearchOutcome
from contracts.fault import Misuse
from deploy.command.consumer import (
    FIRST,
    ActingHome,
    First,
    Looks,
    at,
    chosen,
    insist_on,
    lines,
    tell_unsent,
)
from deploy.command.listing import Part, Reading, tell
from deploy.command.spelling import By, Role, best_name, limits_of, stands_of
from deploy.command.task import request_victim_information, show
from deploy.command.words import MaybeReason, Reason, text_in
from deploy.wiring import Acting, open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Research tasks of a police agency.")
app.command()(show)
app.command()(request_victim_information)

Kind = Literal["conviction", "warning", "nfa_allegation", "intelligence", "custody", "other"]


@app.command("list")
def listed(
    home: ActingHome,
    every: Annotated[bool, typer.Option("--all", help="Closed tasks too.")] = False,
    report: Annotated[str | None, typer.Option(help="One report's id.")] = None,
    first: First = FIRST,
    by: Looks = None,
) -> None:
    """List tasks by report, the most pressing first; what may be put to whom before them."""
    acting = open_acting(Home.open(home))
    insist_on(acting.outbox, Research.kinds, "a police desk")

    def read(reading: Reading, count: int) -> list[str]:
        db, viewer = reading.db, reading.viewer
        if report is not None:
            if row_of(db, report) is None or report in standing.hidden_from(db, viewer):
                raise no_report()
            tasks = board.tasks_seen(db, viewer, report)
            return [report] if any(every or task["open"] for task in tasks) else []
        pressing = partial(board.to_be_made, db, viewer)
        return in_turn(count, pressing, *([partial(board.done_with, db, viewer)] if every else ()))

    part = Part("research_board", read, partial(_lines, every=every), about=())
    nothing = (
        "No research was opened." if every else "No task is open. With those that are closed: --all"
    )
    tell(acting, by, first, part, nothing=nothing)


def _lines(reading: Reading, statement: str, *, every: bool) -> Iterator[str]:
    """Show one report's tasks: how far its research has come stands before all of them."""
    db, viewer, now = reading.db, reading.viewer, reading.now
    tasks = board.tasks_seen(db, viewer, statement)
    yield f"\nReport {statement}"
    yield from reading.first_lines(statement)
    yield from reading.marks(statement)
    yield from (f"  {line}" for line in limits_of(standing.held(db, statement)))
    yield f"  {plan.standing(tasks)}"
    people = {
        subject: known.known(db, statement, subject, viewer)
        for subject in dict.fromkeys(task["subject"] for task in tasks)
    }
    table = [("task", "person", "system", "due", "how it stands")]
    for task in tasks:
        if not every and not task["open"]:
            continue
        person = people[task["subject"]]
        name = best_name(person.names, person.subject) if person else task["subject"]
        stands = stands_of(task, now, is_bare=person is None or person.is_bare)
        table.append((task["id"], name, task["system"], at(task["due_at"]), stands))
    yield from (f"  {line}" for line in lines(table))


@app.command()
def complete(  # noqa: PLR0913 - one look has this many independent parts
    task: Annotated[str, typer.Argument(help="The task's id.")],
    outcome: Annotated[ResearchOutcome, typer.Option(help="How the look ended.")],
    by: By,
    role: Role,
    home: ActingHome,
    words: MaybeReason = None,
    kind: Annotated[list[str] | None, typer.Option(help="What sort of record; repeat it.")] = None,
    confidence: Annotated[
        Literal["confirmed", "probable", "possible"] | None,
        typer.Option(help="That the record is this person's."),
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="The record's reference in your store; never a name.")
    ] = None,
    detail: Annotated[
        Path | None, typer.Option(help="A file with what was found; it stays in your store.")
    ] = None,
    grade: Annotated[
        str | None, typer.Option(help="The record's own, with its scheme: '3x5x2 1 A P'.")
    ] = None,
    handling: Annotated[
        Literal["P", "C"] | None, typer.Option(help="Its code, where no grade says it.")
    ] = None,
    anew: Annotated[
        Anew | None,
        typer.Option(help="Why a look that was made is said anew: what was said is taken back."),
    ] = None,
) -> None:
    """Say how one look in one system ended; PNC, LEDS and PND only by a vetted operator."""
    acting = open_acting(Home.open(home))
    tell_unsent(acting.outbox)
    found = Found(
        outcome=outcome,
        why=words,
        kinds=chosen(kind, Kind, "--kind") if kind else None,
        confidence=confidence,
        reference=reference,
        detail=text_in(detail, "--detail") if detail else None,
        grade=grade,
        handling=handling,
    )
    wanted = acting.research.complete(
        task, found, operator=acting.practitioner(by), role=role, at=acting.time_ms(),
        anew=anew,
    )  # fmt: skip
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"{plan.WORDS[outcome]} (entry {said.entry}).")
    for follows in wanted:
        if follows.draft.event == "statement_retracted":
            typer.echo("What was said of it before is taken back, and stays on the log.")
        elif follows.draft.event == "research_completed":
            continue
        elif follows.draft.event == "alert_raised":
            typer.echo(f"Somebody is told that this was not looked up: alert {follows.draft.id}")
        else:
            typer.echo(f"This opens a further look: task {follows.draft.id}")


@app.command()
def look(home: ActingHome) -> None:
    """Let the connectors of connectors.yaml make every look that is to be made now; once.

    `candour consumer run` does this by itself. What a connector cannot do stays to be done.
    """
    acting = open_acting(Home.open(home))
    insist_on(acting.outbox, Research.kinds, "a police desk")
    looking_up = acting.looking
    if not looking_up.connectors:
        raise Misuse(
            f"{home} has no connector.",
            remedy="Describe one in connectors.yaml there (deploy/connectors.yaml is one to copy); "
            "without one, people look: candour research complete",
        )
    asyncio.run(_look(acting, looking_up))


async def _look(acting: Acting, looking_up: Looking) -> None:
    wanted = await looking_up.once(acting.time_ms())
    for one in wanted:
        await acting.act([one])
    looks = [one for one in wanted if one.draft.event == "research_completed"]
    ended = Counter(
        msgspec.json.decode(bytes(one.draft.sections["event"]), type=ResearchCompleted).outcome
        for one in looks
    )
    for outcome, count in sorted(ended.items()):
        typer.echo(f"{count} {plan.WORDS[outcome]}")
    typer.echo("Nothing was to be looked up." if not looks else "See: candour research list --all")


@app.command()
def nfa(
    statement: Annotated[str, typer.Argument(help="The report's id.")],
    by: By,
    role: Role,
    reason: Reason,
    home: ActingHome,
) -> None:
    """Decide on no further action: a supervisor's, refused while a look is still to be made."""
    acting = open_acting(Home.open(home))
    wanted = acting.research.no_further_action(
        statement, supervisor=acting.practitioner(by), role=role, reason=reason
    )
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"No further action, decided and recorded (entry {said.entry}).")
