"""The quarantine desk and the review of emergencies, through the command line on real Kafka."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.event.work import DutyOverdue
from contracts.opened import View
from tests.support.offices import CASE, DESK, HUB, POLICE, Offices
from tests.support.running import DEMO, running

WAIVES = "--waive provenance.role_missing"
CONTROL = "mk-csp/control"


@pytest.fixture
async def offices(
    kafka: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Offices]:
    """Open the desks of a partnership of this test's own."""
    name = f"mk-{request.node.name.removeprefix('test_').replace('_', '-')}"[:40].rstrip("-")
    async with running(kafka, tmp_path, name, exercise=True) as town:
        opened = Offices(town)
        await opened.open_desk()
        yield opened


async def held(offices: Offices, **changes: str) -> tuple[str, str]:
    """Publish a report that names no role; give its id and digest, the desks having read."""
    said = await offices.report(lacks="role", expect=3, **{"urgency": "routine", **changes})
    await offices.settle(DESK, POLICE)
    row = (await offices.town.outbox(CASE)).row(said)
    assert row is not None
    return said, row["digest"]


def word(digest: str, who: str, *, decision: str = "release", more: str = WAIVES) -> str:
    """Type one practitioner's decision."""
    return (
        f"quarantine {decision} {digest} --reason 'role known to us' --by '{who}' "
        f"--role manager {more}"
    )


def terms(view: View | None) -> object:
    """Give what a recipient may see and must do, but for what is each statement's own."""
    assert view is not None
    given = view.delivery
    duties = [(duty.kind, duty.agency, duty.role) for duty in given.duties]
    return given.leg, given.sections, given.handling, given.basis, given.marks, duties, given.onward


async def test_two_release_it_and_it_goes_as_if_accepted_then(offices: Offices) -> None:
    """A slip in a form must not cost the warning; nor may one person alone let anything out."""
    said, digest = await held(offices)
    listed = await offices.do("quarantine list", DESK)
    assert listed.splitlines()[1].startswith(
        "1 held; the first to be decided by 2012-02-04 09:00 UTC"
    )
    assert f"{digest}  concern_reported of tv-probation, routine" in listed
    assert "ring Thames Valley Probation Trust: 01632 960100" in listed
    shown = await offices.do(f"quarantine show {digest}", DESK)
    assert "missing: Give the practitioner's role (provenance.role)." in shown
    assert "[provenance.role_missing" in shown
    assert "source: review rec. 16" in shown
    assert "Daniel" not in shown
    bare = await offices.do(word(digest, "B. First", more=""), DESK, expect=64)
    assert "would stay held for: provenance.role_missing" in bare
    sealed = f"{WAIVES} --waive minimisation.nobody_left"
    assert "cannot be waived" in await offices.do(word(digest, "B", more=sealed), DESK, expect=64)
    first = await offices.do(word(digest, "B. First"), DESK)
    assert "a second practitioner must say the same" in first
    twice = await offices.do(word(digest, "b.  first"), DESK, expect=64)
    assert "control.same_hand" in twice
    await offices.settle(DESK)
    again = await offices.do(word(digest, "B. First"), DESK, expect=64)
    assert "You have decided on this already" in again
    so_far = await offices.do(f"quarantine show {digest}", DESK)
    assert "B. First says release, waiving provenance.role_missing: role known to us" in so_far
    second = await offices.do(word(digest, "C. Second"), DESK)
    assert "It is released: ACCEPTED. Delivered to: thames-valley, mk-hub." in second
    await offices.do("outbox catch-up", CASE)
    receipt = await offices.do(f"outbox show {said}", CASE)
    assert "ACCEPTED (entry" in receipt
    assert "Delivered to: thames-valley, mk-hub." in receipt
    whole = await offices.report(urgency="routine")
    for agency in ("thames-valley", "mk-hub"):
        assert terms(await offices.view(agency, said)) == terms(await offices.view(agency, whole))
    await offices.settle(DESK, POLICE)
    for home in (DESK, POLICE):
        assert "Nothing is held." in await offices.do("quarantine list", home)
    words = [one.statement.causes for one in await offices.seen("mk-csp", "release_decided")]
    assert set(map(tuple, words)) == {(said,)}, "why it was let go is erased with it"
    late = await offices.do(word(digest, "D. Third"), DESK, expect=64)
    assert "Nothing is held here" in late


