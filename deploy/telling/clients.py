"""How a notification leaves: a mail server, a signed webhook, GOV.UK Notify. Real clients, no more.

Every connection is TLS with its certificate checked; every attempt ends in time, however slowly
a server drips; no redirect is followed. What a server writes back is never repeated.

Source: RFC 5321, RFC 3207 (STARTTLS), RFC 3834 (Auto-Submitted); Standard Webhooks 1.0
(standardwebhooks.com); GOV.UK Notify REST API, version 2.
"""

import asyncio
import smtplib
import ssl
import threading
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import msgspec
import urllib3
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient
from requests import RequestException
from standardwebhooks.webhooks import Webhook as Signing

from consumers.telling.notification import Words
from consumers.telling.sending import Failed
from contracts.fault import Misuse
from deploy import clock

ATTEMPT_S_MAX = 20.0
"""How long one attempt may take, all of it."""
_STEP_S_MAX = 10.0
"""How long one step of an attempt may take: to connect, to answer."""
_REFUSED_FOR_GOOD = 500
_KEY_CHARACTERS_MIN = 73
"""A Notify key ends in the service's id and the secret, two UUIDs joined by a hyphen."""


class Client(Protocol):
    """What brings words to an address."""

    def send(self, address: str, words: Words, key: str) -> None:
        """Bring words to an address, under a key by which a repetition is known; it may block.

        Raises:
            Failed: they were not taken, or nobody knows whether they were.
        """


async def brought(client: Client, address: str, words: Words, key: str) -> None:
    """Let a client try once, in a thread of this attempt's own: one that hangs holds nobody up.

    Raises:
        Failed: as `Client.send`, or it took too long.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def end(fault: Exception | None) -> None:
        if done.done():
            return
        if fault is None:
            done.set_result(None)
        else:
            done.set_exception(fault)

    def attempt() -> None:
        fault: Exception | None = None
        try:
            client.send(address, words, key)
        except Exception as raised:  # noqa: BLE001 - it is raised where it is awaited
            fault = raised
        with suppress(RuntimeError):  # what waited for it is gone
            loop.call_soon_threadsafe(end, fault)

    threading.Thread(target=attempt, name="attempt", daemon=True).start()
    try:
        async with asyncio.timeout(ATTEMPT_S_MAX):
            await done
    except TimeoutError:
        raise Failed("too_slow") from None


class Smtp:
    """Mail by a server that offers TLS; without it nothing is said."""

    def __init__(  # noqa: PLR0913 - a server has this many independent settings
        self,
        *,
        host: str,
        port: int,
        security: Literal["starttls", "tls"],
        sender: str,
        login: tuple[str, str] | None = None,
        ca: Path | None = None,
    ) -> None:
        """Prepare; nothing is opened yet.

        Raises:
            Misuse: the authority's certificate cannot be read.
        """
        self._host, self._port, self._by_tls = host, port, security == "tls"
        self._sender, self._domain = sender, sender.partition("@")[2]
        self._login, self._context = login, context_of(ca)

    def send(self, address: str, words: Words, key: str) -> None:
        """Send one mail; its Message-ID is the delivery's key."""
        mail = self.mail(address, words, key, at=clock.now())
        try:
            with self._connected() as server:
                if self._login is not None:
                    server.login(*self._login)
                server.send_message(mail, self._sender, [address])
        except smtplib.SMTPRecipientsRefused as refused:
            code = max((code for code, _ in refused.recipients.values()), default=0)
            raise Failed(f"smtp_{code}", forever=code >= _REFUSED_FOR_GOOD) from None
        except smtplib.SMTPResponseException as answered:
            raise Failed(f"smtp_{answered.smtp_code}") from None
        except (smtplib.SMTPException, OSError, ValueError) as failed:
            raise Failed(_named(failed)) from None

    def mail(self, address: str, words: Words, key: str, *, at: datetime) -> EmailMessage:
        """Write the mail."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, address, words.subject
        mail["Date"] = format_datetime(at)
        mail["Message-ID"] = f"<{key}@{self._domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(words.body)
        return mail

    def _connected(self) -> smtplib.SMTP:
        if self._by_tls:
            return smtplib.SMTP_SSL(
                self._host, self._port, self._domain, timeout=_STEP_S_MAX, context=self._context
            )
        server = smtplib.SMTP(self._host, self._port, self._domain, timeout=_STEP_S_MAX)
        try:
            server.starttls(context=self._context)
        except BaseException:
            server.close()
            raise
        return server


class Webhook:
    """A signed request to an address that the agency's own desk answers."""

    def __init__(self, *, secret: str, ca: Path | None = None) -> None:
        """Prepare; nothing is opened yet.

        Raises:
            Misuse: the secret is none, or the authority's certificate cannot be read.
        """
        try:
            self._signing = Signing(secret)
        except Exception as unfit:  # noqa: BLE001 - the library's own
            raise Misuse(
                f"A webhook's secret cannot be used ({type(unfit).__name__}).",
                remedy="Write it as whsec_ and base64, as the receiver gave it.",
            ) from None
        self._context = context_of(ca)

    def send(self, address: str, words: Words, key: str) -> None:
        """Post one request; its `webhook-id` is the delivery's key."""
        at = clock.now()
        said = {
            "type": "candour.waiting",
            "timestamp": at.isoformat(timespec="seconds"),
            "data": {"subject": words.subject, "text": words.body},
        }
        body = msgspec.json.encode(said).decode()
        headers = {
            "content-type": "application/json",
            "webhook-id": key,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signing.sign(key, at, body),
        }
        try:
            with urllib3.PoolManager(ssl_context=self._context) as pool:
                answer = pool.request(
                    "POST", address, body=body.encode(), headers=headers, redirect=False,
                    retries=False, timeout=_STEP_S_MAX, preload_content=False,
                )  # fmt: skip
                status = answer.status
                answer.close()
        except (urllib3.exceptions.HTTPError, OSError) as failed:
            raise Failed(_named(failed)) from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise Failed(f"http_{status}", forever=status == HTTPStatus.GONE)


