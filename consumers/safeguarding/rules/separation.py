"""Separation: somebody intends to end a relationship, and the danger is highest then."""

from consumers.safeguarding.rules.reading import told, whom
from consumers.safeguarding.rules.seen import Alarm, History, Seen
from contracts.event.control import RuleTerm
from contracts.event.report import ConcernReported

WHY = (
    "Somebody means to end this relationship. The danger is highest then, and highest of all where "
    "the other learns of it from us."
)


def separation(seen: Seen, history: History, term: RuleTerm) -> list[Alarm]:
    """Ask for a private enquiry after a reported separation.

    Args:
        seen: as delivered.
        history: not looked at.
        term: has no threshold.

    Returns:
        Nothing for anything but a concern of separation that a person reported.

    Source:
        review 3.2.4, 5.6.4; domain.md 3, E18 (ideal: alert, research, private enquiry).
    """
    del history, term
    event = told(seen, ConcernReported)
    if event is None or event.concern != "separation":
        return []
    return [Alarm(
        act="private_enquiry", why=WHY, statements=[seen.id], subjects=whom(seen.statement),
        louder=seen.statement.context.urgency != "routine",
    )]  # fmt: skip
