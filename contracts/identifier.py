"""Identifiers that other things are named by: parsed once, typed after.

None of them may carry personal data: they stand in topic names, keys, logs and heads.
"""

import re
from functools import lru_cache
from typing import NewType

AgencyId = NewType("AgencyId", str)
"""One agency in a partnership: lower-case words joined by hyphens, at most 40 characters."""

Digest = NewType("Digest", str)
"""SHA-256 in base64url without padding: 43 characters."""

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,39}\Z")
_SOURCE = re.compile(r"/agencies/([a-z0-9-]{1,40})/([a-z0-9-]{1,40})\Z")
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}\Z")


def is_slug(text: str) -> bool:
    """Say whether a text can name an agency, a system, a partnership or an agreement."""
    return _SLUG.match(text) is not None


def is_statement_id(text: str) -> bool:
    """Say whether a text is a UUIDv7 in lower-case hexadecimal (RFC 9562 section 5.7)."""
    return _UUID7.match(text) is not None


def is_token(text: str) -> bool:
    """Say whether a text is 128 random bits in base64url: a subject, practitioner or stream."""
    return _TOKEN.match(text) is not None


def is_digest(text: str) -> bool:
    """Say whether a text is 43 characters of base64url: a SHA-256 digest or a key's thumbprint."""
    return _DIGEST.match(text) is not None


def is_reference(text: str) -> bool:
    """Say whether a text can be an id, a token or a digest: nothing that somebody wrote."""
    return is_statement_id(text) or is_token(text) or is_digest(text)


_CHECK = "ZABCDEFGHJKLMNPQRTUVWXY"
_PNC = re.compile(
    r"(?:(?P<year>[0-9]{4}|[0-9]{2})/(?P<serial>[0-9]{1,7})"
    r"|(?P<whole>[0-9]{4}|[0-9]{2})(?P<padded>[0-9]{7}))(?P<letter>[A-Z])\Z"
)
_CRO = re.compile(r"([0-9]{1,6})/([0-9]{2})([A-Z])\Z")
_CRO_FILE = re.compile(r"SF([0-9]{2})/([0-9]{1,6})([A-Z])\Z")
_NHS_DIGITS, _NHS_PRIME = 10, 11


def nhs_number(text: str) -> str | None:
    """Read an NHS number: ten digits, the last a check digit; None where it is none.

    Source:
        NHS Data Dictionary, NHS number (modulus 11); domain.md 1.11.
    """
    digits = _closed_up(text).replace("-", "")
    if len(digits) != _NHS_DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    total = sum(int(one) * (_NHS_DIGITS - n) for n, one in enumerate(digits[:-1]))
    # 11 counts as 0; a remainder of 1 would need a tenth digit, and no such number is issued.
    return digits if -total % _NHS_PRIME == int(digits[-1]) else None


def pnc_id(text: str, *, pivot: int) -> str | None:
    """Read a PNC identifier, short (`02/73319Z`) or long; give the long one, None where it is none.

    Args:
        text: as somebody wrote it; without its stroke only where its serial is written in full.
        pivot: years from 00 to this one, two digits, are of this century; the rest of the last.

    Source:
        domain.md 1.11 (check letter over two-digit year and padded serial, modulus 23).
    """
    found = _PNC.match(_closed_up(text))
    if found is None:
        return None
    year, letter = found["year"] or found["whole"], found["letter"]
    serial = (found["serial"] or found["padded"]).zfill(7)
    if len(year) == len("02"):
        year = f"{20 if int(year) <= pivot else 19}{year}"
    return f"{year}/{serial}{letter}" if _letter(year[2:] + serial) == letter else None


def cro_number(text: str) -> str | None:
    """Read a CRO number, `029906/12J` or of a file `SF39/1234L`; None where it is none.

    Source:
        domain.md 1.11 (the letters of a PNC identifier; a file's serial is not padded).
    """
    closed = _closed_up(text)
    found = _CRO.match(closed)
    if found is not None:
        serial, year, letter = found[1].zfill(6), found[2], found[3]
        return f"{serial}/{year}{letter}" if _letter(year + serial) == letter else None
    found = _CRO_FILE.match(closed)
    if found is None:
        return None
    year, serial, letter = found[1], found[2], found[3]
    return f"SF{year}/{serial}{letter}" if _letter(year + serial) == letter else None


def _closed_up(text: str) -> str:
    return "".join(text.split()).upper()


def _letter(digits: str) -> str:
    return _CHECK[int(digits) % len(_CHECK)]


def source_of(agency: str, system: str) -> str:
    """Spell the CloudEvents `source` of one system of one agency."""
    return f"/agencies/{agency}/{system}"


@lru_cache(maxsize=4096)
def agency_of(source: str) -> AgencyId | None:
    """Read the agency out of a `source`; None where the text is no source of ours."""
    found = _SOURCE.match(source)
    if found is None or not is_slug(found[1]) or not is_slug(found[2]):
        return None
    return AgencyId(found[1])
