"""Which time a question is about, and whether an earlier answer covered it.

Pure. A period is written as ISO 8601 writes an interval of days, `2012-01-01/2012-05-01`; `..` in
place of a day leaves that end open (ISO 8601-2). No period at all is any time.
"""

import re
from datetime import date
from typing import NamedTuple

from contracts.fault import Misuse
from contracts.form import is_real

_END = r"(\.\.|[0-9]{4}-[0-9]{2}-[0-9]{2})"
_PERIOD = re.compile(rf"{_END}/{_END}\Z")


class Period(NamedTuple):
    """From the first day to the last, inclusive; an open end is the calendar's."""

    first: date
    last: date


ANY = Period(date.min, date.max)


def period_of(text: str | None) -> Period | None:
    """Read a period.

    Returns:
        `ANY` where none is given; None for words that nobody can compare.
    """
    if text is None:
        return ANY
    found = _PERIOD.match(text)
    if found is None or not all(day == ".." or is_real(day) for day in found.groups()):
        return None
    first, last = found.groups()
    return Period(
        date.min if first == ".." else date.fromisoformat(first),
        date.max if last == ".." else date.fromisoformat(last),
    )


def checked(text: str | None) -> str | None:
    """Give a period as it was written.

    Raises:
        Misuse: it is none, or ends before it begins.
    """
    read = period_of(text)
    if read is None or read.first > read.last:
        raise Misuse(
            "The period is no period of days.",
            remedy="Write 2012-01-01/2012-05-01, with .. in place of a day where that end is open.",
        )
    return text


def covers(earlier: str | None, asked: str | None) -> bool:
    """Say whether what was asked about one period answers a question about another.

    Args:
        earlier: the period that was asked about before.
        asked: the one that is asked about now.

    Returns:
        False where either is in words, but for the same words.
    """
    before, now = period_of(earlier), period_of(asked)
    if before is None or now is None:
        return earlier == asked
    return before.first <= now.first and before.last >= now.last
