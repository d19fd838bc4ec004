"""Looks made again, or not at all: who was called wrongly or by half, what was taken back."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import RowMapping, select

from consumers.consumer import Consumer
from consumers.research import known, rows
from consumers.research.desk import Desk as ResearchDesk
from consumers.research.found import Found
from consumers.responses import asked
from consumers.responses import rows as duties
from contracts.duration import HOUR_MS
from contracts.event.work import ResponseGiven
from contracts.fault import Misuse
from contracts.section import Identity, Name, Practitioner
from tests.support.alerts import retract, wait
from tests.support.compacted import rebuilt, ways
from tests.support.conversing import answering, open_to_all, person
from tests.support.desk import (
    HUB,
    POLICE,
    PROBATION,
    SOURCES,
    Desk,
    agreement,
    begun,
    named,
    read_a_report,
)  # fmt: skip
from tests.support.researching import shown, task_of
from tests.support.stranger import concern, text_of
from tests.vectors.ledger import endorsement

Json = Any
NIL = Found(outcome="nil")
HUBS = {"regime": "uk_gdpr", "article": "uk_gdpr.6.1.e"}
HIT = Found(outcome="match", confidence="confirmed", kinds=["conviction"])


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """A partnership where probation, police and hub have agreed, and read the report."""
    return begun(tmp_path, *[read_a_report] * ("report" in request.fixturenames))


@pytest.fixture
def report(desk: Desk) -> str:
    """A report of two whom probation is asked about."""
    return desk.reported[0]


def tasks(desk: Desk, report: str, system: str | None = None) -> list[RowMapping]:
    """List the looks on a report."""
    with desk.acting(POLICE).store.read() as db:
        found = rows.tasks_of(db, report)
    return [one for one in found if system in {None, one["system"]}]


def ended(desk: Desk, report: str, system: str) -> set[tuple[str | None, bool]]:
    """List how the looks in one system ended, and whether they are open."""
    return {(one["outcome"], one["open"]) for one in tasks(desk, report, system)}


def look(desk: Desk, task: str, found: Found = NIL) -> None:
    """Complete a look at the police desk; nobody reads of it yet."""
    police = desk.acting(POLICE)
    research = ResearchDesk(police.store, police.voice, desk.new_id, desk.draw)
    operator = Practitioner(text_of(desk.draw(16)), "P. Researcher")
    research.complete(task, found, operator=operator, role="researcher", at=desk.ledger.clock_ms)


def look_everywhere(desk: Desk, report: str) -> None:
    """Complete every open look on a report, and let everybody read of it."""
    for one in tasks(desk, report):
        if one["open"]:
            look(desk, one["id"])
    desk.settle()


def stop(desk: Desk, report: str) -> None:
    """Decide on no further action."""
    police = desk.acting(POLICE)
    ResearchDesk(police.store, police.voice, desk.new_id, desk.draw).no_further_action(
        report, supervisor=Practitioner(text_of(desk.draw(16)), "I. Inspector"),
        role="duty_inspector", reason="nothing found, and seen alone",
    )  # fmt: skip
    desk.settle()


def correct(desk: Desk, said: str, sections: Json, by: str = PROBATION, /, **told: Json) -> str:
    """Correct some sections of a statement, by its publisher; nobody reads of it yet."""
    event = {"statement": said, "reason": "misheard", "by": "A. Officer"}
    given = {"event": event, "cause.1": {"statement": said},
             "provenance": sections["provenance"], **told}  # fmt: skip
    return desk.report(given, event="statement_corrected", source=SOURCES[by])


def answer(desk: Desk, request: Any, outcome: str, **context: Any) -> str:
    """Let probation, or who is said, answer what police asked of it, and everybody read."""
    said = request.statement
    desk.report(
        {
            "event": {"request": said.context.id, "statement": said.event.statement,
                      "subject": said.event.subject, "outcome": outcome,
                      "supplied_by": "A. Officer"},
            "cause.1": {"statement": said.context.id}, "provenance": named(desk.draw)["provenance"],
        },
        event="information_supplied", **context,
    )  # fmt: skip
    desk.settle()
    return desk.seen(POLICE, "information_supplied")[-1].statement.context.id


def held(consumer: Consumer) -> list[Any]:
    """Give an agency's looks, decisions, duties and questions."""
    tables = (rows.research_tasks, rows.research_decisions, duties.duties, asked.requests)
    with consumer.store.read() as db:
        return [db.execute(select(one).order_by(*one.primary_key)).all() for one in tables]


