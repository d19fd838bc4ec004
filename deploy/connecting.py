"""Which local systems a home looks people up in: `connectors.yaml`, and the secrets beside it.

`connectors.yaml` beside this module is one to copy: it has every field, and what it is for.

`numbers` are the registers whose numbers a system can be asked by: of whom no family name is known
and not every number is of these, a system that finds nobody was not asked, and never says nil.

A secret is a file of its own, private to its owner: never in this one, nor in an address.
"""

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field, field_validator, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from consumers.research.connectors.connector import Connector, Kind
from consumers.research.connectors.sql import DIALECTS, Mapped, SqlConnector
from consumers.research.unreachable import Retry
from contracts.fault import Misuse
from producers import keys
from producers.document import Document, read_document, read_text
from producers.field import SlugText
from producers.home import Home

FILE = "connectors.yaml"
_Text = Annotated[str, Field(min_length=1)]
_Local = Literal["mash", "niche", "local", "probation", "iom_mappa"]
"""Never an index: PNC, LEDS and PND are searched by a person (domain.md 1.5), of whom vetting is
asked where the ruleset names it (`index_qualification`)."""


def _whole(text: object, most: int) -> object:
    if isinstance(text, str) and text.isascii() and text.isdigit() and 0 < int(text) <= most:
        return int(text)
    raise ValueError(f"write a whole number, 1 to {most}.")


MINUTES_MAX, SECONDS_MAX = 10_080, 120
"""A system that was down is asked again within a week; no look takes longer than two minutes."""
_Minutes = Annotated[int, BeforeValidator(lambda text: _whole(text, MINUTES_MAX))]
_Seconds = Annotated[int, BeforeValidator(lambda text: _whole(text, SECONDS_MAX))]


class Waits(Document):
    """When a system that was down is asked again."""

    first_minutes: _Minutes = 5
    most_minutes: _Minutes = 240


class Sql(Document):
    """A table of a local system, and where in it the parts of a record stand, by column."""

    url: _Text
    secret: _Text | None = None
    table: _Text
    reference: _Text
    given: _Text
    family: _Text
    born: _Text | None = None
    numbers: dict[str, _Text] = {}
    kinds: list[Kind] = []

    @field_validator("url")
    @classmethod
    def _is_database(cls, text: str) -> str:
        try:
            url = make_url(text)
        except ArgumentError:
            raise ValueError("write an address as postgresql://user@host/database.") from None
        if url.drivername not in DIALECTS:
            raise ValueError(
                f"write one of {', '.join(sorted(DIALECTS))}: what cannot be proved to be read "
                "only is not asked."
            )
        if url.password is not None or "password" in url.query:
            raise ValueError("take the password out: `secret` names the file that holds it.")
        return text


class Http(Document):
    """A search over HTTPS, JSON in and out; `numbers` are the registers that it can be asked by."""

    url: _Text
    secret: _Text
    ca: _Text | None = None
    numbers: list[_Text] = []

    @field_validator("url")
    @classmethod
    def _is_https(cls, text: str) -> str:
        if not text.startswith("https://") or "@" in text or "?" in text or "#" in text:
            raise ValueError(
                "write https://host/path, without a user, a password or anything after it."
            )
        return text


class Configured(Document):
    """One connector: of one local system, by SQL or by HTTP."""

    name: SlugText
    system: _Local
    timeout_s: _Seconds = 10
    sql: Sql | None = None
    http: Http | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Configured":
        if (self.sql is None) == (self.http is None):
            raise ValueError("give one of `sql` and `http`.")
        return self


class Connections(Document):
    """`connectors.yaml`."""

    retry: Waits = Waits()
    connectors: list[Configured]

    @field_validator("connectors")
    @classmethod
    def _are_apart(cls, listed: list[Configured]) -> list[Configured]:
        systems = [one.system for one in listed]
        if len(set(systems)) < len(systems):
            raise ValueError("give one connector for each system.")
        return listed


class Connected(NamedTuple):
    """What a home looks people up with."""

    connectors: Sequence[Connector]
    retry: Retry


def connected(home: Home) -> Connected:
    """Read which systems a home looks in; none where it has no such file.

    Raises:
        Misuse: the file cannot be used, by line; or a secret is absent or open to others.
    """
    path = home.folder / FILE
    if not path.exists():
        return Connected((), Retry())
    keys.check_private(path)
    given = read_document(path, Connections)
    retry = Retry(given.retry.first_minutes, given.retry.most_minutes)
    return Connected([_connector(home.folder, one) for one in given.connectors], retry)


def _connector(folder: Path, given: Configured) -> Connector:
    if given.sql is not None:
        sql = given.sql
        url = make_url(sql.url)
        url = url.set(password=_secret(folder, sql.secret)) if sql.secret else url
        mapped = Mapped(
            table=sql.table, reference=sql.reference, given=sql.given, family=sql.family,
            born=sql.born, identifiers={k.casefold(): v for k, v in sql.numbers.items()},
        )  # fmt: skip
        return SqlConnector(given.name, given.system, _placed(folder, url), mapped, sql.kinds,
                            given.timeout_s)  # fmt: skip
    http = given.http
    if http is None:
        raise Misuse(f"{FILE} has a connector of no kind.", remedy="Give it `sql` or `http`.")
    # Not above: an HTTP client takes long to import, and most homes have no such connector.
    from consumers.research.connectors.http import HttpConnector

    return HttpConnector(
        given.name, given.system, http.url, _secret(folder, http.secret),
        _trusted(folder, http.ca), given.timeout_s, {one.casefold() for one in http.numbers},
    )  # fmt: skip


def _placed(folder: Path, url: URL) -> URL:
    """Give a SQLite file's path from the home's folder."""
    if url.get_backend_name() != "sqlite":
        return url
    return url.set(database=str(folder / (url.database or "")))


def _secret(folder: Path, name: str) -> str:
    path = folder / name
    keys.check_private(path)
    secret = read_text(path).strip()
    if not secret or not secret.isascii() or not secret.isprintable():
        raise Misuse(f"{path} holds no secret.", remedy="Write it there, on one line.")
    return secret


def _trusted(folder: Path, ca: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(folder / ca) if ca else None)
    except (ssl.SSLError, OSError):
        raise Misuse(
            f"{folder / (ca or '')} holds no certificate of an authority.",
            remedy="Give `ca` the PEM file that the system's own operators hand out.",
        ) from None
