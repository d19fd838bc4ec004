"""Looks made by connectors: off the consumer's loop, one system beside another, again when down.

Each look reads what is searched for, asks with no transaction open, and then writes its result, its
row and what is to be said in one. A system that is down leaves its tasks open and `unavailable`,
with a time at which it is asked again, and an alert that part of the research could not be done.

Source: domain.md 1.5, 5 (unreachable: `unavailable`, retry, interim alert), 7 (Research results).
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import structlog
from sqlalchemy import Connection, RowMapping

from consumers import acting, standing
from consumers import store as stored
from consumers.research import plan, rows
from consumers.research.connectors import matching
from consumers.research.connectors.connector import Answer, Connector, Terms, Unavailable
from consumers.research.desk import SALT_BYTES, completed, known_in, terms_of
from consumers.research.found import Found, is_opaque
from consumers.research.known import Known
from consumers.research.unreachable import BY_ITSELF, Retry, interim
from consumers.research.worker import SYSTEM, Research
from consumers.store import Store, Wanted
from consumers.worker import Voice

_log = structlog.get_logger()
DEFECT = "the connector met a defect"


@dataclass(frozen=True)
class Looking:
    """What looks people up by itself, for one force.

    Attributes:
        store: its database.
        voice: who speaks.
        connectors: at most one per system.
        retry: when a system that was down is asked again.
        random_bytes: for salts.
        pnc_pivot: of short PNC identifiers (`contracts.identifier.pnc_id`).
    """

    store: Store
    voice: Voice
    connectors: Sequence[Connector]
    retry: Retry
    random_bytes: Callable[[int], bytes]
    pnc_pivot: int

    async def once(self, at: int) -> list[Wanted]:
        """Make every look that is to be made now: systems beside each other, each in order.

        Args:
            at: when, in milliseconds of the log's time.

        Returns:
            What is to be said; it is stored already.

        Raises:
            Misuse: another source of this agency acts.
        """
        if not self.connectors or self.voice.kind not in Research.kinds:
            return []
        tasks = await asyncio.to_thread(self._due, at)
        each = (
            self._in(one, [task for task in tasks if task["system"] == one.system], at)
            for one in self.connectors
        )
        ended = await asyncio.gather(*each, return_exceptions=True)
        for one in ended:
            if isinstance(one, BaseException):
                raise one  # every other system was asked to its end
        return [wanted for said in ended if isinstance(said, list) for wanted in said]

    async def _in(self, connector: Connector, tasks: Sequence[RowMapping], at: int) -> list[Wanted]:
        """Make the looks in one system, one after the other: nobody asks it twice at once."""
        said: list[Wanted] = []
        for task in tasks:
            person = await asyncio.to_thread(self._person, task)
            if person is None:
                continue
            found = await self._found(connector, task, person, at)
            said += await asyncio.to_thread(self._say, connector, task, person, found, at)
        return said

    async def _found(self, connector: Connector, task: RowMapping, person: Known, at: int) -> Found:
        """Ask a system, and say what its answer amounts to."""
        if person.is_bare:
            return Found(outcome="not_searched", why=plan.BARE_NAME)
        terms = matching.terms_of(person, pivot=self.pnc_pivot)
        try:
            answer = await connector.look(terms)
        except Unavailable as fault:
            return self._down(task, fault.why, at)
        except Exception as defect:  # noqa: BLE001 - the look stays to be made
            _log.error("connector_failed", system=connector.system, error=type(defect).__name__)
            return self._down(task, DEFECT, at)
        return _judged(terms, answer, pivot=self.pnc_pivot)

    def _down(self, task: RowMapping, why: str, at: int) -> Found:
        _log.warning("system_unavailable", system=task["system"])
        retry_at = at + self.retry.after(int(task["attempts"]) + 1)
        return Found(outcome="unavailable", why=why, retry_at=retry_at)

    def _due(self, at: int) -> list[RowMapping]:
        """List what is to be looked up now; who cannot be, as was said already, waits."""
        with self.store.read() as db:
            acting.check(db, self.voice)
            systems = [one.system for one in self.connectors]
            tasks = rows.to_look_up(db, systems, at)
            return [
                task
                for task in tasks
                if task["outcome"] != "not_searched" or self._is_more_known(db, task)
            ]

    def _is_more_known(self, db: Connection, task: RowMapping) -> bool:
        """Say whether somebody who could not be searched for can be by now."""
        person = _person_in(db, task)
        if person is None or person.is_bare:
            return False
        before = rows.results_of(db, task["id"]) if task["why"] == plan.UNASKED else []
        return not before or before[-1]["terms"] != terms_of(task["system"], person).decode()

    def _person(self, task: RowMapping) -> Known | None:
        with self.store.read() as db:
            return _person_in(db, task)

    def _say(
        self, connector: Connector, task: RowMapping, person: Known, found: Found, at: int
    ) -> list[Wanted]:
        """Keep a result and say it, unless somebody completed the task meanwhile."""
        with self.store.write() as db:
            acting.check(db, self.voice)
            now = rows.task(db, task["id"])
            if now is None or not now["open"] or now["attempts"] != task["attempts"]:
                return []
            salt, terms = self.random_bytes(SALT_BYTES), terms_of(task["system"], person)
            event = completed(
                task, found, SYSTEM, at=at, terms=(salt, terms),
                attempt=rows.next_attempt(db, now),
            )  # fmt: skip
            said = self.voice.derived(
                event.key or "", "research_completed", event,
                causes=[task["statement"], task["id"]], rule=f"research/{connector.name}",
            )  # fmt: skip
            rows.keep_result(
                db, event, terms=(salt, terms), sources=person.sources, detail=found.detail
            )
            rows.complete(db, said.draft.id, event)
            wanted = [said, *Research(self.voice).followed_up(db, event, at)]
            if event.outcome == "unavailable":
                told = interim(db, self.voice, event, at=at, again=BY_ITSELF)
                wanted += [] if told is None else [told]
            return [one for one in wanted if stored.want(db, one)]


def _person_in(db: Connection, task: RowMapping) -> Known | None:
    """Give whom to look up, from what is kept from nobody who may see the report itself."""
    return known_in(db, task, standing.kept_further(db, task["statement"]))


def _judged(terms: Terms, answer: Answer, *, pivot: int) -> Found:
    judged = matching.judge(terms, answer, pivot=pivot)
    detail = msgspec.json.encode(judged.records).decode() if judged.records else None
    surest = judged.records[0].reference if judged.records else None
    return Found(
        outcome=judged.outcome, confidence=judged.confidence, detail=detail,
        why=plan.UNASKED if judged.outcome == "not_searched" else None,
        kinds=[*judged.kinds] if judged.kinds else None,
        reference=surest if surest and is_opaque(surest, terms.names) else None,
    )  # fmt: skip
