"""`candour risk`: assess it by an instrument, and see how it was assessed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import RowMapping

from consumers import standing
from consumers import store as stored
from contracts.event.report import RiskAssessed
from contracts.fault import Misuse
from contracts.instrument.assessed import Instrument, yes_count
from contracts.section import Provenance, Risk
from contracts.statement import Statement
from deploy.command.consent import AnyHome
from deploy.command.consumer import FIRST, ActingHome, First, Looks
from deploy.command.listing import Part, Reading, tell
from deploy.command.publish import Moment, Once, Wait, check_reports, filed
from deploy.speaking import WAIT_S_MAX, outbox_of
from deploy.wiring import open_acting
from producers.assessing import Assessed, blank, read_assessment
from producers.home import Home
from producers.instruments import instrument
from producers.outbox import Outbox

app = typer.Typer(no_args_is_help=True, help="Assessments of risk, by an instrument.")

ASSESSED = "risk_assessed"
RECORDS = "records/"
"""What an instrument's id begins with where it was answered from records."""


@app.command()
def form(
    which: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="Its id: dash-2009, dash-24.")],
    home: Annotated[Path | None, typer.Option("--home", help="For this home's own too.")] = None,
) -> None:
    """Print an instrument's form to fill."""
    typer.echo(blank(instrument(which, home or Path())), nl=False)


@app.command()
def assess(
    file: Annotated[Path, typer.Argument(help="The form, filled (candour risk form).")],
    home: AnyHome,
    time: Moment = None,
    wait: Wait = WAIT_S_MAX,
    again: Once = False,
) -> None:
    """Grade a filled form, publish it, and say whose it is now.

    Ends as `candour publish` does.
    """
    outbox = outbox_of(Home.open(home))
    check_reports(outbox)
    found = read_assessment(file, home, now_ms=outbox.now_ms())
    _insist_on_assessor(found, outbox)
    for line in graded_lines(found):
        typer.echo(line)
    filed(outbox, found.written, time=time, wait=wait, again=again)


def _insist_on_assessor(found: Assessed, outbox: Outbox) -> None:
    """Insist that somebody is named who assessed; where danger is now, ask afterwards.

    Raises:
        Misuse: nobody is.
    """
    said = found.written.report
    named = said.who_says.name or outbox.home.agency.reporter.name
    if not named and not said.is_in_danger:
        raise Misuse(
            "Nobody is named who assessed this. Nothing was stored.",
            remedy="Write `who_says` with name, role and a telephone or mailbox.",
        )


def graded_lines(found: Assessed) -> Iterator[str]:
    """Say what an assessment comes to, and who then does what."""
    graded, used = found.graded, found.instrument
    count = f"{graded.yes} of {graded.of} yes"
    if graded.open:
        count += f"; {graded.open} have neither yes nor no, and none of these is a no"
    if graded.band is None:
        yield f"{count}: {used.from_records.upper()}. It has no band, and nothing is closed on it."
    else:
        yield f"{count}: {graded.band.level} by the count ({used.edition})."
    if graded.raised_from is not None:
        yield f"Judgement raises it to {graded.level}, by name and with the reason."
    reached = [one for one in used.bands if one.level == graded.level] or used.bands[:1]
    yield f"Owner: {reached[0].owner.replace('_', ' ')}. {reached[0].does}"
    changes = [one.when for one in reached[0].reassess_on]
    if changes:
        yield f"Assess again when: {'; '.join(changes)}."


@app.command()
def show(
    home: ActingHome,
    statement: Annotated[str | None, typer.Argument(help="One assessment's id.")] = None,
    first: First = FIRST,
    by: Looks = None,
) -> None:
    """Show assessments that this agency holds, the newest first, each for what it is."""

    def read(reading: Reading, count: int) -> list[RowMapping]:
        db, viewer = reading.db, reading.viewer
        if statement is None:
            agencies = reading.acting.voice.partners.agencies
            return standing.newest(db, viewer, ASSESSED, agencies, count=count)
        row = stored.row_of(db, statement)
        is_one = row is not None and row["verified"] and row["event"] == ASSESSED
        return standing.visible(db, viewer, [row], "id") if row is not None and is_one else []

    nothing = (
        "No assessment of this id may be shown."
        if statement
        else "No assessment that may be shown is held."
    )
    tell(open_acting(Home.open(home)), by, first, Part("assessments", read, _shown),
         nothing=nothing)  # fmt: skip


def _shown(reading: Reading, row: RowMapping) -> Iterator[str]:
    held = stored.reread(row["record"])
    event, risk = held.sections.get("event"), held.sections.get("risk")
    if not isinstance(event, RiskAssessed):
        return
    used = _used(event, reading.acting.home.folder)
    records = event.instrument.startswith(RECORDS)
    records = records or (isinstance(risk, Risk) and risk.account == "records")
    label = f"  {used.from_records.upper() if used else 'FROM RECORDS, NOT HER ACCOUNT'}"
    yield f"\n{row['id']}  {event.level}  by {event.instrument} ({event.version}), {row['agency']}"
    if records:
        yield f"{label}. The level is judgement alone; nothing is closed on it."
    yield from reading.marks(row["id"])
    yield f"  assessed by {_assessor(held)}, {event.occurred.at or 'undated'}"
    if isinstance(risk, Risk):
        yield f"  seen alone: {risk.seen_alone.replace('_', ' ')}"
        if risk.answers and used:
            count = yes_count(used, risk.answers)
            yield f"  {count} of {len(used.questions)} yes{' from records' if records else ''}"
    else:
        yield "  the answers were not sent here: ring the sender"
    if event.raised_from:
        yield f"  raised from {event.raised_from} by {event.raised_by}"
    yield from (f"  considered: {one}" for one in event.considered)
    yield from (f"  NOT considered: {one}" for one in event.not_considered or [])
    band = [one for one in used.bands if one.level == event.level] if used else []
    changes = [one.when for one in band[0].reassess_on] if band else []
    if changes:
        yield f"  assess again when: {'; '.join(changes)}"


def _used(event: RiskAssessed, home: Path) -> Instrument | None:
    """Give the instrument where it is known at this home; another's may not be."""
    try:
        return instrument(event.instrument.removeprefix(RECORDS), home)
    except Misuse:
        return None


def _assessor(held: Statement) -> str:
    said = held.sections.get("provenance")
    person = said.practitioner if isinstance(said, Provenance) else None
    return (person.name if person else None) or "somebody whose name was not sent here"
