"""What makes a Kafka secured: the folder `security` beside it, made by one command.

    settings.yaml     how it was secured: host names, how long certificates and sessions last
    ca.pem ca-key.pem the authority; its key is needed only to issue and to revoke
    broker.pem        Kafka's own key and certificate
    admin.pem         operations' key and certificate: may do everything
    revoked.crl       what was taken back; Kafka reads it again within half a minute
    issued/           every certificate that was issued, without its key

Nothing here has a default secret: every key is drawn when the folder is made. No password opens
what operations may do, only that certificate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from pydantic import Field

from contracts.fault import Misuse
from deploy.kafka.certificates import (
    Held,
    Random,
    holder_of,
    issue,
    make_authority,
    public_pem,
    read_revoked_list,
    revoked_list,
)
from producers.document import Document, read_document
from producers.keys import check_private, replace_private, write_private

FOLDER = "security"
BROKER, ADMIN = "broker", "admin"
RENEWED_BEFORE = timedelta(days=30)
"""A certificate that runs out sooner is issued anew."""
_WHOLE = ("settings.yaml", "ca.pem", "revoked.crl", f"{BROKER}.pem", f"{ADMIN}.pem")
_LOCAL = ("127.0.0.1", "localhost")
_SETTINGS = """\
# How this Kafka was secured. Made by `candour kafka secure`; give that again after a change.
hosts: [{hosts}]
certificate_days: {days}
reauthentication_s: {reauthentication:g}
"""


class SecuritySettings(Document):
    """`settings.yaml`: under which names Kafka is reached, how long what holds."""

    hosts: list[str] = Field(min_length=1)
    certificate_days: int = Field(ge=1, le=3650)
    reauthentication_s: float = Field(gt=0, le=86_400)


_FIRST = SecuritySettings(hosts=list(_LOCAL), certificate_days=365, reauthentication_s=60)


@dataclass(frozen=True)
class Security:
    """The folder of a secured Kafka.

    Attributes:
        folder: `security` in Kafka's own folder.
        settings: what `settings.yaml` says.
    """

    folder: Path
    settings: SecuritySettings

    @classmethod
    def of(cls, kafka_home: Path) -> Self | None:
        """Open the folder of a Kafka; None where it was not secured.

        Raises:
            Misuse: it was secured in part, a private file is open to others, or the settings
                cannot be read.
        """
        folder = kafka_home.resolve() / FOLDER
        if not folder.exists():
            return None
        if not all((folder / name).exists() for name in _WHOLE):
            # Started all the same, it would be open to everybody.
            raise Misuse(
                f"{folder} is not whole: securing this Kafka was broken off.",
                remedy=f"Run: candour kafka secure --home {kafka_home}",
            )
        for path in (folder, folder / "broker.pem"):
            check_private(path)
        return cls(folder, read_document(folder / "settings.yaml", SecuritySettings))

    @classmethod
    def opened(cls, kafka_home: Path) -> Self:
        """Open the folder of a Kafka that must be secured.

        Raises:
            Misuse: it is not.
        """
        found = cls.of(kafka_home)
        if found is None:
            raise Misuse(
                f"The Kafka in {kafka_home} is not secured: rights mean nothing there.",
                remedy=f"Run: candour kafka secure --home {kafka_home}, then start Kafka again.",
            )
        return found

    @property
    def authority(self) -> Path:
        """The authority's certificate: what everybody who connects must be given."""
        return self.folder / "ca.pem"

    def issue(  # noqa: PLR0913 - a certificate has this many independent parts
        self, name: str, unit: str, *, now: datetime, random_bytes: Random,
        hosts: tuple[str, ...] = (), lasts: timedelta | None = None,
    ) -> bytes:  # fmt: skip
        """Issue a certificate and note it.

        Returns:
            Key and certificate as one PEM text, for a private file.

        Raises:
            Misuse: the authority's key is not here.
        """
        held = issue(
            self._authority(), name, unit, hosts=hosts, now=now, random_bytes=random_bytes,
            lasts=lasts or timedelta(days=self.settings.certificate_days),
            revoked_at=(self.folder / "revoked.crl").as_uri(),
        )  # fmt: skip
        noted = self.folder / "issued" / f"{name}.{held.certificate.serial_number:032x}.pem"
        noted.write_bytes(public_pem(held.certificate))
        return held.pem

    def holds(self, name: str, *, now: datetime) -> bool:
        """Say whether somebody has a certificate that is not revoked and does not run out soon."""
        revoked = read_revoked_list((self.folder / "revoked.crl").read_bytes())
        return any(
            one.not_valid_after_utc - RENEWED_BEFORE > now and one.serial_number not in revoked
            for one in self._issued(name)
        )

    def revoke(self, name: str, *, now: datetime) -> int:
        """Take back every certificate of a name; Kafka refuses new connections with them.

        Returns:
            How many were taken back by this.

        Raises:
            Misuse: the authority's key is not here.
        """
        path = self.folder / "revoked.crl"
        revoked = read_revoked_list(path.read_bytes())
        fresh = {one.serial_number: now for one in self._issued(name)}
        fresh = {serial: at for serial, at in fresh.items() if serial not in revoked}
        if fresh:
            replace_private(path, revoked_list(self._authority(), {**revoked, **fresh}, now=now))
        return len(fresh)

    def _issued(self, name: str) -> Iterator[x509.Certificate]:
        for path in sorted((self.folder / "issued").glob(f"{name}.*.pem")):
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
            if holder_of(certificate) == name:
                yield certificate

    def _authority(self) -> Held:
        path = self.folder / "ca-key.pem"
        check_private(path)
        return Held.read(path.read_bytes())


