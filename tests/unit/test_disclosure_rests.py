"""What a disclosure's decision rests on: the looks, each stage before it, and what they tell of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from consumers import standing
from consumers.consumer import Consumer
from consumers.disclosure import course, rows
from consumers.disclosure.course import Step
from consumers.disclosure.desk import Disclosing
from contracts.fault import Misuse
from tests.support.agreed import dated, people
from tests.support.compacted import rebuilt, ways
from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk, begun, named, read_a_report
from tests.unit.test_compacted import lacking
from tests.unit.test_disclosure import (
    APPLICATIONS,
    DECIDER,
    DECIDES,
    OFFICER,
    apply,
    overdue,
    person,
    stage,
)
from tests.unit.test_erased_incident import derived
from tests.unit.test_erased_incident import say as speak
from tests.unit.test_looked_again import look_everywhere

Json = Any
BEFORE = ("initial_checks", "met", "assessed")
NOTHING = Step(stage="decided", decision="nothing_to_disclose", agencies=[HUB])
REFUSED = Step(stage="decided", decision="refuse", agencies=[HUB])
TELL = Step(stage="decided", decision="disclose", agencies=[HUB])
STAGES = select(rows.stages).order_by(rows.stages.c.id)


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """A partnership where police act, and what a test begins with is said."""
    played = [("report", read_a_report), ("application", assess)]
    return begun(tmp_path, *(play for name, play in played if name in request.fixturenames))


def assess(desk: Desk) -> None:
    """Bring an application to where it is to be decided, about what was reported before it."""
    application = apply(desk, report="".join(desk.reported))
    for name in BEFORE:
        stage(desk, application, name)


@pytest.fixture
def report(desk: Desk) -> str:
    """What the application is about."""
    return desk.reported[0]


@pytest.fixture
def application(desk: Desk) -> str:
    """An application that is to be decided."""
    return desk.reported[-1]


def decide(desk: Desk, application: str, step: Step = REFUSED, **desks: Json) -> str:
    """Decide, and let nobody read of it yet; give the decision's id."""
    police = desk.acting(POLICE)
    sits = Disclosing(police.store, police.voice, desk.new_id, **desks)
    by = person(desk, DECIDER)
    (said,) = sits.stage(application, step, by=by, role=DECIDES, reason="seen to")
    return said.draft.id


def correct(desk: Desk, statement: str, source: str = SOURCES[POLICE]) -> str:
    """Correct his name in an application or a report; nobody reads of it yet."""
    with desk.acting(POLICE).store.read() as db:
        held = standing.held(db, statement)
    assert held
    subject = held.sections["person.1.identity"].subject  # type: ignore[attr-defined]
    sections = {
        "event": {"statement": statement, "reason": "mistaken", "by": OFFICER},
        "cause.1": {"statement": statement}, "provenance": named(desk.draw)["provenance"],
        "person.1.identity": {"subject": subject,
                              "names": [{"given": "Daniel", "family": desk.new_id()}]},
    }  # fmt: skip
    return desk.report(sections, event="statement_corrected", source=source)


def take_back(desk: Desk, statement: str) -> str:
    """Take a stage back; nobody reads of it yet."""
    facts = {"statement": statement, "reason": "mistaken", "by": OFFICER}
    sections = {"event": facts, "cause.1": {"statement": statement},
                "provenance": named(desk.draw)["provenance"]}  # fmt: skip
    return desk.report(sections, event="statement_retracted", source=SOURCES[POLICE])


def stands(consumer: Consumer, application: str) -> tuple[list[str], bool]:
    """Give the stages of an application that stand, and whether it is over."""
    with consumer.store.read() as db:
        row = rows.application(db, application)
        reached = [one["stage"] for one in rows.stages_of(db, application)]
    assert row
    return reached, row["over"]


def check_rebuilt(desk: Desk) -> None:
    """Check that whoever reads all anew has the same, from whatever Kafka holds still."""
    for is_compacted in ways(desk, POLICE):
        again = rebuilt(desk, POLICE, is_compacted=is_compacted)
        with again.store.read() as built, desk.acting(POLICE).store.read() as db:
            assert built.execute(STAGES).all() == db.execute(STAGES).all(), is_compacted
            assert built.execute(APPLICATIONS).all() == db.execute(APPLICATIONS).all(), is_compacted


