"""What an agreement's terms may say, and what of a statement they are held to."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from broker.core.terms import agreement_defects
from contracts.agreement import Agreement, Basis, ConsentRule, Leg
from contracts.event.case import ExclusionRecorded
from contracts.finding import examine
from contracts.section import Risk
from contracts.sharing import Exclusion, Exclusions
from contracts.statement import Statement, verify
from tests.matrix.partnership import agreement, key
from tests.matrix.saying import Saying
from tests.matrix.telling import town


def defects(**changes: Any) -> list[str]:
    """Change the first leg of the core agreement, and name what is wrong with it."""
    core = agreement("mk-core")
    leg: Leg = msgspec.structs.replace(core.legs[0], **changes)
    changed: Agreement = msgspec.structs.replace(core, legs=[leg])
    return list(agreement_defects(changed))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"sections": ["narrative"]}, ["leg concern-to-police.sections"]),
        ({"sections": ["use_limits"], "level": "minimal"}, []),
        ({"sections": [], "level": "minimal"}, ["leg concern-to-police.sections"]),
        ({"about": ["victim"]}, []),
        ({"about": []}, ["leg concern-to-police.about"]),
        ({"consent": ConsentRule(["person.1"])}, []),
        ({"consent": ConsentRule([])}, ["leg concern-to-police.consent"]),
        ({"basis": Basis("uk_gdpr", "uk_gdpr.6.1.a")}, ["leg concern-to-police.consent"]),
        ({"sections": ["event", "source_identity"]}, ["leg concern-to-police.sections"]),
        ({"handling": "SECRET"}, ["leg concern-to-police.handling"]),
    ],
)
def test_a_leg_says_what_it_carries_and_of_whom(changes: dict[str, Any], found: list[str]) -> None:
    """A full product without its event, or a term that names nobody, would mean nothing."""
    assert defects(**changes) == found


def test_an_agreement_is_for_purposes_that_statements_have() -> None:
    """A purpose that no statement can name would share nothing, and read as if it did."""
    core = agreement("mk-core")
    other = msgspec.structs.replace(core, purposes=[*core.purposes, "research"])
    assert list(agreement_defects(other)) == ["agreement.purposes"]


def said(**sections: Any) -> Statement:
    """Verify a concern, and put sections in place of its own."""
    raw = town().say("thames-valley/case", "concern_reported",
                     Saying("concern_reported", "PV").sections(town().draw))  # fmt: skip
    held = key("thames-valley/case")
    statement = verify(raw, {held.kid: held.public}.get)
    return replace(statement, sections={**statement.sections, **sections})


def test_a_level_in_the_event_stands_beside_the_answers_in_risk() -> None:
    """A risk assessment that holds both sections must be read, not bring the broker down."""
    risk = Risk(danger_now="yes", children="pregnant", level="low")
    assert examine(said(risk=risk)).risk == "low"
    sections = Saying("risk_assessed", "PV", level="high").sections(town().draw)
    raw = town().say("nps-thames-valley/case", "risk_assessed", sections)
    held = key("nps-thames-valley/case")
    assert examine(verify(raw, {held.kid: held.public}.get)).risk == "high"


def test_who_a_statement_excludes_adds_to_whom_it_records_as_excluded() -> None:
    """An exclusion must not be dropped because the same statement records another one."""
    her = "A" * 22
    recorded = ExclusionRecorded(
        excluded=[Exclusion([her], agency="mkc-children")], reason="he works there", by="A. Officer"
    )
    own = Exclusions([Exclusion([her], agency="mkc-housing")])
    findings = examine(said(event=recorded, exclusions=own))
    assert [one.agency for one in findings.exclusions] == ["mkc-housing", "mkc-children"]
