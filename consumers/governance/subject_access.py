"""What an agency answers one person who asks what it holds about them: a pack, and its record.

The pack names nobody else and says nothing from which anybody else, or a report, could be
inferred; a person who is not told of anything is answered as one of whom nothing is held, in the
same words. Why each thing was withheld stands in the record, which stays with the agency. A
machine tells only facts that it can vouch for: what is in somebody's words, a named person reads
first, and says so.

Everything held is read and weighed, by the same two queries and section by section, whoever asks:
an answer that came sooner would be one.

Source: UK GDPR Article 15; DPA 2018 s45, Sch 2 paras 2 and 16, Sch 3; domain.md 1.7, 5 (4, 8).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique

import msgspec
from sqlalchemy import Connection, select

from consumers.standing import standing, withheld
from consumers.store import reread, views
from contracts.event import report
from contracts.form import Section
from contracts.section import PLACES, Health, Identity, PersonPart, Refuge, Whereabouts
from contracts.sharing import UseLimits
from contracts.statement import Statement


@unique
class Exemption(StrEnum):
    """Why something is withheld from the person whom it is about; `WHY` says it with its source."""

    THIRD_PARTY = "third_party"
    CRIME = "crime"
    SERIOUS_HARM = "serious_harm"
    CHILD = "child"
    TAKEN_BACK = "taken_back"
    NOT_DECIDED = "not_decided"
    WORDS = "words"


WHY: dict[Exemption, str] = {
    Exemption.THIRD_PARTY: "It is about somebody else too, or names a source "
    "(DPA 2018 Sch 2 para 16; Part 3 s45(4)(e)).",
    Exemption.CRIME: "Telling would hinder the prevention of crime "
    "(DPA 2018 Sch 2 para 2; Part 3 s45(4)(b)).",
    Exemption.SERIOUS_HARM: "Telling could lead to serious harm to somebody "
    "(DPA 2018 Sch 3; Part 3 s45(4)(e)).",
    Exemption.CHILD: "A parent may ask in a child's name and be who is feared "
    "(DPA 2018 Sch 3 para 21); a named person decides.",
    Exemption.TAKEN_BACK: "Its originator took it back or said it rightly since: it may be about "
    "somebody else (UK GDPR Art 5(1)(d)).",
    Exemption.NOT_DECIDED: "Whoever said it did not say that this person may be told "
    "(use_limits): ring them; a named person decides.",
    Exemption.WORDS: "It is in somebody's words, in which others may stand: a named person reads "
    "them, then gives --read (DPA 2018 Sch 2 para 16).",
}


@dataclass(frozen=True, slots=True)
class Withheld:
    """One section that is not in the pack, and why."""

    statement: str
    section: str
    exemptions: tuple[Exemption, ...]


@dataclass(slots=True)
class Pack:
    """The answer to one person, and the agency's own record of it.

    Attributes:
        text: what is handed over.
        told: (statement, section) of what is in it.
        withheld: what is not, with reasons; empty where nothing is held.
        searched: how many statements were read.
    """

    text: str = ""
    told: list[tuple[str, str]] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    searched: int = 0


@dataclass(frozen=True, slots=True)
class Controller:
    """Whose answer it is: the agency's title and how to reach its data protection contact."""

    title: str
    contact: str


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that an agency holds, read once, and what its originators took back of it.

    Attributes:
        statements: every one that is not public control, in log order.
        searched: how many records were read.
        replaced: (statement, section) of what a correction says anew.
        retracted: ids of what was taken back whole.
        originals: of a correction, the statement that it corrects, by id.
    """

    statements: list[Statement]
    searched: int
    replaced: frozenset[tuple[str, str]]
    retracted: frozenset[str]
    originals: Mapping[str, Statement]

    @classmethod
    def read(cls, db: Connection, viewer: Collection[str] | None) -> "Held":
        """Read all that an agency holds, but for what is kept from who looks for it.

        Args:
            db: an open transaction on the agency's own store.
            viewer: as `consumers.standing.hidden_from`.
        """
        kept = select(withheld.c.statement)
        if viewer is not None:
            kept = kept.where(withheld.c.token.in_(viewer))
        query = select(views.c.id, views.c.record, views.c.leg, standing.c.mark)
        query = query.outerjoin(
            standing, (standing.c.statement == views.c.id) & (standing.c.mark == "retracted")
        ).order_by(views.c.place)
        hidden = frozenset(db.execute(kept).scalars())
        found, searched, retracted = list[Statement](), 0, set[str]()
        for one in db.execute(query):
            statement, searched = reread(one.record), searched + 1
            if one.leg != "public_control" and one.id not in hidden:
                found.append(statement)
            if one.mark is not None:
                retracted.add(one.id)
        by_id = {one.context.id: one for one in found}
        corrected = [(one, one.causes[0]) for one in found if one.kind.name == _CORRECTION]
        replaced = {(about, name) for one, about in corrected for name in one.sections}
        originals = {one.context.id: by_id[about] for one, about in corrected if about in by_id}
        return cls(found, searched, frozenset(replaced), frozenset(retracted), originals)


_CORRECTION = "statement_corrected"


def subject_access(
    db: Connection,
    tokens: Collection[str],
    controller: Controller,
    *,
    viewer: Collection[str] | None,
    read: Collection[tuple[str, str]] = (),
) -> Pack:
    """Write the pack of one person.

    Args:
        db: an open transaction on the agency's own store.
        tokens: every subject token of the person, through links that a named matcher made.
        controller: who answers.
        viewer: the tokens of who writes the pack: what is kept from them is as if not held.
        read: (statement, section) of words that a named person read and found to be of the person
            alone.
    """
    held = Held.read(db, viewer)
    pack, told = Pack(searched=held.searched), dict[str, None]()
    others = _words_of_others(held, tokens)
    for statement in held.statements:
        said, mentioned = statement.context.id, _mentioned(statement)
        # What is of others is weighed too, and left out after: work must not tell whose it is.
        for name, value in statement.sections.items():
            lines = list(_lines(value))
            exempt = _exempt(statement, name, value, mentioned, set(tokens), held)
            if (said, name) in read:
                exempt = tuple(one for one in exempt if one is not Exemption.WORDS)
            if sum(_names(line, others) for line in lines):
                exempt = tuple(dict.fromkeys([*exempt, Exemption.THIRD_PARTY]))
            if mentioned.isdisjoint(tokens):
                continue
            if exempt:
                pack.withheld.append(Withheld(said, name, exempt))
            else:
                pack.told.append((said, name))
                told |= dict.fromkeys(lines)
    pack.text = _written(sorted(told), controller)
    return pack


_SUBJECTS = frozenset({"subject", "subjects", "of", "at_risk"})


def _mentioned(statement: Statement) -> set[str]:
    """List the tokens of everybody whom a statement says anything about."""
    found: set[str] = set()
    left: list[object] = [msgspec.to_builtins(one) for one in statement.sections.values()]
    while left:
        value = left.pop()
        if isinstance(value, list):
            left += value
        elif isinstance(value, dict):
            for member, inner in value.items():
                named = inner if isinstance(inner, list) else [inner]
                if member in _SUBJECTS:
                    found |= {one for one in named if isinstance(one, str)}
                left.append(inner)
    return found


_AT_RISK = frozenset({"victim", "child", "unassessed"})
_TO_FEAR = frozenset({"alleged_perpetrator", "unassessed", "associate"})


def _exempt(  # noqa: PLR0913 - what an exemption is weighed by
    statement: Statement,
    name: str,
    value: Section,
    mentioned: set[str],
    tokens: set[str],
    held: Held,
) -> tuple[Exemption, ...]:
    """Say why a section is withheld; empty where it may be told.

    A part that is not known here counts as one to fear in whoever asks, and as one at risk in
    everybody else.
    """
    parts = {
        one.subject: one.part for one in statement.sections.values() if isinstance(one, PersonPart)
    }
    others = mentioned - tokens
    played = {parts.get(one, "unassessed") for one in mentioned & tokens}
    found: list[Exemption] = []
    of_them = isinstance(value, (Identity, Whereabouts)) and value.subject in tokens
    if not of_them and (others or not isinstance(value, (Health, *_FACTS))):
        found.append(Exemption.THIRD_PARTY)
    if {parts.get(one, "unassessed") for one in others} & _AT_RISK and played & _TO_FEAR:
        found += [Exemption.CRIME, Exemption.SERIOUS_HARM]
    if "child" in played:
        found.append(Exemption.CHILD)
    said = statement.context.id
    if said in held.retracted or (said, name) in held.replaced:
        found.append(Exemption.TAKEN_BACK)
    if not _may_be_told(held.originals.get(said, statement), statement, tokens):
        found.append(Exemption.NOT_DECIDED)
    if isinstance(value, (Health, Whereabouts)):
        found.append(Exemption.WORDS)
    return tuple(found)


def _may_be_told(original: Statement, statement: Statement, tokens: set[str]) -> bool:
    """Say whether whoever said it lets this person be told; silence is no."""
    own = statement.sections.get("use_limits", original.sections.get("use_limits"))
    if not isinstance(own, UseLimits):
        return False
    given = [one.may_be_told for one in own.limits if one.subject in tokens]
    return bool(given) and all(one == "yes" for one in given)


_FACTS: dict[type[Section], tuple[str, ...]] = {
    Identity: ("names", "born", "sex"),
    Whereabouts: ("address", "telephone"),
    Health: ("text", "standing"),
    report.ReleaseNotified: ("release", "released_on"),
    report.TreatmentRecorded: ("service", "status"),
    report.HealthNoted: ("topic",),
}
"""What may be told of a section at all: of the others each member tells of somebody else too."""

_KINDS: dict[type[Section], str] = {
    Identity: "Identity", Whereabouts: "Where you are", Health: "Health",
}  # fmt: skip


def _lines(value: Section) -> Iterator[str]:
    """Write a section's facts, a line each, without tokens, dates of recording or sources."""
    kind = _KINDS.get(type(value), "Recorded")
    for member in _FACTS.get(type(value), ()):
        given = msgspec.to_builtins(getattr(value, member))
        if given:
            yield f"{kind}: {member.replace('_', ' ')}: {_plain(given)}"


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(_plain(one) for one in value.values() if one)
    if isinstance(value, list):
        return "; ".join(_plain(one) for one in value)
    return str(value).replace("_", " ")


