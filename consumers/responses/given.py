"""What was answered and stands: asked here by whoever owes an answer and whoever lists a report."""

from collections.abc import Collection

import msgspec
from sqlalchemy import Connection, RowMapping

from consumers import reading, said_anew, standing
from consumers import store as stored
from consumers.arising import arising
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
    ours = _ours(db, agency, report)
    return any(not reading.is_outdated(db, stored.reread(one["record"])) for one in ours)


def asks_again(db: Connection, agency: str, report: str, *, viewer: Collection[str]) -> bool:
    """Say whether a report was answered, and what corrects it since asks for one more answer.

    Not to whom that is kept from; nor while one more is on its way.
    """
    newest, ours = stored.id_under(db, f"response_given/{report}/"), _ours(db, agency, report)
    if not ours or (newest is not None and stored.row_of(db, newest) is None):
        return False
    is_known = bool(reading.last_read(db, [report], viewer=viewer))
    return is_known and not is_answered(db, agency, report)


def let_go(db: Connection, answer: str) -> None:
    """Let an erased answer's key go: it says no more that there is an answer."""
    said_anew.let_go(db, answer, "response_given/")


def _ours(db: Connection, agency: str, report: str) -> list[RowMapping]:
    found = standing_on(db, [report])
    return [one for one in found if (one["event"], one["agency"]) == ("response_given", agency)]


def delivery_of(row: RowMapping) -> Delivery:
    """Give how a view was delivered here, the last time."""
    part = msgspec.json.decode(row["record"].split(b"\n", 2)[1], type=ViewPart)
    return msgspec.json.decode(part.delivery, type=Delivery)


def _is_held(row: RowMapping) -> bool:
    if row["leg"] != "own" or not (marks := delivery_of(row).marks):
        return False
    return standing.is_unsaid(marks, stored.reread(row["record"]).context.urgency)