def test_nothing_to_disclose_is_no_answer_while_a_look_is_to_be_made(
    desk: Desk, report: str, application: str
) -> None:
    """It was taken with none of fourteen made: "nothing is held" was what nobody had looked for."""
    with pytest.raises(Misuse, match=r"28 of 28 looks are still to be made \(4 IOM MAPPA, ") as no:
        stage(desk, application, NOTHING)
    assert "candour research list" in str(no.value.remedy)
    look_everywhere(desk, application)
    with pytest.raises(Misuse, match="14 of 28 looks are still to be made"):
        stage(desk, application, NOTHING)
    look_everywhere(desk, report)
    stage(desk, application, NOTHING)
    assert stands(desk.acting(POLICE), application) == ([*BEFORE, "decided"], True)


def test_a_warning_waits_for_no_look(desk: Desk, application: str) -> None:
    """What is known already is told."""
    stage(desk, application, TELL)
    stage(desk, application, "disclosed")
    assert stands(desk.acting(POLICE), application)[1]


@pytest.mark.parametrize("of", ["application", "report"])
def test_a_decision_falls_with_what_it_was_made_on(
    desk: Desk, report: str, application: str, of: str
) -> None:
    """He was called otherwise: all looks were open again, and the answer to her was final."""
    decided = stage(desk, application, REFUSED)
    desk.pass_hours(24 * 40)
    desk.settle()
    assert overdue(desk) == []
    about = (application, SOURCES[POLICE]) if of == "application" else (report, SOURCES[PROBATION])
    correction = correct(desk, *about)
    desk.settle()
    assert stands(desk.acting(POLICE), application) == ([*BEFORE], False)
    with desk.acting(POLICE).store.read() as db:
        row = rows.application(db, application)
    assert row
    assert (row["reopened_by"], row["overdue_by"]) == (decided, None)
    check_rebuilt(desk)
    for days in (27, 2, 40):
        desk.pass_hours(24 * days)
        desk.settle()
        assert overdue(desk) == [application] * (days != 27)
    again = stage(desk, application, REFUSED)
    said = desk.seen(POLICE, "disclosure_staged")[-1].statement
    assert said.context.id == again
    assert said.causes[:2] == [application, report]
    assert said.causes[-1] == correction, "it names what was read"
    assert stands(desk.acting(POLICE), application)[1]
    check_rebuilt(desk)
    correct(desk, correction, about[1])
    desk.settle()
    assert not stands(desk.acting(POLICE), application)[1], "each further correction opens it too"
    check_rebuilt(desk)


def test_what_she_was_told_on_a_wrong_name_is_to_be_decided_again(
    desk: Desk, application: str
) -> None:
    """What was disclosed rested on the decision; the work before that is done, and stays."""
    stage(desk, application, TELL)
    stage(desk, application, "disclosed")
    correct(desk, application)
    desk.settle()
    assert stands(desk.acting(POLICE), application) == ([*BEFORE], False)
    stage(desk, application, TELL)
    check_rebuilt(desk)


def test_a_decision_made_before_a_correction_was_read_is_open_again(
    desk: Desk, application: str
) -> None:
    """As any decision: in whichever order the two came to the log."""
    desk.pass_hours(24 * 27)
    desk.settle()
    correct(desk, application)
    desk.pass_hours(24 * 2)
    decide(desk, application)
    desk.settle()
    assert stands(desk.acting(POLICE), application) == ([*BEFORE], False)
    check_rebuilt(desk)
    desk.pass_hours(24 * 40)
    desk.settle()
    assert application in overdue(desk)
    check_rebuilt(desk)
    stage(desk, application, REFUSED)
    assert stands(desk.acting(POLICE), application)[1]
    check_rebuilt(desk)


def test_the_work_before_a_decision_stands_whatever_is_corrected(desk: Desk) -> None:
    """That she was met is so, whether the correction came before it or after."""
    application = apply(desk)
    stage(desk, application, "initial_checks")
    correct(desk, application)
    stage(desk, application, "met")
    correct(desk, application)
    desk.settle()
    assert stands(desk.acting(POLICE), application) == (["initial_checks", "met"], False)
    check_rebuilt(desk)