async def test_police_see_a_count_and_a_clock_and_nobody_else_anything(offices: Offices) -> None:
    """Police must know that something waits; of whom, or from whom, only who decides may."""
    _, digest = await held(offices)
    await offices.settle(HUB)
    lines = (await offices.do("quarantine list", POLICE)).splitlines()
    assert lines[1:] == ["1 held; the first to be decided by 2012-02-04 09:00 UTC"]
    await offices.do(f"quarantine show {digest}", POLICE, expect=64)
    assert "Nothing is held." in await offices.do("quarantine list", HUB)
    await offices.do(word(digest, "P. Officer"), POLICE, expect=64)
    await offices.pass_hours(80)
    await offices.settle(DESK, POLICE)
    for home in (DESK, POLICE):
        late = await offices.do("quarantine list", home)
        assert "1 held, 1 OVERDUE" in late
        assert "OVERDUE: escalate it now" in late
    (overdue,) = await offices.seen("mk-csp", "duty_overdue")
    event = overdue.statement.event
    assert isinstance(event, DutyOverdue)
    assert (event.duty, event.about) == ("quarantine_decision", digest)


async def test_two_refuse_it_and_its_publisher_reads_why(offices: Offices) -> None:
    """Who reported must learn that nobody has it, and whom to ring; its author decides nothing."""
    said, digest = await held(offices)
    for who in ("B. First", "C. Second"):
        told = await offices.do(word(digest, who, decision="refuse", more=""), DESK)
    assert "It is refused, and its publisher is told." in told
    await offices.do("outbox catch-up", CASE)
    receipt = await offices.do(f"outbox show {said}", CASE, expect=4)
    assert "REFUSED: nobody was sent it" in receipt
    assert "quarantine.refused" in receipt
    await offices.settle(DESK, POLICE)
    assert "Nothing is held." in await offices.do("quarantine list", POLICE)
    assert await offices.view("thames-valley", said) is None
    own = await offices.report(lacks="role", home=DESK, expect=3)
    row = (await offices.town.outbox(DESK)).row(own)
    assert row is not None
    await offices.settle(DESK)
    author = await offices.do(word(row["digest"], "A. Officer"), DESK, expect=64)
    assert "You wrote what is held" in author


async def test_at_night_one_decides_and_a_second_confirms_by_a_clock(offices: Offices) -> None:
    """One duty manager must be able to act; that nobody looked after it must not stay unseen."""
    said, digest = await held(offices)
    early = await offices.do(word(digest, "N. Night", more=f"{WAIVES} --alone"), DESK, expect=64)
    assert "control.not_night" in early
    await offices.pass_hours(9)
    await offices.settle(DESK)
    alone = await offices.do(word(digest, "N. Night", more=f"{WAIVES} --alone"), DESK)
    assert "It is released: ACCEPTED" in alone
    assert "You decided ALONE: a second practitioner decides by 2012-02-02 18:00 UTC." in alone
    assert await offices.view("thames-valley", said) is not None
    await offices.settle(DESK)
    waits = await offices.do("quarantine list", DESK)
    assert (
        f"{digest}  decided by one person ALONE: a second decides by 2012-02-02 18:00 UTC" in waits
    )
    assert "N. Night says release ALONE" in waits
    same = await offices.do(word(digest, "N. Night"), DESK, expect=64)
    assert "You have decided on this already" in same
    again = await offices.do(word(digest, "D. Day", more=f"{WAIVES} --alone"), DESK, expect=64)
    assert "without --alone" in again
    await offices.do(word(digest, "D. Day"), DESK)
    await offices.settle(DESK)
    assert "ALONE" not in await offices.do("quarantine list", DESK)
    refused, second = await held(offices)
    told = await offices.do(word(second, "N. Night", decision="refuse", more="--alone"), DESK)
    assert "You decided ALONE" in told
    await offices.do("outbox catch-up", CASE)
    await offices.do(f"outbox show {refused}", CASE, expect=3)
    await offices.settle(DESK)
    await offices.pass_hours(25)
    await offices.settle(DESK)
    late = await offices.do("quarantine list", DESK)
    assert f"{second}  decided by one person ALONE" in late
    assert "OVERDUE: escalate it now" in late
    overdue = [one.statement.event for one in await offices.seen("mk-csp", "duty_overdue")]
    assert [(e.duty, e.about) for e in overdue if isinstance(e, DutyOverdue)] == [
        ("second_release", second)
    ]


