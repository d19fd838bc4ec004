"""`candour erasure`: two people of two agencies erase; each holder confirms; files are searched."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, get_args

import typer
from sqlalchemy import RowMapping

from broker.shell.connection import Connection
from consumers import standing
from consumers import store as stored
from consumers.audit.container import LEDGER
from consumers.audit.erasures import Derived, Erasure, Erasures
from consumers.governance import rows
from consumers.governance.erasing import Ground, named
from contracts.fault import Misuse
from contracts.identifier import is_slug
from deploy import clock
from deploy.command.audit import TrustFile, verified
from deploy.command.consumer import ActingHome, Looks, at, lines, looking
from deploy.command.spelling import By, Role
from deploy.speaking import clear, insisted, outbox_of
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Erase what must go, and prove that it went.")

Statements = Annotated[list[str], typer.Argument(help="Statement ids; all that `plan` lists.")]
Exported = Annotated[Path, typer.Option("--export", help="An export that verifies.")]


@app.command()
def plan(
    statements: Annotated[list[str], typer.Argument(help="Statement ids.")],
    export: Exported,
    trust: TrustFile,
) -> None:
    """Show what goes together, whose it is, who holds copies, what is under hold; erase nothing."""
    with verified(export, trust) as (held, _):
        together = Erasures.of(held).together(statements)
    table = [("statement", "kind", "from", "entry", "held by", "")]
    table += [
        (one.id, one.event, one.agency, str(one.entry), ", ".join(one.holders), _stands(one))
        for one in together
    ]
    for line in lines(table):
        typer.echo(line)
    derived = [one for one in together if not one.decides]
    more = len(derived) - len(set(statements))
    typer.echo(f"\n{len(derived)} statements go together, {more} of them derived.")
    if any(one.under_hold for one in derived):
        typer.echo("A LEGAL HOLD stands: the log refuses this until whoever set it lifts it.")
        raise typer.Exit(1)
    # What is only offered to go with it holds nothing up: a hold over that keeps it alone.
    deciding = [one for one in together if one.decides and not one.erased and not one.under_hold]
    if deciding:
        typer.echo(
            f"{len(deciding)} more decide on what is corrected, and are open again since. Left "
            "standing, they count as made wherever all is read anew: take them too. Only the "
            "agency that governs the partnership may propose that."
        )
        _tell_proposal("To propose it without them", derived)
    _tell_proposal("To propose it", [*derived, *deciding])


@app.command()
def propose(  # noqa: PLR0913 - a proposal has this many independent parts
    statements: Statements,
    ground: Annotated[str, typer.Option(help=f"One of: {', '.join(get_args(Ground))}.")],
    reason: Annotated[str, typer.Option(help="Why; it goes on the log. Not what they say.")],
    by: By,
    role: Role,
    home: ActingHome,
) -> None:
    """Propose an erasure; it takes effect when somebody of another agency endorses it."""
    grounds: dict[str, Ground] = {one: one for one in get_args(Ground)}
    if ground not in grounds:
        raise Misuse("This ground is not known.", remedy=f"Use one of: {', '.join(grounds)}.")
    acting = open_acting(Home.open(home))
    wanted = acting.erasing.propose(
        statements, grounds[ground], reason=reason, by=acting.practitioner(by), role=role
    )
    said = insisted(asyncio.run(acting.act(wanted)))
    typer.echo(
        f"Proposed (entry {said.entry}). Nothing is erased yet. Somebody of another agency looks "
        f"at the same plan and then gives:\ncandour erasure endorse {said.id} "
        f"{' '.join(dict.fromkeys(statements))} --home THEIR-HOME --by NAME --role ROLE"
    )


@app.command()
def endorse(
    proposal: Annotated[str, typer.Argument(help="The proposal's id.")],
    statements: Statements,
    by: By,
    role: Role,
    home: ActingHome,
) -> None:
    """Stand behind another agency's proposal: everybody who holds a copy erases it now."""
    acting = open_acting(Home.open(home))
    wanted = acting.erasing.endorse(proposal, statements, by=acting.practitioner(by), role=role)
    said = insisted(asyncio.run(acting.act(wanted)))
    typer.echo(
        f"Endorsed (entry {said.entry}): erasure {said.id}. Every holder is told to erase and to "
        "confirm. Then operations: candour erasure purge."
    )


