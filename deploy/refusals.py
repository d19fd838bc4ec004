"""What a home said and was refused or held, counted by its receipts: it alone knows why."""

from collections.abc import Collection, Iterator

from consumers.figures import counting
from consumers.figures.table import Fact
from contracts.opened import open_receipt
from producers import withheld
from producers.outbox import Outbox


def refusals(outbox: Outbox, viewer: Collection[str] | None) -> Iterator[Fact]:
    """Count the first reason for each, but for what is kept from who looks.

    Args:
        outbox: of the home.
        viewer: as `consumers.standing.hidden_from`.
    """
    with outbox.database.read() as db:
        hidden = withheld.hidden_from(db, viewer)
    for row in outbox.rows():
        if row["receipt"] is not None and row["digest"] not in hidden:
            receipt = open_receipt(row["receipt"], outbox.home.trust)
            codes = [one.code for one in receipt.part.reasons]
            yield from counting.refusal(receipt.head.ledger_time, row["outcome"], codes)
