"""The desk's work over a played ledger: every act by a form, and what is kept from whom."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete

from consumers import aside, safeguards
from consumers.desk import counted
from consumers.desk.shift import shift_notes
from consumers.disclosure import rows as disclosures
from consumers.figures.table import Fact
from consumers.intelligence.rows import grade
from consumers.research.rows import results_of, tasks_of
from contracts.event.action import IntelligenceGraded
from contracts.event.work import ResponseGiven
from tests.support.busy import (
    ASKS,
    CANARY,
    POLICE,
    PROBATION,
    Busy,
    alert,
    refused,
    task,
    told,
)
from tests.support.visiting import Visited
from tests.support.working import Working

OFFICER, SUPERVISOR = "Lee Hart (name invented)", "Jo Bell (name invented)"
HIT = {"outcome": "match", "kinds": "custody", "confidence": "probable"}


@pytest.fixture
def town(force: Busy) -> Working:
    """The desk that is opened is the busy force's."""
    return force.town


def test_a_look_is_completed_and_what_was_found_stays_here(force: Busy, desk: Visited) -> None:
    """The log has that there is a match; the force's own store has what it says."""
    officer, which = desk.visitor("officer"), task(force)
    page = officer.get(f"/research/{which}").text
    assert page.index("What may be put to whom") < page.index("Whom to look for")
    assert "17 June 1975" in page
    assert "by a standing authority: ruleset" in page, "no person asked for it"
    answer = officer.post(
        f"/research/{which}", report=force.said["concern"], outcome="match", kinds=["warning"],
        confidence="probable", reference="N-4471", detail="warned for violence in 2009",
    )  # fmt: skip
    assert "1 of 14 looks made" in told(officer, answer)
    with force.town.consumers[POLICE].store.read() as db:
        assert [row["detail"] for row in results_of(db, which)] == ["warned for violence in 2009"]
    (said,) = force.town.events(POLICE, "research_completed")
    assert (said["outcome"], said["operator"], said["reference"]) == ("match", OFFICER, "N-4471")
    assert "warned for violence" not in str(said)
    page = officer.get(f"/research/{which}").text
    assert "warned for violence" in page
    assert OFFICER in page.partition("Who looked")[2]


LOOKS: list[tuple[dict[str, str], str]] = [
    ({}, "Choose how the look ended"),
    ({"outcome": "not_searched"}, "Say why"),
    ({"outcome": "nil", "reference": "N-1"}, "tells of no record"),
    ({"outcome": "match"}, "Say what sort of record"),
    ({"outcome": "possible_match", "kinds": "custody"}, "how sure it is"),
    ({**HIT, "grade": "2 B"}, "no grade with its scheme"),
    ({**HIT, "reference": f"Daniel {CANARY}"}, "one word with a digit"),
    ({"outcome": "nil", "why": "x" * 2001}, "at most 2,000 characters"),
]


def test_a_look_that_says_too_little_or_too_much_is_not_taken_and_nothing_typed_is_lost(
    force: Busy, desk: Visited
) -> None:
    """What takes a minute to write is not written twice at 3 am."""
    officer, which = desk.visitor("officer"), task(force)
    for number, (sent, wrong) in enumerate(LOOKS):
        found = f"what I found, {number}"
        page = refused(officer.post(f"/research/{which}", detail=found, **sent))
        assert wrong in page
        assert f"{found}</textarea>" in page, wrong
        assert "--" not in re.sub(r"<[^>]*>", "", page).replace("<!--", ""), wrong
    assert force.town.events(POLICE, "research_completed") == []


def test_where_the_victim_is_no_look_shows_by_itself(force: Busy, desk: Visited) -> None:
    """Trap 4: a task that shows the address is how he learns it."""
    officer = desk.visitor("officer")
    with force.town.consumers[POLICE].store.read() as db:
        looks = [row["id"] for row in tasks_of(db, force.said["concern"])]
    assert len(looks) == 14
    for look in looks:
        page = officer.get(f"/research/{look}")
        assert page.status_code == 200
        assert "Invented Row" not in page.text
    assert "Invented Row" not in officer.get("/research").text


def test_no_further_action_waits_for_every_look_and_for_somebody_who_made_none(
    force: Busy, desk: Visited
) -> None:
    """The review's first missed opportunity (M01): refused in words, and then by a supervisor."""
    officer, supervisor = desk.visitor("officer"), desk.visitor("supervisor")
    report = force.said["concern"]
    page = f"/research/reports/{report}"
    assert "looks are still to be made" in supervisor.get(page).text
    answer = supervisor.post(page, reason="nothing found")
    assert "still to be made (14 not begun)" in refused(answer)
    with force.town.consumers[POLICE].store.read() as db:
        open_ = [row["id"] for row in tasks_of(db, report)]
    for number, which in enumerate(open_):
        who = supervisor if number == 0 else officer
        who.post(f"/research/{which}", report=report, outcome="nil")
    answer = supervisor.post(page, reason="nothing found")
    assert "does not decide that nothing is done" in refused(answer)
    assert officer.post(page, reason="nothing found").status_code == 403
    assert force.town.events(POLICE, "no_further_action_decided") == []


