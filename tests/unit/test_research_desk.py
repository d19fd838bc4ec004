"""The research desk: one task whole, who may search an index, and where somebody is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from consumers import whereabouts
from consumers.desk import rows as taken
from consumers.research import known, plan, rows
from consumers.research.desk import Desk as ResearchDesk
from consumers.research.found import Found
from contracts.fault import Misuse
from contracts.section import Practitioner
from producers.partnership import Partnership
from tests.support.desk import POLICE, SOURCES, Desk, named
from tests.support.researching import ADDRESS, credential, person, qualified, shown, task_of, told

OWNER = "duty_inspector"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def at_work(desk: Desk) -> ResearchDesk:
    """Sit at the police research desk."""
    police = desk.acting(POLICE)
    return ResearchDesk(police.store, police.voice, desk.new_id, desk.draw)


def test_a_task_tells_its_operator_whom_to_look_up_for_whom_and_why(desk: Desk) -> None:
    """What may be put to whom stands first (domain.md 7, use_limits)."""
    sections = told(desk)
    subject = sections["person.1.identity"]["subject"]
    report = desk.report(sections, urgency="urgent")
    desk.settle()
    lines = shown(desk, task_of(desk, report, subject))
    assert lines[0].startswith("USE: ")
    whole = "\n".join(lines)
    for part in (
        "names: Daniel Marsh", "born: 1979-05 (known to the month)", "sex: female",
        "identifiers: pnc 2002/0073319Z", f"whereabouts: 1{ADDRESS}", "urgent, due ",
        f"asked by the {OWNER}, authorised by the duty manager, by a standing authority: ruleset 1 "
        "asks it of every such report, and nobody authorised this look by hand; for safeguarding, "
        "under common_law.policing", "who looked: nobody yet",
        "0 of 14 looks made; PARTIAL: 14 not begun", "LOCAL",
    ):  # fmt: skip
        assert part in whole, part


def test_partial_research_never_reads_as_done_or_safe(desk: Desk) -> None:
    """Three of fourteen looks are three of fourteen."""
    sections = told(desk)
    report = desk.report(sections)
    desk.settle()
    subject = sections["person.1.identity"]["subject"]
    for system, found in (
        ("local", Found(outcome="nil")),
        ("niche", Found(outcome="match", kinds=["custody"], confidence="confirmed")),
        ("pnc", Found(outcome="nil")),
        ("mash", Found(outcome="unavailable", why="closed until 08:00")),
    ):
        at_work(desk).complete(
            task_of(desk, report, subject, system), found, operator=person("P."), role="r", at=1
        )
    with desk.acting(POLICE).store.read() as db:
        said = plan.standing(rows.tasks_of(db, report))
    assert said == (
        "3 of 14 looks made (1 match, 2 nil; none of them is a finding of safety); "
        "PARTIAL: 10 not begun, 1 unavailable"
    )
    closed = [{"outcome": "nil", "open": False}, {"outcome": "not_searched", "open": False}]
    assert plan.standing(closed).endswith("PARTIAL: 1 that could never be made")
    assert "PARTIAL" not in plan.standing(closed[:1])
    assert "safety" in plan.standing(closed[:1])


def looks_at_her(desk: Desk, report: str) -> list[tuple[str, str, str]]:
    """List what the desk has to review, and which looks its digest will be over."""
    with desk.acting(POLICE).store.read() as db:
        reviewed = [("review", str(one["name"]), str(one["reason"]))
                    for one in whereabouts.to_review(db, hidden=frozenset())]  # fmt: skip
        return reviewed + [
            (str(one["what"]), str(one["token"]), str(one["role"]))
            for one in reversed(taken.looks_at(db, report))
        ]


def work_on(desk: Desk, report: str, who: Practitioner) -> None:
    """Let somebody make one look of a report: its work is theirs."""
    its = (rows.research_tasks.c.statement == report, rows.research_tasks.c.system == "niche")
    with desk.acting(POLICE).store.read() as db:
        which = db.execute(select(rows.research_tasks.c.id).where(*its)).scalars().first()
    at_work(desk).complete(which or "", Found(outcome="nil"), operator=who, role="r", at=1)
    desk.settle()


def test_where_a_victim_is_no_task_shows_and_whoever_has_the_work_is_shown_it(desk: Desk) -> None:
    """By the desk's own rule and in its records, so that it is reviewed (domain.md 5, trap 4)."""
    sections = told(desk)
    subject = sections["person.2.identity"]["subject"]
    report = desk.report(sections, urgency="urgent")
    desk.settle()
    task = task_of(desk, report, subject)
    assert ADDRESS not in "\n".join(shown(desk, task))
    assert "01632" not in "\n".join(shown(desk, task))
    work_on(desk, report, person("P."))
    (place,) = at_work(desk).reveal(task, by=person("P."), role="r", reason="visit", at=7)
    assert place.address == f"2{ADDRESS}"
    token = person("P.").token or ""
    assert looks_at_her(desk, report) == [
        ("review", "P.", "visit"), ("whereabouts_alone", token, "r"), ("whereabouts", token, "r"),
    ]  # fmt: skip
    assert "whereabouts shown to P. at " in "\n".join(shown(desk, task))
    others = task_of(desk, report, sections["person.1.identity"]["subject"])
    assert "whereabouts shown to" not in "\n".join(shown(desk, others)), "of her, and nobody else"
    assert not [d for _, d in desk.published if b"visit" in b"".join(
        bytes(v) for v in d.sections.values())]  # fmt: skip


