"""What an assessment held on: a later report of one of its changes asks who made it again."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.agreed import adopt, dated, people, retract, say
from tests.support.compacted import check_rebuilt
from tests.support.desk import HUB, PROBATION, Desk
from tests.unit.test_erased_incident import erase

Json = Any


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation assesses by DASH."""
    made = Desk(tmp_path)
    adopt(made)
    return made


class Couple:
    """Two people of whom probation assesses and hears things."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        named = people(desk)
        self.tokens = [named[f"person.{n}.identity"]["subject"] for n in (1, 2)]

    def sections(self, *tokens: str) -> Json:
        """Name them, or others."""
        found = people(self.desk, *(tokens or self.tokens))
        for n, part in ((1, "alleged_perpetrator"), (2, "victim")):
            found[f"person.{n}.part"]["part"] = part
        found["risk"] = {"danger_now": "unknown", "children": "not_asked"}
        return found

    def assess(self, level: str = "medium", *, by: str = PROBATION, account: str = "victim",
               day: str = "2012-04-01", instrument: str = "dash-2009") -> str:  # fmt: skip
        """Assess them; give the assessment's id."""
        sections = self.sections()
        sections["risk"] |= {"account": account, "instrument": "dash-2009", "level": level}
        facts = dated(day, instrument=instrument, version="2009/r", level=level, considered=["all"])
        return say(self.desk, by, "risk_assessed", facts, sections=sections)

    def hear(self, *factors: str, day: str = "2012-05-01", sections: Json = None) -> str:
        """Let probation hear of something that bears on danger; give the report's id."""
        given = sections or self.sections()
        facts = {**given["event"], **dated(day), "concern": "other"}
        given["risk"]["factors"] = list(factors)
        return say(self.desk, PROBATION, "concern_reported", facts, sections=given)

    def asked(self, agency: str = PROBATION) -> list[Json]:
        """List what asks for an assessment to be made again."""
        said = self.desk.said(agency, "alert_raised")
        return [one for one in said if "Whoever made it assesses again" in one["why"]]


@pytest.fixture
def couple(desk: Desk) -> Couple:
    return Couple(desk)


def test_a_change_that_a_band_names_asks_its_owner_to_assess_again(couple: Couple) -> None:
    """Medium: harm unlikely unless circumstances change (review 5.6.2 iii)."""
    assessment = couple.assess()
    report = couple.hear("homelessness")
    (alert,) = couple.asked()
    assert (alert["rule"], alert["act"]) == ("M09", "dash")
    assert alert["owner_role"] == "duty_senior_probation_officer", "nobody is attending_officer"
    assert alert["statements"] == [report, assessment]
    assert set(alert["subjects"]) == set(couple.tokens)
    assert "a home is lost or about to be" in alert["why"]
    assert alert["due_at"] == couple.desk.ledger.clock_ms + 72 * 3_600_000
    assert couple.asked(HUB) == [], "who did not assess is not asked to do so again"
    couple.hear("homelessness", day="2012-05-02")
    assert len(couple.asked()) == 1, "once of one assessment"
    couple.hear("drugs", day="2012-05-03")
    assert len(couple.asked()) == 2, "another change asks anew"


def test_medication_that_he_stopped_asks_anew_and_an_assessment_that_knew_is_not_asked(
    couple: Couple,
) -> None:
    """The first change that the review names (5.6.2 iii)."""
    couple.assess(day="2012-05-02")
    couple.hear("medication", day="2012-05-01")
    assert couple.asked() == []
    couple.hear("medication", day="2012-05-02")
    (alert,) = couple.asked()
    assert "medication is stopped or not taken" in alert["why"]


def test_a_new_assessment_begins_anew(couple: Couple) -> None:
    """What was asked of the old one is done; what happens after is asked of the new one."""
    couple.assess()
    couple.hear("drugs")
    newer = couple.assess(day="2012-05-02")
    couple.hear("drugs", day="2012-05-03")
    assert [one["statements"][1] for one in couple.asked()][1:] == [newer]


