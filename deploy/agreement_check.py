"""What keeps an agreement's document from being in force, told by line to whoever wrote it.

The broker judges (broker.core.control); here each of its reasons is put where it stands in the
document, with what to write. What an agency's name, a kind of statement or a provision may be is
repeated, since those are closed lists; what else was typed never is.

Source: domain.md 1.7, 1.8; issue 4, agreements as documents.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jellyfish
import msgspec

from broker.core.agreements import day_of
from broker.core.legs import leg_defects
from broker.core.state import State
from broker.core.terms import (
    HANDLING,
    PURPOSES,
    SECTION_KINDS,
    agreement_defects,
    citations,
    is_section,
)
from contracts.agreement import Agreement, Basis, Leg
from contracts.event import BY_NAME
from contracts.identifier import is_slug
from contracts.law import Law, basis_defects
from producers.document import Where, line_of, load_file, read_struct
from producers.partnership import Partnership

Told = tuple[int, str]
"""A line, and what to do about it."""

SLIPS_MAX = 2
"""How many letters a name may differ by to be taken for a slip; fewer where it is short."""

_NUMBER = re.compile(r"\d+")
_LEG = re.compile(r"leg(?: ([^.]+))?\.([a-z_]+)")

TERMS = {
    "agreement.id": "write it in lower-case words joined by hyphens, as mk-core",
    "agreement.parties": "name one party or more, each of them once",
    "agreement.version": "write a whole number from 1",
    "agreement.purposes": f"write {' or '.join(PURPOSES)}: no statement has another",
    "agreement.effective, review, expires": "write three days as 2026-12-01; it must expire after "
    "the day it takes effect",
    "agreement.legs (id twice)": "another leg has this id: give each its own",
    "id": "write the leg's id in lower-case words joined by hyphens",
    "from": "name agencies that are parties to this agreement",
    "to": "name agencies that are parties to this agreement",
    "types": "name kinds of statement that there are (FORMAT.md lists them)",
    "purposes": "name purposes that the agreement itself lists",
    "sections": "name sections that there are; a full product holds the event, and a person's may "
    "be limited to a part, as person.whereabouts@alleged_perpetrator; intake, exclusions and "
    "source_identity never go",
    "provenance": "write automated, named, credentialed or endorsed",
    "when": "say which parts, levels or involvement it takes, or leave it out",
    "about": "name the only parts that anybody in it may play, or leave it out",
    "consent": "say in `of` whose consent it is; only where no basis of the leg is consent "
    "(6.1.a, 9.2.a) leave it out",
    "handling": f"write {' or '.join(HANDLING)}, or leave it out",
    "categories": "a leg that carries health lists special; one that carries risk assessments, "
    "releases, research or intelligence lists criminal",
    "retention_days": "write whole days, from 1",
}
"""What to write, by the member that the broker would refuse."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where an agreement is to be in force.

    Attributes:
        kinds: what kind each admitted agency is of, by id.
        law: the catalogue in force; without one no basis is judged.
        law_as_of: the day an exercise is decided by; None in a live partnership.
        today: ISO 8601.
        newest: the highest version of each agreement that all its parties stand behind.
    """

    kinds: Mapping[str, str]
    law: Law | None
    law_as_of: str | None
    today: str
    newest: Mapping[str, int] = field(default_factory=dict)

    def day(self, agreement: Agreement) -> str:
        """Give the first day on which the agreement's bases must stand."""
        return self.law_as_of or max(agreement.effective, self.today)

    @classmethod
    def of_plan(cls, plan: Path, *, now_ms: int) -> "Setting":
        """Take the agencies and the catalogue of a founding plan, before there is a log.

        Raises:
            Misuse: the plan, or the catalogue it names, cannot be read.
        """
        value, _ = load_file(plan)
        planned = value if isinstance(value, dict) else {}
        kinds = {
            str(one.get("id")): str(one.get("kind"))
            for one in planned.get("agencies") or []
            if isinstance(one, dict)
        }
        rules = planned.get("rules")
        named = rules.get("law") if isinstance(rules, dict) else None
        law = read_struct(plan.parent / named, Law) if isinstance(named, str) else None
        exercise = planned.get("exercise") == "true"
        as_of = str(planned.get("law_as_of")) if exercise else None
        return cls(kinds, law, as_of, day_of(now_ms))

    @classmethod
    def of_log(cls, state: State) -> "Setting":
        """Take what a log says, as of its last entry."""
        founding = state.founding
        as_of = founding.law_as_of if founding is not None and founding.exercise else None
        return cls(
            {agency.id: agency.kind for agency in state.agencies.values()},
            state.rules.law if state.rules else None,
            as_of,
            day_of(state.ledger_time),
            {name: max(held) for name, held in state.agreements.versions.items()},
        )

    @classmethod
    def known(cls, known: Partnership, *, now_ms: int) -> "Setting":
        """Take what a home's agency was sent of its partnership."""
        founding = known.founding
        as_of = founding.law_as_of if founding is not None and founding.exercise else None
        return cls(
            {agency.id: agency.kind for agency in known.agencies.values()},
            known.rules.law if known.rules else None,
            as_of,
            day_of(now_ms),
            {name: max(held) for name, held in known.versions.items()},
        )


