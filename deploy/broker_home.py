"""A broker home: the folder of one partnership's log, beside Kafka.

    partnership.yaml   which partnership, and where Kafka is
    log-key.pem        the log's Ed25519 key, encrypted; secret holds its passphrase
    trust.json         what agencies and auditors pin: origin and public key
    index/ checkpoint  derived, and the last signed head outside Kafka (broker.shell)

Losing the key ends the log: nothing signed by another key extends it. Keep a copy off this machine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from contracts import base64url, signature
from contracts.fault import Misuse
from contracts.identifier import is_slug
from contracts.opened import Trust, origin_of
from producers import keys
from producers.document import Document, read_document

_PARTNERSHIP = """\
# The log of one partnership. Made by `candour broker make`; see broker/README.md.
partnership: {partnership}
kafka: {kafka}
"""


class _Written(Document):
    partnership: str
    kafka: str


@dataclass(frozen=True)
class BrokerHome:
    """An opened broker home.

    Attributes:
        folder: where it is.
        partnership: whose log.
        kafka: `host:port`.
        seed: the log's private seed.
    """

    folder: Path
    partnership: str
    kafka: str
    seed: bytes

    @classmethod
    def create(
        cls, folder: Path, *, partnership: str, kafka: str,
        random_bytes: Callable[[int], bytes],
    ) -> Self:  # fmt: skip
        """Make a broker home with a new log key, and open it.

        Raises:
            Misuse: the name is not of its form, or a home is there already.
        """
        if not is_slug(partnership):
            raise Misuse(
                "A partnership's id is lower-case words joined by hyphens, at most 40 characters.",
                remedy="Choose one, for example: mk-now",
            )
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        keys.check_private(folder)
        text = _PARTNERSHIP.format(partnership=partnership, kafka=kafka)
        keys.write_private(folder / "partnership.yaml", text.encode())
        keys.write_key(folder / "log-key.pem", folder / "secret", random_bytes)
        home = cls.open(folder)
        keys.write_private(folder / "trust.json", msgspec.json.encode(home.trust) + b"\n")
        return home

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a broker home: permissions and key are checked.

        Raises:
            Misuse: something is absent, malformed or open to others.
        """
        for path in (folder, folder / "partnership.yaml"):
            keys.check_private(path)
        written = read_document(folder / "partnership.yaml", _Written)
        seed = keys.read_seed(folder / "log-key.pem", folder / "secret")
        return cls(folder, written.partnership, written.kafka, seed)

    @property
    def trust(self) -> Trust:
        """What agencies and auditors pin."""
        public_key = base64url.encode(signature.public_key_of(self.seed))
        return Trust(self.partnership, origin_of(self.partnership), public_key)
