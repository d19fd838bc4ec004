"""What governs a case, through the command line on real Kafka: consent, exclusion, correction."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from contracts.agreement import Agreement, ConsentRule
from contracts.event.case import ConsentRecorded
from deploy.governing import read_agreement
from tests.support.offices import CASE, HUB, POLICE, Offices
from tests.support.running import DEMO, running

BY = "--by 'A. Officer' --role 'probation officer'"
TOLD = "Delivered to: thames-valley"
NOTHING = "We hold no information about you that you are entitled to receive."


def consenting() -> Agreement:
    """Give the demonstration's agreement, what probation reports needing consent."""
    agreed = read_agreement(DEMO / "agreement.yaml").agreement
    rule = ConsentRule(of=["unassessed"], overrides=["serious_harm_to_others"])
    legs = [
        msgspec.structs.replace(leg, consent=rule) if leg.sender == ["tv-probation"] else leg
        for leg in agreed.legs
    ]
    return msgspec.structs.replace(agreed, legs=legs)


@pytest.fixture
async def offices(
    kafka: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Offices]:
    """Open the offices of a partnership of this test's own."""
    name = f"mk-{request.node.name.removeprefix('test_').replace('_', '-')}"[:40].rstrip("-")
    agreed = consenting() if "consent" in name else None
    async with running(kafka, tmp_path, name, exercise=True, agreement=agreed) as town:
        yield Offices(town)


def words(offices: Offices, text: str = "she asked for it") -> str:
    """Write why into a file; give the option that names it."""
    path = offices.folder / "why.yaml"
    path.write_text(f"reason: {text}\n")
    return f"--words {path}"


async def test_a_consent_lets_flow_until_it_is_withdrawn(offices: Offices) -> None:
    """She is asked, says yes, and later no: what police had stays, and nothing more comes."""
    held = await offices.report(expect=3)
    shown = await offices.do(f"outbox show {held}", CASE, expect=3)
    assert "consent.absent" in shown
    record = f"consent record {{}} --state {{}} --alone --asked 2012-05-01 {BY}"
    unsought = await offices.do(record.format("case-0001", "not_sought"), CASE, expect=64)
    assert "Give --words" in unsought
    unknown = await offices.do(record.format("case-9", "given"), CASE, expect=64)
    assert "Nobody is known here by this reference" in unknown
    for person in ("case-0001", "contact-0002"):
        said = await offices.do(record.format(person, "given"), CASE)
        assert "Recorded: given" in said
    flowed = await offices.report()
    assert TOLD in await offices.do(f"outbox show {flowed}", CASE)
    await offices.do(f"{record.format('contact-0002', 'withdrawn')} {words(offices)}", CASE)
    stopped = await offices.report(expect=3)
    assert "consent.refused" in await offices.do(f"outbox show {stopped}", CASE, expect=3)
    override = (
        "override: {ground: serious_harm_to_others, by: C. Guardian, role: Caldicott Guardian, "
        "reason: he has a knife, of: [contact-0002], protects: [case-0001]}"
    )
    overridden = await offices.report(words=f"He means to end it.\n{override}")
    views = {
        said: await offices.view("thames-valley", said)
        for said in (held, flowed, stopped, overridden)
    }
    has = [said for said, view in views.items() if view is not None and view.statement.sections]
    assert has == [flowed, overridden]
    recorded = await offices.seen("tv-probation", "consent_recorded")
    events = [view.statement.event for view in recorded]
    assert all(isinstance(one, ConsentRecorded) and one.asked_alone for one in events)
    assert await offices.seen("thames-valley", "consent_recorded") == []


