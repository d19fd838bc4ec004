"""Submissions to entries: the pure heart of the sequencer.

Given the same submissions, clock reading and salts it writes the same bytes on every machine.
A run of refusals, or of exact redeliveries, from one agency shares one entry, so that a flood of
garbage costs little; nothing is passed over in silence.

Source: design.md, The ledger; Record, then deliver; Ledger time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import groupby

from broker.core.admit import Refusal, admit
from broker.core.decide import decide
from broker.core.decider import DECIDERS, NEWEST, version_of
from broker.core.index import Index, Known, index_item, index_statement, index_unverified
from broker.core.prepare import Prepared, prepare
from broker.core.state import State
from broker.core.written import Frame, Parts, Written, write
from contracts.entry import Decision, Item, Kind, Position, ReasonGiven
from contracts.event import BY_NAME, Audience
from contracts.fault import Fatal
from contracts.finding import Findings, decode_findings
from contracts.identifier import agency_of
from contracts.reason import Reason

SKEW_MS_MAX = 5_000
"""How far an append time may run ahead of the sequencer's clock before time follows the clock."""
RUN_MAX = 256
"""How many refusals or redeliveries one entry takes."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One record of a submissions topic, prepared.

    `agency` is whose topic it is; `raw` its exact bytes, kept where it is recorded, and prepared
    again where its key was enrolled after a worker looked.
    """

    agency: str
    topic: str
    topic_id: str
    partition: int
    offset: int
    appended_at: int
    prepared: Prepared
    raw: bytes


def in_order(submissions: Sequence[Submission]) -> list[Submission]:
    """Merge by append time, control first at ties, each topic's own order kept."""

    def rank(submission: Submission) -> tuple[int, bool, str]:
        row = BY_NAME.get(submission.prepared.event or "")
        control = row is not None and row.audience is Audience.PUBLIC_CONTROL
        return submission.appended_at, not control, submission.topic

    by_place = sorted(submissions, key=lambda s: (s.topic, s.partition, s.offset))
    own = [list(group) for _, group in groupby(by_place, key=lambda s: (s.topic, s.partition))]
    return list(merge(*own, key=rank))


