"""A report that was filled on a page: the fields of a report's file, its defects by field.

Nothing of it is written to a file, and no name of a file or address holds any of it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from contracts.agreement import Basis
from contracts.draft import Draft
from contracts.fault import Misuse
from producers.document import Unusable, Where
from producers.filed import Report
from producers.outbox import Outbox
from producers.report import Written, checked, drafted

NAME = "The report"


def read_form(
    value: Mapping[str, object], outbox: Outbox, *, said_id: str, at_ms: int, at: str
) -> tuple[Draft, Basis | None]:
    """Draft a report that was filled on a page: the fields of the file, in no file.

    Args:
        value: the file's fields; each scalar as text.
        outbox: as `read_report`.
        said_id: the statement's UUIDv7; the same again is the same report.
        at_ms: the statement's time, in milliseconds.
        at: as `read_report`.

    Returns:
        As `read_report`.

    Raises:
        Unfit: it is no report yet; each defect by field, never by content.
    """
    with _by_field(value) as lines:
        report = checked(value, lines, Report, name=NAME, now_ms=outbox.now_ms())
        written = Written(report, lines, NAME)
        return drafted(written, outbox, new_id=lambda: said_id, at_ms=at_ms, at=at)


def check_form(value: Mapping[str, object], *, now_ms: int) -> Sequence[tuple[Where, str]]:
    """List what cannot be used of what was filled on a page so far, by field.

    Args:
        value: as `read_form`; what is not filled yet is missing too.
        now_ms: this machine's clock, in milliseconds since 1970.
    """
    try:
        with _by_field(value) as lines:
            checked(value, lines, Report, name=NAME, now_ms=now_ms)
    except Unfit as unfit:
        return unfit.fields
    return ()


class Unfit(Misuse):
    """A form that is no report yet.

    Attributes:
        fields: (field, instruction) for each defect.
    """

    fields: Sequence[tuple[Where, str]] = ()


@contextmanager
def _by_field(value: Mapping[str, object]) -> Iterator[Mapping[Where, int]]:
    """Number the fields of a form as a file's lines are, and give its defects by field."""
    places = list(_places(value, ()))
    try:
        yield {place: at for at, place in enumerate(places)}
    except Unusable as found:
        unfit = Unfit(
            "The report cannot be sent yet.",
            remedy="Correct what is named. If somebody is in danger now, ring 999 first.",
        )
        unfit.fields = [(places[at], text) for at, text in found.told]
        raise unfit from None


def _places(value: object, where: Where) -> Iterator[Where]:
    yield where
    inner: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for step, one in inner:
        yield from _places(one, (*where, step))
