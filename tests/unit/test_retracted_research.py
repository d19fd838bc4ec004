"""Nobody is looked up for a report that was taken back, unless that is taken back in its turn."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consumers import standing
from consumers.research import board, plan, rows
from consumers.research.desk import Desk as ResearchDesk
from consumers.research.found import Found
from consumers.safeguarding.rules import unresearched
from contracts.duration import HOUR_MS
from contracts.event.work import ResponseGiven
from contracts.fault import Misuse
from tests.support.agreed import retract
from tests.support.alerts import deciding, person
from tests.support.compacted import check_rebuilt, held, rebuilt, ways
from tests.support.conversing import answering
from tests.support.desk import POLICE, PROBATION, SOURCES, Desk, begun, read_a_report
from tests.unit.test_answer_gone import erase
from tests.unit.test_looked_again import look, stop, tasks
from tests.vectors.ledger import key

SYSTEMS = ["niche", "local", "pnc", "pnd", "mash", "probation", "iom_mappa"]
EVERYBODY = frozenset[str]()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed, and all read of the couple."""
    return begun(tmp_path, read_a_report)


@pytest.fixture
def report(desk: Desk) -> str:
    """The report of the couple."""
    return desk.reported[0]


def taken_back_later(desk: Desk) -> None:
    """Let probation take that back, two hours later."""
    desk.pass_hours(1)
    desk.pass_hours(1)
    retract(desk, PROBATION, desk.reported[0])


def wait(desk: Desk) -> None:
    """Let the time for its research run out."""
    desk.pass_hours(300)
    desk.settle()


def work(desk: Desk, consumer: Any = None) -> tuple[list[str], list[str], list[str], list[str]]:
    """Give what is to be looked up, stands on the board, is late, and stands there as done."""
    now = desk.ledger.clock_ms
    with (consumer or desk.acting(POLICE)).store.read() as db:
        asked = {one["statement"] for one in rows.to_look_up(db, SYSTEMS, now)}
        return (
            sorted(asked), board.to_be_made(db, EVERYBODY, count=5),
            rows.overdue_reports(db, now), board.done_with(db, EVERYBODY, count=5),
        )  # fmt: skip


def alerted(desk: Desk) -> list[str]:
    """List of which reports police were told that their research ran out of time."""
    said = desk.said(POLICE, "alert_raised")
    return [one["statements"][0] for one in said if one["rule"] == unresearched.ID]


def test_what_was_taken_back_is_researched_no_further(desk: Desk, report: str) -> None:
    """Its looks stood on the board, connectors made them, and somebody was called out over it."""
    assert work(desk)[:2] == ([report], [report])
    retract(desk, PROBATION, report)
    assert work(desk) == ([], [], [], [])
    for _ in range(5):
        desk.pass_hours(60)
        desk.settle()
    assert work(desk) == ([], [], [], [])
    assert alerted(desk) == []
    told = tasks(desk, report)
    assert not any(one["open"] for one in told)
    assert plan.standing(told) == f"0 of {len(told)} looks made; {plan.GONE}"
    check_rebuilt(desk)


def test_what_was_taken_back_is_closed_without_its_looks(desk: Desk, report: str) -> None:
    """Somebody who was named by mistake had to be looked up before anybody could stop."""
    desk.pass_hours(300)
    desk.settle()
    assert alerted(desk) == [report]
    with desk.acting(POLICE).store.read() as db:
        alert = standing.newest(db, EVERYBODY, "alert_raised", [POLICE], count=1)[0]["id"]
    with pytest.raises(Misuse, match="still to be made"):
        stop(desk, report)
    retract(desk, PROBATION, report)
    with pytest.raises(Misuse, match="has taken the report back"):
        look(desk, tasks(desk, report)[0]["id"], Found(outcome="nil"))
    stop(desk, report)
    deciding(desk, POLICE).close(
        alert, "done", useful="useful", reason=None, by=person(desk), role="duty_inspector"
    )
    event = ResponseGiven(
        statement=report, received_by="X", researched="no", actions=["no_action"],
        no_action_reason="it was taken back",
    )  # fmt: skip
    answering(desk, POLICE).give(event, by=person(desk), role="duty_inspector")
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        assert rows.is_decided(db, report)
    check_rebuilt(desk)


