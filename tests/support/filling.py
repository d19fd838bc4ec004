"""A consumer's store filled with other people's rows, as only an index passes over them; its cost.

What a page asks of a database is noted and asked again: of SQLite by the steps of its machine, of
PostgreSQL by the rows that each part of its plan touched. Both are counts, and the same each time.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    cast,
    event,
    insert,
    literal,
    select,
    text,
)

from consumers.store import Store, metadata, views

Json = Any
Asked = list[tuple[str, Any]]
DONE: dict[str, dict[str, Json]] = {
    "duties": {"discharged_by": "filled"},
    "research_tasks": {"open": False, "outcome": "nil"},
    "alerts": {"closed": "done"},
    "requests": {"answer": "filled", "supplied_at": 1, "outcome": "nil", "supplied_by": "A. B"},
    "disclosure_applications": {"over": True},
    "referrals": {"decision": "accepted", "decided_by": "A. B"},
    "known_ends": {"passed_by": "filled"},
    "deliveries": {"state": "sent"},
    "inbox": {"done": True},
    "origins": {"decision": "same", "decided_by": "A. B"},
}
"""How a row of each table stands once it is done with: half of what is filled in is."""
WORDS: dict[str, dict[str, Json]] = {
    "views": {"event": "contact_recorded", "agency": "nps-thames-valley", "leg": "filled"},
    "duties": {"kind": "response_given", "role": "duty_intelligence_inspector"},
    "research_tasks": {"system": "niche", "priority": "routine"},
    "alerts": {"attention": "duty", "rule": "M01", "role": "duty_manager"},
    "requests": {"asker": "thames-valley", "addressee": "mk-mash", "question": "records"},
    "disclosure_applications": {"right": "to_ask", "power": "dvds"},
    "referrals": {"direction": "received", "kind": "daiu"},
    "referrals_considered": {"referral": "idva", "decision": "not_made"},
    "known_ends": {"agency": "thames-valley", "ends_on": "2027-01-01"},
    "deliveries": {"state": "dead"},
    "inbox": {"event": "concern_reported", "urgency": "routine", "marks": "", "weight": 0},
    "products": {"handling": "P"},
    "copies_waiting": {"handling": "P"},
    "quarantine": {"event": "concern_reported", "outcome": "quarantined", "reasons": "[]"},
    "emergencies": {"event": "concern_reported", "reasons": "[]"},
    "links": {"subjects": "filled-a filled-b"},
    "standing": {"mark": "corrected"},
    "alert_life": {"event": "reopened"},
}
"""Words that a filled row has as a real one has."""
LEFT_OUT = frozenset({
    "positions", "clock", "acting", "spoke", "silences", "standstills", "people_settings",
    "desk_figures", "shift_notes", "unworked", "unproved", "to_tell",
})  # fmt: skip
"""Tables that are as small as the partnership, or as what went wrong."""


def fill(store: Store, first: int, last: int) -> None:
    """Add rows by number to every table that grows with what is said: the database makes them."""
    with store.write() as db:
        for table in metadata.sorted_tables:
            if table.name not in LEFT_OUT:
                for begins in (first, first + 1):  # what is done with, and what is open
                    rows = _rows_of(table, begins, last)
                    db.execute(insert(table).from_select([*rows.selected_columns.keys()], rows))
    if store._engine.dialect.name == "postgresql":
        with store.write() as db:
            db.execute(text("ANALYZE"))


def _rows_of(table: Table, begins: int, last: int) -> Select[Any]:
    """Make every other row: half of all done, and before all that is real; the others after."""
    count = select(literal(begins).label("n")).cte("numbers", recursive=True)
    numbers = count.union_all(select(count.c.n + 2).where(count.c.n + 2 < last))
    number, is_done = numbers.c.n, begins % 2 == 0
    at = number if is_done else number + literal(2_000_000_000_000, BigInteger)
    row: dict[str, Json] = {}
    for column in table.c:
        numbered = column.primary_key and isinstance(column.type, BigInteger | Integer)
        if numbered and column.name == "place" and table is not views:
            continue  # the database does
        if isinstance(column.type, Boolean):
            row[column.name] = True
        elif isinstance(column.type, BigInteger | Integer):
            is_time = isinstance(column.type, BigInteger) and column.name not in {
                "place",
                "attempt",
            }
            row[column.name] = at if is_time else number + 10**6
        elif isinstance(column.type, LargeBinary):
            row[column.name] = b""
        elif not column.nullable:
            named = "view" if table is views else "filled"  # of what is listed no text is held
            row[column.name] = literal(f"{named}-") + cast(number, String)
    row |= WORDS.get(table.name, {}) | (DONE.get(table.name, {}) if is_done else {})
    return select(*(
        (one if isinstance(one, ColumnElement) else literal(one, table.c[name].type)).label(name)
        for name, one in row.items()
    ))  # fmt: skip


@contextmanager
def noted(store: Store) -> Iterator[Asked]:
    """Note what is asked of a store's database, by whatever opens it, while the block runs."""
    asked: Asked = []

    def note(db: Connection, _: Any, statement: str, given: Any, *__: Any) -> None:
        if db.engine.url == store._engine.url and statement.lstrip().upper().startswith("SELECT"):
            asked.append((statement, given))

    event.listen(Engine, "before_cursor_execute", note)  # which hears who reads, too
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def barred(store: Store) -> Iterator[list[str]]:
    """Note each question that is asked of a store in SQLite while nobody else could write there."""
    found: list[str] = []
    path = str(store._engine.url.database)

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.startswith("SELECT"):
            return
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            found.append(statement)
        finally:
            other.close()

    event.listen(store._engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(store._engine, "before_cursor_execute", note)


def cost_of(store: Store, asked: Asked) -> dict[str, int]:
    """Ask again, and count what each query costs."""
    found: dict[str, int] = {}
    once = {(statement, repr(given)): given for statement, given in asked}
    with store._engine.connect() as db:
        costly = _rows if db.dialect.name == "postgresql" else _steps
        for (statement, _), given in once.items():
            found[statement] = max(found.get(statement, 0), costly(db, statement, given))
    return found


def _steps(db: Connection, statement: str, given: Any) -> int:
    """Count the steps of SQLite's machine, by hundreds."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    driver: Any = db.connection.driver_connection
    driver.set_progress_handler(step, 100)
    driver.execute(statement, given).fetchall()
    driver.set_progress_handler(None, 0)
    return count


def _rows(db: Connection, statement: str, given: Any) -> int:
    """Count the rows that PostgreSQL touched."""
    explained = db.exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", given)
    plan: Json = explained.scalar()
    return _touched((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def _touched(node: Json) -> int:
    dropped = sum(count for name, count in node.items() if name.startswith("Rows Removed"))
    own = int((node["Actual Rows"] + dropped) * node["Actual Loops"])
    return own + sum(_touched(one) for one in node.get("Plans", ()))
