"""What every test starts with: a clean environment, and one real Kafka for those that ask."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import settings
from playwright.async_api import Browser

from deploy.kafka.server import KafkaServer
from deploy.settings import PREFIX
from tests.support.postgres import postgres

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of this machine's user must not decide a test; where files are kept stays."""
    for name in os.environ:
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in {"CACHE", "JAVA"}:
            monkeypatch.delenv(name)


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


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Start real Chromium for a test; its loop is the test's own, so that Kafka runs beside it."""
    from tests.support.browser import chromium

    async with chromium() as started:
        yield started
