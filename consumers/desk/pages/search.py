"""Search: who asks and why first; then who may be meant, with why each was found.

What is typed stands in no address, title or record: it is sent by the form, kept with the session
of who typed it, and its digest is recorded.

Source: domain.md 1.5 (requester, purpose), 7 (Research results; Attention); issue 6, points 1, 4.
"""

from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk import searches
from consumers.desk.beside import Beside
from consumers.desk.form import Form
from consumers.desk.reporting.filling import PRECISION, birth_in
from consumers.desk.shown import day, title_of
from consumers.desk.station import Station
from consumers.disclosure.course import APPLICATIONS
from consumers.listed import PAGE
from consumers.people.searching import WAYS, Hit, Searching, Sought
from contracts.identifier import is_statement_id
from contracts.section import Born

KEPT = 5
"""How many searches a session remembers: who goes back finds them again."""
REPORTS = 3
"""How many reports of one person stand beside them; the rest on their page."""
TERM_MAX = 200
_NAMED = frozenset({"y", "n", "b", "a"})
TOO_LITTLE = (
    "NOT SEARCHED: this finds too many. Give a whole name; or one name with a day of birth, or "
    "with an address; or a register number; or the reference of a report"
)


def routes(station: Station) -> list[Route]:
    """Give the routes of searching."""

    def blank(request: Request) -> Response:
        return _page(station, request, typed=forms.left(station, request))

    async def send(request: Request) -> Response:
        return await run_in_threadpool(_send, station, request, await forms.sent(request))

    def found(request: Request) -> Response:
        return _found(station, request)

    return [
        Route("/search", blank),
        Route("/search", send, methods=["POST"]),
        Route("/search/{search}", found),
    ]


def _searching(station: Station) -> Searching:
    return Searching(station.acts.matching.weighing, sorted(station.partners))


def _page(station: Station, request: Request, **more: Any) -> Response:
    given = {"who_asks": request.state.session.state.get("name"), **more}
    return station.page(request, "search.html", title="Search", **given)


def _send(station: Station, request: Request, form: Form) -> Response:
    """Record who searches and why, and lead on to what is found; or say what is wrong."""
    sought, why = _read(station, form)
    if form.problems:
        return _page(station, request, errors=form.problems, typed=form.typed, status=422)
    person = station.person(request)
    with station.store.write() as db:
        made = searches.add(
            db, sought, why, at=station.acts.time_ms(), token=person.practitioner.token or "",
            name=person.name, salt=station.sessions.drawn(),
        )  # fmt: skip
        station.look_in(db, request, person, "search", made["terms"])
    state, place = request.state.session.state, str(made["place"])
    before = dict(list(state.get("searches", {}).items())[1 - KEPT :])
    fields = {name: form.text(name) for name in (*Sought._fields, *searches.Why._fields)}
    sealed = station.sessions.seal({"terms": made["terms"], "fields": fields}, _about(request))
    state["searches"] = {**before, place: sealed}
    return RedirectResponse(f"/search/{place}", 303)


def _about(request: Request) -> str:
    return f"{request.state.session.subject} /search"


def _read(station: Station, form: Form) -> tuple[Sought, searches.Why]:
    """Read what was typed; say what is wrong beside it."""
    texts = {name: form.text(name) for name in (*Sought._fields, *searches.Why._fields)}
    for name, text in texts.items():
        if len(text) > TERM_MAX:
            form.wrong(name, f"Write at most {TERM_MAX} characters")
    for name, wrong in (
        ("requester", "Say who asked for this search: yourself, or somebody by name and role"),
        ("reason", "Say why, with the number of the incident, task or report: it is recorded"),
    ):
        if not texts[name]:
            form.wrong(name, wrong)
    born, wrong = birth_in(texts["born"], station.today()) if texts["born"] else (None, "")
    if wrong:
        form.wrong("born", wrong)
    sought = _sought(texts, born)
    if sought.report and not is_statement_id(sought.report):
        form.wrong("report", "This is no reference of a report. It stands at the foot of its page")
    searching = _searching(station)
    if sought.number and searching.number_of(sought) is None:
        form.wrong(
            "number",
            "This number fails its check. Read it again"
            if sought.register
            else "This is no PNC, CRO or NHS number that passes its check. Read it again, or name "
            "the register",
        )
    elif sought.register and not sought.number:
        form.wrong("number", "Write the number that this register gave")
    if not form.problems and not (sought.report or searching.keys_of(sought, _day(station))):
        form.wrong("given", TOO_LITTLE)
    return sought, searches.Why(texts["requester"], texts["reason"])


