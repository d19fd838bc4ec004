"""A digest of each rule's code: what it runs, without what only its reader needs.

Everything of `READ` that a rule reaches by name counts; docstrings, comments and annotations do
not, nor where it stands. Spelled from the syntax tree by what Python 3.11 to 3.14
have alike, so that each of them gives the same.
"""

import ast
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

RULES = "consumers.safeguarding.rules"
CATALOGUE = f"{RULES}.catalogue"
READ = ("consumers.safeguarding", "consumers.enquiry")
"""Where what rules run stands."""
APART = {
    "M01": [(f"{RULES}.unresearched", "unresearched")],
    "M03": [
        *((f"{RULES}.same_origin", one) for one in ("account_of", "pairs_of", "same_origin")),
        ("consumers.safeguarding.origins", "proposed"),
    ],
    "M09": [("consumers.safeguarding.reassessing", "due")],
}
"""What rules run that the catalogue does not name: by time alone, on two reports, a second half.

When M01 and M09's second half are looked at is the consumer's, as history's questions are: no
version holds that."""
_READERS = frozenset({
    "ctx", "annotation", "returns", "type_comment", "type_params", "kind", "simple", "lineno",
})  # fmt: skip

Place = tuple[str, str]


class Code:
    """The code of a checkout, by module and name."""

    def __init__(self, root: Path) -> None:
        """Read below a folder, each module when it is first asked for."""
        self._root = root
        self._module = cache(self._read)

    def digests(self) -> dict[str, str]:
        """Give the digest of each rule's code by its id."""
        named, imports = self._module(CATALOGUE)
        table = named["RULES"]
        assert isinstance(table, ast.AnnAssign)
        assert isinstance(table.value, ast.Dict)
        places = dict(APART)
        for key, value in zip(table.value.keys, table.value.values, strict=True):
            rule = str(ast.literal_eval(key)) if key is not None else ""
            places[rule] = [next(_named(value, imports)), *APART.get(rule, [])]
        return {rule: self._digest(its) for rule, its in sorted(places.items())}

    def _digest(self, places: list[Place]) -> str:
        found: dict[Place, str] = {}
        waiting = list(places)
        while waiting:
            module, name = waiting.pop()
            definitions, imports = self._module(module)
            if (module, name) in found or name not in definitions:
                continue
            node = definitions[name]
            found[module, name] = f"{name} {_spelled(node)}"
            within = {one: (module, one) for one in definitions} | imports
            waiting += _named(node, within)
        return sha256("\n".join(sorted(found.values())).encode()).hexdigest()[:16]

    def _read(self, module: str) -> tuple[dict[str, ast.AST], dict[str, Place]]:
        """Give what a module defines by name, and where what it imports from us stands."""
        path = self._root / module.replace(".", "/")
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        definitions: dict[str, ast.AST] = {}
        imports: dict[str, Place] = {}
        if not file.is_file():  # a name of ours that is no module: what it has is its own
            return definitions, imports
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(READ):
                for one in node.names:
                    imports[one.asname or one.name] = (node.module or "", one.name)
            for name in _defined(node):
                definitions[name] = node
        return definitions, imports


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    targets = (
        node.targets if isinstance(node, ast.Assign)
        else [node.target] if isinstance(node, ast.AnnAssign) else []
    )  # fmt: skip
    return [name.id for one in targets for name in ast.walk(one) if isinstance(name, ast.Name)]


def _named(node: ast.AST, within: dict[str, Place]) -> Iterator[Place]:
    """List what some code names of ours: a name, or one of a module's."""
    for one in _read_of(node):
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name):
            place = within.get(one.value.id)
            if place is not None:
                yield f"{place[0]}.{place[1]}", one.attr
                yield place
        elif isinstance(one, ast.Name) and one.id in within:
            yield within[one.id]


def _read_of(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what runs of some code."""
    yield node
    for name, value in ast.iter_fields(node):
        if name not in _READERS:
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, ast.AST) and not _is_told(one):
                    yield from _read_of(one)


def _spelled(value: object) -> str:
    """Spell a piece of code, without what only its reader needs."""
    if isinstance(value, list):
        return f"[{' '.join(_spelled(one) for one in value if not _is_told(one))}]"
    if not isinstance(value, ast.AST):
        return ascii(value)
    fields = (
        f"{name}={_spelled(part)}"
        for name, part in ast.iter_fields(value)
        if name not in _READERS and part is not None and part != []
    )
    return f"{type(value).__name__}({' '.join(fields)})"


def _is_told(node: object) -> bool:
    """Say whether it is a docstring: a text that stands by itself."""
    return (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )  # fmt: skip
