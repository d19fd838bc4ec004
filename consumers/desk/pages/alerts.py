"""Alerts, a thread for each pair, the loudest first; and one alert with all that is done of it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, cast

from sqlalchemy import Connection, RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broker.core.legs import reached
from consumers import history, reading, standing
from consumers import store as stored
from consumers.desk import form as forms
from consumers.desk.beside import Beside
from consumers.desk.form import Form
from consumers.desk.limits import Limits, joined, names_of
from consumers.desk.person import Person, Role
from consumers.desk.shown import TO_DO, says, title_of
from consumers.desk.station import Station
from consumers.listed import PAGE, Lead
from consumers.responses import listed as responses
from consumers.safeguarding import life, pressing, rows
from consumers.safeguarding.life import Standing
from consumers.safeguarding.rules import terms
from consumers.safeguarding.threads import Thread
from consumers.store import Wanted
from contracts.identifier import is_statement_id
from contracts.statement import Statement

HEADS = {
    "interrupt": "Now: each of these presses now",
    "duty": "This shift: a duty of somebody on it",
    "note": "To know of: nobody need do anything",
}
ATTENTION = {"interrupt": "Now", "duty": "This shift", "note": "To know of"}
OUTCOMES = {
    "done": "What it asked for is done", "not_needed": "Nothing was needed",
    "duplicate": "It is the same as another",
}  # fmt: skip
USEFUL = {
    "useful": "Yes", "not_useful": "No", "not_said": "I would rather not say",
}  # fmt: skip
THREADS = 15
"""How many threads stand on one page: a thread has up to three alerts, each with all it asks."""
SHOWN = 3
"""How many alerts of one thread stand in the list; the rest on their own pages."""
HOURS_MAX = 720
_CODED = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+: (.)")
DONE = {
    "have": "You have this alert.",
    "hand_over": "It is another role’s now, and nobody has it yet: ring them.",
    "snooze": "It is put off, and presses again by itself.",
    "escalate": "The next role has it now, and nobody there has taken it yet: ring them.",
    "close": "This alert is closed.",
}


def routes(station: Station) -> list[Route]:
    """Give the routes of alerts."""

    def listed(request: Request) -> Response:
        closed = request.query_params.get("show") == "closed"
        return _ended(station, request) if closed else _list(station, request)

    def one(request: Request) -> Response:
        return _page(station, request)

    async def act(request: Request) -> Response:
        return await _act(station, request)

    return [
        Route("/alerts", listed),
        Route("/alerts/{alert}", one),
        Route("/alerts/{alert}", act, methods=["POST"]),
    ]


def _list(station: Station, request: Request) -> Response:
    person = station.person(request)
    after = Lead.read(request.query_params.get("after", ""))
    with station.looking(request, person) as (db, look):
        hidden, now = station.hidden(db, person), stored.ledger_time(db)
        found, more = pressing.pressing(db, person.viewer, after_lead=after, count=THREADS)
        first = [alert for one in found for alert in one.alerts[:SHOWN]]
        beside = _beside(db, first, hidden)
        stand = life.stand(db, first)
        listed = [_thread(station, beside, stand, one, now) for one in found]
        about = [alert["statement"] for one in listed for alert in one["alerts"]]
        look("alerts", about)
        back = responses.owed(db, person.viewer, "call_back", place=None, count=PAGE)
    return station.page(
        request, "alerts.html", title="Alerts", listed=listed, more=more, now=now, heads=HEADS,
        call_back=len(back), first=after is None,
    )  # fmt: skip


def _ended(station: Station, request: Request) -> Response:
    """List the threads of which nothing is open any more, by their newest alert."""
    person, after = station.person(request), request.query_params.get("after", "")
    older = after if is_statement_id(after) else None
    with station.looking(request, person) as (db, look):
        hidden, now = station.hidden(db, person), stored.ledger_time(db)
        found, more = pressing.ended(db, person.viewer, older_than=older, count=THREADS)
        first = [alert for one in found for alert in one.alerts[:SHOWN]]
        beside = _beside(db, first, hidden)
        stand = life.stand(db, first)
        listed = [_thread(station, beside, stand, one, now) for one in found]
        look("alerts", [one["statement"] for one in first])
    return station.page(
        request, "alerts.html", title="Closed alerts", listed=listed, now=now, closed=True,
        more=more, first=older is None,
    )  # fmt: skip


def _thread(
    station: Station, beside: Beside, stand: Mapping[str, Standing], thread: Thread, now: int
) -> dict[str, Any]:
    """Say of one thread whom it is about, what may be put to whom, and its first alerts."""
    first = thread.alerts[:SHOWN]
    reports = _reports(beside, first)
    return {
        "loudest": thread.loudest, "about": _about(thread, reports),
        "limits": _limits(thread, reports), "more": len(thread.alerts) - len(first),
        "alerts": [_alert(station, beside, stand[one["id"]], one, now) for one in first],
    }  # fmt: skip


def _beside(db: Connection, alerts: Sequence[RowMapping], hidden: frozenset[str]) -> Beside:
    reports, own = ([one[name] for one in alerts] for name in ("statement", "id"))
    return Beside(db, reports, hidden, also=own)


def _reports(beside: Beside, alerts: Iterable[RowMapping]) -> list[Statement]:
    held = (beside.text(one) for one in dict.fromkeys(one["statement"] for one in alerts))
    return [one for one in held if one is not None]


def _about(thread: Thread, reports: Iterable[Statement]) -> list[tuple[str, str]]:
    """Name the persons of a thread as its reports do, with their token where they are known."""
    known = {token: name for one in reports for token, name in names_of(one).items()}
    found = []
    for person in thread.persons:
        token = next((one for one in sorted(person) if one in known), "")
        found.append((known.get(token, "somebody not named"), token))
    return sorted(found)


def _limits(thread: Thread, reports: Iterable[Statement]) -> Limits:
    """Join what the reports of a thread say of just its persons; each line once."""
    nobody = any(is_statement_id(token) for token in thread.tokens)  # it is of a report alone
    tokens = None if nobody else thread.tokens
    return joined(reports, tokens=tokens)


def _alert(
    station: Station, beside: Beside, stands: Standing, alert: RowMapping, now: int
) -> dict[str, Any]:
    """Say of one alert what was found, what is asked, whose it is, by when, and who has it."""
    put_off = stands.snoozed if stands.start > now else None
    by = station.partners.get(alert["raised_by"], alert["raised_by"])
    report = beside.row(alert["statement"])
    return {
        "id": alert["id"], "statement": alert["statement"], "rule": alert["rule"],
        "found": terms.FOUND.get(alert["rule"], "a rule fired"), "why": _plain(alert["why"]),
        "attention": ATTENTION[alert["attention"]], "act": alert["act"],
        "todo": TO_DO.get(alert["act"], "Look at it"),
        "role": alert["role"], "fallback": alert["fallback_role"], "due_at": alert["due_now"],
        "late": alert["due_now"] < now and alert["attention"] != "note",
        "good": alert["good"], "has": alert["acknowledged_by"], "put_off": put_off,
        "escalated": stands.steps > 0, "closed": stands.closed,
        "raised_at": alert["raised_at"], "report": report and {
            "kind": title_of(report["event"]), "came": report["ledger_time"],
            "agency": station.partners.get(report["agency"], report["agency"]),
            "urgency": beside.urgency(alert["statement"]),
        },
        "raised_by": by if alert["raised_by"] != station.voice.agency else None,
        "stands": [*beside.marks(alert["id"]), *beside.stands(alert["statement"])],
        "urgency": beside.urgency(alert["statement"]),
        "whom": _whom_to_ring(station, beside, alert) if alert["act"] == "provenance" else None,
    }  # fmt: skip


def _whom_to_ring(station: Station, beside: Beside, alert: RowMapping) -> str | None:
    """Say who says so, as far as it is known by now, and the number of their agency's desk."""
    report, row = beside.text(alert["statement"]), beside.row(alert["statement"])
    agency = station.voice.partners.agencies.get(row["agency"]) if row is not None else None
    if report is None or agency is None:
        return None
    return f"{says(report)} Ring {agency.title}: {reached(agency.contact)}."


