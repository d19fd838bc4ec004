"""What runs the rules: terms in force, what they look back on, whom an alert is about."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, event, select, text

from consumers import aside
from consumers import store as stored
from consumers.safeguarding import rows
from consumers.safeguarding.pressing import pressing
from consumers.safeguarding.rules.catalogue import RULES
from consumers.safeguarding.rules.seen import Alarm
from consumers.safeguarding.rules.terms import DEFAULT, in_force
from consumers.telling.rows import notifications
from contracts.event.control import Rules
from contracts.fault import Misuse
from contracts.identifier import agency_of
from deploy.governing import read_watch
from tests.support.alerts import (
    LEAD,
    adopt,
    alert_of,
    deciding,
    person,
    raised,
    retract,
    tables,
    term,
)
from tests.support.command import ROOT
from tests.support.desk import HUB, POLICE, PROBATION, Desk, named
from tests.unit.test_credentials import ORDER
from tests.unit.test_linked import desk_record
from tests.vectors import ledger

Json = Any


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


# Terms.


def test_the_shipped_file_and_the_programs_own_terms_are_the_same() -> None:
    """Who adopts the file adopts what already runs, and it stands on the log then."""
    assert read_watch(ROOT / "deploy/governance/rules.yaml") == list(DEFAULT)


def test_terms_adopted_on_the_log_decide_from_that_entry_on(desk: Desk) -> None:
    """What was raised before stays as it was raised; what comes after is by the new ruleset."""
    before = raised(desk)
    adopt(desk, watch=[term("separation", version="3", hours=9, owners={"other": "night_desk"})])
    desk.report()
    desk.settle()
    first, second = [one for one in desk.said(HUB, "alert_raised") if one["rule"] == "separation"]
    assert (first["rule_version"], first["owner_role"]) == ("2", "duty_manager")
    assert (second["rule_version"], second["owner_role"]) == ("3", "night_desk")
    assert second["due_at"] == desk.ledger.clock_ms + 9 * 3_600_000
    with desk.acting(HUB).store.read() as db:
        kept = rows.alert(db, before)
    assert kept is not None
    assert kept["owner_role"] == "duty_manager"
    desk.report(named(desk.draw, concern="threat"))
    desk.settle()
    assert len(desk.said(HUB, "alert_raised")) == 2, "a rule without a term is not run"


def test_a_ruleset_without_terms_keeps_its_own_older_clocks() -> None:
    """Rulesets that are in force already say alert_hours and same_origin_days."""
    older = ledger.founding()["rules"] | {"alert_hours": 6, "same_origin_days": 3}
    rules = msgspec.convert(older, Rules)
    listed = {one.id: one for one in in_force(rules)}
    assert (listed["M01"].hours, listed["separation"].hours, listed["M02"].hours) == (6, 6, 4)
    assert listed["M03"].window_days == 3
    named = msgspec.structs.replace(rules, watch=[
        msgspec.structs.replace(listed["M03"], window_days=None),
    ])  # fmt: skip
    assert [one.window_days for one in in_force(named)] == [3]


@pytest.mark.parametrize("defect", [ZeroDivisionError(), Misuse("Not so.", remedy="Otherwise.")])
def test_a_rule_that_fails_silences_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, defect: Exception
) -> None:
    """A defect in one rule must not cost the alert that another would raise."""

    def fail(*_: object) -> list[Alarm]:
        raise defect

    monkeypatch.setitem(RULES, "M20", fail)
    report = desk.report()
    desk.settle()
    assert alert_of(desk)["statement"] == report
    with desk.acting(HUB).store.read() as db:
        failed = [(one["id"], one["worker"], one["what"]) for one in aside.all_unworked(db)]
    assert failed == [(report, "rule M20", type(defect).__name__)]


# What rules look back on.


def test_a_correction_is_shown_to_the_rules_anew(desk: Desk) -> None:
    """Jealousy was left out of a report by mistake: what the rules would have raised is raised."""
    sections = named(desk.draw, concern="other")
    sections["risk"] = {"danger_now": "unknown", "children": "none_known"}
    report = desk.report(sections)
    desk.settle()
    assert desk.said(HUB, "alert_raised") == []
    risk = sections["risk"] | {"factors": ["jealousy"]}
    correct(desk, report, risk=risk)
    assert [one["rule"] for one in desk.said(HUB, "alert_raised")] == ["M20"]
    correct(desk, report, risk=risk)
    assert len(desk.said(HUB, "alert_raised")) == 1


def test_history_that_comes_after_a_closure_asks_once_more(desk: Desk) -> None:
    """Somebody was done with what stood against him; what came since, that one could not know."""
    sections = named(desk.draw, concern="other", relationship="partners")
    his = sections["person.1.identity"]["subject"]
    report = desk.report(sections)
    first, _ = desk_record(desk, his)
    alert = alert_of(desk, "M04", POLICE)["id"]
    deciding(desk, POLICE).close(
        alert, "not_needed", useful="useful", reason="told already", by=person(desk), role=LEAD
    )
    desk.settle()
    desk.pass_hours(1)
    second, _ = desk_record(desk, his)
    desk_record(desk, his)
    raised_ = [one for one in desk.said(POLICE, "alert_raised") if one["rule"] == "M04"]
    assert [set(one["statements"]) for one in raised_] == [
        {report, first},
        {report, first, second},
    ], "the third is of the question that is open"


def test_threats_to_kill_are_researched_in_full_in_whatever_report(desk: Desk) -> None:
    """Local and PNC alone would not find what another force holds of who says that he would."""
    sections = named(desk.draw)
    event = {k: v for k, v in sections["event"].items() if k not in {"concern", "asked"}}
    sections["event"] = {**event, "relationship": "partners", "state": "started"}
    sections["risk"] = {**sections.get("risk", {}), "danger_now": "unknown",
                        "children": "none_known", "factors": ["threats_to_kill"]}  # fmt: skip
    desk.report(sections, event="relationship_noted")
    desk.settle()
    assert "pnd" in {one["system"] for one in desk.said(POLICE, "research_requested")}


def correct(desk: Desk, report: str, **sections: Json) -> None:
    """Correct a report of probation's."""
    desk.report(
        {"event": {"statement": report, "reason": "incomplete", "by": "A. Officer"},
         "cause.1": {"statement": report}, "provenance": named(desk.draw)["provenance"],
         **sections},
        event="statement_corrected",
    )  # fmt: skip
    desk.settle()