@pytest.fixture(autouse=True)
def same_when_rebuilt(desk: Desk) -> Any:
    """Whatever happened in a test, a database that is made anew holds the same rows."""
    yield
    desk.settle()
    for agency in (POLICE, PROBATION):
        for is_compacted in ways(desk, agency):
            again = rebuilt(desk, agency, is_compacted=is_compacted)
            assert held(again) == held(desk.acting(agency)), (agency, is_compacted)


def test_who_was_misheard_is_looked_up_again_and_nobody_decides_meanwhile(desk: Desk) -> None:
    """Fourteen nils of a name that was never his are no finding about him."""
    sections = named(desk.draw)
    report, his = desk.report(sections), sections["person.1.identity"]
    desk.settle()
    look_everywhere(desk, report)
    stop(desk, report)
    desk.pass_hours(100)
    told = {"person.1.identity": {**his, "names": [{"given": "Dermot", "family": "Quite-Other"}]}}
    first = correct(desk, report, sections, **told)
    desk.settle()
    again = [one for one in tasks(desk, report) if one["open"]]
    assert {one["subject"] for one in again} == {his["subject"]}, "hers were made by her name"
    assert len(again) == 7
    assert {one["due_at"] - desk.ledger.clock_ms for one in again} == {72 * HOUR_MS}
    with pytest.raises(Misuse, match="7 of 14 looks"):
        stop(desk, report)
    look_everywhere(desk, report)
    stop(desk, report)
    correct(desk, first, sections, **told)
    desk.settle()
    assert sum(one["open"] for one in tasks(desk, report)) == 7, "a correction of a correction"
    look_everywhere(desk, report)
    retract(desk, first)
    assert sum(one["open"] for one in tasks(desk, report)) == 7, "he is called as before"


def test_a_look_under_way_while_a_name_is_corrected_does_not_count(desk: Desk) -> None:
    """It was made by the wrong name, whichever of the two the log has first."""
    sections = named(desk.draw)
    report = desk.report(sections)
    desk.settle()
    task = tasks(desk, report, "pnc")[0]
    look(desk, task["id"])
    desk.ledger.clock_ms += 1000
    identity = next(
        v for n, v in sections.items()
        if n.endswith("identity") and v["subject"] == task["subject"]
    )  # fmt: skip
    number = next(n for n, v in sections.items() if v is identity)
    correct(desk, report, sections, **{number: {**identity, "names": [{"family": "Other"}]}})
    desk.settle()
    (again,) = (one for one in tasks(desk, report, "pnc") if one["id"] == task["id"])
    assert (again["outcome"], again["open"], again["attempts"]) == (None, True, 1)


def test_what_only_a_correction_tells_is_looked_up_too(desk: Desk) -> None:
    """Threats to kill, written down an hour later, make any contact a concern."""
    sections = named(desk.draw)
    event = {k: v for k, v in sections["event"].items() if k not in {"concern", "asked"}}
    sections |= {"event": {**event, "relationship": "partners", "state": "started"},
                 "risk": {"danger_now": "no", "children": "none_known"}}  # fmt: skip
    report = desk.report(sections, event="relationship_noted")
    desk.settle()
    look_everywhere(desk, report)
    assert len(tasks(desk, report)) == 6
    correct(desk, report, sections, risk=sections["risk"] | {"factors": ["threats_to_kill"]})
    desk.settle()
    assert sorted(one["system"] for one in tasks(desk, report) if one["open"]) == sorted(
        ["iom_mappa", "mash", "pnd", "probation"] * 2
    )


def test_an_answer_that_is_taken_back_is_owed_again_and_its_look_open(
    desk: Desk, report: str
) -> None:
    """Probation answered of the wrong man: nobody may go on reading that as looked up."""
    request, _ = desk.seen(PROBATION, "information_requested")
    said = answer(desk, request, "nil")
    assert ended(desk, report, "probation") == {("nil", False), (None, True)}
    retract(desk, said)
    assert ended(desk, report, "probation") == {(None, True)}
    asked_id = request.statement.context.id
    for agency in (POLICE, PROBATION):
        with desk.acting(agency).store.read() as db:
            question = asked.request(db, asked_id)
        assert question is not None
        assert (question["answer"], question["outcome"]) == (None, None)
    wait(desk, 100)
    late = {one["key"] for one in desk.said(PROBATION, "duty_overdue")}
    assert f"duty_overdue/information_supplied/{asked_id}" in late


