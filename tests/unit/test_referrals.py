"""Referrals: what each needs, who decided, what ran out; and what was decided not to."""

from pathlib import Path
from typing import Any

import pytest

from consumers.referrals import rows
from consumers.referrals.desk import Referring
from consumers.store import Wanted
from contracts.draft import Draft
from contracts.fault import Misuse
from contracts.section import Practitioner
from deploy.command import EXIT_NOT_DELIVERED, EXIT_USAGE, invoke
from deploy.speaking import outbox_of
from producers.home import Home
from tests.support.agreed import HOUSING, adopt, answer, dated, people, refer, retract, say
from tests.support.desk import HUB, POLICE, PROBATION, Desk
from tests.support.filing import CANARY
from tests.support.speaking import Speaker
from tests.support.stranger import text_of

WORDS = f"words: {CANARY} is afraid\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police, hub and housing have agreed on casework."""
    made = Desk(tmp_path)
    adopt(made)
    return made


def row(desk: Desk, agency: str, referral: str) -> dict[str, Any]:
    """Give a referral as an agency keeps it; empty where it keeps none."""
    with desk.acting(agency).store.read() as db:
        return dict(rows.referral(db, referral) or {})


def overdue(desk: Desk, agency: str) -> list[tuple[str, str, str]]:
    """List the duties that an agency said ran out: duty, of which referral, whose."""
    said = desk.said(agency, "duty_overdue")
    return [(one["duty"], one["statement"], one["owner_agency"]) for one in said]


def test_a_referral_is_kept_by_whoever_made_it_and_whoever_is_to_decide(desk: Desk) -> None:
    """And by nobody else: another agency that hears of one owes no decision."""
    referral = refer(desk)
    made, received = row(desk, PROBATION, referral), row(desk, HUB, referral)
    assert (made["direction"], made["addressee"], made["decision"]) == ("made", HUB, None)
    assert (received["direction"], received["publisher"]) == ("received", PROBATION)
    assert received["due_at"] == desk.ledger.clock_ms + 72 * 3_600_000
    assert row(desk, POLICE, referral) == {}


@pytest.mark.parametrize("decision", ["accepted", "refused", "redirected"])
def test_the_decision_reaches_whoever_referred_and_is_overdue_no_more(
    desk: Desk, decision: str
) -> None:
    """What comes back is the point: a referral that vanishes is not made again."""
    referral = refer(desk)
    answer(desk, referral, decision)
    for agency in (PROBATION, HUB):
        held = row(desk, agency, referral)
        assert (held["decision"], held["decided_by"]) == (decision, "N. Lead")
    desk.pass_hours(100)
    desk.settle()
    theirs = [] if decision == "accepted" else [("referral_considered", referral, PROBATION)]
    assert (overdue(desk, PROBATION), overdue(desk, HUB)) == (theirs, [])


def test_a_referral_that_nobody_answers_runs_out_on_both_sides_once(desk: Desk) -> None:
    """Its addressee says so as of any report; whoever referred says whose decision is missing."""
    referral = refer(desk)
    for hours in (71, 2, 50):
        desk.pass_hours(hours)
        desk.settle()
    assert overdue(desk, PROBATION) == [("referral_decision", referral, HUB)]
    assert overdue(desk, HUB) == [("response_given", referral, HUB)]


def test_an_answer_without_a_decision_is_none(desk: Desk) -> None:
    """Thank you for your referral: the clock of the decision runs on."""
    referral = refer(desk)
    answer(desk, referral, None)
    desk.pass_hours(73)
    desk.settle()
    assert overdue(desk, HUB) == [("referral_decision", referral, HUB)]
    assert overdue(desk, PROBATION) == [("referral_decision", referral, HUB)]


def test_only_its_addressee_decides(desk: Desk) -> None:
    """Police are sent nothing of it, and could not accept it in the hub's name."""
    referral = refer(desk)
    answer(desk, referral, "accepted", by=PROBATION)
    assert row(desk, PROBATION, referral)["decision"] is None


def test_a_decision_that_is_taken_back_is_open_again(desk: Desk) -> None:
    """An acceptance that was a slip must not stand as if somebody had her."""
    referral = refer(desk)
    retract(desk, HUB, answer(desk, referral, "accepted"))
    assert row(desk, PROBATION, referral)["decision"] is None
    assert row(desk, HUB, referral)["decision"] is None
    answer(desk, referral, "refused")
    assert row(desk, PROBATION, referral)["decision"] == "refused"


def test_a_referral_that_is_taken_back_runs_out_nowhere(desk: Desk) -> None:
    """Nobody is chased for what its author withdrew."""
    retract(desk, PROBATION, refer(desk))
    desk.pass_hours(100)
    desk.settle()
    assert [one for one in overdue(desk, PROBATION) if one[0] == "referral_decision"] == []


