"""Fields of a document that have a form on the log: checked where they stand, by line and name."""

from string import digits as ascii_digits
from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator

from contracts.finding import TELEPHONE_DIGITS_MIN
from contracts.form import Day as CalendarDay
from contracts.form import DayOrMoment, PartialDate, Slug, StatementId, Token, is_real


def _of(form: Any, wanted: str, *, dated: bool = False) -> AfterValidator:
    """Check that a text is of a form of the log and, where `dated`, that the calendar has it."""

    def check(text: str) -> str:
        try:
            msgspec.convert(text if not dated or is_real(text) else "", form)
        except msgspec.ValidationError:
            raise ValueError(f"write {wanted}.") from None
        return text

    return AfterValidator(check)


def _number(text: str) -> str:
    """Check that somebody can dial it; words beside it (an extension, a name) may stand."""
    if sum(one in ascii_digits for one in text) < TELEPHONE_DIGITS_MIN:
        raise ValueError("write a number that is answered, or leave it out.")
    return text


def _mailbox(text: str) -> str:
    name, _, domain = text.partition("@")
    if not name or "." not in domain or len(text.split()) != 1:
        raise ValueError("write a mailbox that is read (duty@agency.example), or leave it out.")
    return text


MOMENT = "a moment with its offset (2012-05-01T10:30:00+01:00)"
Day = Annotated[str, _of(DayOrMoment, f"2012-05-01, or {MOMENT}", dated=True)]
LocalDay = Annotated[str, _of(CalendarDay, "a day: 2012-05-01", dated=True)]
PartialDay = Annotated[str, _of(PartialDate, f"2012-05-01, 2012-05, 2012, or {MOMENT}", dated=True)]
Id = Annotated[str, _of(StatementId, "a statement's id, as `candour publish` gave it")]
SlugText = Annotated[str, _of(Slug, "lower-case words joined by hyphens, at most 40 characters")]
AgencyId = Annotated[str, _of(Slug, "an agency's id, as `candour partnership show` gives it")]
TokenText = Annotated[str, _of(Token, "a token of 22 characters, as another agency gave it")]
Number = Annotated[str, AfterValidator(_number)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