def _plain(why: str | None) -> str | None:
    """Leave a code of the review's reference out of a reason."""
    return why and _CODED.sub(lambda found: found[1].upper(), why)


def _page(station: Station, request: Request, **more: Any) -> Response:
    person, alert_id = station.person(request), request.path_params["alert"]
    with station.looking(request, person) as (db, look):
        known = is_statement_id(alert_id)
        row = pressing.seen(db, person.viewer, alert_id) if known else None
        look("alert", [row["statement"] if row else alert_id])
        if row is None:
            return station.nothing(request)
        hidden, now = station.hidden(db, person), stored.ledger_time(db)
        asked = request.query_params.get("older", "")
        older_than = asked if is_statement_id(asked) else None
        thread = pressing.thread_of(db, person.viewer, row, older_than=older_than)
        others = [one for one in thread.alerts if one["id"] != alert_id]
        beside = _beside(db, [row, *others], hidden)
        stand, reports = life.stand(db, [row, *others]), _reports(beside, [row])
        given: dict[str, Any] = {
            "one": _alert(station, beside, stand[alert_id], row, now), "now": now,
            "about": _about(thread, [*reports, *_reports(beside, others[:SHOWN])]),
            "limits": _limits(thread, reports),
            "others": [_alert(station, beside, stand[one["id"]], one, now) for one in others],
            "rests": (rests := _rests_on(db, thread, row)),
            "origins": rows.undecided_about(
                db, person.viewer, [row["statement"], *(one for one, _ in rests["shown"])],
                count=PAGE,
            ),
            "older": thread.older, "first": older_than is None,
            "read": reading.last_read(
                db, [row["statement"], alert_id], *rows.statements_of(db, alert_id),
                viewer=person.viewer,
            ),
            "may": person.is_one_of(Role.RESEARCHER, Role.SUPERVISOR, Role.DUTY_MANAGER),
            "to_roles": roles_of(station, without=row["role"]), "outcomes": OUTCOMES,
            "useful": USEFUL, "typed": forms.left(station, request), **more,
        }  # fmt: skip
    return station.page(request, "alert.html", title="One alert", **given)


