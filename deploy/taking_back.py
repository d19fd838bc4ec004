"""What the log refuses after nobody waits for it any more: taken back here all the same.

Whoever acts waits a minute for the receipt (`Acting.act`) and is told when none came. The receipt
that comes later is known to the outbox alone, whoever of the home's processes said it; this reads
it there for as long as the consumer runs. What a machine derived is left: it would derive it again.
"""

import asyncio

import structlog
from sqlalchemy import select

from consumers.consumer import Consumer
from consumers.safeguarding.rules import is_automated
from contracts.statement import interpret, parse
from producers.outbox import Outbox
from producers.tables import statements

LOOK_S = 1.0
"""How often the outbox is asked what was refused since."""
_log = structlog.get_logger()


def take_back(outbox: Outbox, consumer: Consumer, *, after: int = -1) -> int:
    """Take back what people did by what was refused in entries after one; give the last entry."""
    query = (
        select(statements.c.id, statements.c.entry, statements.c.raw)
        .where(statements.c.outcome == "rejected", statements.c.raw.is_not(None))
        .where(statements.c.entry > after)
        .order_by(statements.c.entry)
    )
    with outbox.database.read() as db:
        refused = db.execute(query).all()
    for one in refused:
        if not is_automated(interpret(parse(one.raw))):
            consumer.refused(one.id)
        after = one.entry
    return after


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
