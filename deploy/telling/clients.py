"""How a notification leaves: a mail server, a signed webhook, GOV.UK Notify. Real clients, no more.

Every connection is TLS with its certificate checked; every attempt ends in time, however slowly
a server drips; no redirect is followed. What a server writes back is never repeated.

Source: RFC 5321, RFC 3207 (STARTTLS), RFC 3834 (Auto-Submitted); Standard Webhooks 1.0
(standardwebhooks.com); GOV.UK Notify REST API, version 2.
"""

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Literal, Protocol

import aiosmtplib
import httpx
import msgspec
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
_NOTIFY_S_MAX = 10.0
_REFUSED_FOR_GOOD = 500
_KEY_CHARACTERS_MIN = 73
"""A Notify key ends in the service's id and the secret, two UUIDs joined by a hyphen."""


class Client(Protocol):
    """What brings words to an address."""

    async def send(self, address: str, words: Words, key: str) -> None:
        """Bring words to an address, under a key by which a repetition is known.

        Raises:
            Failed: they were not taken, or nobody knows whether they were.
        """


class Smtp:
    """Mail by a server that offers TLS; without it nothing is said."""

    def __init__(  # noqa: PLR0913 - a server has this many independent settings
        self,
        *,
        host: str,
        port: int,
        security: Literal["starttls", "tls"],
        sender: str,
        user: str | None = None,
        secret: str | None = None,
        ca: Path | None = None,
    ) -> None:
        """Prepare; nothing is opened yet.

        Raises:
            Misuse: the authority's certificate cannot be read.
        """
        self._sender, self._domain = sender, sender.partition("@")[2]
        self._settings = {
            "hostname": host, "port": port, "use_tls": security == "tls",
            "start_tls": security == "starttls", "tls_context": context_of(ca),
            "username": user, "password": secret, "local_hostname": self._domain,
        }  # fmt: skip

    async def send(self, address: str, words: Words, key: str) -> None:
        """Send one mail; its Message-ID is the delivery's key."""
        mail = self.mail(address, words, key, at=clock.now())
        try:
            async with asyncio.timeout(ATTEMPT_S_MAX):
                await aiosmtplib.send(
                    mail, sender=self._sender, recipients=[address], **self._settings
                )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            code = max((one.code for one in refused.recipients), default=0)
            raise Failed(f"smtp_{code}", forever=code >= _REFUSED_FOR_GOOD) from None
        except aiosmtplib.SMTPResponseException as answered:
            raise Failed(f"smtp_{answered.code}") from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as failed:
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


class Webhook:
    """A signed request to an address that the agency's own desk answers."""

    def __init__(self, *, secret: str, ca: Path | None = None) -> None:
        """Prepare; nothing is opened yet.

        Raises:
            Misuse: the secret is none, or the authority's certificate cannot be read.
        """
        try:
            self._signing = Signing(secret)
        except (ValueError, RuntimeError, Exception) as unfit:  # noqa: BLE001 - of the library
            raise Misuse(
                f"A webhook's secret cannot be used ({type(unfit).__name__}).",
                remedy="Write it as whsec_ and base64, as the receiver gave it.",
            ) from None
        self._context = context_of(ca)

    async def send(self, address: str, words: Words, key: str) -> None:
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
            async with (
                asyncio.timeout(ATTEMPT_S_MAX),
                # Never by what stands in the environment: neither proxy nor password.
                httpx.AsyncClient(verify=self._context, trust_env=False) as client,
                client.stream("POST", address, content=body, headers=headers) as answer,
            ):
                status = answer.status_code
        except (httpx.HTTPError, OSError, TimeoutError) as failed:
            raise Failed(_named(failed)) from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise Failed(f"http_{status}", forever=status == HTTPStatus.GONE)


class Notify:
    """GOV.UK Notify, by its official client: a text message or a mail of a template."""

    def __init__(
        self, *, key: str, base_url: str, by_text: bool, template: str, ca: Path | None = None
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            key: the API key, as Notify gave it.
            base_url: Notify's.
            by_text: a text message, whose template has `((body))`; else a mail, whose template
                has `((subject))` besides.
            template: its id.
            ca: whom to trust, if not this machine's authorities.

        Raises:
            Misuse: the key is none, or the authority's certificate cannot be read.
        """
        if len(key) < _KEY_CHARACTERS_MIN:
            raise Misuse(
                "The key for GOV.UK Notify cannot be used.",
                remedy="Copy it whole from Notify (API integration) into its private file.",
            )
        context_of(ca)
        self._client = NotificationsAPIClient(key, base_url=base_url, timeout=_NOTIFY_S_MAX)
        session = self._client.request_session
        session.max_redirects, session.trust_env = 0, False
        if ca is not None:
            session.verify = str(ca)
        self._by_text, self._template = by_text, template
        # One thread for this channel alone: a client that hangs holds nobody else up.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="notify")

    async def send(self, address: str, words: Words, key: str) -> None:
        """Hand one over to Notify; its `reference` is the delivery's key."""
        call = partial(self._send, address, words, key)
        try:
            async with asyncio.timeout(ATTEMPT_S_MAX):
                await asyncio.get_running_loop().run_in_executor(self._thread, call)
        except APIError as answered:
            status = answered.status_code
            raise Failed(f"notify_{status}", forever=status == HTTPStatus.BAD_REQUEST) from None
        except (RequestException, OSError, TimeoutError) as failed:
            raise Failed(_named(failed)) from None

    def _send(self, address: str, words: Words, key: str) -> None:
        said = {"body": words.body}
        if self._by_text:
            self._client.send_sms_notification(
                address, self._template, personalisation=said, reference=key
            )
        else:
            self._client.send_email_notification(
                address, self._template, reference=key,
                personalisation={**said, "subject": words.subject},
            )  # fmt: skip


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
