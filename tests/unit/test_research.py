"""Research: what is looked up for a report, how each look ends, and who may stop."""

from dataclasses import replace
from pathlib import Path

import pytest

from consumers.research import plan, rows
from consumers.research.desk import Desk as ResearchDesk
from consumers.research.found import Found
from consumers.research.known import known
from consumers.responses import rows as duties
from consumers.responses.desk import Answering
from contracts.duration import MINUTE_MS
from contracts.event.work import ResearchOutcome
from contracts.fault import Misuse
from contracts.section import Identity, Name, Practitioner
from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk, named
from tests.support.stranger import concern, text_of

OFFICER, SUPERVISOR = "P. Researcher", "I. Inspector"
HIT = Found(outcome="match", kinds=["conviction"], confidence="confirmed")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def research(desk: Desk) -> ResearchDesk:
    """Sit at the police research desk."""
    police = desk.acting(POLICE)
    return ResearchDesk(police.store, police.voice, desk.new_id, desk.draw)


def person(desk: Desk, name: str) -> Practitioner:
    """Name somebody at work."""
    return Practitioner(text_of(desk.draw(16)), name)


def complete(desk: Desk, task: str, found: Found, *, by: str = OFFICER) -> None:
    """Complete a task and let everybody read of it."""
    officer = person(desk, by)
    research(desk).complete(
        task, found, operator=officer, role="researcher", at=desk.ledger.clock_ms
    )
    desk.settle()


def complete_all(desk: Desk, report: str, outcome: ResearchOutcome = "nil") -> None:
    """Complete every open task of a report."""
    with desk.acting(POLICE).store.read() as db:
        still = [task["id"] for task in rows.tasks_of(db, report) if task["open"]]
    for task in still:
        complete(desk, task, Found(outcome=outcome))


def stop(desk: Desk, report: str, *, by: str = SUPERVISOR, role: str = "duty_inspector") -> None:
    """Press the button of no further action."""
    research(desk).no_further_action(
        report, supervisor=person(desk, by), role=role, reason="nothing found, and seen alone"
    )
    desk.settle()


def test_a_concern_opens_a_task_per_person_per_system(desk: Desk) -> None:
    """The review's finding: the couple was searched together and the man never (5.6.4)."""
    report = desk.report()
    desk.settle()
    asked = desk.said(POLICE, "research_requested")
    assert {one["statement"] for one in asked} == {report}
    assert len({one["subject"] for one in asked}) == 2
    by_person = {(one["subject"], one["system"]) for one in asked}
    assert len(asked) == len(by_person) == 14
    assert {system for _, system in by_person} == {
        "pnc", "pnd", "mash", "niche", "local", "probation", "iom_mappa",
    }  # fmt: skip
    hours = {(one["due_at"] - desk.ledger.clock_ms) / 3_600_000 for one in asked}
    assert hours == {72}


def test_an_urgent_report_has_the_urgent_clock(desk: Desk) -> None:
    """Urgency that changes nothing is a word."""
    desk.report(urgency="urgent")
    desk.settle()
    asked = desk.said(POLICE, "research_requested")
    hours = {(one["due_at"] - desk.ledger.clock_ms) / 3_600_000 for one in asked}
    assert (hours, {one["priority"] for one in asked}) == ({24}, {"urgent"})


def test_probation_is_asked_about_its_own_and_its_answer_closes_the_task(desk: Desk) -> None:
    """Only probation found what Cafcass alleged (E16): it is a research system too."""
    report = desk.report()
    desk.settle()
    requests = desk.seen(PROBATION, "information_requested")
    assert len(requests) == 2
    request = requests[0].statement
    desk.report(
        {
            "event": {
                "request": request.context.id, "statement": report,
                "subject": request.event.subject,  # type: ignore[attr-defined]
                "outcome": "match", "supplied_by": "A. Officer",
            },
            "cause.1": {"statement": request.context.id},
            "provenance": concern(desk.draw)["provenance"],
        },
        event="information_supplied",
    )  # fmt: skip
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        closed = [task["system"] for task in rows.tasks_of(db, report) if not task["open"]]
    assert closed == ["probation"]