def test_a_rebuilt_consumer_keeps_the_same_and_says_nothing_twice(desk: Desk) -> None:
    """Everything here is brought back by the views."""
    referral = refer(desk)
    desk.pass_hours(100)
    desk.settle()
    again = desk.consumer(PROBATION, store="again")
    again.take(desk.records(PROBATION))
    with again.store.read() as db:
        assert dict(rows.referral(db, referral) or {}) == row(desk, PROBATION, referral)
    said: list[Draft] = []
    again.publish_waiting(said.extend)
    assert said == []


def referring(desk: Desk, agency: str) -> Referring:
    """Sit where an agency decides whom to refer."""
    acting = desk.acting(agency)
    return Referring(acting.store, acting.voice, desk.new_id)


def person(desk: Desk, name: str = "N. Lead") -> Practitioner:
    """Name somebody at work."""
    return Practitioner(text_of(desk.draw(16)), name)


def test_a_decision_not_to_refer_is_recorded_like_one_to(desk: Desk) -> None:
    """M17: the victim was told to refer herself, and nobody decided anything."""
    report = desk.report()
    desk.settle()
    hub, lead = referring(desk, HUB), person(desk)
    hub.consider(report, "idva", by=lead, role="lead", reason="she has one already")
    desk.settle()
    (said,) = desk.said(HUB, "referral_considered")
    told = (said["statement"], said["referral"], said["decision"])
    assert told == (report, "idva", "not_made")
    assert "referred" not in said
    with pytest.raises(Misuse, match="decided already") as refused:
        hub.consider(report, "idva", by=lead, role="lead", reason="again")
    assert "candour retract" in refused.value.remedy
    hub.consider(report, "marac", by=lead, role="lead", reason="no criterion is met")
    with pytest.raises(Misuse, match="No referral of that kind and id"):
        hub.consider(report, "mash", by=lead, role="lead", reason="r", referred=report)
    with pytest.raises(Misuse, match="No report of this id is held here"):
        hub.consider(desk.new_id(), "mash", by=lead, role="lead", reason="r")


def test_what_a_decision_rested_on_changes_and_somebody_decides_anew(desk: Desk) -> None:
    """The report is taken back: whether to refer is an open question again."""
    report = desk.report()
    desk.settle()
    referring(desk, HUB).consider(report, "idva", by=person(desk), role="lead", reason="none")
    desk.settle()
    retract(desk, PROBATION, report)
    with desk.acting(HUB).store.read() as db:
        assert not rows.is_considered(db, report, "idva")


def test_what_the_log_refuses_was_never_decided(desk: Desk) -> None:
    """A list must not show as decided what nobody was told."""
    report = desk.report()
    desk.settle()
    (wanted,) = referring(desk, HUB).consider(
        report, "idva", by=person(desk), role="lead", reason="none"
    )
    desk.acting(HUB).refused(wanted.draft.id)
    with desk.acting(HUB).store.read() as db:
        assert not rows.is_considered(db, report, "idva")


def notify(desk: Desk, report: str, subject: str, **changes: str) -> list[Wanted]:
    """Let an agency tell housing whom to ring."""
    agency = changes.pop("agency", HUB)
    to = changes.pop("to", HOUSING)
    return referring(desk, agency).notify_housing(
        report, subject, to=to, act="ring_safeguarding_hub", ring="01632 960301",
        by=person(desk), role="lead",
    )  # fmt: skip


def test_housing_is_told_who_and_whom_to_ring_and_nothing_else(desk: Desk) -> None:
    """Rec. 18: no conviction, no reason, no part; a mark on a tenancy outlives its reason."""
    sections = people(desk)
    sections["person.1.identity"] |= {
        "born": {"value": "1980", "precision": "year"},
        "identifiers": [{"scheme": "pnc", "value": "2002/73319Z"}],
    }
    facts = dated(change="joined", relationship="partners")
    report = say(desk, PROBATION, "household_changed", facts, sections=sections)
    subject = sections["person.1.identity"]["subject"]
    notify(desk, report, subject)
    desk.settle()
    (seen,) = desk.seen(HOUSING, "housing_notice_given")
    told = seen.statement.sections
    assert set(told) == {"event", "provenance", "person.1.identity"}
    identity = told["person.1.identity"]
    assert identity.identifiers is None  # type: ignore[attr-defined]
    assert identity.born.value == "1980"  # type: ignore[attr-defined]
    assert desk.seen(POLICE, "housing_notice_given") == []
    with pytest.raises(Misuse, match="given this notice already"):
        notify(desk, report, subject)


