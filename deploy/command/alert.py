"""`candour alert`: what a rule raised, about whom, whose it is, by when, and who has it."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer
from sqlalchemy import Connection, RowMapping, func, select

from consumers import history, standing
from consumers import store as stored
from consumers.intelligence.rows import first_lines
from consumers.listed import Lead
from consumers.safeguarding import life, pressing, rows
from consumers.safeguarding.desk import Deciding
from consumers.safeguarding.rules.terms import FOUND, roles_at, roles_of
from consumers.safeguarding.threads import Thread
from consumers.store import Wanted
from consumers.worker import Voice
from contracts.fault import Misuse
from contracts.section import Identity, Practitioner
from contracts.sharing import UseLimits
from contracts.statement import Statement
from deploy.command.consumer import ActingHome, Looks, as_of, at, failing, looked, looking
from deploy.command.spelling import By, Role, limits_of, name_of
from deploy.command.words import MaybeReason, Reason
from deploy.speaking import Said
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Alerts: whose they are, by when, how they ended.")

ATTENTION = {"interrupt": "now", "duty": "this shift", "note": "to know of"}
_HEADS = {
    "interrupt": "NOW: each of these presses now",
    "duty": "THIS SHIFT: a duty of somebody on it",
    "note": "TO KNOW OF: nobody need do anything",
}
Alert = Annotated[str, typer.Argument(help="The alert's id.")]


@app.command("list")
def listed(
    home: ActingHome,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    first: Annotated[int, typer.Option(min=1, help="How many threads are shown.")] = 50,
    by: Looks = None,
) -> None:
    """List alerts, one thread for each pair, the loudest first; what nobody could verify above."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        now = stored.ledger_time(db)
        unverified = list(_unverified(db, viewer))
        found, more = _pressing(db, viewer, first, closed=every)
        about = [one["statement"] for each in found for one in each.alerts]
        looked(acting, by, "alerts", [*(said for said, _ in unverified), *about])
        failing(acting, by, viewer)
        for _, line in unverified:
            typer.echo(line)
        hidden = standing.hidden_from(db, viewer)
        loud = ""
        for thread in found:
            if thread.loudest != loud:
                loud = thread.loudest
                typer.echo(f"\n== {_HEADS[loud]}")
            for line in _shown(db, thread, now, acting.voice, hidden):
                typer.echo(line)
    if more:
        typer.echo(f"\nMORE are open and press less: --first {2 * first}")
    if not found:
        typer.echo("No alert that may be shown is open.")
        as_of(home, now)


def _pressing(
    db: Connection, viewer: Collection[str] | None, first: int, *, closed: bool
) -> tuple[list[Thread], bool]:
    """Give the first threads that press; of closed ones as many. And whether more press."""
    found: list[Thread] = []
    lead: Lead | None = None
    while len(found) <= first:
        some, lead = pressing.pressing(
            db, viewer, after_lead=lead, count=first + 1 - len(found), closed=closed
        )
        found += some
        if lead is None:
            break
    ended = pressing.ended(db, viewer, older_than=None, count=first)[0] if closed else []
    return [*found[:first], *ended], len(found) > first


def _shown(
    db: Connection, thread: Thread, now: int, voice: Voice, hidden: Collection[str]
) -> Iterator[str]:
    """Say of one thread who it is about, what may be put to whom, and each alert."""
    reports = {
        one["statement"]: standing.held(db, one["statement"], but=hidden) for one in thread.alerts
    }
    held = [one for one in reports.values() if one is not None]
    yield f"\nABOUT {_names(thread, held)}"
    limits = [line for one in held for line in limits_of(_within(one, thread))] or limits_of(None)
    yield from (f"  {line}" for line in dict.fromkeys(limits))
    for alert in thread.alerts:
        for line in first_lines(db, alert["statement"], hidden):
            yield f"  {line}"
        yield from _alert(db, thread, alert, now, voice)


def _names(thread: Thread, reports: list[Statement]) -> str:
    """Name the persons of a thread as its reports do; nobody else in them."""
    known = {
        one.subject: name_of(one)
        for report in reports
        for one in report.sections.values()
        if isinstance(one, Identity)
    }
    named = [
        next((known[token] for token in sorted(person) if token in known), min(person))
        for person in thread.persons
    ]
    return " and ".join(sorted(named))