def roles_of(station: Station, *, without: str = "") -> dict[str, str]:
    """List the roles that own something in this agency, by the ruleset, in words."""
    named = terms.roles_at(station.voice.rules, station.voice.kind)
    return {one: one.replace("_", " ").capitalize() for one in named if one != without}


def _rests_on(db: Connection, thread: Thread, alert: RowMapping) -> dict[str, Any]:
    """List what else an alert rests on: what names somebody else too stays out of this thread."""
    others = sorted(rows.statements_of(db, alert["id"]) - {alert["statement"]})
    named = history.named_in(db, others)
    shown = [one for one in others if named.get(one, set()) <= thread.tokens]
    astray = alert["statement"] not in thread.tokens and any(
        whom and whom.isdisjoint(thread.tokens) for whom in named.values()
    )
    return {
        "shown": [(one, standing.marks_of(db, one)) for one in shown],
        "apart": len(others) - len(shown), "astray": astray,
    }  # fmt: skip


async def _act(station: Station, request: Request) -> Response:
    """Say one of the things that are said of an alert."""
    form, alert = await forms.sent(request), request.path_params["alert"]
    do = form.chosen("do", DONE, "Choose what you do")
    checks = {"hand_over": _handed, "snooze": _put_off, "close": _closed}
    if do in checks:
        checks[do](station, form)

    def wanted(person: Person) -> list[Wanted]:
        desk = replace(station.acts.deciding, read=form.text("read"))
        by, role = person.practitioner, station.speaks_as(person)
        match do:
            case "have":
                return desk.acknowledge(alert, by=by, role=role)
            case "hand_over":
                return desk.hand_over(alert, to_role=form.text("to"), by=by, role=role)
            case "snooze":
                return desk.snooze(
                    alert, hours=int(form.text("hours")), reason=form.text("put_off_reason"),
                    by=by, role=role,
                )  # fmt: skip
            case "escalate":
                return desk.escalate(alert, by=by, role=role)
        outcome = cast("Literal['done', 'not_needed', 'duplicate']", form.text("outcome"))
        useful = cast("Literal['useful', 'not_useful', 'not_said']", form.text("useful"))
        return desk.close(
            alert, outcome, useful=useful, reason=form.maybe("reason"), by=by, role=role
        )

    told = DONE.get(do, "")
    to = "/alerts" if do == "close" else f"/alerts/{alert}"
    return await forms.say(station, request, form, wanted, page=_page, told=told, to=to)


def _handed(station: Station, form: Form) -> None:
    form.chosen("to", roles_of(station), "Choose the role that is to have it")


def _put_off(_: Station, form: Form) -> None:
    hours = form.text("hours")
    if not (hours.isascii() and hours.isdigit() and 0 < int(hours) <= HOURS_MAX):
        form.wrong("hours", f"Say for how many hours, as a number from 1 to {HOURS_MAX}")
    form.written("put_off_reason", "Say why it can wait: it goes on the log")


def _closed(_: Station, form: Form) -> None:
    outcome = form.chosen("outcome", OUTCOMES, "Choose how it ended")
    form.chosen("useful", USEFUL, "Say whether it was worth your while")
    needed = "Nothing was done: say why" if outcome in {"not_needed", "duplicate"} else None
    form.written("reason", needed)
