"""What the records of a system amount to: match, possible match, or nil.

Pure. A person confirms a match. A connector says `match` only where a number that a register gives
to one person agrees and no birth contradicts it; whatever else may be the person is a
`possible_match`, since to leave one out would be dangerous (domain.md 5).

Source: domain.md 1.11 (identifiers), 5 (blocking would be dangerous), 7 (Research results).
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from consumers.research.connectors.connector import Answer, Kind, Record, Terms
from contracts.section import Born, Identifier, Name

EXACT = frozenset({"pnc", "cro", "nhs", "niche"})
"""Registers whose number is one person's; of any other an equal number is a possible match."""

_CHECK = "ZABCDEFGHJKLMNPQRTUVWXY"
_PNC = re.compile(r"(\d{2}|\d{4})/?(\d{1,7})([A-Z])\Z")
_CRO = re.compile(r"(\d{1,6})/(\d{2})([A-Z])\Z")
_PIVOT = 40
"""A two-digit PNC year from here on is of the last century: the index began in 1974."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What an answer amounts to; `records` are those that may be the person, the surest first."""

    outcome: Literal["match", "possible_match", "nil"]
    confidence: Literal["probable", "possible"] | None
    records: list[Record]

    @property
    def kinds(self) -> list[Kind] | None:
        """List what sort of records these are, None where none says."""
        found = dict.fromkeys(kind for one in self.records for kind in one.kinds)
        return list(found) or None


def judge(terms: Terms, answer: Answer) -> Judged:
    """Say what an answer amounts to.

    Args:
        terms: what was searched for; with a family name or a number in it.
        answer: as it came.

    Returns:
        `possible_match` also where not all that the system has was seen, and none of it fitted.
    """
    ranked = sorted(
        ((_rank(terms, record), record) for record in answer.records), key=lambda one: one[0]
    )
    fits = [(rank, record) for rank, record in ranked if rank < _NOT_THE_PERSON]
    records = [record for _, record in fits]
    if fits and fits[0][0] == _SAME_NUMBER:
        return Judged("match", "probable", records)
    if fits:
        return Judged("possible_match", "probable" if fits[0][0] == _ALIKE else "possible", records)
    return Judged("nil", None, []) if answer.is_whole else Judged("possible_match", "possible", [])


_SAME_NUMBER, _ALIKE, _PERHAPS, _NOT_THE_PERSON = range(4)


def _rank(terms: Terms, record: Record) -> int:
    """Rank one record: a number agrees, name and day of birth do, something does, nothing does."""
    contradicted = _contradicts(terms.births, record.born)
    is_the_day = _is_the_day(terms.births, record.born)
    ours = {number_of(one) for one in terms.identifiers}
    shared = ours & {number_of(one) for one in record.identifiers}
    if any(one.is_one_persons for one in shared) and not contradicted:
        return _SAME_NUMBER
    named = [_Agreed.of(name, record) for name in terms.names]
    if is_the_day and any(one.family and one.given for one in named):
        return _ALIKE
    perhaps = bool(shared) or any(
        (one.family and one.given)  # a birth that was misheard contradicts nothing for sure
        or (one.family and one.nearly and not contradicted)
        or ((one.family or one.given) and is_the_day)  # a nickname; a name that was married into
        for one in named
    )
    return _PERHAPS if perhaps else _NOT_THE_PERSON


@dataclass(frozen=True, slots=True)
class _Agreed:
    """What of a name agrees with a record's; `nearly` is a given name that may be the same."""

    family: bool
    given: bool
    nearly: bool

    @classmethod
    def of(cls, name: Name, record: Record) -> "_Agreed":
        ours, theirs = folded(name.given).split(), folded(record.given).split()
        begun = any(a.startswith(b) or b.startswith(a) for a in ours for b in theirs)
        return cls(
            bool(folded(name.family)) and folded(name.family) == folded(record.family),
            bool(ours and theirs) and ours[0] == theirs[0],
            not ours or not theirs or begun,
        )


def _is_the_day(births: Iterable[Born], born: str | None) -> bool:
    return born is not None and any(one.value == born for one in births if one.precision == "day")


def _contradicts(births: Sequence[Born], born: str | None) -> bool:
    """Say whether every date that was given is another; an age is of a day that nobody knows."""
    dated = [one for one in births if one.precision != "age"]
    if born is None or len(born) != len("2000-01-01") or len(dated) < len(births):
        return False
    return bool(dated) and not any(born.startswith(one.value) for one in dated)


def folded(text: str | None) -> str:
    """Fold case, accents, hyphens and apostrophes, so that O'Neill is o neill wherever written."""
    plain = unicodedata.normalize("NFKD", text or "")
    letters = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return " ".join(re.sub(r"[^\w]+", " ", letters).split())


@dataclass(frozen=True, slots=True)
class Number:
    """A register's number in its one spelling; `is_sound` where its own check holds."""

    scheme: str
    value: str
    is_sound: bool

    @property
    def is_one_persons(self) -> bool:
        """Say whether it can only be one person's: no placeholder, no slip of the pen."""
        return self.is_sound and self.scheme in EXACT


def number_of(identifier: Identifier) -> Number:
    """Spell a number in one way, so that two spellings of one agree.

    Args:
        identifier: as somebody wrote it; of an unknown register only case and spaces are folded.

    Source:
        domain.md 1.11 (PNC id, CRO, NHS number).
    """
    scheme = identifier.scheme.strip().casefold()
    text = "".join(identifier.value.split()).upper()
    pnc, cro = _PNC.match(text), _CRO.match(text)
    if scheme == "pnc" and pnc is not None:
        year, serial = pnc[1], pnc[2].zfill(7)
        century = "" if len(year) > len("00") else "19" if int(year) >= _PIVOT else "20"
        sound = _CHECK[int(year[-2:] + serial) % len(_CHECK)] == pnc[3]
        return Number(scheme, f"{century}{year}/{serial}{pnc[3]}", sound)
    if scheme == "cro" and cro is not None:
        serial, year = cro[1].zfill(6), cro[2]
        sound = _CHECK[int(year + serial) % len(_CHECK)] == cro[3]
        return Number(scheme, f"{serial}/{year}{cro[3]}", sound)
    if scheme == "nhs":
        digits = text.replace("-", "")
        return Number(scheme, digits, _is_nhs(digits))
    return Number(scheme, text, scheme == "niche" and any(c.isdigit() for c in text))


def _is_nhs(digits: str) -> bool:
    if re.fullmatch(r"[0-9]{10}", digits) is None or len(set(digits)) == 1:
        return False
    weighed = sum(
        int(digit) * weight for digit, weight in zip(digits[:9], range(10, 1, -1), strict=True)
    )
    return (11 - weighed % 11) % 11 == int(digits[-1])