@pytest.mark.usefixtures("report")
def test_an_answer_stands_while_another_of_two_is_taken_back(desk: Desk) -> None:
    """Who answers wrongly answers again and takes the first back: that is no silence."""
    request, _ = desk.seen(PROBATION, "information_requested")
    wrong, right = answer(desk, request, "match"), answer(desk, request, "nil")
    retract(desk, wrong)
    asked_id = request.statement.context.id
    with desk.acting(PROBATION).store.read() as db:
        duty = duties.duty(db, f"information_supplied/{asked_id}")
        question = asked.request(db, asked_id)
    assert duty is not None
    assert question is not None
    assert duty["discharged_by"] == question["answer"] == right
    answer(desk, request, "refused")
    retract(desk, desk.seen(POLICE, "information_supplied")[-1].statement.context.id)
    with desk.acting(POLICE).store.read() as db:
        question = asked.request(db, asked_id)
    assert question is not None
    assert question["answer"] == right, "the one before it stands still"


def test_a_response_that_is_taken_back_is_owed_again(desk: Desk) -> None:
    """They acted on another report: of this one nobody has said anything."""
    report = desk.report(urgency="urgent")
    desk.settle()
    event = ResponseGiven(
        statement=report, received_by="X", researched="no", actions=["visit_planned"]
    )
    (wanted,) = answering(desk, POLICE).give(event, by=person(), role="duty_inspector")
    desk.settle()
    correct(desk, wanted.draft.id, named(desk.draw), POLICE)
    desk.settle()
    assert not is_owed(desk, report), "a correction leaves an answer an answer"
    retract(desk, wanted.draft.id, POLICE)
    assert is_owed(desk, report)
    wait(desk, 100)
    late = [one["statement"] for one in desk.said(POLICE, "duty_overdue")
            if one["duty"] == "response_given"]  # fmt: skip
    assert set(late) == {report}


def is_owed(desk: Desk, report: str) -> bool:
    """Say whether police owe a response."""
    with desk.acting(POLICE).store.read() as db:
        return duties.is_open(db, f"response_given/{report}")


def bare(desk: Desk) -> tuple[str, str, Any]:
    """Report somebody by a first name alone; give the report, the token and the question who."""
    sections = named(desk.draw)
    sections["person.1.identity"]["names"] = [{"given": "Daniel"}]
    report = desk.report(sections)
    desk.settle()
    who = next(
        view for view in desk.seen(PROBATION, "information_requested")
        if (view.statement.event.key or "").endswith("/identity")  # type: ignore[attr-defined]
    )  # fmt: skip
    return report, sections["person.1.identity"]["subject"], who


def test_looks_that_were_closed_because_nobody_knows_him_open_again(desk: Desk) -> None:
    """That nobody can say who he is was taken back: somebody can."""
    report, subject, who = bare(desk)
    said = answer(desk, who, "nil")
    his = [one for one in tasks(desk, report) if one["subject"] == subject]
    assert not any(one["open"] for one in his if one["system"] == "pnc")
    retract(desk, said)
    assert all(one["open"] for one in tasks(desk, report))


def test_looks_at_a_name_that_is_taken_back_are_made_again(desk: Desk) -> None:
    """Who somebody is was answered wrongly: the looks were at somebody else."""
    report, subject, who = bare(desk)
    (wanted,) = answering(desk, PROBATION).supply(
        who.statement.context.id, "match", by=person(), role="officer",
        told=lambda token: {"person.1.identity": Identity(token, [Name("Daniel", "Wrong")])},
    )  # fmt: skip
    desk.settle()
    look_everywhere(desk, report)
    retract(desk, wanted.draft.id)
    again = {one["subject"] for one in tasks(desk, report) if one["open"]}
    assert again == {subject}


