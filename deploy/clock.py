"""The only source of time and randomness: everything else is handed what it needs from here."""

import os
import time
from datetime import UTC, datetime

from contracts import base64url

_last_uuid = 0


def now_ms() -> int:
    """Read the clock in milliseconds since 1970 (UTC)."""
    return time.time_ns() // 1_000_000


def now() -> datetime:
    """Read the clock as an aware instant (UTC)."""
    return datetime.now(UTC)


def random_bytes(count: int) -> bytes:
    """Give `count` bytes from the operating system's generator."""
    return os.urandom(count)


def token() -> str:
    """Give 128 random bits in base64url: a subject, practitioner or stream token."""
    return base64url.encode(os.urandom(16))


def uuid7() -> str:
    """Give a UUIDv7 that sorts after every one given before in this process.

    Source:
        RFC 9562 sections 5.7 and 6.2 (method 2: the random part counts up).
    """
    global _last_uuid  # noqa: PLW0603 - monotonic within the process is the point
    random = int.from_bytes(os.urandom(10)) & ((1 << 74) - 1)
    drawn = now_ms() << 74 | random
    _last_uuid = drawn if drawn > _last_uuid else _last_uuid + 1
    stamp, rest = _last_uuid >> 74, _last_uuid & ((1 << 74) - 1)
    bits = stamp << 80 | 7 << 76 | (rest >> 62) << 64 | 0b10 << 62 | rest & ((1 << 62) - 1)
    text = f"{bits:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
