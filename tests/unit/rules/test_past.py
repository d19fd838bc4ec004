"""The history in memory does what any history must."""

import pytest

from tests.support.history_suite import HistoryOf, HistorySuite
from tests.support.past import Past


class TestPast(HistorySuite):
    """The suite of the port, on the list."""

    @pytest.fixture
    def history_of(self) -> HistoryOf:
        """Look through a list."""
        return Past
