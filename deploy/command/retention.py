"""`candour retention`: what an agency holds past its schedule, and what keeps it."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from consumers import standing
from consumers import store as stored
from consumers.audit.erasures import Erasures
from consumers.governance.keeping import Kept, scheduled
from contracts.fault import Misuse
from deploy.command.audit import verified
from deploy.command.consumer import ActingHome, Looks, at, lines, looking
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="How long an agency keeps what it was sent.")

ExportOption = Annotated[
    Path | None, typer.Option("--export", help="An export that verifies: it knows every hold.")
]
TrustOption = Annotated[
    Path | None, typer.Option("--trust", help="Your own trust file, with --export.")
]


@app.command()
def due(
    home: ActingHome,
    export: ExportOption = None,
    trust: TrustOption = None,
    every: Annotated[bool, typer.Option("--all", help="What is not due yet, too.")] = False,
    by: Looks = None,
) -> None:
    """List what is held past its schedule, by leg and kind, by ledger time; and what to do."""
    acting = open_acting(Home.open(home))
    if (export is None) != (trust is None):
        raise Misuse("--export and --trust go together.", remedy="Give both, or neither.")
    viewer = looking(acting.outbox, by)
    rules = acting.voice.partners.rules
    days = rules.kept_days if rules else None
    with acting.store.read() as db:
        now, hidden = stored.ledger_time(db), standing.hidden_from(db, viewer)
        if export is not None and trust is not None:
            with verified(export, trust) as (held, _):
                is_held = Erasures.of(held).is_held
                found = scheduled(db, kept_days=days, is_held=is_held)
        else:
            found = scheduled(db, kept_days=days)
    found = [one for one in found if one.statement not in hidden]
    past = [one for one in found if one.until < now]
    typer.echo(
        f"By ledger time {at(now)}: {len(past)} of {len(found)} statements that were sent here "
        "are past their schedule."
    )
    shown = found if every else past
    if shown:
        _table(shown, now)
    _say(past, acting.voice.agency)
    if days is None:
        typer.echo(
            "\nWhat no leg carried (what was said here, emergencies, corrections) has no schedule: "
            "the ruleset has no kept_days. See: candour partnership adopt-rules"
        )
    if export is None and found:
        typer.echo("\nOnly legal holds that this agency set or was sent count; --export has all.")


def _table(shown: list[Kept], now: int) -> None:
    rows = [("leg", "kind", "from", "held", "past", "under hold", "first ends")]
    groups = Counter((one.leg, one.event, one.agency) for one in shown)
    for key in sorted(groups):
        its = [one for one in shown if (one.leg, one.event, one.agency) == key]
        past = sum(one.until < now for one in its)
        under = sum(one.under_hold for one in its)
        rows.append((*key, str(len(its)), str(past), str(under), at(its[0].until)))
    for line in lines(rows):
        typer.echo(line)


def _say(past: list[Kept], ours: str) -> None:
    """Say what to do with each, its publisher named: it or governance proposes an erasure."""
    for one in past:
        if one.under_hold:
            what = "LEGAL HOLD: keep it until whoever set the hold lifts it"
        elif one.agency == ours:
            what = "ours: candour erasure plan, then propose --ground retention_ended"
        else:
            what = f"review it; to erase it, ask {one.agency} or governance to propose so"
        typer.echo(f"{one.statement}  {one.event}, ended {at(one.until)}: {what}")