async def test_an_exclusion_empties_his_lists_and_lifting_fills_them(offices: Offices) -> None:
    """He works at the police desk: told by token, his desk shows him what it showed before her."""
    await offices.settle(POLICE)
    him, colleague = "--by 'P. Kept'", "--by 'C. Colleague'"
    police = await offices.town.outbox(POLICE)
    token = police.token_for("practitioner", "P. Kept")
    police.token_for("practitioner", "C. Colleague")
    empty = [await offices.do(f"{name} list {him}", POLICE) for name in ("research", "response")]
    first = await offices.report()
    await offices.settle(POLICE)
    full = [await offices.do(f"{name} list {him}", POLICE) for name in ("research", "response")]
    assert full != empty
    why = words(offices, "he lives with her brother")
    nobody = await offices.do(f"exclusion record contact-0002 {why} {BY}", CASE, expect=64)
    assert "Nobody is named whom this excludes" in nobody
    wrong = await offices.do(
        f"exclusion record contact-0002 --agency mk-nobody {why} {BY}", CASE, expect=64
    )
    assert "No agency of this id is in the partnership" in wrong
    both = f"exclusion record contact-0002 --agency thames-valley --token {token} {why} {BY}"
    told = await offices.do(both, CASE, expect=64)
    assert "with an agency everybody there, not one person" in told
    force = f"exclusion record contact-0002 --agency thames-valley {why} {BY}"
    told = await offices.do(force, CASE, expect=64)
    assert "from the WHOLE of Thames Valley Police" in told
    assert "Of a threat to life" in told
    own = f"exclusion record contact-0002 --agency tv-probation {why} {BY}"
    assert "your own agency" in await offices.do(own, CASE, expect=64)
    whole = await offices.do(f"{force} --yes-the-whole-agency", CASE)
    lifts = whole.split("Excluded: ")[1].split()[0]
    await offices.do(f"exclusion lift {lifts} {why} {BY}", CASE)
    said = await offices.do(f"exclusion record contact-0002 --token {token} {why} {BY}", CASE)
    excluded = said.split("Excluded: ")[1].split()[0]
    second = await offices.report()
    await offices.settle(POLICE)
    assert [
        await offices.do(f"{name} list {him}", POLICE) for name in ("research", "response")
    ] == empty
    seen = await offices.do(f"research list {colleague}", POLICE)
    assert first in seen
    assert second in seen
    assert excluded in await offices.do(f"exclusion list {BY.partition(' --role')[0]}", CASE)
    assert excluded not in await offices.do(f"exclusion list {him}", POLICE)
    await offices.do(f"exclusion lift {excluded} {why} {BY}", CASE)
    await offices.settle(POLICE)
    again = await offices.do(f"research list {him}", POLICE)
    assert first in again
    assert "No exclusion" in await offices.do("exclusion list --by 'A. Officer'", CASE)


async def test_a_correction_reaches_who_was_given_it_and_each_says_so(offices: Offices) -> None:
    """Only its originator can; the desk sees the mark; the originator sees who has read it."""
    said = await offices.report()
    await offices.settle(POLICE, HUB)
    alike = await corrected(offices, said, expect=64)
    assert "Nothing in this file differs" in alike
    other = await corrected(offices, said, expect=64, facts="{concern: threat}")
    assert "candour retract" in other
    right = await corrected(offices, said, words="He says that she means to end it.")
    correction = right.split("Corrected: ")[1].split()[0]
    view = await offices.view("thames-valley", correction)
    assert view is not None
    assert set(view.statement.sections) == {"event", "cause.1", "provenance", "narrative"}
    await offices.settle(POLICE)
    assert "CORRECTED by its originator" in await offices.do("research list", POLICE)
    not_theirs = await offices.do(
        f"retract {said} --reason mistaken --by 'P. Kept' --role sergeant", POLICE, expect=64
    )
    assert "control.not_originator" in not_theirs
    listed = await offices.do("correction list", CASE)
    assert f"corrects {said} (mistaken), by A. Officer" in listed
    assert "thames-valley: NOT read yet; due " in listed
    assert correction in await offices.do("response list", POLICE)
    hand = f"correction acknowledge {correction} --by 'D. Sergeant' --role sergeant"
    assert "its originator is told" in await offices.do(hand, POLICE)
    await offices.do("outbox catch-up", CASE)
    listed = await offices.do("correction list", CASE)
    assert "thames-valley: read by D. Sergeant" in listed
    assert "mk-hub: NOT read yet" in listed
    assert "HAS READ correction" in await offices.do(f"outbox show {correction}", CASE)
    taken = await offices.do(f"retract {said} --reason wrong_person {BY}", CASE)
    assert "Taken back" in taken
    await offices.settle(POLICE)
    assert "RETRACTED by its originator" in await offices.do(
        f"research list --all --report {said}", POLICE
    )
    assert said not in await offices.do("research list", POLICE), "nobody looks for what is gone"


