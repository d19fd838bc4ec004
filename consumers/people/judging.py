"""What a named matcher decides on: two records with what is found of them, and what was judged.

A judgement that two people are two holds until something newer names either of them.

Source: domain.md 1.11, 7 (Machine or person, Others); issue 5, point 3.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, RowMapping

from consumers.people import rows
from consumers.people.facts import Facts
from consumers.people.likeness import Likeness
from consumers.worker import CAUSES_MAX
from contracts import base64url

Judged = Mapping[frozenset[frozenset[str]], RowMapping]
"""The newest judgement of each two people, by the tokens that each has by now."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two records that may be one person's, and what is found of them.

    `judged` is the id of the statement by which a named matcher said that they are two people's,
    where nothing that names either came since.
    """

    one: Facts
    other: Facts
    likeness: Likeness
    judged: str | None = None


def basis_of(reason: str, found: Candidate) -> str:
    """Spell what a link rests on: the matcher's reason, and what they were shown, digested.

    What was found is said by its kind and quotes nobody; the digest is of that and of the
    statements it was found in, so that whoever holds them can work it out again.
    """
    shown = "; ".join(found.likeness.words) or "nothing in common"
    return f"{reason} [shown: {shown}; evidence {digest_of(found)}]"


_BASIS = re.compile(r"(.*) \[shown: (.*); evidence ([A-Za-z0-9_-]{43})\]", re.DOTALL)


def parts_of(basis: str) -> tuple[str, str]:
    """Part what a link rests on (`basis_of`): the matcher's reason, and what they were shown."""
    found = _BASIS.fullmatch(basis)
    return (found[1], found[2]) if found else (basis, "")


def digest_of(found: Candidate) -> str:
    """Digest what was found of two records, and in which statements; the same either way round."""
    sides = sorted(
        [sorted(one.tokens), sorted({mention.digest for mention in one.mentions})]
        for one in (found.one, found.other)
    )
    evidence = [[each.kind, each.bits, each.detail] for each in found.likeness.evidence]
    shown = msgspec.json.encode([sides, evidence, list(found.likeness.apart)])
    return base64url.encode(sha256(shown).digest())


def statements(found: Candidate) -> list[str]:
    """List what names either of two."""
    return [one.statement for side in (found.one, found.other) for one in side.mentions]


def judged_of(
    db: Connection, viewer: Collection[str] | None, known: Mapping[str, frozenset[str]]
) -> Judged:
    """Give the newest judgement that two people are two, by the persons they are by now."""
    return {
        frozenset({known[row["one"]], known[row["other"]]}): row
        for row in rows.judged_apart(db, viewer, known)
        if row["other"] in known
    }


def weighed(db: Connection, found: Candidate, judged: Judged) -> Candidate:
    """Say of two that they were judged, unless something that names either came since."""
    row = judged.get(frozenset({found.one.tokens, found.other.tokens}))
    if row is None or rows.newest_place(db, statements(found))[0] > row["through"]:
        return found
    return replace(found, judged=row["id"])


def named_by(found: Candidate, *tokens: str, newest: str) -> list[str]:
    """Choose a statement that names each token, what came last, and more as far as they go."""
    every = [*found.one.mentions, *found.other.mentions]
    first = [
        max((m.day, m.statement) for m in every if m.identity.subject == token)[1]
        for token in tokens
    ]
    more = [one.statement for one in sorted(every, key=lambda m: (m.day, m.statement))[::-1]]
    return list(dict.fromkeys([*first, newest, *more]))[:CAUSES_MAX]
