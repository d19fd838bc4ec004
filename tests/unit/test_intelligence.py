"""Police grading and sanitised copies: history, handling codes, two hands, nobody given away."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consumers.intelligence import grading, rows
from consumers.intelligence.desk import Grading, Product
from consumers.intelligence.grading import Conditions
from consumers.intelligence.wording import gives_away
from consumers.research import rows as tasks
from consumers.research.desk import Desk as ResearchDesk
from consumers.research.found import Found
from contracts.fault import Misuse
from contracts.section import Practitioner
from tests.support.desk import POLICE, PROBATION, SOURCES, Desk, named
from tests.support.stranger import concern, text_of

NARRATIVE = "They are splitting up and there is animosity between the two of them at the flat"
CONDITIONS = {"action": "A1", "sanitisation": "S2", "instructions": "Ring the handler first."}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def person(name: str) -> Practitioner:
    """Name somebody at work, by a token that is theirs."""
    return Practitioner(text_of(name.encode().ljust(16)[:16]), name)


GRADER, WRITER, HEAD = person("G. Grader"), person("W. Writer"), person("H. Head")


def at_work(desk: Desk) -> Grading:
    """Sit at the police intelligence desk."""
    police = desk.acting(POLICE)
    return Grading(police.store, police.voice, desk.new_id)


def logged(desk: Desk) -> str:
    """Log intelligence about two people; give its id."""
    sections = named(desk.draw)
    sections["event"] = {
        "occurred": {"precision": "day", "at": "2012-05-02"}, "known_to_agency": "2012-05-02",
        "recorded": "2012-05-02", "scheme": "ungraded", "source": "anonymous", "action": "none",
    }  # fmt: skip
    del sections["use_limits"]
    sections["narrative"] = {"text": NARRATIVE, "form": "summary"}
    said = desk.report(sections, source=SOURCES[POLICE], event="intelligence_logged")
    desk.settle()
    return said


def grade(desk: Desk, item: str, *, by: Any = GRADER, role: str = "analyst", **given: Any) -> None:
    """Grade an item, by default as shareable."""
    codes = {"scheme": "3x5x2", "source": "1", "assessment": "B", "handling": "P", **given}
    at_work(desk).grade(item, codes, by=by, role=role)
    desk.settle()


def subject_of(desk: Desk, statement: str, number: int = 1) -> str:
    """Give a person's token in what police hold."""
    views = [v for v in desk.ledger.opened(POLICE) if v.statement.context.id == statement]
    identity = views[0].statement.sections[f"person.{number}.identity"]
    token: str = identity.subject  # type: ignore[attr-defined]
    return token


def product(desk: Desk, item: str, text: str, **given: Any) -> Product:
    """Write a copy of an item."""
    whole = {"statement": item, "of": [item], "subject": subject_of(desk, item), "text": text,
             "sanitised_by": WRITER, "handling": "P", **given}  # fmt: skip
    return Product(**whole)


SAFE = "A relationship may be ending. Let somebody trained speak to each alone."


def test_gradings_stand_beside_each_other_and_none_is_converted(desk: Desk) -> None:
    """What 5x5x5 graded in 2012 stays so; the newest 3x5x2 says how it is handled."""
    item = logged(desk)
    grade(desk, item, scheme="5x5x5", source="E", assessment="4", handling="1")
    with desk.acting(POLICE).store.read() as db:
        assert rows.in_force(db, item) is None
    grade(desk, item)
    grade(desk, item, handling="C", **CONDITIONS)
    with desk.acting(POLICE).store.read() as db:
        told = [grading.words(one) for one in rows.gradings_of(db, item)]
        assert rows.first_lines(db, item) == [
            "A1: NO ACTION on this without its originator: ring them first."
        ]
    assert told[0] == "5x5x5 E 4 1 (not converted)"
    assert told[1].startswith("3x5x2 1 B P: reliable source; known indirectly, corroborated")
    assert told[2].startswith("3x5x2 1 B C") and "NO ACTION" in told[2]  # noqa: PT018 - one line
    said = desk.said(POLICE, "intelligence_graded")
    assert [one["scheme"] for one in said] == ["5x5x5", "3x5x2", "3x5x2"]


