"""What must not flow (domain.md 5), over every delivery and every machine's word of the review.

`tests/matrix/test_traps.py` holds each trap over made statements of every kind; where the review
has no item for a part of one, the docstring says which test holds it.
"""

import re
from collections.abc import Iterator

import msgspec

from contracts.event.case import ExclusionRecorded
from contracts.event.report import PoliceRecordNoted, ReturnMade
from contracts.event.work import AlertRaised, ResearchCompleted
from contracts.form import Section
from contracts.opened import View, open_view
from contracts.section import Health, PersonPart, SourceIdentity, Whereabouts, kind_of
from contracts.sharing import Exclusions
from deploy.replay import telling
from deploy.replay.asked import asked
from deploy.replay.case import Case
from deploy.replay.never import Watch
from deploy.replay.played import Breach, Delivered, Played, Spoken

POLICE, HUB, PROBATION, MK_ACT = "thames-valley", "mk-mash", "nps-thames-valley", "mk-act"
HOUSING, COMPASS, CHILDREN, GOVERNANCE = "mkc-housing", "compass", "mkc-children", "mk-csp"
HEALTH = {"grove-surgery", "mkucs", "mkuhft"}
HIS = {PROBATION, COMPASS, HOUSING}
"""Who supervises him, treats him, or writes to the household that he shares."""
HERS = {
    "private_enquiry", "dash", "companion", "care_screen", "disclosure", "marac_review",
    "marac_referral", "support_referral", "police_now", "family_response",
}  # fmt: skip
"""Acts by which she, or somebody like her, is asked or told something."""
IN_TREATMENT = ["E11", "E12", "E52", "E53", "E54", "E55", "E56", "E57"]
AT_A_SURGERY = ["E27", "E28", "E40", "E45", "E62", "E66", "E67", "E47", "E48", "E51"]


IN_JUNE = re.compile(r"2018-06(?:-\d\d)?(?![-T\d])|\d{1,2}(?:st|nd|rd|th)? (?:of )?June 2018")
"""A day of the month in which she died, or the month; not when that was told."""


def statements(review: Played) -> dict[str, Spoken]:
    """Give every statement by its id."""
    return {one.id: one for one in review.spoken}


def of(review: Played, *items: str) -> list[Delivered]:
    """List what was delivered of items themselves, to whomever."""
    ids = {review.said(item).statement for item in items}
    return [one for one in review.delivered if one.statement in ids]


def resting_on(review: Played, *items: str) -> list[Delivered]:
    """List everything that was delivered and rests on one of some items, or is one."""
    return [one for one in review.delivered if {*one.about} & {*items}]


def sections(review: Played, one: Delivered) -> Iterator[Section]:
    """Give the sections that were delivered."""
    held = statements(review)[one.statement].statement.sections
    return (held[name] for name in one.sections if name in held)


def kinds(one: Delivered) -> set[str]:
    """Give which kinds of sections were delivered."""
    return {(kind_of(name) or name).removeprefix("person.") for name in one.sections}


def named(review: Played, alert: AlertRaised) -> set[str]:
    """Give whom an alert is about, by key."""
    return {review.people[token] for token in alert.subjects or () if token in review.people}


def alerts_to(review: Played, *agencies: str) -> Iterator[AlertRaised]:
    """List the alerts that were delivered to other agencies than whose rule fired."""
    for one in review.delivered:
        value = statements(review)[one.statement].value
        if isinstance(value, AlertRaised) and one.to in agencies:
            yield value


def texts(review: Played) -> Iterator[tuple[str, str]]:
    """Give every section that anybody or any machine said, as text, by what it is about."""
    for one in review.spoken:
        for section in one.statement.sections.values():
            yield ", ".join(one.about), msgspec.json.encode(section).decode()


