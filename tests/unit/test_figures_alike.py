"""An auditor's figures, of the log, are those of whoever was party to all of it, of their store."""

from collections import Counter
from copy import deepcopy
from pathlib import Path

import pytest

from consumers.audit.container import opened
from consumers.disclosure.course import Step
from consumers.figures import counting, exported, rows
from consumers.figures.table import Fact, tabled
from consumers.research.found import Found
from contracts.event.work import ResponseGiven
from contracts.section import Narrative
from tests.support.agreed import answer, dated, people, retract, say
from tests.support.conversing import answering, ask, open_to_all, person, reported, supply
from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk, named
from tests.support.exporting import export_folder
from tests.unit.test_disclosure import STEPS, apply, stage
from tests.unit.test_disclosure_rests import correct as correct_name
from tests.unit.test_looked_again import correct, look, look_everywhere, tasks
from tests.unit.test_retracted_research import compromise

POLICES = ("research", "clock: information", "clock: referral", "clock: disclosure")
"""Figures of which police are party to all that counts here."""
LAST = Step(stage="decided", decision="refuse", agencies=[POLICE, HUB])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where all three ask, answer and refer."""
    made = Desk(tmp_path)
    open_to_all(made)
    return made


def of_log(desk: Desk, folder: Path) -> list[Fact]:
    """Count an export of the log as it stands."""
    where = folder / f"export-{desk.new_id()}"
    where.mkdir()
    made, _ = export_folder(desk.ledger, where)
    with opened(made) as held:
        found, now = exported.facts(held)
    assert now == desk.ledger.clock_ms == desk.ledger.state.ledger_time
    return found


def of_stores(desk: Desk, *agencies: str) -> list[Fact]:
    """Count stores."""
    found: list[Fact] = []
    for agency in agencies:
        with desk.acting(agency).store.read() as db:
            found += rows.facts(db, frozenset())
    return found


def counted(facts: list[Fact], *begins: str) -> Counter[Fact]:
    """Count the facts of some figures, each with its time."""
    return Counter(one for one in facts if one.figure.startswith(begins))


def check(desk: Desk, folder: Path, **groups: list[str]) -> list[Fact]:
    """Check that both kinds of figures are the same; and of some what they are."""
    log = of_log(desk, folder)
    police = of_stores(desk, POLICE)
    assert counted(log, *POLICES) == counted(police, *POLICES)
    every = of_stores(desk, *SOURCES)
    for figure in ("clock: response", "clock: correction", "alerts", "interrupts"):
        assert counted(log, figure) == counted(every, figure), figure
    for name, expected in groups.items():
        begins = f"clock: {name}"
        assert sorted(one.group for one in log if one.figure.startswith(begins)) == expected, name
    return log


def late(desk: Desk, days: int = 60) -> None:
    """Let all that is not done run out."""
    desk.pass_hours(24 * days)
    desk.settle()


def refer(desk: Desk) -> str:
    """Let probation refer to police."""
    facts = dated(addressee=POLICE, referral="daiu", criterion="adult_concern")
    return say(desk, PROBATION, "referral_made", facts, sections=people(desk))


def through(desk: Desk) -> tuple[str, str]:
    """Let an application go to its end; give its id and its last stage's."""
    application = apply(desk)
    for step in ("initial_checks", "met", "assessed"):
        stage(desk, application, STEPS[step])
    return application, stage(desk, application, LAST)


def test_clocks_of_questions_referrals_and_disclosures_are_counted_alike(
    desk: Desk, tmp_path: Path
) -> None:
    """Two of them stood in no figure, though somebody was told that they had run out."""
    report, subject = reported(desk)
    ask(desk, PROBATION, report, subject, by=POLICE)
    soon = ask(desk, POLICE, report, subject)
    for words in ("Seen.", "Seen again."):
        supply(desk, soon, told=lambda _, words=words: {"narrative": Narrative(words, "summary")})
    first, second = refer(desk), refer(desk)
    answer(desk, first, "accepted", by=POLICE)
    through(desk)
    open_, slow = apply(desk), apply(desk)
    late(desk)
    answer(desk, second, "refused", by=POLICE)
    supply(desk, ask(desk, HUB, report, subject, by=POLICE), "nil", of=HUB)
    for step in ("initial_checks", "met", "assessed"):
        stage(desk, slow, STEPS[step])
    stage(desk, slow, LAST)
    assert open_ in {one.get("statement") for one in desk.said(POLICE, "duty_overdue")}
    log = check(
        desk, tmp_path, referral=["in time", "late"],
        disclosure=["in time", "late", "not done"],
    )  # fmt: skip
    questions = Counter(one.group for one in log if one.figure == "clock: information supplied")
    assert questions["in time"] == 2
    assert questions["not done"] > 0
    table = tabled(log, counting.SHAPE, now=desk.ledger.clock_ms + 100 * 24 * 3_600_000)
    told = {(row.figure, row.numerator) for row in table if "disclosure" in row.figure}
    assert told == {("clock: disclosure decision", None)}, "small numbers stay out"