@pytest.mark.parametrize("urgency", ["routine", "urgent"])
def test_who_does_not_have_the_work_is_sent_to_the_desk_where_two_people_are(
    desk: Desk, urgency: str
) -> None:
    """Browsing is what two people are for, at the command line as at the desk: one rule."""
    sections = told(desk)
    report = desk.report(sections, urgency=urgency)
    desk.settle()
    task = task_of(desk, report, sections["person.2.identity"]["subject"])
    if urgency == "urgent":
        work_on(desk, report, person("Somebody Else"))
    with pytest.raises(Misuse, match="One person alone") as refused:
        at_work(desk).reveal(task, by=person("P."), role=OWNER, reason="visit", at=7)
    assert "candour desk" in str(refused.value.remedy)
    assert looks_at_her(desk, report) == []
    if urgency == "urgent":
        at_work(desk).reveal(task, by=person("Somebody Else"), role="r", reason="mine", at=7)


def test_only_what_the_report_itself_tells_of_is_shown_for_its_urgency(desk: Desk) -> None:
    """An urgent report of her opens no address that a routine one told."""
    sections = told(desk)
    report = desk.report(sections, urgency="urgent")
    later = {**told(desk), "person.2.identity": sections["person.2.identity"]}
    later["person.2.part"] = sections["person.2.part"]
    subject = sections["person.2.identity"]["subject"]
    later["person.2.whereabouts"] = {"subject": subject, "address": "another place"}
    desk.report(later)
    desk.settle()
    task = task_of(desk, report, subject)
    work_on(desk, report, person("P."))
    (place,) = at_work(desk).reveal(task, by=person("P."), role="r", reason="visit", at=7)
    assert place.address == f"2{ADDRESS}"
    assert "2 held and not shown" in "\n".join(shown(desk, task))


@pytest.mark.parametrize("told_of", ["in one report", "by another agency", "beside a new partner"])
def test_his_task_does_not_show_where_she_is(desk: Desk, told_of: str) -> None:
    """What may be put to him is read from his task, and he lived with her (domain.md 5, trap 4)."""
    first, later = told(desk), told(desk)
    his = first["person.1.identity"]["subject"]
    shared = first["person.1.whereabouts"] | {"address": "The Cottage, Hay Lane"}
    if told_of == "in one report":
        first["person.1.whereabouts"] = first["person.2.whereabouts"] | {"subject": his}
    elif told_of == "by another agency":
        first["person.1.whereabouts"] = shared
        later["person.2.whereabouts"]["address"] = "the cottage,  hay lane"
    else:  # her own address was not told here
        for section in ("identity", "part", "whereabouts"):
            later[f"person.1.{section}"]["subject"] = his
        later["person.1.whereabouts"] = shared
        del later["person.2.whereabouts"]
    report = desk.report(first)
    desk.report(later)
    desk.settle()
    whole = "\n".join(shown(desk, task_of(desk, report, his)))
    assert "Cottage" not in whole
    assert f"2{ADDRESS}" not in whole
    assert "1 held and not shown: this person is, or may be, the victim, or somebody" in whole
    assert (f"whereabouts: 1{ADDRESS}" in whole) == (told_of == "beside a new partner")


def test_where_the_parts_are_not_assessed_either_may_be_the_victim(desk: Desk) -> None:
    """E18 names no victim; whoever reads the task must not learn where she lives by that."""
    sections = told(desk)
    for number in (1, 2):
        sections[f"person.{number}.part"]["part"] = "unassessed"
    report = desk.report(sections)
    desk.settle()
    for number in (1, 2):
        subject = sections[f"person.{number}.identity"]["subject"]
        assert ADDRESS not in "\n".join(shown(desk, task_of(desk, report, subject)))


