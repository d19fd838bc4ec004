"""Addresses inside this desk: where somebody may be led back to."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

_INWARD = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""One slash, then what is printable ASCII, with no backslash: browsers read `/\\` as `//`."""


def inward(path: str) -> str:
    """Keep a way back inside this desk: anything else leads to its first page.

    Source:
        OWASP ASVS 5.0 V3.7 (redirects to other sites); WHATWG URL (tabs and newlines are dropped).
    """
    return path if _INWARD.fullmatch(path) else "/"


def came_from(headers: Mapping[str, str]) -> str:
    """Give the page of this desk that somebody came from, as their browser says; else its first."""
    page = urlsplit(headers.get("referer", ""))
    return inward(page.path) if page.netloc == headers.get("host") else "/"