async def test_emergencies_are_counted_by_agency_and_reviewed(offices: Offices) -> None:
    """A path that nothing stops would become the usual one, if nobody looked at its use."""
    for _ in range(2):
        await offices.report(lacks="role", danger_now="yes")
    await offices.settle(DESK)
    listed = await offices.do("emergency list", DESK)
    assert "tv-probation: 2 used, 2 to be reviewed" in listed
    assert "missing: Give the practitioner's role (provenance.role)." in listed
    assert "to be reviewed by 2012-02-02 09:00 UTC" in listed
    first = listed.split("\n\n")[1].split("  ")[0]
    lesson = offices.folder / "lesson.yaml"
    lesson.write_text("lesson: fill agency.yaml\n")
    review = f"emergency review {first} --finding avoidable --words {lesson} "
    await offices.do(f"{review} --by 'G. Governor' --role 'IG lead'", POLICE, expect=64)
    told = await offices.do(f"{review} --by 'G. Governor' --role 'IG lead'", DESK)
    assert "Reviewed: avoidable" in told
    (reviewed,) = await offices.seen("mk-csp", "emergency_reviewed")
    assert reviewed.statement.causes == [first]
    await offices.pass_hours(25)
    await offices.settle(DESK)
    after = await offices.do("emergency list", DESK)
    assert "tv-probation: 2 used, 1 to be reviewed" in after
    assert "avoidable: what was missing could have been there. fill agency.yaml" in after
    assert after.count("OVERDUE: escalate it now") == 1
    await offices.report(lacks="role", expect=3)
    await offices.settle(DESK)
    assert "who has it: police, marked provisional" in await offices.do("quarantine list", DESK)
    again = await offices.do(f"{review} --by 'H. Other' --role 'IG lead'", DESK, expect=64)
    assert "No use of the emergency path of this id" in again


async def test_what_came_while_an_agreement_was_suspended_flows_once_it_binds_again(
    offices: Offices,
) -> None:
    """Its basis is the suspended version's; two who released it in vain may say so again."""
    await offices.do("agreement suspend mk-isa --reason 'a breach'", CONTROL)
    said = await offices.report(urgency="routine", expect=3)
    row = (await offices.town.outbox(CASE)).row(said)
    assert row is not None
    await offices.settle(DESK, POLICE)
    words = [word(row["digest"], who, more="") for who in ("B. First", "C. Second")]
    await offices.do(words[0], DESK)
    vain = await offices.do(words[1], DESK)
    assert "It stays held" in vain
    assert "[agreement.suspended]" in vain
    assert "two decide afresh" in vain
    await offices.settle(DESK, POLICE)
    assert " says release" not in await offices.do(f"quarantine show {row['digest']}", DESK)
    later = offices.folder / "next.yaml"
    text = (DEMO / "agreement.yaml").read_text(encoding="utf-8")
    later.write_text(text.replace("version: 1", "version: 2"))
    await offices.do(f"agreement propose {later}", CONTROL)
    for party in ("tv-probation", "thames-valley", "mk-hub"):
        await offices.do(f"agreement endorse {later}", f"{party}/control")
    await offices.settle(DESK)
    await offices.do(words[0], DESK)
    await offices.settle(DESK)
    await offices.do("consumer rebuild", DESK)
    await offices.settle(DESK)
    again = await offices.do(words[0], DESK, expect=64)
    assert "You have decided on this already" in again
    freed = await offices.do(words[1], DESK)
    assert "It is released: ACCEPTED. Delivered to: thames-valley, mk-hub." in freed
    assert await offices.view("thames-valley", said) is not None


async def test_a_home_whose_key_is_for_something_else_sends_nothing(offices: Offices) -> None:
    """The log would refuse it anyway, and name no home; nothing may stay behind to be sent."""
    _, digest = await held(offices)
    told = await offices.do("agreement suspend mk-isa --reason 'a breach'", CASE, expect=64)
    assert "its key governs nothing, and this governs. Nothing was sent." in told
    assert "the home of /agencies/tv-probation/control." in told
    await offices.settle(CONTROL)
    for _ in range(2):
        told = await offices.do(word(digest, "B. First"), CONTROL, expect=64)
        assert "its key says nothing of a case" in told
        assert "the home of /agencies/mk-csp/desk." in told
        assert "Caught up: 0" in await offices.do("consumer catch-up", CONTROL)
    await offices.do(word(digest, "B. First"), DESK)
