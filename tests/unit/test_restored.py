"""An outbox put back from a backup without a sign of it: the log knows what it forgot."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from contracts.context import Urgency
from producers.tables import superseded
from tests.support.reports import concern
from tests.support.speaking import Speaker


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """Probation's home, which has read what was agreed."""
    found = Speaker(tmp_path / "home")
    found.read()
    return found


def lose(speaker: Speaker, copy: Path, urgency: Urgency = "routine") -> str:
    """Say a report, then put back the whole home as it was before; give the lost report's id."""
    speaker.say(concern(speaker.outbox, urgency=urgency))
    speaker.back_up(copy, files="outbox.*")
    speaker.open()
    lost = speaker.say(concern(speaker.outbox, urgency=urgency))
    speaker.restore(copy)
    assert speaker.generations() == ["first"], "nothing here says that it is an old copy"
    assert speaker.outbox.row(lost) is None
    return lost


def test_what_a_restored_database_never_stored_is_remembered_and_not_said_twice(
    speaker: Speaker, tmp_path: Path
) -> None:
    """The log remembers what a backup forgot: its id, and that its number is used."""
    lost = lose(speaker, tmp_path / "copy")
    speaker.read()
    assert speaker.stands(lost) == ("decided", "accepted")
    assert speaker.row(lost)["raw"] is None
    assert speaker.generations() == ["first", "restored"]
    again = msgspec.structs.replace(concern(speaker.outbox), id=lost)
    speaker.outbox.publish(again)
    assert speaker.outbox.waiting() == []
    assert speaker.stands(speaker.say()) == ("decided", "accepted")
    assert speaker.outbox.undecided() == 0
    check_log(speaker, [lost])


def test_what_waits_on_a_used_number_is_signed_again_under_the_same_id(
    speaker: Speaker, tmp_path: Path
) -> None:
    """Of two statements on one number the second is refused for ever: it must still be said."""
    lost = lose(speaker, tmp_path / "copy")
    said = [speaker.outbox.publish(concern(speaker.outbox)) for _ in range(3)]
    before = {one: speaker.row(one) for one in said}
    speaker.read()
    rows = {one: speaker.row(one) for one in said}
    assert len({row["stream"] for row in [*rows.values(), before[said[0]]]}) == 2
    assert [row["sequence"] for row in rows.values()] == [1, 2, 3]
    for one in said:
        context, sections = speaker.opened(rows[one]["raw"])
        first, kept = speaker.opened(before[one]["raw"])
        assert {**context, "_sd": 0} == {**first, "_sd": 0}
        assert {**sections, "intake": 0} == {**kept, "intake": 0}
    speaker.send()
    speaker.read()
    assert {speaker.stands(one) for one in [lost, *said]} == {("decided", "accepted")}
    check_log(speaker, [lost, *said])


@pytest.mark.parametrize("known", [True, False])
def test_what_was_sent_on_a_used_number_is_said_once_and_leaves_no_gap(
    speaker: Speaker, tmp_path: Path, *, known: bool
) -> None:
    """Sent too soon after a restore: the log refuses one number, and nobody is accused of a gap."""
    lost = lose(speaker, tmp_path / "copy")
    read = len(speaker.came())
    said = [speaker.outbox.publish(concern(speaker.outbox)) for _ in range(3)]
    before = {one: speaker.row(one) for one in said}
    speaker.send()
    came = speaker.came()
    speaker.inbox.take(came if known else came[read - 1 :])  # the lost one's receipt may be gone
    assert [one.id for one in speaker.outbox.waiting()][1:] == said[:1]
    assert speaker.stands(said[1]) == speaker.stands(said[2]) == ("decided", "accepted")
    with speaker.outbox.database.read() as db:
        old = list(db.execute(select(superseded.c.digest)).scalars())
    assert old == [before[said[0]]["digest"]]
    speaker.send()
    speaker.read()
    assert {speaker.stands(one) for one in said} == {("decided", "accepted")}
    check_log(speaker, [lost, *said])


@pytest.mark.parametrize("read_between", [True, False])
@pytest.mark.parametrize("urgency", ["routine", "threat_to_life"])
def test_what_was_on_its_way_when_it_was_signed_again_is_said_once(
    speaker: Speaker, tmp_path: Path, urgency: Urgency, *, read_between: bool
) -> None:
    """Old bytes and new ones race to the log: whichever it records first is the statement."""
    outcome = "accepted" if urgency == "routine" else "accepted_emergency"
    lost = lose(speaker, tmp_path / "copy", urgency)
    drafts = [concern(speaker.outbox, urgency=urgency) for _ in range(2)]
    said = [speaker.outbox.publish(one) for one in drafts]
    flying = speaker.outbox.waiting()
    speaker.read()
    speaker.town.log.submit_all(speaker.agency, [one.raw for one in flying])
    speaker.town.log.deliver()
    speaker.outbox.mark_sent([one.digest for one in flying])
    if read_between:
        speaker.read()
        assert speaker.stands(said[1]) == ("decided", outcome)
    assert speaker.stands(said[0]) == ("waiting", None)
    speaker.send()
    speaker.read()
    assert {speaker.stands(one) for one in [lost, *said]} == {("decided", outcome)}
    assert speaker.outbox.undecided() == 0
    on_log = Counter(speaker.on_log())
    assert {on_log[one] for one in [lost, *said]} == {1}
    speaker.check_rereading()


def check_log(speaker: Speaker, said: list[str]) -> None:
    """Check that the log holds everything once and that no stream of the outbox has a gap."""
    on_log = Counter(speaker.on_log())
    assert {on_log[one] for one in said} == {1}
    assert speaker.generations() == ["first", "restored"]
    for numbers in speaker.numbers_on_log().values():
        assert sorted(numbers) == list(range(len(numbers)))
    speaker.check_rereading()


@pytest.mark.parametrize("turned_round", [False, True])
def test_an_emergency_on_a_used_number_reaches_police_at_once_and_everybody_anew(
    speaker: Speaker, tmp_path: Path, *, turned_round: bool
) -> None:
    """A restored backup must stop no threat to life, nor leave it with police unverified."""
    lose(speaker, tmp_path / "copy", "threat_to_life")
    said = speaker.outbox.publish(concern(speaker.outbox, urgency="threat_to_life"))
    speaker.send()
    speaker.inbox.take(speaker.came()[::-1] if turned_round else speaker.came())
    assert speaker.generations() == ["first", "restored"]
    assert speaker.stands(said) == ("waiting", None), "signed again, under the same id"
    speaker.send()
    speaker.read()
    assert speaker.stands(said) == ("decided", "accepted_emergency")
    views = {agency: speaker.town.log.opened(agency) for agency in ("thames-valley", "mk-hub")}
    held = {
        agency: [one.verified for one in found if one.statement.context.id == said]
        for agency, found in views.items()
    }
    assert held == {"thames-valley": [False, True], "mk-hub": [True]}
    assert "findings_disputed" not in {row["event"] for row in speaker.outbox.rows()}
    speaker.check_rereading()
