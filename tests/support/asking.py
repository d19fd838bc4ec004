"""Asking Kafka whether somebody may do something: by doing it, or by what Kafka says of it itself.

Each question is a request that Kafka decides by exactly one operation on one resource. None of
them changes anything that another one asks about: writing appends a record, deleting deletes
nothing before offset 0, altering and creating are validated only.
"""

import subprocess
import time
from collections.abc import Callable
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.protocol.admin import (
    CreatePartitionsRequest,
    CreateTopicsRequest,
    DeleteGroupsRequest,
    DeleteRecordsRequest,
    DescribeGroupsRequest,
    DescribeTransactionsRequest,
)
from kafka.protocol.consumer import FetchRequest, HeartbeatRequest
from kafka.protocol.metadata import FindCoordinatorRequest, MetadataRequest
from kafka.protocol.producer import InitProducerIdRequest, ProduceRequest
from kafka.record.memory_records import MemoryRecordsBuilder

from deploy.kafka.jars import jars
from deploy.settings import settings

OPERATIONS = ("READ", "WRITE", "CREATE", "DELETE", "ALTER", "DESCRIBE")
DENIED = {"TOPIC": 29, "GROUP": 30, "TRANSACTIONAL_ID": 53}
"""Kafka's error codes for a right that is lacking."""
NOT_YET = frozenset({5, 14, 15, 16})
"""Error codes of a coordinator or leader that is not ready: no answer at all."""

TRIES_MAX = 200
_Question = Callable[[KafkaAdminClient, str], int]


def sent(client: KafkaAdminClient, request: object) -> Any:
    """Send one request, give its answer."""
    manager = client._manager
    return manager.run(manager.send, request)


def _read(client: KafkaAdminClient, name: str) -> int:
    topic = FetchRequest.FetchTopic
    place = topic.FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1024)
    answer = sent(
        client,
        FetchRequest(
            max_wait_ms=0, min_bytes=0, topics=[topic(topic=name, partitions=[place])],
            max_version=12,
        ),
    )  # fmt: skip
    return int(answer.responses[0].partitions[0].error_code)


def _write(client: KafkaAdminClient, name: str) -> int:
    records = MemoryRecordsBuilder(magic=2, compression_type=0, batch_size=1024)
    records.append(timestamp=None, key=b"asked", value=b"asked")
    records.close()
    topic = ProduceRequest.TopicProduceData
    place = topic.PartitionProduceData(index=0, records=records.buffer())
    answer = sent(
        client,
        ProduceRequest(
            transactional_id=None, acks=-1, timeout_ms=5000,
            topic_data=[topic(name=name, partition_data=[place])], max_version=12,
        ),
    )  # fmt: skip
    return int(answer.responses[0].partition_responses[0].error_code)


def _create(client: KafkaAdminClient, name: str) -> int:
    topic = CreateTopicsRequest.CreatableTopic(
        name=name, num_partitions=1, replication_factor=1, assignments=[], configs=[]
    )
    answer = sent(client, CreateTopicsRequest(topics=[topic], timeout_ms=5000, validate_only=True))
    return int(answer.topics[0].error_code)


def _delete(client: KafkaAdminClient, name: str) -> int:
    topic = DeleteRecordsRequest.DeleteRecordsTopic
    place = topic.DeleteRecordsPartition(partition_index=0, offset=0)
    answer = sent(
        client, DeleteRecordsRequest(topics=[topic(name=name, partitions=[place])], timeout_ms=5000)
    )
    return int(answer.topics[0].partitions[0].error_code)


def _alter(client: KafkaAdminClient, name: str) -> int:
    topic = CreatePartitionsRequest.CreatePartitionsTopic(name=name, count=1, assignments=None)
    answer = sent(
        client, CreatePartitionsRequest(topics=[topic], timeout_ms=5000, validate_only=True)
    )
    return int(answer.results[0].error_code)


def _metadata(client: KafkaAdminClient, name: str) -> Any:
    request = MetadataRequest(
        topics=[MetadataRequest.MetadataRequestTopic(name=name)], allow_auto_topic_creation=False,
        include_topic_authorized_operations=True,
    )  # fmt: skip
    return sent(client, request).topics[0]


