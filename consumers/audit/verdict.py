"""The verdict: what was checked, what does not hold, and the one exit code that follows.

Its bytes depend on the export and the trust file alone: no clock, no path, no machine.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from consumers.audit.defect import PRECEDENCE, Defect, Exit
from contracts import base64url, signature
from contracts.fault import Misuse
from contracts.form import Section

NAMED_MAX = 20
"""How many places one defect lists; its count says how many there are."""


class Trusted(Section, frozen=True, kw_only=True):
    """The auditor's own file: which log, and optionally an earlier checkpoint of it.

    The first three are `contracts.opened.Trust`, as `trust.json` of any home has them. `size` and
    `root` (base64url) are of a checkpoint that the auditor held before.
    """

    partnership: str
    origin: str
    log_key: str
    size: int | None = None
    root: str | None = None


def read_trust(path: Path) -> Trusted:
    """Read the auditor's own trust file.

    Raises:
        Misuse: it cannot be read, or a member is not of its form.
    """
    try:
        trusted = msgspec.json.decode(path.read_bytes(), type=Trusted)
        key = base64url.decode(trusted.log_key)
        root = b"" if trusted.root is None else base64url.decode(trusted.root)
    except (OSError, msgspec.MsgspecError, ValueError) as error:
        raise Misuse(
            f"The trust file cannot be used ({type(error).__name__}).",
            remedy="It is JSON with partnership, origin and log_key, as any home's trust.json; "
            "size and root of an earlier checkpoint may be added.",
        ) from None
    earlier = (trusted.size is None) == (trusted.root is None)
    if not earlier or not signature.is_acceptable_public_key(key) or len(root) not in {0, 32}:
        raise Misuse(
            "The trust file's log_key is no Ed25519 key, or size and root do not stand together.",
            remedy="Copy log_key as it was read to you; give size and root both or neither.",
        )
    return trusted


class Found(Section, frozen=True, kw_only=True):
    """One defect wherever it occurs. `entries` and `places` name the first twenty of them."""

    name: str
    exit: int
    meaning: str
    count: int
    entries: list[int] = []
    places: list[str] = []


class ErasedBy(Section, frozen=True, kw_only=True):
    """What one entry erased with authority and is gone here: entries of statements, in order."""

    entry: int
    statements: list[int]


class Verdict(Section, frozen=True, kw_only=True):
    """What an audit found, in the order of precedence.

    `decided` counts the entries whose exact bytes were recomputed: all of them unless a decision
    does not follow, since what comes after rests on it. `counts` are of what was read.
    """

    format: str = "candour-verdict/1"
    partnership: str
    origin: str
    exercise: bool
    size: int
    root: str
    ledger_time: int
    examiner: str
    decider: str
    exit: int
    decided: int
    counts: dict[str, int]
    erased: list[ErasedBy]
    found: list[Found]

    def encoded(self) -> bytes:
        """Spell the verdict as its file holds it."""
        built = msgspec.to_builtins(self)
        return (json.dumps({"format": self.format, **built}, indent=2) + "\n").encode()


_RANKS = {
    defect: rank
    for rank, defect in enumerate(sorted(Defect, key=lambda one: PRECEDENCE.index(one.exit)))
}


@dataclass(slots=True)
class Tally:
    """Defects as they are found, joined by name."""

    _entries: dict[Defect, list[int]] = field(default_factory=dict)
    _places: dict[Defect, list[str]] = field(default_factory=dict)

    def at(self, defect: Defect, entry: int) -> None:
        """Note a defect of an entry, once."""
        entries = self._entries.setdefault(defect, [])
        if not entries or entries[-1] != entry:
            entries.append(entry)

    def of(self, defect: Defect, place: str) -> None:
        """Note a defect of a file, a checkpoint or a stream, in words without personal data."""
        self._places.setdefault(defect, []).append(place)

    def has(self, exit_code: Exit) -> bool:
        """Say whether anything of a class was found."""
        return any(defect.exit == exit_code for defect in (*self._entries, *self._places))

    def found(self) -> list[Found]:
        """List what was found, by precedence and then as the table has it."""
        return [
            self._one(one)
            for one in sorted({*self._entries, *self._places}, key=_RANKS.__getitem__)
        ]

    def _one(self, defect: Defect) -> Found:
        entries = sorted(set(self._entries.get(defect, [])))
        places = self._places.get(defect, [])
        return Found(
            name=str(defect),
            exit=int(defect.exit),
            meaning=defect.meaning,
            count=len(entries) + len(places),
            entries=entries[:NAMED_MAX],
            places=places[:NAMED_MAX],
        )


_WORDS = {
    Exit.VERIFIED: "VERIFIED",
    Exit.FINDINGS: "VERIFIED, WITH FINDINGS",
    Exit.INTEGRITY: "NOT VERIFIED: the integrity of the export is broken",
    Exit.DECISION: "NOT VERIFIED: a decision does not follow from the log",
    Exit.INCOMPLETE: "NOT VERIFIED: the export is incomplete",
    Exit.TRUST: "NOT VERIFIED: this is not the log that the trust file names",
}


def summary(verdict: Verdict) -> str:
    """Say in plain English what was checked and what was found."""
    counts = verdict.counts
    lines = [
        f"{_WORDS[Exit(verdict.exit)]} (exit code {verdict.exit})",
        f"Partnership {verdict.partnership}{', an exercise' if verdict.exercise else ''}: "
        f"{verdict.size} entries, {counts['statements']} statements, "
        f"{counts['checkpoints']} checkpoints, {counts['streams']} streams.",
        f"Recomputed from the log alone: {verdict.decided} of {verdict.size} entries "
        f"(refused and not kept, so that only place, number and reason could be checked: "
        f"{counts['not_kept']}).",
        *(
            f"Erased with authority, endorsed by entry {one.entry}: {len(one.statements)} "
            "statements, whose sections are gone; their signatures, places and decisions hold."
            for one in verdict.erased
        ),
        *_told(verdict.found),
    ]
    return "\n".join(lines) + "\n"


def _told(found: Iterable[Found]) -> Iterable[str]:
    for one in found:
        where = [*(f"entry {entry}" for entry in one.entries), *one.places]
        more = f" and {one.count - len(where)} more" if one.count > len(where) else ""
        yield f"  [{one.exit}] {one.name}: {one.meaning} At: {'; '.join(where)}{more}."
