"""Whether what a desk says leaves: asked beside its pages, so that each can say it first."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from consumers.desk.station import AGAIN
from contracts.fault import CandourError
from producers.access import arguments_of, trouble
from producers.outbox import Outbox
from producers.unanswered import unanswered, unsent

LOOK_S = 5.0
"""How often it is asked."""
UNSENT = 1000
"""How much of what was not delivered a page can tell by name: more than a night away brings."""
OLD = "Nothing leaves here or comes: what these pages show may be old. Ring your IT desk."


class Reach:
    """What is known of the way from a home to everybody else; nothing before it is asked."""

    def __init__(self, outbox: Outbox) -> None:
        """Ask for a home with its outbox."""
        self._outbox = outbox
        self._stuck: Sequence[str] = ()
        self._why = ""

    def why(self) -> str:
        """Say why nothing leaves here at the moment; nothing while Kafka answers."""
        return self._why

    def stuck(self) -> Sequence[str]:
        """Say, in words for every page, what does not leave, and why; none while all is well."""
        return self._stuck

    def unsent(self) -> Collection[str]:
        """List by id what was said here and has no receipt, the newest first."""
        with self._outbox.database.read() as db:
            return unsent(db, at_most=UNSENT)

    async def look(self) -> None:
        """Ask Kafka once, and the outbox."""
        home, found = self._outbox.home, list[str]()
        why: CandourError | None
        try:
            why = await trouble(home.agency.kafka, arguments_of(home))
            count = await asyncio.to_thread(self._unanswered, late=why is None)
        except CandourError as fault:
            why, count = fault, 0
        self._why = why.text if why is not None else ""
        if why is not None:
            found.append(f"{why.text} {OLD}")
        if count:
            found.append(f"NOT DELIVERED: {count} of what was said here. {AGAIN}")
        self._stuck = found

    def _unanswered(self, *, late: bool) -> int:
        with self._outbox.database.read() as db:
            return unanswered(db, self._outbox.now_ms(), late=late)

    @asynccontextmanager
    async def asking(self, _: Starlette) -> AsyncIterator[None]:
        """Ask again and again while a desk is served."""

        async def ask() -> None:
            while True:
                await self.look()
                await asyncio.sleep(LOOK_S)

        asked = asyncio.create_task(ask())
        try:
            yield
        finally:
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
