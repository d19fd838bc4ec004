"""What was answered and stands: asked here by whoever owes an answer and whoever lists a report."""

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, RowMapping

from consumers import reading, standing
from consumers import store as stored
from consumers.arising import arising
from consumers.consumer import NOT_SAID
from contracts.entry import Delivery, ViewPart


def standing_on(db: Connection, about: Collection[str]) -> list[RowMapping]:
    """List the views that arise from statements and stand, in log order.

    What of our own is held, and what is taken back or suspect, answers nothing.
    """
    said = dict.fromkeys(one.id for one in arising(db, *about) if one.verified)
    found = stored.rows_of(db, said)
    return [
        found[one] for one in said
        if not standing.does_not_stand(db, one) and not _is_held(found[one])
    ]  # fmt: skip


def is_answered(db: Connection, agency: str, report: str) -> bool:
    """Say whether an agency answered a report, and named whatever corrects it by now.

    An answer without that stays an answer: nobody read since that the report is otherwise.
    """
    ours = [
        one for one in standing_on(db, [report])
        if one["event"] == "response_given" and one["agency"] == agency
    ]  # fmt: skip
    return any(not reading.is_outdated(db, stored.reread(one["record"])) for one in ours)


def delivery_of(row: RowMapping) -> Delivery:
    """Give how a view was delivered here, the last time."""
    part = msgspec.json.decode(row["record"].split(b"\n", 2)[1], type=ViewPart)
    return msgspec.json.decode(part.delivery, type=Delivery)


def _is_held(row: RowMapping) -> bool:
    return row["leg"] == "own" and not NOT_SAID.isdisjoint(delivery_of(row).marks)
