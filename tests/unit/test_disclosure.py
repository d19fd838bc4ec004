"""Disclosure to somebody at risk: stages in order, 28 days, and nobody learns who asked."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from consumers.disclosure import course, rows
from consumers.disclosure.course import Step
from consumers.disclosure.desk import ABSENT, Disclosing
from consumers.governance.subject_access import Controller, subject_access
from contracts.event.control import RuleTerm
from contracts.event.report import Occurred
from contracts.fault import Misuse
from contracts.section import Practitioner
from tests.support.agreed import dated, people, retract, say
from tests.support.alerts import refuse
from tests.support.desk import HUB, POLICE, PROBATION, Desk
from tests.support.researching import credential, qualified
from tests.support.researching import person as named_at_work
from tests.support.stranger import text_of
from tests.unit.test_looked_again import look_everywhere

OFFICER, DECIDER, DECIDES = "D. Officer", "S. Supervisor", "duty_inspector"
ASKS = "Zebedee Mother"
APPLICATIONS = select(rows.applications).order_by(rows.applications.c.id)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where police act."""
    return Desk(tmp_path)


def apply(desk: Desk, *, right: str = "to_ask", day: str = "2012-05-01", report: str = "") -> str:
    """Let police record an application by somebody who must not be known."""
    sections = people(desk)
    for n in (1, 2):
        sections[f"person.{n}.identity"]["names"][0]["family"] = "Marsh"
    sections["person.1.part"]["part"] = "alleged_perpetrator"
    sections["person.2.part"]["part"] = "victim"
    sections["provenance"]["practitioner"]["name"] = OFFICER
    if right == "to_ask":
        sections["source_identity"] = {"name": ASKS, "contact": "01632 960999"}
    who = "third_party" if right == "to_ask" else "police"
    facts = dated(day, right=right, applicant=who, **({"statement": report} if report else {}))
    causes = (report,) if report else ()
    return say(desk, POLICE, "disclosure_applied", facts, *causes, sections=sections)


def disclosing(desk: Desk) -> Disclosing:
    """Sit at the police disclosure desk."""
    police = desk.acting(POLICE)
    return Disclosing(police.store, police.voice, desk.new_id)


def person(desk: Desk, name: str = OFFICER) -> Practitioner:
    """Name somebody at work."""
    return Practitioner(text_of(desk.draw(16)), name)


STEPS: dict[str, Step] = {
    "initial_checks": Step(stage="initial_checks", applicant_absent=True),
    "met": Step(stage="met", identity_proved="yes"),
    "assessed": Step(stage="assessed"),
    "decided": Step(stage="decided", decision="disclose", agencies=[POLICE, HUB]),
    "disclosed": Step(
        stage="disclosed", told="person_at_risk", in_person=True, safety_plan="yes"
    ),
}  # fmt: skip


def stage(
    desk: Desk, application: str, step: str | Step, *, by: str | None = None, role: str = ""
) -> str:
    """Record one stage, the decision by another hand; give its id."""
    given = STEPS[step] if isinstance(step, str) else step
    decided = given.stage == "decided"
    officer = person(desk, by or (DECIDER if decided else OFFICER))
    (wanted,) = disclosing(desk).stage(
        application, given, by=officer, role=role or (DECIDES if decided else "officer"),
        reason="seen to",
    )  # fmt: skip
    desk.settle()
    return wanted.draft.id


def overdue(desk: Desk) -> list[str]:
    """List the applications that police said ran out."""
    said = desk.said(POLICE, "duty_overdue")
    return [one["statement"] for one in said if one["duty"] == "disclosure_decision"]


def test_the_stages_come_in_their_order_each_by_a_named_officer(desk: Desk) -> None:
    """Checks, meeting, assessment, decision, disclosure: what is skipped is what protects."""
    application = apply(desk)
    for done, name in enumerate(STEPS):
        for later in list(STEPS)[done + 1 :]:
            with pytest.raises(Misuse, match=f"{later} does not come now: next is {name}"):
                stage(desk, application, later)
        stage(desk, application, name)
    said = desk.said(POLICE, "disclosure_staged")
    assert [one["stage"] for one in said] == list(STEPS)
    assert [one["by"] for one in said] == [OFFICER] * 3 + [DECIDER, OFFICER]
    assert said[0]["reason"].startswith(ABSENT)
    assert (said[3]["agencies"], said[3]["decision"]) == ([POLICE, HUB], "disclose")
    assert "nothing written handed over" in said[4]["reason"]
    with pytest.raises(Misuse, match="disclosed does not come now: it is over"):
        stage(desk, application, "disclosed")


