"""Asking and answering in every direction: typed, by a clock, reused, and silence escalated."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from consumers.people.desk import Matching
from consumers.research import rows as research
from consumers.responses import asked, reuse
from consumers.responses import rows as duties
from consumers.responses.asking import Question
from consumers.responses.period import covers
from consumers.standing import keep_from
from consumers.telling.rows import notifications
from contracts.draft import Draft
from contracts.fault import Misuse
from contracts.section import Identity, Name, Narrative
from deploy.matching import SHIPPED, weighing_of
from tests.support.conversing import WHY, ask, asking, open_to_all, person, reported, supply
from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk, named
from tests.support.people import token

Json = Any
HOUR = 3_600_000
DAYS = "2012-01-01/2012-05-01"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where each may ask each."""
    opened = Desk(tmp_path)
    open_to_all(opened)
    return opened


def row_of(desk: Desk, agency: str, request: str) -> Json:
    """Give how a question stands at an agency."""
    with desk.acting(agency).store.read() as db:
        found = asked.request(db, request)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("by", "of"), [(HUB, POLICE), (POLICE, HUB), (HUB, PROBATION), (POLICE, PROBATION)]
)
def test_each_may_ask_each_and_both_see_how_it_stands(desk: Desk, by: str, of: str) -> None:
    """Only probation finds E16: it is a research system too, and so is everybody."""
    report, subject = reported(desk)
    request = ask(desk, of, report, subject, by=by, period=DAYS)
    (view,) = [v for v in desk.seen(of, "information_requested")
               if v.statement.context.id == request]  # fmt: skip
    sections = view.statement.sections
    assert isinstance(sections["person.1.identity"], Identity), "who is meant"
    assert "use_limits" in sections, "and what may be put to whom"
    assert (row_of(desk, by, request)["answer"], row_of(desk, of, request)["period"]) == (
        None,
        DAYS,
    )
    answer = supply(
        desk, request, of=of, told=lambda _: {"narrative": Narrative("ring", "summary")}
    )
    for agency in (by, of):
        row = row_of(desk, agency, request)
        assert (row["answer"], row["outcome"]) == (answer, "match")
        assert row["supplied_by"] == "B. Sergeant"


def test_a_question_tells_of_nobodys_limits_but_whose_it_is_about(desk: Desk) -> None:
    """That she must not be told is nothing for whoever is asked about him."""
    sections = named(desk.draw)
    his, hers = (sections[f"person.{n}.identity"]["subject"] for n in (1, 2))
    limits = sections["use_limits"]["limits"]
    limits[:] = [{**limits[0], "subject": one} for one in (his, hers)]
    report = desk.report(sections)
    desk.settle()
    ask(desk, POLICE, report, his)
    told = desk.seen(POLICE, "information_requested")[-1].statement.sections["use_limits"]
    assert [one.subject for one in told.limits] == [his]  # type: ignore[attr-defined]


def test_a_question_is_owed_by_the_clock_it_names_or_by_the_rules(desk: Desk) -> None:
    """A question without a time is one that nobody owes."""
    report, subject = reported(desk)
    at = desk.ledger.clock_ms
    named_time = ask(desk, POLICE, report, subject, due_at=at + 7 * HOUR)
    by_rule = ask(desk, POLICE, report, subject)
    with desk.acting(POLICE).store.read() as db:
        owed = {
            key: duties.duty(db, f"information_supplied/{key}") for key in (named_time, by_rule)
        }
    assert [one["due_at"] - at for one in owed.values() if one] == [7 * HOUR, 72 * HOUR]
    with pytest.raises(Misuse, match="is past"):
        ask(desk, POLICE, report, subject, due_at=at)


