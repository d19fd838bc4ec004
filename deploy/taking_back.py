"""What the log refuses after nobody waits for it any more: taken back here all the same.

Whoever acts waits a minute for the receipt (`Acting.act`) and is told when none came. The receipt
that comes later is known to the outbox alone, whoever of the home's processes said it; this reads
it there for as long as the consumer runs. What a machine derived is marked, and not taken back: it
would derive it again.
"""

import asyncio
from collections.abc import Sequence

import msgspec
import structlog
from sqlalchemy import select

from consumers.consumer import Consumer
from consumers.governance.erasing import named
from consumers.safeguarding.rules import is_automated
from contracts.draft import Draft
from contracts.fault import Misuse
from contracts.opened import open_receipt
from contracts.reason import Reason
from contracts.section import Cause, Provenance
from contracts.statement import interpret, parse
from producers.lineage import digests_of
from producers.outbox import Outbox
from producers.tables import statements

LOOK_S = 1.0
"""How often the outbox is asked what was refused since."""
_log = structlog.get_logger()


def take_back(outbox: Outbox, consumer: Consumer, *, after: int = -1) -> int:
    """Take back what people did by what was refused in entries after one; give the last entry."""
    row = statements.c
    query = (
        select(row.id, row.entry, row.raw, row.receipt)
        .where(row.outcome == "rejected", row.raw.is_not(None), row.entry > after)
        .order_by(row.entry)
    )
    with outbox.database.read() as db:
        refused = db.execute(query).all()
    for one in refused:
        said = interpret(parse(one.raw))
        if is_automated(said):
            reasons = open_receipt(one.receipt, outbox.home.trust).part.reasons
            consumer.unsaid(one.id, said.causes, reasons[0].code)
        else:
            consumer.refused(one.id)
        after = one.entry
    return after


def publish_each(outbox: Outbox, consumer: Consumer, drafts: Sequence[Draft]) -> None:
    """Say all of it at once; what cannot be said at all is set aside, and the rest is said.

    What was erased by itself, and is derived anew by who lost its database, is dropped here: the
    outbox alone still knows which digest that had. All is read to its end by now (`Inflow`).
    """
    with outbox.database.read() as db:
        said = digests_of(db, [one.id for one in drafts])
    if said:
        with consumer.store.read() as db:
            erased = {said[one] for one in named(db) if one in said}
        silent = consumer.drop_erased(erased) if erased else set()
        drafts = [one for one in drafts if one.id not in silent]
    try:
        outbox.publish_all(drafts)
    except Misuse:
        for one in drafts:
            try:
                outbox.publish(one)
            except Misuse:
                _cannot_be_said(consumer, one)


def _cannot_be_said(consumer: Consumer, unfit: Draft) -> None:
    """Take back what a person did by what is no statement; mark what was derived here."""
    provenance = msgspec.json.decode(unfit.sections["provenance"], type=Provenance)
    if provenance.kind != "system":
        consumer.refused(unfit.id)
        return
    causes = (v for name, v in unfit.sections.items() if name.startswith("cause."))
    ids = [msgspec.json.decode(one, type=Cause).statement for one in causes]
    consumer.unsaid(unfit.id, ids, Reason.SCHEMA_BROKEN)


async def taking_back(outbox: Outbox, consumer: Consumer) -> None:
    """Take back until cancelled, beginning with all that was refused while nothing ran."""
    # Not above: what reads Kafka takes longest to import, and most commands never run it.
    from consumers.inflow import may_pass

    after = -1
    while True:
        try:
            after = await asyncio.to_thread(take_back, outbox, consumer, after=after)
        except Exception as fault:
            if not may_pass(fault):
                raise
            _log.warning("nothing_taken_back", error=type(fault).__name__)
        await asyncio.sleep(LOOK_S)
