"""What a log says of erasure: what goes together, who must erase it, and who has.

A pure reading of the ledger; of what any statement says, only when a recipient's backups end is
read, and only by an auditor who holds the sections of its confirmation.

Source: design.md, Control statements; domain.md 1.6; issue 4, retention and erasure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from broker.core.index import MemoryIndex, index_recorded, under
from broker.core.state import State
from broker.core.written import Written, read_written
from consumers.audit.container import DISCLOSURES, LEDGER, Export
from consumers.reading import DECISIONS
from contracts import base64url, topic
from contracts.entry import Body, Delivery, split_entry
from contracts.event import BY_NAME, Audience
from contracts.event.case import ErasureConfirmed
from contracts.fault import Misuse
from contracts.finding import Findings
from contracts.statement import interpret, parse

_body = msgspec.json.Decoder(Body).decode
_delivery = msgspec.json.Decoder(Delivery).decode


def erased_by(record: bytes) -> list[str]:
    """List the digests of the statements that a ledger record erases, each once.

    Raises:
        InvariantBroken: the record is no entry.
    """
    if b'"erasure_confirmed"' not in record:
        return []
    body = _body(split_entry(record)[1])
    digests = (one for exact in body.deliveries for one in _delivery(exact).erases)
    return list(dict.fromkeys(digests))


def signed_digests(jws: bytes) -> frozenset[bytes]:
    """Give the SHA-256 of each section that a recorded statement was signed with, decoys too."""
    return frozenset(base64url.decode(one) for one in parse(jws + b"~").context.digests)


class Derived(NamedTuple):
    """One statement of those that go together.

    Attributes:
        id: of the statement; `event` its event, `agency` who published it, `entry` where.
        holders: who holds a copy, its publisher included.
        under_hold: whether a legal hold stands over somebody in it.
        erased: whether an endorsed erasure reached it already.
        decides: whether it derives from none of them, and is a decision on what one corrects: the
            correction left that open again, which nobody can tell who never reads it.
    """

    id: str
    event: str
    agency: str
    entry: int
    holders: tuple[str, ...]
    under_hold: bool
    erased: bool
    decides: bool = False


@dataclass(slots=True)
class Recipient:
    """One agency that must erase: how many statements, by when, and since when it has.

    `confirmed` is the entry by which it said so; `backups_until` when its last backup ends.
    """

    agency: str
    due_at: int
    statements: int
    confirmed: int | None = None
    backups_until: str | None = None


@dataclass(slots=True)
class Erasure:
    """One erasure: who proposed it, of which statements, and who must do it once endorsed."""

    proposal: str
    agency: str
    entry: int
    statements: tuple[str, ...]
    endorsement: str | None = None
    endorsed: int | None = None
    recipients: dict[str, Recipient] = field(default_factory=dict)


class Erasures:
    """A ledger folded for what it says of erasure."""

    def __init__(self) -> None:
        """Begin before entry 0."""
        self.state, self._index = State(), MemoryIndex()
        self._found: dict[str, Erasure] = {}
        self._corrected: dict[str, str] = {}

    @classmethod
    def of(cls, export: Export) -> "Erasures":
        """Fold an export that verified, and read when recipients' backups end."""
        found, sections = cls(), export.logs[DISCLOSURES]
        held = {sections[n]: n + 1 for n in range(0, len(sections) - 1, 2)}
        for record in export.logs[LEDGER]:
            written = read_written(record)
            at = held.get((written.recorded.head.statement or "").encode())
            found.take(written, None if at is None else sections[at])
        return found

    def all(self) -> list[Erasure]:
        """List every erasure that was proposed, in ledger order."""
        return list(self._found.values())

    def take(self, written: Written, sections: bytes | None = None) -> None:
        """Take the next entry in, with its statement's sections where they are at hand."""
        recorded, findings = written.recorded, written.recorded.findings
        self.state.apply(recorded)
        position = recorded.position
        partnership = recorded.head.partnership
        agency = topic.submitter(position.topic, partnership) if position is not None else None
        index_recorded(self._index, recorded, written.deliveries, agency or "")
        if findings is None or recorded.head.kid is None or agency is None:
            return
        acting, at = self.state.acting(agency), recorded.head.index
        if findings.event in {"statement_corrected", "statement_retracted"}:
            self._corrected[findings.id] = findings.refers[0]
        if findings.event == "erasure_proposed":
            self._found[findings.id] = Erasure(findings.id, acting, at, tuple(findings.erases))
        elif findings.event == "erasure_endorsed":
            self._endorsed(findings, written.deliveries, at)
        elif findings.event == "erasure_confirmed":
            self._confirmed(findings, acting, at, _backups(written.jws, sections))

    def together(self, asked: Sequence[str]) -> list[Derived]:
        """List statements with all that derives from them, those asked for first.

        And the decisions on what a correction among them corrects, with what derives from those.

        Args:
            asked: statement ids.

        Raises:
            Misuse: one is on no entry, or governs everybody and is never erased.
        """
        derived = self._below(asked)
        found = {one: self._derived(one) for one in derived}
        for statement in derived:
            for one in self._below(self._decided_on(statement)):
                found.setdefault(one, self._derived(one)._replace(decides=True))
        return list(found.values())

    def _below(self, statements: Sequence[str]) -> list[str]:
        """List statements with all that derives from them, each once."""
        found = dict[str, None]()
        open_ = list(statements)
        while open_:
            statement = open_.pop(0)
            if statement not in found:
                found[statement] = None
                open_ += self._index.tagged(statement)
        return list(found)

    def _decided_on(self, correction: str) -> list[str]:
        """List the decisions on what a statement corrects, however far, or takes back."""
        about = self._corrected.get(correction)
        if about is None:
            return []
        while about in self._corrected:
            about = self._corrected[about]
        goes = {about: DECISIONS | {"response_given"}}
        return [
            one for one in self._below([about])
            if any(known.event in goes.get(one, DECISIONS) for known in under(self._index, one))
        ]  # fmt: skip

    def _derived(self, statement: str) -> Derived:
        found = under(self._index, statement)
        rows = [BY_NAME.get(known.event) for known in found]
        if not found or any(r is None or r.audience is Audience.PUBLIC_CONTROL for r in rows):
            raise Misuse(
                "A statement that was named is not on this log, or governs everybody.",
                remedy="Take the ids from: candour audit chronology FOLDER --trust FILE",
            )
        known = found[0]
        sent = [agency for one in found for agency in (one.agency, *one.recipients)]
        return Derived(
            statement, known.event, known.agency, known.entry,
            holders=tuple(dict.fromkeys([*map(self.state.acting, sent), *sent])),
            under_hold=self.is_held(statement),
            erased=any(statement in one.statements and one.endorsed for one in self.all()),
        )  # fmt: skip

    def is_held(self, statement: str) -> bool:
        """Say whether a legal hold stands over somebody in a statement, links reached through."""
        found = under(self._index, statement)
        return any(self.state.consents.is_held(known.people) for known in found)

    def _endorsed(self, findings: Findings, deliveries: Iterable[Delivery], at: int) -> None:
        erasure = self._found.get(findings.about or "")
        if erasure is None:
            return
        erasure.endorsement, erasure.endorsed = findings.id, at
        owed: dict[str, set[str]] = {}
        for duty in (duty for one in deliveries for duty in one.duties):
            if duty.kind == "erasure_confirmed":
                owed.setdefault(duty.agency, set()).add(duty.statement)
                row = Recipient(duty.agency, duty.due_at, len(owed[duty.agency]))
                erasure.recipients[duty.agency] = row

    def _confirmed(self, findings: Findings, agency: str, at: int, backups: str | None) -> None:
        for erasure in self.all():
            row = erasure.recipients.get(agency)
            if erasure.endorsement == findings.about and row is not None:
                row.confirmed, row.backups_until = at, backups or row.backups_until


def _backups(jws: bytes, sections: bytes | None) -> str | None:
    if not sections:
        return None
    event = interpret(parse(b"%b~%b~" % (jws, sections))).sections.get("event")
    return event.backups_until if isinstance(event, ErasureConfirmed) else None
