"""`candour enquiry`: asked in private, still to be seen alone, and what agencies returned."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
import typer
from sqlalchemy import Connection, RowMapping

from consumers import standing
from consumers import store as stored
from consumers.enquiry import rows
from consumers.enquiry.desk import Companion, check, risk_of
from contracts.draft import Draft
from contracts.event.report import AttendanceRecorded, Enquiry, EnquiryMade, ReturnMade
from contracts.fault import Misuse
from contracts.form import Section
from contracts.section import Identity, Narrative, Part, PersonPart
from deploy.command.consent import AnyHome
from deploy.command.consumer import ActingHome, Looks, as_of, failing, looking
from deploy.command.spelling import By, Role, limits_of, name_of
from deploy.command.words import Heard, HerWords
from deploy.speaking import speak
from deploy.wiring import open_acting
from producers.filed import occurred_of
from producers.home import Home
from producers.outbox import Outbox
from producers.saying import said_by, subject_of
from producers.signing import spelled

app = typer.Typer(no_args_is_help=True, help="Asked in private; still to be seen alone.")

Setting = Literal["attendance", "visit", "supervision", "joint_meeting", "telephone", "other"]
RETURNS = {
    "nil_contact": "nil contact: this agency says that it had none; NOT a finding of safety",
    "destroyed": "DESTROYED: there was a record and it is gone; not nil, and not safe",
}
"""Each return as a reader must take it (domain.md 5, trap 13)."""


@app.command()
def record(  # noqa: PLR0913 - an enquiry has this many independent parts
    subject: Annotated[str, typer.Argument(help="Your reference for the person, or a token.")],
    outcome: Annotated[Enquiry, typer.Option(help="How it ended.")],
    setting: Annotated[Setting, typer.Option(help="Where.")],
    alone: Annotated[bool, typer.Option("--alone/--not-alone", help="Nobody else there?")],
    by: By,
    role: Role,
    home: AnyHome,
    came_with: Annotated[Companion, typer.Option(help="Who had come with them.")] = "not_known",
    part: Annotated[Part, typer.Option(help="Their part, where it is known.")] = "unassessed",
    when: Annotated[str, typer.Option(help="When: 2012-05-01, or with time.")] = "undated",
    about: Annotated[
        list[str] | None, typer.Option(help="The statement that asked for it; repeat it.")
    ] = None,
    words: HerWords = None,
) -> None:
    """Record that somebody was asked in private, and what came of it; it stays in this agency."""
    heard = words or Heard()
    check(outcome, alone=alone, companion=came_with, setting=setting, why=heard.reason)

    def drafted(outbox: Outbox) -> Draft:
        with outbox.database.read() as db:
            today = spelled(outbox.time_ms(db))
        try:
            occurred = occurred_of(when, None)
        except (ValueError, msgspec.ValidationError):
            raise Misuse("--when is no day or moment.", remedy="Write 2012-05-01.") from None
        event = EnquiryMade(
            occurred=occurred, known_to_agency=today, recorded=today, enquiry=outcome,
            setting=setting, why_not=heard.reason,
        )  # fmt: skip
        token = subject_of(outbox, subject)
        sections: dict[str, Section] = {
            "person.1.identity": Identity(token, []),
            "person.1.part": PersonPart(token, part),
            "risk": risk_of(alone=alone, companion=came_with),
        }
        if heard.text:
            sections["narrative"] = Narrative(heard.text, "summary")
        return said_by(
            outbox, "enquiry_made", event, name=by, role=role, causes=about or (),
            sections=sections,
        )  # fmt: skip

    said = asyncio.run(speak(Home.open(home), drafted))
    typer.echo(f"Recorded: {outcome} ({said.id}, entry {said.entry}). No other agency is sent it.")
    if outcome == "disclosed":
        typer.echo(
            "She need not refer herself. Now: candour referral make, or candour referral consider "
            "with why not. In danger now: ring 999."
        )


@app.command("list")
def listed(home: ActingHome, by: Looks = None) -> None:
    """List who was seen only together with the other, and attendances that name no companion."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        failing(acting.outbox, db, viewer)
        lines = [*_jointly(db, acting.outbox, viewer), *_unaccounted(db, viewer)]
        for line in lines:
            typer.echo(line)
        now = stored.ledger_time(db)
    if not lines:
        typer.echo("No person who may be shown is still to be seen alone.")
        as_of(home, now)


def _jointly(db: Connection, outbox: Outbox, viewer: frozenset[str] | None) -> Iterator[str]:
    for row in rows.only_jointly(db, viewer):
        held = standing.held(db, row["statement"])
        people = held.sections.values() if held else ()
        named = [v for v in people if isinstance(v, Identity) and v.subject == row["subject"]]
        who = name_of(named[0]) if named else outbox.reference_of(row["subject"])
        yield f"\nSEE ALONE: {who or row['subject']} ({row['subject']})"
        yield f"  seen only together, in {row['statement']}; ask apart, and not by letter or phone"
        yield from (f"  {one}" for one in (*standing.marks_of(db, row["statement"]),
                                           *limits_of(held)))  # fmt: skip


def _unaccounted(db: Connection, viewer: frozenset[str] | None) -> Iterator[str]:
    """Tell of attendances at which somebody was there and nothing says who."""
    for row in standing.shown(db, viewer, "attendance_recorded"):
        event = stored.reread(row["record"]).sections.get("event")
        if not isinstance(event, AttendanceRecorded):
            continue
        if event.accompanied in {"partner", "family", "other"} and event.companion is None:
            yield f"\nCOMPANION NOT RECORDED: {row['id']}, came with: {event.accompanied}"
            yield "  ask who it was; correct the record, or write accompanied: declined"


@app.command()
def returns(home: ActingHome, by: Looks = None) -> None:
    """List what agencies returned on somebody: no contact, or a record that is destroyed."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        failing(acting.outbox, db, viewer)
        found = standing.shown(db, viewer, "return_made")
        for row in found:
            for line in _returned(db, row):
                typer.echo(line)
        now = stored.ledger_time(db)
    if not found:
        typer.echo("No return that may be shown is held. That is no finding of safety either.")
        as_of(home, now)


def _returned(db: Connection, row: RowMapping) -> Iterator[str]:
    held = stored.reread(row["record"])
    event = held.sections.get("event")
    if not isinstance(event, ReturnMade):
        return
    people = [name_of(v) for v in held.sections.values() if isinstance(v, Identity)]
    until = f" to {event.occurred.until}" if event.occurred.until else ""
    yield f"\n{row['id']}  {row['agency']} on {', '.join(people) or 'somebody'}"
    yield f"  {RETURNS[event.returned]}"
    yield f"  period: {event.occurred.at or 'undated'}{until}"
    if event.returned == "destroyed":
        on, why = event.destroyed_on or "a day that is not known", event.authority
        yield f"  destroyed on {on}, under {why or 'a rule that is not given'}"
    yield from (f"  {one}" for one in standing.marks_of(db, row["id"]))
