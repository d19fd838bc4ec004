"""M04 and M12: something stands against somebody, and another is in danger of not knowing."""

from typing import Any

import pytest

from consumers.safeguarding.rules.record import against
from consumers.safeguarding.rules.seen import Seen
from tests.support.history_suite import found_by_research
from tests.support.past import MACHINE, Past, at_ms, token
from tests.support.watching import EX, D, N, T, Watch

HISTORY = ("E01", "E08", "E09", "E10", "E10-arrest", "E16")


def test_a_new_relationship_of_somebody_with_history_asks_for_a_disclosure_decision() -> None:
    """E17: nobody asked whether she should be told, whatever the law was called then."""
    watch = Watch(*HISTORY)
    (alarm,) = watch.sees("M04", "E17")
    assert alarm.act == "disclosure"
    assert set(alarm.subjects) == {D, T}
    assert "COMMON_LAW_ONLY" in alarm.why
    assert alarm.statements[0] == watch.told.seen[-1].id


def test_a_joiner_is_decided_on_under_the_scheme_that_is_there_by_then() -> None:
    """E33 came two years after the scheme: nothing is told under common law alone."""
    (alarm,) = Watch(*HISTORY).sees("M04", "E33")
    assert "COMMON_LAW_ONLY" not in alarm.why


@pytest.mark.parametrize(("day", "early"), [("2014-03-07", True), ("2014-03-08", False)])
def test_the_scheme_begins_on_its_day(day: str, early: bool) -> None:
    """The review calls it a missed disclosure scheme where there was none yet (5.6.4 v)."""
    (alarm,) = Watch("E01").sees("M04", "E17", day=day)
    assert ("COMMON_LAW_ONLY" in alarm.why) is early


def test_a_new_partner_is_a_pair_of_her_own() -> None:
    """E24: no identity crosses from one woman to another, in either direction."""
    watch = Watch(*HISTORY, "E17", "E18")
    (alarm,) = watch.sees("M04", "E24")
    assert set(alarm.subjects) == {D, N}
    about_another = {watch.told.seen[n].id for n in (-2, -3)}
    assert not about_another & set(alarm.statements)


def test_a_victim_has_no_history_by_what_was_done_to_her() -> None:
    """E08 stands against him: her own new partner is told nothing of it."""
    watch = Watch("E08", "E09")
    assert watch.sees("M04", "E17", people=("Ex", "N")) == []
    history = Past(watch.told)
    assert len(against(history, D)) == 2
    assert against(history, EX) == []


def test_an_allegation_by_another_stands_against_whom_the_contact_is_with() -> None:
    """E16: he believed that a report held allegations; whose, nobody knows, but not hers."""
    watch = Watch("E16")
    assert len(against(Past(watch.told), D)) == 1
    assert against(Past(watch.told), EX) == []


@pytest.mark.parametrize("known", ["E10", "E10-arrest", "E14", "E20"])
def test_what_harmed_nobody_and_an_arrest_are_no_history(known: str) -> None:
    """An arrest is no conviction (trap 9), and a supply is not violence."""
    assert Watch(known).sees("M04", "E17") == []


def test_a_drugs_offence_that_police_noted_as_domestic_is_history() -> None:
    """What was done to somebody at home is not harmless by its heading."""
    watch = Watch()
    watch.tell("E10", facts={"domestic": "yes"})
    assert len(watch.sees("M04", "E17")) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"facts": {"relationship": "family"}},
        {"people": ("D", "T/associate")},
        {"people": ("D", "T/child")},
        {"people": ("D",)},
        {"provenance": MACHINE},
        {"drop": ["event"]},
    ],
)
def test_what_is_no_couple_or_was_not_delivered_asks_for_nothing(changes: dict[str, Any]) -> None:
    """A view that leaves the event out is lawful and small: the rule is silent on it."""
    assert Watch("E01").sees("M04", "E17", **changes) == []


def test_a_caution_stands_against_somebody() -> None:
    """He admitted it: it never came to a court, and is on record like a conviction."""
    watch = Watch()
    watch.tell("E01", facts={"record": "caution"})
    assert len(watch.sees("M04", "E17")) == 1


def test_nothing_on_record_asks_for_nothing() -> None:
    """Most couples: a rule that fires on each is a rule that nobody reads."""
    assert Watch("E14").sees("M04", "E17") == []


@pytest.mark.parametrize(("day", "same"), [("2012-05-15", True), ("2012-05-16", False)])
def test_what_is_said_of_one_couple_within_the_window_is_one_occasion(day: str, same: bool) -> None:
    """Two reports in a fortnight are one decision: the second is raised under the first's key."""
    watch = Watch("E01", "E18")
    first = watch.told.seen[-1]
    (alarm,) = watch.sees("M04", "E25", day=day)
    assert (alarm.statements[0] == first.id) is same


