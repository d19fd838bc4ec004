"""How police grade intelligence: two schemes that read letter and digit the other way round.

Pure. The scheme is always named and a grade is never converted: what 5x5x5 graded stays 5x5x5.
The words of 3x5x2 are the College's; those of 5x5x5 were not found at their source, so that a
5x5x5 grade is shown as it stands and lets nothing leave.

Source: College of Policing, APP Intelligence management (3x5x2); domain.md 1.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from contracts.event.action import IntelligenceGraded
from contracts.fault import Misuse

SCHEMES = ("3x5x2", "5x5x5")
SOURCES = {"1": "reliable source", "2": "untested source", "3": "source not reliable"}
ASSESSMENTS = {
    "A": "known directly",
    "B": "known indirectly, corroborated",
    "C": "known indirectly",
    "D": "not known",
    "E": "suspected to be false",
}
HANDLING = {
    "P": "may be shared lawfully",
    "C": "may be shared on its conditions only",
}
ACTIONS = {
    "A1": "NO ACTION without the originator",
    "A2": "covert action only",
    "A3": "overt action as its instructions say",
}
SANITISING = {
    "S1": "may be sanitised without asking",
    "S2": "the originator is consulted before it is sanitised",
}
_STRICT = {"A1": 0, "A2": 1, "A3": 2, "S2": 0, "S1": 1}
"""What lets less happen comes first."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What code C asks of whoever holds an item; all None under code P."""

    action: str | None = None
    sanitisation: str | None = None
    instructions: str | None = None

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> "Conditions":
        """Take the conditions out of a row that has them."""
        return cls(row["action"], row["sanitisation"], row["instructions"])

    def eased(self, of: "Conditions") -> list[str]:
        """List the codes of an item that these conditions, put on its copy, let go of."""
        pairs = ((of.action, self.action), (of.sanitisation, self.sanitisation))
        return [
            theirs
            for theirs, ours in pairs
            if theirs is not None and (ours is None or _STRICT[ours] > _STRICT[theirs])
        ]


def first_line(action: str | None) -> list[str]:
    """Give the line that stands before all others wherever an item is shown; none for most."""
    return ["A1: NO ACTION on this without its originator: ring them first."] * (action == "A1")


def words(row: Mapping[Any, Any]) -> str:
    """Spell a grading with its scheme, and what its codes mean where that is known."""
    code = f"{row['scheme']} {row['source']} {row['assessment']} {row['handling']}"
    if row["scheme"] != "3x5x2":
        return f"{code} (not converted)"
    told = [SOURCES[row["source"]], ASSESSMENTS[row["assessment"]], HANDLING[row["handling"]]]
    if row["action"]:
        told += [
            f"{row['action']}: {ACTIONS[row['action']]}",
            f"{row['sanitisation']}: {SANITISING[row['sanitisation']]}",
        ]
    return f"{code}: {'; '.join(told)}"


def graded(values: Mapping[str, Any]) -> IntelligenceGraded:
    """Make a grading of what was given.

    Raises:
        Misuse: it is no grade of its scheme, or code C lacks its conditions.
    """
    try:
        return msgspec.convert(dict(values), IntelligenceGraded)
    except msgspec.ValidationError:
        raise Misuse(
            "This is no grade of the scheme that was named, or its handling lacks its conditions.",
            remedy="3x5x2: --source 1 to 3, --assessment A to E, --handling P, or C with --action, "
            "--sanitisation and `instructions` in --words. 5x5x5: --source A to E, the other two "
            "1 to 5. The one is never converted into the other.",
        ) from None


def read(text: str) -> tuple[str, str | None]:
    """Read a record's own grade as it stands on it.

    Args:
        text: the scheme and its three codes, `3x5x2 1 A P`.

    Returns:
        The grade in one spelling, and its handling code where its scheme has P and C.

    Raises:
        Misuse: the scheme is not named, or the codes are not its.
    """
    scheme, *codes = text.split() or [""]
    fits = scheme in SCHEMES and len(codes) == 3  # noqa: PLR2004 - source, assessment, handling
    if scheme == "3x5x2" and fits:
        fits = codes[0] in SOURCES and codes[1] in ASSESSMENTS and codes[2] in HANDLING
    elif fits:
        fits = codes[0] in "ABCDE" and codes[1] in "12345" and codes[2] in "12345"
    if not fits:
        raise Misuse(
            "This is no grade with its scheme.",
            remedy="Give it as it stands on the record: '3x5x2 1 A P' or '5x5x5 B 2 3'.",
        )
    return " ".join([scheme, *codes]), codes[2] if scheme == "3x5x2" else None