def _sought(texts: Mapping[str, str], born: str | None) -> Sought:
    known = {name: texts[name] for name in Sought._fields if name != "born"}
    precision: Any = PRECISION.get(len(born or ""), "age")
    return Sought(**known, born=Born(born, precision) if born else None)


def _day(station: Station) -> str:
    return station.today().isoformat()


def _found(station: Station, request: Request) -> Response:
    """Show what a search of this session comes to now; nothing of anybody else's."""
    sealed = request.state.session.state.get("searches", {}).get(request.path_params["search"])
    if sealed is None:
        return station.nothing(request)
    kept = station.sessions.unseal(sealed, _about(request))
    fields: dict[str, str] = kept["fields"]
    born = birth_in(fields["born"], station.today())[0] if fields["born"] else None
    shown = _searched(station, request, _sought(fields, born), kept["terms"])
    typed = {name: [text] for name, text in fields.items()}
    return _page(station, request, typed=typed, searched=True, **shown)


def _searched(station: Station, request: Request, sought: Sought, terms: str) -> dict[str, Any]:
    """Search, and record each report that is shown because of it."""
    searching, person = _searching(station), station.person(request)
    with station.store.read() as db:
        hidden = station.hidden(db, person)
        found = searching.search(
            db, person.viewer, sought, day=_day(station), untold=APPLICATIONS
        )  # fmt: skip
        row = stored.row_of(db, sought.report) if sought.report else None
        told = row is not None and sought.report not in hidden and row["event"] not in APPLICATIONS
        shown = found.hits[:PAGE]
        ids = [m.statement for hit in shown for m in hit.mentions[:REPORTS]]
        ids = list(dict.fromkeys([*([sought.report] if told else []), *ids]))
        beside = Beside(db, ids, hidden)
        given = {
            "hits": [_shown(station, beside, one) for one in shown],
            "more": len(found.hits) - len(shown), "most": searching.most,
            "report": _told(station, beside, sought.report) if told else None,
            "by": [WAYS[way] for way in found.by if way not in found.crowded],
            "crowded": [WAYS[way] for way in found.crowded],
            "left_out": _left_out(sought, found.by), "now": stored.ledger_time(db),
        }  # fmt: skip
    with station.store.write() as db:
        station.look_in(db, request, person, "found", *ids)
        searches.showed(db, terms, ids)
    return given


def _shown(station: Station, beside: Beside, hit: Hit) -> dict[str, Any]:
    newest = hit.mentions[:REPORTS]
    return {
        "token": hit.tokens[0], "name": next(iter(hit.names), "Name not known"),
        "aliases": hit.names[1:], "why": hit.why, "how": hit.how,
        "births": [
            f"aged {one.value}" if one.precision == "age" else day(one.value) for one in hit.births
        ],
        "parts": sorted({one.part.replace("_", " ") for one in hit.mentions}),
        "reports": [
            {**_told(station, beside, one.statement), "day": day(one.day)} for one in newest
        ],
        "more": len(hit.mentions) - len(newest),
    }  # fmt: skip


def _told(station: Station, beside: Beside, statement: str) -> dict[str, Any]:
    row = beside.row(statement)
    agency = row["agency"] if row is not None else ""
    return {
        "id": statement, "kind": title_of(row["event"]) if row is not None else "Report",
        "agency": station.partners.get(agency, agency), "stands": beside.stands(statement),
    }  # fmt: skip


def _left_out(sought: Sought, by: list[str]) -> list[str]:
    """Say what was given and not searched by: what was not looked for is never as if not there."""
    used = set(by)
    found = []
    if (sought.given or sought.family) and used.isdisjoint(_NAMED):
        found.append("The name: one name alone finds somebody else, or nobody.")
    if sought.born and used.isdisjoint({"y", "b"}):
        found.append("The birth: it is searched with a whole name; to the day, with one name.")
    if sought.address and "a" not in used:
        found.append("The address: it is searched with a name, by house number and postcode.")
    return found
