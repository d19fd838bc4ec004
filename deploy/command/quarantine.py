"""`candour quarantine`: what is held, what is missing, and releasing or refusing it by two."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal

import typer
from sqlalchemy import Connection, RowMapping

from broker.core.legs import reached
from consumers import standing
from consumers import store as stored
from consumers.governance import rows
from consumers.responses import rows as duties
from contracts.entry import Redecided
from contracts.fault import Misuse
from contracts.opened import open_receipt
from contracts.reason import Reason
from deploy.command.consumer import PASTED, ActingHome, Looks, as_of, at, looking
from deploy.command.publish import OUTCOMES, reason_line
from deploy.command.spelling import By, Role
from deploy.speaking import insisted
from deploy.wiring import Acting, open_acting
from producers.home import Home

app = typer.Typer(
    no_args_is_help=True,
    help="What is held: seen by governance without its content, by police as a count and a clock.",
)

Digest = Annotated[str, typer.Argument(help="Of the held statement, as `list` shows it.")]
Waived = Annotated[
    list[str] | None,
    typer.Option("--waive", help="A reason code that no longer stands against it; repeat it."),
]
Why = Annotated[str, typer.Option(help="Why; it goes on the log: no names of people.")]
Alone = Annotated[
    bool,
    typer.Option(
        "--alone",
        help="The one duty manager at night: a release goes at once, a refusal waits; a second "
        "decides by the clock.",
    ),
]


@app.command("list")
def listed(home: ActingHome, by: Looks = None) -> None:
    """List what is held: how much and until when, then what is missing and whom to ring."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        now = stored.ledger_time(db)
        held = standing.visible(db, viewer, rows.held(db), "digest")
        second = [
            one
            for one in standing.visible(db, viewer, duties.all_duties(db), "about")
            if one["kind"] == "second_release" and one["discharged_by"] is None
        ]
        typer.echo(_count(held, now))
        if not held and not second:
            as_of(home, now)
        for one in second:
            typer.echo(
                f"\n{one['about']}  decided by one person ALONE: a second decides by "
                f"{_clock(one['due_at'], now)}"
            )
            _said(db, one["about"])
        for one in held:
            if one["decides"]:
                _show(acting, db, one, now)


@app.command(context_settings=PASTED)
def show(digest: Digest, home: ActingHome, by: Looks = None) -> None:
    """Show why one statement is held, what would put it right, and who said what so far."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        found = [one for one in [rows.held_one(db, digest)] if one is not None]
        held = next(iter(standing.visible(db, viewer, found, "digest")), None)
        if held is None or not held["decides"]:
            raise Misuse(
                "Nothing is held here under this digest for this agency to decide.",
                remedy="Take the digest from: candour quarantine list",
            )
        _show(acting, db, held, stored.ledger_time(db), whole=True)


@app.command(context_settings=PASTED)
def release(  # noqa: PLR0913 - a decision has this many independent parts
    digest: Digest,
    reason: Why,
    by: By,
    role: Role,
    home: ActingHome,
    waive: Waived = None,
    alone: Alone = False,
) -> None:
    """Release what is held, naming the reasons waived; it goes once two have said the same."""
    _decide(home, digest, "release", waive or [], reason, by, role, alone=alone)


@app.command(context_settings=PASTED)
def refuse(  # noqa: PLR0913 - likewise
    digest: Digest,
    reason: Why,
    by: By,
    role: Role,
    home: ActingHome,
    alone: Alone = False,
) -> None:
    """Refuse what is held; its publisher is told once two have said the same."""
    _decide(home, digest, "refuse", [], reason, by, role, alone=alone)


def _decide(  # noqa: PLR0913 - likewise
    home: ActingHome,
    digest: str,
    decision: Literal["release", "refuse"],
    waived: Sequence[str],
    reason: str,
    by: str,
    role: str,
    *,
    alone: bool,
) -> None:
    acting = open_acting(Home.open(home))
    wanted = acting.governing.release(
        digest, decision, waived=waived, reason=reason, by=acting.practitioner(by), role=role,
        alone=alone,
    )  # fmt: skip
    said = insisted(asyncio.run(acting.act(wanted)))
    row = acting.outbox.row(said.id)
    decided = open_receipt(row["receipt"], acting.home.trust).decision if row is not None else None
    became = next(iter(decided.redecided), None) if decided is not None else None
    typer.echo(f"Said (entry {said.entry}).")
    for line in _became(became):
        typer.echo(line)
    second = [d for d in (decided.duties if decided else []) if d.kind == "second_release"]
    for duty in second:
        typer.echo(f"You decided ALONE: a second practitioner decides by {at(duty.due_at)}.")


def _became(row: Redecided | None) -> list[str]:
    """Say what became of the held statement through a desk's word."""
    if row is None:
        return [
            "Nothing has moved by it: either a second practitioner must say the same, decision and "
            "--waive alike, or this was the second word on what was decided alone."
        ]
    words = OUTCOMES[row.outcome][0]
    if row.outcome == "rejected":
        return ["It is refused, and its publisher is told."]
    if row.reasons:
        why = [f"  {reason_line(one)}" for one in row.reasons]
        return [f"It stays held: {words}.", *why, "Once that is put right, two decide afresh."]
    return [f"It is released: {words}. Delivered to: {', '.join(row.recipients) or 'nobody'}."]


def _count(held: Sequence[RowMapping], now: int) -> str:
    """Say how much is held, how much of it is overdue, and the soonest clock."""
    if not held:
        return "Nothing is held."
    late = sum(one["due_at"] < now for one in held)
    overdue = f", {late} OVERDUE" if late else ""
    return f"{len(held)} held{overdue}; the first to be decided by {_clock(held[0]['due_at'], now)}"


def _clock(due_at: int, now: int) -> str:
    """Spell a clock; one that ran out says so, and that it goes to whoever is above."""
    return f"{at(due_at)}{' - OVERDUE: escalate it now' if due_at < now else ''}"


def _show(
    acting: Acting, db: Connection, held: RowMapping, now: int, *, whole: bool = False
) -> None:
    who = "police, marked provisional" if held["outcome"] == "provisional" else "nobody"
    typer.echo(
        f"\n{held['digest']}  {held['event']} of {held['agency']}, {held['urgency']}\n"
        f"  held since {at(held['since'])}; who has it: {who}; to be decided by "
        f"{_clock(held['due_at'], now)}"
    )
    publisher = acting.voice.partners.agencies.get(held["agency"] or "")
    if publisher is not None:
        typer.echo(f"  ring {publisher.title}: {reached(publisher.contact)}")
    for given in rows.reasons_of(held):
        typer.echo(f"  missing: {reason_line(given)}")
        if whole:
            typer.echo(f"    source: {Reason.told(given.code)[1]}")
    _said(db, held["digest"])


def _said(db: Connection, digest: str) -> None:
    """Show what each practitioner has said of one statement."""
    for one in rows.said_of(db, digest):
        waives = f", waiving {one['waived'].replace(' ', ', ')}" if one["waived"] else ""
        typer.echo(
            f"  {one['by']} says {one['decision']}{' ALONE' if one['alone'] else ''}{waives}: "
            f"{one['reason']}"
        )
