"""A report begun in the agency's case system: it sends the person, and is given a link.

The case system proves itself by a secret of its own. What it sends is sealed as a draft of the one
practitioner it is for; the link holds a random id, so that no name stands in an address, a
browser's history or a log.

Source: domain.md 7 (The report: opens from a link in the case system with the person filled in).
"""

from hmac import compare_digest
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from consumers.desk.reporting.counter import Counter
from consumers.desk.reporting.drafts import Draft
from consumers.desk.reporting.filling import Answers, Typed
from consumers.desk.reporting.questions import PEOPLE_MAX

PATH = "/reports/from-case"
BODY_MAX = 64 * 1024
_Line = Annotated[str, Meta(max_length=400)]
_Part = Literal["victim", "alleged_perpetrator", "child", "associate", "unassessed"]


class CasePerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One person of a case, as the case system knows them; `reference` is its own number."""

    reference: _Line
    given: _Line | None = None
    family: _Line | None = None
    also: list[_Line] = []
    born: _Line | None = None
    sex: Literal["female", "male", "other", "not_known"] | None = None
    identifiers: dict[_Line, _Line] = {}
    part: _Part = "unassessed"
    address: _Line | None = None
    telephone: _Line | None = None
    safe_contact: _Line | None = None
    refuge: _Line | None = None
    seen: _Line | None = None


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a case system sends: whom the draft is for, by subject or user name, and the people."""

    practitioner: Annotated[str, Meta(min_length=1, max_length=200)]
    people: Annotated[list[CasePerson], Meta(min_length=1, max_length=PEOPLE_MAX)]


def routes(counter: Counter) -> list[Route]:
    """Give the route that a case system asks."""

    async def from_case(request: Request) -> Response:
        if counter.secret is None:
            return _told(404, "This service takes nothing from a case system.")
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not compare_digest(given.encode(), counter.secret.encode()):
            return _told(401, "Give the shared secret, as Authorization: Bearer.")
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > BODY_MAX:
                return _told(413, "Send at most 64 KiB.")
        try:
            case = msgspec.json.decode(body, type=Case, strict=True)
        except (msgspec.MsgspecError, UnicodeError):
            # msgspec's own words would name a value's place alone; even that is somebody's.
            return _told(422, "Send practitioner and people, as consumers/README.md gives them.")
        draft = await run_in_threadpool(_begun, counter, case)
        return JSONResponse({"link": f"/report/{draft.id}/danger"}, 201)

    return [Route(PATH, from_case, methods=["POST"])]


def _begun(counter: Counter, case: Case) -> Draft:
    answers: Answers = {f"person-{n}": _typed(one) for n, one in enumerate(case.people, 1)}
    return counter.drafts.begin(case.practitioner, counter.reporting.new_statement(), answers)


def _typed(person: CasePerson) -> Typed:
    """Write a person as the page's inputs hold one."""
    told = msgspec.to_builtins(person)
    listed = [f"{scheme}={value}" for scheme, value in told.pop("identifiers").items()]
    typed: Typed = {"also": [", ".join(told.pop("also"))]} if person.also else {}
    told.pop("also", None)
    typed |= {name: [value] for name, value in told.items() if value is not None}
    return typed | ({"identifiers": listed} if listed else {})


def _told(status: int, text: str) -> JSONResponse:
    return JSONResponse({"fault": text}, status)
