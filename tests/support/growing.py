"""A played store grown to what years bring: every row of it again, as if of other people.

Each copy has ids, digests and tokens of its own, the same in every table, so that what belongs
together still does. Its exact records are its original's, whose tokens are within their base64: a
page that lists a copy names nobody. Copies are older than all that is real and done with, but for
the newest few, which are open as what they are copied from.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    Table,
    Text,
    case,
    cast,
    func,
    insert,
    literal,
    select,
    true,
)

from consumers.inserting import upsert
from consumers.people.rows import people_keys, people_named
from consumers.safeguarding.rows import account_pairs
from consumers.store import Store, metadata, views
from contracts.duration import DAY_MS
from tests.support.filling import DONE, LEFT_OUT

CHUNK = 100
"""How many copies one transaction adds."""
STEP_MS = DAY_MS // 3
"""How far apart copies are: what is copied stands for some hours of an agency's work."""
ENTRIES = 10_000
NAMESAKES, NAMES = 50, 20
"""How many copies have the names of one, where there are enough of them, and how many names there
are at least; namesakes come as often in a week whatever is held."""
_MARK, _NAMED = "\x01", "\x02"
"""What a copy's own letters stand for: of an id, and of a key that is made of names."""
_ID = re.compile(
    r"(?<![\w-])(?:"
    r"([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{6})[0-9a-f]{6}|"
    r"(?=[\w-]*[A-Z])(?=[\w-]*[a-z])([\w-]{16}|[\w-]{37})[\w-]{6})(?![\w-])"
)
"""A statement's id, or a token or a digest; its last six letters are a copy's own."""
SAME = frozenset({("views", "kid"), ("looks", "token"), ("reveals", "token")})
"""Columns of what many rows share: keys, and the people who work here."""
NO_TIMES = frozenset({
    "place", "entry", "offset", "attempt", "attempts", "days_apart", "statements", "suspect",
    "reopened",
})  # fmt: skip
"""Whole numbers that are no moments."""
DAYS = frozenset({"day", "ends_on"})
"""Columns that hold a day, `YYYY-MM-DD`."""
OVER: Mapping[str, Mapping[str, Any]] = {**DONE, "alerts": {**DONE["alerts"], "next_at": None}}
"""How a row stands once it is done with, its clock too."""


def statements_in(store: Store) -> int:
    """Count what is held but public control."""
    with store.read() as db:
        query = select(func.count()).where(views.c.leg != "public_control")
        return db.execute(query.select_from(views)).scalar_one()


def grow(store: Store, size: int, *, open_share: float = 0.0) -> int:
    """Add copies until so many statements are held; give how many rows were added.

    Args:
        store: of a played consumer: as many copies of all of it are added as are needed.
        size: how many statements.
        open_share: how many of the copies are open still.
    """
    copies = max(0, round(size / statements_in(store)) - 1)
    added, open_ = 0, round(copies * open_share)
    with store._engine.connect() as db:
        numbers = _numbers(db, copies)
        templates = [(table, _template(db, table)) for table in metadata.sorted_tables
                     if table.name not in LEFT_OUT]  # fmt: skip
        for first in reversed(range(1, copies + 1, CHUNK)):  # the oldest first
            for table, (template, marked) in templates:
                which = numbers.c.n.between(first, first + CHUNK - 1)
                added += _copy(db, table, template, marked, numbers, which, open_)
            db.commit()
    if store._engine.dialect.name == "postgresql":
        with store._engine.connect() as db:
            db.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
    return added


