"""The review on real Kafka: what its writers signed in the replay, and consumers of their own.

The replay is played in memory first. What people said of it, and governance, is then put on real
topics in the same order, under a broker that holds the replay's log key; what the desks derive is
left out, so that consumers on Kafka must derive it again. The same in memory, without a crash, is
what they are held against.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from sqlalchemy import func, select

from broker.shell.connection import Connection
from broker.shell.topics import ensure_agency_topics, ensure_partnership_topics
from consumers import store as stored
from consumers.figures.rows import facts
from consumers.research.rows import research_tasks
from consumers.responses.rows import duties
from consumers.safeguarding.rows import alerts, origins
from consumers.store import Store
from contracts import topic
from contracts.opened import View, open_view
from contracts.statement import parse
from deploy.broker_home import BrokerHome
from deploy.replay.case import find_case, milliseconds, read_case
from deploy.replay.drawn import drawn
from deploy.replay.founding import agencies_of
from deploy.replay.log import Log
from deploy.replay.offices import DESK, Offices
from deploy.replay.played import Mode
from deploy.replay.playing import play
from deploy.speaking import outbox_of
from producers.home import Home
from tests.support.topics import read_topic

ACTING = ("thames-valley", "mk-mash", "nps-thames-valley")
CASE = "review"
MODE: Mode = "now"
PARTNERSHIP = f"{CASE}-{MODE}"
HELD: dict[str, list[Any]] = {
    "research_tasks": [research_tasks],
    "alerts": [alerts.c[n] for n in ("id", "rule", "statement", "act", "due_at", "role", "closed")],
    "duties": [duties.c[n] for n in ("key", "kind", "about", "role", "due_at")],
    "origins": [origins],
    "said": [stored.to_publish.c.key, stored.to_publish.c.id],
}
"""What is compared: tasks, alerts, duties, proposals, and everything that was said, by its key."""


@dataclass(frozen=True)
class Raw:
    """One signed statement, as it was put on an agency's topic."""

    agency: str
    text: bytes


@dataclass(frozen=True)
class Script:
    """What people said in the replay, in order; and the seed that fixes every key."""

    raws: list[Raw]
    begins: int
    seed: str


def recorded(folder: Path) -> Script:
    """Play the review in memory, and keep what was said but what desks derived.

    Args:
        folder: an empty one.
    """
    written = read_case(find_case(CASE), agencies_of())
    folder.mkdir(mode=0o700)
    played = play(written, mode=MODE, folder=folder, keep=False)
    desks = {Home.open(path).kid for path in folder.iterdir() if path.name.endswith(f"-{DESK}")}
    raws = [Raw(agency, raw) for agency, raw in played.log.submitted if parse(raw).kid not in desks]
    return Script(raws, milliseconds(written.case.begins), f"{CASE}/{MODE}")


def log_of(script: Script) -> Log:
    """Begin the replay's log again, empty."""
    draw = drawn(f"{script.seed}/log")
    return Log(PARTNERSHIP, seed=draw(32), draw=draw, now_ms=script.begins)


def uninterrupted(script: Script, folder: Path) -> dict[str, dict[str, list[Any]]]:
    """Let consumers in memory act on all of it, and give what each then holds."""
    log = log_of(script)
    folder.mkdir(mode=0o700)
    homes = Offices(log, folder, seed=script.seed)
    offices = [homes.open(agency, []) for agency in ACTING]
    for raw in script.raws:
        log.submit(raw.agency, [raw.text])
    log.now_ms = max(one.recorded.head.ledger_time for one in log.entries)
    while sum(office.act() for office in offices):
        pass
    found = {one.agency: held_in(one.acting.store) for one in offices}
    for office in offices:
        office.close()
    return found


def held_in(store: Store) -> dict[str, list[Any]]:
    """Give what is compared of one store: each table in an order of its own, and its figures."""
    with store.read() as db:
        found: dict[str, list[Any]] = {
            name: sorted(map(tuple, db.execute(select(*columns))), key=repr)
            for name, columns in HELD.items()
        }
        return {**found, "figures": sorted(facts(db, None), key=repr)}


def progress_of(store: Store) -> int:
    """Count what a consumer read and said by now."""
    with store.read() as db:
        counts = (
            select(func.count()).select_from(one) for one in (stored.views, stored.to_publish)
        )
        return sum(db.execute(one).scalar_one() for one in counts)


async def on_kafka(script: Script, kafka: str, folder: Path) -> dict[str, Home]:
    """Make topics, the broker's home and the desks' homes; put what was said on the topics.

    Returns:
        The desks' homes by agency.
    """
    octets = iter([b"a passphrase of 32 random octets", drawn(f"{script.seed}/log")(32)])
    broker = BrokerHome.create(
        folder / "broker", partnership=PARTNERSHIP, kafka=kafka, random_bytes=lambda _: next(octets)
    )
    connection = Connection(kafka)
    await ensure_partnership_topics(connection, PARTNERSHIP)
    for agency in agencies_of():
        await ensure_agency_topics(connection, PARTNERSHIP, agency)
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", max_request_size=1 << 20)
    await producer.start()
    try:
        for raw in script.raws:
            name = topic.submissions(PARTNERSHIP, raw.agency)
            await producer.send_and_wait(name, raw.text, key=b"said", partition=0)
            await asyncio.sleep(0.002)  # the sequencer merges by append time, to the millisecond
    finally:
        await producer.stop()
    return {agency: _desk(script, kafka, folder, agency, broker) for agency in ACTING}


def _desk(script: Script, kafka: str, folder: Path, agency: str, broker: BrokerHome) -> Home:
    home = Home.create(
        folder / f"{agency}-{DESK}", partnership=PARTNERSHIP, agency=agency, system=DESK,
        kafka=kafka, random_bytes=drawn(f"{script.seed}/home/{agency}/{DESK}"),
    )  # fmt: skip
    home.pin(broker.folder / "trust.json")
    return home


async def said_on(kafka: str, home: Home) -> Counter[str]:
    """Count the natural keys of what an agency's desk said, from its own views on Kafka."""
    keys = outbox_of(home).partnership.keys
    held = await read_topic(kafka, topic.views(PARTNERSHIP, home.agency.agency))
    seen = (open_view(one.value, home.trust, keys.get, to=home.agency.agency)
            for one in held if one.value)  # fmt: skip
    said = [one.statement for one in seen if isinstance(one, View)]
    ours = [one.sections.get("event") for one in said if one.context.source == home.source]
    return Counter(key for one in ours if (key := getattr(one, "key", None)) is not None)


@contextmanager
def opened(place: Path | str) -> Iterator[Store]:
    """Open a store for a while."""
    store = Store(place)
    try:
        yield store
    finally:
        store.close()
