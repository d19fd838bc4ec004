"""What it would be dangerous to block, as the domain reference lists it (section 5).

Over the shipped agreements, with statements really signed: each of these must arrive.
"""

from functools import cache
from typing import Any

import pytest

from contracts.event.work import InformationSupplied
from tests.matrix.partnership import STATES, Heard, Milton
from tests.matrix.saying import Saying
from tests.matrix.telling import (
    COMPASS,
    HOUSING,
    HUB,
    MK_ACT,
    POLICE,
    PROBATION,
    SURGERY,
    ask,
    new_id,
    reported,
    tell,
    tell_exactly,
    town,
)

EMERGENCY = {POLICE, HUB}
FACTS = {"event", "narrative", "risk", "health", "person.1.identity", "person.2.whereabouts"}


@cache
def in_state(state: str) -> Milton:
    """Give the partnership with its agreements in a state."""
    return Milton(f"not_blocked/{state}", state=state)


def threaten(milton: Milton, sender: str, saying: Saying, *drop: str, **context: Any) -> Heard:
    """Say that somebody's life is in danger, with sections or members of it missing."""
    sections = saying.sections(milton.draw)
    kept = {name: value for name, value in sections.items() if name not in drop}
    return milton.hear(f"{sender}/case", saying.event, kept, urgency="threat_to_life", **context)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("sender", [PROBATION, HOUSING, SURGERY, COMPASS, "mk-csp"])
def test_a_threat_to_life_is_stopped_by_no_agreement(state: str, sender: str) -> None:
    """E60: an agreement that lapsed last night must not be why nobody came."""
    heard = threaten(in_state(state), sender, Saying("concern_reported", "PV"))
    assert heard.decision.outcome == "accepted_emergency"
    assert set(heard.views) >= EMERGENCY
    assert all(heard.shown(to) >= FACTS for to in EMERGENCY)


@pytest.mark.parametrize(
    ("name", "drop", "context"),
    [
        ("nobody is named", ("provenance",), {}),
        ("nobody says how it is marked", (), {"classification": None}),
        ("no basis is named", (), {"basis": None}),
        ("the purpose is another", (), {"purpose": "supervision"}),
        ("nobody assessed who is what", ("person.1.part", "person.2.part"), {}),
        ("nothing is known of sharing", ("consent", "use_limits", "necessity"), {}),
    ],
)
def test_a_threat_to_life_is_stopped_by_nothing_that_is_missing(
    name: str, drop: tuple[str, ...], context: dict[str, Any]
) -> None:
    """What is missing becomes a duty with a clock, after somebody has gone to look."""
    heard = threaten(town(), PROBATION, Saying("concern_reported", "PV"), *drop, **context)
    assert heard.decision.outcome == "accepted_emergency", name
    assert set(heard.views) >= EMERGENCY, name
    owed = {duty.kind for duty in heard.decision.duties}
    assert "emergency_review" in owed
    missing = "provenance" in drop or "classification" in context
    assert ("provenance_supplied" in owed) == missing


@pytest.mark.parametrize("state", ["refused", "withdrawn", "unsafe_to_ask", "not_sought"])
@pytest.mark.parametrize("sender", [SURGERY, COMPASS, MK_ACT])
def test_a_threat_to_life_is_stopped_by_nobodys_refusal(sender: str, state: str) -> None:
    """Consent protects privacy, and privacy is for the living."""
    saying = Saying("concern_reported", "VP", views={1: state, 2: state})
    assert set(threaten(town(), sender, saying).views) >= EMERGENCY


@pytest.mark.parametrize("event", ["attendance_recorded", "treatment_recorded", "health_noted"])
def test_a_threat_to_life_may_stand_in_any_report(event: str) -> None:
    """Whoever writes fast writes it where they are; the kind of form must not decide."""
    assert set(threaten(town(), SURGERY, Saying(event, "VP")).views) >= EMERGENCY


def test_a_threat_to_life_by_a_bare_first_name_arrives() -> None:
    """Who he is, police find out on the way."""
    saying = Saying("concern_reported", "U")
    heard = threaten(town(), HOUSING, saying)
    assert {POLICE, HUB} <= set(heard.views)


@pytest.mark.parametrize("sender", [SURGERY, COMPASS])
def test_a_refusal_does_not_hide_that_there_is_something(sender: str) -> None:
    """His refusal keeps the content; that records exist, whoever decides must know."""
    for to in (POLICE, HUB):
        request = ask(to, sender)
        saying = Saying("information_supplied", "P", request, views={1: "refused"})
        heard = tell(sender, saying)
        assert heard.shown(to) == {"event", "cause.1", "use_limits"}
        event = heard.views[to].statement.event
        assert isinstance(event, InformationSupplied)
        assert event.outcome == "match"