def test_where_police_think_of_it_nobody_who_asks_is_met(desk: Desk) -> None:
    """A right to know has no applicant; its other stages are the same."""
    application = apply(desk, right="to_know")
    stage(desk, application, "initial_checks")
    with pytest.raises(Misuse, match="next is assessed"):
        stage(desk, application, "met")
    for name in ("assessed", "decided", "disclosed"):
        stage(desk, application, name)


def assessed(desk: Desk) -> str:
    """Bring an application to where it is to be decided."""
    application = apply(desk)
    stage(desk, application, "initial_checks", by="C. Checks")
    stage(desk, application, "met")
    stage(desk, application, "assessed")
    return application


@pytest.mark.parametrize(
    ("by", "role", "told"),
    [
        ("S. Supervisor", "officer", "is decided by the duty_inspector"),
        ("S. Supervisor", "duty_manager", "is decided by the duty_inspector"),
        (" d.  OFFICER", DECIDES, "does not decide it too"),
        ("c. checks", DECIDES, "does not decide it too"),
        (" ", DECIDES, "does not decide it too"),
    ],
)
def test_whoever_records_the_next_stage_does_not_thereby_decide(
    desk: Desk, by: str, role: str, told: str
) -> None:
    """To tell her, or not to, is a decision with an owner, by who took no part in it before."""
    application = assessed(desk)
    with pytest.raises(Misuse, match=told) as refused:
        stage(desk, application, "decided", by=by, role=role)
    assert "ring 999" in str(refused.value.remedy)
    stage(desk, application, "decided")


def test_the_ruleset_says_whose_decision_it_is_and_what_they_hold(desk: Desk) -> None:
    """M04's owner decides; where the ruleset asks for training, the log must vouch for it."""
    application, decider = assessed(desk), named_at_work(DECIDER)
    term = {
        "id": "M04", "version": "1", "kinds": ["police"], "attention": "duty", "hours": 4,
        "owners": {"police": "abuse_unit"}, "fallback": "duty_manager",
    }  # fmt: skip
    qualified(desk, watch=[term], disclosure_qualification="dvds_trained")
    desk.settle()

    def decide() -> None:
        disclosing(desk).stage(
            application, STEPS["decided"], by=decider, role="abuse_unit", reason="she must know"
        )

    with pytest.raises(Misuse, match="holds `dvds_trained`"):
        decide()
    credential(desk, decider, until="2012-12-31T00:00:00.000Z", holds="dvds_trained")
    desk.settle()
    decide()
    desk.settle()
    assert desk.said(POLICE, "disclosure_staged")[-1]["role"] == "abuse_unit"


UNSAFE: dict[str, tuple[Step, str]] = {
    "applicant there": (Step(stage="initial_checks"), "while the applicant is not there"),
    "no identity": (Step(stage="met", identity_proved="unknown"), "has not proved who they are"),
    "police alone": (
        Step(stage="decided", decision="disclose", agencies=[POLICE]), "No other agency decided",
    ),
    "another force": (
        Step(stage="decided", decision="disclose", agencies=["mk-nobody"]), "no agency of this",
    ),
    "no decision": (Step(stage="decided", agencies=[HUB]), "A decision is given at `decided`"),
    "nobody told": (
        Step(stage="disclosed", in_person=True, safety_plan="yes"), "Whom it was disclosed to",
    ),
    "no plan": (
        Step(stage="disclosed", told="third_party", in_person=True, safety_plan="no"),
        "a safety plan",
    ),
    "in writing": (
        Step(stage="disclosed", told="third_party", safety_plan="yes"), "nothing written",
    ),
    "early decision": (
        Step(stage="initial_checks", applicant_absent=True, decision="refuse"), "only there",
    ),
}  # fmt: skip


