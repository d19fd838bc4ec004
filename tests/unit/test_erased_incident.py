"""One of several incidents is erased: what the others say still is said, under a key of its own."""

import json
from pathlib import Path
from typing import Any

import pytest

from consumers import aside
from consumers import store as stored
from consumers.safeguarding import anew, rows
from tests.support.alerts import LEAD, deciding, person
from tests.support.compacted import check_rebuilt
from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk, named
from tests.unit.test_looked_again import correct

Json = Any
RULE = "M10"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def incident(desk: Desk, couple: Json, day: int) -> str:
    """Report one more incident of a couple, and let everybody act on it; give its id."""
    at = f"2012-04-{day:02}"
    couple["event"] |= {"occurred": {"precision": "day", "at": at}, "known_to_agency": at}
    report = desk.report(couple)
    desk.settle()
    desk.pass_hours(1)
    desk.settle()
    return report


def alerts(desk: Desk, agency: str = HUB) -> list[Json]:
    """List the alerts of the rule that an agency said, in order."""
    return [one for one in desk.said(agency, "alert_raised") if one["rule"] == RULE]


def derived(desk: Desk, *reports: str) -> list[str]:
    """List reports with all that derives from them, however far."""
    found = list(reports)
    for _, draft in desk.published:
        causes = (v for name, v in draft.sections.items() if name.startswith("cause."))
        if any(json.loads(bytes(one))["statement"] in found for one in causes):
            found.append(draft.id)
    return found


def say(desk: Desk, agency: str, event: str, facts: Json) -> str:
    """Say something by a named practitioner of an agency."""
    said = desk.new_id()
    parts = {"event": facts, "provenance": named(desk.draw)["provenance"]}
    source = SOURCES.get(agency, f"{agency}/desk")
    desk.played.say(source, event, parts, id=said)
    desk._submit()
    return said


def erase(desk: Desk, *reports: str) -> None:
    """Erase reports and what derives from them by two people of two agencies; nobody read of it."""
    gone = derived(desk, *reports)
    first = {"statements": gone, "ground": "unlawful", "reason": "another couple", "by": "A."}
    proposal = say(desk, PROBATION, "erasure_proposed", first)
    say(desk, POLICE, "erasure_endorsed", {"proposal": proposal, "statements": gone, "by": "B."})
    assert desk.ledger.entries[-1].recorded.decision is not None
    assert desk.ledger.entries[-1].recorded.decision.outcome == "accepted"


def test_what_the_remaining_incidents_reach_is_raised_anew(desk: Desk) -> None:
    """Four were reported, one of another couple by mistake: three are still the number."""
    couple = named(desk.draw, concern="other", relationship="partners")
    reports = [incident(desk, couple, day) for day in (1, 5, 9)]
    (first,) = alerts(desk)
    assert first["statements"][0] == reports[2]
    for agency in (HUB, POLICE):
        with desk.acting(agency).store.read() as db:
            said = stored.id_of(db, first["key"])
        deciding(desk, agency).close(
            said or "", "not_needed", useful="useful", reason="heard", by=person(desk), role=LEAD
        )
    desk.settle()
    reports.append(incident(desk, couple, 13))
    second = alerts(desk)[1]
    assert second["statements"][0] == reports[3]
    desk.pass_hours(200)
    desk.settle()
    erase(desk, reports[0])
    desk.settle()
    desk.pass_hours(1)
    desk.settle()
    (_, _, third) = alerts(desk)
    assert set(third["statements"]) == set(reports[1:])
    assert third["key"] == f"{second['key']}/again/1", "the log knows the first, and refuses it"
    desk.pass_hours(100)
    desk.settle()
    with desk.acting(HUB).store.read() as db:
        assert aside.count_unworked(db) == 0
    check_rebuilt(desk)
    erase(desk, derived(desk, reports[1])[0])
    desk.settle()
    desk.pass_hours(1)
    desk.settle()
    assert len(alerts(desk)) == 3, "two are not the number"
    check_rebuilt(desk)


def test_each_erasure_shows_the_rules_what_is_left(desk: Desk) -> None:
    """Three of five are left in the end, and somebody is asked each time."""
    couple = named(desk.draw, concern="other", relationship="partners")
    reports = [incident(desk, couple, day) for day in (1, 5, 9, 13, 17)]
    desk.pass_hours(300)
    desk.settle()
    for number in (1, 2):
        erase(desk, reports[number - 1])
        desk.settle()
        desk.pass_hours(1)
        desk.settle()
    assert len({one["key"] for one in alerts(desk)}) == len(alerts(desk)) == 3
    assert set(alerts(desk)[-1]["statements"]) == set(reports[2:])
    check_rebuilt(desk)


def test_the_next_key_counts_what_was_erased_under_the_first(desk: Desk) -> None:
    """Of each that was said and has no row any more; what stands is not raised twice."""
    store, key = desk.acting(HUB).store, "alert_raised/M22/x"
    report = desk.report()
    desk.settle()
    (standing,) = [one for one in desk.said(HUB, "alert_raised") if one["statements"] == [report]]
    with store.write() as db:
        assert anew.free_key(db, key) == key
        for number, each in enumerate((key, f"{key}/again/1")):
            stored.said(db, each, gone := desk.new_id())
            assert anew.free_key(db, key) is None, "it was erased by itself"
            anew.went(db, [gone])
            assert anew.free_key(db, key) == f"{key}/again/{number + 1}"
        assert anew.free_key(db, standing["key"]) == standing["key"]


def test_an_alert_that_is_erased_by_itself_is_not_raised_anew(desk: Desk) -> None:
    """Its reports stand, and whoever had it erased knew them; a correction is no reason."""
    couple = named(desk.draw, concern="other", relationship="partners")
    reports = [incident(desk, couple, day) for day in (1, 5, 9)]
    (draft,) = [
        one for by, one in desk.published
        if by == HUB and one.event == "alert_raised" and b"M10" in bytes(one.sections["event"])
    ]  # fmt: skip
    gone = derived(desk, draft.id)
    first = {"statements": gone, "ground": "unlawful", "reason": "r", "by": "A."}
    proposal = say(desk, "mk-csp", "erasure_proposed", first)
    say(desk, POLICE, "erasure_endorsed", {"proposal": proposal, "statements": gone, "by": "B."})
    desk.settle()
    desk.pass_hours(1)
    desk.settle()
    correct(desk, reports[-1], couple, narrative={"text": "He shouted.", "form": "summary"})
    desk.settle()
    desk.pass_hours(1)
    desk.settle()
    with desk.acting(HUB).store.read() as db:
        assert [one["id"] for one in rows.all_alerts(db) if one["rule"] == RULE] == []
    assert len(alerts(desk)) == 1
