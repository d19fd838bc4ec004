"""`candour figures`: how often and whether in time, as CSV for the strategic group."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from consumers import store as stored
from consumers.figures import counting, rows
from consumers.figures.suppression import LEAST
from consumers.figures.table import Fact, tabled, written
from contracts.fault import Misuse
from deploy.command.consumer import ActingHome, Looks
from deploy.refusals import refusals
from deploy.wiring import open_acting
from producers.home import Home
from producers.keys import write_private
from producers.saying import viewer_of

_QUARTER = re.compile(r"[0-9]{4}-Q[1-4]")

First = Annotated[str, typer.Option("--from", help="The first quarter told, for example 2012-Q2.")]
Last = Annotated[str, typer.Option("--to", help="The last quarter told.")]
CsvFile = Annotated[Path | None, typer.Option("--csv", help="A new file; else it is printed.")]
Least = Annotated[
    int, typer.Option("--least", min=LEAST, help="The least number that is shown; never below 5.")
]


def figures(  # noqa: PLR0913 - as its options
    home: ActingHome,
    first: First = "",
    last: Last = "",
    csv: CsvFile = None,
    least: Least = LEAST,
    by: Looks = None,
) -> None:
    """Count by quarter what this agency holds; small numbers say `suppressed`.

    The quarter under way is not told: set against tomorrow's, it would tell of one day.
    """
    acting = open_acting(Home.open(home))
    viewer = viewer_of(acting.outbox, by)
    if viewer is None:  # beside the table, which a program may read
        typer.echo(
            "Nobody known here looks (--by): what is kept from anybody is left out.", err=True
        )
    with acting.store.read() as db:
        found = [*rows.facts(db, viewer), *refusals(acting.outbox, viewer)]
        now = stored.ledger_time(db)
    ours = acting.home.agency.agency
    whose = f"what {ours} said and was sent; another agency counts what both hold again"
    tell(found, whose, now=now, quarters=(first, last), least=least, csv=csv)


def tell(  # noqa: PLR0913 - as its options
    found: Iterable[Fact], whose: str, *, now: int, quarters: tuple[str, str], least: int,
    csv: Path | None,
) -> None:  # fmt: skip
    """Write figures as CSV, to a file or as they are read; what they count goes beside them.

    Raises:
        Misuse: a quarter is none, or the file is there.
    """
    if not all(_QUARTER.fullmatch(one) for one in quarters if one):
        raise Misuse(
            "--from and --to are quarters, so that no two tables overlap.",
            remedy="Give each as 2012-Q2.",
        )
    first, last = quarters
    if first and last and first > last:
        raise Misuse("--from is after --to.", remedy="Give the earlier quarter as --from.")
    table = tabled(found, counting.SHAPE, now=now, quarters=quarters, least=least)
    text = written(table)
    if csv is None:
        typer.echo(text, nl=False)
    else:
        write_private(csv, text.encode())
    left_out = sum(one.numerator is None for one in table)
    typer.echo(
        f"{len(table)} figures of quarters that are over, {left_out} of them suppressed: each is "
        f"below {least}, or would let somebody work one out that is. Counted: {whose}.",
        err=True,
    )
