"""`candour person`: who is one person, and which two reports are one source; a human decides."""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Literal

import typer
from sqlalchemy import Connection, RowMapping

from consumers import standing
from consumers import store as stored
from consumers.listed import in_turn
from consumers.people.judging import Candidate
from consumers.people.page import Line, Page, by_agency, held_of
from consumers.safeguarding import links, rows
from contracts.event.case import PersonsUnlinked
from deploy.command.consumer import FIRST, PASTED, ActingHome, First, Looks, at, looked, looking
from deploy.command.listing import Part, Reading, tell
from deploy.command.spelling import By, Role, limits_of
from deploy.command.words import Reason
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Join and part persons; judge one origin.")


@app.command("list")
def listed(home: ActingHome, first: First = FIRST, by: Looks = None) -> None:
    """List the links that stand, and the proposals that two reports are one source."""

    def joined(reading: Reading, count: int) -> list[RowMapping]:
        shown = standing.is_shown(links.links.c.id, reading.viewer)
        return links.standing_links(reading.db, shown, count=count)

    def proposed(reading: Reading, count: int) -> list[RowMapping]:
        some = partial(rows.some_origins, reading.db, reading.viewer, after=None)
        return in_turn(count, partial(some, decided=False), partial(some, decided=True))

    tell(
        open_acting(Home.open(home)), by, first, Part("links", joined, _link),
        Part("origins", proposed, _origin, about=("first", "second")),
        nothing="No link stands and nothing is proposed.",
    )  # fmt: skip


def _link(_: Reading, row: RowMapping) -> Iterator[str]:
    yield f"{row['id']}  one person: {row['subjects']}  by {row['matcher']}"


def _origin(_: Reading, row: RowMapping) -> Iterator[str]:
    stands = f"{row['decision']}, decided by {row['decided_by']}"
    if row["decision"] is None:
        stands = "NOT decided: count them as one report until somebody has"
    days = row["days_apart"]
    yield (
        f"{row['id']}  possibly one source, {days} day{'' if days == 1 else 's'} apart: "
        f"{row['first']} and {row['second']}  {stands}"
    )


@app.command()
def candidates(
    home: ActingHome,
    subject: Annotated[str | None, typer.Option(help="With one person: their token.")] = None,
    shown: Annotated[int, typer.Option("--first", min=1, help="How many are shown.")] = 50,
    by: Looks = None,
) -> None:
    """List who may be one person, and what speaks for it and against; nobody is joined by it."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    found = acting.matching.candidates(viewer, subject)
    some = [*found.offered[:shown], *found.judged, *found.conflicting]
    about = {token for one in some for side in (one.one, one.other) for token in side.tokens}
    looked(acting, by, "candidates", sorted(about))
    for one in found.offered[:shown]:
        typer.echo(f"\nMAY BE ONE PERSON, weight {one.likeness.bits:g}. A person decides:")
        _compared(one)
    with acting.store.read() as db:
        for one in found.judged:
            typer.echo(f"\n{_judged(db, one)}")
            _compared(one)
    for one in found.conflicting:
        typer.echo(
            "\nNOT OFFERED, and one number: one of these records is wrong. Ring who says so:"
        )
        _compared(one)
    if len(found.offered) > shown:
        typer.echo(f"\n{len(found.offered) - shown} more weigh less: --first {len(found.offered)}")
    if found.crowded:
        typer.echo(
            f"\nToo many people share {found.crowded} of the keys that people are found by (a "
            "common name, a hostel): by those alone nobody was compared. More of a birth, an "
            "address or a number finds them."
        )
    if not (found.offered or found.judged or found.conflicting):
        typer.echo("Nobody is offered. That is no finding that nobody is the same person.")


def _judged(db: Connection, one: Candidate) -> str:
    """Say who judged two to be two people, and when; until something newer names either."""
    held, row = stored.held(db, one.judged or ""), stored.row_of(db, one.judged or "")
    event = held.sections.get("event") if held is not None else None
    by = event.matcher if isinstance(event, PersonsUnlinked) else "somebody, not on the log yet"
    when = f", {at(row['ledger_time'])}" if row is not None else ""
    return f"JUDGED TWO PEOPLE by {by}{when} ({one.judged}); nothing newer names either:"


def _compared(one: Candidate) -> None:
    for line in one.likeness.words:
        typer.echo(f"  {line}")
    for side in (one.one, one.other):
        typer.echo(f"  - {' '.join(sorted(side.tokens))}: {'; '.join(held_of(side))}")
        for said in side.mentions:
            typer.echo(f"    {said.agency}, {said.day}, in {said.statement}")


@app.command(context_settings=PASTED)
def show(
    token: Annotated[str, typer.Argument(help="The person's token.")],
    home: ActingHome,
    by: Looks = None,
) -> None:
    """Show what is held of one person and who says so; nothing of anybody else."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    page = acting.matching.page(viewer, token)
    looked(acting, by, "person", [token])
    with acting.store.read() as db:
        _page(db, page)