def test_a_report_shows_what_stands_before_it_and_how_it_is_graded(
    force: Busy, desk: Visited
) -> None:
    """Who opens it by its link must not act where every list says that nobody may."""
    officer, page = desk.visitor("officer"), f"/reports/{force.said['concern']}"
    assert "graded" not in officer.get(page).text
    with force.town.consumers[POLICE].store.write() as db:
        grade(db, "g", IntelligenceGraded(
            statement=force.said["concern"], scheme="3x5x2", source="1", assessment="B",
            handling="C", action="A1", sanitisation="S2", instructions="Ring the handler.",
            by=SUPERVISOR, role="analyst",
        ))  # fmt: skip
    text = officer.get(page).text
    assert text.index("A1: NO ACTION on this without its originator") < text.index("put to whom")
    assert "3x5x2 1 B C: reliable source" in text
    assert "Ring the handler." in text


def test_an_alert_is_had_handed_over_put_off_escalated_and_closed(
    force: Busy, desk: Visited
) -> None:
    """Each by a named person, on the log; whoever looks next sees how it stands."""
    which, officer = alert(force), desk.visitor("officer")
    page = f"/alerts/{which}"
    listed = officer.get("/alerts").text
    assert f"About Daniel {CANARY} and Tracey Hill" in listed
    assert f'href="/persons/{force.token("concern")}"' in listed
    assert "NOBODY has it yet" in listed
    assert "Good is" in listed
    assert f"{OFFICER} has it" in told(officer, officer.post(page, do="have"))
    assert "Somebody has this alert already" in refused(officer.post(page, do="have"))
    assert "Say why it can wait" in refused(officer.post(page, do="snooze", hours="4"))
    assert "a number from 1" in refused(
        officer.post(page, do="snooze", hours="many", put_off_reason="x")
    )
    text = told(officer, officer.post(page, do="snooze", hours="4", put_off_reason="asked them"))
    assert f"by {OFFICER}: asked them" in text
    unit = "domestic_abuse_investigation_unit"
    assert "Choose the role" in refused(officer.post(page, do="hand_over", to="nobody"))
    text = told(officer, officer.post(page, do="hand_over", to=unit))
    assert "NOBODY has it yet" in text
    assert "Domestic abuse investigation unit, else" in text
    text = told(officer, officer.post(page, do="escalate"))
    assert "ESCALATED to the duty manager" in text
    assert "say why" in refused(
        officer.post(page, do="close", outcome="not_needed", useful="useful")
    )
    officer.post(page, do="close", outcome="not_needed", useful="not_useful", reason="done before")
    assert f"Closed by {OFFICER}: not needed, not useful" in officer.get(page).text
    assert which not in officer.get("/alerts").text
    for event in ("acknowledged", "snoozed", "handed_over", "escalated", "closed"):
        assert any(one["alert"] == which for one in force.town.events(POLICE, f"alert_{event}"))


def test_an_answer_reaches_whoever_reported_and_another_needs_a_tick(
    force: Busy, desk: Visited
) -> None:
    """A form sent twice answers once; that it was answered stands on the page."""
    officer, report = desk.visitor("officer"), force.said["concern"]
    page = f"/reports/{report}/answer"
    assert report in officer.get("/responses").text
    given: dict[str, Any] = {
        "received_by": "Lee Hart", "researched": "no", "actions": ["visit_planned"],
        "say": "that somebody will ring", "avoid": "naming the report", "next_contact": "the desk",
    }  # fmt: skip
    assert "Say what is done" in refused(officer.post(page, **{**given, "actions": []}))
    for claimed in ("yes", "part"):
        text = refused(officer.post(page, **{**given, "researched": claimed}))
        assert "No look was made: 0 of 14 looks made; PARTIAL: 14 not begun." in text
        assert "Choose ‘No’. Or make the looks first: the research board." in text
    assert "whoever reported is told it" in refused(
        officer.post(page, **{**given, "actions": ["no_action"]})
    )
    assert officer.get(page).text.count("Never say here what PNC, PND or LEDS hold") == 4
    for field in ("say", "avoid", "reason"):
        for held in ("he is on pnc", "the Police National Database has him"):
            assert "never what they hold" in refused(officer.post(page, **{**given, field: held}))
    text = told(officer, officer.post(page, **given))
    assert "that somebody will ring" in text
    assert "answered already" in refused(officer.post(page, **given))
    told(officer, officer.post(page, **given, again="yes"))
    assert f"/reports/{report}/answer" not in officer.get("/responses").text
    views = [v for v in force.town.log.opened(PROBATION)
             if v.statement.kind.name == "response_given"]  # fmt: skip
    assert len(views) == 2
    event = views[0].statement.sections["event"]
    assert isinstance(event, ResponseGiven)
    assert (event.avoid, event.next_contact) == ("naming the report", "the desk")


