"""What a link of two persons changes for the rules and for threads, and an unlink restores."""

from pathlib import Path

import pytest

from consumers.history import Past
from consumers.people.rows import persons
from consumers.safeguarding import links, watched, worker
from consumers.safeguarding.pressing import pressing
from consumers.standing import keep_from
from consumers.store import Store
from contracts.event.control import PersonsLinked
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