def _words_of_others(held: Held, tokens: Collection[str]) -> set[str]:
    """List the names, addresses and numbers of everybody else, but for what the person has too."""
    own, others = set[str](), set[str]()
    for statement in held.statements:
        for value in statement.sections.values():
            if isinstance(value, (Identity, *PLACES)):
                words = own if value.subject in tokens else others
                words |= set(_naming(value))
    return others - own


def _naming(value: Identity | Whereabouts | Refuge) -> Iterator[str]:
    named = [] if isinstance(value, Identity) else [value.address, value.telephone]
    if isinstance(value, Identity):
        named = [text for one in value.names for text in (one.given, one.family)]
    yield from (_folded(text) for text in named if text)


def _names(line: str, others: Collection[str]) -> bool:
    """Say whether a line holds somebody else's name, address or number, as whole words."""
    words = f" {_folded(line)} "
    return any(f" {one} " in words for one in others)


def _folded(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def _written(told: list[str], controller: Controller) -> str:
    """Write the answer; where nothing is told, the same words whatever is held."""
    found = told or ["We hold no information about you that you are entitled to receive."]
    return "\n".join([
        f"{controller.title}: answer to your request for personal information",
        "",
        "We searched everything that this agency holds in the partnership's records.",
        "",
        *found,
        "",
        "Some information may be held back where the law requires or allows it, for example to",
        "protect other people. We do not say whether any was.",
        "",
        f"If you are not content, write to {controller.contact}. You may also complain to the",
        "Information Commissioner (ico.org.uk) or go to court.",
        "",
    ])
