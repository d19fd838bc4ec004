"""The police desk without a browser, as tests of its pages open it: over one report, or busy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import provider
from tests.support.busy import CASE, POLICE
from tests.support.stranger import concern, seeded
from tests.support.visiting import Visited, visiting
from tests.support.working import Working, files_in


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    """Run one identity provider; it remembers nothing of who came."""
    with provider() as known:
        yield known


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    """One played ledger with one report, for tests that change nothing of it."""
    made = Working("town", store=files_in(tmp_path_factory.mktemp("town")), acting=[POLICE])
    made.say(CASE, "concern_reported", concern(seeded("town-report")), urgency="urgent")
    made.settle()
    yield made
    made.close()


@pytest.fixture
def desk(town: Working, issuer: str, tmp_path: Path) -> Iterator[Visited]:
    """Open the police desk of that ledger, with sessions of this test's own."""
    with visiting(town, POLICE, tmp_path, issuer=issuer) as opened:
        yield opened