def test_a_change_of_relationship_looks_local_and_pnc_first_and_pnd_on_a_hit(desk: Desk) -> None:
    """Full research on every contact would bury the concerns (domain.md 7)."""
    sections = named(desk.draw)
    event = {k: v for k, v in sections["event"].items() if k not in {"concern", "asked"}}
    sections["event"] = {**event, "relationship": "partners", "state": "started"}
    report = desk.report(sections, event="relationship_noted")
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        tasks = rows.tasks_of(db, report)
    systems = ["local", "local", "niche", "niche", "pnc", "pnc"]
    assert sorted(task["system"] for task in tasks) == systems
    found = Found(outcome="possible_match", kinds=["nfa_allegation"], confidence="possible")
    complete(desk, next(t["id"] for t in tasks if t["system"] == "local"), found)
    complete(desk, next(t["id"] for t in tasks if t["system"] == "pnc"), Found(outcome="nil"))
    with desk.acting(POLICE).store.read() as db:
        systems = [task["system"] for task in rows.tasks_of(db, report)]
    assert systems.count("pnd") == 1


def test_a_look_that_is_taken_back_is_to_be_made_again(desk: Desk) -> None:
    """A closed task is told how to open again; the wrong answer must not stand for ever."""
    report = desk.report()
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        task = rows.tasks_of(db, report)[0]["id"]
    complete(desk, task, Found(outcome="nil"))
    with desk.acting(POLICE).store.read() as db:
        completion = rows.tasks_of(db, report)[0]["completion"]
    with pytest.raises(Misuse, match="closed: nil") as refused:
        complete(desk, task, HIT)
    assert f"candour retract {completion} takes it back" in refused.value.remedy
    desk.report(
        {
            "event": {"statement": completion, "reason": "mistaken", "by": OFFICER},
            "cause.1": {"statement": completion},
            "provenance": concern(desk.draw)["provenance"],
        },
        event="statement_retracted", source=SOURCES[POLICE],
    )  # fmt: skip
    desk.settle()
    complete(desk, task, HIT)
    with desk.acting(POLICE).store.read() as db:
        assert rows.tasks_of(db, report)[0]["outcome"] == "match"


def test_a_bare_first_name_is_not_searched_and_the_publisher_is_asked_who_it_is(
    desk: Desk,
) -> None:
    """A search for a first name finds nobody, and nobody found would read as safe."""
    report = desk.report(concern(desk.draw))
    desk.settle()
    done = desk.said(POLICE, "research_completed")
    assert {one["outcome"] for one in done} == {"not_searched"}
    assert all(one["why"] for one in done)
    asked = desk.seen(PROBATION, "information_requested")
    whom = [view for view in asked if getattr(view.statement.event, "why", "").startswith("Who")]
    assert len(whom) == 2
    with desk.acting(POLICE).store.read() as db:
        task = next(t for t in rows.tasks_of(db, report) if t["system"] == "pnc")
    assert task["open"]
    with pytest.raises(Misuse, match="nil cannot be said"):
        complete(desk, task["id"], Found(outcome="nil"))


def test_a_person_whose_publisher_says_who_it_is_can_be_searched(desk: Desk) -> None:
    """The answer is used: a name that came back in time may not stay "not searched"."""
    report = desk.report(concern(desk.draw))
    desk.settle()
    asked = desk.seen(PROBATION, "information_requested")
    whom = next(v for v in asked if getattr(v.statement.event, "why", "").startswith("Who"))
    probation = desk.acting(PROBATION)
    answering = Answering(probation.store, probation.voice, desk.new_id)
    subject = whom.statement.event.subject  # type: ignore[attr-defined]
    answering.supply(
        whom.statement.context.id, "match", by=person(desk, "A. Officer"), role="officer",
        told=lambda token: {"person.1.identity": Identity(token, [Name("Tracey", "Hill")])},
    )  # fmt: skip
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        tasks = [t for t in rows.tasks_of(db, report) if t["subject"] == subject]
        her = known(db, report, subject, set())
    assert her is not None
    assert Name("Tracey", "Hill") in her.names
    complete(desk, next(t["id"] for t in tasks if t["system"] == "pnc"), Found(outcome="nil"))


