"""What waits for somebody: held statements, answers owed, emergencies to review, erasures.

Owns who may end each wait, as the decision that began it said; must never forget one that nobody
has ended.

Source: design.md, Examine and decide (quarantined); Control statements; domain.md 7.
"""

from dataclasses import dataclass, field, replace

import msgspec

from broker.core.recorded import ANSWER, SUPPLIED, Recorded, is_over
from contracts.entry import Decision, Delivery, DutyKind
from contracts.finding import Findings, ReleaseFinding

ACKNOWLEDGING = frozenset({
    "correction_acknowledged", "recall_acknowledged", "erasure_confirmed",
})  # fmt: skip
"""Events by which a recipient says that it has done what a notice asked."""


@dataclass(frozen=True, slots=True)
class Held:
    """A statement that is held: what it shows, who decides, and what they said of it so far.

    `decides` is empty for a threat to life, which was delivered and only lacks its provenance.
    `entry` is where it stands; `said` is (practitioner, what they decided), in ledger order;
    `authors` are the practitioners who wrote it or supplied what it lacked.
    """

    findings: Findings
    agency: str
    decides: str
    entry: int
    said: tuple[tuple[str, ReleaseFinding], ...] = ()
    authors: frozenset[str | None] = frozenset()


@dataclass(frozen=True, slots=True)
class Emergency:
    """One use of the emergency path: its id, by whom, who reviews it, and what they found."""

    id: str
    agency: str
    reviews: str
    finding: str | None = None


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure on its way: who proposed it, of which statements, and what endorsed it."""

    agency: str
    practitioner: str | None
    statements: tuple[str, ...]
    endorsement: str | None = None


@dataclass(slots=True)
class Waiting:
    """Every wait of a partnership.

    Attributes:
        held: statements by digest; `confirming` those that one duty manager decided on alone.
        owed: deliveries that their recipient has not answered, by (recipient, statement id).
        emergencies: by statement digest: an id that nobody verified may be another's too.
        erasures: by the id of the statement that proposed each.
        acknowledged: who did what a notice asked, by the id (of a recall: the key) it is about.
    """

    held: dict[str, Held] = field(default_factory=dict)
    confirming: dict[str, Held] = field(default_factory=dict)
    owed: dict[tuple[str, str], Delivery] = field(default_factory=dict)
    emergencies: dict[str, Emergency] = field(default_factory=dict)
    erasures: dict[str, Erasure] = field(default_factory=dict)
    acknowledged: dict[str, set[str]] = field(default_factory=dict)

    def take(self, recorded: Recorded, agency: str) -> None:
        """Take an entry of a verified statement in, its publisher given."""
        findings, decision = recorded.findings, recorded.decision
        if findings is None or decision is None:
            return
        self._hold(findings, decision, agency, recorded.head.index)
        ids = {row.statement: row.id for row in decision.redecided}
        ids[findings.statement] = findings.id
        for delivery in recorded.owing:
            if delivery.statement in ids:
                self.owed[delivery.to, ids[delivery.statement]] = delivery
        event, about = findings.event, findings.about or ""
        if event in {ANSWER, SUPPLIED} and findings.refers:
            self.owed.pop((agency, findings.refers[0]), None)
        elif event == "emergency_reviewed":
            for digest, used in self.used(about).items():
                self.emergencies[digest] = replace(used, finding=findings.reviewed)
        elif event in ACKNOWLEDGING:
            self.acknowledged.setdefault(about, set()).add(agency)
        elif event == "erasure_proposed":
            statements = tuple(findings.erases)
            self.erasures[findings.id] = Erasure(agency, findings.practitioner, statements)
        elif event == "erasure_endorsed" and about in self.erasures:
            self.erasures[about] = replace(self.erasures[about], endorsement=findings.id)
            self._forget(set(findings.erases))

    def alarm(self, findings: Findings, decision: Decision, agency: str) -> None:
        """Count a use of the emergency path, verified or not."""
        if decision.outcome == "accepted_emergency":
            reviews = _owner(decision, "emergency_review")
            self.emergencies[findings.statement] = Emergency(findings.id, agency, reviews)

    def used(self, statement_id: str) -> dict[str, Emergency]:
        """Find the uses of the emergency path under an id, by digest."""
        found = self.emergencies.items()
        return {digest: one for digest, one in found if one.id == statement_id}

    def succeed(self, agency: str, successor: str) -> None:
        """Let a successor owe what its predecessor owed."""
        for to, statement in [key for key in self.owed if key[0] == agency]:
            delivery = self.owed.pop((to, statement))
            self.owed[successor, statement] = msgspec.structs.replace(delivery, to=successor)

    def erasure(self, endorsement: str) -> Erasure | None:
        """Find the erasure that a statement endorsed."""
        found = (one for one in self.erasures.values() if one.endorsement == endorsement)
        return next(found, None)

    def _hold(self, findings: Findings, decision: Decision, agency: str, entry: int) -> None:
        """Hold what waits for somebody, and let go what was decided anew."""
        waits = decision.outcome in {"quarantined", "provisional"} or (
            decision.outcome == "accepted_emergency" and findings.missing
        )
        if waits:
            decides = _owner(decision, "quarantine_decision")
            self.held[findings.statement] = Held(
                findings, agency, decides, entry, authors=frozenset([findings.practitioner])
            )
        owes = bool(_owner(decision, "second_release"))
        if findings.released is not None:
            self._say(findings.released, findings.practitioner or "", owes=owes)
        for row in decision.redecided:
            if not is_over(row, findings):
                self._stays(row.statement, findings, decision)
                continue
            self.confirming.pop(row.statement, None)
            held = self.held.pop(row.statement, None)
            if held is not None and owes:
                self.confirming[row.statement] = held

    def _say(self, released: ReleaseFinding, practitioner: str, *, owes: bool) -> None:
        """Remember what the quarantine desk said of a held statement, and who.

        A second hand ends the wait behind one alone, but for a dissent from what is released
        already: that stands until somebody agrees.
        """
        digest, word = released.statement, (practitioner, released)
        held, first = self.held.get(digest), self.confirming.get(digest)
        if held is not None:
            self.held[digest] = replace(held, said=(*held.said, word))
        if first is not None and all(who != practitioner for who, _ in first.said):
            if held is not None or released.decision == "release":
                del self.confirming[digest]
            else:
                self.confirming[digest] = replace(first, said=(*first.said, word))
        if held is not None and owes:
            self.confirming[digest] = self.held[digest]

    def _stays(self, statement: str, findings: Findings, decision: Decision) -> None:
        """Let everybody decide afresh on what something else holds, and keep what was supplied."""
        held = self.held.get(statement)
        if held is None:
            return
        if findings.event == "provenance_supplied":
            borne_out = msgspec.structs.replace(findings, level=decision.level)
            authors = held.authors | {findings.practitioner}
            held = replace(held, findings=completed(held.findings, borne_out), authors=authors)
        self.held[statement] = replace(held, said=())

    def _forget(self, erased: set[str]) -> None:
        for held in (self.held, self.confirming):
            for digest in [d for d, one in held.items() if one.findings.id in erased]:
                del held[digest]
        self.owed = {key: one for key, one in self.owed.items() if key[1] not in erased}


def completed(held: Findings, supplied: Findings) -> Findings:
    """Give what a held statement shows with the provenance that its originator supplied.

    Whom either statement excludes sees neither: the second quotes the first.
    """
    return msgspec.structs.replace(
        held,
        level=supplied.level,
        missing=supplied.missing,
        practitioner=supplied.practitioner,
        credential=supplied.credential,
        exclusions=[*held.exclusions, *supplied.exclusions],
    )


def _owner(decision: Decision, kind: DutyKind) -> str:
    return next((duty.agency for duty in decision.duties if duty.kind == kind), "")
