"""`candour response`: tell whoever reported what became of it; answer whoever asked."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import msgspec
import typer
from sqlalchemy import Connection, RowMapping

from consumers import standing
from consumers import store as stored
from consumers.referrals import untaken
from consumers.research.plan import WORDS
from consumers.responses import asked as requests
from consumers.responses import reuse
from consumers.responses.desk import no_report
from consumers.responses.listed import everything_owed
from consumers.responses.owed import ANSWERS, REQUESTS
from contracts.event.action import VictimInformationRequested
from contracts.event.work import ResearchOutcome, ResponseGiven
from contracts.form import Section
from contracts.identifier import agency_of, is_statement_id
from contracts.section import Identity, Name, Narrative
from contracts.statement import Statement
from deploy.command.consumer import FIRST, ActingHome, First, Looks, at, chosen, tell_unsent
from deploy.command.listing import Part, Reading, tell
from deploy.command.spelling import By, Role, limits_of
from deploy.command.words import Answered, AnswerWords, Supplied, SupplyWords
from deploy.wiring import open_acting
from producers.filed import born_of
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="What is owed to others: answers.")

TO_SOMEBODY = frozenset({"response_given", "information_supplied", "call_back"})
"""Duties in which somebody may be spoken to: what may be put to whom comes first."""
UNABLE = (
    "That nobody could look is no answer: they ask still, and it is owed still. Supply again once "
    "somebody has looked."
)
"""What is told to whoever says so."""
Action = Literal[
    "research_opened", "visit_planned", "dash_planned", "disclosure_considered",
    "safeguarding_alert", "referral", "no_action",
]  # fmt: skip


@app.command("list")
def listed(home: ActingHome, first: First = FIRST, by: Looks = None) -> None:
    """List the answers that this agency owes, the soonest due first."""

    def read(reading: Reading, count: int) -> list[RowMapping]:
        return everything_owed(reading.db, reading.viewer, count=count)

    part = Part("responses", read, _lines, about=("about",))
    tell(open_acting(Home.open(home)), by, first, part, nothing="Nothing is owed.")


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


def _lines(reading: Reading, duty: RowMapping) -> Iterator[str]:
    """Say of one duty whose it is and by when, and first of all what may be put to whom."""
    db, acting, viewer, now = reading
    late = "OVERDUE " if duty["due_at"] < now else ""
    further = duty["escalated_by"] not in {None, duty["overdue_by"]}
    rules = acting.voice.partners.rules
    told = (
        f"; ESCALATED to the {rules.roles.get('other', 'duty_manager')}" * further if rules else ""
    )
    yield f"{late}{duty['about']}  {duty['kind']} by {at(duty['due_at'])}, the {duty['role']}{told}"
    asked = stored.held(db, duty["about"])
    limits = limits_on(db, asked, duty["statement"]) if duty["kind"] in TO_SOMEBODY else []
    yield from reading.first_lines(duty["statement"])
    yield from (f"  {line}" for line in limits)
    yield from reading.marks(duty["statement"])
    event = asked.sections.get("event") if asked is not None else None
    yield from (f"  {line}" for line in enquired(event))
    if duty["kind"] == untaken.DUTY:
        yield f"  nobody took referral {duty['statement']}: refer anew because of its report,"
        yield f"  or say why nobody is referred: candour referral consider {duty['statement']}"
    if asked is None or not isinstance(event, REQUESTS):
        return
    person = acting.outbox.reference_of(event.subject) or event.subject
    yield f"  about {person} of report {event.statement}: {event.why}"
    period = f", about {event.period}" if event.period else ""
    yield f"  {agency_of(asked.context.source)} asks{period}"
    row = requests.request(db, duty["about"])
    if row is not None and row["unable"]:
        yield f"  {row['supplied_by']} told them that nobody could look: {WORDS[row['outcome']]}"
    for one in reuse.earlier(db, acting.voice, viewer, row) if row is not None else []:
        whom = "them" if one.same_asker else f"{one.to}; its words go out anew"
        yield (
            f"  you answered {whom} on {at(one.at)}: {WORDS[one.outcome]}. Where that still holds: "
            f"candour response supply {duty['about']} --reuses {one.answer}"
        )


def limits_on(db: Connection, asked: Statement | None, about: str) -> list[str]:
    """Say what may be put to whom: as the report has it, else as a question about it carries it."""
    event = asked.sections.get("event") if asked is not None else None
    about = event.statement if isinstance(event, REQUESTS) else about
    report = standing.held(db, about)
    has = report is not None and "use_limits" in report.sections
    return limits_of(report if has else asked)


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
    referral: Annotated[
        Literal["accepted", "refused", "redirected"] | None,
        typer.Option(help="What becomes of a referral; refused or redirected says why in --words."),
    ] = None,
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
            "referral": referral,
        },
        ResponseGiven,
    )
    tell_unsent(acting.outbox)
    person = acting.practitioner(by or received_by)
    wanted = acting.answering.give(event, by=person, role=role, again=again)
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Answered: {said.outcome} (entry {said.entry}).")


@app.command()
def supply(  # noqa: PLR0913 - an answer has this many independent parts
    request: Annotated[str, typer.Argument(help="The request's id.")],
    by: By,
    role: Role,
    home: ActingHome,
    outcome: Annotated[ResearchOutcome | None, typer.Option(help="What your records have.")] = None,
    words: SupplyWords = None,
    reuses: Annotated[
        str | None, typer.Option(help="The id of an earlier answer that still holds.")
    ] = None,
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
    tell_unsent(acting.outbox)
    wanted = acting.answering.supply(
        request, outcome, by=acting.practitioner(by), role=role, why=held.reason, told=told,
        reuses=reuses,
    )  # fmt: skip
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Supplied: {said.outcome} (entry {said.entry}).")
    if reuses is None and outcome not in ANSWERS:
        typer.echo(UNABLE)
