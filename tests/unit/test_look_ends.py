"""How a look ends: a hit that somebody can act on, a reference that names nobody, a wrong click."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from consumers.research import plan, rows
from consumers.research.desk import Desk as ResearchDesk
from consumers.research.found import Found
from contracts.fault import Misuse
from contracts.section import Identity, Name
from tests.support.conversing import answering
from tests.support.desk import POLICE, PROBATION, Desk
from tests.support.researching import person, shown, task_of, told
from tests.unit.test_looked_again import bare, tasks

HIT = Found(outcome="match", kinds=["conviction"], confidence="confirmed")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def end(desk: Desk, task: str, found: Found, *, by: str = "P.", **more: Any) -> None:
    """Say how a look ended, and let everybody read of it."""
    police = desk.acting(POLICE)
    ResearchDesk(police.store, police.voice, desk.new_id, desk.draw).complete(
        task, found, operator=person(by), role="r", at=desk.ledger.clock_ms, **more
    )
    desk.settle()


def looks(desk: Desk, report: str) -> list[str]:
    """List the looks of a report."""
    with desk.acting(POLICE).store.read() as db:
        return [task["id"] for task in rows.tasks_of(db, report)]


@pytest.mark.parametrize(
    ("reference", "is_taken"),
    [
        ("Daniel Example", False), ("marsh1979", False), ("HILL/4", False), ("record", False),
        ("N 44", False), ("N-4471", True), ("43/0012/79", True),
    ],
)  # fmt: skip
def test_a_reference_is_a_number_and_nobodys_name(
    desk: Desk, reference: str, *, is_taken: bool
) -> None:
    """It goes on the log, and nothing takes it off: whoever else the report names is named too."""
    sections = told(desk)
    sections["person.2.identity"]["names"] = [{"given": "Tracey", "family": "Hill"}]
    report = desk.report(sections)
    desk.settle()
    task = task_of(desk, report, sections["person.1.identity"]["subject"])
    found = Found(outcome="match", kinds=["other"], confidence="probable", reference=reference)
    with nullcontext() if is_taken else pytest.raises(Misuse, match="goes on the log for good"):
        end(desk, task, found)


@pytest.mark.parametrize("outcome", ["match", "possible_match"])
@pytest.mark.parametrize("told_of", [{}, {"kinds": ["custody"]}, {"confidence": "possible"}])
def test_a_hit_says_of_what_sort_it_is_and_how_sure(
    desk: Desk, outcome: Any, told_of: dict[str, Any]
) -> None:
    """Who reads a bare `match` at 3 am can do nothing with it."""
    report = desk.report()
    desk.settle()
    found = Found(outcome=outcome, **told_of)
    with pytest.raises(Misuse, match="could not act on it"):
        end(desk, looks(desk, report)[0], found)


def test_a_look_that_was_said_wrong_is_said_anew_and_nothing_rests_on_it(desk: Desk) -> None:
    """A mistaken nil at 3 am is set right by whoever sees it; both stand on the log, with why."""
    report = desk.report(told(desk))
    desk.settle()
    for task in looks(desk, report):
        end(desk, task, Found(outcome="nil"))
    police = desk.acting(POLICE)
    ResearchDesk(police.store, police.voice, desk.new_id, desk.draw).no_further_action(
        report, supervisor=person("I. Inspector"), role="duty_inspector", reason="nothing found"
    )
    desk.settle()
    first = desk.said(POLICE, "research_completed")[0]["task"]
    with police.store.read() as db:
        assert rows.is_decided(db, report)
        before = rows.task(db, first)
    assert before is not None
    end(desk, first, HIT, by="A. Colleague", anew="mistaken")
    assert desk.said(POLICE, "statement_retracted") == [
        {"statement": before["completion"], "reason": "mistaken", "by": "A. Colleague"}
    ]
    rebuilt = desk.consumer(POLICE, store="rebuilt.sqlite")
    rebuilt.take(desk.records(POLICE))
    for consumer in (police, rebuilt):
        with consumer.store.read() as db:
            now = rows.task(db, first)
            assert now is not None
            assert (now["outcome"], now["operator"]) == ("match", "A. Colleague")
            assert not rows.is_decided(db, report), "no further action rested on a wrong nil"


def test_only_of_whom_no_more_is_known_it_is_said_that_a_first_name_is(desk: Desk) -> None:
    """It stood beside his whole name: whoever reads that looks nobody up, or doubts the name."""
    report, subject, who = bare(desk)

    def lines_of_his() -> list[str]:
        its = [one["id"] for one in tasks(desk, report) if one["subject"] == subject]
        return [next(line for line in shown(desk, one) if line.startswith("Task")) for one in its]

    assert all(plan.BARE_NAME in line for line in lines_of_his() if "PROBATION" not in line)
    answering(desk, PROBATION).supply(
        who.statement.context.id, "match", by=person("A."), role="officer",
        told=lambda token: {"person.1.identity": Identity(token, [Name("Daniel", "Hill")])},
    )  # fmt: skip
    desk.settle()
    lines = lines_of_his()
    assert not any(plan.BARE_NAME in line for line in lines)
    assert sum(plan.NAMED_SINCE in line for line in lines) == len(lines) - 1, "probation was asked"
