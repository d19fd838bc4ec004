"""What stands before every page: who may be framed, cached or sent what, how often, from where.

Pure ASGI, so that nothing behind it can answer without these headers.

Source: OWASP ASVS 5.0 V3 (web frontend security), V2.4 (anti-automation); technical.md 8.
"""

from collections.abc import Callable, Collection
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from consumers.desk.session import Session, Sessions

COOKIE = "__Host-candour"
BODY_MAX = 256 * 1024
PAGES, SIGN_INS, SEARCHES = 240, 20, 30
"""How many a minute one browser or address may ask for: far above what a person does."""
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self' 'nonce-{nonce}'; connect-src 'self'; "
    "img-src 'self' data:; form-action 'self'{provider}; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "strict-transport-security": "max-age=63072000",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
"""On every answer; of a file that holds nothing about anybody `cache-control` is another."""
OPEN = ("/assets/", "/sign-in", "/signed-in", "/alive")
"""What is answered to somebody who has not signed in."""


class Guard:
    """Stands before the desk: sessions, headers, limits, and where a form may come from."""

    def __init__(  # noqa: PLR0913 - what it is given has this many independent parts
        self,
        app: ASGIApp,
        *,
        sessions: Sessions,
        nonce: Callable[[], str],
        provider: str = "",
        cookie: str = COOKIE,
        machines: Collection[str] = (),
    ) -> None:
        """Stand before an application.

        Args:
            app: the desk.
            sessions: its sessions.
            nonce: draws one for each answer.
            provider: the address of the identity provider, which a sign-out form may lead to.
            cookie: what the session's is called: two services of one host share their cookies.
            machines: paths that a machine asks, which proves itself there by a secret of its own.
        """
        self._name, self._machines = cookie, frozenset(machines)
        self._app, self._sessions, self._nonce = app, sessions, nonce
        self._provider = f" {provider}" if provider else ""
        self._often = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, path = Headers(scope=scope), scope["path"]
        scope["state"] = {**scope.get("state", {}), "nonce": self._nonce()}
        sent = self._sent(scope, send)
        key = _cookie(headers, self._name)
        if self._is_too_often(scope, path, key):
            await _told(429, "Too many requests came from here. Wait a minute.")(
                scope, receive, sent
            )
            return
        if path in self._machines:
            await self._app(scope, receive, sent)
            return
        session = self._sessions.find(key) if key else None
        is_open = path.startswith(OPEN)
        signed_in = session is not None and session.subject is not None
        if not is_open and (not signed_in or session is None or self._sessions.is_locked(session)):
            await self._ask_again(scope, receive, sent, key)
            return
        session = session or self._sessions.begin()
        scope["state"]["session"] = session
        scope["session"] = session.state  # what authlib keeps of a sign-in under way
        if scope["method"] not in {"GET", "HEAD"}:
            body = await _body(receive)
            if body is None or not _is_ours(headers, body, session):
                why = "This form is not one of this desk's, or too large. Go back, and try again."
                await _told(403, why)(scope, receive, sent)
                return
            receive = _again(body)
        await self._app(scope, receive, self._kept(scope, sent, key))

    async def _ask_again(self, scope: Scope, receive: Receive, send: Send, key: str | None) -> None:
        """Send somebody to sign in, and keep what they were writing."""
        path = scope["path"]
        if scope["method"] == "POST" and key:
            body = await _body(receive)
            if body:
                fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
                self._sessions.set_aside(key, path, fields)
        await RedirectResponse(f"/sign-in?next={path}", 303)(scope, receive, send)

    def _is_too_often(self, scope: Scope, path: str, key: str | None) -> bool:
        if path.startswith("/assets/"):
            return False
        client = (scope.get("client") or ("",))[0]
        rate, who = (PAGES, key or client)
        if path.startswith(("/sign-in", "/signed-in")):
            rate, who = SIGN_INS, client
        elif path == "/search":
            rate = SEARCHES
        return not self._often.hit(RateLimitItemPerMinute(rate), path.split("/")[1], who)

    def _sent(self, scope: Scope, send: Send) -> Send:
        nonce = scope["state"]["nonce"]
        policy = POLICY.format(nonce=nonce, provider=self._provider)

        async def sent(event: Message) -> None:
            if event["type"] == "http.response.start":
                given = MutableHeaders(scope=event)
                for name, value in {**HEADERS, "content-security-policy": policy}.items():
                    given.setdefault(name, value)
            await send(event)

        return sent

    def _kept(self, scope: Scope, send: Send, key: str | None) -> Send:
        """Keep the session, and set its cookie where it is new or another."""

        async def kept(event: Message) -> None:
            if event["type"] == "http.response.start":
                session: Session = scope["state"]["session"]
                self._sessions.keep(session)
                if session.key != key:
                    cookie = f"{self._name}={session.key}; Path=/; Secure; HttpOnly; SameSite=Lax"
                    MutableHeaders(scope=event).append("set-cookie", cookie)
            await send(event)

        return kept


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


def _is_ours(headers: Headers, body: bytes, session: Session) -> bool:
    """Say whether a form came from a page of this desk: by its token and by what sent it."""
    site = headers.get("sec-fetch-site", "same-origin")
    origin, host = headers.get("origin"), headers.get("host", "")
    if site not in {"same-origin", "none"} or (origin and origin.split("://")[-1] != host):
        return False
    fields: dict[str, Any] = parse_qs(body.decode("utf-8", "replace"))
    return fields.get("csrf") == [session.csrf]


def _told(status: int, text: str) -> HTMLResponse:
    page = f'<!DOCTYPE html><html lang="en"><title>Not done</title><h1>Not done</h1><p>{text}</p>'
    return HTMLResponse(page, status)