def test_only_a_level_that_held_on_circumstances_is_made_again(desk: Desk) -> None:
    """High is owned and acted on already; the instrument names the changes of Medium alone."""
    for level in ("standard", "low", "high", "very_high"):
        couple = Couple(desk)
        couple.assess(level)
        couple.hear("homelessness", "drugs")
        assert couple.asked() == [], level


def test_what_is_no_account_no_known_form_or_later_is_not_asked_again(desk: Desk) -> None:
    """A count from records has no band, and what came before it was there to be weighed."""
    every: list[Json] = [
        {"account": "records"}, {"instrument": "unknown-form"}, {"day": "2012-05-02"},
    ]  # fmt: skip
    for given in every:
        couple = Couple(desk)
        couple.assess(**given)
        couple.hear("drugs")
        assert couple.asked() == [], given


def test_what_names_no_change_or_was_taken_back_asks_for_nothing(couple: Couple) -> None:
    """Debt is no change of the form's; an assessment that was mistaken is none."""
    assessment = couple.assess()
    couple.hear("debt")
    retract(couple.desk, PROBATION, assessment)
    couple.hear("drugs", day="2012-05-02")
    assert couple.asked() == []


def test_what_he_does_with_another_is_not_hers(couple: Couple) -> None:
    """A new partner has a case wall of her own (domain.md 7, Others)."""
    couple.assess()
    other = people(couple.desk)["person.2.identity"]["subject"]
    couple.hear("drugs", sections=couple.sections(couple.tokens[0], other))
    assert couple.asked() == []


def test_where_the_rule_asks_already_nobody_is_asked_twice(couple: Couple) -> None:
    """M09 asks for DASH on drinking that is new: one act, one duty."""
    couple.assess()
    report = couple.hear("alcohol")
    alerts = [one for one in couple.desk.said(PROBATION, "alert_raised")
              if one["rule"] == "M09" and one["statements"][0] == report]  # fmt: skip
    assert len(alerts) == 1


def test_a_second_change_of_one_report_is_asked_about_too(couple: Couple) -> None:
    """What was asked here before of the same report is no alert of the rule's."""
    couple.assess()
    report = couple.hear("homelessness")
    correct(couple, report, "homelessness", "drugs")
    assert len(couple.asked()) == 2


def test_a_correction_that_adds_a_change_asks_too(couple: Couple) -> None:
    """It was left out by mistake: she is in danger all the same."""
    couple.assess()
    report = couple.hear("debt")
    correct(couple, report, "drugs")
    assert [one["statements"][0] for one in couple.asked()] == [report]


def correct(couple: Couple, report: str, *factors: str) -> None:
    """Say what else bore on danger."""
    risk = couple.sections()["risk"] | {"factors": list(factors)}
    provenance = couple.sections()["provenance"]
    facts = {"statement": report, "reason": "mistaken", "by": "A. Officer"}
    say(
        couple.desk, PROBATION, "statement_corrected", facts, report,
        sections={"provenance": provenance, "risk": risk},
    )  # fmt: skip


@pytest.mark.parametrize("others", [1, 2])
def test_what_is_asked_because_of_an_erased_report_is_asked_of_another(
    couple: Couple, others: int
) -> None:
    """They still lose their home: the log refuses the first key, and nobody would ask again."""
    desk = couple.desk
    assessment, first = couple.assess(), couple.hear("homelessness")
    left = [couple.hear("homelessness", day=f"2012-05-0{n + 2}") for n in range(others)]
    desk.pass_hours(1)
    desk.settle()
    erase(desk, first)
    for _ in range(2):
        desk.settle()
        desk.pass_hours(1)
    desk.settle()
    was, again = couple.asked()
    assert again["key"] == f"{was['key']}/again/1"
    assert again["statements"][0] in left
    assert again["statements"][1] == assessment
    check_rebuilt(desk, PROBATION)
