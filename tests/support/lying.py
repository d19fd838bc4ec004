"""An identity provider that says whatever a test wants said: really signed, and really asked.

For what a desk must not believe. The development provider is for what it may.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy import clock
from tests.support.browser import Listening

CLIENT = "candour-desk"


@dataclass
class Lying:
    """One provider.

    Attributes:
        issuer: its address.
        nonce: what the desk asked for last; whoever tests says what is answered.
        claims: changes what an ID token says; a member of None is left out.
        answer: changes what the token endpoint answers.
        key: what ID tokens are signed with; `published` what the provider says it is.
        asked: what the desk sent to the token endpoint.
    """

    issuer: str
    nonce: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    answer: Callable[[dict[str, Any]], Response] = JSONResponse
    header: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=cache(lambda: RSAKey.generate_key(2048)))
    published: RSAKey | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Write what an honest provider says, changed as the test wants it."""
        now = clock.now_ms() // 1000
        honest = {
            "iss": self.issuer, "sub": "officer", "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": self.nonce, "name": "Lee Hart", "roles": ["researcher"], "auth_time": now,
        }  # fmt: skip
        return {name: value for name, value in (honest | self.claims).items() if value is not None}

    def application(self) -> Starlette:
        """Give its pages."""

        def configuration(_: Request) -> Response:
            known = {
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["RS256"],
            }  # fmt: skip
            return JSONResponse(known | self.metadata)

        def jwks(_: Request) -> Response:
            return JSONResponse({"keys": [(self.published or self.key).as_dict(private=False)]})

        async def token(request: Request) -> Response:
            async with request.form() as form:
                self.asked.append({name: str(value) for name, value in form.items()})
            signed = jwt.encode({"alg": "RS256", **self.header}, self.told(), self.key)
            given = {"access_token": "a", "token_type": "Bearer", "id_token": signed}
            return self.answer(given)

        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", configuration),
                Route("/jwks", jwks),
                Route("/token", token, methods=["POST"]),
            ]
        )


@contextmanager
def lying() -> Iterator[Lying]:
    """Run such a provider while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        one = Lying(f"http://localhost:{listening.getsockname()[1]}")
        config = uvicorn.Config(
            one.application(), log_config=None, access_log=False, lifespan="off", ws="none"
        )
        server = Listening(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            if not server.listens.wait(30):
                raise TimeoutError("the provider did not start")
            yield one
        finally:
            server.should_exit = True
            thread.join()
