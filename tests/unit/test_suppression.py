"""Small numbers stay untold: whoever solves the table, knowing how it was made, learns none."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as some

from consumers.figures.suppression import Protected, protect

Published = tuple[int | None, tuple[tuple[str, int | None], ...]]


def published(cells: dict[str, int], least: int) -> Published:
    """Give what somebody reads."""
    found = protect(cells, least=least)
    return found.total, tuple(found.cells.items())


def tables(count: int, most: int) -> Iterator[dict[str, int]]:
    """List every table of so many cells."""
    names = [f"cell {n}" for n in range(count)]
    for counts in product(range(most + 1), repeat=count):
        yield dict(zip(names, counts, strict=True))


@pytest.mark.parametrize(
    ("count", "most", "least"),
    [(1, 30, 5), (2, 24, 5), (3, 17, 5), (4, 11, 5), (4, 9, 4), (5, 6, 3)],
)
def test_nobody_who_solves_a_table_learns_what_is_left_out(
    count: int, most: int, least: int
) -> None:
    """They know every rule by which it was made, and try every table that there could have been."""
    made: dict[Published, list[dict[str, int]]] = defaultdict(list)
    for cells in tables(count, most):
        made[published(cells, least)].append(cells)
    for (total, shown), could in made.items():
        left_out = [name for name, value in shown if value is None]
        if total is not None and total - sum(v or 0 for _, v in shown) > most:
            continue  # what else it could have been reaches beyond the tables tried
        for name in left_out:
            values = {cells[name] for cells in could}
            assert len(values) > 1, (total, shown, could[0])


@given(some.lists(some.integers(0, 60), min_size=1, max_size=12), some.integers(5, 10))
def test_no_small_number_is_shown_and_what_is_left_out_is_no_remainder(
    counts: list[int], least: int
) -> None:
    """The first thing that anybody does is to subtract."""
    cells = {f"cell {n}": count for n, count in enumerate(counts)}
    found = protect(cells, least=least)
    shown = [value for value in found.cells.values() if value is not None]
    assert all(value == 0 or value >= least for value in shown)
    hidden = len(cells) - len(shown)
    assert found.total is None or found.total == 0 or found.total >= least
    if hidden and found.total is not None:
        assert hidden >= 2
        assert found.total - sum(shown) >= least
    if not hidden:
        assert found.total == sum(counts)


def test_what_needs_no_protection_is_shown_whole() -> None:
    """A table of dashes helps nobody."""
    assert protect({"a": 20, "b": 5, "c": 0}) == Protected(25, {"a": 20, "b": 5, "c": 0})
    assert protect({}) == Protected(0, {})
