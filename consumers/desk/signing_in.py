"""Signing in by OpenID Connect: the code flow with PKCE; the desk itself knows no password.

Source: OpenID Connect Core 1.0; RFC 7636; OWASP ASVS 5.0 V10.
"""

from dataclasses import dataclass
from typing import Any

from authlib.integrations.starlette_client import OAuth, OAuthError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consumers.desk.person import Role
from consumers.desk.session import Session, Sessions


@dataclass(frozen=True)
class Provider:
    """The identity provider of the agency.

    Attributes:
        issuer: its address, without a slash at the end.
        client_id: what this desk is known by there; `client_secret` likewise.
        roles_claim: the claim that lists a person's roles.
    """

    issuer: str
    client_id: str
    client_secret: str
    roles_claim: str = "roles"


class SigningIn:
    """The pages that lead to the provider and back."""

    def __init__(self, provider: Provider, sessions: Sessions, *, address: str) -> None:
        """Know the provider, and where people come back to.

        Args:
            provider: the agency's.
            sessions: of the desk.
            address: of the desk itself, as browsers know it.
        """
        self._provider, self._sessions, self._address = provider, sessions, address
        oauth = OAuth()
        oauth.register(
            "agency",
            client_id=provider.client_id,
            client_secret=provider.client_secret,
            server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
        )
        self._agency: Any = oauth.create_client("agency")  # type: ignore[no-untyped-call]

    async def begin(self, request: Request) -> Response:
        """Lead to the provider; a session that is locked must prove itself anew."""
        session: Session = request.state.session
        session.state["next"] = inward(request.query_params.get("next", "/"))
        asked = {"prompt": "login"} if session.subject else {}
        found: Response = await self._agency.authorize_redirect(
            request, f"{self._address}/signed-in", **asked
        )
        return found

    async def end(self, request: Request) -> Response:
        """Take somebody in whom the provider vouches for, under another session id."""
        session: Session = request.state.session
        try:
            token = await self._agency.authorize_access_token(request)
        except OAuthError:
            return RedirectResponse("/sign-in?failed=1", 303)
        claims = token["userinfo"]
        known = {role.value for role in Role}
        listed = claims.get(self._provider.roles_claim) or []
        request.state.session = self._sessions.signed_in(
            session,
            str(claims["sub"]),
            name=str(claims.get("name") or claims["sub"]),
            reference=claims.get("preferred_username"),
            roles=[one for one in listed if one in known],
            purpose=session.state.get("purpose") if _is_same(session, claims) else None,
        )
        return RedirectResponse(session.state.get("next", "/"), 303)

    async def out(self, request: Request) -> Response:
        """Sign somebody out, of every desk they are signed in to where they say so."""
        session: Session = request.state.session
        async with request.form() as form:
            everywhere = form.get("everywhere") == "yes"
        if everywhere and session.subject:
            self._sessions.revoke(session.subject)
        self._sessions.end(session)
        request.state.session = self._sessions.begin()
        return RedirectResponse("/signed-out", 303)


def inward(path: str) -> str:
    """Keep a way back inside this desk: anything else leads to its first page."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path
    return path if inside else "/"


def _is_same(session: Session, claims: Any) -> bool:
    return session.subject == str(claims["sub"])
