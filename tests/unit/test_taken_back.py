"""What the log refuses or holds after whoever said it stopped waiting: it does not stay done here.

Real homes: the desk stages, the home's outbox sends, the receipt comes to the outbox alone.
"""

import asyncio
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from consumers import aside, standing
from consumers import store as stored
from consumers.consumer import Came
from consumers.research import rows as tasks
from consumers.responses import asked as questions
from consumers.responses import rows as duties
from consumers.safeguarding import life
from consumers.safeguarding import rows as alerts
from contracts.event.action import AlertEscalated
from contracts.event.work import AlertRaised, ResponseGiven
from deploy.taking_back import publish_each, take_back
from deploy.wiring import Acting, open_acting
from producers.sender import until
from tests.support.conversing import answering, person
from tests.support.desk import POLICE, Desk, named
from tests.support.speaking import Speaker
from tests.support.stranger import text_of

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


def escalated(acting: Acting) -> str:
    """Derive that the alert goes on to the next role, and keep it as what was said; give its id."""
    event = AlertEscalated(alert=ALERT, to_role=LEAD, step=1, reason="unacknowledged")
    wanted = acting.voice.derived("k", "alert_escalated", event, causes=[ALERT], rule="r/1")
    with acting.store.write() as db:
        stored.want(db, wanted)
        life.say(db, wanted.draft.id, ALERT, event, at=1, settled=True)
    acting.outbox.publish(wanted.draft)
    return wanted.draft.id


def marked(acting: Acting, said: str) -> tuple[list[str], list[str]]:
    """Give how a statement is marked here, and what a person is told to see to."""
    with acting.store.read() as db:
        return standing.marks_of(db, said), [aside.words(one) for one in aside.all_unworked(db)]


def test_what_a_machine_derived_and_the_log_refused_stands_and_is_told(
    home: tuple[Speaker, Acting],
) -> None:
    """Taken back it would be derived again each minute; unmarked, nobody rings whom it was for."""
    speaker, acting = home
    with acting.store.write() as db:
        stored.said(db, "alert_raised/M20/x", ALERT)
    said = escalated(acting)
    speaker.send()
    speaker.read()
    assert speaker.stands(said) == ("decided", "rejected")
    for _ in range(2):
        assert take_back(acting.outbox, acting.consumer) >= 0
    marks, (words,) = marked(acting, said)
    assert marks == [standing.WORDS["unsaid"]]
    assert said in words
    assert "control.refers_to_unknown" in words
    assert "Name, as cause.1, a statement of your own" in words
    with acting.store.read() as db:
        now = life.stands(db, ALERT)
        assert stored.id_of(db, "k") == said, "it is not said again"
        assert aside.count_unworked(db) == 1, "the watch tells the duty manager"
    assert now is not None
    assert now.steps == 1, "it stands here"


def test_what_arises_from_what_is_gone_is_told_to_nobody(home: tuple[Speaker, Acting]) -> None:
    """Erased while it was on its way: nothing of it stands here, and nobody is to look for it."""
    speaker, acting = home
    said = escalated(acting)
    speaker.send()
    speaker.read()
    take_back(acting.outbox, acting.consumer)
    assert marked(acting, said) == ([], [])


def test_what_cannot_be_said_keeps_nothing_else_from_being_said(
    home: tuple[Speaker, Acting],
) -> None:
    """One draft that is no statement ended the consumer, again and again, with all behind it."""
    speaker, acting = home
    with acting.store.write() as db:
        stored.said(db, "alert_raised/M20/x", ALERT)
    by = acting.practitioner("N. Lead")
    (had,) = acting.deciding.acknowledge(ALERT, by=by, role=LEAD)
    derived = [
        acting.voice.derived(
            key, "alert_escalated", AlertEscalated(alert=ALERT, to_role=LEAD, step=step,
            reason="unacknowledged"), causes=[ALERT], rule="r/1",
        )
        for step, key in enumerate(("first", "second"), 1)
    ]  # fmt: skip
    broken = {"event": msgspec.Raw(b"{}")}
    unfit = [
        msgspec.structs.replace(one.draft, sections={**one.draft.sections, **broken})
        for one in (had, derived[0])
    ]
    publish_each(acting.outbox, acting.consumer, [*unfit, derived[1].draft])
    assert speaker.row(derived[1].draft.id)["state"] == "waiting"
    assert had_by(acting) is None, "what a person did is taken back"
    marks, (words,) = marked(acting, derived[0].draft.id)
    assert marks == [standing.WORDS["unsaid"]]
    assert "schema.broken" in words


def test_what_the_log_has_after_all_is_marked_no_more(tmp_path: Path) -> None:
    """Said by another source of the agency, or sent again under another key: it stands."""
    desk = Desk(tmp_path)
    report = desk.report()
    consumer = desk.acting(POLICE)
    consumer.take(desk.records(POLICE))
    with consumer.store.read() as db:
        (task, *_) = tasks.tasks_of(db, report)
    consumer.unsaid(task["id"], [report], "key.unknown")
    with consumer.store.read() as db:
        assert standing.marks_of(db, task["id"])
        assert aside.count_unworked(db) == 1
    desk.settle()
    with consumer.store.read() as db:
        assert standing.marks_of(db, task["id"]) == []
        assert aside.count_unworked(db) == 0


@pytest.mark.parametrize("refused", [False, True])
def test_a_question_that_nobody_was_put_is_owed_by_nobody(tmp_path: Path, refused: bool) -> None:
    """It is held, or the log refused it: the agency that was never asked is not late."""
    desk = Desk(tmp_path)
    desk.report()
    consumer = desk.acting(POLICE)
    consumer.take(desk.records(POLICE))
    act = {"act": "agreement_suspended", "agreement": "mk-isa", "version": 1, "reason": "a breach"}
    desk.played.govern("mk-csp", "act_proposed", {"proposal": act})
    desk._submit()
    desk.settle()
    asked = desk.seen(POLICE, "information_requested")
    assert asked
    assert all(one.delivery.marks == ["quarantined"] for one in asked)
    for by in ("N. Lead", "N. Second") if refused else ():
        for one in asked:
            decided = {
                "statement": one.statement.digest, "decision": "refuse", "waived": [], "by": by,
                "reason": "not needed",
            }  # fmt: skip
            provenance = named(desk.draw)["provenance"]
            provenance["practitioner"] = {"token": text_of(desk.draw(16)), "name": by}
            desk.report(
                {"event": decided, "provenance": provenance}, source="mk-csp/desk",
                event="release_decided",
            )  # fmt: skip
    desk.settle()
    with consumer.store.read() as db:
        assert db.execute(select(questions.requests)).all() == []
    desk.pass_hours(500)
    desk.settle()
    late = desk.said(POLICE, "duty_overdue")
    assert late
    assert {one["owner_agency"] for one in late} == {POLICE}
    with consumer.store.read() as db:
        told = {one["digest"]: one["what"] for one in aside.all_unworked(db)}
    assert told == {one.statement.context.id: "quarantine.refused" for one in asked if refused}


def test_an_answer_that_is_held_discharges_nothing_until_it_is_released(tmp_path: Path) -> None:
    """Its own agency is sent it back, held as it is: nobody who waits for it was told."""
    desk = Desk(tmp_path)
    report = desk.report(urgency="urgent")
    desk.settle()
    event = ResponseGiven(
        statement=report, received_by="X", researched="no", actions=["visit_planned"]
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
