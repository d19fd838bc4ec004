"""The agencies of a replay: real homes, keys, outboxes, inboxes, consumers and stores.

Each agency has a home whose key governs, one whose consumer acts, and one for each writer who
speaks for it: a writer's references are its own, and so are the random tokens that go out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from sqlalchemy import create_engine, make_url
from sqlalchemy.schema import CreateSchema

from consumers.consumer import Came as Viewed
from consumers.consumer import Consumer
from consumers.store import Store, ledger_time
from consumers.worker import Voice
from contracts.agreement import Basis
from contracts.draft import Draft
from contracts.entry import ReasonGiven
from contracts.event.control import SourceKey
from contracts.fault import InvariantBroken, Misuse
from contracts.opened import Receipt, open_receipt
from contracts.reason import Reason
from deploy.matching import weighing_of
from deploy.replay.clocks import next_clock
from deploy.replay.drawn import drawn, ids_at
from deploy.replay.log import Log
from deploy.wiring import STORE, Acting
from deploy.workers import workers_of
from producers.home import Home
from producers.inbox import Came, Inbox
from producers.keys import write_private
from producers.outbox import Outbox
from producers.partnership import Partnership

CONTROL, DESK = "control", "desk"
"""The systems of an agency that speak for no writer."""
NOWHERE = "127.0.0.1:1"
"""Where a home's Kafka would be: a replay has none, and reaches nobody."""
AGENCY = "AGENCY"
"""What stands for the agency's id in the address of a database."""


class Source:
    """One source: its home, its outbox, and what it reads of the log."""

    def __init__(self, log: Log, home: Home, seed: str) -> None:
        """Open the home's outbox on the exercise's time."""
        self.log, self.home = log, home
        self.draw = drawn(f"{seed}/outbox/{home.source}")
        self.new_id = ids_at(lambda: log.now_ms, self.draw)
        self.outbox = Outbox(
            home, now_ms=lambda: log.now_ms, random_bytes=self.draw, new_id=self.new_id
        )
        self._inbox = Inbox(self.outbox)

    def say(self, draft: Draft, *, basis: Basis | None = None) -> Receipt:
        """Say one thing now, and read what was decided on it."""
        self.outbox.publish(draft, time_ms=self.log.now_ms, basis=basis)
        self.send()
        self.read(views=False)
        return self.receipt(draft.id)

    def send(self) -> None:
        """Put what waits on the agency's topic, and let the log decide it."""
        while waiting := self.outbox.waiting():
            self.log.submit(self.home.agency.agency, [one.raw for one in waiting])
            self.outbox.mark_sent([one.digest for one in waiting])

    def read(self, *, views: bool = True) -> None:
        """Take in what came since the last time, views first; or receipts alone."""
        agency, inbox = self.home.agency.agency, self._inbox
        pairs = [(inbox.receipts, self.log.receipts)]
        if views:
            pairs.insert(0, (inbox.views, self.log.views))
        came = []
        for name, held in pairs:
            first = inbox.position(name)
            fresh = held.get(agency, [])[first:]
            came += [Came(name, at, one.value, one.key) for at, one in enumerate(fresh, first)]
        if came:
            inbox.take(came)

    def receipt(self, statement: str) -> Receipt:
        """Give the newest decision on something that was said from here, proved.

        Raises:
            InvariantBroken: the log has not decided it.
        """
        row = self.outbox.row(statement)
        if row is None or row["receipt"] is None:
            raise InvariantBroken(
                "The log of the replay did not decide a statement.",
                remedy="Report this to the developers, with the case.",
            )
        return open_receipt(row["receipt"], self.home.trust)

    def insist(self, draft: Draft) -> None:
        """Say something that must be accepted: the partnership stands on it.

        Raises:
            Misuse: it was refused; the text gives each reason's remedy.
        """
        receipt = self.say(draft)
        if receipt.part.outcome != "accepted":
            raise Misuse(
                f"The partnership cannot be set up: {draft.event} is refused "
                f"({', '.join(one.code for one in receipt.part.reasons)}).",
                remedy=" ".join(remedies(receipt.part.reasons)),
            )


def remedies(reasons: Sequence[ReasonGiven]) -> list[str]:
    """List what to do about reasons, each once."""
    return list(dict.fromkeys(Reason.told(one.code)[0] for one in reasons))