def test_no_further_action_is_refused_while_one_look_is_still_to_be_made(desk: Desk) -> None:
    """E19: "no action" was written and nobody had looked."""
    report = desk.report()
    desk.settle()
    with pytest.raises(Misuse, match="14 of 14 looks"):
        stop(desk, report)
    with desk.acting(POLICE).store.read() as db:
        task = rows.tasks_of(db, report)[0]["id"]
    complete(desk, task, Found(outcome="unavailable", why="PND is down"))
    complete_all(desk, report)
    with desk.acting(POLICE).store.read() as db:
        assert all(not one["open"] for one in rows.tasks_of(db, report))
    stop(desk, report)
    decided = desk.said(POLICE, "no_further_action_decided")
    assert decided[0]["researched_by"] == [OFFICER]


def test_what_a_correction_takes_back_may_be_decided_anew(desk: Desk) -> None:
    """What it rested on has changed: a supervisor looks again, and once."""
    report = desk.report()
    desk.settle()
    complete_all(desk, report)
    stop(desk, report)
    with pytest.raises(Misuse, match="already"):
        stop(desk, report)
    sections = named(desk.draw)
    event = {"statement": report, "reason": "mistaken", "by": "A. Officer"}
    taken_back = {"event": event, "cause.1": {"statement": report},
                  "provenance": sections["provenance"]}  # fmt: skip
    desk.report(taken_back, event="statement_retracted")
    desk.settle()
    stop(desk, report)
    assert len(desk.said(POLICE, "no_further_action_decided")) == 2


def test_an_unavailable_system_leaves_the_look_to_be_made(desk: Desk) -> None:
    """Unavailable is not nil: the task stays open and no decision can rest on it."""
    report = desk.report()
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        task = rows.tasks_of(db, report)[0]["id"]
    complete(desk, task, Found(outcome="unavailable", why="PND is down"))
    with desk.acting(POLICE).store.read() as db:
        held = rows.task(db, task)
    assert held is not None
    assert (held["open"], held["outcome"]) == (True, "unavailable")
    with pytest.raises(Misuse, match="unavailable"):
        stop(desk, report)


def test_whoever_finds_an_index_down_alerts_as_a_connector_does(desk: Desk) -> None:
    """No connector reaches PND: only a person ever learns that it does not answer (domain.md 5)."""
    report = desk.report()
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        tasks = rows.tasks_of(db, report)
    index = [one["id"] for one in tasks if one["system"] == "pnd"]
    complete(desk, tasks[0]["id"], Found(outcome="nil"))
    for task in index:
        complete(desk, task, Found(outcome="unavailable", why="PND does not answer"))
    (alert,) = desk.said(POLICE, "alert_raised")
    assert (alert["act"], alert["statements"], alert["owner_role"]) == (
        "research", [report], "duty_inspector",
    )  # fmt: skip
    assert "pnd did not answer" in alert["why"]
    assert "1 of the 12 looks" in alert["why"]
    assert alert["why"].endswith("nothing does so by itself.")
    with desk.acting(POLICE).store.read() as db:
        held = rows.task(db, index[0])
    assert held is not None
    assert held["retry_at"] - desk.ledger.clock_ms == 5 * MINUTE_MS
    complete(desk, index[0], Found(outcome="unavailable", why="still down"))
    with desk.acting(POLICE).store.read() as db:
        again = rows.task(db, index[0])
    assert again is not None
    assert again["retry_at"] - desk.ledger.clock_ms == 10 * MINUTE_MS, "ever later"
    assert len(desk.said(POLICE, "alert_raised")) == 1, "once per report and system"


def test_who_researched_does_not_decide_and_only_a_supervisor_does(desk: Desk) -> None:
    """A second pair of eyes is the point of the rule (domain.md 7, Machine or person)."""
    report = desk.report()
    desk.settle()
    complete_all(desk, report)
    with pytest.raises(Misuse, match="Who researched"):
        stop(desk, report, by=" p.  researcher ")
    with pytest.raises(Misuse, match="decision of the duty_inspector"):
        stop(desk, report, role="researcher")
    stop(desk, report)


def test_what_was_found_never_leaves_the_forces_own_store(desk: Desk) -> None:
    """A PNC result on the log would be read by everybody who may replay it."""
    report = desk.report()
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        task = rows.tasks_of(db, report)[0]["id"]
    found = replace(HIT, detail="GBH 1987, twelve years", reference="N-1")
    complete(desk, task, found)
    sent = [draft for _, draft in desk.published if draft.event == "research_completed"]
    assert all(b"GBH" not in bytes(v) and b"Marsh" not in bytes(v)
               for draft in sent for v in draft.sections.values())  # fmt: skip
    with desk.acting(POLICE).store.read() as db:
        kept = db.execute(rows.results.select()).mappings().one()
    assert kept["detail"] == "GBH 1987, twelve years"


