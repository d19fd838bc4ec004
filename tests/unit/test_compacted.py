"""What is delivered again stands behind what was said of it: Kafka keeps its last record alone."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from consumers.arising import arising
from consumers.consumer import Consumer
from consumers.governance import rows as governance
from consumers.handover import rows as handover
from consumers.people import asked
from consumers.people import rows as people_rows
from consumers.referrals import rows as referrals
from consumers.responses import rows as duties
from contracts.duration import HOUR_MS
from contracts.event.work import ResponseGiven
from tests.support.agreed import adopt, dated, people, refer, retract
from tests.support.agreed import answer as decide_on
from tests.support.alerts import person
from tests.support.compacted import check_rebuilt, held, rebuilt
from tests.support.conversing import WHY, answering, ask, open_to_all, reported
from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk, named
from tests.support.matching import SEEN
from tests.unit.test_answer_gone import erase
from tests.unit.test_handovers import END, close
from tests.unit.test_looked_again import look_everywhere, stop
from tests.unit.test_outdated import is_done
from tests.vectors.ledger import BASIS

Json = Any
GOVERNS = "mk-csp"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def lacking(
    desk: Desk, sections: Json, urgency: str = "urgent", event: str = "concern_reported",
    source: str = SOURCES[PROBATION],
) -> tuple[str, Callable[[], None]]:  # fmt: skip
    """Report what lacks a role, which some are sent all the same; give its id, what supplies it."""
    role = sections["provenance"].pop("role")
    report = desk.report(sections, urgency=urgency, event=event, source=source)
    desk.pass_hours(5)
    desk.settle()

    def supply() -> None:
        whole = {**sections["provenance"], "role": role}
        supplied = {"event": {"statement": report}, "cause.1": {"statement": report}}
        said = {**supplied, "provenance": whole}
        desk.report(said, event="provenance_supplied", source=source, basis=None)
        desk.settle()
        desk.pass_hours(100)
        desk.settle()

    return report, supply


def answer(desk: Desk, report: str) -> None:
    """Let police answer it."""
    event = ResponseGiven(
        statement=report, received_by="X", researched="no", actions=["visit_planned"]
    )
    answering(desk, POLICE).give(event, by=person(desk, "A. Answers"), role="duty_inspector")
    desk.settle()


def test_a_report_is_answered_by_what_came_before_it(desk: Desk) -> None:
    """It was work again, and overdue, for whoever had lost a database: an answer had gone out."""
    police = desk.acting(POLICE)
    for urgency in ("urgent", "threat_to_life"):
        report, supply = lacking(desk, named(desk.draw), urgency)
        answer(desk, report)
        supply()
        with police.store.read() as db:
            assert is_done(police, report), urgency
            assert not duties.is_open(db, f"response_given/{report}"), urgency
    check_rebuilt(desk, POLICE, HUB, PROBATION)


def test_a_referral_is_decided_by_what_came_before_it(desk: Desk) -> None:
    """Whoever decided it, and whoever made it, told the other that nobody had."""
    adopt(desk)
    facts = dated(addressee=POLICE, referral="daiu", criterion="adult_concern")
    sections = {**people(desk), "event": facts}
    referral, supply = lacking(desk, sections, event="referral_made")
    said = decide_on(desk, referral, "accepted", by=POLICE)
    supply()
    for agency in (POLICE, PROBATION):
        with desk.acting(agency).store.read() as db:
            row = referrals.referral(db, referral)
        assert row is not None
        assert (row["decision"], row["answer"], row["overdue_by"]) == ("accepted", said, None)
    check_rebuilt(desk, POLICE, HUB, PROBATION)


def test_of_two_decisions_the_one_decides_that_was_whole_last(desk: Desk) -> None:
    """Whoever had read both deliveries of the first had it before the second; nobody else has."""
    adopt(desk)
    referral = refer(desk, "daiu", to=POLICE)
    facts = {
        "statement": referral, "received_by": "N. Lead", "researched": "no",
        "actions": ["safeguarding_alert"], "referral": "accepted",
    }  # fmt: skip
    sections = {
        "event": facts, "cause.1": {"statement": referral},
        "provenance": named(desk.draw)["provenance"],
    }  # fmt: skip
    said, supply = lacking(
        desk, sections, "threat_to_life", "response_given", source=SOURCES[POLICE]
    )
    decide_on(desk, referral, "refused", by=POLICE)
    supply()
    for agency in (POLICE, PROBATION):
        with desk.acting(agency).store.read() as db:
            row = referrals.referral(db, referral)
        assert row is not None
        assert (row["decision"], row["answer"]) == ("accepted", said), agency
    check_rebuilt(desk, POLICE, HUB, PROBATION)


def test_of_an_end_that_is_told_twice_one_stands(desk: Desk) -> None:
    """The first, told again as it was whole, put away the second, which had put it away itself."""
    adopt(desk)
    sections = people(desk)
    facts = dated(closure="licence", ends_on=END, risk_recognised="unknown")
    closing = deepcopy({**sections, "event": facts})
    said, supply = lacking(desk, closing, event="closure_notified")
    close(desk, sections)
    supply()
    for each in (desk.acting(PROBATION), rebuilt(desk, PROBATION, is_compacted=True)):
        with each.store.read() as db:
            ends = handover.owed(db, [], PROBATION, place=None, count=10)
        assert [one["id"] for one in ends] == [said]


def test_looks_and_a_decision_count_that_came_before_their_report(desk: Desk) -> None:
    """Nobody looks twice, and nobody is asked again."""
    report, supply = lacking(desk, named(desk.draw))
    look_everywhere(desk, report)
    stop(desk, report)
    supply()
    check_rebuilt(desk, POLICE, HUB, PROBATION)


def test_a_use_of_the_emergency_path_is_reviewed_by_what_came_before_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who governs is told of it again as it is whole; it had looked at it before that."""
    monkeypatch.setitem(SOURCES, GOVERNS, f"{GOVERNS}/desk")
    desk.outboxes[GOVERNS] = {}
    report, supply = lacking(desk, named(desk.draw), urgency="threat_to_life")
    facts = {"statement": report, "finding": "rightful", "lesson": "none", "by": "G. Guardian"}
    sections = {"event": facts, "cause.1": {"statement": report}}
    provenance = {"provenance": named(desk.draw)["provenance"]}
    desk.report({**sections, **provenance}, source=SOURCES[GOVERNS], event="emergency_reviewed")
    desk.settle()
    supply()
    again = rebuilt(desk, GOVERNS, is_compacted=True)
    for each in (desk.acting(GOVERNS), again):
        with each.store.read() as db:
            used = governance.emergency(db, report)
            assert used is not None
            assert used["finding"] == "rightful"
            assert not duties.is_open(db, f"emergency_review/{report}")


