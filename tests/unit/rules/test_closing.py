"""M14, M16 and M18: what is closed while somebody may still be at risk."""

from typing import Any

import pytest

from consumers.safeguarding.rules.seen import Seen
from tests.support.history_suite import answer
from tests.support.past import MACHINE
from tests.support.watching import D, T, Watch

Json = Any


def closed(watch: Watch, report: Seen, **facts: Json) -> Seen:
    """Write a supervisor's decision to do no more; it is not told yet."""
    return watch.say(
        "no_further_action_decided", day="2018-01-20", agency="thames-valley", causes=[report.id],
        work=True,
        facts={
            "statement": report.id, "decided_by": "S. Visor", "researched_by": ["R. Reader"],
            "reason": "both visited, each alone; neither wants more", **facts,
        },
    )  # fmt: skip


@pytest.mark.parametrize("event", ["E58", "E69"])
@pytest.mark.parametrize("reason", ["anecdotal", "Hearsay only.", "uncorroborated report"])
def test_an_informal_report_that_was_closed_as_informal_is_looked_at_again(
    event: str, reason: str
) -> None:
    """5.7.3 (ii): the neighbours' reports "were anecdotal", and surfaced after the killing."""
    watch = Watch(event)
    report = watch.told.seen[0]
    (alarm,) = watch.sees("M14", closed(watch, report, reason=reason))
    assert alarm.act == "reconsider"
    assert set(alarm.subjects) == {D, T}
    assert report.id in alarm.statements


def test_an_informal_report_that_was_looked_into_may_be_closed() -> None:
    """Everybody looked up, a reason, nothing else held: a supervisor's decision stands."""
    watch = Watch("E58")
    assert watch.sees("M14", closed(watch, watch.told.seen[0])) == []


def test_an_informal_report_that_nobody_looked_into_is_looked_at_again() -> None:
    """M01's button refuses it: what comes another way does not pass unseen."""
    watch = Watch("E58")
    said = closed(watch, watch.told.seen[0], researched_by=[])
    assert len(watch.sees("M14", said)) == 1


@pytest.mark.parametrize("known", ["E01", "E37"])
def test_an_informal_report_that_is_not_all_that_is_held_is_looked_at_again(known: str) -> None:
    """Neighbours and a conviction, or neighbours and a row, are more than either."""
    watch = Watch(known)
    report = watch.tell("E58", day="2017-01-10")
    (alarm,) = watch.sees("M14", closed(watch, report))
    assert watch.told.seen[0].id in alarm.statements


@pytest.mark.parametrize(("day", "fires"), [("2017-01-10", True), ("2017-01-09", False)])
def test_what_else_is_held_of_these_two_counts_for_a_year(day: str, fires: bool) -> None:
    """E58 is of 10 January 2018."""
    watch = Watch()
    watch.tell("E37", day=day)
    report = watch.tell("E58")
    assert bool(watch.sees("M14", closed(watch, report))) is fires


def test_a_second_report_of_the_same_source_is_nothing_else() -> None:
    """The councillor may have it from the neighbours: corroboration stays one."""
    watch = Watch("E58", "E69")
    first, second = watch.told.seen
    watch.told.copies[second.id] = first.id
    assert watch.sees("M14", closed(watch, first)) == []
    watch.told.copies.clear()
    assert len(watch.sees("M14", closed(watch, first))) == 1


def test_a_report_of_a_service_is_closed_by_its_own_rules() -> None:
    """A probation officer's concern is not informal: M01 has it."""
    watch = Watch("E18")
    assert watch.sees("M14", closed(watch, watch.told.seen[0], reason="anecdotal")) == []


def test_a_closure_of_what_was_not_delivered_says_nothing() -> None:
    """Whose report it was cannot be seen."""
    watch = Watch()
    report = watch.say("E58")
    assert watch.sees("M14", closed(watch, report, reason="anecdotal")) == []
    watch.tell("E58", drop=["event", "provenance"])
    gone = closed(watch, watch.told.seen[-1], reason="anecdotal")
    assert watch.sees("M14", gone) == []


