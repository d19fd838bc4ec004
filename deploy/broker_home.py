"""A broker home: the folder of one partnership's log, beside Kafka.

    partnership.yaml   which partnership, and where Kafka is
    log-key.pem        the log's Ed25519 key, encrypted; secret holds its passphrase
    trust.json         what agencies and auditors pin: origin and public key
    kafka-ca.pem sequencer.pem dispatcher.pem   where Kafka is secured: whom to trust, and the
                       certificates of the broker's two halves
    index/ checkpoint  derived, and the last signed head outside Kafka (broker.shell)

Losing the key ends the log: nothing signed by another key extends it. Keep a copy off this machine.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
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


_CERTIFIED = """\
kafka_ca: kafka-ca.pem
sequencer: sequencer.pem
dispatcher: dispatcher.pem
"""


class _Written(Document):
    partnership: str
    kafka: str
    kafka_ca: str | None = None
    sequencer: str | None = None
    dispatcher: str | None = None


@dataclass(frozen=True)
class BrokerHome:
    """An opened broker home.

    Attributes:
        folder: where it is.
        partnership: whose log.
        kafka: `host:port`; where it is secured, the services'.
        seed: the log's private seed.
        certified: the authority's certificate, and those of sequencer and dispatcher; None where
            Kafka is plain.
    """

    folder: Path
    partnership: str
    kafka: str
    seed: bytes = field(repr=False)
    certified: tuple[Path, Path, Path] | None = None

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
        certified = _certified(folder, written)
        return cls(folder, written.partnership, written.kafka, seed, certified)

    @classmethod
    def give_access(
        cls, folder: Path, *, authority: Path, sequencer: Path, dispatcher: Path,
        address: str | None,
    ) -> Self:  # fmt: skip
        """Put what operations handed over into a home, in place of what was there.

        Args:
            folder: the home's.
            authority: the certificate of Kafka's authority.
            sequencer: key and certificate of the sequencer.
            dispatcher: key and certificate of the dispatcher.
            address: Kafka's for services, where it is another one than before.

        Raises:
            Misuse: one of them cannot be read.
        """
        home = cls.open(folder)
        keys.check_private(sequencer)
        keys.check_private(dispatcher)
        given = {
            "kafka-ca.pem": authority, "sequencer.pem": sequencer, "dispatcher.pem": dispatcher,
        }  # fmt: skip
        for name, path in given.items():
            keys.replace_private(folder / name, path.read_bytes())
        text = _PARTNERSHIP.format(partnership=home.partnership, kafka=address or home.kafka)
        keys.replace_private(folder / "partnership.yaml", (text + _CERTIFIED).encode())
        return cls.open(folder)

    @property
    def trust(self) -> Trust:
        """What agencies and auditors pin."""
        public_key = base64url.encode(signature.public_key_of(self.seed))
        return Trust(self.partnership, origin_of(self.partnership), public_key)


def _certified(folder: Path, written: _Written) -> tuple[Path, Path, Path] | None:
    """Give the three files of a secured Kafka: all of them, or none."""
    authority, sequencer, dispatcher = written.kafka_ca, written.sequencer, written.dispatcher
    if authority is None and sequencer is None and dispatcher is None:
        return None
    if authority is None or sequencer is None or dispatcher is None:
        raise Misuse(
            f"{folder / 'partnership.yaml'} gives some of `kafka_ca`, `sequencer`, `dispatcher`.",
            remedy="Give all three, as operations handed them over (candour broker access), or "
            "none.",
        )
    return folder / authority, folder / sequencer, folder / dispatcher