def test_what_stays_here_is_nobodys_elsewhere_and_what_leaves_may_be(desk: Desk) -> None:
    """A desk that only another agency has is told of nothing here: the hub's own role has it."""
    planner = {"other": "safety_planner"}
    owners = {"probation": "duty_senior_probation_officer", "support_service": "safety_planner"}
    adopt(desk, watch=[
        term("separation", owners=planner), term("M20", owners=planner),
        term("M08", owners=owners | {"other": "duty_senior_probation_officer"}),
    ])  # fmt: skip
    desk.report()
    together = named(desk.draw)
    facts = {name: together["event"][name] for name in ("occurred", "known_to_agency", "recorded")}
    together["event"] = facts | {"contact": "joint_attendance"}
    desk.report(together, event="contact_recorded")
    desk.settle()
    raised_ = {one["rule"]: one["owner_role"] for one in desk.said(HUB, "alert_raised")}
    assert raised_["separation"] == "duty_manager"
    assert raised_["M08"] == "duty_senior_probation_officer"


OURS = (
    "appearances", "alerts", "alert_statements", "alert_subjects", "alert_life", "account_pairs",
    "origins", "links", "link_tokens", "causes", "views", "research_tasks", "research_decisions",
    "duties", "to_publish",
)  # fmt: skip
"""Tables that grow with what an agency holds; `views` and what stands beside it by the million."""


