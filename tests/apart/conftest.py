"""Kafkas apart: one that lets in nobody unproved, one whose whole folder is searched."""

from collections.abc import Iterator

import pytest

from deploy.kafka.server import KafkaServer
from tests.support.secured import Secured, secured


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Run one secured Kafka, planned for two partnerships; what a test changes it puts back."""
    with secured(tmp_path_factory.mktemp("secured")) as running:
        yield running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """Run one Kafka whose whole folder is searched: words stand there that stand nowhere else."""
    own = KafkaServer(tmp_path_factory.mktemp("searched") / "kafka")
    own.start()
    yield own
    own.kill()
