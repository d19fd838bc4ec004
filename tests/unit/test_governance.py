"""The documents that an information-governance lead signs are true to the code they name."""

import re
from pathlib import Path

import pytest
import typer

from contracts.agreement import Leg
from deploy.command import application
from producers.document import convert, load
from tests.matrix.partnership import GOVERNANCE, agreement, kinds, law

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(GOVERNANCE.glob("*.md"))


def test_the_explained_leg_is_the_one_that_ships() -> None:
    """A reader who learns from it must not learn something else."""
    text = (GOVERNANCE / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    leg = convert(*load(found[1], "README.md"), Leg, name="README.md")
    assert leg == next(one for one in agreement("mk-substance").legs if one.id == leg.id)
    explained = set(re.findall(r"`([a-z_]+)`", text[found.end() :]))
    assert set(Leg.__struct_encode_fields__) <= explained


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.name)
def test_every_file_that_is_named_is_there(document: Path) -> None:
    """A measure that points nowhere is a promise that nobody kept."""
    named = re.findall(r"`([\w./*-]+/[\w./*-]+|[\w-]+\.(?:md|yaml))`", document.read_text())
    assert named
    here = [name for name in named if "." in name or name.split("/")[0] in {"tests", "deploy"}]
    absent = [
        name
        for name in here
        if not list(ROOT.glob(name)) and not list(document.parent.glob(name))
    ]  # fmt: skip
    assert absent == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.name)
def test_every_command_that_is_named_is_there(document: Path) -> None:
    """A lead who signs that a command does it must be able to run it."""
    group = typer.main.get_command(application())
    for line in re.findall(r"`candour ([^`]+)`", document.read_text()):
        known: object = group
        for word in line.split():
            commands = getattr(known, "commands", None)
            if commands is None:
                break
            assert word in commands, line
            known = commands[word]


def test_every_agency_has_its_controller() -> None:
    """An agency that nobody answers for may receive nothing."""
    rows = (GOVERNANCE / "controllers.md").read_text().partition("## Agencies")[2]
    named = set(re.findall(r"[a-z]+(?:-[a-z]+)*", rows.partition("## Commissions")[0]))
    assert set(kinds()) <= named
    commissioned = {name for name, kind in kinds().items() if kind == "support_service"}
    commissions = rows.partition("## Commissions")[2].partition("## Joint")[0]
    assert all(f"| {name} |" in commissions for name in commissioned)


def test_the_policy_document_names_the_conditions_that_the_legs_rely_on() -> None:
    """A condition of Schedule 1 without its policy document does not stand."""
    text = (GOVERNANCE / "appropriate-policy-document.md").read_text()
    spelt = {
        "uk_gdpr.9.2.g": "Article 9(2)(g)", "uk_gdpr.9.2.h": "Article 9(2)(h)",
        "uk_gdpr.10": "Article 10", "dpa_2018.sch_1.2": "Sch 1 para 2",
        "dpa_2018.sch_1.18": "Sch 1 para 18", "dpa_2018.sch_8.4": "Sch 8 para 4",
        "dpa_2018.35.2.b": "s35(2)(b)",
    }  # fmt: skip
    relied = {
        citation
        for path in sorted((GOVERNANCE / "milton-keynes").glob("mk-*.yaml"))
        for leg in agreement(path.stem).legs
        for basis in (leg.basis, leg.recipient_basis)
        for citation in [*(basis.special_category or []), *(basis.criminal_offence or [])]
    }
    assert relied == set(spelt)
    assert all(words in text for words in spelt.values())
    assert relied <= {row.citation for row in law().provisions}
