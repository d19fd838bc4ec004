"""What nobody took is whoever referred's again: a duty with a clock, told of, and seen to once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from consumers.desk.rows import inbox
from consumers.referrals.untaken import DUTY
from consumers.responses.listed import owed
from consumers.responses.rows import duties
from consumers.standing import keep_from
from consumers.telling import rows as telling
from consumers.telling.notification import words_of
from consumers.telling.sending import is_settled
from contracts.fault import Misuse
from tests.support.agreed import adopt, answer, dated, people, refer, retract, say
from tests.support.compacted import check_rebuilt
from tests.support.desk import HUB, POLICE, PROBATION, Desk, begun, read_a_report
from tests.unit.test_answer_gone import erase
from tests.unit.test_referrals import person, referring

HOUR_MS = 3_600_000


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """A partnership where probation, police and hub have agreed on casework, and read a report."""
    return begun(tmp_path, adopt, *[read_a_report] * ("report" in request.fixturenames))


@pytest.fixture
def report(desk: Desk) -> str:
    """A report of probation's own."""
    return desk.reported[0]


def again(desk: Desk, agency: str = PROBATION) -> dict[str, str | None]:
    """Give what an agency owes because nobody took what it referred: by answer, what ended it."""
    with desk.acting(agency).store.read() as db:
        query = select(duties.c.about, duties.c.discharged_by).where(duties.c.kind == DUTY)
        return {row.about: row.discharged_by for row in db.execute(query)}


def pressing(desk: Desk, answered: str) -> tuple[int, bool]:
    """Say how far up an answer stands in probation's inbox, and whether it is seen to."""
    with desk.acting(PROBATION).store.read() as db:
        row = db.execute(select(inbox).where(inbox.c.statement == answered)).mappings().one()
        return row["weight"], row["done"]


def told(desk: Desk, agency: str = PROBATION) -> list[Any]:
    """List what the roles of an agency were told that nobody took."""
    with desk.acting(agency).store.read() as db:
        found = map(telling.notification_of, telling.fresh(db))
        return [one for one in found if one.waits == "untaken"]


def settled(desk: Desk, answered: str) -> bool:
    """Say whether nobody need be told of it any more."""
    with desk.acting(PROBATION).store.read() as db:
        return all(is_settled(db, one) for one in told(desk) if one.cause == answered)


def refused_and_late(desk: Desk) -> None:
    """Let the hub refuse a referral of what was reported, and nobody see to it in time."""
    answer(desk, refer(desk, "idva", causes=desk.reported), "refused")
    desk.pass_hours(73)
    desk.settle()


def erased(desk: Desk, _: str, statement: str) -> None:
    """Erase a statement, whoever said it."""
    erase(desk, statement)


def consider(desk: Desk, statement: str, kind: Any = "idva") -> str:
    """Let probation decide that nobody is referred because of a statement; give its id."""
    (wanted,) = referring(desk, PROBATION).consider(
        statement, kind, by=person(desk), role="lead", reason="we see to her ourselves"
    )
    desk.settle()
    return wanted.draft.id


@pytest.mark.parametrize("decision", ["refused", "redirected"])
@pytest.mark.parametrize(("urgency", "hours", "weight", "press"), [
    ("routine", 72, 1, "shift"), ("urgent", 24, 1, "now"), ("threat_to_life", 24, 2, "now"),
])  # fmt: skip
def test_what_nobody_took_is_owed_told_of_and_presses(
    desk: Desk, report: str, decision: str, urgency: str, hours: int, weight: int, press: str
) -> None:
    """It read REFUSED, look for another way, in a list; nobody was told, and no clock ran."""
    sections = people(desk)
    facts = dated(addressee=HUB, referral="idva", criterion="adult_concern")
    referral = say(
        desk, PROBATION, "referral_made", facts, report, sections=sections, urgency=urgency
    )
    said = answer(desk, referral, decision)
    rules = desk.acting(PROBATION).voice.rules
    assert hours == (rules.response_hours if urgency == "routine" else rules.response_hours_urgent)
    with desk.acting(PROBATION).store.read() as db:
        (duty,) = owed(db, frozenset(), DUTY, place=None, count=9)
    assert (duty["statement"], duty["about"], duty["role"]) == (referral, said, "duty_manager")
    assert duty["due_at"] == desk.ledger.clock_ms + hours * HOUR_MS
    assert pressing(desk, said) == (weight, False)
    (one,) = told(desk)
    assert (one.role, one.press, one.due_at) == ("duty_manager", press, duty["due_at"])
    assert set(one.about) == {referral, said}
    text = words_of(one, called="duty manager", telephone="01632 960001").body
    assert "was not taken" in text
    assert not settled(desk, said)
    for agency in (HUB, POLICE):
        assert (again(desk, agency), told(desk, agency)) == ({}, []), "it is not theirs"
    for _ in range(3):
        desk.pass_hours(hours + 1)
        desk.settle()
    late = [one for one in desk.said(PROBATION, "duty_overdue") if one["duty"] == DUTY]
    assert [(one["statement"], one["owner_role"]) for one in late] == [(referral, "duty_manager")]
    with desk.acting(PROBATION).store.read() as db:
        rang = [one["press"] for one in telling.listed(db) if referral in one["about"].split()]
    assert len(rang) > 1
    assert set(rang) == {press}, "undone it presses as it did when it came"


