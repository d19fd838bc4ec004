"""When the next clock runs out: whatever any consumer's rows say is still to come.

Time stands still in an exercise until somebody says something. Between two items it is moved to
each moment at which a duty, a task or an alert runs out, so that what follows stands at its time.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, CompoundSelect, Connection, bindparam, func, select

from consumers.store import Store, metadata
from contracts.duration import MINUTE_MS


def next_clock(stores: Iterable[Store], after: int) -> int | None:
    """Give the first minute after a time by which a clock has run out; None where none is set.

    A clock that stands in the minute of that time runs out after it: consumers look each minute.

    Args:
        stores: every consumer's.
        after: exercise time in milliseconds.
    """
    found = list[int]()
    for store in stores:
        with store.read() as db:
            found += _to_come(db, after // MINUTE_MS * MINUTE_MS)
    return (min(found) // MINUTE_MS + 1) * MINUTE_MS if found else None


def _to_come(db: Connection, since: int) -> list[int]:
    """List the first moment to come of every column that holds moments."""
    first = db.execute(_moments(), {"since": since}).scalars()
    return [moment for moment in first if moment is not None]


@cache
def _moments() -> CompoundSelect[Any]:
    queries = [
        select(func.min(column)).where(column >= bindparam("since"))
        for table in metadata.sorted_tables
        for column in table.c
        if isinstance(column.type, BigInteger)
        and (column.name.endswith("_at") or column.name == "until")
    ]
    return queries[0].union_all(*queries[1:])
