"""Names, spelt and sounded: what brings two records together, and how alike two names are.

Pure. What sounds alike only brings a pair before a person; it is never enough by itself
(`Weighing` refuses settings by which it would be).

Source: domain.md 1.11 (aliases; phonetic as recall only).
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

import jellyfish

from consumers.people.weighing import Weighing

Likeness = Literal["same", "alike", "faint", "differs"]

_SPELT = str.maketrans({
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ß": "ss", "ı": "i",
})  # fmt: skip
"""Letters that Unicode takes for letters of their own, as English records spell them."""
_APART = re.compile(r"[\s\-‐‑–]+")
_ABBREVIATED = {
    "st": "street", "rd": "road", "ave": "avenue", "ln": "lane", "cl": "close", "dr": "drive",
    "ct": "court", "cres": "crescent", "pl": "place", "sq": "square",
}  # fmt: skip
_POSTCODE = re.compile(r"\b([a-z]{1,2}[0-9][a-z0-9]?)\s*([0-9][a-z]{2})\b")


def folded(text: str | None) -> str:
    """Fold a name to small letters without marks, its parts apart by one space."""
    plain = unicodedata.normalize("NFKD", (text or "").casefold().translate(_SPELT))
    parts = _APART.split(plain)
    kept = ("".join(ch for ch in part if ch.isalnum()) for part in parts)
    return " ".join(part for part in kept if part)


def place_key(address: str) -> str:
    """Spell an address as its like is found: by postcode and numbers, else by its words.

    Returns:
        Empty where an address says too little to be anybody's.
    """
    text = unicodedata.normalize("NFKD", address).casefold()
    code = _POSTCODE.search(text)
    rest = text if code is None else text[: code.start()] + " " + text[code.end() :]
    words = re.findall(r"[a-z0-9]+", rest)
    if code is not None:
        numbers = sorted(word for word in words if word[0].isdigit())
        return " ".join([code[1] + code[2], *(numbers or words[:1])])
    spelt = [_ABBREVIATED.get(word, word) for word in words]
    return " ".join(spelt) if len(spelt) > 1 else ""


class Naming:
    """How names are compared under one agency's settings."""

    def __init__(self, weighing: Weighing) -> None:
        """Index the lists of nicknames."""
        self._close = weighing.close_spelling
        self._groups: dict[str, set[str]] = {}
        for n, names in enumerate(weighing.nicknames):
            for one in names:
                self._groups.setdefault(folded(one), set()).add(f"~{n}")

    def sounds(self, name: str) -> list[str]:
        """List what a folded name is looked for under: two phonetic codes, and its nicknames.

        A name in letters that no code is made for is looked for as it is spelt.
        """
        first = name.partition(" ")[0]
        codes = _codes(name) or [f"={name}"]
        return [*codes, *sorted(self._groups_of(name))] if first else []

    def likeness(self, one: str, other: str) -> Likeness:
        """Say how alike two folded names are; neither is empty.

        Returns:
            `alike` by sound, spelling, habit or a part that both have; `faint` where only the
            coarser phonetic code is one, which neither speaks for nor against.
        """
        if one == other:
            return "same"
        a, b = sorted((one, other))
        heard = set(_codes(a)[:1]) & set(_codes(b)[:1]) or self._groups_of(a) & self._groups_of(b)
        if heard or _share_part(a.split(), b.split()) or _is_initial(a, b):
            return "alike"
        if jellyfish.jaro_winkler_similarity(a, b) >= self._close:
            return "alike"
        return "differs" if set(_codes(a)).isdisjoint(_codes(b)) else "faint"

    def _groups_of(self, name: str) -> set[str]:
        first = name.partition(" ")[0]
        return self._groups.get(name, set()) | self._groups.get(first, set())


def _codes(name: str) -> list[str]:
    """Give Metaphone of the whole name and Soundex of its first part; both are for ASCII alone."""
    first = name.partition(" ")[0]
    if not (first.isascii() and first.isalpha() and name.isascii()):
        return []
    return [f"m{jellyfish.metaphone(name)}", f"s{jellyfish.soundex(first)}"]


def _share_part(a: Sequence[str], b: Sequence[str]) -> bool:
    """Say whether one name of several parts has a part of the other: Smith-Jones, Anne-Marie."""
    return (len(a) > 1 or len(b) > 1) and not set(a).isdisjoint(b)


def _is_initial(a: str, b: str) -> bool:
    return min(len(a), len(b)) == 1 and a[0] == b[0]
