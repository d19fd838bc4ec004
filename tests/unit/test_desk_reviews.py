"""Reviews and confirmations at the desk, referrals made there, long threads, what is counted."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from consumers import standing
from consumers.desk.pages import inbox
from consumers.desk.station import Station
from consumers.figures.table import Fact
from consumers.governance import rows as governed
from consumers.listed import MANY
from consumers.safeguarding import pressing
from consumers.safeguarding.rows import alert_subjects, alerts
from consumers.store import Store
from contracts.duration import DAY_MS
from contracts.event.report import ReferralMade
from contracts.sharing import UseLimits
from tests.support.browser import station_of
from tests.support.busy import (
    CANARY,
    CASE,
    POLICE,
    PROBATION,
    Busy,
    alert,
    couple,
    facts,
    refused,
    told,
)
from tests.support.reviewed import emergency, erase
from tests.support.visiting import Visited, visited, visiting
from tests.support.working import Working, files_in

GOVERNS, HUB = "mk-csp", "mk-mash"
Json = Any


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Working]:
    """Police, and who governs."""
    made = Working("reviews", store=files_in(tmp_path), acting=[POLICE, GOVERNS])
    yield made
    made.close()


def test_a_use_of_the_emergency_path_is_reviewed_by_what_was_missing(
    town: Working, tmp_path: Path, issuer: str
) -> None:
    """Nothing of what it said is shown: only who used the path, when, what lacked, and before."""
    first, second = emergency(town), emergency(town)
    with visiting(town, GOVERNS, tmp_path, issuer=issuer) as desk:
        manager = desk.visitor("manager")
        page = f"/emergencies/{first}"
        duties = manager.get("/duties").text
        assert page in duties
        assert '__from"><br>' not in duties, "no empty line stands where no agency is told"
        text = manager.get(page).text
        for words in ("used the emergency path", "provenance.role_missing", "not reviewed yet"):
            assert words in text
        assert CANARY not in text
        text = refused(manager.post(page))
        for wrong in ("Choose what you found", "Write what is to be learned"):
            assert wrong in text
        sent = {"finding": "avoidable", "lesson": "Put the role into the form’s template."}
        assert page not in told(manager, manager.post(page, **sent))
        assert "Put the role" in manager.get(page).text
        assert "waits for review" in refused(manager.post(page, **sent))
        assert "avoidable: what was missing" in manager.get(f"/emergencies/{second}").text
        assert manager.get("/emergencies/00000000-0000-7000-8000-000000000000").status_code == 404
        assert desk.visitor("officer").get(page).status_code == 403
    events = town.events(GOVERNS, "emergency_reviewed")
    assert [(one["statement"], one["finding"]) for one in events] == [(first, "avoidable")]


def test_an_erasure_is_confirmed_when_nothing_of_it_is_held(
    town: Working, tmp_path: Path, issuer: str
) -> None:
    """A day for the backups, and a tick for what no machine sees: somebody's word, not a click."""
    erasure = erase(town)
    with visiting(town, POLICE, tmp_path, issuer=issuer) as desk:
        manager, page = desk.visitor("manager"), f"/erasures/{erasure}"
        assert page in manager.get("/duties").text
        assert "Still held in this database" in manager.get(page).text
        text = refused(manager.post(page, until="soon"))
        for wrong in ("Write the day on which", "then tick this"):
            assert wrong in text
        assert 'value="soon"' in text
        sent = {"until": "31 January 2027", "looked": "looked"}
        assert page not in told(manager, manager.post(page, **sent))
        assert "Backups are complete on 31 January 2027" in manager.get(page).text
        assert "Nothing waits here" in refused(manager.post(page, **sent))
    (event,) = town.events(POLICE, "erasure_confirmed")
    assert (event["erasure"], event["backups_until"][:10]) == (erasure, "2027-01-31")


@pytest.fixture
def desk(force: Busy, tmp_path: Path, issuer: str) -> Iterator[Visited]:
    with visiting(force.town, POLICE, tmp_path, issuer=issuer) as opened:
        yield opened