def test_trap_01_nothing_of_his_treatment_leaves_compass_but_a_status_he_agreed_to(
    review: Played,
) -> None:
    """That he is known to Compass is itself special-category data.

    Of his referral Compass has that he agreed to it, as its criteria need, and no account of it.
    """
    assert {one.to for one in resting_on(review, *IN_TREATMENT)} <= {GOVERNANCE}
    (status,) = of(review, "I03")
    assert (status.to, status.marks) == (PROBATION, ("status_only",))
    assert kinds(status) == {"event", "use_limits", "identity", "part"}
    (referral,) = of(review, "E49b")
    assert referral.to == COMPASS
    assert kinds(referral) == {"event", "provenance", "use_limits", "identity", "part", "consent"}


def test_trap_02_no_attendance_of_hers_comes_to_stand_in_his_record(review: Played) -> None:
    """E27 and E28 stay where they are, and so does what was asked about E27 and E40."""
    assert {one.to for one in resting_on(review, *AT_A_SURGERY)} <= {GOVERNANCE}
    hers = [alert for one, alert in review.alerts if {*one.about} & {*AT_A_SURGERY}]
    assert len(hers) > 2
    assert all(named(review, alert) == {"T"} for alert in hers)


def test_trap_03_what_he_says_of_a_diagnosis_stays_his_word(review: Played) -> None:
    """No record was ever found (6.7): nobody is sent it, and nothing calls it confirmed."""
    his = [
        value for one in review.spoken if one.about[:1] in {("E15",), ("E20",)}
        for value in one.statement.sections.values() if isinstance(value, Health)
    ]  # fmt: skip
    assert [value.standing for value in his] == ["self_reported", "self_reported"]
    for one in of(review, "E15", "E20"):
        assert one.to == POLICE
        assert kinds(one) == {"use_limits", "identity", "part"}
    told = "\n".join(telling.contradictions(review))
    assert "he claimed that it was" in told
    assert "no records of this have ever been found" in told


def test_trap_04_where_she_is_is_known_to_police_and_the_hub_alone(review: Played) -> None:
    """Never through his record, nor in a letter that the household shares.

    Probation has the flat that it approved itself (E31): a party knows what it said.
    """
    told = {
        one.to for one in review.delivered for value in sections(review, one)
        if isinstance(value, Whereabouts) and review.people[value.subject] == "T"
    }  # fmt: skip
    assert told == {POLICE, HUB}
    machines = (one for one in review.spoken if one.automated)
    assert not any(isinstance(v, Whereabouts) for one in machines for v in
                   one.statement.sections.values())  # fmt: skip


def test_trap_05_nothing_that_is_asked_of_her_surfaces_where_he_may_see_it(review: Played) -> None:
    """Who works with him is told of what they owe themselves; a joint meeting asks nothing."""
    sent = list(alerts_to(review, *HIS))
    assert sent
    assert not [a.act for a in sent if a.act in HERS and "D" in named(review, a)]
    assert {a.act for a in alerts_to(review, PROBATION)} <= {
        "risk_review", "separate_contact", "visit_check", "therapy_record", "handover",
    }  # fmt: skip
    assert list(alerts_to(review, COMPASS)) == []
    joint = {what.act for what in asked(review) if what.item in {"E34", "E43"}}
    assert joint & HERS == set()


def test_trap_06_a_counter_allegation_swaps_no_part_and_opens_no_service(review: Played) -> None:
    """E22 and E37: both unassessed, both asked, and nothing of hers goes to whoever helps him."""
    parts = {
        (review.people[value.subject], value.part)
        for one in review.spoken for value in one.statement.sections.values()
        if isinstance(value, PersonPart) and value.subject in review.people
    }  # fmt: skip
    assert not parts & {("D", "victim"), ("T", "alleged_perpetrator")}
    for item in ("E22", "E37"):
        said = statements(review)[review.said(item).statement or ""]
        given = [v for v in said.statement.sections.values() if isinstance(v, PersonPart)]
        assert {value.part for value in given} == {"unassessed"}
        assert {one.to for one in of(review, item)} == {POLICE, HUB}
        assert not {one.to for one in resting_on(review, item)} & {MK_ACT, COMPASS, HOUSING}
        (both,) = (what for what in asked(review) if (what.item, what.rule) == (item, "M15"))
        assert both.act == "private_enquiry"


