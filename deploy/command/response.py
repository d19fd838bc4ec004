"""`candour response`: tell whoever reported what became of it; answer whoever asked."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
import typer

from consumers import store as stored
from consumers.responses import rows
from contracts.event.work import InformationRequested, ResearchOutcome, ResponseGiven
from contracts.section import Born, Identity, Name, Narrative, Section
from deploy.command.consumer import ActingHome, at, chosen
from deploy.command.research import By, Role
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="What is owed to others: answers.")

Action = Literal[
    "research_opened", "visit_planned", "dash_planned", "disclosure_considered",
    "safeguarding_alert", "referral", "no_action",
]  # fmt: skip


@app.command("list")
def listed(home: ActingHome) -> None:
    """List the answers that this agency owes, the soonest due first."""
    acting = open_acting(Home.open(home))
    with acting.store.read() as db:
        now = stored.ledger_time(db)
        owed = [duty for duty in rows.all_duties(db) if duty["discharged_by"] is None]
        for duty in owed:
            late = "OVERDUE " if duty["due_at"] < now else ""
            typer.echo(
                f"{late}{duty['about']}  {duty['kind']} by {at(duty['due_at'])}, the {duty['role']}"
            )
            asked = stored.held(db, duty["about"])
            event = asked.sections.get("event") if asked else None
            if isinstance(event, InformationRequested):
                person = acting.outbox.reference_of(event.subject) or event.subject
                typer.echo(f"  about {person} of report {event.statement}: {event.why}")
    if not owed:
        typer.echo("Nothing is owed.")


@app.command()
def give(  # noqa: PLR0913 - an answer has this many independent parts
    statement: Annotated[str, typer.Argument(help="The report's id.")],
    received_by: Annotated[str, typer.Option(help="Who received the report, by name.")],
    researched: Annotated[Literal["yes", "part", "no"], typer.Option()],
    action: Annotated[list[str], typer.Option(help="What is done; repeat it.")],
    role: Role,
    home: ActingHome,
    by: Annotated[str | None, typer.Option(help="Who answers, if not who received it.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why nothing is done.")] = None,
    say: Annotated[str | None, typer.Option(help="What the reporter may say.")] = None,
    avoid: Annotated[
        str | None, typer.Option(help="What the reporter should not say or do.")
    ] = None,
    next_contact: Annotated[str | None, typer.Option(help="Whom to ring next, and when.")] = None,
) -> None:
    """Tell a report's publisher what became of it; never what PNC or PND hold."""
    acting = open_acting(Home.open(home))
    event = msgspec.convert(
        {
            "statement": statement,
            "received_by": received_by,
            "researched": researched,
            "actions": chosen(action, Action, "--action"),
            "no_action_reason": reason,
            "say": say,
            "avoid": avoid,
            "next_contact": next_contact,
        },
        ResponseGiven,
    )
    person = acting.practitioner(by or received_by)
    said = asyncio.run(acting.act(acting.answering.give(event, by=person, role=role)))
    typer.echo(f"Answered: {said.outcome} (entry {said.entry}).")


@app.command()
def supply(  # noqa: PLR0913 - an answer has this many independent parts
    request: Annotated[str, typer.Argument(help="The request's id.")],
    outcome: Annotated[ResearchOutcome, typer.Option(help="What your records have.")],
    by: By,
    role: Role,
    home: ActingHome,
    why: Annotated[str | None, typer.Option(help="Why nothing is supplied.")] = None,
    text: Annotated[str | None, typer.Option(help="What is supplied, in words.")] = None,
    given: Annotated[str | None, typer.Option(help="The person's given name.")] = None,
    family: Annotated[str | None, typer.Option(help="The person's family name.")] = None,
    born: Annotated[str | None, typer.Option(help="Date of birth, YYYY-MM-DD.")] = None,
) -> None:
    """Answer a request for information; `nil` is no finding of safety."""

    def told(subject: str) -> Mapping[str, Section]:
        sections: dict[str, Section] = {}
        if text:
            sections["narrative"] = Narrative(text, "summary")
        if given or family:
            known = Born(born, "day") if born else None
            sections["person.1.identity"] = Identity(subject, [Name(given, family)], born=known)
        return sections

    acting = open_acting(Home.open(home))
    wanted = acting.answering.supply(
        request, outcome, by=acting.practitioner(by), role=role, why=why, told=told
    )
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Supplied: {said.outcome} (entry {said.entry}).")
