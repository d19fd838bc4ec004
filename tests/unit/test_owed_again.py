"""What is owed again after it was late is said again, once; that nobody could look ends nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consumers.figures import rows as figures
from consumers.responses import asked, owed
from consumers.responses import rows as duties
from consumers.responses.listed import answered_requests, open_requests
from consumers.telling import rows as telling
from contracts.section import Narrative
from tests.support.agreed import retract
from tests.support.compacted import check_rebuilt, rebuilt, ways
from tests.support.conversing import answering, ask, open_to_all, person, reported, supply
from tests.support.desk import HUB, POLICE, Desk, begun
from tests.unit.test_answer_gone import erase

Json = Any
ASKED, SUPPLIED = "information_requested", "information_supplied"
HOUR = 3_600_000
DOWN = "Niche is down tonight"
UNABLE: Json = ("unavailable", "not_searched")


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """A partnership where each may ask each, and the hub did where a test begins with that."""
    played = [("question", put_to_police), ("late", run_out)]
    plays = [play for name, play in played if name in request.fixturenames]
    return begun(tmp_path, open_to_all, *plays)


def put_to_police(desk: Desk) -> None:
    """Let the hub ask police about somebody who was reported."""
    ask(desk, POLICE, *reported(desk))


def run_out(desk: Desk) -> None:
    """Let nobody answer."""
    wait(desk, 60, times=4)


def wait(desk: Desk, hours: float, *, times: int = 1) -> None:
    """Let time pass, and everybody act on it, so often."""
    for _ in range(times):
        desk.pass_hours(hours)
        desk.settle()


@pytest.fixture
def question(desk: Desk) -> str:
    """A question of the hub's to police."""
    return next(draft.id for by, draft in desk.published if by == HUB and draft.event == ASKED)


@pytest.fixture
def late(desk: Desk, question: str) -> str:
    """That question, once it ran out and went to the next role."""
    assert said(desk, POLICE, question) == ["", "/fallback"]
    assert said(desk, HUB, question) == ["/asked"]
    return question


def said(desk: Desk, agency: str, request: str) -> list[str]:
    """List how the keys end under which an agency said that no answer came to a question."""
    begins = f"duty_overdue/{SUPPLIED}/{request}"
    keys = [one["key"] for one in desk.said(agency, "duty_overdue")]
    return [key.removeprefix(begins) for key in keys if key.startswith(begins)]


def told(desk: Desk, agency: str) -> list[str]:
    """List of which statements of its own an agency's roles are told that something is late."""
    with desk.acting(agency).store.read() as db:
        return [row["cause"] for row in telling.listed(db) if row["waits"] in {"duty", "owed"}]


def stands(desk: Desk, agency: str, request: str) -> Json:
    """Give how a question stands at an agency."""
    with desk.acting(agency).store.read() as db:
        return asked.request(db, request)


def duty(desk: Desk, request: str) -> Json:
    """Give how the duty to answer a question stands at police."""
    with desk.acting(POLICE).store.read() as db:
        return duties.duty(db, f"{SUPPLIED}/{request}")


def words(_: str) -> dict[str, Narrative]:
    """Answer in words."""
    return {"narrative": Narrative("ring", "summary")}


def test_what_was_late_and_is_owed_again_is_said_again_on_both_sides(desk: Desk, late: str) -> None:
    """Late, answered, and the answer taken back: for a thousand hours nobody said or told a word.

    It has its time again, runs out, is told to the same roles as before, and that is all.
    """
    before = [len(told(desk, agency)) for agency in (POLICE, HUB)]
    answer = supply(desk, late, told=words)
    retract(desk, POLICE, answer)
    due_at = duty(desk, late)["due_at"]
    assert due_at - desk.ledger.clock_ms == pytest.approx(72 * HOUR, abs=HOUR)
    assert stands(desk, HUB, late)["due_at"] == stands(desk, POLICE, late)["due_at"] == due_at
    wait(desk, 70)
    assert said(desk, POLICE, late) == ["", "/fallback"], "its time is not over"
    wait(desk, 60, times=6)
    assert said(desk, POLICE, late)[2:] == [f"/{answer}", f"/{answer}/fallback"]
    assert said(desk, HUB, late)[1:] == [f"/asked/{answer}"]
    after = [len(told(desk, agency)) for agency in (POLICE, HUB)]
    assert all(a > b for a, b in zip(after, before, strict=True))
    check_rebuilt(desk, POLICE, HUB)


