"""Who may do what on the secured Kafka, asked of Kafka itself; and who is not let in at all."""

import asyncio
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from broker.shell.connection import Connection, closed
from broker.shell.reading import end_of, read_between
from contracts.fault import Misuse, Transient
from deploy import clock
from deploy.broker_home import BrokerHome
from deploy.kafka.applying import Applied
from deploy.kafka.certificates import issue, make_authority
from deploy.kafka.plan import Right, Standing, drift
from producers import access
from producers.access import read_secret, refusal, trusting
from producers.keys import replace_private, write_private
from tests.support.asking import OPERATIONS, QUESTIONS, existing, may, told
from tests.support.command import candour, invoked
from tests.support.secured import HERE, OTHER, Secured, planned

TOWN = {
    "sequencer": "candour.mk-acl.sequencer",
    "dispatcher": "candour.mk-acl.dispatcher",
    "auditor": "candour.mk-acl.auditor",
}
PRINCIPALS = {
    "operations": "admin",
    **TOWN,
    "alpha": "mk-acl.alpha",
    "beta": "mk-acl.beta",
    "beyond": "mk-beyond.gamma",
    "nobody": "nobody",
}
RESOURCES = {
    "submissions alpha": ("TOPIC", "submissions.mk-acl.alpha"),
    "submissions beta": ("TOPIC", "submissions.mk-acl.beta"),
    "views alpha": ("TOPIC", "views.mk-acl.alpha"),
    "views beta": ("TOPIC", "views.mk-acl.beta"),
    "receipts alpha": ("TOPIC", "receipts.mk-acl.alpha"),
    "ledger": ("TOPIC", "ledger.mk-acl"),
    "disclosures": ("TOPIC", "disclosures.mk-acl"),
    "checkpoints": ("TOPIC", "checkpoints.mk-acl"),
    "group alpha": ("GROUP", "mk-acl.alpha.desk.consumer"),
    "group beta": ("GROUP", "mk-acl.beta.desk.consumer"),
    "transactions of the sequencer": ("TRANSACTIONAL_ID", TOWN["sequencer"]),
    "transactions of the dispatcher": ("TRANSACTIONAL_ID", TOWN["dispatcher"]),
}
R, W, C, D, A, S = OPERATIONS
# Written by hand from technical.md 4 and broker/README.md, not from the plan.
ALLOWED: dict[str, dict[str, set[str]]] = {
    "operations": {
        **{name: {R, W, C, D, A, S} for name, (kind, _) in RESOURCES.items() if kind == "TOPIC"},
        "group alpha": {R, D, S},
        "group beta": {R, D, S},
        "transactions of the sequencer": {W, S},
        "transactions of the dispatcher": {W, S},
    },
    "sequencer": {
        "submissions alpha": {R, D, S},
        "submissions beta": {R, D, S},
        "ledger": {R, W, S},
        "disclosures": {R, W, S},
        "transactions of the sequencer": {W, S},
    },
    "dispatcher": {
        "views alpha": {W, S},
        "views beta": {W, S},
        "receipts alpha": {W, S},
        "ledger": {R, S},
        "disclosures": {R, W, S},
        "checkpoints": {R, W, S},
        "transactions of the dispatcher": {W, S},
    },
    "auditor": {"ledger": {R, S}, "disclosures": {R, S}, "checkpoints": {R, S}},
    "alpha": {
        "submissions alpha": {W, S},
        "views alpha": {R, S},
        "receipts alpha": {R, S},
        "group alpha": {R, S},
    },
    "beta": {"submissions beta": {W, S}, "views beta": {R, S}, "group beta": {R, S}},
    "beyond": {},
    "nobody": {},
}


def test_each_of_576_questions_gets_exactly_the_answer_that_was_written_down(
    town: Secured,
) -> None:
    """One right too many is a leak between agencies, one too few a report that never arrives."""
    there_are = {"TOPIC": set(OPERATIONS)} | {
        kind: existing(kind) for kind in ("GROUP", "TRANSACTIONAL_ID")
    }
    assert {(k, o) for k, found in there_are.items() for o in found} == set(QUESTIONS)
    answers: dict[tuple[str, str, str], bool] = {}
    for principal, named in PRINCIPALS.items():
        with town.client(named) as client:
            for resource, (kind, name) in RESOURCES.items():
                for operation in OPERATIONS:
                    known = operation in there_are[kind]
                    answers[principal, resource, operation] = known and may(
                        client, kind, name, operation
                    )
                says = told(client, kind, name)
                granted = {o for o in OPERATIONS if answers[principal, resource, o]}
                assert says is None or says == granted, (principal, resource)
    expected = {
        (principal, resource, operation): operation in ALLOWED[principal].get(resource, set())
        for principal, resource, operation in product(PRINCIPALS, RESOURCES, OPERATIONS)
    }
    assert len(answers) == 576
    assert answers == expected


