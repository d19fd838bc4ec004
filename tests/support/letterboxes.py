"""Real servers that notifications go to: mail with STARTTLS, webhooks and Notify's API, on TLS."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import aiosmtpd.controller

from deploy import clock
from deploy.kafka import certificates
from producers.keys import write_private

HOST = "127.0.0.1"
NOTIFY_SERVICE, NOTIFY_SECRET = (
    "3d844edf-8d35-48ac-975b-e847b4f122b0", "c0a1ffee-0000-4000-8000-5ec2e7f0e1d2",
)  # fmt: skip
NOTIFY_KEY = f"desk-{NOTIFY_SERVICE}-{NOTIFY_SECRET}"
HOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass(frozen=True)
class Pair:
    """An authority's certificate, and a server's settings under it."""

    ca: Path
    context: ssl.SSLContext


def certified(folder: Path) -> Pair:
    """Make an authority and a server's certificate for this machine."""
    now, draw = clock.now(), clock.random_bytes
    authority = certificates.make_authority(now=now, random_bytes=draw)
    held = certificates.issue(
        authority, "letterbox", "kafka", lasts=timedelta(days=1), revoked_at="file:///none",
        now=now, random_bytes=draw, hosts=[HOST, "localhost"],
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / "ca.pem").write_bytes(certificates.public_pem(authority.certificate))
    (folder / "server.pem").write_bytes(held.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return Pair(folder / "ca.pem", context)


@dataclass
class Mailbox:
    """A mail server's: what it took, and how it answers; `says` gives the answer to RCPT."""

    port: int = 0
    took: list[bytes] = field(default_factory=list)
    says: Callable[[str], str] = lambda _: "250 OK"
    after: Callable[[], str] = lambda: "250 OK"

    @property
    def mails(self) -> list[EmailMessage]:
        """What it took, read."""
        return [message_from_bytes(one, policy=policy.default) for one in self.took]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own name
        self, server: object, session: object, envelope: Any, address: str, options: object
    ) -> str:
        """Answer for a recipient."""
        answer = self.says(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd's own name
        self, server: object, session: object, envelope: Any
    ) -> str:
        """Take a mail."""
        self.took.append(envelope.original_content)
        return self.after()


class _AnyPort(aiosmtpd.controller.Controller):
    """A mail server on a port that is free."""

    def _trigger_server(self) -> None:
        self.port = cast("Any", self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server(pair: Pair, *, starttls: bool = True) -> Iterator[Mailbox]:
    """Run a mail server that offers STARTTLS and takes nothing without it; or offers none."""
    box = Mailbox()
    settings: dict[str, Any] = (
        {"tls_context": pair.context, "require_starttls": True} if starttls else {}
    )
    run = _AnyPort(box, hostname=HOST, port=0, **settings)
    run.start()
    try:
        box.port = run.port
        yield box
    finally:
        run.stop()


@dataclass
class Took:
    """One request: its path, headers in lower case, and body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Web:
    """A web server's: what it took; `answers` gives status, headers and body for a request."""

    address: str = ""
    took: list[Took] = field(default_factory=list)
    answers: Callable[[Took], tuple[int, dict[str, str], bytes]] = lambda _: (204, {}, b"")


@contextmanager
def web_server(pair: Pair) -> Iterator[Web]:
    """Run a web server on TLS."""
    web = Web()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            took = Took(self.path, headers, self.rfile.read(size))
            web.took.append(took)
            status, extra, body = web.answers(took)
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - its own name

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((HOST, 0), Answering)
    server.daemon_threads = True
    server.socket = pair.context.wrap_socket(server.socket, server_side=True)
    web.address = f"https://{HOST}:{server.server_port}"
    work = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    work.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        work.join()


def notified(took: Took) -> tuple[int, dict[str, str], bytes]:
    """Answer as GOV.UK Notify does what it takes."""
    asked = json.loads(took.body)
    said = {
        "id": "740e5834-3a29-46b4-9a6f-16142fde533a", "reference": asked.get("reference"),
        "content": {}, "uri": took.path, "template": {},
    }  # fmt: skip
    return 201, {"content-type": "application/json"}, json.dumps(said).encode()


def channels_file(folder: Path, pair: Pair, *, mail: int, web: str, roles: str = "",
                  on_duty: str = "    - mail: manager@hub.example") -> Path:  # fmt: skip
    """Write `channels.yaml` and its private files into a home.

    Args:
        folder: the home.
        pair: what the servers' certificates stand under.
        mail: the mail server's port.
        web: the web server's address.
        roles: YAML below `roles:`.
        on_duty: YAML of the duty manager's channels.
    """
    (folder / "letters-ca.pem").write_bytes(pair.ca.read_bytes())
    for name, secret in (("hook-secret", HOOK_SECRET), ("notify-key", NOTIFY_KEY)):
        if not (folder / name).exists():
            write_private(folder / name, secret.encode())
    path = folder / "channels.yaml"
    path.unlink(missing_ok=True)
    text = f"""\
desk:
  telephone: 01632 960101
on_duty:
  name: J. Okafor
  channels:
{on_duty}
smtp:
  host: {HOST}
  port: {mail}
  sender: candour@hub.example
  ca: letters-ca.pem
notify:
  key: notify-key
  address: {web}
  text_template: f33517ff-2a88-4f6e-b855-c550268ce08a
  mail_template: 4ba4c5b5-0000-4000-8000-0123456789ab
  ca: letters-ca.pem
roles:
{roles}
"""
    write_private(path, text.encode())
    return path