def test_a_later_report_of_the_same_token_adds_a_name_and_one_taken_back_does_not(
    desk: Desk,
) -> None:
    """The publisher's own token is one person; what it took back feeds no search."""
    first, later = told(desk), named(desk.draw)
    subject = first["person.1.identity"]["subject"]
    later["person.1.identity"] |= {"subject": subject,
                                   "names": [{"given": "Dan", "family": "Alias"}]}  # fmt: skip
    later["person.1.part"]["subject"] = subject
    report, second = desk.report(first), desk.report(later)
    desk.settle()
    task = task_of(desk, report, subject)
    assert "  names: Daniel Marsh; Dan Alias" in shown(desk, task)
    back = {"event": {"statement": second, "reason": "wrong_person", "by": "A. Officer"},
            "cause.1": {"statement": second}, "provenance": first["provenance"]}  # fmt: skip
    desk.report(back, event="statement_retracted")
    desk.settle()
    assert "  names: Daniel Marsh" in shown(desk, task)


def test_a_name_that_is_kept_from_somebody_is_not_in_what_they_are_shown(desk: Desk) -> None:
    """He may see this report, and not the other in which she goes by another name."""
    first, kept = told(desk), named(desk.draw)
    subject = first["person.2.identity"]["subject"]
    him = person("P. Kept").token or ""
    kept["person.2.identity"] |= {"subject": subject,
                                  "names": [{"given": "Tracey", "family": "Hidden"}]}  # fmt: skip
    kept["person.2.part"]["subject"] = subject
    kept["exclusions"] = {"excluded": [{"subjects": [], "practitioner": him}]}
    report = desk.report(first)
    desk.settle()
    task = task_of(desk, report, subject)
    before = shown(desk, task, viewer=him)
    desk.report(kept)
    desk.settle()
    assert shown(desk, task, viewer=him) == before
    assert shown(desk, task, viewer=None) == before
    assert "  names: Tracey Hill; Tracey Hidden" in shown(desk, task)


def test_an_index_is_searched_only_by_who_is_vetted_for_it(desk: Desk) -> None:
    """Partners ask, never search; and vetting that has run out is none (domain.md 1.5)."""
    qualified(desk, national_index="leds", index_qualification="vetted_index")
    vetted, lapsed, other = person("V. Vetted"), person("L. Lapsed"), person("O. Other")
    credential(desk, vetted, until="2013-01-01T00:00:00.000Z")
    credential(desk, lapsed, until="2012-05-01T09:00:00.000Z")
    credential(desk, other, until="2013-01-01T00:00:00.000Z", holds="dash_trained")
    sections = told(desk)
    report = desk.report(sections)
    desk.settle()
    subject, at = sections["person.1.identity"]["subject"], desk.ledger.clock_ms
    for system in ("leds", "pnd"):
        task = task_of(desk, report, subject, system)
        for who in (lapsed, other, person("N. Nobody")):
            with pytest.raises(Misuse, match="holds `vetted_index`"):
                at_work(desk).complete(task, Found(outcome="nil"), operator=who, role="r", at=at)
        unsearched = Found(outcome="not_searched", why="nobody vetted is on duty")
        at_work(desk).complete(task, unsearched, operator=other, role="r", at=at)
        at_work(desk).complete(task, Found(outcome="nil"), operator=vetted, role="r", at=at)
    local = task_of(desk, report, subject)
    at_work(desk).complete(local, Found(outcome="nil"), operator=other, role="r", at=at)


def test_leds_stands_in_for_pnc_where_the_ruleset_says_so(desk: Desk) -> None:
    """One index at a time, by configuration."""
    qualified(desk, national_index="leds")
    report = desk.report()
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        systems = {one["system"] for one in rows.tasks_of(db, report)}
    assert "leds" in systems
    assert "pnc" not in systems
    known_here = desk.acting(POLICE).voice.partners
    assert isinstance(known_here, Partnership)


def test_a_result_says_its_grade_with_its_scheme_and_its_handling(desk: Desk) -> None:
    """A letter alone means the opposite in the other scheme."""
    sections = told(desk)
    report = desk.report(sections)
    desk.settle()
    task = task_of(desk, report, sections["person.1.identity"]["subject"])
    hit = Found(outcome="match", kinds=["intelligence"], confidence="probable")
    wrong = [replace(hit, grade=one)
             for one in ("B2P", "3x5x2 B 2 P", "5x5x5 1 A P", "1 A P", "")]  # fmt: skip
    for found in (*wrong, replace(hit, grade="3x5x2 1 A P", handling="C")):
        with pytest.raises(Misuse, match="grade"):
            at_work(desk).complete(task, found, operator=person("P."), role="r", at=1)
    found = replace(hit, grade="3x5x2  2 C C")
    at_work(desk).complete(task, found, operator=person("P."), role="r", at=1)
    desk.settle()
    (said,) = desk.said(POLICE, "research_completed")
    assert (said["grade"], said["handling"]) == ("3x5x2 2 C C", "C")
    assert any("grade: 3x5x2 2 C C; handling: C" in line for line in shown(desk, task))