def test_what_was_found_is_not_put_away_for_an_answer_that_tells_less(
    desk: Desk, report: str
) -> None:
    """An officer confirmed the record; that probation holds none stands beside it."""
    for number, request in enumerate(desk.seen(PROBATION, "information_requested")):
        subject = request.statement.event.subject  # type: ignore[attr-defined]
        (task,) = (
            one["id"] for one in tasks(desk, report, "probation") if one["subject"] == subject
        )
        look(desk, task, HIT)
        if number:
            desk.settle()
        answer(desk, request, "nil")
    assert ended(desk, report, "probation") == {("match", False)}
    lines = "\n".join(shown(desk, tasks(desk, report, "probation")[0]["id"]))
    assert lines.index("match: a record") < lines.index("A. Officer answered at"), "both are shown"
    assert "nil: nothing found in this system" in lines


def test_an_answer_that_tells_more_stands_for_a_look_that_found_nothing(
    desk: Desk, report: str
) -> None:
    """Nil at the desk, a match at probation: whichever the log has first."""
    request, _ = desk.seen(PROBATION, "information_requested")
    subject = request.statement.event.subject  # type: ignore[attr-defined]
    (task,) = (one["id"] for one in tasks(desk, report, "probation") if one["subject"] == subject)
    look(desk, task)
    answer(desk, request, "match")
    assert ended(desk, report, "probation") == {("match", False), (None, True)}


def test_a_successors_answer_closes_the_look(desk: Desk, report: str) -> None:
    """Whoever took probation's place answers what it was asked."""
    open_to_all(desk)
    request, _ = desk.seen(PROBATION, "information_requested")
    act = {"act": "agency_succeeded", "agency": PROBATION, "successor": HUB}
    desk.played.govern("mk-csp", "act_proposed", {"proposal": act})
    for name in (POLICE, HUB):
        desk.played.govern(name, "act_endorsed", endorsement(act))
    desk._submit()
    answer(desk, request, "refused", source=SOURCES[HUB], basis=HUBS)
    assert ended(desk, report, "probation") == {("refused", False), (None, True)}


def without_identity(desk: Desk) -> None:
    """Let police be told of whom a report is without a name, as a minimal leg does."""
    act = json.loads(json.dumps(agreement()))
    act["agreement"]["version"] = 2
    for leg in act["agreement"]["legs"]:
        if leg["id"] == "report-to-police":
            leg["sections"] = [one for one in leg["sections"] if one != "person.identity"]
    desk.played.govern("mk-csp", "act_proposed", {"proposal": act})
    for name in SOURCES:
        desk.played.govern(name, "act_endorsed", endorsement(act))
    desk._submit()


def test_of_whom_no_name_came_somebody_is_asked_who_it_is(desk: Desk) -> None:
    """A report of somebody without a name opened no look, and no clock ever ran."""
    without_identity(desk)
    sections = named(desk.draw)
    report, his = desk.report(sections), sections["person.1.identity"]["subject"]
    desk.settle()
    assert all("person.1.identity" not in one.statement.sections
               for one in desk.seen(POLICE, "concern_reported"))  # fmt: skip
    assert {(one["outcome"], one["open"]) for one in tasks(desk, report, "pnc")} == {
        ("not_searched", True)
    }
    who = next(
        view for view in desk.seen(PROBATION, "information_requested")
        if view.statement.event.subject == his  # type: ignore[attr-defined]
        and (view.statement.event.key or "").endswith("/identity")  # type: ignore[attr-defined]
    )  # fmt: skip
    task = next(one["id"] for one in tasks(desk, report, "pnc") if one["subject"] == his)
    with pytest.raises(Misuse, match="nil cannot be said"):
        look(desk, task)
    answering(desk, PROBATION).supply(
        who.statement.context.id, "match", by=person(), role="officer",
        told=lambda token: {"person.1.identity": Identity(token, [Name("Daniel", "Marsh")])},
    )  # fmt: skip
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        him = known.known(db, report, his, set())
    assert him is not None
    assert him.names == [Name("Daniel", "Marsh")]
    look(desk, task)
    desk.settle()
    assert ("nil", False) in ended(desk, report, "pnc")


def test_a_bare_name_is_not_to_be_searched(desk: Desk) -> None:
    """The task says so to whoever would search all the same."""
    sections = concern(desk.draw)
    report = desk.report(sections)
    desk.settle()
    subject = sections["person.1.identity"]["subject"]
    lines = shown(desk, task_of(desk, report, subject))
    assert any(line.strip().startswith("NOT TO BE SEARCHED") for line in lines)
