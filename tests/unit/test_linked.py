"""What a link of two persons changes for the rules and for threads, and an unlink restores."""

from pathlib import Path

import pytest
from sqlalchemy import select

from consumers.history import Past
from consumers.people.rows import persons
from consumers.safeguarding import links, rows, watched, worker
from consumers.safeguarding.pressing import pressing
from consumers.standing import keep_from
from consumers.store import Store
from contracts.event.case import PersonsLinked
from tests.support.alerts import LEAD, alert_of, deciding, person
from tests.support.desk import HUB, POLICE, SOURCES, Desk, named
from tests.support.stranger import text_of


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


def test_a_link_shows_the_rules_what_it_joins_and_an_unlink_restores(desk: Desk) -> None:
    """Police know him under a token of their own: what stands against him is found by the link."""
    record, hers = desk_record(desk), named(desk.draw, concern="other", relationship="partners")
    report = desk.report(hers)
    desk.settle()
    assert [one for one in desk.said(POLICE, "alert_raised") if one["rule"] == "M04"] == []
    his = hers["person.1.identity"]["subject"]
    police = deciding(desk, POLICE)
    (link,) = police.link(
        [his, record[1]], by=person(desk), role="analyst", basis="born on one day",
        causes=[report, record[0]],
    )  # fmt: skip
    desk.settle()
    (alert,) = [one for one in desk.said(POLICE, "alert_raised") if one["rule"] == "M04"]
    assert alert["statements"] == [report, record[0]]
    row = alert_of(desk, "M04", POLICE)
    police.acknowledge(row["id"], by=person(desk), role="inspector")
    desk.settle()
    police.unlink(link.draft.id, by=person(desk), role="analyst", basis="two men")
    desk.settle()
    assert alert_of(desk, "M04", POLICE)["acknowledged_by"] is None, "somebody looks again"
    with desk.acting(POLICE).store.read() as db:
        past = Past(db, POLICE, of="")
        assert [one.id for one in past.of(his)] == [report]
        assert not past.are_one(his, record[1])


