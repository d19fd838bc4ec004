"""The port of a connector: terms in, records out, or a fault that says why not.

A connector never decides what a record means (`matching`), never writes where it looks, and puts
nothing about a person into a URL, a log line or a fault's text.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

from contracts.event.work import System
from contracts.form import Section
from contracts.section import Born, Identifier, Name

RECORDS_MAX = 200
"""How many records one look takes in; more than these are for a person."""

Kind = Literal["conviction", "warning", "nfa_allegation", "intelligence", "custody", "other"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is searched for: no whereabouts, no narrative, no part.

    Attributes:
        names: every name and alias.
        births: each as precise as somebody gave it.
        identifiers: numbers of registers.
    """

    names: list[Name]
    births: list[Born]
    identifiers: list[Identifier]


class Record(Section, frozen=True, kw_only=True):
    """One record that a system has: enough to say whether it is the person, and where it stands.

    `born` is YYYY-MM-DD where the system knows the day; what is of another form counts as unknown.
    """

    reference: str
    given: str | None = None
    family: str | None = None
    born: str | None = None
    identifiers: list[Identifier] = []
    kinds: list[Kind] = []


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system answered.

    Attributes:
        records: at most RECORDS_MAX.
        is_whole: whether these are all that it has.
        is_asked: whether a family name or every number was asked for: else nobody may say `nil`.
    """

    records: list[Record]
    is_whole: bool = True
    is_asked: bool = True


def number(written: Identifier) -> tuple[str, str]:
    """Give a number's register, and the number as a system may be asked for it."""
    return written.scheme.strip().casefold(), written.value.replace("\0", "").strip()


def is_asked(terms: Terms, schemes: Collection[str]) -> bool:
    """Say whether a system is asked by a family name, or else by every number that is known.

    Args:
        terms: what is searched for.
        schemes: the registers whose numbers it can be asked by.
    """
    if any((one.family or "").replace("\0", "").strip() for one in terms.names):
        return True
    known = {scheme for scheme, value in map(number, terms.identifiers) if value}
    return bool(known) and known <= set(schemes)


class Unavailable(Exception):
    """A system could not be asked, or its answer could not be read: never that it has nothing.

    Args:
        why: one clause without anything about a person; it goes on the log.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Connector(Protocol):
    """Looks one person up in one local system."""

    @property
    def name(self) -> str:
        """What the force calls it; on the log."""

    @property
    def system(self) -> System:
        """Which system it looks in."""

    async def look(self, terms: Terms) -> Answer:
        """Look one person up, within its own time limit.

        Raises:
            Unavailable: no answer that could be read came in time.
        """
