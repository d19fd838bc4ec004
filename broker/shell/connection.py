"""Calls to Kafka that end: each is bounded in time, and every fault is one of ours.

While Kafka is down, aiokafka's transactional calls hang whatever its own time-outs say, so every
call of the broker goes through `bounded`. What comes out is `Transient` (drop the clients, try
again) or `Fatal` (stop, and let somebody look).

Source: technical.md 2.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka import errors as kafka
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.producer import sender

from contracts.fault import CandourError, Fatal, Transient

CALL_S_MAX = 15.0
"""How long one call may take before its outcome counts as unknown."""
CLOSE_S_MAX = 2.0
BATCH_BYTES_MAX = 4 * 1024 * 1024
"""The most one produced batch holds; the topics that the broker writes take twice that."""
FETCH_BYTES_MAX = 4 * 1024 * 1024

_ANYBODY = bytes.fromhex("0012000000000001ffff")
"""ApiVersions, version 0: Kafka answers it to everybody who may connect."""
_LET_IN = bytes.fromhex("0003000100000002ffff00000000")
"""Metadata, version 1, of no topic: Kafka answers it to everybody whom it let in."""

_FENCED = (kafka.ProducerFenced, kafka.InvalidProducerEpoch)
"""Somebody claimed our transactional id after us: to claim it again would be to take turns."""
_DENIED = (
    kafka.TopicAuthorizationFailedError,
    kafka.GroupAuthorizationFailedError,
    kafka.ClusterAuthorizationFailedError,
    kafka.TransactionalIdAuthorizationFailed,
    kafka.DelegationTokenAuthorizationFailed,
    kafka.AuthenticationFailedError,
    kafka.AuthenticationMethodNotSupported,
    kafka.SaslAuthenticationFailed,
    kafka.UnsupportedSaslMechanismError,
    kafka.IllegalSaslStateError,
    kafka.SecurityDisabled,
)
"""Kafka does not know us, or does not let us: until somebody mends that, each try is the same."""
_UNFIT = (
    kafka.UnsupportedVersionError,
    kafka.UnsupportedForMessageFormatError,
    kafka.UnsupportedCodecError,
    kafka.UnrecognizedBrokerVersion,
    kafka.IncompatibleBrokerVersion,
    kafka.KafkaConfigurationError,
    kafka.InvalidConfigurationError,
    kafka.PolicyViolationError,
    kafka.InvalidTopicError,
    kafka.InvalidPartitionsError,
    kafka.InvalidReplicationFactorError,
    kafka.InvalidReplicationAssignmentError,
    kafka.InvalidTransactionTimeout,
    kafka.InvalidRequiredAcksError,
    kafka.InvalidTimestampError,
    kafka.RecordTooLargeError,
    kafka.MessageSizeTooLargeError,
    kafka.RecordListTooLargeError,
    kafka.InvalidRequestError,
    kafka.InvalidFetchRequestError,
    kafka.IllegalArgumentError,
)
"""The same call fails the same way again, with any client: a setting, a version or a size."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Connection:
    """Where Kafka is, and what its listener asks for.

    Attributes:
        address: `host:port`.
        security: aiokafka's own arguments (`security_protocol`, `ssl_context`); empty for a
            plain listener on loopback.
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
        return await self._started(client, "connecting", client.bootstrap)

    async def _started(
        self, client: _T, doing: str, start: Callable[[], Coroutine[Any, Any, object]] | None = None
    ) -> _T:
        starting = asyncio.ensure_future((start or client.start)())  # type: ignore[attr-defined]
        try:
            await bounded(asyncio.shield(starting), doing)
        except BaseException as fault:
            await _to_its_end(_abandoned(starting, client))
            if isinstance(fault, Transient):
                raise (await self.refusal() or fault) from None
            raise
        return client

    async def refusal(self) -> Transient | None:
        """Ask once why Kafka does not let this in; None where it does, or is away.

        aiokafka itself says only that there was no connection.

        A certificate is refused after the client took the handshake for done, so something must
        be asked and answered: ApiVersions, which everybody may; then Metadata of no topic, which
        nobody may at the listener of agencies who gave no user and secret.
        """
        host, _, port = self.address.rpartition(":")
        try:
            async with asyncio.timeout(CLOSE_S_MAX):
                reader, writer = await asyncio.open_connection(
                    host, int(port), ssl=self.security.get("ssl_context")
                )
                try:
                    answered = await _answers(reader, writer, _ANYBODY)
                    let_in = answered and await _answers(reader, writer, _LET_IN)
                finally:
                    writer.close()
                    with suppress(OSError):
                        await writer.wait_closed()
        except ssl.SSLCertVerificationError:
            return Transient(
                "What answers at Kafka's address does not prove to be the Kafka that is trusted.",
                remedy="Ask operations whether Kafka's address or authority changed: kafka_ca.",
            )
        except ssl.SSLError:
            return Transient(
                "Kafka refuses this certificate: it has run out, was revoked, or is of another "
                "authority.",
                remedy="Ask operations for a new one: candour kafka apply.",
            )
        except (OSError, TimeoutError):
            return None
        if let_in:
            return None
        if answered:
            return Transient(
                "What answers at this address is Kafka's listener for agencies: it asks for a "
                "user and a secret.",
                remedy="Give the services' address: candour kafka address --services --home KAFKA",
            )
        return Transient(
            "What answers at Kafka's address does not speak as this was told to.",
            remedy="Ask operations for the services' address (candour kafka status), the "
            "authority's certificate and this service's own.",
        )


async def _answers(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> bool:
    """Ask Kafka something; False where it hangs up instead."""
    try:
        writer.write(len(request).to_bytes(4) + request)
        await reader.readexactly(int.from_bytes(await reader.readexactly(4)))
    except asyncio.IncompleteReadError:
        return False
    return True


async def bounded(call: Awaitable[_T], doing: str, seconds: float = CALL_S_MAX) -> _T:
    """Await a call to Kafka, for so long and no longer.

    Args:
        call: the call.
        doing: what it does, in words for a log line.
        seconds: after this its outcome counts as unknown.

    Raises:
        Transient: it did not answer, or failed in a way that may pass.
        Fatal: another broker took over, or no client could ever do this.
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
        error: as it was raised; aiokafka hides some causes behind a bare `KafkaError`.
        doing: what was being done, in words for a log line.
    """
    while type(error) is KafkaError and isinstance(error.__cause__, KafkaError):
        error = error.__cause__
    if isinstance(error, _FENCED):
        return Fatal(
            f"A second broker took over this partnership's ledger ({doing}).",
            remedy="Nothing is lost. Leave the other one running, or stop it and start this one.",
        )
    if isinstance(error, _DENIED):
        # Rights are given while everything runs: nobody should have to start the broker for it.
        return Transient(
            f"Kafka does not allow this ({doing}: {type(error).__name__}).",
            remedy="Operations sees what is lacking and mends it: candour kafka verify, apply.",
        )
    if isinstance(error, _UNFIT):
        return Fatal(
            f"Kafka cannot do this as it is set up ({doing}: {type(error).__name__}).",
            remedy="Waiting does not help. Compare Kafka's version and settings, and this host's "
            "clock, with what deploy/kafka sets; then start the broker again.",
        )
    return Transient(
        f"Kafka did not do what it was asked ({doing}: {type(error).__name__}).",
        remedy="The broker waits for Kafka, and goes on by itself once it answers: see "
        "`candour kafka status --home KAFKA`.",
    )


async def closed(client: Any) -> None:
    """Close a client of aiokafka's, else its connections, or drop it where they will not close.

    Whoever is stopped meanwhile is stopped once it is closed: half closed, it leaves them open.
    """
    await _to_its_end(_closed(client))


async def _to_its_end(closing: Coroutine[Any, Any, None]) -> None:
    """Await what closes something; whoever is stopped meanwhile is stopped after it."""
    task = asyncio.ensure_future(closing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def _abandoned(starting: asyncio.Future[object], client: Any) -> None:
    """Close a client that did not start.

    aiokafka drops the connection that it first asks on, open, where it is cut off there.
    """
    await asyncio.wait({starting}, timeout=CLOSE_S_MAX)
    starting.cancel()
    await _closed(client)


async def _closed(client: Any) -> None:
    stop = getattr(client, "stop", None) or client.close
    within = getattr(client, "client", None) or getattr(client, "_client", None)
    for close in (stop, getattr(within, "close", None)):
        if close is not None and await _ended(close()):
            return


async def _ended(closing: Coroutine[Any, Any, object]) -> bool:
    """Say whether a client closed in time.

    In a task of its own: aiokafka cancels what it waits for as it closes, and where that comes
    back to whoever closes, a broker that only lost Kafka would take it for being told to stop.
    """
    task = asyncio.ensure_future(closing)
    try:
        await asyncio.wait({task}, timeout=CLOSE_S_MAX)
    finally:
        task.cancel()
    if not task.done() or task.cancelled():
        return False
    error = task.exception()
    if error is not None and not isinstance(error, KafkaError | OSError | TimeoutError):
        raise error
    return error is None
