"""Rules M01, M02 and M03 for police, the separation alert for the hub: fire, or do not."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from consumers.research import rows as research
from consumers.research.desk import Desk as ResearchDesk
from consumers.research.found import Found
from consumers.safeguarding import links, rows
from consumers.safeguarding.desk import Deciding
from contracts.fault import Misuse
from contracts.section import Practitioner
from tests.support.desk import HUB, POLICE, SOURCES, Desk, named
from tests.support.stranger import text_of


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def deciding(desk: Desk, agency: str) -> Deciding:
    """Sit where an agency's people decide."""
    acting = desk.acting(agency)
    return Deciding(acting.store, acting.voice, desk.new_id)


def person(desk: Desk, name: str = "N. Lead") -> Practitioner:
    """Name somebody at work."""
    return Practitioner(text_of(desk.draw(16)), name)


def intelligence(desk: Desk, day: str = "2012-05-02", **names: str) -> str:
    """Log what police heard: E19, one line, no source named."""
    sections = named(desk.draw)
    sections["event"] = {
        "occurred": {"precision": "day", "at": day}, "known_to_agency": day, "recorded": day,
        "scheme": "ungraded", "source": "anonymous", "action": "none",
    }  # fmt: skip
    for n in (1, 2):
        sections[f"person.{n}.identity"]["names"] = [
            {"given": names.get(f"given_{n}", ("Daniel", "Tracey")[n - 1])}
        ]
    del sections["use_limits"]
    return desk.report(sections, source=SOURCES[POLICE], event="intelligence_logged")


def raised(desk: Desk, agency: str, rule: str) -> list[Any]:
    """List what a rule raised."""
    return [one for one in desk.said(agency, "alert_raised") if one["rule"] == rule]


def test_a_reported_separation_alerts_the_hubs_role_with_a_time_and_what_good_looks_like(
    desk: Desk,
) -> None:
    """E18 was passed on and nobody owned it: an alert has an owner and an hour."""
    report = desk.report()
    desk.settle()
    (alert,) = raised(desk, HUB, "separation")
    assert alert["statements"] == [report]
    assert alert["owner_role"] == "duty_manager"
    assert alert["due_at"] == desk.ledger.clock_ms + 4 * 3_600_000
    assert "alone and safely" in alert["good"]


@pytest.mark.parametrize("concern", ["neighbour_report", "other"])
def test_another_concern_raises_no_separation_alert(desk: Desk, concern: str) -> None:
    """Alert fatigue: what is not a separation stays quiet."""
    desk.report(named(desk.draw, concern=concern))
    desk.settle()
    assert desk.said(HUB, "alert_raised") == []


def test_a_machines_report_raises_no_separation_alert(desk: Desk) -> None:
    """Rules ignore automated statements unless they name them: machines must not feed machines."""
    sections = named(desk.draw)
    sections["provenance"] = {
        "kind": "system", "system": "case records", "rule": "r1", "accountable": "head of records",
    }  # fmt: skip
    desk.report(sections, urgency="threat_to_life")
    desk.settle()
    assert len(desk.seen(HUB, "concern_reported")) == 1
    assert desk.said(HUB, "alert_raised") == []


def test_an_alert_is_somebodys_once(desk: Desk) -> None:
    """Two people who each think that the other has it is how nobody does."""
    desk.report()
    desk.settle()
    hub = deciding(desk, HUB)
    with desk.acting(HUB).store.read() as db:
        (alert,) = rows.all_alerts(db)
    hub.acknowledge(alert["id"], by=person(desk), role="duty_manager")
    desk.settle()
    assert [one["alert"] for one in desk.said(HUB, "alert_acknowledged")] == [alert["id"]]
    assert len(desk.seen(HUB, "alert_acknowledged")) == 1
    with pytest.raises(Misuse, match="already"):
        hub.acknowledge(alert["id"], by=person(desk, "M. Other"), role="duty_manager")


def test_m01_fires_when_research_ran_out_of_time_and_only_once(desk: Desk) -> None:
    """The review's first missed opportunity: a report, and no search of each person."""
    report = desk.report()
    desk.settle()
    desk.pass_hours(71)
    desk.settle()
    assert raised(desk, POLICE, "M01") == []
    desk.pass_hours(2)
    desk.settle()
    desk.pass_hours(2)
    desk.settle()
    assert [one["statements"] for one in raised(desk, POLICE, "M01")] == [[report]]


def test_m01_does_not_fire_when_every_look_was_made(desk: Desk) -> None:
    """Work done in time is not punished with an alert."""
    report = desk.report()
    desk.settle()
    police = desk.acting(POLICE)
    sitting = ResearchDesk(police.store, police.voice, desk.new_id, desk.draw)
    with police.store.read() as db:
        tasks = [task["id"] for task in research.tasks_of(db, report)]
    for task in tasks:
        sitting.complete(
            task, Found(outcome="nil"), operator=person(desk), role="researcher",
            at=desk.ledger.clock_ms,
        )  # fmt: skip
    desk.settle()
    desk.pass_hours(80)
    desk.settle()
    assert raised(desk, POLICE, "M01") == []


def test_m02_fires_on_a_report_that_reached_police_before_its_source_was_complete(
    desk: Desk,
) -> None:
    """Rec. 16: no anonymous sharing between police and probation; the danger is acted on first."""
    sections = named(desk.draw)
    del sections["provenance"]["practitioner"]["name"]
    report = desk.report(sections, urgency="urgent")
    desk.settle()
    (alert,) = raised(desk, POLICE, "M02")
    assert alert["statements"] == [report]
    assert alert["due_at"] == desk.ledger.clock_ms + 4 * 3_600_000
    assert len(desk.said(POLICE, "research_requested")) == 14


