"""Looks made by connectors: what they say, when a system is down, and what they never use."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from consumers.research import rows
from consumers.research.connectors.connector import Answer, Connector, Record, Terms, Unavailable
from consumers.research.connectors.sql import Mapped, SqlConnector
from consumers.research.looking import Looking
from consumers.research.plan import UNASKED
from consumers.research.unreachable import Retry
from consumers.safeguarding.desk import Deciding
from contracts.duration import MINUTE_MS
from contracts.event.work import ResearchCompleted, System
from contracts.section import Name, Practitioner
from tests.support.answering import people_in_sqlite
from tests.support.desk import HUB, POLICE, Desk, named
from tests.support.stranger import concern, text_of

MAPPED = Mapped(
    table="person", reference="id", given="forename", family="surname", born="dob",
    identifiers={"pnc": "pnc_id"},
)  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A partnership where probation, police and hub have agreed."""
    return Desk(tmp_path)


@pytest.fixture
def niche(tmp_path: Path) -> SqlConnector:
    """A real table of police records."""
    url = make_url(people_in_sqlite(tmp_path / "niche.sqlite"))
    return SqlConnector("niche-rms", "niche", url, MAPPED, ["warning"], 30)


@dataclass
class Told:
    """A system that answers as a test says, and remembers what it was asked."""

    answers: Callable[[Terms], Answer] = lambda _: Answer([])
    system: System = "local"
    name: str = "local-records"
    asked: list[Terms] = field(default_factory=list)

    async def look(self, terms: Terms) -> Answer:
        """Answer."""
        await asyncio.sleep(0)
        self.asked.append(terms)
        return self.answers(terms)


@dataclass
class InTurn(Told):
    """A system that answers only once another did."""

    before: asyncio.Event = field(default_factory=asyncio.Event)
    after: asyncio.Event = field(default_factory=asyncio.Event)

    async def look(self, terms: Terms) -> Answer:
        """Wait for the other, answer, and let the other go on."""
        await self.before.wait()
        answer = await super().look(terms)
        self.after.set()
        return answer


def looking(desk: Desk, *connectors: Connector) -> Looking:
    """Let a force look in these systems."""
    police = desk.acting(POLICE)
    return Looking(police.store, police.voice, connectors, Retry(), desk.draw, 40)


async def look(desk: Desk, *connectors: Connector) -> None:
    """Make every look that is to be made now, and let everybody read of it."""
    await looking(desk, *connectors).once(desk.ledger.clock_ms)
    desk.settle()


def tasks(desk: Desk, report: str, system: str) -> list[Any]:
    """List a report's tasks in one system."""
    with desk.acting(POLICE).store.read() as db:
        return [one for one in rows.tasks_of(db, report) if one["system"] == system]


def outcomes(desk: Desk, report: str, system: str) -> list[tuple[str | None, bool]]:
    """List how a report's tasks in one system stand, and whether they are open."""
    return [(one["outcome"], one["open"]) for one in tasks(desk, report, system)]


async def test_a_connector_completes_its_tasks_and_what_it_found_stays(
    desk: Desk, niche: SqlConnector
) -> None:
    """Nothing of a record leaves the force's store, and a person is never its operator."""
    report = desk.report()
    desk.settle()
    await look(desk, niche)
    assert outcomes(desk, report, "niche") == [("possible_match", False)] * 2
    said = [v.statement for v in desk.seen(POLICE, "research_completed")]
    events = [one.event for one in said]
    assert all(isinstance(one, ResearchCompleted) for one in events)
    assert {one.operator for one in events} == {"candour"}  # type: ignore[attr-defined]
    assert {one.kinds[0] for one in events} == {"warning"}  # type: ignore[attr-defined]
    who = [one.sections["provenance"] for one in said]
    assert {one.rule for one in who} == {"research/niche-rms"}  # type: ignore[attr-defined]
    sent = [draft for _, draft in desk.published if draft.event == "research_completed"]
    assert all(b"1970" not in bytes(v) and b"Marsh" not in bytes(v)
               for draft in sent for v in draft.sections.values())  # fmt: skip
    with desk.acting(POLICE).store.read() as db:
        kept = [rows.results_of(db, one["id"])[0] for one in tasks(desk, report, "niche")]
    assert any("1970-03-02" in one["detail"] for one in kept)
    await look(desk, niche)
    assert len(desk.said(POLICE, "research_completed")) == 2, "each look is made once"


