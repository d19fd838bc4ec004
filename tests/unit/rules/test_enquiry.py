"""M05, M08, M13, M15 and M17: whether somebody was asked, alone, and what came of it."""

from typing import Any

import pytest

from consumers.safeguarding.rules.seen import Seen
from tests.support.past import MACHINE
from tests.support.watching import D, T, Watch

Json = Any


def asked(watch: Watch, day: str, enquiry: str, *causes: Seen, **changes: Json) -> Seen:
    """Write what came of asking her in private; it is not told yet."""
    facts = {"enquiry": enquiry, "setting": changes.pop("setting", "attendance")}
    return watch.say(
        "enquiry_made", day=day, people=changes.pop("people", ("T",)), agency="mkucs",
        facts=facts, causes=[one.id for one in causes],
    )  # fmt: skip


def born(precision: str, value: str) -> Json:
    """Give the patient a birth."""
    identity = {"subject": T, "names": [{"given": "T"}]}
    return {"person.1.identity": {**identity, "born": {"value": value, "precision": precision}}}


@pytest.mark.parametrize("event", ["E27", "E40"])
def test_an_injury_or_a_swelling_that_nobody_asked_about_asks_for_a_private_enquiry(
    event: str,
) -> None:
    """The burn of 2014, the swollen face of 2016: steam and an abscess answered no question."""
    (alarm,) = Watch().sees("M05", event)
    assert alarm.act == "private_enquiry"
    assert list(alarm.subjects) == [T]
    assert "alone" in alarm.why


@pytest.mark.parametrize("enquiry", ["asked_none", "disclosed", "unsafe", "declined"])
def test_whoever_asked_in_private_has_done_it(enquiry: str) -> None:
    """That she declined, or that it was not safe to ask, is an answer."""
    assert Watch().sees("M05", "E27", facts={"enquiry": enquiry}) == []


@pytest.mark.parametrize("attendance", ["illness", "review", "other"])
def test_an_attendance_without_an_injury_asks_for_nothing(attendance: str) -> None:
    """Eleven of her twelve contacts were routine (4.1)."""
    assert Watch().sees("M05", "E27", facts={"attendance": attendance}) == []


def test_an_injury_that_is_only_marked_as_unexplained_is_asked_about() -> None:
    """A visit for something else: what the clinician marked is a factor, and no word of a form."""
    risk = {"factors": ["unexplained_injury"]}
    (alarm,) = Watch().sees("M05", "E27", facts={"attendance": "illness"}, risk=risk)
    assert alarm.act == "private_enquiry"


@pytest.mark.parametrize(
    ("precision", "value", "fires"),
    [
        ("day", "1998-10-09", True), ("day", "1998-10-10", False), ("month", "1998-10", True),
        ("month", "1998-11", False), ("year", "1998", True), ("year", "1999", False),
        ("age", "16", True), ("age", "15", False),
    ],
)  # fmt: skip
def test_whoever_may_be_sixteen_on_the_day_is_asked(
    precision: str, value: str, fires: bool
) -> None:
    """The law begins at 16; a birth that is known in part counts where it may be."""
    found = Watch().sees("M05", "E27", sections=born(precision, value))
    assert bool(found) is fires


@pytest.mark.parametrize(("day", "silent"), [("2014-10-09", True), ("2014-10-08", False)])
def test_an_enquiry_since_that_day_ends_it_and_an_earlier_one_does_not(
    day: str, silent: bool
) -> None:
    """What she said last week is no answer about a burn of today."""
    watch = Watch()
    watch.tell(asked(watch, day, "asked_none"))
    assert (watch.sees("M05", "E27") == []) is silent


def test_an_enquiry_that_names_the_attendance_ends_it() -> None:
    """The same attendance, delivered anew after she was asked."""
    watch = Watch("E27")
    watch.tell(asked(watch, "2014-10-09", "declined", watch.told.seen[0]))
    assert watch.run("M05", watch.told.seen[0]) == []


@pytest.mark.parametrize("how", [{"setting": "joint_meeting"}, {"people": ("N",)}])
def test_an_enquiry_within_anothers_hearing_or_of_another_ends_nothing(how: Json) -> None:
    """An answer that he could hear says nothing."""
    watch = Watch()
    watch.tell(asked(watch, "2014-10-09", "asked_none", **how))
    assert len(watch.sees("M05", "E27")) == 1


