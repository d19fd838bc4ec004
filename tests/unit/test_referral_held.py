"""A referral that the log holds: nobody has it, and it never reads as if somebody had."""

from pathlib import Path

import pytest

from consumers.consumer import Came
from consumers.desk.station import Station
from consumers.referrals import course, rows
from deploy.command import invoke
from deploy.desk import DeskSettings, sessions_of
from deploy.wiring import open_acting
from tests.support.agreed import adopt, answer, dated, people, refer, retract
from tests.support.browser import Ticking, provider
from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk
from tests.support.speaking import Speaker
from tests.support.visiting import visited

HELD = "HELD: it reached nobody yet. Do not wait for a decision: ring "
FORM = """to: mk-hub
referral: mash
meets: [adult_concern]
children: none_known
words: she is afraid
people: [{reference: r, given: Kim, part: victim}]
"""


def test_a_referral_that_is_held_is_decided_by_nobody_until_its_release(tmp_path: Path) -> None:
    """Whoever would decide was never sent it: they are not late, and have all their time then."""
    desk = Desk(tmp_path)
    adopt(desk)
    sections = people(desk)
    role = sections["provenance"].pop("role")
    referral = refer(desk, sections=sections)
    refer(desk, "handover", sections=sections, ends_on="2012-09-28")
    desk.pass_hours(100)
    desk.settle()
    late = {one["duty"] for one in desk.said(PROBATION, "duty_overdue")}
    assert late == {"provenance_supplied"}
    with desk.acting(PROBATION).store.read() as db:
        held = rows.referral(db, referral)
        assert rows.handovers(db, [], [("2012-09-28", "2012-09-28")]) == [], (
            "nothing is handed over"
        )
    assert held is not None
    assert held["held"] == "quarantined"
    completed = {
        "event": {"statement": referral}, "cause.1": {"statement": referral},
        "provenance": {**sections["provenance"], "role": role},
    }  # fmt: skip
    desk.report(completed, event="provenance_supplied", basis=None)
    desk.settle()
    with desk.acting(PROBATION).store.read() as db, desk.acting(HUB).store.read() as other:
        made, received = rows.referral(db, referral), rows.referral(other, referral)
    assert made is not None
    assert received is not None
    assert made["held"] is None
    assert made["due_at"] == received["due_at"] == desk.ledger.clock_ms + 72 * 3_600_000


def test_a_held_referral_says_so_wherever_it_is_shown_and_whom_to_ring(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was listed as what nobody has decided, and shared: who referred waited for the hub."""
    speaker = Speaker(tmp_path / "home")
    speaker.read()
    home, form = str(speaker.home.folder), tmp_path / "referral.yaml"
    form.write_text(FORM)
    assert invoke(["referral", "make", str(form), "--wait", "0", "--home", home]) == 75
    speaker.send()
    speaker.read()
    (said,) = [one["id"] for one in speaker.outbox.rows() if one["event"] == "referral_made"]
    assert speaker.stands(said) == ("decided", "quarantined")
    acting = open_acting(speaker.home)
    views = speaker.town.log.views[speaker.agency]
    acting.consumer.take([Came(at, key, value or None) for at, (key, value) in enumerate(views)])
    capsys.readouterr()
    assert invoke(["referral", "list", "--home", home]) == 0
    listed = capsys.readouterr().out

    def station(settings: DeskSettings, ticking: Ticking) -> Station:
        sessions = sessions_of(acting.home, settings, ticking)
        return Station(acting.store, acting.voice, acting, sessions, ticking, "Probation")

    with provider() as issuer, visited(issuer, station) as desk:
        officer = desk.visitor("officer")
        page = officer.get(f"/reports/{said}").text
        shown = [listed, officer.get("/referrals?way=made").text, page]
    for text in shown:
        assert HELD in text
        assert "NOBODY has decided" not in text
    assert "NOT shared: " in page


def test_nobody_is_rung_with_what_others_refused_to_share() -> None:
    """It said to ring the addressee with what two people had just kept from them."""
    told = course.unreached({"held": "closed", "decision": None, "addressee": HUB}, {})
    assert told is not None
    assert told.startswith("NOT SENT: ")
    assert "ring" not in told


def lacking(desk: Desk, to: str, kind: str, urgency: str, *, by: str = PROBATION) -> str:
    """Let an agency refer two people without saying in which role; give the referral's id."""
    sections = people(desk)
    del sections["provenance"]["role"]
    facts = dated(addressee=to, referral=kind, criterion="adult_concern")
    said = desk.report(
        {**sections, "event": facts}, event="referral_made", urgency=urgency, source=SOURCES[by]
    )
    desk.settle()
    return said


def made(desk: Desk, referral: str, *, by: str = PROBATION) -> tuple[str | None, str | None]:
    """Say what an agency is told of a referral that reached nobody, and what was decided."""
    acting = desk.acting(by)
    with acting.store.read() as db:
        row = rows.referral(db, referral)
    assert row is not None
    return course.unreached(row, acting.voice.partners.agencies), row["decision"]


def test_of_a_referral_that_police_had_before_it_was_taken_back_nobody_says_it_was_not_sent(
    tmp_path: Path,
) -> None:
    """They have it marked provisional, and may act on it."""
    desk = Desk(tmp_path)
    adopt(desk)
    decided, waits = (lacking(desk, POLICE, "daiu", "urgent") for _ in range(2))
    answer(desk, decided, "accepted", by=POLICE)
    for one in (decided, waits):
        retract(desk, PROBATION, one)
    assert made(desk, decided) == (None, "accepted")
    told, _ = made(desk, waits)
    assert told is not None
    assert told.startswith("CLOSED: ")
    assert "police may have had it" in told
