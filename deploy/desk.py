"""The desk put together: a home's store and outbox behind its pages, and who signs in where."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import uvicorn
from pydantic import Field
from starlette.applications import Starlette

from consumers.desk.app import desk
from consumers.desk.session import Limits, Sessions
from consumers.desk.signing_in import Provider, SigningIn
from consumers.desk.station import Station
from contracts.fault import Misuse
from deploy import clock
from deploy.reaching import Reach
from deploy.refusals import refusals
from deploy.sealing import sealer_of
from deploy.watching import seen_last
from deploy.wiring import Acting, open_acting
from producers.document import Document, read_document
from producers.home import Home

SESSIONS, SEALED_WITH = "desk.sqlite", "desk.key"
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2 (1.3 has its own): authenticated encryption, a key for each connection."""
DEVELOPERS = (
    ("officer", "Lee Hart (name invented)", ["researcher", "reporter"]),
    ("supervisor", "Jo Bell (name invented)", ["supervisor", "duty_manager"]),
    ("manager", "Kim Shaw (name invented)", ["duty_manager", "information_manager"]),
    ("auditor", "Ash Roy (name invented)", ["auditor"]),
)
"""Who can sign in at the development provider: subject, name, roles."""

PROVIDER = """
import logging
logging.disable(logging.WARNING)
from oidc_provider_mock.__main__ import run
run()
"""
"""Runs that provider: whatever it logs but what stops it names who signs in."""


class DeskSettings(Document):
    """`desk.yaml` of a home: who vouches for people, and where they reach the desk."""

    issuer: str = Field(pattern=r"^https?://\S*[^/\s]$")
    client_id: str
    client_secret: str
    roles_claim: str = "roles"
    reference_claim: str = "preferred_username"
    tells_when: bool = True
    acr: str | None = None
    address: str = Field(pattern=r"^https?://\S*[^/\s]$")
    certificate: str | None = None
    key: str | None = None
    idle_minutes: int = Field(default=15, ge=1, le=60)


_Settings = TypeVar("_Settings", bound=DeskSettings)


def configured(home: Home, name: str, shape: type[_Settings]) -> _Settings:
    """Read `desk.yaml` of a home, or the file of another service that people sign in to.

    Args:
        home: whose.
        name: the file's; without its ending the command that serves.
        shape: its settings.

    Raises:
        Misuse: it is not there, or cannot be used; the text names the line.
    """
    path = home.folder / name
    if not path.exists():
        raise Misuse(
            f"{home.folder} has no {name}: nobody would know who signs in.",
            remedy=f"Write it (candour {path.stem} --help names the fields), or try it with "
            "--development.",
        )
    found = read_document(path, shape)
    if not found.address.startswith("https://") and "://localhost" not in found.address:
        raise Misuse(
            f"{name}: `address` is not https: what is shown could be read on its way.",
            remedy="Give an https address, with `certificate` and `key` or behind a proxy that "
            "ends TLS.",
        )
    return found


@contextmanager
def development(
    folder: Path,
    port: int,
    shape: type[_Settings],
    people: Sequence[tuple[str, str, list[str]]] = DEVELOPERS,
) -> Iterator[_Settings]:
    """Run a provider that believes everybody, for a demonstration on this machine.

    Args:
        folder: the home's.
        port: the desk's; the provider listens on the next.
        shape: the settings of what is served.
        people: who can sign in: subject, name, roles.
    """
    users = [
        argument
        for subject, name, roles in people
        for argument in ("--user-claims", _claims(subject, name, roles))
    ]
    command = [sys.executable, "-W", "ignore", "-c", PROVIDER]
    with (folder / "provider.log").open("ab") as out:
        provider = subprocess.Popen(
            [*command, "--port", str(port + 1), *users], stdout=out, stderr=out
        )
    try:
        issuer = f"http://localhost:{port + 1}"
        yield shape(
            issuer=issuer,
            client_id=f"{folder.name} (no password here, press a name below; {_may_be(people)})",
            client_secret="development",  # noqa: S106
            tells_when=False, address=f"http://localhost:{port}",
        )  # fmt: skip
    finally:
        provider.terminate()
        provider.wait()