def test_a_referral_is_made_at_the_desk_with_the_children_always_asked_of(
    force: Busy, desk: Visited
) -> None:
    """Review 5.6.3: its kind's own criteria, each lack in words; then it is there to decide on."""
    officer, report = desk.visitor("officer"), force.said["concern"]
    page = f"/reports/{report}/refer/mash"
    assert page in officer.get(f"/reports/{report}/referral").text
    subjects = [force.sections["concern"][f"person.{n}.identity"]["subject"] for n in (1, 2)]
    text = refused(officer.post(page))
    for wrong in ("Choose who is to take it", "Tick whom", "Say whether somebody is in danger",
                  "about children, or that nobody asked", "how soon", "Say why"):  # fmt: skip
        assert wrong in text
    sent: dict[str, Any] = {"to": HUB, "people": subjects, "danger": "no", "children": "not_asked",
            "soon": "urgent", "words": "She asked for help."}  # fmt: skip
    text = refused(officer.post(page, **sent))
    assert "Tick what holds" in text
    assert "Ask about children, always" in text
    assert "She asked for help.</textarea>" in text
    sent |= {"children": "household", "meets": ["child_concern"]}
    assert "Yes: to the multi-agency hub" in told(officer, officer.post(page, **sent))
    assert "referred to already" in refused(officer.post(page, **sent))
    (view,) = [v for v in force.town.log.opened(POLICE)
               if v.statement.kind.name == "referral_made"
               and v.statement.context.source.startswith(f"/agencies/{POLICE}/")]  # fmt: skip
    event, limits = (view.statement.sections[name] for name in ("event", "use_limits"))
    assert isinstance(event, ReferralMade)
    assert isinstance(limits, UseLimits)
    assert (event.addressee, event.criterion) == (HUB, "child_concern (criteria 1)")
    assert view.statement.context.urgency == "urgent"
    assert view.statement.causes == [report]
    assert "Invented Row" not in str(view.statement.sections)
    assert [one.may_be_told for one in limits.limits] == ["no", "ring_first"]


def test_a_criterion_that_nothing_shows_is_named_and_danger_waits_for_none(
    force: Busy, desk: Visited
) -> None:
    """To MARAC by judgement, by days of abuse; and at once where somebody is in danger."""
    officer, report = desk.visitor("officer"), force.said["concern"]
    page = f"/reports/{report}/refer/marac"
    subject = force.sections["concern"]["person.2.identity"]["subject"]
    sent: dict[str, Any] = {
        "to": HUB, "people": [subject], "danger": "no", "children": "none_known",
        "soon": "routine", "words": "Three times.", "meets": ["escalation"],
    }  # fmt: skip
    assert "nothing here shows it" in refused(officer.post(page, **sent))
    assert "Write each day as" in refused(officer.post(page, **sent, incidents="last May"))
    days = "1 10 2026\n1 November 2026\n2026-12-01"
    told(officer, officer.post(page, **sent, incidents=days))
    sent |= {"danger": "yes", "meets": [], "to": PROBATION}
    told(officer, officer.post(page, **sent))
    made = force.town.events(POLICE, "referral_made")
    assert [one["criterion"] for one in made] == [
        "escalation (criteria 1, MARAC 2)", "threat_to_life (criteria 1, MARAC 2)",
    ]  # fmt: skip
    assert officer.get(f"/reports/{report}/refer/nothing").status_code == 404
    assert "This report names no such person" in refused(
        officer.post(page, **{**sent, "people": ["x" * 22], "to": "mk-csp"})
    )


def test_a_referral_rests_on_no_assessment_of_others_and_on_none_that_is_kept(
    force: Busy, desk: Visited
) -> None:
    """Another woman's high risk is not hers; nor may a form's answer tell that one is held."""
    officer, report = desk.visitor("officer"), force.said["concern"]
    people = {name: part for name, part in force.sections["concern"].items() if "person" in name}
    event = facts(instrument="dash-2009", version="1", level="high", considered=[])
    for name, named in (("others", {}), ("hers", people)):
        force.say(name, CASE, "risk_assessed", {**couple(force.draw), **named, "event": event})
    sent: dict[str, Any] = {
        "to": HUB, "people": [force.token("concern", 2)], "danger": "no", "soon": "routine",
        "children": "none_known", "words": "She asked.", "meets": ["high_risk"], "agreed": "yes",
    }  # fmt: skip
    page = f"/reports/{report}/refer/daiu"
    lacks = "nothing here shows it"
    assert lacks in refused(officer.post(page, **sent, assessed=force.said["others"]))
    viewer = desk.station.acts.viewer("Lee Hart (name invented)")
    for kept in (True, False):
        with desk.station.store.write() as db:
            change = standing.keep_from if kept else standing.show_again
            change(db, [force.said["hers"]], viewer)
        answer = officer.post(page, **sent, assessed=force.said["hers"])
        assert (answer.status_code, lacks in answer.text) == ((422, True) if kept else (303, False))