def sound(police: Consumer, token: str) -> list[str]:
    """List by which statements that stand somebody is named."""
    with police.store.read() as db:
        return [one.statement for one in people_rows.mentions_of(db, SEEN, [token], sound=True)]


@pytest.mark.parametrize("ends", ["retracted", "erased"])
def test_a_question_names_nobody_whom_its_report_names(desk: Desk, ends: str) -> None:
    """For whoever read it before the report it did: taken back, that brought people together."""
    sections = named(desk.draw)
    token = sections["person.1.identity"]["subject"]
    report, supply = lacking(desk, sections)
    open_to_all(desk)
    question = ask(desk, HUB, report, token, by=POLICE)
    supply()
    if ends == "retracted":  # until here both are the same
        check_rebuilt(desk, POLICE, HUB, PROBATION)
    for each in (desk.acting(POLICE), rebuilt(desk, POLICE, is_compacted=True)):
        assert sound(each, token) == [report]
    if ends == "erased":
        with desk.acting(POLICE).store.read() as db:
            events = {one.id for one in arising(db, report) if one.event == "provenance_supplied"}
        erase(desk, report, *events)
    else:
        retract(desk, PROBATION, report)
    for each in (desk.acting(POLICE), rebuilt(desk, POLICE, is_compacted=True)):
        assert sound(each, token) == []
        with each.store.read() as db:
            stands = question in asked.about(db, report)
        assert stands is (ends == "retracted"), "it is erased with it"
    check_rebuilt(desk, POLICE, HUB, PROBATION)


def test_of_an_erased_report_a_question_that_stands_names_whom_it_named(desk: Desk) -> None:
    """One that arises from another report is not erased with it: nobody else says who it is."""
    open_to_all(desk)
    other = desk.report()
    report, token = reported(desk)
    said = named(desk.draw)
    facts = {"addressee": POLICE, "statement": report, "subject": token, "why": WHY,
             "due_at": desk.ledger.clock_ms + HOUR_MS}  # fmt: skip
    identity = {**said["person.1.identity"], "subject": token}
    sections = {"event": facts, "cause.1": {"statement": other}, "person.1.identity": identity,
                "provenance": said["provenance"]}  # fmt: skip
    question = desk.report(
        sections, source=SOURCES[PROBATION], event="information_requested", basis=BASIS
    )
    desk.settle()
    assert sound(desk.acting(POLICE), token) == [report]
    erase(desk, report)
    for is_compacted in (False, True):
        again = rebuilt(desk, POLICE, is_compacted=is_compacted)
        assert sound(again, token) == sound(desk.acting(POLICE), token) == [question]
        anew, live = held(again), held(desk.acting(POLICE))
        assert all(anew[name] == live[name] for name in live if name.startswith("people_"))
