"""Which faults pass by waiting: every error class of aiokafka and of a database, looked at once."""

import asyncio
import gc
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import errors as kafka
from sqlalchemy import exc, text

from broker.shell import connection
from broker.shell.broker import _first_failure
from broker.shell.connection import bounded, fault_of
from consumers.inflow import Inflow, may_pass
from consumers.store import Store
from contracts.fault import Fatal, Transient
from producers import sender
from tests.support.desk import POLICE, Desk

FENCED = {"ProducerFenced", "InvalidProducerEpoch"}
"""Fatal: another broker claimed the same id. To claim it again would be to take turns."""

UNFIT = {
    # Versions that do not know each other.
    "UnsupportedVersionError", "UnsupportedForMessageFormatError", "UnsupportedCodecError",
    "UnrecognizedBrokerVersion", "IncompatibleBrokerVersion",
    # What Kafka is set to, or what we ask of it.
    "KafkaConfigurationError", "InvalidConfigurationError", "PolicyViolationError",
    "InvalidTopicError", "InvalidPartitionsError", "InvalidReplicationFactorError",
    "InvalidReplicationAssignmentError", "InvalidTransactionTimeout", "InvalidRequiredAcksError",
    # A clock that is hours off, of this host or of Kafka's.
    "InvalidTimestampError",
    # A batch that the topic will never take.
    "RecordTooLargeError", "MessageSizeTooLargeError", "RecordListTooLargeError",
    # A request that no Kafka understands.
    "InvalidRequestError", "InvalidFetchRequestError", "IllegalArgumentError",
}  # fmt: skip
"""Fatal: the same call fails the same way again, with any client."""

DENIED = {
    "TopicAuthorizationFailedError", "GroupAuthorizationFailedError",
    "ClusterAuthorizationFailedError", "TransactionalIdAuthorizationFailed",
    "DelegationTokenAuthorizationFailed", "AuthenticationFailedError",
    "AuthenticationMethodNotSupported", "SaslAuthenticationFailed",
    "UnsupportedSaslMechanismError", "IllegalSaslStateError", "SecurityDisabled",
}  # fmt: skip
"""Transient, and it says what is lacking: rights are given and renewed while everything runs."""

AWAY = {
    # Nobody answers, or not in time.
    "NoBrokersAvailable", "NodeNotReadyError", "KafkaUnavailableError", "KafkaTimeoutError",
    "KafkaConnectionError", "RequestTimedOutError", "Cancelled", "TooManyInFlightRequests",
    "KafkaProtocolError", "CorrelationIdError", "QuotaViolationError",
    # Kafka is moving something: a leader, a coordinator, a replica, a disk.
    "StaleMetadata", "MetadataEmptyBrokerList", "LeaderNotAvailableError",
    "NotLeaderForPartitionError", "BrokerNotAvailableError", "ReplicaNotAvailableError",
    "NotEnoughReplicasError", "NotEnoughReplicasAfterAppendError", "NotControllerError",
    "StaleControllerEpochError", "StaleLeaderEpochCodeError", "GroupLoadInProgressError",
    "GroupCoordinatorNotAvailableError", "NotCoordinatorForGroupError", "KafkaStorageError",
    "ReassignmentInProgress", "TransactionCoordinatorFenced", "ListenerNotFound",
    "OperationNotAttempted", "UnknownTopicOrPartitionError", "TopicAlreadyExistsError",
    "LogDirNotFound",
    # It says that something went wrong and not what; a batch that arrived broken is read again.
    "NoError", "UnknownError", "BrokerResponseError", "CorruptRecordException",
}  # fmt: skip
"""Transient: it passes by itself."""

REBUILT = {
    # The producer's place in its transaction or sequence is lost; a new one reads the ledger.
    "OutOfOrderSequenceNumber", "DuplicateSequenceNumber", "UnknownProducerId", "InvalidTxnState",
    "InvalidProducerIdMapping", "ConcurrentTransactions", "ProducerClosed",
    # Likewise a consumer's.
    "OffsetOutOfRangeError", "NoOffsetForPartitionError", "FetchSessionIdNotFound",
    "InvalidFetchSessionEpoch", "IllegalStateError",
}  # fmt: skip
"""Transient: the next client begins from the ledger."""

