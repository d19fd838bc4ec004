"""A decision that was made before a correction reached the desk, and reaches the log after it."""

import json
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import RowMapping, select

from consumers import reading
from consumers import store as stored
from consumers.consumer import Consumer
from consumers.desk.rows import inbox
from consumers.referrals import rows as referrals
from consumers.research import rows as research
from consumers.responses import rows as duties
from consumers.safeguarding import rows
from consumers.standing import keep_from
from contracts.event.work import ResponseGiven
from contracts.fault import Misuse, Transient
from tests.support.alerts import LEAD, deciding, person, raised, retract, tables
from tests.support.compacted import compacted, rebuilt
from tests.support.conversing import answering
from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk, named
from tests.unit.test_looked_again import correct, look_everywhere
from tests.unit.test_referrals import referring
from tests.unit.test_research import research as researching
from tests.vectors.ledger import key

Json = Any


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def corrected(desk: Desk, report: str, text: str = "She means to stay.") -> str:
    """Correct what a report tells, or a correction of it; nobody has read of it yet."""
    sections = named(desk.draw)
    return correct(desk, report, sections, narrative={"text": text, "form": "summary"})


def compromised(desk: Desk) -> None:
    """Let governance say that the key of whoever reported was stolen before it."""
    act = {
        "act": "key_revoked", "agency": PROBATION, "kid": key(SOURCES[PROBATION]).kid,
        "reason": "compromised", "invalid_since": "2012-05-01T00:00:00.000Z",
    }  # fmt: skip
    desk.played.govern("mk-csp", "act_proposed", {"proposal": act})
    desk._submit()


def standing(consumer: Consumer) -> Json:
    """Give what stands decided, how its alerts stand, and what was considered."""
    with consumer.store.read() as db:
        decided = db.execute(select(research.research_decisions.c.statement)).scalars().all()
        considered = db.execute(select(referrals.considered.c.id)).scalars().all()
    return decided, considered, tables(consumer)


def is_open(desk: Desk, report: str) -> bool:
    """Say whether somebody has still to decide on a report, at police and hub."""
    decided, considered = research.research_decisions.c, referrals.considered.c
    with desk.acting(POLICE).store.read() as db:
        had = list(db.execute(select(decided.id).where(decided.statement == report)))
    with desk.acting(HUB).store.read() as db:
        had += db.execute(select(considered.id).where(considered.statement == report))
    alert = alert_about(desk, report)
    return not had and alert["acknowledged_by"] is None and alert["closed"] is None


def alert_about(desk: Desk, report: str) -> RowMapping:
    """Give the one alert of the hub about a report."""
    with desk.acting(HUB).store.read() as db:
        (found,) = rows.raised(db, "separation", report, by=HUB)
    return found


def check_rebuilt(desk: Desk) -> None:
    """Check that whoever reads all anew has the same decided, and says nothing twice."""
    for agency in (POLICE, HUB):
        assert compacted(desk.records(agency)) == desk.records(agency), "Kafka holds all of it"
        again = rebuilt(desk, agency, is_compacted=True)
        assert standing(again) == standing(desk.acting(agency)), agency


def stop(desk: Desk, report: str) -> None:
    """Decide on no further action."""
    researching(desk).no_further_action(
        report, supervisor=person(desk, "I. Inspector"), role="duty_inspector", reason="seen alone"
    )


def take(desk: Desk, report: str) -> None:
    """Take the alert of the hub."""
    deciding(desk).acknowledge(alert_about(desk, report)["id"], by=person(desk), role=LEAD)


def close(desk: Desk, report: str) -> None:
    """Close it."""
    deciding(desk).close(
        alert_about(desk, report)["id"], "not_needed", useful="useful", reason="told already",
        by=person(desk), role=LEAD,
    )  # fmt: skip


def consider(desk: Desk, report: str) -> None:
    """Decide not to refer."""
    referring(desk, HUB).consider(
        report, "idva", by=person(desk), role="lead", reason="she has one already"
    )