def test_a_referral_is_decided_by_its_answer_and_stands_once_among_duties(
    force: Busy, desk: Visited
) -> None:
    """Accepted, refused or redirected: never silence."""
    officer, referral = desk.visitor("officer"), force.said["referral"]
    page = f"/reports/{referral}/answer"
    assert officer.get("/duties").text.count(page) == 1
    given: dict[str, Any] = {"received_by": "Lee", "researched": "no", "actions": ["referral"]}
    assert "nothing says what became of it" in refused(officer.post(page, **given))
    assert "Say why" in refused(officer.post(page, **given, referral="refused"))
    told(officer, officer.post(page, **given, referral="accepted"))
    assert referral not in officer.get("/referrals").text
    assert "Accepted" in officer.get("/referrals?show=decided").text


def test_another_agency_is_asked_about_one_person_and_the_question_is_listed(
    force: Busy, desk: Visited
) -> None:
    """A named person decides whom to ask; the page says that asking tells something."""
    officer, report = desk.visitor("officer"), force.said["concern"]
    page = f"/reports/{report}/ask"
    assert "learns that you hold something" in officer.get(page).text
    text = refused(officer.post(page, **{"from": "2026-13-01"}))
    for wrong in ("Choose whom you ask", "Say why", "Write a day"):
        assert wrong in text
    sent = {"to": PROBATION, "person": "1", "why": "is he on licence", "from": "1 1 2026"}
    assert "names nobody" in refused(officer.post(page, **{**sent, "person": "9"}))
    assert "is he on licence" in told(officer, officer.post(page, **sent))
    asked = [one for one in force.town.events(POLICE, "information_requested")
             if one["why"] == "is he on licence"]  # fmt: skip
    assert [one["period"] for one in asked] == ["2026-01-01/.."]


def test_a_correction_is_read_by_a_named_person(force: Busy, desk: Visited) -> None:
    """Its originator is told; the duty is gone."""
    officer, page = desk.visitor("officer"), f"/corrections/{force.said['correction']}"
    assert page in officer.get("/duties").text
    assert "corrects a statement" in officer.get(page).text
    assert page not in told(officer, officer.post(page))
    assert [one["by"] for one in force.town.events(POLICE, "correction_acknowledged")] == [OFFICER]


def test_a_disclosure_goes_stage_by_stage_and_who_asked_is_told_to_its_officer_alone(
    force: Busy, desk: Visited
) -> None:
    """Trap 7: that somebody asked must not reach whom they fear."""
    officer, supervisor = desk.visitor("officer"), desk.visitor("supervisor")
    page = f"/disclosures/{force.said['application']}"
    for visitor in (officer, supervisor):
        assert ASKS not in visitor.get(page).text + visitor.get("/disclosures").text
    assert ASKS in officer.post(page, do="applicant").text
    hidden = supervisor.post(page, do="applicant")
    assert ASKS not in hidden.text
    assert "officers of this disclosure alone" in refused(hidden)
    assert "while the applicant is away" in refused(
        officer.post(page, stage="initial_checks", reason="checked")
    )
    assert "does not come now" in refused(officer.post(page, stage="assessed", reason="too soon"))
    steps: list[tuple[str, dict[str, Any]]] = [
        ("initial_checks", {"absent": "yes"}),
        ("met", {"identity": "yes"}),
        ("assessed", {}),
        ("decided", {"decision": "disclose", "with": [PROBATION]}),
        ("disclosed", {"told": "person_at_risk", "in_person": "yes", "safety": "yes"}),
    ]
    for stage, more in steps:
        decides = stage == "decided"
        if decides:
            assert "A supervisor who took no part in it decides next" in officer.get(page).text
            alone = officer.post(page, stage=stage, reason="alone", **more)
            assert "A disclosure is decided by the " in refused(alone)
        who = supervisor if decides else officer
        told(who, who.post(page, stage=stage, reason=f"reason {stage}", **more))
    assert ASKS in supervisor.post(page, do="applicant").text, "who decides is of the case"
    assert "isclosed in person, in confidence" in officer.get(page).text
    assert page in officer.get("/disclosures?show=over").text
    assert page not in officer.get("/disclosures").text
    with force.town.consumers[POLICE].store.write() as db:
        stages = disclosures.stages_of(db, force.said["application"])
        disclosures.unstage(db, stages[-1]["id"])
    assert page in officer.get("/disclosures").text, "taken back, it is under way again"