def test_no_query_of_what_watches_reads_a_whole_table(desk: Desk) -> None:
    """What one statement costs must not grow with what is held: a million must be as quick."""
    sections = named(desk.draw, concern="threat")
    for given in (None, None, sections):
        desk.report(given)
    desk.settle()
    assert desk.said(POLICE, "alert_raised")
    with asked() as queries:
        report = desk.report(sections)
        desk.settle()
        desk.pass_hours(100)
        desk.settle()
        correct(desk, report, narrative={"text": "another", "form": "summary"})
        retract(desk, report)
    assert len(queries) > 500
    scans = set()
    with desk.acting(POLICE).store.read() as db:
        for query, values in queries:
            for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values):
                if re.match(rf"SCAN (?!.* to_publish_waiting)({'|'.join(OURS)})\b", row[3]) or (
                    "views_by_event" in row[3]  # every statement of an event
                ):
                    scans.add((row[3], query[:70]))
    assert scans == set()


class asked:  # noqa: N801 - a context
    """Collect what is asked of every database, and changed in it, while it is open."""

    def __enter__(self) -> list[tuple[str, Any]]:
        self.found: list[tuple[str, Any]] = []
        event.listen(Engine, "before_cursor_execute", self._note)
        return self.found

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._note)

    def _note(self, _c: Any, _k: Any, said: str, values: Any, *_: Any) -> None:
        if said.startswith(("SELECT", "UPDATE", "DELETE")):
            self.found.append((said, values))


# Whom it is about, and who must act.


def test_one_pair_is_one_thread_and_a_new_partner_has_her_own(desk: Desk) -> None:
    """Nothing of him and one woman may stand in what is shown of him and another (E24)."""
    first, hers = named(desk.draw), named(desk.draw)
    his = first["person.1.identity"]["subject"]
    for name in ("person.1.identity", "person.1.part"):
        hers[name]["subject"] = his
    hers["use_limits"]["limits"][0]["subject"] = his
    for sections in (first, first, hers):
        desk.report(sections)
    desk.settle()
    with desk.acting(HUB).store.read() as db:
        found, _ = pressing(db, frozenset(), after_lead=None, count=9)
    tokens = {
        frozenset(one["person.2.identity"]["subject"] for one in (sections,)) | {his}
        for sections in (first, hers)
    }
    assert {thread.tokens for thread in found} == tokens
    mine = next(one for one in found if first["person.2.identity"]["subject"] in one.tokens)
    assert [one["rule"] for one in mine.alerts] == ["separation", "separation"]


def test_the_loudest_thread_comes_first(desk: Desk) -> None:
    """At 3 am the first line is the one that presses."""
    desk.report()
    desk.report(urgency="urgent")
    desk.settle()
    with desk.acting(HUB).store.read() as db:
        found, _ = pressing(db, frozenset(), after_lead=None, count=9)
    assert [one.loudest for one in found] == ["interrupt", "duty"]


def joint_meeting(desk: Desk) -> str:
    """Record as probation that two came together: the separate contact is probation's to make."""
    sections = named(desk.draw)
    times = {name: sections["event"][name] for name in ("occurred", "known_to_agency", "recorded")}
    sections["event"] = {**times, "contact": "joint_attendance"}
    said = desk.report(sections, event="contact_recorded")
    desk.settle()
    return said


def test_an_alert_whose_act_is_the_publishers_is_addressed_to_it(desk: Desk) -> None:
    """Police cannot see her apart from him, probation can: the alert must get there."""
    said = joint_meeting(desk)
    addressed = {
        draft.event: bytes(draft.sections["involvement"])
        for by, draft in desk.published
        if by == POLICE and "involvement" in draft.sections
    }
    assert addressed == {
        "alert_raised": b'{"involved":[{"agency":"tv-probation","how":"addressee"}]}'
    }
    (alert,) = [one for one in desk.said(POLICE, "alert_raised") if one["rule"] == "M08"]
    assert (alert["statements"], alert["act"]) == ([said], "separate_contact")
    assert alert["owner_role"] == "duty_senior_probation_officer"
    with desk.acting(POLICE).store.read() as db:
        mine = {one["id"] for one in rows.all_alerts(db) if one["rule"] == "M08"}
        told = db.execute(select(notifications).where(notifications.c.alert.in_(mine))).mappings()
        roles = {one["role"] for one in told}
    assert roles == {"duty_inspector"}, "police have no such officer whom anybody could tell"


