"""What of a product's words would give away whom its originals are about, or who said so.

Pure. It is strict on purpose: a word that is also somebody's name is refused, and put otherwise.
What it found is named by kind and never quoted. It is no judgement that a text is safe: that is
the sanitiser's and the authoriser's.

Source: domain.md 1.4 (sanitise before dissemination), 5 (traps 4, 8, 11), 7 (Research results).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from consumers.people.naming import folded
from contracts.section import (
    PLACES,
    Born,
    Health,
    Identity,
    Narrative,
    Practitioner,
    Provenance,
    Refuge,
    SourceIdentity,
    Whereabouts,
)
from contracts.statement import Statement

VERBATIM_WORDS = 5
"""So many words in a row as an original has them are a quotation."""
ADDRESS_WORDS = 2
_NUMBER_MIN = 4
"""A shorter number is anybody's."""


def gives_away(product: str, originals: Sequence[Statement], details: Iterable[str]) -> list[str]:
    """List what a product's words would give away, by kind.

    Args:
        product: as it would leave.
        originals: what it is made of, as held here.
        details: what research found, of those originals that are results.

    Returns:
        `a name`, `an identifier`, `an address or number`, `a date of birth`, `the original's own
        words`, in that order; empty where nothing was found.
    """
    words = _words(product)
    run = "".join(re.findall(r"\w", product.casefold()))
    sections = [value for one in originals for value in one.sections.values()]
    identities = [one for one in sections if isinstance(one, Identity)]
    kept = list(details)
    found = {
        "a name": not set(words).isdisjoint(_names(sections)),
        "an identifier": any(
            _run(number.value) in run
            for one in identities
            for number in one.identifiers or []
            if len(_run(number.value)) >= _NUMBER_MIN
        ),
        "an address or number": any(
            _is_at(place, words, run) for place in sections if isinstance(place, PLACES)
        ),
        "a date of birth": any(
            _is_born(one.born, words, run) for one in identities if one.born is not None
        ),
        "the original's own words": any(
            _quotes(words, _words(text), VERBATIM_WORDS) for text in (*_texts(sections), *kept)
        ),
    }
    return [kind for kind, is_given in found.items() if is_given]


def _names(sections: Iterable[object]) -> set[str]:
    """List every word of the name of anybody in an original: whom it is about, and who says so."""
    given: list[str | None] = []
    for one in sections:
        match one:
            case Identity():
                given += [part for name in one.names for part in (name.given, name.family)]
            case Provenance():
                given += _named(one)
            case SourceIdentity():
                given += [one.name, one.contact]
    return {word for text in given for word in _words(text or "") if len(word) > 1}


def _named(who: Provenance) -> Iterator[str | None]:
    person = who.practitioner
    yield person.name if isinstance(person, Practitioner) else None
    yield who.supervisor
    yield from (link.name for link in who.relay or [])


def _is_at(place: Whereabouts | Refuge, words: Sequence[str], run: str) -> bool:
    numbers = [_run(text) for text in (place.telephone, place.safe_contact) if text]
    address = _words(place.address or "")
    return any(number in run for number in numbers if len(number) >= _NUMBER_MIN) or _quotes(
        words, address, min(ADDRESS_WORDS, len(address))
    )


def _is_born(born: Born, words: Sequence[str], run: str) -> bool:
    """Say whether a whole date of birth stands in a text, in any order that people write."""
    if born.precision != "day":
        return False
    day = date.fromisoformat(born.value)
    written = (f"{day:%Y%m%d}", f"{day:%d%m%Y}", f"{day:%m%d%Y}", f"{day.day}{day.month}{day:%Y}",
               f"{day.day}{day:%B%Y}".casefold(), f"{day.day}{day:%b%Y}".casefold(),
               f"{day:%d%B%Y}".casefold(), f"{day:%B}{day.day}{day:%Y}".casefold())  # fmt: skip
    return any(text in run for text in written) or born.value.replace("-", "") in words


def _texts(sections: Iterable[object]) -> Iterator[str]:
    for one in sections:
        match one:
            case Narrative():
                yield from (text for text in (one.text, one.assessment, one.question) if text)
            case Health():
                yield one.text


def _quotes(words: Sequence[str], original: Sequence[str], length: int) -> bool:
    """Say whether so many words in a row of an original stand in a text in a row."""
    if length < 1 or len(original) < length:
        return False
    runs = {tuple(original[n : n + length]) for n in range(len(original) - length + 1)}
    return any(tuple(words[n : n + length]) in runs for n in range(len(words) - length + 1))


def _words(text: str) -> list[str]:
    """Split a text into folded words; whose something is, is the name itself."""
    owned = re.sub(r"['\N{RIGHT SINGLE QUOTATION MARK}]s\b", " ", text, flags=re.IGNORECASE)
    return folded(re.sub(r"[^\w'\N{RIGHT SINGLE QUOTATION MARK}]+", " ", owned)).split()


def _run(text: str) -> str:
    return "".join(re.findall(r"\w", text.casefold()))
