"""Whether a database's tables are this program's, or those of another version of it.

What the views bring back is never altered: it is made anew (`candour consumer rebuild`). What
nothing brings back keeps its rows then, and gains the columns that may be empty; nothing else of
it can change.
"""

from collections.abc import Collection, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    BigInteger,
    ClauseElement,
    Column,
    Connection,
    Inspector,
    Integer,
    MetaData,
    Table,
    Text,
    create_mock_engine,
    delete,
    insert,
    inspect,
    select,
)
from sqlalchemy.schema import CreateColumn
from sqlalchemy.types import TypeEngine

from contracts.fault import Misuse

PLACE = BigInteger().with_variant(Integer, "sqlite")
"""The type of a row's place among the others, which the database counts itself."""

LOCAL = {"local": True}
"""The `info` of a table that no view brings back."""

REBUILD = (
    "Stop the consumer and the desk, and run: candour consumer rebuild --home DIR. "
    "What no log brings back is kept, and nothing is said twice."
)

shapes = Table(
    "shapes",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("shape", Text, nullable=False),
)
"""The shape in which each table was made, as a digest, by the table's name."""


def make(
    db: Connection, tables: Sequence[Table], *, remedy: str, read: Table | None = None
) -> None:
    """Make the tables that a database lacks, and insist on the shape of those that it has.

    Args:
        db: an open transaction.
        tables: of this program.
        remedy: what to do where another version made them.
        read: one of them that has a row once views were read: a table that they fill is then too
            late. None where there is no such thing.

    Raises:
        Misuse: another version of this program made them, or read without one of them.
    """
    shapes.create(db, checkfirst=True)
    held = {row.name: row.shape for row in db.execute(select(shapes))}
    others = [one.name for one in tables if held.get(one.name, _shape_of(one)) != _shape_of(one)]
    lacking = [one for one in tables if one.name not in held]
    if lacking:
        # Before shapes were kept, tables were made without one.
        there = set(inspect(db).get_table_names())
        others += [one.name for one in lacking if one.name in there]
        if read is not None and read.name in held and db.execute(select(read)).first():
            others += [one.name for one in lacking if not _is_local(one)]
    if others:
        raise _made_by_another(others, remedy)
    for one in lacking:
        for text in _making(one, f"{db.dialect.name}+{db.dialect.driver}"):
            db.exec_driver_sql(text)
    _note(db, lacking)


def make_anew(db: Connection, tables: Sequence[Table]) -> None:
    """Drop what the views bring back, and make it anew; what they do not keeps its rows.

    Args:
        db: an open transaction.
        tables: of this program.

    Raises:
        Misuse: what no view brings back has changed in more than columns that may be empty.
    """
    shapes.create(db, checkfirst=True)
    before = inspect(db)
    there = set(before.get_table_names())
    for one in tables:
        if _is_local(one) and one.name in there:
            _grow(db, one, before)
            continue
        if one.name in there:
            one.drop(db, checkfirst=False)
        one.create(db, checkfirst=False)
    db.execute(delete(shapes).where(shapes.c.name.in_([one.name for one in tables])))
    _note(db, tables)


def _made_by_another(tables: Collection[str], remedy: str) -> Misuse:
    return Misuse(
        f"Another version of Candour made this database: {len(set(tables))} of its tables are not "
        f"as this one needs them ({min(tables)} is one).",
        remedy=remedy,
    )


def _note(db: Connection, tables: Sequence[Table]) -> None:
    if tables:
        made = [{"name": one.name, "shape": _shape_of(one)} for one in tables]
        db.execute(insert(shapes), made)


def _grow(db: Connection, table: Table, before: Inspector) -> None:
    def spelled(given: TypeEngine[Any], nullable: bool | None) -> str:
        return f"{given.compile(dialect=db.dialect)} {nullable}"

    there = {
        one["name"]: spelled(one["type"], one["nullable"]) for one in before.get_columns(table.name)
    }
    ours = {one.name: spelled(one.type, one.nullable) for one in table.c}
    lacking = [one for one in table.c if one.name not in there]
    keys = before.get_pk_constraint(table.name)["constrained_columns"]
    is_kept = there.items() <= ours.items() and keys == table.primary_key.columns.keys()
    if not is_kept or not all(one.nullable for one in lacking):
        raise _made_by_another(
            [table.name],
            "Nothing was changed. No log brings its rows back: go on with the version that made "
            "it, and ask its developers.",
        )
    name = db.dialect.identifier_preparer.format_table(table)
    for one in lacking:
        column = CreateColumn(one).compile(dialect=db.dialect)
        db.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {column}")
    for index in table.indexes:
        index.create(db, checkfirst=True)


def _is_local(table: Table) -> bool:
    return bool(table.info.get("local"))


@cache
def _making(table: Table, database: str) -> list[str]:
    """Write what makes a table and its indexes, once: that takes longer than to make them."""
    made = list[str]()

    def take(text: ClauseElement, *_: object) -> None:
        made.append(str(text.compile(dialect=known.dialect)))

    known = create_mock_engine(f"{database}://", take)
    table.create(known, checkfirst=False)
    return made


@cache
def _shape_of(table: Table) -> str:
    columns = [
        f"{one.name} {one.type} {one.nullable} {one.primary_key} {one.unique}" for one in table.c
    ]
    indexes = sorted(f"{one.name} {one.unique} {list(map(str, one.expressions))}"
                     for one in table.indexes)  # fmt: skip
    return sha256("\n".join([*columns, *indexes]).encode()).hexdigest()