def test_a_link_of_somebody_with_many_reports_shows_the_rules_each_of_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The couple of many reports ago is one too: what is not looked at at once is soon after."""
    monkeypatch.setattr(worker, "LOOKED_AGAIN", 2)
    record = desk_record(desk)
    his = named(desk.draw, concern="other", relationship="partners")
    reports = [desk.report(his)]
    for _ in range(3):
        other = named(desk.draw, concern="other", relationship="family")
        other["person.1.identity"]["subject"] = his["person.1.identity"]["subject"]
        other["person.1.part"]["subject"] = his["person.1.identity"]["subject"]
        reports.append(desk.report(other))
    desk.settle()
    police = deciding(desk, POLICE)
    police.link(
        [his["person.1.identity"]["subject"], record[1]], by=person(desk), role="analyst",
        basis="born on one day", causes=[reports[0], record[0]],
    )  # fmt: skip
    desk.settle()
    assert [one for one in desk.said(POLICE, "alert_raised") if one["rule"] == "M04"] == []
    desk.pass_hours(1 / 30)
    desk.settle()
    (alert,) = [one for one in desk.said(POLICE, "alert_raised") if one["rule"] == "M04"]
    assert alert["statements"] == [reports[0], record[0]]
    desk.pass_hours(1 / 30)
    desk.settle()
    with desk.acting(POLICE).store.read() as db:
        assert not watched.is_looking(db)


@pytest.mark.parametrize("refused", [False, True])
def test_what_a_wrong_link_silenced_is_raised_when_it_is_undone(desk: Desk, refused: bool) -> None:
    """Two women taken for one are asked about once: the second must not stay unasked (M04)."""
    first, second = named(desk.draw, concern="other", relationship="partners"), named(desk.draw)
    his = first["person.1.identity"]["subject"]
    for name in ("person.1.identity", "person.1.part"):
        second[name]["subject"] = his
    second["use_limits"]["limits"][0]["subject"] = his
    second["event"] |= {"concern": "other", "relationship": "family"}
    desk_record(desk, his)
    reports = [desk.report(sections) for sections in (first, second)]
    desk.settle()
    police = deciding(desk, POLICE)
    women = [one["person.2.identity"]["subject"] for one in (first, second)]
    (link,) = police.link(women, by=person(desk), role=LEAD, basis="seen", causes=reports)
    desk.settle()
    second["event"] |= {"relationship": "partners"}
    reports.append(desk.report(second))
    desk.settle()
    assert pairs_asked(desk) == [{his, women[0]}]
    if refused:
        desk.acting(POLICE).refused(link.draft.id)
        desk.pass_hours(1)
    else:
        police.unlink(link.draft.id, by=person(desk), role=LEAD, basis="two women")
    desk.settle()
    assert pairs_asked(desk) == [{his, one} for one in women]


def pairs_asked(desk: Desk) -> list[set[str]]:
    """List about whom police asked for a disclosure decision."""
    found = desk.said(POLICE, "alert_raised")
    return [set(one["subjects"]) for one in found if one["rule"] == "M04"]


def test_two_sources_that_a_person_tells_apart_are_counted_anew(desk: Desk) -> None:
    """The third incident is there already: nobody may have to wait for a fourth (M03, M10)."""
    sections = named(desk.draw)
    desk.report(sections)
    desk.report(sections, source=SOURCES[POLICE])
    later = {"occurred": {"precision": "day", "at": "2012-07-01"}, "known_to_agency": "2012-07-01"}
    desk.report({**sections, "event": sections["event"] | later})
    desk.settle()
    rules = [one["rule"] for one in desk.said(POLICE, "alert_raised")]
    assert "M10" not in rules
    police = deciding(desk, POLICE)
    with desk.acting(POLICE).store.read() as db:
        (proposal,) = db.execute(select(rows.origins)).mappings()
    police.decide_origin(
        proposal["id"], "different", by=person(desk), role=LEAD, reason="one of them saw it"
    )
    desk.settle()
    assert [one["rule"] for one in desk.said(POLICE, "alert_raised")].count("M10") == 1


def desk_record(desk: Desk, subject: str | None = None) -> tuple[str, str]:
    """Note as police a conviction of somebody, known or under a token of their own; give both."""
    token, day = subject or text_of(desk.draw(16)), "2005-03-01"
    said = desk.report(
        {
            "event": {"occurred": {"precision": "day", "at": day}, "known_to_agency": day,
                      "recorded": day, "record": "conviction", "offence": "violence",
                      "domestic": "yes"},
            "provenance": named(desk.draw)["provenance"],
            "person.1.identity": {"subject": token, "names": [{"given": "Dan"}]},
        },
        source=SOURCES[POLICE], event="police_record_noted",
    )  # fmt: skip
    desk.settle()
    return said, token


def test_a_link_joins_threads_and_an_unlink_parts_them(desk: Desk) -> None:
    """One woman under two tokens is one thread, and two women again where that was wrong."""
    first, second = named(desk.draw), named(desk.draw)
    reports = [desk.report(sections) for sections in (first, second)]
    desk.settle()
    matcher = deciding(desk)
    counts = []

    def count() -> None:
        with desk.acting(HUB).store.read() as db:
            counts.append(len(pressing(db, frozenset(), after_lead=None, count=9)[0]))

    count()
    links = []
    for number in (1, 2):
        tokens = [one[f"person.{number}.identity"]["subject"] for one in (first, second)]
        links += matcher.link(tokens, by=person(desk), role=LEAD, basis="seen", causes=reports)
    desk.settle()
    count()
    matcher.unlink(links[0].draft.id, by=person(desk), role=LEAD, basis="two")
    desk.settle()
    count()
    assert counts == [2, 1, 2]


def test_a_link_that_is_kept_from_somebody_makes_nobody_one_person_for_them(tmp_path: Path) -> None:
    """That two records are one man is itself something that a colleague of his must not learn."""
    store = Store(tmp_path / "store.sqlite")
    with store.write() as db:
        for link, two in (("shown", ["a", "b"]), ("kept", ["b", "c"])):
            links.link(db, link, PersonsLinked(two, "M.", "seen"))
        keep_from(db, ["kept"], ["officer"])
        seen = {who: persons(db, who, ["a"])["a"] for who in (frozenset({"officer"}), None)}
        assert persons(db, frozenset({"other"}), ["a"])["a"] == {"a", "b", "c"}
    store.close()
    assert set(seen.values()) == {frozenset({"a", "b"})}
