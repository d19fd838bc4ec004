"""Everything killed at random points under load: nothing lost, nothing doubled, all provable."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.kafka.server import KafkaServer
from tests.support.killing import Started, campaign, stood
from tests.support.running import SYSTEMS, running


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KafkaServer]:
    """A Kafka of this test's own: it is going to be killed."""
    kafka = KafkaServer(tmp_path / "kafka")
    kafka.start()
    yield kafka
    kafka.stop()


@pytest.mark.parametrize(
    ("kills", "seed"), [(2, 2012), pytest.param(20, 2018, marks=pytest.mark.campaign)]
)
async def test_nothing_is_lost_or_doubled_when_parts_are_killed(
    server: KafkaServer, tmp_path: Path, kills: int, seed: int
) -> None:
    """A power cut at 3 am must cost no report and act on none twice."""
    async with running(server.address, tmp_path, "mk-kills") as town:
        await town.stop()
        home = str(tmp_path / "broker")
        started = {"broker": Started(["broker", "run", "--home", home], tmp_path / "broker.log")}
        try:
            said = await campaign(town, server, started, kills=kills, seed=seed)
        finally:
            for part in started.values():
                part.kill()
        found = await stood(town, SYSTEMS)
        counted = Counter(found.ids)
        assert [index for index, _ in found.entries] == list(range(len(found.entries)))
        assert [one for one in said if counted[one] != 1] == []
        assert max(found.sizes) <= len(found.entries)
        assert found.viewed < len(found.entries)