async def corrected(offices: Offices, said: str, *, expect: int = 0, **changes: str) -> str:
    """Correct a report by the template with some of its lines changed."""
    file = offices.folder / "report.yaml"
    before = file.read_text().splitlines()
    lines = [
        next((f"{k}: {v}" for k, v in changes.items() if line.startswith(f"{k}:")), line)
        for line in before
    ]
    (offices.folder / "right.yaml").write_text("\n".join(lines))
    path = offices.folder / "right.yaml"
    return await offices.do(f"correct {said} {path} --reason mistaken {BY}", CASE, expect=expect)


async def test_a_hold_and_an_answer_to_who_asks(offices: Offices) -> None:
    """Nothing is erased before the inquest; and she is told what she may be, he nothing of it."""
    await offices.report()
    await offices.settle(CASE)
    held = await offices.do(
        f"hold set contact-0002 --authority coroner --reference MK-1 {BY}", CASE
    )
    hold = held.split("Held: ")[1].split()[0]
    assert f"{hold}  coroner MK-1" in await offices.do("hold list --by 'A. Officer'", CASE)
    await offices.do(f"hold lift {hold} {words(offices)} {BY}", CASE)
    assert "No hold that may be shown stands from here" in await offices.do("hold list", CASE)
    ask, out = f"subject-access contact-0002 {BY} --out", offices.folder / "refused"
    assert "has not read all" in await offices.do(f"{ask} {out}", CASE, expect=64)
    await offices.settle(CASE)
    control = f"{CASE.partition('/')[0]}/control"
    assert "governs" in await offices.do(f"{ask} {out}", control, expect=64)
    stranger = await offices.do(f"{ask} {out}".replace("A. Off", "A. Orf"), CASE, expect=64)
    assert "Nobody is known here" in stranger
    assert not out.exists()
    answers: list[tuple[str, str]] = []
    for person in ("contact-0002", "never-heard-of"):
        out = offices.folder / f"answer-{len(answers)}"
        said = await offices.do(f"subject-access {person} {BY} --out {out}", CASE)
        answers.append((said.replace(str(out), "OUT"), (out / "answer.txt").read_text()))
        assert (out / "record.json").stat().st_mode & 0o077 == 0
    assert answers[0] == answers[1]
    assert NOTHING in answers[0][1]
    record = json.loads((offices.folder / "answer-0" / "record.json").read_text())
    assert record["withheld"]
    assert record["answered_by"] == "A. Officer"
    assert record["reference_known_here"] is True
    assert "Tracey" not in json.dumps(record)
    nobody = json.loads((offices.folder / "answer-1" / "record.json").read_text())
    assert nobody["reference_known_here"] is False
    assert record["homes_not_searched"] == []
    unread, north = record["withheld"][0]["section"], "/agencies/tv-probation/north"
    await offices.open_desk("tv-probation/north")
    await offices.settle(CASE)
    told = await offices.do(f"{ask} {offices.folder / 'third'} --read {unread}", CASE)
    assert f"--read {unread} was NOT followed" in told
    assert f"NOT SEARCHED: {north}, which keeps references of its own." in told
    assert north in (offices.folder / "third" / "record.json").read_text()
    assert north not in (offices.folder / "third" / "answer.txt").read_text()
