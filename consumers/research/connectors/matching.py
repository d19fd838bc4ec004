"""What the records of a system amount to: match, possible match, or nil.

Pure. A person confirms a match. A connector says `match` only where a number that a register gives
to one person agrees and no birth contradicts it; whatever else may be the person is a
`possible_match`, since to leave one out would be dangerous (domain.md 5).

Source: domain.md 1.11 (identifiers), 5 (blocking would be dangerous), 7 (Research results).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from consumers.people.naming import folded
from consumers.research.connectors.connector import Answer, Kind, Record, Terms
from consumers.research.known import Known
from contracts import identifier
from contracts.section import Born, Identifier, Name

EXACT = frozenset({"pnc", "cro", "nhs", "niche"})
"""Registers whose number is one person's; of any other an equal number is a possible match."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What an answer amounts to; `records` are those that may be the person, the surest first."""

    outcome: Literal["match", "possible_match", "nil", "not_searched"]
    confidence: Literal["probable", "possible"] | None
    records: list[Record]

    @property
    def kinds(self) -> list[Kind] | None:
        """List what sort of records these are, None where none says."""
        found = dict.fromkeys(kind for one in self.records for kind in one.kinds)
        return list(found) or None


def judge(terms: Terms, answer: Answer, *, pivot: int) -> Judged:
    """Say what an answer amounts to.

    Args:
        terms: what was searched for; with a family name or a number in it.
        answer: as it came.
        pivot: of short PNC identifiers (`contracts.identifier.pnc_id`).

    Returns:
        `possible_match` also where not all that the system has was seen, and none of it fitted;
        `not_searched` where nothing fitted and the system cannot be asked by all that is known.
    """
    ranked = sorted(
        ((_rank(terms, record, pivot), record) for record in answer.records),
        key=lambda one: one[0],
    )
    fits = [(rank, record) for rank, record in ranked if rank < _NOT_THE_PERSON]
    records = [record for _, record in fits]
    if fits and fits[0][0] == _SAME_NUMBER:
        return Judged("match", "probable", records)
    if fits:
        return Judged("possible_match", "probable" if fits[0][0] == _ALIKE else "possible", records)
    if not answer.is_whole:
        return Judged("possible_match", "possible", [])
    return Judged("nil" if answer.is_asked else "not_searched", None, [])


_SAME_NUMBER, _ALIKE, _PERHAPS, _NOT_THE_PERSON = range(4)


def _rank(terms: Terms, record: Record, pivot: int) -> int:
    """Rank one record: a number agrees, name and day of birth do, something does, nothing does."""
    contradicted = _contradicts(terms.births, record.born)
    is_the_day = _is_the_day(terms.births, record.born)
    ours = {number_of(one, pivot=pivot) for one in terms.identifiers}
    shared = ours & {number_of(one, pivot=pivot) for one in record.identifiers}
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


def number_of(written: Identifier, *, pivot: int) -> Number:
    """Spell a number in one way, so that two spellings of one agree.

    Args:
        written: as somebody wrote it; of an unknown register only case and spaces are folded.
        pivot: of short PNC identifiers (`contracts.identifier.pnc_id`).
    """
    scheme = written.scheme.strip().casefold()
    text = "".join(written.value.split()).upper()
    registers: dict[str, Callable[[str], str | None]] = {
        "nhs": identifier.nhs_number,
        "pnc": partial(identifier.pnc_id, pivot=pivot),
        "cro": identifier.cro_number,
    }
    read = registers.get(scheme)
    if read is None:
        return Number(scheme, text, scheme == "niche" and any(c.isdigit() for c in text))
    found = read(text)
    # Ten times one digit passes a check and is a form's way of saying that nobody knows.
    return Number(scheme, found or text, found is not None and len({*found} - {"/"}) > 1)


def terms_of(person: Known, *, pivot: int) -> Terms:
    """Give what a person is searched for by: their numbers as written, and in their one spelling.

    Args:
        person: with a family name or a number.
        pivot: of short PNC identifiers.
    """
    spelled = [
        Identifier(one.scheme, number_of(one, pivot=pivot).value) for one in person.identifiers
    ]
    numbers = [*person.identifiers, *(one for one in spelled if one not in person.identifiers)]
    return Terms(person.names, person.births, numbers)