def test_a_referral_rests_on_an_assessment_of_its_own_people_alone(
    force: Busy, desk: Visited
) -> None:
    """Another woman's High is no reason for this referral, and its error must not tell of it."""
    officer, report = desk.visitor("officer"), force.said["concern"]
    her = force.sections["concern"]["person.2.identity"]["subject"]
    high = facts(instrument="dash-2009", version="1", level="high", considered=[])
    whole = couple(force.draw)
    anothers = force.say("hers", CASE, "risk_assessed", {**whole, "event": high})
    named = {name: force.sections["concern"][name] for name in whole if name.startswith("person.")}
    own = force.say("own", CASE, "risk_assessed", {**whole, **named, "use_limits": force.sections[
        "concern"]["use_limits"], "event": high})  # fmt: skip
    page = f"/reports/{report}/refer/idva"
    sent: dict[str, Any] = {
        "to": HUB, "people": [her], "danger": "no", "children": "none_known", "soon": "urgent",
        "words": "w", "meets": ["high_risk"],
    }  # fmt: skip
    assert "nothing here shows it" in refused(officer.post(page, **sent, assessed=anothers))
    told(officer, officer.post(page, **sent, assessed=own))
    sent |= {"danger": "yes", "to": PROBATION}
    told(officer, officer.post(page, **sent, assessed=anothers))
    made = [one.statement.causes for one in force.town.log.opened(POLICE)
            if one.statement.kind.name == "referral_made"
            and one.statement.context.source.startswith(f"/agencies/{POLICE}/")]  # fmt: skip
    assert made == [[report, own], [report]]


def test_two_reports_are_judged_side_by_side_to_be_one_source_or_two(
    force: Busy, desk: Visited
) -> None:
    """M03 proposes; both reports say so until a named person has decided, with a reason."""
    supervisor, page = desk.visitor("supervisor"), f"/origins/{force.echo()}"
    reports = [f"/reports/{force.said[name]}" for name in ("concern", "echo")]
    assert page in supervisor.get("/origins").text
    assert all(page in supervisor.get(one).text for one in reports)
    assert 'name="decision"' not in desk.visitor("auditor").get(page).text
    text = refused(supervisor.post(page))
    for words in ("Choose: one source", "Say why", "they count as one", *reports, "Must not be"):
        assert words.lower() in text.lower()
    sent = {"decision": "different", "reason": "Each heard it from her."}
    text = told(supervisor, supervisor.post(page, **sent))
    for words in ("Different sources", "Decided by Jo Bell", "Each heard it from her."):
        assert words in text
    assert page not in supervisor.get("/origins").text
    assert page in supervisor.get("/origins?show=decided").text
    assert not any(page in supervisor.get(one).text for one in reports)
    told(supervisor, supervisor.post(page, **{**sent, "decision": "same"}))
    events = force.town.events(POLICE, "same_origin_decided")
    assert [one["decision"] for one in events] == ["different", "same"]


def test_whom_either_report_is_kept_from_meets_no_proposal(force: Busy, desk: Visited) -> None:
    """Also where the other report may be shown."""
    page = f"/origins/{force.echo()}"
    officer = desk.visitor("officer")
    assert page in officer.get(f"/reports/{force.said['echo']}").text
    force.exclude("Lee Hart (name invented)", "concern")
    assert officer.get(page).status_code == 404
    assert officer.post(page, decision="same", reason="I know them").status_code == 404
    for listed in ("/origins", "/origins?show=decided"):
        assert page not in officer.get(listed).text


