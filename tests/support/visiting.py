"""The desk without a browser: its application in this process, people signed in by a real provider.

For what headers, forms, sessions and roles decide; `tests.support.browser` is for what a browser
decides. Requests carry what Chromium sends with them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from starlette.applications import Starlette
from starlette.testclient import TestClient

from consumers.desk.guard import WRONG
from consumers.desk.station import Station
from deploy.desk import DEVELOPERS, DeskSettings, application
from tests.support.browser import Ticking, provider, station_of
from tests.support.working import Working

ADDRESS = "https://desk.example"
_PLACES = count()
FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class Visited:
    """A desk that people visit.

    Attributes:
        app: the application.
        station: what its pages are given.
        clock: of the desk.
    """

    app: Starlette
    station: Station
    clock: Ticking

    def visitor(self, who: str | None = None, *, purpose: str | None = "my_task") -> "Visitor":
        """Open a new browser at this desk, and sign somebody in.

        Args:
            who: a subject of the provider; None for nobody.
            purpose: what they look for; None to be asked.
        """
        made = Visitor(self)
        if who is not None:
            made.sign_in(who)
            if purpose is not None:
                made.post("/purpose", purpose=purpose)
        return made


class Visitor:
    """One browser."""

    def __init__(self, desk: Visited) -> None:
        """Begin with no cookie."""
        place = f"10.0.0.{next(_PLACES)}"
        self.client = TestClient(
            desk.app, base_url=ADDRESS, follow_redirects=False, client=(place, 50_000)
        )

    def get(self, path: str, **headers: str) -> Any:
        """Open a page; none shows what its template is made of."""
        answer = self.client.get(path, headers=headers)
        assert "&lt;Macro" not in answer.text, path
        return answer

    def post(
        self, path: str, *, origin: str = ADDRESS, csrf: str | None = None, **fields: Any
    ) -> Any:
        """Send a form as a page of this desk sends it.

        Args:
            path: where to.
            origin: of the page.
            csrf: its token; the session's own where none is given.
            fields: the form's.
        """
        given = {"csrf": self.csrf if csrf is None else csrf, **fields}
        body = urlencode(given, doseq=True)
        answer = self.client.post(path, content=body, headers={**FORM, "origin": origin})
        to = answer.headers.get("location", "")
        return self.get(to) if to.endswith(WRONG) else answer

    @property
    def csrf(self) -> str:
        """Read the token that the forms of this session carry."""
        return token_in(self.get("/key").text)

    @property
    def cookie(self) -> str:
        """Give what the session's cookie holds."""
        return str(self.client.cookies["__Host-candour"])

    def sign_in(self, who: str, path: str = "/") -> Any:
        """Follow where `path` leads, prove at the provider who one is, and come back."""
        asked = self.get(f"/sign-in?next={path}")
        return self.get(self.proved(asked.headers["location"], who))

    def proved(self, address: str, who: str) -> str:
        """Press a name at the provider; give the path that it leads back to."""
        # It is on this machine: no certificate is read for it.
        answer = httpx2.post(address, data={"sub": who}, verify=False)
        back = urlsplit(answer.headers["location"])
        return f"{back.path}?{back.query}"


def token_in(page: str) -> str:
    """Read the token from a page's first form."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    if found is None:
        raise LookupError("no form on this page")
    return found[1]


@contextmanager
def visiting(
    working: Working,
    agency: str,
    folder: Path,
    *,
    users: Sequence[tuple[str, str, list[str]]] = DEVELOPERS,
    issuer: str | None = None,
    **settings: Any,
) -> Iterator[Visited]:
    """Open the desk of an agency of a played ledger.

    Args:
        working: everybody at work.
        agency: one whose consumer runs.
        folder: for the sessions.
        users: who can sign in.
        issuer: of a provider that runs already; None to run the development one.
        settings: of the desk, beside.
    """
    with (
        provider(users) if issuer is None else nullcontext(issuer) as known,
        visited(known, lambda *given: station_of(working, agency, folder, *given), **settings) as d,
    ):
        yield d


@contextmanager
def visited(
    issuer: str, station: Callable[[DeskSettings, Ticking], Station], **settings: Any
) -> Iterator[Visited]:
    """Open a desk whose pages are given what `station` makes.

    Args:
        issuer: of a provider that runs.
        station: makes it, with sessions of its own.
        settings: of the desk, beside.
    """
    given: dict[str, Any] = {"tells_when": False, **settings}
    made = DeskSettings(
        issuer=issuer, client_id="candour-desk", client_secret="development", address=ADDRESS,
        **given,
    )  # fmt: skip
    ticking = Ticking()
    one = station(made, ticking)
    try:
        yield Visited(application(one, made, secret="development"), one, ticking)
    finally:
        one.sessions.close()
