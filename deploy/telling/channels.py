"""`channels.yaml`: whom an agency tells that something waits, by role, and how.

`channels.yaml` beside this module is one to copy: it has every field, and what it is for.

Secrets stand in private files beside it, named here. An address comes from this file and from
nowhere else: `RoleChannel` cannot be made of anything that a statement says.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from consumers.telling.notification import DUTY, Words
from consumers.telling.sending import Told
from contracts.event.control import Rules
from contracts.fault import InvariantBroken, Misuse
from deploy.telling.clients import Client, Notify, Smtp, Webhook, brought
from producers.document import Document, Where, fitted, line_of, load_file, unusable
from producers.field import Mailbox, Number
from producers.keys import check_private

FILE = "channels.yaml"
Kind = Literal["mail", "webhook", "text", "notify_mail"]
KINDS: tuple[Kind, ...] = ("mail", "webhook", "text", "notify_mail")
_CONFIGURED = object()
_TELLING = re.compile(
    r"domestic|abus|violen|victim|perpetrat|marac|\bdash\b|idva|stalk|coerc|refuge",
    re.IGNORECASE,
)
"""What a name on a locked screen must not have: it would tell what the matter is."""


def _is_https(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("write an https:// address without a name or password in it.")
    return text


def _is_neutral(text: str) -> str:
    if _TELLING.search(text) or not text.isprintable():
        raise ValueError("write a neutral name: this one tells what the matter is.")
    return text


Address = Annotated[str, AfterValidator(_is_https)]
Neutral = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_is_neutral)]
File = Annotated[str, Field(min_length=1)]


class Entry(Document):
    """One channel: exactly one of the four, with the private file of a webhook's secret."""

    mail: Mailbox | None = None
    webhook: Address | None = None
    text: Number | None = None
    notify_mail: Mailbox | None = None
    secret: File | None = None
    ca: File | None = None

    @property
    def kind(self) -> Kind:
        """Which of the four it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise ValueError(f"write exactly one of {', '.join(KINDS)}.")
        if (self.webhook is not None) != (self.secret is not None):
            raise ValueError("a webhook, and it alone, has a `secret`: write its private file.")
        return self


class Role(Document):
    """One role: what it is called, who reads its channels, and the channels."""

    called: Neutral | None = None
    readers: list[str] | None = None
    channels: Annotated[list[Entry], Field(min_length=1)]


class OnDuty(Document):
    """The duty manager, a named person, and how they are reached."""

    name: Annotated[str, Field(min_length=1)]
    channels: Annotated[list[Entry], Field(min_length=1)]


class DeskEntry(Document):
    """The agency's own desk."""

    telephone: Number


class SmtpEntry(Document):
    """A mail server: always with TLS, its certificate checked."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls"] = "starttls"
    sender: Mailbox
    user: str | None = None
    secret: File | None = None
    ca: File | None = None

    @model_validator(mode="after")
    def _has_both(self) -> Self:
        if (self.user is None) != (self.secret is None):
            raise ValueError("`user` and `secret` go together: write both, or none.")
        return self


class NotifyEntry(Document):
    """GOV.UK Notify: the key's private file, and the templates by id."""

    key: File
    text_template: str | None = None
    mail_template: str | None = None
    address: Address = "https://api.notifications.service.gov.uk"
    ca: File | None = None


class Configured(Document):
    """`channels.yaml` as it is written."""

    desk: DeskEntry
    on_duty: OnDuty
    roles: dict[str, Role] = {}
    smtp: SmtpEntry | None = None
    notify: NotifyEntry | None = None

    @field_validator("roles")
    @classmethod
    def _has_no_duty(cls, roles: dict[str, Role]) -> dict[str, Role]:
        if DUTY in roles:
            raise ValueError("the duty manager has a place of their own: write `on_duty:`.")
        return roles


