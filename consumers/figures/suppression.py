"""Small numbers: what is left out of a table so that no cell of it can be worked out. Pure.

A table here is one total parted into cells. Cells from 1 to below the least are left out. So that
what is left out is not the total less the rest, others are left out with them, until there are two
and more, they come to the least and more, and their sum tells no one of them. Which others does
not follow from how large they are: it would tell how large they are not. Where that is not enough,
or the total is below the least, it is left out with every cell of it.

One word stands for both: which cells were small is itself a small number.

Source: domain.md 5 (trap 12); ONS, Policy on protecting confidentiality in tables of birth and
death statistics (primary and secondary suppression).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

LEAST = 5
"""The least number that is shown, by default; it may be more and never less."""
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Protected:
    """One total and its cells; None for what is left out."""

    total: int | None
    cells: Mapping[str, int | None]


def protect(cells: Mapping[str, int], *, least: int = LEAST) -> Protected:
    """Leave out of one parted total what would tell a small number.

    Args:
        cells: the parts, by name; they are the whole.
        least: the least number that is shown.
    """
    total = sum(cells.values())
    if not total:
        return Protected(0, dict(cells))
    hidden = {name for name, count in cells.items() if 0 < count < least}
    rest = sorted((name for name in cells if cells[name] and name not in hidden), key=_draw)
    while hidden and rest and not _is_safe([cells[name] for name in hidden], least):
        hidden.add(rest.pop())
    if total < least or (hidden and not _is_safe([cells[name] for name in hidden], least)):
        return Protected(None, dict.fromkeys(cells))
    return Protected(
        total, {name: None if name in hidden else count for name, count in cells.items()}
    )


def _is_safe(counts: list[int], least: int) -> bool:
    """Say whether counts that are left out cannot be told from their sum."""
    together = sum(counts)
    extremes = {len(counts), (least - 1) * len(counts)}
    return len(counts) >= _PAIR and together >= least and together not in extremes


def _draw(name: str) -> bytes:
    """Order names by nothing that they count."""
    return sha256(f"candour-figures\n{name}".encode()).digest()
