"""What must not flow, as the domain reference numbers it (section 5), over the shipped agreements.

Each statement is really signed, sequenced, dispatched and opened. Where a trap is about a person
at a desk, what is shown here is what the broker can promise that desk.
"""

from copy import deepcopy

import pytest

from contracts.agreement import Leg
from contracts.event.work import InformationSupplied, ResearchCompleted
from contracts.section import SEALED, Health, PersonPart
from tests.matrix.partnership import AGREEMENTS, PARTNERSHIP, QUALIFIED, agreement, key, kinds
from tests.matrix.saying import Saying
from tests.matrix.telling import (
    COMPASS,
    HEALTH,
    HOUSING,
    HUB,
    MK_ACT,
    POLICE,
    PROBATION,
    URGENT_CARE,
    ask,
    new_id,
    reported,
    tell,
    tell_exactly,
    town,
)
from tests.matrix.test_matrix import played
from tests.support.stranger import Writer, text_of

HARM = "serious_harm_to_others"
LOOKED = ("match", "possible_match", "nil", "not_searched", "unavailable", "refused", "destroyed")


def legs() -> list[Leg]:
    """List every leg that ships."""
    return [leg for one in AGREEMENTS for leg in agreement(one).legs]


def test_trap_01_compass_content_needs_the_clients_consent_or_a_recorded_override() -> None:
    """That somebody is known to a substance service is itself special-category data."""
    asked = {to: ask(to, COMPASS) for to in (POLICE, PROBATION)}
    for to, request in asked.items():
        unasked = tell(COMPASS, Saying("information_supplied", "P", request))
        shown = {"event", "cause.1", "use_limits"} if to == POLICE else set()
        assert unasked.shown(to) == shown
        override = (HARM, [1], [0])
        overridden = tell(COMPASS, Saying("information_supplied", "P", request, override=override))
        assert {"health", "narrative"} <= overridden.shown(to)
        # What was released once licenses nobody, and not the next statement.
        assert tell(COMPASS, Saying("information_supplied", "P", request)).shown(to) == shown


def test_trap_01_only_the_status_of_treatment_goes_and_only_to_who_referred() -> None:
    """Probation that referred him needs to know that he stopped coming, and no more."""
    given = {1: "given"}
    status = Saying("treatment_recorded", "P", views=given, involved=[(PROBATION, "referrer")])
    heard = tell(COMPASS, status)
    assert heard.decision.recipients == [PROBATION]
    assert heard.shown(PROBATION) == {
        "event", "use_limits", "person.1.identity", "person.1.part",
    }  # fmt: skip
    for leg in legs():
        if COMPASS in leg.sender:
            bare = set(leg.sections) <= {"event", "cause", "use_limits"}
            assert leg.consent is not None or bare or leg.types == ["response_given"]


def test_trap_01_who_else_is_involved_is_told_to_nobody() -> None:
    """A section that says that Compass cares for him would say what Compass may not."""
    assert all("involvement" not in leg.sections for leg in legs())


def test_trap_02_an_attendance_never_comes_to_stand_in_his_record() -> None:
    """They may share a surgery, and the surgery a screen: of E27 and E28 nothing goes to health."""
    hurt = Saying("attendance_recorded", "VP", views={1: "given"})
    heard = tell(URGENT_CARE, hurt)
    assert set(heard.decision.recipients) == {POLICE, HUB, MK_ACT}
    for to in (POLICE, HUB, MK_ACT):
        assert heard.shown(to) == {"use_limits", "person.1.identity", "person.1.part"}
    assert all(not set(HEALTH) & set(leg.to) for leg in legs() if set(HEALTH) & set(leg.sender))


