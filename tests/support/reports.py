"""Reports for tests that need many: complete, typed, about nobody."""

from contracts.context import Urgency
from contracts.draft import Draft, draft
from contracts.event.report import ConcernReported, Occurred
from contracts.form import Section
from contracts.section import (
    Contact,
    Identity,
    Name,
    Narrative,
    PersonPart,
    Practitioner,
    Provenance,
)
from deploy import clock
from producers.outbox import Outbox


def concern(
    outbox: Outbox, *, named: bool = True, urgency: Urgency = "routine", words: int = 5
) -> Draft:
    """Draft a report that nothing is missing from but, if wanted, who says so."""
    daniel, tracey = outbox.token(), outbox.token()
    sections: dict[str, Section] = {
        "event": ConcernReported(
            occurred=Occurred("day", "2026-05-01"),
            known_to_agency="2026-05-01",
            recorded="2026-05-01",
            concern="separation",
            relationship="partners",
        ),
        "provenance": Provenance(
            "practitioner",
            practitioner=Practitioner(outbox.token(), "A. Officer" if named else None),
            role="probation officer",
            employer="Probation",
            contact=Contact(mailbox="duty@probation.example"),
            how_known="told_by_subject",
        ),
        "person.1.identity": Identity(daniel, [Name("Daniel", "Example")]),
        "person.1.part": PersonPart(daniel, "unassessed"),
        "person.2.identity": Identity(tracey, [Name("Tracey", "Example")]),
        "person.2.part": PersonPart(tracey, "unassessed"),
        "narrative": Narrative("word " * words, "summary"),
    }
    return draft(id=clock.uuid7(), event="concern_reported", sections=sections, urgency=urgency)
