"""Calls to Kafka that end: each is bounded in time, and every fault is one of ours.

While Kafka is down, aiokafka's transactional calls hang whatever its own time-outs say, so every
call of the broker goes through `bounded`. What comes out is `Transient` (drop the clients, try
again) or `Fatal` (stop, and let somebody look).

Source: technical.md 2.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    ProducerFenced,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from aiokafka.producer import sender

from contracts.fault import CandourError, Fatal, Transient

CALL_S_MAX = 15.0
"""How long one call may take before its outcome counts as unknown."""
CLOSE_S_MAX = 2.0
BATCH_BYTES_MAX = 4 * 1024 * 1024
"""The most one produced batch holds; the topics that the broker writes take twice that."""
FETCH_BYTES_MAX = 4 * 1024 * 1024

_DENIED = (
    TopicAuthorizationFailedError,
    ClusterAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Connection:
    """Where Kafka is, and what its listener asks for.

    Attributes:
        address: `host:port`.
        security: aiokafka's own arguments (`security_protocol`, `ssl_context`, ...); empty for a
            listener on loopback.
    """

    address: str
    security: Mapping[str, Any] = field(default_factory=dict, repr=False)

    async def producer(self, transactional_id: str) -> AIOKafkaProducer:
        """Start a transactional producer; whoever held the id before is fenced by this.

        Raises:
            Transient: Kafka did not answer in time.
            Fatal: it may not be done.
        """
        # A constant of 20 ms that sleeps in every transaction, and nothing else sets it.
        sender.BACKOFF_OVERRIDE = 0.001
        producer = AIOKafkaProducer(
            bootstrap_servers=self.address,
            transactional_id=transactional_id,
            transaction_timeout_ms=60_000,
            acks="all",
            linger_ms=0,
            retry_backoff_ms=5,
            request_timeout_ms=10_000,
            max_batch_size=BATCH_BYTES_MAX,
            **self.security,
        )
        return await self._started(producer, f"claiming {transactional_id}")

    async def consumer(self, *, committed: bool, fetch_wait_ms: int = 500) -> AIOKafkaConsumer:
        """Start a consumer without a group, to be assigned and sought by its owner.

        Args:
            committed: read only what transactions committed.
            fetch_wait_ms: how long Kafka may hold an empty fetch open.

        Raises:
            Transient: Kafka did not answer in time.
            Fatal: it may not be done.
        """
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.address,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed" if committed else "read_uncommitted",
            fetch_max_wait_ms=fetch_wait_ms,
            max_partition_fetch_bytes=FETCH_BYTES_MAX,
            retry_backoff_ms=50,
            request_timeout_ms=10_000,
            **self.security,
        )
        return await self._started(consumer, "opening a consumer")

    async def admin(self) -> AIOKafkaAdminClient:
        """Start an administration client.

        Raises:
            Transient: Kafka did not answer in time.
            Fatal: it may not be done.
        """
        client = AIOKafkaAdminClient(
            bootstrap_servers=self.address, request_timeout_ms=10_000, **self.security
        )
        return await self._started(client, "opening an administration client")

    async def client(self) -> AIOKafkaClient:
        """Connect a bare protocol client, for a request that no other client can make.

        Raises:
            Transient: Kafka did not answer in time.
            Fatal: it may not be done.
        """
        client = AIOKafkaClient(
            bootstrap_servers=self.address, request_timeout_ms=10_000, **self.security
        )
        try:
            await bounded(client.bootstrap(), "connecting")
        except BaseException:
            await closed(client)
            raise
        return client

    async def _started(self, client: _T, doing: str) -> _T:
        try:
            await bounded(client.start(), doing)  # type: ignore[attr-defined]
        except BaseException:
            await closed(client)
            raise
        return client


async def bounded(call: Awaitable[_T], doing: str, seconds: float = CALL_S_MAX) -> _T:
    """Await a call to Kafka, for so long and no longer.

    Args:
        call: the call.
        doing: what it does, in words for a log line.
        seconds: after this its outcome counts as unknown.

    Raises:
        Transient: it did not answer, or failed in a way that may pass.
        Fatal: another broker took over, or Kafka refuses this one.
    """
    try:
        # Unlike `wait_for` this never loses a cancellation that comes as the call ends.
        async with asyncio.timeout(seconds):
            return await call
    except (KafkaError, OSError, TimeoutError) as error:
        raise fault_of(error, doing) from error


def fault_of(error: Exception, doing: str) -> CandourError:
    """Say what an error of aiokafka's means for the broker.

    Args:
        error: as it was raised.
        doing: what was being done, in words for a log line.
    """
    if isinstance(error, ProducerFenced):
        return Fatal(
            f"A second broker took over this partnership's ledger ({doing}).",
            remedy="Nothing is lost. Leave the other one running, or stop it and start this one.",
        )
    if isinstance(error, _DENIED):
        return Fatal(
            f"Kafka does not allow this ({doing}: {type(error).__name__}).",
            remedy="Give the broker's Kafka user the rights that broker/README.md lists.",
        )
    return Transient(
        f"Kafka did not do what it was asked ({doing}: {type(error).__name__}).",
        remedy="The broker goes on by itself once Kafka answers: see `candour kafka status`.",
    )


async def closed(client: Any) -> None:
    """Close a client of aiokafka's, or drop it where it will not close."""
    stop = getattr(client, "stop", None) or client.close
    for close in (stop, getattr(getattr(client, "client", None), "close", None)):
        if close is None:
            continue
        try:
            async with asyncio.timeout(CLOSE_S_MAX):
                await close()
        except (KafkaError, OSError, TimeoutError):
            continue
        return
