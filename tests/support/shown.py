"""What the model of the log keeps and answers, and how it reads a statement: plain JSON alone.

Source: FORMAT.md, Findings (level and missing), Credentials.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from tests.support.reading import PUBLIC, Said, said
from tests.support.stranger import octets_of, sha

Json = Any
Reason = tuple[str, tuple[str, ...]]


class Duty(NamedTuple):
    """What somebody owes, by when."""

    kind: str
    statement: str
    agency: str
    due_at: int


@dataclass(frozen=True)
class Given:
    """One delivery."""

    statement: str
    to: str
    leg: str
    sections: tuple[str, ...]
    marks: tuple[str, ...] = ()
    duties: tuple[Duty, ...] = ()
    reasons: tuple[str, ...] = ()


class Anew(NamedTuple):
    """What became of an earlier statement."""

    statement: str
    outcome: str
    reasons: list[Reason]
    recipients: list[str]


@dataclass
class Answer:
    """What an entry decides; of an exact duplicate `again` is the entry that decided it."""

    outcome: str
    reasons: list[Reason] = field(default_factory=list)
    level: str | None = None
    duties: list[Duty] = field(default_factory=list)
    deliveries: list[Given] = field(default_factory=list)
    anew: list[Anew] = field(default_factory=list)
    recipients: list[str] | None = None
    again: int | None = None


@dataclass(frozen=True)
class Shown:
    """What of a statement decides: what it says, and who stands behind it."""

    said: Said
    kid: str
    level: str
    missing: tuple[str, ...]
    practitioner: str | None
    credential: str | None

    @cached_property
    def people(self) -> dict[int, str]:
        """Give the subject tokens by number, in the order sent."""
        names = (name for name in self.said.sections if name.endswith(".identity"))
        return {int(n.split(".")[1]): self.said.sections[n]["subject"] for n in names}

    def part(self, number: int) -> str:
        """Give the part that a person plays."""
        part = self.said.sections.get(f"person.{number}.part", {})
        return str(part.get("part", "unassessed"))


@dataclass
class Known:
    """What is known of an id."""

    entry: int
    digest: str
    agency: str
    shown: Shown | None = None
    given: dict[str, tuple[str, ...]] = field(default_factory=dict)
    at: int = 0


@dataclass
class Held:
    """What waits: since which entry, who decides, who said what of it, which police know of it.

    `supplied_by` are practitioners who supplied what it lacked.
    """

    shown: Shown
    entry: int
    decides: str
    noticed: tuple[str, ...] = ()
    said: list[tuple[str, str, frozenset[str]]] = field(default_factory=list)
    supplied_by: set[str | None] = field(default_factory=set)


@dataclass
class KeyKnown:
    """A key: whose, for what, and whether it has ended or is suspect."""

    agency: str
    source: str
    purposes: list[str]
    ended: bool = False
    suspect: bool = False


@dataclass
class Asking:
    """One statement as it is decided: by which entry's rules, what is waived, since when it is."""

    shown: Shown
    at: int
    waived: Collection[str] = ()
    entry: int | None = None
    holders: Collection[str] = ()


def shown_of(raw: bytes) -> Shown:
    """Read a statement; its signature is not checked."""
    jws, _, texts = raw.partition(b"~")
    found = said(jws, texts[:-1])
    given = found.sections.get("provenance", {})
    person, contact = given.get("practitioner", {}), given.get("contact", {})
    lacks = {
        "practitioner": not (person.get("name") and person.get("token")),
        "role": not given.get("role"),
        "employer": not given.get("employer"),
        "how_known": not given.get("how_known"),
        "contact": not (contact.get("mailbox") or contact.get("telephone")),
    }
    missing = tuple(f"provenance.{name}_missing" for name, is_so in lacks.items() if is_so)
    credential = _credential(given.get("credential"), person)
    level = "anonymous" if missing else "credentialed" if credential else "named"
    if not given:
        missing = missing[:1]
    kid = json.loads(octets_of(jws.split(b".")[0].decode()))["kid"]
    apart = found.event in PUBLIC
    return Shown(
        found, kid, level, () if apart else missing, person.get("token"), credential
    )  # fmt: skip


def _credential(text: str | None, person: Json) -> str | None:
    """Give the digest of a credential that vouches for just this person."""
    if text is None:
        return None
    jws, *texts, _ = text.split("~")
    names = [json.loads(octets_of(one))[1:] for one in texts]
    same = json.loads(octets_of(jws.split(".")[1]))["sub"] == person.get("token")
    return sha(jws.encode()) if same and ["name", person.get("name")] in names else None