def test_whether_to_refer_is_decided_once_and_not_to_counts_as_much(
    force: Busy, desk: Visited
) -> None:
    """Review 5.6.3 (iii): a referral that nobody considered."""
    officer, report = desk.visitor("officer"), force.said["concern"]
    page = f"/reports/{report}/referral"
    text = refused(officer.post(page))
    for wrong in ("Choose where to", "Say whether somebody", "Say why"):
        assert wrong in text
    sent = {"kind": "idva", "made": "no", "reason": "she has an adviser"}
    assert "NOT referred to an adviser (IDVA)" in told(officer, officer.post(page, **sent))
    again = refused(officer.post(page, **sent))
    assert "decided already" in again
    assert "which your information manager does" in again
    assert "NOT referred" in officer.get("/referrals?show=considered").text


def test_figures_are_counted_on_asking_and_told_without_small_numbers(
    force: Busy, desk: Visited
) -> None:
    """The quarter under way is not told; a table is a table, and a file the same."""
    supervisor = desk.visitor("supervisor")
    assert "Nothing was counted yet" in supervisor.get("/figures").text
    assert supervisor.get("/figures/csv").status_code == 404
    force.pass_hours(24 * 40)
    page = told(supervisor, supervisor.post("/figures"))
    assert "2026-Q4" in page
    assert "suppressed" in page
    csv = supervisor.get("/figures/csv")
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.text.startswith("period,figure,group")
    assert re.search(r",[1-4],", csv.text) is None


def test_whoever_says_something_does_not_wait_for_figures(desk: Visited) -> None:
    """Counting reads all that is held: an emergency that comes meanwhile is written at once."""
    store = desk.station.store

    def said_meanwhile() -> Iterator[Fact]:
        with store.write() as db:
            db.execute(delete(shift_notes))
        yield from ()

    counted.count(store, frozenset(), said_meanwhile())
    with store.read() as db:
        assert counted.last(db, frozenset()) is not None


def test_the_feeds_say_who_is_silent_who_was_not_told_and_that_nobody_watches(
    force: Busy, desk: Visited
) -> None:
    """Silence is not safety."""
    alert(force)
    page = desk.visitor("officer").get("/feeds").text
    assert "Nobody watches" in page
    assert "no channel is set up here" in page
    assert "The Probation Service" in page
    for words in safeguards.off(force.town.consumers[POLICE].voice.rules):
        assert words in html.unescape(page)


def test_what_the_log_refused_of_what_was_derived_is_marked_and_named(
    force: Busy, desk: Visited
) -> None:
    """Whoever takes the alert must know that nobody else was told of it."""
    said, consumer = alert(force), force.town.consumers[POLICE]
    with consumer.store.write() as db:
        consumer._mark_unsaid(db, said, [force.said["concern"]], "control.refers_to_unknown")
    officer = desk.visitor("officer")
    for path in ("/alerts", f"/alerts/{said}"):
        assert "NOT ON THE LOG: it was refused there" in officer.get(path).text
    page = officer.get("/feeds").text
    assert f"NOT ON THE LOG: {said}" in page
    assert "Name, as cause.1, a statement of your own" in page
    given = {
        field: html.unescape(re.findall(rf'name="{field}" value="([^"]*)"', page)[-1])
        for field in ("name", "worker", "what")
    }
    assert given == {"name": said, "worker": aside.THE_LOG, "what": "control.refers_to_unknown"}
    with consumer.store.write() as db:
        aside.set_aside(db, said, said, worker="Watching", what="KeyError")
    sent = officer.post("/feeds", **given, reason="I rang police")
    assert "It is on no log." in told(officer, sent)
    page = html.unescape(officer.get("/feeds").text)
    assert f"NOT ON THE LOG: {said}" not in page
    assert f"{OFFICER} saw to {said} by hand (the log: control.refers_to_unknown)" in page
    assert "I rang police" in page
    assert f"{said}; Watching failed on it" in page, "which nobody saw to"
    assert "rebuilds" not in page
    officer.post("/feeds", name=said, worker="Watching", what="KeyError", reason="I rang hub")
    assert "your IT desk mends that, and rebuilds" in officer.get("/feeds").text
    assert "Close this alert" in officer.get(f"/alerts/{said}").text
