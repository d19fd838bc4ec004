"""The same said twice: by whoever read "not delivered", or by a second home of one agency."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from consumers.consumer import Consumer
from consumers.research.desk import Desk as ResearchDesk
from consumers.research.found import Found
from consumers.research.rows import all_tasks
from consumers.responses.desk import Answering
from consumers.store import Store
from consumers.worker import Voice
from contracts.draft import Draft
from contracts.event.work import ResponseGiven
from contracts.fault import Misuse
from contracts.section import Practitioner
from deploy.command import invoke
from deploy.workers import workers_of
from producers.partnership import Partnership
from producers.repeated import said_before
from tests.support.desk import POLICE, Desk
from tests.support.filing import START, drafted
from tests.support.speaking import Speaker
from tests.support.stranger import concern, text_of

WHOLE = f"""{START}who_says:
  name: A. Officer
  role: probation officer
  mailbox: duty@probation.example
  how_known: record
"""
AT = "2012-05-01"
"""What a file that does not say when it was recorded is given (tests.support.filing)."""


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """Probation's home, its views read."""
    made = Speaker(tmp_path / "home")
    made.read()
    return made


def test_the_same_file_is_known_again_while_it_waits_or_was_accepted(speaker: Speaker) -> None:
    """Two of one report are two researches of one couple; a changed one is another."""
    first = drafted(speaker, WHOLE)
    assert said_before(speaker.outbox, first, at=AT) is None
    speaker.outbox.publish(first)
    for state in ("waiting", "accepted"):
        again = drafted(speaker, WHOLE)
        found = said_before(speaker.outbox, again, at=AT)
        assert found is not None, state
        assert found["id"] == first.id != again.id
        for other in (f"{WHOLE}words: more\n", f"{WHOLE}urgency: urgent\n"):
            assert said_before(speaker.outbox, drafted(speaker, other), at=AT) is None
        speaker.send()
        speaker.read()
    assert speaker.stands(first.id) == ("decided", "accepted")


def test_what_was_held_or_refused_may_be_said_again(speaker: Speaker) -> None:
    """Nobody was sent it: once the reason is gone, the same words are what is to be said."""
    said = speaker.say(drafted(speaker, START))
    assert speaker.stands(said) == ("decided", "quarantined")
    assert said_before(speaker.outbox, drafted(speaker, START), at=AT) is None


def test_publishing_the_same_file_again_says_when_it_was_said_and_stores_nothing(
    speaker: Speaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kafka is away here: each try must not become one more report once it is back."""
    speaker.close()
    home, file = str(speaker.home.folder), tmp_path / "report.yaml"
    file.write_text(START)
    line = ["publish", str(file), "--home", home, "--wait", "0"]
    assert invoke(line) == 75
    first = capsys.readouterr().out
    assert "NOT DELIVERED within 0 seconds. Kafka (127.0.0.1:1) does not have it" in first
    said = first.split("Stored as ")[1].split(";")[0]
    assert f"It is stored: {said}. Do not give it again: `candour outbox run --home" in first
    assert invoke(line) == 64
    told = capsys.readouterr()
    assert "Stored as" not in told.out
    assert f", as {said}: no receipt yet. Nothing more was stored." in told.err
    assert "give --again" in told.err
    assert invoke([*line, "--again"]) == 75
    capsys.readouterr()
    file.write_text(f"{START}danger_now: yes\n")
    assert invoke(line) == 75
    capsys.readouterr()
    assert invoke(line) == 75, "a threat to life is never stopped"
    assert "It is sent once more." in capsys.readouterr().out


def second(desk: Desk, folder: Path) -> Consumer:
    """Open a consumer of police at another of their homes."""
    voice = Voice(POLICE, f"/agencies/{POLICE}/desk", "duty manager", Partnership())
    store = Store(folder / "second.sqlite")
    return Consumer(store, voice=voice, trust=desk.ledger.trust, workers=workers_of(voice))


def never(_: Sequence[Draft]) -> None:
    """Publish nothing, and fail where anything is to be published."""
    raise AssertionError("another source of this agency acts")


def test_a_second_home_of_an_agency_doubles_nothing(tmp_path: Path) -> None:
    """What the first said stands on the log; what is new the second leaves to the first."""
    desk = Desk(tmp_path)
    desk.report(concern(desk.draw))  # bare names: research is completed by itself
    desk.settle()
    first, other = desk.acting(POLICE), second(desk, tmp_path)
    other.take(desk.records(POLICE))
    assert other.publish_waiting(never) == 0
    with first.store.read() as one, other.store.read() as two:
        assert all_tasks(one) == all_tasks(two)
        task = all_tasks(two)[0]["id"]
    desk.report()
    other.take(desk.records(POLICE))
    with pytest.raises(Misuse, match=f"/agencies/{POLICE}/intelligence acts for {POLICE} already"):
        other.publish_waiting(never)
    acting = ResearchDesk(other.store, other.voice, desk.new_id, desk.draw)
    officer = Practitioner(text_of(desk.draw(16)), "P. Researcher")
    with pytest.raises(Misuse, match="acts for"):
        acting.complete(task, Found(outcome="nil"), operator=officer, role="r", at=1)


def test_who_takes_over_acts_until_the_one_before_speaks_again(tmp_path: Path) -> None:
    """A machine is lost: another goes on where it was; one that was not lost is found out."""
    desk = Desk(tmp_path)
    desk.report()
    desk.settle()
    first, other = desk.acting(POLICE), second(desk, tmp_path)
    desk.report()
    other.take(desk.records(POLICE))
    other.take_over()
    said: list[Draft] = []
    assert other.publish_waiting(said.extend) > 0
    first.take(desk.records(POLICE))
    same: list[Draft] = []
    first.publish_waiting(same.extend)
    assert [one.id for one in same] == [one.id for one in said], "one id from either: never two"
    for one in same:
        desk.publish(POLICE, one)
    desk.report()
    other.take(desk.records(POLICE))
    with pytest.raises(Misuse, match=f"/agencies/{POLICE}/intelligence acts"):
        other.publish_waiting(never)


def test_a_second_answer_to_a_report_is_asked_for(tmp_path: Path) -> None:
    """Two officers answer one report; the second learns of the first before the reporter does."""
    desk = Desk(tmp_path)
    report = desk.report()
    desk.settle()
    police = desk.acting(POLICE)
    answering = Answering(police.store, police.voice, desk.new_id)
    sergeant = Practitioner(text_of(desk.draw(16)), "D. Sergeant")
    event = ResponseGiven(
        statement=report, received_by="D. Sergeant", researched="no", actions=["visit_planned"]
    )
    (first,) = answering.give(event, by=sergeant, role="sergeant")
    with pytest.raises(Misuse, match=f"answered already, by {first.draft.id}"):
        answering.give(event, by=sergeant, role="sergeant")
    desk.settle()
    assert len(answering.give(event, by=sergeant, role="sergeant", again=True)) == 1
