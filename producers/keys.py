"""Key files: an Ed25519 key as encrypted PKCS#8, its passphrase in a secret file, both private.

Owns how private keys rest on disk, for agencies and for the log. A passphrase is always random;
nothing here has a default secret, and no key bytes ever stand in an error.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts import base64url, signature
from contracts.fault import Misuse

OTHERS = 0o077
"""The permission bits that a private file or folder must not have."""
_SECRET_BYTES = 32


def write_private(path: Path, octets: bytes) -> None:
    """Write a new file that only its owner may read, on disk when this returns.

    Raises:
        Misuse: the file is there already: a key or secret is never overwritten.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Misuse(
            f"{path} is there already and is not overwritten.",
            remedy="Choose another path; a key's file is kept, for what it signed needs it.",
        ) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(descriptor)


def replace_private(path: Path, octets: bytes) -> None:
    """Write a file that only its owner may read, in place of an earlier one: whole or not at all.

    For what may be replaced: never for a key whose signatures stand on a log.
    """
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    write_private(beside, octets)
    beside.replace(path)


def check_private(path: Path) -> None:
    """Refuse a file or folder that anybody but its owner may read, write or enter.

    Raises:
        Misuse: it is absent, or its permissions are too wide; the remedy is the command.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise Misuse(
            f"{path.absolute()} is not there.",
            remedy="Give the folder that `candour home make` made (find . -name agency.yaml lists "
            "those beneath you), or make one with it.",
        ) from None
    if mode & OTHERS:
        wanted = "700" if stat.S_ISDIR(mode) else "600"
        raise Misuse(
            f"Other users of this machine can open {path}.",
            remedy=f"Run: chmod {wanted} {path}",
        )


def write_key(path: Path, secret_path: Path, random_bytes: Callable[[int], bytes]) -> bytes:
    """Make a new Ed25519 key and write it encrypted.

    Args:
        path: the PEM file to make.
        secret_path: the passphrase's file; made with a random passphrase if absent, so that
            several keys may share one.
        random_bytes: the source of the seed and of the passphrase.

    Returns:
        The public key, 32 bytes.

    Raises:
        Misuse: the key file is there already, or the secret file is not private.
    """
    if not secret_path.exists():
        write_private(secret_path, base64url.encode(random_bytes(_SECRET_BYTES)).encode() + b"\n")
    check_private(secret_path)
    seed = random_bytes(signature.SEED_BYTES)
    pem = Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(secret_path.read_bytes().strip()),
    )
    write_private(path, pem)
    return signature.public_key_of(seed)


def secret_of(path: Path, secret: Path | None = None) -> Path:
    """Give the file of a practitioner's passphrase: the one named, else the one beside the key."""
    return secret or path.with_name(f"{path.name}.secret")


def read_seed(path: Path, secret_path: Path) -> bytes:
    """Read a private seed from its encrypted file.

    Returns:
        32 bytes, for `contracts.signature.sign`.

    Raises:
        Misuse: a file is absent or not private, the secret does not fit, or it is no such key.
    """
    check_private(secret_path)
    check_private(path)
    try:
        key = serialization.load_pem_private_key(
            path.read_bytes(), secret_path.read_bytes().strip()
        )
    except (ValueError, TypeError):
        raise Misuse(
            f"{path} cannot be opened with the secret in {secret_path}.",
            remedy="Put back the secret file that was made with this key, from the same backup.",
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Misuse(
            f"{path} is not an Ed25519 key.",
            remedy="Make the key with `candour home make`.",
        )
    return key.private_bytes_raw()


def read_own(path: Path, secret: Path | None = None) -> bytes:
    """Read a practitioner's own private seed: 32 bytes.

    Raises:
        Misuse: as `read_seed`.
    """
    if not path.exists():
        raise Misuse(
            f"{path} is not there.",
            remedy="Make a practitioner's key with `candour credential key FILE`; a report may go "
            "without one, and then says who speaks by name alone.",
        )
    return read_seed(path, secret_of(path, secret))