@pytest.mark.parametrize("drop", ["event", "person.1.identity"])
def test_an_attendance_in_part_asks_for_nothing(drop: str) -> None:
    """Police have only that she attended: what was asked is not theirs to see."""
    assert Watch().sees("M05", "E27", drop=[drop]) == []


@pytest.mark.parametrize("event", ["E34", "E41", "E43"])
def test_a_joint_meeting_asks_for_a_separate_contact(event: str) -> None:
    """Three meetings with both, and nobody spoke to her alone (3.2.18, 3.2.25, 3.2.27)."""
    (alarm,) = Watch().sees("M08", event)
    assert alarm.act == "separate_contact"
    assert set(alarm.subjects) == {D, T}
    assert "No question about abuse is ever put in a joint meeting" in alarm.why


@pytest.mark.parametrize(
    ("alone", "fires"),
    [("yes", False), ("no", True), ("unknown", True), ("not_asked", True), ("refused", True)],
)
def test_only_a_yes_says_that_she_was_seen_alone(alone: str, fires: bool) -> None:
    """Unknown is never yes."""
    told = {"people": ("D", "T/victim"), "risk": {"seen_alone": alone}}
    assert bool(Watch().sees("M08", "E34", **told)) is fires


@pytest.mark.parametrize(
    ("people", "fires"),
    [
        (("D", "T"), True), (("D/victim", "T"), True), (("D/victim", "T/victim"), True),
        (("D",), True), (("D", "Child/child"), True), (("D", "T/victim", "N"), True),
        (("D", "T/victim"), False), (("D/alleged_perpetrator", "T"), False),
        (("T/victim", "D/alleged_perpetrator"), False),
        (("Child/child", "D/alleged_perpetrator", "T/victim"), False),
    ],
)  # fmt: skip
def test_a_yes_that_may_mean_him_ends_no_duty_to_see_her(
    people: tuple[str, ...], fires: bool
) -> None:
    """An officer who spoke to him first writes yes: of two, the answer does not say which."""
    told = {"people": people, "risk": {"seen_alone": "yes"}}
    assert bool(Watch().sees("M08", "E34", **told)) is fires


@pytest.mark.parametrize("drop", ["risk", "person.2.part", "person.2.identity"])
def test_a_yes_of_which_a_part_was_not_delivered_ends_nothing(drop: str) -> None:
    """What shows that it was she may be withheld: then nobody knows it here."""
    told = {"people": ("D", "T/victim"), "risk": {"seen_alone": "yes"}, "drop": [drop]}
    assert len(Watch().sees("M08", "E34", **told)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"facts": {"contact": "supervision"}},
        {"people": ("D", "Friend/associate")},
        {"people": ()},
        {"drop": ["event"]},
        {"provenance": MACHINE},
    ],
)
def test_a_meeting_of_no_couple_or_a_view_without_it_asks_for_nothing(changes: Json) -> None:
    """A friend who came along is no partner, and the hub's product has no event."""
    if changes.get("people") == ():
        changes = {"drop": ["person.1.identity", "person.2.identity"]}
    assert Watch().sees("M08", "E34", **changes) == []


@pytest.mark.parametrize(
    "people",
    [
        ("D",), ("D", "Child/child"), ("Child/child", "D"), ("D", "Child/child", "Second/child"),
        ("D/child", "Child/child"),
    ],
)  # fmt: skip
def test_a_partner_who_is_named_nowhere_was_not_seen_alone(people: tuple[str, ...]) -> None:
    """That nobody wrote down who came makes it no safer, nor that their child is named."""
    (alarm,) = Watch().sees("M08", "E34", people=people)
    assert list(alarm.subjects) == [D]


def test_a_child_who_came_takes_no_partners_place() -> None:
    """She was seen alone since: whoever is named before them, nobody else is to be."""
    watch = Watch()
    watch.tell(asked(watch, "2016-07-07", "asked_none", setting="telephone"))
    assert watch.sees("M08", "E34", people=("Child/child", "D", "T")) == []


