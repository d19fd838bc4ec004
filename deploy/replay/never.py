"""What somebody must never receive, looked for at every delivery, in every desk and in every word.

Three things are looked at: which sections of an item's statement come to the party; whether its
words, or some of them in a row, come in anything else that the party receives, or that any consumer
says by itself; and whether they stand in the rows of the party's desk, where it did not say the
same itself.

Source: domain.md 5, traps 1 to 16, and 14 in particular.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import select

from consumers.people.naming import place_key
from consumers.store import Store, metadata
from contracts.event.case import PersonsLinked
from contracts.form import Section
from contracts.opened import View
from contracts.section import (
    PLACES,
    Health,
    Identity,
    Narrative,
    PersonPart,
    Refuge,
    SourceIdentity,
    Whereabouts,
    kind_of,
)
from contracts.statement import Statement
from deploy.replay.case import Case, Item, Never
from deploy.replay.played import Breach, Spoken

LETTERS_MIN = 3
"""Shorter words are not looked for: they stand in everything."""
QUOTED_MIN = 6
"""So many words of a longer text in a row are a quotation, whatever stands between them."""
_WORDED: dict[str, type[Section]] = {
    "narrative": Narrative, "health": Health, "source_identity": SourceIdentity,
    "whereabouts": Whereabouts, "refuge": Refuge,
}  # fmt: skip
_NO_WORDS = frozenset({"subject", "form", "standing", "known_at"})
_KEPT = frozenset({"views", "notices"})
"""Tables of exact records, each of which was looked at when it came."""


class _Forbidden(NamedTuple):
    """Words that must never be read: by which rule, of which item, in which section."""

    never: Never
    item: str
    section: str


class Watch:
    """Looks for breaches while a case is played.

    Attributes:
        breaches: found so far, each once.
    """

    def __init__(self, case: Case, people: Mapping[str, str]) -> None:
        """Watch over a case; `people` gives the key that a token stands for, as it grows."""
        self.breaches: list[Breach] = []
        self._case, self._people = case, people
        self._said: dict[str, Item] = {}
        self._runs: dict[tuple[str, ...], list[_Forbidden]] = {}
        """What must never be read, by words in a row."""
        self._own: dict[str, list[str]] = {}
        """What each agency said itself, text by text."""

    def say(self, item: Item, statement: Statement) -> None:
        """Begin to watch over an item that was said, before anybody reads it."""
        self._said[statement.context.id] = item
        own = self._own.setdefault(self._case.agency_of(item.writer), [])
        own += [text for one in statement.sections.values() for text in _spelt(one)]
        for never in self._of(item):
            for kind, texts in self._worded(never, item, statement):
                for run in {run for text in texts for run in _quotable(text)}:
                    self._runs.setdefault(run, []).append(_Forbidden(never, item.id, kind))

    def see(self, agency: str, view: View) -> None:
        """Look at what an agency received; what it said itself it may know."""
        statement = view.statement
        if view.delivery.leg == "own":
            return
        item = self._said.get(statement.context.id)
        for never in self._of(item) if item is not None else ():
            if item is not None and self._case.agency_of(never.who) == agency:
                for section in self._forbidden(never, statement.sections):
                    self._add(never, item.id, section, "a view")
        text = _text_of(statement.sections.values())
        self._read(text, "a view", agency=agency)

    def hear(self, one: Spoken) -> None:
        """Look at what a consumer said by itself: derived statements refer and never quote."""
        if not one.automated:
            return
        self._read(_text_of(one.statement.sections.values()), f"said by {one.agency} by itself")
        if isinstance(one.value, PersonsLinked):
            about = one.about[0] if one.about else "-"
            why = "persons are joined by a named matcher alone (domain.md 7)"
            self.breaches.append(Breach(about, one.agency, "persons_linked", "the log", why))

    def look(self, agency: str, store: Store) -> None:
        """Look at every row of an agency's desk; its own words stand there as well."""
        if agency not in map(self._case.agency_of, (one.who for one in self._case.must_never)):
            return
        known = {run for text in self._own.get(agency, ()) for run in self._watched(text)}
        with store.read() as db:
            for table in metadata.sorted_tables:
                if table.name in _KEPT:
                    continue
                cells = (cell for row in db.execute(select(table)) for cell in row)
                text = " ".join(_readable(cell) for cell in cells if cell is not None)
                where = f"a desk's rows ({table.name})"
                self._read(text, where, agency=agency, known=known)

    def _of(self, item: Item | None) -> Iterator[Never]:
        """List the rules that are of an item, its own writer's agency apart."""
        if item is None:
            return
        own = self._case.agency_of(item.writer)
        for never in self._case.must_never:
            named = not never.of or item.id in never.of
            about = never.person is None or never.person in item.people
            if named and about and self._case.agency_of(never.who) != own:
                yield never

    def _forbidden(self, never: Never, sections: Mapping[str, Section]) -> Iterator[str]:
        for name, value in sections.items():
            kind = (kind_of(name) or name).removeprefix("person.")
            subject = getattr(value, "subject", None)
            of_person = isinstance(value, (Identity, *PLACES, PersonPart))
            theirs = never.person is None or self._people.get(subject or "") == never.person
            if "anything" in never.what or (kind in never.what and (theirs or not of_person)):
                yield name

    def _worded(
        self, never: Never, item: Item, statement: Statement
    ) -> Iterator[tuple[str, list[str]]]:
        """List the words of an item that a rule forbids, by section."""
        whole = "anything" in never.what
        for name, value in statement.sections.items():
            kind = (kind_of(name) or name).removeprefix("person.")
            subject = getattr(value, "subject", None)
            theirs = never.person is None or self._people.get(subject or "") == never.person
            if kind in _WORDED and (whole or kind in never.what) and (subject is None or theirs):
                yield name, [*_spelt(value)]
        # A name stands in many items: where only some are meant, their views alone are looked at.
        if "identity" in never.what and not never.of:
            for key in [never.person] if never.person else item.people:
                one = self._case.people[key]
                yield "identity", [n for n in (one.given, one.family, *one.also) if n]

    def _read(
        self, text: str, where: str, *, agency: str | None = None,
        known: AbstractSet[tuple[str, ...]] = frozenset(),
    ) -> None:  # fmt: skip
        for run in self._watched(text):
            for never, item, section in self._runs[run] if run not in known else ():
                if agency in {None, self._case.agency_of(never.who)}:
                    self._add(never, item, section, where)

    def _watched(self, text: str) -> Iterator[tuple[str, ...]]:
        """List which words in a row that somebody must never read stand in a text."""
        words = _words(text)
        for length in {len(run) for run in self._runs}:
            yield from (run for run in _in_a_row(words, length) if run in self._runs)

    def _add(self, never: Never, item: str, section: str, where: str) -> None:
        breach = Breach(item, self._case.agency_of(never.who), section, where, never.why)
        if breach not in self.breaches:
            self.breaches.append(breach)


def _spelt(section: Section) -> Iterator[str]:
    """List a section's texts, and an address as desks hold it too."""
    members = msgspec.to_builtins(section)
    yield from _texts({name: one for name, one in members.items() if name not in _NO_WORDS})
    if isinstance(section, PLACES):
        yield place_key(section.address or "")


def _quotable(text: str) -> Iterable[tuple[str, ...]]:
    """List what of a text is known again: all of it where it is short, else words in a row."""
    words = _words(text)
    if len(words) > QUOTED_MIN:
        return _in_a_row(words, QUOTED_MIN)
    return [tuple(words)] if len(text) >= LETTERS_MIN else []


def _words(text: str) -> list[str]:
    """Take a text's words, whatever their case and what stands between them, in JSON too."""
    return re.findall(r"\w+", re.sub(r"\\[nrt]", " ", text).casefold())


def _in_a_row(words: list[str], count: int) -> Iterator[tuple[str, ...]]:
    return zip(*(words[at:] for at in range(count)), strict=False)


def _text_of(sections: Collection[Section]) -> str:
    """Join every text in sections."""
    return " ".join(" ".join(_texts(msgspec.to_builtins(one))) for one in sections)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(value.split())
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _readable(cell: object) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