WRONG: dict[str, tuple[dict[str, Json], str]] = {
    "a_report_that_is_not_held": ({"about": "of nobody"}, "No report of this id"),
    "somebody_it_does_not_name": ({"subject": token("nobody")}, "names nobody of that token"),
    "itself": ({"to": HUB}, "names no other agency"),
    "nobody": ({"to": "the-pope"}, "names no other agency"),
    "a_period_in_words": ({"period": "lately"}, "is no period"),
    "a_period_that_ends_first": ({"period": "2012-05-01/2012-01-01"}, "is no period"),
    "a_day_that_is_none": ({"period": "2012-02-30/.."}, "is no period"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_asked_is_refused_before_anything_is_said(desk: Desk, wrong: str) -> None:
    """What the log would refuse is told at the desk, with what to do."""
    report, subject = reported(desk)
    changes, told = WRONG[wrong]
    given = {"to": POLICE, "about": report, "subject": subject, "why": WHY, **changes}
    with pytest.raises(Misuse, match=told):
        asking(desk, HUB).ask(Question(**given), by=person(), role="duty manager")
    with desk.acting(HUB).store.read() as db:
        assert db.execute(select(asked.requests)).all() == []


def test_a_question_is_no_second_witness_to_who_somebody_is(desk: Desk) -> None:
    """Asking about him repeats what a report says; on his page only the report says so."""
    report, subject = reported(desk)
    ask(desk, POLICE, report, subject)
    for agency in (HUB, POLICE):
        acting = desk.acting(agency)
        matching = Matching(acting.store, acting.voice, desk.new_id, weighing_of(SHIPPED.parent))
        (name,) = matching.page(frozenset({"anybody"}), subject).names
        assert [one.statement for one in name.told] == [report]


def test_a_report_that_is_kept_from_somebody_they_cannot_ask_about(desk: Desk) -> None:
    """It answers as one that is not held."""
    report, subject = reported(desk)
    with desk.acting(HUB).store.write() as db:
        keep_from(db, [report], [token("A. Officer")])
    with pytest.raises(Misuse, match="No report of this id"):
        ask(desk, POLICE, report, subject)


def owed_to(desk: Desk, agency: str) -> list[tuple[str, str]]:
    """List who is told at an agency that something another owes it has not come: role, of what."""
    with desk.acting(agency).store.read() as db:
        query = select(notifications).where(notifications.c.waits == "owed")
        told = db.execute(query.order_by(notifications.c.place)).mappings().all()
        return [(str(one["role"]), str(one["about"])) for one in told]


def test_whoever_asked_says_and_is_told_that_no_answer_came(desk: Desk) -> None:
    """Whom they asked may have nobody at work: who waits for it has the same clock."""
    report, subject = reported(desk)
    request = ask(desk, POLICE, report, subject)
    desk.pass_hours(72)
    desk.settle()
    assert desk.said(HUB, "duty_overdue") == []
    for _ in range(3):
        desk.pass_hours(1)
        desk.settle()
    said = [one for one in desk.said(HUB, "duty_overdue") if one["duty"] == "information_supplied"]
    assert [(one["statement"], one["owner_agency"], one["owner_role"]) for one in said] == [
        (request, POLICE, "duty_inspector"),
    ]  # fmt: skip
    assert owed_to(desk, HUB) == [("duty_manager", request)]
    about = {statement for _, statement in owed_to(desk, POLICE)}
    assert request not in about, "who owes it is told of it as their own"
    with desk.acting(POLICE).store.read() as db:
        theirs = db.execute(select(notifications).where(notifications.c.waits == "duty")).mappings()
        assert {one["role"] for one in theirs.all()} == {"duty_inspector", "duty_manager"}
    again = desk.consumer(HUB, store="again")
    again.take(desk.records(HUB))
    more: list[Draft] = []
    again.publish_waiting(more.extend)
    assert more == [], "rebuilt, it says nothing twice"


@pytest.mark.parametrize("what", ["answered", "taken back"])
def test_of_a_question_that_waits_for_nothing_nobody_says_so(desk: Desk, what: str) -> None:
    """Nobody is rung for what came, or for what its author withdrew."""
    report, subject = reported(desk)
    request = ask(desk, POLICE, report, subject)
    if what == "answered":
        supply(desk, request)
    else:
        sections = named(desk.draw)
        event = {"statement": request, "reason": "mistaken", "by": "A. Officer"}
        desk.report(
            {"event": event, "cause.1": {"statement": request},
             "provenance": sections["provenance"]},
            event="statement_retracted", source=SOURCES[HUB],
            basis={"regime": "uk_gdpr", "article": "uk_gdpr.6.1.e"},
        )  # fmt: skip
        desk.settle()
    desk.pass_hours(80)
    desk.settle()
    assert [one for one in desk.said(HUB, "duty_overdue") if one["statement"] == request] == []
    assert owed_to(desk, HUB) == []


def test_a_question_the_log_refused_was_not_asked(desk: Desk) -> None:
    """A list that shows it as waiting would let nobody ask again."""
    report, subject = reported(desk)
    question = Question(to=POLICE, about=report, subject=subject, why=WHY)
    (said,) = asking(desk, HUB).ask(question, by=person(), role="duty manager")
    desk.acting(HUB).refused(said.draft.id)
    with desk.acting(HUB).store.read() as db:
        assert asked.request(db, said.draft.id) is None


def test_only_whom_it_was_put_to_answers(desk: Desk) -> None:
    """Who asked cannot answer themselves."""
    report, subject = reported(desk)
    request = ask(desk, POLICE, report, subject)
    with pytest.raises(Misuse, match="No request of this id"):
        supply(desk, request, of=HUB)


def test_a_nil_to_a_persons_question_closes_no_look_of_polices_own(desk: Desk) -> None:
    """Nil is not safe: that probation knows no more is no search of PNC."""
    sections = named(desk.draw)
    sections["person.1.identity"]["names"] = [{"given": "Daniel"}]
    report, subject = desk.report(sections), sections["person.1.identity"]["subject"]
    desk.settle()
    request = ask(desk, PROBATION, report, subject, by=POLICE)
    supply(desk, request, "nil", of=PROBATION)
    with desk.acting(POLICE).store.read() as db:
        left = [t["system"] for t in research.tasks_of(db, report)
                if t["open"] and t["subject"] == subject]  # fmt: skip
    assert "pnc" in left


def earlier(desk: Desk, agency: str, request: str) -> list[reuse.Earlier]:
    """List what a question may be answered with again."""
    acting = desk.acting(agency)
    with acting.store.read() as db:
        row = asked.request(db, request)
        assert row is not None
        return reuse.earlier(db, acting.voice, frozenset({"anybody"}), row)


def test_the_same_question_again_is_offered_the_answer_that_was_given(desk: Desk) -> None:
    """An officer who searched last month is not made to search again; the reply names it."""
    report, subject = reported(desk)
    first = ask(desk, POLICE, report, subject, period="2011-01-01/..")
    answer = supply(desk, first, "possible_match")
    second = ask(desk, POLICE, report, subject, period=DAYS)
    assert [one.answer for one in earlier(desk, POLICE, second)] == [answer]
    supply(desk, second, None, reuses=answer)
    said = desk.said(POLICE, "information_supplied")[-1]
    assert (said["reuses"], said["outcome"], said["request"]) == (answer, "possible_match", second)
    assert row_of(desk, HUB, second)["reuses"] == answer


def test_an_answer_to_another_agency_goes_out_anew_under_its_own_agreement(desk: Desk) -> None:
    """Whoever never had it cannot be told "as before"; the token is the new question's."""
    report, subject = reported(desk)
    first = ask(desk, POLICE, report, subject, by=HUB)

    def told(known: str) -> dict[str, Json]:
        identity = Identity(known, [Name("Daniel", "Marsh")])
        return {"narrative": Narrative("ring the DAIU", "summary"), "person.1.identity": identity}

    answer = supply(desk, first, told=told)
    second = ask(desk, POLICE, report, subject, by=HUB)
    third = ask(desk, POLICE, desk_report(desk, subject), subject, by=PROBATION)
    assert [one.same_asker for one in earlier(desk, POLICE, second)] == [True]
    assert [one.same_asker for one in earlier(desk, POLICE, third)] == [False]
    supply(desk, second, None, reuses=answer)
    supply(desk, third, None, reuses=answer)
    seen = [v for agency in (HUB, PROBATION) for v in desk.seen(agency, "information_supplied")]
    replies = {
        view.statement.event.request: view.statement.sections  # type: ignore[attr-defined]
        for view in seen
    }
    assert "narrative" not in replies[second], "the hub has it"
    assert replies[third]["narrative"] == Narrative("ring the DAIU", "summary")


def desk_report(desk: Desk, subject: str) -> str:
    """Let probation report the man once more."""
    sections = named(desk.draw)
    for part in ("identity", "part"):
        sections[f"person.1.{part}"]["subject"] = subject
    sections["use_limits"]["limits"][0]["subject"] = subject
    said = desk.report(sections)
    desk.settle()
    return said


def retracted(desk: Desk, answer: str) -> None:
    """Let police take an answer back."""
    desk.report(
        {
            "event": {"statement": answer, "reason": "mistaken", "by": "B. Sergeant"},
            "cause.1": {"statement": answer},
            "provenance": named(desk.draw)["provenance"],
        },
        event="statement_retracted", source=SOURCES[POLICE],
    )  # fmt: skip
    desk.settle()


def aged(desk: Desk, _: str) -> None:
    """Let three months pass."""
    desk.pass_hours(91 * 24)
    desk.settle()


STALE: dict[str, Callable[[Desk, str], None]] = {"too_old": aged, "taken_back": retracted}


@pytest.mark.parametrize("stale", STALE)
def test_an_answer_that_no_longer_holds_is_neither_offered_nor_taken(
    desk: Desk, stale: str
) -> None:
    """What was true in May is not said again in August as if somebody had looked."""
    report, subject = reported(desk)
    answer = supply(desk, ask(desk, POLICE, report, subject))
    STALE[stale](desk, answer)
    again = ask(desk, POLICE, report, subject)
    assert earlier(desk, POLICE, again) == []
    with pytest.raises(Misuse, match="No answer of this id"):
        supply(desk, again, None, reuses=answer)


def test_only_an_answer_to_this_very_question_is_given_again(desk: Desk) -> None:
    """About her it says nothing of him; of last year nothing of this."""
    report, subject = reported(desk)
    people = desk.seen(POLICE, "concern_reported")[0].statement.sections.values()
    tokens = [one.subject for one in people if isinstance(one, Identity)]
    (other,) = set(tokens) - {subject}
    of_her = supply(desk, ask(desk, POLICE, report, other))
    of_then = supply(desk, ask(desk, POLICE, report, subject, period="2011-01-01/2011-12-31"))
    unsearched = supply(desk, ask(desk, POLICE, report, subject), "unavailable", why="PND is down")
    again = ask(desk, POLICE, report, subject, period=DAYS)
    assert earlier(desk, POLICE, again) == []
    for answer in (of_her, of_then, unsearched, "of nobody"):
        with pytest.raises(Misuse, match="No answer of this id"):
            supply(desk, again, None, reuses=answer)


def test_who_somebody_is_answers_nothing_of_what_is_held_of_them(desk: Desk) -> None:
    """A name supplied last week is not "nothing known" today."""
    sections = named(desk.draw)
    sections["person.1.identity"]["names"] = [{"given": "Daniel"}]
    report, subject = desk.report(sections), sections["person.1.identity"]["subject"]
    desk.settle()
    whose = [v.statement for v in desk.seen(PROBATION, "information_requested")
             if getattr(v.statement.event, "why", "").startswith("Who")]  # fmt: skip
    supply(desk, whose[0].context.id, of=PROBATION)
    again = ask(desk, PROBATION, report, subject, by=POLICE)
    assert earlier(desk, PROBATION, again) == []


def test_who_is_one_person_by_a_link_has_one_answer(desk: Desk) -> None:
    """The same man under another agency's token is the same question."""
    report, subject = reported(desk)
    answer = supply(desk, ask(desk, POLICE, report, subject))
    sections = named(desk.draw)
    second, alias = desk.report(sections), sections["person.1.identity"]["subject"]
    desk.settle()
    again = ask(desk, POLICE, second, alias)
    assert earlier(desk, POLICE, again) == []
    acting = desk.acting(POLICE)
    matching = Matching(acting.store, acting.voice, desk.new_id, weighing_of(SHIPPED.parent))
    matching.link(subject, alias, by=person(), role="analyst", reason="one birth date")
    assert [one.answer for one in earlier(desk, POLICE, again)] == [answer]


@pytest.mark.parametrize(
    ("before", "now", "is_covered"),
    [
        (None, None, True), (None, DAYS, True), (DAYS, None, False), (DAYS, DAYS, True),
        ("2011-01-01/..", DAYS, True), ("2012-02-01/..", DAYS, False),
        ("../2012-05-01", DAYS, True), ("../2012-04-30", DAYS, False),
        ("lately", "lately", True), ("lately", DAYS, False), (None, "lately", False),
    ],
)  # fmt: skip
def test_a_period_is_covered_by_one_that_reaches_as_far_both_ways(
    before: str | None, now: str | None, *, is_covered: bool
) -> None:
    """A search of January answers nothing about May."""
    assert covers(before, now) is is_covered


def test_questions_are_read_back_from_the_log(desk: Desk) -> None:
    """A database that was lost knows again who asked whom, and what was answered."""
    report, subject = reported(desk)
    supply(desk, ask(desk, POLICE, report, subject), "nil")
    ask(desk, POLICE, report, subject)
    for agency in (HUB, POLICE):
        fresh = desk.consumer(agency, store=f"{agency}-again.sqlite")
        fresh.take(desk.records(agency))
        rows = []
        for consumer in (fresh, desk.acting(agency)):
            with consumer.store.read() as db:
                rows.append([dict(row) for row in db.execute(select(asked.requests)).mappings()])
        assert rows[0] == rows[1]
