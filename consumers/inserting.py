"""Inserts that know what to do where the row is there already, on both kinds of database.

What each record that comes needs is written once (`once`, `over`): SQLAlchemy takes longer to
write an insert than SQLite to do it. Anything else begins with `upsert`.
"""

from functools import cache

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(db: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Begin an insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return _insert(db.dialect.name, table)


def once(db: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Give the insert that leaves a row which is there as it is; `execute` takes the values."""
    return _once(db.dialect.name, table)


def over(
    db: Connection, table: Table, key: str, *changes: str
) -> postgresql.Insert | sqlite.Insert:
    """As `once`, but of a row which is there under the same `key` these columns are changed."""
    return _over(db.dialect.name, table, key, changes)


@cache
def _once(database: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    return _insert(database, table).on_conflict_do_nothing()


@cache
def _over(
    database: str, table: Table, key: str, changes: tuple[str, ...]
) -> postgresql.Insert | sqlite.Insert:
    made = _insert(database, table)
    return made.on_conflict_do_update(
        index_elements=[key], set_={one: made.excluded[one] for one in changes}
    )


def _insert(database: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    made = postgresql.insert(table) if database == "postgresql" else sqlite.insert(table)
    # Else PostgreSQL's are -1 rows each: what was there already would count as new.
    return made.execution_options(preserve_rowcount=True)
