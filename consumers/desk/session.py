"""Sessions of the desk, in SQL: an opaque id in a cookie, everything else here, revocable.

The id itself is not kept: whoever reads the database can take nobody's place. An idle session is
locked, not lost: what was being written is kept for the same person to go on with.

Source: OWASP ASVS 5.0 V7 (session management); technical.md 8.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    MetaData,
    Table,
    Text,
    create_engine,
    delete,
    insert,
    select,
    update,
)

from consumers import embedded, shape
from consumers.shape import LOCAL
from contracts import base64url
from contracts.duration import DAY_MS, MINUTE_MS

ID_BYTES = 32
KEPT_MS = DAY_MS
"""How long a session that ended is remembered, so that who comes back finds what they wrote."""

REMEDY = (
    "Stop what serves these pages, move {} away and start it again: everybody signs in anew. What "
    "was begun and not sent stands in the file that you moved."
)

metadata = MetaData()
sessions = Table(
    "desk_sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("subject", Text, index=True),
    Column("state", Text, nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("signed_in", BigInteger),
    Column("ended", BigInteger),
    info=LOCAL,
)
"""One row a session; `id` is the digest of what the cookie holds, `subject` who signed in."""

unsaved = Table(
    "desk_unsaved",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("fields", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    info=LOCAL,
)
"""What somebody was writing when it was not taken, or their session was locked or lost, by page."""


untaken = Table(
    "desk_untaken",
    metadata,
    Column("id", Text, primary_key=True),
    Column("page", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    info=LOCAL,
)
"""The page that says what was wrong with a form, by session, until its browser asks for it."""


class Untaken(NamedTuple):
    """A page that shows a form again: where it is asked for, its status, its nonce, its text."""

    path: str
    status: int
    nonce: str
    text: str


@dataclass
class Session:
    """One browser's session.

    Attributes:
        key: what the cookie holds.
        subject: who signed in, by the provider's identifier; None before.
        state: what is remembered for it: the sign-in under way, name, roles, purpose, csrf.
        seen: when it was last used, in milliseconds; `signed_in` when they proved who they are.
    """

    key: str
    began: int
    seen: int
    subject: str | None = None
    signed_in: int | None = None
    state: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Remember what it was when it was read."""
        self._was = json.dumps(self.state)

    def added_to(self, held: Mapping[str, Any]) -> dict[str, Any]:
        """Put what was changed here into what the database holds by now."""
        was, now = json.loads(self._was), json.loads(json.dumps(self.state))
        gone = {name for name in was if name not in now and held.get(name) == was[name]}
        changed = {name: value for name, value in now.items() if was.get(name) != value}
        return {**{name: held[name] for name in held if name not in gone}, **changed}

    @property
    def csrf(self) -> str:
        """The token that each form of this session carries."""
        return str(self.state["csrf"])


@dataclass(frozen=True)
class Limits:
    """How long sessions last: configuration of the desk, in minutes."""

    idle_minutes: int = 15
    whole_minutes: int = 12 * 60


class Sealing(Protocol):
    """Keeps text unreadable without a key that stands elsewhere; deploy hands it in."""

    def seal(self, text: bytes, about: str) -> bytes:
        """Seal text to what it is about."""

    def unseal(self, sealed: bytes, about: str) -> bytes:
        """Open what was sealed to the same."""


