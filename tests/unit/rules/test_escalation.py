"""M10 and M20: what counts as an incident, and what follows from one more of them."""

from typing import Any

import pytest

from consumers.safeguarding.rules.escalation import INCIDENTS, incident
from tests.support.past import MACHINE
from tests.support.watching import D, T, Watch

Json = Any


def test_on_the_day_that_the_catalogue_names_there_are_two_incidents_and_not_three() -> None:
    """domain.md 4 says that E36 to E38 fire it; section 7, which prevails, that E36 is none."""
    watch = Watch("E33", "E34", "E35", "E36", "E37")
    assert watch.sees("M10", "E38") == []


def test_the_swollen_face_of_a_week_later_is_the_third() -> None:
    """E37, E38 and E39: on 3 October 2016 somebody would have been asked to look."""
    watch = Watch("E33", "E34", "E35", "E36", "E37", "E38")
    (alarm,) = watch.sees("M10", "E39")
    assert alarm.act == "marac_review"
    assert set(alarm.subjects) == {D, T}
    told = {one.id for one in watch.told.seen[-3:]}
    assert set(alarm.statements) == told
    assert "no referral" in alarm.why


def test_two_is_not_three() -> None:
    """Just before the threshold."""
    assert Watch("E37").sees("M10", "E38") == []


def test_a_copy_counts_once() -> None:
    """E18 and E19 may be one source: with E22 they are two, until a person says otherwise."""
    watch = Watch("E18", "E19")
    watch.told.copies[watch.told.seen[1].id] = watch.told.seen[0].id
    assert watch.sees("M10", "E22") == []
    watch.told.copies.clear()
    assert len(watch.run("M10", watch.told.seen[-1])) == 1


def echoes(watch: Watch, *days: str) -> list[Any]:
    """Tell the same in turn by two agencies, each perhaps an echo of the one before."""
    for day in days:
        agency = ("thames-valley", "mk-hub")[len(watch.told.seen) % 2]
        told = watch.tell("E58", day=day, agency=agency)
        before = watch.told.seen[:-1]
        watch.told.copies.update({told.id: before[-1].id} if before else {})
    return watch.run("M10", watch.told.seen[-1])


WEEKLY = ("2016-01-01", "2016-01-08", "2016-01-15", "2016-01-22")


def test_two_agencies_that_hear_of_a_couple_each_week_are_not_one_report_for_ever() -> None:
    """A chain counts once for a week from its first report, and then a second time, and a third."""
    assert echoes(Watch(), *WEEKLY) == []
    (alarm,) = echoes(Watch(), *WEEKLY, "2016-01-29")
    assert len(alarm.statements) == 3


@pytest.mark.parametrize(("day", "fires"), [("2016-01-08", False), ("2016-01-09", True)])
def test_a_report_counts_with_the_first_of_its_chain_for_seven_days(day: str, fires: bool) -> None:
    """After a report of the summer before it is one of the second, or the third."""
    assert bool(echoes(Watch(), "2015-06-01", "2016-01-01", "2016-01-05", day)) is fires


def test_what_a_person_said_is_one_source_is_one_however_long_the_chain() -> None:
    """Somebody rang both senders, each time: five times the same was heard once."""
    watch = Watch()
    echoes(watch, *WEEKLY, "2016-01-29")
    watch.told.same.update(watch.told.copies)
    assert watch.run("M10", watch.told.seen[-1]) == []


def test_what_may_repeat_either_of_two_is_a_source_beside_neither() -> None:
    """The log of 2 May may be what was said on 30 April, or the flag of 1 May: E18+E19=1."""
    watch = Watch()
    early, flag = (watch.tell("E18", day=day) for day in ("2012-04-30", "2012-05-01"))
    log = watch.tell("E19")
    watch.told.copies |= {log.id: flag.id, early.id: log.id}
    assert watch.sees("M10", "E22") == []


@pytest.mark.parametrize(("day", "fires"), [("2015-10-04", True), ("2015-10-03", False)])
def test_an_incident_counts_for_365_days(day: str, fires: bool) -> None:
    """By when it happened: 2016 was a leap year, so 3 October looks back to 4 October."""
    watch = Watch("E38")
    watch.tell("E37", day=day)
    assert bool(watch.sees("M10", "E39")) is fires