@pytest.mark.parametrize(
    ("urgency", "attention"), [("urgent", "duty"), ("threat_to_life", "interrupt")]
)
def test_m02_wakes_somebody_where_life_is_threatened(
    desk: Desk, urgency: str, attention: str
) -> None:
    """Whoever acts on it first has nobody to ring until somebody finds out who said so."""
    sections = named(desk.draw)
    del sections["provenance"]["practitioner"]["name"]
    desk.report(sections, urgency=urgency)
    desk.settle()
    (alert,) = raised(desk, POLICE, "M02")
    assert alert["attention"] == attention


def test_m02_does_not_fire_on_a_named_report(desk: Desk) -> None:
    """A report that says who holds it needs no chase."""
    desk.report(urgency="urgent")
    desk.settle()
    assert raised(desk, POLICE, "M02") == []


def test_m02_stays_one_alert_when_the_report_is_decided_anew(desk: Desk) -> None:
    """The same report delivered again, now complete, is the same report."""
    sections = named(desk.draw)
    whole = dict(sections["provenance"])
    sections["provenance"] = {**whole, "practitioner": {}}
    report = desk.report(sections, urgency="urgent")
    desk.settle()
    before = len(desk.published)
    desk.report(
        {"event": {"statement": report}, "cause.1": {"statement": report}, "provenance": whole},
        event="provenance_supplied",
    )
    desk.settle()
    assert {view.delivery.marks == [] for view in desk.seen(POLICE, "concern_reported")} == {
        True, False,
    }  # fmt: skip
    assert [(by, d.event) for by, d in desk.published[before:]] == [(HUB, "alert_raised")]


def test_m03_proposes_that_e18_and_e19_are_one_source(desk: Desk) -> None:
    """A log line that relays a report is not a second witness: corroboration stays at one."""
    first = desk.report()
    desk.settle()
    second = intelligence(desk)
    desk.settle()
    (proposal,) = desk.said(POLICE, "possible_same_origin")
    assert (proposal["statements"], proposal["days_apart"]) == ([first, second], 1)
    assert desk.said(POLICE, "same_origin_decided") == []


@pytest.mark.parametrize(
    ("day", "names"),
    [("2012-05-09", {}), ("2012-05-02", {"given_1": "David"}), ("2012-04-23", {})],
)
def test_m03_stays_quiet_for_another_pair_or_another_week(
    desk: Desk, day: str, names: dict[str, str]
) -> None:
    """Two couples are not one because both are separating."""
    desk.report()
    intelligence(desk, day, **names)
    desk.settle()
    assert desk.said(POLICE, "possible_same_origin") == []


def test_m03_does_not_take_one_agencys_two_reports_for_an_echo(desk: Desk) -> None:
    """An agency that reports twice is escalating, not echoing."""
    desk.report()
    desk.report()
    desk.settle()
    assert desk.said(POLICE, "possible_same_origin") == []


def test_a_named_link_makes_a_pair_that_names_do_not(desk: Desk) -> None:
    """A person may know by a date of birth what no name shows."""
    sections = named(desk.draw)
    police_token = text_of(desk.draw(16))
    probation_token = sections["person.1.identity"]["subject"]
    matcher = deciding(desk, POLICE)
    matcher.link([probation_token, police_token], by=person(desk), role="analyst", basis="dob")
    desk.report(sections)
    logged = named(desk.draw)
    logged["person.1.identity"] = {"subject": police_token, "names": [{"given": "Danny"}]}
    logged["person.1.part"]["subject"] = police_token
    logged["event"] = {
        "occurred": {"precision": "day", "at": "2012-05-02"}, "known_to_agency": "2012-05-02",
        "recorded": "2012-05-02", "scheme": "ungraded", "source": "anonymous", "action": "none",
    }  # fmt: skip
    del logged["use_limits"]
    desk.settle()
    desk.report(logged, source=SOURCES[POLICE], event="intelligence_logged")
    desk.settle()
    assert len(desk.said(POLICE, "possible_same_origin")) == 1
    (link,) = desk.said(POLICE, "persons_linked")
    assert link["matcher"] == "N. Lead"


def test_a_person_decides_on_one_origin_and_may_decide_again(desk: Desk) -> None:
    """The machine proposes; the decision has a name and a reason, and can be put right."""
    desk.report()
    desk.settle()
    intelligence(desk)
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        (proposal,) = db.execute(select(rows.origins)).mappings()
    judge = deciding(desk, POLICE)
    for decision in ("cannot_tell", "same"):
        judge.decide_origin(
            proposal["id"], decision, by=person(desk), role="analyst", reason="rang the sender"
        )
        desk.settle()
    assert [one["decision"] for one in desk.said(POLICE, "same_origin_decided")] == [
        "cannot_tell", "same",
    ]  # fmt: skip
    with desk.acting(POLICE).store.read() as db:
        assert [one["decision"] for one in db.execute(select(rows.origins)).mappings()] == ["same"]


def test_a_link_is_undone_by_a_named_person(desk: Desk) -> None:
    """A wrong link reaches consent and exclusions: it must come apart."""
    desk.settle()
    matcher = deciding(desk, POLICE)
    tokens = [text_of(desk.draw(16)) for _ in range(2)]
    (said,) = matcher.link(tokens, by=person(desk), role="analyst", basis="address")
    desk.settle()
    matcher.unlink(said.draft.id, by=person(desk, "O. Other"), role="analyst", basis="two men")
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        assert links.standing_links(db) == []
    assert desk.said(POLICE, "persons_unlinked")[0]["link"] == said.draft.id
