"""Where an agency's people look at who may be one person, and one of them, by name, decides.

Nothing is merged: a link is a statement by a named matcher, with what they were shown; an unlink
takes it out again. What is kept from who looks is in no candidate, no page and no count.

Source: domain.md 1.11, 7 (Machine or person, Others).
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import combinations

from sqlalchemy import ColumnElement, Connection

from consumers.people import rows
from consumers.people.facts import Facts, Mention
from consumers.people.judging import (
    Candidate,
    basis_of,
    digest_of,
    judged_of,
    named_by,
    statements,
    weighed,
)
from consumers.people.likeness import Comparing
from consumers.people.page import Page, Wall, page_of
from consumers.people.weighing import Weighing
from consumers.safeguarding.desk import Deciding
from consumers.store import Store, Wanted
from consumers.worker import Voice
from contracts.fault import Misuse
from contracts.section import Practitioner


def nobody() -> Misuse:
    """Say that nobody is known by a token here: in the same words whether they are kept, or not."""
    return Misuse(
        "Nobody of this token is named in what this agency was sent, or all of it was taken back.",
        remedy="Take the token from: candour person candidates",
    )


@dataclass(frozen=True, slots=True)
class Found:
    """Who may be one person.

    Attributes:
        offered: the weightiest first.
        conflicting: with one number and yet apart: one of the records is wrong.
        crowded: keys that more people share than are compared by them.
        judged: who would be offered, and was judged to be two people.
    """

    offered: list[Candidate]
    conflicting: list[Candidate]
    crowded: int
    judged: list[Candidate] = field(default_factory=list)


@dataclass(frozen=True)
class Matching:
    """Where persons are compared, joined and parted."""

    store: Store
    voice: Voice
    new_id: Callable[[], str]
    weighing: Weighing

    def candidates(self, viewer: Collection[str] | None, token: str | None = None) -> Found:
        """List who may be one person: everybody, or with one of them.

        Args:
            viewer: the tokens of who looks (`consumers.standing.hidden_from`).
            token: of the one; None for everybody.

        Raises:
            Misuse: nobody of this token is known here to who looks, or the index is of other
                settings.
        """
        with self.store.read() as db:
            self._insist_on_index(db)
            if token is None:
                pairs, crowded = self._every_pair(db, viewer)
            else:
                pairs, crowded = self._pairs_of(db, viewer, token)
            return self._found(self._compared(db, viewer, pairs), crowded)

    def newest(
        self, viewer: Collection[str] | None, *, after: str | None = None, count: int
    ) -> tuple[Found, str | None]:
        """List who may be one person with whom the newest statements name.

        What it costs follows from how many statements it looks at, never from how many are held.

        Args:
            viewer: as `candidates`.
            after: the statement that the list before ended with; None from the newest.
            count: how many statements that name somebody it looks at.

        Returns:
            Who; and where the next such list goes on, None where this was the last.

        Raises:
            Misuse: the index is of other settings.
        """
        with self.store.read() as db:
            self._insist_on_index(db)
            named, more = rows.newest(db, viewer, after=after, count=count)
            whose = rows.people_named.c.statement.in_(named)
            pairs, crowded = self._pairs(db, viewer, whose, rows.tokens_in(db, named))
            return self._found(self._compared(db, viewer, pairs), crowded), more

    def evidence(
        self, db: Connection, viewer: Collection[str] | None, token: str, other: str
    ) -> Candidate:
        """Compare two records, offered or not.

        Raises:
            Misuse: nobody of one of these tokens is known here to who looks, or they are linked.
        """
        one = self.facts(db, viewer, token)
        if other in one.tokens:
            raise Misuse("A link joins two tokens.", remedy="These two are joined already.")
        two = self.facts(db, viewer, other)
        found = Candidate(one, two, self._comparing.compare(one, two))
        tokens = dict.fromkeys(one.tokens, one.tokens) | dict.fromkeys(two.tokens, two.tokens)
        return weighed(db, found, judged_of(db, viewer, tokens))

    def facts(self, db: Connection, viewer: Collection[str] | None, token: str) -> Facts:
        """Gather what is held of one person, by all their tokens.

        Raises:
            Misuse: nobody of this token is known here to who looks.
        """
        tokens = rows.persons(db, viewer, [token])[token]
        held = rows.mentions_of(db, viewer, tokens, sound=True)
        if not any(one.identity.subject == token for one in held):
            raise nobody()
        return Facts.of(tokens, held, pivot=self.weighing.pnc_pivot)

    def apart(
        self, db: Connection, viewer: Collection[str] | None, tokens: Collection[str]
    ) -> list[Facts]:
        """Gather what is held under each token by itself, whoever joined them."""
        held, pivot = rows.mentions_of(db, viewer, tokens, sound=False), self.weighing.pnc_pivot
        by_token = [[m for m in held if m.identity.subject == one] for one in tokens]
        return [
            Facts.of([token], its, pivot=pivot) for token, its in zip(tokens, by_token, strict=True)
        ]

    def page(self, viewer: Collection[str] | None, token: str) -> Page:
        """Lay out what is held of one person, and nothing of anybody else.

        Raises:
            Misuse: nobody of this token is known here to who looks.
        """
        with self.store.read() as db:
            tokens, held = self._held(db, viewer, token)
            return page_of(
                held, wall=Wall(db, viewer, tokens), pivot=self.weighing.pnc_pivot
            )  # fmt: skip

    def pair(
        self, viewer: Collection[str] | None, token: str, other: str
    ) -> tuple[list[Page], list[str]]:
        """Lay out what is held of two people together, inside their own wall.

        Returns:
            Their pages, and the ids of the reports that name both.

        Raises:
            Misuse: nobody of one of these tokens is known here to who looks, or both are one's.
        """
        with self.store.read() as db:
            (ours, mine), (theirs, hers) = (self._held(db, viewer, t) for t in (token, other))
            if ours & theirs:
                raise Misuse("These two tokens are one person's.", remedy="Give two people.")
            wall = Wall(db, viewer, ours | theirs)
            inside = [[one for one in held if wall.holds(one)] for held in (mine, hers)]
            both = {one.statement for one in inside[0]} & {one.statement for one in inside[1]}
            pivot = self.weighing.pnc_pivot
            return [page_of(held, wall=wall, pivot=pivot) for held in inside], sorted(both)

    def link(  # noqa: PLR0913 - a link has this many independent parts
        self, token: str, other: str, *, by: Practitioner, role: str, reason: str,
        all_the_same: bool = False, shown: str | None = None,
    ) -> list[Wanted]:  # fmt: skip
        """Say that two tokens are one person, with what was found of them.

        Args:
            token: of one record.
            other: of the other.
            by: the matcher.
            role: theirs.
            reason: in the matcher's words; what was found is put behind it.
            all_the_same: although they were born on different days, or stand side by side.
            shown: the digest of what the matcher was shown, where they were shown it before.

        Raises:
            Misuse: they are one already, one is not known here, what is held parts them, or it
                changed since the matcher was shown it.
        """
        found, causes = self._shown(by, token, other, shown)
        if found.likeness.apart and not all_the_same:
            raise Misuse(
                "What is held parts these two. Nothing was said.",
                remedy="Have whoever is wrong correct it (candour correct). Where you know better, "
                "say why in --words and give --all-the-same.",
            )
        return Deciding(self.store, self.voice, self.new_id).link(
            [token, other], by=by, role=role, basis=basis_of(reason, found),
            causes=causes,
        )  # fmt: skip

    def tell_apart(  # noqa: PLR0913 - as `link`
        self, token: str, other: str, *, by: Practitioner, role: str, reason: str,
        shown: str | None = None,
    ) -> list[Wanted]:  # fmt: skip
        """Say that two tokens, which nobody joined, are two people's, with what was found of them.

        They are proposed no more until something newer names either.

        Args:
            token: of one record.
            other: of the other.
            by: the matcher.
            role: theirs.
            reason: as of `link`.
            shown: as of `link`.

        Raises:
            Misuse: as `link`; or this was judged, and nothing came since.
        """
        found, causes = self._shown(by, token, other, shown)
        if found.judged is not None:
            raise Misuse(
                f"They were judged to be two people already, by {found.judged}.",
                remedy="Nothing newer names either. If that was wrong, link them, or take it back "
                "(candour retract).",
            )
        return Deciding(self.store, self.voice, self.new_id).tell_apart(
            token, other, by=by, role=role, basis=basis_of(reason, found), causes=causes
        )

    def _shown(
        self, by: Practitioner, token: str, other: str, shown: str | None
    ) -> tuple[Candidate, list[str]]:
        """Give what a matcher decides on, and what a decision names of it."""
        with self.store.read() as db:
            found = self.evidence(db, self.voice.viewer(by), token, other)
            _, newest = rows.newest_place(db, statements(found))
        if shown not in {None, digest_of(found)}:
            raise Misuse(
                "What is held of these two changed since you were shown it. Nothing was said.",
                remedy="Read what stands here now, then decide.",
            )
        return found, named_by(found, token, other, newest=newest)

    @staticmethod
    def _held(
        db: Connection, viewer: Collection[str] | None, token: str
    ) -> tuple[frozenset[str], list[Mention]]:
        tokens = rows.persons(db, viewer, [token])[token]
        held = rows.mentions_of(db, viewer, tokens, sound=False)
        if not any(one.identity.subject == token for one in held):
            raise nobody()
        return tokens, held

    @property
    def _comparing(self) -> Comparing:
        return Comparing(self.weighing)

    def _insist_on_index(self, db: Connection) -> None:
        if not rows.is_of(db, self.weighing.digest):
            raise Misuse(
                "matching.yaml was changed since people were indexed here.",
                remedy="Stop the consumer and run: candour consumer rebuild, then catch-up.",
            )

    def _pairs_of(
        self, db: Connection, viewer: Collection[str] | None, token: str
    ) -> tuple[set[tuple[str, str]], int]:
        """Find who shares a key with one person."""
        ours = self.facts(db, viewer, token).tokens
        return self._pairs(db, viewer, rows.people_named.c.token.in_(sorted(ours)), ours)

    def _pairs(
        self, db: Connection, viewer: Collection[str] | None, whose: ColumnElement[bool],
        ours: Collection[str],
    ) -> tuple[set[tuple[str, str]], int]:  # fmt: skip
        """Pair some people with everybody who shares a key with them; count what is crowded."""
        pairs, crowded, most = set[tuple[str, str]](), 0, self.weighing.block_max
        for tokens in rows.sharing(db, viewer, whose, at_most=most):
            if len(tokens) > most:
                crowded += 1
            else:
                pairs |= {(one, other) for one in tokens & set(ours) for other in tokens - {one}}
        return pairs, crowded

    def _every_pair(
        self, db: Connection, viewer: Collection[str] | None
    ) -> tuple[set[tuple[str, str]], int]:
        pairs, crowded = set[tuple[str, str]](), 0
        for _, tokens in rows.blocks(db, viewer, at_most=self.weighing.block_max):
            if len(tokens) > self.weighing.block_max:
                crowded += 1
            else:
                pairs |= {(a, b) for a, b in combinations(tokens, 2)}
        return pairs, crowded

    def _compared(
        self, db: Connection, viewer: Collection[str] | None, pairs: Iterable[tuple[str, str]]
    ) -> list[Candidate]:
        """Compare pairs of tokens as the persons they are by now, each two persons once."""
        known = rows.persons(db, viewer, {token for pair in pairs for token in pair})
        sides = ({known[a], known[b]} for a, b in pairs)
        people = {(min(two, key=sorted), max(two, key=sorted)) for two in sides if len(two) > 1}
        every = {token for pair in people for tokens in pair for token in tokens}
        mentions: dict[str, list[Mention]] = {}
        for one in rows.mentions_of(db, viewer, every, sound=True):
            mentions.setdefault(one.identity.subject, []).append(one)
        facts = {
            tokens: Facts.of(
                tokens, (m for token in tokens for m in mentions.get(token, [])),
                pivot=self.weighing.pnc_pivot,
            )
            for tokens in {one for pair in people for one in pair}
        }  # fmt: skip
        compare = self._comparing.compare
        judged = judged_of(db, viewer, {t: one for pair in people for one in pair for t in one})
        return [
            weighed(db, Candidate(facts[a], facts[b], compare(facts[a], facts[b])), judged)
            for a, b in people
        ]

    @staticmethod
    def _found(compared: Iterable[Candidate], crowded: int) -> Found:
        ordered = sorted(
            compared,
            key=lambda one: (-one.likeness.bits, sorted(one.one.tokens), sorted(one.other.tokens)),
        )
        numbered = (one for one in ordered if one.likeness.apart)
        return Found(
            [one for one in ordered if one.likeness.is_offered and one.judged is None],
            [c for c in numbered if any(e.kind == "identifier_same" for e in c.likeness.evidence)],
            crowded,
            [one for one in ordered if one.likeness.is_offered and one.judged is not None],
        )