@app.command(context_settings=PASTED)
def pair(
    token: Annotated[str, typer.Argument(help="One person's token.")],
    other: Annotated[str, typer.Argument(help="The other's.")],
    home: ActingHome,
    by: Looks = None,
) -> None:
    """Show two people and what names them both; whom else either is with stays outside."""
    acting = open_acting(Home.open(home))
    viewer = looking(acting.outbox, by)
    pages, reports = acting.matching.pair(viewer, token, other)
    looked(acting, by, "two_records", [token, other])
    with acting.store.read() as db:
        for report in reports:
            typer.echo(f"Report {report} names both.")
            for line in (*standing.marks_of(db, report), *limits_of(standing.held(db, report))):
                typer.echo(f"  {line}")
        if not reports:
            typer.echo("Nothing that may be shown here names both.")
        for page in pages:
            _page(db, page)


def _page(db: Connection, page: Page) -> None:
    typer.echo(f"\n{' '.join(page.tokens) or 'Nothing of this person may be shown here'}")
    for heading, found in page.contradictions:
        typer.echo(f"  CONTRADICTION, {heading}:")
        for line in found:
            typer.echo(f"    {line.text}: {_told(line)}")
    sections = (
        ("name", page.names), ("born", page.births), ("sex", page.sexes),
        ("number", page.numbers), ("address", page.addresses), ("part", page.parts),
    )  # fmt: skip
    for what, found in sections:
        for line in found:
            typer.echo(f"  {what}: {line.text}: {_told(line)}")
    if page.unshown:
        typer.echo(
            f"  address: {page.unshown} more held and not shown here: somebody else's too, or of "
            f"whoever may be at risk. Ask {', '.join(page.unshown_by)}."
        )
    for one in page.replaced:
        typer.echo(f"  {one} was CORRECTED: what stands here is the correction")
    statements = {told.statement for _, found in sections for line in found for told in line.told}
    for one in sorted(statements - set(page.replaced)):
        for mark in standing.marks_of(db, one):
            typer.echo(f"  {one}: {mark}")


def _told(line: Line) -> str:
    """Say who says so and when: each agency once, with its newest statement."""
    return "; ".join(
        f"{agency} {said[0].day} ({said[0].statement})"
        if len(said) == 1
        else f"{agency} {len(said)} times, {said[0].day} to {said[-1].day} ({said[-1].statement})"
        for agency, said in by_agency(line.told).items()
    )


@app.command(context_settings=PASTED)
def link(  # noqa: PLR0913 - a link has this many independent parts
    token: Annotated[str, typer.Argument(help="One record's token.")],
    other: Annotated[str, typer.Argument(help="The other's.")],
    by: By,
    role: Role,
    reason: Reason,
    home: ActingHome,
    all_the_same: Annotated[
        bool, typer.Option("--all-the-same", help="Although what is held parts them.")
    ] = False,
) -> None:
    """Say that two tokens are one person; what was found of them goes on the log with it."""
    acting = open_acting(Home.open(home))
    wanted = acting.matching.link(
        token, other, by=acting.practitioner(by), role=role, reason=reason,
        all_the_same=all_the_same,
    )  # fmt: skip
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Linked: {said.id} (entry {said.entry}). candour person unlink {said.id} parts it.")


@app.command(context_settings=PASTED)
def apart(  # noqa: PLR0913 - as `link`
    token: Annotated[str, typer.Argument(help="One record's token.")],
    other: Annotated[str, typer.Argument(help="The other's.")],
    by: By,
    role: Role,
    reason: Reason,
    home: ActingHome,
) -> None:
    """Say that two records, which nobody joined, are two people: until more is held of either."""
    acting = open_acting(Home.open(home))
    wanted = acting.matching.tell_apart(
        token, other, by=acting.practitioner(by), role=role, reason=reason
    )
    said = asyncio.run(acting.act(wanted))
    typer.echo(
        f"Judged two people: {said.id} (entry {said.entry}). They are proposed again once "
        "something newer names either."
    )


@app.command()
def unlink(
    link_id: Annotated[str, typer.Argument(metavar="LINK", help="The link's id.")],
    by: By,
    role: Role,
    basis: Reason,
    home: ActingHome,
) -> None:
    """Undo a link."""
    acting = open_acting(Home.open(home))
    wanted = acting.deciding.unlink(link_id, by=acting.practitioner(by), role=role, basis=basis)
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Parted (entry {said.entry}).")


@app.command()
def origin(  # noqa: PLR0913 - a judgement has this many independent parts
    proposal: Annotated[str, typer.Argument(help="The proposal's id.")],
    decision: Annotated[Literal["same", "different", "cannot_tell"], typer.Option()],
    by: By,
    role: Role,
    reason: Reason,
    home: ActingHome,
) -> None:
    """Judge whether two reports are one source heard twice."""
    acting = open_acting(Home.open(home))
    wanted = acting.deciding.decide_origin(
        proposal, decision, by=acting.practitioner(by), role=role, reason=reason
    )
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Decided: {decision} (entry {said.entry}).")