def _within(report: Statement, thread: Thread) -> Statement:
    """Keep of a report's limits those about whom the thread is."""
    limits = report.sections.get("use_limits")
    if not isinstance(limits, UseLimits):
        return report
    kept = [one for one in limits.limits if one.subject in thread.tokens]
    within = UseLimits(kept, ring=limits.ring, note=limits.note)
    return replace(report, sections={**report.sections, "use_limits": within})


def _alert(
    db: Connection, thread: Thread, alert: RowMapping, now: int, voice: Voice
) -> Iterator[str]:
    yield f"{alert['id']}  {words_of(alert)}  {_stands(db, alert, now)}"
    for line in (*standing.marks_of(db, alert["id"]), *standing.marks_of(db, alert["statement"])):
        yield f"  {line}"
    if alert["why"]:
        yield f"  why: {alert['why']}"
    act = act_of(alert)
    whose = f"for the {alert['role']} by {at(alert['due_now'])}"
    yield f"  {act + ', ' if act else ''}{whose}, {_else(db, alert, voice)}"
    if alert["raised_by"] != voice.agency:
        yield f"  {alert['raised_by']} raised it: the act is your agency's; answer them too"
    yield f"  about report {alert['statement']}"
    yield from (f"  {line}" for line in _rests_on(db, thread, alert))
    yield f"  good: {alert['good']}"


def _else(db: Connection, alert: RowMapping, voice: Voice) -> str:
    """Say who has an alert after the role whose it is; the last role has nobody after it."""
    now = life.stands(db, alert["id"])
    following = life.next_role(db, voice, alert["id"], now.rung if now else 0)
    if following == alert["role"]:
        return f"and nobody is left after them: ring the {following}"
    return f"else the {following}"


def _stands(db: Connection, alert: RowMapping, now: int) -> str:
    stands = life.stands(db, alert["id"])
    if stands is not None and stands.closed is not None:
        how = stands.closed
        who = f" by {how.by}" if how.by else ""
        useful = "" if how.useful == "not_said" else f", {how.useful.replace('_', ' ')}"
        return f"closed{who}: {how.outcome.replace('_', ' ')}{useful}"
    put_off = stands.snoozed if stands is not None and stands.start > now else None
    late = "OVERDUE " if alert["due_now"] < now and alert["attention"] != "note" else ""
    has = alert["acknowledged_by"]
    went_on = stands is not None and stands.steps > 0
    who = f"{late}with {has}" if has else f"{late}NOBODY has it {'now' if went_on else 'yet'}"
    if put_off is not None:
        who += f"; put off until {at(put_off.until)} by {put_off.by}: {put_off.reason}"
    if stands is not None and went_on:
        who += f"; ESCALATED to the {stands.role}"
    return who


def _rests_on(db: Connection, thread: Thread, alert: RowMapping) -> Iterator[str]:
    """Tell what else an alert rests on: what names somebody else too stays out of this thread."""
    others = sorted(rows.statements_of(db, alert["id"]) - {alert["statement"]})
    named = history.named_in(db, others)
    for one in others:
        whom = named.get(one, set())
        if whom <= thread.tokens:
            yield f"rests on {one} too"
            yield from (f"  {line}" for line in standing.marks_of(db, one))
    apart = [one for one in others if not named.get(one, set()) <= thread.tokens]
    if apart:
        yield (
            f"rests on {len(apart)} more about one of them with somebody else: not shown in this "
            "thread, and not to be told in it"
        )
    if alert["statement"] not in thread.tokens and any(
        whom and whom.isdisjoint(thread.tokens) for whom in named.values()
    ):
        yield "LOOK AGAIN: it rests on a report about somebody who is not one of them any more"


def act_of(alert: RowMapping) -> str:
    """Say what an alert asks for; empty where it does not say."""
    act = (alert["act"] or "").replace("_", " ")
    return act.replace("dash", "DASH").replace("marac", "MARAC")


def words_of(alert: RowMapping) -> str:
    """Say which rule raised an alert and how much it presses, in words before the codes."""
    rule, attention = alert["rule"], alert["attention"]
    return (
        f"{FOUND.get(rule, 'a rule fired')} [{rule}], {ATTENTION.get(attention, '')} [{attention}] "
    )


