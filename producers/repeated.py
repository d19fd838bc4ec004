"""A report that was said before, word for word: once is enough while it waits or was accepted.

Whoever reads "not delivered" publishes again, and police then research one couple twice.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import RowMapping, or_, select

from contracts.draft import Draft
from contracts.form import Section
from contracts.statement import interpret, parse
from producers.outbox import Outbox
from producers.signing import sections_of
from producers.tables import statements

STANDS = ("accepted", "accepted_emergency", "provisional")
"""Outcomes of what somebody was sent."""
LOOKED_AT_MAX = 1000
"""How many of the newest statements of the same event are compared."""
_APART = {"intake", "endorsement"}


def said_before(outbox: Outbox, said: Draft, *, at: str) -> RowMapping | None:
    """Find what says the very same, and waits or was accepted.

    Args:
        outbox: of the home that speaks.
        said: the draft.
        at: what its file did not say of when it was recorded was taken from here: such a day
            makes it no other report.

    Returns:
        The newest row of the outbox that does; None where there is none.
    """
    row = statements.c
    query = (
        select(statements)
        .where(
            row.event == said.event, row.urgency == said.urgency, row.raw.is_not(None),
            or_(row.outcome.is_(None), row.outcome.in_(STANDS)),
        )
        .order_by(row.place.desc())
        .limit(LOOKED_AT_MAX)
    )  # fmt: skip
    given = sections_of(said)
    undated = getattr(given["event"], "recorded", None) == at
    wanted = _content(given, undated=undated)
    with outbox.database.read() as db:
        rows = db.execute(query).mappings().all()
    for held in rows:
        if _content(interpret(parse(held["raw"])).sections, undated=undated) == wanted:
            return held
    return None


def _content(sections: Mapping[str, Section], *, undated: bool) -> dict[str, dict[str, Any]]:
    """Give what a report says: not where it stands, nor who vouches for its practitioner."""
    found = {n: msgspec.to_builtins(value) for n, value in sections.items() if n not in _APART}
    found.get("provenance", {}).pop("credential", None)
    for day in ("recorded", "known_to_agency") if undated else ():
        found["event"].pop(day, None)
    return found