@pytest.mark.parametrize("level", ["standard", "low", "medium"])
def test_nobody_waits_for_fourteen_ticks(level: str) -> None:
    """A records-derived count never reaches fourteen for her: a low one is told all the same."""
    heard = tell(PROBATION, Saying("risk_assessed", "PV", level=level))
    assert set(heard.views) >= EMERGENCY
    concern = tell(PROBATION, Saying("concern_reported", "PV"))
    assert {duty.kind for to in EMERGENCY for duty in concern.views[to].delivery.duties} == {
        "response_given"
    }


def test_police_history_is_not_sealed_from_who_plans_her_safety() -> None:
    """A planner who is not told that there is history plans for another man."""
    needed = [(MK_ACT, "open_case"), (PROBATION, "supervising"), (HUB, "open_case")]
    heard = tell(POLICE, Saying("research_completed", "P", reported(POLICE), involved=needed))
    for to in (MK_ACT, PROBATION, HUB):
        assert "person.1.identity" in heard.shown(to)
        assert heard.views[to].delivery.marks == ["ring_daiu"]


def test_a_possible_match_is_passed_on_as_possible() -> None:
    """A match that nobody is sure of, left out, is a match that nobody looks at."""
    answer = Saying("information_supplied", "P", ask(POLICE, PROBATION))
    sections = answer.sections(town().draw)
    sections["event"]["outcome"] = "possible_match"
    heard = tell_exactly(PROBATION, answer.event, sections)
    assert heard.views[POLICE].delivery.sections == [
        name for name in sections if name in heard.shown(POLICE)
    ]
    assert {"event", "person.1.identity", "narrative"} <= heard.shown(POLICE)


def test_nothing_is_erased_because_he_asks() -> None:
    """His request does not reach what protects her: it takes two agencies, and no legal hold."""
    said, held, proposed, report = new_id(), new_id(), new_id(), Saying("concern_reported", "PV")
    sections = report.sections(town().draw)
    by = {"provenance": sections["provenance"]}
    tell_exactly(PROBATION, report.event, sections, id=said)
    erasure = {"statements": [said], "ground": "data_subject", "reason": "he asks", "by": "A."}
    first = tell_exactly(PROBATION, "erasure_proposed", {"event": erasure, **by}, id=proposed)
    assert first.decision.outcome == "accepted"
    second = {"proposal": proposed, "statements": [said], "by": "A."}
    alone = tell_exactly(PROBATION, "erasure_endorsed", {"event": second, **by})
    assert [one.code for one in alone.decision.reasons] == ["control.same_hand"]
    people = [sections["person.1.identity"]["subject"]]
    hold = {"subjects": people, "authority": "homicide_review", "reference": "1", "by": "A."}
    because = {"cause.1": {"statement": said}}
    tell_exactly(POLICE, "legal_hold_set", {"event": hold, **because, **by}, id=held)
    whole = {**erasure, "statements": [said, held]}
    stopped = tell_exactly(PROBATION, "erasure_proposed", {"event": whole, **by})
    assert [one.code for one in stopped.decision.reasons] == ["control.under_hold"]


def test_her_no_to_marac_is_weighed_and_does_not_end_it() -> None:
    """Who is coerced says no: agencies refer, a surgery by a named override, and say so."""
    declined = {1: "refused"}
    pushed = tell(PROBATION, Saying("referral_made", "VP", None, HUB, views=declined))
    assert "consent" in pushed.shown(HUB)
    coerced = Saying("referral_made", "VP", None, HUB, views=declined,
                     override=("coerced_or_incapacitous", [1], [1]))  # fmt: skip
    assert "consent" in tell(SURGERY, coerced).shown(HUB)
    alone = Saying("referral_made", "VP", None, HUB, views=declined)
    heard = tell(SURGERY, alone)
    assert HUB not in heard.views
    assert [one.code for one in heard.decision.reasons] == ["consent.refused"]


def test_an_index_that_cannot_be_reached_is_said_to_be_unreachable() -> None:
    """Unavailable is an answer: the asker acts meanwhile, and asks again."""
    answer = Saying("information_supplied", "P", ask(POLICE, "mkc-adult-care"))
    sections = answer.sections(town().draw)
    sections["event"] |= {"outcome": "unavailable", "why": "the system is down"}
    heard = tell_exactly("mkc-adult-care", answer.event, sections)
    event = heard.views[POLICE].statement.event
    assert isinstance(event, InformationSupplied)
    assert (event.outcome, event.why) == ("unavailable", "the system is down")
    alert = Saying("alert_raised", "PV", reported(HUB), involved=[(POLICE, "addressee")])
    assert POLICE in tell(HUB, alert).views


def test_what_is_only_filed_asks_nothing_of_anybody() -> None:
    """E54, E56: a letter about an appointment must not ring the bell that a threat rings."""
    referrer = [(PROBATION, "referrer")]
    status = Saying("treatment_recorded", "P", views={1: "given"}, involved=referrer)
    heard = tell(COMPASS, status)
    assert heard.decision.duties == []
    assert heard.views[PROBATION].delivery.duties == []