def test_what_binds_an_item_is_eased_by_a_second_hand_that_leads(desk: Desk) -> None:
    """Else one researcher grades C and A1 down to P, and lets a copy go without conditions."""
    item = logged(desk)
    grade(desk, item, handling="C", **CONDITIONS)
    less = ({"handling": "P"}, {"handling": "C", **CONDITIONS, "action": "A3"},
            {"handling": "C", **CONDITIONS, "sanitisation": "S1"})  # fmt: skip
    namesake = Practitioner(HEAD.token, " g.  GRADER")
    for given in less:
        for by, role in ((GRADER, "duty_manager"), (namesake, "duty_manager"), (HEAD, "analyst")):
            with pytest.raises(Misuse, match="this grading would carry less"):
                grade(desk, item, by=by, role=role, **given)
    grade(desk, item, scheme="5x5x5", source="E", assessment="4", handling="1")
    with pytest.raises(Misuse, match="code C"):
        at_work(desk).release(product(desk, item, SAFE), by=HEAD, role="inspector")
    grade(desk, item, by=HEAD, role="duty_inspector")
    grade(desk, item, handling="C", **CONDITIONS)  # stricter: by anybody
    with desk.acting(POLICE).store.read() as db:
        held = rows.in_force(db, item)
    assert held is not None and held["action"] == "A1"  # noqa: PT018 - one row


@pytest.mark.parametrize(
    "given",
    [
        {"scheme": "3x5x2", "source": "B", "assessment": "2", "handling": "P"},
        {"scheme": "5x5x5", "source": "1", "assessment": "B", "handling": "P"},
        {"scheme": "3x5x2", "handling": "C"},
        {"scheme": "3x5x2", "handling": "C", "action": "A1", "sanitisation": "S1"},
        {"scheme": "3x5x2", "handling": "P", "action": "A1"},
        {"scheme": "3x5x2", "source": "4"},
        {"scheme": ""},
    ],
)
def test_a_grade_without_its_scheme_or_conditions_is_refused(
    desk: Desk, given: dict[str, str]
) -> None:
    """The two schemes read letter and digit the other way round."""
    item = logged(desk)
    with pytest.raises(Misuse, match="no grade"):
        grade(desk, item, **given)


def test_police_grade_what_partners_reported_and_nothing_that_is_not_there(desk: Desk) -> None:
    """Partners give facts and provenance; the grade is a later event of police."""
    report = desk.report()
    desk.settle()
    grade(desk, report, handling="C", **CONDITIONS)
    with pytest.raises(Misuse, match="Nothing of this id"):
        grade(desk, desk.new_id())
    with pytest.raises(Misuse, match="Nothing of this id"):
        grade(desk, desk.ledger.opened(POLICE)[0].statement.context.id)


def test_a_copy_has_two_hands_and_leaves_its_original_as_it_was(desk: Desk) -> None:
    """Who writes it is not who lets it go."""
    item = logged(desk)
    grade(desk, item)
    before = [v.statement.sections for v in desk.ledger.opened(POLICE)
              if v.statement.context.id == item]  # fmt: skip
    for same in (WRITER, Practitioner(HEAD.token, " w.  WRITER"), Practitioner(WRITER.token, "X")):
        with pytest.raises(Misuse, match="One person sanitises"):
            at_work(desk).release(product(desk, item, SAFE), by=same, role="inspector")
    at_work(desk).release(product(desk, item, SAFE), by=HEAD, role="inspector")
    desk.settle()
    (said,) = desk.said(POLICE, "product_released")
    assert (said["sanitised_by"], said["authorised_by"]) == ("W. Writer", "H. Head")
    assert said["of"] == [item]
    after = [v.statement.sections for v in desk.ledger.opened(POLICE)
             if v.statement.context.id == item]  # fmt: skip
    assert after == before


def test_what_nobody_graded_under_3x5x2_does_not_leave(desk: Desk) -> None:
    """Nobody has said how it is handled; and a 5x5x5 code is not read as another's."""
    item = logged(desk)
    for given in ({}, {"scheme": "5x5x5", "source": "B", "assessment": "2", "handling": "1"}):
        if given:
            grade(desk, item, **given)
        with pytest.raises(Misuse, match="not graded under 3x5x2"):
            at_work(desk).release(product(desk, item, SAFE), by=HEAD, role="inspector")


def test_a_code_c_item_leaves_on_its_conditions_or_not(desk: Desk) -> None:
    """Its originator may have a life to protect."""
    item = logged(desk)
    grade(desk, item, handling="C", **CONDITIONS)
    full = Conditions("A1", "S2", "Ring us first.")
    for given, why in (
        ({"handling": "P"}, "code C"),
        ({"handling": "C", "conditions": Conditions("A3", "S2", "x")}, "carries A1"),
        ({"handling": "C", "conditions": Conditions("A1", "S1", "x")}, "carries S2"),
        ({"handling": "C", "conditions": Conditions("A1", "S2", None)}, "no product yet"),
        ({"handling": "C", "conditions": full}, "is S2"),
    ):
        asked = product(desk, item, SAFE, consulted=why == "no product yet", **given)
        with pytest.raises(Misuse, match=why):
            at_work(desk).release(asked, by=HEAD, role="inspector")
    whole = product(desk, item, SAFE, handling="C", conditions=full, consulted=True)
    (wanted,) = at_work(desk).release(whole, by=HEAD, role="inspector")
    with desk.acting(POLICE).store.read() as db:
        assert rows.first_lines(db, wanted.draft.id)
    desk.settle()
    (said,) = desk.said(POLICE, "product_released")
    assert (said["handling"], said["action"]) == ("C", "A1")
    assert said["instructions"].endswith("was consulted before it was sanitised.")


