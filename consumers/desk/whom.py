"""Whom a page is about: one person, or two inside a case wall of their own.

Of one person alone a page tells what happened and names nobody else; of two it tells what names
nobody of age but them. So whoever works one case is shown that case (domain.md 5, trap 8).
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from consumers.chronology.rows import is_known
from consumers.people import rows as people
from consumers.people.facts import standing
from consumers.people.page import names_of
from contracts.identifier import is_token

NAMELESS = "Somebody whose name is not known"


@dataclass(frozen=True)
class Whom:
    """One person, or two.

    Attributes:
        asked: the token that each was asked for by.
        tokens: all that each is known by.
        names: of each.
    """

    asked: list[str]
    tokens: list[frozenset[str]]
    names: list[str]

    @property
    def every(self) -> frozenset[str]:
        """All tokens of all of them."""
        return frozenset().union(*self.tokens)

    @property
    def is_pair(self) -> bool:
        """Whether they are two, inside a wall."""
        return len(self.asked) > 1

    @property
    def path(self) -> str:
        """What stands behind a page's own name in its address."""
        return f"/{self.asked[1]}" if self.is_pair else ""


def whom(db: Connection, viewer: Collection[str] | None, asked: list[str]) -> Whom | None:
    """Find whom somebody asks for; None where nothing that they may see names one of them.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        asked: the token of one person, or of two.
    """
    if not all(is_token(one) and is_known(db, viewer, one) for one in asked):
        return None
    joined = people.persons(db, viewer, asked)
    tokens = [joined[one] for one in asked]
    if len(set(tokens)) < len(asked):
        return None  # two tokens of one person are no pair
    return Whom(asked, tokens, [name_of(db, viewer, one) for one in tokens])


def name_of(db: Connection, viewer: Collection[str] | None, tokens: Collection[str]) -> str:
    """Give the fullest name that a person is known by: of what stands, where anything does."""
    sound = people.mentions_of(db, viewer, tokens, sound=True)
    held = sound or people.mentions_of(db, viewer, tokens, sound=False)
    named = sorted(standing(held), key=lambda one: (one.day, one.statement))
    listed = [name for one in named for name in names_of(one)]
    return max(listed, key=lambda name: len(name.split()), default=NAMELESS)