@dataclass(frozen=True, slots=True)
class RoleChannel:
    """One way of one role; only `read` in this module can make one.

    Attributes:
        role: whose it is.
        kind: which client it goes by.
        address: where it leads, as `channels.yaml` has it.
        reads: gives the tokens of who reads it, as they are known now; None where nobody says who.
    """

    role: str
    kind: Kind
    address: str = field(repr=False)
    reads: Callable[[], frozenset[str] | None] = field(repr=False)
    client: Client = field(repr=False)
    made_by: object = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse one that configuration did not make.

        Raises:
            InvariantBroken: something else tried to.
        """
        if self.made_by is not _CONFIGURED:
            raise InvariantBroken(
                "Something tried to make a channel from elsewhere than the configuration.",
                remedy="Stop what runs here and report this defect.",
            )

    @property
    def readers(self) -> frozenset[str] | None:
        """The tokens of who reads it: a credential of last week may have brought a household."""
        return self.reads()

    @property
    def name(self) -> str:
        """What it is known by here, and in no other words: its kind, and a digest."""
        digest = sha256(f"candour-channel\n{self.role}\n{self.address}".encode()).hexdigest()
        return f"{self.kind}-{digest[:12]}"

    async def send(self, words: Words, key: str) -> None:
        """Deliver a notification (consumers.telling.sending.Channel)."""
        await brought(self.client, self.address, words, key)


def read(
    folder: Path,
    *,
    agency: str,
    rules: Rules | None,
    viewer: Callable[[str], frozenset[str] | None] = lambda _: None,
) -> Told | None:
    """Read a home's `channels.yaml`.

    Args:
        folder: the home.
        agency: its agency's id.
        rules: in force, which name the roles; None where none were read yet.
        viewer: gives the tokens of a reader by name; None for somebody not known here.

    Returns:
        None where there is no such file: then nobody is told anything.

    Raises:
        Misuse: it cannot be used; every defect by line, or a file that is not private.
    """
    path = folder / FILE
    if not path.exists():
        return None
    check_private(path)
    value, lines = load_file(path)
    given = fitted(value, lines, Configured, name=FILE)
    told = _defects(given, lines, _roles(rules))
    if told:
        raise unusable(FILE, told)
    making = _Making(folder, given)
    channels = {
        name: [
            making.channel(name, one, partial(_readers, role.readers, viewer))
            for one in role.channels
        ]
        for name, role in given.roles.items()
    }
    named = partial(_readers, [given.on_duty.name], viewer)
    channels[DUTY] = [making.channel(DUTY, one, named) for one in given.on_duty.channels]
    called = {name: role.called for name, role in given.roles.items() if role.called}
    return Told(agency, given.desk.telephone, channels, called)


def on_duty(folder: Path) -> str:
    """Give the name of the duty manager.

    Raises:
        Misuse: as `read`.
    """
    return fitted(*load_file(folder / FILE), Configured, name=FILE).on_duty.name


def _roles(rules: Rules | None) -> frozenset[str] | None:
    """List every role that the ruleset names; None where it is not known yet."""
    if rules is None:
        return None
    terms = rules.watch or []
    owners = [role for term in terms for role in (*term.owners.values(), term.fallback)]
    return frozenset([*rules.roles.values(), *owners, DUTY])


def _defects(
    given: Configured, lines: Mapping[Where, int], known: Collection[str] | None
) -> list[tuple[int, str]]:
    """List what no field can see by itself, by line."""
    found: list[tuple[int, str]] = []
    entries: list[tuple[Where, Entry]] = [
        (("on_duty", "channels", n), one) for n, one in enumerate(given.on_duty.channels)
    ]
    for name, role in given.roles.items():
        line = line_of(("roles", name), lines)
        if known is not None and name not in known:
            listed = ", ".join(sorted(known - {DUTY} if isinstance(known, frozenset) else known))
            found.append((line, f"this role is in no rule here. Known: {listed}."))
        elif role.called is None and _TELLING.search(name):
            found.append((line, "this role's name tells what the matter is: write `called:`."))
        entries += [(("roles", name, "channels", n), one) for n, one in enumerate(role.channels)]
    for where, one in entries:
        lacks = _lacks(given, one.kind)
        if lacks:
            found.append((line_of(where, lines), f"this needs `{lacks}`: write it."))
    return found


def _lacks(given: Configured, kind: Kind) -> str | None:
    """Name what a channel of a kind needs that the file does not have."""
    if kind == "mail" and given.smtp is None:
        return "smtp"
    if kind in {"text", "notify_mail"}:
        if given.notify is None:
            return "notify"
        template = "text_template" if kind == "text" else "mail_template"
        return None if getattr(given.notify, template) else f"notify.{template}"
    return None


def _readers(
    names: Collection[str] | None, viewer: Callable[[str], frozenset[str] | None]
) -> frozenset[str] | None:
    """Give the tokens of all readers; None where one of them is not known here."""
    found = [viewer(name) for name in names or ()]
    if not found or None in found:
        return None
    return frozenset().union(*(one for one in found if one is not None))


class _Making:
    """Makes the channels of one file."""

    def __init__(self, folder: Path, given: Configured) -> None:
        self._folder, self._given = folder, given

    def channel(
        self, role: str, one: Entry, reads: Callable[[], frozenset[str] | None]
    ) -> RoleChannel:
        address = getattr(one, one.kind)
        return RoleChannel(role, one.kind, address, reads, self._client(one), _CONFIGURED)

    def _client(self, one: Entry) -> Client:
        smtp, notify = self._given.smtp, self._given.notify
        if one.kind == "mail" and smtp is not None:
            secret = self._secret(smtp.secret)
            return Smtp(
                host=smtp.host, port=smtp.port, security=smtp.security, sender=smtp.sender,
                login=(smtp.user, secret) if smtp.user and secret else None,
                ca=self._file(smtp.ca),
            )  # fmt: skip
        if one.kind == "webhook":
            return Webhook(secret=self._secret(one.secret) or "", ca=self._file(one.ca))
        if notify is None:  # checked by line before
            raise Misuse("GOV.UK Notify is not set up here.", remedy=f"Write it into {FILE}.")
        by_text = one.kind == "text"
        template = notify.text_template if by_text else notify.mail_template
        return Notify(
            key=self._secret(notify.key) or "", address=notify.address, by_text=by_text,
            template=template or "", ca=self._file(notify.ca),
        )  # fmt: skip

    def _file(self, name: str | None) -> Path | None:
        return None if name is None else self._folder / name

    def _secret(self, name: str | None) -> str | None:
        if name is None:
            return None
        path = self._folder / name
        check_private(path)
        return path.read_text(encoding="utf-8").strip()
