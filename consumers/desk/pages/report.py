"""One report: danger, people, what and when, who says so, what may be put to whom; the rest."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from consumers import standing
from consumers import store as stored
from consumers.desk import rows
from consumers.desk.beside import seen
from consumers.desk.limits import limits_of, numbers
from consumers.desk.owed import ANSWERS, KINDS, link_of
from consumers.desk.person import Person
from consumers.desk.rights import WORKING
from consumers.desk.shown import author_of, hurried, people, shown
from consumers.desk.station import Station
from consumers.disclosure.course import APPLICATIONS
from consumers.intelligence import grading
from consumers.intelligence.desk import KINDS as GRADE
from consumers.intelligence.rows import first_lines, gradings_of
from consumers.listed import PAGE
from consumers.referrals import course, untaken
from consumers.referrals import rows as referrals
from consumers.research import plan
from consumers.research.board import tasks_seen
from consumers.research.victim_information import KINDS as ENQUIRE
from consumers.research.worker import Research
from consumers.responses import rows as responses
from consumers.responses.given import asks_again
from consumers.responses.owed import ANSWERS as ENDING
from consumers.responses.owed import REQUESTS
from consumers.safeguarding import pressing
from consumers.safeguarding import rows as safeguarded
from consumers.safeguarding.rules.terms import FOUND
from contracts.identifier import is_statement_id
from contracts.statement import Statement

LOOKS_SHOWN = 20
"""How many of the newest looks at a report stand on it; all of them are on the page of looks."""

ENQUIRES = "Ask for a victim’s information, for a line of enquiry"


def routes(station: Station) -> list[Route]:
    """Give a report's routes."""

    def report(request: Request) -> Response:
        said = request.path_params["statement"]
        found = _opened(station, request, said)
        if found is None:
            return station.nothing(request)
        return station.page(request, "report.html", title="Report", **found)

    return [Route("/reports/{statement}", report)]


def _opened(station: Station, request: Request, said: str) -> dict[str, Any] | None:
    """Read a report, and record that it was looked at; None where there is nothing to show."""
    if not is_statement_id(said):
        return None
    person = station.person(request)
    station.look(request, person, rows.REPORT, said)  # it stands among those that are shown
    with station.store.read() as db:
        row = stored.row_of(db, said)
        hidden = station.hidden(db, person)
        if row is None or said in hidden or row["event"] in APPLICATIONS:
            return None
        (statement,) = standing.corrected(db, [stored.reread(row["record"])], but=hidden)
        found = {kind: responses.duty(db, f"{kind}/{said}") for kind in ANSWERS}
        found[untaken.DUTY] = untaken.open_on(db, said, hidden)
        owed = {kind: duty for kind, duty in found.items() if duty is not None}
        admitted = station.voice.partners.agencies.get(row["agency"])
        held, unshared = _held(station, db, said)
        report, marks = shown(statement, station.zone, station.partners), rows.marks_of(db, said)
        at_once = statement.context.urgency == "threat_to_life" and "provisional" in marks
        in_words = at_once and report.narrative is not None
        return {
            "id": said, "row": row, "report": hurried(report) if in_words else report,
            "in_words": in_words,
            "agency": admitted.title if admitted else row["agency"],
            "ring": limits_of(statement).ring, "rests": _rests(db, hidden, statement),
            "reached": numbers(admitted.contact) if admitted else None,
            "urgency_of": statement.context.urgency, "marks": marks,
            "verified": row["verified"],
            "stands": [*held, *first_lines(db, said, hidden), *standing.marks_of(db, said)],
            "held": held, "unshared": unshared,
            "graded": [one for one in gradings_of(db, said) if one["id"] not in hidden],
            "grade_in_words": grading.words,
            "completed": _completed(db, said, hidden), "since": _since(db, person, said, hidden),
            "corrections": [
                (one["id"], one["event"] == "statement_retracted")
                for one in standing.corrections_of(db, [said])
                if one["id"] not in hidden
            ],
            "handling": statement.context.classification,
            "research": _research(
                db, person, said,
                asks=station.voice.kind in Research.kinds and row["event"] in plan.REPORTS,
            ),
            "owed": [(KINDS[kind].words, duty) for kind, duty in owed.items()],
            "anew": asks_again(db, station.voice.agency, said, viewer=person.viewer),
            "alerts": _alerts(db, person, said),
            "origins": safeguarded.undecided_about(db, person.viewer, [said], count=PAGE),
            "done": _work(
                person, said, owed, answers=row["agency"] != station.voice.agency,
                kind=station.voice.kind,
            ),
            "now": stored.ledger_time(db), "looks": _looks(station, db, said),
        }  # fmt: skip