def test_history_that_comes_in_after_the_report_asks_about_the_report() -> None:
    """Research takes days: the match is what makes the report matter."""
    watch = Watch("E18")
    report = watch.told.seen[0]
    assert watch.run("M04", report) == []
    (alarm,) = watch.sees("M04", found_by_research(watch.telling, report))
    assert alarm.statements[0] == report.id
    assert set(alarm.subjects) == {D, T}


@pytest.mark.parametrize(
    "facts",
    [
        {"outcome": "nil", "kinds": None}, {"outcome": "possible_match"},
        {"kinds": ["intelligence"]},
    ],
)  # fmt: skip
def test_a_look_that_found_no_history_asks_for_nothing(facts: dict[str, Any]) -> None:
    """Nil is not safe, and a possible match is for a person to judge first."""
    watch = Watch("E18")
    given = {k: v for k, v in facts.items() if v is not None}
    assert watch.sees("M04", found_by_research(watch.telling, watch.told.seen[0], **given)) == []


@pytest.mark.parametrize("delivered", ["2012-05-15", "2012-05-16", "2013-01-01"])
def test_what_a_look_found_asks_about_its_report_however_late_it_ends(delivered: str) -> None:
    """Windows go by when things happened: a look that took weeks is no reason for silence."""
    watch = Watch("E18")
    found = found_by_research(watch.telling, watch.told.seen[0], day=delivered)
    assert len(watch.sees("M04", found)) == 1


@pytest.mark.parametrize(("day", "fires"), [("2012-05-15", True), ("2012-05-16", False)])
def test_history_that_happened_within_the_window_of_a_report_asks_about_it(
    day: str, fires: bool
) -> None:
    """A warning of two weeks later is of the same occasion, whenever police shared it."""
    found = Watch("E18").sees("M04", "E09", day=day, at="2012-09-01")
    assert bool(found) is fires


@pytest.mark.parametrize("occurred", [{"precision": "year", "at": "1987"},
                                      {"precision": "undated"}])  # fmt: skip
def test_an_old_record_that_is_noted_late_asks_about_who_was_a_couple_meanwhile(
    occurred: dict[str, str],
) -> None:
    """When police came to note it is no matter: it stood all the while."""
    facts = {"occurred": occurred}
    assert len(Watch("E18").sees("M04", "E01", day="2012-09-01", facts=facts)) == 1


def test_what_comes_late_asks_once_about_each_couple() -> None:
    """Three reports of her and one of another woman in a year: two decisions, by the newest."""
    watch = Watch("E17", "E18", "E23", "E24", "E25")
    watch.tell("E18", day="2013-03-25", facts={"relationship": "family"})
    facts = {"occurred": {"precision": "undated"}}
    alarms = watch.sees("M04", "E01", day="2013-04-01", facts=facts)
    assert {frozenset(one.subjects) for one in alarms} == {frozenset({D, T}), frozenset({D, N})}
    assert {one.statements[0] for one in alarms} == {one.id for one in watch.told.seen[3:5]}


def decided(watch: Watch, day: str) -> None:
    """Have a named officer decide about the two."""
    applied = watch.tell(
        "disclosure_applied", day=day, people=("T/victim", "D/alleged_perpetrator"),
        agency="thames-valley", facts={"right": "to_know", "applicant": "police"},
    )  # fmt: skip
    watch.tell(
        "disclosure_staged", day=day, agency="thames-valley", causes=[applied.id], work=True,
        facts={
            "application": applied.id, "stage": "decided", "power": "common_law_only",
            "decision": "refuse", "reason": "she knows already", "by": "I. Officer",
            "role": "inspector",
        },
    )  # fmt: skip


def test_a_decision_that_was_made_silences_it_until_more_comes_in() -> None:
    """A named officer decided: only what that officer could not know asks again."""
    watch = Watch("E01")
    decided(watch, "2012-03-01")
    assert watch.sees("M04", "E18") == []
    watch.tell("E09", at="2012-06-01")
    assert len(watch.sees("M04", "E25")) == 1


@pytest.mark.parametrize(("rule", "event"), [("M04", "E25"), ("M12", "E33")])
def test_an_alert_that_was_closed_silences_it_until_more_comes_in(rule: str, event: str) -> None:
    """What is raised then is no longer what was closed; what is of another occasion was not."""
    watch = Watch("E01")
    (alarm,) = watch.sees(rule, event)
    assert not alarm.once
    alert = watch.alert(rule, *alarm.subjects, about=alarm.statements[0])
    watch.tell("alert_closed", day="2017-01-01", causes=[alert], work=True, facts={
        "alert": alert, "outcome": "done", "useful": "useful", "by": "I. Officer",
        "role": "inspector",
    }, agency="thames-valley")  # fmt: skip
    (occasion,) = (one for one in watch.told.seen if one.id == alarm.statements[0])
    assert watch.run(rule, occasion) == []
    for day in ("2017-06-01", "2017-07-01"):
        watch.tell("E09", at=day)
        (again,) = watch.run(rule, occasion)
        assert again.once == str(at_ms("2017-01-01")), "one question until that is closed too"


