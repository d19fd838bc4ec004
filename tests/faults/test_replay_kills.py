"""Consumers killed at random while they work through the review: the same in the end, none twice.

A campaign: `make faults`. The review is put on real Kafka; police, the hub and probation each run
`candour consumer run`, on SQLite and, police, on real PostgreSQL.
"""

import gc
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from consumers.store import Store
from deploy.kafka.server import KafkaServer
from deploy.wiring import STORE, open_acting
from producers.home import Home
from producers.sender import until
from tests.support.command import candour
from tests.support.killing import DRAIN_S_MAX, Started
from tests.support.postgres import made
from tests.support.replayed import (
    ACTING,
    PARTNERSHIP,
    held_in,
    on_kafka,
    opened,
    progress_of,
    recorded,
    said_on,
    uninterrupted,
)
from tests.support.topics import entered

KILLS, SEED = 50, 2018
BETWEEN = 2
"""How often each is killed at first with work under way: the others come when they come."""
POLICE = "thames-valley"

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KafkaServer]:
    """A Kafka of this test's own."""
    kafka = KafkaServer(tmp_path / "kafka")
    kafka.start()
    yield kafka
    kafka.stop()
    gc.collect()


async def test_killed_fifty_times_they_hold_what_they_hold_without(
    server: KafkaServer, database: str, tmp_path: Path
) -> None:
    """Whatever power fails when, the same tasks, alerts, duties and figures stand, none twice."""
    script = recorded(tmp_path / "played")
    expected = uninterrupted(script, tmp_path / "memory")
    homes = await on_kafka(script, server.address, tmp_path)
    _keep_in(homes[POLICE], made(database, "killed"))
    broker = Started(["broker", "run", "--home", tmp_path / "broker"], tmp_path / "broker.log")
    try:
        await entered(server.address, PARTNERSHIP, [raw.text for raw in script.raws])
        killed_at = await _killed(homes, tmp_path)
        for home in homes.values():
            await open_acting(Home.open(home.folder)).catch_up()
        for agency, home in homes.items():
            _insist_on_progress(killed_at[agency], _progress(home))
        for home in homes.values():  # what one said last, the others read
            await open_acting(Home.open(home.folder)).catch_up()
        for agency, home in homes.items():
            with opened(_place(home)) as store:
                assert held_in(store) == expected[agency], agency
            spoken = await said_on(server.address, home)
            assert spoken
            assert {key for key, count in spoken.items() if count != 1} == set(), agency
        for agency, home in homes.items():
            told = candour("consumer", "rebuild", "--home", home.folder)
            assert told.returncode == 0, told.stderr
            with opened(_place(home)) as store:
                assert held_in(store) == expected[agency], agency
    finally:
        broker.kill()


async def _killed(homes: dict[str, Home], folder: Path) -> dict[str, list[int]]:
    """Run each agency's consumer, and kill one or another so many times.

    Returns:
        By agency, how far its consumer had come at each of its kills, in order.
    """
    chance = random.Random(SEED)
    killed_at: dict[str, list[int]] = {agency: [] for agency in homes}
    first = [agency for agency in ACTING for _ in range(BETWEEN)]
    started: dict[str, Started] = {}
    try:
        for number, agency in enumerate([*first, *chance.choices(ACTING, k=KILLS - len(first))]):
            home, more = homes[agency], chance.randint(1, 40)
            moved = partial(_moved, home, _progress(home) + more)
            if agency not in started:
                command = ["consumer", "run", "--home", home.folder]
                started[agency] = Started(command, folder / f"{agency}.log")
            if number < len(first):
                # However slow the machine: each gets on between its first kills.
                assert await until(moved, DRAIN_S_MAX), f"{agency} did nothing after it was killed"
            else:
                # What it has done by then is random; where nothing is left, it is killed idle.
                await until(moved, chance.uniform(1, 4))
            started[agency].kill()
            killed_at[agency].append(_progress(home))
            started[agency].again()
    finally:
        for part in started.values():
            part.kill()
    return killed_at


def _insist_on_progress(killed_at: list[int], whole: int) -> None:
    """Insist that kills met work under way, and that what was done between them stayed done.

    Were a consumer killed each time before it had done anything, or only when all was done, the
    campaign would hold of no crash at all.
    """
    assert killed_at == sorted(killed_at), "what had been committed was gone after a kill"
    under_way = [at for at in killed_at if at < whole]
    assert under_way, "every kill came when nothing was left to do"
    assert killed_at[-1] > under_way[0], "no progress was made between kills"


def _moved(home: Home, to: int) -> bool:
    return _progress(home) >= to


def _progress(home: Home) -> int:
    with opened(_place(home)) as store:
        return progress_of(store)


def _place(home: Home) -> Path | str:
    return Home.open(home.folder).agency.store or home.folder / STORE


def _keep_in(home: Home, url: str) -> None:
    """Let a home's store be a PostgreSQL."""
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    with (home.folder / "agency.yaml").open("a") as file:
        file.write(f"store: {plain}\n")
    Store(url).close()