async def test_a_system_that_is_down_is_asked_again_and_its_owner_alerted_once(
    desk: Desk,
) -> None:
    """Unavailable is not nil: the look stays to be made, and somebody knows (domain.md 5)."""
    down = True

    def answer(_: Terms) -> Answer:
        if down:
            raise Unavailable("local-records did not answer in 10 s")
        return Answer([])

    report, local = desk.report(), Told(answer)
    desk.settle()
    await look(desk, local)
    assert outcomes(desk, report, "local") == [("unavailable", True)] * 2
    (alert,) = desk.said(POLICE, "alert_raised")
    assert (alert["rule"], alert["act"], alert["attention"]) == ("M01", "research", "duty")
    assert alert["owner_role"] == "duty_inspector"
    assert alert["statements"] == [report]
    assert "local did not answer" in alert["why"]
    assert "by itself" in alert["why"]
    assert " (Europe/London) on, " in alert["why"], "a command prints UTC beside it"
    asked = [one["retry_at"] - desk.ledger.clock_ms for one in tasks(desk, report, "local")]
    assert asked == [5 * MINUTE_MS] * 2
    await look(desk, local)
    assert len(local.asked) == 2, "it is left alone until its time"
    desk.pass_hours(0.1)
    await look(desk, local)
    assert len(local.asked) == 4
    again = [one["retry_at"] - desk.ledger.clock_ms for one in tasks(desk, report, "local")]
    assert again == [10 * MINUTE_MS] * 2, "ever later"
    assert len(desk.said(POLICE, "alert_raised")) == 1, "once per report and system"
    down = False
    desk.pass_hours(0.2)
    await look(desk, local)
    assert outcomes(desk, report, "local") == [("nil", False)] * 2


