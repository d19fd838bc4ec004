"""The tidy table of figures: what was counted by quarter, protected, and written as CSV. Pure.

Each figure parts one whole of one quarter; no two figures of a quarter part the same thing in ways
that could be set against each other. Quarters never overlap, and the one under way is not told, so
that nobody sets a table against the one of the day before. Nothing names an agency, a person or a
day.

Source: domain.md 5 (trap 12); OWASP, CSV injection; RFC 4180.
"""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from consumers.figures.suppression import LEAST, Protected, protect

COLUMNS = ("period", "figure", "group", "numerator", "denominator", "percentage")
SUPPRESSED = "suppressed"
"""What stands where a number is left out: as small, or so that a small one cannot be worked out."""
_BEGINS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would take for a formula."""
_QUARTER_MONTHS = 3


class Fact(NamedTuple):
    """One thing that counts once.

    Attributes:
        at: ledger milliseconds: the quarter that it counts in.
        figure: the whole that it is of.
        group: the part of it.
    """

    at: int
    figure: str
    group: str


class Row(NamedTuple):
    """One row; None for what is left out."""

    period: str
    figure: str
    group: str
    numerator: int | None
    denominator: int | None

    @property
    def percentage(self) -> str | None:
        """The share, to one decimal; None where it is left out, empty where there is none."""
        if self.numerator is None or self.denominator is None:
            return None
        return f"{100 * self.numerator / self.denominator:.1f}" if self.denominator else ""


def quarter_of(at: int) -> str:
    """Give the calendar quarter of a ledger time: `2012-Q2`."""
    day = datetime.fromtimestamp(at / 1000, UTC)
    return f"{day.year:04d}-Q{(day.month - 1) // _QUARTER_MONTHS + 1}"


class Shape(NamedTuple):
    """How figures are laid out.

    Attributes:
        groups: by how a figure's name begins, the parts that stand there also where they are none.
        together: figures that part one whole: they are told together or not at all.
    """

    groups: Mapping[str, tuple[str, ...]] = {}
    together: Sequence[Collection[str]] = ()

    def listed(self, figure: str) -> tuple[str, ...]:
        """List the parts of a figure that always stand there."""
        return next((g for begins, g in self.groups.items() if figure.startswith(begins)), ())


def tabled(
    facts: Iterable[Fact],
    shape: Shape,
    *,
    now: int,
    quarters: tuple[str, str] = ("", ""),
    least: int = LEAST,
) -> list[Row]:
    """Count, and leave out what would tell of somebody.

    Args:
        facts: in any order.
        shape: how they are laid out.
        now: ledger milliseconds: its quarter, and later ones, are not told.
        quarters: the first and the last that are told; empty for all.
        least: the least number that is shown.
    """
    first, last = quarters
    under_way = quarter_of(now)
    counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in facts:
        period = quarter_of(one.at)
        if period < under_way and first <= period and (not last or period <= last):
            counted[period, one.figure][one.group] += 1
    found: dict[tuple[str, str], Protected] = {}
    for (period, figure), cells in sorted(counted.items()):
        names = [*shape.listed(figure), *sorted(set(cells) - set(shape.listed(figure)))]
        found[period, figure] = protect({name: cells[name] for name in names}, least=least)
    _tell_together(found, shape)
    return [
        Row(period, figure, name, count, one.total)
        for (period, figure), one in found.items()
        for name, count in one.cells.items()
    ]


def _tell_together(found: dict[tuple[str, str], Protected], shape: Shape) -> None:
    """Leave a figure out wherever one that parts the same whole is left out."""
    left_out = {key for key, one in found.items() if one.total is None}
    for period, figure in left_out:
        for family in shape.together:
            for other in family if figure in family else ():
                if (period, other) in found:
                    cells = found[period, other].cells
                    found[period, other] = Protected(None, dict.fromkeys(cells))


def written(rows: Iterable[Row]) -> str:
    """Write rows as CSV (RFC 4180) that no spreadsheet runs."""
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(COLUMNS)
    for row in rows:
        given = (*row, row.percentage)
        out.writerow([SUPPRESSED if cell is None else _inert(cell) for cell in given])
    return text.getvalue()


def _inert(cell: object) -> str:
    text = str(cell)
    return f"'{text}" if text.startswith(_BEGINS) else text