@pytest.mark.parametrize(
    ("facts", "fires"),
    [
        ({"actions": ["no_action"], "researched": "no", "no_action_reason": "-"}, True),
        ({"actions": ["no_action"], "researched": "part", "no_action_reason": "-"}, True),
        ({"actions": ["no_action"], "researched": "yes", "no_action_reason": "spoken to"}, False),
        ({"actions": ["visit_planned"], "researched": "no"}, False),
    ],
)
def test_an_answer_without_any_action_closes_a_report_too(facts: Json, fires: bool) -> None:
    """Silence is what stops people reporting; so is a polite nothing."""
    watch = Watch("E69")
    said = answer(watch.telling, watch.told.seen[0], "2018-01-20", **facts)
    assert bool(watch.sees("M14", said)) is fires


@pytest.mark.parametrize(
    ("source", "action", "fires"),
    [("public", "none", True), ("public", "visited", False), ("partner_agency", "none", False)],
)
def test_a_log_of_what_the_public_said_that_was_left_at_that_is_looked_at_again(
    source: str, action: str, fires: bool
) -> None:
    """The review's one line: a log, and no action."""
    found = Watch().sees("M14", "E19", facts={"source": source, "action": action})
    assert bool(found) is fires


def test_a_report_of_ours_that_was_closed_and_reached_nobody_is_shown() -> None:
    """5.6.3 (iv): without an agreement the report goes nowhere, and somebody must know."""
    (alarm,) = Watch().sees("M16", "E18", marks=["closed"], is_ours=True)
    assert alarm.act == "agreement"
    assert "threat to life" in alarm.why


@pytest.mark.parametrize(
    "changes",
    [
        {"marks": ["closed"]},
        {"is_ours": True},
        {"marks": ["provisional"], "is_ours": True},
        {"marks": ["closed"], "is_ours": True, "provenance": MACHINE},
    ],
)
def test_what_was_not_closed_or_is_not_ours_is_no_gap(changes: Json) -> None:
    """Another agency's gap is its own."""
    assert Watch().sees("M16", "E18", **changes) == []


def test_what_needs_no_leg_has_no_gap() -> None:
    """A police record is recorded for its publisher: nobody else was to have it."""
    assert Watch().sees("M16", "E01", marks=["closed"], is_ours=True) == []


def test_what_we_took_back_ourselves_is_no_gap() -> None:
    """A retraction closes what is held, and is meant."""
    watch = Watch("E18")
    report = watch.told.seen[0]
    watch.tell(
        "statement_retracted", day="2012-05-03", causes=[report.id], work=True,
        facts={"statement": report.id, "reason": "mistaken", "by": "A. Officer"},
    )  # fmt: skip
    again = watch.say("E18", marks=["closed"], is_ours=True)
    assert len(watch.run("M16", again)) == 1
    given = Seen(report.statement, report.at, report.day, report.agency, frozenset({"closed"}),
                 is_ours=True)  # fmt: skip
    assert watch.run("M16", given) == []


@pytest.mark.parametrize(
    ("event", "before"), [("E26", ["E22"]), ("E42", ["E37", "E38"]), ("E50", [])]
)
def test_an_end_with_a_risk_that_stays_asks_for_a_handover(event: str, before: list[str]) -> None:
    """Licence, step down, end: each time he was somebody's, and then nobody's."""
    (alarm,) = Watch(*before).sees("M18", event)
    assert alarm.act == "handover"
    assert list(alarm.subjects) == [D]
    assert "ends no risk" in alarm.why


@pytest.mark.parametrize(
    ("risk", "fires"),
    [("yes", True), ("no", False), ("unknown", False), ("not_asked", False), ("refused", False)],
)
def test_without_a_concern_only_a_risk_that_is_recognised_asks(risk: str, fires: bool) -> None:
    """Most licences end and nobody is at risk; who closes one says what they know."""
    assert bool(Watch().sees("M18", "E50", facts={"risk_recognised": risk})) is fires


@pytest.mark.parametrize(("day", "fires"), [("2014-11-11", True), ("2014-11-10", False)])
def test_a_concern_is_open_for_the_window(day: str, fires: bool) -> None:
    """730 days before 10 November 2016, which were 731 by the calendar's leap day."""
    watch = Watch()
    watch.tell("E37", day=day)
    assert bool(watch.sees("M18", "E42")) is fires


@pytest.mark.parametrize("event", ["E36", "E34", "E20"])
def test_what_is_no_incident_keeps_no_end_open(event: str) -> None:
    """Talk of a partner, a meeting, a drink."""
    assert Watch(event).sees("M18", "E42", day="2016-11-10") == []


