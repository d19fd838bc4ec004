"""A source of the played partnership: real home, outbox and inbox; the log in memory, no Kafka.

For what an outbox stores and what it learns. No test of delivery itself uses it.
"""

import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import RowMapping, select

from contracts.draft import Draft
from deploy.speaking import outbox_of
from producers.home import Home
from producers.inbox import Came, Inbox
from producers.keys import write_private
from producers.outbox import Outbox
from producers.tables import generations, metadata
from tests.support.reports import concern
from tests.support.stranger import read, seeded
from tests.support.town import CASE, Town
from tests.vectors.ledger import CLOCK_MS, PARTNERSHIP, agreement, endorsement, key


def home_of(folder: Path, name: str = CASE) -> Home:
    """Make the home of `<agency>/<system>`, with the key that the played founding enrols."""
    agency, _, system = name.partition("/")
    octets = iter([b"a passphrase of 32 random octets", key(name).private.private_bytes_raw()])
    return Home.create(
        folder, partnership=PARTNERSHIP, agency=agency, system=system, kafka="127.0.0.1:1",
        random_bytes=lambda _: next(octets),
    )  # fmt: skip


def ids_of(draw: Callable[[int], bytes]) -> Callable[[], str]:
    """Make a source of UUIDv7 that a seed fixes."""

    def new_id() -> str:
        drawn = draw(16).hex()
        return f"{drawn[:8]}-{drawn[8:12]}-7{drawn[13:16]}-8{drawn[17:20]}-{drawn[20:32]}"

    return new_id


def adopt(town: Town, **changes: Any) -> None:
    """Adopt one more agreement in a played partnership, every party endorsing it."""
    act = agreement(**changes)
    town.played.govern("mk-csp", "act_proposed", {"proposal": act})
    for party in act["agreement"]["parties"]:
        town.played.govern(party["agency"], "act_endorsed", endorsement(act))
    town.flow()
    adopted = town.log.state.agreements.versions.get(act["agreement"]["id"], {})
    assert act["agreement"]["version"] in adopted, "a leg that is spelt wrong carries nothing"


def publish_many(folder: Path, count: int) -> list[str]:
    """Publish so many reports from a home, as a process of its own does."""
    outbox = outbox_of(Home.open(folder))
    said = [outbox.publish(concern(outbox)) for _ in range(count)]
    outbox.database.close()
    return said


def stored_in(folder: Path) -> list[str]:
    """List what a home's outbox holds, as a process of its own sees it."""
    return [row["id"] for row in outbox_of(Home.open(folder)).rows()]


class Speaker:
    """One source: what a process of its home does, step by step."""

    def __init__(self, folder: Path, *, town: Town | None = None, name: str = CASE) -> None:
        """Make the home, its trust pinned, and open it; nothing has been read yet."""
        self.town = town or Town()
        self.agency = name.partition("/")[0]
        self._draw = seeded(f"speaker/{name}")
        self.home = home_of(folder, name)
        write_private(folder / "trust.json", msgspec.json.encode(self.town.log.trust))
        self.open()

    def open(self) -> None:
        """Open outbox and inbox, as a process that starts does."""
        self.new_id = ids_of(self._draw)
        self.outbox = Outbox(
            self.home, now_ms=lambda: CLOCK_MS, random_bytes=self._draw, new_id=self.new_id
        )
        self.inbox = Inbox(self.outbox)

    def add(self, line: str) -> None:
        """Add a line to `agency.yaml`, and start again."""
        path = self.home.folder / "agency.yaml"
        path.write_text(f"{path.read_text()}{line}\n")
        self.close()
        self.home = Home.open(self.home.folder)
        self.open()

    def close(self) -> None:
        """Give back the database's files, as a process that ends does."""
        self.outbox.database.close()

    def came(self) -> list[Came]:
        """Give all that stands on the agency's topics, views first as the sender takes them."""
        log = self.town.log
        pairs = ((self.inbox.views, log.views), (self.inbox.receipts, log.receipts))
        return [
            Came(name, offset, value)
            for name, held in pairs
            for offset, (_, value) in enumerate(held.get(self.agency, []))
        ]

    def read(self) -> None:
        """Take in what came since the last time."""
        positions = {name: self.inbox.position(name) for name in self.topics}
        self.inbox.take([one for one in self.came() if one.offset >= positions[one.topic]])

    @property
    def topics(self) -> tuple[str, str]:
        """The topics that are read."""
        return self.inbox.views, self.inbox.receipts

    def send(self) -> None:
        """Put what waits on the agency's topic, as the sender does, and let the log decide it."""
        batch = self.outbox.waiting()
        self.town.log.submit_all(self.agency, [one.raw for one in batch])
        self.town.log.deliver()
        self.outbox.mark_sent([one.digest for one in batch])

    def say(self, draft: Draft | None = None) -> str:
        """Publish a draft (else a complete report), send it and read the receipt; give its id."""
        said = self.outbox.publish(draft or concern(self.outbox))
        self.send()
        self.read()
        return said

    def row(self, said: str) -> RowMapping:
        """Give the row of a statement that was published here."""
        found = self.outbox.row(said)
        if found is None:
            raise KeyError(said)
        return found

    def stands(self, said: str) -> tuple[str, str | None]:
        """Say where a statement stands: its state and outcome."""
        row = self.row(said)
        return row["state"], row["outcome"]

    def tables(self, *, apart: Iterable[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
        """Give every row of every table, but for the tables named."""
        with self.outbox.database.read() as db:
            return {
                table.name: [tuple(row) for row in db.execute(select(table))]
                for table in metadata.sorted_tables
                if table.name not in apart
            }

    def check_rereading(self) -> None:
        """Check that all that ever came changes nothing when it comes again, in any order."""
        before = self.tables(apart=["positions"])
        came = self.came()
        for again in (came[::-1], sorted(came, key=lambda one: one.offset), came):
            self.inbox.take(again)
            assert self.tables(apart=["positions"]) == before

    def generations(self) -> list[str]:
        """Say why each generation of the outbox began."""
        with self.outbox.database.read() as db:
            return list(db.execute(select(generations.c.reason)).scalars())

    def on_log(self) -> list[str]:
        """List the ids of every statement recorded, verified, as often as it stands on the log."""
        entries = [one.recorded for one in self.town.log.entries]
        return [one.findings.id for one in entries if one.findings and one.head.kid]

    def numbers_on_log(self) -> dict[str, list[int]]:
        """List the numbers that are used on the log, by stream."""
        found: dict[str, list[int]] = defaultdict(list)
        for one in self.town.log.entries:
            findings, items = one.recorded.findings, one.recorded.items
            if findings is not None and one.recorded.head.kid is not None:
                found[findings.stream].append(findings.sequence)
            for item in items:
                if item.stream is not None and item.sequence is not None:
                    found[item.stream].append(item.sequence)
        return found

    def opened(self, raw: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
        """Read a statement's exact bytes with none of our code: context and sections."""
        return read(raw, self.home.public_key)

    def back_up(self, folder: Path, *, files: str = "outbox.sqlite*") -> None:
        """Copy the database, as a nightly backup does; `outbox.*` takes the marker too."""
        self.close()
        folder.mkdir()
        for file in self.home.folder.glob(files):
            shutil.copy2(file, folder / file.name)

    def restore(self, folder: Path) -> None:
        """Put an older copy of the database in the place of this one, and start again on it."""
        self.close()
        for file in self.home.folder.glob("outbox.sqlite*"):
            file.unlink()
        for file in folder.iterdir():
            shutil.copy2(file, self.home.folder / file.name)
        self.open()
