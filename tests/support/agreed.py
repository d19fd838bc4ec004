"""An agreement for casework: referrals, responses, closures, notices among the played agencies."""

from typing import Any

from tests.support.desk import HUB, POLICE, PROBATION, SOURCES, Desk
from tests.support.stranger import concern
from tests.vectors.ledger import BASIS, POLICE_BASIS, agency, endorsement

Json = Any
HOUSING = "mk-housing"
SECTIONS = [
    "event", "cause", "provenance", "use_limits", "person.identity", "person.part", "narrative",
    "risk",
]  # fmt: skip
REPORTS = [
    "referral_made", "closure_notified", "release_notified", "risk_assessed", "household_changed",
    "attendance_recorded",
]  # fmt: skip
ANSWERS = ["response_given", "housing_notice_given"]
CONDITIONS = {
    "special_category": ["dpa_2018.sch_1.18"], "criminal_offence": ["dpa_2018.sch_1.18"],
}  # fmt: skip
PLAIN = {"regime": "uk_gdpr", "article": "uk_gdpr.6.1.e"}


def legs() -> list[Json]:
    """Let each agency tell each other, who owes an answer; housing is sent notices alone."""
    agencies = {PROBATION: BASIS, POLICE: POLICE_BASIS, HUB: PLAIN, HOUSING: PLAIN}
    plain = [
        {
            "id": f"{sender}-{to}", "from": [sender], "to": [to], "purposes": ["safeguarding"],
            "level": "full", "sections": SECTIONS, "basis": {**basis, **CONDITIONS},
            "recipient_basis": {**agencies[to], **CONDITIONS},
            "categories": ["special", "criminal"], "retention_days": 2190,
        }
        for sender, basis in agencies.items()
        for to in agencies
        if sender not in {to, HOUSING}
    ]  # fmt: skip
    found = [{**one, "types": ANSWERS, "id": f"{one['id']}-b"} for one in plain]
    found += [
        {**one, "types": REPORTS, "owes_response": True} for one in plain if one["to"] != [HOUSING]
    ]
    order = ["id", "from", "to", "types"]
    return [{**{name: one[name] for name in order}, **one} for one in found]


def adopt(desk: Desk) -> None:
    """Admit housing, and adopt the agreement, every party endorsing it."""
    admitted = {"act": "agency_admitted", "agency": agency(HOUSING)}
    desk.played.govern("mk-csp", "act_proposed", {"proposal": admitted})
    desk.played.govern(HUB, "act_endorsed", endorsement(admitted))
    parties = [PROBATION, POLICE, HUB, HOUSING]
    document = {
        "id": "mk-casework", "version": 1, "title": "Casework",
        "parties": [{"agency": one, "contact": {"telephone": "01632 960001"}} for one in parties],
        "purposes": ["safeguarding"],
        "legs": legs(),
        "effective": "2011-01-01", "review": "2029-01-01", "expires": "2030-01-01",
    }  # fmt: skip
    act = {"act": "agreement_adopted", "agreement": document}
    desk.played.govern("mk-csp", "act_proposed", {"proposal": act})
    for party in parties:
        desk.played.govern(party, "act_endorsed", endorsement(act))
    desk._submit()
    adopted = desk.ledger.state.agreements.versions.get("mk-casework", {})
    assert 1 in adopted, "a leg that is spelt wrong carries nothing"


def dated(day: str = "2012-05-01", **event: Json) -> Json:
    """Write the facts that every report has, and more."""
    days = {"occurred": {"precision": "day", "at": day}, "known_to_agency": day, "recorded": day}
    return {**days, **event}


def people(desk: Desk, *tokens: str) -> dict[str, Json]:
    """Write sections that name two people, or those of these tokens; who says so too."""
    sections = concern(desk.draw)
    del sections["narrative"]
    for n, token in enumerate(tokens, 1):
        for kind in ("identity", "part"):
            sections[f"person.{n}.{kind}"]["subject"] = token
    sections["use_limits"]["limits"][0]["subject"] = sections["person.1.identity"]["subject"]
    return sections


def say(desk: Desk, agency_id: str, event: str, facts: Json, *causes: str, **more: Json) -> str:
    """Say one thing as an agency, of the statements that it arises from, and let all read it."""
    sections = more.pop("sections", None) or {"provenance": concern(desk.draw)["provenance"]}
    caused = {f"cause.{n}": {"statement": one} for n, one in enumerate(causes, 1)}
    basis = {PROBATION: BASIS, POLICE: POLICE_BASIS, HUB: PLAIN}[agency_id]
    said = desk.report(
        {**sections, "event": facts, **caused}, source=SOURCES[agency_id], event=event,
        basis=basis, **more,
    )  # fmt: skip
    desk.settle()
    return said


def refer(desk: Desk, kind: str = "mash", *, to: str = HUB, **more: Json) -> str:
    """Let probation refer two people; give the referral's id."""
    sections = more.pop("sections", None) or people(desk)
    causes = more.pop("causes", ())
    facts = dated(addressee=to, referral=kind, criterion="adult_concern", **more)
    return say(desk, PROBATION, "referral_made", facts, *causes, sections=sections)


def answer(desk: Desk, referral: str, decision: str | None, *, by: str = HUB) -> str:
    """Let an agency answer a referral, with a decision or without one."""
    facts = {
        "statement": referral, "received_by": "N. Lead", "researched": "no",
        "actions": ["safeguarding_alert"],
    }  # fmt: skip
    if decision:
        facts["referral"] = decision
    return say(desk, by, "response_given", facts, referral)


def retract(desk: Desk, agency_id: str, statement: str) -> str:
    """Let an agency take back what it said."""
    facts = {"statement": statement, "reason": "mistaken", "by": "A. Officer"}
    return say(desk, agency_id, "statement_retracted", facts, statement)
