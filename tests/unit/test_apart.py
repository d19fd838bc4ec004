"""Two people judged to be two, by name with the evidence: proposed no more, until more is held."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from consumers.people.desk import Matching
from consumers.people.judging import digest_of
from consumers.safeguarding.desk import Deciding
from consumers.standing import keep_from
from contracts.event.case import PersonsUnlinked
from contracts.fault import Misuse
from tests.support.desk import POLICE, PROBATION, SOURCES, Desk, named
from tests.support.matching import SEEN, WEIGHING, about, log, matcher, matching, who
from tests.support.people import token

Json = Any
WHY = "rang both: two men"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Two reports of a Daniel Marsh, by two agencies."""
    opened = Desk(tmp_path)
    opened.report(about(opened, who("D", "Daniel", "Marsh")))
    log(opened, who("d", "Daniel", "Marsh"))
    opened.settle()
    return opened


def judge(desk: Desk, key: str = "D", other: str = "d") -> str:
    """Let a matcher of the police say that they are two men; give the statement's id."""
    (said,) = matching(desk).tell_apart(
        token(key), token(other), by=matcher(desk), role="analyst", reason=WHY
    )
    desk.settle()
    return said.draft.id


def stands(desk: Desk, sitting: Matching | None = None, viewer: Json = SEEN) -> tuple[int, int]:
    """Count the pairs that are proposed, and those that were judged, of every list that has any."""
    at = sitting or matching(desk)
    found, of_one = at.candidates(viewer), at.candidates(viewer, token("D"))
    newest, _ = at.newest(viewer, count=10)
    (counts,) = {(len(one.offered), len(one.judged)) for one in (found, of_one, newest)}
    return counts


def outcome(desk: Desk, agency: str) -> tuple[str, list[str]]:
    """Give what became of the last statement of an agency, and why."""
    receipt = json_in(desk.ledger.receipts[agency][-1][1])
    return receipt["outcome"], [one["code"] for one in receipt.get("reasons", [])]


def json_in(receipt: bytes) -> Json:
    """Read the line of a receipt that says what was decided."""
    return next(line for line in map(msgspec.json.decode, receipt.split(b"\n")[:2])
                if "outcome" in line)  # fmt: skip


def test_a_named_matcher_judges_that_two_people_are_two(desk: Desk) -> None:
    """A candidate that somebody rejected and that is proposed for ever is read by nobody."""
    (before,) = matching(desk).candidates(SEEN).offered
    assert stands(desk) == (1, 0)
    judgement = judge(desk)
    assert stands(desk) == (0, 1)
    (found,) = matching(desk).candidates(SEEN).judged
    assert found.judged == judgement
    (said,) = desk.said(POLICE, "persons_unlinked")
    assert (said.get("link"), said["matcher"]) == (None, matcher(desk).name)
    assert said["subjects"] == sorted([token("D"), token("d")])
    assert said["basis"].startswith(f"{WHY} [shown: ")
    assert f"evidence {digest_of(before)}]" in said["basis"]
    assert outcome(desk, POLICE) == ("accepted", [])
    assert desk.ledger.state.consents.same(token("d")) == {token("d")}, "nothing else changes"
    with pytest.raises(Misuse, match="two people already"):
        judge(desk)


def test_whoever_reads_the_log_anew_knows_the_same(desk: Desk) -> None:
    """It stands on the log, not in a note of one database."""
    judge(desk)
    fresh = desk.consumer(POLICE, store="again.sqlite")
    fresh.take(desk.records(POLICE))
    assert stands(desk, Matching(fresh.store, fresh.voice, desk.new_id, WEIGHING)) == (0, 1)


def test_what_is_newer_about_either_brings_them_back(desk: Desk) -> None:
    """What nobody had seen when they judged may be just what says that they are one."""
    judge(desk)
    log(desk, who("X", "Somebody", "Else"), day="2012-05-03")
    desk.settle()
    assert stands(desk) == (0, 1), "of somebody else"
    log(desk, who("d", "Danny", "Marsh"), day="2011-05-03")
    desk.settle()
    assert stands(desk) == (1, 0), "although it tells of a day before"
    judge(desk)
    assert stands(desk) == (0, 1), "and it may be judged anew"


def test_a_judgement_that_is_taken_back_or_refused_restores_them(desk: Desk) -> None:
    """Whoever was wrong says so, and it is as if nobody had judged."""
    refused = judge(desk)
    desk.acting(POLICE).refused(refused)
    assert stands(desk) == (1, 0)
    judgement = judge(desk)
    assert stands(desk) == (0, 1)
    event = {"statement": judgement, "reason": "mistaken", "by": "N. Matcher"}
    desk.report(
        {"event": event, "cause.1": {"statement": judgement},
         "provenance": named(desk.draw)["provenance"]},
        event="statement_retracted", source=SOURCES[POLICE],
    )  # fmt: skip
    desk.settle()
    assert stands(desk) == (1, 0)


def test_a_link_and_its_unlink_leave_a_judgement_as_it_was(desk: Desk) -> None:
    """Somebody thought otherwise for an hour: that they are two was judged all the same."""
    judge(desk)
    sitting, by = matching(desk), matcher(desk)
    (said,) = sitting.link(token("D"), token("d"), by=by, role="analyst", reason="one after all")
    desk.settle()
    assert stands(desk) == (0, 0)
    acting = desk.acting(POLICE)
    Deciding(acting.store, acting.voice, desk.new_id).unlink(
        said.draft.id, by=by, role="analyst", basis="no"
    )
    desk.settle()
    assert stands(desk) == (0, 1)


def test_from_whom_a_judgement_is_kept_they_are_proposed(desk: Desk) -> None:
    """What somebody may not see decides nothing for them."""
    judgement = judge(desk)
    with desk.acting(POLICE).store.write() as db:
        keep_from(db, [judgement], list(SEEN))
    assert stands(desk) == (1, 0)


def say(desk: Desk, source: str, subjects: list[str], *causes: str) -> tuple[str, list[str]]:
    """Say at an agency that people are two; give what became of it."""
    event = {"subjects": subjects, "matcher": "N. Matcher", "basis": "x"}
    named_ = {f"cause.{n}": {"statement": one} for n, one in enumerate(causes, 1)}
    provenance = named(desk.draw)["provenance"]
    desk.report({"event": event, "provenance": provenance, **named_},
                event="persons_unlinked", source=source)  # fmt: skip
    return outcome(desk, source.partition("/")[0])


def test_the_log_takes_it_from_who_may_match_and_of_whom_they_hold(desk: Desk) -> None:
    """Else anybody could keep a pair from being proposed by naming tokens that they never had."""
    report = desk.report(about(desk, who("D", "Daniel", "Marsh"), who("d", "Daniel", "Marsh")))
    two = [token("D"), token("d")]
    assert say(desk, SOURCES[PROBATION], two, report) == ("rejected", ["control.not_entitled"])
    assert say(desk, SOURCES[POLICE], two) == ("rejected", ["control.refers_to_unknown"])
    assert say(desk, SOURCES[POLICE], two, report) == ("accepted", [])
    assert say(desk, SOURCES[POLICE], two[:1], report) == ("rejected", ["schema.broken"])


def test_what_undoes_a_link_is_as_it_was() -> None:
    """What stands on logs already is read as it was written."""
    old = {"link": "0" * 8 + "-0000-7000-8000-" + "0" * 12, "subjects": [token("D")],
           "matcher": "N. Matcher", "basis": "x"}  # fmt: skip
    read = msgspec.convert(old, PersonsUnlinked)
    assert msgspec.json.decode(msgspec.json.encode(read)) == old
