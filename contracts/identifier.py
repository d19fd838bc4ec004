"""Identifiers that other things are named by: parsed once, typed after.

None of them may carry personal data: they stand in topic names, keys, logs and heads.
"""

import re
from functools import lru_cache
from typing import NewType

AgencyId = NewType("AgencyId", str)
"""One agency in a partnership: lower-case words joined by hyphens, at most 40 characters."""

PartnershipId = NewType("PartnershipId", str)
"""One partnership, spelled as an agency is."""

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
