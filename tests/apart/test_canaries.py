"""A thousand words of personal data on real Kafka, through every outcome: where none may stand."""

import asyncio
import logging
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec
import pytest
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from broker.core.recorded import recorded_of
from broker.shell.connection import Connection
from broker.shell.topics import ensure_agency_topics, ensure_partnership_topics
from contracts import topic
from contracts.draft import Draft
from contracts.entry import Outcome
from contracts.fault import CandourError
from contracts.identifier import agency_of
from deploy import clock
from deploy.broker_home import BrokerHome
from deploy.kafka.server import KafkaServer
from deploy.wiring import Acting, open_acting
from producers.home import Home
from tests.support.aviary import CASE, DESK, HUB, POLICE, Aviary
from tests.support.canary import numbered
from tests.support.reports import concern
from tests.support.running import Running
from tests.support.topics import enter
from tests.vectors.ledger import AGENCIES, PARTNERSHIP, key

SOURCES = (f"{POLICE}/intelligence", f"{HUB}/safeguarding", f"{DESK}/desk", f"{CASE}/night")


class Record(NamedTuple):
    """One record that stands on Kafka; `headers` spelled out."""

    topic: str
    key: bytes
    headers: bytes
    value: bytes


@dataclass
class Searched:
    """What was said, and all that stands of it.

    Attributes:
        folder: of homes and broker; `kafka` is Kafka's.
        logs: every line, before anything is left out of it.
        faults: the texts of what was raised, causes and all.
    """

    aviary: Aviary
    folder: Path
    kafka: Path
    logs: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    metrics: str = ""

    def on(self, name: str) -> set[str]:
        """Find the canaries that stand in a topic's records."""
        return {word for value in self.values(name) for word in numbered(value)}

    def values(self, name: str) -> list[bytes]:
        """Give what stands on a topic."""
        return [one.value for one in self.records if one.topic == name]