WAYS = (stop, take, close, consider)
Case = tuple[Any, Callable[[Desk, str], None]]


def looked(desk: Desk, *cases: Case) -> dict[Case, str]:
    """Report once for each case, and look everywhere where that is needed; give the reports."""
    found = {one: desk.report() for one in cases}
    desk.settle()
    for (_, decide), report in found.items():
        if decide is stop:
            look_everywhere(desk, report)
    return found


def test_what_was_decided_without_a_correction_is_open_again(desk: Desk) -> None:
    """It stood, made on what was no longer so, and nobody was asked to look again."""
    firsts = ("decided", "corrected", "corrected again", "corrected twice over", "corrected later")
    reports = looked(desk, *product(firsts, WAYS))
    right = {one: corrected(desk, said) for one, said in reports.items() if one[0] != "decided"}
    desk.settle()
    for one, said in right.items():
        if one[0] == "corrected twice over":
            corrected(desk, said, "She means to stay with her mother.")
    desk.settle()
    for (_, decide), report in reports.items():
        decide(desk, report)
    for one, report in reports.items():
        if one[0] in {"decided", "corrected again"}:
            corrected(desk, report, "She means to leave after all.")
    desk.settle()
    for one, said in right.items():
        if one[0] == "corrected later":
            assert not is_open(desk, reports[one]), (one, "logged, by who had read the correction")
            corrected(desk, said, "She means to leave after all.")
    desk.settle()
    known = {one for one in reports if one[0] in {"corrected", "corrected twice over"}}
    check_open(desk, reports, known)


def left_open(desk: Desk, reports: dict[Case, str]) -> set[Case]:
    """Give the cases of which somebody has still to decide on the report."""
    return {one for one, report in reports.items() if is_open(desk, report)}


def check_open(desk: Desk, reports: dict[Case, str], known: Iterable[Case]) -> None:
    """Check that all is open but what whoever knew decided, and that it is decided anew."""
    again = left_open(desk, reports)
    assert again == reports.keys() - known, "who had read of it has decided"
    check_rebuilt(desk)
    for case in again:
        case[1](desk, reports[case])
    desk.settle()
    assert left_open(desk, reports) == set(), "whoever reads it now decides"


def answer(desk: Desk, report: str, *, lacking: bool = False, again: bool = False) -> str:
    """Let police answer the report; lacking who says so, it is held. Give the answer's id."""
    event = ResponseGiven(
        statement=report, received_by="X", researched="yes", actions=["visit_planned"]
    )
    by = person(desk, "A. Answers")
    (said,) = answering(desk, POLICE).give(event, by=by, role="duty_inspector", again=again)
    if lacking:
        provenance = json.loads(bytes(said.draft.sections["provenance"]))
        del provenance["role"]
        sections = {**said.draft.sections, "provenance": msgspec.Raw(json.dumps(provenance))}
        desk.publish(POLICE, msgspec.structs.replace(said.draft, sections=sections))
    return said.draft.id


def is_done(consumer: Consumer, report: str) -> bool:
    """Say whether the inbox counts a report as answered."""
    with consumer.store.read() as db:
        return bool(db.execute(select(inbox.c.done).where(inbox.c.statement == report)).scalar())


@pytest.mark.parametrize(
    "change",
    [
        lambda desk, *both: [corrected(desk, one) for one in both],
        lambda desk, *_: compromised(desk),
    ],
)
def test_what_was_answered_without_a_correction_is_work_again(
    desk: Desk, change: Callable[..., object]
) -> None:
    """It counted as done, and whoever opened the desk next read nothing of the correction."""
    known, unknown = looked(desk, (True, stop), (False, stop)).values()
    police = desk.acting(POLICE)
    assert not is_done(police, known)
    assert not is_done(police, unknown)
    answer(desk, unknown)
    change(desk, known, unknown)
    desk.settle()
    answer(desk, known)
    desk.settle()
    again = desk.consumer(POLICE, store="again")
    again.take(desk.records(POLICE))
    for each in (police, again):
        assert is_done(each, known), "who had read it has answered"
        assert not is_done(each, unknown)
    for report in (known, unknown):
        with police.store.read() as db:
            assert not duties.is_open(db, f"response_given/{report}"), "the reporter was answered"
        answer(desk, report, again=True)
    desk.settle()
    assert is_done(police, known)
    assert is_done(police, unknown)


