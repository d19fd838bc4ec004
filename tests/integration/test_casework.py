"""Casework by command on real Kafka: assessed, referred, enquired, disclosed, handed over."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from contracts.agreement import Agreement
from contracts.event.work import DutyOverdue
from deploy.governing import read_agreement
from tests.support.offices import CASE, HUB, POLICE, Offices
from tests.support.running import DEMO, running

BY = "--by 'A. Officer' --role 'probation officer'"
LEAD = "--by 'N. Lead' --role duty_manager"
PEOPLE = """\
people:
  - {reference: case-0001, given: Daniel, family: Example, part: alleged_perpetrator}
  - {reference: contact-0002, given: Tracey, family: Other, part: victim}
"""


def agreed() -> Agreement:
    """Give the demonstration's agreement, the hub sent referrals and closures whole too."""
    found = read_agreement(DEMO / "agreement.yaml").agreement
    more = ["concern_reported", "referral_made", "closure_notified", "contact_recorded"]
    legs = [
        msgspec.structs.replace(one, types=more) if one.id == "concern-to-hub" else one
        for one in found.legs
    ]
    return msgspec.structs.replace(found, legs=legs)


@pytest.fixture
async def offices(
    kafka: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Offices]:
    """Open the offices of a partnership of this test's own."""
    name = f"mk-{request.node.name.removeprefix('test_').replace('_', '-')}"[:40].rstrip("-")
    async with running(kafka, tmp_path, name, exercise=True, agreement=agreed()) as town:
        yield Offices(town)


def write(offices: Offices, name: str, text: str) -> Path:
    """Write a file for a command."""
    file = offices.folder / f"{name}.yaml"
    file.write_text(text)
    return file


WHO = "who_says: {name: A. Officer, role: officer, mailbox: a@b.example, how_known: record}\n"
FILLED = (
    ("seen_alone: not_asked", "seen_alone: yes"),
    ("safe-to-talk: not_asked", "safe-to-talk: yes"),
    ("safe-contact: not_asked", "safe-contact: yes"),
    ("whereabouts-perpetrator: not_asked", "whereabouts-perpetrator: unknown"),
    ("whereabouts-children: not_asked", "whereabouts-children: unknown"),
    ("DASH-06: not_asked", "DASH-06: yes"),
    ("reference: ,", "reference: contact-0002,"),
    ("name: , role: , telephone: ,", "name: A. Officer, role: officer, telephone: 01632 960100,"),
)


async def test_an_assessment_reaches_police_and_says_whose_it_is(offices: Offices) -> None:
    """From the blank form to what the recipient is shown."""
    form = await offices.do("risk form dash-2009", CASE)
    for before, after in FILLED:
        assert before in form
        form = form.replace(before, after)
    told = await offices.do(f"risk assess {write(offices, 'form', form)}", CASE)
    assert "1 of 27 yes; 26 have neither yes nor no" in told
    assert "ACCEPTED" in told
    await offices.settle(CASE, POLICE)
    for home in (CASE, POLICE):
        shown = await offices.do("risk show", home)
        assert "standard  by dash-2009 (2009/review-5.6.2)" in shown
        assert "seen alone: yes" in shown
        assert "1 of 27 yes" in shown


async def test_who_was_seen_jointly_is_asked_alone(offices: Offices) -> None:
    """Listed until somebody asked her apart; nothing of it leaves the agency."""
    joint = f"report: contact\nfacts: {{contact: joint_attendance}}\n{WHO}{PEOPLE}"
    await offices.do(f"publish {write(offices, 'joint', joint)}", CASE)
    await offices.settle(CASE)
    still = await offices.do("enquiry list", CASE)
    assert "SEE ALONE: Tracey Other" in still
    assert "SEE ALONE: Daniel" not in still
    asked = "enquiry record contact-0002 --outcome disclosed --setting visit --alone"
    told = await offices.do(f"{asked} --came-with partner --part victim {BY}", CASE)
    assert "She need not refer herself" in told
    await offices.settle(CASE)
    assert "No person who may be shown" in await offices.do("enquiry list", CASE)
    for agency in ("thames-valley", "mk-hub"):
        assert await offices.seen(agency, "enquiry_made") == []


async def test_a_handover_that_nobody_takes_is_outstanding(offices: Offices) -> None:
    """Closed, referred, not answered; and what the hub decided not to do stands beside it."""
    report = await offices.report()
    why = write(offices, "why", "reason: she has an adviser already\n")
    ends = "report: closure\nfacts: {closure: licence, ends_on: 2012-02-20, risk_recognised: yes}\n"
    await offices.do(f"publish {write(offices, 'closure', ends + WHO + PEOPLE)}", CASE)
    handover = (
        "referral: handover\nto: mk-hub\nmeets: [risk_stays]\nends_on: 2012-02-20\n"
        f"words: he drinks again\n{WHO}{PEOPLE}"
    )
    told = await offices.do(f"referral make {write(offices, 'handover', handover)}", CASE)
    assert "Delivered to: mk-hub." in told
    await offices.settle(CASE, HUB)
    assert "NOBODY has decided" in await offices.do("referral list", HUB)
    assert "put to somebody who has not accepted yet" in await offices.do("handover list", CASE)
    told = await offices.do(f"referral consider {report} --kind idva --words {why} {LEAD}", HUB)
    assert "Recorded: NOT referred to an adviser (IDVA)" in told
    await offices.settle(HUB)
    assert f"considered on report {report}: NOT referred" in await offices.do("referral list", HUB)
    await offices.pass_hours(24 * 25)
    await offices.settle(CASE, HUB)
    outstanding = "HANDOVER OUTSTANDING: it ended and nobody has taken over"
    assert outstanding in await offices.do("handover list", CASE)
    said = await offices.seen("tv-probation", "duty_overdue")
    events = [one.statement.event for one in said]
    owed = {(one.duty, one.owner_agency) for one in events if isinstance(one, DutyOverdue)}
    assert {("HANDOVER_OUTSTANDING", "tv-probation"), ("HANDOVER_OUTSTANDING", "mk-hub")} <= owed


async def test_a_disclosure_goes_from_stage_to_stage(offices: Offices) -> None:
    """Applied for at the desk, and its first stage recorded as it must be."""
    report = await offices.report()
    await offices.settle(POLICE)
    asks = f"right: to_know\napplicant: police\nabout: {report}\n{WHO}{PEOPLE}"
    told = await offices.do(f"disclosure apply {write(offices, 'asks', asks)}", POLICE)
    application = told.split("Stored as ")[1].split(";")[0]
    await offices.settle(POLICE)
    listed = await offices.do("disclosure list", POLICE)
    assert f"{application}  right to know: next: initial_checks" in listed
    assert "COMMON LAW ONLY" in listed
    why = write(offices, "why", "reason: he was seen there yesterday\n")
    step = f"disclosure stage {application} initial_checks --words {why} {BY}"
    assert "the applicant is not there" in await offices.do(step, POLICE, expect=64)
    told = await offices.do(f"{step} --applicant-absent", POLICE)
    assert "Recorded: checked for danger now" in told
    shown = await offices.do(f"disclosure show {application} --by 'A. Officer'", POLICE)
    assert "next: assessed" in shown
    assert await offices.seen("mk-hub", "disclosure_applied") == []
