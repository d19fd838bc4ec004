"""Operations on a secured Kafka: what stands there, and making it what a plan says.

kafka-python beside aiokafka, because it alone knows rights, users and quotas (technical.md 2). A
topic is never deleted from here: what an agency was sent is not lost by a plan made from an old
reading. Secrets go into private files and nowhere else.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    AlterConfigOp,
    ConfigResource,
    ConfigResourceType,
    KafkaAdminClient,
    NewTopic,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.admin import UserScramCredentialDeletion as Deletion
from kafka.admin import UserScramCredentialUpsertion as Upsertion
from kafka.errors import KafkaError
from kafka.protocol.admin.client_quotas import (
    AlterClientQuotasRequest,
    DescribeClientQuotasRequest,
)

from broker.shell.connection import Connection
from contracts import base64url
from contracts.fault import CandourError, Fatal, Transient
from deploy.kafka.certificates import Random
from deploy.kafka.plan import Drift, Right, Standing
from producers.keys import replace_private

SECRET_BYTES = 32
ITERATIONS = 4096
"""Kafka's least: a secret of 256 random bits needs no slow hash, and each connection pays it."""
_SALT_BYTES = 24
_MECHANISM = "SCRAM-SHA-512"
_TIMEOUT_MS, _AWAY_MS = 15_000, 5_000


class Operations:
    """A connection to Kafka as operations."""

    def __init__(self, client: KafkaAdminClient) -> None:
        """Take a client over."""
        self._client = client

    @classmethod
    @contextmanager
    def connected(cls, connection: Connection) -> Iterator["Operations"]:
        """Connect with operations' certificate, while the block runs.

        Raises:
            Transient: Kafka is away, or refuses the certificate; the text says which.
            Fatal: Kafka refused what was asked.
        """
        refused = asyncio.run(connection.refusal())
        if refused is not None:
            raise refused
        try:
            client = KafkaAdminClient(
                bootstrap_servers=connection.address, bootstrap_timeout_ms=_AWAY_MS,
                request_timeout_ms=_TIMEOUT_MS, **connection.security,
            )  # fmt: skip
            try:
                yield cls(client)
            finally:
                client.close()
        except KafkaError as error:
            raise _fault(type(error).__name__) from None

    def standing(self) -> Standing:
        """Read what stands on Kafka, of every partnership."""
        described = self._client.describe_topics()
        names = [one["name"] for one in described if not one["is_internal"]]
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        settings = self._client.describe_configs(resources).get("topic", {}) if names else {}
        anything = ACLFilter(
            None, None, ACLOperation.ANY, ACLPermissionType.ANY,
            ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
        )  # fmt: skip
        rights, _ = self._client.describe_acls(anything)
        users = self._client.describe_user_scram_credentials()
        return Standing(
            {
                name: {key: row["value"] for key, row in settings.get(name, {}).items()}
                for name in names
            },
            {one["name"]: len(one["partitions"]) for one in described},
            frozenset(name for name, row in users.items() if row["credential_infos"]),
            frozenset(map(_right, rights)),
            self._quotas(),
        )

    def mend(self, found: Drift) -> None:
        """Make topics, settings, rights and quotas what the plan says; users are `let_in`'s."""
        if found.missing_topics:
            answer = self._client.create_topics(
                [NewTopic(name, 1, -1, topic_configs=rows)
                 for name, rows in found.missing_topics.items()],
                raise_errors=False,
            )  # fmt: skip
            _checked({one["name"]: one["error_message"] for one in answer["topics"]})
        if found.settings:
            self.set_topics(found.settings)
        # What is too much goes first: between the two nobody may do more than before.
        self.take_back(found.surplus_rights)
        if found.missing_rights:
            made = self._client.create_acls([_acl(right) for right in found.missing_rights])
            _checked({str(error): error.__name__ for error in made["failed"]})
        self._set_quotas(found.quotas)

    def set_topics(self, settings: Mapping[str, Mapping[str, str | None]]) -> None:
        """Change settings of topics, by name; None takes one away."""
        self._client.alter_configs([
            ConfigResource(ConfigResourceType.TOPIC, name, {
                key: (AlterConfigOp.DELETE if value is None else AlterConfigOp.SET, value)
                for key, value in rows.items()
            })
            for name, rows in settings.items()
        ])  # fmt: skip

    def let_in(self, user: str, secret: Path, random_bytes: Random) -> None:
        """Give a user a new secret; the one before opens nothing from now on.

        Args:
            user: its name.
            secret: the private file to hand over; replaced where it is there.
            random_bytes: the source of the secret.
        """
        password = base64url.encode(random_bytes(SECRET_BYTES))
        replace_private(secret, f"{user}\n{password}\n".encode())
        salt = random_bytes(_SALT_BYTES)
        self._alter_users([Upsertion(user, _MECHANISM, password, ITERATIONS, salt)])

    def shut_out(self, users: tuple[str, ...]) -> None:
        """Delete users: new connections are refused, live ones end at their re-authentication."""
        described = self._client.describe_user_scram_credentials()
        self._alter_users([
            Deletion(user, one["mechanism"])
            for user in users
            for one in described.get(user, {}).get("credential_infos", [])
        ])

    def take_back(self, rights: tuple[Right, ...]) -> None:
        """Take rights back; live connections feel it at once."""
        if rights:
            self._client.delete_acls([_filter(right) for right in rights])

    def delete_topics(self, names: tuple[str, ...]) -> None:
        """Delete topics, with all that they hold."""
        self._client.delete_topics(list(names))

    def _alter_users(self, alterations: list[object]) -> None:
        if alterations:
            _checked(self._client.alter_user_scram_credentials(alterations))

    def _quotas(self) -> dict[str, dict[str, float]]:
        any_user = DescribeClientQuotasRequest.ComponentData(
            entity_type="user", match_type=2, match=None
        )
        answer = self._send(DescribeClientQuotasRequest(components=[any_user], strict=True))
        if answer.error_code:
            raise _fault(answer.error_message or "quotas")
        return {
            entry.entity[0].entity_name: {row.key: row.value for row in entry.values}
            for entry in answer.entries or []
        }

    def _set_quotas(self, quotas: Mapping[str, Mapping[str, float | None]]) -> None:
        entry = AlterClientQuotasRequest.EntryData
        entries = [
            entry(
                entity=[entry.EntityData(entity_type="user", entity_name=user)],
                ops=[entry.OpData(key=key, value=value or 0.0, remove=value is None)
                     for key, value in rows.items()],
            )
            for user, rows in quotas.items()
        ]  # fmt: skip
        if entries:
            answer = self._send(AlterClientQuotasRequest(entries=entries, validate_only=False))
            _checked({str(at): one.error_message for at, one in enumerate(answer.entries)})

    def _send(self, request: object) -> Any:
        """Send a request that kafka-python knows and has no call for."""
        connected = self._client._manager  # noqa: SLF001
        return connected.run(connected.send, request)


