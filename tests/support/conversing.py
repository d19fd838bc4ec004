"""Agencies that ask, answer and refer to one another, on the played partnership."""

import json
from typing import Any

from consumers.responses.asking import Asking, Question
from consumers.responses.desk import Answering
from contracts.section import Practitioner
from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk, agreement, named
from tests.support.people import token
from tests.vectors.ledger import endorsement

Json = Any
WHY = "What do you hold that bears on her safety?"
SECTIONS = ["event", "cause", "provenance", "use_limits", "narrative", "person.identity",
            "person.part"]  # fmt: skip
TYPES = ["information_requested", "information_supplied", "response_given", "referral_made"]


def open_to_all(desk: Desk) -> None:
    """Let all three ask, answer, refer and say what is overdue: one agreement more."""
    act = agreement()
    terms = {leg["id"]: leg for leg in act["agreement"]["legs"]}
    hubs = {k: v for k, v in terms["hub-responds"]["basis"].items() if k != "gateway"}
    bases = {POLICE: terms["police-ask-probation"]["basis"], HUB: hubs,
             PROBATION: terms["probation-answers-police"]["basis"]}  # fmt: skip
    taken = {POLICE: terms["probation-answers-police"]["recipient_basis"],
             PROBATION: terms["police-respond"]["recipient_basis"],
             HUB: terms["concern-to-hub"]["recipient_basis"]}  # fmt: skip
    legs = [
        {"id": f"{one}-to-{other}", "from": [one], "to": [other], "types": TYPES,
         "purposes": ["safeguarding"], "level": "full", "sections": SECTIONS, "basis": bases[one],
         "recipient_basis": taken[other], "categories": ["special", "criminal"],
         "retention_days": 2190, "owes_response": True}
        for one in SOURCES for other in SOURCES if one != other
    ]  # fmt: skip
    legs += [
        {"id": f"{leg['id']}-late", "from": leg["from"], "to": leg["to"],
         "types": ["duty_overdue"], "purposes": leg["purposes"], "level": "minimal",
         "sections": ["event", "cause"], "basis": leg["basis"],
         "recipient_basis": leg["recipient_basis"], "categories": leg["categories"],
         "provenance": "automated", "when": {"involved": ["addressee"]}, "retention_days": 2190}
        for leg in legs
    ]  # fmt: skip
    act = json.loads(json.dumps(act))
    act["agreement"] |= {"id": "mk-asking", "legs": legs}
    desk.played.govern("mk-csp", "act_proposed", {"proposal": act})
    for name in SOURCES:
        desk.played.govern(name, "act_endorsed", endorsement(act))
    desk._submit()
    assert "mk-asking" in desk.ledger.state.agreements.versions


def asking(desk: Desk, agency: str) -> Asking:
    """Sit where an agency's people ask."""
    acting = desk.acting(agency)
    return Asking(acting.store, acting.voice, desk.new_id)


def answering(desk: Desk, agency: str) -> Answering:
    """Sit where an agency's people answer."""
    acting = desk.acting(agency)
    return Answering(acting.store, acting.voice, desk.new_id)


def person(name: str = "A. Officer") -> Practitioner:
    """Name somebody at work."""
    return Practitioner(token(name), name)


def reported(desk: Desk) -> tuple[str, str]:
    """Let probation report the couple; give the report and the man's token."""
    sections = named(desk.draw)
    said = desk.report(sections)
    desk.settle()
    return said, sections["person.1.identity"]["subject"]


def ask(desk: Desk, of: str, report: str, subject: str, *, by: str = HUB, **more: Json) -> str:
    """Ask, and let everybody read; give the question's id."""
    question = Question(to=of, about=report, subject=subject, why=WHY, **more)
    (said,) = asking(desk, by).ask(question, by=person(), role="duty manager")
    desk.settle()
    return said.draft.id


def supply(desk: Desk, request: str, outcome: str | None = "match", *, of: str = POLICE,
           **more: Json) -> str:  # fmt: skip
    """Answer, and let everybody read; give the answer's id."""
    given: Json = outcome
    (said,) = answering(desk, of).supply(
        request, given, by=person("B. Sergeant"), role="sergeant", **more
    )
    desk.settle()
    return said.draft.id