def defects(
    agreement: Agreement, lines: Mapping[Where, int], setting: Setting | None
) -> list[Told]:
    """List what keeps a document from being in force.

    Args:
        agreement: as read from the document.
        lines: of the document's fields.
        setting: None to judge the document alone.
    """
    found = [one for name in agreement_defects(agreement) for one in _placed(name, agreement)]
    if setting is not None:
        found += _unfit_here(agreement, setting)
        if setting.law is not None:
            found += _unlawful(agreement, setting.law, setting)
    return _told(found, lines)


def advice(agreement: Agreement, lines: Mapping[Where, int], setting: Setting | None) -> list[Told]:
    """List what does not keep it from being in force, and should be looked at before signing."""
    found: list[tuple[Where, str]] = []
    if not agreement.effective < agreement.review <= agreement.expires:
        found.append((("review",), "the review is not between the days it begins and expires"))
    found += [
        (("legs", number, "basis"), f"leg {number + 1} ({leg.id}) names no `gateway`: which power "
         "lets its senders disclose this?")
        for number, leg in enumerate(agreement.legs)
        if leg.basis.gateway is None
    ]  # fmt: skip
    law = setting.law if setting is not None else None
    unsure = {row.citation: row.source for row in law.provisions if not row.sure} if law else {}
    named: dict[str, Where] = {}
    for number, leg in enumerate(agreement.legs):
        for member, basis in (("basis", leg.basis), ("recipient_basis", leg.recipient_basis)):
            for citation in citations(basis):
                named.setdefault(citation, ("legs", number, member))
    found += [
        (where, f"{one} was not read in full at its source ({unsure[one]}): check it first")
        for one, where in named.items()
        if one in unsure
    ]
    return _told(found, lines)


def _told(found: Iterable[tuple[Where, str]], lines: Mapping[Where, int]) -> list[Told]:
    told = ((line_of(where, lines), text) for where, text in found)
    return sorted({(line, text if text.endswith("?") else f"{text}.") for line, text in told})


def _placed(name: str, agreement: Agreement) -> Iterator[tuple[Where, str]]:
    """Put one of the broker's reasons where it stands; a list's at each of its unfit items."""
    leg = _LEG.fullmatch(name)
    if leg is None:
        if "(id twice)" in name:
            ids = [one.id for one in agreement.legs]
            twice = (n for n, one in enumerate(ids) if one in ids[:n])
            yield from ((("legs", n, "id"), f"leg {n + 1}, `id`: {TERMS[name]}") for n in twice)
            return
        member = name.removeprefix("agreement.").partition(",")[0]
        yield (member,), f"`{member}`: {TERMS[name]}"
        return
    named, member = leg[1], leg[2]
    for number, one in enumerate(agreement.legs):
        if one.id == named or (named is None and not is_slug(one.id)):
            for place, meant in _places(one, member, agreement):
                told = f"leg {number + 1}, `{member}`: {TERMS[member]}{meant}"
                yield ("legs", number, *place), told


def _places(leg: Leg, member: str, agreement: Agreement) -> list[tuple[Where, str]]:
    """Give the unfit items of a leg's list, with what may have been meant; else the member."""
    parties = [party.agency for party in agreement.parties]
    lists: dict[str, tuple[list[str], list[str]]] = {
        "from": (leg.sender, parties),
        "to": (leg.to, parties),
        "types": (leg.types, sorted(BY_NAME)),
        "purposes": (leg.purposes, agreement.purposes),
        "sections": (leg.sections, sorted(SECTION_KINDS)),
    }
    typed, known = lists.get(member, ([], []))
    unfit = [
        (number, one)
        for number, one in enumerate(typed)
        if one not in known and not (member == "sections" and is_section(one))
    ]
    found: list[tuple[Where, str]] = []
    for number, one in unfit:
        found.append(((member, number), _meant(one, known)))
    return found or [((member,), "")]


