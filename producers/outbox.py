"""The outbox: every statement is signed and on disk before anything is sent.

A statement is published once under its id, whoever asks again. Its bytes never change while they
may stand on the log: a crash sends the same bytes again, which the broker answers as the
duplicate they are. Streams belong to a *generation* of this database; when the database turns out
to be an old copy, a new generation opens new streams, so that no number is used for two things.

What comes back (receipts, views) is taken in by `producers.inbox`; sending is `producers.sender`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, func, insert, select, update

from contracts import base64url
from contracts.agreement import Basis
from contracts.draft import Draft, draft
from contracts.event.control import StreamOpened
from contracts.opened import Elapsed, Notice, View, open_view
from contracts.section import Provenance
from contracts.statement import interpret, parse
from producers import lineage, signing, unanswered
from producers import withheld as kept
from producers.home import Home
from producers.partnership import Partnership
from producers.tables import (
    CLOCK,
    Database,
    statements,
    superseded,
    tokens,
    unproved,
    views,
)

TOKEN_BYTES = 16
_IS_CONTROL = views.c.kind == "control"
_COUNTED = select(func.count()).where(_IS_CONTROL)
_OF_ID = select(statements).where(statements.c.id == bindparam("of"))
_SENT = (
    update(statements)
    .where(
        statements.c.digest.in_(bindparam("some", expanding=True)), statements.c.state != "decided"
    )
    .values(state="sent", sent_at=bindparam("now"))
)


class Waiting(NamedTuple):
    """One stored statement that is to be sent."""

    id: str
    digest: str
    raw: bytes


class Outbox:
    """One source's outbox, in its home; several processes may open it at once."""

    def __init__(
        self,
        home: Home,
        *,
        now_ms: Callable[[], int],
        random_bytes: Callable[[int], bytes],
        new_id: Callable[[], str],
    ) -> None:
        """Open the outbox, and a new generation where the database is new or an old copy.

        Args:
            home: whose outbox it is.
            now_ms: the clock, in milliseconds since 1970.
            random_bytes: a source of random bytes.
            new_id: makes a UUIDv7.
        """
        self.home = home
        self.now_ms = now_ms
        self.new_id = new_id
        self._random_bytes = random_bytes
        self._known: tuple[int, Partnership] = (0, Partnership())
        marker = lineage.read_marker(home.folder)
        self.database = Database(home.folder / "outbox.sqlite")
        with self.database.write() as db:
            reason = lineage.why_anew(db, marker)
            if reason is not None:
                self.open_generation(db, reason, written=marker[1] if marker else 0)
        self._mark()

    def publish(
        self,
        draft: Draft,
        *,
        time_ms: int | None = None,
        basis: Basis | None = None,
        endorser: bytes | None = None,
    ) -> str:
        """Sign and store a statement; sending is the sender's.

        The same id again changes nothing, whatever the draft then says. Purpose, basis and
        agreement are taken from the agreements in force where the draft leaves them open; where
        several fit, the first in the agreements' order is.

        Args:
            draft: what is said.
            time_ms: the statement's time; else the clock, or in an exercise the ledger time
                last seen.
            basis: the lawful basis, where the caller chose one.
            endorser: the practitioner's own seed, where they sign what is said.

        Returns:
            The statement's id.

        Raises:
            Misuse: the draft is no statement; the remedy names what to change.
        """
        with self.database.write() as db:
            is_new = self._row(db, draft.id) is None
            if is_new:
                self.store(db, draft, time_ms=time_ms, basis=basis, endorser=endorser)
        if is_new:
            self._mark()
        return draft.id

    def publish_all(self, drafts: Sequence[Draft]) -> None:
        """Sign and store several, all of them or none; each as `publish` does.

        Raises:
            Misuse: as `publish`.
        """
        stored = False
        with self.database.write() as db:
            for draft in drafts:
                if self._row(db, draft.id) is None:
                    self.store(db, draft)
                    stored = True
        if stored:
            self._mark()

    def store(  # noqa: PLR0913 - as publish, within a transaction
        self,
        db: Connection,
        draft: Draft,
        *,
        time_ms: int | None = None,
        basis: Basis | None = None,
        stream: RowMapping | None = None,
        endorser: bytes | None = None,
    ) -> None:
        """Sign and store within a transaction that the caller commits.

        `stream` is given for the statement that opens it.

        Raises:
            Misuse: as `publish`.
        """
        at = time_ms if time_ms is not None else self.time_ms(db)
        founds = draft.event == "partnership_founded"
        stream = stream or self._stream(db, draft.urgency, at, founds=founds)
        home = self.speaking(db)
        context = signing.context_of(draft, home, self.partnership_in(db), at_ms=at, basis=basis)
        sections = signing.sections_of(draft)
        raw, digest = signing.sign_next(
            db, stream, context=context, sections=sections, home=home,
            random_bytes=self._random_bytes, endorser=endorser,
        )  # fmt: skip
        kept.keep_own(db, digest, sections)
        row = {
            "id": draft.id, "digest": digest, "stream": stream["stream"],
            "sequence": stream["next"], "event": draft.event, "urgency": draft.urgency,
            "raw": raw, "stored_at": self.now_ms(), "state": "waiting",
        }  # fmt: skip
        db.execute(insert(statements), row)

    def sign_again(self, db: Connection, row: RowMapping) -> None:
        """Sign a statement anew, under the same id, in a stream of the open generation."""
        statement = interpret(parse(row["raw"]))
        stream = self._stream(db, row["urgency"], statement.time_ms)
        context = msgspec.structs.replace(statement.context, digests=[])
        sections = {name: v for name, v in statement.sections.items() if name != "intake"}
        raw, digest = signing.sign_next(
            db, stream, context=context, sections=sections, home=self.speaking(db),
            random_bytes=self._random_bytes,
            texts={name: statement.disclosures[name] for name in sections},
        )  # fmt: skip
        kept.keep_own(db, digest, sections)
        db.execute(insert(superseded).values(digest=row["digest"], id=row["id"]))
        db.execute(
            update(statements)
            .where(statements.c.place == row["place"])
            .values(
                raw=raw, digest=digest, stream=stream["stream"], sequence=stream["next"],
                state="waiting", outcome=None, again=None, resigned=row["resigned"] + 1,
            )
        )  # fmt: skip

    def open_generation(
        self, db: Connection, reason: str, *, written: int = 0, resend: bool = True
    ) -> None:
        """Begin a new generation (producers.lineage)."""
        lineage.open_generation(db, self.token(), reason, written=written, resend=resend)

    def waiting(self, limit: int = 200) -> list[Waiting]:
        """List what is to be sent, or sent again: emergencies first, each stream in its order."""
        with self.database.read() as db:
            found = db.execute(unanswered.TO_BE_SENT, {"now": self.now_ms(), "most": limit})
            return [Waiting(*row) for row in found]

    def mark_sent(self, digests: list[str]) -> None:
        """Remember that Kafka holds these; what has its receipt already keeps it."""
        with self.database.write() as db:
            db.execute(_SENT, {"some": digests, "now": self.now_ms()})

    def undelivered(self) -> Sequence[RowMapping]:
        """List what is urgent and has no receipt in time: somebody must telephone."""
        with self.database.read() as db:
            return unanswered.undelivered(db, self.now_ms())

    def undecided(self) -> int:
        """Count what has no receipt yet."""
        with self.database.read() as db:
            query = select(func.count()).where(statements.c.state != "decided")
            return db.execute(query).scalar_one()

    def row(self, statement_id: str) -> RowMapping | None:
        """Give the row of one statement, None for an id never published here."""
        with self.database.read() as db:
            return self._row(db, statement_id)

    def rows(self) -> list[RowMapping]:
        """List every statement published here, oldest first."""
        with self.database.read() as db:
            return list(db.execute(select(statements).order_by(statements.c.place)).mappings())

    def answers(self, about: str | None = None) -> list[RowMapping]:
        """List the views that answer a statement of ours or ask this agency, in log order.

        Args:
            about: the statement; None for all.
        """
        query = select(views).where(views.c.kind == "answer").order_by(views.c.place)
        if about is not None:
            query = query.where(views.c.about == about)
        with self.database.read() as db:
            return list(db.execute(query).mappings())

    def distrusted(self) -> list[RowMapping]:
        """List the records that did not prove what they say."""
        with self.database.read() as db:
            return list(db.execute(select(unproved)).mappings())

    def token_for(self, kind: str, reference: str) -> str:
        """Give the random token that stands for a local reference, always the same one.

        Args:
            kind: `subject` or `practitioner`; a practitioner's name counts however it is spaced
                and whichever letters are capital, so that nobody is two people by a slip.
            reference: the agency's own; it never leaves this database.
        """
        reference = _folded(kind, reference)
        where = (tokens.c.kind == kind, tokens.c.reference == reference)
        with self.database.write() as db:
            token = db.execute(select(tokens.c.token).where(*where)).scalar()
            if token is None:
                token = self.token()
                db.execute(insert(tokens).values(kind=kind, reference=reference, token=token))
        return token

    def token_of(self, kind: str, reference: str) -> str | None:
        """Give the token that stands for a local reference; None where none was ever needed."""
        where = (tokens.c.kind == kind, tokens.c.reference == _folded(kind, reference))
        with self.database.read() as db:
            return db.execute(select(tokens.c.token).where(*where)).scalar()

    def reference_of(self, token: str) -> str | None:
        """Give the agency's own reference that a token stands for; None for another's token."""
        with self.database.read() as db:
            query = select(tokens.c.reference).where(tokens.c.token == token)
            return db.execute(query).scalar()

    def token(self) -> str:
        """Make a random token of 128 bits."""
        return base64url.encode(self._random_bytes(TOKEN_BYTES))

    @property
    def partnership(self) -> Partnership:
        """What this agency's own control views say, as far as they were read."""
        with self.database.read() as db:
            return self.partnership_in(db)

    def partnership_in(self, db: Connection) -> Partnership:
        """Fold the control views, within a transaction; each is folded once.

        Fewer than were folded: a transaction was undone, or an old copy was put back.
        """
        count = db.execute(_COUNTED).scalar_one()
        if count != self._known[0]:
            folded, known = self._known if count > self._known[0] else (0, Partnership())
            query = select(views.c.record).where(_IS_CONTROL).order_by(views.c.place)
            for record in db.execute(query.offset(folded)).scalars():
                opened = self._open(record, known)
                if isinstance(opened, View):
                    known.take(opened)
            self._known = count, known
        return self._known[1]

    def speaking(self, db: Connection) -> Home:
        """Give the home as it signs now: with the key that the log has not ended."""
        ended = self.partnership_in(db).ended
        if ended.issuperset(self.home.kids):  # another process may have made the next one
            self.home = self.home.renewed()
        return self.home.speaking(ended) if self.home.kid in ended else self.home

    def learn(self, view: View) -> None:
        """Fold the next control view, kept in the transaction that is open; it was proved."""
        self._known[1].take(view)
        self._known = self._known[0] + 1, self._known[1]

    def opened(self, record: bytes, known: Partnership | None = None) -> View | Notice | Elapsed:
        """Prove and read a view, with the keys this agency was sent; `known` where at hand.

        Raises:
            NotProved: it does not hold, or is another agency's.
        """
        return self._open(record, self.partnership if known is None else known)

    def _open(self, record: bytes, known: Partnership) -> View | Notice | Elapsed:
        return open_view(record, self.home.trust, known.keys.get, to=self.home.agency.agency)

    def time_ms(self, db: Connection) -> int:
        """Give the time a statement carries that was given none: in an exercise the ledger's."""
        known = {row.key: row.number for row in db.execute(CLOCK)}
        return known.get("ledger_time") or 0 if known.get("exercise") else self.now_ms()

    @contextmanager
    def receiving(self) -> Iterator[Connection]:
        """Open the transaction in which what came back is taken in."""
        with self.database.write() as db:
            yield db
        self._mark()

    def _row(self, db: Connection, statement_id: str) -> RowMapping | None:
        return db.execute(_OF_ID, {"of": statement_id}).mappings().first()

    def _stream(
        self, db: Connection, urgency: str, at_ms: int, *, founds: bool = False
    ) -> RowMapping:
        """Give the stream a statement goes on; one newly opened says so first.

        A founding does not: nothing stands before entry 0.
        """
        use = "emergencies" if urgency == "threat_to_life" else "ordinary"
        kid = self.speaking(db).kid
        found = lineage.stream_for(db, use)
        if found is not None and found["kid"] == kid:
            return found
        if found is not None:  # a stream has one key: what the last one left unsent is no gap
            self.open_generation(db, "rotated", resend=False)
        reason = lineage.latest(db)["reason"]
        stream = lineage.add_stream(db, self.token(), use, kid)
        if founds:
            return stream
        event = {"stream": stream["stream"], "use": use, "reason": reason}
        opened = draft(
            id=self.new_id(),
            event="stream_opened",
            sections={
                "event": msgspec.convert(event, StreamOpened),
                "provenance": self.own_provenance("stream_opened"),
            },
        )
        self.store(db, opened, time_ms=at_ms, stream=stream)
        again = lineage.stream_for(db, use)
        return stream if again is None else again

    def _mark(self) -> None:
        with self.database.read() as db:
            lineage.write_marker(self.home.folder, db, self.token())

    def own_provenance(self, rule: str) -> Provenance:
        """Say who answers for what the outbox says by itself."""
        return Provenance(
            "system",
            system=f"candour outbox of {self.home.source}",
            rule=rule,
            accountable=self.home.agency.accountable,
        )


def _folded(kind: str, reference: str) -> str:
    return " ".join(reference.split()).casefold() if kind == "practitioner" else reference