def overdue_of(desk: Desk, owner: str) -> list[dict[str, object]]:
    """List what police said is overdue of an agency's duties."""
    return [one for one in desk.said(POLICE, "duty_overdue") if one["owner_agency"] == owner]


def test_a_duty_that_runs_out_becomes_a_statement_once_for_each_role(desk: Desk) -> None:
    """Silence is what stops officers reporting: it must stand on the log."""
    report = desk.report()
    desk.settle()
    desk.pass_hours(71)
    desk.settle()
    assert desk.said(POLICE, "duty_overdue") == []
    desk.pass_hours(2)
    desk.settle()
    desk.pass_hours(50)
    desk.settle()
    overdue = overdue_of(desk, POLICE)
    assert {(one["duty"], one["statement"]) for one in overdue} == {("response_given", report)}
    asked = overdue_of(desk, PROBATION)
    assert [one["duty"] for one in asked] == ["information_supplied"] * 2, "what it asked of both"
    told = [one["owner_role"] for one in overdue]
    assert told == ["duty_inspector", "duty_manager"], "its own role, and then the next"


def test_an_answer_in_time_leaves_nothing_overdue(desk: Desk) -> None:
    """The answer is read back from the log, whoever of the agency gave it."""
    report = desk.report()
    desk.settle()
    desk.report(
        {
            "event": {
                "statement": report, "received_by": "D. Sergeant", "researched": "part",
                "actions": ["research_opened"],
            },
            "cause.1": {"statement": report},
            "provenance": concern(desk.draw)["provenance"],
        },
        source=SOURCES[POLICE], event="response_given",
    )  # fmt: skip
    desk.settle()
    assert len(desk.seen(PROBATION, "response_given")) == 1
    desk.pass_hours(100)
    desk.settle()
    assert overdue_of(desk, POLICE) == []
    with desk.acting(POLICE).store.read() as db:
        held = duties.duty(db, f"response_given/{report}")
    assert held is not None
    assert held["discharged_by"]


def test_an_unverified_emergency_opens_nothing(desk: Desk) -> None:
    """Nobody knows who wrote it: it changes no state and triggers no rule."""
    writer = desk.played.writer(SOURCES[PROBATION])
    context = writer.context("concern_reported", urgency="threat_to_life")
    raw = writer.write(context, named(desk.draw))
    head, body, signature = raw.partition(b"~")[0].split(b".")
    forged = b"A" if signature[:1] != b"A" else b"B"
    jws = b".".join([head, body, forged + signature[1:]])
    desk.ledger.submit(PROBATION, jws + b"~" + raw.partition(b"~")[2])
    desk.ledger.deliver()
    desk.settle()
    reports = desk.seen(POLICE, "concern_reported")
    assert [view.verified for view in reports] == [False]
    assert [d.event for _, d in desk.published] == []
    assert desk.seen(HUB, "concern_reported") == []


def test_every_outcome_says_in_words_that_it_is_no_finding_of_safety() -> None:
    """Traps 13: nil is not safe, destroyed is not nil, unavailable is not nil."""
    assert "not a finding of safety" in plan.WORDS["nil"]
    assert "not the same as nil" in plan.WORDS["destroyed"]
    assert set(plan.WORDS) == {*plan.LOOKED, "not_searched", "unavailable"}


def test_a_report_that_names_nobody_is_asked_about_at_once(desk: Desk) -> None:
    """At night the question who somebody is must not itself wait for two people at a desk."""
    sections = named(desk.draw)
    del sections["provenance"]["role"]
    sections["person.1.identity"]["names"] = [{"given": "Daniel"}]
    report = desk.report(sections, urgency="urgent")
    desk.settle()
    assert [v.statement.context.id for v in desk.seen(POLICE, "concern_reported")] == [report]
    asked = desk.said(POLICE, "information_requested")
    assert asked
    heard = desk.seen(PROBATION, "information_requested")
    assert len(heard) == len(asked)
