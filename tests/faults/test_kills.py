"""Everything killed at random points under load: nothing lost, nothing doubled, all provable."""

import gc
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.core.tree import Tree
from contracts.proof import leaf_hash
from deploy.kafka.server import KafkaServer
from deploy.wiring import open_acting
from tests.support.auditor import audit_folder
from tests.support.command import candour
from tests.support.killing import Started, Stood, campaign, stood
from tests.support.running import SYSTEMS, Running, running
from tests.support.topics import keys_of, views_of

POLICE, DESK = "thames-valley", "thames-valley/desk"
DERIVED = 16
"""What police say of one report by themselves: fourteen looks and two questions."""


# A Kafka that is killed leaves its clients' connections open: Python warns of each as it goes.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KafkaServer]:
    """A Kafka of this test's own: it is going to be killed."""
    kafka = KafkaServer(tmp_path / "kafka")
    kafka.start()
    yield kafka
    kafka.stop()
    gc.collect()


@pytest.mark.parametrize(
    ("kills", "seed"), [(2, 2012), pytest.param(20, 2018, marks=pytest.mark.campaign)]
)
async def test_nothing_is_lost_or_doubled_when_parts_are_killed(
    server: KafkaServer, tmp_path: Path, kills: int, seed: int
) -> None:
    """A power cut at 3 am must cost no report and act on none twice."""
    async with running(server.address, tmp_path, "mk-kills") as town:
        await town.stop()
        desk = town.homes[DESK].folder
        started = {
            "broker": Started(["broker", "run", "--home", tmp_path / "broker"], tmp_path / "log-1"),
            "consumer": Started(["consumer", "run", "--home", desk], tmp_path / "log-2"),
        }
        try:
            said = await campaign(town, server, started, kills=kills, seed=seed)
        finally:
            for part in started.values():
                part.kill()
        await town.start()
        await open_acting(town.homes[DESK]).catch_up()
        await acted_once(town)
        await judged(town, said, tmp_path)


def test_what_was_sent_out_of_an_aborted_entry_would_be_seen() -> None:
    """The ledger is longer than any crash in the end: what counts is the bytes."""
    lines = [b"final 0", b"final 1"]
    tree = Tree()
    tree.append([leaf_hash(line) for line in lines])
    root = b64encode(tree.root(1)).decode()
    whole = Stood(lines=lines, checkpoints=[(1, root)], viewed=[(1, b"final 1")])
    assert whole.unfounded == []
    assert Stood(lines=lines, checkpoints=[(2, root)]).unfounded == [2]
    assert Stood(lines=lines, checkpoints=[(3, root)]).unfounded == [3]
    assert Stood(lines=lines, viewed=[(0, b"aborted 0"), (2, b"final 1")]).unfounded == [0, 2]


async def acted_once(town: Running) -> None:
    """Check that police said everything of each report that reached them, once."""
    held = await views_of(town, POLICE)
    reports = {v.statement.context.id for v in held if v.statement.kind.name == "concern_reported"}
    spoken = await keys_of(town, POLICE)
    assert reports
    assert (len(spoken), set(spoken.values())) == (DERIVED * len(reports), {1})


async def judged(town: Running, said: list[str], folder: Path) -> None:
    """Check the log as it stands on Kafka, then as two auditors see its export."""
    found = await stood(town, SYSTEMS)
    counted = Counter(found.ids)
    assert [index for index, _ in found.entries] == list(range(len(found.entries)))
    assert [one for one in said if counted[one] != 1] == []
    assert found.checkpoints
    assert found.viewed
    assert found.unfounded == []
    trust = folder / "broker" / "trust.json"
    export = folder / "export"
    made = candour(
        "audit", "export", export, "--partnership", town.partnership, "--kafka", town.kafka
    )
    assert made.returncode == 0, made.stderr
    verified = candour("audit", "verify", export, "--trust", trust)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    stranger = audit_folder(export, trust)
    assert stranger.defects == set()
    assert {one for _, one in stranger.statements} >= set(said)
