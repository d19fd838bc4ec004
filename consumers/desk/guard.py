"""What stands before every page: who may be framed, cached or sent what, how often, from where.

Pure ASGI, so that nothing behind it can answer without these headers.

Source: OWASP ASVS 5.0 V3 (web frontend security), V2.4 (anti-automation), V7 (sessions),
V16.5 (error handling); technical.md 8.
"""

import hmac
from collections.abc import Callable, Collection
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote, urlsplit

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from consumers.desk.address import inward
from consumers.desk.session import Session, Sessions, Untaken

_log = structlog.get_logger()
COOKIE = "__Host-candour"
BODY_MAX = 256 * 1024
FIELDS_MAX = 500
PAGES, SIGN_INS, SEARCHES = 240, 60, 30
"""How many a minute one session, or one address of nobody signed in, may ask for.

Far above what a person does; sign-ins are counted by address, and a whole shift may have one.
"""
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self' 'nonce-{nonce}'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'{provider}; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
"""On every answer; only a file that holds nothing about anybody may be kept, and asked about."""
READS = frozenset({"GET", "HEAD"})
ASSETS, ALIVE, UNSAVED = "/assets/", "/alive", "/unsaved"
LOST = f"{UNSAVED}?lost=1"
"""Where somebody is told that what they wrote was not kept: nobody could tell whose it was."""