def test_an_answer_that_is_held_or_taken_back_leaves_its_report_to_be_done(desk: Desk) -> None:
    """Nobody who waits for it was told, or they were told what does not stand."""
    raised(desk)
    (report,) = [one["statement"] for one in desk.said(POLICE, "research_requested")][:1]
    look_everywhere(desk, report)
    answer(desk, report, lacking=True)
    desk.settle()
    (view,) = desk.seen(POLICE, "response_given")
    assert view.delivery.marks == ["quarantined"]
    assert not is_done(desk.acting(POLICE), report)
    said = answer(desk, report, again=True)
    desk.settle()
    assert is_done(desk.acting(POLICE), report)
    retract(desk, said, POLICE)
    assert not is_done(desk.acting(POLICE), report)


def test_what_was_decided_before_a_key_was_known_as_compromised_is_open_again(desk: Desk) -> None:
    """It rested on what a thief may have written, and nobody was asked to look again."""
    reports = looked(desk, *product((False, True), WAYS))
    known = {one for one in reports if one[0]}
    for one in reports.keys() - known:
        one[1](desk, reports[one])
    compromised(desk)
    desk.settle()
    for one in known:
        one[1](desk, reports[one])
    desk.settle()
    check_open(desk, reports, known)


def test_each_further_correction_asks_for_a_decision_anew(desk: Desk) -> None:
    """The first left it open; the second says otherwise again."""
    reports = looked(desk, (None, stop), (None, take))
    for text in ("She means to stay.", "She means to leave after all."):
        for (_, decide), report in reports.items():
            decide(desk, report)
        desk.settle()
        assert left_open(desk, reports) == set()
        for report in reports.values():
            corrected(desk, report, text)
        desk.settle()
        assert left_open(desk, reports) == {*reports}


def test_who_is_kept_from_a_correction_does_not_decide(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision named what they never saw; without it, it would be open again for ever."""
    reports = looked(desk, *((None, decide) for decide in WAYS))
    corrections = [corrected(desk, report) for report in reports.values()]
    desk.settle()
    by = person(desk, "K. Kept")
    for agency in (POLICE, HUB):
        with desk.acting(agency).store.write() as db:
            keep_from(db, corrections, [by.token or ""])
    for ((_, decide), report), correction in zip(reports.items(), corrections, strict=True):
        with monkeypatch.context() as kept:
            kept.setattr(f"{__name__}.person", lambda *_: by)
            with pytest.raises(Misuse, match="You cannot decide this"):
                decide(desk, report)
        alert = alert_about(desk, report)["id"]
        (said,) = deciding(desk).escalate(alert, by=by, role=LEAD)
        assert correction not in json.dumps({
            k: bytes(v).decode() for k, v in said.draft.sections.items()
        })
        decide(desk, report)
    desk.settle()
    assert left_open(desk, reports) == set(), "a colleague decides"


def test_a_batch_that_was_undone_is_not_judged_by_what_it_brings_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database went away as it was kept: the key was known before the log said so."""
    desk.report()
    compromised(desk)
    late, never = (desk.consumer(POLICE, store=name) for name in ("late", "never"))

    def gone(*_: object, **__: object) -> None:
        raise Transient("The database is away.", remedy="Wait until it is back.")

    with monkeypatch.context() as patch:
        patch.setattr(stored, "advance", gone)
        with pytest.raises(Transient):
            late.take(desk.records(POLICE))
    found = []
    for one in (late, never):
        one.take(desk.records(POLICE))
        with one.store.read() as db:
            found.append([tuple(row) for row in db.execute(select(reading.revoked)).all()])
    assert found[0]
    assert found[0] == found[1]
