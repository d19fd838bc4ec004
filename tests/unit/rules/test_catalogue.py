"""What holds for every rule: which there are, their terms, what they say, when they are quiet."""

import inspect
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from consumers.safeguarding.rules.catalogue import RULES
from consumers.safeguarding.rules.escalation import INCIDENTS
from consumers.safeguarding.rules.terms import at_home, completed, desks, may_be_at, named
from contracts.event.control import AgencyKind, Rules
from producers.instruments import marac_criteria
from tests.support.past import MACHINE
from tests.support.watching import REVIEW, Watch, review, shipped
from tests.vectors import ledger

FOUNDED = msgspec.structs.replace(
    msgspec.convert(ledger.founding()["rules"], Rules), watch=list(shipped().values())
)
IDS = [f"M{n:02}" for n in range(4, 23)]
RECORDS = ("E01", "E08", "E09")
QUIET = ("E04", "E44", "E54", "E56")
NAMES = re.compile(r"\b(Tracey|Daniel|Tom|Lisa|Jane|John|he|she|his|her|him)\b", re.IGNORECASE)


def whole_review() -> list[tuple[str, str, Any]]:
    """Tell one agency the whole review in order, and list what each rule made of each event."""
    watch, found = Watch(), []
    for event in sorted(REVIEW, key=lambda one: REVIEW[one]["day"]):
        seen = watch.tell(review(event))
        found += [
            (event, rule, alarm) for rule in IDS for alarm in watch.run(rule, seen, shipped()[rule])
        ]
    return found


def test_every_rule_from_m04_to_m22_is_there_and_has_a_term() -> None:
    """A rule without a term is not run, and a term without a rule does nothing."""
    assert set(IDS) <= set(RULES)
    assert set(IDS) <= set(shipped())


@pytest.mark.parametrize("rule", IDS)
def test_whose_another_agencys_alert_is_has_a_desk_there(rule: str) -> None:
    """Police's M06 reached probation for the police unit: nobody there was told of it for 36 h."""
    term, rules = shipped()[rule], FOUNDED
    for by in term.kinds:
        role = named(term, by) or rules.roles[by]
        for kind in sorted(set(get_args(AgencyKind)) - {by}):
            found = at_home(rules, rule, role, kind)
            assert may_be_at(rules, found, kind)
            assert found == role or not may_be_at(rules, role, kind), "what may be there stays"


def test_whose_it_is_there_is_whom_its_term_names_and_else_whom_the_ruleset_does() -> None:
    """M06 is the senior officer's at probation; a surgery, which no term names, has its lead."""
    unit, lead = "domestic_abuse_investigation_unit", "safeguarding_lead"
    rules = msgspec.structs.replace(FOUNDED, roles=FOUNDED.roles | {"health": lead})
    assert at_home(rules, "M06", unit, "probation") == "duty_senior_probation_officer"
    assert at_home(rules, "M15", unit, "health") == lead
    assert at_home(rules, "a rule of theirs", unit, "health") == lead
    assert at_home(rules, "M15", unit, "other") == rules.roles["other"]


@pytest.mark.parametrize("rule", IDS)
def test_every_rule_says_where_it_comes_from(rule: str) -> None:
    """A reader must find the row of the catalogue and the paragraph of the review."""
    said = inspect.getdoc(RULES[rule]) or ""
    source = said.partition("Source:")[2]
    assert f"({rule}" in source
    assert "review " in source or "SafeLives" in source


@pytest.mark.parametrize("rule", IDS)
def test_every_term_is_run_by_somebody_and_wakes_nobody_by_itself(rule: str) -> None:
    """A threat interrupts because it is one, never because of how a term was written.

    Nor is what asks for an act a note, which closes itself with the act undone.
    """
    term = shipped()[rule]
    assert term.kinds
    assert term.fallback
    assert term.attention == "duty"


PROBATIONS = ("M07", "M08", "M18")
"""Rules whose act is its publisher's, as a rule probation's: the role named is probation's."""


@pytest.mark.parametrize("rule", [rule for rule in IDS if rule not in PROBATIONS])
def test_every_agency_that_runs_a_rule_names_a_desk_of_its_own(rule: str) -> None:
    """A duty of a desk that only another agency has is nobody's here, and nobody is told of it."""
    term = shipped()[rule]
    for kind in term.kinds:
        role = term.owners.get(kind) or term.owners["other"]
        kinds = desks(FOUNDED, role)
        assert not kinds or kind in kinds, (kind, role)


def test_the_criteria_of_marac_and_the_terms_agree_on_their_figures() -> None:
    """Domain 1.2 (c), (d): one number in two files is one that somebody changes in one of them."""
    criteria = marac_criteria(Path("no-home"))
    assert shipped()["M10"].threshold == criteria.incidents_min
    assert shipped()["M22"].threshold == criteria.repeat_months


