"""`candour response`: tell whoever reported what became of it; answer whoever asked."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
import typer

from consumers import standing
from consumers import store as stored
from consumers.intelligence.rows import first_lines
from consumers.responses import rows
from consumers.responses.desk import no_report
from consumers.responses.owed import REQUESTS
from contracts.event.action import VictimInformationRequested
from contracts.event.work import ResearchOutcome, ResponseGiven
from contracts.form import Section
from contracts.identifier import is_statement_id
from contracts.section import Identity, Name, Narrative
from deploy.command.consumer import ActingHome, Looks, at, chosen, failing, looking
from deploy.command.research import By, Role
from deploy.command.words import Answered, AnswerWords, Supplied, SupplyWords
from deploy.wiring import open_acting
from producers.filed import born_of
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="What is owed to others: answers.")

Action = Literal[
    "research_opened", "visit_planned", "dash_planned", "disclosure_considered",
    "safeguarding_alert", "referral", "no_action",
]  # fmt: skip


@app.command("list")
def listed(home: ActingHome, by: Looks = None) -> None:
    """List the answers that this agency owes, the soonest due first."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        now = stored.ledger_time(db)
        failing(db, viewer)
        hidden = standing.hidden_from(db, viewer)
        duties = standing.visible(db, viewer, rows.all_duties(db), "statement", "about")
        owed = [duty for duty in duties if duty["discharged_by"] is None]
        for duty in owed:
            late = "OVERDUE " if duty["due_at"] < now else ""
            typer.echo(
                f"{late}{duty['about']}  {duty['kind']} by {at(duty['due_at'])}, the {duty['role']}"
            )
            first = first_lines(db, duty["statement"], hidden)
            for line in (*first, *standing.marks_of(db, duty["statement"])):
                typer.echo(f"  {line}")
            asked = stored.held(db, duty["about"])
            event = asked.sections.get("event") if asked else None
            if isinstance(event, REQUESTS):
                person = acting.outbox.reference_of(event.subject) or event.subject
                typer.echo(f"  about {person} of report {event.statement}: {event.why}")
            for line in enquired(event):
                typer.echo(f"  {line}")
    if not owed:
        typer.echo("Nothing is owed.")


def enquired(event: Section | None) -> list[str]:
    """Say of a request for a victim's information what it is, before it is answered."""
    if not isinstance(event, VictimInformationRequested):
        return []
    had = (
        "the victim has notice of it"
        if event.exception is None
        else f"NO NOTICE: {event.exception}"
    )
    counselling = (
        f"counselling records asked for: {event.counselling}"
        if event.counselling
        else "counselling records are NOT asked for"
    )
    return [
        f"VICTIM INFORMATION REQUEST by police for a line of enquiry: {event.line_of_enquiry}",
        f"period: {event.period}; less was considered: {event.less_intrusive}",
        f"authorised by {event.authorised_by}; {had}; {counselling}",
    ]


@app.command()
def give(  # noqa: PLR0913 - an answer has this many independent parts
    statement: Annotated[str, typer.Argument(help="The report's id.")],
    received_by: Annotated[str, typer.Option(help="Who received the report, by name.")],
    researched: Annotated[Literal["yes", "part", "no"], typer.Option()],
    action: Annotated[list[str], typer.Option(help="What is done; repeat it.")],
    role: Role,
    home: ActingHome,
    by: Annotated[str | None, typer.Option(help="Who answers, if not who received it.")] = None,
    words: AnswerWords = None,
    again: Annotated[bool, typer.Option("--again", help="It was answered before.")] = False,
) -> None:
    """Tell a report's publisher what became of it; never what PNC or PND hold."""
    acting = open_acting(Home.open(home))
    if not is_statement_id(statement):
        raise no_report()
    said_to = words or Answered()
    event = msgspec.convert(
        {
            "statement": statement,
            "received_by": received_by,
            "researched": researched,
            "actions": chosen(action, Action, "--action"),
            "no_action_reason": said_to.reason,
            "say": said_to.say,
            "avoid": said_to.avoid,
            "next_contact": said_to.next_contact,
        },
        ResponseGiven,
    )
    person = acting.practitioner(by or received_by)
    wanted = acting.answering.give(event, by=person, role=role, again=again)
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Answered: {said.outcome} (entry {said.entry}).")


@app.command()
def supply(  # noqa: PLR0913 - an answer has this many independent parts
    request: Annotated[str, typer.Argument(help="The request's id.")],
    outcome: Annotated[ResearchOutcome, typer.Option(help="What your records have.")],
    by: By,
    role: Role,
    home: ActingHome,
    words: SupplyWords = None,
) -> None:
    """Answer a request for information; `nil` is no finding of safety."""
    held = words or Supplied()

    def told(subject: str) -> Mapping[str, Section]:
        sections: dict[str, Section] = {}
        if held.text:
            sections["narrative"] = Narrative(held.text, "summary")
        names = [Name(held.given, held.family)] if held.given or held.family else []
        if names or held.born:
            born = born_of(held.born) if held.born else None
            sections["person.1.identity"] = Identity(subject, names, born)
        return sections

    acting = open_acting(Home.open(home))
    wanted = acting.answering.supply(
        request, outcome, by=acting.practitioner(by), role=role, why=held.reason, told=told
    )
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Supplied: {said.outcome} (entry {said.entry}).")
