"""Logs: identifiers only, on standard error; what is not on the list never gets out."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "partnership", "agency", "topic", "partition", "offset",
        "index", "size", "statement", "outcome", "reason", "reasons", "count", "entries", "views",
        "receipts", "submissions", "refused", "redelivered", "forked", "heartbeats", "seconds",
        "milliseconds", "bytes", "fault", "remedy", "attempt", "address", "pid", "group", "system",
        "source", "kid", "path", "state", "duty", "rule", "worker", "workers", "skew_ms", "waiting",
        "first", "last", "from_index", "to_index", "rate", "key", "doing", "error", "pause_s",
    }
)  # fmt: skip
"""The only fields a log line may have; none of them holds personal data."""


def _only_allowed(_: object, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    dropped = [name for name in fields if name not in ALLOWED]
    for name in dropped:
        del fields[name]
    return fields


def configure(level: str = "info") -> None:
    """Set logging up for a process: lines for a terminal, JSON elsewhere.

    Args:
        level: the least level that is written.
    """
    terminal = sys.stderr.isatty()
    last: Any = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _only_allowed,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        # Where standard error is when something is said: it may be another by then.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    # Libraries may log what they were given: from them only the name of the fault is let through.
    logging.basicConfig(level=logging.CRITICAL, stream=sys.stderr, force=True)
