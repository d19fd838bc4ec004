"""A request for a victim's information: typed apart, to one agency, authorised by another."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from consumers.research import rows
from consumers.research.victim_information import Requesting, Sought
from consumers.responses import asked, reuse
from consumers.responses import rows as duties
from consumers.responses.desk import Answering
from contracts.fault import Misuse
from contracts.section import Identity
from tests.support.desk import HUB, POLICE, PROBATION, Desk
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
    "sections": ["event", "cause", "provenance", "use_limits", "person.identity@victim",
                 "person.part@victim"],
    "basis": ledger.POLICE_BASIS, "recipient_basis": {"regime": "uk_gdpr",
                                                       "article": "uk_gdpr.6.1.e"},
    "retention_days": 2190,
}  # fmt: skip
ANSWERS = {
    **LEG, "id": "answers", "from": [PROBATION], "to": [POLICE], "types": ["information_supplied"],
    "sections": ["event", "cause", "provenance", "narrative"],
    "basis": ledger.BASIS, "recipient_basis": ledger.POLICE_BASIS,
}  # fmt: skip


def enquired(desk: Desk) -> None:
    """Agree that police may ask for a victim's information."""
    legs = [LEG, ANSWERS]
    act = ledger.agreement(id="mk-victim-information", purposes=["law_enforcement"], legs=legs)
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
    request = ask(desk, report, her, exception="risk_of_harm")
    assert desk.seen(HUB, "victim_information_requested") == []
    (view,) = desk.seen(PROBATION, "victim_information_requested")
    assert (view.statement.context.id, view.statement.context.purpose) == (
        request, "law_enforcement",
    )  # fmt: skip
    named = [v for v in view.statement.sections.values() if isinstance(v, Identity)]
    assert [one.subject for one in named] == [her], "who is asked must know about whom"
    key = f"information_supplied/{request}"
    with desk.acting(PROBATION).store.read() as db:
        assert duties.is_open(db, key)
    supply(desk, request)
    with desk.acting(PROBATION).store.read() as db:
        assert not duties.is_open(db, key)
    with police.store.read() as db:
        assert [dict(one) for one in rows.tasks_of(db, report)] == before


def ask(desk: Desk, report: str, subject: str, **given: Any) -> str:
    """Ask probation for a victim's records, and let everybody read; give the request's id."""
    police = desk.acting(POLICE)
    (said,) = Requesting(police.store, police.voice, desk.new_id).request(
        sought(report, subject, **given), by=person("P."), role="detective"
    )
    desk.settle()
    return said.draft.id


def supply(desk: Desk, request: str, outcome: Any = "refused", **given: Any) -> str:
    """Let probation answer, and everybody read; give the answer's id."""
    probation = desk.acting(PROBATION)
    (said,) = Answering(probation.store, probation.voice, desk.new_id).supply(
        request, outcome, by=person("A. Officer"), role="officer", why="not proportionate", **given
    )
    desk.settle()
    return said.draft.id


def reported(desk: Desk) -> tuple[str, str]:
    """Let probation report a couple where such requests are agreed; give the report, and her."""
    enquired(desk)
    sections = told(desk)
    report = desk.report(sections)
    desk.settle()
    return report, sections["person.2.identity"]["subject"]


def stands(desk: Desk, agency: str, request: str) -> Any:
    """Give how a request stands at an agency, as its lists have it; None where they have none."""
    with desk.acting(agency).store.read() as db:
        return asked.request(db, request)


@pytest.mark.parametrize("is_answered", [False, True])
def test_whoever_asked_sees_that_no_answer_came_and_says_so(
    desk: Desk, *, is_answered: bool
) -> None:
    """Whom they asked may be silent: a request that nobody misses is a line of enquiry lost."""
    report, her = reported(desk)
    request = ask(desk, report, her)
    for agency in (POLICE, PROBATION):
        row = stands(desk, agency, request)
        assert (row["question"], row["answer"]) == ("victim", None)
    if is_answered:
        answer = supply(desk, request)
        assert stands(desk, POLICE, request)["answer"] == answer
    for _ in range(2):
        desk.pass_hours(73)
        desk.settle()
    late = [one["owner_agency"] for one in desk.said(POLICE, "duty_overdue")
            if (one["duty"], one["statement"]) == ("information_supplied", request)]  # fmt: skip
    assert late == ([] if is_answered else [PROBATION])


def test_a_request_the_log_refused_was_not_made(desk: Desk) -> None:
    """A list that shows it as waiting would let nobody ask again."""
    report, her = reported(desk)
    request = ask(desk, report, her)
    desk.acting(POLICE).refused(request)
    assert stands(desk, POLICE, request) is None


def test_an_answer_for_a_line_of_enquiry_is_given_again_to_no_other_question(desk: Desk) -> None:
    """What was said for safeguarding was not said of her to an enquiry, nor the other way."""
    report, her = reported(desk)
    first = ask(desk, report, her)
    answer = supply(desk, first)
    second = ask(desk, report, her)
    probation = desk.acting(PROBATION)

    def offered(request: str) -> list[str]:
        with probation.store.read() as db:
            row = asked.request(db, request)
            assert row is not None
            return [one.answer for one in reuse.earlier(db, probation.voice, None, row)]

    assert offered(second) == [answer]
    with probation.store.write() as db:
        db.execute(update(asked.requests).where(asked.requests.c.id == second)
                   .values(question="records"))  # fmt: skip
    assert offered(second) == []


def test_a_request_about_a_suspect_or_by_one_hand_is_refused(desk: Desk) -> None:
    """This way of asking is about victims alone, and somebody else authorises it."""
    enquired(desk)
    sections = told(desk)
    him, her = (sections[f"person.{n}.identity"]["subject"] for n in (1, 2))
    report = desk.report(sections)
    desk.settle()
    police = desk.acting(POLICE)
    requesting = Requesting(police.store, police.voice, desk.new_id)
    for wrong, why in (
        (sought(report, him), "no victim in the report"),
        (sought(report, her, authorised_by=" h.  HEAD"), "does not authorise"),
        (sought(report, her, addressee=POLICE), "names no other agency"),
        (sought(report, her, addressee="nobody"), "names no other agency"),
        (sought(report, her, due_at=1, authorised_by="S. Second"), "is past"),
        (sought(report, text_of(bytes(16))), "names this person"),
        (sought(desk.new_id(), her), "names this person"),
    ):
        with pytest.raises(Misuse, match=why):
            requesting.request(wrong, by=person("H. Head"), role="detective")