def _checked(answered: Mapping[str, str | None]) -> None:
    for error in answered.values():
        if error:
            raise _fault(error)


def _fault(said: str) -> CandourError:
    away = any(word in said for word in ("Timeout", "Connection", "NotReady", "Brokers"))
    if away:
        return Transient(
            f"Kafka did not do what it was asked ({said}).",
            remedy="Give this again once Kafka answers: see `candour kafka status --home KAFKA`.",
        )
    return Fatal(
        f"Kafka refused what operations asked of it ({said}).",
        remedy="Give this again; `candour kafka verify` says what is still lacking.",
    )


def _right(acl: ACL) -> Right:
    pattern = acl.resource_pattern
    return Right(
        acl.principal.removeprefix("User:"),
        acl.operation.name,
        pattern.resource_type.name,
        pattern.resource_name,
        pattern.pattern_type is ACLResourcePatternType.PREFIXED,
        acl.permission_type.name,
        acl.host,
    )


def _parts(right: Right, pattern: Callable[..., object]) -> tuple[object, ...]:
    kind = ACLResourcePatternType.PREFIXED if right.prefixed else ACLResourcePatternType.LITERAL
    return (
        f"User:{right.principal}",
        right.host,
        ACLOperation[right.operation],
        ACLPermissionType[right.effect],
        pattern(ResourceType[right.resource], right.name, kind),
    )


def _acl(right: Right) -> ACL:
    return ACL(*_parts(right, ResourcePattern))


def _filter(right: Right) -> ACLFilter:
    return ACLFilter(*_parts(right, ResourcePatternFilter))