GIVEN_AWAY = (
    ("Daniel may be at risk.", "a name"),
    ("DANIEL'S partner", "a name"),
    ("the Marsh household", "a name"),
    ("he/Marsh,she", "a name"),
    ("A. Officer rang", "a name"),
    ("He has PNC 2002/0073319z.", "an identifier"),
    ("Ring 01632 960 777", "an address or number"),
    ("somebody at 12 acacia", "an address or number"),
    ("born 02/03/1970", "a date of birth"),
    ("born 2 March 1970", "a date of birth"),
    ("born on 1970-03-02", "a date of birth"),
    ("said there is animosity between the two", "the original's own words"),
    ("There is ill feeling between the couple", None),
    (SAFE, None),
)


@pytest.mark.parametrize(("text", "kind"), GIVEN_AWAY)
def test_a_copy_that_gives_somebody_away_is_refused_and_quotes_nothing(
    desk: Desk, text: str, kind: str | None
) -> None:
    """C-graded text, source identity, unsanitised original: domain.md 5, trap 11."""
    sections = named(desk.draw)
    identity = sections["person.1.identity"]
    identity |= {"born": {"value": "1970-03-02", "precision": "day"},
                 "identifiers": [{"scheme": "pnc", "value": "2002/0073319Z"}]}  # fmt: skip
    sections["person.1.whereabouts"] = {
        "subject": identity["subject"], "address": "12, Acacia Avenue, MK9", "telephone":
        "01632 960777",
    }  # fmt: skip
    sections["narrative"] = {"text": NARRATIVE, "form": "summary"}
    report = desk.report(sections)
    desk.settle()
    grade(desk, report)
    asked = product(desk, report, text)
    if kind is None:
        at_work(desk).release(asked, by=HEAD, role="inspector")
        return
    with pytest.raises(Misuse, match=f"give away: {kind}") as refused:
        at_work(desk).release(asked, by=HEAD, role="inspector")
    told = f"{refused.value.text} {refused.value.remedy}"
    assert not {"Daniel", "Marsh", "Acacia", "1970", "960777"} & set(told.replace(",", "").split())


def test_words_of_a_result_are_nobodys_to_repeat() -> None:
    """What an index holds stays in the force's own store, in its words too."""
    detail = "Convicted 1987 of grievous bodily harm at Northampton Crown Court"
    copied = "A man was convicted 1987 of grievous bodily harm once."
    assert gives_away(copied, [], [detail]) == ["the original's own words"]
    assert gives_away("There is history of serious violence.", [], [detail]) == []


def researched(desk: Desk, part: str, system: str = "pnc") -> tuple[str, str, str]:
    """Have a look at a person hit in a system; give report, token and the result's id."""
    sections = named(desk.draw)
    sections["person.1.part"]["part"] = part
    report = desk.report(sections)
    desk.settle()
    police, subject = desk.acting(POLICE), sections["person.1.identity"]["subject"]
    with police.store.read() as db:
        task = next(one["id"] for one in tasks.tasks_of(db, report)
                    if (one["subject"], one["system"]) == (subject, system))  # fmt: skip
    found = Found(
        outcome="match", kinds=["conviction"], confidence="confirmed", grade="3x5x2 1 A P",
        detail="GBH 1987",
    )  # fmt: skip
    said = ResearchDesk(police.store, police.voice, desk.new_id, desk.draw).complete(
        task, found, operator=GRADER, role="researcher", at=desk.ledger.clock_ms
    )
    desk.settle()
    result = said[0].draft.id
    grade(desk, result)
    return report, subject, result


@pytest.mark.parametrize(
    ("part", "system", "leaves"),
    [("victim", "pnc", False), ("unassessed", "pnd", False), ("victim", "local", True),
     ("alleged_perpetrator", "pnc", True)],
)  # fmt: skip
def test_what_an_index_holds_of_who_may_be_the_victim_leaves_by_a_decision_alone(
    desk: Desk, part: str, system: str, *, leaves: bool
) -> None:
    """About a victim only by disclosure decision (domain.md 7, Default matrix)."""
    report, subject, result = researched(desk, part, system)
    asked = Product(statement=report, of=[result], subject=subject, text="There is history.",
                    sanitised_by=WRITER, handling="P")  # fmt: skip
    if leaves:
        at_work(desk).release(asked, by=HEAD, role="inspector")
        return
    with pytest.raises(Misuse, match="only by a disclosure decision"):
        at_work(desk).release(asked, by=HEAD, role="inspector")