class Sessions:
    """The database of sessions."""

    def __init__(
        self, url: str, *, now_ms: Callable[[], int], random_bytes: Callable[[int], bytes],
        limits: Limits = Limits(), sealing: Sealing | None = None,
    ) -> None:  # fmt: skip
        """Open or make it.

        Args:
            url: SQLAlchemy's, of SQLite or PostgreSQL.
            now_ms: this machine's clock.
            random_bytes: the operating system's generator.
            limits: how long sessions last.
            sealing: what keeps unsaved forms and searches unreadable; None where the database
                itself does.
        """
        self._sealing = sealing
        self._engine: Engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
        file = self._engine.url.database
        self._reading = embedded.embed(self._engine)
        if file and self._engine.dialect.name == "sqlite":
            # What SQLite keeps beside it is as private as the file itself.
            Path(file).touch(mode=0o600)
            Path(file).chmod(0o600)
        self._now, self._random, self.limits = now_ms, random_bytes, limits
        with self._engine.begin() as db:
            shape.make(db, metadata.sorted_tables, remedy=REMEDY.format(file))

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def begin(self, **state: Any) -> Session:
        """Begin a session of somebody who has not signed in yet."""
        now = self._now()
        made = Session(self.drawn(), now, now, state={**state, "csrf": self.drawn()})
        with self._engine.begin() as db:
            db.execute(delete(sessions).where(sessions.c.seen < now - KEPT_MS))
            db.execute(delete(unsaved).where(unsaved.c.at < now - KEPT_MS))
            db.execute(delete(untaken).where(untaken.c.at < now - MINUTE_MS))
            db.execute(insert(sessions).values(id=_hashed(made.key), **_values(made)))
        return made

    def find(self, key: str) -> Session | None:
        """Give a session by what its cookie holds; None where it ended or never was."""
        with self._reading.begin() as db:
            row = db.execute(select(sessions).where(sessions.c.id == _hashed(key))).first()
        if row is None or row.ended is not None:
            return None
        if row.signed_in is not None and self._now() - row.signed_in > self._whole_ms:
            return None
        return Session(key, row.began, row.seen, row.subject, row.signed_in, json.loads(row.state))

    def standing(self, key: str) -> Literal["open", "locked", "ended"]:
        """Say how a session stands, for a page that stays open; asking is no use of it."""
        session = self.find(key)
        if session is None or session.subject is None:
            return "ended"
        return "locked" if self.is_locked(session) else "open"

    def subject_of(self, key: str) -> str | None:
        """Say whose session a cookie was, also where it ended within the last day."""
        query = select(sessions.c.subject).where(sessions.c.id == _hashed(key))
        with self._reading.begin() as db:
            return db.execute(query).scalar()

    def is_locked(self, session: Session) -> bool:
        """Say whether nobody used it for so long that they must prove again who they are."""
        return self._now() - session.seen > self.limits.idle_minutes * MINUTE_MS

    def keep(self, session: Session) -> None:
        """Keep what changed; it was used now, unless it is locked, or ended meanwhile.

        A page that was slow takes nothing back that another of this session changed since.
        """
        if not self.is_locked(session):
            session.seen = self._now()
        row = (sessions.c.id == _hashed(session.key), sessions.c.ended.is_(None))
        query = select(sessions.c.state, sessions.c.seen).where(*row).with_for_update()
        with self._engine.begin() as db:
            held = db.execute(query).first()
            if held is None:
                return
            state = json.dumps(session.added_to(json.loads(held.state)))
            seen = max(held.seen, session.seen)
            db.execute(update(sessions).where(*row).values(state=state, seen=seen))

    def signed_in(self, session: Session, subject: str, **state: Any) -> Session:
        """Begin anew under another id for somebody who proved who they are: rotation."""
        now = self._now()
        kept = {**state, "csrf": self.drawn()}
        made = replace(
            session, key=self.drawn(), subject=subject, signed_in=now, seen=now, state=kept
        )
        with self._engine.begin() as db:
            db.execute(delete(sessions).where(sessions.c.id == _hashed(session.key)))
            db.execute(insert(sessions).values(id=_hashed(made.key), **_values(made)))
        return made

    def end(self, session: Session) -> None:
        """End a session, as whoever signs out does."""
        with self._engine.begin() as db:
            row = sessions.c.id == _hashed(session.key)
            db.execute(update(sessions).where(row).values(ended=self._now(), state="{}"))

    def revoke(self, subject: str) -> int:
        """End every session of somebody at once; give how many there were."""
        live = (sessions.c.subject == subject, sessions.c.ended.is_(None))
        with self._engine.begin() as db:
            ended = update(sessions).where(*live).values(ended=self._now(), state="{}")
            return db.execute(ended).rowcount

    def live(self) -> list[Session]:
        """List who is signed in, the last used first; what their cookies hold is not known here."""
        query = select(sessions).where(sessions.c.subject.is_not(None), sessions.c.ended.is_(None))
        with self._reading.begin() as db:
            found = db.execute(query.order_by(sessions.c.seen.desc())).all()
        since = self._now() - self._whole_ms
        return [
            Session("", row.began, row.seen, row.subject, row.signed_in, json.loads(row.state))
            for row in found
            if row.signed_in >= since
        ]

    def set_aside(self, subject: str, path: str, fields: Mapping[str, list[str]]) -> None:
        """Keep what somebody was writing on a page when it could not be taken."""
        place = (unsaved.c.subject == subject, unsaved.c.path == path)
        kept = {name: values for name, values in fields.items() if name != "csrf"}
        text = self.seal(kept, f"{subject} {path}")
        with self._engine.begin() as db:
            db.execute(delete(unsaved).where(*place))
            row = {"subject": subject, "path": path, "fields": text, "at": self._now()}
            db.execute(insert(unsaved).values(**row))

    def left(self, subject: str) -> list[str]:
        """List the pages on which somebody has something unsaved, the newest first."""
        kept = (unsaved.c.subject == subject, unsaved.c.at >= self._now() - KEPT_MS)
        query = select(unsaved.c.path).where(*kept).order_by(unsaved.c.at.desc())
        with self._reading.begin() as db:
            return list(db.execute(query).scalars())

    def take_up(self, subject: str, path: str) -> dict[str, list[str]]:
        """Give what somebody was writing on a page; it is kept until its form was taken."""
        place = (unsaved.c.subject == subject, unsaved.c.path == path)
        kept = unsaved.c.at >= self._now() - KEPT_MS
        with self._reading.begin() as db:
            found = db.execute(select(unsaved.c.fields).where(*place, kept)).scalar()
        return self.unseal(found, f"{subject} {path}") if found else {}

    def keep_untaken(self, session: Session, page: Untaken) -> None:
        """Keep a page that shows a form again until this session's browser asks for it."""
        key = _hashed(session.key)
        text = self.seal(page._asdict(), key)
        with self._engine.begin() as db:
            db.execute(delete(untaken).where(untaken.c.id == key))
            db.execute(insert(untaken).values(id=key, page=text, at=self._now()))

    def take_untaken(self, session: Session, path: str) -> Untaken | None:
        """Give the page that shows a form again, once; None where there is none, or it is old."""
        key = _hashed(session.key)
        query = select(untaken.c.page).where(
            untaken.c.id == key, untaken.c.at >= self._now() - MINUTE_MS
        )
        with self._reading.begin() as db:
            found = db.execute(query).scalar()
        page = Untaken(**self.unseal(found, key)) if found else None
        if page is None or page.path != path:
            return None
        with self._engine.begin() as db:
            db.execute(delete(untaken).where(untaken.c.id == key))
        return page

    def seal(self, fields: Mapping[str, Any], about: str) -> str:
        """Write fields so that whoever has the database alone cannot read them."""
        text = json.dumps(fields)
        if self._sealing is None:
            return text
        return base64url.encode(self._sealing.seal(text.encode(), about))

    def unseal(self, text: str, about: str) -> dict[str, Any]:
        """Read fields that were sealed to the same."""
        if self._sealing is not None:
            text = self._sealing.unseal(base64url.decode(text), about).decode()
        fields: dict[str, Any] = json.loads(text)
        return fields

    def drop(self, subject: str, path: str) -> None:
        """Drop what somebody was writing on a page: it was taken, or they threw it away."""
        with self._engine.begin() as db:
            place = (unsaved.c.subject == subject, unsaved.c.path == path)
            db.execute(delete(unsaved).where(*place))

    def drawn(self) -> str:
        """Draw what nobody can guess."""
        return base64url.encode(self._random(ID_BYTES))

    @property
    def _whole_ms(self) -> int:
        return self.limits.whole_minutes * MINUTE_MS


def _hashed(key: str) -> str:
    return sha256(f"candour-session\n{key}".encode()).hexdigest()


def _values(session: Session) -> dict[str, Any]:
    return {
        "subject": session.subject, "state": json.dumps(session.state), "began": session.began,
        "seen": session.seen, "signed_in": session.signed_in,
    }  # fmt: skip
