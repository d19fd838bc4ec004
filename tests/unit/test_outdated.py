"""A decision that was made before a correction reached the desk, and reaches the log after it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from consumers import reading
from consumers import store as stored
from consumers.consumer import Consumer
from consumers.desk.rows import inbox
from consumers.referrals import rows as referrals
from consumers.research import rows as research
from consumers.responses import rows as duties
from consumers.standing import keep_from
from contracts.event.work import ResponseGiven
from contracts.fault import Misuse, Transient
from tests.support.alerts import LEAD, alert_of, deciding, person, raised, retract, tables
from tests.support.compacted import rebuilt
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


def is_open(desk: Desk) -> bool:
    """Say whether somebody has still to decide on the one report, at police and hub."""
    with desk.acting(POLICE).store.read() as db:
        decided = db.execute(select(research.research_decisions.c.id)).all()
    with desk.acting(HUB).store.read() as db:
        considered = db.execute(select(referrals.considered.c.id)).all()
    alert = alert_of(desk)
    had = alert["acknowledged_by"] is not None or alert["closed"] is not None
    return not (decided or considered or had)


def check_rebuilt(desk: Desk) -> None:
    """Check that whoever reads all anew has the same decided, and says nothing twice."""
    for agency in (POLICE, HUB):
        for is_compacted in (False, True):
            again = rebuilt(desk, agency, is_compacted=is_compacted)
            assert standing(again) == standing(desk.acting(agency)), (agency, is_compacted)


def stop(desk: Desk, report: str) -> None:
    """Decide on no further action."""
    researching(desk).no_further_action(
        report, supervisor=person(desk, "I. Inspector"), role="duty_inspector", reason="seen alone"
    )


def take(desk: Desk, _: str) -> None:
    """Take the one alert of the hub."""
    deciding(desk).acknowledge(alert_of(desk)["id"], by=person(desk), role=LEAD)


def close(desk: Desk, _: str) -> None:
    """Close it."""
    deciding(desk).close(
        alert_of(desk)["id"], "not_needed", useful="useful", reason="told already",
        by=person(desk), role=LEAD,
    )  # fmt: skip


def consider(desk: Desk, report: str) -> None:
    """Decide not to refer."""
    referring(desk, HUB).consider(
        report, "idva", by=person(desk), role="lead", reason="she has one already"
    )


@pytest.mark.parametrize("decide", [stop, take, close, consider])
@pytest.mark.parametrize(
    "first", ["decided", "corrected", "corrected again", "corrected twice over", "corrected later"]
)
def test_what_was_decided_without_a_correction_is_open_again(
    desk: Desk, decide: Callable[[Desk, str], None], first: str
) -> None:
    """It stood, made on what was no longer so, and nobody was asked to look again."""
    raised(desk)
    (report,) = [one["statement"] for one in desk.said(POLICE, "research_requested")][:1]
    look_everywhere(desk, report)
    is_read = first in {"corrected", "corrected twice over"}
    if first != "decided":
        correction = corrected(desk, report)
        desk.settle()
    if first == "corrected twice over":
        corrected(desk, correction, "She means to stay with her mother.")
        desk.settle()
    decide(desk, report)
    about = report
    if first == "corrected later":
        desk.settle()
        assert not is_open(desk), "it is logged, by who had read the correction"
        about = correction
    if not is_read:
        corrected(desk, about, "She means to leave after all.")
    desk.settle()
    assert is_open(desk) is not is_read, "who had read the correction has decided"
    check_rebuilt(desk)
    if not is_read:
        decide(desk, report)
        desk.settle()
    assert not is_open(desk), "and whoever reads it now decides"


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


@pytest.mark.parametrize("change", [corrected, lambda desk, _: compromised(desk)])
@pytest.mark.parametrize("is_known", [True, False])
def test_what_was_answered_without_a_correction_is_work_again(
    desk: Desk, change: Callable[[Desk, str], object], is_known: bool
) -> None:
    """It counted as done, and whoever opened the desk next read nothing of the correction."""
    raised(desk)
    (report,) = [one["statement"] for one in desk.said(POLICE, "research_requested")][:1]
    look_everywhere(desk, report)
    police = desk.acting(POLICE)
    assert not is_done(police, report)
    if is_known:
        change(desk, report)
        desk.settle()
    answer(desk, report)
    if not is_known:
        change(desk, report)
    desk.settle()
    assert is_done(police, report) is is_known, "who had read it has answered"
    again = desk.consumer(POLICE, store="again")
    again.take(desk.records(POLICE))
    assert is_done(again, report) is is_done(police, report)
    with police.store.read() as db:
        assert not duties.is_open(db, f"response_given/{report}"), "whoever reported was answered"
    answer(desk, report, again=True)
    desk.settle()
    assert is_done(police, report)


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


@pytest.mark.parametrize("decide", [stop, take, close, consider])
@pytest.mark.parametrize("is_known", [True, False])
def test_what_was_decided_before_a_key_was_known_as_compromised_is_open_again(
    desk: Desk, decide: Callable[[Desk, str], None], is_known: bool
) -> None:
    """It rested on what a thief may have written, and nobody was asked to look again."""
    raised(desk)
    (report,) = [one["statement"] for one in desk.said(POLICE, "research_requested")][:1]
    look_everywhere(desk, report)
    if is_known:
        compromised(desk)
        desk.settle()
    decide(desk, report)
    if not is_known:
        compromised(desk)
    desk.settle()
    assert is_open(desk) is not is_known, "who knew of it has decided"
    check_rebuilt(desk)
    if not is_known:
        decide(desk, report)
        desk.settle()
    assert not is_open(desk), "and whoever knows it now decides"


@pytest.mark.parametrize("decide", [stop, take])
def test_each_further_correction_asks_for_a_decision_anew(
    desk: Desk, decide: Callable[[Desk, str], None]
) -> None:
    """The first left it open; the second says otherwise again."""
    raised(desk)
    (report,) = [one["statement"] for one in desk.said(POLICE, "research_requested")][:1]
    look_everywhere(desk, report)
    for text in ("She means to stay.", "She means to leave after all."):
        decide(desk, report)
        desk.settle()
        assert not is_open(desk)
        corrected(desk, report, text)
        desk.settle()
        assert is_open(desk)


@pytest.mark.parametrize("decide", [stop, take, close, consider])
def test_who_is_kept_from_a_correction_does_not_decide(
    desk: Desk, decide: Callable[[Desk, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision named what they never saw; without it, it would be open again for ever."""
    raised(desk)
    (report,) = [one["statement"] for one in desk.said(POLICE, "research_requested")][:1]
    look_everywhere(desk, report)
    correction = corrected(desk, report)
    desk.settle()
    by = person(desk, "K. Kept")
    for agency in (POLICE, HUB):
        with desk.acting(agency).store.write() as db:
            keep_from(db, [correction], [by.token or ""])
    with monkeypatch.context() as kept:
        kept.setattr(f"{__name__}.person", lambda *_: by)
        with pytest.raises(Misuse, match="You cannot decide this"):
            decide(desk, report)
    (said,) = deciding(desk).escalate(alert_of(desk)["id"], by=by, role=LEAD)
    assert correction not in json.dumps({
        k: bytes(v).decode() for k, v in said.draft.sections.items()
    })
    decide(desk, report)
    desk.settle()
    assert not is_open(desk), "a colleague decides"


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
