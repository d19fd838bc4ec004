"""Who looked at what, and why; and whether that is what the log has of it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import whereabouts
from consumers.desk import looks, searches
from consumers.desk.person import PURPOSES
from consumers.desk.rights import RIGHTS
from consumers.desk.station import Station
from consumers.listed import MANY
from consumers.listed import PAGE as ROWS
from contracts.identifier import is_reference

PAGE = 50
HOURS = 24
"""How many of the hours that the log has a digest of are compared each time this is opened."""
DIGITS = 15
KINDS = {
    "report": "opened a report", "whereabouts": "saw where somebody is",
    "whereabouts_opened": "opened whom to ask after, and saw nothing of where they are",
    "whereabouts_list": "read who asked where somebody is, and why",
    "whereabouts_alone": "asked to see alone where somebody is",
    "whereabouts_asked": "asked a second person to see where somebody is",
    "whereabouts_granted": "let another see where somebody is",
    "whereabouts_reviewed": "reviewed that another saw where somebody is",
    "quarantine": "opened what is held", "exclusion": "opened who is kept from a report",
    "search": "searched", "found": "was shown a report by a search",
    "emergency": "opened a use of the emergency path", "erasure": "opened an erasure",
    "person": "opened a person", "candidates": "was shown who may be one person",
    "two_records": "compared two records", "link": "opened a link of two records",
    "origins": "was shown a report that may be one source with another",
    "origin": "compared two reports that may be one source",
    "intelligence": "saw how it is graded",
    "chronology": "read it in a chronology", "picture": "saw it in a picture of relationships",
    "responses": "saw it among the answers owed", "duties": "saw it among their duties",
    "shift": "saw it at a shift’s handover", "disclosures": "saw it among the disclosures",
    "considered": "saw it among referrals considered",
    "housing_notices": "saw it among the notices to housing",
    "quarantine_list": "saw it among what is held",
    "alert": "opened an alert", "alerts": "saw it among the alerts",
    "research": "opened the research on a report", "research_task": "opened a look for somebody",
    "research_board": "saw it among the research to be done",
    "answer": "opened an answer to a report", "question": "opened a question to answer",
    "ask": "opened a question to another agency",
    "victim_information": "opened a request for a victim’s information",
    "refer": "opened a referral to write",
    "consider_referral": "opened whether somebody is referred",
    "referrals": "saw it among the referrals", "handovers": "saw it among work that is to end",
    "questions": "saw it among what this agency asked",
    "disclosure": "opened a disclosure", "applicant": "saw who asked for a disclosure",
    "correction": "opened a correction", "recall": "opened what a compromised key signed",
    "looks": "read who looked", "signed_in": "signed in", "signed_out": "signed out",
    "links": "saw it among the links of records", "assessments": "read it among assessments",
    "enquiries": "saw it among who is to be seen alone", "returns": "read it among returns",
    "set_aside": "saw that this program could not work on it",
    "refused": "was refused what is not theirs",
}  # fmt: skip
"""What each look was; another part's is shown as its own word."""


def routes(station: Station) -> list[Route]:
    """Give the auditor's route."""

    def page(request: Request) -> Response:
        before, about, older = (
            request.query_params.get(name, "") for name in ("before", "about", "older")
        )
        person = station.person(request)
        if about and about not in RIGHTS and not is_reference(about):
            return station.nothing(request)
        with station.looking(request, person) as (db, look):
            hidden = station.hidden(db, person)
            found = looks.listed(
                db, viewer=person.viewer, hidden=hidden, count=PAGE + 1, about=about or None,
                before=_place(before),
            )  # fmt: skip
            hours = looks.verify(db, station.voice.source, count=HOURS)
            since = hours[0].since if len(hours) == HOURS else 0
            findings = whereabouts.to_look_into(
                db, person.viewer, before=_place(older), count=ROWS + 1
            )
            about_them = [one["statement"] for one in findings[:ROWS]]
            look("whereabouts_list", about_them)
            given: dict[str, Any] = {
                "findings": findings[:ROWS],
                "older": findings[ROWS - 1]["place"] if len(findings) > ROWS else None,
                "listed": [(one, station.acts.known_as(one["token"])) for one in found[:PAGE]],
                "more": found[PAGE - 1]["place"] if len(found) > PAGE else None,
                "searches": searches.of_all(db, [one["about"] for one in found[:PAGE]]),
                "about": about, "kinds": KINDS, "purposes": PURPOSES,
                "broken": [one for one in hours if not one.holds], "hours": len(hours),
                "strangers": looks.strangers(
                    db, {one.statement for one in hours}, since=since
                ),
                "whole": not since,
                "untold": looks.untold(db), "many": MANY,
            }  # fmt: skip
            look("looks", [about or "all"])
        return station.page(request, "looks.html", title="Who looked", **given)

    return [Route("/looks", page)]


def _place(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= DIGITS else None