def _numbers(db: Connection, copies: int) -> Table:
    columns = (
        Column("n", Integer), Column("mark", Text), Column("named", Text), Column("days", Integer)
    )  # fmt: skip
    table = Table("copies", MetaData(), *columns, prefixes=["TEMPORARY"])
    table.drop(db, checkfirst=True)
    table.create(db)
    names = max(NAMES, copies // NAMESAKES)
    rows = [
        {
            "n": n,
            "mark": f"{n:06x}",
            "named": f"~{n % names:x}",
            "days": n * STEP_MS // DAY_MS,
        }
        for n in range(1, copies + 1)
    ]
    if rows:
        db.execute(insert(table), rows)
    return table


def _template(db: Connection, table: Table) -> tuple[Table, frozenset[str]]:
    """Keep what is copied, with marks where a copy has its own letters; and which columns do."""
    columns = [Column(one.name, one.type) for one in table.c]
    made = Table(f"copied_{table.name}", MetaData(), *columns, prefixes=["TEMPORARY"])
    made.drop(db, checkfirst=True)
    made.create(db)
    query = select(table)
    if table is views:
        query = query.where(views.c.leg != "public_control")
    rows = [_marked(table, row) for row in db.execute(query).mappings()]
    if rows:
        db.execute(insert(made), rows)
    held = {name for row in rows for name, value in row.items() if _has_mark(value)}
    return made, frozenset(held)


def _has_mark(value: Any) -> bool:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return isinstance(text, str) and (_MARK in text or _NAMED in text)


def _marked(table: Table, row: RowMapping) -> dict[str, Any]:
    return {name: _mark(table, name, value) for name, value in row.items()}


def _mark(table: Table, name: str, value: Any) -> Any:
    if table is people_named and name == "mention":
        return _ID.sub(_tail, value.decode()).encode()
    if not isinstance(value, str) or (table.name, name) in SAME:
        return value
    text = _ID.sub(_tail, value)
    if table is account_pairs and name == "pair":
        parts = text.split("\n")
        text = "\n".join(one if _MARK in one else one + _NAMED for one in parts)
    if table is people_keys and name == "key" and _MARK not in text:
        text += _MARK if text.startswith("i/") else _NAMED
    return text


def _tail(found: re.Match[str]) -> str:
    return f"{found[1] or found[2]}{_MARK}"


def _copy(
    db: Connection, table: Table, template: Table, marked: frozenset[str], numbers: Table,
    which: ColumnElement[bool], open_: int,
) -> int:  # fmt: skip
    names = [one.name for one in table.c if not _is_given(table, one)]
    is_done = numbers.c.n > open_
    over = OVER.get(table.name, {})
    found: list[ColumnElement[Any]] = []
    for name in names:
        value = _value(db, template.c[name], numbers, is_done, has_mark=name in marked)
        if name in over:
            ends = literal(over[name], template.c[name].type)
            value = case((is_done, ends), else_=value)
        found.append(value.label(name))
    query = select(*found).select_from(template.join(numbers, true())).where(which)
    query = query.order_by(numbers.c.n.desc())
    row = upsert(db, table).from_select(names, query).on_conflict_do_nothing()
    return int(db.execute(row, execution_options={"preserve_rowcount": True}).rowcount)


def _days_before(
    db: Connection, day: ColumnElement[Any], days: ColumnElement[Any]
) -> ColumnElement[Any]:
    if db.dialect.name == "postgresql":
        return func.to_char(cast(day, Date) - days, "YYYY-MM-DD")
    return func.date(day, func.printf("-%d days", days))


def _is_given(table: Table, column: Column[Any]) -> bool:
    """Say whether the database gives a row its number itself."""
    return column.name == "place" and [*table.primary_key.columns] == [column]


def _value(
    db: Connection, column: Column[Any], numbers: Table, is_done: ColumnElement[bool], *,
    has_mark: bool,
) -> ColumnElement[Any]:  # fmt: skip
    """Give what stands in a column of a copy."""
    if isinstance(column.type, BigInteger) and column.name == "entry":
        return column - numbers.c.n * literal(ENTRIES, BigInteger)
    if isinstance(column.type, BigInteger) and column.name not in NO_TIMES:
        before = column - numbers.c.n * literal(STEP_MS, BigInteger)
        return case((is_done, before), else_=column + numbers.c.n)
    if column.name in DAYS and not has_mark:
        return case((is_done, _days_before(db, column, numbers.c.days)), else_=column)
    if not has_mark:
        return column
    is_bytes, is_postgres = isinstance(column.type, LargeBinary), db.dialect.name == "postgresql"
    text: ColumnElement[Any] = column
    if is_bytes:
        text = func.convert_from(column, "UTF8") if is_postgres else cast(column, Text)
    for mark, own in ((_MARK, numbers.c.mark), (_NAMED, numbers.c.named)):
        text = func.replace(text, mark, own)
    if not is_bytes:
        return text
    return func.convert_to(text, "UTF8") if is_postgres else cast(text, LargeBinary)