def test_trap_03_a_claim_about_his_mind_stays_a_claim() -> None:
    """E15 is what he said of himself: no record was ever found, and the review forgot that."""
    override = ("serious_crime", [1], [0])
    claim = Saying("health_noted", "P", reported(PROBATION), override=override)
    health = tell(PROBATION, claim).views[POLICE].statement.sections["health"]
    assert isinstance(health, Health)
    assert health.standing == "self_reported"
    bare = tell(PROBATION, Saying("health_noted", "P"))
    assert bare.shown(POLICE) == {"use_limits", "person.1.identity", "person.1.part"}
    assert bare.views[POLICE].delivery.marks == ["ring_the_offender_manager"]


def test_trap_04_nobody_who_works_with_him_is_told_where_she_is() -> None:
    """His officer's task list, his surgery's letter and his landlord's file are read by him."""
    never = {PROBATION, HOUSING, *HEALTH, COMPASS, "mk-csp", "bedfordshire"}
    milton, said = played("in_force")
    seen = 0
    for one in said:
        victims = {
            f"person.{n}.whereabouts" for n, part in enumerate(one.case.persons, 1) if part == "V"
        }
        alternate = "bedfordshire" if one.case.urgency == "threat_to_life" else ""
        for agency, view in milton.views(one.raw).items():
            shown = victims & set(view.statement.sections)
            seen += bool(shown)
            assert not shown or agency not in never - {one.case.sender, alternate}
    assert seen, "police and the hub are told"


def test_trap_05_what_was_asked_of_her_and_what_was_found_of_her_goes_to_nobody() -> None:
    """Her telephone may be read and her visits shared: a question that surfaces may start it."""
    milton, said = played("in_force")
    for one in said:
        if one.case.urgency == "threat_to_life":
            continue
        for agency, view in milton.views(one.raw).items():
            if agency != one.case.sender and one.case.event == "attendance_recorded":
                assert "event" not in view.statement.sections, "her answer stands in the event"
            if agency != one.case.sender and one.case.event == "research_completed":
                assert one.case.persons == "P"


def test_trap_06_a_counter_allegation_changes_nobodys_part_and_takes_nothing_along() -> None:
    """A service that helps him as a victim must not come to hold her risk assessment."""
    hers, high = new_id(), Saying("risk_assessed", "PV", level="high")
    first = tell(PROBATION, high, id=hers)
    assert first.shown(MK_ACT) == {
        "event", "use_limits", *(f"person.{n}.{kind}" for n in (1, 2) for kind in ("identity",
                                                                                  "part"))
    }  # fmt: skip
    held = deepcopy(town().received[first.views[MK_ACT].statement.digest])
    counter = tell(PROBATION, Saying("contact_recorded", "VP", hers))
    assert set(counter.views) == {PROBATION, POLICE, HUB}
    helped = tell(HUB, Saying("referral_made", "VP", hers, MK_ACT))
    parts = [helped.views[MK_ACT].statement.sections[f"person.{n}.part"] for n in (1, 2)]
    assert [one.part for one in parts if isinstance(one, PersonPart)] == [
        "victim", "alleged_perpetrator",
    ]  # fmt: skip
    assert town().received[first.views[MK_ACT].statement.digest] == held


def test_trap_07_nothing_of_his_history_leaves_police_but_that_there_is_something() -> None:
    """A disclosure is made by police to the one person it protects; housing and friends get none.

    There is no kind of statement by which its content could be sent to an agency.
    """
    milton, said = played("in_force")
    for one in said:
        if one.case.event in {"research_completed", "intelligence_logged"}:
            for agency, view in milton.views(one.raw).items():
                if agency != one.case.sender and one.case.urgency != "threat_to_life":
                    assert agency in {HUB, PROBATION, MK_ACT}
                    assert not {"event", "narrative"} & set(view.statement.sections)
    assert all(leg.basis.gateway != "da_act_2021.77" for leg in legs())