NEVER_ASKED = {
    # Groups: the broker has none, and a consumer's is FastStream's to join again.
    "CommitFailedError", "OffsetMetadataTooLargeError", "IllegalGenerationError",
    "InconsistentGroupProtocolError", "InvalidGroupIdError", "UnknownMemberIdError",
    "InvalidSessionTimeoutError", "RebalanceInProgressError", "InvalidCommitOffsetSizeError",
    "NonEmptyGroup", "GroupIdNotFound", "MemberIdRequired",
    # Delegation tokens: none are used.
    "DelegationTokenAuthDisabled", "DelegationTokenNotFound", "DelegationTokenOwnerMismatch",
    "DelegationTokenRequestNotAllowed", "DelegationTokenExpired", "InvalidPrincipalType",
}  # fmt: skip
"""Transient: the broker asks nothing that is answered so."""


def below(of: type[Any]) -> Iterator[type[Any]]:
    """Give every class below one."""
    for one in of.__subclasses__():
        yield one
        yield from below(one)


CLASSES = {one.__name__: one for one in below(kafka.KafkaError) if one.__module__ == kafka.__name__}


def test_every_error_of_aiokafka_was_looked_at_once() -> None:
    """A new one must be thought about: to wait for what never passes is to be down in silence."""
    groups = (FENCED, UNFIT, DENIED, AWAY, REBUILT, NEVER_ASKED)
    assert sum(map(len, groups)) == len(set().union(*groups)), "one reason each"
    assert set().union(*groups) == set(CLASSES)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_what_no_client_could_ever_do_is_fatal_and_the_rest_is_not(name: str) -> None:
    """A broker that stops for what passes is down; one that waits for what does not is, too."""
    fault = fault_of(CLASSES[name](), "recording")
    assert type(fault) is (Fatal if name in FENCED | UNFIT else Transient)
    assert "recording" in fault.text
    assert name in fault.text or name in FENCED
    assert fault.remedy.endswith((".", "`."))


def test_those_who_are_denied_are_told_so() -> None:
    """Who waits for rights must read that, and not that Kafka is away."""
    for name in DENIED:
        assert "does not allow" in fault_of(CLASSES[name](), "recording").text


def failed(error: Exception) -> asyncio.Future[None]:
    """Make a call to Kafka that fails."""
    call = asyncio.get_running_loop().create_future()
    call.set_exception(error)
    return call


@pytest.mark.parametrize("error", [OSError("x"), ConnectionResetError(), TimeoutError()])
async def test_a_network_that_fails_may_come_back(error: Exception) -> None:
    """A cable is put in again."""
    with pytest.raises(Transient, match=type(error).__name__):
        await bounded(failed(error), "recording")


@pytest.mark.parametrize("cause", ["ProducerFenced", "InvalidTransactionTimeout"])
async def test_a_cause_that_aiokafka_hides_is_found(cause: str) -> None:
    """Its sender wraps what it did not expect in a bare `KafkaError`: the cause decides."""
    hiding = kafka.KafkaError("Unexpected error during batch delivery")
    hiding.__cause__ = CLASSES[cause]()
    with pytest.raises(Fatal):
        await bounded(failed(hiding), "recording")


async def test_a_defect_of_ours_is_no_fault_of_kafkas() -> None:
    """Retried as an outage it would never be seen."""
    defect = kafka.IllegalOperation("Not in the middle of a transaction")
    with pytest.raises(kafka.IllegalOperation):
        await bounded(failed(defect), "recording")