@pytest.mark.parametrize("outcome", ["refused", "unavailable", "not_searched"])
def test_an_outcome_that_tells_of_nothing_says_why(desk: Desk, outcome: Any) -> None:
    """Else it would read as nil."""
    report = desk.report()
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        task = rows.tasks_of(db, report)[0]["id"]
    with pytest.raises(Misuse, match="nothing says why"):
        at_work(desk).complete(task, Found(outcome=outcome), operator=person("P."), role="r", at=1)


@pytest.mark.parametrize(
    ("event", "given", "systems"),
    [
        ("household_changed", {"change": "joined"}, {"niche", "local", "pnc"}),
        ("closure_notified", {"closure": "licence", "ends_on": "2012-06-01",
                              "risk_recognised": "unknown"}, {"niche", "local", "pnc"}),
        ("closure_notified", {"closure": "licence", "ends_on": "2012-06-01",
                              "risk_recognised": "no"}, set()),
        ("police_record_noted", {"record": "warning", "offence": "harassment",
                                 "domestic": "yes"}, set()),
    ],
)  # fmt: skip
def test_how_deep_police_look_follows_from_what_was_reported(
    desk: Desk, event: str, given: dict[str, Any], systems: set[str]
) -> None:
    """Full research of everything would bury the concerns (domain.md 7)."""
    sections = named(desk.draw)
    day = {k: sections["event"][k] for k in ("occurred", "known_to_agency", "recorded")}
    sections["event"] = {**day, **given}
    del sections["use_limits"]
    report = desk.report(sections, event=event, source=SOURCES[POLICE])
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        assert {one["system"] for one in rows.tasks_of(db, report)} == systems


def test_a_child_is_looked_up_in_no_index_and_a_threat_to_life_in_everything_at_once(
    desk: Desk,
) -> None:
    """The clock of a threat to life is the shortest, whatever it came as."""
    sections = named(desk.draw)
    day = {k: sections["event"][k] for k in ("occurred", "known_to_agency", "recorded")}
    sections["event"] = {**day, "relationship": "partners", "state": "ending"}
    sections["person.2.part"]["part"] = "child"
    report = desk.report(sections, event="relationship_noted", urgency="threat_to_life")
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        tasks = rows.tasks_of(db, report)
    child = sections["person.2.identity"]["subject"]
    assert {t["system"] for t in tasks if t["subject"] == child} == {"mash", "local"}
    assert len([t for t in tasks if t["subject"] != child]) == 7
    assert {(t["priority"], t["due_at"] - desk.ledger.clock_ms) for t in tasks} == {
        ("immediate", 4 * 3_600_000)
    }


def test_an_erased_report_takes_whom_it_named_and_why_somebody_looked_with_it(
    desk: Desk,
) -> None:
    """That somebody looked stays; what they wrote about her does not."""
    sections = told(desk)
    her = sections["person.2.identity"]["subject"]
    report = desk.report(sections, urgency="urgent")
    desk.settle()
    task = task_of(desk, report, her)
    work_on(desk, report, person("P."))
    at_work(desk).reveal(task, by=person("P."), role=OWNER, reason="a visit to her", at=7)
    police = desk.acting(POLICE)
    with police.store.write() as db:
        for worker in police._workers:
            worker.forget(db, report)
    with police.store.read() as db:
        assert known.known(db, report, her, set()) is None
        (look,) = whereabouts.to_review(db, hidden=frozenset())
        assert not look["reason"]


def test_what_was_found_by_a_name_that_is_kept_or_erased_goes_with_it(desk: Desk) -> None:
    """What a colleague found by her other name would tell him; erased, it rests on nothing."""
    first, kept = told(desk), named(desk.draw)
    subject = first["person.2.identity"]["subject"]
    him = person("P. Kept").token or ""
    kept["person.2.identity"] |= {"subject": subject,
                                  "names": [{"given": "Tracey", "family": "Hidden"}]}  # fmt: skip
    kept["person.2.part"]["subject"] = subject
    kept["exclusions"] = {"excluded": [{"subjects": [], "practitioner": him}]}
    report, hidden = desk.report(first), desk.report(kept)
    desk.settle()
    task = task_of(desk, report, subject)
    found = Found(
        outcome="match", kinds=["other"], confidence="possible", detail="under another name"
    )
    at_work(desk).complete(task, found, operator=person("C. Colleague"), role="r", at=1)
    assert any("under another name" in line for line in shown(desk, task))
    assert not any("under another name" in line for line in shown(desk, task, viewer=him))
    with desk.acting(POLICE).store.write() as db:
        rows.forget(db, hidden)
        assert rows.results_of(db, task) == []
        assert rows.task(db, task) is not None
