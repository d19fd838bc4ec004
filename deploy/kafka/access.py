"""How services and operations reach a secured Kafka: with a certificate of its own authority."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from broker.shell.connection import Connection
from contracts.fault import Misuse
from deploy.kafka.certificates import holder_of
from deploy.kafka.operations import Operations
from deploy.kafka.secured import Security
from deploy.kafka.server import KafkaServer
from producers.access import trusting
from producers.keys import check_private

_ASK = "Ask operations for a new one: candour kafka apply --renew"


def service_connection(
    address: str, *, authority: Path, certificate: Path, now: datetime
) -> Connection:
    """Connect as whoever a certificate names; what can be seen here is refused here.

    Args:
        address: the services' `host:port`.
        authority: the certificate of Kafka's authority.
        certificate: a private file with the key and the certificate.
        now: the clock.

    Raises:
        Misuse: a file is absent, open to others or not what it should be, the certificate has run
            out, or another authority issued it.
    """
    for path in (authority, certificate):
        if not path.is_file():
            raise Misuse(
                f"{path} is not there.",
                remedy="Give the files as operations handed them over: ca.pem, and one certificate "
                "for each service (candour kafka apply).",
            )
    context = trusting(authority)
    check_private(certificate)
    try:
        held = x509.load_pem_x509_certificate(certificate.read_bytes())
        issuer = x509.load_pem_x509_certificate(authority.read_bytes())
        context.load_cert_chain(certificate)
    except (OSError, ValueError, ssl.SSLError):
        raise Misuse(
            f"{certificate} does not hold a key and its certificate.",
            remedy="Give the file as operations handed it over.",
        ) from None
    name = holder_of(held)
    try:
        held.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        raise Misuse(
            f"{certificate} was not issued by the authority of {authority}.",
            remedy=f"Give the two that belong together. {_ASK} {name}",
        ) from None
    if held.not_valid_after_utc <= now:
        raise Misuse(
            f"The certificate {certificate} ran out on {held.not_valid_after_utc:%Y-%m-%d %H:%M} "
            "UTC.",
            remedy=f"{_ASK} {name}",
        )
    return Connection(address, {"security_protocol": "SSL", "ssl_context": context})


@contextmanager
def operations(kafka_home: Path, *, now: datetime) -> Iterator[Operations]:
    """Connect to the secured Kafka of a folder as operations, while the block runs.

    Raises:
        Misuse: it is not secured.
        Transient: it is not running.
    """
    with Operations.connected(operations_connection(kafka_home, now=now)) as connected:
        yield connected


def operations_connection(kafka_home: Path, *, now: datetime) -> Connection:
    """Give operations' way to the secured Kafka of a folder.

    Raises:
        Misuse: it is not secured.
    """
    security = Security.opened(kafka_home)
    return service_connection(
        KafkaServer(kafka_home).services,
        authority=security.authority,
        certificate=security.folder / "admin.pem",
        now=now,
    )