@pytest.fixture(scope="module")
def said(server: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Searched:
    """Say it all, let everybody act on it, and gather what stands."""
    folder = tmp_path_factory.mktemp("canaries")
    home = BrokerHome.create(
        folder / "broker", partnership=PARTNERSHIP, kafka=server.address,
        random_bytes=clock.random_bytes,
    )  # fmt: skip
    found = Searched(Aviary(home.trust.log_key), folder, server.folder)
    written = Written()
    logging.getLogger().addHandler(written)
    try:
        with structlog.testing.capture_logs() as lines:
            asyncio.run(play(Running(server.address, PARTNERSHIP, folder), found))
    finally:
        logging.getLogger().removeHandler(written)
    found.logs = [repr(lines), *written.lines]
    return found


class Written(logging.Handler):
    """Takes what libraries log, before their level leaves it out."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


async def play(town: Running, found: Searched) -> None:
    """Found, agree, say and govern, each step once the last one is recorded; then act on it."""
    connection, aviary = Connection(town.kafka), found.aviary
    await ensure_partnership_topics(connection, PARTNERSHIP)
    for agency in AGENCIES:
        await ensure_agency_topics(connection, PARTNERSHIP, agency)
    await town.start()
    try:
        aviary.found()
        await enter(town.kafka, PARTNERSHIP, aviary.take())
        act = aviary.agree()
        await enter(town.kafka, PARTNERSHIP, aviary.take())
        aviary.endorse(act)
        await enter(town.kafka, PARTNERSHIP, aviary.take())
        aviary.tell()
        await enter(town.kafka, PARTNERSHIP, aviary.take())
        aviary.govern()
        await enter(town.kafka, PARTNERSHIP, aviary.take())
        for name in SOURCES:
            acting = open_acting(home_of(town, name))
            await acting.catch_up()
            found.faults += spoiled(acting, aviary)
        found.metrics = repr(town.broker.metrics.snapshot())
    finally:
        await town.stop()
    found.records = await standing(town.kafka)


def home_of(town: Running, name: str) -> Home:
    """Make the home of `<agency>/<system>`, with the key that the founding enrols."""
    agency, _, system = name.partition("/")
    octets = iter([b"a passphrase of 32 random octets", key(name).private.private_bytes_raw()])
    home = Home.create(
        town.folder / "homes" / f"{agency}-{system}", partnership=PARTNERSHIP, agency=agency,
        system=system, kafka=town.kafka, random_bytes=lambda _: next(octets),
    )  # fmt: skip
    home.pin(town.folder / "broker" / "trust.json")
    return home


def spoiled(acting: Acting, aviary: Aviary) -> list[str]:
    """Publish drafts with canaries where no word belongs; give what was raised, in full."""
    plain, faults = concern(acting.outbox), []
    for name in plain.sections:
        for value in ({"unheard_of": aviary.bird()}, [aviary.bird()], aviary.bird()):
            spoilt = {**plain.sections, name: msgspec.Raw(msgspec.json.encode(value))}
            faults.append(raised(acting, msgspec.structs.replace(plain, sections=spoilt)))
    more = {**plain.sections, aviary.bird(): msgspec.Raw(b"{}")}
    return [*faults, raised(acting, msgspec.structs.replace(plain, sections=more))]


def raised(acting: Acting, draft: Draft) -> str:
    """Publish what cannot be published; give every word of the fault."""
    with pytest.raises(CandourError) as fault:
        acting.outbox.publish(draft)
    return "".join(traceback.format_exception(fault.value))


async def standing(address: str) -> list[Record]:
    """Read every record of every topic; Kafka's own are searched in its files."""
    consumer = AIOKafkaConsumer(bootstrap_servers=address, enable_auto_commit=False)
    await consumer.start()
    found: list[Record] = []
    try:
        for name in sorted(await consumer.topics()):
            place = TopicPartition(name, 0)
            consumer.assign([place])
            await consumer.seek_to_beginning(place)
            end = (await consumer.end_offsets([place]))[place]
            while await consumer.position(place) < end:
                for one in (await consumer.getmany(place, timeout_ms=200)).get(place, []):
                    headers = repr(one.headers).encode()
                    found.append(Record(name, one.key or b"", headers, one.value or b""))
    finally:
        await consumer.stop()
    return found


def files(folder: Path) -> Iterator[tuple[Path, set[str]]]:
    """Give every file below a folder with the canaries in it."""
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        yield path, numbered(path.read_bytes().rstrip(b"\0"))


def allowed(said: Searched, agency: str) -> set[str]:
    """Give the canaries that an agency may have, as the aviary wrote it down."""
    if agency == CASE:
        return set(said.aviary.may)
    return {word for word, agencies in said.aviary.may.items() if agency in agencies}


def test_a_thousand_are_said_and_come_to_every_outcome(said: Searched) -> None:
    """What is not said on a pathway shows nothing about it."""
    assert len(said.aviary.may) >= 1000
    ledger = said.values(topic.ledger(PARTNERSHIP))
    decisions = [recorded_of(value).decision for value in ledger]
    came = Counter(one.outcome for one in decisions if one)
    anew = Counter(row.outcome for one in decisions if one for row in one.redecided)
    assert set(came) == set(get_args(Outcome))
    assert set(anew) == {"accepted", "rejected"}
    codes = {str(r.code) for one in decisions if one for r in one.reasons}
    assert "emergency.signature_unverified" in codes


def test_each_agency_is_sent_just_what_it_may_have(said: Searched) -> None:
    """The search would find a canary: those that may be there are found, and no other."""
    for agency in (POLICE, HUB, DESK):
        assert said.on(topic.views(PARTNERSHIP, agency)) == allowed(said, agency), agency
    assert said.on(topic.disclosures(PARTNERSHIP)) == said.aviary.kept


def test_none_is_in_the_ledger_a_receipt_or_what_another_agency_says(said: Searched) -> None:
    """What is kept long names nobody, and who answers a report never repeats it."""
    own = {topic.submissions(PARTNERSHIP, one) for one in (CASE, DESK)}
    own |= {topic.views(PARTNERSHIP, one) for one in AGENCIES} | {topic.disclosures(PARTNERSHIP)}
    others = {one.topic for one in said.records} - own
    assert {topic.ledger(PARTNERSHIP), topic.receipts(PARTNERSHIP, CASE)} <= others
    assert {name: said.on(name) for name in others if said.on(name)} == {}
    theirs = {
        (one.findings.statement or "").encode()
        for one in map(recorded_of, said.values(topic.ledger(PARTNERSHIP)))
        if one.findings and agency_of(one.findings.source) in {POLICE, HUB}
    }
    of_theirs = [
        one
        for one in said.records
        if one.topic == topic.disclosures(PARTNERSHIP) and one.key in theirs
    ]
    assert len(of_theirs) > 100
    assert [one.key for one in of_theirs if numbered(one.value)] == []


def test_none_is_in_a_key_a_header_or_a_topics_name(said: Searched) -> None:
    """These stand in tools, metrics and tombstones, and nobody erases them."""
    for one in said.records:
        assert not numbered(one.topic.encode() + b" " + one.key + b" " + one.headers), one.topic


def test_none_is_in_a_log_line_a_metric_or_a_fault(said: Searched) -> None:
    """Whoever is on duty at night, or reads logs at a supplier, is no party to any agreement."""
    assert said.logs[0] != "[]"
    assert [line for line in [*said.logs, said.metrics] if numbered(line.encode())] == []
    assert len(said.faults) > 50
    assert [text for text in said.faults if numbered(text.encode())] == []


def test_none_is_in_the_brokers_state_or_in_kafkas_own_files(said: Searched) -> None:
    """An index, a checkpoint or a server's log is backed up without anybody asking what is in."""
    assert [path.name for path, words in files(said.folder / "broker") if words] == []
    may = ("submissions.", "disclosures.", "views.")
    found = {path.relative_to(said.kafka).as_posix() for path, words in files(said.kafka) if words}
    held = {name for name in found if name.split("/")[1:2] and name.split("/")[1].startswith(may)}
    assert held
    assert found == held


def test_an_agencys_databases_hold_just_what_it_was_sent(said: Searched) -> None:
    """A consumer may keep what its agency was given, and never what a draft or fault brought."""
    for name in SOURCES:
        agency = name.partition("/")[0]
        held = list(files(said.folder / "homes" / name.replace("/", "-")))
        words = {word for _, some in held for word in some}
        assert words <= allowed(said, agency), name
        assert any(path.suffix == ".sqlite" for path, _ in held)
        if agency == POLICE:
            # A page's end may cut a word in two.
            assert len(words) > 0.9 * len(allowed(said, agency))


def test_none_is_in_a_files_name(said: Searched) -> None:
    """Names of files stand in backups, in lists and on screens."""
    paths = [*said.folder.rglob("*"), *said.kafka.rglob("*")]
    assert [one for one in paths if numbered(str(one).encode())] == []
