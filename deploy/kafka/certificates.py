"""Certificates of one Kafka: its authority, what it issues, and what it takes back.

Pure of files: PEM in, PEM out. Who holds a certificate is its common name (`CN`), of which part
of the house its organisation (`O`); Kafka makes the principal of both (secured.properties). Every
certificate names where the list of revoked ones stands, and Kafka refuses what it cannot check.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
BACKDATED = timedelta(minutes=5)
"""Clocks of two machines differ: what is made now must hold there already."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256: private keys lie below it."""
_SERIAL_BYTES = 16

Random = Callable[[int], bytes]


@dataclass(frozen=True)
class Held:
    """A certificate with its private key.

    Attributes:
        certificate: public.
        key: private.
    """

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def read(cls, pem: bytes) -> Self:
        """Read both from one PEM text.

        Raises:
            ValueError: it does not hold both.
        """
        key = serialization.load_pem_private_key(pem, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("not a key of this authority's kind")  # noqa: TRY004 - as PEM's own
        return cls(x509.load_pem_x509_certificate(pem), key)

    @property
    def pem(self) -> bytes:
        """Both in one PEM text, the key unencrypted: for a private file."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ) + public_pem(self.certificate)


def make_authority(*, now: datetime, random_bytes: Random) -> Held:
    """Make a new certificate authority.

    Args:
        now: the clock.
        random_bytes: the source of key and serial number.
    """
    key = _new_key(random_bytes)
    # Two authorities of one name would be one to a reader of an error.
    name = _name(f"candour-ca-{random_bytes(4).hex()}", "kafka")
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        _begun(name, name, key, now, timedelta(days=AUTHORITY_DAYS), random_bytes)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Held(certificate, key)


def issue(  # noqa: PLR0913 - a certificate has this many independent parts
    authority: Held,
    name: str,
    unit: str,
    *,
    lasts: timedelta,
    revoked_at: str,
    now: datetime,
    random_bytes: Random,
    hosts: Iterable[str] = (),
) -> Held:
    """Issue a certificate with a new key.

    Args:
        authority: who issues it.
        name: the common name: the principal it makes.
        unit: the organisation: `kafka`, `ops` or `services`.
        lasts: how long it holds.
        revoked_at: URI of the list of revoked certificates, as Kafka reads it.
        now: the clock.
        random_bytes: the source of key and serial number.
        hosts: host names and addresses, for a server's.
    """
    key = _new_key(random_bytes)
    names = list(hosts)
    uses = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if names else [])]
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(revoked_at)], None, None, None)
    certificate = (
        _begun(_name(name, unit), authority.certificate.subject, key, now, lasts, random_bytes)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .add_extension(x509.CRLDistributionPoints([point]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
            critical=False,
        )
    )
    if names:
        listed = x509.SubjectAlternativeName([_host(one) for one in names])
        certificate = certificate.add_extension(listed, critical=False)
    return Held(certificate.sign(authority.key, hashes.SHA256()), key)


def revoked_list(authority: Held, revoked: Mapping[int, datetime], *, now: datetime) -> bytes:
    """Sign the list of revoked certificates.

    It holds as long as the authority: Kafka refuses everybody where its list has run out.

    Args:
        authority: whose certificates they are.
        revoked: serial number and time of each.
        now: the clock.
    """
    listed = (
        x509
        .CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now - BACKDATED)
        .next_update(authority.certificate.not_valid_after_utc)
    )
    for serial, at in sorted(revoked.items()):
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
        listed = listed.add_revoked_certificate(one)
    return listed.sign(authority.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def read_revoked_list(pem: bytes) -> dict[int, datetime]:
    """Read serial number and time of each revoked certificate."""
    listed = x509.load_pem_x509_crl(pem)
    return {one.serial_number: one.revocation_date_utc for one in listed}


def public_pem(certificate: x509.Certificate) -> bytes:
    """Give a certificate alone as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def holder_of(certificate: x509.Certificate) -> str:
    """Give who holds a certificate."""
    (found,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found.value)


def _name(name: str, unit: str) -> x509.Name:
    # Kafka's rules read it the other way round: CN=...,O=...
    return x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, unit),
        x509.NameAttribute(NameOID.COMMON_NAME, name),
    ])


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _new_key(random_bytes: Random) -> ec.EllipticCurvePrivateKey:
    """Draw a private key: 384 bits leave no bias below an order of 256."""
    drawn = int.from_bytes(random_bytes(48)) % (_ORDER - 1) + 1
    return ec.derive_private_key(drawn, ec.SECP256R1())


def _begun(  # noqa: PLR0913 - what every certificate says
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    lasts: timedelta,
    random_bytes: Random,
) -> x509.CertificateBuilder:
    return (
        x509
        .CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(random_bytes(_SERIAL_BYTES)) >> 1 | 1)
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + lasts)
    )
