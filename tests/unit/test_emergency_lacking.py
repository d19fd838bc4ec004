"""What is said for a threat to life and lacks something: whoever can act has it, and is late."""

from pathlib import Path

from sqlalchemy import RowMapping

from consumers.responses import asked
from tests.support.agreed import adopt, answer
from tests.support.conversing import WHY, open_to_all, reported
from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk, named
from tests.unit.test_referral_held import lacking, made
from tests.vectors.ledger import POLICE_BASIS


def test_a_referral_for_a_threat_to_life_is_with_who_decides_whatever_it_lacks(
    tmp_path: Path,
) -> None:
    """It read as held: nobody was late with it, and its decision was not shown."""
    desk = Desk(tmp_path)
    adopt(desk)
    referral = lacking(desk, HUB, "mash", "threat_to_life")
    assert made(desk, referral) == (None, None)
    desk.pass_hours(200)
    desk.settle()
    late = {one["duty"] for one in desk.said(PROBATION, "duty_overdue")}
    assert late == {"provenance_supplied", "referral_decision"}
    answer(desk, referral, "accepted")
    assert made(desk, referral) == (None, "accepted")


def test_one_put_to_who_acts_on_no_emergency_says_that_it_perhaps_did_not_arrive(
    tmp_path: Path,
) -> None:
    """Probation was called late with what they never had, and nobody was told to ring them."""
    desk = Desk(tmp_path)
    referral = lacking(desk, PROBATION, "perpetrator_programme", "threat_to_life", by=HUB)
    assert not desk.seen(PROBATION, "referral_made")
    told, _ = made(desk, referral, by=HUB)
    assert told is not None
    assert told.startswith("It went to who acts on emergencies, and perhaps NOT to")
    assert "ring" in told
    report, subject = reported(desk)
    request = asks(desk, HUB, PROBATION, report, subject)
    desk.pass_hours(200)
    desk.settle()
    assert row_of(desk, HUB, request) is None
    late = {(one["duty"], one["owner_agency"]) for one in desk.said(HUB, "duty_overdue")}
    assert (PROBATION in {to for _, to in late}, ("provenance_supplied", HUB) in late) == (
        False,
        True,
    )


def asks(desk: Desk, by: str, of: str, report: str, subject: str) -> str:
    """Let somebody ask without saying in which role; give the question's id."""
    provenance = named(desk.draw)["provenance"]
    del provenance["role"]
    facts = {
        "statement": report, "addressee": of, "subject": subject, "why": WHY,
        "due_at": desk.ledger.clock_ms + 3_600_000,
    }  # fmt: skip
    said = desk.report(
        {"event": facts, "cause.1": {"statement": report}, "provenance": provenance},
        source=SOURCES[by], event="information_requested", urgency="threat_to_life",
        **({"basis": POLICE_BASIS} if by == POLICE else {}),
    )  # fmt: skip
    desk.settle()
    return said


def row_of(desk: Desk, agency: str, request: str) -> RowMapping | None:
    """Give how a question stands at an agency."""
    with desk.acting(agency).store.read() as db:
        return asked.request(db, request)


def test_a_question_for_a_threat_to_life_was_asked_whatever_it_lacks(tmp_path: Path) -> None:
    """Who was asked had it at once, and whoever asked was not told that no answer came."""
    desk = Desk(tmp_path)
    open_to_all(desk)
    request = asks(desk, POLICE, HUB, *reported(desk))
    assert None not in {row_of(desk, agency, request) for agency in (POLICE, HUB)}
