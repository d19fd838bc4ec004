"""Base64url without padding, strict: each octet string has exactly one spelling.

Must never accept a second spelling of the same octets, or what was signed and what was read
could differ while a digest of one passes for the other.
"""

from pybase64 import b64decode, b64encode_as_string

_ALPHABET_END = b"-_"


def encode(octets: bytes) -> str:
    """Spell octets in the URL-safe alphabet, without padding.

    Args:
        octets: any length.

    Returns:
        ASCII text; empty for no octets.

    Source:
        RFC 4648 section 5; RFC 7515 section 2.
    """
    return b64encode_as_string(octets, _ALPHABET_END, padded=False)


def decode(text: str | bytes) -> bytes:
    """Read octets from their only spelling.

    Args:
        text: any length.

    Returns:
        The octets; none for the empty string.

    Raises:
        ValueError: a character outside the alphabet, padding, a length that no octets have,
            or trailing bits that are not zero.

    Source:
        RFC 4648 sections 3.3, 3.5 and 5; RFC 7515 section 2.
    """
    return b64decode(text, _ALPHABET_END, validate=True, padded=False, canonical=True)