@pytest.mark.parametrize("unsafe", UNSAFE)
def test_a_stage_without_what_makes_it_safe_is_refused_with_what_to_do(
    desk: Desk, unsafe: str
) -> None:
    """A letter on the doormat is read by whoever is at home."""
    step, told = UNSAFE[unsafe]
    application = apply(desk)
    for name in list(STEPS)[: course.STAGES.index(step.stage)]:
        stage(desk, application, name)
    with pytest.raises(Misuse, match=told) as refused:
        stage(desk, application, step)
    assert refused.value.remedy
    assert len(desk.said(POLICE, "disclosure_staged")) == course.STAGES.index(step.stage)


@pytest.mark.parametrize("decision", ["nothing_to_disclose", "refuse"])
def test_nothing_to_disclose_and_a_refusal_end_it_and_neither_is_safety(
    desk: Desk, decision: Any
) -> None:
    """Nothing held is what the review found of a man with a record of violence."""
    application = apply(desk)
    for name in ("initial_checks", "met", "assessed"):
        stage(desk, application, name)
    look_everywhere(desk, application)
    stage(desk, application, Step(stage="decided", decision=decision, agencies=[HUB]))
    assert "NOT a finding of safety" in course.WORDS[decision]
    with pytest.raises(Misuse, match="it is over"):
        stage(desk, application, "disclosed")
    desk.pass_hours(24 * 40)
    desk.settle()
    assert overdue(desk) == []


def test_what_had_ended_by_a_stage_that_is_taken_back_runs_out_anew(desk: Desk) -> None:
    """Late, and then refused by mistake: nobody has told her, and nobody must forget it."""
    application = apply(desk)
    for name in ("initial_checks", "met", "assessed"):
        stage(desk, application, name)
    desk.pass_hours(24 * 29)
    desk.settle()
    refused = stage(desk, application, Step(stage="decided", decision="refuse", agencies=[HUB]))
    retract(desk, POLICE, refused)
    assert overdue(desk) == [application]
    for days in (27, 2, 40):
        desk.pass_hours(24 * days)
        desk.settle()
        assert overdue(desk) == [application] * (1 if days == 27 else 2)
    again = desk.consumer(POLICE, store="again")
    again.take(desk.records(POLICE))
    assert again.publish_waiting(refuse) == 0
    with again.store.read() as built, desk.acting(POLICE).store.read() as db:
        assert built.execute(APPLICATIONS).all() == db.execute(APPLICATIONS).all()


def test_it_is_over_within_28_days_or_that_is_said_once(desk: Desk) -> None:
    """The clock is the whole of it: a decision that nobody tells her of protects nobody."""
    application = apply(desk)
    for name in list(STEPS)[:4]:
        stage(desk, application, name)
    desk.pass_hours(24 * 28 - 1)
    desk.settle()
    assert overdue(desk) == []
    for _ in range(3):
        desk.pass_hours(24)
        desk.settle()
    assert overdue(desk) == [application]


def test_a_stage_that_is_taken_back_is_to_be_done_again_with_what_rested_on_it(
    desk: Desk,
) -> None:
    """Her identity was not proved after all: the decision rested on that."""
    application = apply(desk)
    stage(desk, application, "initial_checks")
    met = stage(desk, application, "met")
    stage(desk, application, "assessed")
    facts = {"statement": met, "reason": "mistaken", "by": OFFICER}
    say(desk, POLICE, "statement_retracted", facts, met)
    with desk.acting(POLICE).store.read() as db:
        reached = [one["stage"] for one in rows.stages_of(db, application)]
    assert reached == ["initial_checks"]
    stage(desk, application, "met")
    (wanted,) = disclosing(desk).stage(
        application, STEPS["assessed"], by=person(desk), role="officer", reason="seen to"
    )
    desk.acting(POLICE).refused(wanted.draft.id)
    with desk.acting(POLICE).store.read() as db:
        assert [one["stage"] for one in rows.stages_of(db, application)][-1] == "met"


def test_a_decision_stands_on_the_report_that_asked_for_one(desk: Desk) -> None:
    """M04 asks for a decision: what silences it names the report it fired on."""
    report = desk.report()
    desk.settle()
    application = apply(desk, right="to_know", report=report)
    decision = stage(desk, application, "initial_checks")
    held = desk.seen(POLICE, "disclosure_staged")
    assert held[0].statement.context.id == decision
    assert held[0].statement.causes == [application, report]
    applied = desk.seen(POLICE, "disclosure_applied")[0].statement
    assert applied.causes == [report]


