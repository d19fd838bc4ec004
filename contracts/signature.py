"""Strict Ed25519: one answer to "did this key sign these exact bytes", whatever the bytes are.

Owns verification, the test a key passes before it is enrolled, thumbprints and signing. Strict
is libsodium's sense: S below the group order, A canonical, neither A nor R of small order, the
equation without cofactor. Enrolment further refuses a key outside the prime-order group, so
that no signature under an enrolled key verifies in one library and fails in another.
"""

from hashlib import sha256
from typing import Final

from nacl.bindings import (
    crypto_core_ed25519_is_valid_point,
    crypto_sign,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import BadSignatureError

from contracts import base64url

PUBLIC_KEY_BYTES: Final = 32
SEED_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64


def is_valid(public_key: bytes, signed: bytes, signature: bytes) -> bool:
    """Tell whether the key's holder signed exactly these bytes; never raises.

    Args:
        public_key: 32 bytes; any other length is False.
        signed: the signed bytes, any length.
        signature: R then S, 64 bytes; any other length is False.

    Returns:
        libsodium's verdict.

    Source:
        RFC 8032 section 5.1.7, with libsodium's refusals.
    """
    # libsodium reads 32 bytes from the key's address whatever its length.
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        crypto_sign_open(signature + signed, public_key)
    except BadSignatureError:
        return False
    return True


def is_acceptable_public_key(public_key: bytes) -> bool:
    """Tell whether a key may be enrolled: canonical, on the curve, of the prime order.

    Prime order is more than "not small": a key with a torsion part makes signatures on which
    libraries with and without the cofactor disagree. Honest keys always have it.

    Args:
        public_key: 32 bytes; any other length is False.

    Returns:
        True when signatures under this key have one verdict everywhere.

    Source:
        RFC 8032 sections 5.1.3 and 5.1.5.
    """
    if len(public_key) != PUBLIC_KEY_BYTES:
        return False
    return crypto_core_ed25519_is_valid_point(public_key)


def thumbprint(public_key: bytes) -> str:
    """Name a key by the digest of its JWK.

    Returns:
        43 characters of base64url: a statement's `kid`.

    Source:
        RFC 7638 section 3; RFC 8037 section 2 and appendix A.3.
    """
    jwk = f'{{"crv":"Ed25519","kty":"OKP","x":"{base64url.encode(public_key)}"}}'
    return base64url.encode(sha256(jwk.encode("ascii")).digest())


def public_key_of(seed: bytes) -> bytes:
    """Derive the public key of a private seed.

    Returns:
        32 bytes.

    Raises:
        ValueError: the seed is not 32 bytes.

    Source:
        RFC 8032 section 5.1.5.
    """
    return _pair_of(seed)[0]


def sign(seed: bytes, signed: bytes) -> bytes:
    """Sign bytes, deterministically.

    It takes the seed alone: a caller who could hand in a public half that does not match would
    give the private half away.

    Returns:
        R then S, 64 bytes.

    Raises:
        ValueError: the seed is not 32 bytes.

    Source:
        RFC 8032 section 5.1.6.
    """
    return crypto_sign(signed, _pair_of(seed)[1])[:SIGNATURE_BYTES]


def _pair_of(seed: bytes) -> tuple[bytes, bytes]:
    """Return the public key and libsodium's 64-byte secret key (seed, then public key)."""
    if len(seed) != SEED_BYTES:
        raise ValueError(f"An Ed25519 seed is {SEED_BYTES} bytes, not {len(seed)}.")
    return crypto_sign_seed_keypair(seed)
