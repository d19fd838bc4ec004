"""Fields of a document that have a form on the log: checked where they stand, by line and name."""

from typing import Annotated, Any

import msgspec
from pydantic import AfterValidator

from contracts.form import DayOrMoment, PartialDate, Slug, StatementId, is_real


def _of(form: Any, wanted: str, *, dated: bool = False) -> AfterValidator:
    """Check that a text is of a form of the log and, where `dated`, that the calendar has it."""

    def check(text: str) -> str:
        try:
            msgspec.convert(text if not dated or is_real(text) else "", form)
        except msgspec.ValidationError:
            raise ValueError(f"write {wanted}.") from None
        return text

    return AfterValidator(check)


MOMENT = "a moment with its offset (2012-05-01T10:30:00+01:00)"
Day = Annotated[str, _of(DayOrMoment, f"2012-05-01, or {MOMENT}", dated=True)]
PartialDay = Annotated[str, _of(PartialDate, f"2012-05-01, 2012-05, 2012, or {MOMENT}", dated=True)]
Id = Annotated[str, _of(StatementId, "a statement's id, as `candour publish` gave it")]
AgencyId = Annotated[str, _of(Slug, "an agency's id, as `candour partnership show` gives it")]