def instant(day: str) -> int:
    """Give a day's ledger time."""
    return round(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("occurred", "ledger", "power"),
    [
        ("2014-03-07", "2014-03-07", "common_law_only"),
        ("2014-03-08", "2014-03-08", "dvds"),
        ("2012-05-02", "2026-11-23", "common_law_only"),
        ("2026-11-23", "2012-05-02", "common_law_only"),
        ("2014-02", "2026-11-23", "common_law_only"),
        ("2014", "2026-11-23", "dvds"),
    ],
)
def test_before_march_2014_there_was_the_common_law_alone(
    occurred: str, ledger: str, power: str
) -> None:
    """§5.6.4 (v) asks why the scheme was not used in 2012: it was not there, and power was."""
    told = Occurred("day" if occurred[8:] else "about", occurred)
    assert course.power_at(told, instant(ledger)) == power
    undated = course.power_at(Occurred("undated"), instant(ledger))
    assert undated == ("dvds" if ledger >= "2014-03-08" else "common_law_only")


def test_since_when_the_scheme_is_there_is_a_term_of_the_ruleset(desk: Desk) -> None:
    """What is not certain is configuration; and the played May 2012 was before it."""
    desk.settle()
    rules = desk.acting(POLICE).voice.rules
    assert course.since_of(rules) == date(2014, 3, 8)
    term = RuleTerm(
        id="M04", version="1", kinds=["police"], attention="duty", hours=4, owners={},
        fallback="duty_manager", since="2014-04-01",
    )  # fmt: skip
    changed = msgspec.structs.replace(rules, watch=[term])
    assert course.since_of(changed) == date(2014, 4, 1)
    application = apply(desk)
    stage(desk, application, "initial_checks")
    (said,) = desk.said(POLICE, "disclosure_staged")
    assert said["power"] == "common_law_only"


def test_an_application_reaches_nobody_and_who_asked_stays_with_its_officers(desk: Desk) -> None:
    """Whoever hears that somebody asked about him can guess who."""
    application = apply(desk)
    for agency in (HUB, PROBATION):
        assert desk.seen(agency, "disclosure_applied") == []
    sealed = disclosing(desk).applicant(application, by=person(desk, " d.  OFFICER "))
    assert sealed is not None
    assert sealed.name == ASKS
    with pytest.raises(Misuse, match="officers of this disclosure alone"):
        disclosing(desk).applicant(application, by=person(desk, "N. Osy"))
    stage(desk, application, "initial_checks", by="S. Second")
    with pytest.raises(Misuse, match="officers of this disclosure alone"):
        disclosing(desk).applicant(application, by=person(desk, "S. Second"))
    stage(desk, application, "met")
    stage(desk, application, "assessed")
    stage(desk, application, "decided")
    assert disclosing(desk).applicant(application, by=person(desk, DECIDER)) == sealed
    with pytest.raises(Misuse, match="no application of this id"):
        disclosing(desk).applicant(desk.new_id(), by=person(desk))
    told = [bytes(v) for _, draft in desk.published for v in draft.sections.values()]
    assert not any(ASKS.encode() in one for one in told)
    with desk.acting(POLICE).store.read() as db:
        held = str([dict(one) for one in db.execute(APPLICATIONS).mappings()])
    assert ASKS not in held


def test_whoever_asks_what_is_held_on_him_learns_of_no_application(desk: Desk) -> None:
    """Trap 7: his own request for access is how he would find out."""
    before = desk.acting(POLICE).store
    apply(desk)
    view = desk.seen(POLICE, "disclosure_applied")[0].statement
    token = view.sections["person.1.identity"].subject  # type: ignore[attr-defined]
    controller = Controller("Police", "data@police.example")
    with before.read() as db:
        his = subject_access(db, {token}, controller, viewer=frozenset())
        nobodys = subject_access(db, {text_of(bytes(16))}, controller, viewer=frozenset())
    assert his.text == nobodys.text
    assert his.told == []


def test_every_stage_decision_and_power_has_its_words() -> None:
    """A code on a screen at night is looked up nowhere."""
    assert set(course.WORDS) >= {
        "initial_checks", "met", "assessed", "disclose", "nothing_to_disclose", "refuse",
        "disclosed", "common_law_only", "to_ask", "to_know",
    }  # fmt: skip
    assert set(course.STAGES) == set(STEPS)
