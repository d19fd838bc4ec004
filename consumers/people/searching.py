"""Who may be meant by what somebody knows of them: found by the index, each with why.

What is typed is a record like any other: looked for under its keys, and compared as two records
are. It decides nothing. One name alone is not searched: it finds somebody else, or nobody.

An address finds only somebody whose page may show it (`consumers.people.page`): else whoever
guesses where she is would be told that they guessed right.

Source: domain.md 1.5, 1.11, 5 (traps 4 and 13), 7 (Research results; Attention: whereabouts).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import Connection

from consumers.people import rows
from consumers.people.facts import Facts, Mention, numbers_of, standing, stay_of
from consumers.people.keys import Keying
from consumers.people.likeness import NATIONAL, WORDS, Comparing, Likeness
from consumers.people.page import Wall, names_of
from consumers.people.weighing import Weighing
from consumers.whereabouts import may_tell
from contracts.section import Born, Identifier, Identity, Name, Whereabouts

BY_SOUND = "sounds only faintly like the name that was given"
IN_REPORT = "named in the report of this reference"
WAYS: dict[str, str] = {
    "report": "the reference of a report",
    "i": "the register number",
    "y": "the whole name, and born in about that year",
    "n": "the whole name, also exchanged, as it sounds, in short forms and by an initial",
    "b": "one name with the day of birth, day and month also exchanged",
    "a": "one name with the address, of those alone whose address a page may show",
}
"""What people are looked for by, by how its keys begin."""


class Sought(NamedTuple):
    """What somebody knows; what is not known is empty.

    Attributes:
        given: name; `family` likewise.
        born: as precisely as it is known.
        number: of a register; `register` names it, empty for PNC, CRO or NHS by its form.
        address: or house number and postcode.
        report: the id of a statement.
    """

    given: str = ""
    family: str = ""
    born: Born | None = None
    number: str = ""
    register: str = ""
    address: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody who may be meant.

    Attributes:
        tokens: that they are known by.
        names: as they are spelt.
        births: each as precise as it was given.
        why: what speaks for it and against, in words; none of it names anybody.
        how: `named` in the report that was asked for, `likely`, or `weak`: it may well be another.
        mentions: what names them, the newest first.
    """

    tokens: list[str]
    names: list[str]
    births: list[Born]
    why: list[str]
    how: Literal["named", "likely", "weak"]
    mentions: list[Mention]


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search came to.

    Attributes:
        hits: the likeliest first.
        by: what was searched by, as `WAYS`.
        crowded: the ways by which more share a key than are looked at; none is brought by those.
    """

    hits: list[Hit]
    by: list[str]
    crowded: list[str]


class Searching:
    """Searches under one agency's settings."""

    def __init__(self, weighing: Weighing, agencies: Collection[str]) -> None:
        """Search by these settings.

        Args:
            weighing: how records are compared.
            agencies: in whose registers a number may stand.
        """
        self._weighing, self._agencies = weighing, agencies
        self._keying, self._comparing = Keying(weighing), Comparing(weighing)

    @property
    def most(self) -> int:
        """How many people one key brings at the most."""
        return self._weighing.block_max

    def number_of(self, sought: Sought) -> Identifier | None:
        """Read the number that was given; None where it fits no register, or fails its check."""
        for scheme in [sought.register.casefold()] if sought.register else sorted(NATIONAL):
            number = Identifier(scheme, sought.number)
            probe = _mention(Identity("", [], identifiers=[number]))
            if any(numbers_of(probe, pivot=self._weighing.pnc_pivot)):
                return number
        return None

    def keys_of(self, sought: Sought, day: str) -> set[str]:
        """List what somebody is looked for under; none where too little is known.

        Args:
            sought: what is known.
            day: of which an age is: YYYY-MM-DD.
        """
        probe = self._probe(sought, day)
        # Any other register is one agency's own, and its numbers are known by whose it is.
        apart = sought.number and sought.register.casefold() not in {*NATIONAL, ""}
        asked = [msgspec.structs.replace(probe, agency=one) for one in self._agencies]
        found = [self._keying.keys_of(one) for one in (asked if apart else [probe])]
        return set().union(*found)

    def search(
        self,
        db: Connection,
        viewer: Collection[str] | None,
        sought: Sought,
        *,
        day: str,
        untold: Collection[str],
    ) -> Searched:
        """Look for somebody.

        Args:
            db: an open transaction.
            viewer: the tokens of who looks (`consumers.standing.hidden_from`).
            sought: what they know.
            day: of which an age is: YYYY-MM-DD.
            untold: events that no search tells of.
        """
        keys = self.keys_of(sought, day)
        brought, crowded = set[str](), set[str]()
        for key, tokens in rows.knowing(db, viewer, keys, at_most=self.most).items():
            if len(tokens) > self.most:
                crowded.add(key)
            else:
                brought |= tokens
        named = frozenset(rows.named_in(db, viewer, sought.report, untold=untold))
        people = set(rows.persons(db, viewer, brought | named).values())
        held: dict[str, list[Mention]] = {}
        every = {token for tokens in people for token in tokens}
        for one in rows.mentions_of(db, viewer, every, sound=False, untold=untold):
            held.setdefault(one.identity.subject, []).append(one)
        look = _Look(keys, named, self._probe(sought, day))
        found = [
            self._hit(look, Wall(db, viewer, tokens), tokens, its)
            for tokens in people
            if (its := [mention for token in tokens for mention in held.get(token, ())])
        ]
        hits = sorted((one for one in found if one is not None), key=lambda one: one[0])
        return Searched([hit for _, hit in hits], _ways(keys, sought.report), _ways(crowded))

    def _hit(
        self, look: "_Look", wall: Wall, tokens: frozenset[str], held: Sequence[Mention]
    ) -> tuple[tuple[bool, float, list[str]], Hit] | None:
        """Say why somebody is found; None where only what no search tells of brought them."""
        its = _telling(look, wall, held)
        is_named = not tokens.isdisjoint(look.named)
        if not is_named and all(self._keying.keys_of(m).isdisjoint(look.keys) for m in its):
            return None
        pivot = self._weighing.pnc_pivot
        facts = Facts.of(tokens, its, pivot=pivot)
        likeness = self._comparing.compare(Facts.of([""], [look.probe], pivot=pivot), facts)
        stands = standing(facts.mentions)
        hit = Hit(
            sorted({one.identity.subject for one in its}),
            list(dict.fromkeys(name for one in stands for name in names_of(one))),
            list(dict.fromkeys(m.identity.born for m in stands if m.identity.born)),
            _why(likeness, is_named=is_named),
            "named" if is_named else "likely" if likeness.is_offered else "weak",
            list(facts.mentions)[::-1],
        )
        return (not is_named, -likeness.bits, hit.tokens), hit

    def _probe(self, sought: Sought, day: str) -> Mention:
        number = self.number_of(sought) if sought.number else None
        name = Name(sought.given or None, sought.family or None)
        who = Identity(
            "", [name] if sought.given or sought.family else [], born=sought.born,
            identifiers=[number] if number else None,
        )  # fmt: skip
        return _mention(who, day=day, address=sought.address)


