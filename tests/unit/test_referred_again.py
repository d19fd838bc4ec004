"""What was referred, or told to housing, is said anew where it does not stand, and else once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consumers.referrals.making import Asked, Making
from consumers.store import Wanted
from contracts.draft import Draft
from contracts.fault import Misuse
from deploy.criteria import criteria_of
from deploy.matching import SHIPPED
from tests.support.agreed import HOUSING, adopt, answer, retract
from tests.support.conversing import person
from tests.support.desk import HUB, POLICE, PROBATION, Desk, begun, read_a_report
from tests.unit.test_answer_gone import erase
from tests.unit.test_referrals import notify, referring

BEFORE = "referred to already"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police, hub and housing have agreed on casework."""
    return begun(tmp_path, adopt, read_a_report)


@pytest.fixture
def couple(desk: Desk) -> list[str]:
    """Two people whom a report names."""
    (report,) = desk.seen(HUB, "concern_reported")
    named: Any = report.statement.sections
    return [named[f"person.{n}.identity"].subject for n in (1, 2)]


@pytest.fixture
def report(desk: Desk) -> str:
    """Their report."""
    return desk.reported[0]


@pytest.fixture
def asked(couple: list[str]) -> Asked:
    """Ask the hub to see to them both; nobody is said to be in danger now."""
    return Asked(
        referral="mash", to=HUB, people=couple, meets=["child_concern"], danger_now="no",
        children="household", words="she asked for help",
    )  # fmt: skip


def make(desk: Desk, report: str, asked: Asked) -> Wanted:
    """Let probation refer them; nothing of it is on the log yet."""
    acting = desk.acting(PROBATION)
    making = Making(acting.store, acting.voice, desk.new_id, criteria_of(SHIPPED.parent))
    (wanted,) = making.make(report, asked, by=person(), role="officer")
    return wanted


def made(desk: Desk, report: str, asked: Asked) -> str:
    """Let probation refer them, and everybody read it; give the referral's id."""
    said = make(desk, report, asked).draft.id
    desk.settle()
    return said


@pytest.mark.parametrize("how", ["refused", "redirected", "retracted", "erased"])
def test_what_nobody_took_is_referred_anew_once(
    desk: Desk, report: str, asked: Asked, how: str
) -> None:
    """The desk refused it for ever: refused once, nobody could ask again, whatever happened."""
    first = made(desk, report, asked)
    if how == "erased":
        erase(desk, first)
    elif how == "retracted":
        retract(desk, PROBATION, first)
    else:
        answer(desk, first, how)
    second = made(desk, report, asked)
    with pytest.raises(Misuse, match=BEFORE):
        make(desk, report, asked)
    answer(desk, second, "refused")
    third = made(desk, report, asked)
    assert len({first, second, third}) == 3
    said = [draft.id for _, draft in desk.published if draft.event == "referral_made"]
    assert said == [first, second, third]


@pytest.mark.parametrize("decision", [None, "accepted"])
def test_what_stands_is_not_referred_twice_by_mistake(
    desk: Desk, report: str, asked: Asked, decision: str | None
) -> None:
    """Two would be decided apart; to another agency, or for another service, it is another."""
    first = made(desk, report, asked)
    if decision:
        answer(desk, first, decision)
    with pytest.raises(Misuse, match=BEFORE) as refused:
        make(desk, report, asked)
    assert "candour retract ID" in refused.value.remedy
    make(desk, report, replace(asked, to=POLICE))


def test_a_refusal_that_is_taken_back_is_in_the_way_again(
    desk: Desk, report: str, asked: Asked
) -> None:
    """It was a slip: the first is to be decided still."""
    first = made(desk, report, asked)
    retract(desk, HUB, answer(desk, first, "refused"))
    with pytest.raises(Misuse, match=BEFORE):
        make(desk, report, asked)


@pytest.mark.parametrize("decision", [None, "accepted", "refused"])
def test_danger_now_waits_for_no_other_referral(
    desk: Desk, report: str, asked: Asked, decision: str | None
) -> None:
    """A threat to life is never stopped: it said that nothing was said, and to look at a list."""
    first = made(desk, report, asked)
    if decision:
        answer(desk, first, decision)
    now = replace(asked, danger_now="yes")
    said = {first, made(desk, report, now), made(desk, report, now)}
    assert {v.statement.context.id for v in desk.seen(HUB, "referral_made")} == said


def test_what_is_on_its_way_is_said_once_though_nobody_knows_of_it_yet(
    desk: Desk, report: str, asked: Asked
) -> None:
    """The desk died after it was stored: it goes out once, and a second press adds nothing."""
    first = make(desk, report, asked).draft.id
    with pytest.raises(Misuse, match=BEFORE):
        make(desk, report, asked)
    again = desk.consumer(PROBATION)
    said: list[Draft] = []
    for _ in range(2):
        again.publish_waiting(said.extend)
    assert [one.id for one in said] == [first]


def test_what_the_log_refused_was_never_referred(desk: Desk, report: str, asked: Asked) -> None:
    """Once it is put right it is said."""
    desk.acting(PROBATION).refused(make(desk, report, asked).draft.id)
    make(desk, report, asked)


def test_a_rebuilt_desk_knows_what_stands(desk: Desk, report: str, asked: Asked) -> None:
    """Its keys are gone; what the log has of them is enough."""
    first = made(desk, report, asked)
    again = desk.consumer(PROBATION, store="again")
    again.take(desk.records(PROBATION))
    making = Making(again.store, again.voice, desk.new_id, criteria_of(SHIPPED.parent))
    with pytest.raises(Misuse, match=BEFORE):
        making.make(report, asked, by=person(), role="officer")
    answer(desk, first, "refused")
    again.take(desk.records(PROBATION))
    assert making.make(report, asked, by=person(), role="officer")


@pytest.mark.parametrize("go", [erase, lambda desk, said: retract(desk, HUB, said)])
def test_a_wrong_notice_that_was_taken_back_is_given_right(
    desk: Desk, report: str, couple: list[str], go: Any
) -> None:
    """Rec. 18: housing had been told a wrong number, and could never be told the right one."""
    subject = couple[0]
    (first,) = notify(desk, report, subject)
    with pytest.raises(Misuse, match="given this notice already"):
        notify(desk, report, subject)  # it is on its way
    desk.settle()
    with pytest.raises(Misuse, match="given this notice already") as refused:
        notify(desk, report, subject)
    assert f"{first.draft.id}. To give another, take that back" in refused.value.remedy
    go(desk, first.draft.id)
    (second,) = notify(desk, report, subject)
    desk.settle()
    with pytest.raises(Misuse, match="given this notice already"):
        notify(desk, report, subject)
    seen = [v.statement.context.id for v in desk.seen(HOUSING, "housing_notice_given")]
    assert seen[-1] == second.draft.id
    again = desk.consumer(HUB, store="again")
    again.take(desk.records(HUB))
    said: list[Draft] = []
    again.publish_waiting(said.extend)
    assert said == []
    hub = referring(desk, HUB)
    with pytest.raises(Misuse, match="given this notice already"):
        replace(hub, store=again.store).notify_housing(
            report, subject, to=HOUSING, act="ring_safeguarding_hub", ring="01632 960302",
            by=person(), role="lead",
        )  # fmt: skip