@pytest.mark.parametrize("decision", [None, "accepted"])
def test_what_may_be_taken_or_was_is_not(desk: Desk, decision: str | None) -> None:
    """Nobody looks for another while the first has it."""
    answer(desk, refer(desk), decision)
    assert (again(desk), told(desk)) == ({}, [])


def test_another_referral_of_the_same_report_ends_it_and_its_own_refusal_begins_anew(
    desk: Desk, report: str
) -> None:
    """That of another report is another matter."""
    first = answer(desk, refer(desk, "idva", causes=[report]), "refused")
    refer(desk, "idva")
    assert again(desk) == {first: None}
    other = refer(desk, "mash", causes=[report])
    assert again(desk) == {first: other}
    assert pressing(desk, first) == (1, True)
    assert settled(desk, first)
    second = answer(desk, other, "redirected")
    assert again(desk) == {first: other, second: None}
    retract(desk, PROBATION, other)
    assert again(desk) == {first: None}, "nobody is looked for any more because of the first"
    assert pressing(desk, first) == (1, False)
    check_rebuilt(desk, PROBATION)


@pytest.mark.parametrize("on", ["report", "referral"])
def test_a_named_persons_decision_ends_it_as_long_as_it_stands(
    desk: Desk, report: str, on: str, tmp_path: Path
) -> None:
    """Seeing to her without a referral counts as much; that one was made first does not."""
    referral = refer(desk, "idva", causes=[report])
    made = referring(desk, PROBATION)
    made.consider(
        report, "idva", by=person(desk), role="lead", reason="high risk", referred=referral
    )
    desk.settle()
    with pytest.raises(Misuse, match="decided already"):
        consider(desk, report)
    said = answer(desk, referral, "refused")
    assert again(desk) == {said: None}
    decided = consider(desk, report if on == "report" else referral)
    assert again(desk) == {said: decided}
    assert pressing(desk, said) == (1, True)
    with pytest.raises(Misuse, match="decided already"):
        consider(desk, report if on == "report" else referral)
    check_rebuilt(desk, PROBATION)
    for go in (retract, erased):
        (folder := tmp_path / go.__name__).mkdir()
        without = desk.apart(folder)
        go(without, PROBATION, decided)
        assert again(without) == {said: None}, go
        assert pressing(without, said) == (1, False), go
        check_rebuilt(without, PROBATION)


def test_a_decision_that_the_log_holds_ends_nothing_until_its_release(
    desk: Desk, report: str
) -> None:
    """Nobody has another referral that reached nobody."""
    said = answer(desk, refer(desk, "idva", causes=[report]), "refused")
    sections = people(desk)
    role = sections["provenance"].pop("role")
    other = refer(desk, "mash", causes=[report], sections=sections)
    assert again(desk) == {said: None}
    completed = {
        "event": {"statement": other}, "cause.1": {"statement": other},
        "provenance": {**sections["provenance"], "role": role},
    }  # fmt: skip
    desk.report(completed, event="provenance_supplied", basis=None)
    desk.settle()
    assert again(desk) == {said: other}


@pytest.mark.parametrize("go", [retract, erased])
def test_with_the_refusal_goes_what_was_owed_because_of_it(
    tmp_path: Path, go: Callable[[Desk, str, str], object]
) -> None:
    """Whom it was put to has it to decide still; a second refusal is owed with a clock of its own.

    So it is where that one ran out before.
    """
    desk = begun(tmp_path, adopt, read_a_report, refused_and_late)
    _, referral, first = desk.reported
    go(desk, HUB, first)
    assert again(desk) == {}
    assert settled(desk, first)
    if go is retract:
        assert pressing(desk, first) == (0, False)
    desk.pass_hours(1)
    desk.settle()
    check_rebuilt(desk, PROBATION)
    second = answer(desk, referral, "refused")
    assert again(desk) == {second: None}
    desk.pass_hours(73)
    desk.settle()
    late = [one["key"] for one in desk.said(PROBATION, "duty_overdue") if one["duty"] == DUTY]
    assert late == [f"duty_overdue/{DUTY}/{first}", f"duty_overdue/{DUTY}/{second}"]


def test_a_later_word_counts_and_what_was_taken_back_is_not_looked_for(
    desk: Desk, report: str
) -> None:
    """Refused and then accepted somebody has it; and nobody is chased for what was withdrawn."""
    referral = refer(desk, "idva", causes=[report])
    refused = answer(desk, referral, "refused")
    accepted = answer(desk, referral, "accepted")
    assert again(desk) == {}
    retract(desk, HUB, accepted)
    assert again(desk) == {refused: None}
    check_rebuilt(desk, PROBATION)
    retract(desk, PROBATION, referral)
    assert again(desk) == {}
    check_rebuilt(desk, PROBATION)


def test_whoever_must_not_see_the_refusal_is_shown_nothing_of_it(desk: Desk) -> None:
    """Neither the duty nor how it ended tells them that there is an answer."""
    said = answer(desk, refer(desk), "refused")
    with desk.acting(PROBATION).store.write() as db:
        keep_from(db, [said], ["her-brother"])
        assert owed(db, frozenset({"her-brother"}), DUTY, place=None, count=9) == []
        assert len(owed(db, frozenset({"anybody-else"}), DUTY, place=None, count=9)) == 1
