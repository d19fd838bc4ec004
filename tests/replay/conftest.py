"""Cases played once for the whole session: the review each way, the small one as it was.

No test changes them.
"""

from pathlib import Path

import pytest

from deploy.replay.case import find_case
from deploy.replay.played import Played
from tests.support.replaying import played


@pytest.fixture(scope="session")
def review_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder in which the review is played: its homes are for copying alone."""
    return tmp_path_factory.mktemp("review-now")


@pytest.fixture(scope="session")
def review(review_folder: Path) -> Played:
    """Play the review as it should have been."""
    return played(review_folder, "now", case=find_case("review"))


@pytest.fixture(scope="session")
def small_then(tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, list[str]]:
    """Play the small case as it was; give what was told of how far it is, besides."""
    told = list[str]()
    return played(tmp_path_factory.mktemp("small-then"), "then", tell=told.append), told


@pytest.fixture(scope="session")
def review_then(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Play the review as it was."""
    return played(tmp_path_factory.mktemp("review-then"), "then", case=find_case("review"))