def test_what_is_owed_again_in_its_time_runs_out_as_it_would_have(
    desk: Desk, question: str
) -> None:
    """Its clock was not over: it has no other for an answer that does not stand."""
    due_at = duty(desk, question)["due_at"]
    retract(desk, POLICE, supply(desk, question, told=words))
    assert (duty(desk, question)["due_at"], duty(desk, question)["reopened_by"]) == (due_at, None)
    wait(desk, 60, times=3)
    assert said(desk, POLICE, question)[:1] == [""]
    check_rebuilt(desk, POLICE, HUB)


def test_another_answer_that_stands_answers_it_still(desk: Desk, late: str) -> None:
    """Of two answers one is taken back: nothing is owed, and no clock runs."""
    first, second = supply(desk, late, told=words), supply(desk, late, "nil")
    retract(desk, POLICE, first)
    assert duty(desk, late)["discharged_by"] == second
    assert duty(desk, late)["reopened_by"] is stands(desk, HUB, late)["reopened_by"] is None
    check_rebuilt(desk, POLICE, HUB)


def refused(desk: Desk, request: str) -> str:
    """Let police answer by what the log does not accept."""
    (wanted,) = answering(desk, POLICE).supply(
        request, "match", by=person("B. Sergeant"), role="sergeant"
    )
    desk.acting(POLICE).refused(wanted.draft.id)
    return wanted.draft.id


def erased(desk: Desk, request: str) -> str:
    """Let police answer, and the answer be erased."""
    answer = supply(desk, request, told=words)
    erase(desk, answer)
    return answer


@pytest.mark.parametrize("gone", [refused, erased])
def test_an_answer_of_which_nothing_is_left_gives_time_again_too(
    desk: Desk, late: str, gone: Callable[[Desk, str], str]
) -> None:
    """No record tells of it to whoever reads all anew; what was said of it does."""
    answer = gone(desk, late)
    assert duty(desk, late)["discharged_by"] is None
    wait(desk, 60, times=6)
    assert said(desk, POLICE, late)[2:] == [f"/{answer}", f"/{answer}/fallback"]
    asker = [f"/asked/{answer}"] if gone is erased else []
    assert said(desk, HUB, late)[1:] == asker, "the hub never had what was refused"
    if gone is refused:  # whoever was asked keeps a row of the question too
        assert stands(desk, POLICE, late)["answer"] is None
    for is_compacted in ways(desk, POLICE):
        again = rebuilt(desk, POLICE, is_compacted=is_compacted)
        with again.store.read() as db:
            row = duties.duty(db, f"{SUPPLIED}/{late}")
        live = duty(desk, late)
        assert row
        for column in ("due_at", "overdue_by", "escalated_by", "reopened_by"):
            assert row[column] == live[column], (is_compacted, column)


def test_an_answer_that_is_refused_leaves_the_one_before_it(desk: Desk, late: str) -> None:
    """It was forgotten here, and stood for whoever reads all anew."""
    answer = supply(desk, late, told=words)
    refused(desk, late)
    assert stands(desk, POLICE, late)["answer"] == answer
    check_rebuilt(desk, POLICE, HUB)


