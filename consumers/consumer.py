"""One agency's consumer: records in, rows and drafts out, in one transaction each.

Pure of Kafka: `consumers.inflow` brings the records, deploy hands in `publish`. A record that
does not prove is kept aside and named; an unverified delivery triggers nothing.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from consumers import store as stored
from consumers.store import Store
from consumers.worker import Voice, Worker
from contracts import topic
from contracts.draft import Draft
from contracts.identifier import agency_of
from contracts.opened import NotProved, Trust, View, open_view

_PUBLIC = "public_control"


class Came(NamedTuple):
    """One record of the views topic; `record` is None for a tombstone."""

    offset: int
    key: bytes
    record: bytes | None


class Consumer:
    """Takes an agency's views in, and says what its workers want said."""

    def __init__(
        self, store: Store, *, voice: Voice, trust: Trust, workers: Sequence[Worker]
    ) -> None:
        """Go on where the store stands.

        Args:
            store: its database.
            voice: who speaks; its partners are folded from the store's control views.
            trust: the partnership's pinned log.
            workers: in the order in which each view is taken.
        """
        self.store, self.voice = store, voice
        self._trust, self._workers = trust, workers
        self.topic = topic.views(trust.partnership, voice.agency)
        with store.read() as db:
            self._learn(db)

    def take(self, came: Sequence[Came]) -> int:
        """Take records in, in order, with the position after them, at once.

        Records before the position were taken in already and change nothing.

        Returns:
            How many were new.

        Raises:
            Transient: another process took them at the same time.
        """
        with self.store.write() as db:
            expected = stored.position(db, self.topic)
            fresh = [one for one in came if one.offset >= expected]
            if not fresh:
                return 0
            for one in fresh:
                self._take_one(db, one)
            stored.advance(db, self.topic, expected=expected, to=fresh[-1].offset + 1)
        return len(fresh)

    def position(self) -> int:
        """Give the next offset to read."""
        with self.store.read() as db:
            return stored.position(db, self.topic)

    def publish_waiting(self, publish: Callable[[Draft], object]) -> int:
        """Hand over what is to be said, in order, and mark each; saying it twice is harmless.

        Returns:
            How many were handed over.
        """
        count = 0
        while True:
            with self.store.read() as db:
                drafts = stored.unpublished(db)
            if not drafts:
                return count
            for one in drafts:
                publish(one)
                with self.store.write() as db:
                    stored.mark_published(db, one.id)
            count += len(drafts)

    def _take_one(self, db: Connection, came: Came) -> None:
        if came.record is None:
            stored.erase(db, came.key.decode("ascii", "replace"))
            return
        try:
            view = self._opened(came.record)
        except NotProved as failed:
            row = stored.upsert(db, stored.unproved).values(
                topic=self.topic, offset=came.offset, what=failed.what, record=came.record
            )
            db.execute(row.on_conflict_do_nothing())
            return
        before = stored.ledger_time(db)
        if not stored.keep(db, view, came.record):
            return
        if view.delivery.leg == _PUBLIC:
            self.voice.partners.take(view)
        elif view.verified:
            self._remember_own(db, view)
        if self.voice.partners.founding is None:
            return
        at = max(before, view.head.ledger_time)
        for worker in self._acting():
            # Time passes first: what this view brings came too late for what ran out before it.
            wanted = worker.pass_time(db, at) if at > before else []
            if view.verified and view.delivery.leg != _PUBLIC:
                wanted += worker.take(db, view)
            for one in wanted:
                stored.want(db, one)

    def _remember_own(self, db: Connection, view: View) -> None:
        """Read back what this agency said itself, by natural key: it is never said again."""
        statement = view.statement
        key = getattr(statement.sections.get("event"), "key", None)
        if key is not None and agency_of(statement.context.source) == self.voice.agency:
            stored.said(db, key, statement.context.id)

    def _acting(self) -> list[Worker]:
        kind = self.voice.kind
        return [worker for worker in self._workers if not worker.kinds or kind in worker.kinds]

    def _learn(self, db: Connection) -> None:
        """Fold the control views that the store holds."""
        partners = self.voice.partners
        query = select(stored.views.c.record).where(stored.views.c.leg == _PUBLIC)
        for record in db.execute(query.order_by(stored.views.c.place)).scalars():
            partners.take(self._opened(record))

    def _opened(self, record: bytes) -> View:
        keys = self.voice.partners.keys
        return open_view(record, self._trust, keys.get, to=self.voice.agency)