@app.command()
def confirm(  # noqa: PLR0913 - a confirmation has this many independent parts
    erasure: Annotated[str, typer.Argument(help="The endorsing statement's id (`status`).")],
    backups_until: Annotated[
        str, typer.Option(help="The day on which the last backup that has it ends, YYYY-MM-DD.")
    ],
    by: By,
    role: Role,
    home: ActingHome,
    beside: Annotated[
        list[Path] | None,
        typer.Option("--with", help="Another home of this agency, to be looked at too; repeat it."),
    ] = None,
) -> None:
    """Say that this agency erased it: its databases are checked and written anew first."""
    ends = _instant(backups_until)
    acting = open_acting(Home.open(home))
    with acting.store.read() as db:
        digests = named(db, erasure)
    for outbox in [outbox_of(Home.open(one)) for one in beside or []]:
        if outbox.home.agency.agency != acting.home.agency.agency:
            raise Misuse(
                "Another agency's home was named.", remedy="Each agency confirms for itself."
            )
        clear(outbox, digests)
    wanted = acting.erasing.confirm(
        erasure, backups_until=ends, by=acting.practitioner(by), role=role
    )
    said = insisted(asyncio.run(acting.act(wanted)))
    typer.echo(
        f"Confirmed (entry {said.entry}): erased here; backups are complete on {backups_until}, as "
        "you say. Export folders are searched by: candour erasure search"
    )


@app.command()
def status(
    home: Annotated[Path | None, typer.Option("--home", help="What this agency owes.")] = None,
    export: Annotated[
        Path | None, typer.Option("--export", help="An export: what everybody owes.")
    ] = None,
    trust: Annotated[Path | None, typer.Option(help="Your own trust file, with --export.")] = None,
    by: Looks = None,
) -> None:
    """Say of each recipient: confirmed, due or OVERDUE; exit code 1 where one is overdue."""
    if home is not None and export is None:
        late = _status_here(home, by)
    elif export is not None and trust is not None and home is None:
        with verified(export, trust) as (held, _):
            erasures = Erasures.of(held)
        late = [_show(one, erasures.state.ledger_time) for one in erasures.all()]
        if not late:
            typer.echo("No erasure was proposed.")
    else:
        raise Misuse("What is asked is unclear.", remedy="Give --home, or --export with --trust.")
    if any(late):
        raise typer.Exit(1)


@app.command()
def purge(
    partnership: Annotated[str, typer.Option(help="The partnership's id.")],
    home: Annotated[Path, typer.Option("--home", help="Kafka's folder on this machine.")],
    wait: Annotated[float, typer.Option(help="Seconds to wait for Kafka.", min=1)] = 120,
) -> None:
    """Force what was erased out of Kafka's files now, and search every file for it."""
    from deploy.erasing import Purge
    from deploy.kafka.access import operations_connection
    from deploy.kafka.server import KafkaServer

    if not is_slug(partnership):
        raise Misuse("This is no partnership's id.", remedy="Write it as trust.json has it.")
    server = KafkaServer(home)
    secured = server.status().services is not None
    connection = (
        operations_connection(home, now=clock.now()) if secured else Connection(server.address)
    )
    left = Purge(
        partnership, connection, server.folder, lambda line: typer.echo(line, err=True)
    ).run(wait)
    _tell_left(left, f"No file below {server.folder} holds an erased section.")
    if any(path.parent.name.startswith("submissions.") for path in left):
        typer.echo(
            "What is left in submissions goes when its agency next says something: its own "
            "confirmation (candour erasure confirm) will do. Then give this again."
        )
    if left:
        raise typer.Exit(1)


