"""The page on which a partner reports: what is typed, what becomes of it, whose it is."""

from datetime import date
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from consumers.desk.reporting import filling, told
from consumers.desk.reporting.filling import Answers, Typed
from consumers.desk.reporting.port import Answered, Became
from consumers.desk.reporting.questions import (
    AFTER_PEOPLE,
    DANGER,
    PERSON,
    PURPOSES,
    QUESTIONS,
    SOURCE,
    WANTED,
    WHAT,
    Field,
)
from contracts.context import Use
from contracts.event.report import Asked, ConcernReported, Relationship
from contracts.event.work import InformationRequested, InformationSupplied, ResponseGiven
from contracts.section import Answer, Children, HowKnown, Part
from deploy.filing import MISSING
from producers.form import check_form, read_form
from producers.report import read_report
from tests.support.command import ROOT
from tests.support.reporting import FILLED
from tests.support.speaking import Speaker
from tests.vectors.ledger import CLOCK_MS

TODAY = date(2026, 5, 6)
WHO = {"name": "A. Officer"}
REFERENCES = {"person-1": "report/x/person-1"}


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """Probation's home, which has read what was agreed."""
    found = Speaker(tmp_path / "home")
    found.read()
    return found


def written(answers: Answers) -> dict[str, Any]:
    """Write what was typed as a report's fields."""
    return filling.report_of(answers, who=WHO, today=TODAY, causes=[], references=REFERENCES)


def options(field: Field) -> list[str]:
    """List the values of a field's choices."""
    return [value for value, _, _ in field.options]


def test_every_closed_list_is_asked_whole_and_nothing_else() -> None:
    """A value that the page does not know can never be reported; one too many is refused late."""
    concerns = get_args(get_type_hints(ConcernReported)["concern"])
    asked: list[tuple[Field, Any, set[str]]] = [
        (WHAT.field("concern"), concerns, set()),
        (WHAT.field("relationship"), get_args(Relationship), set()),
        (WANTED.field("asked"), get_args(Asked), set()),
        (QUESTIONS["children"].field("children"), get_args(Children), set()),
        (PERSON.field("part"), get_args(Part), set()),
        (SOURCE.field("how_known"), [*get_args(HowKnown), "unknown"], set()),
        (SOURCE.field("seen_alone"), get_args(Answer), {"refused"}),
        (DANGER.field("danger_now"), get_args(Answer), {"refused", "not_asked"}),
    ]
    for field, closed, apart in asked:
        assert sorted(options(field)) == sorted(set(closed) - apart), field.name
    assert sorted(PURPOSES) == sorted(get_args(Use))


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("27 3 1970", "1970-03-27"), ("27/03/1970", "1970-03-27"), ("1970-03-27", "1970-03-27"),
        ("27 March 1970", "1970-03-27"), ("3 1970", "1970-03"), ("1970", "1970"), ("42", "42"),
        ("the third", None), ("31 2 1970", None), ("1 1 2027", None), ("200", None),
        ("1 2 3 1970", None), ("32 1 1970", None),
    ],
)  # fmt: skip
def test_a_birth_is_read_as_exactly_as_it_was_typed(typed: str, value: str | None) -> None:
    """A year that is taken for a day finds the wrong person; what cannot be read is said so."""
    person = written({"person-1": {"born": [typed]}})["people"][0]
    assert person.get("born") == value
    wrong = filling.wrong_on("person-1", {"born": [typed]}, TODAY)
    assert [one.field for one in wrong] == ([] if value else ["born"])


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ({"occurred": ["today"]}, "2026-05-06"), ({"occurred": ["unknown"]}, "undated"),
        ({"occurred": ["other"], "occurred-year": ["2012"]}, "2012"),
        ({"occurred": ["other"], "occurred-month": ["5"], "occurred-year": ["2012"]}, "2012-05"),
        ({"occurred": ["other"], "occurred-month": ["5"], "occurred-year": ["2012"],
          "occurred-about": ["about"]}, "about 2012-05"),
        ({"occurred": ["other"], "occurred-day": ["7"], "occurred-month": ["5"],
          "occurred-year": ["2026"]}, None),
        ({"occurred": ["other"], "occurred-day": ["7"], "occurred-year": ["2012"]}, None),
        ({"occurred": ["other"]}, None), ({}, None),
    ],
)  # fmt: skip
def test_a_day_is_read_as_exactly_as_it_was_typed(typed: Typed, value: str | None) -> None:
    """Somebody who knows the month alone must not be made to invent a day, nor may tomorrow be."""
    assert written({"what": typed}).get("when") == value
    wrong = [one.field for one in filling.wrong_on("what", typed, TODAY)]
    assert ("occurred" in wrong) == (value is None)


