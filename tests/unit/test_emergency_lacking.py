"""What is said for a threat to life and lacks something: whoever can act has it, and is late."""

from pathlib import Path

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


def test_a_question_for_a_threat_to_life_was_asked_whatever_it_lacks(tmp_path: Path) -> None:
    """Who was asked had it at once, and whoever asked was not told that no answer came."""
    desk = Desk(tmp_path)
    open_to_all(desk)
    report, subject = reported(desk)
    provenance = named(desk.draw)["provenance"]
    del provenance["role"]
    facts = {
        "statement": report, "addressee": HUB, "subject": subject, "why": WHY,
        "due_at": desk.ledger.clock_ms + 3_600_000,
    }  # fmt: skip
    request = desk.report(
        {"event": facts, "cause.1": {"statement": report}, "provenance": provenance},
        source=SOURCES[POLICE], event="information_requested", urgency="threat_to_life",
        basis=POLICE_BASIS,
    )  # fmt: skip
    desk.settle()
    found = []
    for agency in (POLICE, HUB):
        with desk.acting(agency).store.read() as db:
            found.append(asked.request(db, request))
    assert None not in found