def test_a_decision_about_one_woman_is_none_about_another() -> None:
    """E24 has a right-to-know decision of her own."""
    watch = Watch("E01")
    decided(watch, "2012-03-01")
    assert len(watch.sees("M04", "E24")) == 1


def test_a_link_brings_another_agencys_record_to_bear() -> None:
    """Police know him under a token of their own, until a matcher says who he is."""
    watch = Watch()
    watch.tell("E01", people=("D2",))
    assert watch.sees("M04", "E17") == []
    watch.told.links.append(frozenset({D, token("D2")}))
    assert len(watch.sees("M04", "E18")) == 1


def test_a_joiner_with_history_asks_for_a_notice_that_says_nothing() -> None:
    """E33, rec. 18: ring first; the housing officer learns no conviction."""
    watch = Watch(*HISTORY)
    (alarm,) = watch.sees("M12", "E33")
    assert alarm.act == "housing_notice"
    assert "no conviction" in alarm.why
    assert set(alarm.subjects) == {D, T}


@pytest.mark.parametrize(
    ("known", "event"), [((), "E33"), (("E10",), "E33"), (("E01",), "E07"), (("E01",), "E24")]
)
def test_who_joins_without_history_or_does_not_join_asks_for_no_notice(
    known: tuple[str, ...], event: str
) -> None:
    """A departure, and an address that was only approved, are no joining."""
    assert Watch(*known).sees("M12", event) == []


def test_a_joiner_whose_event_was_withheld_asks_for_nothing() -> None:
    """The event says who joined: without it there is nothing to go by."""
    assert Watch("E01").sees("M12", "E33", drop=["event"]) == []


@pytest.mark.parametrize(("day", "same"), [("2013-04-17", True), ("2013-04-18", False)])
def test_two_agencies_that_report_one_joining_raise_it_once(day: str, same: bool) -> None:
    """Probation and housing both see him move in."""
    watch = Watch("E01", "E25")
    first = watch.told.seen[-1].id
    (alarm,) = watch.sees("M12", "E33", day=day)
    assert (alarm.statements[0] == first) is same


def notify(watch: Watch, joined: Seen, day: str) -> None:
    """Have police tell housing to ring first."""
    facts = {"addressee": "mkc-housing", "statement": joined.id, "act": "ring_police_contact",
             "ring": "01632 960100"}  # fmt: skip
    watch.tell("housing_notice_given", day=day, agency="thames-valley", causes=[joined.id],
               work=True, facts=facts)  # fmt: skip


def test_a_notice_that_was_given_is_not_asked_for_again() -> None:
    """What is done is done: a second call from housing would only teach them to ignore it."""
    watch = Watch("E01", "E25")
    joined = watch.told.seen[-1]
    notify(watch, joined, "2013-03-21")
    assert watch.sees("M12", "E33", day="2013-04-01") == []


def test_a_notice_that_was_given_for_the_later_of_two_reports_is_not_asked_for_again() -> None:
    """Probation and housing saw him move in, and the notice names the second of the two."""
    watch = Watch("E01", "E25")
    later = watch.tell("E33", day="2013-04-01")
    notify(watch, later, "2013-04-02")
    assert watch.run("M12", later) == []


def test_history_that_comes_in_after_the_joining_asks_for_the_notice() -> None:
    """Research of a joiner ends after he moved in."""
    watch = Watch("E33")
    joined = watch.told.seen[0]
    found = found_by_research(watch.telling, joined, day="2016-10-02")
    (alarm,) = watch.sees("M12", found)
    assert alarm.statements[0] == joined.id


def test_a_contact_without_its_event_is_no_history() -> None:
    """The hub's product of a contact leaves the event out: nobody is blamed by a gap."""
    watch = Watch()
    watch.tell("E16", drop=["event"])
    assert watch.sees("M04", "E17") == []


def test_a_record_may_be_read_out_by_a_machine_and_an_allegation_may_not() -> None:
    """A register is no hearsay; what somebody told is said by a person."""
    watch = Watch()
    watch.tell("E16", provenance=MACHINE)
    assert watch.sees("M04", "E17") == []
    watch.tell("E01", provenance=MACHINE)
    assert len(watch.sees("M04", "E18")) == 1
