"""Who is here: signing in and out, the purpose somebody looks for, what they left unsaved."""

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Match, Route

from consumers.desk.address import inward
from consumers.desk.person import PURPOSES
from consumers.desk.session import Session
from consumers.desk.signing_in import SigningIn
from consumers.desk.station import Station
from consumers.research.plan import WORDS

WARN = "desk-mark desk-mark--warn"
MARKS = [
    ("desk-mark desk-mark--life", "▲▲ Threat to life", "Somebody may die. It came to you at once; "
     "what was missing of it is a duty."),
    ("desk-mark desk-mark--urgent", "▲ Urgent", "To be worked on today."),
    ("desk-mark desk-mark--routine", "– Routine", "Whoever reported saw no hurry. It says nothing "
     "of how safe anybody is."),
    (WARN, "? UNVERIFIED", "Nobody knows who wrote it: call back on a number you know before you "
     "act."),
    (WARN, "½ PROVISIONAL", "Who says so is not complete. Act on the danger, put none of it to "
     "anybody as fact."),
    (WARN, "! SUSPECT", "Signed while its key was compromised. Confirm it by telephone."),
    (WARN, "! CORRECTED, RETRACTED", "Its originator said it otherwise, or took it back. Read that "
     "first."),
    (WARN, "∅ ERASED", "What something rested on is erased. Look at it again."),
    (WARN, "! OVERDUE", "Its time ran out and nobody has done it. It is still to be done."),
    (WARN, "↑ ESCALATED", "It went to the next role, because nobody had it in time."),
    (WARN, "! NOBODY has it", "Nobody has taken it. If it is yours to do, take it now."),
    *((f"desk-outcome desk-outcome--{outcome}", outcome.replace("_", " "), words)
      for outcome, words in WORDS.items()),
    ("desk-outcome desk-outcome--open", "Nobody has looked yet", "It is still to be searched: "
     "nothing is known of it either way."),
    ("desk-mark", "PARTIAL", "Some systems were looked at, and some were not. What was found is "
     "not all there is."),
    (WARN, "≠ DISPUTED", "What agencies say of two people cannot all be so: all of it stands "
     "there, and none is right by being last."),
    (WARN, "† DESTROYED", "An agency held it and destroyed it: that is not nil."),
    ("desk-mark", "REPLAY", "An exercise: nothing in it happens now."),
]  # fmt: skip
"""How each mark looks, what it says, and how it must be taken."""


def routes(station: Station, signing_in: SigningIn) -> list[Route]:
    """Give the routes of signing in and of what goes with it."""
    return [*_coming(station, signing_in), *_being(station)]


def _coming(station: Station, signing_in: SigningIn) -> list[Route]:
    """Give the routes by which people come and go."""

    async def sign_in(request: Request) -> Response:
        if "failed" in request.query_params:
            return station.page(request, "sign_in.html", title="You are not signed in")
        return await signing_in.begin(request)

    async def signed_in(request: Request) -> Response:
        answer = await signing_in.end(request)
        session: Session = request.state.session
        if session.subject and "failed" not in answer.headers["location"]:
            await run_in_threadpool(_remember, station, request, "signed_in")
        return answer

    async def sign_out(request: Request) -> Response:
        await run_in_threadpool(_remember, station, request, "signed_out")
        return await signing_in.out(request)

    def signed_out(request: Request) -> Response:
        answer = station.page(request, "signed_out.html", title="You have signed out")
        answer.headers["clear-site-data"] = '"cache", "storage"'
        return answer

    def browsers(request: Request) -> Response:
        subject = request.state.session.subject
        own = [one for one in station.sessions.live() if one.subject == subject]
        return station.page(request, "browsers.html", title="Where you are signed in", own=own)

    return [
        Route("/sign-in", sign_in),
        Route("/signed-in", signed_in),
        Route("/sign-out", sign_out, methods=["POST"]),
        Route("/signed-out", signed_out),
        Route("/browsers", browsers),
    ]


def _being(station: Station) -> list[Route]:
    """Give the routes of whoever is here: why they look, what they left, what marks mean."""

    async def purpose(request: Request) -> Response:
        session: Session = request.state.session
        following = inward(request.query_params.get("next", "/"))
        error = None
        if request.method == "POST":
            async with request.form() as form:
                given = str(form.get("purpose", ""))
            if given in PURPOSES:
                session.state["purpose"] = given
                return RedirectResponse(following, 303)
            error = "Choose why you are looking"
        return station.page(
            request, "purpose.html", title="Why are you looking?", purposes=PURPOSES,
            following=following, error=error, status=422 if error else 200,
        )  # fmt: skip

    async def unsaved(request: Request) -> Response:
        session: Session = request.state.session
        subject = str(session.subject)
        if request.method == "POST":  # a page that stays open keeps what is written on it, or
            async with request.form() as form:  # somebody throws it away
                page = inward(str(form.get("page", "")))
                written = {
                    name: [str(one) for one in form.getlist(name)]
                    for name in form
                    if name not in {"page", "drop"}
                }
                if "drop" in form:
                    station.sessions.drop(subject, page)
                else:
                    station.sessions.set_aside(subject, page, written)
            return RedirectResponse("/unsaved", 303)
        left = [
            {"page": path, "opens": _opens(request, path), "written": _written(found)}
            for path in station.sessions.left(subject)
            if (found := station.sessions.take_up(subject, path)) is not None
        ]
        return station.page(
            request, "unsaved.html", title="What you left unsaved", left=left,
            lost="lost" in request.query_params,
        )  # fmt: skip

    def key(request: Request) -> Response:
        return station.page(request, "key.html", title="What the marks mean", marks=MARKS)

    def alive(_: Request) -> Response:
        return JSONResponse({"alive": True})

    return [
        Route("/purpose", purpose, methods=["GET", "POST"]),
        Route("/unsaved", unsaved, methods=["GET", "POST"]),
        Route("/key", key),
        Route("/alive", alive),
    ]


def _remember(station: Station, request: Request, what: str) -> None:
    """Put coming and going where looks are: nobody takes one out unseen."""
    station.look(request, station.person(request), what, "all")


UNTYPED = {"do", "place", "seen"}
"""What a form says beside what somebody typed."""


def _opens(request: Request, path: str) -> bool:
    """Say whether a page stands at an address, and not only a form's end."""
    asked = {"type": "http", "method": "GET", "path": path, "headers": []}
    return any(one.matches(asked)[0] is Match.FULL for one in request.app.routes)


def _written(fields: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """List what was written, to copy it from where the form itself is gone."""
    return [
        (name.replace("_", " ").capitalize(), "; ".join(values))
        for name, values in fields.items()
        if any(values) and name not in UNTYPED
    ]
