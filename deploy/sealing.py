"""Sealing what somebody has written and not sent yet, with a key of the home."""

from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.fault import Misuse
from deploy import clock
from producers.keys import check_private, write_private

KEY_BYTES, NONCE_BYTES = 32, 12


class Sealer:
    """Seals drafts with a key of the home (AES-256-GCM), each to what it is about."""

    def __init__(self, key: bytes, random_bytes: Callable[[int], bytes]) -> None:
        """Seal with a key of 32 bytes."""
        self._cipher, self._random = AESGCM(key), random_bytes

    def seal(self, text: bytes, about: str) -> bytes:
        """Seal text to what it is about: a nonce and the sealed text."""
        nonce = self._random(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text, about.encode())

    def unseal(self, sealed: bytes, about: str) -> bytes:
        """Open what was sealed to the same.

        Raises:
            Misuse: it was sealed with another key, or is damaged.
        """
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode())
        except InvalidTag:
            raise Misuse(
                "What was half-done cannot be opened: this home's key for it is another.",
                remedy="Put the key back that was there. If it is gone, so is what it sealed: move "
                "the database beside it away.",
            ) from None


def sealer_of(path: Path) -> Sealer:
    """Seal with the key in a file; it is drawn where there is none yet.

    Raises:
        Misuse: the file is open to others.
    """
    if not path.exists():
        write_private(path, clock.random_bytes(KEY_BYTES))
    check_private(path)
    return Sealer(path.read_bytes(), clock.random_bytes)
