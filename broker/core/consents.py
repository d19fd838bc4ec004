"""Who is one person, what they said of sharing, and who must never learn of them.

Tokens are each publisher's own; they reach one another only through the links that a named
matcher of police or of the hub signed. Consent is the newest word of each agency about a person;
exclusions and holds are by token too.

Source: design.md, Control statements; domain.md 1.7, 1.11, 5 (traps 14, 16).
"""

from collections.abc import Callable, Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from contracts import consent as law
from contracts.agreement import ConsentRule
from contracts.finding import Findings
from contracts.form import WHOLE_MAX
from contracts.reason import Reason
from contracts.sharing import Exclusion


class Word(NamedTuple):
    """What an agency was told of sharing: by which statement, standing in which entry."""

    agency: str
    entry: int
    statement: str
    state: str


@dataclass(slots=True)
class Consents:
    """What stands of links, consent, exclusions and holds.

    Attributes:
        links: tokens that one person has, by the id of the statement that links them.
        said: every word on a token, oldest first.
        exclusions: by the id of the statement that recorded them.
        holds: tokens under a legal hold, by the id of the statement that set it.
    """

    links: dict[str, tuple[str, ...]] = field(default_factory=dict)
    said: dict[str, list[Word]] = field(default_factory=dict)
    exclusions: dict[str, tuple[Exclusion, ...]] = field(default_factory=dict)
    holds: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _same: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    def govern(self, findings: Findings, *, is_matcher: bool) -> None:
        """Take in what was said of persons: by whom it may be said was judged before.

        Args:
            findings: of any statement; most change nothing.
            is_matcher: whether a named matcher says it, whose links reach across publishers.
        """
        event, about = findings.event, findings.about or ""
        if event == "persons_linked" and is_matcher:
            self.links[findings.id] = tuple(findings.linked)
            self._same.clear()
        elif event == "persons_unlinked" and is_matcher:
            self.links.pop(about, None)
            self._same.clear()
        elif event == "exclusion_recorded":
            self.exclusions[findings.id] = tuple(findings.exclusions)
        elif event == "exclusion_lifted":
            self.exclusions.pop(about, None)
        elif event == "legal_hold_set":
            self.holds[findings.id] = tuple(findings.held)
        elif event == "legal_hold_lifted":
            self.holds.pop(about, None)

    def after(self, findings: Findings, *, is_matcher: bool) -> "Consents":
        """Give links and exclusions as a statement will leave them."""
        changed = Consents(links=dict(self.links), exclusions=dict(self.exclusions))
        changed.govern(findings, is_matcher=is_matcher)
        return changed

    def same(self, token: str) -> frozenset[str]:
        """List the tokens of one person, this one included."""
        if not self.links:
            return frozenset({token})
        if not self._same:
            self._join()
        return self._same.get(token, frozenset({token}))

    def hear(
        self, agency: str, findings: Findings, entry: int, *, unheard: Collection[str] = ()
    ) -> None:
        """Take an agency's newest words in; what it takes back is as if it had not been said.

        Who names nobody gives no consent on anybody's behalf: of such a statement only what
        forbids is heard. Of `unheard` tokens nothing is: they are not the agency's to speak of.
        """
        if findings.event == "statement_retracted":
            for words in self.said.values():
                words[:] = [one for one in words if one.statement != findings.about]
        for view in findings.consent:
            if view.subject not in unheard and (view.state != "given" or not findings.missing):
                word = Word(agency, entry, findings.id, view.state)
                self.said.setdefault(view.subject, []).append(word)

    def refusal(  # noqa: PLR0913 - what consent is weighed by
        self, findings: Findings, agency: str, rule: ConsentRule, *,
        acting: Callable[[str], str], told: AbstractSet[str], entry: int | None = None,
    ) -> Reason | None:  # fmt: skip
        """Say why a leg's consent is not there; None where it is, or was rightly overridden.

        Args:
            findings: of the statement.
            agency: its publisher.
            rule: the leg's.
            acting: gives who acts in an agency's place now.
            told: tokens in the statements that it names and its publisher holds.
            entry: where the statement stands that is decided anew; its own words are of then.
        """
        first = "person.1" in rule.of
        if first and 1 not in findings.subjects:
            return Reason.CONSENT_ABSENT
        asked = [
            token
            for number, token in findings.subjects.items()
            if findings.parts.get(number, "unassessed") in rule.of or (first and number == 1)
        ]
        own = Word(agency, WHOLE_MAX if entry is None else entry, findings.id, "")
        known = told | set(findings.subjects.values())
        reasons = [self._refused(findings, own, rule, token, acting, known) for token in asked]
        return next((reason for reason in reasons if reason is not None), None)

    def excluded(
        self, exclusions: Iterable[Exclusion], people: Iterable[str], *,
        acting: Callable[[str], str], untold: str = "",
    ) -> tuple[set[str], set[str]]:  # fmt: skip
        """List who must not see a statement: agencies, and practitioner or household tokens.

        A statement's own exclusions hold for it whole; those recorded about a person hold for
        everything about that person, whoever says it.

        Args:
            exclusions: the statement's own.
            people: tokens of everybody whom it, or what it arises from, is about.
            acting: gives who acts in an agency's place now: who took it over is kept out too.
            untold: an agency that is not to learn what was recorded to its own exclusion.
        """
        known = self.person(people) if self.exclusions else frozenset()
        recorded = [
            one
            for rows in self.exclusions.values()
            if not untold or all(acting(one.agency or "") != untold for one in rows)
            for one in rows
            if not known.isdisjoint(one.subjects)
        ]
        every = [*exclusions, *recorded]
        tokens = {one.practitioner for one in every} | {one.household for one in every}
        return (
            {acting(one.agency) for one in every if one.agency},
            {token for token in tokens if token},
        )

    def governed(self, findings: Findings) -> set[str]:
        """List the tokens whose exclusions a statement may widen or lift."""
        about = findings.about or ""
        rows = [*findings.exclusions, *self.exclusions.get(about, ())]
        named = {token for one in rows for token in one.subjects}
        return named.union(findings.linked, self.links.get(about, ()))

    def person(self, tokens: Iterable[str]) -> frozenset[str]:
        """List every token of the persons that these tokens stand for."""
        return frozenset[str]().union(*(self.same(token) for token in tokens))

    def is_held(self, subjects: Iterable[str]) -> bool:
        """Say whether a legal hold stands over any of these people."""
        held = {
            one for tokens in self.holds.values() for token in tokens for one in self.same(token)
        }
        return bool(held & set(subjects))

    def _refused(  # noqa: PLR0913 - what consent is weighed by
        self, findings: Findings, own: Word, rule: ConsentRule, token: str,
        acting: Callable[[str], str], known: AbstractSet[str],
    ) -> Reason | None:  # fmt: skip
        person = self.same(token)
        words = [own._replace(state=v.state) for v in findings.consent if v.subject in person]
        words += [
            word
            for one in sorted(person)
            for word in self.said.get(one, ())
            if word.statement != findings.id
        ]
        states = _newest(words, acting)
        if law.stands(states):
            return None
        given = findings.override
        if given is None:
            refused = {"refused", "withdrawn", "unsafe_to_ask"} & set(states)
            return Reason.CONSENT_REFUSED if refused else Reason.CONSENT_ABSENT
        reaches = law.overrides(
            given.ground, of=given.of, at_risk=given.at_risk, subject=token,
            same={token: set(person)}, known=known, feared=self.person(_feared(findings)),
        )  # fmt: skip
        fits = given.ground in (rule.overrides or []) and reaches
        return None if fits else Reason.OVERRIDE_UNFIT

    def _join(self) -> None:
        """Work out which tokens are one person's, through any number of links."""
        groups: dict[str, set[str]] = {}
        for tokens in self.links.values():
            joined = set(tokens).union(*(groups.get(token, ()) for token in tokens))
            for token in joined:
                groups[token] = joined
        self._same.update({token: frozenset(group) for token, group in groups.items()})


def _newest(words: Iterable[Word], acting: Callable[[str], str]) -> list[str]:
    """Give what each agency was told last; of one entry that says two things, both."""
    newest: dict[str, list[Word]] = {}
    for word in words:
        held = newest.setdefault(acting(word.agency), [word])
        if word.entry > held[0].entry:
            newest[acting(word.agency)] = [word]
        elif word.entry == held[0].entry and word is not held[0]:
            held.append(word)
    return [word.state for held in newest.values() for word in held]


def _feared(findings: Findings) -> Iterable[str]:
    """List the tokens of whoever is alleged to be the perpetrator in a statement."""
    feared = (n for n, part in findings.parts.items() if part == "alleged_perpetrator")
    return [findings.subjects[n] for n in feared if n in findings.subjects]
