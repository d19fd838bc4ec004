"""What is random elsewhere, fixed by a seed: two replays of one case are equal byte for byte.

An exercise only. Whoever has the case can draw the same keys, so nothing in a replay is secret,
and its log proves that it is whole, not who wrote it.
"""

from collections.abc import Callable
from hashlib import shake_256

Draw = Callable[[int], bytes]
"""Gives so many octets, others at each call."""


def drawn(seed: str) -> Draw:
    """Make a source of octets that a seed fixes."""
    count = 0

    def draw(size: int) -> bytes:
        nonlocal count
        count += 1
        return shake_256(f"candour-replay/{seed}/{count}".encode()).digest(size)

    return draw


def ids_at(now_ms: Callable[[], int], draw: Draw) -> Callable[[], str]:
    """Make a source of UUIDv7 at the exercise's time.

    Source:
        RFC 9562 section 5.7.
    """

    def new_id() -> str:
        text = f"{now_ms():012x}{draw(10).hex()}"
        return f"{text[:8]}-{text[8:12]}-7{text[13:16]}-8{text[17:20]}-{text[20:32]}"

    return new_id
