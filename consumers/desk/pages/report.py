"""One report: danger, people, what and when, who says so, what may be put to whom; the rest."""

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import standing
from consumers import store as stored
from consumers.desk import rows
from consumers.desk.person import Person
from consumers.desk.rights import WORKING
from consumers.desk.shown import shown
from consumers.desk.station import Station, asks_purpose
from consumers.disclosure.course import APPLICATIONS
from consumers.intelligence.desk import KINDS as GRADE
from consumers.listed import PAGE
from consumers.research import plan
from consumers.research.board import tasks_seen
from consumers.responses import rows as responses
from consumers.safeguarding import pressing
from consumers.safeguarding import rows as safeguarded
from consumers.safeguarding.rules.terms import FOUND
from contracts.identifier import is_statement_id


def routes(station: Station) -> list[Route]:
    """Give a report's routes."""

    def report(request: Request) -> Response:
        said = request.path_params["statement"]
        found = _opened(station, request, said)
        if found is None:
            return station.nothing(request)
        return station.page(request, "report.html", title="Report", **found)

    return [Route("/reports/{statement}", asks_purpose(report))]


def _opened(station: Station, request: Request, said: str) -> dict[str, Any] | None:
    """Read a report, and record that it was looked at; None where there is nothing to show."""
    if not is_statement_id(said):
        return None
    person = station.person(request)
    with station.store.write() as db:
        row = stored.row_of(db, said)
        station.look(db, request, person, "report", said)
        hidden = station.hidden(db, person)
        if row is None or said in hidden or row["event"] in APPLICATIONS:
            return None
        statement = stored.reread(row["record"])
        admitted = station.voice.partners.agencies.get(row["agency"])
        return {
            "id": said, "row": row, "report": shown(statement),
            "agency": admitted.title if admitted else row["agency"],
            "contact": admitted.contact if admitted else None,
            "urgency_of": statement.context.urgency, "marks": rows.marks_of(db, said),
            "verified": row["verified"],
            "stands": standing.marks_of(db, said),
            "handling": statement.context.classification,
            "research": _research(db, person, said),
            "owed": responses.duty(db, f"response_given/{said}"),
            "alerts": _alerts(db, person, said),
            "origins": safeguarded.undecided_about(db, person.viewer, [said], count=PAGE),
            "done": _work(person, station, row["agency"]),
            "looks": rows.looks_at(db, said, 20), "ours": row["agency"] == station.voice.agency,
        }  # fmt: skip


def _alerts(db: Connection, person: Person, said: str) -> list[tuple[str, str]]:
    """List the open alerts that rest on a report: id, and what was found."""
    found = pressing.resting_on(db, person.viewer, said)
    return [(one["id"], FOUND.get(one["rule"], "a rule fired")) for one in found]


def _work(person: Person, station: Station, agency: str) -> list[tuple[str, str]]:
    """List what somebody may do about a report: the page, and the words."""
    if person.roles.isdisjoint(WORKING):
        return []
    others = [] if agency == station.voice.agency else [("answer", "Answer whoever reported")]
    graded = [("grading", "Grade it")] if station.voice.kind in GRADE else []
    return [*others, ("ask", "Ask another agency"), ("referral", "Consider a referral"), *graded]


def _research(db: Connection, person: Person, said: str) -> dict[str, Any]:
    tasks = tasks_seen(db, person.viewer, said)
    made = [task for task in tasks if not task["open"]]
    return {
        "tasks": tasks, "made": len(made), "words": plan.WORDS,
        "overdue": [task for task in tasks if task["open"]],
    }  # fmt: skip