def alerts_flow(desk: Desk) -> None:
    """Agree that police send alerts to probation, where probation owes the act."""
    first = ledger.agreement()["agreement"]["legs"][0]
    leg = {
        **first, "id": "alert", "from": [POLICE], "to": [PROBATION], "types": ["alert_raised"],
        "sections": ["event", "cause"], "basis": ledger.POLICE_BASIS,
        "recipient_basis": ledger.BASIS, "provenance": "automated",
        "when": {"involved": ["addressee"]},
    }  # fmt: skip
    ordered = {name: leg[name] for name in ORDER if name in leg}
    contact = {"telephone": "01632 960001"}
    parties = [{"agency": one, "contact": contact} for one in (POLICE, PROBATION)]
    act = ledger.agreement(id="alerts-isa", parties=parties, legs=[ordered])
    desk.played.govern("mk-csp", "act_proposed", {"proposal": act})
    for party in (POLICE, PROBATION):
        desk.played.govern(party, "act_endorsed", ledger.endorsement(act))
    desk._submit()
    assert "alerts-isa" in desk.ledger.state.agreements.versions


def test_what_another_raised_for_our_act_is_ours_to_acknowledge(desk: Desk) -> None:
    """Probation's own list shows it, unless probation's own rules found the same."""
    alerts_flow(desk)
    joint_meeting(desk)
    own = alert_of(desk, "M08", PROBATION)
    assert own["raised_by"] == PROBATION
    assert len(desk.seen(PROBATION, "alert_raised")) == 2, "police's came too"
    adopt(desk, watch=[term("M08", kinds=["police"])])
    joint_meeting(desk)
    with desk.acting(PROBATION).store.read() as db:
        (theirs,) = [one for one in rows.all_alerts(db) if one["raised_by"] == POLICE]
    deciding(desk, PROBATION).acknowledge(theirs["id"], by=person(desk), role="officer")
    desk.settle()
    assert [one["alert"] for one in desk.said(PROBATION, "alert_acknowledged")] == [theirs["id"]]


def test_an_alert_for_nobody_elses_act_stays_at_home(desk: Desk) -> None:
    """What probation does not owe, probation is not sent."""
    alerts_flow(desk)
    desk.report(named(desk.draw, concern="other") | {
        "risk": {"danger_now": "unknown", "children": "none_known", "factors": ["jealousy"]},
    })  # fmt: skip
    desk.settle()
    assert [one["act"] for one in desk.said(POLICE, "alert_raised")] == ["dash"]
    seen = [one.statement.context.source for one in desk.seen(PROBATION, "alert_raised")]
    assert {agency_of(one) for one in seen} == {PROBATION}  # its own, of what it reported (M09)


def test_an_erased_report_takes_its_alerts_with_it(desk: Desk) -> None:
    """A row that outlives her report would say that there was one."""
    raised(desk)
    hub = desk.acting(HUB)
    (report,) = desk.seen(HUB, "concern_reported")
    came = desk.records(HUB)
    key = report.statement.digest.encode()
    hub.take([came[-1]._replace(offset=len(came), key=key, record=None)])
    assert {name: found for name, found in tables(hub).items() if found} == {}
    with hub.store.read() as db:
        assert (
            db.execute(text("SELECT count(*) FROM to_publish WHERE draft IS NOT NULL")).scalar()
            == 0
        )
        assert stored.held(db, report.statement.context.id) is None
