"""What a desk reviews and confirms: a use of the emergency path, and an erasure by two agencies."""

from typing import Any

from contracts.statement import interpret, parse
from tests.support.busy import couple
from tests.support.stranger import seeded
from tests.support.working import Working

CASE, POLICE_CASE = "nps-thames-valley/case", "thames-valley/case"
Json = Any


def said(town: Working, source: str, event: str, sections: Json, **context: Json) -> str:
    """Say something, let everybody read it, and give its id."""
    raw = town.say(source, event, sections, **context)
    town.settle()
    return interpret(parse(raw), whole=False).context.id


def emergency(town: Working) -> str:
    """Let probation use the emergency path without saying in which role."""
    sections = couple(seeded("reviewed/emergency"))
    del sections["provenance"]["role"]
    return said(town, CASE, "concern_reported", sections, urgency="threat_to_life")


def erase(town: Working) -> str:
    """Let two people of two agencies erase a report with all that was made of it; give the id."""
    draw = seeded("reviewed/erased")
    sections, other = couple(draw), couple(draw)
    before = len(town.said_by)
    report = said(town, CASE, "concern_reported", sections)
    goes = [report, *(draft.id for _, draft in town.said_by[before:])]
    first = {"statements": goes, "ground": "mistaken", "reason": "another man", "by": "A."}
    proposed = {"event": first, "provenance": sections["provenance"]}
    proposal = said(town, CASE, "erasure_proposed", proposed)
    second = {"proposal": proposal, "statements": goes, "by": "B."}
    endorsed = {"event": second, "provenance": other["provenance"]}
    return said(town, POLICE_CASE, "erasure_endorsed", endorsed)