@app.command()
def search(
    places: Annotated[list[Path], typer.Argument(help="Folders or files: old exports, copies.")],
    export: Exported,
    trust: TrustFile,
) -> None:
    """Name the files that still hold an erased section; exit code 1 where any does.

    The export is one made after the erasure: it says what was erased.
    """
    from deploy.erasing import Erased, still_holding

    missing = [str(one) for one in places if not one.exists()]
    if missing:
        raise Misuse(f"There is no {', '.join(missing)}.", remedy="Name folders that are there.")
    with verified(export, trust) as (held, _):
        erased = Erased.of(held.logs[LEDGER])
    left = still_holding(places, erased.sections)
    _tell_left(left, f"Nothing of {len(erased.entries)} erased statements was found.")
    if left:
        typer.echo("Destroy these; then candour audit export makes one without it.")
        raise typer.Exit(1)


def _tell_proposal(words: str, together: Sequence[Derived]) -> None:
    ids = " ".join(one.id for one in together)
    typer.echo(f"{words}: candour erasure propose {ids} --ground GROUND --reason WHY ...")


def _tell_left(left: dict[Path, int], otherwise: str) -> None:
    for path, count in left.items():
        typer.echo(f"STILL THERE  {count} erased sections in {path}")
    if not left:
        typer.echo(otherwise)


def _status_here(home: Path, by: str | None) -> list[bool]:
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    with acting.store.read() as db:
        now = stored.ledger_time(db)
        owed = standing.visible(db, viewer, rows.all_erasures(db), "endorsement")
        left_of = {e: len(acting.erasing.left(db, e)) for e in (one["endorsement"] for one in owed)}
    for one in owed:
        left = left_of[one["endorsement"]]
        ends = one["backups_until"]
        stands = f"confirmed; backups complete on {ends[:10]}" if ends else _clock(one, now)
        here = f"; {left} still held here" if left else ""
        typer.echo(f"{one['endorsement']}  {one['statements']} statements, {stands}{here}")
    if not owed:
        typer.echo("This agency was told to erase nothing.")
    return [one["backups_until"] is None and one["due_at"] < now for one in owed]


def _clock(row: RowMapping, now: int) -> str:
    late = "OVERDUE, it was due" if row["due_at"] < now else "erase and confirm"
    return f"{late} by {at(row['due_at'])}"


def _show(erasure: Erasure, now: int) -> bool:
    """Show one erasure; say whether somebody is overdue with it."""
    count = len(erasure.statements)
    if erasure.endorsed is None:
        typer.echo(
            f"\n{erasure.proposal}  {count} statements, proposed by {erasure.agency} in entry "
            f"{erasure.entry}: nobody endorsed it yet"
        )
        return False
    typer.echo(
        f"\n{erasure.endorsement}  {count} statements, proposed by {erasure.agency} in entry "
        f"{erasure.entry}, endorsed in entry {erasure.endorsed}"
    )
    late = False
    for one in sorted(erasure.recipients.values(), key=lambda row: row.agency):
        overdue = one.confirmed is None and one.due_at < now
        late = late or overdue
        ends = f"; backups complete on {one.backups_until[:10]}" if one.backups_until else ""
        stands = (
            f"confirmed in entry {one.confirmed}{ends}"
            if one.confirmed is not None
            else f"{'OVERDUE since' if overdue else 'due by'} {at(one.due_at)}"
        )
        typer.echo(f"  {one.agency}: {one.statements} statements, {stands}")
    return late


def _stands(one: Derived) -> str:
    if one.under_hold or one.erased:
        return "LEGAL HOLD" if one.under_hold else "erased before"
    return "decides on what is corrected" if one.decides else ""


def _instant(day: str) -> str:
    try:
        ends = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Misuse("--backups-until is a day.", remedy="Write it as YYYY-MM-DD.") from None
    return f"{ends:%Y-%m-%d}T00:00:00.000Z"
