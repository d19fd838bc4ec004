"""When something happened, was known and was shared; what lies between, counted and in words.

Pure, and one for whoever tells a chronology: an agency's desk of its own views, the auditor of a
whole log. What is not known to the day is counted from the last day that it can have been, so that
no wait is told longer than it was; what is undated is not counted.

Source: domain.md 7 (Four times; Truth about the review: undated gives no day count).
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from contracts.event.report import Occurred, Report

HAPPENED, KNOWN, RECORDED, SHARED = (
    "Happened", "Known to the agency", "Recorded by it", "Shared through the log",
)  # fmt: skip
"""What each of the four times is called."""
_MONTH, _YEAR = 7, 4


class Times(NamedTuple):
    """The days of one statement.

    Attributes:
        happened: the last day on which it can have been; None where it is undated.
        is_exact: whether that is known to the day.
        known: to the agency; None where that was not delivered.
        shared: through the log.
    """

    happened: date | None
    is_exact: bool
    known: date | None
    shared: date

    @classmethod
    def of(cls, report: Report | None, shared: date) -> "Times":
        """Read the days of a report, None where its facts were not delivered."""
        if report is None:
            return cls(None, is_exact=False, known=None, shared=shared)
        exact = report.occurred.precision in {"day", "instant"}
        known = date.fromisoformat(report.known_to_agency[:10])
        return cls(last_day(report.occurred), exact, known, shared)


def last_day(occurred: Occurred) -> date | None:
    """Give the last day on which something can have happened; None where it is undated."""
    text = occurred.until or occurred.at
    if text is None:
        return None
    if len(text) == _YEAR:
        return date(int(text), 12, 31)
    if len(text) == _MONTH:
        year, month = int(text[:4]), int(text[5:])
        return date(year, month, monthrange(year, month)[1])
    return date.fromisoformat(text[:10])


def days(count: int) -> str:
    """Spell a number of days."""
    return f"{count} day{'' if count == 1 else 's'}"


def waits(times: Times, agency: str) -> Iterator[str]:
    """Say how long it took to be known, and how long it lay before it was shared.

    Args:
        times: of one statement.
        agency: whose it is, by the name that people know.
    """
    if times.known is None:
        return
    if times.happened is not None and times.happened < times.known:
        at_least = "" if times.is_exact else "at least "
        unknown = days((times.known - times.happened).days)
        yield f"Happened {at_least}{unknown} before it was known to {agency}."
    if times.known < times.shared:
        lay = days((times.shared - times.known).days)
        yield f"Known to {agency} {lay} before it was shared."