def test_housing_is_warned_by_police_or_hub_and_of_somebody_in_the_report(desk: Desk) -> None:
    """Anybody else reports what they know; and a notice about the wrong tenant is worse."""
    report = desk.report()
    desk.settle()
    view = desk.seen(HUB, "concern_reported")[0].statement
    subject = view.sections["person.1.identity"].subject  # type: ignore[attr-defined]
    for changes, told in (
        ({"agency": PROBATION}, "Only the police and the safeguarding hub"),
        ({"to": POLICE}, "no housing agency"),
        ({"subject": text_of(desk.draw(16))}, "names no such person"),
        ({"report": desk.new_id()}, "No report of this id"),
    ):
        given = {"report": report, "subject": subject, **changes}
        with pytest.raises(Misuse, match=told):
            notify(desk, given.pop("report"), given.pop("subject"), **given)


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """Probation's home, which has read what governs."""
    found = Speaker(tmp_path / "home")
    found.read()
    return found


def make(
    speaker: Speaker, capsys: pytest.CaptureFixture[str], text: str, *, code: int = EXIT_USAGE
) -> str:
    """Refer by the command while Kafka is away; give what it says."""
    file = speaker.home.folder.parent / "referral.yaml"
    start = f"to: mk-hub\npeople: [{{reference: r, given: {CANARY}, part: victim}}]\n"
    file.write_text(start + text)
    capsys.readouterr()
    line = ["referral", "make", str(file), "--wait", "0", "--home", str(speaker.home.folder)]
    assert invoke(line) == code
    said = capsys.readouterr()
    assert CANARY not in said.out + said.err
    return said.out + said.err


LACKING = {
    "nothing": ("referral: mash\nchildren: none_known\n", "`child_concern`: a child is at risk"),
    "children": (
        f"referral: mash\nmeets: [adult_concern]\n{WORDS}", "nobody was asked about children",
    ),
    "children of marac": (
        f"referral: marac\nmeets: [judgement]\n{WORDS}", "nobody was asked about children",
    ),
    "children of children": (
        "referral: children\nmeets: [child_household]\nchildren: not_asked\n",
        "nobody was asked about children",
    ),
    "which child": (
        "referral: children\nmeets: [child_household]\nchildren: contact\n",
        "`child_household` is said to hold, and nothing shows it",
    ),
    "words": ("referral: safety_planner\nmeets: [judgement]\n", "nothing is said in words"),
    "blank words": (
        "referral: safety_planner\nmeets: [judgement]\nwords: ' '\n", "nothing is said in words",
    ),
    "level": ("referral: daiu\nmeets: [high_risk]\n", "`high_risk` is said to hold"),
    "all of them": (
        f"referral: care_act_s42\nmeets: [care_support_needs, abuse_or_risk]\n{WORDS}",
        "`cannot_protect`: because of those needs",
    ),
    "consent": (f"referral: substance\nmeets: [support_need]\n{WORDS}", "nobody's consent"),
    "end": (f"referral: handover\nmeets: [risk_stays]\n{WORDS}", "the known end is missing"),
    "criterion": (f"referral: mash\nmeets: [{CANARY}]\n{WORDS}", "has what is no criterion"),
    "marac": (
        "referral: idva\nmeets: [marac]\n", "no statement is named that it arises from",
    ),
    "score": (
        "referral: marac\nmeets: [visible_high_risk]\nchildren: none_known\n",
        "`visible_high_risk` is said to hold",
    ),
    "escalation": (
        "referral: marac\nmeets: [escalation]\nchildren: none_known\n"
        "incidents: [{day: 2016-07-20}, {day: 2016-08-17}]\n",
        "`escalation` is said to hold",
    ),
    "repeat": (
        "referral: marac\nmeets: [repeat]\nchildren: none_known\n"
        "last_referral: 2012-02-29\nincidents: [{day: 2013-03-01}]\n",
        "`repeat` is said to hold",
    ),
    "older repeat": (
        "referral: marac\nmeets: [repeat]\nchildren: none_known\nmarac_version: '1'\n"
        "last_referral: 2012-02-29\nincidents: [{day: 2012-03-01, criminal: no}]\n",
        "`repeat` is said to hold",
    ),
    "version": (
        "referral: marac\nmarac_version: '9'\nchildren: none_known\n", "no such version",
    ),
    "assessment": (
        "referral: daiu\nassessed: 0197a1b2-0000-7000-8000-000000000000\n",
        "no assessment of this id is held here",
    ),
    "excluded": ("referral: mash\nexcluded: [{agency: mk-hub}]\n", "excluded from it"),
}  # fmt: skip


