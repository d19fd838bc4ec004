"""A connector that asks a local system over HTTPS: JSON in, JSON out, a bearer secret.

What is searched for stands in the request's body, never in its address, which others log. The
server's certificate is always checked; redirects are not followed, and no proxy is asked.
"""

import asyncio
import ssl
from collections.abc import Collection
from dataclasses import dataclass, field

import httpx2 as httpx
import msgspec

from consumers.research.connectors.connector import (
    RECORDS_MAX,
    Answer,
    Record,
    Terms,
    Unavailable,
    is_asked,
)
from contracts.event.work import System
from contracts.form import Section

ANSWER_BYTES_MAX = 1 << 20
"""A larger answer is no look at one person."""


class Replied(Section, frozen=True):
    """What a system answers: `more` where these are not all that it has."""

    records: list[Record]
    more: bool = False


@dataclass(frozen=True)
class HttpConnector:
    """Asks one system at one address.

    Attributes:
        name: what the force calls it.
        system: which it is.
        url: `https://...`, without a word about anybody.
        secret: the bearer secret.
        trusted: whose certificates are believed.
        seconds_max: how long one look may take, connecting and reading included.
        numbers: the registers whose numbers it can be asked by.
    """

    name: str
    system: System
    url: str
    secret: str = field(repr=False)
    trusted: ssl.SSLContext
    seconds_max: float
    numbers: Collection[str] = ()

    async def look(self, terms: Terms) -> Answer:
        """Look one person up; see `Connector.look`."""
        try:
            async with asyncio.timeout(self.seconds_max):
                exact = await self._asked(terms)
            replied = msgspec.json.decode(exact, type=Replied)
        except TimeoutError:
            raise Unavailable(f"{self.name} did not answer in {self.seconds_max:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as fault:
            raise Unavailable(f"{self.name} cannot be reached ({type(fault).__name__})") from None
        except (msgspec.MsgspecError, RecursionError):
            # What it holds may be about a person, and so may the error's text.
            raise Unavailable(f"{self.name} answered what cannot be read") from None
        whole = not replied.more and len(replied.records) <= RECORDS_MAX
        asked = is_asked(terms, self.numbers)
        return Answer(replied.records[:RECORDS_MAX], is_whole=whole, is_asked=asked)

    async def _asked(self, terms: Terms) -> bytes:
        """Give the body of an answer that says it is one.

        Raises:
            Unavailable: it is another, or too large.
        """
        asked = {"names": terms.names, "births": terms.births, "identifiers": terms.identifiers}
        headers = {
            "Authorization": f"Bearer {self.secret}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            # What a small answer unpacks to must not fill this machine.
            "Accept-Encoding": "identity",
        }
        client = httpx.AsyncClient(
            verify=self.trusted, timeout=self.seconds_max, trust_env=False, follow_redirects=False
        )
        async with (
            client,
            client.stream(
                "POST", self.url, content=msgspec.json.encode(asked), headers=headers
            ) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise Unavailable(f"{self.name} answered {answer.status_code}")
            found = bytearray()
            async for part in answer.aiter_raw():
                found += part
                if len(found) > ANSWER_BYTES_MAX:
                    raise Unavailable(f"{self.name} answered more than one look can hold")
            return bytes(found)