def _meant(typed: str, known: Collection[str]) -> str:
    """Ask whether the one name was meant that differs by a slip of the hand; else nothing.

    A name that is shorter or longer by a word is somebody else's: whoever took it up would give
    one agency's legs to another.
    """
    near = [
        one
        for one in known
        if abs(len(one) - len(typed)) < SLIPS_MAX
        and jellyfish.damerau_levenshtein_distance(typed, one) <= min(SLIPS_MAX, len(one) // 4)
        and _NUMBER.findall(typed) == _NUMBER.findall(one)
    ]
    return f". Did you mean {near[0]}?" if len(near) == 1 else ""


def _unfit_here(agreement: Agreement, setting: Setting) -> Iterator[tuple[Where, str]]:
    """Say what of an agreement does not fit who is admitted and what was adopted before."""
    for number, party in enumerate(agreement.parties):
        if party.agency not in setting.kinds:
            named = party.agency if is_slug(party.agency) else f"party {number + 1}"
            meant = _meant(party.agency, setting.kinds)
            yield ("parties", number), f"{named} is not admitted here{meant}"
    newest = setting.newest.get(agreement.id)
    if newest is not None and agreement.version <= newest:
        told = f"version {newest} of it is adopted already: write {newest + 1}, or a higher one"
        yield ("version",), f"`version`: {told}"


def _unlawful(agreement: Agreement, law: Law, setting: Setting) -> Iterator[tuple[Where, str]]:
    """Name each basis that cannot stand, for whom, and what the catalogue would let stand."""
    day = setting.day(agreement)
    for number, leg in enumerate(agreement.legs):
        found: dict[str, dict[tuple[str, str], None]] = {}
        for sender in leg.sender:
            for to in leg.to:
                if to == sender or not {sender, to} <= set(setting.kinds):
                    continue
                kinds = setting.kinds[sender], setting.kinds[to]
                for defect in leg_defects(leg, law, *kinds, day):
                    found.setdefault(defect, {})[sender, to] = None
        for defect, pairs in found.items():
            member, _, what = defect.partition(".")
            own = member == "basis"
            relying = dict.fromkeys(pair[0 if own else 1] for pair in pairs)
            other = dict.fromkeys(pair[1] for pair in pairs)
            who = ", ".join(other if "every recipient" in what else relying)
            kinds_of = {setting.kinds[one] for one in relying}
            basis = leg.basis if own else leg.recipient_basis
            to_kinds = [setting.kinds[one] for one in other] if own else []
            would = _would_do(basis, what, law, _Relying(kinds_of, day, to_kinds))
            told = f"leg {number + 1} ({leg.id}), {member}: {what}, for {who} on {day}{would}"
            yield ("legs", number, member, *_MEMBERS.get(what.partition(" ")[0], ())), told


@dataclass(frozen=True, slots=True)
class _Relying:
    """Who relies on a basis, when, and what kinds of agency it discloses to."""

    kinds: Collection[str]
    day: str
    to: Sequence[str]


_MEMBERS = {
    "article": ("article",),
    "gateway": ("gateway",),
    "special_conditions": ("special_category",),
    "criminal_conditions": ("criminal_offence",),
}


def _would_do(basis: Basis, what: str, law: Law, relying: _Relying) -> str:
    """List the provisions that could stand in a member's place, as the catalogue has them."""
    member = what.partition(" ")[0]
    category = member.removesuffix("_conditions")
    fits: list[str] = []
    for row in law.provisions:
        judged = member
        if row.use == member:
            tried = msgspec.structs.replace(basis, **{member: row.citation})
        elif row.use == "condition" and category in (row.categories or []):
            judged = "conditions"
            tried = msgspec.structs.replace(
                basis, special_category=[row.citation], criminal_offence=None
            )
        else:
            continue
        found = [
            one
            for kind in relying.kinds
            for one in basis_defects(tried, law, kind=kind, day=relying.day, to=relying.to)
        ]
        if not any(one.startswith(judged) and "only with" not in one for one in found):
            fits.append(row.citation)
    return f"; what could stand there: {', '.join(fits)}" if fits else ""
