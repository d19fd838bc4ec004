"""The police desk without a browser, as tests of its pages open it: over one report, or busy."""

import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest

from tests.support.browser import provider
from tests.support.busy import CASE, POLICE
from tests.support.stranger import concern, seeded
from tests.support.twins import HUB, Town, twins
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


@pytest.fixture(scope="session")
def played_twins(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, str, bool], tuple[Path, Town]]:
    """Play two towns, one with her case and one without, once for each home."""
    folder = tmp_path_factory.mktemp
    return cache(lambda name, hub, lifted: twins(folder("twins"), name, hub, lifted=lifted))


@pytest.fixture
def twin_homes(
    played_twins: Callable[[str, str, bool], tuple[Path, Town]], tmp_path: Path
) -> Callable[..., tuple[Path, Path, Town]]:
    """Give this test its own copies: of a home with her case, one without, and that one's town."""

    def copied(name: str, hub: str = HUB, *, lifted: bool = False) -> tuple[Path, Path, Town]:
        folder, town = played_twins(name, hub, lifted)
        shutil.copytree(folder, tmp_path / "twins")
        return tmp_path / "twins" / "first", tmp_path / "twins" / "second", deepcopy(town)

    return copied
