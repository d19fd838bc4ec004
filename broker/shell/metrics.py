"""Counts since the broker started: identifiers and numbers only, logged once a minute."""

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Metrics:
    """What the broker did."""

    submissions: int = 0
    entries: int = 0
    refused: int = 0
    redelivered: int = 0
    forked: int = 0
    views: int = 0
    receipts: int = 0
    heartbeats: int = 0

    def snapshot(self) -> dict[str, int]:
        """Give the counts by name."""
        return asdict(self)
