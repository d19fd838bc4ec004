"""A request for a victim's information: typed apart, to one agency, authorised by another."""

import json
from pathlib import Path
from typing import Any

import pytest

from consumers import store
from consumers.research import rows
from consumers.research.victim_information import Requesting, Sought
from consumers.responses import rows as duties
from consumers.responses.desk import Answering
from contracts.fault import Misuse
from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk
from tests.support.researching import person, told
from tests.support.stranger import text_of
from tests.vectors import ledger


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


LEG = {
    "id": "victim-information", "from": [POLICE], "to": [HUB, PROBATION],
    "types": ["victim_information_requested"], "purposes": ["law_enforcement"], "level": "full",
    "sections": ["event", "cause", "provenance"],
    "basis": ledger.POLICE_BASIS, "recipient_basis": {"regime": "uk_gdpr",
                                                       "article": "uk_gdpr.6.1.e"},
    "retention_days": 2190,
}  # fmt: skip


def enquired(desk: Desk) -> None:
    """Agree that police may ask for a victim's information."""
    act = ledger.agreement(id="mk-victim-information", purposes=["law_enforcement"], legs=[LEG])
    desk.played.govern("mk-csp", "act_proposed", {"proposal": act})
    for name in (PROBATION, POLICE, HUB):
        desk.played.govern(name, "act_endorsed", ledger.endorsement(act))
    desk._submit()


def sought(report: str, subject: str, **given: Any) -> Sought:
    """Ask probation for a victim's records."""
    whole = {
        "addressee": PROBATION, "statement": report, "subject": subject,
        "line_of_enquiry": "the call of 1 May", "period": "2012", "why": "she was seen then",
        "less_intrusive": "she was asked first", "authorised_by": "H. Head", **given,
    }  # fmt: skip
    return Sought(**whole)


def test_a_request_for_a_victims_information_is_no_research(desk: Desk) -> None:
    """It looks into her, not after her: typed apart, to one agency, and no task moves by it."""
    enquired(desk)
    sections = told(desk)
    her = sections["person.2.identity"]["subject"]
    report = desk.report(sections)
    desk.settle()
    police = desk.acting(POLICE)
    with police.store.read() as db:
        before = [dict(one) for one in rows.tasks_of(db, report)]
    requesting = Requesting(police.store, police.voice, desk.new_id)
    wanted = requesting.request(
        sought(report, her, exception="risk_of_harm"), by=person("P."), role="detective",
        at=desk.ledger.clock_ms,
    )  # fmt: skip
    assert wanted[0].draft.purpose == "law_enforcement"
    desk.played.say(
        SOURCES[POLICE], "victim_information_requested",
        {name: plain(value) for name, value in wanted[0].draft.sections.items()},
        id=wanted[0].draft.id, purpose="law_enforcement", basis=ledger.POLICE_BASIS,
    )  # fmt: skip
    with police.store.write() as db:
        store.mark_published(db, wanted[0].draft.id)
    desk._submit()
    desk.settle()
    assert desk.seen(HUB, "victim_information_requested") == []
    (asked,) = desk.seen(PROBATION, "victim_information_requested")
    key = f"information_supplied/{asked.statement.context.id}"
    probation = desk.acting(PROBATION)
    with probation.store.read() as db:
        assert duties.is_open(db, key)
    Answering(probation.store, probation.voice, desk.new_id).supply(
        asked.statement.context.id, "refused", by=person("A. Officer"), role="officer",
        why="not proportionate",
    )  # fmt: skip
    desk.settle()
    with probation.store.read() as db:
        assert not duties.is_open(db, key)
    with police.store.read() as db:
        assert [dict(one) for one in rows.tasks_of(db, report)] == before


def plain(value: Any) -> Any:
    """Give a section as JSON holds it."""
    return json.loads(bytes(value))


def test_a_request_about_a_suspect_or_by_one_hand_is_refused(desk: Desk) -> None:
    """This way of asking is about victims alone, and somebody else authorises it."""
    enquired(desk)
    sections = told(desk)
    him, her = (sections[f"person.{n}.identity"]["subject"] for n in (1, 2))
    report = desk.report(sections)
    desk.settle()
    police = desk.acting(POLICE)
    requesting = Requesting(police.store, police.voice, desk.new_id)
    for asked, why in (
        (sought(report, him), "no victim in the report"),
        (sought(report, her, authorised_by=" h.  HEAD"), "does not authorise"),
        (sought(report, her, addressee=POLICE), "No other agency"),
        (sought(report, her, addressee="nobody"), "No other agency"),
        (sought(report, text_of(bytes(16))), "names this person"),
        (sought(desk.new_id(), her), "names this person"),
    ):
        with pytest.raises(Misuse, match=why):
            requesting.request(asked, by=person("H. Head"), role="detective", at=1)
