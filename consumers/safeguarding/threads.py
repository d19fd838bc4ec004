"""One thread per pair: alerts by the persons whom they are about, links applied, loudest first.

A thread holds what is of just these persons: of a new partner nothing stands in the thread of one
before her, and nothing of that one in hers.

Source: domain.md 5 (trap 8), 7 (Attention; Others: a new partner has her own case wall).
"""

from dataclasses import dataclass, field

from sqlalchemy import RowMapping

LOUDNESS = ("interrupt", "duty", "note")
"""What presses now, what is due this shift, what is to be known of: the loudest first."""


@dataclass(slots=True)
class Thread:
    """The alerts about the same persons.

    Attributes:
        persons: the tokens of each, as links stand that may be seen; the report's id where an
            alert is about nobody.
        alerts: their rows, the loudest first, closed ones last.
        older: before which id there may be more of them; None where these are all.
    """

    persons: frozenset[frozenset[str]]
    alerts: list[RowMapping] = field(default_factory=list)
    older: str | None = None

    @property
    def tokens(self) -> frozenset[str]:
        """Every token of anybody in it."""
        return frozenset(token for person in self.persons for token in person)

    @property
    def loudest(self) -> str:
        """How loud it is: as its loudest alert that is open; a note where none is."""
        return next((one["attention"] for one in self.alerts if one["closed"] is None), "note")