@pytest.fixture(scope="module", autouse=True)
def stolen(town: Secured, tmp_path_factory: pytest.TempPathFactory) -> Connection:
    """Revoke a certificate that opened a connection, first of all: Kafka needs half a minute."""
    certificate = issued(town, tmp_path_factory.mktemp("stolen"), "candour.mk-acl.stolen")
    connection = town.service(certificate)
    assert asyncio.run(connection.refusal()) is None
    ran = candour("kafka", "revoke", "candour.mk-acl.stolen", "--home", town.folder)
    assert ran.returncode == 0, ran.stderr
    return connection


async def reason(connection: Connection) -> str:
    """Connect as a service, and give the words in which it fails."""
    with pytest.raises(Transient) as refused:
        await connection.client()
    return str(refused.value)


def issued(town: Secured, folder: Path, name: str, **how: Any) -> Path:
    """Write a certificate of the town's own authority."""
    path = folder / f"{name}.pem"
    how = {"now": clock.now(), "random_bytes": clock.random_bytes, **how}
    write_private(path, town.security.issue(name, "services", **how))
    return path


def unchecked(town: Secured, certificate: Path) -> Connection:
    """Connect with a certificate that our own commands would not even try."""
    context = trusting(town.security.authority)
    context.load_cert_chain(certificate)
    arguments = {"security_protocol": "SSL", "ssl_context": context}
    return Connection(town.server.services, arguments)


async def test_expired_and_foreign_certificates_are_refused_by_kafka_and_named_by_us(
    town: Secured, tmp_path: Path
) -> None:
    """Kafka refuses; whoever is on duty reads which of the three it was, and what to do."""
    long_ago = clock.now() - timedelta(days=3)
    expired = issued(
        town, tmp_path, "candour.mk-acl.expired", now=long_ago, lasts=timedelta(days=1)
    )
    stranger = make_authority(now=clock.now(), random_bytes=clock.random_bytes)
    foreign = tmp_path / "foreign.pem"
    held = issue(
        stranger, TOWN["sequencer"], "services", lasts=timedelta(days=1), now=clock.now(),
        random_bytes=clock.random_bytes,
        revoked_at=(town.security.folder / "revoked.crl").as_uri(),
    )  # fmt: skip
    write_private(foreign, held.pem)
    for certificate, said in ((expired, "ran out on"), (foreign, "was not issued by")):
        with pytest.raises(Misuse, match=said) as named:
            town.service(certificate)
        assert "candour kafka apply --renew" in named.value.remedy
        assert "Kafka refuses this certificate" in await reason(unchecked(town, certificate))
    bare = Connection(
        town.server.services,
        {"security_protocol": "SSL", "ssl_context": trusting(town.security.authority)},
    )
    assert "Kafka refuses this certificate" in await reason(bare)


async def test_wrong_and_revoked_secrets_are_refused_in_words(
    town: Secured, tmp_path: Path
) -> None:
    """A wrong secret was a bare `KafkaConnectionError`: nobody on duty can act on that."""
    user = "mk-acl.alpha"
    assert await refusal(town.server.address, town.scram(user)) is None
    await asyncio.to_thread(town.let_in, "mk-acl.gone", tmp_path / "gone")
    _, password = read_secret(tmp_path / "gone")
    assert await refusal(town.server.address, town.scram("mk-acl.gone", password)) is None
    await asyncio.to_thread(town.shut_out, "mk-acl.gone")
    for arguments in (
        town.scram(user, "wrong"),
        town.scram("mk-acl.stranger", "wrong"),
        town.scram("mk-acl.gone", password),
    ):
        refused = await refusal(town.server.address, arguments)
        assert refused is not None
        assert "it is wrong, or it was revoked" in refused.text
        assert "wrong" not in refused.remedy
    plain = await refusal(town.server.address, {})
    assert plain is not None
    assert "does not speak plainly" in plain.text
    elsewhere = {**town.scram(user), "ssl_context": ssl.create_default_context()}
    refused = await refusal(town.server.address, elsewhere)
    assert refused is not None
    assert "does not prove to be the Kafka" in refused.text
    # No password opens what only a certificate may: services' listener knows no users.
    refused = await refusal(town.server.services, town.scram(user))
    assert refused is not None
    assert "does not let agencies in at this address" in refused.text


