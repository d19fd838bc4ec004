"""FORMAT.md's tables as a reader finds them: by the struct a heading names, or by their columns."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "contracts" / "FORMAT.md").read_text()
_HEADING = re.compile(r"#+ (?:`(\w+)`(?:, after `(\w+)`)?|.+)")
_UNESCAPED_BAR = re.compile(r"(?<!\\)\|")
_ESCAPED = re.compile(r"\\([|<>~])")


@dataclass
class Table:
    """One table, and the struct (and the one before it) that its heading names."""

    struct: str | None
    after: str | None
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)


def _read(text: str) -> Iterator[Table]:
    struct, after, table = None, None, None
    for line in text.splitlines():
        heading = _HEADING.fullmatch(line)
        if heading is not None:
            struct, after = heading[1], heading[2]
        if not line.startswith("|"):
            if table is not None:
                yield table
            table = None
            continue
        cells = tuple(
            _ESCAPED.sub(r"\1", cell.strip()) for cell in _UNESCAPED_BAR.split(line)[1:-1]
        )
        if table is None:
            table = Table(struct, after, cells)
        elif set(line) != {"|", "-"}:
            table.rows.append(cells)
    if table is not None:
        yield table


TABLES = list(_read(TEXT))
MEMBERS = {t.struct: t for t in TABLES if t.columns[0] == "member" and t.struct is not None}


def rows(*columns: str) -> list[tuple[str, ...]]:
    """Give the rows of every table with these columns, backticks around a whole cell taken off."""
    found = [row for table in TABLES if table.columns == columns for row in table.rows]
    assert found, f"FORMAT.md has no table of {columns}"
    assert all(len(row) == len(columns) for row in found)
    return [tuple(re.sub(r"\A`([^`]*)`\Z", r"\1", cell) for cell in row) for row in found]