def handover(
    watch: Watch, day: str, referral: str = "handover", decision: str | None = "accepted"
) -> None:
    """Refer him on, and have an answer or none."""
    sent = watch.tell(
        "referral_made", day=day, people=("D",),
        facts={"addressee": "mk-act", "referral": referral, "criterion": "risk stays"},
    )  # fmt: skip
    if decision is not None:
        watch.tell(answer(watch.telling, sent, day, referral=decision))


def handed_over(referral: str = "handover", decision: str | None = "accepted") -> Watch:
    """Have a concern, and refer him on before the end."""
    watch = Watch("E37")
    handover(watch, "2017-08-20", referral, decision)
    return watch


def test_an_end_that_somebody_took_over_is_silent() -> None:
    """The agency that accepted says so by name."""
    assert handed_over().sees("M18", "E50") == []


@pytest.mark.parametrize(
    ("referral", "decision"),
    [("handover", None), ("handover", "refused"), ("handover", "redirected"),
     ("substance", "accepted")],
)  # fmt: skip
def test_an_end_that_nobody_took_over_asks(referral: str, decision: str | None) -> None:
    """A letter that nobody answered hands nothing over (E51 to E57)."""
    assert len(handed_over(referral, decision).sees("M18", "E50")) == 1


@pytest.mark.parametrize(("day", "silent"), [("2015-09-16", True), ("2015-09-15", False)])
def test_a_handover_of_long_ago_hands_over_nothing_of_this_end(day: str, silent: bool) -> None:
    """Within the window, 730 days, it is of this end: E50 is of 15 September 2017."""
    watch = Watch("E37")
    handover(watch, day)
    assert (watch.sees("M18", "E50") == []) is silent


@pytest.mark.parametrize(("ended", "silent"), [("2017-08-19", True), ("2017-08-21", False)])
def test_a_handover_of_an_earlier_end_hands_over_nothing_of_this_one(
    ended: str, silent: bool
) -> None:
    """What was taken over then has ended: whoever has him now asks anew."""
    watch = Watch("E37")
    handover(watch, "2017-08-20")
    watch.tell("E42", day=ended)
    assert (watch.sees("M18", "E50") == []) is silent


@pytest.mark.parametrize("changes", [{"drop": ["event"]}, {"drop": ["person.1.identity"]}])
def test_an_end_in_part_asks_for_nothing(changes: Json) -> None:
    """Whose end it is was not delivered."""
    assert Watch("E37").sees("M18", "E50", **changes) == []


@pytest.mark.parametrize(
    ("day", "fires"),
    [("2016-11-10", True), ("2014-11-11", True), ("2014-11-10", False), ("2016-11-11", False)],
)
def test_a_concern_of_before_an_end_that_is_told_after_it_asks_for_a_handover(
    day: str, fires: bool
) -> None:
    """Two agencies, two posts: the end came first. What happens after it is another matter."""
    watch = Watch("E42")
    end = watch.told.seen[0]
    found = watch.sees("M18", "E38", day=day, at="2016-12-01")
    assert [list(one.statements) for one in found] == [[end.id, watch.told.seen[-1].id]] * fires


def test_each_agencys_last_end_is_asked_about_and_no_earlier_one() -> None:
    """A step down, the end after it, and another agency's own: two of them are still to be done."""
    watch = Watch("E42")
    last = watch.tell("E42", day="2017-01-10")
    another = watch.tell("E42", day="2016-12-10", agency="mk-act")
    found = watch.sees("M18", "E38", at="2017-02-01")
    assert {one.statements[0] for one in found} == {last.id, another.id}


@pytest.mark.parametrize(
    ("closed", "fires"), [(None, False), ("2016-11-20", True), ("2016-12-02", False)]
)
def test_an_end_that_was_asked_about_is_asked_about_again_for_what_came_since(
    closed: str | None, fires: bool
) -> None:
    """An open duty is enough; one that was done before the concern came is not."""
    watch = Watch("E37", "E42")
    alert = watch.alert("M18", D, about=watch.told.seen[1].id)
    if closed is not None:
        watch.tell(
            "alert_closed", day=closed, agency="tv-probation", causes=[alert], work=True,
            facts={"alert": alert, "outcome": "not_needed"},
        )  # fmt: skip
    assert bool(watch.sees("M18", "E38", at="2016-12-01")) is fires