def test_an_incident_that_arrives_late_counts_where_it_happened() -> None:
    """A report that comes in March of a night in August stands between the others."""
    watch = Watch("E38", "E39")
    assert len(watch.sees("M10", "E37", at="2017-03-01")) == 1


def test_an_old_incident_that_arrives_late_joins_no_window_that_it_is_not_in() -> None:
    """Three within two years are not three within one."""
    watch = Watch("E37", "E38", "E39")
    assert watch.sees("M10", "E37", day="2014-08-17", at="2017-03-01") == []


@pytest.mark.parametrize(("known", "fires"), [("2017-08-17", True), ("2017-08-18", False)])
def test_what_nobody_can_date_is_counted_by_when_it_was_told(known: str, fires: bool) -> None:
    """E58 reached an officer undated: MARAC's criterion is of what was *reported* in a year."""
    watch = Watch("E37", "E38")
    facts = {"occurred": {"precision": "undated"}, "known_to_agency": known}
    assert bool(watch.sees("M10", "E58", day=known, facts=facts)) is fires


def test_another_couples_incidents_are_not_theirs() -> None:
    """What he did to another woman is history, and no incident of these two."""
    watch = Watch("E38")
    watch.tell("E37", people=("D", "N"))
    assert watch.sees("M10", "E39") == []


def test_while_a_review_is_open_no_second_is_asked_for() -> None:
    """One thread per pair; once it is closed the next incident speaks again."""
    watch = Watch("E37", "E38")
    alert = watch.alert("M10", D, T)
    assert watch.sees("M10", "E39") == []
    watch.tell(
        "alert_closed", day="2016-10-04", agency="mk-hub", causes=[alert], work=True,
        facts={"alert": alert, "outcome": "done"},
    )  # fmt: skip
    assert len(watch.sees("M10", "E39", day="2016-10-05")) == 1


def test_a_review_that_nobody_makes_in_its_time_silences_nothing_after_it() -> None:
    """An alert that a lead took and left is asked for again by the next incident, once a clock."""
    watch = Watch("E37", "E38")
    watch.alert("M10", D, T, due="2016-10-10")
    late = watch.say("E39", day="2016-10-11")
    assert watch.sees("M10", "E39") == []
    (alarm,) = watch.sees("M10", late)
    assert alarm.statements[0] == late.id, "its key is of the incident that came"
    watch.alert("M10", D, T, due="2016-10-14")
    assert watch.sees("M10", "E39", day="2016-10-14") == []
    assert len(watch.sees("M10", "E39", day="2016-10-15")) == 1


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("E18", "separation"), ("E19", "log"), ("E22", "claim"), ("E37", "claim"), ("E38", "row"),
        ("E39", "injury"), ("E40", "injury"), ("E58", "concern"), ("E59", "concern"),
        ("E60", "concern"), ("E69", "concern"), ("E08", "record"), ("E09", "record"),
    ],
)  # fmt: skip
def test_an_incident_has_a_name(event: str, name: str) -> None:
    """Every kind is in one table with why it counts."""
    found = incident(Watch().say(event))
    assert found is not None
    assert found.name == name
    assert found.because


@pytest.mark.parametrize(
    "event",
    ["E01", "E04", "E05", "E14", "E16", "E17", "E20", "E21", "E23", "E24", "E25", "E27", "E32",
     "E33", "E34", "E35", "E36", "E41", "E43", "E44", "E46", "E50", "E54", "E56"],
)  # fmt: skip
def test_what_is_no_incident_is_none(event: str) -> None:
    """A joint meeting, a move, an assessment, what he thinks of her: each is something else."""
    assert incident(Watch().say(event)) is None


def test_a_disclosure_in_an_attendance_is_one_incident() -> None:
    """The attendance and the enquiry made in it are one encounter."""
    watch = Watch("E37")
    facts = {"attendance": "injury", "enquiry": "disclosed"}
    attended = watch.tell("E40", people=("T", "D"), facts=facts)
    said = watch.say(
        "enquiry_made", day="2016-10-03", people=("T", "D"), agency="mkucs", causes=[attended.id],
        facts={"enquiry": "disclosed", "setting": "attendance"},
    )  # fmt: skip
    assert watch.sees("M10", said) == []