def take_back(desk: Desk, retraction: str, _: int) -> None:
    """Let probation take the retraction back."""
    retract(desk, PROBATION, retraction)


def go(desk: Desk, retraction: str, _: int) -> None:
    """Erase it."""
    erase(desk, retraction)


def compromise(desk: Desk, _: str, since_ms: int) -> None:
    """Let governance say that the key was stolen which it was signed with."""
    since = datetime.fromtimestamp(since_ms / 1000, UTC)
    act = {
        "act": "key_revoked", "agency": PROBATION, "kid": key(SOURCES[PROBATION]).kid,
        "reason": "compromised", "invalid_since": f"{since:%Y-%m-%dT%H:%M:%S}.000Z",
    }  # fmt: skip
    desk.played.govern("mk-csp", "act_proposed", {"proposal": act})
    desk._submit()
    desk.settle()


@pytest.mark.parametrize("undo", [take_back, go, compromise])
@pytest.mark.parametrize("hours", [0, 300])
def test_where_the_retraction_is_undone_its_research_is_work_again(
    tmp_path: Path, undo: Callable[[Desk, str, int], None], hours: int
) -> None:
    """It stood as taken back for good, and once its time was over nobody was ever told."""
    desk = begun(tmp_path, read_a_report, taken_back_later, *([wait] if hours else []))
    report, retraction = desk.reported
    assert work(desk) == ([], [], [], [])
    undo(desk, retraction, desk.ledger.clock_ms - (hours + 1) * HOUR_MS)
    assert work(desk) == ([report], [report], [report] if hours else [], [])
    desk.pass_hours(1 if hours else 300)
    desk.settle()
    assert alerted(desk) == [report]
    for is_compacted in ways(desk, POLICE):
        again = rebuilt(desk, POLICE, is_compacted=is_compacted)
        assert work(desk, again) == work(desk), is_compacted
        assert held(again) == held(desk.acting(POLICE)), is_compacted


def test_a_retraction_stands_again_where_what_took_it_back_is_taken_back(
    desk: Desk, report: str
) -> None:
    """However often somebody changes their mind, the last word counts."""
    first = retract(desk, PROBATION, report)
    second = retract(desk, PROBATION, first)
    third = retract(desk, PROBATION, second)
    assert work(desk) == ([], [], [], [])
    last = retract(desk, PROBATION, third)
    assert work(desk)[:2] == ([report], [report])
    erase(desk, last)
    assert work(desk) == ([], [], [], [])
    check_rebuilt(desk, POLICE)


def test_no_decision_outlasts_the_retraction_that_it_was_made_on(desk: Desk, report: str) -> None:
    """Nothing further was done, because it was taken back: it was said rightly after all."""
    retraction = retract(desk, PROBATION, report)
    stop(desk, report)
    retract(desk, PROBATION, retraction)
    with desk.acting(POLICE).store.read() as db:
        assert not rows.is_decided(db, report)
    assert work(desk)[1] == [report]
    check_rebuilt(desk)


def test_where_nothing_was_looked_up_that_is_said() -> None:
    """Nought of nought looks made reads as done."""
    assert "PARTIAL: nothing was looked up" in plan.standing([])


def test_a_look_that_was_made_is_said_anew_of_what_was_taken_back(desk: Desk, report: str) -> None:
    """What was found of somebody is put right whatever became of the report."""
    task = tasks(desk, report, "niche")[0]["id"]
    look(desk, task)
    desk.settle()
    retract(desk, PROBATION, report)
    police = desk.acting(POLICE)
    research = ResearchDesk(police.store, police.voice, desk.new_id, desk.draw)
    hit = Found(outcome="match", confidence="confirmed", kinds=["conviction"])
    research.complete(
        task, hit, operator=person(desk), role="researcher", at=desk.ledger.clock_ms,
        anew="mistaken",
    )  # fmt: skip
    desk.settle()
    assert {one["outcome"] for one in tasks(desk, report, "niche")} >= {"match"}
    check_rebuilt(desk)