@pytest.mark.parametrize(("asked_", "fires"), [(("T",), True), (("T", "N"), False)])
def test_where_two_others_came_each_is_spoken_to_alone(
    asked_: tuple[str, ...], fires: bool
) -> None:
    """That one of them was heard says nothing of the other."""
    watch = Watch()
    for who in asked_:
        watch.tell(asked(watch, "2016-07-08", "asked_none", setting="telephone", people=(who,)))
    assert bool(watch.sees("M08", "E34", people=("D", "T", "N"))) is fires


def test_a_friend_and_a_child_are_no_couple() -> None:
    """Who came along is known, and is no partner."""
    assert Watch().sees("M08", "E34", people=("D", "Friend/associate", "Child/child")) == []


@pytest.mark.parametrize(("day", "silent"), [("2016-07-07", True), ("2016-07-06", False)])
def test_a_talk_with_her_alone_since_ends_it(day: str, silent: bool) -> None:
    """Whoever speaks to her apart on the day has done what is asked."""
    watch = Watch()
    watch.tell(asked(watch, day, "asked_none", setting="telephone"))
    assert (watch.sees("M08", "E34") == []) is silent


@pytest.mark.parametrize(
    ("enquiry", "fires"),
    [("asked_none", True), ("disclosed", True), ("declined", True), ("unsafe", False),
     ("not_asked", False)],
)  # fmt: skip
def test_a_question_that_was_put_in_a_joint_meeting_is_no_enquiry(
    enquiry: str, fires: bool
) -> None:
    """The question itself may have put her in danger: not to ask there was right."""
    watch = Watch()
    said = asked(watch, "2016-07-07", enquiry, setting="joint_meeting", people=("D", "T"))
    assert bool(watch.sees("M08", said)) is fires


@pytest.mark.parametrize(
    "people",
    [("T",), ("T", "Child/child"), ("Child/child", "T/victim"), ("T/child", "Child/child")],
)
def test_an_unidentified_companion_is_asked_after(people: tuple[str, ...]) -> None:
    """E40: the only time a man came with her, and nobody wrote down who; nor is he her child."""
    (alarm,) = Watch().sees("M13", "E40", people=people)
    assert alarm.act == "companion"
    assert list(alarm.subjects) == [T]


@pytest.mark.parametrize(
    "changes",
    [
        {"facts": {"accompanied": "alone"}},
        {"facts": {"accompanied": "declined"}},
        {"facts": {"companion": "partners"}},
        {"people": ("T", "Man/associate")},
        {"facts": {"accompanied": "not_recorded", "unexplained": False}},
        {"facts": {"attendance": "injury", "accompanied": "not_recorded", "unexplained": False}},
        {"drop": ["event"]},
    ],
)
def test_a_companion_who_is_known_or_was_not_there_is_not_asked_after(changes: Json) -> None:
    """Declined is an answer; and nobody is recorded to have come with the burn of E27."""
    assert Watch().sees("M13", "E40", **changes) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"companion": "not_known"}, {"accompanied": "partner"}, {"accompanied": "family"},
        {"accompanied": "not_recorded"},
    ],
)  # fmt: skip
def test_a_companion_of_whom_nobody_knows_enough_is_asked_after(facts: Json) -> None:
    """With an injury that nobody explained, who was there is half of the answer."""
    assert len(Watch().sees("M13", "E40", facts=facts)) == 1


@pytest.mark.parametrize("event", ["E22", "E37"])
def test_a_claim_that_she_harms_him_asks_about_both(event: str) -> None:
    """5.5.4 (v): nobody explored whether he was a victim; it makes her none the less one."""
    (alarm,) = Watch("E18").sees("M15", event)
    assert alarm.act == "private_enquiry"
    assert set(alarm.subjects) == {D, T}
    assert "Nobody's part changes" in alarm.why


def test_claims_of_one_couple_within_the_window_are_raised_once() -> None:
    """The day after the window a claim is a new one: E22 in 2012 does not hide E37 in 2016."""
    watch = Watch("E22")
    first = watch.told.seen[0].id
    assert watch.sees("M15", "E37", day="2012-08-09")[0].statements[0] == first
    watch = Watch("E22")
    alarm = watch.sees("M15", "E37", day="2012-08-10")[0]
    assert alarm.statements[0] == watch.told.seen[-1].id