def serve(home: Home, settings: DeskSettings, *, port: int) -> None:
    """Serve the desk until stopped. Nothing logs who asked for what: an address names a report."""
    acting = open_acting(home)
    reach = Reach(acting.outbox)
    station = replace(
        station_of(home, settings, acting=acting), stuck=reach.stuck, unsent=reach.unsent
    )
    served = application(station, settings, secret=secret_of(home, settings), lifespan=reach.asking)
    listen(home, served, settings, port)


def station_of(
    home: Home, settings: DeskSettings, now_ms: Callable[[], int] = clock.now_ms, *,
    acting: Acting | None = None,
) -> Station:  # fmt: skip
    """Open what the pages of a home's desk are given, beside the consumer that reads for it."""
    acting = acting or open_acting(home)
    ours = acting.outbox.partnership.agencies.get(home.agency.agency)
    return Station(
        acting.store, acting.voice, acting, sessions_of(home, settings, now_ms), now_ms,
        ours.title if ours else home.agency.agency, watched=partial(seen_last, home),
        learn=acting.consumer.learn, refusals=partial(refusals, acting.outbox),
    )  # fmt: skip


def listen(home: Home, served: Starlette, settings: DeskSettings, port: int) -> None:
    """Answer browsers until stopped: on this machine alone, unless there is a certificate."""
    certificate, key = (
        None if one is None else home.folder / one for one in (settings.certificate, settings.key)
    )
    uvicorn.run(
        served, host="127.0.0.1" if certificate is None else "0.0.0.0",  # noqa: S104
        port=port, log_config=None, access_log=False, server_header=False, ws="none",
        timeout_graceful_shutdown=2,
        ssl_certfile=certificate, ssl_keyfile=key, ssl_ciphers=CIPHERS,
    )  # fmt: skip


def sessions_of(
    home: Home, settings: DeskSettings, now_ms: Callable[[], int] = clock.now_ms
) -> Sessions:
    """Open the sessions of a home's desk, as long as its settings let them last."""
    return opened_sessions(home, Limits(idle_minutes=settings.idle_minutes), now_ms)


def opened_sessions(
    home: Home, limits: Limits | None = None, now_ms: Callable[[], int] = clock.now_ms
) -> Sessions:
    """Open the sessions of a home's desk."""
    return Sessions(
        f"sqlite:///{home.folder / SESSIONS}", now_ms=now_ms, random_bytes=clock.random_bytes,
        limits=limits or Limits(), sealing=sealer_of(home.folder / SEALED_WITH),
    )  # fmt: skip


def application(
    station: Station,
    settings: DeskSettings,
    *,
    secret: str,
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None = None,
) -> Starlette:
    """Put a desk's pages together with who vouches for people.

    Args:
        station: what the pages are given.
        settings: of the desk.
        secret: what proves this desk to the provider.
        lifespan: what runs while it is served.
    """
    signing_in = signing_in_of(station, settings, secret=secret)
    return desk(
        station, signing_in, nonce=clock.token, address=settings.address,
        provider=settings.issuer, lifespan=lifespan,
    )  # fmt: skip


def signing_in_of(station: Station, settings: DeskSettings, *, secret: str) -> SigningIn:
    """Say who vouches for people; as `application`."""
    provider = Provider(
        settings.issuer, settings.client_id, secret, settings.roles_claim,
        settings.reference_claim, settings.tells_when, settings.acr,
    )  # fmt: skip
    return SigningIn(provider, station.sessions, address=settings.address, now_ms=clock.now_ms)


def secret_of(home: Home, settings: DeskSettings) -> str:
    """Read the client's secret from its file; the development provider's is no secret."""
    file = home.folder / settings.client_secret
    return file.read_text().strip() if file.exists() else settings.client_secret


def _may_be(people: Sequence[tuple[str, str, list[str]]]) -> str:
    """Say what each name may do here: the provider's own page shows names alone."""
    named = (f"{who} is {' and '.join(roles).replace('_', ' ')}" for who, _, roles in people)
    return ", ".join(named)


def _claims(subject: str, name: str, roles: list[str]) -> str:
    return json.dumps({"sub": subject, "name": name, "roles": roles})