def test_what_was_taken_back_ends_no_clock_in_either(desk: Desk, tmp_path: Path) -> None:
    """The auditor had it in time, and whoever took it back had it not done."""
    report, subject = reported(desk)
    event = ResponseGiven(
        statement=report, received_by="X", researched="no", actions=["visit_planned"]
    )
    (said,) = answering(desk, POLICE).give(event, by=person("A. Answers"), role="duty_inspector")
    desk.settle()
    question = ask(desk, POLICE, report, subject)
    words = {"narrative": Narrative("Seen.", "summary")}
    supplied = supply(desk, question, told=lambda _: words)
    referral = refer(desk)
    decided = answer(desk, referral, "accepted", by=POLICE)
    _, ended = through(desk)
    gone = [retract(desk, POLICE, one) for one in (said.draft.id, supplied, decided, ended)]
    late(desk)
    log = check(desk, tmp_path, disclosure=["not done"], referral=["not done"])
    police = of_stores(desk, POLICE)
    assert {one.group for one in police if one.figure == "clock: response given"} == {"not done"}
    assert "in time" not in {one.group for one in log if one.figure.startswith("clock: inf")}
    for one in gone:
        retract(desk, POLICE, one)
    check(desk, tmp_path)


def test_what_is_taken_back_late_has_its_time_again_in_both(desk: Desk, tmp_path: Path) -> None:
    """The quarter in which it counts is that in which it ran out the last time."""
    referral = refer(desk)
    decided = answer(desk, referral, "accepted", by=POLICE)
    _, ended = through(desk)
    late(desk)
    for one in (decided, ended):
        retract(desk, POLICE, one)
    check(desk, tmp_path, referral=[], disclosure=[])
    late(desk)
    check(desk, tmp_path, referral=["not done"], disclosure=["not done"])


def test_a_disclosure_whose_ground_changed_is_to_be_decided_anew_in_both(
    desk: Desk, tmp_path: Path
) -> None:
    """The auditor had it decided in time, about another name than his."""
    application, _ = through(desk)
    late(desk)
    correct_name(desk, application)
    desk.settle()
    check(desk, tmp_path, disclosure=[])
    late(desk)
    check(desk, tmp_path, disclosure=["not done"])
    stage(desk, application, LAST)
    check(desk, tmp_path, disclosure=["late"])


def test_a_decision_on_an_assessment_that_was_made_anew_is_to_be_made_anew_in_both(
    desk: Desk, tmp_path: Path
) -> None:
    """It names the one that fell: that there is another says nothing of what was decided."""
    application = apply(desk)
    stage(desk, application, STEPS["initial_checks"])
    stage(desk, application, STEPS["met"])
    assessed = stage(desk, application, STEPS["assessed"])
    stage(desk, application, LAST)
    retract(desk, POLICE, assessed)
    stage(desk, application, STEPS["assessed"])
    late(desk)
    check(desk, tmp_path, disclosure=["not done"])


def test_that_nobody_could_look_ends_no_question_in_either(desk: Desk, tmp_path: Path) -> None:
    """The auditor had it answered in time, and whoever asked was waiting."""
    report, subject = reported(desk)
    supply(desk, ask(desk, POLICE, report, subject), "unavailable", why="It was down.")
    late(desk)
    log = check(desk, tmp_path)
    assert {one.group for one in log if one.figure.startswith("clock: information")} == {"not done"}


def test_a_look_at_a_name_that_was_corrected_is_no_look_in_either(
    desk: Desk, tmp_path: Path
) -> None:
    """The auditor told of seven looks and of part research; nobody had looked for him."""
    sections = named(desk.draw)
    report = desk.report(deepcopy(sections))
    desk.settle()
    look_everywhere(desk, report)
    check(desk, tmp_path)
    identity = deepcopy(sections["person.1.identity"])
    identity["names"] = [{"given": "Donald", "family": "Marsh"}]
    correction = correct(desk, report, sections, **{"person.1.identity": identity})
    desk.settle()
    log = check(desk, tmp_path)
    assert ("research of reports", "part") in {(one.figure, one.group) for one in log}
    task = next(one["id"] for one in tasks(desk, report, "niche") if one["open"])
    look(desk, task, Found(outcome="unavailable", why="it was down"))
    desk.settle()
    check(desk, tmp_path)
    look(desk, task)
    desk.settle()
    check(desk, tmp_path)
    retract(desk, PROBATION, correction)
    check(desk, tmp_path)
    late(desk)
    look_everywhere(desk, report)
    log = check(desk, tmp_path)
    assert ("research of reports", "all, late") in {(one.figure, one.group) for one in log}


@pytest.mark.parametrize("undo", ["taken back", "compromised"])
def test_a_report_that_stands_again_counts_in_both(desk: Desk, tmp_path: Path, undo: str) -> None:
    """What was taken back counts nowhere; and again once that is undone."""
    report, _ = reported(desk)
    desk.pass_hours(1)
    since = desk.ledger.clock_ms
    desk.pass_hours(1)
    retraction = retract(desk, PROBATION, report)
    assert not counted(check(desk, tmp_path), "research")
    if undo == "taken back":
        retract(desk, PROBATION, retraction)
    else:
        compromise(desk, retraction, since)
    assert counted(check(desk, tmp_path), "research")


def test_a_look_that_is_said_anew_counts_as_it_is_said_now(desk: Desk, tmp_path: Path) -> None:
    """What was said of it first is taken back, and a second word on it counts alone."""
    report, _ = reported(desk)
    task = tasks(desk, report, "niche")[0]["id"]
    look(desk, task)
    desk.settle()
    retract(desk, POLICE, tasks(desk, report, "niche")[0]["completion"] or "")
    check(desk, tmp_path)
    look(desk, task, Found(outcome="match", confidence="confirmed", kinds=["conviction"]))
    desk.settle()
    log = check(desk, tmp_path)
    assert ("research in niche", "match") in {(one.figure, one.group) for one in log}
