"""Signing in by OpenID Connect: the code flow with PKCE; the desk itself knows no password.

Source: OpenID Connect Core 1.0 (3.1.2.1 prompt, 3.1.3.7 ID token); RFC 7636; RFC 9207; OWASP ASVS
5.0 V6.8, V7.5 and V10.
"""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx2
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consumers.desk.address import inward
from consumers.desk.person import Role
from consumers.desk.session import Session, Sessions

_log = structlog.get_logger()
LEEWAY_S = 60
"""How far the provider's clock may be behind."""
NAME_MAX = 200
SIGNED_WITH = ("RS256", "PS256", "ES256", "EdDSA")
"""What an ID token may be signed with, whatever the provider says it can do."""


@cache
def _trusted() -> ssl.SSLContext:
    """Read whose certificates are believed: once, each sign-in would do so three times."""
    return httpx2.create_ssl_context()


@dataclass(frozen=True)
class Provider:
    """The identity provider of the agency.

    Attributes:
        issuer: its address, without a slash at the end.
        client_id: what this desk is known by there; `client_secret` likewise.
        roles_claim: the claim that lists a person's roles.
        reference_claim: the claim that holds the agency's own reference for a person.
        tells_when: whether it says when somebody last proved who they are (`auth_time`).
        acr: how strongly they must have proved it, in the provider's words; None for its default.
    """

    issuer: str
    client_id: str
    client_secret: str
    roles_claim: str = "roles"
    reference_claim: str = "preferred_username"
    tells_when: bool = True
    acr: str | None = None


class NotVouchedFor(Exception):
    """The provider's word is not enough."""


class SigningIn:
    """The pages that lead to the provider and back."""

    def __init__(
        self, provider: Provider, sessions: Sessions, *, address: str, now_ms: Callable[[], int]
    ) -> None:
        """Know the provider, and where people come back to.

        Args:
            provider: the agency's.
            sessions: of the desk.
            address: of the desk itself, as browsers know it.
            now_ms: this machine's clock.
        """
        self._provider, self._sessions, self._address = provider, sessions, address
        self._now = now_ms
        oauth = OAuth()
        oauth.register(
            "agency",
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile", "code_challenge_method": "S256", "verify": _trusted(),
            },
        )  # fmt: skip
        self._claims = {
            "iss": {"essential": True, "values": [provider.issuer]},
            "aud": {"essential": True, "values": [provider.client_id]},
        }
        self._agency: Any = oauth.create_client("agency")  # type: ignore[no-untyped-call]

    async def begin(self, request: Request) -> Response:
        """Lead to the provider; who was here before, or signed out, must prove it anew."""
        session: Session = request.state.session
        session.state["next"] = inward(request.query_params.get("next", "/"))
        asked: dict[str, Any] = {}
        if session.subject or session.state.get("was"):
            session.state["asked_at"] = self._now()
            asked = {"prompt": "login", "max_age": 0}
        if self._provider.acr:
            asked["acr_values"] = self._provider.acr
        try:
            await self._meet()
            found: Response = await self._agency.authorize_redirect(
                request, f"{self._address}/signed-in", **asked
            )
        except (AuthlibBaseError, httpx2.HTTPError, NotVouchedFor, RuntimeError,
                ValueError) as why:  # fmt: skip
            return self._failed(why)
        return found

    async def end(self, request: Request) -> Response:
        """Take somebody in whom the provider vouches for, under another session id."""
        session: Session = request.state.session
        try:
            await self._meet()
            token = await self._agency.authorize_access_token(request, claims_options=self._claims)
            claims = self._vouched(token.get("userinfo") or {}, session)
        except (AuthlibBaseError, JoseError, httpx2.HTTPError, NotVouchedFor, RuntimeError,
                ValueError, KeyError) as why:  # fmt: skip
            return self._failed(why)
        subject = str(claims["sub"])
        known = {role.value for role in Role}
        listed = claims.get(self._provider.roles_claim)
        name = claims.get("name")
        before = session.subject or session.state.get("was")
        following = session.state.get("next", "/") if before in {None, subject} else "/"
        request.state.session = self._sessions.signed_in(
            session,
            subject,
            name=(name if isinstance(name, str) and name.strip() else subject)[:NAME_MAX],
            reference=claims.get(self._provider.reference_claim),
            roles=sorted(known.intersection(listed)) if isinstance(listed, list) else [],
            purpose=session.state.get("purpose") if session.subject == subject else None,
        )
        return RedirectResponse(following, 303)

    async def _meet(self) -> None:
        """Read what the provider says of itself: its own name, and how it signs.

        Raises:
            NotVouchedFor: it speaks for another issuer, or signs with nothing that is believed.

        Source:
            OpenID Connect Discovery 1.0, 4.3; RFC 8725, 3.1.
        """
        told = await self._agency.load_server_metadata()
        if told.get("issuer") != self._provider.issuer:
            raise NotVouchedFor("another issuer")
        offered = told.get("id_token_signing_alg_values_supported") or SIGNED_WITH
        believed = [one for one in SIGNED_WITH if one in offered]
        if not believed:
            raise NotVouchedFor("nothing that is believed")
        told["id_token_signing_alg_values_supported"] = believed

    def _vouched(self, claims: Mapping[str, Any], session: Session) -> Mapping[str, Any]:
        """Insist on what an ID token must say beside its signature, issuer, nonce and time.

        Raises:
            NotVouchedFor: it names nobody, or not so strongly or lately as was asked.
        """
        if not claims.get("sub"):
            raise NotVouchedFor("no subject")
        if self._provider.acr and claims.get("acr") != self._provider.acr:
            raise NotVouchedFor("not proved so strongly as this desk asks")
        asked, proved = session.state.get("asked_at"), claims.get("auth_time")
        if asked is None or (proved is None and not self._provider.tells_when):
            return claims
        if not isinstance(proved, int | float) or proved < asked // 1000 - LEEWAY_S:
            raise NotVouchedFor("not proved again")
        return claims

    def _failed(self, why: Exception) -> Response:
        """Say that the provider did not vouch for anybody; its words are not passed on."""
        _log.warning("a sign-in failed", error=type(why).__name__, address=self._provider.issuer)
        return RedirectResponse("/sign-in?failed=1", 303)

    async def out(self, request: Request) -> Response:
        """Sign somebody out, of every desk they are signed in to where they say so."""
        session: Session = request.state.session
        async with request.form() as form:
            everywhere = form.get("everywhere") == "yes"
        if everywhere and session.subject:
            self._sessions.revoke(session.subject)
        self._sessions.end(session)
        request.state.session = self._sessions.begin(was=session.subject)
        return RedirectResponse("/signed-out", 303)