def test_the_waits_grow_to_a_limit() -> None:
    """A system that is away for a week is asked every few hours, and not a thousand times."""
    waits = [Retry(5, 60).after(attempt) // MINUTE_MS for attempt in (1, 2, 3, 4, 5, 500)]
    assert waits == [5, 10, 20, 40, 60, 60]


async def test_systems_are_asked_beside_each_other(desk: Desk) -> None:
    """Each answers only once the other has: asked one after the other, neither ever would."""
    report = desk.report()
    desk.settle()
    local = InTurn()
    mash = InTurn(system="mash", before=local.after, after=local.before)
    mash.after.set()
    async with asyncio.timeout(60):
        await look(desk, local, mash)
    for system in ("local", "mash"):
        assert outcomes(desk, report, system) == [("nil", False)] * 2


async def test_a_defect_of_a_connector_is_a_look_to_be_made_again(
    desk: Desk, niche: SqlConnector
) -> None:
    """What meets a defect found nobody, and says so; what it met it with is not told."""

    def broken(terms: Terms) -> Answer:
        raise ZeroDivisionError(terms)

    report = desk.report()
    desk.settle()
    await look(desk, Told(broken), niche)
    assert {one["why"] for one in tasks(desk, report, "local")} == {"the connector met a defect"}
    assert outcomes(desk, report, "niche") == [("possible_match", False)] * 2


async def test_a_bare_first_name_is_asked_of_no_system_and_never_nil(desk: Desk) -> None:
    """A search for a first name finds somebody else, or nobody."""
    report, local = desk.report(concern(desk.draw)), Told()
    desk.settle()
    await look(desk, local)
    await look(desk, local)
    assert local.asked == []
    assert outcomes(desk, report, "local") == [("not_searched", True)] * 2
    assert {one["attempts"] for one in tasks(desk, report, "local")} == {1}


async def test_a_number_that_a_table_has_no_column_for_is_never_nil(
    desk: Desk, niche: SqlConnector
) -> None:
    """Who is known by a first name and such a number was not looked for, and nobody may think so.

    Of two numbers one that is asked for may find somebody; found by neither, it is not nil either.
    """
    sections, nhs = concern(desk.draw), {"scheme": "nhs", "value": "943 476 5919"}
    for number, pnc in ((1, None), (2, "1999/0000001A"), (3, "2002/0073319Z")):
        named_by = [{"scheme": "PNC", "value": pnc}] if pnc else []
        sections[f"person.{number}.identity"] = {
            "subject": text_of(desk.draw(16)), "names": [{"given": "Daniel"}],
            "identifiers": [nhs, *named_by],
        }  # fmt: skip
        sections.pop(f"person.{number}.part", None)
    sections["use_limits"]["limits"] = []
    report = desk.report(sections)
    desk.settle()
    await look(desk, niche)
    await look(desk, niche)
    found = {one["subject"]: one for one in tasks(desk, report, "niche")}
    of = [found[subject_of(sections, number)] for number in (1, 2, 3)]
    assert [(one["outcome"], one["open"]) for one in of] == [
        ("not_searched", True), ("not_searched", True), ("match", False),
    ]  # fmt: skip
    assert {one["attempts"] for one in of} == {1}, "and not again before more is known"
    assert {one["why"] for one in of[:2]} == {UNASKED}


async def test_what_somebody_completed_meanwhile_stands(desk: Desk) -> None:
    """A person's word is not written over by an answer that was on its way."""
    report = desk.report()
    desk.settle()
    police = desk.acting(POLICE)

    def meanwhile(_: Terms) -> Answer:
        with police.store.write() as db:
            for one in rows.tasks_of(db, report):
                rows.supplied(
                    db, "said", statement=report, subject=one["subject"], outcome="match", by="P."
                )
        return Answer([])

    await look(desk, Told(meanwhile, "probation"))
    assert outcomes(desk, report, "probation") == [("match", False)] * 2
    assert desk.said(POLICE, "research_completed") == []


async def test_what_a_linked_report_tells_is_searched_for_and_unlinking_takes_it_out(
    desk: Desk,
) -> None:
    """An alias in last year's report finds the record that this year's name does not."""
    earlier = named(desk.draw)
    earlier["person.1.identity"]["names"] = [{"given": "Dan", "family": "Alias"}]
    desk.report(earlier)
    now = named(desk.draw)
    first, second = (one["person.1.identity"]["subject"] for one in (earlier, now))
    desk.report(now)
    joined = link(desk, first, second)
    desk.settle()
    assert (await searched(desk)).count({HIM, ALIAS}) == 2, "for either report"
    deciding(desk).unlink(joined, basis="another man", by=MATCHER, role="analyst")
    desk.settle()
    after = await searched(desk)
    assert (after.count({HIM}), after.count({ALIAS})) == (1, 1)


MATCHER = Practitioner(text_of(bytes(16)), "M. Matcher")


def deciding(desk: Desk) -> Deciding:
    """Sit where a named matcher joins and parts persons."""
    police = desk.acting(POLICE)
    return Deciding(police.store, police.voice, desk.new_id)


def link(desk: Desk, *tokens: str) -> str:
    """Say that tokens are one person; give the link's id."""
    (said,) = deciding(desk).link(list(tokens), basis="one birth", by=MATCHER, role="analyst")
    return said.draft.id


HIM, HER, ALIAS = Name("Daniel", "Marsh"), Name("Tracey", "Hill"), Name("Dan", "Alias")


def subject_of(sections: dict[str, Any], number: int) -> str:
    """Give a person's token."""
    token: str = sections[f"person.{number}.identity"]["subject"]
    return token


async def searched(desk: Desk) -> list[set[Name]]:
    """List the names that each look of a system searches for; the looks stay to be made."""

    def down(_: Terms) -> Answer:
        raise Unavailable("down")

    local = Told(down)
    desk.pass_hours(1)
    desk.settle()
    await look(desk, local)
    return [{*terms.names} for terms in local.asked]


async def test_what_is_kept_from_somebody_who_sees_the_report_is_not_searched_for(
    desk: Desk,
) -> None:
    """Else what came back would tell him that there is something: her other name, say."""
    kept, now = named(desk.draw), named(desk.draw)
    kept["person.2.identity"]["names"] = [{"given": "Tracey", "family": "Hidden"}]
    kept["exclusions"] = {"excluded": [{"subjects": [], "practitioner": text_of(desk.draw(16))}]}
    desk.report(kept)
    desk.report(now)
    link(desk, subject_of(kept, 2), subject_of(now, 2))
    desk.settle()
    asked = await searched(desk)
    assert asked.count({HER}) == 1
    assert asked.count({HER, Name("Tracey", "Hidden")}) == 1, "whoever sees the other sees both"


async def test_a_rebuilt_consumer_says_no_look_twice(desk: Desk, niche: SqlConnector) -> None:
    """Its database is lost; what it said stands in its own views."""
    report = desk.report()
    desk.settle()
    await look(desk, niche)
    before = len(desk.said(POLICE, "research_completed"))
    desk.consumers[POLICE] = desk.consumer(POLICE, store="anew.sqlite")
    desk.settle()
    await look(desk, niche)
    assert len(desk.said(POLICE, "research_completed")) == before
    assert outcomes(desk, report, "niche") == [("possible_match", False)] * 2


async def test_a_hit_on_a_change_of_relationship_opens_pnd(desk: Desk) -> None:
    """PND on a hit, also where a connector had it."""
    sections = named(desk.draw)
    event = {k: v for k, v in sections["event"].items() if k not in {"concern", "asked"}}
    sections["event"] = {**event, "relationship": "partners", "state": "started"}
    report = desk.report(sections, event="relationship_noted")
    desk.settle()

    def hit(_: Terms) -> Answer:
        return Answer([Record(reference="L-1", given="Daniel", family="Marsh")])

    await look(desk, Told(hit))
    assert outcomes(desk, report, "pnd") == [(None, True)]


async def test_only_police_look_people_up(desk: Desk) -> None:
    """The hub has no research; a file in its folder gives it none."""
    desk.report()
    desk.settle()
    hub, local = desk.acting(HUB), Told()
    assert await Looking(hub.store, hub.voice, [local], Retry(), desk.draw, 40).once(0) == []
    assert local.asked == []