def retracted_first(desk: Desk, application: str, found: str) -> None:
    """Let the log have the retraction of the assessment before a decision that rests on it."""
    take_back(desk, found)
    decide(desk, application)


def decided_first(desk: Desk, application: str, found: str) -> None:
    """Let the log have the decision first."""
    stage(desk, application, REFUSED)
    take_back(desk, found)


@pytest.mark.parametrize("order", [retracted_first, decided_first])
def test_a_decision_falls_with_the_stage_that_it_rested_on(
    desk: Desk, application: str, order: Callable[[Desk, str, str], None]
) -> None:
    """It was over with nobody's assessment, and none could be recorded: in one of two orders."""
    order(desk, application, desk.seen(POLICE, "disclosure_staged")[-1].statement.context.id)
    desk.settle()
    assert stands(desk.acting(POLICE), application) == (["initial_checks", "met"], False)
    check_rebuilt(desk)
    stage(desk, application, "assessed")
    assert stands(desk.acting(POLICE), application) == ([*BEFORE], False), "it is decided anew"
    correct(desk, application)
    desk.settle()
    assert stands(desk.acting(POLICE), application) == ([*BEFORE], False), "nothing comes back"
    check_rebuilt(desk)
    desk.pass_hours(24 * 40)
    desk.settle()
    assert overdue(desk) == [application]


def test_a_decision_is_an_end_only_where_every_stage_before_it_stands() -> None:
    """A hole in the order is what comes next, whatever was decided after it."""
    done = ["initial_checks", "met", "decided"]
    assert course.next_stages("to_ask", done, "refuse") == ["assessed"]
    assert course.next_stages("to_ask", [*done, "disclosed"], "disclose") == ["assessed"]
    assert course.next_stages("to_know", ["initial_checks", "assessed", "decided"], "refuse") == []


def test_a_page_that_did_not_show_a_correction_decides_nothing(
    desk: Desk, application: str
) -> None:
    """Whoever decides has read him called as he is called now."""
    correction = correct(desk, application)
    desk.settle()
    with pytest.raises(Misuse, match="was corrected since you opened this page"):
        decide(desk, application, read="")
    decide(desk, application, read=correction)


def test_stages_stand_that_came_before_the_last_delivery_of_their_application(desk: Desk) -> None:
    """Of what was held and completed Kafka keeps the last record: its stages came before that."""
    sections = people(desk)
    sections["person.1.part"]["part"] = "alleged_perpetrator"
    sections["person.2.part"]["part"] = "victim"
    sections["event"] = dated("2012-05-01", right="to_know", applicant="police")
    application, supply = lacking(
        desk, sections, event="disclosure_applied", source=SOURCES[POLICE]
    )
    for name in ("initial_checks", "assessed"):
        stage(desk, application, name, by="S. Officer")
    supply()
    stage(desk, application, REFUSED)
    assert stands(desk.acting(POLICE), application)[1]
    for is_compacted in ways(desk, POLICE):
        again = rebuilt(desk, POLICE, is_compacted=is_compacted)
        assert stands(again, application) == stands(desk.acting(POLICE), application), is_compacted


def test_a_decision_stands_where_the_correction_of_its_ground_is_erased(
    desk: Desk, application: str
) -> None:
    """Nothing is left that says why not: so it is here as for whoever reads all anew."""
    stage(desk, application, REFUSED)
    correction = correct(desk, application)
    desk.settle()
    gone = derived(desk, correction)
    first = {"statements": gone, "ground": "unlawful", "reason": "mixed up", "by": "A."}
    proposal = speak(desk, "mk-csp", "erasure_proposed", first)
    speak(desk, HUB, "erasure_endorsed", {"proposal": proposal, "statements": gone, "by": "B."})
    desk.settle()
    for each in (desk.acting(POLICE), rebuilt(desk, POLICE, is_compacted=True)):
        assert stands(each, application) == ([*BEFORE, "decided"], True)
