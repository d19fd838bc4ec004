"""The topics of a partnership: made with the settings that its promises need, found by their id.

Submissions take Kafka's own append time and are kept until they are recorded; the ledger and its
checkpoints are kept by nobody's clock; what is erasable is compacted, within a day by itself
(`candour erasure purge` forces it and looks). A position in the log names a topic's Kafka id,
since a topic deleted and made again has the same name and other offsets.

Source: design.md, The ledger; technical.md 2, 4, 5.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import TopicAlreadyExistsError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from broker.shell.connection import BATCH_BYTES_MAX, Connection, bounded, closed, fault_of
from contracts import base64url, topic
from contracts.duration import DAY_MS, HOUR_MS
from contracts.fault import Transient

SUBMISSION_BYTES_MAX = 1024 * 1024
"""What the submissions topic takes; larger statements never leave the outbox."""
_VISIBLE_S_MAX = 10.0

_SUBMISSIONS = {
    "message.timestamp.type": "LogAppendTime",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "compression.type": "uncompressed",
    "max.message.bytes": str(SUBMISSION_BYTES_MAX),
    # What is cut behind the sequencer stays in the file until that is closed.
    "segment.ms": str(HOUR_MS),
}
_KEPT = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "max.message.bytes": str(2 * BATCH_BYTES_MAX),
}
_COMPACTED = {
    "cleanup.policy": "compact",
    "max.message.bytes": str(2 * BATCH_BYTES_MAX),
    # Erased bytes go within a day. A tombstone says so for ten years: a consumer that was away
    # for months must still find it.
    "max.compaction.lag.ms": str(DAY_MS),
    "delete.retention.ms": str(3_652 * DAY_MS),
}


def service_name(partnership: str, service: Literal["sequencer", "dispatcher", "auditor"]) -> str:
    """Name a service of a partnership: its principal on Kafka, and its transactional id.

    Three parts, and an agency's user has two: no agency can be called so.
    """
    return f"candour.{partnership}.{service}"


def partnership_topics(partnership: str) -> dict[str, dict[str, str]]:
    """Give the topics of a partnership itself, each with its settings; one partition each."""
    return {
        topic.ledger(partnership): dict(_KEPT),
        topic.disclosures(partnership): dict(_COMPACTED),
        topic.checkpoints(partnership): dict(_KEPT),
    }


def agency_topics(partnership: str, agency: str) -> dict[str, dict[str, str]]:
    """Give one agency's three topics, each with its settings; one partition each."""
    return {
        topic.submissions(partnership, agency): dict(_SUBMISSIONS),
        topic.views(partnership, agency): dict(_COMPACTED),
        topic.receipts(partnership, agency): dict(_COMPACTED),
    }


async def ensure_partnership_topics(
    connection: Connection, partnership: str, *, replicas: int = 1
) -> None:
    """Make the ledger, disclosures and checkpoints of a partnership; what is there stays.

    Args:
        connection: with the right to create topics.
        partnership: its id.
        replicas: copies of each; 3 where there are three nodes.

    Raises:
        Transient: Kafka is away.
        Fatal: it may not be done.
    """
    await _ensure(connection, partnership_topics(partnership), replicas)


async def ensure_agency_topics(
    connection: Connection, partnership: str, agency: str, *, replicas: int = 1
) -> None:
    """Make one agency's three topics; what is there stays. A running broker hears it by itself.

    Args:
        connection: with the right to create topics.
        partnership: its id.
        agency: the agency's id in it.
        replicas: copies of each; 3 where there are three nodes.

    Raises:
        Transient: Kafka is away.
        Fatal: it may not be done.
    """
    await _ensure(connection, agency_topics(partnership, agency), replicas)


@dataclass(frozen=True, slots=True)
class Found:
    """A topic that exists: its name and Kafka's id for it, in base64url."""

    name: str
    id: str


async def find_topics(connection: Connection) -> dict[str, Found]:
    """List the topics that this user may see, by name.

    Raises:
        Transient: Kafka is away.
        Fatal: it may not be done.
    """
    client = await connection.client()
    try:
        return await topics_of(client)
    finally:
        await closed(client)


async def topics_of(client: AIOKafkaClient) -> dict[str, Found]:
    """List the topics that a connected client may see, by name.

    Raises:
        Transient: Kafka is away.
        Fatal: it may not be done.
    """
    node = client.get_random_node()
    answer = await bounded(client.send(node, _TopicsRequest()), "listing topics")
    return {
        name: Found(name, base64url.encode(topic_id))
        for error, name, topic_id, *_ in answer.topics
        if not error
    }


async def _ensure(
    connection: Connection, wanted: Mapping[str, Mapping[str, str]], replicas: int
) -> None:
    admin = await connection.admin()
    try:
        await _create(admin, wanted, replicas)
    finally:
        await closed(admin)
    await _visible(connection, wanted)


async def _create(
    admin: AIOKafkaAdminClient, wanted: Mapping[str, Mapping[str, str]], replicas: int
) -> None:
    new = [
        NewTopic(name, 1, replicas, topic_configs=dict(settings))
        for name, settings in wanted.items()
    ]
    answer = await bounded(admin.create_topics(new), "making topics")
    # Errors come in the response, not as exceptions.
    for name, code, *_ in answer.topic_errors:
        if code and code != TopicAlreadyExistsError.errno:
            raise fault_of(for_code(code)(), f"making topic {name}")


async def _visible(connection: Connection, names: Iterable[str]) -> None:
    """Wait until Kafka shows what it made: it answers before every node knows."""
    try:
        async with asyncio.timeout(_VISIBLE_S_MAX):
            while not set(names) <= set(await find_topics(connection)):  # noqa: ASYNC110 - untold
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise Transient(
            "Kafka made the topics and does not show them.",
            remedy="Run the same command again: what is there stays as it is.",
        ) from None


class _Uuid(AbstractType[bytes]):
    """Kafka's 16-byte identifier."""

    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        return data.read(16)


class _TopicsResponse12(Response):
    API_KEY = 3
    API_VERSION = 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString("utf-8")),
                ("port", Int32),
                ("rack", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString("utf-8")),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _TopicsRequest12(RequestStruct):
    """Metadata, version 12: the first that both lists every topic and gives its id."""

    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 12
    RESPONSE_TYPE = _TopicsResponse12
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("topic_id", _Uuid), ("name", CompactString("utf-8")), ("tags", TaggedFields)
            ),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("include_topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class _TopicsRequest(Request[_TopicsRequest12]):
    """Every topic this user may see; a null list of topics asks for all."""

    API_KEY = 3

    def build(self, request_struct_class: type[_TopicsRequest12]) -> _TopicsRequest12:
        return request_struct_class(None, False, False, {})