@pytest.mark.parametrize("lacks", LACKING)
def test_a_referral_that_lacks_a_criterion_is_refused_here_with_what_to_do(
    speaker: Speaker, capsys: pytest.CaptureFixture[str], lacks: str
) -> None:
    """Refused at the other end days later, it would be closed as not meeting the threshold."""
    text, told = LACKING[lacks]
    said = make(speaker, capsys, text)
    assert told in said
    assert len(said.strip().splitlines()) >= 2, "what to do stands on a line of its own"
    assert "referral_made" not in {one["event"] for one in speaker.outbox.rows()}


MET = {
    "mash": f"referral: mash\nmeets: [adult_concern]\nchildren: none_known\n{WORDS}",
    "marac": f"referral: marac\nmeets: [judgement]\nchildren: pregnant\n{WORDS}",
    "escalation": "referral: marac\nmeets: [escalation]\nchildren: none_known\n"
    "incidents: [{day: 2016-07-20}, {day: 2016-08-17}, {day: 2016-09-26}]\n",
    "repeat": "referral: marac\nmeets: [repeat]\nchildren: none_known\n"
    "last_referral: 2012-02-29\nincidents: [{day: 2013-02-28, criminal: no}]\n",
    "children": "referral: children\nmeets: [child_cared_for]\nchildren: cares_for_others\n",
    "handover": f"referral: handover\nmeets: [risk_stays]\nends_on: 2012-09-28\n{WORDS}",
    "planner": f"referral: safety_planner\nmeets: [victim_disclosed]\n{WORDS}",
}


@pytest.mark.parametrize("kind", MET)
def test_a_referral_that_meets_its_criteria_is_stored_with_them(
    speaker: Speaker, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """Its addressee sees by which criterion, in which version, and that it is theirs."""
    said = make(speaker, capsys, MET[kind], code=EXIT_NOT_DELIVERED)
    assert "Stored as " in said
    raw = [one["raw"] for one in speaker.outbox.rows() if one["event"] == "referral_made"]
    _, sections = speaker.opened(raw[0])
    assert sections["event"]["addressee"] == "mk-hub"
    assert "(criteria 1" in sections["event"]["criterion"]
    assert {"agency": "mk-hub", "how": "addressee"} in sections["involvement"]["involved"]
    if kind == "handover":
        assert sections["event"]["ends_on"] == "2012-09-28"


@pytest.mark.parametrize("danger", ["danger_now: yes", "urgency: threat_to_life"])
def test_a_threat_to_life_is_referred_whatever_it_lacks(
    speaker: Speaker, capsys: pytest.CaptureFixture[str], danger: str
) -> None:
    """Nothing stops it here that the log would let through."""
    text = f"referral: marac\nmeets: [repeat, {CANARY}]\n{danger}\n"
    make(speaker, capsys, text, code=EXIT_NOT_DELIVERED)
    raw = [one["raw"] for one in speaker.outbox.rows() if one["event"] == "referral_made"]
    _, sections = speaker.opened(raw[0])
    assert sections["event"]["criterion"] == "threat_to_life, repeat (criteria 1, MARAC 2)"


@pytest.mark.parametrize(("account", "yes", "code"), [
    ("victim", 14, EXIT_NOT_DELIVERED), ("victim", 13, EXIT_USAGE), ("records", 20, EXIT_USAGE),
])  # fmt: skip
def test_only_her_own_answers_reach_the_count(
    speaker: Speaker, capsys: pytest.CaptureFixture[str], account: str, yes: int, code: int
) -> None:
    """Twenty boxes that somebody ticked from a file are not her account."""
    folder = speaker.home.folder
    form = folder.parent / "form.yaml"
    answers = "".join(f"  DASH-{n:02}: yes\n" for n in range(1, yes + 1))
    first = ("safe-to-talk", "safe-contact", "whereabouts-perpetrator", "whereabouts-children")
    judged = "judgement: {level: high, by: A, reason: r}\n" if yes != 14 else ""
    form.write_text(
        f"instrument: dash-2009\naccount: {account}\nseen_alone: yes\nchildren: none_known\n"
        "who_says: {name: A. Officer}\n"
        f"people: [{{reference: r}}]\n{judged}answers:\n{answers}first:\n"
        + "".join(f"  {one}: yes\n" for one in first)
    )
    line = ["risk", "assess", str(form), "--wait", "0", "--home", str(folder)]
    assert invoke(line) == EXIT_NOT_DELIVERED
    assessed = outbox_of(Home.open(folder)).rows()[-1]["id"]
    text = "referral: marac\nmeets: [visible_high_risk]\nchildren: none_known\n"
    make(speaker, capsys, f"{text}assessed: {assessed}\n", code=code)
    text = f"referral: daiu\nmeets: [high_risk]\nassessed: {assessed}\n"
    make(speaker, capsys, text, code=EXIT_NOT_DELIVERED)
