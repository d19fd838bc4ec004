"""What comes back: receipts and views, proved, and what the outbox learns from each.

A record that does not prove what it says is kept by name and acted on in nothing. Several sources
of one agency share the topics: what is about another source's statements is passed over. Taking
the same record in again changes nothing, so a lost position costs a second reading and no more.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from contracts import base64url, topic
from contracts.draft import draft
from contracts.event import case, control, work
from contracts.fault import Transient
from contracts.finding import EXAMINER, Findings, examine
from contracts.opened import Elapsed, Notice, NotProved, Receipt, View, open_receipt
from contracts.reason import Reason
from contracts.section import Cause, Identity
from contracts.statement import Statement, interpret, parse
from producers import lineage, tables, withheld
from producers.outbox import Outbox
from producers.tables import put, statements, superseded, tokens, unproved, views

_EMERGENCY = "accepted_emergency"
_ENDING = (control.ActProposed, control.ActEndorsed)
"""What may end a key."""


class Came(NamedTuple):
    """One record of a receipts or views topic; `record` is None for a tombstone."""

    topic: str
    offset: int
    record: bytes | None
    key: bytes = b""


class Inbox:
    """Takes in what the partnership's log says to this agency."""

    def __init__(self, outbox: Outbox) -> None:
        """Take in for one outbox.

        Raises:
            Misuse: the home pins no log key, so nothing could be believed.
        """
        self._outbox = outbox
        self._erased = False
        self._seen: tuple[int, bool] | None = None
        """The latest ledger time in the transaction that is open, and whether of an exercise."""
        self._spoken = False
        """Whether governance may have cured, in that transaction, what was refused before."""
        self._trust = outbox.home.trust
        agency = outbox.home.agency
        self.receipts = topic.receipts(agency.partnership, agency.agency)
        self.views = topic.views(agency.partnership, agency.agency)

    def position(self, name: str) -> int:
        """Give the next offset to read of a topic."""
        with self._outbox.database.read() as db:
            return db.execute(tables.POSITION, {"of": name}).scalar() or 0

    def take(self, came: Sequence[Came]) -> None:
        """Take records in, each topic's in its order, and the positions after them, at once."""
        self._erased, self._seen, self._spoken = False, None, False
        with self._outbox.receiving() as db:
            known = self._outbox.partnership_in(db)
            for one in came:
                try:
                    if one.record is None:
                        self._erase(db, one.key.decode("ascii", "replace"))
                    elif one.topic == self.receipts:
                        self._take_receipt(db, open_receipt(one.record, self._trust), one.record)
                    else:
                        self._take_view(db, self._outbox.opened(one.record, known), one)
                except NotProved as failed:
                    row = upsert(unproved).values(
                        topic=one.topic, offset=one.offset, what=failed.what
                    )
                    db.execute(row.on_conflict_do_nothing())
            self._keep_time(db)
            self._wait_again(db)
            for name, offset in {one.topic: one.offset + 1 for one in came}.items():
                db.execute(tables.PLACED, {"topic": name, "offset": offset})
        if self._erased:
            # Where somebody reads meanwhile, `candour erasure confirm` sees to it.
            with suppress(Transient):
                self._outbox.database.settle()

    def left(self, digests: Collection[str]) -> bool:
        """Say whether anything of these statements is here still, by digest."""
        kept = select(statements.c.id).where(_are(digests), statements.c.raw.is_not(None))
        answers = select(views.c.digest).where(views.c.digest.in_(digests))
        with self._outbox.database.read() as db:
            return any(db.execute(query).first() is not None for query in (kept, answers))

    def _erase(self, db: Connection, digest: str) -> None:
        """Drop what an erased statement said, ours or an answer to us; that it was said stays."""
        self._erased = True
        db.execute(delete(views).where(views.c.digest == digest))
        withheld.forget(db, digest)
        row = db.execute(select(statements).where(_are([digest]))).mappings().first()
        if row is None or row["raw"] is None:
            return
        erased = _ours(row["raw"])
        db.execute(update(statements).where(statements.c.place == row["place"]).values(raw=None))
        self._forget(db, set(_tokens(erased)))

    def _forget(self, db: Connection, gone: set[str]) -> None:
        """Drop local references whose tokens nothing that is kept here names any more."""
        query = select(statements.c.raw).where(statements.c.raw.is_not(None))
        for raw in db.execute(query).scalars():
            gone -= set(_tokens(_ours(raw)))
        db.execute(delete(tokens).where(tokens.c.token.in_(gone), tokens.c.kind == "subject"))

    def _take_view(self, db: Connection, view: View | Notice | Elapsed, came: Came) -> None:
        self._saw(view.head.ledger_time, exercise=view.head.exercise)
        if isinstance(view, Elapsed):
            return
        withheld.keep(db, view.delivery)
        for digest in view.delivery.erases:
            # A tombstone says so too, to whoever reads it before Kafka drops it.
            self._erase(db, digest)
        if isinstance(view, Notice):
            return
        is_control = view.delivery.leg == "public_control"
        about = None if is_control else self._about(db, view)
        if not is_control and about is None:
            return
        row = {
            "digest": view.statement.digest, "entry": view.head.index,
            "kind": "control" if is_control else "answer", "about": about, "record": came.record,
        }  # fmt: skip
        stored = db.execute(tables.KEPT, row).rowcount
        if is_control and stored:
            self._outbox.learn(view)
            self._spoken = True
            if isinstance(view.statement.event, _ENDING):
                self._sign_again_under_another_key(db)

    def _wait_again(self, db: Connection) -> None:
        """Let what was refused wait again where governance has spoken since.

        An enrolment or the founding may be what it waited for. Receipts and views come in either
        order: looked at after both.
        """
        if not self._spoken:
            return
        self._spoken = False
        db.execute(tables.WAITS_AGAIN)

    def _about(self, db: Connection, view: View) -> str | None:
        """Give the id of our statement that a view answers or asks about, None for any other."""
        event = view.statement.event if "event" in view.statement.sections else None
        if view.statement.context.source == self._outbox.home.source:
            return None
        if isinstance(event, case.CorrectionAcknowledged):
            return event.correction
        if not isinstance(
            event, (work.ResponseGiven, work.InformationRequested, work.InformationSupplied)
        ):
            return None
        named = [event.statement, *view.statement.causes]
        if isinstance(event, work.InformationSupplied):
            named.append(event.request)
        query = select(statements.c.id).where(statements.c.id.in_(named))
        ours = set(db.execute(query).scalars())
        agency = self._outbox.home.agency.agency
        acting = self._outbox.partnership_in(db).acting
        if isinstance(event, work.InformationRequested) and acting(event.addressee) == agency:
            return event.statement
        return next((name for name in named if name in ours), None)

    def _take_receipt(self, db: Connection, receipt: Receipt, record: bytes) -> None:
        self._saw(receipt.head.ledger_time, exercise=receipt.head.exercise)
        digest = receipt.part.submission
        row = db.execute(tables.OF_DIGEST, {"of": digest}).mappings().first()
        if row is not None:
            self._decided(db, row, receipt, record)
            return
        earlier = db.execute(tables.EARLIER, {"of": digest}).scalar()
        if earlier is None:
            self._unknown(db, receipt, record)
        elif receipt.part.outcome != "rejected" and not _is_forked(receipt):
            # The bytes before were recorded after all: theirs is the outcome of this id.
            row = db.execute(select(statements).where(statements.c.id == earlier)).mappings().one()
            self._decided(db, row, receipt, record)

    def _decided(self, db: Connection, row: RowMapping, receipt: Receipt, record: bytes) -> None:
        part = receipt.part
        if row["entry"] is not None and receipt.head.index <= row["entry"]:
            return
        codes = [given.code for given in part.reasons]
        again = next((reason.again for reason in Reason if reason in codes), "corrected")
        refused = part.outcome == "rejected"
        anew = any(one.statement == row["digest"] for one in receipt.decision.redecided)
        if refused and not anew and row["outcome"] not in {None, "rejected"}:
            return
        db.execute(tables.DECIDED, {
            "of": row["place"], "outcome": part.outcome, "entry": receipt.head.index,
            "receipt": record, "again": again if refused else None,
        })  # fmt: skip
        self._spoken |= refused
        if _is_given(receipt, Reason.KEY_REVOKED):
            self._sign_again_under_another_key(db)
        if _is_forked(receipt) and not row["resigned"] and row["raw"] is not None:
            self._fork(db, row["stream"], row["sequence"])
        if row["outcome"] is None and receipt.findings is not None and row["raw"] is not None:
            self._check_findings(db, row, receipt, receipt.findings)

    def _unknown(self, db: Connection, receipt: Receipt, record: bytes) -> None:
        """Judge a receipt for what this database never stored: another source's, or lost here.

        What is ours was said before an old copy of the database was put back: its id is
        remembered, so that it is not said twice, and its number is not used again.
        """
        findings, item = receipt.findings, receipt.item
        home = self._outbox.home
        if findings is not None and findings.statement != receipt.part.submission:
            return  # what became of another source's statement, through one of ours
        if findings is not None and findings.source == home.source:
            place = findings.id, findings.stream, findings.sequence
            event, urgency = findings.event, findings.urgency
        elif item is not None and item.kid in home.kids and item.id and item.stream:
            place, event, urgency = (item.id, item.stream, item.sequence or 0), "refused", "routine"
        else:
            return
        lost, stream, sequence = place
        query = select(statements.c.place).where(statements.c.id == lost)
        if db.execute(query).first() is None:
            db.execute(
                insert(statements).values(
                    id=lost, digest=receipt.part.submission, stream=stream, sequence=sequence,
                    event=event, urgency=urgency, stored_at=receipt.head.appended_at,
                    state="decided", outcome=receipt.part.outcome, entry=receipt.head.index,
                    receipt=record,
                )
            )  # fmt: skip
        self._fork(db, stream, sequence)

    def _fork(self, db: Connection, stream: str, sequence: int) -> None:
        """Leave a stream whose number stands for something else on the log.

        A new generation begins unless one has; what stands at this number or after it and was
        not sent yet is signed again in a new stream: its bytes could only be refused as a fork.
        So is what was so refused, and an emergency, that police alone were sent unverified. For
        what was sent its own receipt will say: signed again too soon, it would leave a gap.
        """
        self._keep_time(db)
        self._wait_again(db)
        if lineage.is_open(db, stream):
            self._outbox.open_generation(db, "restored", resend=False)
        outcome = statements.c.outcome
        undecided = outcome.is_(None) | outcome.in_(["rejected", _EMERGENCY])
        query = (
            select(statements)
            .where(statements.c.stream == stream, statements.c.sequence >= sequence)
            .where(undecided, statements.c.raw.is_not(None), statements.c.resigned == 0)
            .where(statements.c.event != "stream_opened")
            .order_by(statements.c.sequence)
        )
        for row in db.execute(query).mappings().all():
            unsent = row["outcome"] is None and row["state"] == "waiting"
            if unsent or (row["outcome"] and self._was_forked(row)):
                self._outbox.sign_again(db, row)

    def _sign_again_under_another_key(self, db: Connection) -> None:
        """Sign what waits, or was refused, under a key that has ended: under the one in force now.

        An emergency that police alone were sent for it, unverified, goes again too. What was
        sent and has no receipt yet comes here with its receipt.
        """
        ended = self._outbox.partnership_in(db).ended
        if ended.isdisjoint(self._outbox.home.kids) or self._outbox.speaking(db).kid in ended:
            return
        self._keep_time(db)
        self._wait_again(db)
        outcome = statements.c.outcome
        query = (
            select(statements)
            .where(statements.c.raw.is_not(None), statements.c.event != "stream_opened")
            .where((statements.c.state == "waiting") | outcome.in_(["rejected", _EMERGENCY]))
            .order_by(statements.c.place)
        )
        for row in db.execute(query).mappings().all():
            unsent = row["outcome"] is None
            if parse(row["raw"]).kid in ended and (unsent or self._was(row, Reason.KEY_REVOKED)):
                self._outbox.sign_again(db, row)

    def _was_forked(self, row: RowMapping) -> bool:
        return self._was(row, Reason.STREAM_FORKED)

    def _was(self, row: RowMapping, reason: Reason) -> bool:
        return _is_given(open_receipt(row["receipt"], self._trust), reason)

    def _check_findings(
        self, db: Connection, row: RowMapping, receipt: Receipt, theirs: Findings
    ) -> None:
        """Examine our own bytes again, and dispute the findings where they differ."""
        if theirs.statement != row["digest"] or receipt.decision.examiner != EXAMINER:
            return
        ours = examine(_ours(row["raw"]))
        differs = [
            name
            for name in Findings.__struct_fields__
            if getattr(ours, name) != getattr(theirs, name)
        ]
        if not differs:
            return
        disputed = work.FindingsDisputed(
            submission=row["digest"],
            index=receipt.head.index,
            ours=_digest(msgspec.json.encode(ours)),
            theirs=_digest(bytes(receipt.part.findings or b"")),
            differs=differs,
            key=f"findings_disputed/{row['digest']}",
        )
        self._keep_time(db)
        self._outbox.store(
            db,
            draft(
                id=self._outbox.new_id(),
                event="findings_disputed",
                sections={
                    "event": disputed,
                    "cause.1": Cause(row["id"]),
                    "provenance": self._outbox.own_provenance("findings_disputed"),
                },
                urgency="urgent",
            ),
        )

    def _saw(self, ledger_time: int, *, exercise: bool) -> None:
        if self._seen is None or ledger_time > self._seen[0]:
            self._seen = ledger_time, exercise

    def _keep_time(self, db: Connection) -> None:
        """Remember the latest ledger time: an exercise's statements carry it."""
        if self._seen is None:
            return
        ledger_time, exercise = self._seen
        if ledger_time > (db.execute(tables.TIME).scalar() or -1):
            put(db, "ledger_time", number=ledger_time)
            put(db, "exercise", number=int(exercise))


def _are(digests: Collection[str]) -> ColumnElement[bool]:
    """Match what the log has under these digests, signed again since or not: the id is one."""
    earlier = select(superseded.c.id).where(superseded.c.digest.in_(digests))
    return statements.c.digest.in_(digests) | statements.c.id.in_(earlier)


def _is_forked(receipt: Receipt) -> bool:
    return _is_given(receipt, Reason.STREAM_FORKED)


def _is_given(receipt: Receipt, reason: Reason) -> bool:
    return any(given.code == reason for given in receipt.part.reasons)


def _digest(exact: bytes) -> str:
    return base64url.encode(sha256(exact).digest())


def _ours(raw: bytes) -> Statement:
    """Read a statement that was checked when it was stored, under whichever key was ours then."""
    return interpret(parse(raw))


def _tokens(statement: Statement) -> Iterator[str]:
    """List the subject tokens of a statement's persons."""
    for value in statement.sections.values():
        if isinstance(value, Identity):
            yield value.subject