ROLES = ("D/alleged_perpetrator", "T/victim")
SWAPPED = ("D/victim", "T/alleged_perpetrator")


def test_parts_the_other_way_round_ask_about_both_and_the_first_parts_do_not() -> None:
    """A role swap is what a counter-allegation looks like in a form."""
    watch = Watch()
    assert watch.sees("M15", "E58", people=ROLES) == []
    assert len(watch.sees("M15", "E58", people=SWAPPED)) == 1
    assert watch.sees("M15", "E58", people=ROLES) == []
    assert watch.sees("M15", "E58", people=("D", "T/victim")) == []


def test_another_womans_parts_are_none_of_theirs() -> None:
    """Each pair has its own parts."""
    watch = Watch()
    watch.tell("E58", people=("D/alleged_perpetrator", "N/victim"))
    assert watch.sees("M15", "E58", people=SWAPPED) == []


@pytest.mark.parametrize(
    "changes", [{"drop": ["event"]}, {"drop": ["person.2.identity"]}, {"provenance": MACHINE}]
)
def test_a_claim_in_part_or_by_a_machine_asks_for_nothing(changes: Json) -> None:
    """Without its event or its people a contact claims nothing."""
    assert Watch().sees("M15", "E22", **changes) == []


def test_a_disclosure_to_a_health_service_asks_for_a_referral_decision() -> None:
    """5.6.3 (iii): she had to ring the service herself."""
    watch = Watch()
    (alarm,) = watch.sees("M17", "E27", facts={"enquiry": "disclosed"})
    assert alarm.act == "support_referral"
    assert list(alarm.subjects) == [T]


def test_an_enquiry_in_an_attendance_is_the_same_disclosure() -> None:
    """One duty for one disclosure, whichever record says it."""
    watch = Watch("E27")
    attendance = watch.told.seen[0]
    (alarm,) = watch.sees("M17", asked(watch, "2014-10-09", "disclosed", attendance))
    assert alarm.statements[0] == attendance.id


@pytest.mark.parametrize("enquiry", ["asked_none", "unsafe", "declined", "not_asked"])
def test_what_is_no_disclosure_needs_no_referral(enquiry: str) -> None:
    """M17 is about what somebody said, M05 about whether they were asked."""
    assert Watch().sees("M17", "E27", facts={"enquiry": enquiry}) == []


def test_a_disclosure_that_was_not_delivered_asks_for_nothing() -> None:
    """Police learn of a disclosure by the leg that consent opens, not by this rule."""
    said = Watch().sees("M17", "E27", facts={"enquiry": "disclosed"}, drop=["event"])
    assert said == []


@pytest.mark.parametrize(
    ("referral", "day", "silent"),
    [("idva", "2014-10-09", True), ("safety_planner", "2014-10-10", True),
     ("marac", "2014-10-09", True), ("idva", "2014-10-08", False),
     ("substance", "2014-10-09", False)],
)  # fmt: skip
def test_a_referral_for_her_since_ends_it(referral: str, day: str, silent: bool) -> None:
    """A referral for something else, or before she spoke, is no answer to what she said."""
    watch = Watch()
    watch.tell(
        "referral_made", day=day, people=("T",), agency="mkucs",
        facts={"addressee": "mk-act", "referral": referral, "criterion": "disclosed"},
    )  # fmt: skip
    assert (watch.sees("M17", "E27", facts={"enquiry": "disclosed"}) == []) is silent


def test_a_decision_not_to_refer_ends_it_too() -> None:
    """A refusal that is recorded as hers is a decision."""
    watch = Watch("E27")
    attendance = watch.told.seen[0]
    watch.tell(
        "referral_considered", day="2014-10-09", agency="mkucs", causes=[attendance.id], work=True,
        facts={
            "statement": attendance.id, "referral": "idva", "decision": "not_made",
            "reason": "she declined", "by": "N. Nurse", "role": "nurse",
        },
    )  # fmt: skip
    assert watch.sees("M17", asked(watch, "2014-10-09", "disclosed", attendance)) == []
