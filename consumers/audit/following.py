"""Every entry written again from the log before it, and compared in exact bytes.

A statement's entry is decided anew by the broker's own pure core (`Sequencing`) from its recorded
findings; the others are rebuilt from their parts, and each part is checked against the fold.
What was refused and not kept cannot be decided anew: its place, number and reasons are checked.

Source: design.md, The ledger; Examine and decide.
"""

from dataclasses import dataclass

import msgspec

from broker.core.decider import DECIDERS, NEWEST
from broker.core.index import MemoryIndex, index_item
from broker.core.prepare import Prepared, prepare
from broker.core.sequence import (
    RUN_MAX,
    SKEW_MS_MAX,
    Sequencing,
    Submission,
    decision_of_run,
)
from broker.core.state import State
from broker.core.written import Frame, Parts, Written, write
from consumers.audit.defect import Defect
from contracts import base64url, entry, topic
from contracts.entry import (
    DECISION,
    FINDINGS,
    POSITION,
    Body,
    Head,
    Item,
    Position,
)
from contracts.event.control import DeciderAdopted
from contracts.fault import InvariantBroken
from contracts.finding import Findings, decode_findings
from contracts.reason import Reason, Stage
from contracts.statement import STATEMENT_BYTES_MAX, digest_of


class Named(msgspec.Struct, frozen=True):
    """What admission reads of findings; the rest is decoded once, by the decision."""

    statement: str
    id: str
    partnership: str
    source: str
    event: str
    kid: str
    stream: str
    sequence: int


UNREADABLE = (InvariantBroken, msgspec.MsgspecError, ValueError, TypeError, RecursionError)
"""What reading hostile bytes as a struct of ours raises."""