def secure(  # noqa: PLR0913 - independent settings
    kafka_home: Path, *, now: datetime, random_bytes: Random,
    hosts: list[str] | None = None, days: int | None = None,
    reauthentication_s: float | None = None,
) -> list[str]:  # fmt: skip
    """Make what a secured Kafka needs; what is there and holds stays.

    Args:
        kafka_home: Kafka's folder.
        now: the clock.
        random_bytes: the source of every key.
        hosts: names and addresses under which Kafka is reached, the first one told to clients;
            None keeps what was given before, at first only this machine's own.
        days: how long a certificate holds; None keeps what was given before, at first a year.
        reauthentication_s: how long a session of an agency lasts before it must prove itself
            anew; None keeps what was given before, at first a minute.

    Returns:
        What was made, in words; empty where nothing had to be.
    """
    folder = kafka_home.resolve() / FOLDER
    kafka_home.mkdir(parents=True, exist_ok=True)
    kafka_home.chmod(0o700)  # what Kafka holds is nobody else's on this machine either
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "issued").mkdir(mode=0o700, exist_ok=True)
    made: list[str] = []
    if not (folder / "ca-key.pem").exists():
        authority = make_authority(now=now, random_bytes=random_bytes)
        replace_private(folder / "ca.pem", public_pem(authority.certificate))
        replace_private(folder / "revoked.crl", revoked_list(authority, {}, now=now))
        # Last: without it all three are made again.
        write_private(folder / "ca-key.pem", authority.pem)
        made.append("a certificate authority")
    path = folder / "settings.yaml"
    before = read_document(path, SecuritySettings) if path.exists() else _FIRST
    named = list(dict.fromkeys([*(hosts if hosts is not None else before.hosts), *_LOCAL]))
    text = _SETTINGS.format(
        hosts=", ".join(named),
        days=days or before.certificate_days,
        reauthentication=reauthentication_s or before.reauthentication_s,
    )
    changed = not path.exists() or path.read_text() != text
    if changed:
        replace_private(path, text.encode())
        made.append("settings")
    security = Security(folder, read_document(path, SecuritySettings))
    for name, unit, served in ((BROKER, "kafka", tuple(named)), (ADMIN, "ops", ())):
        whole = folder / f"{name}.pem"
        if whole.exists() and security.holds(name, now=now) and not (changed and served):
            continue
        pem = security.issue(name, unit, hosts=served, now=now, random_bytes=random_bytes)
        replace_private(whole, pem)
        made.append(f"the certificate of {name}")
    return made
