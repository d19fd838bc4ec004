"""Canaries: words that nobody else writes, and looking for them in every file, however spelled."""

import base64
import re
from collections.abc import Iterable
from pathlib import Path


def forms_of(word: str) -> list[bytes]:
    """Spell a word as it may stand in a file: as it is, or inside base64url at any place."""
    exact = word.encode()
    forms = [exact, word.lower().encode()]
    for before in range(3):
        text = base64.urlsafe_b64encode(bytes(before) + exact + bytes(2))
        # What stands beside the word decides the letters at its ends.
        first, last = -(-before * 8 // 6), (before + len(exact)) * 8 // 6
        forms.append(text[first:last])
    return forms


def holding(places: Iterable[Path], words: Iterable[str]) -> dict[str, set[str]]:
    """List the files below some folders that hold any of some words, by word."""
    forms = {word: forms_of(word) for word in words}
    found: dict[str, set[str]] = {}
    for path in sorted({one for place in places for one in place.rglob("*") if one.is_file()}):
        try:
            exact = path.read_bytes().rstrip(b"\0")  # Kafka's indexes are made long and empty
        except FileNotFoundError:
            continue
        for word, spelled in forms.items():
            if any(form in exact for form in spelled):
                found.setdefault(word, set()).add(str(path))
    return found


STEM = re.compile(rb"zquil[0-9]{4}", re.IGNORECASE)
"""What each of a thousand canaries is: `Zquil` and its number."""
_RUN = re.compile(rb"[A-Za-z0-9_-]{12,}")


def numbered(exact: bytes, *, depth: int = 2) -> set[str]:
    """Find numbered canaries in bytes: as they are, or in base64url, itself in base64url even.

    Args:
        exact: of a file, a record or a line.
        depth: how often it may have been spelled in base64url.
    """
    found = {one.group().decode().capitalize() for one in STEM.finditer(exact)}
    if not depth:
        return found
    for run in _RUN.findall(exact):
        for first in range(4):
            text = run[first : first + (len(run) - first) // 4 * 4]
            found |= numbered(base64.urlsafe_b64decode(text), depth=depth - 1)
    return found
