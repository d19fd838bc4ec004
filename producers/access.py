"""How an agency reaches Kafka: plain on one machine, else by TLS with its own name and secret.

The one place that turns `agency.yaml` into aiokafka's arguments, and a refusal of Kafka's into
words: aiokafka itself says of a wrong secret only that there was no connection.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaError, SaslAuthenticationFailed, UnsupportedSaslMechanismError

from contracts.fault import Misuse, Transient
from producers.home import Home
from producers.keys import check_private, replace_private

MECHANISM = "SCRAM-SHA-512"
PROBE_S_MAX = 5.0
_ASK = "Ask operations for a new secret (candour kafka apply --renew), then: candour home access"


def user_of(partnership: str, agency: str) -> str:
    """Name an agency's user on Kafka: one for each partnership that it is in."""
    return f"{partnership}.{agency}"


def arguments_of(home: Home) -> dict[str, Any]:
    """Give aiokafka's arguments for a home, its address apart; empty for a plain Kafka.

    Raises:
        Misuse: the certificate or secret is absent, open to others, or not this agency's.
    """
    agency = home.agency
    if agency.kafka_ca is None or agency.kafka_secret is None:
        return {}
    user, password = read_secret(home.folder / agency.kafka_secret)
    if user != user_of(agency.partnership, agency.agency):
        raise Misuse(
            f"{agency.kafka_secret} is the secret of another user than this home's agency.",
            remedy=f"Ask operations for that of {user_of(agency.partnership, agency.agency)}.",
        )
    return {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": MECHANISM,
        "sasl_plain_username": user,
        "sasl_plain_password": password,
        "ssl_context": trusting(home.folder / agency.kafka_ca),
    }


def read_secret(path: Path) -> tuple[str, str]:
    """Read a private file of two lines: the user's name, and its password.

    Raises:
        Misuse: it is absent, open to others, or not of two lines.
    """
    check_private(path)
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    if len(lines) not in {2, 3} or not lines[0] or not lines[1] or any(lines[2:]):
        raise Misuse(
            f"{path} is not a secret of Kafka's: a user's name, then its password, a line each.",
            remedy="Give the file that operations handed over, unchanged.",
        )
    return lines[0], lines[1]


def trusting(authority: Path) -> ssl.SSLContext:
    """Trust the Kafka that an authority vouches for, and no other.

    Raises:
        Misuse: the file is not an authority's certificate.
    """
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ValueError):
        raise Misuse(
            f"{authority} is not the certificate of Kafka's authority.",
            remedy="Give ca.pem as operations handed it over.",
        ) from None


def give_access(folder: Path, *, authority: Path, secret: Path, address: str | None) -> Home:
    """Put what operations handed over into a home, in place of what was there.

    Args:
        folder: the home's.
        authority: the certificate of Kafka's authority.
        secret: the agency's user and password.
        address: Kafka's, where it is another one than before.

    Raises:
        Misuse: one of them is not what it should be, or another agency's; the home stays as it was.
    """
    home = Home.open(folder)
    trusting(authority)
    user, _ = read_secret(secret)
    if user != user_of(home.agency.partnership, home.agency.agency):
        raise Misuse(
            f"{secret} is the secret of another user than this home's agency.",
            remedy="Give each home the secret of its own agency, and destroy the copy.",
        )
    written = folder / "agency.yaml"
    before = written.read_bytes()
    text = before.decode()
    lines = {"kafka_ca": "kafka-ca.pem", "kafka_secret": "kafka-secret"}
    if address is not None:
        lines["kafka"] = address
    for field, value in lines.items():
        text, found = re.subn(rf"(?m)^{field}:.*$", f"{field}: {value}", text)
        text += "" if found else f"{field}: {value}\n"
    replace_private(folder / "kafka-ca.pem", authority.read_bytes())
    replace_private(folder / "kafka-secret", secret.read_bytes())
    replace_private(written, text.encode())
    try:
        return Home.open(folder)
    except Misuse:
        replace_private(written, before)
        raise


async def refusal(address: str, arguments: Mapping[str, Any]) -> Misuse | None:
    """Ask Kafka once why it does not let this agency in; None where it does, or is away.

    Args:
        address: `host:port`.
        arguments: from `arguments_of`.
    """
    why = await trouble(address, arguments)
    return why if isinstance(why, Misuse) else None


async def trouble(address: str, arguments: Mapping[str, Any]) -> Misuse | Transient | None:
    """Ask Kafka once why nothing can go to it: it is away, or does not let this agency in.

    Args:
        address: `host:port`.
        arguments: from `arguments_of`.
    """
    host, _, port = address.rpartition(":")
    connection = AIOKafkaConnection(host, int(port), **arguments)
    try:
        async with asyncio.timeout(PROBE_S_MAX):
            await connection.connect()
    except SaslAuthenticationFailed:
        return Misuse(
            "Kafka refuses this agency's user or secret: it is wrong, or it was revoked.",
            remedy=f"{_ASK} HOME --secret FILE",
        )
    except ssl.SSLCertVerificationError:
        return Misuse(
            "What answers at Kafka's address does not prove to be the Kafka of `kafka_ca`: its "
            "certificate has run out, is for another name, or is of another authority.",
            remedy="Do not go on: ask operations whether Kafka's address or authority changed.",
        )
    except (ssl.SSLError, UnsupportedSaslMechanismError):
        return _elsewhere()
    except TimeoutError:
        return _away(address)
    except (KafkaError, OSError):
        if not await _is_there(host, int(port)):
            return _away(address)
        return _elsewhere() if arguments else _plain()
    finally:
        await _gone(connection)
    return None


async def _gone(connection: AIOKafkaConnection) -> None:
    """Close a connection and wait until it is: TLS says good-bye, and the loop may end next."""
    ending = connection.close()
    # What was never opened says no good-bye either, and aiokafka gives it an end that never comes.
    if ending is not None and connection._protocol is not None:  # noqa: SLF001
        await asyncio.wait({ending}, timeout=PROBE_S_MAX)


def _away(address: str) -> Transient:
    return Transient(f"Kafka does not answer at {address}.", remedy="Ask operations to start it.")


def _elsewhere() -> Misuse:
    return Misuse(
        "Kafka does not let agencies in at this address.",
        remedy="Ask operations for the agencies' address (candour kafka status), and write it "
        "into agency.yaml as `kafka`.",
    )


def _plain() -> Misuse:
    return Misuse(
        "What answers at Kafka's address does not speak plainly: it is secured, or no Kafka.",
        remedy="Ask operations for the authority's certificate and this agency's secret, then: "
        "candour home access HOME --ca FILE --secret FILE",
    )


async def _is_there(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(PROBE_S_MAX):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
