"""Statements as an agency was delivered them, and what it was sent before, in memory.

`Past` is a second implementation of `consumers.safeguarding.rules.seen.History`, over a list; what
any must do stands in `history_suite`. `Telling` writes the statements: really signed, by somebody
who has FORMAT.md and none of our code, and read back by ours.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from consumers.safeguarding.rules import is_automated
from consumers.safeguarding.rules.seen import Seen
from contracts.event.control import RuleTerm
from contracts.event.report import Report
from contracts.section import Identity, PersonPart
from contracts.statement import Statement, interpret, parse
from tests.support.stranger import Writer, seeded, text_of
from tests.vectors import ledger

Json = Any
PERSON = {
    "kind": "practitioner", "practitioner": {"name": "A. Officer"}, "role": "officer",
    "employer": "The agency", "contact": {"mailbox": "duty@agency.example"},
    "how_known": "told_by_subject", "said": "summary",
}  # fmt: skip
MACHINE = {"kind": "system", "system": "records", "rule": "r1", "accountable": "head of records"}


KINDS = {name: kind for name, (kind, _) in ledger.AGENCIES.items()} | {
    "mkc-adult-care": "social_care", "mkc-housing": "housing", "mkucs": "health",
}  # fmt: skip
"""Of what kind each agency is that anything is told by."""


def token(name: str) -> str:
    """Give the token that a name stands for; `T`, `D` and the rest are nobody."""
    return text_of(seeded(f"past/{name}")(16))


def happened_by(statement: Statement) -> date | None:
    """Give the last day on which what a report tells of can have been, as far as it was known."""
    event = statement.sections.get("event")
    if not isinstance(event, Report):
        return None
    occurred, known = event.occurred, event.known_to_agency[:10]
    starts, ends = (occurred.at or "")[:10], (occurred.until or occurred.at or known)[:10]
    if len(ends) == len("2012"):
        ends += "-12"
    if len(ends) == len("2012-02"):
        year, month = map(int, ends.split("-"))
        ends = (date(year + month // 12, month % 12 + 1, 1) - timedelta(1)).isoformat()
    exact = occurred.precision in {"day", "instant"}
    return date.fromisoformat(max(starts if exact else "", min(ends, known)))


def at_ms(day: str) -> int:
    """Give noon of a day as ledger time."""
    return round(datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp() * 1000)


class Telling:
    """Writes one statement after the other, each delivered at noon of its day."""

    def __init__(self, seed: str = "telling") -> None:
        """Draw from a seed; nothing is said yet."""
        self._draw = seeded(seed)

    def say(
        self, event: str, day: str, *people: str, agency: str = "tv-probation",
        facts: Mapping[str, Json] | None = None, risk: Mapping[str, Json] | None = None,
        provenance: Mapping[str, Json] | None = None, causes: Sequence[str] = (),
        sections: Mapping[str, Json] | None = None, drop: Collection[str] = (),
        marks: Collection[str] = (), is_ours: bool = False, urgency: str = "routine",
        at: str | None = None, work: bool = False,
    ) -> Seen:  # fmt: skip
        """Say something as an agency and give it as another was delivered it.

        Args:
            event: its name.
            day: on which it occurred and its agency came to know.
            people: `name` or `name/part`, in their order.
            agency: who says it.
            facts: of the event, beside its times.
            risk: the section, `danger_now` and `children` filled in.
            provenance: changes to a named practitioner's; `MACHINE` replaces it.
            causes: ids of what it arises from.
            sections: more of them.
            drop: sections that the recipient was not delivered.
            marks: of the delivery.
            is_ours: whether who looks said it.
            urgency: of the statement.
            at: the day of its delivery, where that is another.
            work: the event has no times of its own.
        """
        times = {"occurred": {"precision": "day", "at": day}, "known_to_agency": day}
        told: dict[str, Json] = {} if work else {**times, "recorded": day}
        given: dict[str, Json] = {"event": {**told, **(facts or {})}}
        machine = provenance is not None and provenance.get("kind") == "system"
        given["provenance"] = provenance if machine else {**PERSON, **(provenance or {})}
        if risk is not None:
            given["risk"] = {"danger_now": "unknown", "children": "none_known", **risk}
        for number, who in enumerate(people, 1):
            name, _, part = who.partition("/")
            subject = token(name)
            given[f"person.{number}.identity"] = {"subject": subject, "names": [{"given": name}]}
            if part:
                given[f"person.{number}.part"] = {"subject": subject, "part": part}
        given |= {f"cause.{n}": {"statement": one} for n, one in enumerate(causes, 1)}
        given |= sections or {}
        system = ledger.AGENCIES.get(agency, ("", ["case"]))[1][0]
        writer = Writer(
            ledger.key(f"{agency}/{system}"), f"/agencies/{agency}/{system}", ledger.PARTNERSHIP,
            self._draw,
        )  # fmt: skip
        context = writer.context(event, urgency=urgency)
        statement = interpret(parse(writer.write(context, given)))
        if drop:
            kept = [name for name in statement.sections if name not in drop]
            statement = interpret(parse(statement.disclose(kept)), whole=False)
        return Seen(
            statement, at_ms(at or day), happened_by(statement), agency, frozenset(marks),
            is_ours=is_ours,
        )  # fmt: skip


@dataclass
class Told:
    """What an agency was sent and knows, in ledger order: what a history is made of.

    Attributes:
        seen: statements, the oldest delivery first.
        links: sets of tokens that a named matcher said are one person.
        copies: statements that may only repeat another (M03): the copy's id, and the other's.
        same: copies of which a named person said so.
        terms: by which rules run here, by rule.
        alerts: this agency's, as (rule, id, tokens), the oldest first.
        due: by when each of these is to be done, in ledger milliseconds.
        retracted: ids that their originators took back.
    """

    seen: list[Seen] = field(default_factory=list)
    links: list[frozenset[str]] = field(default_factory=list)
    copies: dict[str, str] = field(default_factory=dict)
    same: set[str] = field(default_factory=set)
    terms: dict[str, RuleTerm] = field(default_factory=dict)
    alerts: list[tuple[str, str, frozenset[str]]] = field(default_factory=list)
    due: dict[str, int] = field(default_factory=dict)
    retracted: set[str] = field(default_factory=set)


class Past:
    """A history over a list, which looks through all of it each time."""

    def __init__(self, told: Told, at_hand: str | None = None) -> None:
        """Look back from a statement, by its id."""
        self._told, self._at_hand = told, at_hand

    def of(
        self, subject: str, *events: str, since: date | None = None, until: date | None = None
    ) -> Sequence[Seen]:
        """List what names a person."""
        return self.of_all([subject], *events, since=since, until=until)

    def of_all(
        self, subjects: Collection[str], *events: str, since: date | None = None,
        until: date | None = None,
    ) -> Sequence[Seen]:  # fmt: skip
        """List what names every one of some persons."""
        found = [
            one for one in self._standing()
            if (one.event in events if events else not is_automated(one.statement))
            and all(any(self.are_one(who, by) for by in self._named(one)) for who in subjects)
            and (since is None or (one.day is not None and one.day >= since))
            and (until is None or (one.day is not None and one.day <= until))
        ]  # fmt: skip
        return sorted(found, key=lambda one: one.day or date.min)

    def one(self, statement: str) -> Seen | None:
        """Give one statement by its id."""
        return next((one for one in self._standing() if one.id == statement), None)

    def besides(self, statement: str) -> "Past":
        """Give what was known beside an earlier statement by now."""
        return Past(self._told, statement)

    def are_one(self, subject: str, other: str) -> bool:
        """Say whether two tokens are one person."""
        return other in self._person(subject)

    def copies(self, statement: str) -> Mapping[str, bool]:
        """Give the reports that may be one source with one, and whether somebody said so."""
        said = [{copy, of} for copy, of in self._told.copies.items() if copy in self._told.same]
        same = {statement}
        while more := [pair for pair in said if pair & same and not pair <= same]:
            same = same.union(*more)
        may = {one for pair in self._told.copies.items() if same & {*pair} for one in pair}
        return {one: one in same for one in same | may if one != statement}

    def term(self, rule: str) -> RuleTerm | None:
        """Give the term of another rule."""
        return self._told.terms.get(rule)

    def kind_of(self, agency: str) -> str:
        """Say of what kind an agency is."""
        return KINDS.get(agency, "other")

    def about(self, statement: str, *events: str) -> Sequence[Seen]:
        """List what names a statement as a cause."""
        return [
            one for one in self._standing()
            if statement in one.statement.causes and (not events or one.event in events)
        ]  # fmt: skip

    def alerts(self, rule: str, subjects: Collection[str]) -> Sequence[str]:
        """List alerts of a rule about these very persons."""
        persons = {self._person(one) for one in subjects}
        return [
            alert for by, alert, whom in self._told.alerts
            if by == rule and {self._person(one) for one in whom} == persons
        ]  # fmt: skip

    def is_pending(self, rule: str, subjects: Collection[str], at: int) -> bool:
        """Say whether an alert of a rule about these very persons is open, and not overdue."""
        return any(
            self._told.due[one] >= at and not self.about(one, "alert_closed")
            for one in self.alerts(rule, subjects)
        )

    def _person(self, subject: str) -> frozenset[str]:
        """Give every token of a person, by links of links."""
        known = frozenset({subject})
        while True:
            grown = known.union(*(link for link in self._told.links if link & known))
            if grown == known:
                return known
            known = grown

    def _standing(self) -> list[Seen]:
        gone = {self._at_hand, *self._told.retracted}
        return [one for one in self._told.seen if one.id not in gone]

    def _named(self, one: Seen) -> list[str]:
        """List whom a statement names, itself or through what it arises from."""
        shapes = (Identity, PersonPart)
        sections = one.statement.sections.values()
        named = [value.subject for value in sections if isinstance(value, shapes)]
        subject = getattr(one.statement.sections.get("event"), "subject", None)
        if named or one.statement.kind.persons:
            return named
        if subject is not None:
            return [subject]
        causes = (self.one(cause) for cause in one.statement.causes)
        return [who for cause in causes if cause is not None for who in self._named(cause)]