def test_trap_07_what_stands_against_him_leaves_police_by_no_statement(review: Played) -> None:
    """A disclosure decision is police's; housing is told to ring.

    Nobody applied in the review: no kind of statement carries a disclosure's content, as
    `test_trap_07` of the matrix holds.
    """
    records = {one.id for one, _ in review.of(PoliceRecordNoted)}
    assert len(records) > 3
    assert not [one for one in review.delivered if one.statement in records]
    results = {one.id for one, _ in review.of(ResearchCompleted)}
    assert results
    shown = [one for one in review.delivered if one.statement in results]
    assert not [one for one in shown if {"event", "narrative"} & kinds(one)]
    decisions = [one.id for one, alert in review.alerts if alert.act == "disclosure"]
    assert len(decisions) > 3
    assert {one.to for one in review.delivered if one.statement in {*decisions}} <= {POLICE, HUB}
    assert {item for one in review.delivered if one.to == HOUSING for item in one.about} <= {
        "E05", "E06", "E07", "E23", "E25", "E31", "E33",
    }  # fmt: skip


def test_trap_08_no_other_woman_of_his_reaches_whoever_works_with_her(review: Played) -> None:
    """Neither the former partner, the ex-wife nor the new one; and nothing is about two of them."""
    known: dict[str, set[str]] = {"X": set(), "W": set(), "N": set()}
    for one in review.delivered:
        for token in one.subjects:
            known.get(review.people[token], set()).add(one.to)
    assert known == {"X": set(), "W": {POLICE, HUB, CHILDREN}, "N": {POLICE, HUB}}
    women = {"T", "X", "W", "N"}
    assert all(len(named(review, alert) & women) <= 1 for _, alert in review.alerts)


def test_trap_09_an_arrest_is_no_history_and_no_further_action_is_an_allegation(
    review: Played,
) -> None:
    """E10 and E29 stand behind no alert; E08 is told as what it was."""
    rests = {item for what in asked(review) for item in what.because}
    assert rests & {"E10", "E10b", "E29"} == set()
    assert {"E01", "E08", "E09", "E16"} <= rests
    page = " ".join(" ".join(telling.table(review)).split())
    assert "a police record (an allegation; no further action) [E08" in page
    assert "a police record (arrest) [E10b" in page


def test_trap_10_who_may_only_tell_is_named_to_nobody(review: Played) -> None:
    """Landlady, councillor, neighbours, father, colleague: sealed in every delivery."""
    sealed = [
        one for one in review.spoken
        if any(isinstance(v, SourceIdentity) for v in one.statement.sections.values())
    ]  # fmt: skip
    assert {one.about[0] for one in sealed} == {"E23", "E69", "E58", "E59", "E60"}
    assert not any(one.automated for one in sealed)
    assert not [one for one in review.delivered if "source_identity" in kinds(one)]


def test_trap_11_the_unsanitised_log_line_stays_with_police(review: Played) -> None:
    """E19 as it was logged goes to nobody, and nothing that rests on it does.

    Nothing here is graded C: the matrix holds that.
    """
    assert review.said("E19").statement is not None
    assert of(review, "E19") == []
    assert resting_on(review, "E19") == []


def test_trap_12_the_day_of_her_death_is_in_no_statement(review: Played) -> None:
    """1.3.2. Small numbers are suppressed in figures: `tests/unit/test_suppression.py`."""
    item = review.said("E63").item
    assert not item.has_day
    assert (item.report or {})["when"] == "2018-06"
    assert of(review, "E63") == []
    month = [("E63", "2018-06")]
    assert [(about, day) for about, text in texts(review) for day in IN_JUNE.findall(text)] == month