def test_trap_08_a_former_partner_reaches_nobody_who_works_with_her() -> None:
    """E08 and E16 are other women's lives: she may be warned without being told their names."""
    former = Saying("contact_recorded", "PVA", involved=[(MK_ACT, "open_case")])
    assert MK_ACT not in tell(PROBATION, former).views
    acting = [(MK_ACT, "addressee")]
    alert = tell(POLICE, Saying("alert_raised", "PVA", reported(POLICE), involved=acting))
    referral = tell(HUB, Saying("referral_made", "PVA", reported(HUB), MK_ACT))
    for heard in (alert, referral):
        assert {"person.1.identity", "person.2.identity"} <= heard.shown(MK_ACT)
        assert not {name for name in heard.shown(MK_ACT) if name.startswith("person.3.")}


def test_trap_09_an_allegation_is_delivered_as_the_allegation_it_was() -> None:
    """E10 was an arrest, E08 no further action: neither is a conviction, and nobody may say so."""
    result = Saying("research_completed", "P", reported(POLICE))
    sections = result.sections(town().draw)
    sections["event"]["kinds"] = ["nfa_allegation"]
    heard = town().hear(f"{POLICE}/case", result.event, sections)
    event = heard.views[POLICE].statement.event
    assert isinstance(event, ResearchCompleted)
    assert event.kinds == ["nfa_allegation"]
    assert set(heard.views) == {POLICE}


def test_trap_10_who_may_only_tell_is_told_nothing() -> None:
    """A landlady, a councillor, a co-defendant: heard through an agency, and never answered."""
    told = Saying("household_changed", "PV")
    sections = told.sections(town().draw)
    sections["provenance"]["source"] = "public_anonymous"
    heard = town().hear(f"{PROBATION}/case", told.event, sections)
    assert heard.decision.outcome == "accepted"
    for agency, view in heard.views.items():
        assert agency in kinds()
        assert agency == PROBATION or "source_identity" not in view.statement.sections
    assert set(kinds().values()) <= {
        "police", "probation", "safeguarding_hub", "community_safety", "health", "housing",
        "social_care", "support_service",
    }  # fmt: skip


def test_trap_10_who_was_never_admitted_is_refused() -> None:
    """An unknown hand on an agency's topic must not be heard as that agency."""
    stranger = key("councillor/home")
    writer = Writer(stranger, f"/agencies/{HUB}/case", PARTNERSHIP, town().draw)
    time, said = town().time, Saying("concern_reported", "PV").sections(town().draw)
    raw = writer.write(writer.context("concern_reported", time=time), said)
    town().submissions.append((HUB, raw))
    town().flow()
    assert [one.code for one in town().decision(raw).reasons] == ["key.unknown"]
    assert town().views(raw) == {}


def test_trap_11_a_source_a_grade_and_the_unsanitised_original_stay_where_they_are() -> None:
    """A source who is found out may be killed, and the next one says nothing."""
    logged = Saying("intelligence_logged", "PV")
    assert set(tell(POLICE, logged, purpose="law_enforcement").views) == {POLICE}
    product = tell(POLICE, logged)
    assert not {"event", "narrative", "provenance", *SEALED} & product.shown(HUB)
    urgent = tell(POLICE, logged, purpose="law_enforcement", urgency="threat_to_life")
    assert "narrative" in urgent.shown(HUB)
    assert not SEALED & urgent.shown(HUB)
    assert all(not SEALED & set(leg.sections) for leg in legs())


def test_trap_12_what_is_public_counts_and_names_nobody() -> None:
    """A small cohort is known by its counts: the log's heads hold commitments, padded alike."""
    milton, said = played("in_force")
    heads = [one.line for one in milton.log.entries]
    names = [b"victim", b"where the", b"a narrative", b"a source", b"Guardian"]
    assert not [word for word in names for head in heads if word in head]
    sizes = {len(one.recorded.head.deliveries) % 8 for one in milton.log.entries}
    assert sizes == {0}
    assert len(said) < len(heads)


@pytest.mark.parametrize("outcome", LOOKED)
def test_trap_13_every_way_a_look_can_end_arrives_as_itself(outcome: str) -> None:
    """Nil is not safe, and destroyed, unavailable and refused are none of them nil."""
    answer = Saying("information_supplied", "P", ask(POLICE, PROBATION))
    sections = answer.sections(town().draw)
    sections["event"] |= {"outcome": outcome, "why": "because"}
    heard = town().hear(f"{PROBATION}/case", answer.event, sections)
    event = heard.views[POLICE].statement.event
    assert isinstance(event, InformationSupplied)
    assert event.outcome == outcome


