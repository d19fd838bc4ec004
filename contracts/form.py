"""The forms of text and number that a schema holds its members to: FORMAT.md, Forms.

A member that a head, a finding or a log may carry has a form that no name and no free text fits,
so that what outlives erasure never holds personal data.
"""

import json
import re
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, NoReturn

import msgspec
from msgspec import Meta

from contracts.reason import Reason


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Any section's value: closed, immutable, absent members left out."""


SLUG = r"\A[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,39}\Z"
UUID7 = r"\A[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z"
WHOLE_MAX = 2**53 - 1
DEPTH_MAX = 32

Slug = Annotated[str, Meta(pattern=SLUG)]
"""Names an agency, a system, a partnership, an agreement: lower case, digits, single hyphens."""

StatementId = Annotated[str, Meta(pattern=UUID7)]
"""A UUIDv7 in lower-case hexadecimal."""

Token = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{22}\Z")]
"""128 random bits in base64url: a subject, a practitioner, a stream."""

Sha256 = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{43}\Z")]
"""A SHA-256 digest, or a key's thumbprint, in base64url."""

Citation = Annotated[str, Meta(pattern=r"\A[a-z0-9]+(?:[._][a-z0-9]+)*\Z", max_length=64)]
"""A provision of law in dotted lower case: `uk_gdpr.6.1.e`."""

Qualification = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9_]{1,39}\Z")]
"""Training or vetting by a short name of the partnership's own: `dash_trained`, `vetted_npv2`."""

Whole = Annotated[int, Meta(ge=0, le=WHOLE_MAX)]
"""A count, or milliseconds since 1970 (UTC): no fraction, at most 2^53 - 1 (RFC 7493)."""

Millis = Annotated[int, Meta(ge=0, le=253_402_300_799_000)]
"""Milliseconds since 1970 (UTC), to the end of the year 9999: what a calendar can show."""

Days = Annotated[int, Meta(ge=1, le=36_525)]
"""Whole days, one to a hundred years of them."""

Minutes = Annotated[int, Meta(ge=1, le=1_440)]
"""Whole minutes, one to a day of them."""

Hour = Annotated[int, Meta(ge=0, le=23)]
"""An hour of the day."""
Hours = Annotated[int, Meta(ge=1, le=87_600)]
"""Whole hours, one to ten years of them."""

Hands = Annotated[int, Meta(ge=1, le=100)]
"""How many agencies stand behind an act."""

Day = Annotated[str, Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
"""A local day: `2012-05-01`."""

_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_OFFSET = r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
_MOMENT = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK}(?::[0-5][0-9](?:\.[0-9]{{3}})?)?{_OFFSET}"

_INSTANT = rf"\A[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK}:[0-5][0-9]\.[0-9]{{3}}Z\Z"

Instant = Annotated[str, Meta(pattern=_INSTANT)]
"""An instant in UTC to the millisecond: `2012-05-01T09:30:00.000Z`."""

DayOrMoment = Annotated[str, Meta(pattern=rf"\A(?:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|{_MOMENT})\Z")]
"""A local day, or a date-time with its offset."""

PartialDate = Annotated[
    str, Meta(pattern=rf"\A(?:[0-9]{{4}}(?:-[0-9]{{2}}(?:-[0-9]{{2}})?)?|{_MOMENT})\Z")
]
"""A year, a month, a local day, or a date-time with its offset."""

_is_instant = re.compile(_INSTANT).match
# A string without an end takes the rest: tried again from each quote, it would take minutes.
_marks = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL).findall


@lru_cache(maxsize=64)
def milliseconds(instant: str) -> int | None:
    """Read an `Instant`.

    Args:
        instant: any text.

    Returns:
        Milliseconds since 1970 (UTC), never negative; None for any other text, a day that does
        not exist, a leap second or an instant before 1970.
    """
    if _is_instant(instant) is None:
        return None
    try:
        at = round(datetime.fromisoformat(instant).timestamp() * 1000)
    except ValueError:
        return None
    return at if at >= 0 else None


def is_real(text: str) -> bool:
    """Say whether a text of the form `PartialDate` names a time that the calendar has."""
    year, month = text[:4], text[5:7] or "01"
    try:
        date.fromisoformat(f"{year}-{month}-{text[8:10] or '01'}")
    except ValueError:
        return False
    return True


def is_too_deep(exact: bytes) -> bool:
    """Say whether a JSON text nests deeper than 32 arrays and objects.

    The limit is the format's own: where a reader's stack ends, two readers would differ.
    """
    if exact.count(b"[") + exact.count(b"{") <= DEPTH_MAX:
        return False
    depth = 0
    for mark in _marks(exact):
        if mark in {b"[", b"{"}:
            depth += 1
        elif mark in {b"]", b"}"}:
            depth -= 1
        if depth > DEPTH_MAX:
            return True
    return False


def json_defect(exact: bytes) -> Reason | None:
    """Name what keeps a text from being I-JSON as FORMAT.md narrows it.

    Args:
        exact: any bytes.

    Returns:
        DUPLICATE_KEY; NOT_CANONICAL for bad UTF-8, a lone surrogate, bad syntax, or a number that
        is not whole or beyond 2^53 - 1; None where nothing is wrong. Depth is `is_too_deep`'s.

    Source:
        RFC 7493 sections 2.1 to 2.3; RFC 8259.
    """
    doubled = False

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal doubled
        found = dict(pairs)
        doubled = doubled or len(found) != len(pairs)
        return found

    def refuse(text: str) -> NoReturn:
        raise ValueError(text)

    def whole(text: str) -> int:
        if len(text) > 17 or abs(int(text)) > WHOLE_MAX:  # noqa: PLR2004 - a sign and 16 digits
            refuse("too large")
        return int(text)

    try:
        value = json.loads(
            exact.decode(), object_pairs_hook=once, parse_constant=refuse, parse_int=whole,
            parse_float=refuse,
        )  # fmt: skip
        if b"\\" in exact:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return Reason.NOT_CANONICAL
    return Reason.DUPLICATE_KEY if doubled else None