def _describe(client: KafkaAdminClient, name: str) -> int:
    return int(_metadata(client, name).error_code)


def _read_group(client: KafkaAdminClient, name: str) -> int:
    answer = sent(client, HeartbeatRequest(group_id=name, generation_id=1, member_id="nobody"))
    return int(answer.error_code)


def _described_group(client: KafkaAdminClient, name: str) -> Any:
    request = DescribeGroupsRequest(
        groups=[name], include_authorized_operations=True, max_version=5
    )
    return sent(client, request).groups[0]


def _describe_group(client: KafkaAdminClient, name: str) -> int:
    return int(_described_group(client, name).error_code)


def _delete_group(client: KafkaAdminClient, name: str) -> int:
    return int(sent(client, DeleteGroupsRequest(groups_names=[name])).results[0].error_code)


def _write_transactions(client: KafkaAdminClient, name: str) -> int:
    request = InitProducerIdRequest(transactional_id=name, transaction_timeout_ms=1000)
    return int(sent(client, request).error_code)


def _describe_transactions(client: KafkaAdminClient, name: str) -> int:
    answer = sent(client, DescribeTransactionsRequest(transactional_ids=[name]))
    return int(answer.transaction_states[0].error_code)


QUESTIONS: dict[tuple[str, str], _Question] = {
    ("TOPIC", "READ"): _read,
    ("TOPIC", "WRITE"): _write,
    ("TOPIC", "CREATE"): _create,
    ("TOPIC", "DELETE"): _delete,
    ("TOPIC", "ALTER"): _alter,
    ("TOPIC", "DESCRIBE"): _describe,
    ("GROUP", "READ"): _read_group,
    ("GROUP", "DELETE"): _delete_group,
    ("GROUP", "DESCRIBE"): _describe_group,
    ("TRANSACTIONAL_ID", "WRITE"): _write_transactions,
    ("TRANSACTIONAL_ID", "DESCRIBE"): _describe_transactions,
}
"""Every operation of the six that Kafka knows of a kind of resource; `exists` shows the others."""


def may(client: KafkaAdminClient, kind: str, name: str, operation: str) -> bool:
    """Ask Kafka, with its own request, whether this client may do this."""
    for _ in range(TRIES_MAX):
        code = QUESTIONS[kind, operation](client, name)
        if code not in NOT_YET:
            return code != DENIED[kind]
        coordinators = {"GROUP": 0, "TRANSACTIONAL_ID": 1}[kind]
        sent(
            client,
            FindCoordinatorRequest(key_type=coordinators, coordinator_keys=[name], min_version=4),
        )
        time.sleep(0.05)
    raise TimeoutError(f"Kafka gives no answer on {operation} of {name}")


def told(client: KafkaAdminClient, kind: str, name: str) -> set[str] | None:
    """Give the operations that Kafka says this client may do; None where it does not say."""
    if kind == "TRANSACTIONAL_ID":
        return None
    answer = (_metadata if kind == "TOPIC" else _described_group)(client, name)
    if answer.error_code:
        return set()
    bits = client._process_acl_operations(answer.to_dict())
    named = bits.get("authorized_operations", bits.get("topic_authorized_operations", []))
    return {one for one in named if one in OPERATIONS}


def existing(kind: str) -> set[str]:
    """Ask Kafka's own tool which operations there are on a kind of resource."""
    option = {"GROUP": "--group", "TRANSACTIONAL_ID": "--transactional-id"}[kind]
    libraries = jars(settings().cache, java=settings().java, say=lambda _: None)
    ran = subprocess.run(
        [settings().java, "-XX:TieredStopAtLevel=1", "-cp", f"{libraries}/*",
         "org.apache.kafka.tools.AclCommand", "--bootstrap-server", "127.0.0.1:1", "--add",
         "--allow-principal", "User:nobody", option, "any", "--operation", "Create"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    line = next(one for one in (ran.stdout + ran.stderr).splitlines() if "only supports" in one)
    return set(line.partition("[")[2].rstrip("]").split(", ")) & set(OPERATIONS)
