"""Style that a command checks: what is only wished for is not kept."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("contracts", "broker", "consumers", "producers", "deploy")
BANNED = {
    "message", "payload", "data", "handler", "manager", "util", "utils", "helper", "helpers",
    "common", "process", "info", "misc", "base",
}  # fmt: skip
ROLES = {"DUTY_MANAGER", "INFORMATION_MANAGER"}
"""People who are called so."""
REGISTRIES = (
    "pypi" + ".org",
    "python" + "hosted",
    "npmjs" + ".",
    "repo1" + ".maven",
    "crates" + ".io",
)


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


@cache
def _modules() -> list[Path]:
    return [p for p in _tracked() if p.suffix == ".py"]


def _definitions(path: Path) -> Iterator[ast.AST]:
    """Walk a module: every definition and every name that it gives; no tree is kept."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.arg, ast.Name)
    return (one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, kinds))


def test_changelog_and_version_agree() -> None:
    """A release whose changelog names another version cannot be traced."""
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    newest = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert version
    assert newest
    assert version[1] == newest[1]


@pytest.mark.parametrize("part", [*PARTS, "tests"])
def test_every_top_level_folder_has_a_readme(part: str) -> None:
    """A reader must learn what a folder may import and how it fails without reading it all."""
    assert (ROOT / part / "README.md").is_file()


def test_no_file_names_a_package_registry() -> None:
    """A pin that records an address stops working with the address."""
    named = [
        str(path.relative_to(ROOT))
        for path in _tracked()
        if any(host in path.read_text(errors="ignore") for host in REGISTRIES)
    ]
    assert named == []


def test_modules_and_functions_are_short() -> None:
    """What does not fit a screen is not reviewed."""
    long = []
    for path in _modules():
        text = path.read_text()
        if len(text.splitlines()) > 400:
            long.append(f"{path}: module")
        for node in _definitions(path):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > 70:
                    long.append(f"{path}:{node.lineno}: {node.name}")
    assert long == []


def test_how_long_an_hour_is_stands_in_one_place() -> None:
    """A minute, an hour or a day that is spelt again may be spelt otherwise."""
    spelt = re.compile(r"^_?(?:MINUTE|HOUR|DAY)_MS\b.*=|\b(?:3_600_000|86_400_000)\b", re.MULTILINE)
    parts = [p for p in _modules() if p.relative_to(ROOT).parts[0] in PARTS]
    again = {str(p.relative_to(ROOT)) for p in parts if spelt.search(p.read_text())}
    assert again == {"contracts/duration.py"}


def test_names_are_the_fields_words() -> None:
    """A word like 'data' names nothing: the field has a better one."""
    found = []
    for path in _modules():
        if path.relative_to(ROOT).parts[0] not in PARTS:
            continue
        for node in _definitions(path):
            names: list[str] = []
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names = [node.name]
            elif isinstance(node, ast.arg) and node.arg != "data":  # aiokafka's own word
                names = [node.arg]
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names = [node.id]
            words = [n for n in names if n not in ROLES]
            found += [
                f"{path}: {n}" for n in words if BANNED & set(n.lower().strip("_").split("_"))
            ]
    assert found == []


def test_importing_a_module_does_nothing() -> None:
    """A connection or an environment read at import would run in every tool that imports it."""
    names = [
        ".".join(p.relative_to(ROOT).with_suffix("").parts)
        for p in _modules()
        if p.relative_to(ROOT).parts[0] in PARTS and p.name != "__init__.py"
    ]
    assert {name.partition(".")[0] for name in names} == set(PARTS)
    script = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    ran = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{script}"],
        capture_output=True, text=True, check=False, env={},
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr[-300:]) == (0, "", "")