def _unverified(db: Connection, viewer: Collection[str] | None) -> Iterator[tuple[str, str]]:
    """Tell of what nobody could verify, a flood of one agency's in one line; by id the newest."""
    views = stored.views.c
    newest = func.max(views.place).label("newest")
    query = select(views.agency, func.count().label("many"), newest).group_by(views.agency)
    query = query.where(stored.UNVERIFIED, standing.is_shown(views.id, viewer)).order_by(newest)
    for one in db.execute(query).all():
        said = db.execute(select(views.id).where(views.place == one.newest)).scalar_one()
        count = f"{one.many} UNVERIFIED emergencies" if one.many > 1 else "UNVERIFIED emergency"
        yield (
            said,
            f"{count} through {one.agency}'s topic, {said} the newest: nobody knows who wrote it. "
            "Call back first.",
        )


def _say(
    home: Path, by: str, *roles: str, to: str | None = None,
    decide: Callable[[Deciding, Practitioner], list[Wanted]],
) -> Said:  # fmt: skip
    """Let a named person say something of an alert, and wait for what became of it.

    Raises:
        Misuse: the ruleset knows no such role, or no agency of this kind has whom it goes `to`:
            nobody would be rung in it.
    """
    acting = open_acting(Home.open(home))
    rules = acting.outbox.partnership.rules
    known = roles_of(rules) if rules else []
    if rules and not set(roles) <= set(known):
        raise Misuse(
            "The ruleset of this partnership has no such role.",
            remedy=f"Give one that it has: {', '.join(known)}.",
        )
    ours = roles_at(rules, acting.voice.kind) if rules else []
    if rules and to is not None and to not in ours:
        raise Misuse(
            f"No agency of this kind has a {to}: nobody here would have the alert.",
            remedy=f"Give one of this agency's: {', '.join(ours)}. Another agency is rung.",
        )
    return asyncio.run(acting.act(decide(acting.deciding, acting.practitioner(by))))


@app.command()
def ack(alert: Alert, by: By, role: Role, home: ActingHome) -> None:
    """Say that you have an alert."""
    said = _say(home, by, role, decide=lambda desk, who: desk.acknowledge(alert, by=who, role=role))
    typer.echo(f"You have it (entry {said.entry}).")


@app.command("hand-over")
def hand_over(
    alert: Alert,
    to: Annotated[str, typer.Option(help="The role that is to have it.")],
    by: By,
    role: Role,
    home: ActingHome,
) -> None:
    """Give an alert to another role, which has yet to take it."""
    said = _say(
        home, by, role, to, to=to,
        decide=lambda desk, who: desk.hand_over(alert, to_role=to, by=who, role=role),
    )  # fmt: skip
    typer.echo(f"It is the {to}'s now, and nobody has it yet (entry {said.entry}). Ring them.")


@app.command()
def snooze(  # noqa: PLR0913 - putting off has this many independent parts
    alert: Alert,
    hours: Annotated[int, typer.Option(min=1, max=720, help="For how long, in hours.")],
    by: By,
    role: Role,
    reason: Reason,
    home: ActingHome,
) -> None:
    """Put an alert off, with a reason; it ends by itself, and then it presses again."""
    said = _say(
        home, by, role,
        decide=lambda desk, who: desk.snooze(alert, hours=hours, reason=reason, by=who, role=role),
    )  # fmt: skip
    typer.echo(f"Put off for {hours} hours (entry {said.entry}).")


@app.command()
def escalate(alert: Alert, by: By, role: Role, home: ActingHome) -> None:
    """Let the next role have an alert now: its fallback first, then the duty manager."""
    said = _say(home, by, role, decide=lambda desk, who: desk.escalate(alert, by=who, role=role))
    typer.echo(f"Escalated (entry {said.entry}). See to whom: candour alert list. Ring them.")


@app.command()
def close(  # noqa: PLR0913 - a closure has this many independent parts
    alert: Alert,
    outcome: Annotated[
        Literal["done", "not_needed", "duplicate"], typer.Option(help="How it ended.")
    ],
    by: By,
    role: Role,
    home: ActingHome,
    useful: Annotated[
        Literal["useful", "not_useful", "not_said"],
        typer.Option(help="Was it worth your while? It is counted, by rule."),
    ] = "not_said",
    words: MaybeReason = None,
) -> None:
    """Say that an alert is done with, and whether it was worth your while.

    Of one that interrupts and that nobody has (`alert ack`), --words says what was done.
    """
    said = _say(
        home, by, role,
        decide=lambda desk, who: desk.close(
            alert, outcome, useful=useful, reason=words, by=who, role=role
        ),
    )  # fmt: skip
    typer.echo(f"Closed: {outcome.replace('_', ' ')} (entry {said.entry}).")
