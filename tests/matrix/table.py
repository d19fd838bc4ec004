"""The expected answers, read: who has which product of which statement (`expected.txt`).

Reads text and knows nothing of agreements. What each product stands for is in the file too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.matrix.saying import PARTS, Saying

TABLE = Path(__file__).with_name("expected.txt")

SINGLE = (
    "event", "provenance", "use_limits", "narrative", "risk", "consent", "health", "necessity",
    "involvement", "endorsement",
)  # fmt: skip
"""Sections that a product may name and that a statement holds once."""
PERSONAL = ("identity", "whereabouts", "part")

_GIVEN = re.compile(r"(given|refused|withdrawn|unsafe_to_ask|not_sought)\((\d)\)")
_OVERRIDE = re.compile(r"override\((\w+), (\d), (\d)\)")
_NAMED = re.compile(r"(\w+)=(\w+)")
_ROW = re.compile(r"from (.+?)(?: each (.+?))?: (\S+) ?(.*?) -> (.+)")


@dataclass(frozen=True)
class Case:
    """One statement to be said, and who is to have which product of it.

    Attributes:
        event: its name; `line` where the table says so.
        sender: an agency's id, as are all below.
        persons: letters; empty for none.
        answers: whose statement it answers, if it does.
        urgency: as the statement carries it; `purpose` likewise.
        saying: everything else that the statement is made of.
        expected: the product's words, by agency.
    """

    event: str
    line: int
    sender: str
    persons: str
    answers: str | None
    urgency: str
    purpose: str
    saying: Saying
    expected: dict[str, tuple[str, ...]]

    def sections(self, agency: str, *, holds_cause: bool) -> set[str]:
        """Name the sections that an agency is to be shown."""
        found: set[str] = set()
        for word in self.expected.get(agency, ()):
            kind, at, letters = word.partition("@")
            if kind in PERSONAL:
                found |= {
                    f"person.{number}.{kind}"
                    for number, letter in enumerate(self.persons, 1)
                    if not at or letter in letters
                }
            elif kind == "cause":
                found |= {"cause.1"} if holds_cause else set()
            else:
                assert kind in SINGLE, word
                found.add(kind)
        return found


@dataclass
class Table:
    """What the file says: agencies by letter, products by name, cases in order."""

    agencies: dict[str, str] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    products: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    quoted: dict[str, list[str]] = field(default_factory=dict)

    def letters(self, text: str) -> Iterator[str]:
        """Give the letters that a list of letters and groups stands for."""
        for word in text.split():
            yield from self.groups.get(word, [word])

    def read(self, text: str) -> None:
        """Take the file in."""
        event = ""
        for number, line in enumerate(text.splitlines(), 1):
            word, _, rest = line.partition(" ")
            if word == "agency":
                letter, name = rest.split()
                self.agencies[letter] = name
            elif word == "group":
                name, *letters = rest.split()
                self.groups[name] = letters
            elif word == "product":
                name, *words = rest.split()
                self.products[name] = tuple(words)
            elif word == "==":
                event = rest
            elif line.startswith("# >") and event:
                self.quoted.setdefault(event, []).append(line.removeprefix("# >").strip())
            elif word == "from":
                self._row(event, number, line)
            else:
                assert not line or line.startswith("#"), f"line {number} says nothing"

    def _row(self, event: str, number: int, line: str) -> None:
        found = _ROW.fullmatch(line)
        assert found is not None, f"line {number} is no row"
        senders, each, persons, case, expected = found.groups()
        for letter in self.letters(senders):
            for one in self.letters(each) if each else [""]:
                if one != letter:  # nobody is asked about itself
                    told = [text.replace("*", one) for text in (persons, case, expected)]
                    self.cases.append(self._case(event, number, letter, *told))

    def _case(
        self, event: str, line: int, letter: str, persons: str, case: str, expected: str
    ) -> Case:
        persons = "" if persons == "-" else persons
        assert set(persons) <= set(PARTS), f"line {line}: {persons}"
        override = _OVERRIDE.search(case)
        views = {int(n): state for state, n in _GIVEN.findall(case)}
        rest = _OVERRIDE.sub("", _GIVEN.sub("", case))
        named = _NAMED.findall(rest)
        assert not _NAMED.sub("", rest).split(), f"line {line}: {rest}"
        given = dict(named)
        involved = [(self.agencies[k], v) for k, v in named if k in self.agencies]
        known = {"level", "purpose", "urgency", "to", "answers", "not", *self.agencies}
        assert set(given) <= known, f"line {line}: {given}"
        return Case(
            event=event,
            line=line,
            sender=self.agencies[letter],
            persons=persons,
            answers=self.agencies.get(given.get("answers", "")),
            urgency=given.get("urgency", "routine"),
            purpose=given.get("purpose", "safeguarding"),
            saying=Saying(
                event,
                persons,
                addressee=self.agencies.get(given.get("to", "")),
                level=given.get("level"),
                views=views,
                override=override and (override[1], [int(override[2])], [int(override[3])]),
                involved=involved,
                excluded=[self.agencies[v] for k, v in named if k == "not"],
            ),
            expected=self._expected(expected, letter),
        )

    def _expected(self, text: str, sender: str) -> dict[str, tuple[str, ...]]:
        if text == "nobody":
            return {}
        rows = [word.partition("=") for word in text.split()]
        return {
            self.agencies[letter]: self.products[product]
            for letters, _, product in rows
            for letter in self.letters(letters)
            if letter != sender
        }


@cache
def table() -> Table:
    """Read the file once."""
    found = Table()
    found.read(TABLE.read_text(encoding="utf-8"))
    return found