class Sequencing:
    """Turns submissions into entries, one batch at a time, moving state and index along.

    A batch that is not written must be thrown away with its `Sequencing`: fold the ledger anew.
    """

    def __init__(self, partnership: str, state: State, index: Index) -> None:
        """Go on from a fold and its index.

        Args:
            partnership: whose ledger this is.
            state: the fold of every entry so far; moved along by each batch.
            index: the same entries' index; moved along too.

        Raises:
            Fatal: the log adopted a version of the decision that a later release knows.
        """
        if state.decider and state.decider not in DECIDERS:
            raise Fatal(
                f"This log is decided by {state.decider}, which this release does not know.",
                remedy="Nothing was written. Start the release that was running before.",
            )
        self.partnership = partnership
        self.state = state
        self._index = index
        self._written: list[Written] = []
        self._runs: dict[str, list[tuple[Submission, Item]]] = {}
        self._clock_ms = 0
        self._salt: Callable[[], bytes] = bytes

    def sequence(
        self, submissions: Sequence[Submission], *, clock_ms: int, salt: Callable[[], bytes]
    ) -> list[Written]:
        """Write the entries of a batch.

        Args:
            submissions: in the order that `in_order` gives.
            clock_ms: one reading of the sequencer's clock for the batch.
            salt: gives 16 fresh random bytes at each call.

        Returns:
            The entries, in ledger order; none for submissions already in the ledger.
        """
        self._begin(clock_ms, salt)
        for submission in submissions:
            expected = self._expected(submission)
            if submission.offset > expected:
                self._flush(submission.agency)
                self._gap(submission, expected)
            if submission.offset >= expected:
                self._one(submission)
        for agency in list(self._runs):
            self._flush(agency)
        written, self._written = self._written, []
        return written

    def heartbeat(self, *, clock_ms: int, salt: Callable[[], bytes]) -> Written:
        """Write the entry that moves ledger time on a quiet night."""
        self._begin(clock_ms, salt)
        return self._emit("heartbeat", self._time(clock_ms), clock_ms, Parts())

    def _begin(self, clock_ms: int, salt: Callable[[], bytes]) -> None:
        self._written, self._clock_ms, self._salt = [], clock_ms, salt

    def _expected(self, submission: Submission) -> int:
        """Give the offset that comes next at a submission's place."""
        run = self._runs.get(submission.agency)
        if run:
            return run[-1][0].offset + 1
        return self.state.positions.get((submission.topic_id, submission.partition), 0)

    def _one(self, submission: Submission) -> None:
        """Refuse, recognise or decide one submission."""
        prepared, agency = submission.prepared, submission.agency
        if self._is_stale(prepared):
            prepared = prepare(submission.raw, self.state.public_keys)
        admitted = admit(prepared, agency, self.partnership, self.state, self._index)
        if isinstance(admitted, Known):
            self._run(submission, _item(submission, prepared, index=admitted.entry))
        elif admitted is None:
            self._decide(submission, prepared)
        elif not self._goes_unverified(prepared, agency):
            self._run(submission, _refused(submission, prepared, admitted))
        elif known := self._index.by_id(prepared.submission):
            self._run(submission, _item(submission, prepared, index=known.entry))
        else:
            self._decide(submission, prepared._replace(kid=None), refused=admitted)

    def _is_stale(self, prepared: Prepared) -> bool:
        """Say whether the key is to be looked for again: the table grew since it was prepared.

        A founding brings its own key only where no key is known: a second one of the same batch
        was prepared before the first.
        """
        unknown = prepared.reason == Reason.KEY_UNKNOWN
        known = self.state.keys.held
        own = prepared.kid is not None and prepared.kid not in known
        return bool(known) and (unknown or own)

    def _goes_unverified(self, prepared: Prepared, agency: str) -> bool:
        """Say whether a refused threat to life goes to the police all the same: it can be read.

        Its signature failed, its key is revoked or another source's, or its number was used: it
        came through the agency's own topic, and that is what vouches for it.
        """
        rules = self.state.rules
        return (
            prepared.threat_to_life
            and rules is not None
            and rules.unverified_emergencies
            and agency_of(prepared.source or "") == agency
            and prepared.partnership == self.partnership
        )

    def _decide(
        self, submission: Submission, prepared: Prepared, *, refused: Refusal | None = None
    ) -> None:
        findings = decode_findings(prepared.findings)
        unverified = () if refused is None else tuple(map(_given, refused.reasons))
        exercise = self._is_exercise(findings)
        at = self._time(submission.appended_at)
        if exercise and not unverified:
            at = max(self.state.ledger_time, findings.time)
        ruling = decide(findings, self.state, self._index, at=at, unverified=unverified)
        decision = ruling.decision
        if decision.outcome == "rejected":
            reasons = tuple((Reason.of(r.code), tuple(r.fields)) for r in decision.reasons)
            refusal = Refusal(reasons, consumes=True)
            self._run(submission, _refused(submission, prepared, refusal))
            return
        if findings.set_time is not None:
            at = max(at, round(datetime.fromisoformat(findings.set_time).timestamp() * 1000))
        self._flush(submission.agency)
        jws, _, sections = submission.raw.partition(b"~")
        parts = Parts(
            position=_position(submission, submission.offset, submission.offset),
            findings=findings,
            findings_json=prepared.findings,
            kid=prepared.kid,
            decision=decision,
            deliveries=ruling.deliveries,
            jws=jws,
            disclosures=sections[:-1],
        )
        written = self._emit("statement", at, submission.appended_at, parts, exercise=exercise)
        put = index_statement if refused is None else index_unverified
        put(self._index, written.recorded, ruling.deliveries, submission.agency)

    def _run(self, submission: Submission, item: Item) -> None:
        """Add to the agency's run; a run holds one kind, and is written when it ends.

        One that took its id and number ends it: no later entry may be decided on what stands on
        the log only after it.
        """
        run = self._runs.get(submission.agency, [])
        changed = run and (run[0][1].index is None) != (item.index is None)
        if changed or len(run) >= RUN_MAX:
            self._flush(submission.agency)
        self._runs.setdefault(submission.agency, []).append((submission, item))
        if item.id is not None:
            self._flush(submission.agency)

    def _flush(self, agency: str) -> None:
        """Write an agency's run as one entry."""
        run = self._runs.pop(agency, [])
        if not run:
            return
        first, last = run[0][0], run[-1][0]
        items = [item for _, item in run]
        seen = items[0].index is not None
        parts = Parts(
            position=_position(first, first.offset, last.offset),
            decision=decision_of_run(self.state, seen=seen),
            items=items,
        )
        kind: Kind = "redeliveries" if seen else "refusals"
        written = self._emit(kind, self._time(last.appended_at), last.appended_at, parts)
        for item in items:
            index_item(self._index, item, agency, written.recorded.head.index)

    def _gap(self, submission: Submission, expected: int) -> None:
        """Record that submissions are missing: a publisher wrote them and nobody can read them."""
        parts = Parts(position=_position(submission, expected, submission.offset - 1))
        appended_at = submission.appended_at
        self._emit("intake_gap", self._time(appended_at), appended_at, parts)

    def _is_exercise(self, findings: Findings | None = None) -> bool:
        if findings is not None and findings.founding is not None:
            return findings.founding.founding.exercise
        return self.state.founding is not None and self.state.founding.exercise

    def _time(self, appended_at: int) -> int:
        """Move ledger time; an exercise takes it from its statements alone."""
        if self._is_exercise():
            return self.state.ledger_time
        return max(self.state.ledger_time, min(appended_at, self._clock_ms + SKEW_MS_MAX))

    def _emit(
        self, kind: Kind, at: int, appended_at: int, parts: Parts, *, exercise: bool | None = None
    ) -> Written:
        """Write an entry, and take it into the state at once."""
        frame = Frame(
            partnership=self.partnership,
            exercise=self._is_exercise() if exercise is None else exercise,
            index=self.state.size,
            kind=kind,
            ledger_time=at,
            appended_at=appended_at,
            clock_at=self._clock_ms,
        )
        written = write(frame, parts, salt=self._salt())
        self.state.apply(written.recorded)
        self._written.append(written)
        return written


