"""What has no receipt: sent again until one comes, and somebody is told to telephone."""

from pathlib import Path

import pytest

from contracts.context import Urgency
from deploy.command import invoke
from producers.unanswered import AGAIN_MS_MAX, AGAIN_MS_MIN, ANSWER_MS_MAX
from tests.support.reports import concern
from tests.support.speaking import Speaker
from tests.vectors.ledger import CLOCK_MS

MINUTE = 60_000
URGENCIES: tuple[Urgency, ...] = ("urgent", "routine")


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """Probation's home, which has read what was agreed."""
    found = Speaker(tmp_path / "home")
    found.read()
    return found


def at(speaker: Speaker, after_ms: int) -> None:
    """Let it be so long after everything began."""
    speaker.outbox.now_ms = lambda: CLOCK_MS + after_ms


def lost(speaker: Speaker, urgency: Urgency = "routine") -> str:
    """Publish a report that Kafka acknowledged and then lost; give its id."""
    said = speaker.outbox.publish(concern(speaker.outbox, urgency=urgency))
    speaker.outbox.mark_sent([one.digest for one in speaker.outbox.waiting()])
    return said


def test_what_kafka_acknowledged_and_lost_is_sent_again_and_recorded_once(
    speaker: Speaker,
) -> None:
    """A power cut takes what was not on Kafka's disk yet; nobody else would ever notice."""
    said = lost(speaker)
    before = speaker.row(said)["raw"]
    speaker.close()
    speaker.open()
    assert speaker.outbox.waiting() == [], "its receipt may be on its way"
    at(speaker, AGAIN_MS_MIN - 1)
    assert speaker.outbox.waiting() == []
    at(speaker, AGAIN_MS_MIN)
    opened, again = speaker.outbox.waiting()
    assert (again.id, again.raw) == (said, before), "the same bytes: no number is used twice"
    speaker.send()
    assert speaker.outbox.waiting() == []
    speaker.read()
    assert speaker.stands(said) == ("decided", "accepted")
    at(speaker, 10 * AGAIN_MS_MAX)
    assert speaker.outbox.waiting() == []
    assert sorted(speaker.on_log()).count(said) == 1
    assert speaker.on_log().count(opened.id) == 1


def test_what_stays_unanswered_is_sent_again_ever_more_rarely(speaker: Speaker) -> None:
    """A broker that is away for a night must not find the topic full of one statement."""
    said = lost(speaker)
    sent = []
    for minute in range(60):
        at(speaker, minute * MINUTE)
        waiting = speaker.outbox.waiting()
        if waiting:
            sent.append(minute)
            speaker.outbox.mark_sent([one.digest for one in waiting])
    assert sent == [2, 4, 8, 16, 31, 46]
    assert speaker.stands(said) == ("sent", None)


def test_a_clock_that_was_set_back_does_not_hold_it_up(speaker: Speaker) -> None:
    """A machine whose clock was a year ahead when it sent would otherwise wait a year."""
    at(speaker, 365 * 24 * 60 * MINUTE)
    lost(speaker)
    at(speaker, 0)
    assert len(speaker.outbox.waiting()) == 2


@pytest.mark.parametrize("state", ["waiting to be sent", "sent, no receipt yet"])
def test_an_urgent_report_without_a_receipt_says_whom_to_telephone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    """Not delivered must never look like on its way (design.md, A receipt)."""
    speaker = Speaker(tmp_path / "home")
    speaker.read()
    outbox = speaker.outbox
    urgent, routine = (outbox.publish(concern(outbox, urgency=one)) for one in URGENCIES)
    if state.startswith("sent"):
        speaker.outbox.mark_sent([one.digest for one in speaker.outbox.waiting()])
    at(speaker, ANSWER_MS_MAX - 1)
    assert speaker.outbox.undelivered() == []
    at(speaker, ANSWER_MS_MAX)
    assert [one["id"] for one in speaker.outbox.undelivered()] == [urgent]
    speaker.close()
    # The command reads this machine's clock, years after the vectors'.
    assert invoke(["outbox", "--home", str(speaker.home.folder)]) == 0
    told = capsys.readouterr().out
    ring = "NOT DELIVERED. Telephone Thames Valley on 01632 960000."
    begins = "  2012-05-01 09:30 UTC  concern_reported       "
    assert f"{urgent}{begins}{state}\n    {ring}" in told
    assert told.count("NOT DELIVERED") == 1
    assert f"{routine}{begins}{state}\n" in told
    assert invoke(["outbox", "show", urgent, "--home", str(speaker.home.folder)]) == 75
    assert f"No receipt yet. {ring}" in capsys.readouterr().out
    speaker.open()
    at(speaker, AGAIN_MS_MIN)
    speaker.send()
    speaker.read()
    at(speaker, 10 * ANSWER_MS_MAX)
    assert speaker.outbox.undelivered() == []
