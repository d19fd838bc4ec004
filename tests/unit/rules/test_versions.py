"""Every alert says which version of its rule raised it: no rule's code changes under a version."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest

from consumers.safeguarding.rules.catalogue import RULES
from consumers.safeguarding.rules.terms import DEFAULT, in_force
from contracts.event.control import Rules
from tests.support.command import ROOT
from tests.support.rule_code import READ, Code
from tests.vectors import ledger

TERM_ALONE = {"M13": {"3"}}
"""Versions of rules whose term alone changed: M13 is a duty from the third on, by the same code."""
HELD = Path(__file__).parent / "versions.json"
REMEDY = """
The code of {rule} is not what stands under version {version}. Where what it does, asks or says
changed: raise its version in consumers/safeguarding/rules/terms.py and in
deploy/governance/rules.yaml, and add to {rule} in {file}:
    "{following}": "{digest}"
What stands there under an earlier version is never changed: alerts on the log name it."""


def test_a_rule_whose_code_changed_has_another_version() -> None:
    """Two alerts of one version that were raised by different code are not to be compared."""
    held, now = json.loads(HELD.read_text()), Code(ROOT).digests()
    assert set(held) == set(now) == {"M01", "M03", *RULES} == {one.id for one in DEFAULT}
    for one in DEFAULT:
        known = held[one.id]
        following = one.version if one.version not in known else max(map(int, known)) + 1
        assert known.get(one.version) == now[one.id], REMEDY.format(
            rule=one.id, version=one.version, following=following, digest=now[one.id],
            file=HELD.relative_to(ROOT),
        )  # fmt: skip
        assert one.version == max(known, key=int), "the newest runs"
        code = [known[version] for version in known.keys() - TERM_ALONE.get(one.id, set())]
        assert len(set(code)) == len(code), "each is other code, but where its term alone changed"


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ('"""Ask who came along', '"""Ask WHO came along', set()),
        ("    came = _came(seen.statement)\n", "    came = _came(seen.statement)  # who\n", set()),
        ("def _came(statement: Statement) -> list[str]:", "def _came(statement):", set()),
        ('if one.part != "child"]', 'if one.part == "victim"]', {"M08", "M13"}),
        ("Somebody came along, and who", "Somebody came, and who", {"M13"}),
        ('"telephone", "other")', '"other")', {"M05", "M08"}),
    ],
)
def test_what_runs_is_told_from_what_only_its_reader_needs(
    tmp_path: Path, old: str, new: str, changed: set[str]
) -> None:
    """A comment asks no partnership to adopt a version; another word in a helper's helper does."""
    for module in READ:
        copied = module.replace(".", "/")
        shutil.copytree(ROOT / copied, tmp_path / copied)
    file = tmp_path / "consumers/safeguarding/rules/enquiry.py"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    before, after = Code(ROOT).digests(), Code(tmp_path).digests()
    assert {one for one in before if before[one] != after[one]} == changed


@pytest.mark.parametrize(("adopted", "said"), [("1", "3"), ("3", "3"), ("11", "11"), ("mk", "mk")])
def test_a_term_that_was_adopted_before_says_the_version_of_the_code_that_runs(
    adopted: str, said: str
) -> None:
    """The log's ruleset names a version that no program runs any more: an alert would name it."""
    shipped = next(one for one in DEFAULT if one.id == "M13")
    assert shipped.version == "3"
    rules = msgspec.convert(ledger.founding()["rules"], Rules)
    watch = [msgspec.structs.replace(shipped, version=adopted)]
    (term,) = in_force(msgspec.structs.replace(rules, watch=watch))
    assert term.version == said