def test_a_thread_of_many_alerts_goes_on_page_by_page(force: Busy, desk: Visited) -> None:
    """What is older than the newest hundred is one page further, not lost."""
    which, officer = alert(force), desk.visitor("officer")
    store = force.town.consumers[POLICE].store
    added = more(store, which, 130)
    link, pages = f"/alerts/{which}", list[str]()
    while link:
        pages.append(officer.get(link).text)
        older = re.search(r"/alerts/[0-9a-f-]{36}\?older=[0-9a-f-]{36}", pages[-1])
        link = older[0] if older else ""
    listed = [one for page in pages for one in added if f'href="/alerts/{one}"' in page]
    assert sorted(listed) == sorted(added), "each of them, and once"
    assert len(pages) > 1
    assert "The newest" in pages[-1]


def more(store: Store, which: str, count: int) -> set[str]:
    """Put alerts about one alert's own persons beside it; give their ids."""
    with store.write() as db:
        row = dict(db.execute(alerts.select().where(alerts.c.id == which)).mappings().one())
        about = alert_subjects.select().where(alert_subjects.c.alert == which)
        subjects = [one.subject for one in db.execute(about)]
        ids = [f"0f000000-0000-7000-8000-{n:012d}" for n in range(count)]
        db.execute(insert(alerts), [{**row, "id": one} for one in ids])
        pairs = [{"alert": one, "subject": token} for one in ids for token in subjects]
        db.execute(insert(alert_subjects), pairs)
    return set(ids)


def test_the_inbox_counts_no_further_than_a_hundred_and_the_live_line_hears_each_alert(
    force: Busy, desk: Visited
) -> None:
    """The page that is opened most reads no more than it says."""
    which, officer = alert(force), desk.visitor("officer")
    store = force.town.consumers[POLICE].store
    assert re.search(r"[0-9] alerts? that nobody has", officer.get("/").text)
    more(store, which, MANY)
    assert "100 or more alerts that nobody has" in officer.get("/").text
    before = inbox._newest(desk.station, frozenset({"somebody"}))
    with store.write() as db:
        last = db.execute(alerts.select().where(alerts.c.id == which)).mappings().one()
        another = {**last, "id": "ff000000-0000-7000-8000-000000000000"}
        db.execute(insert(alerts).values(**{**another, "raised_at": last["raised_at"] + 1}))
    after = inbox._newest(desk.station, frozenset({"somebody"}))
    assert after != before
    assert after[2] == before[2] == MANY
    with store.read() as db:
        assert pressing.count_free(db, frozenset(), at_most=3) == 3


def test_figures_count_refusals_by_reason_and_suppress_them_alike(
    force: Busy, tmp_path: Path, issuer: str
) -> None:
    """Issue 5, point 11: why the log refused what this agency said; none of it below five."""
    at = force.town.log.clock_ms - 100 * DAY_MS
    facts = [Fact(at, "refused, by reason", "schema.event_invalid")] * 9
    facts += [Fact(at, "held, by reason", "provenance.role_missing")] * 2

    def station(*given: Any) -> Station:
        return replace(station_of(force.town, POLICE, tmp_path, *given), refusals=lambda _: facts)

    with visited(issuer, station) as opened:
        supervisor = opened.visitor("supervisor")
        page = told(supervisor, supervisor.post("/figures"))
        assert "Refused, by reason" in page
        csv = supervisor.get("/figures/csv").text
    assert '"refused, by reason",schema.event_invalid,9,9,100.0' in csv
    assert '"held, by reason",provenance.role_missing,suppressed,suppressed' in csv


def test_other_uses_of_one_agency_are_the_newest_few(tmp_path: Path) -> None:
    """What a reviewer compares with is bounded however many there were."""
    store = Store(tmp_path / "s.sqlite")
    with store.write() as db:
        uses = [
            {"id": f"use-{n}", "agency": "a" if n % 2 else "b", "reasons": "[]", "at": n,
             "due_at": n}
            for n in range(20)
        ]  # fmt: skip
        db.execute(insert(governed.emergencies), uses)
        one = governed.emergency(db, "use-3")
        assert one is not None
        found = governed.other_uses(db, frozenset(), one, count=3)
        assert [row["id"] for row in found] == ["use-19", "use-17", "use-15"]
    store.close()
