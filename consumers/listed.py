"""Lists page by page: a query begins where an index has its place and ends with the page.

So that no page grows with what is held: who goes on names the last row that they saw.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple, Self, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select, tuple_

PAGE = 25
"""How many rows stand on one page."""
MANY = 100
"""How far a page counts what waits, so that it reads no more than that."""
_DIGITS = 15

Row = TypeVar("Row")


class Place(NamedTuple):
    """Where a page ended: a time in milliseconds, and an id."""

    at: int
    id: str

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read a place as an address has it; None for what is none: the list begins anew."""
        at, point, said = text.partition(".")
        held = point and at.isascii() and at.isdigit() and len(at) <= _DIGITS
        return cls(int(at), said) if held else None

    def __str__(self) -> str:
        """Spell it as an address has it."""
        return f"{self.at}.{self.id}"


class Lead(NamedTuple):
    """A place in one of several lists that follow each other: which list, and where there."""

    number: int
    place: Place

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read a place as an address has it; None for what is none."""
        number, _, rest = text.partition(".")
        place = Place.read(rest)
        held = place is not None and number.isascii() and number.isdigit()
        return cls(int(number), place) if held and place is not None else None

    def __str__(self) -> str:
        """Spell it as an address has it."""
        return f"{self.number}.{self.place}"


def after(
    at: ColumnElement[Any], said: ColumnElement[Any], place: Place | None
) -> list[ColumnElement[bool]]:
    """Ask for what stands behind a place; for everything where there is none."""
    return (
        [] if place is None else [tuple_(at, said) > tuple_(literal(place.at), literal(place.id))]
    )


def before(
    at: ColumnElement[Any], said: ColumnElement[Any], place: Place | None
) -> list[ColumnElement[bool]]:
    """Ask for what stands before a place, for a list that has the newest first."""
    return (
        [] if place is None else [tuple_(at, said) < tuple_(literal(place.at), literal(place.id))]
    )


def counted(db: Connection, query: Select[Any], *, at_most: int = MANY) -> int:
    """Count what a query finds, and no further than asked."""
    some = query.limit(at_most).subquery()
    return db.execute(select(func.count()).select_from(some)).scalar_one()


class Item(NamedTuple):
    """One row of a list that several queries fill: when it is due, of which kind, its id."""

    at: int
    kind: str
    id: str
    row: Any

    @property
    def place(self) -> Place:
        """Where a page ends that ends with it."""
        return Place(self.at, f"{self.kind}:{self.id}")


Stream = Callable[[Place | None], Iterable[tuple[Place, Any]]]
"""Reads one kind from a place on, in order, only as far as it is asked."""


def together(streams: Mapping[str, Stream], place: Place | None, count: int) -> list[Item]:
    """Give the first of several kinds together, by time.

    Args:
        streams: by kind.
        place: where the page before ended (`Item.place`); None from the first.
        count: at most so many.
    """
    listed = (_items(kind, stream(own(place, kind))) for kind, stream in streams.items())
    return list(islice(merge(*listed, key=lambda one: one[:3]), count))


def in_turn(count: int, *lists: Callable[..., Sequence[Row]]) -> list[Row]:
    """Give the first of several lists that follow each other, reading no further than asked.

    Args:
        count: at most so many.
        lists: each reads at most `count` (by that name) of its own.
    """
    found = list[Row]()
    for read in lists:
        if len(found) < count:
            found += read(count=count - len(found))
    return found


def _items(kind: str, found: Iterable[tuple[Place, Any]]) -> Iterator[Item]:
    for (at, said), row in found:
        yield Item(at, kind, said, row)


def own(place: Place | None, kind: str) -> Place | None:
    """Give where one kind goes on, of a list that ended with another."""
    if place is None:
        return None
    last, _, said = place.id.partition(":")
    return Place(place.at, said) if kind == last else Place(place.at + (kind < last), "")
