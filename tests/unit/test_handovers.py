"""Handover before a known end: due in time, taken over by somebody, and both heads told if not."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from consumers.handover import rows
from consumers.handover.worker import Handovers
from deploy.workers import workers_of
from tests.support.agreed import adopt, answer, dated, people, refer, retract, say
from tests.support.desk import HUB, POLICE, PROBATION, Desk, begun
from tests.support.stranger import text_of

DAY_H = 24
END = "2012-09-28"
"""150 days after the played 1 May: 28 days before it are 122 days away."""
TWO = [text_of(bytes([n] * 16)) for n in (1, 2)]
ENDS = select(rows.ends).order_by(rows.ends.c.id)


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """A partnership that has agreed on casework; what a test begins with was told and referred."""
    return begun(tmp_path, adopt, *[put] * ("referral" in request.fixturenames))


@pytest.fixture
def closing(desk: Desk) -> str:
    """A closure of two people."""
    return desk.reported[0]


@pytest.fixture
def referral(desk: Desk) -> str:
    """What asks the hub to take over from it."""
    return desk.reported[1]


def put(desk: Desk) -> None:
    """Let probation notify that a licence ends, and put the handover to the hub."""
    sections = people(desk, *TWO)
    close(desk, sections)
    refer(desk, "handover", ends_on=END, sections=sections)


def close(
    desk: Desk, sections: dict[str, Any], *, ends_on: str = END, risk: str = "unknown",
    handover: str | None = None,
) -> str:  # fmt: skip
    """Let probation notify that a licence ends."""
    facts = dated(closure="licence", ends_on=ends_on, risk_recognised=risk)
    facts |= {"handover": handover} if handover else {}
    return say(desk, PROBATION, "closure_notified", facts, sections=sections)


def pass_days(desk: Desk, days: float) -> None:
    """Let days go by, and everybody say what ran out."""
    desk.pass_hours(days * DAY_H)
    desk.settle()


def overdue(desk: Desk, agency: str) -> list[tuple[str, str, str]]:
    """List what an agency said ran out of handing over: duty, about what, whose."""
    return [
        (one["duty"], one["statement"], one["owner_agency"])
        for one in desk.said(agency, "duty_overdue")
        if one["duty"] in {"handover", "HANDOVER_OUTSTANDING"}
    ]


def test_a_handover_falls_due_before_the_known_end_and_its_passing_is_said(desk: Desk) -> None:
    """E26, E42, E50: the licence ended by law and with it all that anybody knew."""
    closing = close(desk, people(desk))
    pass_days(desk, 121)
    assert overdue(desk, PROBATION) == []
    pass_days(desk, 2)
    assert overdue(desk, PROBATION) == [("handover", closing, PROBATION)]
    pass_days(desk, 26)
    assert len(overdue(desk, PROBATION)) == 1, "the last day is not over"
    pass_days(desk, 2)
    pass_days(desk, 40)
    assert overdue(desk, PROBATION)[1:] == [("HANDOVER_OUTSTANDING", closing, PROBATION)]
    assert overdue(desk, POLICE) == [], "whom nobody asked to take over owes nothing"


def test_a_handover_that_is_accepted_leaves_nothing_outstanding(desk: Desk, referral: str) -> None:
    """Somebody has said, by name, that they have it."""
    answer(desk, referral, "accepted")
    pass_days(desk, 200)
    assert overdue(desk, PROBATION) == overdue(desk, HUB) == []


@pytest.mark.parametrize("decision", [None, "refused", "redirected"])
def test_where_nobody_took_over_both_heads_are_told(
    desk: Desk, closing: str, referral: str, decision: str | None
) -> None:
    """Put to the hub and not accepted is not handed over; each head hears it of their own."""
    answer(desk, referral, decision)
    pass_days(desk, 123)
    due = [("handover", closing, PROBATION)] if decision else []
    assert overdue(desk, PROBATION) == due, "somebody was asked in time, and may take it still"
    pass_days(desk, 30)
    assert overdue(desk, PROBATION)[len(due) :] == [
        ("HANDOVER_OUTSTANDING", closing, PROBATION), ("HANDOVER_OUTSTANDING", closing, HUB),
    ]  # fmt: skip
    assert overdue(desk, HUB) == [("HANDOVER_OUTSTANDING", referral, HUB)]
    roles = {one["owner_role"] for one in desk.said(PROBATION, "duty_overdue")}
    assert roles == {"duty_manager"}


def owed(desk: Desk) -> list[str]:
    """List the ends that probation owes a handover of: that nobody was asked about, or will be."""
    acting = desk.acting(PROBATION)
    with acting.store.read() as db:
        found = rows.owed(db, (), PROBATION, place=None, count=9)
        return [one for one, its in Handovers(acting.voice).put_of(db, found).items() if not its]


def rebuilt(desk: Desk) -> None:
    """Whoever reads all anew has the same ends, and says nothing twice."""
    again = desk.anew(PROBATION, desk.records(PROBATION))
    said: list[Any] = []
    again.publish_waiting(said.extend)
    assert said == []
    with again.store.read() as db, desk.acting(PROBATION).store.read() as first:
        assert db.execute(ENDS).all() == first.execute(ENDS).all()


@pytest.mark.parametrize("decision", ["refused", "redirected"])
def test_a_refusal_after_the_day_falls_due_at_once(
    desk: Desk, closing: str, referral: str, decision: str
) -> None:
    """It counted as handed over until the end was past: nobody looked for another in time."""
    pass_days(desk, 123)
    assert (owed(desk), overdue(desk, PROBATION)) == ([], [])
    answer(desk, referral, decision)
    assert owed(desk) == [closing]
    pass_days(desk, 1)
    assert overdue(desk, PROBATION) == [("handover", closing, PROBATION)]
    rebuilt(desk)
    sections = people(desk, *TWO)
    answer(desk, refer(desk, "handover", ends_on=END, sections=sections), "accepted")
    assert owed(desk) == []
    pass_days(desk, 40)
    assert overdue(desk, PROBATION) == [("handover", closing, PROBATION)]
    rebuilt(desk)


def test_a_refusal_that_is_taken_back_is_none(desk: Desk, referral: str) -> None:
    """Whom it was put to may take it still, and nobody is told that it is due."""
    said = answer(desk, referral, "refused")
    assert owed(desk) != []
    retract(desk, HUB, said)
    assert owed(desk) == []
    pass_days(desk, 123)
    assert overdue(desk, PROBATION) == []
    rebuilt(desk)


def test_an_acceptance_that_a_refusal_replaces_is_outstanding(
    desk: Desk, closing: str, referral: str
) -> None:
    """Whoever had it says later that they have it not; taken back, they have it again."""
    answer(desk, referral, "accepted")
    pass_days(desk, 153)
    refused = answer(desk, referral, "refused")
    retract(desk, HUB, refused)
    pass_days(desk, 1)
    assert overdue(desk, PROBATION) == []
    answer(desk, referral, "refused")
    pass_days(desk, 1)
    assert overdue(desk, PROBATION) == [
        ("handover", closing, PROBATION), ("HANDOVER_OUTSTANDING", closing, PROBATION),
        ("HANDOVER_OUTSTANDING", closing, HUB),
    ]  # fmt: skip
    rebuilt(desk)


def test_a_handover_that_is_taken_back_hands_nothing_over(
    desk: Desk, closing: str, referral: str
) -> None:
    """Its author withdrew it: somebody is to be asked."""
    pass_days(desk, 123)
    retract(desk, PROBATION, referral)
    assert owed(desk) == [closing]
    pass_days(desk, 1)
    assert overdue(desk, PROBATION) == [("handover", closing, PROBATION)]


def test_whom_a_closure_names_is_told_though_nothing_was_put_to_them(desk: Desk) -> None:
    """The closure says handed over to the hub; nobody ever asked the hub."""
    closing = close(desk, people(desk), handover=HUB)
    pass_days(desk, 153)
    assert [one for one in overdue(desk, PROBATION) if one[0] != "handover"] == [
        ("HANDOVER_OUTSTANDING", closing, PROBATION), ("HANDOVER_OUTSTANDING", closing, HUB),
    ]  # fmt: skip


def test_only_a_risk_that_is_known_to_be_gone_needs_no_handover(desk: Desk) -> None:
    """Unknown is never no."""
    risks = ("no", "unknown", "not_asked", "yes")
    closed = {close(desk, people(desk), risk=risk): risk for risk in risks}
    pass_days(desk, 153)
    assert {closed[about] for _, about, _ in overdue(desk, PROBATION)} == set(risks[1:])


def test_a_release_whose_end_is_known_needs_one_too_and_a_closure_of_it_counts_once(
    desk: Desk,
) -> None:
    """The end of a licence is known on the day of the release; its closure is the same end."""
    sections = people(desk)
    facts = {
        **dated(), "release": "licence", "released_on": "2012-05-01", "accommodation": "own",
        "ends_on": "2012-09-20",
    }  # fmt: skip
    say(desk, PROBATION, "release_notified", facts, sections=sections)
    closing = close(desk, sections)
    pass_days(desk, 153)
    assert overdue(desk, PROBATION) == [
        ("handover", closing, PROBATION), ("HANDOVER_OUTSTANDING", closing, PROBATION),
    ]  # fmt: skip


def test_another_persons_handover_covers_nothing(desk: Desk) -> None:
    """A new person, or another end years on, is handed over anew."""
    close(desk, people(desk))
    answer(desk, refer(desk, "handover", ends_on=END), "accepted")
    pass_days(desk, 153)
    assert [one[0] for one in overdue(desk, PROBATION)] == ["handover", "HANDOVER_OUTSTANDING"]


def test_a_handover_of_another_end_covers_nothing(desk: Desk) -> None:
    """Accepted for June, it says nothing of September."""
    sections = people(desk)
    close(desk, sections)
    answer(desk, refer(desk, "handover", ends_on="2012-06-01", sections=sections), "accepted")
    pass_days(desk, 153)
    assert [one[0] for one in overdue(desk, PROBATION)] == ["handover", "HANDOVER_OUTSTANDING"]


def test_a_handover_by_itself_makes_its_end_known(desk: Desk) -> None:
    """Nobody notified the closure: whoever hands over has said when it ends."""
    referral = refer(desk, "handover", ends_on=END)
    pass_days(desk, 153)
    assert overdue(desk, PROBATION) == [
        ("HANDOVER_OUTSTANDING", referral, PROBATION), ("HANDOVER_OUTSTANDING", referral, HUB),
    ]  # fmt: skip


def test_an_acceptance_that_is_taken_back_after_the_end_is_outstanding(
    desk: Desk, closing: str, referral: str
) -> None:
    """It was a slip: nobody has it, and that is said although the end is past."""
    accepted = answer(desk, referral, "accepted")
    pass_days(desk, 153)
    assert overdue(desk, PROBATION) == []
    retract(desk, HUB, accepted)
    pass_days(desk, 1)
    assert ("HANDOVER_OUTSTANDING", closing, PROBATION) in overdue(desk, PROBATION)


def test_a_closure_that_is_taken_back_runs_out_nowhere(desk: Desk) -> None:
    """And what it had replaced stands again."""
    sections = people(desk)
    first = close(desk, sections)
    second = close(desk, sections, ends_on="2012-09-29")
    with desk.acting(PROBATION).store.read() as db:
        assert [one["id"] for one in rows.some(db, None, past=False, place=None, count=9)] == [
            second
        ]
    retract(desk, PROBATION, second)
    pass_days(desk, 153)
    assert {one[1] for one in overdue(desk, PROBATION)} == {first}


def test_an_end_that_is_known_late_has_hours_left_to_be_handed_over(desk: Desk) -> None:
    """Notified on the day itself (E50): the alarm is not older than the chance to act."""
    close(desk, people(desk), ends_on="2012-05-01")
    pass_days(desk, 3 / DAY_H)
    assert overdue(desk, PROBATION) == []
    pass_days(desk, 1)
    assert [one[0] for one in overdue(desk, PROBATION)] == ["handover", "HANDOVER_OUTSTANDING"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_beyond_every_calendar_stops_nothing(desk: Desk, day: str) -> None:
    """Some systems write 9999-12-31 for a day that they do not know."""
    close(desk, people(desk), ends_on=day)
    pass_days(desk, 1)
    assert bool(overdue(desk, PROBATION)) is (day < END)


def test_a_consumer_that_is_rebuilt_says_nothing_twice(desk: Desk) -> None:
    """Both heads heard it once."""
    close(desk, people(desk), handover=HUB)
    pass_days(desk, 153)
    rebuilt(desk)


def test_an_erased_end_is_gone(desk: Desk) -> None:
    """Nothing may tell of a statement that the log erased."""
    closing = close(desk, people(desk))
    with desk.acting(PROBATION).store.write() as db:
        for worker in workers_of(desk.acting(PROBATION).voice):
            worker.forget(db, closing)
        assert db.execute(ENDS).all() == []