@pytest.mark.parametrize("event", QUIET)
@pytest.mark.parametrize("rule", IDS)
def test_the_quiet_ones_stay_quiet(event: str, rule: str) -> None:
    """domain.md 5: a tenancy, benefits and letters raise nothing, whatever else is known."""
    watch = Watch(*(one for one in REVIEW if one not in QUIET))
    assert watch.sees(rule, event) == []


def test_over_the_whole_review_every_rule_but_those_without_an_event_speaks() -> None:
    """Without M14, M16, M17 and M22: nobody closed, disclosed or referred anything there."""
    fired = {rule for _, rule, _ in whole_review()}
    assert fired == set(IDS) - {"M14", "M16", "M17", "M22"}


def test_each_rule_speaks_on_the_events_that_the_catalogue_names() -> None:
    """The test column of domain.md 4, by hand; M10 is a week later than it says (section 7)."""
    raised = whole_review()
    found = {(event, rule) for event, rule, _ in raised}
    named = {
        "M04": ("E17", "E24", "E33"), "M05": ("E27", "E40"), "M06": ("E21",),
        "M07": ("E24", "E31"), "M08": ("E34", "E41", "E43"), "M09": ("E35", "E37", "E46"),
        "M10": ("E39",), "M11": ("E07",), "M12": ("E33",), "M13": ("E40",), "M15": ("E22", "E37"),
        "M18": ("E26", "E42", "E50"), "M20": ("E59", "E60"), "M21": ("E41",),
    }  # fmt: skip
    expected = {(event, rule) for rule, events in named.items() for event in events}
    assert expected - found == set()
    decisions = {e: alarm.statements[0] for e, rule, alarm in raised if rule == "M04"}
    assert {decisions[event] for event in named["M04"]} == {
        review(event).id for event in named["M04"]
    }  # fmt: skip


def test_no_alarm_names_anybody_or_promises_anything() -> None:
    """What is shown at 3 am on a screen that others pass."""
    for event, rule, alarm in whole_review():
        told = f"{rule} on {event}"
        assert NAMES.search(alarm.why) is None, told
        assert not re.search(r"prevent|guarantee|at no risk|no danger", alarm.why), told
        assert len(alarm.why) < 700, told


def test_only_a_threat_interrupts() -> None:
    """Every other alarm is a duty with a clock, or a note."""
    loud = {(event, rule) for event, rule, alarm in whole_review() if alarm.louder}
    assert loud == {("E60", "M20")}


def test_an_alarm_rests_on_what_was_told_and_is_about_whom_that_names() -> None:
    """No alarm carries a person or a statement out of the air; no two of one rule have one key."""
    watch = Watch()
    for event in sorted(REVIEW, key=lambda one: REVIEW[one]["day"]):
        seen = watch.tell(event)
        known = {one.id for one in watch.told.seen}
        for rule in IDS:
            alarms = watch.run(rule, seen)
            assert len({(one.statements[0], one.once) for one in alarms}) == len(alarms)
            for alarm in alarms:
                assert set(alarm.statements) <= known
                assert len(set(alarm.statements)) == len(alarm.statements)


@pytest.mark.parametrize("event", sorted(one for one in REVIEW if one not in RECORDS))
def test_no_rule_speaks_on_what_a_machine_said(event: str) -> None:
    """Machines must not feed machines; a record that one read out is what M04 names."""
    watch = Watch(*REVIEW)
    seen = watch.tell(event, provenance=MACHINE)
    assert [rule for rule in IDS if watch.run(rule, seen)] == []


@pytest.mark.parametrize("event", sorted(REVIEW))
@pytest.mark.parametrize("kept", [[], ["use_limits", "person.1.identity", "person.2.identity"]])
def test_no_rule_speaks_on_a_view_without_its_event(event: str, kept: list[str]) -> None:
    """The minimal product of the default matrix has no event: rules cope, and are silent."""
    watch = Watch(*REVIEW)
    whole = watch.say(event)
    dropped = [name for name in whole.statement.sections if name not in kept]
    seen = watch.tell(event, drop=dropped)
    assert [rule for rule in IDS if watch.run(rule, seen)] == []


def test_the_ruleset_says_what_words_count_and_one_without_them_has_the_shipped_ones() -> None:
    """A ruleset that was adopted before there were lists must not make a rule deaf."""
    bare = [msgspec.structs.replace(one, words=None, threshold=None) for one in FOUNDED.watch or []]
    assert completed(bare, FOUNDED) == FOUNDED.watch
    own = msgspec.structs.replace(shipped()["M10"], words={"incidents": ["record"]}, threshold=1)
    watch = Watch()
    assert watch.run("M10", watch.tell("E58"), own) == []
    assert len(watch.run("M10", watch.tell("E08", people=("D", "T")), own)) == 1


@pytest.mark.parametrize("rule", ["M10", "M22"])
def test_every_kind_of_incident_that_a_term_names_is_one(rule: str) -> None:
    """A word in another spelling would count nothing, and nobody would know."""
    named = (shipped()[rule].words or {})["incidents"]
    assert set(named) <= {one.name for one in INCIDENTS}