_head = msgspec.json.Decoder(Head).decode
_body = msgspec.json.Decoder(Body).decode
_named = msgspec.json.Decoder(Named).decode
_position = msgspec.json.Decoder(Position).decode
_item = msgspec.json.Decoder(Item).decode
_section = msgspec.json.Decoder(tuple[str, str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Read:
    """An entry as it stands in the export, its lines decoded."""

    record: bytes
    line: bytes
    head: Head
    body: Body
    jws: bytes
    salt: bytes


def read_entry(record: bytes) -> Read | None:
    """Read a record as an entry; None where it is none."""
    try:
        line, body_json, jws = entry.split_entry(record)
        head, body = _head(line), _body(body_json)
        return Read(record, line, head, body, jws, base64url.decode(body.salt))
    except UNREADABLE:
        return None


def is_opened(read: Read) -> bool:
    """Say whether the body is what the head commits to, the pads and the JWS included."""
    head, body = read.head, read.body
    exact = [entry.exact_bytes(raw) for raw in (body.position, body.findings, body.decision)]
    stated = [head.position, head.findings, head.decision]
    salts = entry.salts(read.salt, entry.slots_for(len(body.deliveries)))
    opened = [
        entry.commitment(salts[at], one) if one else None
        for at, one in zip((POSITION, FINDINGS, DECISION), exact, strict=True)
    ]
    slots = entry.slots_of(read.salt, len(body.deliveries))
    deliveries = entry.committed(salts, slots, [bytes(one) for one in body.deliveries])
    signed = digest_of(read.jws) == head.statement if read.jws else head.statement is None
    whole = read.record == b"%b\n%b\n%b" % (_encode(head), _encode(body), read.jws)
    return opened == stated and deliveries == head.deliveries and signed and whole


def in_recorded_order(disclosures: bytes, findings_json: bytes) -> bytes:
    """Put an unverified statement's sections into the order in which its findings name them.

    It may come again, with the same sections in another order, and the last ones stand on their
    topic: nobody signs the order.

    Args:
        disclosures: as stored, joined by `~`.
        findings_json: as recorded.

    Returns:
        As given where they are not the sections that the findings name.
    """
    try:
        named = {_section(base64url.decode(text))[1]: text for text in disclosures.split(b"~")}
        return b"~".join([named.pop(name) for name in decode_findings(findings_json).sections])
    except (*UNREADABLE, LookupError):
        return disclosures


class Following:
    """Goes through a ledger once, from the empty state."""

    def __init__(self, partnership: str) -> None:
        """Begin before entry 0 of a partnership's ledger."""
        self.state = State()
        self.index = MemoryIndex()
        self._partnership = partnership
        self._sequencing = Sequencing(partnership, self.state, self.index)
        self._ids: dict[str, str] = {}

    def follow(self, read: Read, sections: bytes | None) -> Findings | Defect | None:
        """Write the next entry anew.

        What differs because the body is not the one committed to is named as that.

        Args:
            read: the entry whose index is the state's size.
            sections: of an unverified emergency, its disclosures as stored; else None.

        Returns:
            A statement's findings, or None for an entry of another kind, where it is the same in
            every byte; else what differs. Nothing can be followed after a defect.
        """
        followed = self._follow(read, sections)
        if isinstance(followed, Defect) and not is_opened(read):
            return Defect.COMMITMENT_UNOPENED
        if isinstance(followed, Defect) and _names_unknown_decider(read):
            return Defect.DECIDER_UNKNOWN
        return followed

    def _follow(self, read: Read, sections: bytes | None) -> Findings | Defect | None:
        head = read.head
        if head.kind == "heartbeat":
            again = self._sequencing.heartbeat(clock_ms=head.clock_at, salt=lambda: read.salt)
            return None if again.record == read.record else self._differs(read, again)
        try:
            position = _position(entry.exact_bytes(read.body.position))
        except UNREADABLE:
            return Defect.ENTRY_WRONG
        agency = topic.submitter(position.topic, self._partnership)
        expected = self.state.positions.get((position.topic_id, position.partition), 0)
        if agency is None or position.first != expected or position.last < position.first:
            return Defect.POSITION_WRONG
        if head.kind == "statement":
            return self._statement(read, position, agency, sections)
        if head.kind == "intake_gap":
            return self._rebuilt(read, Parts(position=position))
        return self._items(read, position, agency)

    def _statement(
        self, read: Read, position: Position, agency: str, sections: bytes | None
    ) -> Findings | Defect:
        head = read.head
        findings_json = entry.exact_bytes(read.body.findings)
        try:
            named = _named(findings_json)
        except UNREADABLE:
            return Defect.ENTRY_WRONG
        if head.kid is not None and head.kid not in self.state.keys.held and self.state.keys.held:
            return Defect.KEY_NOT_IN_FORCE
        if digest_of(read.jws) != named.statement:
            return Defect.COMMITMENT_UNOPENED
        prepared = Prepared(
            named.statement, 0, kid=named.kid, id=named.id, source=named.source,
            partnership=named.partnership, stream=named.stream, sequence=named.sequence,
            event=named.event, findings=findings_json,
        )  # fmt: skip
        if head.kid is None and sections:
            sections = in_recorded_order(sections, findings_json)
        raw = b"%b~%b~" % (read.jws, sections or b"")
        if head.kid is None:
            prepared = self._unverified(prepared, raw if sections else b"", read)
        submission = Submission(
            agency, position.topic, position.topic_id, position.partition, position.first,
            head.appended_at, prepared, raw,
        )  # fmt: skip
        try:
            written = self._sequencing.sequence(
                [submission], clock_ms=head.clock_at, salt=lambda: read.salt
            )
        except (*UNREADABLE, LookupError, OverflowError):
            return Defect.ENTRY_WRONG  # findings that no statement has
        again = written[-1]
        findings = again.recorded.findings
        if len(written) != 1 or again.record != read.record or findings is None:
            return self._differs(read, again)
        self._ids[named.statement] = named.id
        return findings

    def _unverified(self, stated: Prepared, raw: bytes, read: Read) -> Prepared:
        """Check again why a threat to life was refused, under the keys known at this entry.

        Where its sections are gone, a signature cannot be checked again: what the log says of it
        stands.
        """
        if raw:
            return prepare(raw, self.state.public_keys)
        readable = stated._replace(threat_to_life=True)
        for code in (Reason.KEY_UNKNOWN, Reason.SIGNATURE_INVALID):
            if f'"{code}"'.encode() in entry.exact_bytes(read.body.decision):
                return readable._replace(reason=str(code), kid=None)
        return readable

    def _items(self, read: Read, position: Position, agency: str) -> Defect | None:
        """Rebuild a run of refusals or of redeliveries, each item checked against the fold."""
        try:
            items = [_item(exact) for exact in read.body.items]
        except UNREADABLE:
            return Defect.ENTRY_WRONG
        seen = read.head.kind == "redeliveries"
        if [item.offset for item in items] != list(range(position.first, position.last + 1)):
            return Defect.POSITION_WRONG
        if len(items) > RUN_MAX or items[-1].appended_at != read.head.appended_at:
            return Defect.ITEM_WRONG
        for item in items:
            if not (self._is_known(item, agency) if seen else self._is_refused(item, agency)):
                return Defect.ITEM_WRONG
            index_item(self.index, item, agency, read.head.index)
            if item.id is not None:
                self._ids[item.submission] = item.id
        decision = decision_of_run(self.state, seen=seen)
        return self._rebuilt(read, Parts(position=position, decision=decision, items=items))

    def _is_known(self, item: Item, agency: str) -> bool:
        """Say whether a redelivery names the entry that decided the same bytes last."""
        known = self.index.by_id(self._ids.get(item.submission, ""))
        if known is None or known.submission != item.submission:
            known = self.index.by_id(item.submission)  # an emergency that nobody could verify
        if known is None or item.reasons or item.id is not None:
            return False
        return (known.submission, known.agency, known.entry) == (
            item.submission, agency, item.index,
        )  # fmt: skip

    def _is_refused(self, item: Item, agency: str) -> bool:
        """Say whether a refusal can stand: codes of one stage, and a number if it took one."""
        try:
            reasons = [Reason.of(given.code) for given in item.reasons]
        except KeyError:
            return False
        stages = {reason.stage for reason in reasons}
        too_large = item.length > STATEMENT_BYTES_MAX
        if len(stages) != 1 or item.index is not None or too_large != (stages == {Stage.SIZE}):
            return False
        taken = (item.id, item.kid, item.stream, item.sequence)
        if max(stages) < Stage.SCHEMA:
            return not any(part is not None for part in taken)
        if item.id is None or item.kid is None or item.stream is None or item.sequence is None:
            return False
        key = self.state.keys.held.get(item.kid)
        fits = (
            not self.state.keys.held
            if key is None
            else key.agency == agency and key.revoked is None
        )
        unused = self.index.by_id(item.id) is None
        return fits and unused and self.index.number(item.stream, item.sequence) is None

    def _rebuilt(self, read: Read, parts: Parts) -> Defect | None:
        """Write an entry that decides nothing anew, at the time that the rule gives."""
        head, state = read.head, self.state
        exercise = state.founding is not None and state.founding.exercise
        time = max(state.ledger_time, min(head.appended_at, head.clock_at + SKEW_MS_MAX))
        frame = Frame(
            partnership=self._partnership,
            exercise=exercise,
            index=state.size,
            kind=head.kind,
            ledger_time=state.ledger_time if exercise else time,
            appended_at=head.appended_at,
            clock_at=head.clock_at,
        )
        again = write(frame, parts, salt=read.salt)
        if again.record != read.record:
            return self._differs(read, again)
        state.apply(again.recorded)
        return None

    def _differs(self, read: Read, again: Written) -> Defect:
        """Name what differs between an entry as it stands and as it would be written."""
        head, body = again.recorded.head, again.body
        decided = entry.exact_bytes(body.decision), entry.exact_bytes(read.body.decision)
        if head.kind != read.head.kind or decided[0] != decided[1]:
            return Defect.OUTCOME_WRONG
        if [*map(bytes, body.deliveries)] != [*map(bytes, read.body.deliveries)]:
            return Defect.DELIVERIES_WRONG
        return (
            Defect.TIME_WRONG if head.ledger_time != read.head.ledger_time else Defect.ENTRY_WRONG
        )


def _names_unknown_decider(read: Read) -> bool:
    """Say whether a founding or an act names a version of the decision that came later."""
    try:
        findings = decode_findings(entry.exact_bytes(read.body.findings))
    except UNREADABLE:
        return False
    act, founded = findings.proposal, findings.founding
    named = act.decider if isinstance(act, DeciderAdopted) else None
    return (founded.founding.decider if founded else named or NEWEST) not in DECIDERS
