"""The consumers on real Kafka: the pathway there and back; killed, deleted, rebuilt."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select

from consumers import store as stored
from consumers.research import rows as research
from consumers.research.found import Found
from consumers.responses import rows as duties
from consumers.safeguarding import rows as safeguarding
from contracts.event.work import ResponseGiven
from contracts.fault import Misuse
from contracts.opened import View
from deploy.command.consumer import tell_unread
from deploy.speaking import say
from deploy.wiring import STORE, Acting, open_acting
from producers.sender import Sender
from tests.support.killing import Started
from tests.support.reports import concern
from tests.support.running import Running, running
from tests.support.topics import keys_of, views_of

POLICE, HUB, PROBATION = "thames-valley/intelligence", "mk-hub/safeguarding", "tv-probation/case"


async def views(town: Running, agency: str, event: str) -> list[View]:
    """Give what an agency holds of one event."""
    return [view for view in await views_of(town, agency) if view.statement.kind.name == event]


async def reached(holds: Callable[[], bool], within_s: float = 90.0) -> None:
    """Wait for a named condition."""

    async def wait() -> None:
        while not holds():  # noqa: ASYNC110 - another process makes it hold
            await asyncio.sleep(0.02)

    await asyncio.wait_for(wait(), within_s)


def count(acting: Acting, *where: object) -> int:
    """Count what a consumer wants said."""
    with acting.store.read() as db:
        query = select(func.count()).select_from(stored.to_publish)
        return db.execute(query.where(*where)).scalar_one()  # type: ignore[arg-type]


async def test_a_report_is_researched_alerted_and_answered(kafka: str, tmp_path: Path) -> None:
    """The pathway that the review found missing, there and back, every step on the log."""
    async with running(kafka, tmp_path, "mk-acts") as town:
        outbox = await town.outbox(PROBATION)
        report = (await say(outbox, concern(outbox))).id
        police, hub, probation = (open_acting(town.homes[n]) for n in (POLICE, HUB, PROBATION))
        assert await police.catch_up() == 14 + 2
        assert await hub.catch_up() == 1
        assert await probation.catch_up() == 0
        tasks = await views(town, "thames-valley", "research_requested")
        assert Counter(json_of(one)["system"] for one in tasks) == dict.fromkeys(
            ("pnc", "pnd", "mash", "niche", "local", "probation", "iom_mappa"), 2
        )
        (alert,) = await views(town, "mk-hub", "alert_raised")
        assert json_of(alert)["owner_role"] == "duty_safeguarding_lead"
        with hub.store.read() as db:
            (row,) = safeguarding.all_alerts(db)
        await hub.act(hub.deciding.acknowledge(row["id"], by=hub.practitioner("L."), role="lead"))
        await probation_answers(probation)
        await police_search(police, report)
        event = ResponseGiven(
            statement=report, received_by="D. Sergeant", researched="yes",
            actions=["research_opened", "dash_planned"], avoid="do not say that police know",
        )  # fmt: skip
        sergeant = police.practitioner("D. Sergeant")
        said = await police.act(police.answering.give(event, by=sergeant, role="sergeant"))
        assert said.outcome == "accepted"
        await Sender(outbox).catch_up(10)
        answered = {row["about"] for row in outbox.answers()}
        assert report in answered
        assert len(await views(town, "tv-probation", "response_given")) == 1
        await police.catch_up()
        with police.store.read() as db:
            assert all(duty["discharged_by"] for duty in duties.all_duties(db))
        decided = await police.act(
            police.research.no_further_action(
                report, supervisor=police.practitioner("I. Inspector"),
                role="duty_intelligence_inspector", reason="each looked up; call back made",
            )
        )  # fmt: skip
        assert decided.outcome == "accepted"


async def probation_answers(probation: Acting) -> None:
    """Let probation answer what it was asked, from its own records."""
    with probation.store.read() as db:
        owed = [duty["about"] for duty in duties.all_duties(db)]
    assert len(owed) == 2
    for request in owed:
        officer = probation.practitioner("A. Officer")
        wanted = probation.answering.supply(request, "match", by=officer, role="probation officer")
        assert (await probation.act(wanted)).outcome == "accepted"


async def police_search(police: Acting, report: str) -> None:
    """Let police look up every person in every system that is still open."""
    await police.catch_up()
    with police.store.read() as db:
        still = [task for task in research.tasks_of(db, report) if task["open"]]
    assert sorted({task["system"] for task in still}) == [
        "iom_mappa", "local", "mash", "niche", "pnc", "pnd",
    ]  # fmt: skip
    inspector = police.practitioner("I. Inspector")
    with pytest.raises(Misuse, match="12 of 14"):
        police.research.no_further_action(
            report, supervisor=inspector, role="duty_intelligence_inspector", reason="none"
        )
    for task in still:
        found = Found(outcome="nil")
        wanted = police.research.complete(
            task["id"], found, operator=police.practitioner("P. Researcher"), role="researcher",
            at=police.time_ms(),
        )  # fmt: skip
        for one in wanted:
            police.outbox.publish(one.draft)
    await police.catch_up()


def json_of(view: View) -> dict[str, object]:
    """Give the facts of a view."""
    found: dict[str, object] = json.loads(msgspec.json.encode(view.statement.event))
    return found


async def test_a_consumer_killed_under_way_says_everything_once(kafka: str, tmp_path: Path) -> None:
    """A power cut between any two effects must cost no task and double none."""
    async with running(kafka, tmp_path, "mk-killed") as town:
        outbox = await town.outbox(PROBATION)
        home = town.homes[POLICE].folder
        police = open_acting(town.homes[POLICE])
        consumer = Started(["consumer", "run", "--home", str(home)], tmp_path / "consumer.log")
        try:
            for number in range(3):
                for _ in range(4):
                    outbox.publish(concern(outbox))
                assert await Sender(outbox).drain(60)
                # Somewhere among the fourteen tasks and two questions of each of these reports.
                least = (number * 4 + 1) * 16
                await reached(lambda least=least: count(police) >= least)  # type: ignore[misc]
                consumer.again()
            done = stored.to_publish.c.published
            await reached(lambda: count(police, done) >= 12 * 16)
            await reached(lambda: police.outbox.undecided() == 0)
        finally:
            consumer.kill()
        said = await keys_of(town, "thames-valley")
        assert len(said) == 12 * 16
        assert set(said.values()) == {1}
        assert await police.catch_up() == 0


@pytest.mark.parametrize("lost", [[STORE], [STORE, "outbox.sqlite"]])
async def test_a_deleted_database_is_rebuilt_and_says_nothing_twice(
    kafka: str, tmp_path: Path, lost: list[str]
) -> None:
    """What it said stands in its own views; the outbox beside it may be lost with it."""
    name = f"mk-lost-{len(lost)}"
    async with running(kafka, tmp_path, name) as town:
        outbox = await town.outbox(PROBATION)
        await say(outbox, concern(outbox))
        await open_acting(town.homes[POLICE]).catch_up()
        before = await keys_of(town, "thames-valley")
        folder = town.homes[POLICE].folder
        for database in lost:
            for file in folder.glob(f"{database}*"):
                file.unlink()
        rebuilt = open_acting(town.homes[POLICE])
        assert await rebuilt.catch_up() == 0
        assert await keys_of(town, "thames-valley") == before
        assert count(rebuilt) == 16
        await say(outbox, concern(outbox))
        assert await rebuilt.catch_up() == 16
        said = await keys_of(town, "thames-valley")
        assert (len(said), set(said.values())) == (32, {1})


async def test_one_home_of_an_agency_acts_until_another_takes_over(
    kafka: str, tmp_path: Path
) -> None:
    """Started in the wrong folder it must double nothing; moved on purpose it goes on."""
    async with running(kafka, tmp_path, "mk-moves") as town:
        outbox = await town.outbox(PROBATION)
        homes = POLICE, "thames-valley/desk"
        before, after = (open_acting(town.homes[name]) for name in homes)
        await say(outbox, concern(outbox))
        assert await before.catch_up() == 16
        assert await after.catch_up() == 0, "all that it would say was said"
        with pytest.raises(Misuse, match=f"/agencies/{POLICE} acts for thames-valley already"):
            await asyncio.wait_for(after.run(), 60)
        assert not await asyncio.to_thread(tell_unread, after)
        await say(outbox, concern(outbox))
        assert await asyncio.to_thread(tell_unread, after), "nobody acts on it"
        with pytest.raises(Misuse, match=f"/agencies/{POLICE} acts for thames-valley already"):
            await after.catch_up()
        assert await after.catch_up(take_over=True) == 16
        assert await before.catch_up() == 0
        await say(outbox, concern(outbox))
        with pytest.raises(Misuse, match="/agencies/thames-valley/desk acts"):
            await before.catch_up()
        said = await keys_of(town, "thames-valley")
        assert (len(said), set(said.values())) == (32, {1})