def decision_of_run(state: State, *, seen: bool) -> Decision:
    """Decide on a run: submissions that were seen before, or that are refused and not kept."""
    return Decision(
        outcome="accepted" if seen else "rejected",
        examiner=version_of(state.decider).examiner,
        decider=state.decider or NEWEST,
        ruleset=state.ruleset,
    )


def _position(submission: Submission, first: int, last: int) -> Position:
    return Position(submission.topic, submission.topic_id, submission.partition, first, last)


def _item(submission: Submission, prepared: Prepared, *, index: int | None) -> Item:
    return Item(
        submission=prepared.submission,
        offset=submission.offset,
        appended_at=submission.appended_at,
        length=prepared.length,
        index=index,
    )


def _given(reason: tuple[Reason, tuple[str, ...]]) -> ReasonGiven:
    code, fields = reason
    return ReasonGiven(code, list(fields))


def _refused(submission: Submission, prepared: Prepared, refusal: Refusal) -> Item:
    """Write a refused submission down; one that consumed its number says which."""
    return Item(
        submission=prepared.submission,
        offset=submission.offset,
        appended_at=submission.appended_at,
        length=prepared.length,
        reasons=list(map(_given, refusal.reasons)),
        id=prepared.id if refusal.consumes else None,
        kid=prepared.kid if refusal.consumes else None,
        stream=prepared.stream if refusal.consumes else None,
        sequence=prepared.sequence if refusal.consumes else None,
    )