def test_that_nobody_could_look_leaves_the_question_open_on_both_sides(desk: Desk) -> None:
    """It read *answered* where it was asked, nothing was owed, and nobody ever asked again."""
    report, subject = reported(desk)
    asks = {outcome: ask(desk, POLICE, report, subject) for outcome in UNABLE}
    due = {request: duty(desk, request)["due_at"] for request in asks.values()}
    unable = {of: supply(desk, of, outcome, why=DOWN) for outcome, of in asks.items()}
    for agency in (HUB, POLICE):
        for outcome, of in asks.items():
            row = stands(desk, agency, of)
            assert (row["answer"], row["unable"], row["outcome"]) == (None, unable[of], outcome)
            assert (row["supplied_by"], row["due_at"]) == ("B. Sergeant", due[of])
        with desk.acting(agency).store.read() as db:
            page: Json = {"place": None, "count": 9}
            waits = {one["id"] for one in open_requests(db, frozenset(), HUB, **page)}
            done = answered_requests(db, frozenset(), HUB, **page)
        assert (waits, done) == (set(due), [])
    for outcome, of in asks.items():
        owed = duty(desk, of)
        assert (owed["discharged_by"], owed["due_at"]) == (None, due[of]), outcome
    wait(desk, 60, times=4)
    for outcome, of in asks.items():
        assert said(desk, POLICE, of) == ["", "/fallback"], outcome
        assert said(desk, HUB, of) == ["/asked"], outcome
    with desk.acting(POLICE).store.read() as db:
        clocks = [one for one in figures.facts(db, None) if "information supplied" in one.figure]
    assert {one.group for one in clocks} == {"not done"}, "of these questions, and of two more"
    check_rebuilt(desk, POLICE, HUB)
    answers = {of: supply(desk, of, "nil") for of in due}
    for agency in (HUB, POLICE):
        for outcome, of in asks.items():
            row = stands(desk, agency, of)
            has = row["answer"], row["unable"], row["outcome"]
            assert has == (answers[of], None, "nil"), outcome
    later = {of: supply(desk, of, outcome, why=DOWN) for outcome, of in asks.items()}
    for outcome, of in asks.items():
        assert duty(desk, of)["discharged_by"] == answers[of], outcome
        stood = stands(desk, HUB, of)["answer"]
        assert stood == answers[of], (outcome, "it takes nothing back that was found")
    check_rebuilt(desk, POLICE, HUB)
    for outcome, of in asks.items():
        retract(desk, POLICE, answers[of])
        assert stands(desk, HUB, of)["unable"] == later[of], outcome
        retract(desk, POLICE, later[of])
        assert stands(desk, HUB, of)["unable"] == unable[of], outcome
    check_rebuilt(desk, POLICE, HUB)


def test_every_duty_has_its_own_hours_where_it_is_owed_again(desk: Desk) -> None:
    """What takes 720 hours by the rules is not owed in four."""
    desk.settle()
    rules = desk.acting(POLICE).voice.rules
    hours = {
        "response_given": rules.response_hours_urgent, SUPPLIED: rules.response_hours_urgent,
        "provenance_supplied": rules.provenance_hours_urgent,
        "call_back": rules.emergency_hours, "emergency_review": rules.emergency_hours,
        "agreement_review": rules.emergency_hours, "quarantine_decision": rules.quarantine_hours,
        "second_release": rules.second_release_hours,
        "correction_acknowledged": rules.acknowledgement_hours,
        "recall_acknowledged": rules.acknowledgement_hours,
        "erasure_confirmed": rules.erasure_hours,
    }  # fmt: skip
    found = {kind: owed.due_again(kind, "urgent", 0, rules=rules) // HOUR for kind in hours}
    assert found == hours
    routine = {kind: owed.due_again(kind, "routine", 0, rules=rules) // HOUR for kind in hours}
    changed = {kind: hours for kind, hours in routine.items() if hours != found[kind]}
    assert changed == {
        "response_given": rules.response_hours, SUPPLIED: rules.response_hours,
        "provenance_supplied": rules.provenance_hours,
    }  # fmt: skip
