"""Reason codes: permanent, ordered, each with a remedy and a source."""

import re

from contracts.entry import ReasonGiven
from contracts.reason import NEWER, Reason, Stage
from deploy.command.publish import reason_line
from tests.vectors.make import HERE


def test_stages_ascend_in_the_order_of_declaration() -> None:
    """Declaration is precedence: a reader of the table must be able to trust its order."""
    stages = [reason.stage for reason in Reason]
    assert stages == sorted(stages)
    assert set(stages) <= set(Stage)


def test_each_code_has_a_remedy_and_a_source() -> None:
    """A refusal that does not say what to do now is a report lost at 3 am."""
    for reason in Reason:
        assert re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", str(reason))
        assert reason.remedy.endswith(".")
        assert reason.source


def test_remedies_never_say_whether_a_record_exists() -> None:
    """A refusal may not tell a stranger that somebody is known."""
    said = " ".join(reason.remedy for reason in Reason).lower()
    assert not re.search(r"\b(exists|on record|is known to|already holds)\b", said)


def test_no_practitioner_is_told_to_name_the_law_themselves() -> None:
    """A basis stands in their agency's settings: whoever reports at night names none."""
    for reason in Reason:
        if reason.stage is Stage.BASIS:
            assert "your information governance lead" in " ".join(reason.remedy.lower().split())


def test_a_code_is_found_by_its_text_and_by_nothing_else() -> None:
    """Codes cross processes as text."""
    assert all(Reason.of(str(reason)) is reason for reason in Reason)


def test_a_code_of_a_newer_release_is_told_with_whom_to_ask() -> None:
    """One word that a program does not know must not hide the refusal that it stands in."""
    assert Reason.told(str(Reason.TOO_LARGE)) == (Reason.TOO_LARGE.remedy, Reason.TOO_LARGE.source)
    assert Reason.told("consent.of_tomorrow") == (NEWER, "not known")
    given = ReasonGiven("consent.of_tomorrow", ["consent.views"])
    assert reason_line(given) == f"{NEWER} [consent.of_tomorrow: consent.views]"


def test_codes_with_a_vector_are_codes_that_exist() -> None:
    """A retired code keeps its vectors; a misspelt one has none to keep."""
    folders = {path.name for path in HERE.iterdir() if path.is_dir() and "." in path.name}
    assert folders == {str(reason) for reason in Reason}