class Guard:
    """Stands before the desk: sessions, headers, limits, and where a form may come from."""

    def __init__(  # noqa: PLR0913 - what it must know of the desk
        self,
        app: ASGIApp,
        *,
        sessions: Sessions,
        nonce: Callable[[], str],
        address: str,
        open_paths: Collection[str],
        provider: str = "",
        cookie: str = COOKIE,
        machines: Collection[str] = (),
    ) -> None:
        """Stand before an application.

        Args:
            app: the desk.
            sessions: its sessions.
            nonce: draws one for each answer.
            address: of the desk, as browsers know it: nothing else is answered, or a form's origin.
            open_paths: what is answered to somebody who has not signed in.
            provider: the address of the identity provider, to which a form may lead.
            cookie: what the session's is called: two services of one host share their cookies.
            machines: paths that a machine asks, which proves itself there by a secret of its own.
        """
        self._name, self._machines = cookie, frozenset(machines)
        self._app, self._sessions, self._nonce = app, sessions, nonce
        self._origin, self._host = address, urlsplit(address).netloc
        self._open, self._provider = open_paths, f" {provider}" if provider else ""
        self._often = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a defect is told as one, and says nothing of what it met."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # no page here speaks anything else: the server closes it
        scope["state"] = {**scope.get("state", {}), "nonce": self._nonce(), "began": False}
        sent = self._sent(scope, send)
        try:
            await self._answer(scope, receive, sent)
        except Exception as defect:  # noqa: BLE001 - the last resort: a trace could name somebody
            _log.error("a defect stopped a page", error=type(defect).__name__, doing=_where(defect))
            if scope["state"]["began"]:
                raise ConnectionAbortedError("a page broke off") from None
            await _told(500, DEFECT)(scope, receive, sent)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, path = Headers(scope=scope), scope["path"]
        if path == ALIVE or path.startswith(ASSETS):
            await self._app(scope, receive, send)
            return
        if headers.get("host") != self._host:
            _log.warning("a request was refused", reason="another host")
            await _told(421, "This desk has another address.")(scope, receive, send)
            return
        key = _cookie(headers, self._name)
        session = self._sessions.find(key) if key else None
        if self._is_too_often(scope, path, session):
            _log.warning("a request was refused", reason="too often")
            often = _told(429, "Too many requests came from here. Wait a minute, then try again.")
            often.headers["retry-after"] = "60"
            await often(scope, receive, send)
            return
        if path in self._machines:
            await self._app(scope, receive, send)
            return
        barred = session is None or session.subject is None or self._sessions.is_locked(session)
        if barred and path not in self._open:
            await self._ask_again(scope, receive, send, key)
            return
        if session is None:
            session = self._sessions.begin(was=self._sessions.subject_of(key) if key else None)
        scope["state"]["session"] = session
        scope["session"] = session.state  # what authlib keeps of a sign-in under way
        if scope["method"] not in READS:
            body = await _body(receive)
            refused = self._refused(headers, body, session, path)
            if refused is not None:
                _log.warning("a form was refused", reason=str(refused.status_code))
                await refused(scope, receive, send)
                return
            receive = _again(body or b"")
            send = self._led_back(scope, _fields(body or b""), send)
        elif page := self._untaken(scope, session):
            scope["state"]["nonce"] = page.nonce
            await HTMLResponse(page.text, page.status)(scope, receive, self._kept(scope, send, key))
            return
        await self._app(scope, receive, self._kept(scope, send, key))

    async def _ask_again(self, scope: Scope, receive: Receive, send: Send, key: str | None) -> None:
        """Send somebody to sign in, and keep what they were writing, or say that it is lost."""
        headers, path = Headers(scope=scope), scope["path"]
        following = path
        if scope["method"] not in READS:
            following = LOST
            subject = self._sessions.subject_of(key) if key else None
            body = await _body(receive) if subject and self._is_from_here(headers) else None
            fields = _fields(body or b"")
            if subject and fields:
                self._aside(subject, path, fields)
                following = UNSAVED
        elif scope["query_string"]:
            following = f"{path}?{scope['query_string'].decode('latin-1')}"
        if headers.get("sec-fetch-dest") == "empty":  # a script asks: it cannot sign anybody in
            await _told(401, "Sign in again.")(scope, receive, send)
            return
        to = f"/sign-in?next={quote(following)}"
        await RedirectResponse(to, 303)(scope, receive, send)

    def _refused(
        self, headers: Headers, body: bytes | None, session: Session, path: str
    ) -> Response | None:
        """Refuse a form that is too large, or that no page of this session sent."""
        if body is None:
            return _told(413, "This form is too large. Shorten it; nothing was changed.")
        fields = _fields(body)
        given = "".join(fields.get("csrf", []))
        if self._is_from_here(headers) and hmac.compare_digest(given, session.csrf):
            return None
        if session.subject and fields and headers.get("origin") == self._origin:
            # A page of ours, from before somebody signed in again in another tab.
            self._aside(session.subject, path, fields)
            return _told(403, STALE, link=UNSAVED)
        return _told(403, "This form is not one of this desk's. Nothing was changed.")

    def _aside(self, subject: str, path: str, fields: dict[str, list[str]]) -> None:
        named = fields.pop("page", [path]) if path == UNSAVED else [path]
        self._sessions.set_aside(subject, inward(named[0]), fields)

    def _is_from_here(self, headers: Headers) -> bool:
        """Say whether a browser says that a page of this desk sent this, or says nothing of it."""
        site = headers.get("sec-fetch-site", "same-origin")
        origin = headers.get("origin", self._origin)
        return site in {"same-origin", "none"} and origin == self._origin

    def _is_too_often(self, scope: Scope, path: str, session: Session | None) -> bool:
        client = (scope.get("client") or ("",))[0]
        rate, who = (PAGES, session.key if session else client)
        if path in {"/sign-in", "/signed-in"}:
            rate, who = SIGN_INS, client
        elif path == "/search":
            rate = SEARCHES
        kind = path if rate != PAGES else "pages"
        return not self._often.hit(RateLimitItemPerMinute(rate), kind, who)

    def _untaken(self, scope: Scope, session: Session) -> Untaken | None:
        is_page = scope["method"] == "GET" and not _is_of_a_script(scope)
        if not is_page or session.subject is None:
            return None
        return self._sessions.take_untaken(session, scope["path"])

    def _led_back(self, scope: Scope, fields: dict[str, list[str]], send: Send) -> Send:
        """Lead on to the page that shows a form again, and keep what was typed.

        Shown as the answer to a form it is a page that Back cannot bring again: nothing here may be
        cached, and a browser would have to send the form once more.
        """
        session: Session = scope["state"]["session"]
        held, status, path = list[bytes](), 0, scope["path"]
        if session.subject is None or _is_of_a_script(scope):
            return send
        subject = session.subject

        async def led(event: Message) -> None:
            nonlocal status
            if event["type"] == "http.response.start" and event["status"] in NOT_TAKEN:
                status = event["status"]
                return
            if not status:
                await send(event)
                return
            held.append(event.get("body", b""))
            if event.get("more_body"):
                return
            page = Untaken(path, status, scope["state"]["nonce"], b"".join(held).decode())
            self._sessions.keep_untaken(session, page)
            if any(map(any, (its for name, its in fields.items() if name != "csrf"))):
                self._aside(subject, path, fields)
            asked = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            await RedirectResponse(f"{quote(path)}{asked}{WRONG}", 303)(scope, _again(b""), send)

        return led

    def _sent(self, scope: Scope, send: Send) -> Send:
        kept = {"cache-control": "no-cache"} if scope["path"].startswith(ASSETS) else {}

        async def sent(event: Message) -> None:
            if event["type"] == "http.response.start":
                scope["state"]["began"] = True
                policy = POLICY.format(nonce=scope["state"]["nonce"], provider=self._provider)
                given = MutableHeaders(scope=event)
                for name, value in {**HEADERS, **kept, "content-security-policy": policy}.items():
                    given[name] = value
            await send(event)

        return sent

    def _kept(self, scope: Scope, send: Send, key: str | None) -> Send:
        """Keep the session, set its cookie where it is new or another, drop what was taken."""
        asked = scope["method"] in READS and _is_of_a_script(scope)

        async def kept(event: Message) -> None:
            if event["type"] == "http.response.start":
                session: Session = scope["state"]["session"]
                if not asked:  # what a script asks for by itself is no use by anybody
                    self._sessions.keep(session)
                if scope["method"] not in READS and event["status"] == TAKEN and session.subject:
                    self._sessions.drop(session.subject, scope["path"])
                if session.key != key:
                    cookie = f"{self._name}={session.key}; Path=/; Secure; HttpOnly; SameSite=Lax"
                    MutableHeaders(scope=event).append("set-cookie", cookie)
            await send(event)

        return kept