@pytest.mark.parametrize(
    "changes", [{"drop": ["event"]}, {"drop": ["person.2.identity"]}, {"provenance": MACHINE}]
)
def test_what_was_withheld_or_a_machine_said_is_no_incident(changes: Json) -> None:
    """The hub's product of a contact has no event: it counts nothing that it cannot see."""
    assert Watch("E37", "E38").sees("M10", "E39", **changes) == []


def test_a_warning_of_jealousy_asks_for_an_assessment() -> None:
    """E59: he told her father that she had affairs, two weeks before."""
    (alarm,) = Watch().sees("M20", "E59")
    assert (alarm.act, alarm.louder) == ("dash", False)
    assert set(alarm.subjects) == {D, T}


def test_a_threat_is_for_the_police_at_once_and_for_an_assessment() -> None:
    """E60: "joking" is for a named officer to judge, after somebody rang."""
    alarms = Watch().sees("M20", "E60")
    assert [(one.act, one.louder) for one in alarms] == [("police_now", True), ("dash", False)]
    assert len({one.once for one in alarms}) == 2
    assert "joke is still a threat" in alarms[0].why


def test_a_threat_made_to_whoever_supervises_him_is_one_too() -> None:
    """He may say it in an office as well as to a colleague."""
    assert len(Watch().sees("M20", "E37", facts={"disclosed": ["threat"]})) == 2


@pytest.mark.parametrize(
    ("changes", "acts"),
    [
        ({}, ["dash"]),
        ({"urgency": "urgent"}, ["police_now", "dash"]),
        ({"risk": {"factors": ["threats_to_kill"], "danger_now": "yes"}}, ["police_now", "dash"]),
    ],
)
def test_a_threat_of_years_ago_wakes_nobody(changes: Json, acts: list[str]) -> None:
    """F04 is of 2005: it interrupts where the report is of now."""
    given = {"risk": {"factors": ["threats_to_kill"]}, **changes}
    alarms = Watch().sees("M20", "E59", **given)
    assert [one.act for one in alarms] == acts


KILL = {"factors": ["threats_to_kill"]}


@pytest.mark.parametrize("event", ["E36", "E31", "E35", "E40"])
def test_threats_to_kill_are_a_warning_in_whatever_report(event: str) -> None:
    """Told to whoever supervises, houses or treats somebody, as in a concern (F04)."""
    assert [one.act for one in Watch().sees("M20", event, risk=KILL)] == ["dash"]
    now = Watch().sees("M20", event, risk=KILL, urgency="urgent")
    assert [one.act for one in now] == ["police_now", "dash"]


def test_a_record_and_her_own_account_are_no_warning() -> None:
    """The one is what was, of 2005; the other is the assessment that a warning asks for."""
    assert Watch().sees("M20", "E08", risk=KILL) == []
    hers = {**KILL, "account": "victim"}
    assert Watch().sees("M20", "E35", risk=hers, people=("T/victim", "D")) == []


@pytest.mark.parametrize("event", ["E58", "E18", "E46", "E35"])
def test_what_warns_of_neither_is_no_warning(event: str) -> None:
    """An argument next door, a parting, an anger: other rules have them."""
    assert Watch().sees("M20", event) == []


@pytest.mark.parametrize("changes", [{"drop": ["event"]}, {"provenance": MACHINE}])
def test_a_warning_in_part_or_by_a_machine_is_silent(changes: Json) -> None:
    """A threat to life reaches the police by the emergency path, whole."""
    assert Watch().sees("M20", "E60", **changes) == []


def test_a_warning_whose_source_was_withheld_is_one() -> None:
    """Who said it changes nothing for her."""
    assert len(Watch().sees("M20", "E59", drop=["provenance"])) == 1


def test_no_two_kinds_of_incident_have_one_name() -> None:
    """A table is read by its names."""
    assert len({one.name for one in INCIDENTS}) == len(INCIDENTS)
