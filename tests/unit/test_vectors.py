"""The vectors hold, cover every reason, and are what their generator writes."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from contracts import base64url
from contracts.entry import ReasonGiven
from contracts.reason import Reason
from contracts.statement import Refused, verify
from tests.support.playing import Play, octets
from tests.support.stranger import seeded
from tests.vectors.ledger import CLOCK_MS, PARTNERSHIP
from tests.vectors.make import HERE, files, spelled

CASES = sorted(
    path.relative_to(HERE).as_posix()
    for path in HERE.glob("*/*.json")
    if path.parent.name != "signature"
)
FORMS = [name for name in CASES if "beginning" not in json.loads((HERE / name).read_text())]
RULINGS = [name for name in CASES if name not in FORMS]


@cache
def read(name: str) -> Any:
    """Read one file."""
    return json.loads((HERE / name).read_text())


def test_every_reason_has_a_vector() -> None:
    """A code that no vector reaches is a promise nobody has tried."""
    rows = [row for name in CASES for row in (read(name), *read(name).get("redecided", []))]
    named = {given["code"] for row in rows for given in row["reasons"]}
    assert {str(reason) for reason in Reason} - named == set()


def test_the_files_are_what_the_generator_writes() -> None:
    """A stranger's implementation is tried on the files: they may not drift from their source."""
    written = {path: spelled(held) for path, held in files()}
    stands = {
        path.relative_to(HERE).as_posix(): path.read_text()
        for path in HERE.rglob("*.json")
        if path.parent.name != "signature"
    }
    assert written.keys() == stands.keys()
    assert [path for path, text in written.items() if stands[path] != text] == []


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_refused_for_its_reason(name: str) -> None:
    """Each implementation must name the same first defect, or receipts differ."""
    case = read(name)
    keys = {kid: base64url.decode(key) for kid, key in case["keys"].items()}
    with pytest.raises(Refused) as refused:
        verify(octets(case["submission"]), keys.get)
    given = {"code": str(refused.value.reason), "fields": refused.value.fields}
    assert [given] == case["reasons"]


@pytest.mark.parametrize("name", RULINGS)
def test_a_ruling_is_as_expected(name: str) -> None:
    """The same log must be decided alike by everybody who replays it."""
    case = read(name)
    draw = seeded(name)
    played = Play(PARTNERSHIP, CLOCK_MS, lambda: draw(16))
    for one in read(case["beginning"])["submissions"]:
        written = played.submit(one["agency"], octets(one["submission"]))
        assert written.recorded.head.kind == "statement", "the beginning is accepted"
    for one in case["submissions"]:
        written = played.submit(one["agency"], octets(one["submission"]))
    decision = written.recorded.decision
    assert decision is not None
    items = written.recorded.items
    given = items[-1].reasons if items else decision.reasons
    assert decision.outcome == case["outcome"]
    assert _told(given) == case["reasons"]
    anew = [{"outcome": row.outcome, "reasons": _told(row.reasons)} for row in decision.redecided]
    assert anew == case.get("redecided", [])
    assert decision.recipients == case["delivered"]


def _told(reasons: Iterable[ReasonGiven]) -> list[dict[str, Any]]:
    return [{"code": one.code, "fields": one.fields} for one in reasons]


def test_no_vector_is_named_twice() -> None:
    """A file written over another would leave a case out in silence."""
    paths = [path for path, _ in files()]
    assert len(paths) == len(set(paths))
    assert all(Path(path).suffix == ".json" for path in paths)
