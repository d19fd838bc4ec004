"""`candour request`: ask another agency what it holds, and see what was asked and answered."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, time
from functools import partial
from typing import Annotated

import typer
from sqlalchemy import RowMapping

from consumers import standing
from consumers import store as stored
from consumers.listed import in_turn
from consumers.research.plan import WORDS
from consumers.responses.asking import Question
from consumers.responses.listed import every_request
from consumers.responses.owed import REQUESTS
from contracts.context import Use
from contracts.event.work import InformationSupplied
from contracts.fault import Misuse
from contracts.form import is_real
from deploy.command.consumer import FIRST, PASTED, ActingHome, First, Looks, at
from deploy.command.listing import Part, Reading, tell
from deploy.command.response import enquired, limits_on
from deploy.command.spelling import By, Role
from deploy.command.words import Reason
from deploy.wiring import open_acting
from producers.home import Home
from producers.saying import subject_of

app = typer.Typer(no_args_is_help=True, help="Ask other agencies; see what came back.")
DAY = len("2012-05-01")


@app.command(context_settings=PASTED)
def make(  # noqa: PLR0913 - a question has this many independent parts
    to: Annotated[str, typer.Option(help="The agency that is asked, by its id.")],
    about: Annotated[str, typer.Option(help="The id of the report that raises the question.")],
    subject: Annotated[str, typer.Option(help="Whom it is about: their token in the report.")],
    why: Reason,
    by: By,
    role: Role,
    home: ActingHome,
    period: Annotated[
        str | None, typer.Option(help="Which days: 2012-01-01/2012-05-01, .. for an open end.")
    ] = None,
    due: Annotated[
        str | None, typer.Option(help="By when, 2012-05-03 or 2012-05-03T12:00Z; else by rule.")
    ] = None,
    purpose: Annotated[
        Use | None, typer.Option(help="Where the agreements leave more than one.")
    ] = None,
) -> None:
    """Ask an agency what it holds of somebody; the answer is typed, and owed by a clock."""
    acting = open_acting(Home.open(home))
    question = Question(
        to=to, about=about, subject=subject_of(acting.outbox, subject), why=why, period=period,
        due_at=_due(due) if due else None, purpose=purpose,
    )  # fmt: skip
    wanted = acting.asking.ask(question, by=acting.practitioner(by), role=role)
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Asked: {said.id} (entry {said.entry}). See: candour request list")


def _due(text: str) -> int:
    """Read by when an answer is due: the end of a day, or a moment.

    Raises:
        Misuse: it is neither.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
    if read is None or not is_real(text[:DAY]) or (len(text) > DAY and read.tzinfo is None):
        raise Misuse(
            "--due is no day and no moment.",
            remedy="Write 2012-05-03, or 2012-05-03T12:00Z with its offset.",
        )
    if len(text) == DAY:
        read = datetime.combine(read.date(), time(23, 59, 59), UTC)
    return int(read.timestamp() * 1000)


@app.command("list")
def listed(home: ActingHome, first: First = FIRST, by: Looks = None) -> None:
    """List what this agency asked and was asked, what waits first."""

    def read(reading: Reading, count: int) -> list[RowMapping]:
        both = partial(every_request, reading.db, reading.viewer)
        return in_turn(count, partial(both, answered=False), partial(both, answered=True))

    part = Part("questions", read, _lines, about=("statement",))
    nothing = "Nothing that may be shown was asked."
    tell(open_acting(Home.open(home)), by, first, part, nothing=nothing)


def _lines(reading: Reading, row: RowMapping) -> Iterator[str]:
    db, acting = reading.db, reading.acting
    agency = acting.voice.agency
    is_ours = acting.voice.partners.acting(row["asker"]) == agency
    whom = f"asked of {row['addressee']}" if is_ours else f"{row['asker']} asks you"
    yield f"\n{row['id']}  {whom}: {_stands(row, reading.now)}"
    if _answer(reading, row) and not row["answer"]:
        yield f"  {_unable(row, is_ours=is_ours)}"
    request = stored.held(db, row["id"])
    for line in limits_on(db, request, row["statement"]):
        yield f"  {line}"
    newest = _answer(reading, row)
    for one in filter(None, (row["id"], newest)):
        yield from (f"  {one}: {mark}" for mark in standing.marks_of(db, one))
    event = request.sections.get("event") if request is not None else None
    person = acting.outbox.reference_of(row["subject"]) or row["subject"]
    period = f", about {row['period']}" if row["period"] else ""
    why = f": {event.why}" if isinstance(event, REQUESTS) else ""
    yield f"  about {person} of report {row['statement']}{period}{why}"
    yield from (f"  {line}" for line in enquired(event))
    answer = stored.held(db, newest) if newest else None
    told = answer.sections.get("event") if answer is not None else None
    if isinstance(told, InformationSupplied) and told.why:
        yield f"  they say why: {told.why}"


def _answer(reading: Reading, row: RowMapping) -> str | None:
    """Give what was said last to a question, by id, as far as who looks may know."""
    newest: str | None = row["answer"] or row["unable"]
    return None if newest in standing.hidden_from(reading.db, reading.viewer) else newest


def _unable(row: RowMapping, *, is_ours: bool) -> str:
    """Say that nobody could look: no answer, so that the question is asked still."""
    whose = f"({row['unable']}, by {row['supplied_by']})"
    return (
        f"{'they' if is_ours else 'you'} could not look: {WORDS[row['outcome']]} {whose}; asked "
        f"still, until {at(row['due_at'])}"
    )


def _stands(row: RowMapping, now: int) -> str:
    """Say how a question stands; no outcome of it reads as safe."""
    if row["answer"] is None:
        late = "OVERDUE, " if row["due_at"] < now else ""
        return f"{late}NOT answered; due by {at(row['due_at'])}"
    again = f", as in {row['reuses']}" if row["reuses"] else ""
    return f"{WORDS[row['outcome']]} ({row['answer']}, by {row['supplied_by']}{again})"
