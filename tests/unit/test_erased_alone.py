"""An alert that was erased by itself, its report standing: whoever rebuilds does not raise it anew.

A real home: its store is lost, its outbox may be, too; Kafka has dropped the tombstones.
"""

from functools import partial
from pathlib import Path

import pytest

from consumers import aside
from consumers.consumer import Came
from consumers.safeguarding import rows
from consumers.store import unpublished
from contracts.duration import HOUR_MS
from deploy.taking_back import publish_each
from deploy.wiring import Acting, open_acting
from tests.support.alerts import tables
from tests.support.compacted import compacted
from tests.support.desk import HUB, POLICE, SOURCES, named
from tests.support.speaking import Speaker


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """The home of police, who were sent a report of a threat."""
    speaker = Speaker(tmp_path / "home", name=f"{POLICE}/intelligence")
    speaker.town.report(sections=named(speaker.town.played.draw, concern="threat"))
    return speaker


def settle(speaker: Speaker, acting: Acting) -> None:
    """Let a home read what Kafka holds still, act and say until nothing comes."""
    publish, said = partial(publish_each, speaker.outbox, acting.consumer), 1
    while said:
        speaker.read()
        held = enumerate(speaker.town.log.views[POLICE])
        acting.consumer.take(compacted([Came(n, key, record) for n, (key, record) in held]))
        said = acting.consumer.publish_waiting(publish)
        speaker.send()


def erase(speaker: Speaker, statement: str) -> None:
    """Let who governs propose, and the hub endorse, that a statement be erased, and let it flow."""
    town, said = speaker.town, speaker.new_id()
    two = [{"provenance": named(town.played.draw)["provenance"]} for _ in range(2)]
    first = {"statements": [statement], "ground": "unlawful", "reason": "r", "by": "A."}
    second = {"proposal": said, "statements": [statement], "by": "B."}
    town.played.say("mk-csp/desk", "erasure_proposed", {**two[0], "event": first}, id=said)
    town.played.say(SOURCES[HUB], "erasure_endorsed", {**two[1], "event": second})
    town.flow()


def raised(acting: Acting) -> dict[str, str]:
    """Give the ids of the alerts that stand, by act."""
    with acting.store.read() as db:
        return {one["act"]: one["id"] for one in rows.all_alerts(db)}


@pytest.mark.parametrize("outbox_lost", [False, True])
def test_who_lost_its_database_does_not_raise_it_anew(speaker: Speaker, outbox_lost: bool) -> None:
    """It stood on the desk again, and was called out over the log as its clocks ran out."""
    acting = open_acting(speaker.home)
    settle(speaker, acting)
    before = raised(acting)
    erase(speaker, before["police_now"])
    settle(speaker, acting)
    for _ in range(3):
        speaker.town.log.clock_ms += 12 * HOUR_MS
        speaker.town.log.beat()
        speaker.town.log.deliver()
        settle(speaker, acting)
    assert set(raised(acting)) == set(before) - {"police_now"}
    entries = len(speaker.town.log.entries)
    if outbox_lost:  # its receipts say what it had said
        speaker.close()
        (speaker.home.folder / "outbox.sqlite").unlink()
        speaker.open()
    again = open_acting(speaker.home, anew=True)
    settle(speaker, again)
    assert len(speaker.town.log.entries) == entries, "nothing is said twice, and nothing of it"
    assert tables(again.consumer) == tables(acting.consumer)
    with again.store.read() as db:
        assert aside.count_unworked(db) == 0
        assert unpublished(db) == []
