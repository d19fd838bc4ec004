"""An answer that was given before and still holds: named again, instead of searched for again.

What may be given again is this agency's own answer about the same person and time, not too old,
and with nothing said against it since. To whoever had it, naming it is enough; to another agency
its words go out anew, under the agreement with that one.

Source: domain.md 1.5, 7 (What comes back); issue 5, point 2.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, RowMapping

from consumers import standing
from consumers import store as stored
from consumers.people.rows import persons
from consumers.responses import asked
from consumers.responses.period import covers
from consumers.worker import Voice
from contracts.duration import DAY_MS
from contracts.event.work import InformationSupplied, ResearchOutcome
from contracts.form import Section
from contracts.section import Identity, Narrative, PersonPart


@dataclass(frozen=True, slots=True)
class Earlier:
    """One earlier answer.

    Attributes:
        answer: the id of its `information_supplied`.
        outcome: as it was given.
        at: when, in ledger milliseconds.
        to: whom.
        same_asker: whether that agency, or who acts for it now, asks again.
    """

    answer: str
    outcome: ResearchOutcome
    at: int
    to: str
    same_asker: bool


def earlier(
    db: Connection, voice: Voice, viewer: Collection[str] | None, request: RowMapping
) -> list[Earlier]:
    """List the answers of this agency that a question may be answered with again.

    Args:
        db: an open transaction.
        voice: who answers.
        viewer: as `consumers.standing.hidden_from`.
        request: the question's row (`consumers.responses.asked`).
    """
    acting, now = voice.partners.acting, stored.ledger_time(db)
    subject = request["subject"]
    found = asked.answered(db, viewer, persons(db, viewer, [subject])[subject])
    oldest = now - voice.rules.reuse_days * DAY_MS
    return [
        Earlier(
            row["answer"], row["outcome"], row["supplied_at"], row["asker"],
            acting(row["asker"]) == acting(request["asker"]),
        )
        for row in found
        if row["id"] != request["id"]
        and row["question"] == request["question"]
        and acting(row["addressee"]) == voice.agency
        and row["supplied_at"] >= oldest
        and covers(row["period"], request["period"])
        and not standing.marks_of(db, row["answer"])
    ]  # fmt: skip


def said_again(db: Connection, one: Earlier, subject: str) -> Mapping[str, Section]:
    """Give the sections of an answer that goes to another agency than before, about its token.

    Returns:
        Nothing where whoever asks has that answer already.
    """
    held = None if one.same_asker else stored.held(db, one.answer)
    if held is None:
        return {}
    return {
        name: msgspec.structs.replace(value, subject=subject)
        if isinstance(value, Identity | PersonPart)
        else value
        for name, value in held.sections.items()
        if isinstance(value, Identity | PersonPart | Narrative)
    }


def why_of(db: Connection, one: Earlier) -> str | None:
    """Give the reason that an earlier answer gave for what was not supplied."""
    held = stored.held(db, one.answer)
    event = held.sections.get("event") if held is not None else None
    return event.why if isinstance(event, InformationSupplied) else None