@dataclass
class Office:
    """One agency: what governs for it, what acts for it, and its writers' own sources."""

    agency: str
    control: Source
    desk: Source
    acting: Acting
    writers: Mapping[str, Source]
    _looked: int = field(default=0, init=False)
    """How many records its topic held when it was last looked at, and how many were taken in."""
    _taken: int | None = field(default=None, init=False)
    _read_until: int | None = field(default=None, init=False)
    _due: tuple[int, int | None] | None = field(default=None, init=False)
    """From when, and when its next clock runs out: known until its consumer reads again."""

    def act(self, *, whole: bool = False) -> bool:
        """Let the agency's consumer read and say what it wants said; give whether it read.

        Args:
            whole: read also where time alone came and nothing ran out.
        """
        log, consumer = self.desk.log, self.acting.consumer
        views = log.views.get(self.agency, [])
        if len(views) == self._looked and not whole:
            return False  # nothing came, not even time
        first = consumer.position() if self._taken is None else self._taken
        self._looked, fresh = len(views), views[first:]
        if not whole and all(one.key in log.times for one in fresh) and not self._runs_out():
            # Time alone came, and no clock here has run out: it is read with what comes next.
            return False
        consumer.take([Viewed(at, one.key, one.value) for at, one in enumerate(fresh, first)])
        consumer.publish_waiting(self._publish)
        # What it said came onto its own topic meanwhile, and is read next time.
        self._taken, self._read_until, self._due = first + len(fresh), None, None
        return True

    def next_clock(self, after: int) -> int | None:
        """Give when the next clock of this agency runs out after a time (`clocks.next_clock`)."""
        known = self._due
        if known is None or known[0] > after or (known[1] is not None and known[1] <= after):
            known = self._due = after, next_clock([self.acting.store], after)
        return known[1]

    def _runs_out(self) -> bool:
        """Say whether a clock of this agency has run out since its consumer last read."""
        if self._read_until is None:
            with self.acting.store.read() as db:
                self._read_until = ledger_time(db)
        due = self.next_clock(self._read_until)
        return due is not None and due <= self.desk.log.now_ms

    def _publish(self, drafts: Sequence[Draft]) -> None:
        self.desk.read()  # the outbox must know what the consumer knows: agreements, time
        self.desk.outbox.publish_all(drafts)
        self.desk.send()

    @property
    def sources(self) -> Iterator[Source]:
        """Every source of the agency."""
        yield from (self.control, self.desk, *self.writers.values())

    def close(self) -> None:
        """Give back every database."""
        for source in self.sources:
            source.outbox.database.close()
        self.acting.store.close()


class Offices:
    """Every agency's homes in one folder, made for a partnership that is not founded yet."""

    def __init__(self, log: Log, folder: Path, *, seed: str, store: str | None = None) -> None:
        """Prepare to make homes.

        Args:
            log: of the replay.
            folder: for homes, an empty one.
            seed: fixes every key and token.
            store: where the consumers' databases are (`place_of`); None for a file in each
                agency's home.
        """
        self._log, self._folder, self._seed, self._store = log, folder, seed, store
        self.trust = folder / "trust.json"
        write_private(self.trust, msgspec.json.encode(log.trust) + b"\n")

    def open(self, agency: str, writers: Sequence[str]) -> Office:
        """Make an agency's homes: one that governs, one that acts, one for each writer."""
        where = place_of(self._store, agency) if self._store is not None else None
        control, desk = self._source(agency, CONTROL), self._source(agency, DESK, store=where)
        home = desk.home
        voice = Voice(agency, home.source, home.agency.accountable, Partnership(), home.credential)
        store = Store(where or home.folder / STORE)
        weighing = weighing_of(home.folder)
        workers = workers_of(voice, weighing, home.folder)
        consumer = Consumer(store, voice=voice, trust=home.trust, workers=workers)
        acting = Acting(home, desk.outbox, store, consumer, weighing)
        own = {writer: self._source(agency, writer) for writer in writers}
        return Office(agency, control, desk, acting, own)

    def _source(self, agency: str, system: str, *, store: str | None = None) -> Source:
        home = Home.create(
            self._folder / f"{agency}-{system}", partnership=self._log.partnership, agency=agency,
            system=system, kafka=NOWHERE,
            random_bytes=drawn(f"{self._seed}/home/{agency}/{system}"),
        )  # fmt: skip
        home.pin(self.trust)
        if store is not None and store.startswith("postgresql:"):
            with (home.folder / "agency.yaml").open("a") as file:
                file.write(f"store: {store}\n")
        return Source(self._log, home, self._seed)


def keys_of(office: Office) -> list[SourceKey]:
    """List an agency's keys as its founding names them."""
    return [
        source.home.source_key(["control"] if source is office.control else ["statements"])
        for source in office.sources
    ]


def place_of(address: str, agency: str) -> str:
    """Give the address of one agency's database; on PostgreSQL a schema of its own, made here.

    Args:
        address: a PostgreSQL database, or a SQLite file with `AGENCY` in its name.
        agency: its id.

    Raises:
        Misuse: every agency would use one database, or the address has a password in it.
    """
    url = make_url(address)
    if url.password is not None:
        raise Misuse(
            "The database's password stands in its address.",
            remedy="Leave it out: it belongs in ~/.pgpass, which nobody else reads.",
        )
    if url.get_backend_name() != "postgresql":
        if AGENCY not in address:
            raise Misuse(
                "Every agency's consumer needs a database of its own.",
                remedy=f"Write {AGENCY} where the agency's id is to stand, for example "
                "sqlite:////tmp/replay/AGENCY.sqlite.",
            )
        return address.replace(AGENCY, agency)
    schema = agency.replace("-", "_")
    engine = create_engine(url.set(drivername="postgresql+psycopg"))
    with engine.begin() as db:
        db.execute(CreateSchema(schema, if_not_exists=True))
    engine.dispose()
    url = url.set(drivername="postgresql").update_query_dict({"options": f"-csearch_path={schema}"})
    return url.render_as_string()