def _held(station: Station, db: Connection, said: str) -> tuple[list[str], bool]:
    """Say of a referral that is held who has it, and whom to ring, and whether nobody has it."""
    referral = referrals.referral(db, said)
    told = course.unreached(referral, station.voice.partners.agencies) if referral else None
    if referral is None or told is None:
        return [], False
    return [told], referral["held"] in {"quarantined", "closed"}


def _looks(station: Station, db: Connection, said: str) -> dict[tuple[str, str, str], list[int]]:
    """Give when a report was looked at lately, the newest first: by whom, as what and why."""
    found = dict[tuple[str, str, str], list[int]]()
    for one in rows.looks_at(db, said, LOOKS_SHOWN):
        by = station.acts.known_as(one["token"]), one["role"], one["purpose"]
        found.setdefault(by, []).append(one["at"])
    return found


def _rests(db: Connection, hidden: Collection[str], statement: Statement) -> dict[str, Any]:
    """Say which report a statement rests on, and what was asked where it answers."""
    event = statement.sections.get("event")
    question = seen(db, getattr(event, "request", None) or "", hidden)
    asked = question.sections.get("event") if question is not None else None
    return {
        "asked": asked.why if isinstance(asked, REQUESTS) else None,
        "unable": getattr(event, "outcome", None) not in ENDING,
        "report": getattr(event, "statement", None),
    }


def _alerts(db: Connection, person: Person, said: str) -> list[tuple[str, str, int]]:
    """List the open alerts that rest on a report: id, what was found, and when it was raised."""
    found = pressing.resting_on(db, person.viewer, said)
    return [(one["id"], FOUND.get(one["rule"], "a rule fired"), one["raised_at"]) for one in found]


def _work(
    person: Person, said: str, owed: Mapping[str, RowMapping], *, kind: str, answers: bool
) -> list[tuple[str, str, RowMapping | None]]:
    """List what somebody may do about a report: where, the words, and the duty with its clock."""
    if person.roles.isdisjoint(WORKING):
        return []
    page, asked = f"/reports/{said}", owed.get("information_supplied")
    calls, again = owed.get("call_back"), owed.get(untaken.DUTY)
    words = "Say that you called back" if calls else "Answer whoever reported"
    return [
        *([(f"/requests/{said}/answer", "Answer their question", asked)] if asked else []),
        *([(f"{page}/answer", words, calls or owed.get("response_given"))] if answers else []),
        (f"{page}/ask", "Ask another agency", None),
        *([(f"{page}/victim-information", ENQUIRES, None)] if kind in ENQUIRE else []),
        *([(link_of(untaken.DUTY, again), "Look for another way", again)] if again else []),
        (f"{page}/referral", "Consider a referral", None),
        *([(f"{page}/grading", "Grade it", None)] if kind in GRADE else []),
    ]


def _completed(db: Connection, said: str, hidden: frozenset[str]) -> list[tuple[str, int]]:
    """List who supplied what the report lacked of who says so, by name, and when it was shared."""
    rows = [one for one in standing.completions_of(db, said) if one["id"] not in hidden]
    return [(author_of(stored.reread(one["record"])), one["ledger_time"]) for one in rows]


def _since(
    db: Connection, person: Person, said: str, hidden: frozenset[str]
) -> dict[str, dict[str, Any]]:
    """Give who somebody is, by token, as an answer said since: what it says, who, and when."""
    found = dict[str, dict[str, Any]]()
    tasks = tasks_seen(db, person.viewer, said)  # without those whose answer is kept from them
    for answer in {task["identified_by"] for task in tasks} - {None}:
        statement, row = standing.held(db, answer, but=hidden), stored.row_of(db, answer)
        if statement is None or row is None:
            continue
        answered = {"id": answer, "by": author_of(statement), "at": row["ledger_time"]}
        found |= {one.subject: {"is": one, **answered} for one in people(statement.sections)}
    return found


def _research(db: Connection, person: Person, said: str, *, asks: bool) -> dict[str, Any]:
    """Give a report's looks: of each person those that ended alike, or nobody made, together."""
    tasks = tasks_seen(db, person.viewer, said)
    alike = defaultdict[str, defaultdict[str | None, list[RowMapping]]](lambda: defaultdict(list))
    for task in tasks:
        alike[task["subject"]][task["outcome"]].append(task)
    made = sum(task["outcome"] in plan.LOOKED for task in tasks)
    return {
        "tasks": tasks, "made": made, "words": plan.WORDS, "alike": alike,
        "none": plan.standing([]) if asks and not tasks else None,
    }  # fmt: skip
