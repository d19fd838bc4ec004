"""`candour research`: police look up every person in every system, and say how each look ended."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer
from sqlalchemy import Connection, RowMapping

from consumers import standing
from consumers import store as stored
from consumers.research import plan, rows
from consumers.research.desk import Found, person_of
from consumers.research.worker import Research
from contracts.event.work import ResearchOutcome
from contracts.section import Identity, Name
from contracts.sharing import UseLimits
from contracts.statement import Statement
from deploy.command.consumer import (
    ActingHome,
    Looks,
    at,
    chosen,
    failing,
    insist_on,
    lines,
    looking,
)
from deploy.command.words import MaybeReason, Reason, text_in
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Research tasks of a police agency.")

By = Annotated[str, typer.Option(help="Your name; it goes on the log.")]
Role = Annotated[str, typer.Option(help="Your role.")]
Kind = Literal["conviction", "warning", "nfa_allegation", "intelligence", "custody", "other"]


@app.command("list")
def listed(
    home: ActingHome,
    every: Annotated[bool, typer.Option("--all", help="Closed tasks too.")] = False,
    report: Annotated[str | None, typer.Option(help="One report's id.")] = None,
    by: Looks = None,
) -> None:
    """List tasks by report, what may be put to whom first."""
    acting = open_acting(Home.open(home))
    insist_on(acting.outbox, Research.kinds, "a police desk")
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        tasks = rows.all_tasks(db) if report is None else rows.tasks_of(db, report)
        tasks = standing.visible(db, viewer, tasks, "statement", "id", "identified_by")
        now = stored.ledger_time(db)
        failing(db, viewer)
        for statement in dict.fromkeys(task["statement"] for task in tasks):
            its = [t for t in tasks if t["statement"] == statement and (every or t["open"])]
            if its:
                _show(db, statement, its, now)
    if not any(every or task["open"] for task in tasks):
        typer.echo("No task is open." if tasks else "No research was opened.")


def _show(db: Connection, statement: str, tasks: list[RowMapping], now: int) -> None:
    report = stored.held(db, statement)
    typer.echo(f"\nReport {statement}")
    for line in (*standing.marks_of(db, statement), *limits_of(report)):
        typer.echo(f"  {line}")
    table = [("task", "person", "system", "due", "how it stands")]
    for task in tasks:
        outcome = task["outcome"]
        stands = plan.WORDS[outcome] if outcome else "to be looked up"
        if task["open"] and task["due_at"] < now:
            stands = f"OVERDUE; {stands}"
        if task["why"]:
            stands += f" ({task['why']})"
        person = person_of(db, task)
        name = name_of(person.identity) if person else task["subject"]
        table.append((task["id"], name, task["system"], at(task["due_at"]), stands))
    for line in lines(table):
        typer.echo(f"  {line}")


def limits_of(report: Statement | None) -> list[str]:
    """Say what may be put to whom: the first lines of every task (domain.md 7, use_limits)."""
    limits = report.sections.get("use_limits") if report is not None else None
    if report is None or not isinstance(limits, UseLimits):
        return ["USE: nobody said what may be put to whom: put nothing to anyone; ring first."]
    named = _names(report)
    words = {"yes": "may be told", "no": "must NOT be told", "ring_first": "ring first"}
    said = [
        f"USE: {named.get(one.subject, one.subject)}: {words[one.may_be_told]}; "
        f"who said it: {words[one.origin_may_be_told]}"
        for one in limits.limits
    ]
    ring = [f"USE: ring {limits.ring}"] if limits.ring else []
    return [*said, *ring, *([f"USE: {limits.note}"] if limits.note else [])]


def _names(report: Statement) -> dict[str, str]:
    people = [one for one in report.sections.values() if isinstance(one, Identity)]
    return {one.subject: name_of(one) for one in people}


def name_of(identity: Identity) -> str:
    """Spell the first name that a person is known by."""
    first = identity.names[0] if identity.names else Name()
    return " ".join(part for part in (first.given, first.family) if part) or identity.subject


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
) -> None:
    """Say how one look in one system ended."""
    acting = open_acting(Home.open(home))
    found = Found(
        outcome=outcome,
        why=words,
        kinds=chosen(kind, Kind, "--kind") if kind else None,
        confidence=confidence,
        reference=reference,
        detail=text_in(detail, "--detail") if detail else None,
    )
    wanted = acting.research.complete(
        task, found, operator=acting.practitioner(by), role=role, at=acting.time_ms()
    )
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"{plan.WORDS[outcome]} (entry {said.entry}).")
    for follows in wanted[1:]:
        typer.echo(f"This opens a further look: task {follows.draft.id}")


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