async def test_a_broker_that_is_told_to_stop_while_kafka_fails_it_stops() -> None:
    """Taken for an outage it would go on, and whoever runs it would have to kill it."""

    async def half() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise Transient("Kafka is away.", remedy="Wait.")

    run = asyncio.create_task(_first_failure(half(), half()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run


async def test_a_broker_that_kafka_fails_is_not_told_to_stop() -> None:
    """It takes the way back; taken for a stop, every outage would end the log in silence."""

    async def failing() -> None:
        await asyncio.sleep(0)
        raise Transient("Kafka is away.", remedy="Wait.")

    with pytest.raises(Transient):
        await _first_failure(failing(), asyncio.sleep(60))


# FastStream drops a producer that did not start: Python warns of it as it goes.
@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
async def test_a_consumer_that_kafka_leaves_as_it_begins_waits_for_it(tmp_path: Path) -> None:
    """It had read its views to their end, and went down as a defect of ours while it subscribed."""
    inflow = Inflow(
        Desk(tmp_path).acting(POLICE), address="127.0.0.1:1", access={}, group="police",
        publish=list, is_ready=lambda: True,
    )  # fmt: skip
    with pytest.raises(Transient, match="cannot be read"):
        await inflow._subscribe()
    gc.collect()


class Cut:
    """A client of aiokafka's that is cut short as it closes, by what it cancels itself."""

    def __init__(self) -> None:
        self.is_closed = False
        self._client = self

    async def stop(self) -> None:
        fetch = asyncio.ensure_future(asyncio.sleep(0))  # `Fetcher.close`, of one not begun
        fetch.cancel()
        await fetch

    async def close(self) -> None:
        self.is_closed = True


async def test_a_client_that_is_cut_short_as_it_closes_leaves_no_connection_open() -> None:
    """Nor does whoever closes it take that for being told to stop: it would hear nothing more."""
    ours, theirs = Cut(), Cut()
    await connection.closed(ours)
    await sender._closed(theirs, theirs)
    assert (ours.is_closed, theirs.is_closed) == (True, True)


RETRIED = {"OperationalError"}
"""Of a database's errors: away, locked, full, a deadlock, a serialisation failure."""

DEFECTS = {"DatabaseError", "DataError", "IntegrityError", "InterfaceError", "InternalError",
           "NotSupportedError", "ProgrammingError"}  # fmt: skip
"""The same batch fails again: a consumer that went on would stand still for ever."""


def test_every_error_of_a_database_was_looked_at_once() -> None:
    """What is no database's answer (a closed result, a wrong statement) is a defect of ours."""
    ours = {one for one in below(exc.DBAPIError) if one.__module__ == exc.__name__}
    assert {one.__name__ for one in ours} == RETRIED | DEFECTS
    assert not may_pass(exc.InvalidRequestError())
    assert not may_pass(ValueError())
    assert may_pass(Transient("Away.", remedy="Wait."))


@pytest.mark.parametrize("name", sorted(RETRIED | DEFECTS))
@pytest.mark.parametrize("gone", [False, True])
def test_a_batch_is_taken_again_where_the_database_was_away(name: str, gone: bool) -> None:
    """PostgreSQL's drivers name a lost connection in several ways; SQLAlchemy sees it in all."""
    made: type[exc.DBAPIError] = getattr(exc, name)
    fault = made(
        "INSERT", {}, Exception("server closed the connection"), connection_invalidated=gone
    )
    assert may_pass(fault) == (gone or name in RETRIED)


def test_a_missing_table_is_a_defect_in_sqlite_too(tmp_path: Path) -> None:
    """Waited for, it would never come."""
    store = Store(tmp_path / "store.sqlite")
    with pytest.raises(exc.OperationalError) as missing, store.write() as db:
        db.execute(text("SELECT * FROM nothing"))
    assert not may_pass(missing.value)
    store.close()


def test_a_locked_database_is_waited_for(tmp_path: Path) -> None:
    """Another process commits, and then it is our turn."""
    other = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    store = Store(tmp_path / "store.sqlite")
    other.execute("BEGIN IMMEDIATE")
    with store.read() as db:
        db.execute(text("PRAGMA busy_timeout=0"))
        with pytest.raises(exc.OperationalError) as locked:
            db.execute(text("DELETE FROM positions"))
    assert may_pass(locked.value)
    other.close()
    store.close()
