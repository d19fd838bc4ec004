"""One thread per pair: alerts by the persons whom they are about, links applied, loudest first.

A thread holds what is of just these persons: of a new partner nothing stands in the thread of one
before her, and nothing of that one in hers.

Source: domain.md 5 (trap 8), 7 (Attention; Others: a new partner has her own case wall).
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping

from consumers import standing
from consumers.people.rows import persons
from consumers.safeguarding import rows

LOUDNESS = ("interrupt", "duty", "note")
"""What presses now, what is due this shift, what is to be known of: the loudest first."""


@dataclass(slots=True)
class Thread:
    """The alerts about the same persons.

    Attributes:
        persons: the tokens of each, as links stand that may be seen; the report's id where an
            alert is about nobody.
        alerts: their rows, the loudest first, closed ones last.
    """

    persons: frozenset[frozenset[str]]
    alerts: list[RowMapping] = field(default_factory=list)

    @property
    def tokens(self) -> frozenset[str]:
        """Every token of anybody in it."""
        return frozenset(token for person in self.persons for token in person)

    @property
    def loudest(self) -> str:
        """How loud it is: as its loudest alert that is open; a note where none is."""
        return next((one["attention"] for one in self.alerts if one["closed"] is None), "note")


def threads(
    db: Connection, viewer: Collection[str] | None, *, closed: bool = False
) -> list[Thread]:
    """Give the alerts that somebody may see, by thread, the loudest and soonest due first.

    Args:
        db: an open transaction.
        viewer: as `consumers.standing.hidden_from`.
        closed: closed ones too.
    """
    resting, about = rows.parts_of_all(db)
    hidden = standing.hidden_from(db, viewer)
    listed = standing.visible(db, viewer, rows.all_alerts(db), "statement", "id")
    shown = [
        (alert, about.get(alert["id"]) or {alert["statement"]})
        for alert in sorted(listed, key=_pressing)
        if hidden.isdisjoint(resting.get(alert["id"], ())) and (closed or alert["closed"] is None)
    ]
    # Of whom alone it may be shown: what is asked must not tell that there is more.
    person = persons(db, viewer, {token for _, tokens in shown for token in tokens})
    found: dict[frozenset[frozenset[str]], Thread] = {}
    for alert, tokens in shown:
        whom = frozenset(person[one] for one in tokens)
        found.setdefault(whom, Thread(whom)).alerts.append(alert)
    return list(found.values())


def _pressing(alert: RowMapping) -> tuple[bool, int, bool, int, str]:
    loud = LOUDNESS.index(alert["attention"])
    has = alert["acknowledged_by"] is not None
    return alert["closed"] is not None, loud, has, alert["due_now"], alert["id"]