class _Look(NamedTuple):
    """What a search looks for: keys, who is named in a report, and what is known, as a record."""

    keys: Collection[str]
    named: frozenset[str]
    probe: Mention


def _telling(look: _Look, wall: Wall, held: Sequence[Mention]) -> list[Mention]:
    """Leave out every address but the one looked for, where their page may show that."""
    told, sought = may_tell({one.part for one in held}), stay_of(look.probe)

    def keeps(one: Mention) -> bool:
        stay = stay_of(one)
        same = stay is not None and sought is not None and stay.place == sought.place
        return same and told and wall.holds_place(one)

    return [one if keeps(one) else msgspec.structs.replace(one, whereabouts=None) for one in held]


def _mention(who: Identity, *, day: str = "", address: str = "") -> Mention:
    where = Whereabouts("", address=address) if address else None
    return Mention(statement="", digest="", agency="", day=day, identity=who, whereabouts=where)


_DATED = "n/one/other/1970".count("/")


def _ways(keys: Iterable[str], report: str = "") -> list[str]:
    """Say by what keys look for somebody, in the order of `WAYS`."""
    begun = {"y" if key[0] == "n" and key.count("/") == _DATED else key[0] for key in keys}
    return [way for way in WAYS if way in begun or (report and way == "report")]


def _why(likeness: Likeness, *, is_named: bool) -> list[str]:
    found = [f"AGAINST: {WORDS[one]}" for one in likeness.apart]
    found += [f"{'AGAINST: ' * (e.bits < 0)}{e.words}" for e in likeness.evidence]
    if is_named:
        return [IN_REPORT, *found]
    return found if any(e.bits > 0 for e in likeness.evidence) else [BY_SOUND, *found]
