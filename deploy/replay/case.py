"""A case as somebody writes it down: who said what, when, and what nobody may receive of it.

Owns the format (README.md beside this says it in words). Everything that a case can have wrong is
said at once, by line, before anything is played.

Source: domain.md 3, 5 (trap 14), 6, 7 (Truth about the review).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from contracts.fault import Misuse
from contracts.section import HowKnown
from producers.document import Document, Where, fitted, load_file, unusable
from producers.field import AgencyId
from producers.filed import BirthDay

Standing = Literal["held_then", "told_informally", "learned_at_review", "invented"]
What = Literal[
    "anything", "event", "provenance", "use_limits", "identity", "whereabouts", "refuge", "part",
    "narrative", "risk", "consent", "health", "involvement", "necessity", "source_identity",
]  # fmt: skip
"""What somebody must never receive: a kind of section, or `anything` at all of a statement."""
HERE = Path(__file__).parent
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def _moment(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or at.timestamp() < 0:
        raise ValueError("write a moment since 1970 with its offset, as 2012-05-01T09:30:00Z.")
    return text


Moment = Annotated[str, AfterValidator(_moment)]
"""A date-time with its offset."""
_Text = Annotated[str, Field(min_length=1)]


def milliseconds(moment: str) -> int:
    """Read a `Moment` as milliseconds since 1970 (UTC)."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


class Persona(Document):
    """Somebody in the case, as fully as anybody knows them; an item says who knew less."""

    given: str | None = None
    family: str | None = None
    also: list[str] = []
    born: BirthDay | None = None
    sex: Literal["female", "male", "other", "not_known"] | None = None
    identifiers: dict[str, str] = {}


class Writer(Document):
    """One named author: which agency speaks, and what it was called then."""

    agency: AgencyId
    then: str | None = None
    name: _Text
    role: _Text
    how_known: HowKnown = "record"
    said: Literal["verbatim", "summary"] = "summary"


class Link(Document):
    """A named matcher says that writers' own tokens are one person; nothing merges by itself."""

    people: list[str] = Field(min_length=1)
    across: list[str] = Field(min_length=2)
    basis: _Text


class Item(Document):
    """One thing that somebody said: a report, or a link.

    `told_then` is who was in fact told, as it was. `nameless` leaves out who says so (rec. 16).
    """

    id: str
    writer: str
    at: Moment
    standing: Standing | None = None
    review: str | None = None
    told_then: list[str] = []
    nameless: bool = False
    how_known: HowKnown | None = None
    said: Literal["verbatim", "summary"] | None = None
    note: str | None = None
    report: dict[str, object] | None = None
    link: Link | None = None

    @property
    def at_ms(self) -> int:
        """The exercise time at which it is said, in milliseconds."""
        return milliseconds(self.at)

    @property
    def undated(self) -> bool:
        """Whether nobody knows when it happened: then no day is counted from it."""
        report = self.report or {"report": "provenance"}
        return report.get("report") != "provenance" and report.get("when", "undated") == "undated"

    @property
    def has_day(self) -> bool:
        """Whether the day is known on which it happened, or was told; no day is counted else."""
        report = self.report or {"report": "provenance"}
        known = (str(report.get(name, "")) for name in ("when", "known"))
        return report.get("report") == "provenance" or any(map(_DAY.match, known))

    @property
    def causes(self) -> list[str]:
        """The items that a report names as what it arises from."""
        found = (self.report or {}).get("causes")
        completed = (self.report or {}).get("completes")
        listed = [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
        return [*listed, completed] if isinstance(completed, str) else listed

    @property
    def people(self) -> list[str]:
        """The people it names, by key."""
        listed = (self.report or {}).get("people")
        if self.link is not None or not isinstance(listed, list):
            return list(self.link.people) if self.link else []
        keys = (one.get("is") for one in listed if isinstance(one, dict))
        return [key for key in keys if isinstance(key, str)]


class Never(Document):
    """What one party must never receive, checked at every delivery (domain.md 5, trap 14).

    `of` are the items it is of, all where none is named; `person` the one it is about.
    """

    who: str
    what: list[What] = Field(min_length=1)
    of: list[str] = []
    person: str | None = None
    why: _Text


class Saying(Document):
    """One side of a contradiction, as one place has it."""

    says: _Text
    item: str | None = None
    review: str | None = None


class Contradiction(Document):
    """What is said in more than one way: kept side by side, decided by nobody here."""

    about: _Text
    sayings: list[Saying] = Field(min_length=2)


class Headline(Document):
    """From when days are counted: from the first alert on these people until an item."""

    about: list[str] = Field(min_length=1)
    until: str
    calls: _Text


class Case(Document):
    """The file."""

    case: AgencyId
    title: _Text
    begins: Moment
    ends: Moment | None = None
    people: dict[str, Persona]
    writers: dict[str, Writer]
    items: list[Item] = Field(min_length=1)
    must_never: list[Never] = []
    contradictions: list[Contradiction] = []
    headlines: list[Headline] = []

    @cached_property
    def in_order(self) -> list[Item]:
        """The items as they are said: by exercise time, at the same time as they are written."""
        return sorted(self.items, key=lambda item: item.at_ms)

    def agency_of(self, name: str) -> str:
        """Give the agency that a writer's key stands for; any other text is an agency's id."""
        return self.writers[name].agency if name in self.writers else name


@dataclass(frozen=True)
class Written:
    """A case with the line of each of its fields, and the name that errors call it by."""

    case: Case
    lines: Mapping[Where, int]
    name: str

    def within(self, item: Item) -> Mapping[Where, int]:
        """Give the lines of an item's report, by the report's own fields."""
        prefix = ("items", self.case.items.index(item), "report")
        return {w[3:]: line for w, line in self.lines.items() if w[:3] == prefix}


def find_case(named: str) -> Path:
    """Find a case: one that ships, by its name, or a file.

    Raises:
        Misuse: it is neither.
    """
    shipped = HERE / f"{named}.yaml"
    if "/" not in named and shipped.is_file():
        return shipped
    if not Path(named).is_file():
        listed = ", ".join(sorted(path.stem for path in HERE.glob("*.yaml"))) or "none"
        raise Misuse(
            "There is no case of this name, and no file.",
            remedy=f"Give a YAML file, or a case that ships: {listed}.",
        )
    return Path(named)


def read_case(path: Path, agencies: Collection[str]) -> Written:
    """Read a case and check all of it.

    Args:
        path: the YAML file.
        agencies: ids of those that the partnership's plan has.

    Raises:
        Misuse: it cannot be used; every defect by line, never by content.
    """
    from deploy.replay.checking import defects

    value, lines = load_file(path)
    written = Written(fitted(value, lines, Case, name=path.name), lines, path.name)
    told: Sequence[tuple[int, str]] = list(defects(written, agencies))
    if told:
        raise unusable(path.name, told)
    return written