def decided(desk: Desk, about: str, decision: str) -> str:
    """Decide on a disclosure that was applied for about a report; give the decision's id."""
    people = named(desk.draw)
    del people["use_limits"]
    day = {"occurred": {"precision": "day", "at": "2012-05-03"}, "known_to_agency": "2012-05-03",
           "recorded": "2012-05-03"}  # fmt: skip
    people["event"] = {**day, "right": "to_know", "applicant": "police", "statement": about}
    applied = desk.report(people, source=SOURCES[POLICE], event="disclosure_applied")
    stage = {"application": applied, "stage": "decided", "power": "common_law_only",
             "decision": decision, "reason": "she is at risk", "by": "H. Head",
             "role": "inspector"}  # fmt: skip
    said = desk.report(
        {"event": stage, "cause.1": {"statement": applied}, "provenance": people["provenance"]},
        source=SOURCES[POLICE], event="disclosure_staged",
    )  # fmt: skip
    desk.settle()
    return said


def test_a_decision_to_disclose_lets_it_leave_and_no_other_does(desk: Desk) -> None:
    """A refusal, or a decision about somebody else, is no decision to disclose this."""
    report, subject, result = researched(desk, "victim")
    other = desk.report()
    for decision in (decided(desk, report, "refuse"), decided(desk, other, "disclose"), result):
        asked = Product(statement=report, of=[result], subject=subject, text="There is history.",
                        sanitised_by=WRITER, handling="P", decision=decision)  # fmt: skip
        with pytest.raises(Misuse, match="only by a disclosure decision"):
            at_work(desk).release(asked, by=HEAD, role="inspector")
    asked = Product(statement=report, of=[result], subject=subject, text="There is history.",
                    sanitised_by=WRITER, handling="P",
                    decision=decided(desk, report, "disclose"))  # fmt: skip
    assert at_work(desk).release(asked, by=HEAD, role="inspector")


def test_what_is_kept_from_either_hand_is_not_there(desk: Desk) -> None:
    """Who is kept from a report does not learn of it by being asked to write its copy."""
    sections = concern(desk.draw)
    sections["exclusions"] = {"excluded": [{"subjects": [], "practitioner": WRITER.token}]}
    report = desk.report(sections)
    desk.settle()
    grade(desk, report)
    asked = product(desk, report, SAFE)
    with pytest.raises(Misuse, match="Nothing of this id is held here"):
        at_work(desk).release(asked, by=HEAD, role="inspector")
    with pytest.raises(Misuse, match="Nothing of this id is held here"):
        at_work(desk).release(replace(asked, sanitised_by=HEAD), by=WRITER, role="inspector")
    codes = {"scheme": "3x5x2", "source": "1", "assessment": "A", "handling": "P"}
    with pytest.raises(Misuse, match="Nothing of this id is held here"):
        at_work(desk).grade(report, codes, by=WRITER, role="analyst")


def test_a_grading_that_is_taken_back_holds_no_longer_and_a_rebuild_agrees(desk: Desk) -> None:
    """The handling of an item follows what stands on the log, in whatever database."""
    item = logged(desk)
    grade(desk, item, handling="C", **CONDITIONS)
    grade(desk, item, by=HEAD, role="duty_manager")
    (_, second) = [v.statement.context.id for v in desk.seen(POLICE, "intelligence_graded")]
    desk.report(
        {
            "event": {"statement": second, "reason": "mistaken", "by": "G. Grader"},
            "cause.1": {"statement": second}, "provenance": concern(desk.draw)["provenance"],
        },
        event="statement_retracted", source=SOURCES[POLICE],
    )  # fmt: skip
    desk.settle()
    again = desk.consumer(POLICE, store="again.sqlite")
    again.take(desk.records(POLICE))
    for store in (desk.acting(POLICE).store, again.store):
        with store.read() as db:
            held = rows.in_force(db, item)
            assert held is not None
            assert (held["handling"], held["action"]) == ("C", "A1")


def test_partners_are_sent_no_grading(desk: Desk) -> None:
    """Source identity and grading stay with police; what leaves is the copy."""
    report = desk.report()
    desk.settle()
    grade(desk, report, handling="C", **CONDITIONS)
    assert desk.seen(PROBATION, "intelligence_graded") == []
