"""An agency home: one folder with all that one source needs to speak, and nothing for two.

    agency.yaml     who this is, where Kafka is, where the secret is
    key.pem         the source's Ed25519 key, encrypted; key-2.pem and so on, those that replace it
    secret          its passphrase, unless agency.yaml names another file
    trust.json      the partnership's log key, pinned
    outbox.sqlite   what was said, what became of it (producers.outbox)
    credentials/    of the practitioners who report from here, by their token
    kafka-ca.pem kafka-secret   where Kafka is secured: whom to trust, and this agency's user

There is one home per source, also when several run on one machine: a key or an outbox shared by
two sources would let one speak as the other. Everything in it is private to one user.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count, takewhile
from pathlib import Path
from typing import Literal, Self

import msgspec
from pydantic import Field, field_validator

from contracts import base64url, credential, signature
from contracts.agreement import Basis
from contracts.event import control
from contracts.fault import Misuse
from contracts.identifier import source_of
from contracts.opened import Trust
from contracts.section import HowKnown
from producers import keys
from producers.document import Document, read_document
from producers.field import Mailbox, Number, SlugText

SHOWN = ("name",)
"""What a credential discloses in a statement."""

_DATABASE = re.compile(r"postgresql://(?:[^:@/\s]+@)?[^:@/\s]*(?::\d+)?/[^@\s]+")
_AGENCY = """\
# Who speaks from this folder. Made by `candour home make`; see producers/README.md.
partnership: {partnership}
agency: {agency}
system: {system}
kafka: {kafka}
secret: {secret}
# Who answers, as a role, for what this system says by itself:
accountable: {accountable}
# The lawful basis for what no agreement in force covers yet (then police hold it until one does):
# basis:
#   regime: uk_gdpr
#   article: uk_gdpr.6.1.e
# The database of what acts here, if not a file in this folder (its password in ~/.pgpass):
# store: postgresql://candour@db.example/candour
# What reports from here need not repeat of who says so:
# reporter:
#   name: A. Officer
#   role: probation officer
#   mailbox: duty@probation.example
#   out_of_hours: 01632 960102
"""


class AgencyBasis(Document):
    """The lawful basis an agency names where no agreement in force does."""

    regime: Literal["uk_gdpr", "dpa_2018_part_3"]
    article: str
    gateway: str | None = None
    special_category: list[str] | None = None
    criminal_offence: list[str] | None = None


class Reporter(Document):
    """Who says so: a practitioner by name and role, and where to ring (review rec. 16).

    `reference` is the agency's own for the person (a staff number); a random token goes out.
    """

    name: str | None = None
    reference: str | None = None
    role: str | None = None
    employer: str | None = None
    acting_for: str | None = None
    mailbox: Mailbox | None = None
    telephone: Number | None = None
    out_of_hours: Number | None = None
    supervisor: str | None = None
    how_known: HowKnown | None = None
    said: Literal["verbatim", "summary"] | None = None
    public_source: bool = False


class Agency(Document):
    """`agency.yaml`: who speaks from this home and how it reaches the partnership."""

    partnership: SlugText
    agency: SlugText
    system: SlugText
    kafka: str
    kafka_ca: str | None = None
    kafka_secret: str | None = None
    secret: str = "secret"  # noqa: S105 - a file's name
    accountable: str = Field(min_length=1)
    basis: AgencyBasis | None = None
    reporter: Reporter = Reporter()
    store: str | None = None

    @field_validator("store")
    @classmethod
    def _is_database(cls, text: str | None) -> str | None:
        if text is not None and not _DATABASE.fullmatch(text):
            raise ValueError(
                "write postgresql://USER@HOST/DATABASE; its password stands in ~/.pgpass, not here."
            )
        return text

    @field_validator("kafka")
    @classmethod
    def _is_address(cls, text: str) -> str:
        host, _, port = text.rpartition(":")
        if not host or not port.isdigit():
            raise ValueError("write Kafka's address as host:port.")
        return text


@dataclass(frozen=True)
class Home:
    """An opened home: its key is in memory, its permissions were right.

    Attributes:
        folder: where it is.
        agency: what `agency.yaml` says.
    """

    folder: Path
    agency: Agency
    _seed: bytes = field(repr=False)
    _later: tuple[bytes, ...] = field(default=(), repr=False)
    """Seeds of the keys that replace the first, oldest first."""

    @classmethod
    def create(  # noqa: PLR0913 - agency.yaml has this many independent lines
        cls,
        folder: Path,
        *,
        partnership: str,
        agency: str,
        system: str,
        kafka: str,
        random_bytes: Callable[[int], bytes],
        secret: str = "secret",  # noqa: S107 - a file's name
        accountable: str | None = None,
    ) -> Self:
        """Make a home with a new key, and open it.

        Args:
            folder: made if absent; must not hold a home yet.
            partnership: the partnership's id.
            agency: the agency's id in it.
            system: the system that speaks; with the agency it makes the source.
            kafka: `host:port`.
            random_bytes: the source of key and passphrase.
            secret: the passphrase's file, in the folder or elsewhere by its absolute path.
            accountable: the role that answers for what the system says by itself.

        Raises:
            Misuse: a name or the address is not of its form, or a home is there already.
        """
        text = _AGENCY.format(
            partnership=partnership, agency=agency, system=system, kafka=kafka, secret=secret,
            accountable=accountable or f"information governance lead of {agency}",
        )  # fmt: skip
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        keys.check_private(folder)
        written = folder / "agency.yaml"
        keys.write_private(written, text.encode())
        try:
            read_document(written, Agency)
            keys.write_key(folder / "key.pem", folder / secret, random_bytes)
        except Misuse:
            written.unlink()
            raise
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a home: permissions, `agency.yaml` and key are checked.

        Raises:
            Misuse: something is absent, malformed or open to others; the remedy is the command.
        """
        for path in (folder, folder / "agency.yaml"):
            keys.check_private(path)
        agency = read_document(folder / "agency.yaml", Agency)
        if (agency.kafka_ca is None) != (agency.kafka_secret is None):
            raise Misuse(
                f"{folder / 'agency.yaml'} gives one of `kafka_ca` and `kafka_secret`.",
                remedy="Give both, as operations handed them over (candour home access), or none.",
            )
        secret = folder / agency.secret
        seed = keys.read_seed(folder / "key.pem", secret)
        later = tuple(keys.read_seed(path, secret) for path in _later_keys(folder))
        return cls(folder, agency, seed, later)

    def speaking(self, ended: Collection[str]) -> Self:
        """Give the home as it signs now: with the oldest of its keys that has not ended.

        Args:
            ended: keys that the log revoked or replaced, by thumbprint.

        Returns:
            With its newest key where all have ended: nothing that it signs is taken.
        """
        every = (self._seed, *self._later)
        left = [seed for seed in every if _kid(seed) not in ended] or every[-1:]
        return replace(self, _seed=left[0], _later=tuple(left[1:]))

    @property
    def newest(self) -> Self:
        """Give the home as it would sign with the last of its keys."""
        return replace(self, _seed=(self._seed, *self._later)[-1], _later=())

    @property
    def kids(self) -> list[str]:
        """List the thumbprints of its keys, oldest first."""
        return [_kid(seed) for seed in (self._seed, *self._later)]

    def renewed(self) -> Self:
        """Give the home with the keys that were made in it since it was opened.

        Raises:
            Misuse: as `open`.
        """
        made = len(_later_keys(self.folder)) > len(self._later)
        return self.open(self.folder) if made else self

    def add_key(self, random_bytes: Callable[[int], bytes]) -> Self:
        """Make one more key; it signs once the log has ended those before it.

        Raises:
            Misuse: a file is in its way, or the secret is not private.
        """
        path = self.folder / f"key-{len(self.kids) + 1}.pem"
        keys.write_key(path, self.folder / self.agency.secret, random_bytes)
        return self.open(self.folder)

    def sign(self, signed: bytes) -> bytes:
        """Sign bytes with the source's key: 64 bytes of Ed25519."""
        return signature.sign(self._seed, signed)

    @cached_property
    def public_key(self) -> bytes:
        """The source's public key, 32 bytes."""
        return signature.public_key_of(self._seed)

    @cached_property
    def kid(self) -> str:
        """The key's RFC 7638 thumbprint."""
        return signature.thumbprint(self.public_key)

    @property
    def source(self) -> str:
        """The CloudEvents `source` of everything said from here."""
        return source_of(self.agency.agency, self.agency.system)

    @property
    def basis(self) -> Basis | None:
        """The basis `agency.yaml` names for what no agreement covers."""
        given = self.agency.basis
        return msgspec.convert(given.model_dump(exclude_none=True), Basis) if given else None

    def source_key(self, purpose: list[control.Purpose]) -> control.SourceKey:
        """Give the key as a founding or admission document lists it, proved to be held."""
        public_key = base64url.encode(self.public_key)
        text = control.possession_text(self.agency.partnership, self.source, public_key)
        possession = base64url.encode(self.sign(text))
        return control.SourceKey(self.source, public_key, purpose, possession)

    def credential(self, practitioner: str) -> str | None:
        """Give a practitioner's credential as it goes out: of what it can disclose, the name.

        A register's number stays here: that somebody is registered, a leg asks as a
        qualification, which the employer vouches for.

        Args:
            practitioner: their token.

        Returns:
            None where none was issued to them, or its file is damaged: who says so is then named
            without one, and nothing is stopped by it.
        """
        path = self.folder / "credentials" / f"{practitioner}.jwt"
        if not practitioner or not path.exists():
            return None
        try:
            return credential.show(path.read_text().strip(), SHOWN)
        except ValueError:
            return None

    def keep_credential(self, practitioner: str, issued: str) -> None:
        """Keep a credential with the home, for its practitioner's statements; newest counts."""
        folder = self.folder / "credentials"
        folder.mkdir(mode=0o700, exist_ok=True)
        keys.replace_private(folder / f"{practitioner}.jwt", issued.encode() + b"\n")

    @property
    def trust(self) -> Trust:
        """The pinned log.

        Raises:
            Misuse: none is pinned yet, or it is another partnership's.
        """
        path = self.folder / "trust.json"
        if not path.exists():
            raise Misuse(
                f"{self.folder} pins no log key yet, so no receipt could be believed.",
                remedy="Get the trust file from the governance agency, compare its key by "
                f"telephone, and run: candour home trust {self.folder} --from FILE",
            )
        keys.check_private(path)
        return self._read_trust(path)

    def pin(self, path: Path) -> Trust:
        """Pin the log key that a trust file names.

        Pinning the same again changes nothing; another key is refused, because a log that
        changes its key is either another log or a forged one.

        Raises:
            Misuse: it is no trust file, another partnership's, or another key is pinned.
        """
        trust = self._read_trust(path)
        pinned = self.folder / "trust.json"
        if not pinned.exists():
            keys.write_private(pinned, msgspec.json.encode(trust) + b"\n")
        elif self.trust != trust:
            raise Misuse(
                f"{pinned} pins another log key.",
                remedy="Do not go on: ring the governance agency on a number you already hold. "
                "Delete trust.json only when they confirm the new key.",
            )
        return trust

    def _read_trust(self, path: Path) -> Trust:
        try:
            trust = msgspec.json.decode(path.read_bytes(), type=Trust)
            public_key = base64url.decode(trust.log_key)
        except (OSError, ValueError, msgspec.MsgspecError):
            raise Misuse(
                f"{path} is not a trust file.",
                remedy="Ask the governance agency for trust.json: partnership, origin, log_key.",
            ) from None
        if trust.partnership != self.agency.partnership:
            raise Misuse(
                f"{path} is for the partnership {trust.partnership}, "
                f"this home is for {self.agency.partnership}.",
                remedy="Pin the trust file of this home's own partnership.",
            )
        if not signature.is_acceptable_public_key(public_key):
            raise Misuse(
                f"{path} names a key that is no safe Ed25519 key.",
                remedy="Ask the governance agency for the file again.",
            )
        return trust


def _later_keys(folder: Path) -> list[Path]:
    """List the files of the keys after the first, in the order in which they were made."""
    numbered = (folder / f"key-{number}.pem" for number in count(2))
    return list(takewhile(Path.exists, numbered))


def _kid(seed: bytes) -> str:
    return signature.thumbprint(signature.public_key_of(seed))
