"""One agency's consumer: records in, rows and drafts out, in one transaction each.

Pure of Kafka: `consumers.inflow` brings the records, deploy hands in `publish`. A record that
does not prove is kept aside and named; an unverified delivery triggers nothing.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from consumers import acting, aside, reading, standing
from consumers import store as stored
from consumers.arising import causes_of, in_log_order, is_here, said_before, standing_with
from consumers.safeguarding.rules import is_automated
from consumers.store import Store, Wanted
from consumers.worker import Voice, Worker
from contracts import topic
from contracts.draft import Draft
from contracts.duration import MINUTE_MS
from contracts.event import BY_NAME, Audience
from contracts.fault import Transient
from contracts.identifier import agency_of
from contracts.opened import Elapsed, Notice, NotProved, Trust, View, open_view
from contracts.section import Cause

_PUBLIC, _OWN = "public_control", "own"
_TIME_SET = "exercise_time_set"
_GOVERNING = [one.name for one in BY_NAME.values() if one.audience is Audience.PUBLIC_CONTROL]


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
        self._erased, self._ahead, self._at = False, False, 0
        self._learned, self._learning = 0, Lock()
        self._trust, self._workers = trust, workers
        self.topic = topic.views(trust.partnership, voice.agency)
        self.learn()

    def learn(self) -> None:
        """Fold the control views of the store, from where they were folded last.

        Whoever serves and takes nothing in itself calls this before it shows anything: another
        process takes in. What was folded as it came in is folded again, which changes nothing.
        """
        with self._learning, self.store.read() as db:
            for view in self._governed(db, after=self._learned):
                self.voice.partners.take(view)

    def _governed(self, db: Connection, *, after: int = 0) -> Iterator[View]:
        views = stored.views.c
        fresh = (views.event.in_(_GOVERNING), views.place > after, views.leg == _PUBLIC)
        query = select(views.place, views.record).where(*fresh).order_by(views.place)
        for place, record in db.execute(query).all():
            opened = self._opened(record)
            if isinstance(opened, View):
                yield opened
            self._learned = place

    def take(self, came: Sequence[Came]) -> int:
        """Take records in, in order, with the position after them, at once.

        Records before the position were taken in already and change nothing.

        Returns:
            How many were new.

        Raises:
            Transient: another process took them at the same time.
        """
        self._erased, ahead, self._ahead = False, self._ahead, True
        with self.store.write() as db:
            if ahead:  # of a batch that was undone: it must not be judged by what it brings later
                self.voice.partners.take_anew(self._governed(db))
            expected = stored.position(db, self.topic)
            fresh = [one for one in came if one.offset >= expected]
            if not fresh:
                self._ahead = False
                return 0
            self._at = stored.ledger_time(db)
            for one in fresh:
                self._take_one(db, one)
            stored.advance(db, self.topic, expected=expected, to=fresh[-1].offset + 1)
        self._ahead = False
        if self._erased:
            # Where somebody reads meanwhile, `candour erasure confirm` sees to it.
            with suppress(Transient):
                self.store.settle()
        return len(fresh)

    def read_whole(self) -> None:
        """Hear that all that was on the topic was taken in: what fails no more is mended."""
        with self.store.write() as db:
            aside.let_go_of_what_works(db)

    def take_over(self) -> None:
        """Act for the agency from now on, in place of another of its sources."""
        with self.store.write() as db:
            acting.take_over(db, self.voice)

    def position(self) -> int:
        """Give the next offset to read."""
        with self.store.read() as db:
            return stored.position(db, self.topic)

    def publish_waiting(self, publish: Callable[[Sequence[Draft]], object]) -> int:
        """Hand over what is to be said, in order, and mark it; saying it twice is harmless.

        Returns:
            How many were handed over.

        Raises:
            Misuse: there is something to say, and another source of this agency says it.
        """
        count = 0
        while True:
            with self.store.read() as db:
                drafts = stored.unpublished(db)
                if drafts:
                    acting.check(db, self.voice)
            if not drafts:
                return count
            publish(drafts)
            with self.store.write() as db:
                for one in drafts:
                    stored.mark_published(db, one.id)
            count += len(drafts)

    def _take_one(self, db: Connection, came: Came) -> None:
        if came.record is None:
            self._erase(db, came.key.decode("ascii", "replace"))
            return
        try:
            opened = self._opened(came.record)
        except NotProved as failed:
            aside.keep_unproved(db, self.topic, came.offset, came.record, failed.what)
            return
        before, self._at = self._at, max(self._at, opened.head.ledger_time)
        if isinstance(opened, Elapsed):
            stored.pass_time(db, self.topic, opened.head.ledger_time)
            self._pass_time(db, before)
        elif stored.keep(db, opened, came.record):
            self._take_in(db, opened, before)
            for digest in in_log_order(db, opened.delivery.erases):
                # A tombstone says so too, to whoever reads it before Kafka drops it.
                self._erase(db, digest)

    def _pass_time(self, db: Connection, before: int) -> None:
        """Let clocks run out, once each minute of ledger time: on a quiet night too."""
        if self._at // MINUTE_MS > before // MINUTE_MS and self.voice.partners.founding is not None:
            workers = self._acting()
            works = [(one, partial(one.pass_time, db, self._at)) for one in workers]
            self._work(db, None, works, workers)

    def _work(
        self, db: Connection, opened: View | Notice | None,
        works: Sequence[tuple[Worker, Callable[[], list[Wanted]]]], hearing: Sequence[Worker],
    ) -> None:  # fmt: skip
        """Let workers work; what one fails on is set aside by name, and the others go on.

        Args:
            db: an open transaction.
            opened: what they work on; None where only time passed.
            works: whose work it is, and the work.
            hearing: who hears what is wanted said that was never said before.
        """
        failing: Worker | None = None
        fresh, heard = list[tuple[Worker, Draft]](), False
        try:
            with aside.attempt(db):
                for failing, work in works:
                    fresh += [(failing, one.draft) for one in work() if stored.want(db, one)]
                heard = True
                for failing in hearing if fresh else ():
                    failing.wanted(db, [one for _, one in fresh])
        except (Transient, SQLAlchemyError):
            raise
        except Exception as defect:  # noqa: BLE001 - one report must not stop those behind it
            name, what = type(failing).__name__, type(defect).__name__
            # What others say as time passes is heard once; its own it says, and hears, anew.
            lost: list[tuple[str, str | None]] = []
            if opened is None and heard:
                lost = [(one.id, one.id) for whose, one in fresh if whose is not failing]
            for digest, statement in lost or [_named(opened)]:
                aside.set_aside(db, digest, statement, worker=name, what=what)
            # What the others did is undone with it: they do it again.
            others = [one for one in works if one[0] is not failing]
            self._work(db, opened, others, [one for one in hearing if one is not failing])
        else:
            if opened is None:
                aside.clocks_work(db, [type(one).__name__ for one, _ in works])

    def _take_in(self, db: Connection, opened: View | Notice, before: int) -> None:
        """Let everybody see what is new, the ledger time before it given."""
        if opened.delivery.leg == _PUBLIC and isinstance(opened, View):
            self.voice.partners.take(opened)
            self._suspect(db, opened)
        elif isinstance(opened, View) and opened.verified:
            self._remember(db, opened)
        if self.voice.partners.founding is None:
            return
        self._keep_from(db, opened)
        # Time passes first: what this view brings came too late for what ran out before it.
        self._pass_time(db, before)
        if isinstance(opened, View) and opened.statement.kind.name == _TIME_SET:
            return  # it moves an exercise's time on, and says nothing else
        workers = self._acting()
        # Of what is delivered again Kafka keeps the last record: what was said of it came before.
        known = said_before(db, _named(opened)[1])
        works = [(one, partial(one.receive, db, opened, known)) for one in workers]
        self._work(db, opened, works, workers)
        if opened.delivery.leg == _OWN and isinstance(opened, View):
            self._take_back(db, opened)

    def refused(self, statement: str) -> None:
        """Take back what a person did here by a statement that the log did not accept."""
        with self.store.write() as db:
            stored.refused(db, statement)
            for worker in self._workers:
                worker.refused(db, statement)

    def drop_erased(self, statements: Collection[str]) -> set[str]:
        """Drop what was derived anew here and the log erased: no tombstone was there to say so.

        Args:
            statements: ids; what is held is not touched.

        Returns:
            The ids of what is said no more: these, and what names them.
        """
        silent = set[str]()
        with self.store.write() as db:
            for one in statements:
                if stored.row_of(db, one) is None:
                    silent |= stored.silence(db, one)
                    aside.forget(db, one, one)
                    self._forget(db, one)
        return silent

    def unsaid(self, statement: str, causes: Sequence[str], why: str) -> None:
        """Mark what this program said by itself and the log did not accept, and tell a person.

        It would be derived again, and refused again: so it stands here, as what it is. Nothing
        does of what is known on the log after all, or arises from what is not here any more.

        Args:
            statement: its id.
            causes: the ids of what it arises from.
            why: the code of the reason.
        """
        with self.store.write() as db:
            known = [one for one in causes if is_here(db, one)]
            if stored.row_of(db, statement) is None and (known or not causes):
                self._mark_unsaid(db, statement, known, why)

    def _mark_unsaid(self, db: Connection, statement: str, causes: Sequence[str], why: str) -> None:
        about = causes[0] if causes else None
        aside.set_aside(db, statement, about, worker=aside.THE_LOG, what=why)
        standing.mark(db, statement, "unsaid", why)

    def _take_back(self, db: Connection, view: View) -> None:
        """Take back what was done here by a statement that is held, until its release does it.

        So is a decision that was made before a correction reached the desk: it is open again, for
        a person who has read that. What this program said by itself and will never be released is
        marked besides.
        """
        statement, delivery = view.statement, view.delivery
        decided = reading.decides(statement) and not is_automated(statement)
        outdated = decided and reading.is_outdated(db, statement, view.head.index)
        unsaid = standing.is_unsaid(delivery.marks, statement.context.urgency)
        # As an emergency it went to who acts on one, and perhaps not to whom it is put.
        to: str = getattr(statement.sections.get("event"), "addressee", "")
        is_missed = "provisional" in delivery.marks and not self.voice.acts_on_emergencies(to)
        if not (unsaid or outdated or (to and is_missed)):
            return
        for worker in self._workers:
            worker.refused(db, statement.context.id)
        if "closed" in delivery.marks and is_automated(statement):
            why = str(delivery.reasons[0].code)
            self._mark_unsaid(db, statement.context.id, statement.causes, why)

    def _erase(self, db: Connection, digest: str) -> None:
        """Drop an erased statement, and all that rests on it here."""
        self._erased = True
        of = causes_of(db, digest)
        statement = stored.erase(db, digest)
        aside.forget(db, digest, statement)
        standing.forget(db, digest)
        if statement is not None:
            self._forget(db, statement)
        self._see_anew(db, *of)

    def _forget(self, db: Connection, statement: str) -> None:
        standing.forget(db, statement)
        for worker in self._workers:
            worker.forget(db, statement)

    def _keep_from(self, db: Connection, opened: View | Notice) -> None:
        """Remember whom a statement is kept from, and what is held already and kept so too."""
        delivery = opened.delivery
        if not delivery.withheld_from and not delivery.lifted:
            return
        kept, again = delivery.kept, delivery.shown_again
        # What is held, and was told without a section, is known by its digest alone.
        standing.keep_from(db, [*kept, *stored.ids_of(db, kept)], delivery.withheld_from)
        standing.show_again(db, [*again, *stored.ids_of(db, again)], delivery.lifted)

    def _suspect(self, db: Connection, view: View) -> None:
        """Mark what a key signed that is known by now to be compromised; it is looked at again."""
        for kid, since_ms in self.voice.partners.suspect.items():
            reading.revoke(db, kid, view.statement.context.id, view.head.index)
            for statement in standing.suspect(db, kid, since_ms):
                self._reopen(db, statement)

    def _remember(self, db: Connection, view: View) -> None:
        """Read back what this agency said itself, by natural key; mark what is corrected.

        What was said under a key is never said again.
        """
        statement = view.statement
        key = getattr(statement.sections.get("event"), "key", None)
        if agency_of(statement.context.source) == self.voice.agency:
            acting.remember(db, statement, self.voice.agency)
            standing.unmark(db, statement.context.id, "unsaid")
            aside.logged(db, statement.context.id)
            if key is not None:
                stored.said(db, key, statement.context.id)
        given, cause = (
            standing.CORRECTING.get(statement.kind.name),
            statement.sections.get("cause.1"),
        )
        if given is None or not isinstance(cause, Cause):
            return
        for one in standing.otherwise(db, cause.statement, given, statement.context.id):
            self._reopen(db, one)

    def _reopen(self, db: Connection, statement: str) -> None:
        aside.look_again(db, statement)
        for worker in self._workers:
            worker.reopen(db, statement)
        self._see_anew(db, statement)

    def _see_anew(self, db: Connection, *statements: str) -> None:
        """Let everybody see anew what stands with statements of which something was said."""
        known = standing_with(db, *statements)
        for worker in self._workers:
            worker.see_anew(db, known)

    def _acting(self) -> list[Worker]:
        kind = self.voice.kind
        return [worker for worker in self._workers if not worker.kinds or kind in worker.kinds]

    def _opened(self, record: bytes) -> View | Notice | Elapsed:
        keys = self.voice.partners.keys
        return open_view(record, self._trust, keys.get, to=self.voice.agency)


def _named(opened: View | Notice | None) -> tuple[str, str | None]:
    """Give the digest and, where it can be read, the id of what is worked on; or the clocks."""
    if opened is None:
        return aside.CLOCKS, None
    context = opened.statement.context if isinstance(opened, View) else opened.context
    return opened.delivery.statement, context.id if context else None