def test_what_a_page_sends_is_what_the_same_file_says(speaker: Speaker) -> None:
    """Two ways to report that differ by a field would be two truths about one couple."""
    file = speaker.home.folder.parent / "report.yaml"
    file.write_text("""\
report: concern
facts: {concern: separation, relationship: not_known, asked: [research]}
danger_now: unknown
urgency: urgent
when: 2026-05-06
who_says: {name: A. Officer, role: probation officer, mailbox: duty@probation.example,
  how_known: told_by_subject, said: summary}
people: [{reference: case-4471, given: Daniel}]
children: not_asked
words: He means to end it.
ring: 01632 960102
""")
    at: dict[str, Any] = {"at_ms": CLOCK_MS, "at": "2026-05-06"}
    ours, basis = read_form(written(FILLED), speaker.outbox, said_id=speaker.new_id(), **at)
    theirs, other = read_report(file, speaker.outbox, new_id=speaker.new_id, **at)
    plain = [{n: bytes(v) for n, v in said.sections.items()} for said in (ours, theirs)]
    assert plain[0] == plain[1]
    assert (ours.purpose, ours.urgency, basis) == (theirs.purpose, theirs.urgency, other)


def test_what_cannot_be_used_is_named_by_field_and_never_quoted() -> None:
    """An error at the wrong field sends somebody looking; one that quotes ends in a log."""
    report = written(FILLED)
    report["who_says"]["mailbox"] = "Zebedee"
    report["people"][0]["born"] = "Zebedee"
    found = check_form(report, now_ms=CLOCK_MS)
    found = sorted(found)
    assert [where for where, _ in found] == [("people", 0, "born"), ("who_says", "mailbox")]
    assert "Zebedee" not in str(found)
    placed = [filling.placed(*one, ["person-1"]) for one in found]
    assert [(one.step, one.field) for one in placed] == [
        ("person-1", "born"),
        ("source", "mailbox"),
    ]
    assert all("`" not in one.text and one.text[0].isupper() for one in placed)


def test_nothing_that_was_typed_is_lost_where_it_must_go_at_once() -> None:
    """Half a form with two slips in it is all that police may ever get from somebody in a hurry."""
    answers: Answers = {}
    for question in (DANGER, PERSON, *AFTER_PEOPLE):
        step = "person-1" if question is PERSON else question.step
        answers[step] = {
            name: [f"word-{step}-{name}"]
            for field in question.fields
            if field.kind not in {"radios", "inline", "checks", "select"}
            for name in filling.inputs_of(field)
            if not name.endswith("-about")
        }
        for field in question.fields:
            if field.kind == "when":
                answers[step][field.name] = ["other"]
    given: dict[str, Any] = {"who": WHO, "today": TODAY, "causes": [], "references": REFERENCES}
    report = filling.emergency_of(answers, **given)
    report = filling.without(report, check_form(report, now_ms=CLOCK_MS))
    assert check_form(report, now_ms=CLOCK_MS) == ()
    assert report["danger_now"] == "yes"
    words = {text for typed in answers.values() for texts in typed.values() for text in texts}
    lost = {one for one in words - {"other"} if one not in str(report)}
    assert lost == set()
    assert filling.emergency_of({}, **given)["people"] == [{"reference": "report/x/person-1"}]


STANDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "stored": ({"state": "stored"}, "waits", "Stored"),
    "sent": ({"state": "sent"}, "waits", "Sent"),
    "life": (
        {"state": "stored", "urgency": "threat_to_life"},
        "waits",
        "Not delivered yet: telephone",
    ),
    "late": ({"state": "sent", "late": True}, "failed", "NOT DELIVERED: telephone"),
    "stuck": ({"state": "stored", "stuck": "Kafka refuses."}, "failed", "NOT GOING OUT"),
    "accepted": ({"outcome": "accepted", "told": ["Police"]}, "delivered", "Delivered"),
    "to nobody": ({"outcome": "accepted"}, "held", "Recorded, and sent to nobody"),
    "emergency": ({"outcome": "accepted_emergency", "told": ["P"]}, "delivered", "Delivered"),
    "nobody": ({"outcome": "accepted_emergency"}, "failed", "NOBODY HAS IT"),
    "provisional": ({"outcome": "provisional", "told": ["P"]}, "held", "Held for all but police"),
    "quarantined": ({"outcome": "quarantined"}, "held", "HELD"),
    "rejected": ({"outcome": "rejected"}, "failed", "REFUSED"),
}


def test_only_what_somebody_has_looks_delivered() -> None:
    """A report that nobody has and that looks as if somebody had is worse than none."""
    found = {}
    for name, (given, kind, title) in STANDS.items():
        values: dict[str, Any] = {"state": "decided", "urgency": "urgent", **given}
        stood = told.standing(Became("id", "concern_reported", said_ms=0, **values))
        assert (stood.kind, stood.title) == (kind, title), name
        found[name] = stood
    marks = {one.kind: one.mark for one in found.values() if one.kind in {"delivered", "failed"}}
    assert marks == {"delivered": "✓", "failed": "✗"}
    assert all(one.mark == "✓" for one in found.values() if one.kind == "delivered")


def test_every_action_and_every_lack_has_its_words() -> None:
    """A code on an officer's screen is silence in other words."""
    actions = get_args(get_args(get_type_hints(ResponseGiven)["actions"])[0])
    assert sorted(told.ACTIONS) == sorted(actions)
    assert sorted(told.MISSING) == sorted(MISSING.values())
    assert (ROOT / "consumers/desk/templates/partner/sent.html").exists()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("31", "2", "2026"), "The calendar has no such day"),
        (("", "", ""), "Write at least a year"),
        (("7", "5", "2026"), "Write a day that has come"),
        (("", "2", "2026"), ""),
    ],
)
def test_what_is_wrong_with_a_day_is_what_is_said_of_it(
    typed: tuple[str, str, str], told: str
) -> None:
    """Who is told to write a year that they wrote does not find the day that they mistyped."""
    parts = zip(("day", "month", "year"), typed, strict=True)
    answers = {"occurred": ["other"], **{f"occurred-{part}": [text] for part, text in parts}}
    wrong = [one.text for one in filling.wrong_on("what", answers, TODAY)
             if one.field == "occurred"]  # fmt: skip
    assert wrong == [] if not told else wrong[0].startswith(told)


def test_a_question_says_in_an_exercise_that_perhaps_nobody_is_there_to_answer_it() -> None:
    """Whoever tried the demonstration waited for a duty desk that it does not open."""
    asked = InformationRequested(
        addressee="tv-probation", statement="s", subject="t", why="what do you hold", due_at=1
    )
    one = Answered("Thames Valley Police", None, asked, 0, suspect=False)
    assert "In this exercise" not in dict(told.lines(one, exercise=False))
    assert "candour response list" in dict(told.lines(one, exercise=True))["In this exercise"]


def test_that_nobody_could_look_is_said_to_be_no_answer() -> None:
    """`unavailable` alone reads as if the question were done with."""
    given = {"request": "r", "statement": "s", "subject": "t", "supplied_by": "B. Sergeant"}
    said = [InformationSupplied(**given, outcome=one, why="w") for one in ("unavailable", "nil")]
    shown = [
        dict(told.lines(Answered("Police", None, one, 0, suspect=False), exercise=False))
        for one in said
    ]
    assert "no answer" in shown[0]["Your question"]
    assert "Your question" not in shown[1]