def test_trap_13_a_look_that_was_not_made_says_why() -> None:
    """An unreachable index that says nothing reads as nothing found."""
    result = Saying("research_completed", "P", reported(POLICE))
    sections = result.sections(town().draw)
    sections["event"]["outcome"] = "unavailable"
    heard = town().hear(f"{POLICE}/case", result.event, sections)
    assert [one.code for one in heard.decision.reasons] == ["schema.broken"]


def test_trap_14_who_must_not_receive_is_asked_at_every_delivery() -> None:
    """He may work there: what is said of her later, by anybody, must not reach his desk."""
    saying = Saying("concern_reported", "PV", involved=[("mkc-adult-care", "care")])
    sections, said = saying.sections(town().draw), new_id()
    her = sections["person.2.identity"]["subject"]
    first = town().hear(f"{PROBATION}/case", saying.event, sections, id=said)
    assert "mkc-adult-care" in first.views
    officer = text_of(town().draw(16))
    excluded = [{"subjects": [her], "agency": "mkc-adult-care"}, {"subjects": [her],
                                                         "practitioner": officer}]  # fmt: skip
    event = {"excluded": excluded, "reason": "he works there", "by": "A. Officer"}
    wall = {"event": event, "cause.1": {"statement": said}, "provenance": sections["provenance"]}
    assert tell_exactly(PROBATION, "exclusion_recorded", wall).decision.outcome == "accepted"
    again = saying.sections(town().draw)
    for name in ("identity", "whereabouts", "part"):
        again[f"person.2.{name}"]["subject"] = her
    later = town().hear(f"{PROBATION}/case", saying.event, again)
    assert "mkc-adult-care" not in later.views
    assert officer in later.views[POLICE].delivery.withheld_from


def test_trap_15_what_health_is_sent_is_marked_to_be_hidden_from_online_access() -> None:
    """A partner with proxy access reads the record: an entry there is a message to him."""
    milton, said = played("in_force")
    marked = 0
    for one in said:
        for agency, view in milton.views(one.raw).items():
            if agency in HEALTH and agency != one.case.sender:
                assert "hide_from_online_access" in view.delivery.marks
                assert "health" not in view.statement.sections
                marked += 1
    assert marked


@pytest.mark.parametrize("urgency", ["routine", "threat_to_life"])
def test_trap_16_a_force_that_employs_him_has_nothing_and_another_is_told(urgency: str) -> None:
    """The perpetrator may be an officer: nothing at all may show there that there is something."""
    heard = tell(HOUSING, Saying("concern_reported", "PV", excluded=[POLICE]), urgency=urgency)
    assert POLICE not in heard.views
    assert ("bedfordshire" in heard.views) == (urgency == "threat_to_life")
    assert HUB in heard.views
    for view in heard.views.values():
        assert not SEALED & set(view.statement.sections) or view.delivery.leg == "own"


@pytest.mark.parametrize("event", QUALIFIED)
def test_nobody_reads_an_assessment_or_a_release_by_whom_no_employer_vouches_for(
    event: str,
) -> None:
    """R08 to R13: training and vetting are asked where it counts, and a desk may waive it."""
    saying = Saying(event, "VP", level="high" if event == "risk_assessed" else None)
    assert tell(PROBATION, saying).shown(POLICE)
    sections = saying.sections(town().draw)
    sections["provenance"]["practitioner"]["name"] = "B. Untrained"
    untrained = tell_exactly(PROBATION, event, sections)
    assert set(untrained.views) <= {PROBATION, "mk-csp"}
    assert untrained.decision.outcome == "quarantined"
    assert {one.code for one in untrained.decision.reasons} == {"provenance.qualification_missing"}
