"""What every test starts with: a clean environment, and one real Kafka for those that ask."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.util import LRUCache

from deploy.kafka.server import KafkaServer
from deploy.settings import PREFIX
from tests.support.busy import Busy, busy
from tests.support.ending import ended_with_us
from tests.support.postgres import postgres

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")


def pytest_configure() -> None:
    """Look for garbage after the collection alone: nothing that it reads is any."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What was collected stays: from now on nobody looks through it again and again."""
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def clean_environment() -> Iterator[None]:
    """Settings of this machine's user must not decide a test; where files are kept stays."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in {"CACHE", "JAVA"}:
                patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> None:
    """A run opens thousands of SQLite files: SQL is compiled once for all, not for each of them."""
    compiled, first = LRUCache[Any, Any](4096), list[Dialect]()

    @event.listens_for(Engine, "engine_connect")
    def share(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            first.append(connection.dialect)
            connection.dialect = first[0]
            connection.execution_options(compiled_cache=compiled)
            del first[1:]


@pytest.fixture(scope="session", autouse=True)
def nothing_outlives_us(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A run that is killed must leave no Kafka, no PostgreSQL and no command running."""
    with ended_with_us(tmp_path_factory.getbasetemp()):
        yield


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start one real Kafka for the session; tests keep apart by their partnership's name."""
    server = KafkaServer(tmp_path_factory.mktemp("kafka"))
    yield server.start()
    server.stop()


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """Start one real PostgreSQL for the session; tests make databases of their own in it."""
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def played_force(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    """A busy force, its clocks not run out, that every test goes on from."""
    made = busy(tmp_path_factory.mktemp("force"))
    yield made
    made.town.close()


@pytest.fixture
def force(played_force: Busy, tmp_path: Path) -> Iterator[Busy]:
    """A busy force of this test's own."""
    made = played_force.apart(tmp_path)
    yield made
    made.town.close()
