"""A real secured Kafka with two partnerships planned and applied, and whoever may knock at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka.admin import KafkaAdminClient

from broker.shell.connection import Connection
from deploy import clock
from deploy.kafka.access import operations, service_connection
from deploy.kafka.applying import Applied, Applying
from deploy.kafka.operations import Operations
from deploy.kafka.plan import Drift, Governed, Plan, Quotas, drift, plan
from deploy.kafka.secured import Security, secure
from deploy.kafka.server import KafkaServer
from producers.access import read_secret, trusting
from producers.document import read_document

FIGURES = Path(__file__).parents[2] / "deploy" / "kafka" / "quotas.yaml"
HERE, OTHER = "mk-acl", "mk-beyond"
MEMBERS = {HERE: ("alpha", "beta"), OTHER: ("gamma",)}
REAUTHENTICATION_S = 1.5


def planned(partnership: str, *agencies: str) -> Plan:
    """Plan for a partnership of these agencies, party to no agreement."""
    governed = Governed(partnership, agencies or MEMBERS[partnership])
    return plan(governed, read_document(FIGURES, Quotas))


@dataclass
class Secured:
    """What a test may use.

    Attributes:
        server: the running Kafka.
        folder: Kafka's.
        handover: where secrets and certificates were written.
    """

    server: KafkaServer
    folder: Path
    handover: Path = field(init=False)

    def __post_init__(self) -> None:
        self.handover = self.folder / "handover"

    @property
    def security(self) -> Security:
        """The folder that issues certificates."""
        return Security.opened(self.folder)

    @contextmanager
    def operations(self) -> Iterator[Operations]:
        """Connect as operations."""
        with operations(self.folder, now=clock.now()) as connected:
            yield connected

    def apply(self, wanted: Plan, **how: Any) -> Applied:
        """Make a plan stand."""
        with self.operations() as connected:
            applying = Applying(
                connected, self.security, self.handover, clock.now(), clock.random_bytes
            )
            return applying.apply(wanted, **how)

    def let_in(self, user: str, secret: Path) -> None:
        """Give a user a secret."""
        with self.operations() as connected:
            connected.let_in(user, secret, clock.random_bytes)

    def shut_out(self, *users: str) -> None:
        """Delete users."""
        with self.operations() as connected:
            connected.shut_out(users)

    def differs(self, wanted: Plan) -> Drift:
        """Compare what stands with a plan."""
        with self.operations() as connected:
            return drift(wanted, connected.standing())

    def scram(self, user: str, password: str | None = None) -> dict[str, Any]:
        """Give aiokafka's arguments for a user, by the secret that was handed over."""
        if password is None:
            _, password = read_secret(self.handover / f"{user}.secret")
        return {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": user,
            "sasl_plain_password": password,
            "ssl_context": trusting(self.security.authority),
        }

    def service(self, certificate: Path) -> Connection:
        """Connect with a certificate that was handed over."""
        return service_connection(
            self.server.services, authority=self.security.authority, certificate=certificate,
            now=clock.now(),
        )  # fmt: skip

    @contextmanager
    def client(self, principal: str) -> Iterator[KafkaAdminClient]:
        """Connect as a principal, with a client that can ask anything."""
        certificate = self.handover / f"{principal}.pem"
        if principal == "admin":
            certificate = self.security.folder / "admin.pem"
        if certificate.exists():
            connection = self.service(certificate)
            address, arguments = connection.address, dict(connection.security)
        else:
            address, arguments = self.server.address, self.scram(principal)
        client = KafkaAdminClient(
            bootstrap_servers=address, bootstrap_timeout_ms=20_000, **arguments
        )
        try:
            yield client
        finally:
            client.close()


@contextmanager
def secured(folder: Path) -> Iterator[Secured]:
    """Run a secured Kafka with both partnerships applied, and a user who may do nothing."""
    secure(
        folder, now=clock.now(), random_bytes=clock.random_bytes,
        reauthentication_s=REAUTHENTICATION_S,
    )  # fmt: skip
    server = KafkaServer(folder)
    town = Secured(server, folder)
    server.start()
    try:
        for partnership in MEMBERS:
            town.apply(planned(partnership))
        town.let_in("nobody", town.handover / "nobody.secret")
        yield town
    finally:
        server.kill()  # in good order it would write Java's archive first: seconds
