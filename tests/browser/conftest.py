"""One real Chromium for the session; each test begins with no profile open, and leaves none.

Whatever uses it runs on the session's one loop: a browser belongs to the loop that started it.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.support.browser import chromium


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every test beside this file run on the session's loop."""
    for item in items:
        if item.path.is_relative_to(__file__.removesuffix("conftest.py")):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def started() -> AsyncIterator[Browser]:
    """Start Chromium."""
    async with chromium() as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def browser(started: Browser) -> AsyncIterator[Browser]:
    """Give Chromium to a test, and close what it opened."""
    yield started
    for context in started.contexts:
        await context.close()
