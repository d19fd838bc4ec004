"""The Kafka of one machine: started, found, stopped, killed, and the topics made on it."""

import json
from pathlib import Path

import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from broker.shell.connection import Connection, closed
from broker.shell.topics import ensure_agency_topics, ensure_partnership_topics, find_topics
from contracts import topic
from deploy.demo.kept import MARK
from deploy.kafka.server import KafkaServer
from tests.support.command import candour, invoked
from tests.support.topics import put_records, read_topic


async def test_kafka_keeps_address_and_records_through_a_power_cut(tmp_path: Path) -> None:
    """An agency's configuration names the address; a restart may not move it or lose anything."""
    server = KafkaServer(tmp_path / "kafka")
    address = server.start()
    try:
        await ensure_agency_topics(Connection(address), "mk-power", "mk-hub")
        name = topic.submissions("mk-power", "mk-hub")
        await put_records(address, name, [b"one", b"two"])
        pid = server.status().pid
        assert server.start() == address
        assert server.status().pid == pid
        server.kill()
        assert not server.status().running
        assert server.start() == address
        assert [one.value for one in await read_topic(address, name)] == [b"one", b"two"]
    finally:
        server.stop()
    assert not server.status().running


def test_the_command_starts_finds_and_stops_it(tmp_path: Path) -> None:
    """Whoever is on duty has the command, not the class."""
    home = str(tmp_path / "kafka")

    def kafka(verb: str, *options: str) -> tuple[int, str]:
        run = candour if options else invoked  # the server must outlive what started it
        ran = run("kafka", verb, "--home", home, *options)
        said.append(ran.stderr)
        return ran.returncode, ran.stdout.strip()

    said: list[str] = []
    (tmp_path / MARK).touch()
    code, address = kafka("up", "--plain")
    assert "new and NOT secured: anybody on this machine may do anything" in said[-1]
    try:
        assert (code, address.rpartition(":")[0]) == (0, "127.0.0.1")
        assert kafka("up") == (0, address)
        assert "It is NOT secured" in said[-1]
        assert kafka("status")[1].startswith(f"running  {address}")
        assert kafka("address") == (0, address)
        played = invoked("demo", "--folder", tmp_path, "--afresh")
        assert (played.returncode, "is in use: its Kafka" in played.stderr) == (64, True)
    finally:
        assert kafka("down")[0] == 0
    assert kafka("status")[0] == 1
    assert json.loads((tmp_path / "kafka" / "ports.json").read_text())[0] == int(
        address.rpartition(":")[2]
    )


@pytest.mark.parametrize("verb", ["up", "down", "status", "address"])
def test_a_folder_whose_name_is_mistyped_gets_no_kafka(verb: str, tmp_path: Path) -> None:
    """A new, empty Kafka that everybody may write to, started for a slip, looks like lost work."""
    mistyped = tmp_path / "kafak"
    ran = invoked("kafka", verb, "--home", mistyped)
    assert (ran.returncode, ran.stdout) == (64, "")
    assert f"There is no Kafka in {mistyped}." in ran.stderr
    assert not mistyped.exists()


def test_a_kafka_that_was_secured_and_never_started_has_no_address_yet(tmp_path: Path) -> None:
    """An address that is only made up by the asking would be written into every home."""
    assert invoked("kafka", "secure", "--home", tmp_path).returncode == 0
    asked = invoked("kafka", "address", "--home", tmp_path)
    assert (asked.returncode, "was never started" in asked.stderr) == (64, True)
    assert not (tmp_path / "ports.json").exists()


async def test_topics_have_the_settings_their_promises_need(kafka: str) -> None:
    """A submissions topic that forgets by time, or takes the sender's clock, loses the order."""
    connection = Connection(kafka)
    for _ in range(2):  # what is there stays
        await ensure_partnership_topics(connection, "mk-settings")
        await ensure_agency_topics(connection, "mk-settings", "mk-hub")
    found = await find_topics(connection)
    names = {
        topic.submissions("mk-settings", "mk-hub"): {
            "message.timestamp.type": "LogAppendTime",
            "retention.ms": "-1",
            "cleanup.policy": "delete",
            "max.message.bytes": str(1024 * 1024),
            "compression.type": "uncompressed",
        },
        topic.ledger("mk-settings"): {"retention.ms": "-1", "cleanup.policy": "delete"},
        topic.checkpoints("mk-settings"): {"retention.ms": "-1", "cleanup.policy": "delete"},
        topic.disclosures("mk-settings"): {"cleanup.policy": "compact"},
        topic.views("mk-settings", "mk-hub"): {"cleanup.policy": "compact"},
        topic.receipts("mk-settings", "mk-hub"): {"cleanup.policy": "compact"},
    }
    assert set(names) <= set(found)
    admin = await connection.admin()
    try:
        for name, wanted in names.items():
            resource = ConfigResource(ConfigResourceType.TOPIC, name)
            (answer,) = await admin.describe_configs([resource])
            settings = {row[0]: row[1] for row in answer.resources[0][4]}
            assert {key: settings[key] for key in wanted} == wanted
    finally:
        await closed(admin)