def _is_of_a_script(scope: Scope) -> bool:
    return Headers(scope=scope).get("sec-fetch-dest") == "empty"


NOT_TAKEN = frozenset({409, 422})
"""What a page answers to a form that it shows again, or to what could not be done."""
WRONG = "#wrong"
"""Where on a page stands what is wrong."""
TAKEN = 303
"""What a page answers to a form that it took."""
STALE = (
    "You signed in again since this page was opened, so its form was NOT sent. What you wrote is "
    "kept."
)
DEFECT = (
    "A defect stopped this page. Nothing was changed after that. Go back and try again; if it "
    "stops again, tell your IT desk what you pressed and when. In an emergency use the telephone."
)


def _where(defect: BaseException) -> str:
    """Say in which file and line something broke: of ours, and never what was in it."""
    trace = defect.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "start"


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return found.value if found else None


async def _body(receive: Receive) -> bytes | None:
    """Read a request's body; None where it is larger than any form here."""
    body = b""
    while True:
        came = await receive()
        body += bytes(came.get("body", b""))
        if len(body) > BODY_MAX:
            return None
        if not came.get("more_body"):
            return body


def _again(body: bytes) -> Receive:
    async def receive() -> Message:  # noqa: RUF029 - ASGI's own shape
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _fields(body: bytes) -> dict[str, list[str]]:
    """Read a form; empty where it is none."""
    try:
        return parse_qs(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS_MAX
        )
    except ValueError:
        return {}


def _told(status: int, text: str, *, link: str = "/") -> HTMLResponse:
    """Answer in one sentence, with nothing that anybody sent in it."""
    page = (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Not done</title>'
        f'<main><h1>Not done</h1><p>{text}</p><p><a href="{link}">Go on</a></p></main>'
    )
    return HTMLResponse(page, status)
