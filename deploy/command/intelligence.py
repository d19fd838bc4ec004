"""`candour intelligence`: how police grade, and the sanitised copies that leave."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Literal

import typer
from sqlalchemy import RowMapping

from consumers import standing
from consumers import store as stored
from consumers.intelligence import grading, rows
from consumers.intelligence.desk import KINDS, Product
from consumers.intelligence.grading import Conditions
from contracts.event.action import ProductReleased
from deploy.command.consumer import FIRST, ActingHome, First, Looks, insist_on
from deploy.command.listing import Part, Reading, tell
from deploy.command.spelling import By, Role, limits_of
from deploy.command.words import CopyWords, Instructions
from deploy.wiring import open_acting
from producers.home import Home

app = typer.Typer(no_args_is_help=True, help="Gradings, and sanitised copies.")

Action = Annotated[
    Literal["A1", "A2", "A3"] | None,
    typer.Option(help="Of code C: A1 no action without the originator, A2 covert, A3 overt."),
]
Sanitised = Annotated[
    Literal["S1", "S2"] | None,
    typer.Option("--sanitisation", help="Of code C: S1 without asking, S2 the originator first."),
]


@app.command("list")
def listed(home: ActingHome, first: First = FIRST, by: Looks = None) -> None:
    """List intelligence with every grading, the last first; then the copies that left or came."""

    def read(reading: Reading, count: int) -> list[str]:
        agencies = reading.acting.voice.partners.agencies
        return rows.items(reading.db, reading.viewer, agencies, count=count)

    def copies(reading: Reading, count: int) -> list[RowMapping]:
        return rows.released_seen(reading.db, reading.viewer, count=count)

    tell(
        open_acting(Home.open(home)), by, first,
        Part("intelligence", read, _item, about=()), Part("intelligence", copies, _product),
        nothing="No intelligence, and no copy of any, is shown here.",
    )  # fmt: skip


def _item(reading: Reading, item: str) -> Iterator[str]:
    db = reading.db
    yield f"\n{item}"
    yield from reading.first_lines(item)
    yield from reading.marks(item)
    yield from (f"  {line}" for line in limits_of(standing.held(db, item)))
    graded = standing.visible(db, reading.viewer, rows.gradings_of(db, item), "id")
    for one in graded:
        yield f"  {grading.words(one)}; by {one['by']}, {one['role']}"
        if one["instructions"]:
            yield f"    instructions: {one['instructions']}"
    if not graded:
        yield "  NOT GRADED: nobody has said how good it is or how it is handled"


def _product(reading: Reading, product: RowMapping) -> Iterator[str]:
    yield f"\n{product['id']}  a sanitised copy by {product['agency']}"
    yield from reading.first_lines(product["id"])
    yield from reading.marks(product["id"])
    held = stored.held(reading.db, product["id"])
    event = held.sections.get("event") if held is not None else None
    if isinstance(event, ProductReleased):
        codes = " ".join(c for c in (event.handling, event.action, event.sanitisation) if c)
        yield f"  handling {codes}: {grading.HANDLING[event.handling]}"
        if event.instructions:
            yield f"  instructions: {event.instructions}"
        yield f"  {event.product}"
    yield (
        f"  about report {product['statement']}; sanitised by {product['sanitised_by']}, "
        f"authorised by {product['authorised_by']}"
    )


@app.command()
def grade(  # noqa: PLR0913 - a grade has this many independent parts
    statement: Annotated[str, typer.Argument(help="The item's id.")],
    scheme: Annotated[
        Literal["3x5x2", "5x5x5"], typer.Option(help="Always named; never converted.")
    ],
    source: Annotated[str, typer.Option(help="3x5x2: 1 to 3. 5x5x5: A to E.")],
    assessment: Annotated[str, typer.Option(help="3x5x2: A to E. 5x5x5: 1 to 5.")],
    handling: Annotated[str, typer.Option(help="3x5x2: P or C. 5x5x5: 1 to 5.")],
    by: By,
    role: Role,
    home: ActingHome,
    action: Action = None,
    sanitisation: Sanitised = None,
    words: Instructions = None,
) -> None:
    """Grade one item; what was graded before stands beside it."""
    acting = open_acting(Home.open(home))
    insist_on(acting.outbox, KINDS, "a police desk")
    given = {
        "scheme": scheme, "source": source, "assessment": assessment, "handling": handling,
        "action": action, "sanitisation": sanitisation,
        "instructions": words.instructions if words else None,
    }  # fmt: skip
    wanted = acting.grading.grade(statement, given, by=acting.practitioner(by), role=role)
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Graded {scheme} {source} {assessment} {handling} (entry {said.entry}).")


@app.command()
def release(  # noqa: PLR0913 - a copy has this many independent parts
    report: Annotated[str, typer.Argument(help="The report's id that it is about.")],
    of: Annotated[list[str], typer.Option(help="Id of what it is made of; repeat it.")],
    person: Annotated[str, typer.Option(help="Token of whom it is about, as the report has it.")],
    sanitised_by: Annotated[
        str, typer.Option(help="Who wrote it, by name; not you. Believed as typed: nobody is "
                          "authenticated here, only at the desk."),
    ],
    handling: Annotated[Literal["P", "C"], typer.Option(help="P, or C with its conditions.")],
    words: CopyWords,
    by: By,
    role: Role,
    home: ActingHome,
    action: Action = None,
    sanitisation: Sanitised = None,
    consulted: Annotated[
        bool, typer.Option("--consulted", help="S2: the originator was consulted before.")
    ] = False,
    decision: Annotated[
        str | None,
        typer.Option(help="Id of the decision to disclose, where it tells what PNC, LEDS or PND "
                     "hold about somebody who may be the victim."),
    ] = None,
) -> None:  # fmt: skip
    """Authorise a sanitised copy that somebody else wrote; the originals stay as they are.

    Both hands are believed as named: nobody is authenticated at the command line. At the desk each
    is a person who is signed in.
    """
    acting = open_acting(Home.open(home))
    insist_on(acting.outbox, KINDS, "a police desk")
    product = Product(
        statement=report, of=of, subject=person, text=words.product, handling=handling,
        sanitised_by=acting.practitioner(sanitised_by), consulted=consulted, decision=decision,
        conditions=Conditions(action, sanitisation, words.instructions),
    )  # fmt: skip
    wanted = acting.grading.release(product, by=acting.practitioner(by), role=role)
    said = asyncio.run(acting.act(wanted))
    typer.echo(f"Released as {said.id} (entry {said.entry}).")
