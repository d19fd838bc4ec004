"""An erased answer answers nothing, nor one that is taken back; another that stands does."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from consumers.audit.erasures import Erasures
from consumers.consumer import Consumer
from consumers.referrals import rows as referrals
from consumers.responses import rows as duties
from consumers.responses.given import asks_again
from consumers.safeguarding import rows as alerts
from consumers.standing import keep_from
from consumers.standing import standing as marked
from tests.support.agreed import adopt, refer
from tests.support.agreed import answer as decide_on
from tests.support.alerts import raised, retract
from tests.support.compacted import rebuilt, ways
from tests.support.desk import HUB, POLICE, PROBATION, Desk, begun, read_a_report
from tests.unit.test_erased_incident import derived, say
from tests.unit.test_looked_again import look_everywhere
from tests.unit.test_outdated import (
    answer,
    consider,
    corrected,
    is_done,
    is_open,
    standing,
    stop,
    take,
)

DECISIONS = ("refused", "accepted")


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """A partnership where a report was looked up, or else a referral was decided on twice."""
    return begun(tmp_path, researched if "report" in request.fixturenames else decided_twice)


def researched(desk: Desk) -> None:
    """Let police look up a report whole, and nobody answer it."""
    raised(desk)
    look_everywhere(desk, desk.reported[0])


def decided_twice(desk: Desk) -> None:
    """Let probation report, refer because of that, and the hub decide on it twice."""
    adopt(desk)
    read_a_report(desk)
    referral = refer(desk, causes=desk.reported)
    for decision in DECISIONS:
        decide_on(desk, referral, decision)


@pytest.fixture
def report(desk: Desk) -> str:
    """A report that police looked up whole, and nobody answered."""
    return desk.reported[0]


def answered(desk: Desk, report: str) -> str:
    """Answer the report, once more where it was; give the answer's id."""
    said = answer(desk, report, again=True)
    desk.settle()
    return said


def erase(desk: Desk, *statements: str) -> None:
    """Erase statements and what derives from them, by two agencies that have no part in them."""
    gone = derived(desk, *statements)
    first = {"statements": gone, "ground": "unlawful", "reason": "mixed up", "by": "A."}
    proposal = say(desk, "mk-csp", "erasure_proposed", first)
    say(desk, HUB, "erasure_endorsed", {"proposal": proposal, "statements": gone, "by": "B."})
    recorded = desk.ledger.entries[-1].recorded
    assert recorded.decision is not None
    assert recorded.decision.outcome == "accepted"
    desk.settle()


def marks(police: Consumer, report: str) -> list[str]:
    """List by which statements a report is marked."""
    with police.store.read() as db:
        query = select(marked.c.by).where(marked.c.statement == report)
        return list(db.execute(query).scalars())


def stands(police: Consumer, report: str) -> tuple[bool, bool]:
    """Say whether the inbox has a report as done, and whether the duty to answer is discharged."""
    with police.store.read() as db:
        is_owed = duties.is_open(db, f"response_given/{report}")
    return is_done(police, report), not is_owed


def check(desk: Desk, report: str, expected: tuple[bool, bool]) -> None:
    """Check how a report stands at police, and that whoever reads all anew has the same."""
    assert stands(desk.acting(POLICE), report) == expected
    for is_compacted in ways(desk, POLICE):
        again = rebuilt(desk, POLICE, is_compacted=is_compacted)
        assert stands(again, report) == expected, is_compacted
        assert marks(again, report) == marks(desk.acting(POLICE), report), is_compacted


def test_an_erased_answer_leaves_its_report_to_be_answered(desk: Desk, report: str) -> None:
    """It counted as done for whoever had read it, and as work for whoever reads all anew."""
    said = answered(desk, report)
    assert stands(desk.acting(POLICE), report) == (True, True)
    erase(desk, said)
    check(desk, report, (False, False))
    answer(desk, report)  # it is no second one: nobody has to ask for that
    desk.settle()
    check(desk, report, (True, True))


@pytest.mark.parametrize("gone", [0, 1])
def test_of_two_decisions_on_a_referral_the_one_that_is_left_decides(desk: Desk, gone: int) -> None:
    """It read NOBODY has decided, its clock ran, and whoever read all anew had it decided."""
    _, referral, *said = desk.reported
    erase(desk, said[gone])
    desk.settle()
    for agency in (PROBATION, HUB):
        again = rebuilt(desk, agency, is_compacted=True)
        for each in (desk.acting(agency), again):
            with each.store.read() as db:
                row = referrals.referral(db, referral)
            assert row is not None
            left = DECISIONS[1 - gone], said[1 - gone]
            assert (row["decision"], row["answer"]) == left, agency


@pytest.mark.parametrize("gone", [0, 1])
@pytest.mark.parametrize("go", [erase, lambda desk, said: retract(desk, said, POLICE)])
def test_of_two_answers_the_one_that_is_left_answers(
    desk: Desk, report: str, gone: int, go: object
) -> None:
    """Whoever reported was told it, and nothing takes that back."""
    assert callable(go)
    said = [answered(desk, report), answered(desk, report)]
    go(desk, said[gone])
    check(desk, report, (True, True))
    go(desk, said[1 - gone])
    check(desk, report, (False, False))


def test_an_answer_without_a_correction_leaves_its_report_to_be_done(
    desk: Desk, report: str
) -> None:
    """It is an answer still; nobody read the correction. Once that is erased, it said all."""
    answered(desk, report)
    correction = corrected(desk, report)
    desk.settle()
    check(desk, report, (False, True))
    with desk.acting(POLICE).store.write() as db:
        keep_from(db, [correction], ["kept"])
        told = [asks_again(db, POLICE, report, viewer=[one]) for one in ("kept", "other")]
    assert told == [False, True], "who is kept from the correction is not told of it"
    last = corrected(desk, report, "She means to leave after all.")
    desk.settle()
    erase(desk, last)
    assert marks(desk.acting(POLICE), report) == [correction]
    check(desk, report, (False, True))
    erase(desk, correction)
    assert marks(desk.acting(POLICE), report) == []
    check(desk, report, (True, True))


def test_a_correction_of_what_a_referral_arose_from_asks_for_one_more_answer(desk: Desk) -> None:
    """The page asked for it, and the inbox had it as done: for ever, for whoever reads all anew."""
    report, referral, *said = desk.reported
    assert is_done(desk.acting(HUB), referral)
    correction = corrected(desk, report)
    desk.settle()
    for gone, expected in (((), False), (said[1:], False), ([correction], True)):
        if gone:
            erase(desk, *gone)
        for each in (desk.acting(HUB), rebuilt(desk, HUB, is_compacted=True)):
            assert is_done(each, referral) is expected, gone
            with each.store.read() as db:
                assert asks_again(db, HUB, referral, viewer=["x"]) is not expected


@pytest.mark.parametrize("decide", [stop, take, consider])
def test_a_decision_that_goes_with_a_correction_is_open_for_whoever_reads_all_anew(
    desk: Desk, report: str, decide: Callable[[Desk, str], None]
) -> None:
    """Left standing, it counted as made, and nobody was asked to look again."""
    decide(desk, report)
    correction = corrected(desk, report)
    desk.settle()
    erasures = Erasures()
    for written in desk.ledger.entries:
        erasures.take(written)
    erase(desk, *(one.id for one in erasures.together([correction])))
    assert is_open(desk, report)
    for agency in (POLICE, HUB):
        again = rebuilt(desk, agency, is_compacted=True)
        assert standing(again)[:2] == ([], [])
        with again.store.read() as db:
            assert {one["acknowledged_by"] for one in alerts.all_alerts(db)} <= {None}
