"""A key replaced while its outbox is at work: whatever was on its way arrives, once."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contracts.context import Urgency
from producers.home import Home
from tests.support.reports import concern
from tests.support.speaking import Speaker
from tests.support.stranger import seeded


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """Probation's home, which has read what was agreed."""
    found = Speaker(tmp_path / "home")
    found.read()
    return found


def make_key(speaker: Speaker) -> tuple[Home, str]:
    """Make one more key, as another process does; give that home, and the key before."""
    opened = Home.open(speaker.home.folder)
    old = opened.speaking(speaker.outbox.partnership.ended).kid
    return opened.add_key(seeded(f"key after {old}")), old


def say(speaker: Speaker, act: dict[str, Any]) -> None:
    """Have an act proposed, and let it flow; the home has not read it yet."""
    by = "tv-probation" if act["act"] == "key_rotated" else "mk-csp"
    speaker.town.played.govern(by, "act_proposed", {"proposal": act})
    speaker.town.flow()


def rotate(speaker: Speaker) -> str:
    """Replace the key in force; give the new one's thumbprint."""
    made, old = make_key(speaker)
    key = json.loads(msgspec.json.encode(made.newest.source_key(["statements"])))
    say(speaker, {"act": "key_rotated", "agency": "tv-probation", "kid": old, "key": key})
    return made.newest.kid


def kids(speaker: Speaker, said: str) -> list[str | None]:
    """List under which keys a statement was recorded."""
    entries = [one.recorded for one in speaker.town.log.entries]
    return [one.head.kid for one in entries if one.findings and one.findings.id == said]


@pytest.mark.parametrize("urgency", ["routine", "threat_to_life"])
def test_what_was_on_its_way_under_the_old_key_goes_again(
    speaker: Speaker, urgency: Urgency
) -> None:
    """It left before the rotation and arrived after it: refused, and nobody's to type again."""
    said = speaker.outbox.publish(concern(speaker.outbox, urgency=urgency))
    sent = speaker.outbox.waiting()
    new = rotate(speaker)
    speaker.town.log.submit_all("tv-probation", [one.raw for one in sent])
    speaker.town.log.deliver()
    speaker.outbox.mark_sent([one.digest for one in sent])
    speaker.read()
    assert speaker.stands(said) == ("waiting", None)
    speaker.send()
    speaker.read()
    outcome = "accepted" if urgency == "routine" else "accepted_emergency"
    assert speaker.stands(said) == ("decided", outcome)
    assert kids(speaker, said)[-1] == new
    assert speaker.generations() == ["first", "rotated"]
    speaker.check_rereading()


def test_a_process_that_opened_the_home_before_signs_with_the_new_key(speaker: Speaker) -> None:
    """A consumer runs for months: nobody must have to remember to start it again."""
    waits = speaker.outbox.publish(concern(speaker.outbox))
    news = [rotate(speaker)]
    speaker.read()
    news.append(rotate(speaker))
    speaker.read()
    later = speaker.say()
    assert [speaker.stands(one) for one in (waits, later)] == [("decided", "accepted")] * 2
    assert kids(speaker, waits) == kids(speaker, later) == [news[-1]]


def test_a_key_revoked_before_the_next_is_enrolled_loses_nothing(speaker: Speaker) -> None:
    """A stolen key ends at once; what is refused until the next is known goes again by itself."""
    _, old = make_key(speaker)
    revoked = {"act": "key_revoked", "agency": "tv-probation", "kid": old, "reason": "compromised"}
    say(speaker, revoked)
    speaker.read()
    said = speaker.say()
    assert speaker.stands(said) == ("decided", "rejected")
    made = Home.open(speaker.home.folder).newest
    key = json.loads(msgspec.json.encode(made.source_key(["statements"])))
    say(speaker, {"act": "key_enrolled", "agency": "tv-probation", "key": key})
    speaker.read()
    speaker.send()
    speaker.read()
    assert speaker.stands(said) == ("decided", "accepted")
    assert kids(speaker, said)[-1] == made.kid