async def test_that_kafka_is_away_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was opened, so no good-bye is awaited: each command waited for one."""
    monkeypatch.setattr(access, "PROBE_S_MAX", 3600.0)
    async with asyncio.timeout(60):
        assert isinstance(await access.trouble("127.0.0.1:1", {}), Transient)


def test_the_commands_say_what_kafka_refused(town: Secured, tmp_path: Path) -> None:
    """The words must reach the person: exit code 69, the cause, the remedy, no secret."""
    home = tmp_path / "home"
    made = invoked(
        "home", "make", home, "--partnership", "mk-acl", "--agency", "alpha", "--system", "desk",
        "--kafka", town.server.address,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    trust = BrokerHome.create(
        tmp_path / "broker", partnership="mk-acl", kafka=town.server.services,
        random_bytes=clock.random_bytes,
    ).folder / "trust.json"  # fmt: skip
    assert invoked("home", "trust", home, "--from", trust).returncode == 0
    plain = invoked("partnership", "show", "--home", home)
    assert (plain.returncode, plain.stdout) == (69, "")
    assert "does not speak plainly" in plain.stderr
    secret, given = town.handover / "mk-acl.alpha.secret", ("--ca", town.security.authority)
    others = town.handover / "mk-acl.beta.secret"
    refused = invoked("home", "access", home, *given, "--secret", others)
    assert refused.returncode == 64
    assert "another user than this home's agency" in refused.stderr
    assert invoked("home", "access", home, *given, "--secret", secret).returncode == 0
    replace_private(home / "kafka-secret", b"mk-acl.alpha\nnot-the-secret\n")
    wrong = invoked("partnership", "show", "--home", home)
    assert wrong.returncode == 69
    assert "Kafka refuses this agency's user or secret" in wrong.stderr
    assert "candour kafka apply --renew" in wrong.stderr
    assert "not-the-secret" not in wrong.stdout + wrong.stderr
    half = (home / "agency.yaml").read_text().replace("kafka_ca: kafka-ca.pem\n", "")
    replace_private(home / "agency.yaml", half.encode())
    told_half = invoked("partnership", "show", "--home", home)
    assert told_half.returncode == 64
    assert "gives one of `kafka_ca` and `kafka_secret`" in told_half.stderr


async def test_a_deleted_users_live_connection_ends_and_others_go_on(
    town: Secured, tmp_path: Path
) -> None:
    """Revoked means out: also for who was in when it was said; and only for them."""
    stays, leaves = "mk-acl.beta", "mk-acl.leaver"
    await asyncio.to_thread(town.let_in, leaves, tmp_path / "leaver")
    _, password = read_secret(tmp_path / "leaver")
    arguments = town.scram(leaves, password)
    host, _, port = town.server.address.rpartition(":")
    live = await create_conn(host, int(port), **arguments)
    await live.send(MetadataRequest([]))
    name = "submissions.mk-acl.beta"
    producer = AIOKafkaProducer(
        bootstrap_servers=town.server.address, enable_idempotence=True, **town.scram(stays)
    )
    await producer.start()
    try:
        await producer.send_and_wait(name, b"first", partition=0)
        await asyncio.to_thread(town.shut_out, leaves)
        sent = 1
        async with asyncio.timeout(60):
            while live.connected():
                with suppress(KafkaError):
                    await live.send(MetadataRequest([]))
                await producer.send_and_wait(name, b"meanwhile %d" % sent, partition=0)
                sent += 1
                await asyncio.sleep(0.05)
        refused = await refusal(town.server.address, arguments)
        assert refused is not None
        assert "it was revoked" in refused.text
        await producer.send_and_wait(name, b"last", partition=0)
    finally:
        await producer.stop()
        live.close()
    values = await read_as(town.service(town.handover / f"{TOWN['sequencer']}.pem"), name)
    ours = [one for one in values if one != b"asked"]
    assert ours == [b"first", *(b"meanwhile %d" % n for n in range(1, sent)), b"last"]


async def read_as(connection: Connection, name: str) -> list[bytes]:
    """Read a topic from its beginning to its end."""
    consumer = await connection.consumer(committed=False)
    try:
        end = await end_of(consumer, name)
        found = [
            bytes(one.value or b"")
            async for records in read_between(consumer, name, 0, end)
            for one in records
        ]
    finally:
        await closed(consumer)
    return found


def test_drift_is_found_and_mended_both_ways_and_the_neighbours_stay(town: Secured) -> None:
    """Rights that nobody planned, and planned ones that nobody has, look the same from outside."""
    wanted, neighbour = planned(HERE), planned(OTHER)
    assert town.differs(wanted).lines() == []
    assert town.apply(wanted) == Applied()
    views = "views.mk-acl.alpha"
    lost = Right("mk-acl.alpha", "READ", "TOPIC", views)
    kept = Right("mk-beyond.gamma", "WRITE", "TOPIC", "submissions.mk-beyond.gamma")
    gained = (
        Right("mk-beyond.gamma", "READ", "TOPIC", views),
        Right("mk-acl.alpha", "ALL", "TOPIC", "ledger.mk-beyond"),
        Right("mk-acl.alpha", "READ", "GROUP", "mk-acl.", prefixed=True),
        Right("nobody", "DESCRIBE", "TOPIC", "receipts.mk-acl.alpha", effect="DENY"),
    )
    wide = Right("nobody", "READ", "TOPIC", "views.", prefixed=True)
    nothing = planned("mk-nothing", "none")
    empty = drift(nothing, Standing({}, {}, frozenset(), frozenset(), {}))
    spoiled = replace(
        empty,
        missing_topics={"views.mk-acl.extra": {}},
        settings={views: {"retention.ms": "1000", "cleanup.policy": "delete"}},
        missing_rights=(*gained, wide),
        surplus_rights=(lost,),
        quotas={
            "mk-acl.alpha": {"producer_byte_rate": None},
            "mk-acl.beta": {"controller_mutation_rate": 1.0},
        },
    )
    with town.operations() as connected:
        connected.mend(spoiled)
        connected.shut_out(("mk-acl.beta",))
        connected.let_in("mk-acl.intruder", town.handover / "intruder", clock.random_bytes)
    by_hand = {
        f"missing  {views}: cleanup.policy=compact",
        f"surplus  {views}: retention.ms",
        "missing  quota of mk-acl.alpha: producer_byte_rate=1.04858e+06",
        "surplus  quota of mk-acl.beta: controller_mutation_rate",
        "missing  user mk-acl.beta",
        "surplus  user mk-acl.intruder",
        f"missing  {lost}",
        *(f"surplus  {one}" for one in gained),
    }
    for_a_person = {
        "surplus  topic views.mk-acl.extra",
        f"surplus  {wide} (reaches further than this partnership)",
    }
    settled(lambda: set(town.differs(wanted).lines()) == by_hand | for_a_person)
    before = town.differs(neighbour).lines()
    assert set(before) == {
        f"surplus  {gained[0]}",  # its member has too much
        f"surplus  {gained[1]}",  # somebody has too much of its ledger
        f"surplus  {wide} (reaches further than this partnership)",
    }
    done = town.apply(wanted)
    assert set(done.mended) == by_hand
    assert set(done.left) == for_a_person
    assert [path.name for path in done.handed] == ["mk-acl.beta.secret"]
    with town.operations() as connected:
        connected.take_back((wide,))
    done = town.apply(wanted, delete_topics=True)
    assert done.left == []
    settled(lambda: not town.differs(wanted) and not town.differs(neighbour))
    with town.operations() as connected:
        assert kept in connected.standing().rights
    assert town.apply(wanted) == Applied()


def settled(holds: Callable[[], bool]) -> None:
    """Wait until Kafka shows what it was told."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "Kafka does not show it"
        time.sleep(0.1)


async def test_a_revoked_certificate_opens_no_new_connection(stolen: Connection) -> None:
    """A stolen disk must not speak for the sequencer for a year."""
    async with asyncio.timeout(90):  # Kafka reads its list again within half a minute
        while await stolen.refusal() is None:  # noqa: ASYNC110 - Kafka tells nobody
            await asyncio.sleep(0.25)
    assert "was revoked" in await reason(stolen)
