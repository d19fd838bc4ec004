"""What the log refuses or holds after whoever said it stopped waiting: it does not stay done here.

Real homes: the desk stages, the home's outbox sends, the receipt comes to the outbox alone.
"""

import asyncio
from pathlib import Path

import msgspec
import pytest

from consumers.consumer import Came
from consumers.responses import rows as duties
from consumers.safeguarding import rows as alerts
from contracts.event.action import AlertEscalated
from contracts.event.work import AlertRaised, ResponseGiven
from deploy.taking_back import take_back
from deploy.wiring import Acting, open_acting
from producers.sender import until
from tests.support.conversing import answering, person
from tests.support.desk import POLICE, Desk
from tests.support.speaking import Speaker

LEAD = "duty_manager"


ALERT = "01a00000-0000-7000-8000-00000000a1e7"


@pytest.fixture
def home(tmp_path: Path) -> tuple[Speaker, Acting]:
    """A home with an alert that never came to the log: that refuses whatever is said of it."""
    speaker = Speaker(tmp_path / "home", name="thames-valley/intelligence")
    speaker.read()
    acting = open_acting(speaker.home)
    held = speaker.town.log.views["thames-valley"]
    acting.consumer.take([Came(n, key, value or None) for n, (key, value) in enumerate(held)])
    event = AlertRaised(
        rule="M20", rule_version="1", statements=[ALERT], attention="interrupt", owner_role=LEAD,
        fallback_role=LEAD, due_at=1, good="g",
    )  # fmt: skip
    with acting.store.write() as db:
        assert alerts.raise_alert(db, ALERT, event, by="thames-valley", at=0)
    return speaker, acting


def had_by(acting: Acting) -> str | None:
    """Say who has the alert, by all that was said here."""
    with acting.store.read() as db:
        row = alerts.alert(db, ALERT)
    return None if row is None else row["acknowledged_by"]


def test_what_a_late_receipt_refuses_is_taken_back(home: tuple[Speaker, Acting]) -> None:
    """The lead went home believing that it is theirs: nobody has it, and the list says so."""
    speaker, acting = home
    by = acting.practitioner("N. Lead")
    (said,) = acting.deciding.acknowledge(ALERT, by=by, role=LEAD)
    acting.outbox.publish(said.draft)
    assert take_back(acting.outbox, acting.consumer) == -1, "nobody has decided it"
    speaker.send()
    speaker.read()
    assert speaker.stands(said.draft.id) == ("decided", "rejected"), "the log knows no such alert"
    assert had_by(acting) == "N. Lead"
    last = take_back(acting.outbox, acting.consumer)
    assert had_by(acting) is None
    assert last == speaker.row(said.draft.id)["entry"]
    acting.deciding.acknowledge(ALERT, by=by, role=LEAD)
    take_back(acting.outbox, acting.consumer, after=last)
    assert had_by(acting) == "N. Lead", "what comes after is taken back for nothing before"


async def test_a_consumer_that_runs_takes_it_back(home: tuple[Speaker, Acting]) -> None:
    """Also what was refused while nothing ran here, and while Kafka is away."""
    speaker, acting = home
    by = acting.practitioner("N. Lead")
    (said,) = acting.deciding.acknowledge(ALERT, by=by, role=LEAD)
    speaker.say(said.draft)
    running = asyncio.ensure_future(acting.run())
    try:
        assert await until(lambda: had_by(acting) is None, 60)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def test_what_a_machine_derived_is_not_taken_back(
    home: tuple[Speaker, Acting], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would derive it again each time, and the log would refuse it each time."""
    speaker, acting = home
    taken: list[str] = []
    monkeypatch.setattr(acting.consumer, "refused", taken.append)
    event = AlertEscalated(alert=ALERT, to_role=LEAD, step=1, reason="unacknowledged")
    derived = acting.voice.derived("k", "alert_escalated", event, causes=[ALERT], rule="r/1")
    speaker.say(derived.draft)
    assert speaker.stands(derived.draft.id) == ("decided", "rejected")
    assert take_back(acting.outbox, acting.consumer) >= 0
    assert taken == []


def test_an_answer_that_is_held_discharges_nothing_until_it_is_released(tmp_path: Path) -> None:
    """Its own agency is sent it back, held as it is: nobody who waits for it was told."""
    desk = Desk(tmp_path)
    report = desk.report(urgency="urgent")
    desk.settle()
    event = ResponseGiven(
        statement=report, received_by="X", researched="part", actions=["visit_planned"]
    )
    (said,) = answering(desk, POLICE).give(event, by=person(), role="duty_inspector")
    lacking = msgspec.json.decode(bytes(said.draft.sections["provenance"]))
    del lacking["role"]
    sections = {**said.draft.sections, "provenance": msgspec.Raw(msgspec.json.encode(lacking))}
    desk.publish(POLICE, msgspec.structs.replace(said.draft, sections=sections))
    desk.settle()
    (view,) = desk.seen(POLICE, "response_given")
    assert view.delivery.marks == ["quarantined"]
    with desk.acting(POLICE).store.read() as db:
        assert duties.is_open(db, f"response_given/{report}")