class Notify:
    """GOV.UK Notify, by its official client: a text message or a mail of a template."""

    def __init__(
        self, *, key: str, address: str, by_text: bool, template: str, ca: Path | None = None
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            key: the API key, as Notify gave it.
            address: Notify's own, where it is reached.
            by_text: a text message, whose template has `((body))`; else a mail, whose template
                has `((subject))` besides.
            template: its id.
            ca: whom to trust, if not the authorities that its library brings along.

        Raises:
            Misuse: the key is none, or the authority's certificate cannot be read.
        """
        if len(key) < _KEY_CHARACTERS_MIN:
            raise Misuse(
                "The key for GOV.UK Notify cannot be used.",
                remedy="Copy it whole from Notify (API integration) into its private file.",
            )
        context_of(ca)
        self._key, self._address, self._ca = key, address, ca
        self._by_text, self._template = by_text, template

    def send(self, address: str, words: Words, key: str) -> None:
        """Hand one over to Notify; its `reference` is the delivery's key."""
        client = self._client()
        said = {"body": words.body}
        try:
            if self._by_text:
                client.send_sms_notification(
                    address, self._template, personalisation=said, reference=key
                )
            else:
                client.send_email_notification(
                    address, self._template, reference=key,
                    personalisation={**said, "subject": words.subject},
                )  # fmt: skip
        except APIError as answered:
            status = answered.status_code
            raise Failed(f"notify_{status}", forever=status == HTTPStatus.BAD_REQUEST) from None
        except (RequestException, OSError) as failed:
            raise Failed(_named(failed)) from None
        finally:
            client.request_session.close()

    def _client(self) -> Any:
        """Make the official client; its library has no types and is for one thread at a time."""
        client = cast("Any", NotificationsAPIClient)(
            self._key, base_url=self._address, timeout=_STEP_S_MAX
        )
        client.request_session.max_redirects = 0
        # Never by what stands in the environment: neither proxy nor password.
        client.request_session.trust_env = False
        if self._ca is not None:
            client.request_session.verify = str(self._ca)
        return client


def context_of(ca: Path | None) -> ssl.SSLContext:
    """Make the TLS settings that check a server's certificate and name.

    Args:
        ca: the authority's certificate; None for this machine's authorities.

    Raises:
        Misuse: it cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError):
        raise Misuse(
            f"{ca} is no certificate that can be read.",
            remedy="Put the authority's certificate there, as PEM, and give its name as `ca`.",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _named(failed: BaseException) -> str:
    """Name a failure by its kind alone: its text may name anybody."""
    return type(failed).__name__