def test_trap_13_what_nobody_looked_up_is_never_nil(review: Played) -> None:
    """Destroyed is destroyed; a bare first name is not searched, and asked back of who gave it."""
    returned = [event.returned for _, event in review.of(ReturnMade)]
    assert returned == ["destroyed", "destroyed"]
    outcomes = [(one.about[0], event.outcome) for one, event in review.of(ResearchCompleted)]
    assert {outcome for _, outcome in outcomes} <= {"not_searched"}
    assert ("E17", "not_searched") in outcomes
    page = "\n".join(telling.table(review))
    assert "a first name cannot be searched" in " ".join(page.split())


def test_trap_14_nobody_received_what_the_case_says_they_must_never(review: Played) -> None:
    """Checked at every delivery, in every machine's words and in every desk's rows."""
    assert review.breaches == []
    assert len(review.case.must_never) > 40
    assert "Nobody received any of it: " in "\n".join(telling.breaches(review))


def test_trap_14_a_planted_breach_is_named(review: Played) -> None:
    """A check that cannot fail checks nothing: the flag of 1 May, as police were sent it."""
    planted = {"who": "police", "what": ["narrative"], "of": ["E18"], "why": "a planted trap"}
    case = Case.model_validate(review.case.model_dump() | {"must_never": [planted]})
    watch, said = Watch(case, review.people), review.said("E18")
    statement = statements(review)[said.statement or ""].statement
    watch.say(said.item, statement)
    keys = review.log.state.public_keys.get
    for agency, sent in review.log.views.items():
        for one in sent:
            if one.key == statement.digest.encode() and one.value is not None:
                view = open_view(one.value, review.log.trust, keys, to=agency)
                assert isinstance(view, View)
                watch.see(agency, view)
    assert watch.breaches == [Breach("E18", POLICE, "narrative", "a view", "a planted trap")]


def test_trap_15_no_health_record_is_sent_anything_that_could_show_there(review: Played) -> None:
    """A patient's record may be read online by another: in the review health is sent nothing.

    How what it is sent elsewhere is marked is held by `test_trap_15` of the matrix.
    """
    assert not {one.to for one in review.delivered} & HEALTH
    own = [one.id for one, _ in review.alerts if one.agency in HEALTH]
    assert len(own) > 2
    assert not [one for one in review.delivered if one.statement in own]


def test_trap_16_whom_a_report_is_kept_from_has_nothing_that_rests_on_it(review: Played) -> None:
    """The new partner's case is kept from two agencies, and the statement says so.

    That protects the one statement and what rests on it (decisions/0018): nobody recorded an
    exclusion by person. One about him would be wrong, for both must be told to ring where he moves
    in with Tracey (default matrix: household; M12). They are told that, and of her nothing at all.
    Nobody in the review is known to be employed by one: a force that employs him is held by
    `test_trap_16` of the matrix.
    """
    assert {one.to for one in of(review, "E24b")} == {POLICE, HUB}
    assert not {one.to for one in resting_on(review, "E24b")} & {HOUSING, MK_ACT}
    wall = statements(review)[review.said("E24b").statement or ""]
    exclusions = wall.statement.sections["exclusions"]
    assert isinstance(exclusions, Exclusions)
    assert {one.agency for one in exclusions.excluded} == {HOUSING, MK_ACT}
    assert not list(review.of(ExclusionRecorded))
    theirs = [one for one in review.delivered if one.to in {HOUSING, MK_ACT}]
    named = [(one, {review.people[token] for token in one.subjects}) for one in theirs]
    assert not [one for one, whom in named if "N" in whom]
    his = [(one, whom) for one, whom in named if "D" in whom and one.at > wall.at]
    assert {(one.to, *one.about) for one, _ in his} == {
        (HOUSING, "E25"), (HOUSING, "E31"), (MK_ACT, "E25"), (MK_ACT, "E31"), (MK_ACT, "E33"),
    }  # fmt: skip
    for one, whom in his:
        assert whom == {"D", "T"}
        assert kinds(one) == {"event", "use_limits", "identity", "part"}
