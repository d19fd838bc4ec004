"""Reports half-done, in the sessions' database: sealed, a person's own, gone when sent or old.

The address of a draft holds a random id and nothing else. What was typed is sealed with a key of
the agency's home, so that a copy of the database tells nobody anything. Beside it stands what each
person sent from here, by reference alone, and where they can be reached, to prefill the next.

Source: OWASP ASVS 5.0 V14 (data protection); domain.md 7 (The report: saves half-done).
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    LargeBinary,
    MetaData,
    RowMapping,
    Table,
    Text,
    create_engine,
    delete,
    insert,
    select,
    update,
)

from consumers import embedded, shape
from consumers.desk.reporting.filling import Answers, Typed
from consumers.desk.session import REMEDY, Sealing
from consumers.shape import LOCAL
from contracts import base64url
from contracts.duration import DAY_MS

ID_BYTES = 16
LISTED_MAX = 50

metadata = MetaData()
drafts = Table(
    "desk_drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False, index=True),
    Column("statement", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("began", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False, index=True),
    info=LOCAL,
)
"""One row a report that is being written; `owner` signs in as that, by subject or user name."""

filed = Table(
    "desk_filed",
    metadata,
    Column("statement", Text, primary_key=True),
    Column("owner", Text, nullable=False, index=True),
    Column("draft", Text, nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    info=LOCAL,
)
"""What was sent from here, by whom, out of which draft: references alone."""

reached = Table(
    "desk_reached",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    info=LOCAL,
)
"""Where each reporter said last that they can be reached at work."""


@dataclass
class Draft:
    """A report that is being written.

    Attributes:
        id: opaque, of its address.
        owner: whose it is.
        statement: the reference that it will be sent under.
        answers: by page, as typed.
        causes: references of what was sent of it already, because somebody was in danger.
        changed: in milliseconds.
    """

    id: str
    owner: str
    statement: str
    changed: int
    answers: Answers = field(default_factory=dict)
    causes: list[str] = field(default_factory=list)

    @property
    def is_touched(self) -> bool:
        """Say whether anything was typed or chosen, or sent of it: else it was only opened."""
        typed = (text for one in self.answers.values() for texts in one.values() for text in texts)
        return bool(self.causes) or any(text.strip() for text in typed)


class Drafts:
    """The database of drafts."""

    def __init__(
        self, url: str, *, now_ms: Callable[[], int], random_bytes: Callable[[int], bytes],
        sealing: Sealing, kept_days: int = 7,
    ) -> None:  # fmt: skip
        """Open or make it.

        Args:
            url: SQLAlchemy's, of the sessions' database.
            now_ms: this machine's clock.
            random_bytes: the operating system's generator.
            sealing: what keeps them unreadable.
            kept_days: how long one is kept that nobody goes on with.
        """
        self._engine: Engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
        embedded.embed(self._engine)
        self._now, self._random, self._sealing = now_ms, random_bytes, sealing
        self.kept_ms = kept_days * DAY_MS
        with self._engine.begin() as db:
            remedy = REMEDY.format(self._engine.url.database)
            shape.make(db, metadata.sorted_tables, remedy=remedy)

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    def begin(self, owner: str, statement: str, answers: Answers | None = None) -> Draft:
        """Begin a report for somebody; what is too old goes."""
        now = self._now()
        made = Draft(base64url.encode(self._random(ID_BYTES)), owner, statement, now, answers or {})
        with self._engine.begin() as db:
            db.execute(insert(drafts).values(id=made.id, began=now, **self._values(made)))
        self.drop_old()
        return made

    def find(self, draft: str, owners: Collection[str]) -> Draft | None:
        """Give a report that is being written to its owner, known by any of some names."""
        where = (drafts.c.id == draft, drafts.c.owner.in_(owners))
        with self._engine.begin() as db:
            row = db.execute(select(drafts).where(*where, self._is_kept())).mappings().first()
        return self._opened(row) if row else None

    def keep(self, draft: Draft) -> None:
        """Keep what changed."""
        draft.changed = self._now()
        with self._engine.begin() as db:
            row = drafts.c.id == draft.id
            db.execute(update(drafts).where(row).values(**self._values(draft)))

    def drop(self, draft: Draft) -> None:
        """Drop one: it was sent, or its owner does not want it."""
        with self._engine.begin() as db:
            db.execute(delete(drafts).where(drafts.c.id == draft.id))

    def of(self, owners: Collection[str]) -> list[Draft]:
        """List what somebody is writing, the newest first."""
        query = select(drafts).where(drafts.c.owner.in_(owners), self._is_kept())
        with self._engine.begin() as db:
            ordered = query.order_by(drafts.c.changed.desc()).limit(LISTED_MAX)
            return [self._opened(row) for row in db.execute(ordered).mappings()]

    def drop_old(self) -> int:
        """Drop what nobody went on with for too long; give how many there were."""
        with self._engine.begin() as db:
            return db.execute(delete(drafts).where(~self._is_kept())).rowcount

    def file(self, draft: Draft) -> None:
        """Remember what was sent of a report, and by whom."""
        with self._engine.begin() as db:
            db.execute(delete(filed).where(filed.c.statement == draft.statement))
            row = {"statement": draft.statement, "owner": draft.owner, "draft": draft.id}
            db.execute(insert(filed).values(**row, at=self._now()))

    def filed_of(self, draft: str, owners: Collection[str]) -> str | None:
        """Give the reference of what was sent last of a draft, to its owner."""
        where = (filed.c.draft == draft, filed.c.owner.in_(owners))
        query = select(filed.c.statement).where(*where).order_by(filed.c.at.desc())
        with self._engine.begin() as db:
            return db.execute(query.limit(1)).scalar()

    def is_filed_by(self, statement: str, owners: Collection[str]) -> bool:
        """Say whether somebody sent something from here."""
        where = (filed.c.statement == statement, filed.c.owner.in_(owners))
        with self._engine.begin() as db:
            return db.execute(select(filed.c.at).where(*where)).first() is not None

    def filed_by(self, owners: Collection[str], count: int, *, skip: int = 0) -> Sequence[str]:
        """List the references of what somebody sent, the newest first, after the first of them."""
        query = select(filed.c.statement).where(filed.c.owner.in_(owners))
        with self._engine.begin() as db:
            newest = query.order_by(filed.c.at.desc(), filed.c.statement.desc()).limit(count)
            return list(db.execute(newest.offset(skip)).scalars())

    def reach(self, owner: str, typed: Typed) -> None:
        """Remember where somebody can be reached, to prefill their next report."""
        sealed = self._sealing.seal(json.dumps(typed).encode(), owner)
        with self._engine.begin() as db:
            db.execute(delete(reached).where(reached.c.owner == owner))
            db.execute(insert(reached).values(owner=owner, sealed=sealed))

    def reached(self, owner: str) -> Typed:
        """Give where somebody said last that they can be reached; nothing where they never did."""
        query = select(reached.c.sealed).where(reached.c.owner == owner)
        with self._engine.begin() as db:
            sealed = db.execute(query).scalar()
        return json.loads(self._sealing.unseal(sealed, owner)) if sealed else {}

    def _is_kept(self) -> Any:
        return drafts.c.changed > self._now() - self.kept_ms

    def _values(self, draft: Draft) -> dict[str, Any]:
        text = json.dumps([draft.answers, draft.causes]).encode()
        return {
            "owner": draft.owner, "statement": draft.statement, "changed": draft.changed,
            "sealed": self._sealing.seal(text, draft.id),
        }  # fmt: skip

    def _opened(self, row: RowMapping) -> Draft:
        answers, causes = json.loads(self._sealing.unseal(row["sealed"], row["id"]))
        return Draft(row["id"], row["owner"], row["statement"], row["changed"], answers, causes)
